//! The gate: anything newer than the writer has seen stops the reply.

use super::super::api::{Stage, Trouble};
use super::super::sync;
use super::{Delivery, Post};
use crate::mail::draft::Draft;
use crate::team::fold::Verdict;
use crate::team::gate::{Current, Letter, Obstacle, Seen, check};
use crate::team::{Act, Refusal, words};
use std::time::Duration;

/// What the gate found.
pub(super) struct Look {
    pub obstacles: Vec<Obstacle>,
    pub now: Seen,
}

impl Delivery {
    /// Looks at INBOX, Sent and the journal; goes on when nothing is newer, or when the person
    /// has seen all of it and wants to send anyway.
    pub(super) async fn pass_gate(
        &self,
        anyway: Option<(String, Vec<Obstacle>)>,
    ) -> Result<(), Stage> {
        let post = &self.post;
        post.tell(&self.draft, Stage::Checking).await;
        let look = post.look(&self.draft).await.map_err(Stage::Failed)?;
        if look.obstacles.is_empty() {
            return Ok(());
        }
        let Some((reason, shown)) = anyway else {
            return Err(post.blocked(&self.draft, look));
        };
        if look.obstacles.iter().any(|o| !shown.contains(o)) {
            return Err(post.blocked(&self.draft, look));
        }
        self.overrule(&look, &reason).await
    }

    /// Puts on record that this is sent in spite of what stands in the way.
    async fn overrule(&self, look: &Look, reason: &str) -> Result<(), Stage> {
        let (post, draft) = (&self.post, &self.draft);
        let reason = crate::mail::Remote::new(reason.trim());
        let owned = look
            .obstacles
            .iter()
            .any(|o| matches!(o, Obstacle::Owner { .. }));
        if owned {
            let steal = Act::Steal {
                reason: reason.clone(),
            };
            self.insist(steal).await?;
        }
        let Some(slot) = draft.slot.clone() else {
            return Ok(());
        };
        let over = post.standing(draft, &slot);
        if over.is_empty() {
            return Ok(());
        }
        self.insist(Act::Override { slot, over, reason }).await
    }

    /// Writes an event that must take effect for the reply to go on.
    async fn insist(&self, act: Act) -> Result<(), Stage> {
        let (post, draft) = (&self.post, &self.draft);
        let written = post.write(&draft.conversation, act).await;
        match written.map_err(Stage::Failed)?.1 {
            Verdict::Effective | Verdict::Conflict => Ok(()),
            _ => Err(post.blocked_now(draft).await),
        }
    }
}

impl Post {
    /// Everything as it is now, against what the writer has seen.
    pub(super) async fn look(&self, draft: &Draft) -> Result<Look, Trouble> {
        self.catch_up(Duration::ZERO).await?;
        let letters = self
            .ask(|reply| sync::Job::Letters {
                conversation: draft.conversation.clone(),
                reply,
            })
            .await?;
        Ok(self.compare(draft, &letters))
    }

    fn compare(&self, draft: &Draft, letters: &[Letter]) -> Look {
        let team = self.shared.team();
        let current = Current {
            conversation: team.conversation(&draft.conversation),
            messages: letters,
            position_uid: team.position().uid,
        };
        let slot = draft.slot.as_deref();
        Look {
            obstacles: check(&draft.seen, &current, &self.shared.me, slot),
            now: Seen::of(&current),
        }
    }

    pub(super) fn blocked(&self, draft: &Draft, look: Look) -> Stage {
        let owner = {
            let team = self.shared.team();
            let owner = team
                .conversation(&draft.conversation)
                .and_then(|c| c.owner.as_ref());
            owner.map(|o| o.agent.clone())
        };
        let sentence = match look.obstacles.first() {
            Some(obstacle) => sentence(obstacle),
            None => "the conversation changed while you were sending".to_owned(),
        };
        Stage::Blocked {
            obstacles: look.obstacles,
            now: Box::new(look.now),
            owner,
            sentence,
        }
    }

    /// The fold refused what the gate had let through: shows what is there now.
    pub(super) async fn blocked_now(&self, draft: &Draft) -> Stage {
        match self.look(draft).await {
            Ok(look) => self.blocked(draft, look),
            Err(trouble) => Stage::Failed(trouble),
        }
    }

    /// The fold refused the intent: what it said goes first.
    pub(super) async fn refused(&self, draft: &Draft, refusal: &Refusal) -> Stage {
        let mut stage = self.blocked_now(draft).await;
        if let Stage::Blocked { sentence, .. } = &mut stage {
            *sentence = words::refusal_sentence(refusal);
        }
        stage
    }

    /// Answers and intents for a slot that no override names yet.
    fn standing(&self, draft: &Draft, slot: &str) -> Vec<String> {
        let team = self.shared.team();
        let slots = team.conversation(&draft.conversation).map(|c| &c.slots);
        let Some(slot) = slots.and_then(|s| s.get(slot)) else {
            return Vec::new();
        };
        let blocking = |i: &&crate::team::fold::Intent| {
            (i.state.is_sent() || i.state.is_undecided()) && !slot.is_over(i)
        };
        let intents = slot.intents.iter().filter(blocking);
        let outside = slot.outside.iter().map(|o| o.message_id.clone());
        intents
            .map(|i| i.id.as_str().to_owned())
            .chain(outside)
            .collect()
    }
}

/// What stands in the way, as a printable sentence.
pub(crate) fn sentence(obstacle: &Obstacle) -> String {
    match obstacle {
        Obstacle::Sending { by } => format!("{by} is sending an answer, or may have sent one"),
        Obstacle::Answered { by: Some(by), .. } => format!("{by} answered this"),
        Obstacle::Answered { by: None, .. } => "somebody answered this".to_owned(),
        Obstacle::Outside { .. } => "somebody answered with another mail client".to_owned(),
        Obstacle::Owner { owner } => format!("{owner} owns it"),
        Obstacle::CustomerWrote { .. } => "the customer wrote again".to_owned(),
        Obstacle::Status { by, value } => format!("{by} set the status to {}", value.word()),
        Obstacle::Note { by } => format!("{by} left a note"),
    }
}

//! At the start: replies that a crash or a quit left on the desk.

use super::super::api::{Stage, Trouble};
use super::super::sync;
use super::Post;
use crate::desk::{Outgoing, OutgoingStage};
use crate::mail::draft::Draft;
use crate::team::{Act, EventId};
use std::time::Duration;

impl Post {
    /// Takes up every reply on the desk that no living process works on.
    pub async fn resume(&self) {
        let left = self.shared.desk().outgoing();
        let left = match left {
            Ok(left) => left,
            Err(error) => {
                let trouble = super::super::shared::other(error);
                return self.shared.notice(true, trouble.sentence).await;
            }
        };
        for outgoing in left {
            let draft = self.shared.desk().draft(&outgoing.draft);
            let Ok(Some(draft)) = draft else {
                self.settle_without_draft(outgoing).await;
                continue;
            };
            self.take_up(draft, outgoing).await;
        }
    }

    async fn take_up(&self, draft: Draft, outgoing: Outgoing) {
        let lock = self.shared.desk().outgoing_lock(&draft.id);
        if !matches!(lock, Ok(Some(_))) {
            return; // another process has it in hand
        }
        drop(lock);
        match outgoing.stage.clone() {
            OutgoingStage::Stored => self.was_stored(draft, outgoing).await,
            OutgoingStage::Held { event, .. } => self.go_on(draft, outgoing, event).await,
            OutgoingStage::Dotted { event } | OutgoingStage::Unknown { event } => {
                self.find_out(&draft, outgoing, event).await;
            }
            OutgoingStage::Accepted { event, .. } | OutgoingStage::Recorded { event } => {
                self.record_again(outgoing, event).await;
            }
        }
    }

    /// The row says "stored": the intent may be in the journal all the same.
    async fn was_stored(&self, draft: Draft, outgoing: Outgoing) {
        if let Err(trouble) = self.catch_up(Duration::ZERO).await {
            return self.shared.notice(true, trouble.sentence).await;
        }
        let intent = self.intent_of(&outgoing);
        if let Some(intent) = intent {
            return self.go_on(draft, outgoing, intent).await;
        }
        let unstowed = self.unstow(&outgoing).await;
        if unstowed.is_ok() {
            self.forget(&outgoing, false);
        }
        let text = "a reply was interrupted before it was sent; its text is among your drafts";
        self.shared.notice(false, text).await;
    }

    fn intent_of(&self, outgoing: &Outgoing) -> Option<EventId> {
        let team = self.shared.team();
        let slots = &team.conversation(&outgoing.conversation)?.slots;
        let mut intents = slots.values().flat_map(|s| &s.intents);
        let found = intents.find(|i| i.message_id == outgoing.message_id)?;
        Some(found.id.clone())
    }

    /// Intent without the mark: nothing left yet, so the same intent may still send.
    async fn go_on(&self, draft: Draft, outgoing: Outgoing, intent: EventId) {
        if let Some(delivery) = self.begin(draft.clone(), true).await {
            self.see_through(draft, delivery.run_on(outgoing, intent));
        }
    }

    /// The mark without an answer: a copy in Sent proves it, else a person must say.
    async fn find_out(&self, draft: &Draft, outgoing: Outgoing, intent: EventId) {
        let message_id = outgoing.message_id.clone();
        let found = self
            .ask(|reply| sync::Job::SentHas { message_id, reply })
            .await;
        if matches!(found, Ok(true)) {
            let act = Act::Resolved { intent, sent: true };
            if let Ok((event, _)) = self.write(&outgoing.conversation, act).await {
                self.record_again(outgoing, event).await;
            }
            return;
        }
        if let Err(trouble) = self.doubt(outgoing, &intent).await {
            self.shared.notice(true, trouble.sentence).await;
        }
        let sentence = "postroom ended while the server was taking this reply: look in Sent or \
                        ask the customer, then say whether it was sent"
            .to_owned();
        self.tell(draft, Stage::Unknown { intent, sentence }).await;
    }

    /// Tells the team once that nobody knows whether it was sent.
    async fn doubt(&self, mut outgoing: Outgoing, intent: &EventId) -> Result<(), Trouble> {
        if matches!(outgoing.stage, OutgoingStage::Unknown { .. }) {
            return Ok(());
        }
        let event = intent.clone();
        let act = Act::Unknown {
            intent: event.clone(),
        };
        self.write(&outgoing.conversation, act).await?;
        self.put(&mut outgoing, OutgoingStage::Unknown { event })
    }

    async fn record_again(&self, outgoing: Outgoing, intent: EventId) {
        let (id, name) = (outgoing.draft.clone(), outgoing.conversation.clone());
        match self.record(outgoing, intent).await {
            Ok(()) => self.tell_of(&id, &name, Stage::Sent).await,
            Err(trouble) => self.retry_later(&trouble).await,
        }
    }

    async fn settle_without_draft(&self, outgoing: Outgoing) {
        match outgoing.stage.clone() {
            OutgoingStage::Accepted { event, .. } | OutgoingStage::Recorded { event } => {
                self.record_again(outgoing, event).await;
            }
            _ => {
                let text = "a reply on the desk has lost its draft; its finished form is kept";
                self.shared.notice(true, text).await;
            }
        }
    }

    async fn retry_later(&self, trouble: &Trouble) {
        let text = format!(
            "a sent reply is not filed yet, postroom tries again at its next start: {}",
            trouble.sentence
        );
        self.shared.notice(true, text).await;
    }
}

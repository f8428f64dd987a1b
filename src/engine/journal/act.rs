//! What a person asked for, as events.

use super::super::api::{Change, Outcome, Trouble, TroubleKind};
use super::Journal;
use crate::mail::Remote;
use crate::team::fold::Verdict;
use crate::team::{Act, Agent, ConversationName, Refusal, words};

impl Journal {
    /// Makes the change; a claim that lost only because the conversation changed hands meanwhile
    /// and is free again is tried once more.
    pub(super) async fn act(&mut self, name: &ConversationName, change: Change) -> Outcome {
        let first = self.act_once(name, &change).await;
        let free = || {
            let team = self.shared.team();
            team.conversation(name).is_none_or(|c| c.owner.is_none())
        };
        match first {
            Outcome::Refused {
                refusal: Refusal::Stale,
                ..
            } if change == Change::Claim && free() => self.act_once(name, &change).await,
            outcome => outcome,
        }
    }

    async fn act_once(&mut self, name: &ConversationName, change: &Change) -> Outcome {
        let act = match self.as_act(name, change) {
            Ok(act) => act,
            Err(trouble) => return Outcome::Failed(trouble),
        };
        match self.write(name, act, None).await {
            Err(unwritten) => unwritten.into_outcome(),
            Ok(written) => match written.verdict {
                Verdict::Effective | Verdict::Conflict => Outcome::Done,
                Verdict::Refused(refusal) => self.refused(name, refusal),
                Verdict::Ignored | Verdict::OutOfOrder => Outcome::Failed(Trouble::new(
                    TroubleKind::Other,
                    "the team's journal did not take the change: try again",
                )),
            },
        }
    }

    fn refused(&self, name: &ConversationName, refusal: Refusal) -> Outcome {
        let owner = self.owner(name);
        let sentence = words::refusal_sentence(&refusal);
        Outcome::Refused {
            refusal,
            owner,
            sentence,
        }
    }

    fn owner(&self, name: &ConversationName) -> Option<Agent> {
        let team = self.shared.team();
        let owner = team.conversation(name)?.owner.as_ref()?;
        Some(owner.agent.clone())
    }

    fn as_act(&self, name: &ConversationName, change: &Change) -> Result<Act, Trouble> {
        let no_reason = Remote::default();
        Ok(match change {
            Change::Claim => Act::Claim,
            Change::Release => Act::Release { reason: no_reason },
            Change::Assign(to) => {
                self.known(to)?;
                Act::Assign {
                    to: to.clone(),
                    reason: no_reason,
                }
            }
            Change::Steal { reason } => Act::Steal {
                reason: Remote::new(reason.trim()),
            },
            Change::Status(value) => Act::Status { value: *value },
            Change::Tag { add, remove } => Act::Tag {
                add: add.clone(),
                remove: remove.clone(),
            },
            Change::Note(text) => Act::Note {
                text: Remote::new(text.trim_end()),
                mentions: self.mentions(text),
            },
            Change::Snooze(until) => Act::Snooze { until: *until },
            Change::Wake => Act::Wake {
                snooze: self.snooze(name)?,
            },
        })
    }

    /// Only members can own anything: a typing mistake must not hide a conversation.
    fn known(&self, agent: &Agent) -> Result<(), Trouble> {
        let team = self.shared.team();
        if team.agent(agent).is_some() || *agent == self.shared.me {
            return Ok(());
        }
        let nicks: Vec<String> = team.agents().map(|m| m.agent.to_string()).collect();
        Err(Trouble::new(
            TroubleKind::NotFound,
            format!(
                "nobody in the team is called {agent}; there are {}: everybody joins with their \
                 first change",
                nicks.join(", ")
            ),
        ))
    }

    fn snooze(&self, name: &ConversationName) -> Result<crate::team::EventId, Trouble> {
        let team = self.shared.team();
        let snooze = team.conversation(name).and_then(|c| c.snooze.as_ref());
        snooze
            .map(|s| s.event.clone())
            .ok_or_else(|| Trouble::new(TroubleKind::Other, "the conversation is not snoozed"))
    }

    /// Members called with `@nick`.
    fn mentions(&self, text: &str) -> Vec<Agent> {
        let team = self.shared.team();
        let called = text.split_whitespace().filter_map(|word| {
            let nick = word.strip_prefix('@')?;
            Agent::parse(nick.trim_end_matches([',', '.', ':', ';', '!', '?']))
        });
        called.filter(|a| team.agent(a).is_some()).collect()
    }
}

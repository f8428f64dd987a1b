//! One message to be answered, and everybody's tries to answer it.

use crate::clock::Timestamp;
use crate::mail::Remote;
use crate::team::{Agent, EventId, Refusal};
use std::collections::BTreeSet;

/// The state of one slot: a message that is answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Slot {
    /// Accepted intents in journal order.
    pub intents: Vec<Intent>,
    /// What people allowed in spite of earlier answers.
    pub overrides: Vec<Override>,
    /// Answers made with another mail client.
    pub outside: Vec<Outside>,
}

/// The right to send one mail, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The event that asked.
    pub id: EventId,
    /// Who sends.
    pub agent: Agent,
    /// What became of it.
    pub state: IntentState,
    /// Message-ID of the mail, without brackets.
    pub message_id: String,
    /// SHA-256 of the finished bytes, hex.
    pub hash: String,
    /// INTERNALDATE of the event that last changed it.
    pub at: Timestamp,
}

/// What became of an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentState {
    /// The mail may leave at any moment.
    Open,
    /// It left.
    Sent,
    /// It surely did not leave.
    Failed,
    /// Nobody can say; a person must look.
    Unknown,
    /// A person looked.
    Resolved {
        /// What the person found.
        sent: bool,
    },
}

/// One more answer allowed, on the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The event.
    pub event: EventId,
    /// Who allowed it.
    pub agent: Agent,
    /// What stood in the way and does so no more: ids of intents, Message-IDs of answers.
    pub over: BTreeSet<String>,
    /// Why.
    pub reason: Remote,
}

/// A reply made with another mail client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// Its Message-ID, without brackets.
    pub message_id: String,
    /// Who noticed it.
    pub noticed_by: Agent,
    /// INTERNALDATE of the notice.
    pub at: Timestamp,
}

impl IntentState {
    /// Whether a mail left for sure.
    pub fn is_sent(self) -> bool {
        matches!(self, Self::Sent | Self::Resolved { sent: true })
    }

    /// Whether nobody can be sure that no mail leaves.
    pub fn is_undecided(self) -> bool {
        matches!(self, Self::Open | Self::Unknown)
    }
}

impl Slot {
    /// Whether the mail of this intent may still be handed to SMTP: it is open, and nobody has
    /// allowed another answer over it in the meantime.
    pub fn may_send(&self, intent: &EventId) -> bool {
        let mut intents = self.intents.iter();
        intents.any(|i| i.id == *intent && i.state == IntentState::Open && !self.is_over(i))
    }

    /// What stands in the way of one more intent; `None` when nothing does. An answer that left
    /// is named before one that may be leaving.
    pub fn blocked(&self) -> Option<Refusal> {
        let blocking = |i: &&Intent| !self.is_over(i);
        if let Some(intent) = self
            .intents
            .iter()
            .filter(blocking)
            .find(|i| i.state.is_sent())
        {
            let by = Some(intent.agent.clone());
            return Some(Refusal::Answered { by });
        }
        if self.outside.iter().any(|o| !self.names(&o.message_id)) {
            return Some(Refusal::Answered { by: None });
        }
        let mut intents = self.intents.iter().filter(blocking);
        intents
            .find(|i| i.state.is_undecided())
            .map(|i| Refusal::Sending {
                by: i.agent.clone(),
            })
    }

    /// Whether somebody has put the intent aside by an override.
    pub fn is_over(&self, intent: &Intent) -> bool {
        self.names(intent.id.as_str()) || self.names(&intent.message_id)
    }

    fn names(&self, thing: &str) -> bool {
        self.overrides.iter().any(|o| o.over.contains(thing))
    }
}

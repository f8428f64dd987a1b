//! The state of one conversation.

use super::rules::Made;
use super::{Slot, Verdict};
use crate::clock::Timestamp;
use crate::mail::Remote;
use crate::team::{Act, Agent, EventId, Refusal, Status};
use std::collections::{BTreeMap, BTreeSet};

/// What the team's events made of one conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conversation {
    /// Who owns it.
    pub owner: Option<Owner>,
    /// How often ownership changed. An event made at another epoch cannot change it again.
    pub epoch: u64,
    /// The status that was last set; see [`super::super::policy`] for what it means today.
    pub status: Option<StatusSet>,
    /// Tags.
    pub tags: BTreeSet<String>,
    /// Notes in journal order.
    pub notes: Vec<Note>,
    /// Hidden until a time.
    pub snooze: Option<Snooze>,
    /// By Message-ID of the message that is answered.
    pub slots: BTreeMap<String, Slot>,
    /// Every event of a member about it, in journal order, copies left out.
    pub history: Vec<HistoryEntry>,
    /// Status changes that replaced one they had not seen.
    pub conflicts: Vec<Conflict>,
}

/// Who owns a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The agent.
    pub agent: Agent,
    /// INTERNALDATE of the event that made them the owner.
    pub since: Timestamp,
    /// That event: a claim, assign, steal or intent.
    pub by_event: EventId,
}

/// A status as it was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusSet {
    /// The value.
    pub value: Status,
    /// Who set it.
    pub by: Agent,
    /// INTERNALDATE of the event.
    pub at: Timestamp,
    /// UID of the event.
    pub uid: u32,
    /// UIDVALIDITY the UID belongs to.
    pub uidvalidity: u32,
    /// The event.
    pub event: EventId,
    /// Fingerprint of the key that set it: its next event has seen this one.
    pub key: String,
}

/// A note for the team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The event.
    pub event: EventId,
    /// Who wrote it.
    pub agent: Agent,
    /// The text.
    pub text: Remote,
    /// Who is called by it.
    pub mentions: Vec<Agent>,
    /// INTERNALDATE of the event.
    pub at: Timestamp,
}

/// Hidden until a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snooze {
    /// The event; a `wake` names it.
    pub event: EventId,
    /// Who hid it.
    pub by: Agent,
    /// INTERNALDATE of the event.
    pub at: Timestamp,
    /// When it comes back.
    pub until: Timestamp,
}

/// One event in a conversation's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// UID in the journal.
    pub uid: u32,
    /// The event.
    pub id: EventId,
    /// Who.
    pub agent: Agent,
    /// What.
    pub act: Act,
    /// INTERNALDATE.
    pub at: Timestamp,
    /// Whether it took effect.
    pub effective: bool,
    /// Why not.
    pub refusal: Option<Refusal>,
}

/// Two people set the status without having seen each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The change that stands.
    pub event: EventId,
    /// Who made it.
    pub by: Agent,
    /// What it replaced.
    pub replaced: StatusSet,
}

impl Conversation {
    pub(super) fn record(&mut self, made: &Made<'_>, verdict: &Verdict) {
        let refusal = match verdict {
            Verdict::Refused(refusal) => Some(refusal.clone()),
            _ => None,
        };
        self.history.push(HistoryEntry {
            uid: made.place.uid,
            id: made.event.id.clone(),
            agent: made.event.agent.clone(),
            act: made.event.act.clone(),
            at: made.place.internal,
            effective: refusal.is_none(),
            refusal,
        });
    }
}

impl Conversation {
    /// Gives everything one event made another time.
    pub(super) fn retime(&mut self, uid: u32, at: Timestamp) {
        let mut entries = self.history.iter_mut().rev();
        let Some(entry) = entries.find(|e| e.uid == uid) else {
            return;
        };
        entry.at = at;
        let id = &entry.id;
        if let Some(owner) = self.owner.as_mut().filter(|o| o.by_event == *id) {
            owner.since = at;
        }
        if let Some(status) = self.status.as_mut().filter(|s| s.event == *id) {
            status.at = at;
        }
        if let Some(snooze) = self.snooze.as_mut().filter(|s| s.event == *id) {
            snooze.at = at;
        }
        for note in self.notes.iter_mut().filter(|n| n.event == *id) {
            note.at = at;
        }
        let intents = self.slots.values_mut().flat_map(|s| &mut s.intents);
        for intent in intents.filter(|i| i.id == *id) {
            intent.at = at;
        }
    }
}

impl StatusSet {
    pub(super) fn place(&self) -> (u32, u32) {
        (self.uidvalidity, self.uid)
    }
}

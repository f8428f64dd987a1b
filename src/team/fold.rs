//! The only judge: from the events in journal order to the state of the team.
//!
//! A pure function (PROTOCOL.md section 4). Order is (UIDVALIDITY, UID) and nothing else: wall
//! times in events are kept for people, the server's INTERNALDATE is kept for showing and for
//! presence, and neither decides who owns anything.
//!
//! An event takes effect only when a key that its author put into the roster has signed it. A
//! copy is a message whose id was folded before with a right signature; copies change nothing.

mod conversation;
mod roster;
mod rules;
mod slot;

pub use conversation::{Conflict, Conversation, HistoryEntry, Note, Owner, Snooze, StatusSet};
pub use roster::{Member, MemberKey};
pub use slot::{Intent, IntentState, Outside, Override, Slot};

use super::event::{Seen, VERSION};
use super::sign::hex;
use super::{Act, Agent, ConversationName, EventId, Grade, Incoming, NotAnEvent, Refusal};
use crate::clock::Timestamp;
use crate::limits::STRANGERS;
use roster::Roster;
use rules::Made;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// Where a message stands in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// UIDVALIDITY of the folder.
    pub uidvalidity: u32,
    /// UID of the message.
    pub uid: u32,
    /// INTERNALDATE: the server's clock when it was appended.
    pub internal: Timestamp,
}

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The conversation whose state or history changed.
    pub conversation: Option<ConversationName>,
    /// The judgement.
    pub verdict: Verdict,
    /// The signature is right: a store may keep [`Incoming::verified`] as true.
    pub verified: bool,
}

/// The judgement over one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It took effect.
    Effective,
    /// It took effect without having seen the change it replaces; both are listed.
    Conflict,
    /// It is on record without effect.
    Refused(Refusal),
    /// Mail that merely landed in the journal.
    Ignored,
    /// It does not stand above everything folded so far. Nothing changed; the journal is not what
    /// it was, so fold it anew from its start.
    OutOfOrder,
}

/// Somebody looks at a conversation, or did. A hint that decides nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// How closely.
    pub grade: Grade,
    /// INTERNALDATE of the mark.
    pub at: Timestamp,
    /// UID of the mark's message, so that its author can remove it.
    pub uid: u32,
}

/// A message in the journal that no member of the team signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stranger {
    /// Its UID.
    pub uid: u32,
    /// Whether it claims to be an event.
    pub posing: bool,
}

/// The state of the team after a prefix of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Team {
    roster: Roster,
    conversations: BTreeMap<ConversationName, Conversation>,
    presence: BTreeMap<ConversationName, BTreeMap<Agent, Mark>>,
    folded: BTreeSet<u128>,
    uidvalidity: u32,
    uid: u32,
    prefix: [u8; 32],
    newer: Option<u32>,
    strangers: VecDeque<Stranger>,
    stranger_count: u64,
}

impl Team {
    /// The state before the first event.
    pub fn new() -> Self {
        Self::default()
    }

    /// Folds the next message of the journal, be it an event or not.
    pub fn apply(&mut self, place: Place, incoming: &Result<Incoming, NotAnEvent>) -> Applied {
        if (place.uidvalidity, place.uid) <= (self.uidvalidity, self.uid) {
            return Applied::without_trace(Verdict::OutOfOrder);
        }
        self.uidvalidity = place.uidvalidity;
        self.uid = place.uid;
        let incoming = match incoming {
            Ok(incoming) => incoming,
            Err(reason) => {
                self.meet_stranger(place, *reason == NotAnEvent::Damaged);
                return Applied::without_trace(Verdict::Ignored);
            }
        };
        if !self.roster.trusts(incoming) {
            self.meet_stranger(place, true);
            return Applied::without_trace(Verdict::Refused(Refusal::Untrusted));
        }
        let (conversation, verdict) = self.apply_trusted(place, incoming);
        Applied {
            conversation,
            verdict,
            verified: true,
        }
    }

    /// Corrects the INTERNALDATE of an event that was folded from the answer to its APPEND, which
    /// does not tell it. Times are shown and compared with those of mail; nothing was decided by
    /// them.
    pub fn retime(&mut self, name: &ConversationName, uid: u32, internal: Timestamp) {
        if let Some(conversation) = self.conversations.get_mut(name) {
            conversation.retime(uid, internal);
        }
    }

    /// A conversation that any event is about.
    pub fn conversation(&self, name: &ConversationName) -> Option<&Conversation> {
        self.conversations.get(name)
    }

    /// All conversations that any event is about, by name.
    pub fn conversations(&self) -> impl Iterator<Item = (&ConversationName, &Conversation)> {
        self.conversations.iter()
    }

    /// Everybody who joined, by nick.
    pub fn agents(&self) -> impl Iterator<Item = &Member> {
        self.roster.members()
    }

    /// One member.
    pub fn agent(&self, agent: &Agent) -> Option<&Member> {
        self.roster.member(agent)
    }

    /// How far the journal is folded: what an event made now puts into `seen`.
    ///
    /// The hash runs over UIDVALIDITY, UID and content hash of the events of members. Presence
    /// and foreign mail are left out, because they may disappear without harm.
    pub fn position(&self) -> Seen {
        Seen {
            uidvalidity: self.uidvalidity,
            uid: self.uid,
            hash: hex(self.prefix.iter()),
        }
    }

    /// The highest version of the format that a member used, when it is above ours: then nothing
    /// may be written with this program.
    pub fn newer_version(&self) -> Option<u32> {
        self.newer
    }

    /// Who looks at a conversation, by marks not older than `ttl` at the server's time `now`.
    pub fn present(
        &self,
        name: &ConversationName,
        now: Timestamp,
        ttl: Duration,
    ) -> impl Iterator<Item = (&Agent, &Mark)> {
        let fresh = move |mark: &Mark| {
            let age = now.duration_since(mark.at);
            Duration::try_from(age).is_ok_and(|age| age <= ttl) || age.is_negative()
        };
        let marks = self.presence.get(name).into_iter().flatten();
        marks.filter(move |(_, mark)| fresh(mark))
    }

    /// The latest messages in the journal that nobody of the team signed, oldest first, at most
    /// [`STRANGERS`]; and how many there were in all.
    pub fn strangers(&self) -> (impl Iterator<Item = &Stranger>, u64) {
        (self.strangers.iter(), self.stranger_count)
    }

    fn apply_trusted(
        &mut self,
        place: Place,
        incoming: &Incoming,
    ) -> (Option<ConversationName>, Verdict) {
        let event = &incoming.event;
        let name = &event.conversation;
        if let Act::Presence { grade } = event.act {
            self.mark(name, &event.agent, grade, place);
            return (Some(name.clone()), Verdict::Effective);
        }
        self.extend_prefix(place, incoming);
        if !event.id.bits().is_some_and(|id| self.folded.insert(id)) {
            return (None, Verdict::Refused(Refusal::Duplicate));
        }
        self.roster.extend_chain(incoming);
        if event.v > VERSION {
            self.newer = self.newer.max(Some(event.v));
        }
        if let Act::Join { .. } = event.act {
            self.roster.join(place, incoming);
            return (None, Verdict::Effective);
        }
        let made = Made {
            event,
            place,
            roster: &self.roster,
        };
        let verdict = match self.conversations.get_mut(name) {
            Some(conversation) => conversation.fold(&made),
            None => {
                let mut conversation = Conversation::default();
                let verdict = conversation.fold(&made);
                self.conversations.insert(name.clone(), conversation);
                verdict
            }
        };
        (Some(name.clone()), verdict)
    }

    fn mark(&mut self, name: &ConversationName, agent: &Agent, grade: Option<Grade>, at: Place) {
        let Some(grade) = grade else {
            if let Some(marks) = self.presence.get_mut(name) {
                marks.remove(agent);
            }
            return;
        };
        let mark = Mark {
            grade,
            at: at.internal,
            uid: at.uid,
        };
        let marks = self.presence.entry(name.clone()).or_default();
        marks.insert(agent.clone(), mark);
    }

    fn extend_prefix(&mut self, place: Place, incoming: &Incoming) {
        let mut hash = Sha256::new();
        hash.update(self.prefix);
        hash.update(place.uidvalidity.to_be_bytes());
        hash.update(place.uid.to_be_bytes());
        hash.update(incoming.hash.as_bytes());
        self.prefix = hash.finalize().into();
    }

    fn meet_stranger(&mut self, place: Place, posing: bool) {
        self.stranger_count = self.stranger_count.saturating_add(1);
        if self.strangers.len() == STRANGERS {
            self.strangers.pop_front();
        }
        self.strangers.push_back(Stranger {
            uid: place.uid,
            posing,
        });
    }
}

impl Applied {
    fn without_trace(verdict: Verdict) -> Self {
        Self {
            conversation: None,
            verdict,
            verified: false,
        }
    }
}

impl Conversation {
    /// What the fold said about an event, by its id; `None` when it is not in this conversation.
    pub fn entry(&self, id: &EventId) -> Option<&HistoryEntry> {
        self.history.iter().rev().find(|entry| entry.id == *id)
    }
}

#[cfg(test)]
mod tests;

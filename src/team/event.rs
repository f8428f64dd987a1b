//! Events as messages (PROTOCOL.md section 3): one act of one agent, signed, readable by a person.
//!
//! The message is only the envelope. What counts is the JSON inside it, byte for byte: the
//! signature and the hash cover those bytes, so there is no canonical form to get wrong.

mod read;
mod write;

pub use read::decode;
pub use write::{Envelope, EventError, encode};

use super::sign::{PublicKey, SIGNATURE, sha256_hex};
use super::{Act, Agent, ConversationName, EventId};
use crate::clock::Timestamp;
use crate::limits::{EVENT_BYTES, MESSAGE_ID};
use serde::{Deserialize, Serialize};

/// The version of the format this program writes. It reads newer ones and then refuses to write.
pub const VERSION: u32 = 1;

/// One act of one agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Version of the format, from 1.
    pub v: u32,
    /// Left part of the message's Message-ID.
    pub id: EventId,
    /// Who acts.
    pub agent: Agent,
    /// Fingerprint of the key it is signed with, see [`PublicKey::fingerprint`].
    pub key: String,
    /// 1, 2, 3 … for each key; 0 outside the chain (presence).
    pub seq: u64,
    /// Hash of this key's previous event, hex; empty for the first and outside the chain.
    pub prev: String,
    /// What the agent had folded when it decided.
    pub seen: Seen,
    /// What it is about; [`ConversationName::team`] for the roster.
    pub conversation: ConversationName,
    /// The conversation's epoch the agent saw: the number of changes of ownership.
    pub epoch: u64,
    /// What is done; in the JSON its fields stand beside the others.
    #[serde(flatten)]
    pub act: Act,
    /// The agent's wall clock: shown, never compared.
    pub time: Timestamp,
}

/// A prefix of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Seen {
    /// UIDVALIDITY of the journal folder.
    pub uidvalidity: u32,
    /// The highest UID in the prefix; 0 for an empty one.
    pub uid: u32,
    /// Running hash of the prefix, see [`super::Team::position`].
    pub hash: String,
}

/// An event as it was found in the journal. Its signature is not checked until
/// [`verify`](Incoming::verify) or the fold does so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// What it says.
    pub event: Event,
    /// The JSON as it was signed.
    pub json: Vec<u8>,
    /// The signature over `json`.
    pub signature: [u8; SIGNATURE],
    /// SHA-256 of `json`, hex.
    pub hash: String,
    /// Whether the signature is known to be right for the key that `event.key` names. A store may
    /// keep this bit beside the event so that a replay need not check again; an audit ignores it.
    pub verified: bool,
}

/// Why a message in the journal folder is nobody's event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEvent {
    /// Mail that merely landed there.
    #[error("the message holds no event")]
    Foreign,
    /// It has the marks of an event but cannot be read.
    #[error("the event in the message is damaged")]
    Damaged,
}

impl Event {
    /// The JSON that is signed.
    ///
    /// # Errors
    /// [`EventError::Unwritable`] when a value has no JSON form.
    pub fn to_json(&self) -> Result<Vec<u8>, EventError> {
        serde_json::to_vec(self).map_err(|_| EventError::Unwritable)
    }

    /// SHA-256 of [`to_json`](Self::to_json), hex: the `prev` of this key's next event. Only for
    /// events this program made; those of others may hold fields it does not know.
    ///
    /// # Errors
    /// As [`to_json`](Self::to_json).
    pub fn hash(&self) -> Result<String, EventError> {
        self.to_json().map(|json| sha256_hex(&json))
    }
}

impl Incoming {
    /// Rebuilds an event from what a store kept of it: `json`, `signature` and `verified`.
    ///
    /// # Errors
    /// [`NotAnEvent::Damaged`] when the JSON is no event of any version.
    pub fn from_parts(
        json: Vec<u8>,
        signature: [u8; SIGNATURE],
        verified: bool,
    ) -> Result<Self, NotAnEvent> {
        let event = parse(&json).ok_or(NotAnEvent::Damaged)?;
        let hash = sha256_hex(&json);
        Ok(Self {
            event,
            json,
            signature,
            hash,
            verified,
        })
    }

    /// Checks the signature, always anew.
    pub fn verify(&self, key: &PublicKey) -> bool {
        key.verify(&self.json, &self.signature)
    }

    /// Whether it lives outside the chain and may disappear at any time.
    pub fn is_ephemeral(&self) -> bool {
        matches!(self.event.act, Act::Presence { .. })
    }
}

/// The Message-ID of an event's message, without brackets.
pub fn message_id(id: &EventId, agent: &Agent) -> String {
    format!("{id}.{agent}@postroom.invalid")
}

/// What to look for in Message-ID fields (IMAP `SEARCH HEADER`, a substring match) to find an
/// event whoever wrote it.
pub fn search_key(id: &EventId) -> &str {
    id.as_str()
}

/// All of an event but its act, which may be of a type we do not know.
#[derive(Deserialize)]
struct Frame {
    v: u32,
    id: String,
    agent: String,
    key: String,
    seq: u64,
    prev: String,
    seen: Seen,
    conversation: ConversationName,
    epoch: u64,
    time: Timestamp,
}

fn parse(json: &[u8]) -> Option<Event> {
    if json.len() > EVENT_BYTES {
        return None;
    }
    let frame: Frame = serde_json::from_slice(json).ok()?;
    let act = serde_json::from_slice(json)
        .ok()
        .filter(Act::is_sound)
        .unwrap_or(Act::Other);
    let name = frame.conversation.as_str().len();
    let sound = frame.v > 0
        && is_hex(&frame.key, 32)
        && (frame.prev.is_empty() || is_hex(&frame.prev, 64))
        && (frame.seen.hash.is_empty() || is_hex(&frame.seen.hash, 64))
        && (1..=MESSAGE_ID).contains(&name);
    let event = Event {
        v: frame.v,
        id: EventId::parse(&frame.id)?,
        agent: Agent::parse(&frame.agent)?,
        key: frame.key,
        seq: frame.seq,
        prev: frame.prev,
        seen: frame.seen,
        conversation: frame.conversation,
        epoch: frame.epoch,
        act,
        time: frame.time,
    };
    sound.then_some(event)
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests;

//! Names of people, conversations and events.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

macro_rules! text_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the text; whoever reads it from outside checks it first.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

text_name! {
    /// A member of the team by nick: `[a-z0-9._-]`, 1 to 20 characters, safe to show.
    Agent
}
text_name! {
    /// The name of a conversation in the journal: a Message-ID without brackets, or `hash:` and a
    /// content hash (PROTOCOL.md section 3). Hostile text: never shown; show [`ConversationId`].
    ConversationName
}
text_name! {
    /// Short stable id of a conversation, `[0-9a-z]{8}`, made from its name; every verb takes it.
    ConversationId
}
text_name! {
    /// The id of an event: left part of its Message-ID, 26 characters of Crockford base 32.
    EventId
}

impl Agent {
    /// A nick from outside, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
        (!text.is_empty() && text.len() <= 20 && text.chars().all(fine))
            .then(|| Self(text.to_owned()))
    }
}

impl EventId {
    /// An id from outside, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        super::ids::bits(text).map(|_| Self(text.to_owned()))
    }

    /// The number behind the text, for compact sets.
    pub(super) fn bits(&self) -> Option<u128> {
        super::ids::bits(&self.0)
    }
}

impl ConversationName {
    /// The conversation that events about the team itself (`join`) are filed under. No Message-ID
    /// looks like it: those contain an `@`.
    pub fn team() -> Self {
        Self("_team".to_owned())
    }

    /// The short id shown to people.
    pub fn id(&self) -> ConversationId {
        const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let digest = Sha256::digest(self.0.as_bytes());
        let bits = digest
            .iter()
            .take(5)
            .fold(0u64, |n, b| (n << 8) | u64::from(*b));
        let letter = |i: u32| ALPHABET.get((bits >> (35 - 5 * i)) as usize & 31).copied();
        ConversationId((0..8).filter_map(letter).map(char::from).collect())
    }
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_and_stable() {
        let id = ConversationName::new("a@b").id();
        assert_eq!(id.as_str().len(), 8);
        assert_eq!(id, ConversationName::new("a@b").id());
        assert_ne!(id, ConversationName::new("a@c").id());
    }

    #[test]
    fn nicks_from_outside_are_checked() {
        assert!(Agent::parse("ana.r-2").is_some());
        for bad in ["", "Ana", "a b", "a\u{1b}[m", "abcdefghijklmnopqrstu"] {
            assert!(Agent::parse(bad).is_none(), "{bad:?}");
        }
    }
}

//! What an agent can do to a conversation, and why the fold may refuse it.

use super::{Agent, EventId};
use crate::clock::Timestamp;
use crate::limits::{MESSAGE_ID, TAG};
use crate::mail::Remote;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Where a conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nobody has looked at it.
    New,
    /// Somebody works on it.
    Open,
    /// The customer's turn.
    Waiting,
    /// Finished.
    Done,
    /// Not worth an answer.
    Spam,
}

impl Status {
    /// All values, in the order screens list them.
    pub const ALL: [Status; 5] = [
        Status::New,
        Status::Open,
        Status::Waiting,
        Status::Done,
        Status::Spam,
    ];

    /// The word for it in scripts, configuration and the journal.
    pub fn word(self) -> &'static str {
        match self {
            Status::New => "new",
            Status::Open => "open",
            Status::Waiting => "waiting",
            Status::Done => "done",
            Status::Spam => "spam",
        }
    }

    /// The value a word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }
}

/// How closely somebody looks at a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Reads it.
    Reading,
    /// Writes a reply.
    Writing,
}

/// The type and payload of an event (PROTOCOL.md section 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Act {
    /// Enters the roster; carries the public key the event is signed with, base64.
    Join {
        /// Display name.
        name: Remote,
        /// Mail address.
        address: Remote,
        /// Ed25519 public key, standard base64.
        public_key: String,
    },
    /// Becomes the owner of a conversation nobody owns.
    Claim,
    /// Gives it back to nobody.
    Release {
        /// Why, in the author's words.
        #[serde(default, skip_serializing_if = "Remote::is_empty")]
        reason: Remote,
    },
    /// Makes somebody the owner.
    Assign {
        /// The new owner.
        to: Agent,
        /// Why, in the author's words.
        #[serde(default, skip_serializing_if = "Remote::is_empty")]
        reason: Remote,
    },
    /// Becomes the owner of a conversation somebody else owns.
    Steal {
        /// Why, in the author's words.
        #[serde(default, skip_serializing_if = "Remote::is_empty")]
        reason: Remote,
    },
    /// Changes the status.
    Status {
        /// The new value.
        value: Status,
    },
    /// Adds and removes tags; sets merge.
    Tag {
        /// Tags to add.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        add: BTreeSet<String>,
        /// Tags to remove.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        remove: BTreeSet<String>,
    },
    /// A note for the team. It never reaches SMTP: nothing there takes one.
    Note {
        /// The text.
        text: Remote,
        /// Who is called by it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<Agent>,
    },
    /// Hides the conversation until a time.
    Snooze {
        /// When it comes back.
        until: Timestamp,
    },
    /// Ends a snooze.
    Wake {
        /// The snooze event it ends.
        snooze: EventId,
    },
    /// Asks for the right to send one mail.
    Intent {
        /// Message-ID of the mail that is answered.
        slot: String,
        /// SHA-256 of the finished bytes, hex.
        hash: String,
        /// Message-ID of the mail that will be sent.
        message_id: String,
    },
    /// The mail of an intent was accepted by SMTP.
    Sent {
        /// The intent it closes.
        intent: EventId,
    },
    /// The mail of an intent surely was not sent.
    Failed {
        /// The intent it closes.
        intent: EventId,
        /// The cause, as the server said it.
        #[serde(default, skip_serializing_if = "Remote::is_empty")]
        why: Remote,
    },
    /// Nobody can say whether the mail of an intent left; a person must look.
    Unknown {
        /// The intent it is about.
        intent: EventId,
    },
    /// A person (or a copy found in Sent) settled an unknown one.
    Resolved {
        /// The intent it closes.
        intent: EventId,
        /// Whether the mail was sent.
        sent: bool,
    },
    /// Allows one more answer to a slot, on the record.
    Override {
        /// The slot.
        slot: String,
        /// What stands in the way: intents or Message-IDs that were shown to the author.
        over: Vec<String>,
        /// Why, in the author's words.
        reason: Remote,
    },
    /// A reply made with another mail client was found.
    Outside {
        /// The slot it answers.
        slot: String,
        /// Its Message-ID.
        message_id: String,
    },
    /// Ephemeral: who looks, outside the chain, valid for a while. `None` says "gone".
    Presence {
        /// How closely.
        grade: Option<Grade>,
    },
    /// A type this version does not know: kept, never effective.
    #[serde(other)]
    Other,
}

impl Act {
    /// Whether every name in it is one: nicks, tags, event ids, Message-IDs of a credible length.
    /// What fails here is kept as not understood, so nothing it holds is ever shown.
    pub fn is_sound(&self) -> bool {
        let nick = |a: &Agent| Agent::parse(a.as_str()).is_some();
        let id = |e: &EventId| EventId::parse(e.as_str()).is_some();
        let mail = |m: &String| !m.is_empty() && m.len() <= MESSAGE_ID;
        match self {
            Act::Join { address, .. } => !address.is_empty(),
            Act::Assign { to, .. } => nick(to),
            Act::Tag { add, remove } => add.iter().chain(remove).all(|t| is_tag(t)),
            Act::Note { text, mentions } => !text.is_empty() && mentions.iter().all(nick),
            Act::Wake { snooze } => id(snooze),
            Act::Intent {
                slot,
                hash,
                message_id,
            } => mail(slot) && mail(message_id) && !hash.is_empty(),
            Act::Sent { intent }
            | Act::Failed { intent, .. }
            | Act::Unknown { intent }
            | Act::Resolved { intent, .. } => id(intent),
            Act::Override { slot, over, .. } => mail(slot) && over.iter().all(mail),
            Act::Outside { slot, message_id } => mail(slot) && mail(message_id),
            Act::Claim
            | Act::Release { .. }
            | Act::Steal { .. }
            | Act::Status { .. }
            | Act::Snooze { .. }
            | Act::Presence { .. }
            | Act::Other => true,
        }
    }
}

/// A tag as a person typed it, in the form the journal takes: lower case, without `#` in front.
/// `None` when it is no tag.
pub fn tag(typed: &str) -> Option<String> {
    let tag = typed.trim().trim_start_matches('#').to_lowercase();
    is_tag(&tag).then_some(tag)
}

/// Letters of any script, digits and `._-`, at most [`TAG`] bytes: safe to show as it is.
fn is_tag(text: &str) -> bool {
    let fine = |c: char| (c.is_alphanumeric() && !c.is_uppercase()) || "._-".contains(c);
    !text.is_empty() && text.len() <= TAG && text.chars().all(fine)
}

/// Why the fold did not let an event take effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "kebab-case")]
pub enum Refusal {
    /// Somebody owns it already (or took it first).
    Owned {
        /// The owner.
        owner: Agent,
    },
    /// Only the owner may do this.
    NotOwner {
        /// The owner, if there is one.
        owner: Option<Agent>,
    },
    /// The conversation changed since the author looked.
    Stale,
    /// The slot has an answer already.
    Answered {
        /// Who answered; `None` when it was done with another mail client.
        by: Option<Agent>,
    },
    /// Somebody is sending an answer to the same slot right now.
    Sending {
        /// Who.
        by: Agent,
    },
    /// The intent, snooze or member it names does not fit.
    NoSuchThing,
    /// A later copy of an event that is already in.
    Duplicate,
    /// Unsigned, wrongly signed, or by somebody who is not in the team.
    Untrusted,
    /// Of a newer version or an unknown type.
    NotUnderstood,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_words() {
        assert_eq!(tag(" #Billing "), Some("billing".to_owned()));
        assert_eq!(tag("facturaci\u{f3}n"), Some("facturaci\u{f3}n".to_owned()));
        for bad in [
            "",
            "#",
            "a b",
            "a\u{1b}[m",
            "a\nb",
            "a\u{202e}b",
            &"x".repeat(TAG + 1),
        ] {
            assert_eq!(tag(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn acts_with_impossible_names_are_not_sound() {
        let to = |text: &str| Act::Assign {
            to: Agent::new(text),
            reason: Remote::default(),
        };
        assert!(to("ana").is_sound());
        assert!(!to("ana\u{1b}[2J").is_sound());
        let tags = |text: &str| Act::Tag {
            add: BTreeSet::from([text.to_owned()]),
            remove: BTreeSet::new(),
        };
        assert!(tags("vip").is_sound());
        assert!(!tags("v\nip").is_sound());
        let wake = |text: &str| Act::Wake {
            snooze: EventId::new(text),
        };
        assert!(wake("01JD9QAAAAAAAAAAAAAAAAAAAA").is_sound());
        assert!(!wake("1").is_sound());
    }
}

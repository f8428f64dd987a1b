//! What stands between a finished draft and its sending (PROTOCOL.md section 5, GATE).
//!
//! A draft carries the version of the conversation its writer has seen. Only what is newer than
//! that is an obstacle, and what the writer did alone never is. The gate is a courtesy before the
//! intent; the fold still decides.

use super::{Agent, Conversation, Status};
use crate::clock::Timestamp;
use crate::team::fold::Intent;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The version of a conversation that a writer has seen; stored with the draft.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Seen {
    /// Message-IDs, without brackets, of the messages, answers and announced answers.
    pub messages: BTreeSet<String>,
    /// The epoch.
    pub epoch: u64,
    /// The owner.
    pub owner: Option<Agent>,
    /// The status as it was last set.
    pub status: Option<Status>,
    /// How many notes there were.
    pub notes: usize,
    /// UID up to which the journal was folded.
    pub position_uid: u32,
}

/// A conversation as it is now.
#[derive(Debug, Clone, Copy)]
pub struct Current<'a> {
    /// What the journal says about it, if anything.
    pub conversation: Option<&'a Conversation>,
    /// Its messages in INBOX and Sent, in any order.
    pub messages: &'a [Letter],
    /// UID up to which the journal is folded.
    pub position_uid: u32,
}

/// What the gate needs to know about one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Message-ID without brackets.
    pub message_id: String,
    /// Whether the team sent it.
    pub outgoing: bool,
    /// Who of the team, when that is known otherwise than from the journal.
    pub author: Option<Agent>,
    /// INTERNALDATE.
    pub at: Timestamp,
}

/// Something the writer has not seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "obstacle", rename_all = "kebab-case")]
pub enum Obstacle {
    /// Somebody is sending an answer to the same message, or may have sent one.
    Sending {
        /// Who.
        by: Agent,
    },
    /// A colleague answered.
    Answered {
        /// Who, when known.
        by: Option<Agent>,
        /// The answer.
        message_id: String,
        /// INTERNALDATE of the answer or of the event that announced it.
        at: Timestamp,
    },
    /// Somebody answered with another mail client.
    Outside {
        /// The answer.
        message_id: String,
    },
    /// Somebody else owns the conversation.
    Owner {
        /// Who.
        owner: Agent,
    },
    /// The customer wrote again.
    CustomerWrote {
        /// The message.
        message_id: String,
    },
    /// Somebody set another status.
    Status {
        /// Who.
        by: Agent,
        /// The value.
        value: Status,
    },
    /// Somebody left a note.
    Note {
        /// Who.
        by: Agent,
    },
}

impl Seen {
    /// The version a writer has seen who looks at the conversation as it is now.
    pub fn of(now: &Current<'_>) -> Self {
        let mut seen = Self {
            messages: now.messages.iter().map(|m| m.message_id.clone()).collect(),
            position_uid: now.position_uid,
            ..Self::default()
        };
        if let Some(conversation) = now.conversation {
            seen.epoch = conversation.epoch;
            seen.owner = conversation.owner.as_ref().map(|o| o.agent.clone());
            seen.status = conversation.status.as_ref().map(|s| s.value);
            seen.notes = conversation.notes.len();
            let sent = intents(conversation).filter(|i| i.state.is_sent());
            seen.messages.extend(sent.map(|i| i.message_id.clone()));
            seen.messages
                .extend(outsides(conversation).map(str::to_owned));
        }
        seen
    }
}

/// What stands in the way of `me` sending an answer to `slot` (the Message-ID that is answered;
/// `None` for a mail that answers nothing), most serious first.
pub fn check(seen: &Seen, now: &Current<'_>, me: &Agent, slot: Option<&str>) -> Vec<Obstacle> {
    let mut found = Vec::new();
    if let Some(conversation) = now.conversation {
        found.extend(sendings(conversation, me, slot));
    }
    found.extend(answers(seen, now, me));
    if let Some(conversation) = now.conversation {
        let owner = conversation.owner.as_ref().map(|o| o.agent.clone());
        found.extend(
            owner
                .filter(|owner| owner != me)
                .map(|owner| Obstacle::Owner { owner }),
        );
    }
    let inbound = now.messages.iter().filter(|m| !m.outgoing);
    let unseen = inbound.filter(|m| !seen.messages.contains(&m.message_id));
    found.extend(unseen.map(|m| Obstacle::CustomerWrote {
        message_id: m.message_id.clone(),
    }));
    if let Some(conversation) = now.conversation {
        found.extend(status(seen, conversation, me));
        found.extend(notes(seen, conversation, me));
    }
    found
}

/// Always named, seen or not: the fold would refuse the intent.
fn sendings(conversation: &Conversation, me: &Agent, slot: Option<&str>) -> Vec<Obstacle> {
    let Some(slot) = slot.and_then(|s| conversation.slots.get(s)) else {
        return Vec::new();
    };
    let undecided = slot.intents.iter().filter(|i| i.state.is_undecided());
    let others = undecided.filter(|i| i.agent != *me && !slot.is_over(i));
    others
        .map(|i| Obstacle::Sending {
            by: i.agent.clone(),
        })
        .collect()
}

/// Answers in Sent, and those the journal knows before Sent shows them; each once.
fn answers(seen: &Seen, now: &Current<'_>, me: &Agent) -> Vec<Obstacle> {
    let mut named = seen.messages.clone();
    let mut found = Vec::new();
    if let Some(conversation) = now.conversation {
        for id in outsides(conversation) {
            if named.insert(id.to_owned()) {
                let message_id = id.to_owned();
                found.push(Obstacle::Outside { message_id });
            }
        }
        for intent in intents(conversation) {
            let left = intent.state.is_sent()
                || (now.messages.iter()).any(|m| m.outgoing && m.message_id == intent.message_id);
            if left && named.insert(intent.message_id.clone()) && intent.agent != *me {
                found.push(Obstacle::Answered {
                    by: Some(intent.agent.clone()),
                    message_id: intent.message_id.clone(),
                    at: intent.at,
                });
            }
        }
    }
    for letter in now.messages.iter().filter(|m| m.outgoing) {
        if named.insert(letter.message_id.clone()) && letter.author.as_ref() != Some(me) {
            found.push(Obstacle::Answered {
                by: letter.author.clone(),
                message_id: letter.message_id.clone(),
                at: letter.at,
            });
        }
    }
    found
}

fn status(seen: &Seen, conversation: &Conversation, me: &Agent) -> Option<Obstacle> {
    let set = conversation.status.as_ref()?;
    let news = seen.status != Some(set.value) && set.by != *me;
    news.then(|| Obstacle::Status {
        by: set.by.clone(),
        value: set.value,
    })
}

fn notes(seen: &Seen, conversation: &Conversation, me: &Agent) -> Vec<Obstacle> {
    let unseen = conversation.notes.iter().skip(seen.notes);
    let others = unseen.filter(|n| n.agent != *me);
    others
        .map(|n| Obstacle::Note {
            by: n.agent.clone(),
        })
        .collect()
}

fn intents(conversation: &Conversation) -> impl Iterator<Item = &Intent> {
    conversation.slots.values().flat_map(|s| &s.intents)
}

fn outsides(conversation: &Conversation) -> impl Iterator<Item = &str> {
    let slots = conversation.slots.values();
    slots.flat_map(|s| s.outside.iter().map(|o| o.message_id.as_str()))
}

#[cfg(test)]
mod tests;

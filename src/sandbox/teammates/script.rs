//! The script in `assets/demo/teammates.toml`.

use crate::team::{Agent, Status};
use serde::Deserialize;

const TEAMMATES: &str = include_str!("../../../assets/demo/teammates.toml");

/// Everything the teammates say and do by themselves.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    pub(super) beat: Vec<Beat>,
    answer: Vec<Answer>,
}

/// One line of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Beat {
    /// Seconds after the start.
    pub(super) at: u64,
    /// A teammate's nick, or the customer who writes.
    pub(super) who: String,
    /// Subject of the conversation.
    pub(super) on: String,
    pub(super) act: Verb,
    #[serde(default)]
    pub(super) text: String,
    pub(super) status: Option<Status>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    #[serde(default)]
    pub(super) mentions: Vec<Agent>,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verb {
    /// Shows that they read it.
    Read,
    /// Shows that they write an answer.
    Write,
    Claim,
    Reply,
    Note,
    Tag,
    Status,
    /// A customer's mail comes in.
    Arrive,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    on: String,
    text: String,
}

impl Script {
    /// Reads the file; it is part of the program, so only a test ever sees an error.
    pub(super) fn load() -> Result<Self, toml::de::Error> {
        toml::from_str(TEAMMATES)
    }

    /// What to answer on a subject; the answer without a subject fits all.
    pub(super) fn answer(&self, subject: &str) -> &str {
        let own = self.answer.iter().find(|answer| answer.on == subject);
        let any = self.answer.iter().find(|answer| answer.on.is_empty());
        own.or(any).map_or("", |answer| &answer.text)
    }
}

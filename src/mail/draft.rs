//! A reply that is being written.

use super::Address;
use crate::clock::Timestamp;
use crate::team::gate::Seen;
use crate::team::{ConversationName, Status};
use serde::{Deserialize, Serialize};

/// A reply that is being written, with the version of the conversation its writer has seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Its id on the desk.
    pub id: String,
    /// The shared mailbox it is for.
    pub mailbox: String,
    /// The conversation it belongs to.
    pub conversation: ConversationName,
    /// Message-ID of the message it answers, without brackets.
    pub slot: Option<String>,
    /// From.
    pub from: Address,
    /// To.
    pub to: Vec<Address>,
    /// Cc.
    pub cc: Vec<Address>,
    /// Subject.
    pub subject: String,
    /// The text, with `\n` line ends.
    pub body: String,
    /// References, oldest first, without brackets.
    pub references: Vec<String>,
    /// Status the conversation gets when this is sent; `None` leaves it to the configuration.
    pub status_after: Option<Status>,
    /// When it was last changed.
    pub updated: Timestamp,
    /// What its writer has seen.
    pub seen: Seen,
}

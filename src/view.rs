//! Core: what screens and verbs show. Plain data, filled by the cache and the engine.

use crate::clock::Timestamp;
use crate::mail::{Address, Attachment, Defect, Remote};
use crate::team::{Agent, ConversationId, ConversationName, EventId, Grade, Refusal, Status};
use serde::Serialize;
use std::collections::BTreeSet;

/// A list of conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum View {
    /// New or open, nobody owns it, not snoozed; longest waiting first.
    Queue,
    /// New or open, somebody owns it; longest waiting first. Shown below the queue.
    Handled,
    /// Owned by me, new, open or waiting.
    Mine,
    /// Status waiting.
    Waiting,
    /// New, open or waiting, owned or not.
    Open,
    /// Status done; latest first.
    Done,
    /// Everything, spam included; latest first.
    All,
}

impl View {
    /// The views with a tab, in order.
    pub const TABS: [View; 5] = [
        View::Queue,
        View::Mine,
        View::Waiting,
        View::Open,
        View::Done,
    ];

    /// The word for it on the command line.
    pub fn word(self) -> &'static str {
        match self {
            View::Queue => "queue",
            View::Handled => "handled",
            View::Mine => "mine",
            View::Waiting => "waiting",
            View::Open => "open",
            View::Done => "done",
            View::All => "all",
        }
    }

    /// The title on the screen.
    pub fn title(self) -> &'static str {
        match self {
            View::Queue => "Queue",
            View::Handled => "Being handled",
            View::Mine => "Mine",
            View::Waiting => "Waiting",
            View::Open => "All open",
            View::Done => "Done",
            View::All => "All",
        }
    }
}

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Short id.
    pub id: ConversationId,
    /// Name in the journal.
    pub name: ConversationName,
    /// Subject of the first message.
    pub subject: Remote,
    /// The customer: first sender that is not us.
    pub from: Address,
    /// Where it stands.
    pub status: Status,
    /// Whose it is.
    pub owner: Option<Agent>,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// First customer message after our last reply; `None` when it is the customer's turn.
    pub waiting_since: Option<Timestamp>,
    /// Arrival of its latest message.
    pub last_at: Timestamp,
    /// Messages in it.
    pub messages: u32,
    /// Messages this agent has not read.
    pub unread: u32,
    /// Hidden until then.
    pub snoozed_until: Option<Timestamp>,
    /// Whether an attachment is in it.
    pub attachments: bool,
    /// Whether a delivery report is in it that nobody looked at.
    pub bounced: bool,
    /// Who else looks at it now; filled by the engine.
    pub presence: Vec<Presence>,
    /// Whether the agent has a draft for it; filled by the engine.
    pub draft: bool,
}

/// Somebody looks at a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Presence {
    /// Who.
    pub agent: Agent,
    /// How closely.
    pub grade: Grade,
    /// Since when, by the server's clock.
    pub at: Timestamp,
}

/// A page of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Which view.
    pub view: View,
    /// Number of the first row.
    pub offset: usize,
    /// The rows.
    pub rows: Vec<Row>,
    /// Rows in the whole view.
    pub total: usize,
}

/// One conversation with everything in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// Its line.
    pub row: Row,
    /// Ownership epoch, for scripts that want to be sure.
    pub epoch: u64,
    /// Messages, oldest first.
    pub messages: Vec<ThreadMessage>,
    /// Notes, oldest first.
    pub notes: Vec<Note>,
    /// What the team did, oldest first.
    pub events: Vec<HistoryEntry>,
    /// Conversations of the same customer besides this one: all, open.
    pub customer: (u32, u32),
}

/// One message of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadMessage {
    /// Row number in the cache: names it to the engine, means nothing elsewhere.
    pub key: i64,
    /// Message-ID without brackets.
    pub message_id: Option<String>,
    /// UID in `folder`.
    pub uid: u32,
    /// Folder it lies in.
    pub folder: String,
    /// From.
    pub from: Vec<Address>,
    /// To.
    pub to: Vec<Address>,
    /// Cc.
    pub cc: Vec<Address>,
    /// Reply-To.
    pub reply_to: Vec<Address>,
    /// References, oldest first.
    pub references: Vec<String>,
    /// Subject.
    pub subject: Remote,
    /// Arrival by the server's clock.
    pub at: Timestamp,
    /// The Date field, when it is a date.
    pub date: Option<Timestamp>,
    /// The text to read.
    pub text: Remote,
    /// Whether the text was made from HTML.
    pub from_html: bool,
    /// Attachments.
    pub attachments: Vec<Attachment>,
    /// Whether we sent it.
    pub outgoing: bool,
    /// Who of us wrote it, when the journal knows.
    pub author: Option<Agent>,
    /// Made by a machine.
    pub automatic: bool,
    /// Whether this agent has read it.
    pub read: bool,
    /// What was wrong with it.
    pub defects: Vec<Defect>,
}

/// A note in a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its event.
    pub event: EventId,
    /// Who wrote it.
    pub agent: Agent,
    /// The text.
    pub text: Remote,
    /// When, by the server's clock.
    pub at: Timestamp,
}

/// One event of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// UID in the journal folder.
    pub uid: u32,
    /// Its id.
    pub event: EventId,
    /// Word for its type, such as `claim`.
    pub kind: String,
    /// Who.
    pub agent: Agent,
    /// When, by the server's clock.
    pub at: Timestamp,
    /// Whether the fold let it take effect.
    pub effective: bool,
    /// Why not.
    pub refusal: Option<Refusal>,
    /// One printable sentence.
    pub sentence: String,
}

/// One member of the team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Nick.
    pub agent: Agent,
    /// Display name.
    pub name: Remote,
    /// Open conversations owned.
    pub open: u32,
    /// Whether this is me.
    pub me: bool,
}

/// One search result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The conversation it is in.
    pub row: Row,
    /// Words around the match.
    pub snippet: Remote,
    /// The message, when a message matched (`None`: a note).
    pub message: Option<i64>,
}

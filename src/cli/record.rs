//! The JSON that scripts rely on: field names here are a contract, only ever added to.

use crate::clock::Timestamp;
use crate::engine::api::Outcome;
use crate::mail::draft::Draft;
use crate::mail::{Address, Attachment, Remote};
use crate::team::{Agent, ConversationId, EventId, Refusal, Status};
use crate::view::{HistoryEntry, Hit, Note, Presence, Row, Thread, ThreadMessage};
use serde::Serialize;
use std::collections::BTreeSet;

/// One line of `list`.
#[derive(Debug, Serialize)]
pub struct RowRecord<'a> {
    /// Short stable id; every verb takes it.
    pub id: &'a ConversationId,
    /// Subject of the first message, as it came.
    pub subject: &'a Remote,
    /// The customer, as `Name <address>`.
    pub from: String,
    /// `new`, `open`, `waiting`, `done` or `spam`.
    pub status: Status,
    /// Nick of the owner.
    pub owner: Option<&'a Agent>,
    /// Tags in order.
    pub tags: &'a BTreeSet<String>,
    /// First customer message after our last reply.
    pub waiting_since: Option<Timestamp>,
    /// Arrival of the latest message.
    pub last_at: Timestamp,
    /// How many messages.
    pub messages: u32,
    /// How many of them this agent has not read.
    pub unread: u32,
    /// Hidden until then.
    pub snoozed_until: Option<Timestamp>,
    /// Whether it has attachments.
    pub attachments: bool,
    /// Whether a delivery failed and nobody looked at it.
    pub bounced: bool,
    /// Whether this agent has a draft for it.
    pub draft: bool,
    /// Who looks at it now.
    pub presence: &'a [Presence],
}

/// What `show` prints: the line of `list`, with `messages` as a list instead of a number.
#[derive(Debug, Serialize)]
pub struct ThreadRecord<'a> {
    /// As in `list`.
    pub id: &'a ConversationId,
    /// As in `list`.
    pub subject: &'a Remote,
    /// As in `list`.
    pub from: String,
    /// As in `list`.
    pub status: Status,
    /// As in `list`.
    pub owner: Option<&'a Agent>,
    /// As in `list`.
    pub tags: &'a BTreeSet<String>,
    /// As in `list`.
    pub waiting_since: Option<Timestamp>,
    /// As in `list`.
    pub last_at: Timestamp,
    /// As in `list`.
    pub unread: u32,
    /// As in `list`.
    pub snoozed_until: Option<Timestamp>,
    /// As in `list`.
    pub bounced: bool,
    /// As in `list`.
    pub draft: bool,
    /// As in `list`.
    pub presence: &'a [Presence],
    /// Ownership epoch: grows with every change of the owner.
    pub epoch: u64,
    /// Messages, oldest first.
    pub messages: Vec<MessageRecord<'a>>,
    /// Notes, oldest first.
    pub notes: Vec<NoteRecord<'a>>,
    /// What the team did, oldest first.
    pub events: Vec<EventRecord<'a>>,
}

/// One message.
#[derive(Debug, Serialize)]
pub struct MessageRecord<'a> {
    /// Message-ID without brackets.
    pub message_id: Option<&'a str>,
    /// UID in `folder`.
    pub uid: u32,
    /// Folder on the server.
    pub folder: &'a str,
    /// Senders, as `Name <address>`, joined by commas.
    pub from: String,
    /// Recipients, each as `Name <address>`.
    pub to: Vec<String>,
    /// Recipients of a copy.
    pub cc: Vec<String>,
    /// Subject as it came.
    pub subject: &'a Remote,
    /// The Date field; arrival where it is no date.
    pub date: Timestamp,
    /// Arrival by the server's clock.
    pub received: Timestamp,
    /// The text to read, as it came.
    pub text: &'a Remote,
    /// Attachments.
    pub attachments: Vec<AttachmentRecord<'a>>,
    /// Whether we sent it.
    pub outgoing: bool,
    /// Who of us wrote it, when the journal knows.
    pub author: Option<&'a Agent>,
    /// Whether this agent has read it.
    pub read: bool,
    /// What was wrong with it.
    pub defects: &'a [crate::mail::Defect],
}

/// One attachment.
#[derive(Debug, Serialize)]
pub struct AttachmentRecord<'a> {
    /// Number within its message.
    pub index: usize,
    /// The sender's name for it, as it came.
    pub name: &'a Remote,
    /// Declared type.
    pub content_type: &'a Remote,
    /// Decoded size in bytes.
    pub size: u64,
}

/// One note.
#[derive(Debug, Serialize)]
pub struct NoteRecord<'a> {
    /// Its event.
    pub event: &'a EventId,
    /// Who wrote it.
    pub agent: &'a Agent,
    /// When.
    pub time: Timestamp,
    /// The text.
    pub text: &'a Remote,
}

/// One event of the journal; `log` adds the conversation's id.
#[derive(Debug, Serialize)]
pub struct EventRecord<'a> {
    /// Short id of the conversation, in `log` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a ConversationId>,
    /// UID in the journal folder.
    pub uid: u32,
    /// Its id.
    pub event: &'a EventId,
    /// Its type, such as `claim`.
    pub r#type: &'a str,
    /// Who.
    pub agent: &'a Agent,
    /// When, by the server's clock.
    pub time: Timestamp,
    /// Whether it took effect.
    pub effective: bool,
    /// Why not.
    pub refusal: Option<&'a Refusal>,
    /// The same for people.
    pub sentence: &'a str,
}

/// One search result: the line of `list` and the words around the match.
#[derive(Debug, Serialize)]
pub struct HitRecord<'a> {
    /// The conversation.
    #[serde(flatten)]
    pub row: RowRecord<'a>,
    /// Words around the match, as they came.
    pub snippet: &'a Remote,
}

/// How a change or a reply ended.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub struct OutcomeRecord {
    /// `done`, `refused`, `queued`, `failed` or `unknown`.
    pub outcome: &'static str,
    /// Short id of the conversation.
    pub id: ConversationId,
    /// Word of the refusal, such as `owned` or `answered`; else the sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// Who owns it now, when it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Option<Agent>>,
    /// The draft that was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<String>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
}

/// One kept draft.
#[derive(Debug, Serialize)]
pub struct DraftRecord<'a> {
    /// Its id.
    pub draft: &'a str,
    /// Short id of its conversation.
    pub id: ConversationId,
    /// Subject.
    pub subject: &'a str,
    /// Recipients, each as `Name <address>`.
    pub to: Vec<String>,
    /// Recipients of a copy.
    pub cc: Vec<String>,
    /// When it was last changed.
    pub updated: Timestamp,
    /// The text.
    pub text: &'a str,
}

impl<'a> DraftRecord<'a> {
    /// The record of a draft.
    pub fn new(draft: &'a Draft) -> Self {
        Self {
            draft: &draft.id,
            id: draft.conversation.id(),
            subject: &draft.subject,
            to: draft.to.iter().map(mailbox).collect(),
            cc: draft.cc.iter().map(mailbox).collect(),
            updated: draft.updated,
            text: &draft.body,
        }
    }
}

impl<'a> RowRecord<'a> {
    /// The record of a row.
    pub fn new(row: &'a Row) -> Self {
        Self {
            id: &row.id,
            subject: &row.subject,
            from: mailbox(&row.from),
            status: row.status,
            owner: row.owner.as_ref(),
            tags: &row.tags,
            waiting_since: row.waiting_since,
            last_at: row.last_at,
            messages: row.messages,
            unread: row.unread,
            snoozed_until: row.snoozed_until,
            attachments: row.attachments,
            bounced: row.bounced,
            draft: row.draft,
            presence: &row.presence,
        }
    }
}

impl<'a> ThreadRecord<'a> {
    /// The record of a conversation.
    pub fn new(thread: &'a Thread) -> Self {
        let row = RowRecord::new(&thread.row);
        Self {
            id: row.id,
            subject: row.subject,
            from: row.from,
            status: row.status,
            owner: row.owner,
            tags: row.tags,
            waiting_since: row.waiting_since,
            last_at: row.last_at,
            unread: row.unread,
            snoozed_until: row.snoozed_until,
            bounced: row.bounced,
            draft: row.draft,
            presence: row.presence,
            epoch: thread.epoch,
            messages: thread.messages.iter().map(MessageRecord::new).collect(),
            notes: thread.notes.iter().map(NoteRecord::new).collect(),
            events: thread.events.iter().map(EventRecord::new).collect(),
        }
    }
}

impl<'a> MessageRecord<'a> {
    fn new(message: &'a ThreadMessage) -> Self {
        let from: Vec<String> = message.from.iter().map(mailbox).collect();
        Self {
            message_id: message.message_id.as_deref(),
            uid: message.uid,
            folder: &message.folder,
            from: from.join(", "),
            to: message.to.iter().map(mailbox).collect(),
            cc: message.cc.iter().map(mailbox).collect(),
            subject: &message.subject,
            date: message.date.unwrap_or(message.at),
            received: message.at,
            text: &message.text,
            attachments: message
                .attachments
                .iter()
                .map(AttachmentRecord::new)
                .collect(),
            outgoing: message.outgoing,
            author: message.author.as_ref(),
            read: message.read,
            defects: &message.defects,
        }
    }
}

impl<'a> AttachmentRecord<'a> {
    fn new(attachment: &'a Attachment) -> Self {
        Self {
            index: attachment.index,
            name: &attachment.name,
            content_type: &attachment.content_type,
            size: attachment.size,
        }
    }
}

impl<'a> NoteRecord<'a> {
    fn new(note: &'a Note) -> Self {
        Self {
            event: &note.event,
            agent: &note.agent,
            time: note.at,
            text: &note.text,
        }
    }
}

impl<'a> EventRecord<'a> {
    /// The record of an event within its conversation.
    pub fn new(entry: &'a HistoryEntry) -> Self {
        Self {
            id: None,
            uid: entry.uid,
            event: &entry.event,
            r#type: &entry.kind,
            agent: &entry.agent,
            time: entry.at,
            effective: entry.effective,
            refusal: entry.refusal.as_ref(),
            sentence: &entry.sentence,
        }
    }

    /// The record of an event in the log of all conversations.
    pub fn of(id: &'a ConversationId, entry: &'a HistoryEntry) -> Self {
        Self {
            id: Some(id),
            ..Self::new(entry)
        }
    }
}

impl<'a> HitRecord<'a> {
    /// The record of a search result.
    pub fn new(hit: &'a Hit) -> Self {
        Self {
            row: RowRecord::new(&hit.row),
            snippet: &hit.snippet,
        }
    }
}

impl OutcomeRecord {
    /// Done.
    pub fn done(id: ConversationId) -> Self {
        Self {
            outcome: "done",
            id,
            because: None,
            owner: None,
            draft: None,
            sentence: None,
        }
    }

    /// Not done, and why.
    pub fn not_done(outcome: &'static str, id: ConversationId, sentence: &str) -> Self {
        Self {
            outcome,
            because: Some(sentence.to_owned()),
            ..Self::done(id)
        }
    }

    /// Refused by the team's journal.
    pub fn refused(
        id: ConversationId,
        because: &str,
        owner: Option<Agent>,
        sentence: &str,
    ) -> Self {
        Self {
            outcome: "refused",
            because: Some(because.to_owned()),
            owner: Some(owner),
            sentence: Some(sentence.to_owned()),
            ..Self::done(id)
        }
    }

    /// How a change ended.
    pub fn of(id: ConversationId, outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::done(id),
            Outcome::Refused {
                refusal,
                owner,
                sentence,
            } => Self::refused(id, refusal_word(refusal), owner.clone(), sentence),
            Outcome::Queued(trouble) => Self::not_done("queued", id, &trouble.sentence),
            Outcome::Failed(trouble) => Self::not_done("failed", id, &trouble.sentence),
        }
    }
}

/// The word of a refusal, as in the journal's own JSON.
pub fn refusal_word(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Owned { .. } => "owned",
        Refusal::NotOwner { .. } => "not-owner",
        Refusal::Stale => "stale",
        Refusal::Answered { .. } => "answered",
        Refusal::Sending { .. } => "sending",
        Refusal::NoSuchThing => "no-such-thing",
        Refusal::Duplicate => "duplicate",
        Refusal::Untrusted => "untrusted",
        Refusal::NotUnderstood => "not-understood",
    }
}

/// `Name <address>`, or the address alone; raw, because JSON is escaped when it is printed and
/// text is cleaned.
pub fn mailbox(address: &Address) -> String {
    if address.name.is_empty() {
        address.address.raw().to_owned()
    } else {
        format!("{} <{}>", address.name.raw(), address.address.raw())
    }
}

//! What front ends say to the engine and hear from it: plain data.
//!
//! A front end sends [`Request`]s and receives [`News`]; it never waits inside a key press. Each
//! request that wants an answer carries a [`Ticket`], and the answer repeats it; front ends drop
//! answers to tickets they no longer hold.

use crate::clock::Timestamp;
use crate::mail::draft::Draft;
use crate::team::gate::{Obstacle, Seen};
use crate::team::{Agent, ConversationId, ConversationName, EventId, Grade, Refusal, Status};
use crate::view::{HistoryEntry, Hit, Member, Page, Thread, View};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Ties an answer to its request; chosen by the front end, unique within its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// A change to one conversation, as the person means it. The engine adds the epoch it saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Become the owner; refused when somebody owns it.
    Claim,
    /// Give it back to nobody.
    Release,
    /// Make somebody the owner.
    Assign(Agent),
    /// Take it from its owner.
    Steal {
        /// Why, in the author's words.
        reason: String,
    },
    /// Set the status.
    Status(Status),
    /// Add and remove tags.
    Tag {
        /// Tags to add.
        add: BTreeSet<String>,
        /// Tags to remove.
        remove: BTreeSet<String>,
    },
    /// Leave a note for the team.
    Note(String),
    /// Hide until a time.
    Snooze(Timestamp),
    /// End a snooze.
    Wake,
}

/// What a front end asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// A page of a view; answered by [`News::Page`].
    Rows {
        /// Ticket of the answer.
        ticket: Ticket,
        /// The view.
        view: View,
        /// First row.
        offset: usize,
        /// Rows wanted, at most [`crate::limits::ROWS`].
        limit: usize,
    },
    /// How many conversations each tab holds; answered by [`News::Counts`].
    Counts,
    /// One conversation whole; answered by [`News::Opened`].
    Open {
        /// Ticket of the answer.
        ticket: Ticket,
        /// Which.
        conversation: ConversationName,
    },
    /// Full-text search as typed; answered by [`News::Found`]. A newer one replaces an older.
    Search {
        /// Ticket of the answer.
        ticket: Ticket,
        /// The search language.
        query: String,
        /// Hits wanted.
        limit: usize,
    },
    /// The team; answered by [`News::Members`].
    Members,
    /// Changes one conversation; answered by [`News::Settled`].
    Act {
        /// Ticket of the answer.
        ticket: Ticket,
        /// Which.
        conversation: ConversationName,
        /// What.
        change: Change,
    },
    /// Marks messages of a conversation read or unread for this agent only.
    Read {
        /// Which.
        conversation: ConversationName,
        /// Read or unread.
        read: bool,
    },
    /// Says how closely this agent looks at a conversation; `None` when it looks no more.
    Look {
        /// Which and how closely; `None` for nothing.
        at: Option<(ConversationName, Grade)>,
    },
    /// Starts a reply, or takes up the saved draft of this conversation; answered by
    /// [`News::Draft`].
    Reply {
        /// Ticket of the answer.
        ticket: Ticket,
        /// Which conversation.
        conversation: ConversationName,
        /// To everybody or to the sender only.
        all: bool,
    },
    /// Saves a draft to the desk; answered by [`News::Saved`].
    SaveDraft(Box<Draft>),
    /// Throws a draft away; its text stays among the desk's old versions.
    DropDraft {
        /// Its id.
        draft: String,
    },
    /// Saved drafts; answered by [`News::Drafts`].
    Drafts,
    /// Runs the gate and, when nothing stands in the way, sends: intent, hold, SMTP, filing.
    /// Answered by [`News::Outgoing`] again and again.
    Send {
        /// The draft; saved first.
        draft: Box<Draft>,
        /// Reason to send although something stands in the way, with what the person was shown.
        anyway: Option<(String, Vec<Obstacle>)>,
        /// Wait out the undo window.
        hold: bool,
    },
    /// Takes a held reply back.
    TakeBack {
        /// The draft's id.
        draft: String,
    },
    /// Ends the hold of a reply now.
    SendNow {
        /// The draft's id.
        draft: String,
    },
    /// A person says what became of a reply nobody is sure about.
    Resolve {
        /// The intent.
        intent: EventId,
        /// Whether it was sent.
        sent: bool,
    },
    /// Writes an attachment into a folder; answered by [`News::SavedFile`].
    SaveAttachment {
        /// Ticket of the answer.
        ticket: Ticket,
        /// Message (`ThreadMessage::key`).
        message: i64,
        /// Attachment number.
        index: usize,
        /// Folder; created when missing.
        folder: PathBuf,
    },
    /// Conversations an id, a unique prefix of one, or a Message-ID names; answered by
    /// [`News::Names`].
    Find {
        /// Ticket of the answer.
        ticket: Ticket,
        /// As typed.
        text: String,
    },
    /// What the team did, newest last; answered by [`News::Log`].
    Log {
        /// Ticket of the answer.
        ticket: Ticket,
        /// Of one conversation only.
        conversation: Option<ConversationName>,
        /// The newest so many.
        limit: usize,
    },
    /// Brings the cache in step with the server now; answered by [`News::Synced`].
    SyncNow,
}

/// What a sync did.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Summary {
    /// Messages in the cache now.
    pub messages: usize,
    /// Messages that were new.
    pub new: usize,
    /// Messages that are gone.
    pub gone: usize,
    /// Messages whose flags changed.
    pub flags: usize,
    /// Team events in the journal.
    pub events: usize,
}

/// Why something did not happen, in one printable sentence with the next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What kind, for exit codes.
    pub kind: TroubleKind,
    /// The sentence; printable.
    pub sentence: String,
}

/// Kinds of trouble; verbs map them to exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleKind {
    /// No such conversation, message or draft (4).
    NotFound,
    /// The server cannot be reached or hangs (5).
    Unreachable,
    /// Sign-in failed (6).
    SignIn,
    /// Anything else (1).
    Other,
}

/// How a change ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The team's journal has it.
    Done,
    /// The fold refused it: somebody was faster or it does not fit any more.
    Refused {
        /// Why.
        refusal: Refusal,
        /// Who owns the conversation now.
        owner: Option<Agent>,
        /// The printable sentence for it.
        sentence: String,
    },
    /// It is on the desk and goes out when the server answers again.
    Queued(Trouble),
    /// It did not happen.
    Failed(Trouble),
}

/// Where an outgoing reply stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// The gate looks for anything newer than the writer has seen.
    Checking,
    /// Something newer stands in the way; the text is kept as a draft.
    Blocked {
        /// What.
        obstacles: Vec<Obstacle>,
        /// The version of the conversation as it is now.
        now: Box<Seen>,
        /// Who owns the conversation now.
        owner: Option<Agent>,
        /// Printable sentence.
        sentence: String,
    },
    /// Accepted; leaves when the hold ends.
    Held {
        /// When the hold ends.
        until: Timestamp,
    },
    /// Being handed to the server.
    Sending,
    /// The server took it.
    Sent,
    /// Taken back in time; the draft is as it was.
    TakenBack,
    /// Surely not sent; the draft is as it was.
    Failed(Trouble),
    /// Nobody can say; a person must look.
    Unknown {
        /// The intent, for [`Request::Resolve`].
        intent: EventId,
        /// Printable sentence.
        sentence: String,
    },
}

/// What the engine tells front ends.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// A page of a view.
    Page(Ticket, Box<Page>),
    /// Tab, how many.
    Counts(Vec<(View, usize)>),
    /// One conversation, or why not.
    Opened(Ticket, Result<Box<Thread>, Trouble>),
    /// Search results and the number of all matches, or why the query is wrong.
    Found(Ticket, Result<(Vec<Hit>, usize), Trouble>),
    /// The team.
    Members(Vec<Member>),
    /// How a change ended.
    Settled(Ticket, ConversationName, Outcome),
    /// A reply to write on.
    Draft(Ticket, Result<Box<Draft>, Trouble>),
    /// A draft was saved to disk.
    Saved {
        /// Its id.
        draft: String,
        /// When, or why not.
        at: Result<Timestamp, Trouble>,
    },
    /// Saved drafts, newest first.
    Drafts(Vec<Draft>),
    /// A reply moved on.
    Outgoing {
        /// The draft's id.
        draft: String,
        /// Its conversation.
        conversation: ConversationName,
        /// Where it stands.
        stage: Stage,
    },
    /// An attachment was written, or why not.
    SavedFile(Ticket, Result<PathBuf, Trouble>),
    /// These conversations changed (mail or team); ask again for what is on the screen. No names
    /// mean that any may have changed.
    Changed(Vec<ConversationName>),
    /// Somebody's presence changed on these.
    Presence(Vec<ConversationName>),
    /// The connection's state changed.
    Link(Link),
    /// Names that fit, none or several.
    Names(Ticket, Vec<ConversationName>),
    /// What the team did: short id of the conversation, event.
    Log(Ticket, Vec<(ConversationId, HistoryEntry)>),
    /// A sync that was asked for ended.
    Synced(Result<Summary, Trouble>),
    /// A sync moves on.
    Progress(Progress),
    /// Something a person should read.
    Notice(Notice),
}

/// State of the connection to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Opening it.
    Connecting,
    /// In step with the server since then.
    Online(Timestamp),
    /// Not connected.
    Offline {
        /// Why.
        trouble: Trouble,
        /// Next try.
        retry: Option<Timestamp>,
    },
}

/// How far a sync is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Folder; printable.
    pub folder: String,
    /// Messages here.
    pub done: usize,
    /// Messages on the server.
    pub total: usize,
}

/// Something a person should read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whether it is an error: errors stay until a key is pressed.
    pub error: bool,
    /// Printable sentence.
    pub text: String,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Trouble {}

impl Trouble {
    /// Builds one from a printable sentence.
    pub fn new(kind: TroubleKind, sentence: impl Into<String>) -> Self {
        Self {
            kind,
            sentence: sentence.into(),
        }
    }
}

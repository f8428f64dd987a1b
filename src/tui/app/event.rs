//! What comes in and what goes out, as plain data.

use super::line::Line;
use crate::config::AfterSend;
use crate::engine::api::{News, Request, Stage};
use crate::mail::draft::Draft;
use crate::team::{Agent, ConversationName, EventId, Status};
use crate::tui::commands::Command;
use crate::tui::keys::Key;
use crate::tui::layout::Size;
use crate::view::{Row, View};
use jiff::tz::TimeZone;
use std::path::PathBuf;
use std::time::Duration;

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The program starts.
    Started,
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// So many keys came at once that they are no typing.
    Flood,
    /// The terminal has another size.
    Resized(Size),
    /// The terminal's window got or lost the focus.
    Focus(bool),
    /// Something on the screen was clicked.
    Clicked(Target),
    /// The wheel was turned over a pane, by lines.
    Scrolled(Target, isize),
    /// The engine says something.
    News(News),
    /// A timer ran out.
    Woke(Timer),
    /// The outside editor ended: the text, or why there is none.
    EditorClosed(Result<String, String>),
    /// The system asks the program to end.
    Ended,
    /// Something outside failed: a printable sentence.
    Failed(String),
    /// A text is on the clipboard, or why not.
    Copied(Result<(), String>),
}

/// What shall be done outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Tell the engine.
    Engine(Request),
    /// Wake the app after so long; replaces an earlier wish for the same timer.
    WakeAfter(Timer, Duration),
    /// Open the outside editor on a text.
    OpenEditor(String),
    /// Open a link (printable, `http`, `https` or `mailto`) outside.
    OpenLink(String),
    /// Put a text on the clipboard.
    Copy(String),
    /// Take clicks or leave them to the terminal.
    Mouse(bool),
    /// Draw everything anew.
    Redraw,
    /// Stop, and come back with `fg`.
    Suspend,
    /// End.
    Quit,
}

/// What time is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// Ages on the screen grow.
    Minute,
    /// A notice has been shown long enough.
    Notice,
    /// The first key of a sequence was pressed a while ago.
    WhichKey,
    /// Nothing was typed for a while.
    DraftPause,
    /// A second of a hold is over.
    Hold,
    /// An opened conversation counts as read.
    Read,
    /// A query has been typed.
    Query,
}

/// What can be clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A view's tab.
    Tab(View),
    /// A row of the list.
    Row(usize),
    /// The list, beside its rows.
    List,
    /// The conversation.
    Thread,
    /// A hint.
    Hint(Command),
    /// A line of the picker, by its number among those shown.
    Item(usize),
}

/// Which pane has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// The list.
    List,
    /// The conversation.
    Thread,
}

/// What the app needs to know about the person and the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Who uses it.
    pub me: Agent,
    /// The mailbox's address, for the header; printable.
    pub mailbox: String,
    /// Take clicks from the start.
    pub mouse: bool,
    /// Where to go after a reply.
    pub after_send: AfterSend,
    /// Status of a conversation after a reply.
    pub status_after: Status,
    /// An opened conversation counts as read after this; zero means never by itself.
    pub read_after: Duration,
    /// For times of day.
    pub zone: TimeZone,
    /// Where attachments are saved.
    pub downloads: PathBuf,
}

/// A line that is asked for, or a question with one key as its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// The question; printable.
    pub question: String,
    /// What is typed.
    pub line: Line,
    /// What the answer is for.
    pub asks: Asks,
}

/// What a prompt asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Asks {
    /// The reason for taking conversations over.
    TakeOver(Vec<Row>),
    /// Whether to leave although something is not saved.
    Quit,
}

/// A reply on its way out.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// Its conversation.
    pub name: ConversationName,
    /// The customer's printable name.
    pub person: String,
    /// Where it stands.
    pub stage: Stage,
    /// The text, to edit on when it comes back.
    pub draft: Option<Box<Draft>>,
}

impl Outgoing {
    /// Whether nobody knows what became of it, and this is its intent.
    pub fn is_about(&self, id: &EventId) -> bool {
        matches!(&self.stage, Stage::Unknown { intent, .. } if intent == id)
    }
}

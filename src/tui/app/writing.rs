//! A reply or a note that is being written, and where it stands on its way out.

use super::collision::Banner;
use super::line::Line;
use super::pane::Pane;
use crate::clock::Timestamp;
use crate::mail::draft::Draft;
use crate::team::gate::{Obstacle, Seen};
use crate::team::{ConversationName, EventId};
use crate::tui::commands::Place;
use crate::tui::editor::Editor;

/// Where the text goes.
#[derive(Debug, Clone)]
pub enum Purpose {
    /// To the customer.
    Reply(Box<Draft>),
    /// To the team's journal; nothing turns it into mail.
    Note,
}

/// Where a text stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Mode {
    /// Letters are text.
    Writing,
    /// Finished; looked over.
    Review,
    /// The gate looks for anything newer.
    Checking,
    /// Something newer stands in the way.
    Blocked {
        /// What.
        obstacles: Vec<Obstacle>,
        /// Printable sentence.
        sentence: String,
        /// The conversation as it is now.
        now: Box<Seen>,
    },
    /// The reason for sending anyway is typed.
    Reason {
        /// What stands in the way.
        obstacles: Vec<Obstacle>,
        /// Printable sentence about it.
        sentence: String,
        /// What is typed.
        line: Line,
    },
    /// Waits until then; can be taken back.
    Held(Timestamp),
    /// On its way to the server.
    Sending,
    /// Nobody knows whether it left.
    Unknown {
        /// The intent to resolve.
        intent: EventId,
        /// Printable sentence.
        sentence: String,
    },
}

/// Whether the text is safe on the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved {
    /// Nothing was typed yet.
    Untouched,
    /// Typed since it was saved.
    Dirty,
    /// Being saved.
    Saving,
    /// On disk since then.
    At(Timestamp),
    /// Not saved, and why.
    Failed(String),
}

/// A text on the screen.
#[derive(Debug, Clone)]
pub struct Writing {
    /// The conversation.
    pub name: ConversationName,
    /// Its printable subject.
    pub subject: String,
    /// The customer's printable name.
    pub person: String,
    /// Where it goes.
    pub purpose: Purpose,
    /// The text.
    pub editor: Editor,
    /// Where it stands.
    pub mode: Mode,
    /// Whether it is safe.
    pub saved: Saved,
    /// What somebody else does meanwhile.
    pub banner: Option<Banner>,
    /// The conversation beside the text.
    pub original: Option<Pane>,
}

impl Writing {
    /// Where keys are pressed now.
    pub fn place(&self) -> Place {
        match (&self.mode, &self.purpose) {
            (Mode::Writing, Purpose::Reply(_)) => Place::Writing,
            (Mode::Writing, Purpose::Note) => Place::Note,
            (Mode::Review, Purpose::Note) => Place::NoteReview,
            (Mode::Review, Purpose::Reply(_)) => Place::Review,
            (Mode::Blocked { .. } | Mode::Reason { .. }, _) => Place::Blocked,
            (Mode::Checking | Mode::Held(_) | Mode::Sending, _) => Place::Sending,
            (Mode::Unknown { .. }, _) => Place::Unknown,
        }
    }

    /// The draft with the text as it is now; `None` for a note.
    pub fn draft(&self) -> Option<Box<Draft>> {
        let Purpose::Reply(draft) = &self.purpose else {
            return None;
        };
        let mut draft = draft.clone();
        draft.body = self.editor.text();
        Some(draft)
    }

    /// The draft's id; `None` for a note.
    pub fn id(&self) -> Option<&str> {
        match &self.purpose {
            Purpose::Reply(draft) => Some(&draft.id),
            Purpose::Note => None,
        }
    }

    /// Whether it has text that is not on disk.
    pub fn is_unsaved(&self) -> bool {
        match self.purpose {
            Purpose::Reply(_) => !matches!(self.saved, Saved::Untouched | Saved::At(_)),
            Purpose::Note => !self.editor.is_blank(),
        }
    }

    /// Whether it is on its way and must not be edited.
    pub fn is_leaving(&self) -> bool {
        matches!(self.mode, Mode::Checking | Mode::Held(_) | Mode::Sending)
    }
}

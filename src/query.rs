//! Core: the one search language, for the search line, the palette, saved views and scripts.
//!
//! ```text
//! refund "box was empty" -spam from:mia@example.net is:open (tag:billing OR owner:me) after:7d
//! ```
//!
//! Words side by side must all match, `OR` binds weaker than a space, `-` negates what follows,
//! parentheses group, `word*` matches beginnings. What is still being typed (`from:`, `is:op`,
//! an open quote, a trailing `OR`) is no error: it narrows nothing until it is complete. A word
//! with a colon that is no field, such as `12:30`, is a word.

mod complete;
mod day;
mod parse;
mod print;

pub use complete::{Completion, completions};
pub use day::Day;
pub use parse::{parse, parse_typed};

use crate::team::{Agent, Status};

/// A search, ready to run. Printing and parsing it again gives an equal one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// What must match; `None` when nothing was asked, which finds nothing.
    pub root: Option<Node>,
}

/// A part of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// All of these; at least two, none of them `All`.
    All(Vec<Node>),
    /// At least one of these; at least two, none of them `Any`.
    Any(Vec<Node>),
    /// Not this; never a `Not`.
    Not(Box<Node>),
    /// One condition.
    Term(Term),
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// Words in the text.
    Text(Text),
    /// A state.
    Is(Is),
    /// Whose it is.
    Owner(Owner),
    /// A tag, lower case.
    Tag(String),
    /// Arrived before that day began.
    Before(Day),
    /// Arrived on that day or later.
    After(Day),
    /// A short id or the beginning of one, or a Message-ID without brackets.
    Id(String),
}

/// Words to find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Where.
    pub scope: Scope,
    /// What, lower case, never empty, without double quotes.
    pub text: String,
    /// How much of it must be there.
    pub form: Form,
}

/// How words match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One word.
    Word,
    /// The beginning of a word.
    Prefix,
    /// Several words next to each other.
    Phrase,
}

/// Where words are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everywhere, notes included.
    Anywhere,
    /// Sender.
    From,
    /// To and Cc.
    To,
    /// Subject.
    Subject,
    /// Text and names of attachments.
    Body,
}

/// States.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Is {
    /// The status shown.
    Status(Status),
    /// This agent has not read all of it.
    Unread,
    /// Somebody owns it.
    Owned,
    /// Nobody owns it.
    Unowned,
    /// This agent owns it.
    Mine,
    /// Hidden until later.
    Snoozed,
    /// A file is attached somewhere in it.
    Attachment,
    /// It has a note.
    Note,
}

impl Is {
    /// All values, in the order completions list them.
    pub const ALL: [Is; 12] = [
        Is::Status(Status::New),
        Is::Status(Status::Open),
        Is::Status(Status::Waiting),
        Is::Status(Status::Done),
        Is::Status(Status::Spam),
        Is::Unread,
        Is::Owned,
        Is::Unowned,
        Is::Mine,
        Is::Snoozed,
        Is::Attachment,
        Is::Note,
    ];

    /// The word after `is:`.
    pub fn word(self) -> &'static str {
        match self {
            Is::Status(status) => status.word(),
            Is::Unread => "unread",
            Is::Owned => "owned",
            Is::Unowned => "unowned",
            Is::Mine => "mine",
            Is::Snoozed => "snoozed",
            Is::Attachment => "attachment",
            Is::Note => "note",
        }
    }
}

/// Owners to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// This agent: `owner:me`.
    Me,
    /// Nobody: `owner:nobody`.
    Nobody,
    /// A nick.
    Agent(Agent),
}

/// Why a query cannot run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {hint}")]
pub struct QueryError {
    /// Byte in the text where it begins.
    pub at: usize,
    /// What is wrong; names only words of the language, so it is printable.
    pub what: String,
    /// What to write instead.
    pub hint: String,
}

impl Query {
    /// Whether nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// Every condition in reading order, with whether it is negated.
    pub fn terms(&self) -> Vec<(&Term, bool)> {
        let mut terms = Vec::new();
        if let Some(root) = &self.root {
            collect(root, false, &mut terms);
        }
        terms
    }
}

fn collect<'a>(node: &'a Node, negated: bool, terms: &mut Vec<(&'a Term, bool)>) {
    match node {
        Node::All(nodes) | Node::Any(nodes) => {
            nodes.iter().for_each(|n| collect(n, negated, terms));
        }
        Node::Not(inner) => collect(inner, !negated, terms),
        Node::Term(term) => terms.push((term, negated)),
    }
}

//! What somebody else does to the conversation one is writing in.

use super::prose::name_of;
use crate::clock::Timestamp;
use crate::team::gate::Seen;
use crate::team::{Agent, Grade};
use crate::tui::words;
use crate::view::{Thread, ThreadMessage};

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Somebody looks at it.
    Note,
    /// Somebody writes, or the customer wrote again, or the owner changed.
    Warn,
    /// Somebody answered.
    Stop,
}

/// The line above the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Banner {
    /// How much it matters.
    pub level: Level,
    /// One printable sentence.
    pub text: String,
}

/// Messages the writer has not seen.
pub fn unseen<'a>(thread: &'a Thread, seen: &'a Seen) -> impl Iterator<Item = &'a ThreadMessage> {
    let known = |m: &&ThreadMessage| match &m.message_id {
        Some(id) => !seen.messages.contains(id),
        None => false,
    };
    thread.messages.iter().filter(known)
}

/// The most serious thing that happened since writing began; only the gate decides.
pub fn banner(thread: &Thread, seen: &Seen, me: &Agent, now: Timestamp) -> Option<Banner> {
    answered(thread, seen, now)
        .or_else(|| replying(thread, me, now))
        .or_else(|| wrote_again(thread, seen, now))
        .or_else(|| owned(thread, seen, me))
        .or_else(|| noted(thread, seen))
        .or_else(|| looking(thread, me))
}

/// The level in a word of four letters.
pub fn word(level: Level) -> &'static str {
    match level {
        Level::Note => "NOTE",
        Level::Warn => "WARN",
        Level::Stop => "STOP",
    }
}

fn say(level: Level, text: String) -> Option<Banner> {
    Some(Banner { level, text })
}

fn answered(thread: &Thread, seen: &Seen, now: Timestamp) -> Option<Banner> {
    let answer = unseen(thread, seen).filter(|m| m.outgoing).last()?;
    let who = match &answer.author {
        Some(agent) => agent.to_string(),
        None => "somebody".to_owned(),
    };
    let text = answer.text.text();
    let first = text.as_str().lines().find(|l| !l.trim().is_empty());
    let ago = words::ago(now, answer.at);
    let first = first.unwrap_or_default().trim();
    say(
        Level::Stop,
        format!("{who} answered this {ago} ago: \"{first}\""),
    )
}

fn replying(thread: &Thread, me: &Agent, now: Timestamp) -> Option<Banner> {
    let other = thread
        .row
        .presence
        .iter()
        .find(|p| p.agent != *me && p.grade == Grade::Writing)?;
    let ago = words::ago(now, other.at);
    say(
        Level::Warn,
        format!("{} is replying to this too, since {ago}.", other.agent),
    )
}

fn wrote_again(thread: &Thread, seen: &Seen, now: Timestamp) -> Option<Banner> {
    let mail = unseen(thread, seen).filter(|m| !m.outgoing).last()?;
    let who = mail.from.first().map_or("somebody".to_owned(), name_of);
    let ago = words::ago(now, mail.at);
    say(
        Level::Warn,
        format!("{who} wrote again {ago} ago. PgDn shows it beside your text."),
    )
}

fn owned(thread: &Thread, seen: &Seen, me: &Agent) -> Option<Banner> {
    let owner = thread.row.owner.as_ref().filter(|o| *o != me)?;
    if seen.owner.as_ref() == Some(owner) {
        return say(Level::Warn, format!("{owner} owns this conversation."));
    }
    say(Level::Warn, format!("{owner} owns this conversation now."))
}

fn noted(thread: &Thread, seen: &Seen) -> Option<Banner> {
    let note = thread.notes.get(seen.notes..)?.last()?;
    let text = note.text.line();
    say(Level::Note, format!("{} left a note: {text}", note.agent))
}

fn looking(thread: &Thread, me: &Agent) -> Option<Banner> {
    let other = thread.row.presence.iter().find(|p| p.agent != *me)?;
    say(
        Level::Note,
        format!("{} is looking at this conversation.", other.agent),
    )
}

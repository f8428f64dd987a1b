//! What somebody else does to the conversation one is writing in.

use super::prose::{beginning, name_of};
use crate::mail::clean;
use crate::team::gate::Seen;
use crate::team::{Agent, Grade};
use crate::tui::words;
use crate::view::{Thread, ThreadMessage};
use jiff::tz::TimeZone;

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

/// Bytes and words of an answer that are quoted; the line is cut where it ends.
const QUOTED: usize = 1000;
const WORDS: usize = 30;

/// Messages the writer has not seen.
pub fn unseen<'a>(thread: &'a Thread, seen: &'a Seen) -> impl Iterator<Item = &'a ThreadMessage> {
    let known = |m: &&ThreadMessage| match &m.message_id {
        Some(id) => !seen.messages.contains(id),
        None => false,
    };
    thread.messages.iter().filter(known)
}

/// The most serious thing that happened since writing began; only the gate decides.
pub fn banner(thread: &Thread, seen: &Seen, me: &Agent, zone: &TimeZone) -> Option<Banner> {
    answered(thread, seen, zone)
        .or_else(|| replying(thread, me, zone))
        .or_else(|| wrote_again(thread, seen, zone))
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

fn answered(thread: &Thread, seen: &Seen, zone: &TimeZone) -> Option<Banner> {
    let answer = unseen(thread, seen).filter(|m| m.outgoing).last()?;
    let who = match &answer.author {
        Some(agent) => agent.to_string(),
        None => "somebody".to_owned(),
    };
    let text = clean::text(beginning(&answer.text, QUOTED));
    let words: Vec<&str> = text.as_str().split_whitespace().take(WORDS).collect();
    let first = words.join(" ");
    let at = words::clock(answer.at, zone);
    say(
        Level::Stop,
        format!("{who} answered this at {at}: \"{first}\""),
    )
}

fn replying(thread: &Thread, me: &Agent, zone: &TimeZone) -> Option<Banner> {
    let other = thread
        .row
        .presence
        .iter()
        .find(|p| p.agent != *me && p.grade == Grade::Writing)?;
    let at = words::clock(other.at, zone);
    say(
        Level::Warn,
        format!("{} is replying to this too, since {at}.", other.agent),
    )
}

fn wrote_again(thread: &Thread, seen: &Seen, zone: &TimeZone) -> Option<Banner> {
    let mail = unseen(thread, seen).filter(|m| !m.outgoing).last()?;
    let who = mail.from.first().map_or("somebody".to_owned(), name_of);
    let at = words::clock(mail.at, zone);
    say(
        Level::Warn,
        format!("{who} wrote again at {at}. PgDn shows it beside your text."),
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

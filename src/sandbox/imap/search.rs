//! Decides whether a message matches a SEARCH key (RFC 3501 section 6.4.4).
//!
//! Text is compared as bytes without ASCII letter case, undecoded: enough for the look-ups by
//! Message-ID and the simple searches a client makes here.

use super::section;
use super::view::View;
use crate::clock::Timestamp;
use crate::sandbox::store::Message;
use imap_next::imap_types::datetime::NaiveDate;
use imap_next::imap_types::search::SearchKey;

/// Whether `message` matches; `view` gives sequence numbers their meaning.
pub(super) fn matches(key: &SearchKey<'_>, message: &Message, view: &View) -> bool {
    let deeper = |key: &SearchKey<'_>| matches(key, message, view);
    match key {
        SearchKey::And(keys) => keys.as_ref().iter().all(deeper),
        SearchKey::Or(a, b) => deeper(a) || deeper(b),
        SearchKey::Not(key) => !deeper(key),
        SearchKey::All | SearchKey::Old => true,
        SearchKey::New | SearchKey::Recent => false,
        SearchKey::SequenceSet(set) => within(view.resolve(set, false), message.uid),
        SearchKey::Uid(set) => within(view.resolve(set, true), message.uid),
        SearchKey::Keyword(word) => message.has(word.as_ref()),
        SearchKey::Unkeyword(word) => !message.has(word.as_ref()),
        SearchKey::Larger(size) => message.bytes.len() > *size as usize,
        SearchKey::Smaller(size) => message.bytes.len() < *size as usize,
        SearchKey::ModSequence { modseq, .. } => message.modseq >= *modseq,
        key => by_flag(key, message).unwrap_or_else(|| by_text(key, message)),
    }
}

fn by_flag(key: &SearchKey<'_>, message: &Message) -> Option<bool> {
    Some(match key {
        SearchKey::Answered => message.has("\\Answered"),
        SearchKey::Deleted => message.has("\\Deleted"),
        SearchKey::Draft => message.has("\\Draft"),
        SearchKey::Flagged => message.has("\\Flagged"),
        SearchKey::Seen => message.has("\\Seen"),
        SearchKey::Unanswered => !message.has("\\Answered"),
        SearchKey::Undeleted => !message.has("\\Deleted"),
        SearchKey::Undraft => !message.has("\\Draft"),
        SearchKey::Unflagged => !message.has("\\Flagged"),
        SearchKey::Unseen => !message.has("\\Seen"),
        _ => return None,
    })
}

fn by_text(key: &SearchKey<'_>, message: &Message) -> bool {
    let field = |name: &str, text: &[u8]| field_has(message, name.as_bytes(), text);
    match key {
        SearchKey::From(text) => field("From", text.as_ref()),
        SearchKey::To(text) => field("To", text.as_ref()),
        SearchKey::Cc(text) => field("Cc", text.as_ref()),
        SearchKey::Bcc(text) => field("Bcc", text.as_ref()),
        SearchKey::Subject(text) => field("Subject", text.as_ref()),
        SearchKey::Header(name, text) => field_has(message, name.as_ref(), text.as_ref()),
        SearchKey::Body(text) => contains(section::split(&message.bytes).1, text.as_ref()),
        SearchKey::Text(text) => contains(&message.bytes, text.as_ref()),
        SearchKey::Since(day) => day_of(message.date) >= day_number(day),
        SearchKey::Before(day) => day_of(message.date) < day_number(day),
        SearchKey::On(day) => day_of(message.date) == day_number(day),
        SearchKey::SentSince(day) => sent_day(message).is_some_and(|sent| sent >= day_number(day)),
        SearchKey::SentBefore(day) => sent_day(message).is_some_and(|sent| sent < day_number(day)),
        SearchKey::SentOn(day) => sent_day(message) == Some(day_number(day)),
        _ => false,
    }
}

fn within(uids: Option<Vec<u32>>, uid: u32) -> bool {
    uids.is_some_and(|uids| uids.binary_search(&uid).is_ok())
}

/// An empty `text` matches whenever the field is there.
fn field_has(message: &Message, name: &[u8], text: &[u8]) -> bool {
    section::fields(&message.bytes)
        .iter()
        .filter(|(own, _)| own.eq_ignore_ascii_case(name))
        .any(|(own, field)| {
            let value = field.get(own.len()..).unwrap_or_default();
            let unfolded: Vec<u8> = value
                .iter()
                .filter(|b| !matches!(b, b'\r' | b'\n'))
                .copied()
                .collect();
            contains(&unfolded, text)
        })
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    text.is_empty()
        || bytes
            .windows(text.len())
            .any(|window| window.eq_ignore_ascii_case(text))
}

/// Days since 1970; RFC 3501 compares dates without time and zone.
fn day_of(time: Timestamp) -> i64 {
    time.as_second().div_euclid(86_400)
}

fn day_number(day: &NaiveDate) -> i64 {
    let midnight = day.as_ref().and_time(chrono::NaiveTime::MIN);
    midnight.and_utc().timestamp().div_euclid(86_400)
}

fn sent_day(message: &Message) -> Option<i64> {
    let fields = section::fields(&message.bytes);
    let (name, field) = fields
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(b"Date"))?;
    let value = std::str::from_utf8(field.get(name.len() + 1..)?).ok()?;
    let sent = jiff::fmt::rfc2822::parse(value.trim()).ok()?;
    Some(day_of(sent.timestamp()))
}

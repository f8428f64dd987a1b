//! From an event to the message that carries it.

use super::{Event, message_id};
use crate::limits::{EVENT_BYTES, MESSAGE_ID, NOTE_BYTES};
use crate::mail::Remote;
use crate::team::sign::Key;
use crate::team::{Act, words};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::fmt::rfc2822::DateTimePrinter;

/// What the message says around the event, for people who meet it in another mail client. None of
/// it is trusted when it is read back.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// Display name of the agent.
    pub from_name: &'a str,
    /// The mailbox's address: From and To of every event.
    pub address: &'a str,
    /// Title of the conversation as it came from outside.
    pub title: &'a Remote,
    /// Message-ID of the mail it is about, without brackets.
    pub about: Option<&'a str>,
}

/// Why an event cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// More text than one event carries.
    #[error("the text is too long for one event; shorten it to {NOTE_BYTES} bytes")]
    TooLong,
    /// Something in it has an impossible form.
    #[error("the event holds a name or value that cannot be written")]
    Unwritable,
    /// The mailbox's address cannot stand in a header.
    #[error("the mailbox's address is no mail address; correct it in the configuration")]
    BadAddress,
}

/// The message that carries an event: RFC 5322, CRLF, 7-bit, at most [`EVENT_BYTES`].
///
/// Where space is short, the courtesy goes first: References, then the title. The event itself is
/// never cut.
///
/// # Errors
/// [`EventError`]; nothing that fails here could be read back by the others.
pub fn encode(event: &Event, key: &Key, envelope: &Envelope<'_>) -> Result<Vec<u8>, EventError> {
    if event.key != key.fingerprint() || !event.act.is_sound() || event.act == Act::Other {
        return Err(EventError::Unwritable);
    }
    if matches!(&event.act, Act::Note { text, .. } if text.raw().len() > NOTE_BYTES) {
        return Err(EventError::TooLong);
    }
    let json = event.to_json()?;
    if json.len() > EVENT_BYTES {
        return Err(EventError::TooLong);
    }
    if super::parse(&json).as_ref() != Some(event) {
        return Err(EventError::Unwritable);
    }
    let payload = payload(&json, &key.sign(&json));
    let title = printable(envelope.title.raw(), 80);
    let short = printable(&title, 20);
    for (title, about) in [(&title, envelope.about), (&title, None), (&short, None)] {
        let mut message = headers(event, envelope, title, about)?;
        message.push_str(&readable(event, title));
        message.push_str(&payload);
        if message.len() <= EVENT_BYTES {
            return Ok(message.into_bytes());
        }
    }
    Err(EventError::TooLong)
}

fn headers(
    event: &Event,
    envelope: &Envelope<'_>,
    title: &str,
    about: Option<&str>,
) -> Result<String, EventError> {
    let address = envelope.address;
    let token = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_graphic() && !b"<>()\",;".contains(&b))
    };
    if !address.contains('@') || address.len() > 254 || !token(address) {
        return Err(EventError::BadAddress);
    }
    let date = DateTimePrinter::new()
        .timestamp_to_string(&event.time)
        .map_err(|_| EventError::Unwritable)?;
    let name = phrase(&printable(envelope.from_name, 60));
    let subject = unstructured(&format!("[postroom] {}: {title}", words::kind(&event.act)));
    let id = message_id(&event.id, &event.agent);
    let references = about
        .filter(|id| id.len() <= MESSAGE_ID && token(id))
        .map(|id| format!("References: <{id}>\r\n"))
        .unwrap_or_default();
    Ok(format!(
        "From: {name} <{address}>\r\nTo: {address}\r\nSubject: {subject}\r\nDate: {date}\r\n\
         Message-ID: <{id}>\r\n{references}Auto-Submitted: auto-generated\r\nX-Postroom: {}\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n",
        event.v
    ))
}

/// The line for people. A title that ASCII cannot write is left to the Subject.
fn readable(event: &Event, title: &str) -> String {
    let line = words::history_line(&event.agent, &event.act);
    if title.is_ascii() && !title.is_empty() {
        format!("{line}: \"{title}\"\r\n\r\n")
    } else {
        format!("{line}\r\n\r\n")
    }
}

fn payload(json: &[u8], signature: &[u8]) -> String {
    let mut out = String::from("pr1 ");
    for (n, letter) in URL_SAFE_NO_PAD.encode(json).chars().enumerate() {
        if n > 0 && n % 72 == 0 {
            out.push_str("\r\n");
        }
        out.push(letter);
    }
    out.push_str("\r\nsig ");
    out.push_str(&URL_SAFE_NO_PAD.encode(signature));
    out.push_str("\r\n");
    out
}

/// One line without anything that is not plain text: a hostile title ends here. Which characters
/// may reach a screen is decided by `mail::clean` when the line is read back, not here.
fn printable(text: &str, characters: usize) -> String {
    let hidden = |c: char| {
        matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    let plain: String = text
        .chars()
        .take(characters * 8)
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !hidden(*c))
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ").chars().take(characters).collect()
}

/// A display name (RFC 5322 `phrase`; RFC 2047 for other alphabets).
fn phrase(name: &str) -> String {
    if name.is_ascii() {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        encoded_words(name)
    }
}

/// A Subject: as it is, or as RFC 2047 encoded words. Plain text that looks like an encoded word
/// is encoded too, so that nobody decodes it.
fn unstructured(text: &str) -> String {
    if text.is_ascii() && !text.contains("=?") {
        text.to_owned()
    } else {
        encoded_words(text)
    }
}

/// Encoded words of at most 75 characters, folded (RFC 2047 section 2).
fn encoded_words(text: &str) -> String {
    let mut words = vec![String::new()];
    for letter in text.chars() {
        match words.last_mut() {
            Some(word) if word.len() + letter.len_utf8() <= 45 => word.push(letter),
            _ => words.push(letter.to_string()),
        }
    }
    let encode = |word: &String| format!("=?utf-8?B?{}?=", STANDARD.encode(word));
    words.iter().map(encode).collect::<Vec<_>>().join("\r\n ")
}

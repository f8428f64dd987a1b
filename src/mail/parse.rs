//! Bytes to [`Message`]: never fails, never panics, never takes the process down.
//!
//! Only this module knows the MIME parser. Before it sees a message, `prepare` cuts what is
//! beyond the limits and judges how much harm the rest could do:
//!
//! - *Calm*: small, and nothing in it can nest messages or make the parser slow. Nearly all mail.
//!   It is parsed where the caller stands, so ten thousand messages cost no thread switch.
//! - *Wild*: everything else is parsed by a `worker` thread with a stack of
//!   [`limits::PARSE_STACK`] and a deadline of [`limits::PARSE_TIMEOUT`]. A worker that misses the
//!   deadline is abandoned and another one started.
//!
//! A stack overflow would abort the process and cannot be caught, so messages inside messages,
//! over which the parser recurses, are either bounded or made plain attachments beforehand.
//! A panic or a missed deadline costs the body of one message: its headers, a [`Defect`] and the
//! raw view remain.

mod body;
mod charset;
mod envelope;
mod prepare;
mod report;
mod worker;

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod hostile;

use super::{Defect, Message};
use crate::limits;
use mail_parser::{MessageParser, PartType};
use prepare::{Prepared, Risk, prepare};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Reads a message as far as it can be read. What is wrong with it stands in
/// [`Message::defects`].
pub fn parse(raw: &[u8]) -> Message {
    guarded(raw, read).unwrap_or_else(|| {
        let mut message = headers(raw);
        note(&mut message.defects, Defect::Unparsed);
        message
    })
}

/// Reads the header fields only: no text, no attachments.
pub fn headers(raw: &[u8]) -> Message {
    let read = || {
        let prepared = prepare(prepare::header_block(raw));
        let parsed = MessageParser::default().parse_headers(prepared.bytes.as_ref());
        let fields = parsed.as_ref().map_or(&[][..], |m| m.headers());
        let mut message = envelope::read(fields, &prepared.bytes);
        prepared
            .defects
            .iter()
            .for_each(|d| note(&mut message.defects, *d));
        message
    };
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Message {
        defects: vec![Defect::Unparsed],
        ..Message::default()
    })
}

/// The decoded bytes of one attachment; see [`super::attachment::bytes`].
pub(super) fn attachment(raw: &[u8], index: usize) -> Option<Vec<u8>> {
    let find = move |prepared: &Prepared<'_>| {
        let parsed = MessageParser::default().parse(prepared.bytes.as_ref())?;
        let bytes = body::attachment_bytes(&parsed, index, &prepared.bytes);
        dismantle(parsed);
        bytes
    };
    guarded(raw, find).flatten()
}

/// Runs a job over the prepared message where it can do no harm; `None` when it failed.
fn guarded<T: Send + 'static>(
    raw: &[u8],
    job: impl FnOnce(&Prepared<'_>) -> T + Send + 'static,
) -> Option<T> {
    let prepared = prepare(raw);
    match prepared.risk {
        Risk::Calm => catch_unwind(AssertUnwindSafe(|| job(&prepared))).ok(),
        Risk::Wild => {
            let owned = prepared.into_owned();
            worker::run(move || job(&owned))
        }
    }
}

fn read(prepared: &Prepared<'_>) -> Message {
    let Some(parsed) = MessageParser::default().parse(prepared.bytes.as_ref()) else {
        // Nothing in it looks like a header field.
        let mut message = envelope::read(&[], &prepared.bytes);
        message.text = charset::decode(&prepared.bytes, None).into();
        return message;
    };
    let mut message = envelope::read(parsed.headers(), &prepared.bytes);
    prepared
        .defects
        .iter()
        .for_each(|d| note(&mut message.defects, *d));
    body::read(&parsed, &prepared.bytes, &mut message);
    if message.text.is_empty() && message.attachments.is_empty() && message.html.is_none() {
        // A multipart without parts: what stands there instead is better than nothing.
        let rest = parsed.root_part().offset_body as usize;
        let rest = prepared.bytes.get(rest..).unwrap_or_default();
        message.text = charset::decode(rest.get(..limits::TEXT_BYTES).unwrap_or(rest), None).into();
    }
    message.bounce = report::bounce(&parsed, &message);
    message.automatic =
        message.bounce.is_some() || report::is_automatic(parsed.headers(), &prepared.bytes);
    if dismantle(parsed) > limits::MIME_MESSAGE_DEPTH {
        note(&mut message.defects, Defect::TooDeep);
    }
    message
}

fn note(defects: &mut Vec<Defect>, defect: Defect) {
    if !defects.contains(&defect) {
        defects.push(defect);
    }
}

/// Takes nested messages apart one by one, because dropping them whole recurses once per level
/// and could overflow the stack. Returns how deep they were nested.
fn dismantle(message: mail_parser::Message<'_>) -> usize {
    let mut level = vec![message];
    let mut depth = 0;
    loop {
        let mut next = Vec::new();
        for message in level {
            for mut part in message.parts {
                if let PartType::Message(nested) = std::mem::take(&mut part.body) {
                    next.push(nested);
                }
            }
        }
        if next.is_empty() {
            return depth;
        }
        depth += 1;
        level = next;
    }
}

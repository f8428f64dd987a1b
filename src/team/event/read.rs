//! From a message in the journal folder to the event in it.
//!
//! Servers and clients rewrap and re-encode what they store. The event is therefore looked for by
//! its marks, in the text as it is and as its transfer encodings (RFC 2045 section 6) decode it.

use super::{Incoming, NotAnEvent};
use crate::limits::{EVENT_BYTES, EVENT_MESSAGE};
use crate::team::sign::SIGNATURE;
use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Reads the event in a message.
///
/// Never panics; looks at no more than [`EVENT_MESSAGE`] bytes and takes time linear in them. The
/// signature is not checked here.
///
/// # Errors
/// [`NotAnEvent`], with which such a message goes into the fold all the same.
pub fn decode(raw: &[u8]) -> Result<Incoming, NotAnEvent> {
    if raw.len() > EVENT_MESSAGE {
        return Err(NotAnEvent::Foreign);
    }
    let mut verdict = NotAnEvent::Foreign;
    for view in [as_is, quoted_printable, base64_runs] {
        match find(&view(raw)) {
            Ok(incoming) => return Ok(incoming),
            Err(NotAnEvent::Damaged) => verdict = NotAnEvent::Damaged,
            Err(NotAnEvent::Foreign) => {}
        }
    }
    Err(verdict)
}

/// The last place that reads as an event: a hostile title stands before the real one.
fn find(text: &[u8]) -> Result<Incoming, NotAnEvent> {
    let words: Vec<&[u8]> = text
        .split(u8::is_ascii_whitespace)
        .filter(|w| !w.is_empty())
        .collect();
    let mut verdict = NotAnEvent::Foreign;
    let starts = words
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, w)| **w == b"pr1");
    for (start, _) in starts.take(MARKS) {
        let Some((json, signature)) = pieces(words.get(start + 1..).unwrap_or_default()) else {
            continue;
        };
        verdict = NotAnEvent::Damaged;
        if let Ok(incoming) = Incoming::from_parts(json, signature, false) {
            return Ok(incoming);
        }
    }
    Err(verdict)
}

/// A real message has one mark; text around it may hold a few more by chance.
const MARKS: usize = 8;

fn pieces(words: &[&[u8]]) -> Option<(Vec<u8>, [u8; SIGNATURE])> {
    const SIGNATURE_TEXT: usize = SIGNATURE.div_ceil(3) * 4 - 2;
    let mark = words.iter().position(|w| *w == b"sig")?;
    let (payload, rest) = words.split_at_checked(mark)?;
    let mut signature = Vec::new();
    for word in rest.iter().skip(1) {
        signature.extend_from_slice(word);
        if signature.len() >= SIGNATURE_TEXT {
            break;
        }
    }
    let payload = payload.concat();
    if payload.len() > EVENT_BYTES * 2 {
        return None;
    }
    let engine = lenient(&URL_SAFE);
    let json = engine.decode(payload).ok()?;
    let signature = engine.decode(signature.get(..SIGNATURE_TEXT)?).ok()?;
    Some((json, signature.try_into().ok()?))
}

fn as_is(raw: &[u8]) -> Vec<u8> {
    raw.to_vec()
}

/// RFC 2045 section 6.7, leniently: what is no escape stays as it is.
fn quoted_printable(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'=' {
            out.push(*first);
            continue;
        }
        match tail {
            [b'\r', b'\n', after @ ..] | [b'\n', after @ ..] => rest = after,
            [high, low, after @ ..] => match (hex_digit(*high), hex_digit(*low)) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    rest = after;
                }
                _ => out.push(b'='),
            },
            _ => out.push(b'='),
        }
    }
    out
}

fn hex_digit(letter: u8) -> Option<u8> {
    char::from(letter)
        .to_digit(16)
        .and_then(|d| u8::try_from(d).ok())
}

/// Every run of lines in the base64 alphabet, decoded: finds the encoded part of a message of any
/// shape without looking at its structure.
fn base64_runs(raw: &[u8]) -> Vec<u8> {
    let engine = lenient(&STANDARD);
    let is_base64 = |b: &u8| b.is_ascii_alphanumeric() || b"+/=".contains(b);
    let mut out = Vec::new();
    let mut run = Vec::new();
    for line in raw.split(|b| *b == b'\n').chain([&b""[..]]) {
        let line = line.trim_ascii();
        if !line.is_empty() && line.iter().all(is_base64) {
            run.extend_from_slice(line);
            continue;
        }
        if let Ok(bytes) = engine.decode(&run) {
            out.extend_from_slice(&bytes);
            out.push(b'\n');
        }
        run.clear();
    }
    out
}

fn lenient(alphabet: &base64::alphabet::Alphabet) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config)
}

//! Cuts a message to the limits before the MIME parser sees it, and judges how dangerous it is.

use super::charset;
use crate::limits;
use crate::mail::Defect;
use memchr::{memchr_iter, memmem};
use std::borrow::Cow;

/// Largest message that is parsed where the caller stands.
const CALM_BYTES: usize = 256 << 10;
/// More `*` than the parameters of an honest message have (RFC 2231).
const CALM_STARS: usize = limits::HEADER_PARAMETERS;
/// Runs of dashes that may be part boundaries, looked at in one message.
const DASHES: usize = 4 * limits::MIME_PARTS;

/// How much harm parsing a message could do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Risk {
    /// None.
    Calm,
    /// It may need much stack or time.
    Wild,
}

/// A message within the limits.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    pub bytes: Cow<'a, [u8]>,
    pub defects: Vec<Defect>,
    pub risk: Risk,
}

impl Prepared<'_> {
    pub fn into_owned(self) -> Prepared<'static> {
        Prepared {
            bytes: Cow::Owned(self.bytes.into_owned()),
            defects: self.defects,
            risk: self.risk,
        }
    }
}

/// Cuts and judges.
pub(super) fn prepare(raw: &[u8]) -> Prepared<'_> {
    let mut defects = Vec::new();
    let start = raw
        .iter()
        .take_while(|b| matches!(b, b'\r' | b'\n'))
        .count();
    let raw = raw.get(start..).unwrap_or_default();
    let mut bytes = with_line_feeds(raw);
    if let Some(end) = too_many_parts(&bytes) {
        defects.push(Defect::TooManyParts);
        bytes = Cow::Owned(bytes.get(..end).unwrap_or_default().to_vec());
    }
    let stars = memchr_iter(b'*', &bytes).count();
    if stars > CALM_STARS
        && let Some(cut) = with_short_part_fields(&bytes)
    {
        defects.push(Defect::HeadersCut);
        bytes = Cow::Owned(cut);
    }
    let (header, cut) = limited_header(&bytes);
    if cut && !defects.contains(&Defect::HeadersCut) {
        defects.push(Defect::HeadersCut);
    }
    if let Some(mut header) = header {
        let body = header_block(&bytes).len();
        header.extend_from_slice(bytes.get(body..).unwrap_or_default());
        bytes = Cow::Owned(header);
    }
    let risk = judge(&bytes, stars);
    if risk == Risk::Wild
        && let Some(limited) = with_nesting_limited(&bytes)
    {
        bytes = Cow::Owned(limited);
    }
    Prepared {
        bytes,
        defects,
        risk,
    }
}

/// The header fields with the empty line that ends them.
pub(super) fn header_block(raw: &[u8]) -> &[u8] {
    let mut end = 0;
    for line in raw.split_inclusive(|b| *b == b'\n') {
        end += line.len();
        if is_empty_line(line) {
            break;
        }
    }
    raw.get(..end).unwrap_or(raw)
}

/// A line that ends a header block: nothing on it, and not a continuation.
fn is_empty_line(line: &[u8]) -> bool {
    !matches!(line.first(), Some(b' ' | b'\t')) && line.trim_ascii().is_empty()
}

/// Old Macintosh mail ends its lines with carriage returns.
fn with_line_feeds(raw: &[u8]) -> Cow<'_, [u8]> {
    if raw.contains(&b'\n') || !raw.contains(&b'\r') {
        return Cow::Borrowed(raw);
    }
    let feeds = raw.iter().map(|b| if *b == b'\r' { b'\n' } else { *b });
    Cow::Owned(feeds.collect())
}

/// Where to cut a message that has more boundaries than we look at.
fn too_many_parts(raw: &[u8]) -> Option<usize> {
    memmem::find_iter(raw, b"--")
        .filter(|at| at.checked_sub(1).and_then(|before| raw.get(before)) != Some(&b'-'))
        .nth(DASHES)
}

/// The header block within the limits, when it is not so already, and whether something was cut.
fn limited_header(raw: &[u8]) -> (Option<Vec<u8>>, bool) {
    let block = header_block(raw);
    let fields = fields(block);
    let longest = fields.iter().map(|f| f.len()).max().unwrap_or_default();
    let fits = block.len() <= limits::HEADER_BYTES
        && fields.len() <= limits::HEADER_FIELDS
        && longest <= limits::HEADER_FIELD;
    let ends = block.split_inclusive(|b| *b == b'\n').next_back();
    let ended = ends.is_some_and(|line| line.ends_with(b"\n") && is_empty_line(line));
    if fits && ended && std::str::from_utf8(block).is_ok() {
        return (None, false);
    }
    let mut kept = Vec::with_capacity(block.len().min(limits::HEADER_BYTES));
    let guess = charset::Guess::new(block);
    for field in fields.iter().take(limits::HEADER_FIELDS) {
        if kept.len() + field.len().min(limits::HEADER_FIELD) <= limits::HEADER_BYTES {
            kept.extend_from_slice(guess.decode(&shortened(field)).as_bytes());
        }
    }
    if !kept.ends_with(b"\n") {
        kept.extend_from_slice(b"\r\n");
    }
    kept.extend_from_slice(b"\r\n");
    (Some(kept), !fits)
}

/// Splits a header block into its fields, each with its continuation lines.
fn fields(block: &[u8]) -> Vec<&[u8]> {
    let mut fields = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in block.split_inclusive(|b| *b == b'\n') {
        let continues = matches!(line.first(), Some(b' ' | b'\t'));
        if at > start && !continues {
            fields.push(block.get(start..at).unwrap_or_default());
            start = at;
        }
        at += line.len();
        if is_empty_line(line) {
            return fields;
        }
    }
    fields.push(block.get(start..).unwrap_or_default());
    fields
}

/// The first and the last half of what a field may be: References needs both ends.
fn shortened(field: &[u8]) -> Cow<'_, [u8]> {
    if field.len() <= limits::HEADER_FIELD {
        return Cow::Borrowed(field);
    }
    let half = limits::HEADER_FIELD / 2;
    let (first, rest) = field.split_at(half);
    let last = rest.get(rest.len() - half..).unwrap_or_default();
    Cow::Owned([first, b"\r\n ", last.trim_ascii_end(), b"\r\n"].concat())
}

/// Shortens over-long `Content-` fields anywhere in the message: thousands of RFC 2231
/// continuations make the parser slow.
fn with_short_part_fields(raw: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(raw.len());
    let mut in_field = 0;
    let mut cut = false;
    for line in raw.split_inclusive(|b| *b == b'\n') {
        let continues = matches!(line.first(), Some(b' ' | b'\t'));
        let opens = line
            .get(..8)
            .is_some_and(|name| name.eq_ignore_ascii_case(b"content-"));
        in_field = match (continues, opens) {
            (true, _) if in_field > 0 => in_field + line.len(),
            (false, true) => line.len(),
            _ => 0,
        };
        if in_field <= limits::HEADER_FIELD {
            out.extend_from_slice(line);
            continue;
        }
        cut = true;
        if in_field == line.len() {
            out.extend_from_slice(line.get(..limits::HEADER_FIELD).unwrap_or(line));
            out.push(b'\n');
        }
    }
    cut.then_some(out)
}

fn judge(bytes: &[u8], stars: usize) -> Risk {
    if bytes.len() <= CALM_BYTES && stars <= CALM_STARS && !may_nest(bytes) {
        Risk::Calm
    } else {
        Risk::Wild
    }
}

/// Whether a message inside the message is possible: the parser nests only for the types
/// `message/rfc822` and `message/global` and below `multipart/digest`. Between type, `/` and
/// subtype it skips white space, quotes, backslashes and comments.
fn may_nest(bytes: &[u8]) -> bool {
    let skipped = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\\');
    let suspicious = memchr_iter(b'/', bytes).any(|at| {
        let (before, after) = bytes.split_at(at);
        let before = before.iter().rev().skip_while(|b| skipped(b)).take(9);
        let before: [u8; 9] = collected(before);
        let next = after.iter().skip(1).find(|b| !skipped(b));
        match before {
            [b')', ..] => true,
            [b'e', b'g', b'a', b's', b's', b'e', b'm', ..] => true,
            [b't', b'r', b'a', b'p', b'i', b't', b'l', b'u', b'm'] => {
                matches!(next, Some(b'd' | b'D' | b'('))
            }
            _ => false,
        }
    });
    suspicious && nesting_words(bytes).next().is_some()
}

/// The bytes in lower case, filled up with zeros.
fn collected<'a>(bytes: impl Iterator<Item = &'a u8>) -> [u8; 9] {
    let mut out = [0; 9];
    for (slot, byte) in out.iter_mut().zip(bytes) {
        *slot = byte.to_ascii_lowercase();
    }
    out
}

/// Where the words stand that let messages nest; each is six bytes long, and the parser takes
/// them from the bytes as they stand.
fn nesting_words(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let words = bytes.windows(6).enumerate();
    words.filter_map(|(at, word)| {
        let found = match word.first() {
            Some(b'r' | b'R') => word.eq_ignore_ascii_case(b"rfc822"),
            Some(b'g' | b'G') => word.eq_ignore_ascii_case(b"global"),
            Some(b'd' | b'D') => word.eq_ignore_ascii_case(b"digest"),
            _ => false,
        };
        found.then_some(at)
    })
}

/// Turns nested messages into plain attachments where the parser could not bear them: encoded
/// ones, which it parses recursively without limit, and those beyond [`limits::MIME_PARTS`].
/// The first letter of the subtype becomes an `x`, so that all offsets stay.
///
/// A header block is taken from empty line to empty line, which is never less than what the parser
/// takes, so nothing gets past this; the price is a changed letter in a paragraph of plain text
/// that reads like such a header.
fn with_nesting_limited(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut marks = Vec::new();
    let mut blocks = 0;
    let mut start = 0;
    let mut at = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        at += line.len();
        if is_empty_line(line) || at == bytes.len() {
            let block = bytes.get(start..at).unwrap_or_default();
            let mut words = nesting_words(block).peekable();
            if words.peek().is_some() && contains(block, b"message") {
                blocks += 1;
            }
            let unbearable = blocks > limits::MIME_PARTS
                || says_encoded(block)
                || contains(block, b"multipart") && contains(block, b"boundary");
            if unbearable {
                marks.extend(words.map(|word| start + word));
            }
            start = at;
        }
    }
    if marks.is_empty() {
        return None;
    }
    let mut limited = bytes.to_vec();
    for mark in marks {
        if let Some(letter) = limited.get_mut(mark) {
            *letter = b'x';
        }
    }
    Some(limited)
}

/// Whether a block may name a transfer encoding; an encoded word could spell one.
fn says_encoded(block: &[u8]) -> bool {
    contains(block, b"base64") || contains(block, b"quoted-printable") || contains(block, b"=?")
}

fn contains(block: &[u8], word: &[u8]) -> bool {
    let windows = &mut block.windows(word.len());
    windows.any(|part| part.eq_ignore_ascii_case(word))
}

//! Cuts a message to the limits before the MIME parser sees it, and judges how dangerous it is.

use super::charset;
use crate::limits;
use crate::mail::Defect;
use std::borrow::Cow;

/// Largest message that is parsed where the caller stands.
const CALM_BYTES: usize = 256 << 10;
/// More `*` than the parameters of an honest message have (RFC 2231).
const CALM_STARS: usize = limits::HEADER_PARAMETERS;
/// Above this size a message inside a message must not be encoded itself, because what it decodes
/// to could nest deep enough to overflow even the large stack.
const ENCODED_BYTES: usize = 4 << 20;
/// Runs of dashes that may be part boundaries, looked at in one message.
const DASHES: usize = 4 * limits::MIME_PARTS;

/// How much harm parsing a message could do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Risk {
    /// None.
    Calm,
    /// It may need much stack or time.
    Wild,
    /// It may need more stack than there is.
    Refused,
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
    let stars = bytes.iter().filter(|b| **b == b'*').count();
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
    let mut runs = 0;
    let mut dashes = 0;
    for (index, byte) in raw.iter().enumerate() {
        if *byte == b'-' {
            dashes += 1;
            continue;
        }
        runs += usize::from(dashes >= 2);
        dashes = 0;
        if runs > DASHES {
            return Some(index);
        }
    }
    None
}

/// The header block within the limits, when it is not so already, and whether something was cut.
fn limited_header(raw: &[u8]) -> (Option<Vec<u8>>, bool) {
    let block = header_block(raw);
    let fields = fields(block);
    let longest = fields.iter().map(|f| f.len()).max().unwrap_or_default();
    let fits = block.len() <= limits::HEADER_BYTES
        && fields.len() <= limits::HEADER_FIELDS
        && longest <= limits::HEADER_FIELD;
    if fits && std::str::from_utf8(block).is_ok() {
        return (None, false);
    }
    let mut kept = Vec::with_capacity(block.len().min(limits::HEADER_BYTES));
    let guess = charset::Guess::new(block);
    for field in fields.iter().take(limits::HEADER_FIELDS) {
        if kept.len() + field.len().min(limits::HEADER_FIELD) <= limits::HEADER_BYTES {
            kept.extend_from_slice(guess.decode(&shortened(field)).as_bytes());
        }
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
    if !may_nest(bytes) {
        return if bytes.len() <= CALM_BYTES && stars <= CALM_STARS {
            Risk::Calm
        } else {
            Risk::Wild
        };
    }
    if bytes.len() > ENCODED_BYTES && may_nest_encoded(bytes) {
        return Risk::Refused;
    }
    Risk::Wild
}

/// Whether a message inside the message is possible: the parser nests only for the types
/// `message/rfc822` and `message/global` and below `multipart/digest`, and it takes the words
/// from the bytes as they stand.
fn may_nest(bytes: &[u8]) -> bool {
    bytes.windows(6).any(|word| match word.first() {
        Some(b'r' | b'R') => word.eq_ignore_ascii_case(b"rfc822"),
        Some(b'g' | b'G') => word.eq_ignore_ascii_case(b"global"),
        Some(b'd' | b'D') => word.eq_ignore_ascii_case(b"digest"),
        _ => false,
    })
}

/// Whether one header block may declare a nested message and an encoding for it. Blocks are taken
/// from empty line to empty line, which is never less than what the parser takes.
fn may_nest_encoded(bytes: &[u8]) -> bool {
    let mut nests = false;
    let mut encoded = false;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        if is_empty_line(line) {
            nests = false;
            encoded = false;
            continue;
        }
        nests |= may_nest(line);
        encoded |= says_encoded(line);
        // The parts of a digest are messages without saying so.
        if nests && (encoded || contains(line, b"digest")) {
            return true;
        }
    }
    false
}

fn says_encoded(line: &[u8]) -> bool {
    contains(line, b"base64") || contains(line, b"quoted-printable")
}

fn contains(line: &[u8], word: &[u8]) -> bool {
    line.windows(word.len())
        .any(|part| part.eq_ignore_ascii_case(word))
}

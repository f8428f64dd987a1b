//! Where one IMAP response ends and how deep it nests (RFC 9051 section 9).

use crate::limits;
use std::io;

/// Finds response after response in a growing buffer without looking at a byte twice.
#[derive(Debug, Default)]
pub struct Framer {
    /// Bytes of the current response already looked at.
    seen: usize,
    /// Where its current line began.
    line_start: usize,
    /// Bytes of it outside literals.
    line_bytes: usize,
    /// Bytes of it inside literals.
    literal_bytes: usize,
    /// Bytes still missing from its current literal.
    literal_left: usize,
    depth: usize,
    too_deep: bool,
    escapes: bool,
}

/// One complete response at the start of the buffer.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its bytes, line end included.
    pub len: usize,
    /// Whether its parentheses nest deeper than [`limits::IMAP_DEPTH`].
    pub too_deep: bool,
    /// Whether a quoted string in it has a backslash escape.
    pub escapes: bool,
    /// Whether it is a status, tagged or continuation line, which ends in free text.
    pub status: bool,
}

impl Framer {
    /// The response `buffer` begins with, once it is complete. Call with the same start until
    /// then, and with the bytes behind it afterwards.
    pub fn next(&mut self, buffer: &[u8]) -> io::Result<Option<Frame>> {
        loop {
            let have = self.literal_left.min(buffer.len() - self.seen);
            self.seen += have;
            self.literal_left -= have;
            if self.literal_left > 0 {
                return Ok(None);
            }
            if have > 0 {
                self.line_start = self.seen;
            }
            let unseen = buffer.get(self.seen..).unwrap_or_default();
            let end = unseen.iter().position(|b| *b == b'\n');
            let fresh = end.map_or(unseen.len(), |end| end + 1);
            self.seen += fresh;
            self.line_bytes += fresh;
            if self.line_bytes > limits::IMAP_LINE {
                return Err(too_large("a line"));
            }
            if end.is_none() {
                return Ok(None);
            }
            let line = buffer.get(self.line_start..self.seen).unwrap_or_default();
            let status = self.line_start == 0 && is_status(line);
            self.nest(line);
            match literal(line).filter(|_| !status) {
                Some(size) => {
                    self.literal_bytes = self.literal_bytes.saturating_add(size);
                    if self.literal_bytes > limits::IMAP_LITERAL {
                        return Err(too_large("a literal"));
                    }
                    self.literal_left = size;
                    self.line_start = self.seen;
                }
                None => {
                    let done = std::mem::take(self);
                    return Ok(Some(Frame {
                        len: done.seen,
                        too_deep: done.too_deep,
                        escapes: done.escapes,
                        status,
                    }));
                }
            }
        }
    }

    fn nest(&mut self, line: &[u8]) {
        let (mut quoted, mut escaped) = (false, false);
        for byte in line {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => {
                    escaped = true;
                    self.escapes = true;
                }
                b'"' => quoted = !quoted,
                b'(' if !quoted => self.depth += 1,
                b')' if !quoted => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            self.too_deep |= self.depth > limits::IMAP_DEPTH;
        }
    }
}

/// Where the tag ends, for a tagged status line.
pub fn tag_end(response: &[u8]) -> Option<usize> {
    let end = response.iter().position(|b| *b == b' ')?;
    let (tag, rest) = response.split_at_checked(end)?;
    let word = rest.get(1..).unwrap_or_default();
    let tagged = !tag.is_empty()
        && tag.iter().all(u8::is_ascii_alphanumeric)
        && [&b"OK"[..], b"NO", b"BAD"].iter().any(|s| is_word(word, s));
    tagged.then_some(end)
}

/// The text of a status line: what follows tag and status.
pub fn status_text(response: &[u8]) -> &[u8] {
    response
        .splitn(3, |b| *b == b' ')
        .nth(2)
        .unwrap_or_default()
        .trim_ascii_end()
}

/// Lines that end in free text and therefore carry no literal.
fn is_status(line: &[u8]) -> bool {
    match line.strip_prefix(b"* ") {
        Some(rest) => [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"]
            .iter()
            .any(|word| is_word(rest, word)),
        None => line.starts_with(b"+") || tag_end(line).is_some(),
    }
}

fn is_word(text: &[u8], word: &[u8]) -> bool {
    text.split_at_checked(word.len())
        .is_some_and(|(start, rest)| {
            start.eq_ignore_ascii_case(word) && rest.first().is_none_or(u8::is_ascii_whitespace)
        })
}

/// The size of the literal a line announces with `{size}` at its end.
fn literal(line: &[u8]) -> Option<usize> {
    let inside = line.strip_suffix(b"}\r\n")?;
    let open = inside.iter().rposition(|b| *b == b'{')?;
    let digits = inside.get(open + 1..)?;
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // A number too large to hold is too large to accept.
    let text = std::str::from_utf8(digits).ok()?;
    Some(text.parse().unwrap_or(usize::MAX))
}

fn too_large(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, what)
}

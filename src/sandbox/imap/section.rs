//! Cuts the sections FETCH asks for out of a message (RFC 3501 section 6.4.5).

/// The header with its empty line, and the rest.
pub(super) fn split(message: &[u8]) -> (&[u8], &[u8]) {
    let mut end = 0;
    for line in message.split_inclusive(|b| *b == b'\n') {
        end += line.len();
        if line == b"\r\n" || line == b"\n" {
            break;
        }
    }
    message.split_at_checked(end).unwrap_or((message, &[]))
}

/// The header fields of a message as (name, whole field with its line ends).
pub(super) fn fields(message: &[u8]) -> Vec<(&[u8], &[u8])> {
    let (header, _) = split(message);
    let mut fields = Vec::new();
    let mut start = 0;
    let mut end = 0;
    for line in header.split_inclusive(|b| *b == b'\n') {
        let folded = line.first().is_some_and(|b| matches!(b, b' ' | b'\t'));
        if !folded {
            fields.extend(field(header.get(start..end)));
            start = end;
        }
        end += line.len();
    }
    fields.extend(field(header.get(start..end)));
    fields
}

/// The fields with one of these names (or, with `keep` false, all others), and an empty line.
pub(super) fn some_fields(message: &[u8], names: &[&[u8]], keep: bool) -> Vec<u8> {
    let listed = |name: &[u8]| names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
    let chosen = fields(message)
        .into_iter()
        .filter(|(name, _)| listed(name) == keep);
    let mut text: Vec<u8> = chosen.flat_map(|(_, field)| field).copied().collect();
    text.extend_from_slice(b"\r\n");
    text
}

/// A part of it, `(first octet, how many)`; less when it is shorter.
pub(super) fn partial(bytes: &[u8], range: Option<(u32, u32)>) -> &[u8] {
    let Some((first, length)) = range else {
        return bytes;
    };
    let first = (first as usize).min(bytes.len());
    let end = first.saturating_add(length as usize).min(bytes.len());
    bytes.get(first..end).unwrap_or_default()
}

fn field(bytes: Option<&[u8]>) -> Option<(&[u8], &[u8])> {
    let bytes = bytes?;
    let colon = bytes.iter().position(|b| *b == b':')?;
    Some((bytes.get(..colon)?.trim_ascii_end(), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &[u8] = b"Subject: a\r\n b\r\nFrom : x@y\r\nnonsense\r\n\r\nbody\r\n\r\nmore";

    #[test]
    fn header_ends_at_the_first_empty_line() {
        let (header, body) = split(MAIL);
        assert!(header.ends_with(b"nonsense\r\n\r\n"));
        assert_eq!(body, b"body\r\n\r\nmore");
        assert_eq!(split(b"only: header"), (&b"only: header"[..], &b""[..]));
        assert_eq!(split(b""), (&b""[..], &b""[..]));
    }

    #[test]
    fn chosen_fields_keep_their_folding() {
        let text = some_fields(MAIL, &[b"SUBJECT", b"to"], true);
        assert_eq!(text, b"Subject: a\r\n b\r\n\r\n");
        let text = some_fields(MAIL, &[b"subject"], false);
        assert_eq!(text, b"From : x@y\r\n\r\n");
    }

    #[test]
    fn partial_stays_inside() {
        assert_eq!(partial(b"abcdef", None), b"abcdef");
        assert_eq!(partial(b"abcdef", Some((1, 2))), b"bc");
        assert_eq!(partial(b"abcdef", Some((4, 9))), b"ef");
        assert_eq!(partial(b"abcdef", Some((7, 1))), b"");
    }
}

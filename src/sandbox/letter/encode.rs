//! Text as mail carries it: encoded words, quoted-printable, base64 lines.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write;

/// A header value: as it is when ASCII, else as encoded words (RFC 2047).
pub(super) fn header_text(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    // 45 bytes make 60 letters of base64, within the 75 of RFC 2047 section 2.
    let mut words = Vec::new();
    let mut word = String::new();
    for letter in text.chars() {
        if word.len() + letter.len_utf8() > 45 {
            words.push(std::mem::take(&mut word));
        }
        word.push(letter);
    }
    words.push(word);
    let encoded = words
        .iter()
        .map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word)));
    encoded.collect::<Vec<_>>().join("\r\n ")
}

/// `Name <address>` for From and To.
pub(super) fn mailbox(name: &str, address: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == ' ';
    if name.is_empty() {
        address.to_owned()
    } else if name.chars().all(plain) {
        format!("{name} <{address}>")
    } else if name.is_ascii() {
        let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{escaped}\" <{address}>")
    } else {
        format!("{} <{address}>", header_text(name))
    }
}

/// Bytes as quoted-printable text with CRLF (RFC 2045 section 6.7).
pub(super) fn quoted_printable(bytes: &[u8]) -> String {
    let mut out = String::new();
    for line in bytes.split(|b| *b == b'\n') {
        let mut width = 0;
        for (at, byte) in line.iter().enumerate() {
            let last = at + 1 == line.len();
            let plain = matches!(byte, b'!'..=b'<' | b'>'..=b'~') || (*byte == b' ' && !last);
            let size = if plain { 1 } else { 3 };
            if width + size > 75 {
                out.push_str("=\r\n");
                width = 0;
            }
            width += size;
            if plain {
                out.push(char::from(*byte));
            } else {
                // Writing into a string cannot fail.
                let _infallible = write!(out, "={byte:02X}");
            }
        }
        out.push_str("\r\n");
    }
    out
}

/// Bytes as base64 in lines of 76 (RFC 2045 section 6.8).
pub(super) fn base64_lines(bytes: &[u8]) -> String {
    let mut out = String::new();
    for line in bytes.chunks(57) {
        out.push_str(&STANDARD.encode(line));
        out.push_str("\r\n");
    }
    out
}

/// Text in ISO-8859-1, when it fits.
pub(super) fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(c).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_printable_keeps_lines_short_and_trailing_spaces_safe() {
        let text = format!("{} \nä=b\n", "x".repeat(80));
        let encoded = quoted_printable(text.trim_end_matches('\n').as_bytes());
        assert!(encoded.lines().all(|line| line.len() <= 76), "{encoded}");
        assert!(encoded.contains("xxxxx=20\r\n=C3=A4=3Db\r\n"), "{encoded}");
    }

    #[test]
    fn encoded_words_are_short_and_never_cut_a_letter() {
        let text = "注文番号4402の届け日についてお伺いしたいことがございます";
        let encoded = header_text(text);
        let mut decoded = String::new();
        for word in encoded.split("\r\n ") {
            assert!(word.len() <= 75, "{word}");
            let inner = word.strip_prefix("=?utf-8?B?").unwrap();
            let bytes = STANDARD.decode(inner.strip_suffix("?=").unwrap()).unwrap();
            decoded.push_str(std::str::from_utf8(&bytes).unwrap());
        }
        assert_eq!(decoded, text);
    }

    #[test]
    fn names_are_quoted_when_they_must_be() {
        assert_eq!(mailbox("Mia Okafor", "m@e"), "Mia Okafor <m@e>");
        assert_eq!(mailbox("Dr. \"W\"", "m@e"), "\"Dr. \\\"W\\\"\" <m@e>");
        assert!(mailbox("Åsa", "m@e").starts_with("=?utf-8?B?"));
    }
}

//! Bytes to text when the sender named no character set, an unknown one, or a wrong one.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;
use mail_parser::decoders::charsets::map::charset_decoder;
use std::borrow::Cow;

/// Bytes the guess is made from; more does not make it better.
const SAMPLE: usize = 64 << 10;

/// A guess that is made once, at the first need, for pieces of one message.
pub(super) struct Guess<'a> {
    sample: &'a [u8],
    encoding: std::cell::OnceCell<&'static Encoding>,
}

impl<'a> Guess<'a> {
    /// A guess from `sample`, which holds all pieces that will be decoded.
    pub fn new(sample: &'a [u8]) -> Self {
        Self {
            sample,
            encoding: std::cell::OnceCell::new(),
        }
    }

    /// UTF-8 as it is, anything else as guessed.
    pub fn decode<'b>(&self, piece: &'b [u8]) -> Cow<'b, str> {
        match std::str::from_utf8(piece) {
            Ok(text) => Cow::Borrowed(text),
            // A character cut at the limit is no reason to doubt UTF-8.
            Err(error) if error.error_len().is_none() => String::from_utf8_lossy(piece),
            Err(_) => {
                let encoding = self.encoding.get_or_init(|| guess(self.sample));
                encoding.decode_without_bom_handling(piece).0
            }
        }
    }
}

/// Decodes text whose declared character set, if any, is `declared`.
pub(super) fn decode(bytes: &[u8], declared: Option<&str>) -> String {
    match declared.and_then(|name| charset_decoder(name.as_bytes())) {
        Some(decoder) => decoder(bytes),
        None => Guess::new(bytes).decode(bytes).into_owned(),
    }
}

/// Whether a character set of this name is known. The decoders leave UTF-8 out.
pub(super) fn is_known(name: &str) -> bool {
    Encoding::for_label(name.as_bytes()).is_some() || charset_decoder(name.as_bytes()).is_some()
}

fn guess(sample: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let sample = sample.get(..SAMPLE).unwrap_or(sample);
    detector.feed(sample, true);
    detector.guess(None, Utf8Detection::Deny)
}

/// Base64 as far as it goes: what is not of its alphabet is skipped (RFC 2045 section 6.8).
pub(super) fn lenient_base64(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3);
    let mut chunk = 0u32;
    let mut bits = 0u32;
    for byte in bytes {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                // Padding ends a group; another one may follow.
                bits = 0;
                continue;
            }
            _ => continue,
        };
        chunk = (chunk << 6) | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.extend((chunk >> bits).to_le_bytes().first());
        }
    }
    out
}

/// Quoted-printable as far as it goes: a `=` that starts nothing stays (RFC 2045 section 6.7).
pub(super) fn lenient_quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let text = line.trim_ascii_end();
        let (text, soft) = match text.strip_suffix(b"=") {
            Some(text) => (text, true),
            None => (text, false),
        };
        let mut rest = text.iter();
        while let Some(byte) = rest.next() {
            let ahead = rest.as_slice();
            match (byte, hex(ahead.first()), hex(ahead.get(1))) {
                (b'=', Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    rest = ahead.get(2..).unwrap_or_default().iter();
                }
                _ => out.push(*byte),
            }
        }
        if !soft && line.ends_with(b"\n") {
            out.extend_from_slice(b"\r\n");
        }
    }
    out
}

fn hex(byte: Option<&u8>) -> Option<u8> {
    let digit = char::from(*byte?).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_eight_bit_text_is_guessed() {
        let russian = "Здравствуйте, верните мне деньги за заказ";
        let korean = "안녕하세요 주문을 취소하고 싶습니다";
        let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(russian);
        assert_eq!(decode(&bytes, None), russian);
        let (bytes, _, _) = encoding_rs::EUC_KR.encode(korean);
        assert_eq!(decode(&bytes, None), korean);
        assert_eq!(decode("Größe".as_bytes(), None), "Größe");
        assert_eq!(decode(b"Gr\xf6\xdfe", None), "Größe");
        assert_eq!(decode(b"Gr\xf6\xdfe", Some("x-unknown")), "Größe");
        assert_eq!(decode(b"+ABs-[31m", Some("utf-7")), "\u{1b}[31m");
    }

    #[test]
    fn damaged_encodings_give_what_they_can() {
        for (damaged, text) in [
            (&b"SGVs\r\n bG8="[..], &b"Hello"[..]),
            (b"SGVsbG8", b"Hello"),
            (b"SGVs=bG8=", b"Hello"),
            (b"SG!Vs*bG8=", b"Hello"),
            (b"", b""),
            (b"S", b""),
        ] {
            assert_eq!(lenient_base64(damaged), text);
        }
        for (damaged, text) in [
            (&b"a=3Db=\r\nc  \r\n"[..], &b"a=bc\r\n"[..]),
            (b"50=ZZ off=", b"50=ZZ off"),
            (b"=C3=A4=", b"\xc3\xa4"),
            (b"=\r", b""),
            (b"==41", b"=A"),
        ] {
            assert_eq!(lenient_quoted_printable(damaged), text);
        }
    }
}

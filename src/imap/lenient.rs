//! A forgiving reader for the untagged responses imap-proto refuses.
//!
//! Real servers send `FLAGS` with odd spaces, `MODSEQ -1`, broken ENVELOPEs; one such line must
//! cost that line, not the message it is about: a message missing from an answer would look
//! deleted. So UID, FLAGS and the other plain items are picked out of whatever surrounds them.

use super::Code;
use super::reply::{Item, Listed, Status, Untagged, internal_date};

/// One token of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open,
    Close,
    /// An atom.
    Atom(&'a [u8]),
    /// A quoted string or literal.
    Text(Vec<u8>),
}

/// The tokens of a response; never fails, odd bytes become atoms.
pub(super) fn tokens(mut rest: &[u8]) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    while let Some((first, after)) = rest.split_first() {
        rest = match first {
            b' ' | b'\r' | b'\n' => after,
            b'(' => {
                out.push(Token::Open);
                after
            }
            b')' => {
                out.push(Token::Close);
                after
            }
            b'"' => {
                let (text, after) = quoted(after);
                out.push(Token::Text(text));
                after
            }
            b'{' => match literal(after) {
                Some((text, after)) => {
                    out.push(Token::Text(text.to_vec()));
                    after
                }
                None => after,
            },
            _ => {
                let (atom, after) = rest.split_at(atom_len(rest));
                out.push(Token::Atom(atom));
                after
            }
        };
    }
    out
}

/// Whatever can be made of a response.
pub(super) fn read(raw: Vec<u8>) -> Untagged {
    let words = tokens(&raw);
    let understood = match words.as_slice() {
        [Token::Atom(b"*"), Token::Atom(status), ..] if status.eq_ignore_ascii_case(b"OK") => {
            note(&raw)
        }
        [
            Token::Atom(b"*"),
            Token::Atom(_),
            Token::Atom(verb),
            rest @ ..,
        ] if verb.eq_ignore_ascii_case(b"FETCH") => fetch(rest),
        [Token::Atom(b"*"), Token::Atom(verb), rest @ ..] if verb.eq_ignore_ascii_case(b"LIST") => {
            list(rest)
        }
        _ => None,
    };
    understood.unwrap_or(Untagged::Unreadable(raw))
}

/// A status line imap-proto refused, such as one with raw 8-bit text.
fn note(raw: &[u8]) -> Option<Untagged> {
    let line = String::from_utf8_lossy(raw);
    let text = line.get("* OK ".len()..)?.trim_end();
    let (code, text) = Code::split(text);
    Some(Untagged::Note {
        status: Status::Ok,
        code,
        text: text.to_owned(),
    })
}

fn fetch(tokens: &[Token<'_>]) -> Option<Untagged> {
    let mut item = Item::default();
    let mut depth = 0_usize;
    let mut at = tokens;
    while let Some((token, rest)) = at.split_first() {
        match token {
            Token::Open => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            // Deeper lists are ENVELOPEs and the like, whose words could look like items.
            Token::Atom(name) if depth == 1 => value(&mut item, name, rest),
            _ => {}
        }
        at = rest;
    }
    item.uid?;
    Some(Untagged::Fetch(Box::new(item)))
}

fn value(item: &mut Item, name: &[u8], rest: &[Token<'_>]) {
    let name = name.to_ascii_uppercase();
    match (name.as_slice(), rest) {
        (b"UID", [Token::Atom(n), ..]) => item.uid = number(n).and_then(|n| n.try_into().ok()),
        (b"RFC822.SIZE", [Token::Atom(n), ..]) => item.size = number(n),
        (b"MODSEQ", [Token::Open, Token::Atom(n), ..]) => item.modseq = number(n),
        (b"INTERNALDATE", [Token::Text(date), ..]) => {
            item.internal = internal_date(&String::from_utf8_lossy(date));
        }
        (b"FLAGS", [Token::Open, flags @ ..]) => {
            item.flags = Some(
                flags
                    .iter()
                    .map_while(|flag| match flag {
                        Token::Atom(flag) => Some(String::from_utf8_lossy(flag).into_owned()),
                        _ => None,
                    })
                    .collect(),
            );
        }
        (name, [Token::Text(body), ..]) if name.starts_with(b"BODY[]") => {
            item.body = Some(body.clone());
        }
        _ => {}
    }
}

/// A LIST line, with a name that should have been quoted or encoded.
fn list(tokens: &[Token<'_>]) -> Option<Untagged> {
    let [Token::Open, rest @ ..] = tokens else {
        return None;
    };
    let close = rest.iter().position(|t| *t == Token::Close)?;
    let (attributes, rest) = rest.split_at_checked(close)?;
    let [_, delimiter, name, ..] = rest else {
        return None;
    };
    Some(Untagged::List(Listed {
        attributes: attributes
            .iter()
            .filter_map(|a| text(a).map(|a| a.to_ascii_lowercase()))
            .collect(),
        delimiter: match delimiter {
            Token::Text(delimiter) => Some(String::from_utf8_lossy(delimiter).into_owned()),
            _ => None,
        },
        raw: text(name)?,
    }))
}

/// An atom or string as text; `None` for parentheses.
pub(super) fn text(token: &Token<'_>) -> Option<String> {
    match token {
        Token::Atom(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Token::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Token::Open | Token::Close => None,
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn quoted(bytes: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut text = Vec::new();
    let mut rest = bytes;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'"' => break,
            b'\\' => {
                if let Some((escaped, after)) = rest.split_first() {
                    text.push(*escaped);
                    rest = after;
                }
            }
            byte => text.push(*byte),
        }
    }
    (text, rest)
}

fn literal(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|b| *b == b'}')?;
    let (digits, rest) = bytes.split_at_checked(end)?;
    let size = usize::try_from(number(digits)?).ok()?;
    rest.strip_prefix(b"}\r\n")?.split_at_checked(size)
}

/// An atom ends at a space or parenthesis; `BODY[HEADER.FIELDS (X)]` is one atom.
fn atom_len(bytes: &[u8]) -> usize {
    let mut bracket = false;
    let end = bytes.iter().position(|byte| {
        match byte {
            b'[' => bracket = true,
            b']' => bracket = false,
            _ => {}
        }
        matches!(byte, b'\r' | b'\n') || (!bracket && matches!(byte, b' ' | b'(' | b')' | b'"'))
    });
    // At least one byte, so that the caller moves on.
    end.unwrap_or(bytes.len()).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn item(raw: &str) -> Item {
        match read(raw.as_bytes().to_vec()) {
            Untagged::Fetch(item) => *item,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn plain_items_are_picked_out_of_broken_fetch_lines() {
        let flags = |f: &[&str]| Some(f.iter().map(ToString::to_string).collect::<Vec<_>>());
        let odd = item("* 3 FETCH (FLAGS (\\Seen  $x ) UID 7 MODSEQ (-1) RFC822.SIZE 12)\r\n");
        assert_eq!((odd.uid, odd.size, odd.modseq), (Some(7), Some(12), None));
        assert_eq!(odd.flags, flags(&["\\Seen", "$x"]));

        let nil = item("* 3 FETCH (INTERNALDATE NIL UID 8)\r\n");
        assert_eq!((nil.uid, nil.internal), (Some(8), None));

        let envelope =
            item("* 3 FETCH (ENVELOPE (NIL \"UID 9\" UID 10 ((\"a\"b\"c\" NIL))) UID 11)\r\n");
        assert_eq!(envelope.uid, Some(11));

        let body = item("* 3 FETCH (UID 4 X-ODD (a (b)) BODY[] {7}\r\nUID 5)\n FLAGS ())\r\n");
        assert_eq!(body.body.as_deref(), Some(&b"UID 5)\n"[..]));
        assert_eq!((body.uid, body.flags), (Some(4), flags(&[])));
    }

    #[test]
    fn what_cannot_be_read_is_kept_as_it_came() {
        for raw in [
            "* 3 FETCH (FLAGS (\\Seen))\r\n",
            "* XYZZY (\r\n",
            "*\r\n",
            "",
        ] {
            match read(raw.as_bytes().to_vec()) {
                Untagged::Unreadable(kept) => assert_eq!(kept, raw.as_bytes()),
                other => panic!("{raw}: {other:?}"),
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(raw: Vec<u8>) {
            let _ = read(raw);
        }
    }
}

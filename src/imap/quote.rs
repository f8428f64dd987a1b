//! Arguments on their way into a command. Nothing from outside reaches a command but through here.

use super::Error;
use std::fmt::Write;

/// Command lines are kept below this; old servers cut at 8,000 (RFC 2683 section 3.2.1.5).
const SET: usize = 6000;

/// A quoted string (RFC 9051 section 4.3): printable ASCII only.
pub fn quoted(text: &str) -> Result<String, Error> {
    if !text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return Err(Error::Argument("it has characters that need a literal"));
    }
    Ok(format!(
        "\"{}\"",
        text.replace('\\', "\\\\").replace('"', "\\\"")
    ))
}

/// A parenthesised list of flags, each a system flag or a keyword every server accepts.
pub fn flags<S: AsRef<str>>(flags: &[S]) -> Result<String, Error> {
    let mut out = String::from("(");
    for (n, flag) in flags.iter().enumerate() {
        let flag = flag.as_ref();
        if !is_flag(flag) {
            return Err(Error::Argument("a keyword that not every server accepts"));
        }
        if n > 0 {
            out.push(' ');
        }
        out.push_str(flag);
    }
    out.push(')');
    Ok(out)
}

/// System flags by name; keywords by the alphabet that all measured servers store unchanged,
/// besides the well-known ones of other clients such as `$Forwarded`.
fn is_flag(flag: &str) -> bool {
    if let Some(system) = flag.strip_prefix('\\') {
        return matches!(
            system,
            "Seen" | "Answered" | "Flagged" | "Deleted" | "Draft"
        );
    }
    let mut bytes = flag.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'$')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b"$._-".contains(&b))
        && flag.len() <= crate::limits::KEYWORD
}

/// UIDs as one or more sequence sets, runs joined, each short enough for a command line.
pub fn sets(uids: &[u32]) -> Vec<String> {
    let mut sorted: Vec<u32> = uids.iter().copied().filter(|uid| *uid > 0).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let mut out = Vec::new();
    let mut set = String::new();
    for run in sorted.chunk_by(|a, b| a.checked_add(1) == Some(*b)) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            continue;
        };
        if set.len() > SET {
            out.push(std::mem::take(&mut set));
        }
        if !set.is_empty() {
            set.push(',');
        }
        // Writing to a String cannot fail.
        let _infallible = if first == last {
            write!(set, "{first}")
        } else {
            write!(set, "{first}:{last}")
        };
    }
    if !set.is_empty() {
        out.push(set);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_escapes_or_refuses() {
        assert_eq!(quoted(r#"a"b\c"#).unwrap(), r#""a\"b\\c""#);
        for bad in ["a\r\nZZ DELETE INBOX", "a\nb", "a\0b", "ü", "\x7f"] {
            assert!(quoted(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn only_safe_keywords_pass() {
        assert_eq!(flags(&["\\Seen", "$pr-open"]).unwrap(), "(\\Seen $pr-open)");
        assert_eq!(flags::<&str>(&[]).unwrap(), "()");
        let long = "a".repeat(31);
        for bad in [
            "", "\\Recent", "\\*", "x)\r\nZZ", "a b", "a]", "1st", "ä", &long,
        ] {
            assert!(flags(&[bad]).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn uid_sets_join_runs_and_stay_short() {
        assert_eq!(sets(&[5, 1, 2, 3, 3, 0, 9, 8]), ["1:3,5,8:9"]);
        assert_eq!(sets(&[u32::MAX, u32::MAX - 1]), ["4294967294:4294967295"]);
        assert!(sets(&[]).is_empty());
        let odd: Vec<u32> = (0..5000).map(|n| n * 2 + 1).collect();
        let many = sets(&odd);
        assert!(many.len() > 1 && many.iter().all(|set| set.len() < 7000));
        assert_eq!(many.join(",").split(',').count(), 5000);
    }
}

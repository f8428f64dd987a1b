//! `format=flowed` (RFC 3676): paragraphs that every screen wraps to its own width.

/// Columns after which a paragraph is broken (RFC 3676 section 4.2 asks for 78 or less).
const WIDTH: usize = 76;
/// The line above a signature; its space at the end means nothing else.
const SIGNATURE: &str = "-- ";

/// Breaks paragraphs (lines of any length, `\n`) into flowed lines, quotes into quotes. White
/// space at the end of lines goes, because it would join them.
pub(super) fn flow(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for line in text.lines() {
        if line == SIGNATURE {
            out.push_str(line);
            out.push('\n');
            continue;
        }
        let (depth, rest) = unquoted(line.trim_end());
        let prefix = ">".repeat(depth);
        let room = WIDTH.saturating_sub(depth + 1);
        for piece in pieces(rest, room) {
            out.push_str(&prefix);
            let stuffed = piece.starts_with([' ', '>']) || piece.starts_with("From ");
            if depth > 0 && !piece.is_empty() || stuffed {
                out.push(' ');
            }
            out.push_str(piece);
            out.push('\n');
        }
    }
    out
}

/// Joins flowed lines to paragraphs. `delete_space` is the parameter DelSp.
pub(super) fn unflow(text: &str, delete_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // The depth of the paragraph that the next line continues.
    let mut open = None;
    for line in text.lines() {
        let (depth, rest) = unquoted(line);
        let rest = match depth {
            0 => rest.strip_prefix(' ').unwrap_or(rest),
            _ => rest,
        };
        if open != Some(depth) || rest == SIGNATURE {
            if open.is_some() {
                out.push('\n');
            }
            out.push_str(&">".repeat(depth));
            if depth > 0 && !rest.is_empty() {
                out.push(' ');
            }
        }
        let flows = rest.ends_with(' ') && rest != SIGNATURE;
        let shown = match (flows, delete_space) {
            (true, true) => rest.strip_suffix(' ').unwrap_or(rest),
            _ => rest,
        };
        out.push_str(shown);
        open = flows.then_some(depth);
        if !flows {
            out.push('\n');
        }
    }
    if open.is_some() {
        out.push('\n');
    }
    out
}

/// How many quote marks a line has, and what follows them and one space.
fn unquoted(line: &str) -> (usize, &str) {
    let rest = line.trim_start_matches('>');
    let depth = line.len() - rest.len();
    match depth {
        0 => (0, rest),
        _ => (depth, rest.strip_prefix(' ').unwrap_or(rest)),
    }
}

/// Cuts a paragraph after spaces into pieces of about `room` columns, all but the last of which
/// end with a space.
fn pieces(paragraph: &str, room: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = paragraph;
    loop {
        let mut end = 0;
        let mut columns = 0;
        for word in rest.split_inclusive(' ') {
            columns += unicode_width::UnicodeWidthStr::width(word);
            let full = end > 0 && columns > room;
            // A piece of spaces only would end the paragraph on other screens.
            if full && !rest.split_at(end).0.trim().is_empty() {
                break;
            }
            end += word.len();
        }
        let (piece, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        pieces.push(piece);
        if after.is_empty() {
            return pieces;
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn long_paragraphs_flow_and_come_back() {
        let long = "word ".repeat(40).trim_end().to_owned();
        let text = format!("Hi\n\n{long}\n> {long}\n>> deep\nFrom here\n  indented\n-- \nTom\n");
        let flowed = flow(&text);
        assert!(flowed.lines().all(|l| l.len() <= WIDTH + 1), "{flowed}");
        assert!(flowed.contains("\n From here\n"));
        assert_eq!(unflow(&flowed, false), text);
    }

    #[test]
    fn flowed_mail_of_others_is_joined() {
        for (flowed, delete_space, text) in [
            ("a \nb\nc\n", false, "a b\nc\n"),
            ("ab \ncd\n", true, "abcd\n"),
            ("> a \n> b\n>> c \n> d\n", false, "> a b\n>> c \n> d\n"),
            ("> a \n-- \nTom\n", false, "> a \n-- \nTom\n"),
            ("open \n", false, "open \n"),
        ] {
            assert_eq!(unflow(flowed, delete_space), text, "{flowed:?}");
        }
    }

    proptest! {
        #[test]
        fn what_we_send_reads_as_it_was_written(text in "((>{1,3} )?[a-zäF日]{0,90}( {1,2}[a-zäF日>]{1,20}){0,30}\n){0,8}") {
            // White space at the end of lines goes: an empty quoted line keeps its marks only.
            let written: String = text.lines().map(|l| format!("{}\n", l.trim_end())).collect();
            prop_assert_eq!(unflow(&flow(&text), false), written);
        }
    }
}

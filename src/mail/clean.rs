//! The only maker of printable text.
//!
//! Whatever mail, servers and teammates say becomes [`Clean`] here before it may reach a cell, a
//! log, a title, a file name or another program. Nothing dangerous is dropped silently: controls
//! turn into control pictures, invisible and reordering characters into `<U+202E>`. All functions
//! take linear time, and cleaning twice changes nothing.

mod file;
mod url;

pub use file::file_name;
pub use url::url;

pub(crate) use url::{host_of, scheme_of};

use super::Remote;
use crate::limits;
use serde::Serialize;
use std::fmt;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Stands for a line break inside one line.
const BREAK_MARK: char = '\u{2424}';
/// Stands for what cannot be shown at all.
const REPLACEMENT: char = '\u{fffd}';
/// Ends a text that was cut.
const CUT_MARK: char = '…';
/// Columns between tab stops in multi-line text.
const TAB: usize = 8;

/// Text that is safe to print: no control characters, nothing that reorders or hides, no cluster
/// longer than [`limits::CLUSTER`]. Made only by this module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct Clean(String);

impl Clean {
    /// Columns it takes on a terminal; for multi-line text the columns of all lines together.
    pub fn width(&self) -> usize {
        self.0.width()
    }

    /// Whether there is nothing to print.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for Clean {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<Clean> for String {
    fn from(clean: Clean) -> Self {
        clean.0
    }
}

impl Remote {
    /// [`line()`] of it.
    pub fn line(&self) -> Clean {
        line(self.raw())
    }

    /// [`text`] of it.
    pub fn text(&self) -> Clean {
        text(self.raw())
    }
}

/// One line for headers, names, lists and logs, at most [`limits::CLEAN_LINE`] bytes.
///
/// Line breaks become one visible mark, tabs a space, controls their pictures, bidi controls and
/// invisible characters `<U+202E>`. Only where they cannot mislead are invisible characters left
/// out: beside white space, and joiners between two letters that are not ASCII (emoji families,
/// Persian), whose width terminals do not agree on.
pub fn line(text: &str) -> Clean {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    let mut cut = false;
    while let Some(c) = chars.next() {
        if out.len() > limits::CLEAN_LINE {
            cut = true;
            break;
        }
        let next = chars.peek().copied();
        match kind(c) {
            Kind::Plain => out.push(c),
            Kind::Break if c == '\r' && next == Some('\n') => {}
            Kind::Break => out.push(BREAK_MARK),
            Kind::Tab => out.push(' '),
            Kind::Control => out.push(picture(c)),
            Kind::Bidi => mark(&mut out, c),
            Kind::Joiner if both(&out, next, |n| !n.is_ascii()) => {}
            Kind::Joiner | Kind::Invisible => {
                if both(&out, next, |n| kind(n) == Kind::Plain && !n.is_whitespace()) {
                    mark(&mut out, c);
                }
            }
            Kind::Selector => {}
        }
    }
    Clean(capped_line(short_clusters(out), cut))
}

/// Text of several lines for reading. Line breaks of any kind become `\n`, tabs reach the next
/// multiple of eight columns, joiners between letters stay, other invisible characters go, bidi
/// controls are marked.
pub fn text(text: &str) -> Clean {
    let mut out = String::with_capacity(text.len());
    let mut column = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        column += 1;
        match kind(c) {
            Kind::Plain => out.push(c),
            Kind::Break if c == '\r' && next == Some('\n') => {}
            Kind::Break => {
                out.push('\n');
                column = 0;
            }
            Kind::Tab => {
                let spaces = TAB - (column - 1) % TAB;
                out.extend(std::iter::repeat_n(' ', spaces));
                column += spaces - 1;
            }
            Kind::Control => out.push(picture(c)),
            Kind::Bidi => mark(&mut out, c),
            Kind::Joiner if both(&out, next, joined) => out.push(c),
            Kind::Joiner | Kind::Invisible | Kind::Selector => {}
        }
    }
    Clean(short_clusters(out))
}

/// Whether a character is printed as it is: no control, nothing that reorders, hides or joins.
/// For output such as JSON that escapes instead of replacing.
pub fn is_plain(c: char) -> bool {
    kind(c) == Kind::Plain
}

/// What a character is to a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Break,
    Tab,
    Control,
    Bidi,
    Joiner,
    Invisible,
    Selector,
}

fn kind(c: char) -> Kind {
    match c {
        ' '..='~' => Kind::Plain,
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Kind::Break,
        '\t' => Kind::Tab,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Kind::Control,
        '\u{fff9}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}' => Kind::Control,
        '\u{61c}' | '\u{200e}' | '\u{200f}' => Kind::Bidi,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Kind::Bidi,
        '\u{200c}' | '\u{200d}' => Kind::Joiner,
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => Kind::Selector,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' => Kind::Invisible,
        '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{2060}'..='\u{2065}' => Kind::Invisible,
        '\u{206a}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' => Kind::Invisible,
        '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' => Kind::Invisible,
        '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' => Kind::Invisible,
        _ => Kind::Plain,
    }
}

/// The visible stand-in for a control character.
fn picture(c: char) -> char {
    match u32::from(c) {
        code @ 0..=0x1f => char::from_u32(0x2400 + code).unwrap_or(REPLACEMENT),
        0x7f => '\u{2421}',
        _ => REPLACEMENT,
    }
}

fn mark(out: &mut String, c: char) {
    out.push_str(&format!("<U+{:04X}>", u32::from(c)));
}

/// Whether the last character written and the next one both pass.
fn both(out: &str, next: Option<char>, pass: impl Fn(char) -> bool) -> bool {
    out.chars().next_back().is_some_and(&pass) && next.is_some_and(&pass)
}

/// Letters and pictures that joiners bind.
fn joined(c: char) -> bool {
    !c.is_ascii() && !c.is_whitespace() && kind(c) == Kind::Plain
}

/// Replaces what follows the first [`limits::CLUSTER`] code points of a cluster.
fn short_clusters(text: String) -> String {
    if text.is_ascii() || text.graphemes(true).all(|g| !too_long(g)) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for cluster in text.graphemes(true) {
        if too_long(cluster) {
            out.extend(cluster.chars().take(limits::CLUSTER));
            out.push(REPLACEMENT);
        } else {
            out.push_str(cluster);
        }
    }
    out
}

fn too_long(cluster: &str) -> bool {
    // A mark of a cut may be part of the cluster when the text is cleaned again.
    cluster.len() > limits::CLUSTER
        && cluster
            .trim_end_matches(REPLACEMENT)
            .chars()
            .nth(limits::CLUSTER)
            .is_some()
}

/// Cuts to [`limits::CLEAN_LINE`] at a character, with a visible end.
fn capped_line(mut text: String, cut: bool) -> String {
    if cut || text.len() > limits::CLEAN_LINE {
        let room = limits::CLEAN_LINE - CUT_MARK.len_utf8();
        text.truncate(text.floor_char_boundary(room));
        text.push(CUT_MARK);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_lines_show_what_they_hide() {
        for (dirty, shown) in [
            ("plain", "plain"),
            ("\u{1b}]52;c;ZWNobw==\u{7}", "␛]52;c;ZWNobw==␇"),
            ("\u{1b}[2J\u{1b}[1;1HYou", "␛[2J␛[1;1HYou"),
            (
                "\u{9b}31m \u{9d}52;c\u{9c}",
                "\u{fffd}31m \u{fffd}52;c\u{fffd}",
            ),
            ("Hi\r\nBcc: x@evil", "Hi␤Bcc: x@evil"),
            ("a\nb\rc\u{2028}d\u{85}e", "a␤b␤c␤d␤e"),
            ("a\tb\u{0}c\u{7f}d", "a b␀c␡d"),
            ("\u{202e}fdp.exe", "<U+202E>fdp.exe"),
            ("a\u{200e}b\u{2066}c", "a<U+200E>b<U+2066>c"),
            ("pay\u{200b}pal", "pay<U+200B>pal"),
            ("pay\u{200d}pal", "pay<U+200D>pal"),
            ("tag\u{e0041}s", "tag<U+E0041>s"),
            (
                "hello \u{200c}\u{a0}\u{34f}\u{200c} there",
                "hello \u{a0} there",
            ),
            ("👨\u{200d}👩\u{200d}👧", "👨👩👧"),
            ("❤\u{fe0f}", "❤"),
            ("\u{feff}start", "start"),
            ("日本語 ﷽", "日本語 ﷽"),
        ] {
            assert_eq!(line(dirty).as_str(), shown, "{dirty:?}");
        }
    }

    #[test]
    fn bodies_keep_their_lines_and_letters() {
        for (dirty, shown) in [
            ("a\r\nb\rc\n", "a\nb\nc\n"),
            ("a\tb\n\tc", "a       b\n        c"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("👨\u{200d}👩", "👨\u{200d}👩"),
            ("a\u{200d}b \u{200b}x", "ab x"),
            ("\u{1b}[6n\u{1b}P$q\"p\u{1b}\\", "␛[6n␛P$q\"p␛\\"),
            ("\u{1b}]8;;http://evil", "␛]8;;http://evil"),
            ("\u{202e}abc", "<U+202E>abc"),
        ] {
            assert_eq!(text(dirty).as_str(), shown, "{dirty:?}");
        }
    }

    #[test]
    fn clusters_and_lines_are_cut_visibly() {
        let zalgo = format!("e{}x", "\u{301}".repeat(1000));
        let shown = line(&zalgo);
        assert_eq!(shown.as_str().chars().count(), limits::CLUSTER + 2);
        assert_eq!(shown.width(), 3);
        let long = line(&"ä".repeat(60_000));
        assert!(long.as_str().len() <= limits::CLEAN_LINE && long.as_str().ends_with('…'));
        assert_eq!(text(&"e\u{301}".repeat(9000)).as_str().len(), 27_000);
    }

    fn harmless(text: &str, breaks: bool) -> bool {
        text.chars()
            .all(|c| kind(c) == Kind::Plain || (breaks && (c == '\n' || kind(c) == Kind::Joiner)))
            && text.graphemes(true).all(|g| !too_long(g))
    }

    /// Text in which every second character is dangerous.
    fn nasty() -> impl Strategy<Value = String> {
        let dangerous = prop::sample::select(vec![
            '\u{1b}',
            '\u{9b}',
            '\u{0}',
            '\t',
            '\n',
            '\r',
            '\u{200b}',
            '\u{200d}',
            '\u{200c}',
            '\u{202e}',
            '\u{301}',
            '\u{600}',
            '\u{fe0f}',
            '\u{e0041}',
            'é',
            '👩',
            '🇩',
            'ᄀ',
            ' ',
        ]);
        prop::collection::vec(prop_oneof![dangerous, any::<char>()], 0..120)
            .prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn cleaned_text_is_harmless_and_stays_as_it_is(dirty in nasty()) {
            let one = line(&dirty);
            prop_assert!(harmless(one.as_str(), false), "{:?}", one);
            prop_assert!(one.as_str().len() <= limits::CLEAN_LINE);
            prop_assert_eq!(line(one.as_str()), one);
            let many = text(&dirty);
            prop_assert!(harmless(many.as_str(), true), "{:?}", many);
            prop_assert_eq!(text(many.as_str()), many);
        }
    }
}

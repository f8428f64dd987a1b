//! Which parts of a text are new, quoted, or a signature.
//!
//! The parts tile the text: every byte belongs to exactly one block, so a screen that folds
//! quotes loses nothing.

mod attribution;

use super::clean;
use std::ops::Range;

/// What a block of lines is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Written by the sender.
    Body,
    /// `On … wrote:` or the header block that some programs put above a quote.
    Attribution,
    /// Earlier mail; `depth` counts the `>` marks, 0 for quotes without marks.
    Quote {
        /// Number of marks.
        depth: usize,
    },
    /// Below `-- `, or a device's advertisement.
    Signature,
}

/// Neighbouring lines of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub kind: Kind,
    /// Where it stands in the text, in bytes, whole lines with their line ends.
    pub range: Range<usize>,
    /// How many lines it has.
    pub lines: usize,
}

impl Block {
    /// The lines of the block; empty when `text` is not the text it was made from.
    pub fn of<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.range.clone()).unwrap_or_default()
    }

    /// Whether a reader who wants only what is new may skip it.
    pub fn folds(&self) -> bool {
        self.kind != Kind::Body
    }
}

/// Longest run of `>` marks that is counted.
const DEEPEST: usize = 32;

/// Splits a text into blocks.
pub fn split(text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut blocks = Vec::new();
    let mut at = 0;
    let mut start = 0;
    let mut below = None;
    while let Some(line) = lines.get(at) {
        let rest = lines.get(at..).unwrap_or_default();
        let (kind, count) = match below {
            Some(kind) => (below_kind(kind, line), 1),
            None => classify(rest, at > 0),
        };
        let (kind, count) = (kind, count.max(1));
        if below.is_none() {
            below = opens_tail(kind, rest, count);
        }
        let taken = lines.get(at..at + count).unwrap_or_default();
        let length: usize = taken.iter().map(|l| l.len()).sum();
        push(&mut blocks, kind, start..start + length, taken.len());
        start += length;
        at += taken.len().max(1);
    }
    settle_blank_lines(&mut blocks, text);
    blocks
}

/// A quote for a reply: the attribution line, then every line behind `> `, cleaned, because what
/// we send must not pass on controls. Trailing blank lines and the signature are left out.
pub fn quoted(text: &str, attribution: &str) -> String {
    let text = clean::text(text);
    let text = text.as_str();
    let mut out = String::with_capacity(text.len() + attribution.len() + 16);
    if !attribution.is_empty() {
        out.push_str(attribution.trim_end());
        out.push('\n');
    }
    let kept: String = split(text)
        .iter()
        .filter(|block| block.kind != Kind::Signature)
        .map(|block| block.of(text))
        .collect();
    for line in kept.trim_end().trim_start_matches('\n').lines() {
        let line = line.trim_end();
        out.push('>');
        if !line.is_empty() && !line.starts_with('>') {
            out.push(' ');
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// What the lines at the start of `rest` are, and how many of them belong together.
fn classify(rest: &[&str], anything_above: bool) -> (Kind, usize) {
    let line = rest.first().copied().unwrap_or_default();
    let depth = depth(line);
    if depth > 0 {
        return (Kind::Quote { depth }, 1);
    }
    let bare = line.trim_end_matches(['\n', '\r']);
    if bare == "-- " || bare == "--" && anything_above {
        return (Kind::Signature, 1);
    }
    if let Some(count) = attribution::length(rest) {
        return (Kind::Attribution, count);
    }
    if attribution::is_device_line(bare) {
        return (Kind::Signature, 1);
    }
    (Kind::Body, 1)
}

/// What everything below a block is, when the block says so.
fn opens_tail(kind: Kind, rest: &[&str], count: usize) -> Option<Kind> {
    match kind {
        Kind::Signature if rest.first()?.starts_with("--") => Some(Kind::Signature),
        // A header block, or an attribution above text that is not marked, quotes all below it.
        Kind::Attribution => {
            let next = rest.get(count..)?.iter().find(|l| !l.trim().is_empty())?;
            (depth(next) == 0).then_some(Kind::Quote { depth: 0 })
        }
        _ => None,
    }
}

fn below_kind(tail: Kind, line: &str) -> Kind {
    match (tail, depth(line)) {
        (Kind::Quote { .. } | Kind::Signature, depth @ 1..) => Kind::Quote { depth },
        (tail, _) => tail,
    }
}

/// How many `>` marks a line starts with; `> >` and `>>` count alike.
fn depth(line: &str) -> usize {
    let mut marks = 0;
    for c in line.chars() {
        match c {
            '>' => marks += 1,
            ' ' if marks > 0 => {}
            _ => break,
        }
        if marks == DEEPEST {
            break;
        }
    }
    // `>From` at the start of a line is an escape of mbox files, not a quote.
    if marks == 1 && line.starts_with(">From ") {
        return 0;
    }
    marks
}

fn push(blocks: &mut Vec<Block>, kind: Kind, range: Range<usize>, lines: usize) {
    if let Some(last) = blocks.last_mut()
        && last.kind == kind
    {
        last.range.end = range.end;
        last.lines += lines;
        return;
    }
    blocks.push(Block { kind, range, lines });
}

/// Blank lines between two quotes, or between an attribution and its quote, join what follows.
fn settle_blank_lines(blocks: &mut Vec<Block>, text: &str) {
    let mut settled: Vec<Block> = Vec::with_capacity(blocks.len());
    let mut blank: Option<Block> = None;
    for block in blocks.drain(..) {
        let is_blank = block.kind == Kind::Body && block.of(text).trim().is_empty();
        let after_fold = settled.last().is_some_and(Block::folds);
        if is_blank && after_fold && blank.is_none() {
            blank = Some(block);
            continue;
        }
        match blank.take() {
            Some(gap) if block.folds() => {
                push(&mut settled, block.kind, gap.range, gap.lines);
            }
            Some(gap) => push(&mut settled, Kind::Body, gap.range, gap.lines),
            None => {}
        }
        push(&mut settled, block.kind, block.range, block.lines);
    }
    if let (Some(gap), Some(last)) = (blank, settled.last_mut()) {
        last.range.end = gap.range.end;
        last.lines += gap.lines;
    }
    *blocks = settled;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kinds(text: &str) -> Vec<(Kind, usize)> {
        split(text).iter().map(|b| (b.kind, b.lines)).collect()
    }

    #[test]
    fn new_text_quotes_and_signatures_come_apart() {
        let quote = |depth| Kind::Quote { depth };
        for (text, want) in [
            ("Hi\nTom\n", vec![(Kind::Body, 2)]),
            (
                "Yes.\n\nOn Mon, 3 Jun 2024 at 10:00, Ana <a@x> wrote:\n> No?\n>> Yes!\n\n-- \nTom\n",
                vec![
                    (Kind::Body, 2),
                    (Kind::Attribution, 1),
                    (quote(1), 1),
                    (quote(2), 1),
                    (Kind::Signature, 3),
                ],
            ),
            (
                "Ja.\n\nAm 03.06.2024 um 10:00 schrieb Ana\n<a@x>:\n> Nein?\n",
                vec![(Kind::Body, 2), (Kind::Attribution, 2), (quote(1), 1)],
            ),
            (
                "Ok\n\n-----Original Message-----\nFrom: Ana\nSent: Monday\nTo: Tom\nSubject: Hi\n\nOld text\nmore\n",
                vec![(Kind::Body, 2), (Kind::Attribution, 5), (quote(0), 3)],
            ),
            (
                "Ok\nSent from my iPhone\n",
                vec![(Kind::Body, 1), (Kind::Signature, 1)],
            ),
            (
                "> a\n\nyes\n> b\n\nno\n",
                vec![
                    (quote(1), 1),
                    (Kind::Body, 2),
                    (quote(1), 1),
                    (Kind::Body, 2),
                ],
            ),
            (">From here\n", vec![(Kind::Body, 1)]),
        ] {
            assert_eq!(kinds(text), want, "{text}");
        }
    }

    #[test]
    fn a_reply_quotes_without_signature() {
        let text = "Hello\n\n> old\nBye\n-- \nTom\n";
        assert_eq!(
            quoted(text, "On Monday Tom wrote:"),
            "On Monday Tom wrote:\n> Hello\n>\n>> old\n> Bye\n"
        );
    }

    proptest! {
        #[test]
        fn blocks_tile_the_text(text in "([>a: \n-]{0,6}(On 1 x wrote:|From: a@b|-- )?\n?){0,12}") {
            let blocks = split(&text);
            let joined: String = blocks.iter().map(|b| b.of(&text)).collect();
            prop_assert_eq!(&joined, &text);
            let lines: usize = blocks.iter().map(|b| b.lines).sum();
            prop_assert_eq!(lines, text.split_inclusive('\n').count());
        }
    }

    /// Where these disagree it is mostly by choice: we fold quotes between new lines of text too.
    #[test]
    fn most_of_the_corpus_is_cut_where_its_authors_cut_it() {
        const SAME: usize = 50;
        let corpus = std::path::Path::new("../shared/corpus/threads/quoted-replies");
        if !corpus.is_dir() {
            println!("skipped: {} is not here", corpus.display());
            return;
        }
        let lines = |text: &str| -> Vec<String> {
            let lines = text.lines().map(|line| line.trim().to_owned());
            lines.filter(|line| !line.is_empty()).collect()
        };
        let (mut same, mut all) = (0, 0);
        for entry in std::fs::read_dir(corpus.join("expected-trimmed")).unwrap() {
            let expected = entry.unwrap().path();
            let name = expected.file_name().unwrap().to_str().unwrap();
            let text = corpus.join(format!("email_reply_trimme__{name}"));
            let text = std::fs::read_to_string(text).unwrap();
            let blocks = split(&text);
            let new = blocks.iter().filter(|b| !b.folds()).map(|b| b.of(&text));
            let new: String = new.collect();
            all += 1;
            if lines(&new) == lines(&std::fs::read_to_string(&expected).unwrap()) {
                same += 1;
            } else {
                println!("differs: {name}");
            }
        }
        assert!(same >= SAME && all == 63, "{same} of {all}");
    }
}

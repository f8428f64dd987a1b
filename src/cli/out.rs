//! The one place that prints. Results go to standard output, everything else to standard error.
//!
//! Whatever is printed as text is cleaned here, whatever is printed as JSON is escaped here, so no
//! verb can forget it.

use super::args::{ColorChoice, Global};
use super::exit::{Exit, Failure};
use crate::mail::clean;
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{self, ErrorKind, IsTerminal, Write};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Where verbs print.
pub struct Out {
    results: Box<dyn Write + Send>,
    remarks: Box<dyn Write + Send>,
    json: bool,
    color: bool,
    remarks_color: bool,
    terminal: bool,
    width: Option<usize>,
}

/// How a piece of text looks when colours are on. Nothing is said by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As everything else.
    Plain,
    /// Stands out.
    Strong,
    /// Stands back.
    Faint,
    /// Asks for attention.
    Warn,
    /// Went wrong.
    Bad,
}

/// One line of results, piece by piece.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    pieces: Vec<(Style, String)>,
}

impl Line {
    /// Adds text; it is cleaned.
    #[must_use]
    pub fn put(mut self, style: Style, text: &str) -> Self {
        self.pieces.push((style, clean::line(text).into()));
        self
    }

    /// Adds plain text; it is cleaned.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.put(Style::Plain, text)
    }

    /// Adds text cut or filled up to `width` columns, and a space after it.
    #[must_use]
    pub fn column(mut self, style: Style, text: &str, width: usize) -> Self {
        let text = fit(clean::line(text).as_str(), width);
        let room = width.saturating_sub(text.width());
        self.pieces.push((style, text));
        self.pieces.push((Style::Plain, " ".repeat(room + 1)));
        self
    }
}

impl Out {
    /// Prints to this process's own standard output and error.
    pub fn standard(global: &Global) -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let wanted = |terminal: bool| match global.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && colors_are_welcome(),
        };
        Self {
            color: wanted(stdout.is_terminal()) && !global.json,
            remarks_color: wanted(stderr.is_terminal()),
            terminal: stdout.is_terminal(),
            width: columns(&stdout),
            json: global.json,
            results: Box::new(io::BufWriter::new(stdout)),
            remarks: Box::new(stderr),
        }
    }

    /// Whether results are JSON.
    pub fn json(&self) -> bool {
        self.json
    }

    /// Prints one JSON object on one line.
    pub fn record(&mut self, record: &impl Serialize) -> Result<(), Failure> {
        let json = serde_json::to_string(record)
            .map_err(|error| Failure::new(Exit::Other, format!("cannot write JSON: {error}")))?;
        let mut line = escaped(&json);
        line.push('\n');
        self.result(&line)
    }

    /// Prints one line of text, however long.
    pub fn line(&mut self, line: &Line) -> Result<(), Failure> {
        self.line_within(line, usize::MAX)
    }

    /// Prints one line of a table: on a terminal it ends at the edge, into a pipe nothing is cut.
    pub fn row(&mut self, line: &Line) -> Result<(), Failure> {
        self.line_within(line, self.width.unwrap_or(usize::MAX))
    }

    /// Prints text of several lines, each with `indent` before it.
    pub fn block(&mut self, indent: &str, text: &str) -> Result<(), Failure> {
        let text = clean::text(text);
        for line in text.as_str().trim_end().lines() {
            let line = format!("{indent}{line}");
            self.result(&format!("{}\n", line.trim_end()))?;
        }
        Ok(())
    }

    /// Prints bytes of our own making, such as completions, as they are.
    pub fn own(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.results.write_all(bytes);
        forgive_closed_pipe(written)
    }

    /// Says something on standard error; a sentence without a full stop.
    pub fn remark(&mut self, style: Style, sentence: &str) {
        let mut text = String::from("postroom: ");
        let sentence = clean::line(sentence);
        paint(&mut text, style, sentence.as_str(), self.remarks_color);
        // Where standard error is gone too, there is nobody left to tell.
        let _nobody = writeln!(self.remarks, "{text}");
    }

    /// Hands everything to the operating system.
    pub fn flush(&mut self) -> Result<(), Failure> {
        let flushed = self.results.flush();
        forgive_closed_pipe(flushed)
    }

    fn line_within(&mut self, line: &Line, mut room: usize) -> Result<(), Failure> {
        let mut text = String::new();
        for (style, piece) in &line.pieces {
            if room == 0 {
                break;
            }
            let piece = fit(piece, room);
            room = room.saturating_sub(piece.width());
            paint(&mut text, *style, &piece, self.color);
        }
        let mut text = text.trim_end().to_owned();
        text.push('\n');
        self.result(&text)
    }

    fn result(&mut self, text: &str) -> Result<(), Failure> {
        let mut written = self.results.write_all(text.as_bytes());
        if self.terminal && written.is_ok() {
            written = self.results.flush();
        }
        forgive_closed_pipe(written)
    }
}

/// `NO_COLOR` with any text in it, or a terminal that cannot, means no colours.
fn colors_are_welcome() -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    !no_color && !dumb
}

/// Columns of the terminal behind a stream; `None` when it is no terminal.
fn columns(stream: &io::Stdout) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    (size.ws_col > 0).then_some(size.ws_col.into())
}

/// A reader that has seen enough, as `head` has, is no error.
fn forgive_closed_pipe(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::new(
            Exit::Other,
            format!("cannot write to standard output: {error}"),
        )),
        _ => Ok(()),
    }
}

fn paint(out: &mut String, style: Style, text: &str, color: bool) {
    let code = match style {
        Style::Plain => "",
        Style::Strong => "1",
        Style::Faint => "2",
        Style::Warn => "33",
        Style::Bad => "31",
    };
    if color && !code.is_empty() {
        out.push_str(&format!("\u{1b}[{code}m{text}\u{1b}[0m"));
    } else {
        out.push_str(text);
    }
}

/// Cuts clean text at a cluster so that it takes at most `width` columns, with a visible end.
fn fit(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for cluster in text.graphemes(true) {
        used += cluster.width();
        if used + 1 > width {
            break;
        }
        out.push_str(cluster);
    }
    out.push('…');
    out
}

/// JSON with everything that could steer a terminal or mislead a reader as `\uXXXX`. The
/// characters stand only inside strings: JSON's own are plain.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if clean::is_plain(c) {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing into a string cannot fail.
                let _infallible = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// Catches what is printed.
    #[derive(Clone, Default)]
    pub(crate) struct Caught(Arc<Mutex<Vec<u8>>>);

    impl Caught {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Caught {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// An output into memory: results, remarks.
    pub(crate) fn caught(json: bool, color: bool) -> (Out, Caught, Caught) {
        let (results, remarks) = (Caught::default(), Caught::default());
        let out = Out {
            results: Box::new(results.clone()),
            remarks: Box::new(remarks.clone()),
            json,
            color,
            remarks_color: color,
            terminal: false,
            width: None,
        };
        (out, results, remarks)
    }

    const HOSTILE: &str = "a\u{1b}[2Jb\u{202e}c\u{9b}d\u{200b}e\nf\u{e0041}g\u{7f}";

    #[test]
    fn json_escapes_what_steers_a_terminal_and_loses_nothing() {
        let (mut out, results, _) = caught(true, false);
        out.record(&serde_json::json!({ "subject": HOSTILE, "né": "日本" }))
            .unwrap();
        let line = results.text();
        assert_eq!(line.matches('\n').count(), 1);
        assert!(line.trim_end().chars().all(clean::is_plain), "{line:?}");
        assert!(line.contains("日本") && line.contains("\\u202e"));
        let back: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(back["subject"], HOSTILE);
    }

    #[test]
    fn text_is_cleaned_whatever_a_verb_hands_over() {
        let (mut out, results, remarks) = caught(false, false);
        out.line(
            &Line::default()
                .text(HOSTILE)
                .column(Style::Strong, HOSTILE, 9),
        )
        .unwrap();
        out.block("> ", HOSTILE).unwrap();
        out.remark(Style::Bad, HOSTILE);
        for text in [results.text(), remarks.text()] {
            assert!(
                text.chars().all(|c| c == '\n' || clean::is_plain(c)),
                "{text:?}"
            );
        }
    }

    #[test]
    fn columns_have_their_width_whatever_is_in_them() {
        for text in [
            "",
            "abc",
            "abcdef",
            "日本語",
            "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}",
        ] {
            let (mut out, results, _) = caught(false, false);
            out.line(&Line::default().column(Style::Plain, text, 4).text("|"))
                .unwrap();
            assert_eq!(results.text().trim_end().width(), 6, "{text}");
        }
    }

    #[test]
    fn colours_only_where_they_are_wanted() {
        let line = Line::default().put(Style::Bad, "x").text("y");
        let (mut out, results, _) = caught(false, true);
        out.line(&line).unwrap();
        assert_eq!(results.text(), "\u{1b}[31mx\u{1b}[0my\n");
        let (mut out, results, _) = caught(false, false);
        out.line(&line).unwrap();
        assert_eq!(results.text(), "xy\n");
    }

    #[test]
    fn tables_end_at_the_edge_of_a_terminal_and_sentences_do_not() {
        let line = Line::default()
            .column(Style::Plain, "ab", 3)
            .text("long subject");
        let (mut out, results, _) = caught(false, false);
        out.width = Some(8);
        out.row(&line).unwrap();
        out.line(&line).unwrap();
        assert_eq!(results.text(), "ab  lon…\nab  long subject\n");
    }

    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn a_reader_that_went_away_is_no_error_and_a_full_disk_is_one() {
        let (mut out, _, _) = caught(false, false);
        out.results = Box::new(Broken(ErrorKind::BrokenPipe));
        assert_eq!(out.line(&Line::default().text("x")), Ok(()));
        assert_eq!(out.flush(), Ok(()));
        out.results = Box::new(Broken(ErrorKind::StorageFull));
        let failure = out.line(&Line::default().text("x")).unwrap_err();
        assert_eq!(failure.exit, Exit::Other);
    }
}

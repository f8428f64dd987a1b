//! A conversation as lines of text: what stands where, before any colour.

use crate::clock::Timestamp;
use crate::mail::{Address, Defect, Remote, clean};
use crate::tui::{text, words};
use crate::view::{Note, Thread, ThreadMessage};
use jiff::tz::TimeZone;
use linkify::{LinkFinder, LinkKind};
use std::collections::BTreeMap;

/// What a line is; decides how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Sender and time of a customer's message.
    Theirs,
    /// Sender and time of one of our messages.
    Ours,
    /// Author and time of a note.
    NoteHead,
    /// Text of a message.
    Text,
    /// Quoted text.
    Quote,
    /// Text of a note.
    Note,
    /// Something the program says about the text.
    Remark,
    /// Attachments and links.
    Files,
    /// A warning about the message.
    Warning,
    /// Nothing.
    Blank,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProseLine {
    /// What it is.
    pub kind: Kind,
    /// The entry it belongs to.
    pub entry: usize,
    /// Text from the left.
    pub left: String,
    /// Text at the right edge.
    pub right: String,
}

/// One entry of a conversation, in order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// A message, by number.
    Message(usize),
    /// A note, by number.
    Note(usize),
}

/// A link or an attachment with the number the screen shows for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thing {
    /// An attachment.
    File {
        /// Message it is in (`ThreadMessage::key`).
        message: i64,
        /// Its number there.
        index: usize,
        /// Printable name.
        name: String,
        /// Bytes.
        size: u64,
    },
    /// A link; printable and safe to open.
    Link(String),
}

/// How to lay a conversation out.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// Columns.
    pub width: usize,
    /// Entries folded or shown against the default.
    pub folds: &'a BTreeMap<usize, bool>,
    /// Whether quoted text is shown.
    pub quotes: bool,
    /// For the times.
    pub now: Timestamp,
    /// For the times.
    pub zone: &'a TimeZone,
}

/// A laid-out conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prose {
    /// Its lines.
    pub lines: Vec<ProseLine>,
    /// The line each entry starts at.
    pub starts: Vec<usize>,
}

/// Quoted lines in a row that are folded.
const FOLD_QUOTES: usize = 3;
/// Bytes of one message's text that are laid out: what a person reads, at once on every key.
const SHOWN: usize = 256 << 10;
/// Bytes of a folded text that are looked at for its first line.
const FIRST: usize = 2 << 10;
/// Links of one message that are taken.
const LINKS: usize = 50;
/// Links of one message that are shown below it.
const LINKS_SHOWN: usize = 4;

/// Messages and notes in order of time.
pub fn entries(thread: &Thread) -> Vec<Entry> {
    let messages = thread.messages.iter().enumerate();
    let notes = thread.notes.iter().enumerate();
    let mut all: Vec<(Timestamp, Entry)> = messages
        .map(|(n, m)| (m.at, Entry::Message(n)))
        .chain(notes.map(|(n, note)| (note.at, Entry::Note(n))))
        .collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, entry)| entry).collect()
}

/// Attachments and links of a message.
pub fn things(message: &ThreadMessage) -> Vec<Thing> {
    let files = message.attachments.iter().map(|file| Thing::File {
        message: message.key,
        index: file.index,
        name: clean::file_name(file.name.raw(), file.index),
        size: file.size,
    });
    let mut out: Vec<Thing> = files.collect();
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    for link in finder.links(beginning(&message.text, SHOWN)).take(LINKS) {
        let Some(url) = clean::url(link.as_str()) else {
            continue;
        };
        let thing = Thing::Link(url.as_str().to_owned());
        if !out.contains(&thing) {
            out.push(thing);
        }
    }
    out
}

/// Whether an entry is folded unless the person says otherwise: all but the last message, what is
/// unread, and notes.
pub fn folded_by_default(thread: &Thread, entry: Entry) -> bool {
    match entry {
        Entry::Note(_) => false,
        Entry::Message(number) => {
            let last = number + 1 == thread.messages.len();
            !last
                && thread
                    .messages
                    .get(number)
                    .is_some_and(|m| m.read || m.outgoing)
        }
    }
}

/// Lays a conversation out.
pub fn prose(thread: &Thread, look: Look<'_>) -> Prose {
    let mut out = Prose::default();
    let mut number = 1;
    for (at, entry) in entries(thread).into_iter().enumerate() {
        if at > 0 && out.lines.last().is_some_and(|l| l.kind != Kind::Blank) {
            out.push(Kind::Blank, at, String::new());
        }
        out.starts.push(out.lines.len());
        let default = folded_by_default(thread, entry);
        let folded = look.folds.get(&at).copied().unwrap_or(default);
        match entry {
            Entry::Message(n) => {
                if let Some(message) = thread.messages.get(n) {
                    let things = things(message);
                    let first = number;
                    number += things.len();
                    out.message(at, message, folded, (&things, first), look);
                }
            }
            Entry::Note(n) => {
                if let Some(note) = thread.notes.get(n) {
                    out.note(at, note, folded, look);
                }
            }
        }
    }
    out
}

/// The first bytes of a text from outside, cut at a character; still to be cleaned.
pub fn beginning(text: &Remote, bytes: usize) -> &str {
    let raw = text.raw();
    raw.get(..raw.floor_char_boundary(bytes)).unwrap_or(raw)
}

/// How a sender is shown: the address always, the name never alone.
pub fn sender(addresses: &[Address]) -> String {
    let one = |a: &Address| {
        let address = a.address.line();
        let name = a.name.line();
        if name.is_empty() {
            address.as_str().to_owned()
        } else {
            format!("{name} <{address}>")
        }
    };
    match addresses {
        [] => "no sender".to_owned(),
        all => all.iter().map(one).collect::<Vec<_>>().join(", "),
    }
}

/// The name to call somebody by: the display name, else the address.
pub fn name_of(address: &Address) -> String {
    let name = address.name.line();
    if name.is_empty() {
        address.address.line().as_str().to_owned()
    } else {
        name.as_str().to_owned()
    }
}

impl Prose {
    fn push(&mut self, kind: Kind, entry: usize, left: String) {
        self.lines.push(ProseLine {
            kind,
            entry,
            left,
            right: String::new(),
        });
    }

    fn head(&mut self, kind: Kind, entry: usize, left: String, right: String) {
        self.lines.push(ProseLine {
            kind,
            entry,
            left,
            right,
        });
    }

    fn message(
        &mut self,
        entry: usize,
        message: &ThreadMessage,
        folded: bool,
        (things, first): (&[Thing], usize),
        look: Look<'_>,
    ) {
        let kind = if message.outgoing {
            Kind::Ours
        } else {
            Kind::Theirs
        };
        let mut who = match &message.author {
            Some(author) => format!("{author}, {}", sender(&message.from)),
            None => sender(&message.from),
        };
        if message.automatic {
            who.push_str(" (automatic)");
        }
        let when = words::when(look.now, message.at, look.zone);
        self.head(kind, entry, who, when);
        if folded {
            let first = clean::text(beginning(&message.text, FIRST));
            self.folded(entry, first.as_str(), look.width);
            return;
        }
        for defect in &message.defects {
            self.push(Kind::Warning, entry, format!("  ! {}", warning(defect)));
        }
        let shown = clean::text(beginning(&message.text, SHOWN));
        self.body(entry, shown.as_str(), look);
        let rest = message.text.raw().len().saturating_sub(SHOWN);
        if rest > 0 {
            let size = words::size(rest as u64);
            self.push(
                Kind::Remark,
                entry,
                format!("  [{size} more; y t copies all]"),
            );
        }
        self.files(entry, things, first, look.width);
    }

    fn note(&mut self, entry: usize, note: &Note, folded: bool, look: Look<'_>) {
        let when = words::when(look.now, note.at, look.zone);
        let who = format!("NOTE {}, for the team only", note.agent);
        self.head(Kind::NoteHead, entry, who, when);
        let clean = note.text.text();
        if folded {
            self.folded(entry, clean.as_str(), look.width);
            return;
        }
        for line in text::wrap(clean.as_str(), look.width.saturating_sub(2)) {
            self.push(Kind::Note, entry, format!("| {line}"));
        }
    }

    /// One line of the text and that it is folded.
    fn folded(&mut self, entry: usize, body: &str, width: usize) {
        let mark = "  (folded)";
        let first = body
            .lines()
            .map(str::trim)
            .find(|l| !l.is_empty() && !is_quote(l));
        let room = width.saturating_sub(mark.len() + 2);
        let line = text::pad(first.unwrap_or("(no text)"), room);
        self.push(Kind::Remark, entry, format!("  {line}{mark}"));
    }

    fn body(&mut self, entry: usize, body: &str, look: Look<'_>) {
        let room = look.width.saturating_sub(2);
        let lines: Vec<&str> = body.trim_end().lines().collect();
        let mut rest = lines.as_slice();
        let mut blank = true;
        while let Some(line) = rest.first() {
            let quoted = rest.iter().take_while(|l| is_quote(l)).count();
            if quoted >= FOLD_QUOTES && !look.quotes {
                let words = text::count(quoted, "quoted line", "quoted lines");
                self.push(
                    Kind::Remark,
                    entry,
                    format!("  [{words} folded; = shows them]"),
                );
                rest = rest.get(quoted..).unwrap_or_default();
                blank = false;
                continue;
            }
            let kind = if is_quote(line) {
                Kind::Quote
            } else {
                Kind::Text
            };
            let empty = line.trim().is_empty();
            // Mail is full of runs of empty lines; one says as much.
            if empty && !blank {
                self.push(Kind::Text, entry, String::new());
            } else if !empty {
                for piece in text::wrap(line, room) {
                    self.push(kind, entry, format!("  {piece}"));
                }
            }
            blank = empty;
            rest = rest.get(1..).unwrap_or_default();
        }
        if lines.is_empty() {
            self.push(Kind::Remark, entry, "  (no text)".to_owned());
        }
    }

    fn files(&mut self, entry: usize, things: &[Thing], first: usize, width: usize) {
        if things.is_empty() {
            return;
        }
        self.push(Kind::Text, entry, String::new());
        let mut line = String::new();
        let mut links = 0;
        for (at, thing) in things.iter().enumerate() {
            let label = match thing {
                Thing::File { name, size, .. } => format!("{name} {}", words::size(*size)),
                Thing::Link(url) => {
                    links += 1;
                    if links > LINKS_SHOWN {
                        continue;
                    }
                    let short = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
                    text::fit(short, 32)
                }
            };
            let label = format!("[{}] {label}", first + at);
            if !line.is_empty() && text::width(&line) + text::width(&label) + 5 > width {
                self.push(Kind::Files, entry, format!("  {line}"));
                line.clear();
            }
            if !line.is_empty() {
                line.push_str("   ");
            }
            line.push_str(&text::fit(&label, width.saturating_sub(2)));
        }
        self.push(Kind::Files, entry, format!("  {line}"));
        if links > LINKS_SHOWN {
            let more = text::count(links - LINKS_SHOWN, "more link", "more links");
            self.push(Kind::Remark, entry, format!("  [{more}; o lists them]"));
        }
    }
}

fn is_quote(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

fn warning(defect: &Defect) -> &'static str {
    match defect {
        Defect::Unparsed => "This message could not be read; only its headers are shown.",
        Defect::TooDeep => "Parts nested too deep are not shown.",
        Defect::TooManyParts => "It has more parts than are shown.",
        Defect::HeadersCut => "Its headers are too long; the rest is not shown.",
        Defect::TextCut => "Its text is too long; the rest is not shown.",
        Defect::HtmlCut => "Its HTML is too large; the rest is not shown.",
        Defect::NoFrom => "It does not say who sent it.",
        Defect::ManyFrom => "It names more than one sender.",
        Defect::NameLooksLikeAddress => "The sender's name looks like another address.",
        Defect::ReplyToElsewhere => "Answers would go to another domain than the sender's.",
        Defect::BadDate => "Its date is missing or wrong.",
        Defect::HiddenText => "It hides text from its reader.",
        Defect::MisleadingLink => "A link leads elsewhere than its text says.",
        Defect::BadEncoding => "Some of its text could not be decoded.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::team::{Agent, ConversationName, EventId, Status};
    use crate::view::Row;
    use std::collections::BTreeSet;

    fn message(at: i64, text: &str) -> ThreadMessage {
        ThreadMessage {
            key: at,
            message_id: None,
            uid: 1,
            folder: "INBOX".to_owned(),
            from: vec![Address::new("Mia", "mia@example.net")],
            to: Vec::new(),
            cc: Vec::new(),
            reply_to: Vec::new(),
            references: Vec::new(),
            subject: Remote::new("Refund"),
            at: Timestamp::from_second(at).unwrap(),
            date: None,
            text: Remote::new(text),
            from_html: false,
            attachments: Vec::new(),
            outgoing: false,
            author: None,
            automatic: false,
            read: true,
            defects: Vec::new(),
        }
    }

    fn thread(messages: Vec<ThreadMessage>, notes: Vec<Note>) -> Thread {
        let name = ConversationName::new("a@b");
        let row = Row {
            id: name.id(),
            name,
            subject: Remote::new("Refund"),
            from: Address::new("Mia", "mia@example.net"),
            status: Status::New,
            owner: None,
            tags: BTreeSet::new(),
            waiting_since: None,
            last_at: Timestamp::UNIX_EPOCH,
            messages: 1,
            unread: 0,
            snoozed_until: None,
            attachments: false,
            bounced: false,
            presence: Vec::new(),
            draft: false,
        };
        Thread {
            row,
            epoch: 0,
            messages,
            notes,
            events: Vec::new(),
            customer: (0, 0),
        }
    }

    fn lay_out(thread: &Thread, quotes: bool) -> Prose {
        let look = Look {
            width: 40,
            folds: &BTreeMap::new(),
            quotes,
            now: Timestamp::from_second(100).unwrap(),
            zone: &TimeZone::UTC,
        };
        prose(thread, look)
    }

    fn text_of(prose: &Prose) -> String {
        let lines: Vec<&str> = prose.lines.iter().map(|l| l.left.as_str()).collect();
        lines.join("\n")
    }

    #[test]
    fn messages_and_notes_stand_in_order_of_time_and_only_the_last_message_is_open() {
        let note = Note {
            event: EventId::new("e"),
            agent: Agent::new("ben"),
            text: Remote::new("call her"),
            at: Timestamp::from_second(15).unwrap(),
        };
        let thread = thread(
            vec![message(10, "one\ntwo"), message(20, "three")],
            vec![note],
        );
        let prose = lay_out(&thread, false);
        let kinds: Vec<Kind> = prose.starts.iter().map(|n| prose.lines[*n].kind).collect();
        assert_eq!(kinds, [Kind::Theirs, Kind::NoteHead, Kind::Theirs]);
        let text = text_of(&prose);
        assert!(text.contains("one") && text.contains("(folded)") && !text.contains("two"));
        assert!(text.contains("| call her") && text.contains("three"));
    }

    #[test]
    fn quotes_fold_from_three_lines_on() {
        for (quoted, folded) in [(2, false), (3, true)] {
            let body = format!("Hi\n{}", "> old\n".repeat(quoted));
            let thread = thread(vec![message(1, &body)], Vec::new());
            assert_eq!(
                text_of(&lay_out(&thread, false)).contains("folded;"),
                folded
            );
            assert!(text_of(&lay_out(&thread, true)).contains("> old"));
        }
    }

    #[test]
    fn no_line_is_wider_than_its_place_and_huge_texts_are_cut() {
        let body = format!("{}\n{}", "word ".repeat(50), "x".repeat(SHOWN));
        let thread = thread(vec![message(1, &body)], Vec::new());
        let prose = lay_out(&thread, false);
        assert!(
            prose
                .lines
                .iter()
                .all(|l| text::width(&l.left) <= 40 || l.kind == Kind::Theirs)
        );
        assert!(text_of(&prose).contains("y t copies all"));
    }

    #[test]
    fn links_are_numbered_once_and_only_safe_ones_count() {
        let body = "https://a.example/x javascript:alert(1) https://a.example/x http://b.example";
        let found = things(&message(1, body));
        assert_eq!(found.len(), 2, "{found:?}");
    }
}

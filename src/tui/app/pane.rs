//! The conversation that is shown: its lines, what is folded, how far it is scrolled.

use super::prose::{self, Entry, Look, Prose, Thing};
use crate::clock::Timestamp;
use crate::view::{Thread, ThreadMessage};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// A conversation on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pane {
    /// The conversation.
    pub thread: Thread,
    /// Its lines at the current width.
    pub prose: Prose,
    /// First line shown.
    pub scroll: usize,
    /// The entry that keys act on.
    pub at: usize,
    /// Whether quoted text is shown.
    pub quotes: bool,
    moved: bool,
    folds: BTreeMap<usize, bool>,
    width: usize,
    height: usize,
}

/// What a layout depends on besides the conversation.
#[derive(Debug, Clone, Copy)]
pub struct Room<'a> {
    /// Columns.
    pub width: usize,
    /// Lines.
    pub height: usize,
    /// For the times.
    pub now: Timestamp,
    /// For the times.
    pub zone: &'a TimeZone,
}

impl Pane {
    /// Shows a conversation at its last message.
    pub fn new(thread: Thread, room: Room<'_>) -> Self {
        let at = prose::entries(&thread).len().saturating_sub(1);
        let mut pane = Self {
            thread,
            prose: Prose::default(),
            scroll: 0,
            at,
            quotes: false,
            moved: false,
            folds: BTreeMap::new(),
            width: 0,
            height: 0,
        };
        pane.lay_out(room);
        pane.show_entry();
        pane
    }

    /// Takes a newer version of the same conversation; what is read stays in place. Where nobody
    /// has moved yet, the newest entry is shown.
    pub fn update(&mut self, thread: Thread, room: Room<'_>) {
        self.thread = thread;
        self.lay_out(room);
        if !self.moved {
            self.go_to_last();
        }
    }

    /// Goes to the newest message or note.
    pub fn go_to_last(&mut self) {
        self.at = self.prose.starts.len().saturating_sub(1);
        self.show_entry();
    }

    /// Lays the text out again, after the room or a fold changed; the entry at the top stays.
    pub fn lay_out(&mut self, room: Room<'_>) {
        let top = self.entry_at(self.scroll);
        let before = self.scroll.saturating_sub(self.start(top));
        self.width = room.width;
        self.height = room.height;
        self.prose = prose::prose(
            &self.thread,
            Look {
                width: room.width,
                folds: &self.folds,
                quotes: self.quotes,
                now: room.now,
                zone: room.zone,
            },
        );
        self.scroll = self.start(top) + before;
        self.clamp();
    }

    /// Scrolls by lines; the entry at the top becomes the one keys act on.
    pub fn scroll_by(&mut self, lines: isize) {
        self.moved = true;
        let was = self.scroll;
        self.scroll = self.scroll.saturating_add_signed(lines);
        self.clamp();
        if self.scroll != was {
            self.at = self.entry_at(self.scroll);
        } else if lines > 0 {
            self.at = self.prose.starts.len().saturating_sub(1);
        } else if lines < 0 {
            self.at = 0;
        }
    }

    /// Goes to the next (`1`) or previous (`-1`) message or note.
    pub fn step(&mut self, entries: isize) {
        self.moved = true;
        let last = self.prose.starts.len().saturating_sub(1);
        self.at = self.at.saturating_add_signed(entries).min(last);
        self.show_entry();
    }

    /// Folds or shows the entry keys act on.
    pub fn fold(&mut self, room: Room<'_>) {
        self.moved = true;
        let entries = prose::entries(&self.thread);
        let Some(entry) = entries.get(self.at) else {
            return;
        };
        let default = prose::folded_by_default(&self.thread, *entry);
        let now = self.folds.get(&self.at).copied().unwrap_or(default);
        self.folds.insert(self.at, !now);
        self.lay_out(room);
        self.show_entry();
    }

    /// The message keys act on: the entry itself, or the one before a note.
    pub fn message(&self) -> Option<&ThreadMessage> {
        let entries = prose::entries(&self.thread);
        let upto = entries.get(..=self.at).unwrap_or(&entries);
        let number = upto.iter().rev().find_map(|entry| match entry {
            Entry::Message(number) => Some(*number),
            Entry::Note(_) => None,
        });
        self.thread.messages.get(number.unwrap_or(0))
    }

    /// Attachments and links of all messages, in the numbering the lines show.
    pub fn things(&self) -> Vec<Thing> {
        let mut out = Vec::new();
        for entry in prose::entries(&self.thread) {
            if let Entry::Message(number) = entry {
                out.extend(
                    self.thread
                        .messages
                        .get(number)
                        .map(prose::things)
                        .unwrap_or_default(),
                );
            }
        }
        out
    }

    /// The line of the cursor: the head of the entry keys act on, as far as it is shown.
    pub fn cursor_line(&self) -> usize {
        let start = self.start(self.at);
        start.clamp(self.scroll, self.scroll + self.height.saturating_sub(1))
    }

    /// Lines that can be shown at once.
    pub fn height(&self) -> usize {
        self.height
    }

    fn start(&self, entry: usize) -> usize {
        self.prose.starts.get(entry).copied().unwrap_or(0)
    }

    fn entry_at(&self, line: usize) -> usize {
        self.prose
            .starts
            .partition_point(|start| *start <= line)
            .saturating_sub(1)
    }

    /// Brings the entry keys act on into view: whole when it fits, else from its head.
    fn show_entry(&mut self) {
        let start = self.start(self.at);
        let next = self.prose.starts.get(self.at + 1).copied();
        let end = next.unwrap_or(self.prose.lines.len());
        if start < self.scroll || end > self.scroll + self.height {
            let shown_whole = end.saturating_sub(self.height);
            self.scroll = start.min(shown_whole.max(self.scroll));
            if end - start >= self.height {
                self.scroll = start;
            }
        }
        self.clamp();
    }

    fn clamp(&mut self) {
        let last = self.prose.lines.len().saturating_sub(self.height);
        self.scroll = self.scroll.min(last);
    }
}

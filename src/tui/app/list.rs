//! A list of conversations: a window of rows around what is shown, and a cursor that keeps its
//! conversation whatever arrives.

use crate::engine::api::{Request, Ticket};
use crate::limits;
use crate::team::ConversationName;
use crate::view::{Hit, Page, Row, View};
use std::collections::BTreeMap;

/// Where the rows come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A view.
    View(View),
    /// Search results.
    Search,
}

/// One stretch of a list: a view or the search results.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Section {
    /// The view; `None` for search results.
    pub view: Option<View>,
    /// Number of the first row held, within the section.
    pub offset: usize,
    /// The rows held.
    pub rows: Vec<Row>,
    /// Rows in the whole section.
    pub total: usize,
}

/// What stands on one line of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListLine {
    /// A row, by its number in the list.
    Row(usize),
    /// What has no room in the row: who replies, or the words that were found.
    Detail(usize),
    /// The title of a section.
    Title(View),
    /// Nothing.
    Blank,
}

/// A list with its cursor and marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Where the rows come from.
    pub source: Source,
    /// Its sections, top to bottom.
    pub sections: Vec<Section>,
    /// Words around the match, by row; search results only.
    pub snippets: Vec<String>,
    /// Number of the row under the cursor.
    pub cursor: usize,
    /// Number of the first row shown.
    pub top: usize,
    /// Marked conversations.
    pub marks: BTreeMap<ConversationName, Row>,
    /// Where a range began.
    pub anchor: Option<usize>,
    /// Whether any answer has come.
    pub loaded: bool,
    moved: bool,
    held: Option<ConversationName>,
    asked: BTreeMap<Ticket, usize>,
    arrived: Vec<(usize, Page)>,
    stale: bool,
}

impl List {
    /// An empty list of a view; the queue has the handled ones below it.
    pub fn of_view(view: View) -> Self {
        let section = |view| Section {
            view: Some(view),
            ..Section::default()
        };
        let mut sections = vec![section(view)];
        if view == View::Queue {
            sections.push(section(View::Handled));
        }
        Self::new(Source::View(view), sections)
    }

    /// An empty list of search results.
    pub fn of_search() -> Self {
        Self::new(Source::Search, vec![Section::default()])
    }

    fn new(source: Source, sections: Vec<Section>) -> Self {
        Self {
            source,
            sections,
            snippets: Vec::new(),
            cursor: 0,
            top: 0,
            marks: BTreeMap::new(),
            anchor: None,
            loaded: false,
            moved: false,
            held: None,
            asked: BTreeMap::new(),
            arrived: Vec::new(),
            stale: true,
        }
    }

    /// Rows in all sections.
    pub fn total(&self) -> usize {
        self.sections.iter().map(|s| s.total).sum()
    }

    /// The row with a number, when it is held.
    pub fn row(&self, number: usize) -> Option<&Row> {
        let (section, at) = self.place(number)?;
        section.rows.get(at.checked_sub(section.offset)?)
    }

    /// The row under the cursor.
    pub fn current(&self) -> Option<&Row> {
        self.row(self.cursor)
    }

    /// Where the cursor stands within its section, from 1, and how many rows that has.
    pub fn position(&self) -> Option<(usize, usize)> {
        let (section, at) = self.place(self.cursor)?;
        Some((at + 1, section.total))
    }

    /// Every row held.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.sections.iter().flat_map(|s| s.rows.iter())
    }

    /// Every row held, to show a change that is acknowledged before the next page arrives.
    pub fn rows_mut(&mut self) -> impl Iterator<Item = &mut Row> {
        self.sections.iter_mut().flat_map(|s| s.rows.iter_mut())
    }

    /// Moves the cursor to a row; the conversation there is now held.
    pub fn go(&mut self, number: usize) {
        self.moved = true;
        self.hold(number);
    }

    fn hold(&mut self, number: usize) {
        self.cursor = number.min(self.total().saturating_sub(1));
        self.held = self.current().map(|row| row.name.clone());
    }

    /// Moves the cursor by rows.
    pub fn step(&mut self, rows: isize) {
        self.go(self.cursor.saturating_add_signed(rows));
    }

    /// Moves the cursor to a conversation, when it is held.
    pub fn go_to(&mut self, name: &ConversationName) -> bool {
        match self.number_of(name) {
            Some(number) => {
                self.go(number);
                true
            }
            None => false,
        }
    }

    /// The row numbers between the range's beginning and the cursor.
    pub fn range(&self) -> Option<std::ops::RangeInclusive<usize>> {
        let anchor = self.anchor?;
        Some(anchor.min(self.cursor)..=anchor.max(self.cursor))
    }

    /// Marks or unmarks the row under the cursor.
    pub fn mark(&mut self) {
        let Some(row) = self.current().cloned() else {
            return;
        };
        if self.marks.remove(&row.name).is_none() {
            self.marks.insert(row.name.clone(), row);
        }
    }

    /// Turns the range into marks.
    pub fn mark_range(&mut self) {
        let Some(range) = self.range() else { return };
        let rows: Vec<Row> = range.filter_map(|n| self.row(n)).cloned().collect();
        self.marks
            .extend(rows.into_iter().map(|row| (row.name.clone(), row)));
        self.anchor = None;
    }

    /// Marks every row held, or unmarks all when all are marked.
    pub fn mark_all(&mut self) {
        let all = self.rows().all(|row| self.marks.contains_key(&row.name));
        if all {
            self.marks.clear();
        } else {
            let rows: Vec<Row> = self.rows().cloned().collect();
            self.marks = rows
                .into_iter()
                .map(|row| (row.name.clone(), row))
                .collect();
        }
    }

    /// Questions that nobody answered are asked again.
    pub fn forget_questions(&mut self) {
        self.asked.clear();
        self.arrived.clear();
        self.stale = true;
    }

    /// The rows are not the newest any more: ask again.
    pub fn is_stale(&mut self) {
        self.stale = true;
    }

    /// Asks for what is shown and one screen on each side, unless it is held or asked for.
    pub fn ask(&mut self, height: usize, mut ticket: impl FnMut() -> Ticket) -> Vec<Request> {
        if self.source == Source::Search || !self.asked.is_empty() {
            return Vec::new();
        }
        let height = height.max(1);
        let shown = self.top..self.top.saturating_add(height);
        if !self.stale && self.holds(shown) {
            return Vec::new();
        }
        self.stale = false;
        let from = self.top.saturating_sub(height);
        let until = self.top.saturating_add(height * 2);
        let mut start = 0;
        let mut requests = Vec::new();
        for (number, section) in self.sections.iter().enumerate() {
            let Some(view) = section.view else { continue };
            let offset = from.saturating_sub(start).min(section.total);
            let end = until.saturating_sub(start);
            let ticket = ticket();
            self.asked.insert(ticket, number);
            requests.push(Request::Rows {
                ticket,
                view,
                offset,
                limit: end.saturating_sub(offset).clamp(1, limits::ROWS),
            });
            start += section.total;
        }
        requests
    }

    /// Takes an answer; whether it was one of this list's. Sections change together, so that a
    /// conversation that moves between them is never gone in between.
    pub fn arrived(&mut self, ticket: Ticket, page: Page) -> bool {
        let Some(section) = self.asked.remove(&ticket) else {
            return false;
        };
        self.arrived.push((section, page));
        if self.asked.is_empty() {
            let around = self.around();
            for (number, page) in std::mem::take(&mut self.arrived) {
                if let Some(section) = self.sections.get_mut(number) {
                    section.offset = page.offset;
                    section.rows = page.rows;
                    section.total = page.total;
                }
            }
            self.loaded = true;
            self.settle(&around);
        }
        true
    }

    /// Takes search results.
    pub fn found(&mut self, hits: Vec<Hit>) {
        let around = self.around();
        self.snippets = hits
            .iter()
            .map(|hit| hit.snippet.line().as_str().trim().to_owned())
            .collect();
        if let Some(section) = self.sections.first_mut() {
            section.total = hits.len();
            section.rows = hits.into_iter().map(|hit| hit.row).collect();
        }
        self.loaded = true;
        self.settle(&around);
    }

    /// Whether `number` has a second line: somebody is on it, or words were found.
    pub fn has_detail(&self, number: usize, narrow: bool) -> bool {
        match self.source {
            Source::Search => self.snippets.get(number).is_some_and(|s| !s.is_empty()),
            Source::View(_) => {
                narrow && self.row(number).is_some_and(|row| !row.presence.is_empty())
            }
        }
    }

    /// What stands on each line of the list, from the first row shown.
    pub fn lines(&self, height: usize, narrow: bool) -> Vec<ListLine> {
        self.lines_from(self.top, height, narrow)
    }

    fn lines_from(&self, top: usize, height: usize, narrow: bool) -> Vec<ListLine> {
        let mut out = Vec::with_capacity(height);
        for number in top..self.total() {
            if out.len() >= height {
                break;
            }
            if let Some(view) = self.title_before(number) {
                if number > top {
                    out.push(ListLine::Blank);
                }
                out.push(ListLine::Title(view));
            }
            out.push(ListLine::Row(number));
            if self.has_detail(number, narrow) {
                out.push(ListLine::Detail(number));
            }
        }
        out.truncate(height);
        out
    }

    /// Scrolls just so far that the cursor is shown.
    pub fn show_cursor(&mut self, height: usize, narrow: bool) {
        self.top = self.top.min(self.cursor);
        // At most one screen of rows can lie between the first row and the cursor.
        self.top = self.top.max(self.cursor.saturating_sub(height.max(1)));
        let wanted = ListLine::Row(self.cursor);
        while self.top < self.cursor && !self.lines(height, narrow).contains(&wanted) {
            self.top += 1;
        }
        let last = ListLine::Row(self.total().saturating_sub(1));
        while self.top > 0
            && self
                .lines_from(self.top - 1, height, narrow)
                .contains(&last)
        {
            self.top -= 1;
        }
    }

    fn place(&self, number: usize) -> Option<(&Section, usize)> {
        let mut start = 0;
        for section in &self.sections {
            if number < start + section.total {
                return Some((section, number - start));
            }
            start += section.total;
        }
        None
    }

    fn number_of(&self, name: &ConversationName) -> Option<usize> {
        let mut start = 0;
        for section in &self.sections {
            if let Some(at) = section.rows.iter().position(|row| row.name == *name) {
                return Some(start + section.offset + at);
            }
            start += section.total;
        }
        None
    }

    /// The title that stands above a row: that of a second section.
    fn title_before(&self, number: usize) -> Option<View> {
        let first = self.sections.first()?.total;
        let second = self.sections.get(1)?;
        (number == first && second.total > 0)
            .then_some(second.view)
            .flatten()
    }

    fn holds(&self, shown: std::ops::Range<usize>) -> bool {
        let end = shown.end.min(self.total());
        (shown.start..end).all(|number| self.row(number).is_some())
    }

    /// The conversations above and below the cursor, and the first one shown.
    fn around(&self) -> [Option<ConversationName>; 3] {
        let above = self.cursor.checked_sub(1);
        let numbers = [above, Some(self.cursor + 1), Some(self.top)];
        numbers.map(|n| n.and_then(|n| self.row(n)).map(|row| row.name.clone()))
    }

    /// After rows changed: the cursor follows its conversation, once somebody has moved it; until
    /// then it stays on the first row, also while the first sync fills the list. When rows came or went above it,
    /// it keeps its line on the screen; when the conversation itself moved, all else stays. When
    /// it is gone, the cursor stays where it was.
    fn settle(&mut self, [above, below, top]: &[Option<ConversationName>; 3]) {
        if !self.moved {
            self.hold(0);
            return;
        }
        let was = self.cursor;
        let place = |name: &Option<ConversationName>| name.as_ref().and_then(|n| self.number_of(n));
        let held = place(&self.held);
        if let Some(number) = held {
            let shifted = place(above).is_some_and(|n| n + 1 == number)
                || place(below).is_some_and(|n| n == number + 1);
            self.top = match place(top) {
                _ if shifted => (self.top + number).saturating_sub(was),
                Some(top) => top,
                None => self.top,
            };
        }
        self.hold(held.unwrap_or(was));
        for row in self.sections.iter().flat_map(|s| s.rows.iter()) {
            if let Some(mark) = self.marks.get_mut(&row.name) {
                *mark = row.clone();
            }
        }
    }
}

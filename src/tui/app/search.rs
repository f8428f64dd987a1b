//! Searching: a query line whose results take the list's place until Esc brings it back.

use super::line::Line;
use super::list::{List, Source};
use super::{App, Focus, Timer};
use crate::engine::api::{Request, Ticket, Trouble};
use crate::tui::keys::{Code, Key};
use crate::view::Hit;
use std::time::Duration;

/// A search on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// What is typed.
    pub query: Line,
    /// Whether keys go into the query line.
    pub typing: bool,
    /// All matches, shown or not.
    pub total: usize,
    /// What is wrong with the query; printable.
    pub trouble: Option<String>,
    asked: Option<Ticket>,
    list: Box<List>,
}

/// Results are asked for after this much silence, so that a fast typist asks once.
const PAUSE: Duration = Duration::from_millis(30);
/// Results asked for.
const HITS: usize = 100;

impl App {
    /// Opens the query line, or goes back to it.
    pub(super) fn open_search(&mut self) {
        self.focus = Focus::List;
        match &mut self.search {
            Some(search) => search.typing = true,
            None => {
                let list = std::mem::replace(&mut self.list, List::of_search());
                self.search = Some(Search {
                    query: Line::default(),
                    typing: true,
                    total: 0,
                    trouble: None,
                    asked: None,
                    list: Box::new(list),
                });
            }
        }
    }

    /// Brings the list back as it was.
    pub(super) fn close_search(&mut self) {
        if let Some(search) = self.search.take() {
            self.list = *search.list;
            self.list.forget_questions();
            self.focus = Focus::List;
        }
    }

    /// A key while the query line has them; whether it was used.
    pub(super) fn query_pressed(&mut self, key: Key) -> bool {
        let Some(search) = self.search.as_mut().filter(|s| s.typing) else {
            return false;
        };
        match (key.code, key.ctrl) {
            (Code::Esc, _) | (Code::Char('c'), true) => self.close_search(),
            (Code::Enter, _) => self.search_done(),
            (Code::Down, _) | (Code::Char('n'), true) => self.list.step(1),
            (Code::Up, _) | (Code::Char('p'), true) => self.list.step(-1),
            _ => {
                if search.query.press(key) {
                    self.wake(Timer::Query, PAUSE);
                }
            }
        }
        true
    }

    /// Text was pasted into the query line.
    pub(super) fn query_pasted(&mut self, text: &str) {
        if let Some(search) = &mut self.search {
            search.query.paste(text);
            self.wake(Timer::Query, PAUSE);
        }
    }

    /// Asks for what is typed.
    pub(super) fn query_now(&mut self) {
        let ticket = self.ticket();
        let Some(search) = &mut self.search else {
            self.palette_search(ticket);
            return;
        };
        if self.picker.is_some() {
            self.palette_search(ticket);
            return;
        }
        let query = search.query.text();
        if query.trim().is_empty() {
            search.total = 0;
            search.trouble = None;
            search.asked = None;
            self.list = List::of_search();
            return;
        }
        search.asked = Some(ticket);
        self.engine(Request::Search {
            ticket,
            query,
            limit: HITS,
        });
    }

    /// Takes results; those of an older query are dropped.
    pub(super) fn search_found(
        &mut self,
        ticket: Ticket,
        found: Result<(Vec<Hit>, usize), Trouble>,
    ) -> bool {
        let Some(search) = self.search.as_mut().filter(|s| s.asked == Some(ticket)) else {
            return false;
        };
        match found {
            Ok((hits, total)) => {
                search.total = total;
                search.trouble = None;
                if self.list.source == Source::Search {
                    let typing = search.typing;
                    self.list.found(hits);
                    if typing {
                        self.list.go(0);
                    }
                }
            }
            Err(trouble) => search.trouble = Some(trouble.sentence),
        }
        true
    }

    /// Results are asked for again, because mail or the team changed.
    pub(super) fn refresh_search(&mut self) {
        if self
            .search
            .as_ref()
            .is_some_and(|s| !s.typing && !s.query.is_empty())
        {
            self.wake(Timer::Query, PAUSE);
        }
    }

    fn search_done(&mut self) {
        let Some(search) = &mut self.search else {
            return;
        };
        search.typing = false;
        if search.query.is_empty() {
            self.close_search();
        } else if self.list.current().is_some() {
            self.open_current();
        }
    }
}

//! What drawing asks of the state.

use super::{App, Focus};
use crate::clock::Timestamp;
use crate::mail::draft::Draft;
use crate::team::{ConversationName, Status};
use crate::tui::commands::{Match, Place, spec};
use crate::tui::layout::{self, Plan, Size};
use crate::view::Row;
use std::borrow::Cow;

impl App {
    /// Where the next key is pressed.
    pub fn place(&self) -> Place {
        match (&self.writing, self.focus) {
            (Some(writing), _) => writing.place(),
            (None, Focus::List) => Place::List,
            (None, Focus::Thread) => Place::Thread,
        }
    }

    /// Whether letters pressed now are text: in the editor or in any line that is typed.
    pub fn takes_text(&self) -> bool {
        let query = self.search.as_ref().is_some_and(|s| s.typing);
        let asked = self.prompt.is_some() || self.picker.is_some() || query;
        asked || self.place().types() || self.is_typing_reason()
    }

    /// The size everything is laid out for.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Where everything goes on the main screen.
    pub fn plan(&self) -> Plan {
        layout::plan(self.size, self.focus == Focus::Thread, self.side)
    }

    /// Lines the list has.
    pub fn list_height(&self) -> usize {
        let plan = layout::plan(self.size, false, self.side);
        plan.list.map_or(1, |area| usize::from(area.height)).max(1)
    }

    /// Whether rows have no room for more than the subject.
    pub fn is_narrow(&self) -> bool {
        self.plan().list.is_some_and(|area| area.width < 60)
    }

    /// A row as it will be when everything on its way has settled.
    pub fn shown<'a>(&self, row: &'a Row) -> Cow<'a, Row> {
        self.ledger.shown(row, &self.options.me)
    }

    /// The conversation keys act on: the open one, or the one under the cursor.
    pub fn current(&self) -> Option<&Row> {
        match self.focus {
            Focus::Thread => self.pane.as_ref().map(|pane| &pane.thread.row),
            Focus::List => self.list.current(),
        }
    }

    /// What the keys pressed so far can lead to: next key, title.
    pub fn pending_keys(&self) -> Vec<(String, &'static str)> {
        match self.keymap.find(self.place(), &self.pressed) {
            Match::More(more) => more
                .into_iter()
                .map(|(key, command)| {
                    let title = spec(command).map_or("", |s| s.title);
                    (key.to_string(), title)
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Changes on their way.
    pub fn ledger_open(&self) -> usize {
        self.ledger.open().count()
    }

    /// What is on its way for a conversation, in words.
    pub fn doing(&self, name: &ConversationName) -> Option<&'static str> {
        self.ledger.doing(name)
    }

    /// The status a conversation gets when a draft is sent.
    pub fn status_after(&self, draft: &Draft) -> Status {
        draft.status_after.unwrap_or(self.options.status_after)
    }

    /// What happened to the conversation on the screen, oldest first.
    pub fn history(&self) -> Vec<(Timestamp, String)> {
        let Some(pane) = &self.pane else {
            return Vec::new();
        };
        let mails = pane.thread.messages.iter().enumerate().map(|(n, message)| {
            let what = match (&message.author, message.outgoing, n) {
                (Some(author), _, _) => format!("{author} replied"),
                (None, true, _) => "reply sent".to_owned(),
                (None, false, 0) => "arrived".to_owned(),
                (None, false, _) => "customer wrote".to_owned(),
            };
            (message.at, what)
        });
        // The mails themselves tell what these events announce.
        let told = |kind: &str| matches!(kind, "intent" | "sent" | "outside" | "presence");
        let events = pane.thread.events.iter();
        let events = events.filter(|e| e.effective && !told(&e.kind));
        let events = events.map(|event| (event.at, event.sentence.clone()));
        let mut all: Vec<_> = mails.chain(events).collect();
        all.sort_by_key(|(at, _)| *at);
        all
    }
}

//! Changes to conversations: on which ones, shown at once, settled later, undone.

use super::ledger::{self, Pending, Undo};
use super::{App, Asks, Focus, Line, Prompt};
use crate::engine::api::{Change, Outcome, Request, Ticket};
use crate::team::{Agent, ConversationName, Status};
use crate::tui::text;
use crate::view::{Row, View};
use std::time::Duration;

impl App {
    /// The conversations a change acts on: the open one, or the marked ones, or the one under the
    /// cursor.
    pub(super) fn targets(&self) -> Vec<Row> {
        let in_list = self.focus == Focus::List && self.writing.is_none();
        if in_list && !self.list.marks.is_empty() {
            return self.list.marks.values().cloned().collect();
        }
        self.current().cloned().into_iter().collect()
    }

    /// Makes a change to every target.
    pub(super) fn change(&mut self, change: Change) {
        if self.list.anchor.is_some() {
            self.list.mark_range();
        }
        let targets = self.targets();
        self.change_these(targets, change);
    }

    pub(super) fn change_these(&mut self, rows: Vec<Row>, change: Change) {
        if rows.is_empty() {
            self.good("There is no conversation here to change.");
            return;
        }
        self.last_change = Some(change.clone());
        let batch = self.ledger.begin(false);
        for row in rows {
            let undo = ledger::undo_of(&self.shown(&row), &change, &self.options.me);
            self.send_change(&row.name, &subject(&row), change.clone(), (batch, undo));
        }
        if self.focus == Focus::List {
            self.list.marks.clear();
        }
    }

    pub(super) fn claim(&mut self) {
        let me = self.options.me.clone();
        if self.list.anchor.is_some() {
            self.list.mark_range();
        }
        let (owned, free): (Vec<Row>, Vec<Row>) = self
            .targets()
            .into_iter()
            .partition(|row| self.shown(row).owner.is_some());
        match owned.first() {
            Some(row) if free.is_empty() && row.owner.as_ref() == Some(&me) => {
                self.good(format!("{} is yours already.", quoted(row)));
            }
            Some(row) if free.is_empty() => {
                let owner = row
                    .owner
                    .as_ref()
                    .map_or_else(String::new, Agent::to_string);
                let text = format!(
                    "{owner} owns {}. A takes it over with a reason.",
                    quoted(row)
                );
                self.bad(text);
            }
            _ => self.change_these(free, Change::Claim),
        }
    }

    pub(super) fn release(&mut self) {
        let owned: Vec<Row> = self
            .targets()
            .into_iter()
            .filter(|row| self.shown(row).owner.is_some())
            .collect();
        if owned.is_empty() {
            self.good("Nobody owns it; there is nothing to release.");
        } else {
            self.change_these(owned, Change::Release);
        }
    }

    pub(super) fn ask_take_over(&mut self) {
        let me = self.options.me.clone();
        let theirs: Vec<Row> = self
            .targets()
            .into_iter()
            .filter(|row| row.owner.as_ref().is_some_and(|owner| *owner != me))
            .collect();
        let Some(first) = theirs.first() else {
            self.good("Nobody else owns it; c claims it.");
            return;
        };
        let owner = first
            .owner
            .as_ref()
            .map_or_else(String::new, Agent::to_string);
        self.prompt = Some(Prompt {
            question: format!("Why do you take {} over from {owner}?", quoted(first)),
            line: Line::default(),
            asks: Asks::TakeOver(theirs),
        });
    }

    pub(super) fn assign(&mut self, agent: Option<Agent>) {
        let me = self.options.me.clone();
        match agent {
            None => self.release(),
            Some(agent) if agent == me => self.claim(),
            Some(agent) => self.change(Change::Assign(agent)),
        }
    }

    /// Status done, and on to the next row.
    pub(super) fn done(&mut self) {
        let targets = self.targets();
        let here = self.list.current().map(|row| row.name.clone());
        self.change(Change::Status(Status::Done));
        self.focus = Focus::List;
        if targets.len() == 1 && targets.first().map(|row| &row.name) == here.as_ref() {
            self.list.step(1);
        }
    }

    pub(super) fn snooze(&mut self, time: Duration) {
        let Ok(until) = self.now.checked_add(time) else {
            return;
        };
        self.change(Change::Snooze(until));
    }

    pub(super) fn repeat(&mut self) {
        match self.last_change.clone() {
            Some(change) => self.change(change),
            None => self.good("Nothing was changed yet that could be done again."),
        }
    }

    /// Turns my read mark over on every target.
    pub(super) fn toggle_read(&mut self) {
        for row in self.targets() {
            self.mark_read(&row.name, row.unread > 0);
        }
        self.list.marks.clear();
    }

    /// The open conversation has been open long enough.
    pub(super) fn read_now(&mut self) {
        let open = self.pane.as_ref().filter(|_| self.focus == Focus::Thread);
        if let Some(row) = open
            .map(|pane| &pane.thread.row)
            .filter(|row| row.unread > 0)
        {
            let name = row.name.clone();
            self.mark_read(&name, true);
        }
    }

    /// Claims the longest waiting conversation and opens it.
    pub(super) fn pull(&mut self) {
        let ticket = self.ticket();
        self.pulling = Some(ticket);
        self.engine(Request::Rows {
            ticket,
            view: View::Queue,
            offset: 0,
            limit: 1,
        });
    }

    /// The longest waiting conversation is known.
    pub(super) fn pulled(&mut self, row: Option<Row>) {
        self.pulling = None;
        match row {
            Some(row) => {
                let name = row.name.clone();
                self.change_these(vec![row], Change::Claim);
                self.open(name);
            }
            None => self.good("Nothing waits for an owner."),
        }
    }

    /// Takes the last change back, or the reply that is about to leave.
    pub(super) fn undo(&mut self) {
        if self.take_back_newest() {
            return;
        }
        let Some(undos) = self.ledger.pop() else {
            self.good("There is nothing to undo.");
            return;
        };
        let batch = self.ledger.begin(true);
        for undo in undos {
            let row = self.known_row(&undo.name);
            if row.is_some_and(|row| !ledger::still(&row, &undo.expects)) {
                let text = format!(
                    "Somebody changed \"{}\" since; nothing was undone there.",
                    undo.subject
                );
                self.bad(text);
                continue;
            }
            self.send_change(&undo.name, &undo.subject, undo.change, (batch, None));
        }
    }

    /// A change has ended.
    pub(super) fn settled(&mut self, ticket: Ticket, name: &ConversationName, outcome: Outcome) {
        let good = matches!(outcome, Outcome::Done | Outcome::Queued(_));
        let Some((pending, batch)) = self.ledger.settle(ticket, good) else {
            return;
        };
        if good {
            self.keep(name, &pending.change);
            if matches!(pending.change, Change::Note(_)) {
                self.notes.remove(name);
            }
        }
        match outcome {
            Outcome::Done => {}
            Outcome::Refused { sentence, .. } => self.bad(sentence),
            Outcome::Queued(trouble) => self.good(format!(
                "Kept here until the server answers: {}",
                trouble.sentence
            )),
            Outcome::Failed(trouble) => self.bad(trouble.sentence),
        }
        let Some(batch) = batch.filter(|batch| batch.done > 0) else {
            return;
        };
        let object = match batch.done {
            1 => format!("\"{}\"", text::fit(&batch.subject, 40)),
            many => text::count(many, "conversation", "conversations"),
        };
        let what = ledger::done(&pending.change, &object);
        self.good(match (batch.is_undo, batch.undo.is_empty()) {
            (true, _) => format!("Undone. {what}"),
            (false, true) => what,
            (false, false) => format!("{what} z undoes it."),
        });
    }

    pub(super) fn send_change(
        &mut self,
        name: &ConversationName,
        subject: &str,
        change: Change,
        (batch, undo): (u64, Option<Undo>),
    ) {
        let ticket = self.ticket();
        let pending = Pending {
            name: name.clone(),
            subject: subject.to_owned(),
            change: change.clone(),
            batch,
            undo,
        };
        self.ledger.add(ticket, pending);
        self.engine(Request::Act {
            ticket,
            conversation: name.clone(),
            change,
        });
    }

    /// Shows an acknowledged change until the next page brings the truth.
    fn keep(&mut self, name: &ConversationName, change: &Change) {
        let me = self.options.me.clone();
        for row in self.list.rows_mut().filter(|row| row.name == *name) {
            ledger::apply(row, change, &me);
        }
        if let Some(pane) = self.pane.as_mut().filter(|p| p.thread.row.name == *name) {
            ledger::apply(&mut pane.thread.row, change, &me);
        }
    }

    fn known_row(&self, name: &ConversationName) -> Option<Row> {
        let open = self.pane.as_ref().map(|pane| &pane.thread.row);
        let row = self.list.rows().chain(open).find(|row| row.name == *name);
        row.map(|row| self.shown(row).into_owned())
    }

    fn mark_read(&mut self, name: &ConversationName, read: bool) {
        for row in self.list.rows_mut().filter(|row| row.name == *name) {
            row.unread = if read { 0 } else { row.unread.max(1) };
        }
        if let Some(pane) = self.pane.as_mut().filter(|p| p.thread.row.name == *name) {
            pane.thread.row.unread = if read {
                0
            } else {
                pane.thread.row.unread.max(1)
            };
        }
        self.engine(Request::Read {
            conversation: name.clone(),
            read,
        });
    }
}

/// The printable subject of a row.
pub(super) fn subject(row: &Row) -> String {
    row.subject.line().as_str().to_owned()
}

/// A row's subject as sentences quote it.
fn quoted(row: &Row) -> String {
    format!("\"{}\"", text::fit(&subject(row), 40))
}

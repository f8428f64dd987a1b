//! What each command does.

use super::list::{List, Source};
use super::writing::Mode;
use super::{App, Asks, Effect, Focus, Line, PickerKind, Prompt, Timer};
use crate::engine::api::{Change, Request};
use crate::team::{ConversationName, Status};
use crate::tui::commands::{Command, Group, spec};
use crate::view::View;

impl App {
    /// Runs a command, from a key, the palette, help or a click.
    pub(super) fn run(&mut self, command: Command) {
        self.picker = None;
        match spec(command).map(|spec| spec.group) {
            Some(Group::Here) => self.run_here(command),
            Some(Group::Move) => self.run_move(command),
            Some(Group::View) => self.run_view(command),
            Some(Group::Reply) => self.run_reply(command),
            Some(Group::Everywhere) => self.run_everywhere(command),
            None => {}
        }
    }

    fn run_here(&mut self, command: Command) {
        match command {
            Command::Open => self.open_current(),
            Command::Claim => self.claim(),
            Command::Release => self.release(),
            Command::TakeOver => self.ask_take_over(),
            Command::Pull => self.pull(),
            Command::Assign => self.pick_assign(),
            Command::StatusOpen => self.change(Change::Status(Status::Open)),
            Command::StatusWaiting => self.change(Change::Status(Status::Waiting)),
            Command::StatusDone => self.change(Change::Status(Status::Done)),
            Command::StatusNew => self.change(Change::Status(Status::New)),
            Command::StatusSpam => self.change(Change::Status(Status::Spam)),
            Command::Snooze => self.pick_snooze(),
            Command::Wake => self.change(Change::Wake),
            Command::Tags => self.pick_tags(),
            Command::Note => self.write_note(),
            Command::ReplyAll => self.reply(true),
            Command::ReplySender => self.reply(false),
            Command::Done => self.done(),
            Command::Unread => self.toggle_read(),
            Command::Repeat => self.repeat(),
            Command::Undo => self.undo(),
            Command::Links => self.pick_links(),
            Command::CopyReference => self.copy(|app| Some(app.current()?.id.to_string())),
            Command::CopyLink => self.copy(Self::first_link),
            Command::CopyAddress => {
                self.copy(|app| Some(app.current()?.from.address.line().as_str().to_owned()));
            }
            Command::CopyText => self.copy(|app| {
                let message = app.pane.as_ref()?.message()?;
                Some(message.text.text().as_str().to_owned())
            }),
            Command::Mark => {
                self.list.mark();
                self.list.step(1);
            }
            Command::MarkRange => match self.list.anchor {
                Some(_) => self.list.mark_range(),
                None => self.list.anchor = Some(self.list.cursor),
            },
            Command::MarkAll => self.list.mark_all(),
            Command::Fold => self.with_pane(|pane, room| pane.fold(room)),
            Command::Quotes => self.with_pane(|pane, room| {
                pane.quotes = !pane.quotes;
                pane.lay_out(room);
            }),
            _ => {}
        }
    }

    fn run_move(&mut self, command: Command) {
        let page = match self.focus {
            Focus::List => self.list_height(),
            Focus::Thread => self.pane.as_ref().map_or(1, |pane| pane.height()),
        };
        let page = isize::try_from(page.saturating_sub(2).max(1)).unwrap_or(1);
        let far = isize::MAX / 2;
        match command {
            Command::Down => self.move_by(1),
            Command::Up => self.move_by(-1),
            Command::Top => self.move_by(-far),
            Command::Bottom => self.move_by(far),
            Command::PageDown => self.move_by(page),
            Command::PageUp => self.move_by(-page),
            Command::HalfDown => self.move_by(page / 2),
            Command::HalfUp => self.move_by(-page / 2),
            Command::OtherPane if self.focus == Focus::List => self.open_current(),
            Command::OtherPane => self.focus = Focus::List,
            Command::NextMessage => self.with_pane(|pane, _| pane.step(1)),
            Command::PreviousMessage => self.with_pane(|pane, _| pane.step(-1)),
            Command::NextConversation => self.next_conversation(1),
            Command::PreviousConversation => self.next_conversation(-1),
            _ => {}
        }
    }

    fn run_view(&mut self, command: Command) {
        match command {
            Command::ViewQueue => self.show_view(View::Queue),
            Command::ViewMine => self.show_view(View::Mine),
            Command::ViewWaiting => self.show_view(View::Waiting),
            Command::ViewOpen => self.show_view(View::Open),
            Command::ViewDone => self.show_view(View::Done),
            Command::ViewAll => self.show_view(View::All),
            Command::Drafts => self.engine(Request::Drafts),
            _ => {}
        }
    }

    fn run_everywhere(&mut self, command: Command) {
        match command {
            Command::Help => self.pick_command(PickerKind::Help),
            Command::Palette => self.pick_command(PickerKind::Palette),
            Command::Search => self.open_search(),
            Command::Notices => self.pick_notice(),
            Command::Work => self.pick_work(),
            Command::SidePanel => {
                self.side = !self.side;
                self.lay_out();
            }
            Command::Mouse => {
                self.mouse = !self.mouse;
                self.effects.push(Effect::Mouse(self.mouse));
                self.good(match self.mouse {
                    true => "Clicks work now; Shift selects text. M gives the mouse back.",
                    false => "The terminal has the mouse again.",
                });
            }
            Command::Redraw => self.effects.push(Effect::Redraw),
            Command::SyncNow => {
                self.engine(Request::SyncNow);
                self.good("Looking at the server now.");
            }
            Command::Suspend => {
                self.save_draft();
                self.effects.push(Effect::Suspend);
            }
            Command::Cancel => self.cancel(),
            Command::Back => self.back(),
            Command::Quit => self.quit(),
            _ => {}
        }
    }

    /// Opens the conversation under the cursor.
    pub(super) fn open_current(&mut self) {
        if let Some(name) = self.list.current().map(|row| row.name.clone()) {
            self.open(name);
        }
    }

    /// Opens a conversation: shows it and gives it the keys.
    pub(super) fn open(&mut self, name: ConversationName) {
        self.list.go_to(&name);
        self.wanted = Some(name);
        self.focus = Focus::Thread;
        if let Some(search) = &mut self.search {
            search.typing = false;
        }
        self.lay_out();
        self.wait_to_read();
    }

    /// A conversation that is open long enough counts as read.
    pub(super) fn wait_to_read(&mut self) {
        let time = self.options.read_after;
        if !time.is_zero() && self.focus == Focus::Thread {
            self.wake(Timer::Read, time);
        }
    }

    pub(super) fn show_view(&mut self, view: View) {
        self.search = None;
        self.focus = Focus::List;
        self.recount = true;
        if self.list.source == Source::View(view) {
            self.list.is_stale();
            return;
        }
        self.list = List::of_view(view);
    }

    /// One level back; nothing at the top.
    fn back(&mut self) {
        if let Some(writing) = &self.writing {
            match writing.mode {
                Mode::Review | Mode::Blocked { .. } => self.postpone(),
                Mode::Writing | Mode::Reason { .. } => {}
                Mode::Checking | Mode::Held(_) | Mode::Sending | Mode::Unknown { .. } => {
                    self.leave_writing();
                }
            }
        } else if self.focus == Focus::Thread {
            self.focus = Focus::List;
        } else if self.list.anchor.take().is_some() {
        } else if !self.list.marks.is_empty() {
            self.list.marks.clear();
        } else if self.search.is_some() {
            self.close_search();
        }
    }

    fn quit(&mut self) {
        let top = self.writing.is_none() && self.focus == Focus::List && self.search.is_none();
        if !top {
            self.back();
            return;
        }
        let notes = self.notes.len();
        let changes = self.ledger.open().count();
        if notes + changes == 0 {
            self.leave();
            return;
        }
        let what = match (notes, changes) {
            (0, _) => "Changes are still being saved.",
            _ => "A note is not saved.",
        };
        self.prompt = Some(Prompt {
            question: format!("{what} Leave all the same? y leaves, Esc stays."),
            line: Line::default(),
            asks: Asks::Quit,
        });
    }

    /// Saves what can be saved and ends.
    pub(super) fn leave(&mut self) {
        self.save_draft();
        self.engine(Request::Look { at: None });
        self.looking = None;
        self.effects.push(Effect::Quit);
    }

    /// Ctrl-C: closes what asks something; twice in a row leaves.
    fn cancel(&mut self) {
        if self.interrupted {
            self.leave();
            return;
        }
        self.interrupted = true;
        self.prompt = None;
        self.picker = None;
        self.pressed.clear();
        self.which_key = false;
        self.save_draft();
        if self.search.as_ref().is_some_and(|s| s.typing) {
            self.close_search();
        }
        self.good("Ctrl-C again leaves postroom; drafts are kept.");
    }

    fn move_by(&mut self, by: isize) {
        match self.focus {
            Focus::List => self.list.step(by),
            Focus::Thread => self.with_pane(|pane, _| pane.scroll_by(by)),
        }
    }

    fn next_conversation(&mut self, by: isize) {
        self.list.step(by);
        self.open_current();
    }

    fn copy(&mut self, what: impl FnOnce(&Self) -> Option<String>) {
        match what(self) {
            Some(text) => self.effects.push(Effect::Copy(text)),
            None => self.bad("There is nothing of that kind to copy here."),
        }
    }
}

//! Replies and notes: writing, reviewing, the gate, and the way out.

use super::collision;
use super::pane::{Pane, Room};
use super::prose::name_of;
use super::writing::{Mode, Purpose, Saved, Writing};
use super::{App, Asks, Effect, Focus, act};
use crate::clock::Timestamp;
use crate::config::AfterSend;
use crate::engine::api::{Change, Request, Ticket, Trouble};
use crate::mail::draft::Draft;
use crate::team::Status;
use crate::team::gate::Obstacle;
use crate::tui::commands::Command;
use crate::tui::editor::Editor;
use crate::tui::keys::{Code, Key};
use crate::tui::layout;
use crate::view::Thread;
use jiff::tz::TimeZone;

impl App {
    pub(super) fn run_reply(&mut self, command: Command) {
        match command {
            Command::Review => self.review(),
            Command::Editor => self.open_editor(),
            Command::OriginalDown => self.scroll_original(5),
            Command::OriginalUp => self.scroll_original(-5),
            Command::Send => self.send(None),
            Command::Edit => self.edit(),
            Command::StatusAfter => self.next_status_after(),
            Command::Postpone => self.postpone(),
            Command::Drop => self.drop_draft(),
            Command::ViewAnswer => self.view_answer(),
            Command::SendAnyway => self.ask_reason(),
            Command::TakeBack => self.take_back(),
            Command::SendNow => self.send_now(),
            Command::WasSent => self.resolve(true),
            Command::WasNotSent => self.resolve(false),
            Command::SaveNote => self.save_note(),
            _ => {}
        }
    }

    /// Starts a reply, and claims what nobody owns: who writes, owns.
    pub(super) fn reply(&mut self, all: bool) {
        let Some(row) = self.current().cloned() else {
            self.good("There is no conversation here to answer.");
            return;
        };
        if self.shown(&row).owner.is_none() {
            self.change_these(vec![row.clone()], Change::Claim);
        }
        self.wanted = Some(row.name.clone());
        let ticket = self.ticket();
        self.drafting = Some(ticket);
        self.engine(Request::Reply {
            ticket,
            conversation: row.name,
            all,
        });
    }

    pub(super) fn draft_arrived(&mut self, ticket: Ticket, draft: Result<Box<Draft>, Trouble>) {
        if self.drafting.take_if(|asked| *asked == ticket).is_none() {
            return;
        }
        match draft {
            Ok(draft) => self.take_up(draft),
            Err(trouble) => self.bad(trouble.sentence),
        }
    }

    /// Shows a draft to write on.
    pub(super) fn take_up(&mut self, draft: Box<Draft>) {
        let name = draft.conversation.clone();
        self.wanted = Some(name.clone());
        self.reopen = true;
        let person = draft.to.first().map_or("nobody".to_owned(), name_of);
        let subject = crate::mail::clean::line(&draft.subject);
        let subject = subject.as_str().trim_start_matches("Re: ").to_owned();
        self.writing = Some(Box::new(Writing {
            name,
            subject,
            person,
            editor: Editor::new(&draft.body),
            purpose: Purpose::Reply(draft),
            mode: Mode::Writing,
            saved: Saved::Untouched,
            banner: None,
            original: None,
        }));
        self.show_original();
        self.banner_now();
    }

    /// Opens the editor for a note; it can only ever become a note.
    pub(super) fn write_note(&mut self) {
        let Some(row) = self.current().cloned() else {
            self.good("There is no conversation here to note something on.");
            return;
        };
        let text = self.notes.remove(&row.name).unwrap_or_default();
        let mut editor = Editor::new(&text);
        editor.jump(true);
        self.wanted = Some(row.name.clone());
        self.writing = Some(Box::new(Writing {
            name: row.name.clone(),
            subject: act::subject(&row),
            person: name_of(&row.from),
            purpose: Purpose::Note,
            editor,
            mode: Mode::Writing,
            saved: Saved::Untouched,
            banner: None,
            original: None,
        }));
        self.show_original();
    }

    /// Saves the draft when it was typed on.
    pub(super) fn save_draft(&mut self) {
        let now = self.now;
        let Some(writing) = self.writing.as_mut().filter(|w| w.saved == Saved::Dirty) else {
            return;
        };
        let Some(mut draft) = writing.draft() else {
            return;
        };
        draft.updated = now;
        writing.saved = Saved::Saving;
        self.engine(Request::SaveDraft(draft));
    }

    pub(super) fn draft_saved(&mut self, id: &str, at: Result<Timestamp, Trouble>) {
        let Some(writing) = self.writing.as_mut().filter(|w| w.id() == Some(id)) else {
            if let Err(trouble) = at {
                self.bad(trouble.sentence);
            }
            return;
        };
        match at {
            // What was typed meanwhile is saved after the next pause.
            Ok(_) if writing.saved == Saved::Dirty => {}
            Ok(at) => writing.saved = Saved::At(at),
            Err(trouble) => {
                writing.saved = Saved::Failed(trouble.sentence.clone());
                self.bad(trouble.sentence);
            }
        }
    }

    /// The outside editor has ended; without a text the old one stays.
    pub(super) fn editor_closed(&mut self, result: Result<String, String>) {
        match (result, &mut self.writing) {
            (Ok(text), Some(writing)) => {
                let text = text.trim_end_matches('\n');
                if writing.editor.text() != text {
                    writing.editor = Editor::new(text);
                    self.text_changed();
                }
            }
            (Ok(_), None) => {}
            (Err(why), _) => self.bad(why),
        }
    }

    /// A newer version of the conversation is known.
    pub(super) fn update_banner(&mut self, thread: &Thread) {
        let Some(writing) = self.writing.as_mut().filter(|w| w.name == thread.row.name) else {
            return;
        };
        if let Purpose::Reply(draft) = &writing.purpose {
            let (me, zone) = (&self.options.me, &self.options.zone);
            writing.banner = collision::banner(thread, &draft.seen, me, zone);
        }
    }

    /// A key while a question is on the screen.
    pub(super) fn prompt_pressed(&mut self, key: Key) {
        let Some(prompt) = &mut self.prompt else {
            return;
        };
        match (&prompt.asks, key.code) {
            (_, Code::Esc) => self.prompt = None,
            (Asks::Quit, Code::Char('y')) => self.leave(),
            (Asks::Quit, _) => {}
            (Asks::TakeOver(rows), Code::Enter) => {
                let reason = prompt.line.text().trim().to_owned();
                if !reason.is_empty() {
                    let rows = rows.clone();
                    self.prompt = None;
                    self.change_these(rows, Change::Steal { reason });
                }
            }
            (Asks::TakeOver(_), _) => {
                prompt.line.press(key);
            }
        }
    }

    /// Leaves the screen for writing; what is on its way goes on.
    pub(super) fn leave_writing(&mut self) {
        let Some(writing) = self.writing.take() else {
            return;
        };
        let sent = writing.is_leaving();
        self.list.is_stale();
        if !sent {
            return;
        }
        let here = self
            .list
            .current()
            .is_some_and(|row| row.name == writing.name);
        match self.options.after_send {
            AfterSend::List => {
                self.focus = Focus::List;
                if here {
                    self.list.step(1);
                }
            }
            AfterSend::Next => {
                self.list.step(1);
                self.open_current();
            }
            AfterSend::Stay => {}
        }
    }

    /// Keeps the text and leaves.
    pub(super) fn postpone(&mut self) {
        self.save_draft();
        let Some(writing) = self.writing.take() else {
            return;
        };
        match writing.purpose {
            Purpose::Note if !writing.editor.is_blank() => {
                self.notes.insert(writing.name, writing.editor.text());
                self.good("The note waits here unsaved; n takes it up again.");
            }
            Purpose::Note => {}
            Purpose::Reply(_) if writing.saved == Saved::Untouched => {}
            Purpose::Reply(_) => self.good("Draft kept. r takes it up again, g t lists drafts."),
        }
        self.list.is_stale();
    }

    fn review(&mut self) {
        self.save_draft();
        let Some(writing) = &mut self.writing else {
            return;
        };
        let nothing = writing.editor.is_blank();
        writing.mode = Mode::Review;
        if nothing && matches!(writing.purpose, Purpose::Note) {
            self.writing = None;
        }
    }

    fn edit(&mut self) {
        let Some(writing) = &mut self.writing else {
            return;
        };
        // What the writer was shown counts as seen, but for answers: two of them need a reason.
        let mode = std::mem::replace(&mut writing.mode, Mode::Writing);
        if let (Mode::Blocked { obstacles, now, .. }, Purpose::Reply(draft)) =
            (mode, &mut writing.purpose)
            && obstacles.iter().all(can_be_seen)
        {
            draft.seen = *now;
            writing.saved = Saved::Dirty;
        }
        self.banner_now();
    }

    fn open_editor(&mut self) {
        self.save_draft();
        if let Some(writing) = &self.writing {
            self.effects.push(Effect::OpenEditor(writing.editor.text()));
        }
    }

    fn scroll_original(&mut self, lines: isize) {
        self.with_original(|pane, _| pane.scroll_by(lines));
    }

    /// Shows the conversation beside the text, at its newest message.
    fn show_original(&mut self) {
        let pane = self.pane.as_ref().map(|pane| pane.thread.clone());
        let name = self.writing.as_ref().map(|w| w.name.clone());
        if let Some(thread) = pane.filter(|thread| Some(&thread.row.name) == name.as_ref()) {
            self.update_original(&thread);
        }
    }

    /// A newer version of the conversation is known: shows it beside the text.
    pub(super) fn update_original(&mut self, thread: &Thread) {
        let zone = self.options.zone.clone();
        let room = self.original_room(&zone);
        let Some(writing) = self.writing.as_mut().filter(|w| w.name == thread.row.name) else {
            return;
        };
        match &mut writing.original {
            Some(pane) => pane.update(thread.clone(), room),
            None => writing.original = Some(Pane::new(thread.clone(), room)),
        }
    }

    /// Runs something on the conversation beside the text with the room it has.
    pub(super) fn with_original(&mut self, work: impl FnOnce(&mut Pane, Room<'_>)) {
        let zone = self.options.zone.clone();
        let room = self.original_room(&zone);
        if let Some(pane) = self.writing.as_mut().and_then(|w| w.original.as_mut()) {
            work(pane, room);
        }
    }

    fn original_room<'a>(&self, zone: &'a TimeZone) -> Room<'a> {
        let area = layout::desk(self.size).original.unwrap_or_default();
        Room {
            width: usize::from(area.width),
            height: usize::from(area.height).max(1),
            now: self.now,
            zone,
        }
    }

    fn next_status_after(&mut self) {
        let Some(writing) = &mut self.writing else {
            return;
        };
        if let Purpose::Reply(draft) = &mut writing.purpose {
            draft.status_after = Some(match draft.status_after {
                None | Some(Status::Open) => Status::Waiting,
                Some(Status::Waiting) => Status::Done,
                Some(_) => Status::Open,
            });
            self.text_changed();
        }
    }

    fn drop_draft(&mut self) {
        let Some(writing) = self.writing.take() else {
            return;
        };
        match writing.id() {
            Some(id) => {
                let draft = id.to_owned();
                self.engine(Request::DropDraft { draft });
                self.good("Draft dropped.");
            }
            None => self.good("Note dropped."),
        }
        self.list.is_stale();
    }

    /// Leaves the text for a look at what stands in the way; the draft stays.
    fn view_answer(&mut self) {
        self.save_draft();
        let Some(writing) = self.writing.take() else {
            return;
        };
        self.open(writing.name);
        self.with_pane(|pane, _| pane.go_to_last());
        self.reopen = true;
        self.good("Your text is kept as a draft. r takes it up again.");
    }

    fn save_note(&mut self) {
        let Some(writing) = self.writing.take() else {
            return;
        };
        if writing.editor.is_blank() {
            self.good("The note was empty; nothing was saved.");
            return;
        }
        let text = writing.editor.text();
        let batch = self.ledger.begin(false);
        // Until it is in the journal the text is kept here.
        self.notes.insert(writing.name.clone(), text.clone());
        self.send_change(
            &writing.name,
            &writing.subject,
            Change::Note(text.trim_end().to_owned()),
            (batch, None),
        );
    }

    fn banner_now(&mut self) {
        let name = self.writing.as_ref().map(|w| w.name.clone());
        let thread = self.pane.as_ref().map(|pane| &pane.thread);
        if let Some(thread) = thread
            .filter(|t| Some(&t.row.name) == name.as_ref())
            .cloned()
        {
            self.update_banner(&thread);
        }
    }
}

/// Whether an obstacle is out of the way once the writer has seen it.
fn can_be_seen(obstacle: &Obstacle) -> bool {
    match obstacle {
        Obstacle::Sending { .. } | Obstacle::Answered { .. } | Obstacle::Outside { .. } => false,
        Obstacle::Owner { .. }
        | Obstacle::CustomerWrote { .. }
        | Obstacle::Status { .. }
        | Obstacle::Note { .. } => true,
    }
}

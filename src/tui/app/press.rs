//! Who gets a key: a question, the picker, the query line, a command, or the text.

use super::writing::{Mode, Saved};
use super::{App, Focus, Pick, PickerKind, Target, Timer};
use crate::engine::api::Request;
use crate::limits;
use crate::tui::commands::{Command, Match, spec};
use crate::tui::keys::{Code, Key};
use std::time::Duration;

/// What the first key of a sequence can lead to is shown after this long.
const WHICH_KEY: Duration = Duration::from_millis(250);
/// The palette searches after this much silence.
const QUERY: Duration = Duration::from_millis(50);

impl App {
    pub(super) fn key_pressed(&mut self, key: Key) {
        let again = std::mem::replace(&mut self.interrupted, false);
        self.notices.key_pressed();
        if key == Key::ctrl('c') {
            self.interrupted = again;
            self.run(Command::Cancel);
        } else if self.size.is_tiny() {
            // What cannot be seen is not done.
        } else if self.prompt.is_some() {
            self.prompt_pressed(key);
        } else if self.picker.is_some() {
            self.picker_pressed(key);
        } else if self.reason_pressed(key) || self.query_pressed(key) {
        } else {
            self.command_pressed(key);
        }
    }

    pub(super) fn pasted(&mut self, text: &str) {
        if let Some(prompt) = &mut self.prompt {
            prompt.line.paste(text);
        } else if let Some(picker) = &mut self.picker {
            picker.query.paste(text);
            self.picker_typed();
        } else if self.search.as_ref().is_some_and(|s| s.typing) {
            self.query_pasted(text);
        } else if self.is_typing_reason() {
            self.reason_pasted(text);
        } else if self.place().types() {
            if let Some(writing) = &mut self.writing {
                writing.editor.paste(text);
            }
            self.text_changed();
        } else {
            self.refuse_paste();
        }
    }

    pub(super) fn clicked(&mut self, target: Target) {
        match target {
            Target::Tab(view) if self.writing.is_none() => self.show_view(view),
            Target::Row(number) if self.writing.is_none() && self.picker.is_none() => {
                self.focus = Focus::List;
                if self.list.cursor == number {
                    self.open_current();
                } else {
                    self.list.go(number);
                }
            }
            Target::List if self.writing.is_none() => self.focus = Focus::List,
            Target::Thread if self.writing.is_none() => self.run(Command::Open),
            Target::Hint(command) => self.hint_clicked(command),
            Target::Item(number) => {
                if let Some(picker) = &mut self.picker {
                    picker.cursor = number;
                    self.choose();
                }
            }
            Target::Tab(_) | Target::Row(_) | Target::List | Target::Thread => {}
        }
    }

    /// A hint does what its key does; a sequence begins.
    fn hint_clicked(&mut self, command: Command) {
        let hint = spec(command).map(|spec| spec.hint(self.place()));
        match hint.and_then(|(key, _)| Key::parse(key)) {
            Some(key) => self.command_pressed(key),
            None => self.run(command),
        }
    }

    pub(super) fn scrolled(&mut self, target: Target, lines: isize) {
        match target {
            Target::Thread => self.with_pane(|pane, _| pane.scroll_by(lines)),
            _ if self.writing.is_none() && self.picker.is_none() => self.list.step(lines),
            _ => {}
        }
    }

    /// The text was edited: it is saved after the next pause.
    pub(super) fn text_changed(&mut self) {
        if let Some(writing) = &mut self.writing {
            writing.saved = Saved::Dirty;
            self.wake(Timer::DraftPause, limits::DRAFT_PAUSE);
        }
    }

    /// Keys out of a paste are no commands.
    pub(super) fn refuse_paste(&mut self) {
        self.bad("That looked like a paste; no commands are taken from one. Nothing was done.");
    }

    fn command_pressed(&mut self, key: Key) {
        let place = self.place();
        if key.code == Code::Esc && !self.pressed.is_empty() {
            self.forget_keys();
            return;
        }
        self.pressed.push(key);
        match self.keymap.find(place, &self.pressed) {
            Match::Run(command) => {
                self.forget_keys();
                self.run(command);
            }
            Match::More(_) => self.wake(Timer::WhichKey, WHICH_KEY),
            Match::Nothing => {
                let sequence = self.pressed.len() > 1;
                let typed: Vec<String> = self.pressed.iter().map(Key::to_string).collect();
                self.forget_keys();
                if place.types() && !sequence {
                    self.text_pressed(key);
                } else {
                    let typed = typed.join(" ");
                    self.good(format!("{typed} does nothing here. ? lists the keys."));
                }
            }
        }
    }

    fn text_pressed(&mut self, key: Key) {
        let Some(writing) = self.writing.as_mut().filter(|w| w.mode == Mode::Writing) else {
            return;
        };
        if writing.editor.press(key) {
            self.text_changed();
        }
    }

    fn forget_keys(&mut self) {
        self.pressed.clear();
        self.which_key = false;
    }

    fn picker_pressed(&mut self, key: Key) {
        let Some(picker) = &mut self.picker else {
            return;
        };
        match (key.code, key.ctrl) {
            (Code::Esc, _) => self.picker = None,
            (Code::Enter, _) => self.choose(),
            (Code::Down, _) | (Code::Char('n'), true) => picker.step(1),
            (Code::Up, _) | (Code::Char('p'), true) => picker.step(-1),
            (Code::PageDown, _) => picker.step(10),
            (Code::PageUp, _) => picker.step(-10),
            (Code::Tab, _) => {
                if let Some(title) = picker.chosen().map(|item| item.title.clone()) {
                    picker.query = super::Line::new(title);
                    self.picker_typed();
                }
            }
            _ => {
                if picker.query.press(key) {
                    self.picker_typed();
                }
            }
        }
    }

    /// What is typed into the picker changed.
    pub(super) fn picker_typed(&mut self) {
        if let Some(picker) = &mut self.picker {
            picker.filter();
            if picker.kind == PickerKind::Palette {
                self.wake(Timer::Query, QUERY);
            }
        }
        self.offer_new_tag();
    }

    /// Does what the chosen line of the picker says.
    fn choose(&mut self) {
        let Some(item) = self.picker.as_ref().and_then(|p| p.chosen()).cloned() else {
            return;
        };
        if let Some(why) = item.disabled {
            self.bad(format!("{}: {why}.", item.title));
            return;
        }
        if let Pick::Tag(tag) = &item.pick {
            self.toggle_tag(tag);
            return;
        }
        let picker = self.picker.take();
        match item.pick {
            Pick::Run(command) => self.run(command),
            Pick::Open(name) => self.open(name),
            Pick::Assign(agent) => self.assign(agent),
            Pick::Link(url) => self.effects.push(super::Effect::OpenLink(url)),
            Pick::File { message, index } => self.save_file(message, index, &item.title),
            Pick::Snooze(time) => self.snooze(time),
            Pick::Draft(number) => {
                if let Some(draft) = picker.and_then(|p| p.drafts.into_iter().nth(number)) {
                    self.take_up(Box::new(draft));
                }
            }
            Pick::Unknown(draft) => self.pick_resolution(&draft),
            Pick::Resolve { intent, sent } => {
                self.outgoing.retain(|_, o| !o.is_about(&intent));
                self.engine(Request::Resolve { intent, sent });
            }
            Pick::Copy(text) => self.effects.push(super::Effect::Copy(text)),
            Pick::Tag(_) | Pick::Nothing => {}
        }
    }
}

//! The way of a reply out of the house: the gate, the hold, and what became of it.

use super::line::Line;
use super::writing::{Mode, Purpose};
use super::{App, Outgoing, Timer};
use crate::engine::api::{Request, Stage};
use crate::mail::draft::Draft;
use crate::team::ConversationName;
use crate::team::gate::Obstacle;
use crate::tui::keys::{Code, Key};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

impl App {
    /// A reply on its way out moved on.
    pub(super) fn outgoing_moved(&mut self, id: String, name: ConversationName, stage: Stage) {
        let mine = self.writing.as_ref().is_some_and(|w| w.id() == Some(&id));
        let (person, draft) = match self.writing.as_ref().filter(|_| mine) {
            Some(writing) => (writing.person.clone(), writing.draft()),
            None => match self.outgoing.remove(&id) {
                Some(old) => (old.person, old.draft),
                None => ("the customer".to_owned(), None),
            },
        };
        let over = matches!(stage, Stage::Sent | Stage::TakenBack | Stage::Failed(_));
        let blocked = matches!(stage, Stage::Blocked { .. });
        if !over && !blocked {
            let outgoing = Outgoing {
                name,
                person: person.clone(),
                stage: stage.clone(),
                draft: draft.clone(),
            };
            self.outgoing.insert(id, outgoing);
        } else {
            self.outgoing.remove(&id);
        }
        if mine {
            self.stage_shown(&person, stage);
        } else {
            self.stage_unseen(&person, stage, draft);
        }
    }

    /// A second of a hold is over: the countdown is drawn again.
    pub(super) fn hold_second(&mut self) {
        let held = |o: &Outgoing| matches!(o.stage, Stage::Held { .. });
        if self.outgoing.values().any(held) {
            self.wake(Timer::Hold, SECOND);
        }
    }

    /// Takes back the reply that leaves last, when one is held; whether there was one.
    pub(super) fn take_back_newest(&mut self) -> bool {
        let held = |o: &Outgoing| match o.stage {
            Stage::Held { until } => Some(until),
            _ => None,
        };
        let newest = self
            .outgoing
            .iter()
            .filter_map(|(id, o)| Some((held(o)?, id.clone())))
            .max();
        match newest {
            Some((_, draft)) => {
                self.engine(Request::TakeBack { draft });
                true
            }
            None => false,
        }
    }

    /// A key while the reason for sending anyway is typed; whether it was used.
    pub(super) fn reason_pressed(&mut self, key: Key) -> bool {
        let Some(writing) = &mut self.writing else {
            return false;
        };
        let Mode::Reason {
            obstacles,
            sentence,
            line,
        } = &mut writing.mode
        else {
            return false;
        };
        match key.code {
            Code::Esc => {
                let now = match &writing.purpose {
                    Purpose::Reply(draft) => Box::new(draft.seen.clone()),
                    Purpose::Note => return true,
                };
                writing.mode = Mode::Blocked {
                    obstacles: std::mem::take(obstacles),
                    sentence: std::mem::take(sentence),
                    now,
                };
            }
            Code::Enter if line.text().trim().is_empty() => {}
            Code::Enter => {
                let anyway = (line.text().trim().to_owned(), std::mem::take(obstacles));
                self.send(Some(anyway));
            }
            _ => {
                line.press(key);
            }
        }
        true
    }

    pub(super) fn reason_pasted(&mut self, text: &str) {
        if let Some(writing) = &mut self.writing
            && let Mode::Reason { line, .. } = &mut writing.mode
        {
            line.paste(text);
        }
    }

    pub(super) fn is_typing_reason(&self) -> bool {
        let writing = self.writing.as_ref();
        writing.is_some_and(|w| matches!(w.mode, Mode::Reason { .. }))
    }

    pub(super) fn send(&mut self, anyway: Option<(String, Vec<Obstacle>)>) {
        let Some(writing) = &mut self.writing else {
            return;
        };
        if writing.editor.is_blank() {
            self.bad("The reply is empty. e edits it.");
            return;
        }
        let Some(draft) = writing.draft() else {
            return;
        };
        writing.mode = Mode::Checking;
        let outgoing = Outgoing {
            name: writing.name.clone(),
            person: writing.person.clone(),
            stage: Stage::Checking,
            draft: Some(draft.clone()),
        };
        self.outgoing.insert(draft.id.clone(), outgoing);
        self.engine(Request::Send {
            draft,
            anyway,
            hold: true,
        });
    }

    pub(super) fn ask_reason(&mut self) {
        let Some(writing) = &mut self.writing else {
            return;
        };
        if let Mode::Blocked {
            obstacles,
            sentence,
            ..
        } = &mut writing.mode
        {
            writing.mode = Mode::Reason {
                obstacles: std::mem::take(obstacles),
                sentence: std::mem::take(sentence),
                line: Line::default(),
            };
        }
    }

    pub(super) fn take_back(&mut self) {
        if let Some(draft) = self.writing.as_ref().and_then(|w| w.id()) {
            let draft = draft.to_owned();
            self.engine(Request::TakeBack { draft });
        }
    }

    pub(super) fn send_now(&mut self) {
        if let Some(draft) = self.writing.as_ref().and_then(|w| w.id()) {
            let draft = draft.to_owned();
            self.engine(Request::SendNow { draft });
        }
    }

    pub(super) fn resolve(&mut self, sent: bool) {
        let Some(writing) = &self.writing else {
            return;
        };
        if let Mode::Unknown { intent, .. } = &writing.mode {
            let intent = intent.clone();
            self.outgoing.remove(writing.id().unwrap_or_default());
            self.writing = None;
            self.engine(Request::Resolve { intent, sent });
            self.good(match sent {
                true => "Noted: the customer got it.",
                false => "Noted: it never left. The draft is kept; r takes it up again.",
            });
        }
    }

    /// The reply on the screen moved on.
    fn stage_shown(&mut self, person: &str, stage: Stage) {
        let mode = match stage {
            Stage::Checking => Mode::Checking,
            Stage::Blocked {
                obstacles,
                now,
                sentence,
                ..
            } => Mode::Blocked {
                obstacles,
                sentence,
                now,
            },
            Stage::Held { until } => {
                self.wake(Timer::Hold, SECOND);
                Mode::Held(until)
            }
            Stage::Sending => Mode::Sending,
            Stage::Sent => {
                self.leave_writing();
                self.good(format!("Sent to {person}."));
                return;
            }
            Stage::TakenBack => {
                self.good("Taken back; nothing was sent.");
                Mode::Review
            }
            Stage::Failed(trouble) => {
                self.bad(trouble.sentence);
                Mode::Review
            }
            Stage::Unknown { intent, sentence } => Mode::Unknown { intent, sentence },
        };
        if let Some(writing) = &mut self.writing {
            writing.mode = mode;
        }
    }

    /// A reply that is not on the screen moved on.
    fn stage_unseen(&mut self, person: &str, stage: Stage, draft: Option<Box<Draft>>) {
        match stage {
            Stage::Checking | Stage::Sending => {}
            Stage::Held { .. } => self.wake(Timer::Hold, SECOND),
            Stage::Sent => {
                self.good(format!("Sent to {person}."));
                self.list.is_stale();
            }
            Stage::TakenBack => {
                self.good("Taken back; nothing was sent.");
                if let (Some(draft), None) = (draft, &self.writing) {
                    self.take_up(draft);
                }
            }
            Stage::Blocked { sentence, .. } => {
                self.bad(format!("{sentence} The text is kept as a draft: g t."));
            }
            Stage::Failed(trouble) => {
                let why = trouble.sentence;
                self.bad(format!(
                    "Not sent to {person}: {why} The draft is kept: g t."
                ));
            }
            Stage::Unknown { sentence, .. } => {
                self.bad(format!("{sentence} T shows it."));
            }
        }
    }
}

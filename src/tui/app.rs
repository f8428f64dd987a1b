//! The state of the screen: a pure machine from events to effects.
//!
//! It does no I/O, asks no clock and draws nothing. Time comes with each event; what shall happen
//! outside is returned as plain data.

mod act;
mod collision;
mod event;
mod gate;
mod ledger;
mod line;
mod list;
mod look;
mod news;
mod notices;
mod palette;
mod pane;
mod picker;
mod press;
mod prose;
mod reply;
mod run;
mod search;
mod sources;
mod writing;

pub use collision::{Banner, Level, word as level_word};
pub use event::{Asks, Effect, Event, Focus, Options, Outgoing, Prompt, Target, Timer};
pub use ledger::is_snoozed;
pub use line::Line;
pub use list::{List, ListLine, Source};
pub use notices::{Notice, Notices, Tone};
pub use pane::Pane;
pub use picker::{Item, Kind as PickerKind, Pick, Picker};
pub use prose::{Kind as ProseKind, ProseLine, name_of, sender};
pub use search::Search;
pub use writing::{Mode, Purpose, Saved, Writing};

use crate::clock::Timestamp;
use crate::engine::api::{Link, Progress, Request, Ticket};
use crate::team::{ConversationName, Grade};
use crate::tui::commands::Keymap;
use crate::tui::keys::Key;
use crate::tui::layout::{self, Size};
use crate::view::{Member, View};
use ledger::Ledger;
use pane::Room;
use std::collections::BTreeMap;
use std::time::Duration;

/// The whole state.
#[derive(Debug)]
pub struct App {
    pub(in crate::tui) options: Options,
    pub(in crate::tui) now: Timestamp,
    pub(in crate::tui) size: Size,
    pub(in crate::tui) list: List,
    pub(in crate::tui) search: Option<Search>,
    pub(in crate::tui) counts: BTreeMap<View, usize>,
    pub(in crate::tui) pane: Option<Pane>,
    pub(in crate::tui) focus: Focus,
    pub(in crate::tui) side: bool,
    pub(in crate::tui) mouse: bool,
    pub(in crate::tui) members: Vec<Member>,
    pub(in crate::tui) ledger: Ledger,
    pub(in crate::tui) notices: Notices,
    pub(in crate::tui) picker: Option<Picker>,
    pub(in crate::tui) prompt: Option<Prompt>,
    pub(in crate::tui) writing: Option<Box<Writing>>,
    pub(in crate::tui) outgoing: BTreeMap<String, Outgoing>,
    pub(in crate::tui) link: Link,
    pub(in crate::tui) progress: Option<Progress>,
    pub(in crate::tui) pressed: Vec<Key>,
    pub(in crate::tui) which_key: bool,
    notes: BTreeMap<ConversationName, String>,
    keymap: Keymap,
    tickets: u64,
    wanted: Option<ConversationName>,
    opening: Option<(Ticket, ConversationName)>,
    reopen: bool,
    counting: bool,
    recount: bool,
    looking: Option<(ConversationName, Grade)>,
    last_change: Option<crate::engine::api::Change>,
    drafting: Option<Ticket>,
    pulling: Option<Ticket>,
    saving_files: BTreeMap<Ticket, String>,
    interrupted: bool,
    effects: Vec<Effect>,
}

/// Lines above a conversation's text: subject, state, rule.
pub const HEAD: u16 = 3;
/// Ages are re-rendered this often.
const MINUTE: Duration = Duration::from_secs(60);

impl App {
    /// A screen before anything has been heard.
    pub fn new(options: Options, size: Size, now: Timestamp) -> Self {
        Self {
            mouse: options.mouse,
            options,
            now,
            size,
            list: List::of_view(View::Queue),
            search: None,
            counts: BTreeMap::new(),
            pane: None,
            focus: Focus::List,
            side: true,
            members: Vec::new(),
            ledger: Ledger::default(),
            notices: Notices::default(),
            picker: None,
            prompt: None,
            writing: None,
            outgoing: BTreeMap::new(),
            link: Link::Connecting,
            progress: None,
            pressed: Vec::new(),
            which_key: false,
            notes: BTreeMap::new(),
            keymap: Keymap::default(),
            tickets: 0,
            wanted: None,
            opening: None,
            reopen: false,
            counting: false,
            recount: true,
            looking: None,
            last_change: None,
            drafting: None,
            pulling: None,
            saving_files: BTreeMap::new(),
            interrupted: false,
            effects: Vec::new(),
        }
    }

    /// Takes one event in and says what shall be done outside.
    pub fn update(&mut self, now: Timestamp, event: Event) -> Vec<Effect> {
        self.now = now;
        match event {
            Event::Started => self.started(),
            Event::Key(key) => self.key_pressed(key),
            Event::Paste(text) => self.pasted(&text),
            Event::Flood => self.refuse_paste(),
            Event::Resized(size) => self.resized(size),
            Event::Focus(_) => {}
            Event::Clicked(target) => self.clicked(target),
            Event::Scrolled(target, lines) => self.scrolled(target, lines),
            Event::News(news) => self.heard(news),
            Event::Woke(timer) => self.woke(timer),
            Event::EditorClosed(result) => self.editor_closed(result),
            Event::Ended => self.leave(),
            Event::Failed(sentence) => self.bad(sentence),
            Event::Copied(result) => match result {
                Ok(()) => self.good("Copied through the terminal (OSC 52)."),
                Err(why) => self.bad(why),
            },
        }
        self.follow_up();
        std::mem::take(&mut self.effects)
    }

    fn started(&mut self) {
        self.engine(Request::Members);
        self.wake(Timer::Minute, MINUTE);
        if self.mouse {
            self.effects.push(Effect::Mouse(true));
        }
    }

    fn resized(&mut self, size: Size) {
        self.size = size;
        self.lay_out();
    }

    fn woke(&mut self, timer: Timer) {
        match timer {
            Timer::Minute => {
                self.wake(Timer::Minute, MINUTE);
                self.lay_out();
                self.look_again();
                // Nobody waits longer than a minute for an answer.
                self.list.forget_questions();
                self.opening = None;
                self.counting = false;
            }
            Timer::Notice => self.notices.time_passed(self.now),
            Timer::WhichKey => self.which_key = !self.pressed.is_empty(),
            Timer::DraftPause => self.save_draft(),
            Timer::Hold => self.hold_second(),
            Timer::Read => self.read_now(),
            Timer::Query => self.query_now(),
        }
    }

    /// After every event: ask for what the screen now shows and does not have.
    fn follow_up(&mut self) {
        let height = self.list_height();
        let narrow = self.is_narrow();
        self.list.show_cursor(height, narrow);
        let mut tickets = self.tickets;
        let requests = self.list.ask(height, || {
            tickets += 1;
            Ticket(tickets)
        });
        self.tickets = tickets;
        for request in requests {
            self.engine(request);
        }
        if self.recount && !self.counting {
            self.recount = false;
            self.counting = true;
            self.engine(Request::Counts);
        }
        self.fill_pane();
        self.say_where_i_look();
    }

    /// Asks for the conversation that shall be shown; one question at a time, the newest wins.
    fn fill_pane(&mut self) {
        if self.focus == Focus::List && self.writing.is_none() && self.size.is_wide() {
            self.wanted = self.list.current().map(|row| row.name.clone());
        }
        if self.opening.is_some() {
            return;
        }
        let Some(wanted) = self.wanted.clone() else {
            return;
        };
        let has = self
            .pane
            .as_ref()
            .is_some_and(|p| p.thread.row.name == wanted);
        if has && !self.reopen {
            return;
        }
        self.reopen = false;
        let ticket = self.ticket();
        self.opening = Some((ticket, wanted.clone()));
        self.engine(Request::Open {
            ticket,
            conversation: wanted,
        });
    }

    /// Teammates see who reads and who writes, not where a cursor passes by.
    fn say_where_i_look(&mut self) {
        let at = match (&self.writing, self.focus) {
            (Some(writing), _) => {
                let grade = match writing.purpose {
                    Purpose::Reply(_) => Grade::Writing,
                    Purpose::Note => Grade::Reading,
                };
                Some((writing.name.clone(), grade))
            }
            (None, Focus::Thread) => {
                let pane = self.pane.as_ref();
                pane.map(|pane| (pane.thread.row.name.clone(), Grade::Reading))
            }
            (None, Focus::List) => None,
        };
        if at != self.looking {
            self.looking.clone_from(&at);
            self.engine(Request::Look { at });
        }
    }

    /// Lays the conversation out for the room there is now.
    fn lay_out(&mut self) {
        self.with_pane(Pane::lay_out);
        self.with_original(Pane::lay_out);
    }

    /// Runs something on the conversation on the screen with the room it has.
    fn with_pane(&mut self, work: impl FnOnce(&mut Pane, Room<'_>)) {
        self.with_room(|app, room| {
            if let Some(pane) = &mut app.pane {
                work(pane, room);
            }
        });
    }

    /// Runs something with the room a conversation has.
    fn with_room(&mut self, work: impl FnOnce(&mut Self, Room<'_>)) {
        let plan = layout::plan(self.size, true, self.side);
        let area = plan.thread.unwrap_or_default();
        let zone = self.options.zone.clone();
        let room = Room {
            width: usize::from(area.width),
            height: usize::from(area.height.saturating_sub(HEAD)).max(1),
            now: self.now,
            zone: &zone,
        };
        work(self, room);
    }

    fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket(self.tickets)
    }

    fn engine(&mut self, request: Request) {
        self.effects.push(Effect::Engine(request));
    }

    fn wake(&mut self, timer: Timer, after: Duration) {
        self.effects.push(Effect::WakeAfter(timer, after));
    }

    fn good(&mut self, text: impl Into<String>) {
        self.notices.say(self.now, Tone::Good, text.into());
        self.wake(Timer::Notice, notices::SHOWN);
    }

    fn bad(&mut self, text: impl Into<String>) {
        self.notices.say(self.now, Tone::Bad, text.into());
    }
}

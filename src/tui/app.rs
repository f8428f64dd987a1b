//! The state of the screen: a pure machine from events to effects.
//!
//! It does no I/O, asks no clock and draws nothing. Time comes with each event; what shall happen
//! outside is returned as plain data.

mod act;
mod collision;
mod ledger;
mod line;
mod list;
mod news;
mod notices;
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
use crate::config::AfterSend;
use crate::engine::api::{Link, News, Progress, Request, Stage, Ticket};
use crate::mail::draft::Draft;
use crate::team::{Agent, ConversationName, Grade, Status};
use crate::tui::commands::{Command, Keymap, Place};
use crate::tui::keys::Key;
use crate::tui::layout::{self, Plan, Size};
use crate::view::{Member, Row, View};
use jiff::tz::TimeZone;
use ledger::Ledger;
use pane::Room;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The program starts.
    Started,
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// So many keys came at once that they are no typing.
    Flood,
    /// The terminal has another size.
    Resized(Size),
    /// The terminal's window got or lost the focus.
    Focus(bool),
    /// Something on the screen was clicked.
    Clicked(Target),
    /// The wheel was turned over a pane, by lines.
    Scrolled(Target, isize),
    /// The engine says something.
    News(News),
    /// A timer ran out.
    Woke(Timer),
    /// The outside editor ended: the text, or why there is none.
    EditorClosed(Result<String, String>),
    /// The system asks the program to end.
    Ended,
    /// Something outside failed: a printable sentence.
    Failed(String),
    /// A text is on the clipboard, or why not.
    Copied(Result<(), String>),
}

/// What shall be done outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Tell the engine.
    Engine(Request),
    /// Wake the app after so long; replaces an earlier wish for the same timer.
    WakeAfter(Timer, Duration),
    /// Open the outside editor on a text.
    OpenEditor(String),
    /// Open a link (printable, `http`, `https` or `mailto`) outside.
    OpenLink(String),
    /// Put a text on the clipboard.
    Copy(String),
    /// Take clicks or leave them to the terminal.
    Mouse(bool),
    /// Draw everything anew.
    Redraw,
    /// Stop, and come back with `fg`.
    Suspend,
    /// End.
    Quit,
}

/// What time is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// Ages on the screen grow.
    Minute,
    /// A notice has been shown long enough.
    Notice,
    /// The first key of a sequence was pressed a while ago.
    WhichKey,
    /// Nothing was typed for a while.
    DraftPause,
    /// A second of a hold is over.
    Hold,
    /// An opened conversation counts as read.
    Read,
    /// A query has been typed.
    Query,
}

/// What can be clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A view's tab.
    Tab(View),
    /// A row of the list.
    Row(usize),
    /// The list, beside its rows.
    List,
    /// The conversation.
    Thread,
    /// A hint.
    Hint(Command),
    /// A line of the picker, by its number among those shown.
    Item(usize),
}

/// Which pane has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// The list.
    List,
    /// The conversation.
    Thread,
}

/// What the app needs to know about the person and the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Who uses it.
    pub me: Agent,
    /// The mailbox's address, for the header; printable.
    pub mailbox: String,
    /// Take clicks from the start.
    pub mouse: bool,
    /// Where to go after a reply.
    pub after_send: AfterSend,
    /// Status of a conversation after a reply.
    pub status_after: Status,
    /// An opened conversation counts as read after this; zero means never by itself.
    pub read_after: Duration,
    /// For times of day.
    pub zone: TimeZone,
    /// Where attachments are saved.
    pub downloads: PathBuf,
}

/// A line that is asked for, or a question with one key as its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// The question; printable.
    pub question: String,
    /// What is typed.
    pub line: Line,
    /// What the answer is for.
    pub asks: Asks,
}

/// What a prompt asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Asks {
    /// The reason for taking conversations over.
    TakeOver(Vec<Row>),
    /// Whether to leave although something is not saved.
    Quit,
}

/// A reply on its way out.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// Its conversation.
    pub name: ConversationName,
    /// The customer's printable name.
    pub person: String,
    /// Where it stands.
    pub stage: Stage,
    /// The text, to edit on when it comes back.
    pub draft: Option<Box<Draft>>,
}

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
            Event::Flood => self.bad(
                "That looked like a paste; keys are not taken from one here. Nothing was done.",
            ),
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
            crate::tui::commands::Match::More(more) => more
                .into_iter()
                .map(|(key, command)| {
                    let title = crate::tui::commands::spec(command).map_or("", |s| s.title);
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
        let events = pane.thread.events.iter().filter(|e| e.effective);
        let events = events.map(|event| (event.at, event.sentence.clone()));
        let mut all: Vec<_> = mails.chain(events).collect();
        all.sort_by_key(|(at, _)| *at);
        all
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

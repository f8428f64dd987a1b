//! Keys on the app's state, with a reader of a real cache in the engine's place.

use crate::figures::status_of;
use postroom::cache::{Reader, Viewer};
use postroom::clock::{self, monotonic};
use postroom::config::AfterSend;
use postroom::engine::api::{News, Request};
use postroom::query;
use postroom::team::{Agent, Status};
use postroom::tui::app::{App, Effect, Event, Options, Timer};
use postroom::tui::keys::sequence;
use postroom::tui::layout::Size;
use postroom::tui::ui::{self, Palette, Theme};
use postroom::view::Thread;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::path::{Path, PathBuf};
use std::time::Duration;

const WIDTH: u16 = 200;
const HEIGHT: u16 = 50;
/// Times the round of keys is pressed.
const ROUNDS: usize = 40;
/// One round: through lists, views, a conversation, the palette and a search, and back.
const ROUND: &str = "j j j j k PgDn PgDn Ctrl-D j j G k k PgUp g g 4 j j G k g g 5 3 2 1 \
    j Tab j j PgDn J = g g Tab x j v j j * * : r e p Esc ? Esc / p a r c e l Enter j j j k Esc \
    i i T Esc L Esc Enter Esc j";

/// What one key cost.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pressed {
    /// Taking the key in and drawing.
    pub frame: Duration,
    /// Taking in what the engine answered and drawing that.
    pub answer: Duration,
    /// Reading the cache for the answer; in the program this runs on other threads.
    pub cache: Duration,
    /// The system gave the core to somebody else meanwhile, so the times are not ours alone.
    pub disturbed: bool,
}

struct Bench {
    app: App,
    screen: Terminal<TestBackend>,
    theme: Theme,
    reader: Reader,
    me: Agent,
}

/// Presses every key of the rounds.
pub fn press_keys(cache: &Path) -> Vec<Pressed> {
    let mut bench = Bench::open(cache);
    let effects = bench.take_in(Event::Started);
    bench.answer(effects, &mut Pressed::default());
    let round = sequence(ROUND).expect("keys");
    let keys = std::iter::repeat_n(round, ROUNDS).flatten();
    keys.map(|key| {
        let mut pressed = Pressed::default();
        let before = preemptions();
        let start = monotonic();
        let effects = bench.take_in(Event::Key(key));
        bench.draw();
        pressed.frame = start.elapsed();
        bench.answer(effects, &mut pressed);
        pressed.disturbed = preemptions() != before;
        pressed
    })
    .collect()
}

/// Times the core was taken from this thread so far.
fn preemptions() -> u64 {
    status_of("thread-self", "nonvoluntary_ctxt_switches")
}

impl Bench {
    fn open(cache: &Path) -> Self {
        let me = Agent::new("ana");
        let options = Options {
            me: me.clone(),
            mailbox: "support@acme.example".to_owned(),
            mouse: false,
            after_send: AfterSend::List,
            status_after: Status::Waiting,
            read_after: Duration::from_secs(2),
            zone: clock::zone(),
            downloads: PathBuf::from("."),
        };
        let size = Size {
            width: WIDTH,
            height: HEIGHT,
        };
        Self {
            app: App::new(options, size, clock::now()),
            screen: Terminal::new(TestBackend::new(WIDTH, HEIGHT)).unwrap(),
            theme: Theme::new(Palette::Sixteen, false),
            reader: Reader::open(cache).unwrap(),
            me,
        }
    }

    fn take_in(&mut self, event: Event) -> Vec<Effect> {
        self.app.update(clock::now(), event)
    }

    fn draw(&mut self) {
        let (app, theme) = (&self.app, &self.theme);
        self.screen
            .draw(|frame| drop(ui::draw(app, theme, frame)))
            .unwrap();
    }

    /// Answers until nothing more is asked. Each answer is drawn by itself, and the slowest counts:
    /// in the program a frame never waits for the next answer.
    fn answer(&mut self, effects: Vec<Effect>, pressed: &mut Pressed) {
        let mut waiting = effects;
        while !waiting.is_empty() {
            let start = monotonic();
            let events: Vec<Event> = waiting.iter().filter_map(|e| self.answered(e)).collect();
            pressed.cache += start.elapsed();
            waiting.clear();
            for event in events {
                let start = monotonic();
                waiting.extend(self.take_in(event));
                self.draw();
                pressed.answer = pressed.answer.max(start.elapsed());
            }
        }
    }

    fn answered(&self, effect: &Effect) -> Option<Event> {
        match effect {
            Effect::Engine(request) => self.news(request).map(Event::News),
            Effect::WakeAfter(timer @ (Timer::Query | Timer::WhichKey), _) => {
                Some(Event::Woke(*timer))
            }
            _ => None,
        }
    }

    fn news(&self, request: &Request) -> Option<News> {
        let viewer = Viewer {
            me: &self.me,
            now: clock::now(),
            zone: clock::zone(),
            mark: &|_| None,
        };
        let reader = &self.reader;
        Some(match request {
            Request::Rows {
                ticket,
                view,
                offset,
                limit,
            } => {
                let page = reader.page(*view, &viewer, *offset, *limit).unwrap();
                News::Page(*ticket, Box::new(page))
            }
            Request::Counts => News::Counts(reader.counts(&viewer).unwrap()),
            Request::Open {
                ticket,
                conversation,
            } => {
                let (row, messages) = reader.thread(conversation, &viewer).unwrap().unwrap();
                let thread = Thread {
                    row,
                    epoch: 0,
                    messages,
                    notes: Vec::new(),
                    events: Vec::new(),
                    customer: (1, 1),
                };
                News::Opened(*ticket, Ok(Box::new(thread)))
            }
            Request::Search {
                ticket,
                query,
                limit,
            } => {
                let found = query::parse(query).unwrap();
                let hits = reader.search(&found, &viewer, *limit).unwrap();
                News::Found(*ticket, Ok(hits))
            }
            Request::Members => News::Members(Vec::new()),
            Request::Drafts => News::Drafts(Vec::new()),
            _ => return None,
        })
    }
}

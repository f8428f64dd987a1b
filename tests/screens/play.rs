//! A screen to press keys on, with an engine that answers at once from made-up data.

use crate::screens::data;
use crate::screens::picture::Picture;
use jiff::tz::TimeZone;
use postroom::clock::Timestamp;
use postroom::config::AfterSend;
use postroom::engine::api::{Change, Link, News, Outcome, Request, Stage, Ticket};
use postroom::mail::Address;
use postroom::mail::draft::Draft;
use postroom::team::gate::Seen;
use postroom::team::{ConversationName, Status};
use postroom::tui::app::{App, Effect, Event, Options, Timer};
use postroom::tui::keys;
use postroom::tui::layout::Size;
use postroom::tui::ui::{self, Palette, Theme};
use postroom::view::{Hit, Page, Row, Thread, View};
use std::time::Duration;

/// An app with its surroundings.
pub struct Play {
    pub app: App,
    pub now: Timestamp,
    pub size: Size,
    pub theme: Theme,
    pub queue: Vec<Row>,
    pub handled: Vec<Row>,
    pub thread: Option<Thread>,
    /// Changes that wait to be settled.
    pub open: Vec<(Ticket, ConversationName)>,
    /// What the app asked the engine for, in order.
    pub asked: Vec<Request>,
    /// Everything else it asked for.
    pub effects: Vec<Effect>,
    /// Whether changes settle at once.
    pub settles: bool,
}

impl Play {
    /// A screen with the mock-up's data, as after start.
    pub fn new(width: u16, height: u16) -> Self {
        Self::with(width, height, data::queue(), data::handled())
    }

    pub fn with(width: u16, height: u16, queue: Vec<Row>, handled: Vec<Row>) -> Self {
        let options = Options {
            me: data::agent("ana"),
            mailbox: "support@acme.example".to_owned(),
            mouse: false,
            after_send: AfterSend::List,
            status_after: Status::Waiting,
            read_after: Duration::from_secs(2),
            zone: TimeZone::UTC,
            downloads: "Downloads".into(),
        };
        let size = Size { width, height };
        let mut play = Self {
            app: App::new(options, size, data::now()),
            now: data::now(),
            size,
            theme: Theme::new(Palette::Sixteen, false),
            queue,
            handled,
            thread: None,
            open: Vec::new(),
            asked: Vec::new(),
            effects: Vec::new(),
            settles: true,
        };
        play.event(Event::Started);
        play.hear(News::Link(Link::Online(data::now())));
        play
    }

    /// Presses keys, written as `c`, `g q`, `Ctrl-P`, `Enter`.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys::sequence(keys).unwrap() {
            self.event(Event::Key(key));
        }
        self
    }

    /// Types a text.
    pub fn type_text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            let key = match c {
                '\n' => keys::Key::plain(keys::Code::Enter),
                c => keys::Key::char(c),
            };
            self.event(Event::Key(key));
        }
        self
    }

    /// Lets a timer run out.
    pub fn wake(&mut self, timer: Timer) -> &mut Self {
        self.event(Event::Woke(timer));
        self
    }

    /// The engine says something.
    pub fn hear(&mut self, news: News) -> &mut Self {
        self.event(Event::News(news));
        self
    }

    /// Settles the oldest open change.
    pub fn settle(&mut self, outcome: Outcome) -> &mut Self {
        let (ticket, name) = self.open.remove(0);
        self.hear(News::Settled(ticket, name, outcome))
    }

    /// Takes an event in, and answers what the app asks for until it is quiet.
    pub fn event(&mut self, event: Event) {
        let mut events = vec![event];
        while !events.is_empty() {
            let effects = self.app.update(self.now, events.remove(0));
            for effect in effects {
                match effect {
                    Effect::Engine(request) => {
                        events.extend(self.answer(&request).map(Event::News));
                        self.asked.push(request);
                    }
                    other => self.effects.push(other),
                }
            }
        }
    }

    /// The window gets another size.
    pub fn resize(&mut self, width: u16, height: u16) {
        self.size = Size { width, height };
        self.event(Event::Resized(self.size));
    }

    /// The reply of the mock-up moves on.
    pub fn outgoing(&mut self, stage: Stage) -> &mut Self {
        self.hear(News::Outgoing {
            draft: "d1".to_owned(),
            conversation: data::name(data::REFUND),
            stage,
        })
    }

    /// Ben answers the mock-up's conversation with another copy of this program.
    pub fn ben_answers(&mut self) -> &mut Self {
        let mut thread = data::thread(&self.queue[0]);
        let us = ("Acme Support", "support@acme.example");
        let mut answer = data::message(4, 1, us, "Hi Mia, your refund is on its way.");
        answer.outgoing = true;
        answer.author = Some(data::agent("ben"));
        thread.messages.push(answer);
        self.thread = Some(thread);
        self.hear(News::Changed(vec![data::name(data::REFUND)]))
    }

    /// Changes that were asked for, in order.
    pub fn changes(&self) -> Vec<Change> {
        let change = |request: &Request| match request {
            Request::Act { change, .. } => Some(change.clone()),
            _ => None,
        };
        self.asked.iter().filter_map(change).collect()
    }

    /// Whether the screen shows some words.
    #[track_caller]
    pub fn shows(&mut self, words: &str) -> &mut Self {
        let text = self.text();
        assert!(text.contains(words), "{words:?} is not in\n{text}");
        self
    }

    /// Whether the screen does not show some words.
    #[track_caller]
    pub fn hides(&mut self, words: &str) -> &mut Self {
        let text = self.text();
        assert!(!text.contains(words), "{words:?} is in\n{text}");
        self
    }

    /// The line of the screen the cursor stands on.
    pub fn cursor_line(&self) -> String {
        let picture = self.picture();
        let text = picture.text();
        let line = text.lines().nth(usize::from(picture.cursor.y));
        line.unwrap_or_default().to_owned()
    }

    /// What is on the screen.
    pub fn picture(&self) -> Picture {
        let (width, height) = (self.size.width, self.size.height);
        Picture::take(width, height, |frame| {
            ui::draw(&self.app, &self.theme, frame);
        })
    }

    pub fn text(&self) -> String {
        self.picture().text()
    }

    fn answer(&mut self, request: &Request) -> Option<News> {
        Some(match request {
            Request::Rows {
                ticket,
                view,
                offset,
                limit,
            } => News::Page(*ticket, Box::new(self.page(*view, *offset, *limit))),
            Request::Counts => {
                let counts = [7, 3, 12, 22, 90];
                News::Counts(View::TABS.into_iter().zip(counts).collect())
            }
            Request::Open {
                ticket,
                conversation,
            } => {
                let all = self.queue.iter().chain(&self.handled);
                let row = all.into_iter().find(|row| row.name == *conversation);
                let mut thread = data::thread(row.unwrap());
                if let Some(other) = self.thread.as_ref().filter(|t| t.row.name == *conversation) {
                    thread = other.clone();
                }
                News::Opened(*ticket, Ok(Box::new(thread)))
            }
            Request::Members => News::Members(data::members()),
            Request::Search { ticket, .. } => {
                let hit = |row: &Row| Hit {
                    row: row.clone(),
                    snippet: "...your claim number is 8812...".to_owned().into(),
                    message: Some(1),
                };
                let hits = self.queue.iter().take(3).map(hit).collect();
                News::Found(*ticket, Ok((hits, 128)))
            }
            Request::Act {
                ticket,
                conversation,
                ..
            } => {
                if !self.settles {
                    self.open.push((*ticket, conversation.clone()));
                    return None;
                }
                News::Settled(*ticket, conversation.clone(), Outcome::Done)
            }
            Request::Reply {
                ticket,
                conversation,
                ..
            } => News::Draft(*ticket, Ok(Box::new(draft(conversation)))),
            Request::SaveDraft(draft) => News::Saved {
                draft: draft.id.clone(),
                at: Ok(self.now),
            },
            _ => return None,
        })
    }

    fn page(&self, view: View, offset: usize, limit: usize) -> Page {
        let rows = match view {
            View::Queue | View::Open => &self.queue,
            _ => &self.handled,
        };
        Page {
            view,
            offset,
            rows: rows.iter().skip(offset).take(limit).cloned().collect(),
            total: rows.len(),
        }
    }
}

/// A fresh reply to the mock-up's conversation.
pub fn draft(conversation: &ConversationName) -> Draft {
    let seen = Seen {
        messages: ["m1", "m2", "m3"]
            .map(|id| format!("{id}@mail.example"))
            .into(),
        owner: Some(data::agent("ana")),
        ..Seen::default()
    };
    Draft {
        id: "d1".to_owned(),
        mailbox: "support".to_owned(),
        conversation: conversation.clone(),
        slot: Some("m3@mail.example".to_owned()),
        from: Address::new("Acme Support", "support@acme.example"),
        to: vec![Address::new("Mia Okafor", "mia@example.net")],
        cc: Vec::new(),
        subject: "Re: Refund for order 4417".to_owned(),
        body: "\n\n-- \nAcme Support, order desk".to_owned(),
        references: Vec::new(),
        status_after: None,
        updated: data::now(),
        seen,
    }
}

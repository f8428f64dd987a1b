//! The loop: waits for anything, lets the app take it in, runs what it asks for, draws once.

use super::guard::Guard;
use super::input;
use super::signals::{Signals, Told};
use super::{Error, Options, editor};
use crate::clock;
use crate::engine::Handle;
use crate::engine::api::{News, Request};
use crate::tui::app::{App, Effect, Event, Timer};
use crate::tui::layout::Size;
use crate::tui::ui::{self, HitMap, Theme};
use crossterm::clipboard::CopyToClipboard;
use crossterm::event::EventStream;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use crossterm::{execute, queue};
use futures_util::StreamExt;
use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};
use std::collections::BTreeMap;
use std::future::{self, Future};
use std::io::{self, BufWriter, IsTerminal, Stdout, stdin, stdout};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// What drives the screen: requests in, news out.
pub trait Engine {
    /// Asks for something; the answer comes as news. Never waits.
    fn send(&self, request: Request);
    /// The next piece of news, `None` when there will be none. Cancel-safe.
    fn news(&mut self) -> impl Future<Output = Option<News>>;
}

impl Engine for Handle {
    fn send(&self, request: Request) {
        Handle::send(self, request);
    }

    fn news(&mut self) -> impl Future<Output = Option<News>> {
        Handle::news(self)
    }
}

/// Two frames are at least this far apart.
const FRAME: Duration = Duration::from_millis(16);
/// News taken in before the next frame, at most.
const BATCH: usize = 256;

type Screen = Terminal<CrosstermBackend<BufWriter<Stdout>>>;
type Away = Pin<Box<dyn Future<Output = Result<String, String>>>>;

/// Shows the screen until the person leaves or the system asks to end. The engine goes on; the
/// caller ends it.
///
/// # Errors
/// When there is no terminal or it fails. It is restored in every case.
pub async fn run(engine: &mut impl Engine, options: Options) -> Result<(), Error> {
    if !stdin().is_terminal() || !stdout().is_terminal() {
        return Err(Error::NoTerminal);
    }
    let mut runner = Runner::new(options)?;
    runner.take_in(engine, Event::Started)?;
    while !runner.over {
        runner.turn(engine).await?;
    }
    Ok(())
}

struct Runner {
    app: App,
    theme: Theme,
    screen: Screen,
    guard: Guard,
    signals: Signals,
    input: Option<EventStream>,
    hits: HitMap,
    timers: BTreeMap<Timer, Instant>,
    outcomes: (mpsc::Sender<Event>, mpsc::Receiver<Event>),
    away: Option<Away>,
    last_frame: Instant,
    dirty: bool,
    clear: bool,
    engine_ended: bool,
    over: bool,
}

/// What woke the loop.
enum Woken {
    Signal(Told),
    Input(Option<io::Result<crossterm::event::Event>>),
    Back(Result<String, String>),
    Outcome(Event),
    Timer(Timer),
    News(Option<Box<News>>),
    Frame,
}

impl Runner {
    fn new(options: Options) -> Result<Self, Error> {
        let guard = Guard::enter()?;
        let screen = Terminal::new(CrosstermBackend::new(BufWriter::new(stdout())))?;
        let size = screen.size()?;
        let size = Size {
            width: size.width,
            height: size.height,
        };
        Ok(Self {
            app: App::new(options.app, size, clock::now()),
            theme: options.theme,
            screen,
            guard,
            signals: Signals::new()?,
            input: Some(EventStream::new()),
            hits: HitMap::default(),
            timers: BTreeMap::new(),
            outcomes: mpsc::channel(16),
            away: None,
            last_frame: clock::monotonic(),
            dirty: true,
            clear: false,
            engine_ended: false,
            over: false,
        })
    }

    /// Waits for one thing, takes in whatever else is there already, draws if anything changed.
    async fn turn(&mut self, engine: &mut impl Engine) -> Result<(), Error> {
        let woken = self.wait(engine).await;
        match woken {
            Woken::Signal(Told::End) => self.take_in(engine, Event::Ended)?,
            // While an editor has the terminal its Ctrl-C is not ours.
            Woken::Signal(Told::Interrupted) if self.away.is_some() => {}
            Woken::Signal(Told::Interrupted) => self.take_in(engine, Event::Ended)?,
            Woken::Signal(Told::Continued) => self.come_back()?,
            Woken::Input(None) => self.take_in(engine, Event::Ended)?,
            Woken::Input(Some(first)) => self.read(engine, first?).await?,
            Woken::Back(result) => {
                self.away = None;
                self.come_back()?;
                self.take_in(engine, Event::EditorClosed(result))?;
            }
            Woken::Outcome(event) => self.take_in(engine, event)?,
            Woken::Timer(timer) => {
                self.timers.remove(&timer);
                self.take_in(engine, Event::Woke(timer))?;
            }
            Woken::News(None) => {
                self.engine_ended = true;
                let sentence = "The engine has ended unexpectedly; leave with q and start again.";
                self.take_in(engine, Event::Failed(sentence.to_owned()))?;
            }
            Woken::News(Some(news)) => self.hear(engine, *news).await?,
            Woken::Frame => {}
        }
        let ready = clock::monotonic().duration_since(self.last_frame) >= FRAME;
        if self.dirty && ready && self.away.is_none() && !self.over {
            self.draw()?;
        }
        Ok(())
    }

    async fn wait(&mut self, engine: &mut impl Engine) -> Woken {
        let next_timer = self.timers.iter().min_by_key(|(_, at)| **at);
        let next_timer = next_timer.map(|(timer, at)| (*timer, *at));
        let frame = (self.dirty && self.away.is_none()).then(|| self.last_frame + FRAME);
        let input = async {
            match &mut self.input {
                Some(input) => input.next().await,
                None => future::pending().await,
            }
        };
        let away = async {
            match &mut self.away {
                Some(away) => away.await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            biased;
            told = self.signals.next() => Woken::Signal(told),
            event = input => Woken::Input(event),
            result = away => Woken::Back(result),
            Some(event) = self.outcomes.1.recv() => Woken::Outcome(event),
            () = until(frame) => Woken::Frame,
            timer = timer(next_timer) => Woken::Timer(timer),
            news = engine.news(), if !self.engine_ended => Woken::News(news.map(Box::new)),
        }
    }

    /// Takes one read of the terminal in: the first event and all that came with it.
    async fn read(
        &mut self,
        engine: &impl Engine,
        first: crossterm::event::Event,
    ) -> Result<(), Error> {
        let mut read = vec![first];
        if let Some(input) = &mut self.input {
            while let Some(Some(next)) = at_once(input.next()).await {
                read.push(next?);
            }
        }
        let types = self.app.takes_text();
        for event in input::translate(read, types, &self.hits) {
            self.take_in(engine, event)?;
        }
        Ok(())
    }

    /// Takes news in, with what else the engine has said meanwhile.
    async fn hear(&mut self, engine: &mut impl Engine, first: News) -> Result<(), Error> {
        self.take_in(engine, Event::News(first))?;
        for _ in 0..BATCH {
            match at_once(engine.news()).await {
                Some(Some(news)) => self.take_in(engine, Event::News(news))?,
                Some(None) => {
                    self.engine_ended = true;
                    break;
                }
                None => break,
            }
        }
        Ok(())
    }

    fn take_in(&mut self, engine: &impl Engine, event: Event) -> Result<(), Error> {
        self.dirty = true;
        for effect in self.app.update(clock::now(), event) {
            self.act(engine, effect)?;
        }
        Ok(())
    }

    fn act(&mut self, engine: &impl Engine, effect: Effect) -> Result<(), Error> {
        match effect {
            Effect::Engine(request) => engine.send(request),
            Effect::WakeAfter(timer, after) => {
                self.timers.insert(timer, clock::monotonic() + after);
            }
            Effect::OpenEditor(text) => {
                // The reader of keys must not take the editor's.
                self.input = None;
                self.guard.pause();
                self.away = Some(Box::pin(editor::edit(text)));
            }
            Effect::OpenLink(url) => self.open_link(url),
            Effect::Copy(text) => {
                let written = execute!(stdout(), CopyToClipboard::to_clipboard_from(text));
                let result = written.map_err(|e| format!("Could not copy: {e}."));
                self.tell(Event::Copied(result));
            }
            Effect::Mouse(on) => self.guard.mouse(on)?,
            Effect::Redraw => self.clear = true,
            Effect::Suspend => self.suspend()?,
            Effect::Quit => self.over = true,
        }
        Ok(())
    }

    /// Opens a link without a shell, and without waiting for the browser.
    fn open_link(&self, url: String) {
        let outcomes = self.outcomes.0.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = open::that_detached(&url) {
                let sentence = format!("The link could not be opened: {error}. y l copies it.");
                // The loop has ended when nobody listens.
                drop(outcomes.blocking_send(Event::Failed(sentence)));
            }
        });
    }

    /// Says what came of an effect; a full queue means that the loop has ended.
    fn tell(&self, event: Event) {
        drop(self.outcomes.0.try_send(event));
    }

    /// Stops the process with its group, as the terminal's own Ctrl-Z would, and comes back.
    fn suspend(&mut self) -> Result<(), Error> {
        self.input = None;
        self.guard.pause();
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)
            .map_err(io::Error::from)?;
        self.come_back()
    }

    /// Somebody else had the terminal: sets it up and draws everything anew.
    fn come_back(&mut self) -> Result<(), Error> {
        if self.away.is_some() {
            return Ok(());
        }
        self.guard.resume()?;
        self.input = Some(EventStream::new());
        self.clear = true;
        self.dirty = true;
        Ok(())
    }

    fn draw(&mut self) -> Result<(), Error> {
        queue!(self.screen.backend_mut(), BeginSynchronizedUpdate)?;
        self.screen.autoresize()?;
        let area = self.screen.get_frame().area();
        if std::mem::take(&mut self.clear) {
            // `clear` would ask the terminal where its cursor is, and the reader of keys would
            // take the answer; a resize clears without asking.
            self.screen.resize(area)?;
        }
        let size = Size {
            width: area.width,
            height: area.height,
        };
        if size != self.app.size() {
            // Its requests can wait for the next event; the size cannot.
            self.tell(Event::Resized(size));
        }
        let (app, theme) = (&self.app, &self.theme);
        let mut hits = HitMap::default();
        self.screen
            .draw(|frame| hits = ui::draw(app, theme, frame))?;
        queue!(self.screen.backend_mut(), EndSynchronizedUpdate)?;
        Backend::flush(self.screen.backend_mut())?;
        self.hits = hits;
        self.dirty = false;
        self.last_frame = clock::monotonic();
        Ok(())
    }
}

/// What a future has already. It is polled with the task's own waker: the terminal's stream keeps
/// the first waker it is polled with and would never wake the loop again with an empty one.
async fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => clock::sleep_until(at).await,
        None => future::pending().await,
    }
}

async fn timer(next: Option<(Timer, Instant)>) -> Timer {
    match next {
        Some((timer, at)) => {
            clock::sleep_until(at).await;
            timer
        }
        None => future::pending().await,
    }
}

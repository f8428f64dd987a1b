//! The journal task: the one connection that reads and writes the team's events.
//!
//! It keeps the journal selected, so that a claim costs one round trip when nobody else writes:
//! having folded up to UID U, an APPEND answered with U+1 leaves nothing in between (PROTOCOL.md
//! M15). Its EXISTS is the wake-up for everything the team does. It never pipelines APPEND and
//! FETCH: Dovecot runs the FETCH before it syncs the APPEND.

mod act;
mod look;
mod tail;
mod write;

use super::api::{Change, Link, News, Outcome, Trouble};
use super::link::{Backoff, imap_trouble};
use super::setup::Mode;
use super::shared::Shared;
use crate::clock::{self, Timestamp};
use crate::imap::{Connection, Woke};
use crate::limits::{IDLE_RENEW, POLL_EVERY};
use crate::team::fold::Verdict;
use crate::team::{Act, ConversationName, EventId, Grade};
use look::Looking;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// What other tasks ask of the journal.
pub(crate) enum Job {
    /// Does what a person asked for.
    Act {
        conversation: ConversationName,
        change: Change,
        reply: oneshot::Sender<Outcome>,
    },
    /// Writes one event as it is; the verdict is the fold's.
    Write {
        conversation: ConversationName,
        act: Act,
        /// An id every client makes alike; a fresh one otherwise.
        id: Option<EventId>,
        reply: oneshot::Sender<Result<Written, Trouble>>,
    },
    /// Folds everything the server has; refuses when it cannot be reached.
    CatchUp {
        /// Not when the journal was seen whole so recently.
        unless: Duration,
        reply: oneshot::Sender<Result<(), Trouble>>,
    },
    /// Says how closely this agent looks at a conversation.
    Look(Option<(ConversationName, Grade)>),
    /// This process became the writer of the cache.
    TookOver,
}

/// An event that is in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub event: EventId,
    pub verdict: Verdict,
}

/// See the module.
pub(crate) struct Journal {
    shared: Arc<Shared>,
    jobs: mpsc::Receiver<Job>,
    effects: mpsc::UnboundedSender<ConversationName>,
    mail: mpsc::WeakSender<super::sync::Job>,
    link: Option<Open>,
    /// Highest UID that came back from the server, and so is in the cache when we write it.
    fetched: u32,
    /// Own events folded from the answer to APPEND alone: UID, id.
    ahead: BTreeMap<u32, EventId>,
    /// Verdicts on own events.
    own: BTreeMap<EventId, (u32, Verdict)>,
    /// Why nothing may be written any more.
    frozen: Option<String>,
    /// When the journal was last seen whole.
    folded_at: Option<Instant>,
    /// INTERNALDATE of the latest event of anybody else.
    others_at: Option<Timestamp>,
    looking: Looking,
    /// Something was stored that may have notes in it, which become searchable beside the work.
    unindexed: bool,
    indexing: Option<JoinHandle<()>>,
}

/// A connection with the journal selected, once it exists.
struct Open {
    connection: Connection,
    folder: String,
    /// UIDVALIDITY of the selected journal; `None` while the folder does not exist.
    selected: Option<u32>,
    /// Its UIDNEXT when it was selected.
    uidnext: u32,
}

enum Next {
    Job(Job),
    Again,
    End,
}

impl Journal {
    /// `effects` hears of conversations this agent's own events changed, to mirror them; `mail`
    /// hears when somebody's reply will be in Sent.
    pub fn new(
        shared: Arc<Shared>,
        jobs: mpsc::Receiver<Job>,
        effects: mpsc::UnboundedSender<ConversationName>,
        mail: mpsc::WeakSender<super::sync::Job>,
    ) -> Self {
        Self {
            shared,
            jobs,
            effects,
            mail,
            link: None,
            fetched: 0,
            ahead: BTreeMap::new(),
            own: BTreeMap::new(),
            frozen: None,
            folded_at: None,
            others_at: None,
            looking: Looking::default(),
            unindexed: false,
            indexing: None,
        }
    }

    /// Runs until the engine drops the other end of `jobs`.
    pub async fn run(mut self) {
        let mut backoff = Backoff::new();
        loop {
            let next = match self.link {
                Some(_) => self.rest().await,
                None => self.offline(&mut backoff).await,
            };
            match next {
                Next::Job(job) => self.handle(job).await,
                Next::Again => {}
                Next::End => break,
            }
            self.index();
        }
        self.leave().await;
    }

    async fn handle(&mut self, job: Job) {
        match job {
            Job::Act {
                conversation,
                change,
                reply,
            } => {
                let outcome = self.act(&conversation, change).await;
                answer(reply, outcome);
            }
            Job::Write {
                conversation,
                act,
                id,
                reply,
            } => {
                let written = self.write(&conversation, act, id).await;
                answer(reply, written.map_err(write::Unwritten::into_trouble));
            }
            Job::CatchUp { unless, reply } => {
                let now = clock::monotonic();
                let fresh = |at: Instant| now.duration_since(at) < unless;
                let done = match self.folded_at {
                    Some(at) if self.link.is_some() && fresh(at) => Ok(()),
                    _ => self.look_now().await,
                };
                answer(reply, done);
            }
            Job::Look(at) => self.look(at).await,
            Job::TookOver => self.took_over().await,
        }
    }

    /// Waits for a job or for news from the server; first fetches back what was only assumed.
    async fn rest(&mut self) -> Next {
        if !self.ahead.is_empty() && self.catch_up_or_drop().await.is_err() {
            return Next::Again;
        }
        self.pay_look().await;
        let Self { link, jobs, .. } = self;
        let Some(open) = link else { return Next::Again };
        let mut job = None;
        let mut ended = false;
        let next = async {
            match jobs.recv().await {
                Some(next) => job = Some(next),
                None => ended = true,
            }
        };
        let woke = match (open.selected, open.connection.capabilities().idle()) {
            (Some(_), true) => open.connection.idle(IDLE_RENEW, next).await,
            (Some(_), false) => nap(POLL_EVERY, next).await,
            (None, _) => nap(Duration::from_secs(15), next).await,
        };
        match (woke, job) {
            _ if ended => Next::End,
            (Ok(_), Some(job)) => Next::Job(job),
            (Ok(_), None) => {
                if self.catch_up_or_drop().await.is_err() {
                    tracing::debug!("the next turn reconnects");
                }
                Next::Again
            }
            (Err(error), job) => {
                self.lost(imap_trouble(&error)).await;
                job.map_or(Next::Again, Next::Job)
            }
        }
    }

    /// Not connected: connects by itself, unless it lives for one verb only.
    async fn offline(&mut self, backoff: &mut Backoff) -> Next {
        if self.shared.mode == Mode::Once {
            return self.jobs.recv().await.map_or(Next::End, Next::Job);
        }
        let Err(trouble) = self.connect().await else {
            *backoff = Backoff::new();
            self.deliver_pending().await;
            return Next::Again;
        };
        let wait = backoff.next();
        let retry = clock::now().checked_add(wait).ok();
        self.shared
            .tell(News::Link(Link::Offline { trouble, retry }))
            .await;
        tokio::select! {
            job = self.jobs.recv() => job.map_or(Next::End, Next::Job),
            () = clock::sleep(wait) => Next::Again,
        }
    }

    /// Makes sure there is a connection that has seen the whole journal.
    async fn connect(&mut self) -> Result<(), Trouble> {
        if self.link.is_some() {
            return Ok(());
        }
        self.shared.tell(News::Link(Link::Connecting)).await;
        let (connection, layout) = super::link::open(&self.shared).await?;
        self.link = Some(Open {
            connection,
            folder: layout.journal,
            selected: None,
            uidnext: 0,
        });
        self.catch_up_or_drop().await?;
        self.shared
            .tell(News::Link(Link::Online(clock::now())))
            .await;
        Ok(())
    }

    /// Folds what is new; connects first when necessary.
    async fn look_now(&mut self) -> Result<(), Trouble> {
        match self.link {
            None => self.connect().await,
            Some(_) => match self.catch_up_or_drop().await {
                Ok(()) => Ok(()),
                // The server may have closed an idle connection: once more on a fresh one.
                Err(_) => self.connect().await,
            },
        }
    }

    async fn catch_up_or_drop(&mut self) -> Result<(), Trouble> {
        let Err(error) = self.catch_up().await else {
            return Ok(());
        };
        let trouble = imap_trouble(&error);
        self.lost(trouble.clone()).await;
        Err(trouble)
    }

    async fn lost(&mut self, trouble: Trouble) {
        self.link = None;
        let retry = None;
        self.shared
            .tell(News::Link(Link::Offline { trouble, retry }))
            .await;
    }

    /// Makes notes searchable on a thread of its own, so that nobody waits for it.
    fn index(&mut self) {
        let busy = self
            .indexing
            .as_ref()
            .is_some_and(|running| !running.is_finished());
        if busy || !std::mem::take(&mut self.unindexed) {
            return;
        }
        let shared = Arc::clone(&self.shared);
        self.indexing = Some(tokio::task::spawn_blocking(move || {
            if let Err(error) = shared.index() {
                // What waits stays in the queue, and the next sync says what is wrong.
                tracing::warn!("notes are not searchable yet: {error}");
            }
        }));
    }

    async fn took_over(&mut self) {
        let position = self
            .shared
            .with_cache(|cache| cache.reader().journal_position())
            .await;
        if let Ok(Some(position)) = position {
            self.fetched = position.map_or(0, |(_, uid)| uid).min(self.fetched);
        }
    }

    async fn leave(&mut self) {
        if !self.ahead.is_empty() && self.catch_up_or_drop().await.is_err() {
            tracing::debug!("own events are fetched back at the next start");
        }
        self.look_away().await;
        while self.unindexed || self.indexing.is_some() {
            if let Some(running) = self.indexing.take()
                && running.await.is_err()
            {
                tracing::warn!("the thread that makes notes searchable failed");
            }
            self.index();
        }
        if let Some(open) = self.link.take() {
            open.connection.logout().await;
        }
    }
}

async fn nap(limit: Duration, next: impl Future<Output = ()>) -> Result<Woke, crate::imap::Error> {
    tokio::select! {
        () = next => Ok(Woke::Stopped),
        () = clock::sleep(limit) => Ok(Woke::Limit),
    }
}

fn answer<T>(reply: oneshot::Sender<T>, value: T) {
    if reply.send(value).is_err() {
        tracing::debug!("nobody waits for this answer any more");
    }
}

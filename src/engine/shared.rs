//! What the engine's tasks share.

use super::api::{News, Notice, Trouble, TroubleKind};
use super::layout::Layout;
use super::setup::{Mode, Setup};
use crate::cache::{self, Cache, Indexer, OwnAddresses, Reader};
use crate::config::{Config, Mailbox};
use crate::desk::Desk;
use crate::mail::{Remote, clean};
use crate::team::sign::Key;
use crate::team::{Agent, ConversationName, Team};
use secrecy::SecretString;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::sync::{OnceCell, mpsc};

/// State every task of one engine can reach. No lock is held across an await.
pub(crate) struct Shared {
    pub config: Config,
    pub mailbox: Mailbox,
    pub me: Agent,
    pub mode: Mode,
    pub cache_dir: PathBuf,
    pub own: OwnAddresses,
    pub key: Key,
    pub layout: OnceCell<Layout>,
    team: RwLock<Team>,
    cache: Mutex<Option<Cache>>,
    indexer: Mutex<Option<Indexer>>,
    desk: Mutex<Desk>,
    drafts: RwLock<BTreeSet<ConversationName>>,
    imap_password: OnceCell<SecretString>,
    smtp_password: OnceCell<SecretString>,
    news: mpsc::Sender<News>,
}

impl Shared {
    /// Opens desk and, when nobody else writes it, the cache.
    pub fn open(setup: &Setup, news: mpsc::Sender<News>) -> Result<Self, Trouble> {
        let mailbox = setup.chosen()?.clone();
        let me = Agent::parse(&setup.config.me.nick).ok_or_else(|| {
            other(format!(
                "{:?} is no nick: set nick under [me] to letters a-z, digits, dots, dashes, at most 20",
                setup.config.me.nick
            ))
        })?;
        let desk = Desk::open(&setup.desk_of(&mailbox)).map_err(other)?;
        let seed = desk.key(random_seed).map_err(other)?;
        let drafts = desk.drafts().map_err(other)?;
        let cache_dir = setup.cache_of(&mailbox);
        let cache = match Cache::open(&cache_dir) {
            Ok(cache) => Some(cache),
            Err(cache::Error::Busy { .. }) if setup.mode != Mode::Serve => None,
            Err(error) => return Err(other(error)),
        };
        let own = OwnAddresses::new(
            std::iter::once(mailbox.address.as_str())
                .chain(mailbox.also.iter().map(String::as_str)),
        );
        Ok(Self {
            config: setup.config.clone(),
            me,
            mode: setup.mode,
            cache_dir,
            own,
            key: Key::from_seed(*seed),
            layout: OnceCell::new(),
            team: RwLock::new(Team::new()),
            cache: Mutex::new(cache),
            indexer: Mutex::new(None),
            desk: Mutex::new(desk),
            drafts: RwLock::new(drafts.into_iter().map(|d| d.conversation).collect()),
            imap_password: OnceCell::new(),
            smtp_password: OnceCell::new(),
            news,
            mailbox,
        })
    }

    /// The team as folded so far.
    pub fn team(&self) -> RwLockReadGuard<'_, Team> {
        self.team.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The team, to fold more into it. Only the journal task does.
    pub fn team_mut(&self) -> RwLockWriteGuard<'_, Team> {
        self.team.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The desk.
    pub fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Conversations with a draft on the desk.
    pub fn drafts(&self) -> RwLockReadGuard<'_, BTreeSet<ConversationName>> {
        self.drafts.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads again which conversations have a draft.
    pub fn drafts_changed(&self) {
        let Ok(drafts) = self.desk().drafts() else {
            return; // the desk's own call that changed them has said why
        };
        let names = drafts.into_iter().map(|d| d.conversation).collect();
        *self.drafts.write().unwrap_or_else(PoisonError::into_inner) = names;
    }

    /// Whether this process writes the cache.
    pub fn is_writer(&self) -> bool {
        self.cache_slot().is_some()
    }

    /// Becomes the writer when nobody else is any more.
    pub fn try_take_over(&self) -> bool {
        let mut slot = self.cache_slot();
        if slot.is_none() {
            *slot = Cache::open(&self.cache_dir).ok();
        }
        slot.is_some()
    }

    /// Runs `work` on the cache on a thread that may block; `None` when another process writes it.
    pub async fn with_cache<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Cache) -> Result<T, cache::Error> + Send + 'static,
    ) -> Result<Option<T>, Trouble> {
        let shared = Arc::clone(self);
        let done =
            tokio::task::spawn_blocking(move || shared.cache_slot().as_mut().map(work).transpose());
        done.await
            .map_err(|_| other("the cache's thread ended unexpectedly: start again"))?
            .map_err(other)
    }

    /// The cache, for work that already is on a thread that may block.
    pub fn cache_slot(&self) -> MutexGuard<'_, Option<Cache>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes what is stored searchable; blocks, but not those who use the cache meanwhile.
    pub fn index(&self) -> Result<(), cache::Error> {
        let mut slot = self.indexer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cache) = self.cache_slot().as_ref() {
            if !cache.waits_for_index()? {
                return Ok(());
            }
            if slot.is_none() {
                *slot = Some(cache.indexer()?);
            }
        }
        match slot.as_mut() {
            Some(indexer) => indexer.index().map(|_| ()),
            None => Ok(()),
        }
    }

    /// Subject of a conversation, for events; empty when the cache does not know it.
    pub fn title(&self, name: &ConversationName) -> Remote {
        let facts = match self.cache_slot().as_ref() {
            Some(cache) => cache.reader().facts(name),
            None => Reader::open(&self.cache_dir).and_then(|reader| reader.facts(name)),
        };
        facts.ok().flatten().map(|f| f.subject).unwrap_or_default()
    }

    /// The password for reading.
    pub async fn imap_password(&self) -> Result<&SecretString, Trouble> {
        let what = format!("{} on {}", self.mailbox.imap.user, self.mailbox.imap.host);
        self.imap_password
            .get_or_try_init(|| super::link::password(&self.mailbox.imap, &what))
            .await
    }

    /// The password for sending; the one for reading when both are configured alike.
    pub async fn smtp_password(&self) -> Result<&SecretString, Trouble> {
        let (imap, smtp) = (&self.mailbox.imap, &self.mailbox.smtp);
        if imap.password == smtp.password && imap.user == smtp.user {
            return self.imap_password().await;
        }
        let what = format!("{} on {}", smtp.user, smtp.host);
        self.smtp_password
            .get_or_try_init(|| super::link::password(smtp, &what))
            .await
    }

    /// Tells the front end; waits when it is slow, gives up when it is gone.
    pub async fn tell(&self, news: News) {
        if self.news.send(news).await.is_err() {
            tracing::debug!("no front end listens any more");
        }
    }

    /// Tells the front end from a thread that may block.
    pub fn tell_blocking(&self, news: News) {
        if self.news.blocking_send(news).is_err() {
            tracing::debug!("no front end listens any more");
        }
    }

    /// Tells the person something.
    pub async fn notice(&self, error: bool, text: impl AsRef<str>) {
        let text = clean::line(text.as_ref()).to_string();
        self.tell(News::Notice(Notice { error, text })).await;
    }
}

/// An error from below as a printable sentence.
pub(crate) fn trouble(kind: TroubleKind, error: impl std::fmt::Display) -> Trouble {
    Trouble::new(kind, clean::line(&error.to_string()).to_string())
}

/// [`trouble`] of no special kind.
pub(crate) fn other(error: impl std::fmt::Display) -> Trouble {
    trouble(TroubleKind::Other, error)
}

/// Fresh randomness; waits until the platform has some.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    while getrandom::fill(&mut bytes).is_err() {
        std::thread::yield_now(); // the kernel's pool is not ready yet, early after boot
    }
    bytes
}

fn random_seed() -> [u8; 32] {
    random()
}

//! Adapter: everything that came from the server, kept so that lists and searches are instant.
//!
//! SQLite (WAL) holds raw mail, records, conversations and the journal; tantivy holds the text.
//! All of it can be thrown away and built again from the server, and is then the same
//! ([`Reader::dump`]). One process writes ([`Cache`], held by a lock file), with an [`Indexer`]
//! beside it that brings the index up to date; any number of [`Reader`]s follow.
//!
//! * **Conversations** are the connected parts of a graph: messages are tied by the Message-IDs
//!   they name and, when they name none, to the latest earlier message of the same subject and
//!   person. What counts is the set of messages, not the order in which they came.
//! * **A conversation's name** is the root name of its earliest message; among several root names
//!   one that the journal has events about is preferred, so that a late arrival never hides an
//!   owner. Former names still find it.
//! * **Lists** are read from one row for each conversation, made anew whenever one of its messages
//!   or the team's facts change, so that a page costs what its rows cost.
//! * **Unread** is personal. The desk keeps a mark per conversation, a time; readers ask for it
//!   through [`Viewer::mark`]. An inbound message that arrived after the mark is unread.
//! * **The index** is fed from a queue of documents written in the same transaction as the
//!   messages. An entry leaves the queue after tantivy has committed it.

mod conversation;
mod dump;
mod facts;
mod filer;
mod index;
mod journal;
mod lock;
mod reader;
mod record;
mod schema;
mod search;
mod store;
mod team;
mod threading;
mod views;

#[cfg(test)]
mod tests;

pub use facts::{MailFacts, MessageFact, PlaceFact};
pub use index::Indexer;
pub use journal::JournalMessage;
pub use reader::{Reader, Viewer};
pub use store::flags_digest;

use crate::clock::Timestamp;
use crate::mail::Message;
use lock::Lock;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The database in the cache's directory.
const DATABASE: &str = "cache.db";
/// What a damaged database is renamed to.
const DAMAGED: &str = "cache.db.damaged";

/// Why the cache did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process writes to this cache.
    #[error("the cache {dir} is in use by another postroom{}: end it, or give this one another --cache-dir", pid.map(|p| format!(" (process {p})")).unwrap_or_default())]
    Busy {
        /// The cache.
        dir: PathBuf,
        /// The process, when it says.
        pid: Option<u32>,
    },
    /// There is no cache yet, or one of another version.
    #[error("there is no cache in {dir} yet: run `postroom sync` first")]
    Missing {
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// The directory or a file cannot be used.
    #[error(
        "cannot use the cache {path}: {source}; check its permissions, or choose another with --cache-dir"
    )]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No space left.
    #[error("no space left for the cache {path}: free some and try again, nothing is lost")]
    Full {
        /// The cache.
        path: PathBuf,
    },
    /// The database refused.
    #[error(
        "the cache {path} failed: {source}; if it happens again delete it, it is built anew from the server"
    )]
    Database {
        /// The cache.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The full-text index refused.
    #[error(
        "the search index {path} failed: {source}; if it happens again delete it, it is built anew from the cache"
    )]
    Index {
        /// The index.
        path: PathBuf,
        /// Why.
        source: tantivy::TantivyError,
    },
    /// Messages of one UIDVALIDITY offered for a folder that holds those of another.
    #[error("the folder is at UIDVALIDITY {held}, not {offered}: forget it before storing")]
    OtherEpoch {
        /// What the cache holds.
        held: u32,
        /// What was offered.
        offered: u32,
    },
}

/// What a folder is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FolderRole {
    /// Where mail arrives.
    Inbox,
    /// Where sent mail lies: all of it is ours.
    Sent,
    /// The team's events.
    Journal,
    /// Finished mails on their way.
    Outbox,
}

impl FolderRole {
    /// The word for it in the tables.
    pub fn word(self) -> &'static str {
        match self {
            FolderRole::Inbox => "inbox",
            FolderRole::Sent => "sent",
            FolderRole::Journal => "journal",
            FolderRole::Outbox => "outbox",
        }
    }

    /// The value a word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Inbox, Self::Sent, Self::Journal, Self::Outbox]
            .into_iter()
            .find(|role| role.word() == word)
    }
}

/// A folder as far as it is synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folder {
    /// Names it in further calls; means nothing elsewhere.
    pub id: i64,
    /// UIDVALIDITY of the messages held; `None` while there are none.
    pub uidvalidity: Option<u32>,
    /// UIDNEXT when the folder was last in step.
    pub uidnext: Option<u32>,
    /// HIGHESTMODSEQ when the folder was last in step (RFC 7162).
    pub highest_modseq: Option<u64>,
}

/// A fetched message.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// UID in its folder.
    pub uid: u32,
    /// Flags and keywords as the server names them.
    pub flags: Vec<String>,
    /// MODSEQ, when the server has one.
    pub modseq: Option<u64>,
    /// INTERNALDATE.
    pub internal: Timestamp,
    /// The message as it came.
    pub raw: Vec<u8>,
    /// The same, parsed.
    pub message: Message,
}

/// The addresses that are ours: mail from them is outgoing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnAddresses(BTreeSet<String>);

impl OwnAddresses {
    /// Collects them; letter case does not count.
    pub fn new<S: AsRef<str>>(addresses: impl IntoIterator<Item = S>) -> Self {
        let lower = |a: S| a.as_ref().to_ascii_lowercase();
        Self(addresses.into_iter().map(lower).collect())
    }

    /// Whether an address is one of ours.
    pub fn contains(&self, address: &str) -> bool {
        self.0.contains(&address.to_ascii_lowercase())
    }
}

/// The one writer of a cache. Its calls block; dropping it frees the cache for others.
pub struct Cache {
    dir: PathBuf,
    /// Dropped before `conn`: the last connection to close tidies up, and only a writer can.
    reader: Reader,
    conn: Connection,
    lock: Arc<Lock>,
    damaged: Option<PathBuf>,
}

impl Cache {
    /// Opens the cache in `dir`, creating it (0700) where there is none.
    ///
    /// A cache of another version is built anew. So is a damaged one, which is looked for when
    /// the last writer did not end properly: see [`Cache::damaged`].
    ///
    /// # Errors
    /// [`Error::Busy`] when another process writes to it, and those of files and database.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let lock = Lock::take(dir)?;
        let path = dir.join(DATABASE);
        let mut damaged = None;
        if path.exists() && !usable(&path) {
            let aside = dir.join(DAMAGED);
            lock::move_aside(&path, &aside)?;
            damaged = Some(aside);
        }
        let mut conn = open_current(&path)?;
        let fail = |source| Error::of(dir, source);
        let identity = schema::meta(&conn, "identity").map_err(fail)?;
        let made = index::prepare(dir, identity.as_deref().unwrap_or_default())?;
        let tx = conn.transaction().map_err(fail)?;
        schema::set_meta(&tx, "clean", "no").map_err(fail)?;
        index::queue_all(&tx, made).map_err(fail)?;
        tx.commit().map_err(fail)?;
        Ok(Self {
            dir: dir.to_owned(),
            reader: Reader::open(dir)?,
            conn,
            lock: Arc::new(lock),
            damaged,
        })
    }

    /// Where a damaged cache was put, when one was met on opening; this one began empty.
    pub fn damaged(&self) -> Option<&Path> {
        self.damaged.as_deref()
    }

    /// Reads what has been written.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Whether something that is stored waits to become searchable; cheap.
    ///
    /// # Errors
    /// Those of the database.
    pub fn waits_for_index(&self) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM queue)";
        let waits = self.conn.query_row(sql, [], |row| row.get(0));
        waits.map_err(|source| Error::of(&self.dir, source))
    }

    /// The worker that brings the index up to date; one at a time, on a thread of its own if need
    /// be. It keeps the cache locked as long as it lives.
    ///
    /// # Errors
    /// Those of index and database; a second one fails.
    pub fn indexer(&self) -> Result<Indexer, Error> {
        Indexer::open(&self.dir, Arc::clone(&self.lock))
    }

    /// Runs one transaction.
    fn write<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        let run = || {
            let behavior = TransactionBehavior::Immediate;
            let tx = self.conn.transaction_with_behavior(behavior)?;
            let result = work(&tx)?;
            tx.commit()?;
            Ok(result)
        };
        run().map_err(|source| Error::of(&self.dir, source))
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        let ended = schema::set_meta(&self.conn, "clean", "yes")
            .and_then(|()| self.conn.execute_batch("PRAGMA optimize"));
        if let Err(error) = ended {
            // It costs a check on the next start, nothing else.
            tracing::debug!(%error, "the cache was not closed cleanly");
        }
    }
}

impl Error {
    fn of(dir: &Path, source: rusqlite::Error) -> Self {
        let path = dir.to_owned();
        match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Error::Full { path },
            _ => Error::Database { path, source },
        }
    }

    fn file(path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            std::io::ErrorKind::StorageFull => Error::Full { path },
            _ => Error::File { path, source },
        }
    }
}

/// Whether an existing database can be read: after an unclean stop all of it is looked at.
fn usable(path: &Path) -> bool {
    let check = || -> rusqlite::Result<bool> {
        let conn = schema::open_second(path)?;
        if schema::version(&conn)? != schema::VERSION {
            return Ok(true);
        }
        if schema::meta(&conn, "clean")?.as_deref() == Some("yes") {
            return Ok(true);
        }
        let verdict: String = conn.pragma_query_value(None, "quick_check", |row| row.get(0))?;
        Ok(verdict == "ok")
    };
    match check() {
        Ok(usable) => usable,
        // Anything else, such as missing permissions, is said when it is opened.
        Err(error) => !matches!(
            error.sqlite_error_code(),
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
        ),
    }
}

/// Opens the database, throwing away one of another version.
fn open_current(path: &Path) -> Result<Connection, Error> {
    let fail = |source| Error::of(path, source);
    lock::make_file(path)?;
    let conn = schema::open_writer(path).map_err(fail)?;
    if schema::version(&conn).map_err(fail)? == schema::VERSION {
        return Ok(conn);
    }
    drop(conn);
    lock::remove_database(path)?;
    lock::make_file(path)?;
    schema::open_writer(path).map_err(fail)
}

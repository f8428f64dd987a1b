//! The desk: what must not be lost. Drafts, replies on their way, events the server has not
//! acknowledged, read marks and the agent's key, on disk before anything is called saved.
//!
//! It belongs to one agent; several of that agent's processes may have it open at once.

mod drafts;
mod events;
mod lock;
mod marks;
mod outgoing;
mod schema;

pub use events::{Chain, EnqueueError, Pending, Sealed};
pub use lock::{JournalLock, JournalTurn, OutgoingLock};
pub use outgoing::{Outgoing, OutgoingStage};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const DATABASE: &str = "desk.db";
const KEY: &str = "key";

/// What can go wrong on the desk.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be used.
    #[error(
        "cannot use {path}: {source}; make the folder writable for you, or choose another with --data-dir"
    )]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No space is left.
    #[error("the disk that holds {path} is full: free some space, nothing saved before is lost")]
    Full {
        /// Which.
        path: PathBuf,
    },
    /// The database refused.
    #[error(
        "the desk {path} failed: {source}; make a copy of the folder before you try anything else"
    )]
    Database {
        /// Which.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// A newer postroom made it.
    #[error("the desk {path} was made by a newer postroom: update this one")]
    Newer {
        /// Which.
        path: PathBuf,
    },
    /// What was read back is not what was written.
    #[error("the desk {path} holds a damaged {what}: make a copy of the folder and look at it")]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What.
        what: &'static str,
    },
}

/// One agent's desk for one mailbox. Every call that returns has reached the disk.
pub struct Desk {
    dir: PathBuf,
    conn: Connection,
}

impl Desk {
    /// Opens the desk in `dir`, creating it (0700) where there is none.
    ///
    /// # Errors
    /// Those of files and database; each names the path and the next step.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let fail = |source| Error::file(dir, source);
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(fail)?;
        let path = dir.join(DATABASE);
        // SQLite gives its files the mode of the database: make that private first.
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(|source| Error::file(&path, source))?;
        let conn = schema::open(&path)?;
        Ok(Self {
            dir: dir.to_owned(),
            conn,
        })
    }

    /// The seed of the agent's signing key; made once with `make`.
    ///
    /// # Errors
    /// Those of the file; a damaged one is never replaced.
    pub fn key(&self, make: impl FnOnce() -> [u8; 32]) -> Result<Zeroizing<[u8; 32]>, Error> {
        let path = self.dir.join(KEY);
        let fail = |source| Error::file(&path, source);
        match fs::File::open(&path) {
            Ok(file) => self.read_key(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let seed = Zeroizing::new(make());
                // Complete before it has its name: a crash leaves no half key.
                let mut file = tempfile::NamedTempFile::new_in(&self.dir).map_err(fail)?;
                file.write_all(seed.as_slice()).map_err(fail)?;
                file.as_file().sync_all().map_err(fail)?;
                match file.persist_noclobber(&path) {
                    Ok(_) => Ok(seed),
                    // Another process of this agent was faster: its key counts.
                    Err(_) => self.read_key(fs::File::open(&path).map_err(fail)?),
                }
            }
            Err(error) => Err(fail(error)),
        }
    }

    fn read_key(&self, file: fs::File) -> Result<Zeroizing<[u8; 32]>, Error> {
        let path = self.dir.join(KEY);
        let mut bytes = Zeroizing::new(Vec::new());
        file.take(64)
            .read_to_end(&mut bytes)
            .map_err(|source| Error::file(&path, source))?;
        let seed = <[u8; 32]>::try_from(bytes.as_slice());
        seed.map(Zeroizing::new)
            .map_err(|_| Error::Damaged { path, what: "key" })
    }

    /// Runs one transaction; it is on disk when this returns.
    fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        let run = || {
            let tx = Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate)?;
            let result = work(&tx)?;
            tx.commit()?;
            Ok(result)
        };
        run().map_err(|source| self.error(source))
    }

    fn error(&self, source: rusqlite::Error) -> Error {
        Error::database(&self.dir.join(DATABASE), source)
    }

    fn damaged(&self, what: &'static str) -> Error {
        Error::Damaged {
            path: self.dir.join(DATABASE),
            what,
        }
    }
}

impl Error {
    fn file(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull => Self::Full { path },
            _ => Self::File { path, source },
        }
    }

    fn database(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full { path },
            _ => Self::Database { path, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_a_damaged_one_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let desk = Desk::open(dir.path()).unwrap();
        assert_eq!(*desk.key(|| [7; 32]).unwrap(), [7; 32]);
        assert_eq!(*desk.key(|| [8; 32]).unwrap(), [7; 32]);
        fs::write(dir.path().join(KEY), b"short").unwrap();
        assert!(desk.key(|| [9; 32]).is_err());
    }

    #[test]
    fn what_it_makes_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("desk");
        let desk = Desk::open(&inner).unwrap();
        desk.key(|| [7; 32]).unwrap();
        for path in [inner.clone(), inner.join(KEY), inner.join(DATABASE)] {
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{}", path.display());
        }
    }

    #[test]
    fn an_unusable_folder_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, b"").unwrap();
        let Err(error) = Desk::open(&file) else {
            panic!("opened a file as a folder");
        };
        assert!(error.to_string().contains("file"), "{error}");
    }
}

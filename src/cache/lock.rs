//! One writer at a time, and files nobody else can read.

use super::Error;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Held while this process writes to the cache; freed by the system when the process ends.
#[derive(Debug)]
pub(super) struct Lock {
    /// Kept open: closing it frees the lock.
    _file: File,
}

impl Lock {
    /// Creates the directory when it is missing and takes its lock without waiting.
    pub fn take(dir: &Path) -> Result<Self, Error> {
        make_dir(dir)?;
        let path = dir.join("lock");
        let open = private().open(&path);
        let mut file = open.map_err(|source| Error::file(&path, source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // Who holds it is a courtesy; that somebody does is the news.
                let pid = match file.read_to_string(&mut text) {
                    Ok(_) => text.trim().parse().ok(),
                    Err(_) => None,
                };
                let dir = dir.to_owned();
                return Err(Error::Busy { dir, pid });
            }
            Err(TryLockError::Error(source)) => return Err(Error::file(&path, source)),
        }
        let said = file
            .set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        said.map_err(|source| Error::file(&path, source))?;
        Ok(Self { _file: file })
    }
}

/// Creates a directory that only its owner may enter.
pub(super) fn make_dir(dir: &Path) -> Result<(), Error> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|source| Error::file(dir, source))
}

/// Creates a file that only its owner may read, unless it is there. SQLite gives its companions
/// the same mode.
pub(super) fn make_file(path: &Path) -> Result<(), Error> {
    let opened = private().open(path);
    opened.map(drop).map_err(|source| Error::file(path, source))
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).mode(0o600);
    options
}

/// Puts a damaged database aside for whoever wants to know why; an older one gives way.
pub(super) fn move_aside(path: &Path, aside: &Path) -> Result<(), Error> {
    std::fs::rename(path, aside).map_err(|source| Error::file(path, source))?;
    companions(path).iter().try_for_each(|p| remove(p))
}

/// Removes a database with its companions.
pub(super) fn remove_database(path: &Path) -> Result<(), Error> {
    remove(path)?;
    companions(path).iter().try_for_each(|p| remove(p))
}

fn companions(path: &Path) -> [PathBuf; 2] {
    ["db-wal", "db-shm"].map(|extension| path.with_extension(extension))
}

fn remove(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file(path, source))
        }
        _ => Ok(()),
    }
}

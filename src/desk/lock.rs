//! Locks between the processes of one agent. The system frees them when a process dies.

use super::{Desk, Error};
use crate::mail::clean;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// The turn to allot event numbers and append; held until dropped.
#[derive(Debug)]
pub struct JournalLock(#[expect(dead_code, reason = "the open file is the lock")] File);

/// A place in the queue for [`JournalLock`].
#[derive(Debug)]
pub struct JournalTurn(PathBuf);

/// The right to work on one reply; held until dropped.
#[derive(Debug)]
pub struct OutgoingLock(#[expect(dead_code, reason = "the open file is the lock")] File);

impl JournalTurn {
    /// Waits, blocking the thread, until no other process of this agent appends.
    ///
    /// # Errors
    /// Those of the file.
    pub fn acquire(self) -> Result<JournalLock, Error> {
        let file = open(&self.0)?;
        file.lock().map_err(|source| Error::file(&self.0, source))?;
        Ok(JournalLock(file))
    }
}

impl Desk {
    /// A place in the queue to append events.
    pub fn journal_lock(&self) -> JournalTurn {
        JournalTurn(self.dir.join("journal.lock"))
    }

    /// The right to work on a reply; `None` when another task or process has it.
    ///
    /// # Errors
    /// Those of the file.
    pub fn outgoing_lock(&self, draft: &str) -> Result<Option<OutgoingLock>, Error> {
        let name = format!("reply-{}.lock", clean::file_name(draft, 0));
        let path = self.dir.join(name);
        let file = open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(OutgoingLock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(Error::file(&path, source)),
        }
    }
}

fn open(path: &PathBuf) -> Result<File, Error> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(|source| Error::file(path, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_worked_on_once_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let desk = Desk::open(dir.path()).unwrap();
        let held = desk.outgoing_lock("d1").unwrap();
        assert!(held.is_some());
        assert!(desk.outgoing_lock("d1").unwrap().is_none());
        assert!(desk.outgoing_lock("d2").unwrap().is_some());
        drop(held);
        assert!(desk.outgoing_lock("d1").unwrap().is_some());
    }
}

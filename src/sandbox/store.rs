//! The mail store behind the servers: folders of messages in memory, shared by every session.
//!
//! It keeps what RFC 3501, 4315, 6851 and 7162 promise to clients: UIDs rise and are never used
//! again, every change of a message gets a MODSEQ of its own, and what was expunged stays known by
//! UID and MODSEQ so that a client that was away can be told.

mod folder;

use crate::clock::{self, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

pub use folder::{Folder, Message};

/// A store; clones share it.
#[derive(Debug, Clone)]
pub struct Store(Arc<Inner>);

/// What a folder is for (RFC 6154).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Copies of what was sent.
    Sent,
    /// Unfinished mail.
    Drafts,
    /// Deleted mail.
    Trash,
    /// Unwanted mail.
    Junk,
    /// Mail put aside.
    Archive,
}

/// Where a message was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// UIDVALIDITY of the folder.
    pub validity: u32,
    /// UID of the message.
    pub uid: u32,
}

/// Why the store did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no such folder; create it first.
    #[error("no folder is called {0:?}; create it first")]
    NoFolder(String),
    /// The name is taken.
    #[error("there is already a folder called {0:?}")]
    Exists(String),
    /// INBOX can be neither created, deleted nor used as a new name.
    #[error("INBOX always exists and keeps its name")]
    Inbox,
    /// The folder has used up its UIDs or change numbers.
    #[error("the folder is full; delete it and create it anew")]
    Full,
}

/// Everything in a store at one moment, for [`Store::restore`].
#[derive(Debug, Clone)]
pub struct Backup(Mail);

#[derive(Debug)]
struct Inner {
    mail: Mutex<Mail>,
    changed: watch::Sender<u64>,
}

/// All folders; only reachable under the lock.
#[derive(Debug, Clone)]
pub(super) struct Mail {
    folders: BTreeMap<String, Folder>,
    next_validity: u32,
}

impl Role {
    /// The attribute LIST shows.
    pub fn attribute(self) -> &'static str {
        match self {
            Role::Sent => "Sent",
            Role::Drafts => "Drafts",
            Role::Trash => "Trash",
            Role::Junk => "Junk",
            Role::Archive => "Archive",
        }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self::new()
    }
}

impl Store {
    /// A store with INBOX, Sent, Drafts, Trash, Junk and Archive, all empty.
    pub fn new() -> Self {
        let mut mail = Mail {
            folders: BTreeMap::new(),
            next_validity: 1_700_000_001,
        };
        let standard = [
            ("INBOX", None),
            ("Sent", Some(Role::Sent)),
            ("Drafts", Some(Role::Drafts)),
            ("Trash", Some(Role::Trash)),
            ("Junk", Some(Role::Junk)),
            ("Archive", Some(Role::Archive)),
        ];
        for (name, role) in standard {
            let validity = mail.take_validity();
            mail.folders
                .insert(name.to_owned(), Folder::new(validity, role));
        }
        let (changed, _) = watch::channel(0);
        let mail = Mutex::new(mail);
        Self(Arc::new(Inner { mail, changed }))
    }

    /// Names of all folders, sorted.
    pub fn folders(&self) -> Vec<String> {
        self.lock().folders.keys().cloned().collect()
    }

    /// Creates a folder.
    pub fn create(&self, name: &str) -> Result<(), StoreError> {
        self.change(|mail| mail.create(name))
    }

    /// Deletes a folder and everything in it; a folder of this name made later is another one.
    pub fn delete(&self, name: &str) -> Result<(), StoreError> {
        self.change(|mail| mail.delete(name))
    }

    /// Renames a folder; its UIDVALIDITY stays, as on Dovecot and Cyrus.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), StoreError> {
        self.change(|mail| mail.rename(from, to))
    }

    /// Stores a message with flags such as `\Seen` or `$pr-open`. Without a date the store's clock
    /// is its INTERNALDATE (RFC 3501 section 6.3.11).
    pub fn append(
        &self,
        folder: &str,
        flags: &[&str],
        date: Option<Timestamp>,
        bytes: impl Into<Arc<[u8]>>,
    ) -> Result<Place, StoreError> {
        let bytes = bytes.into();
        let date = date.unwrap_or_else(clock::now);
        self.change(|mail| mail.folder_mut(folder)?.append(flags, date, bytes))
    }

    /// The messages of a folder by UID.
    pub fn messages(&self, folder: &str) -> Result<Vec<Message>, StoreError> {
        let mail = self.lock();
        Ok(mail.folder(folder)?.messages().cloned().collect())
    }

    /// One message of a folder.
    pub fn message(&self, folder: &str, uid: u32) -> Result<Option<Message>, StoreError> {
        let mail = self.lock();
        Ok(mail.folder(folder)?.message(uid).cloned())
    }

    /// All flags and keywords a folder has ever had.
    pub fn words(&self, folder: &str) -> Result<BTreeSet<String>, StoreError> {
        let mail = self.lock();
        let words = mail.folder(folder)?.words().iter();
        Ok(words.map(ToString::to_string).collect())
    }

    /// How many messages a folder holds; 0 when there is no such folder.
    pub fn count(&self, folder: &str) -> usize {
        self.lock().folder(folder).map_or(0, Folder::len)
    }

    /// Adds and removes flags of one message, as another client would. Unknown UIDs are ignored.
    pub fn flag(
        &self,
        folder: &str,
        uid: u32,
        add: &[&str],
        remove: &[&str],
    ) -> Result<(), StoreError> {
        self.change(|mail| {
            let folder = mail.folder_mut(folder)?;
            folder.set_flags(uid, |flags| {
                flags.extend(add.iter().map(|flag| (*flag).to_owned()));
                flags.retain(|flag| !remove.iter().any(|gone| gone.eq_ignore_ascii_case(flag)));
            })?;
            Ok(())
        })
    }

    /// Removes messages for good, as another client would. Unknown UIDs are ignored.
    pub fn expunge(&self, folder: &str, uids: &[u32]) -> Result<(), StoreError> {
        self.change(|mail| {
            let folder = mail.folder_mut(folder)?;
            uids.iter().try_for_each(|uid| folder.expunge(*uid))
        })
    }

    /// Gives a folder another UIDVALIDITY and renumbers its messages from 1, as a server does that
    /// lost its index (PROTOCOL.md M6). Returns the new value.
    pub fn renumber(&self, folder: &str) -> Result<u32, StoreError> {
        self.change(|mail| {
            let validity = mail.take_validity();
            let old = mail.folder_mut(folder)?;
            *old = old.renumbered(validity)?;
            Ok(validity)
        })
    }

    /// Everything as it is now.
    pub fn backup(&self) -> Backup {
        Backup(self.lock().clone())
    }

    /// Puts back an earlier state; UIDVALIDITY stays and UIDNEXT goes back, as after a restore from
    /// backup on real servers (PROTOCOL.md M5).
    pub fn restore(&self, backup: &Backup) {
        *self.lock() = backup.0.clone();
        self.announce();
    }

    /// A number that changes whenever anything in the store changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    /// Looks at the folders under the lock.
    pub(super) fn read<T>(&self, look: impl FnOnce(&Mail) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the folders under the lock, then wakes everybody who waits for changes.
    pub(super) fn change<T>(&self, work: impl FnOnce(&mut Mail) -> T) -> T {
        let result = work(&mut self.lock());
        self.announce();
        result
    }

    fn lock(&self) -> MutexGuard<'_, Mail> {
        // A panicking session left whole messages behind: every change is one call on a folder.
        self.0.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn announce(&self) {
        self.0.changed.send_modify(|n| *n = n.wrapping_add(1));
    }
}

impl Mail {
    /// Looks up a folder; `INBOX` in any letter case.
    pub(super) fn folder(&self, name: &str) -> Result<&Folder, StoreError> {
        let missing = || StoreError::NoFolder(name.to_owned());
        self.folders.get(canonical(name)).ok_or_else(missing)
    }

    pub(super) fn folder_mut(&mut self, name: &str) -> Result<&mut Folder, StoreError> {
        let missing = || StoreError::NoFolder(name.to_owned());
        self.folders.get_mut(canonical(name)).ok_or_else(missing)
    }

    /// All folders by name.
    pub(super) fn folders(&self) -> impl Iterator<Item = (&String, &Folder)> {
        self.folders.iter()
    }

    pub(super) fn create(&mut self, name: &str) -> Result<(), StoreError> {
        let name = canonical(name.trim_end_matches('/'));
        if name == "INBOX" {
            return Err(StoreError::Inbox);
        }
        if self.folders.contains_key(name) {
            return Err(StoreError::Exists(name.to_owned()));
        }
        let validity = self.take_validity();
        self.folders
            .insert(name.to_owned(), Folder::new(validity, None));
        Ok(())
    }

    pub(super) fn delete(&mut self, name: &str) -> Result<(), StoreError> {
        let name = canonical(name);
        if name == "INBOX" {
            return Err(StoreError::Inbox);
        }
        let missing = || StoreError::NoFolder(name.to_owned());
        self.folders.remove(name).map(|_| ()).ok_or_else(missing)
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) -> Result<(), StoreError> {
        let (from, to) = (canonical(from), canonical(to));
        if from == "INBOX" || to == "INBOX" {
            return Err(StoreError::Inbox);
        }
        if self.folders.contains_key(to) {
            return Err(StoreError::Exists(to.to_owned()));
        }
        let missing = || StoreError::NoFolder(from.to_owned());
        let folder = self.folders.remove(from).ok_or_else(missing)?;
        self.folders.insert(to.to_owned(), folder);
        Ok(())
    }

    fn take_validity(&mut self) -> u32 {
        let validity = self.next_validity;
        self.next_validity = validity.wrapping_add(1).max(1);
        validity
    }
}

fn canonical(name: &str) -> &str {
    if name.eq_ignore_ascii_case("INBOX") {
        "INBOX"
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(text: &str) -> Arc<[u8]> {
        text.as_bytes().into()
    }

    #[test]
    fn uids_are_never_used_again() {
        let store = Store::new();
        let first = store.append("INBOX", &[], None, mail("a")).unwrap();
        store.expunge("inbox", &[first.uid]).unwrap();
        let second = store.append("INBOX", &[], None, mail("b")).unwrap();
        assert_eq!((first.uid, second.uid), (1, 2));
    }

    #[test]
    fn keywords_ignore_case_and_keep_their_first_spelling() {
        let store = Store::new();
        store
            .append("INBOX", &["$Pr-Open", "\\SEEN"], None, mail("a"))
            .unwrap();
        store
            .append("INBOX", &["$pr-open"], None, mail("b"))
            .unwrap();
        store.flag("INBOX", 2, &["\\seen"], &["$PR-OPEN"]).unwrap();
        let flags: Vec<Vec<String>> = store
            .messages("INBOX")
            .unwrap()
            .iter()
            .map(|m| m.flags().map(str::to_owned).collect())
            .collect();
        assert_eq!(flags, [vec!["$Pr-Open", "\\Seen"], vec!["\\Seen"]]);
    }

    #[test]
    fn every_change_has_its_own_modseq_and_no_change_has_none() {
        let store = Store::new();
        for text in ["a", "b"] {
            store.append("INBOX", &[], None, mail(text)).unwrap();
        }
        let modseqs = |store: &Store| -> Vec<u64> {
            let messages = store.messages("INBOX").unwrap();
            messages.iter().map(|m| m.modseq).collect()
        };
        let before = modseqs(&store);
        assert!(before[0] < before[1]);
        store.flag("INBOX", 1, &["x"], &[]).unwrap();
        let after = modseqs(&store);
        assert!(after[0] > before[1]);
        store.flag("INBOX", 1, &["X"], &[]).unwrap();
        assert_eq!(modseqs(&store), after);
    }

    #[test]
    fn a_restored_backup_uses_uids_again_under_the_same_validity() {
        let store = Store::new();
        let backup = store.backup();
        let first = store.append("INBOX", &[], None, mail("a")).unwrap();
        store.restore(&backup);
        let second = store.append("INBOX", &[], None, mail("b")).unwrap();
        assert_eq!(first, second);
    }

    #[test]
    fn a_recreated_folder_has_another_validity() {
        let store = Store::new();
        store.create("Postroom/Journal").unwrap();
        let first = store
            .append("Postroom/Journal", &[], None, mail("a"))
            .unwrap();
        store.delete("Postroom/Journal").unwrap();
        store.create("Postroom/Journal").unwrap();
        let second = store
            .append("Postroom/Journal", &[], None, mail("a"))
            .unwrap();
        assert_ne!(first.validity, second.validity);
        assert_eq!(store.create("inbox"), Err(StoreError::Inbox));
    }
}

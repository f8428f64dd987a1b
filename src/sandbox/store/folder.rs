//! One folder: messages, the words of its flags, and the record of what was expunged.

use super::{Place, Role, StoreError};
use crate::clock::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The flags every folder knows from the start.
const SYSTEM: [&str; 5] = ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"];

/// Tells folders apart that had the same name one after the other.
static INCARNATION: AtomicU64 = AtomicU64::new(1);

/// A folder.
#[derive(Debug, Clone)]
pub struct Folder {
    /// UIDVALIDITY.
    pub validity: u32,
    /// What it is for.
    pub role: Option<Role>,
    /// Whether LSUB lists it.
    pub subscribed: bool,
    incarnation: u64,
    next_uid: u32,
    modseq: u64,
    messages: BTreeMap<u32, Message>,
    /// Which message has a MODSEQ: the changes since a point without a look at every message.
    by_modseq: BTreeMap<u64, u32>,
    expunged: BTreeMap<u64, u32>,
    /// Every flag ever set here in its first spelling; keywords compare without letter case.
    words: Vec<Arc<str>>,
}

/// A stored message.
#[derive(Debug, Clone)]
pub struct Message {
    /// UID.
    pub uid: u32,
    /// Number of its last change.
    pub modseq: u64,
    /// INTERNALDATE.
    pub date: Timestamp,
    /// The message as it was given.
    pub bytes: Arc<[u8]>,
    flags: BTreeSet<Arc<str>>,
}

impl Message {
    /// Its flags and keywords, sorted.
    pub fn flags(&self) -> impl Iterator<Item = &str> {
        self.flags.iter().map(AsRef::as_ref)
    }

    /// Whether it has a flag or keyword, letter case aside.
    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|own| own.eq_ignore_ascii_case(flag))
    }
}

impl Folder {
    pub(super) fn new(validity: u32, role: Option<Role>) -> Self {
        Self {
            validity,
            role,
            subscribed: true,
            incarnation: INCARNATION.fetch_add(1, Ordering::Relaxed),
            next_uid: 1,
            modseq: 1,
            messages: BTreeMap::new(),
            by_modseq: BTreeMap::new(),
            expunged: BTreeMap::new(),
            words: SYSTEM.iter().map(|word| Arc::from(*word)).collect(),
        }
    }

    /// Number of messages.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether it holds no message.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// UIDNEXT.
    pub fn next_uid(&self) -> u32 {
        self.next_uid
    }

    /// HIGHESTMODSEQ (RFC 7162).
    pub fn highest_modseq(&self) -> u64 {
        self.modseq
    }

    /// Differs between two folders that had the same name at different times.
    pub fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// All flags and keywords ever used here.
    pub fn words(&self) -> &[Arc<str>] {
        &self.words
    }

    /// Messages by UID.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.values()
    }

    /// One message.
    pub fn message(&self, uid: u32) -> Option<&Message> {
        self.messages.get(&uid)
    }

    /// Messages with a UID above `uid`.
    pub fn after(&self, uid: u32) -> impl Iterator<Item = &Message> {
        let from = uid.saturating_add(1);
        self.messages.range(from..).map(|(_, message)| message)
    }

    /// UIDs changed or added after a MODSEQ, in the order of change.
    pub fn changed_since(&self, modseq: u64) -> impl Iterator<Item = u32> {
        let from = modseq.saturating_add(1);
        self.by_modseq.range(from..).map(|(_, uid)| *uid)
    }

    /// UIDs expunged after a MODSEQ.
    pub fn expunged_since(&self, modseq: u64) -> impl Iterator<Item = u32> {
        let from = modseq.saturating_add(1);
        self.expunged.range(from..).map(|(_, uid)| *uid)
    }

    /// Adds a message under the next UID.
    pub(in crate::sandbox) fn append(
        &mut self,
        flags: &[&str],
        date: Timestamp,
        bytes: Arc<[u8]>,
    ) -> Result<Place, StoreError> {
        let uid = self.next_uid;
        self.next_uid = uid.checked_add(1).ok_or(StoreError::Full)?;
        let modseq = self.step()?;
        let flags = flags.iter().map(|flag| self.word(flag)).collect();
        self.by_modseq.insert(modseq, uid);
        let message = Message {
            uid,
            modseq,
            date,
            bytes,
            flags,
        };
        self.messages.insert(uid, message);
        Ok(Place {
            validity: self.validity,
            uid,
        })
    }

    /// Rewrites the flags of a message. Returns whether there is such a message; its MODSEQ rises
    /// only when the flags differ afterwards.
    pub(in crate::sandbox) fn set_flags(
        &mut self,
        uid: u32,
        edit: impl FnOnce(&mut Vec<String>),
    ) -> Result<bool, StoreError> {
        let Some(message) = self.messages.get(&uid) else {
            return Ok(false);
        };
        let mut wanted: Vec<String> = message.flags().map(str::to_owned).collect();
        edit(&mut wanted);
        let wanted: BTreeSet<Arc<str>> = wanted.iter().map(|flag| self.word(flag)).collect();
        if self.messages.get(&uid).is_some_and(|m| m.flags == wanted) {
            return Ok(true);
        }
        let modseq = self.step()?;
        if let Some(message) = self.messages.get_mut(&uid) {
            self.by_modseq.remove(&message.modseq);
            self.by_modseq.insert(modseq, uid);
            message.modseq = modseq;
            message.flags = wanted;
        }
        Ok(true)
    }

    /// Removes a message; nothing happens when there is none.
    pub(in crate::sandbox) fn expunge(&mut self, uid: u32) -> Result<(), StoreError> {
        let Some(message) = self.messages.remove(&uid) else {
            return Ok(());
        };
        self.by_modseq.remove(&message.modseq);
        let modseq = self.step()?;
        self.expunged.insert(modseq, uid);
        Ok(())
    }

    /// The same messages, numbered from 1 under another UIDVALIDITY.
    pub(super) fn renumbered(&self, validity: u32) -> Result<Folder, StoreError> {
        let mut new = Folder::new(validity, self.role);
        for message in self.messages.values() {
            let flags: Vec<&str> = message.flags().collect();
            new.append(&flags, message.date, Arc::clone(&message.bytes))?;
        }
        Ok(new)
    }

    fn step(&mut self) -> Result<u64, StoreError> {
        // RFC 7162 section 3.1: a mod-sequence is a positive 63-bit number.
        let next = self.modseq.checked_add(1).filter(|n| *n < 1 << 63);
        self.modseq = next.ok_or(StoreError::Full)?;
        Ok(self.modseq)
    }

    /// The registered spelling of a flag.
    fn word(&mut self, flag: &str) -> Arc<str> {
        let known = self.words.iter().find(|w| w.eq_ignore_ascii_case(flag));
        if let Some(word) = known {
            return Arc::clone(word);
        }
        let word: Arc<str> = Arc::from(flag);
        self.words.push(Arc::clone(&word));
        word
    }
}

//! What one session knows of its selected folder.
//!
//! Sequence numbers are the session's own: a message keeps its number until the session was told
//! that it is gone, and that may only happen at certain moments (RFC 3501 section 7.4.1).

use crate::sandbox::store::{Folder, Message};
use imap_next::imap_types::core::Vec1;
use imap_next::imap_types::fetch::MessageDataItem;
use imap_next::imap_types::flag::{Flag, FlagFetch};
use imap_next::imap_types::response::Data;
use imap_next::imap_types::sequence::{SeqOrUid, Sequence, SequenceSet};
use std::num::{NonZeroU32, NonZeroU64};

/// The selected folder as the client sees it.
pub(super) struct View {
    /// The folder's name when it was selected.
    pub(super) name: String,
    /// Which folder of that name.
    pub(super) incarnation: u64,
    /// Opened by EXAMINE.
    pub(super) read_only: bool,
    /// Set once the client was told that the folder is gone.
    pub(super) lost: bool,
    /// UIDs by sequence number less one.
    uids: Vec<u32>,
    last_uid: u32,
    seen: u64,
    seen_gone: u64,
    words: usize,
}

/// How changes are told.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    /// With MODSEQ.
    pub(super) condstore: bool,
    /// With UID, and VANISHED instead of EXPUNGE.
    pub(super) qresync: bool,
    /// Whether it may be told now that messages are gone.
    pub(super) expunge: bool,
}

impl View {
    /// Opens a folder as it is now.
    pub(super) fn open(name: String, folder: &Folder, read_only: bool) -> Self {
        Self {
            name,
            incarnation: folder.incarnation(),
            read_only,
            lost: false,
            uids: folder.messages().map(|message| message.uid).collect(),
            last_uid: folder.next_uid().saturating_sub(1),
            seen: folder.highest_modseq(),
            seen_gone: folder.highest_modseq(),
            words: folder.words().len(),
        }
    }

    /// Number of messages the client knows of.
    pub(super) fn len(&self) -> usize {
        self.uids.len()
    }

    /// The sequence number of a UID.
    pub(super) fn seq(&self, uid: u32) -> Option<NonZeroU32> {
        let at = self.uids.binary_search(&uid).ok()?;
        NonZeroU32::new(u32::try_from(at + 1).ok()?)
    }

    /// UIDs named by a set, ascending. `None` when a sequence number is out of range, which is an
    /// error; a UID that is out of range is not (RFC 3501 section 6.4.8).
    pub(super) fn resolve(&self, set: &SequenceSet, by_uid: bool) -> Option<Vec<u32>> {
        let mut found = Vec::new();
        for part in set.0.as_ref() {
            found.extend_from_slice(self.resolve_part(part, by_uid)?);
        }
        found.sort_unstable();
        found.dedup();
        Some(found)
    }

    fn resolve_part(&self, part: &Sequence, by_uid: bool) -> Option<&[u32]> {
        let count = u32::try_from(self.uids.len()).unwrap_or(u32::MAX);
        let last = if by_uid {
            self.uids.last().copied().unwrap_or(0)
        } else {
            count
        };
        let value = |end: &SeqOrUid| match end {
            SeqOrUid::Value(value) => value.get(),
            SeqOrUid::Asterisk => last,
        };
        let (a, b) = match part {
            Sequence::Single(one) => (value(one), value(one)),
            Sequence::Range(a, b) => (value(a).min(value(b)), value(a).max(value(b))),
        };
        if by_uid {
            let from = self.uids.partition_point(|uid| *uid < a);
            let to = self.uids.partition_point(|uid| *uid <= b);
            self.uids.get(from..to)
        } else if a == 0 || b > count {
            None
        } else {
            self.uids.get(a as usize - 1..b as usize)
        }
    }

    /// Brings the view up to date; returns what the client must be told, in order.
    pub(super) fn refresh(&mut self, folder: &Folder, manner: Manner) -> Vec<Data<'static>> {
        let mut news: Vec<_> = self.new_words(folder).into_iter().collect();
        if manner.expunge {
            self.tell_gone(folder, manner, &mut news);
        }
        let known = self.last_uid;
        let arrived = folder.after(known).map(|message| message.uid);
        let before = self.uids.len();
        self.uids.extend(arrived);
        self.last_uid = folder.next_uid().saturating_sub(1);
        if self.uids.len() > before {
            let count = u32::try_from(self.uids.len()).unwrap_or(u32::MAX);
            news.push(Data::Exists(count));
        }
        for uid in folder.changed_since(self.seen).filter(|uid| *uid <= known) {
            if let (Some(message), Some(seq)) = (folder.message(uid), self.seq(uid)) {
                let items = flag_items(message, manner.qresync, manner.condstore);
                news.push(Data::Fetch { seq, items });
            }
        }
        self.seen = folder.highest_modseq();
        news
    }

    /// All flags of the folder, when there are new ones.
    pub(super) fn new_words(&mut self, folder: &Folder) -> Option<Data<'static>> {
        let grown = folder.words().len() > self.words;
        self.words = folder.words().len();
        grown.then(|| Data::Flags(flags_of(folder)))
    }

    /// Takes the changes up to now as told.
    pub(super) fn told(&mut self, folder: &Folder) {
        self.seen = folder.highest_modseq();
    }

    fn tell_gone(&mut self, folder: &Folder, manner: Manner, news: &mut Vec<Data<'static>>) {
        let mut gone: Vec<u32> = folder
            .expunged_since(self.seen_gone)
            .filter(|uid| self.uids.binary_search(uid).is_ok())
            .collect();
        self.seen_gone = folder.highest_modseq();
        if gone.is_empty() {
            return;
        }
        gone.sort_unstable();
        if manner.qresync {
            news.extend(vanished(&gone, false));
        } else {
            // From the highest down, so that no number moves before it is said.
            let numbers = gone.iter().rev().filter_map(|uid| self.seq(*uid));
            news.extend(numbers.map(Data::Expunge));
        }
        self.uids.retain(|uid| gone.binary_search(uid).is_err());
    }
}

/// A VANISHED answer for ascending UIDs, when there are any.
pub(super) fn vanished(uids: &[u32], earlier: bool) -> Option<Data<'static>> {
    let known_uids = sequence_set(uids)?;
    Some(Data::Vanished {
        earlier,
        known_uids,
    })
}

/// Ascending numbers as a set with ranges.
pub(super) fn sequence_set(numbers: &[u32]) -> Option<SequenceSet> {
    let parts = runs(numbers)
        .map(|(a, b)| match a == b {
            true => Sequence::Single(SeqOrUid::Value(a)),
            false => Sequence::Range(SeqOrUid::Value(a), SeqOrUid::Value(b)),
        })
        .collect::<Vec<_>>();
    Vec1::try_from(parts).ok().map(SequenceSet)
}

/// Ascending numbers as runs without gaps.
pub(super) fn runs(numbers: &[u32]) -> impl Iterator<Item = (NonZeroU32, NonZeroU32)> {
    numbers
        .chunk_by(|a, b| a.checked_add(1) == Some(*b))
        .filter_map(|run| {
            let first = NonZeroU32::new(*run.first()?)?;
            Some((first, NonZeroU32::new(*run.last()?)?))
        })
}

/// The flags of a message for a FETCH answer.
pub(super) fn flag_items(
    message: &Message,
    uid: bool,
    modseq: bool,
) -> Vec1<MessageDataItem<'static>> {
    let mut items = vec![MessageDataItem::Flags(fetch_flags(message))];
    if uid {
        items.push(MessageDataItem::Uid(number(message.uid)));
    }
    if modseq {
        items.push(MessageDataItem::ModSeq(long_number(message.modseq)));
    }
    Vec1::unvalidated(items)
}

/// The flags of a message.
pub(super) fn fetch_flags(message: &Message) -> Vec<FlagFetch<'static>> {
    let flags = message.flags().filter_map(flag);
    flags.map(FlagFetch::Flag).collect()
}

/// All flags of a folder.
pub(super) fn flags_of(folder: &Folder) -> Vec<Flag<'static>> {
    folder
        .words()
        .iter()
        .filter_map(|word| flag(word))
        .collect()
}

/// A positive number for the codec; nothing here is ever 0.
pub(super) fn number(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN)
}

/// A positive number for the codec; nothing here is ever 0.
pub(super) fn long_number(n: u64) -> NonZeroU64 {
    NonZeroU64::new(n).unwrap_or(NonZeroU64::MIN)
}

/// A flag for the codec; `None` when no atom can hold it (only tests can store such a one).
fn flag(word: &str) -> Option<Flag<'static>> {
    use imap_next::imap_types::IntoStatic;
    Flag::try_from(word).ok().map(IntoStatic::into_static)
}

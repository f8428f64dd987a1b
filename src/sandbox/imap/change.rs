//! STORE: which flags change on which messages, and what the client is told.

use super::folders::refuse;
use super::session::{Reply, Session};
use super::view::{View, fetch_flags, long_number, number, sequence_set};
use crate::sandbox::faults::Feature;
use crate::sandbox::store::{Folder, StoreError};
use imap_next::imap_types::core::Vec1;
use imap_next::imap_types::fetch::MessageDataItem;
use imap_next::imap_types::flag::StoreType;
use imap_next::imap_types::response::{Code, Data};
use imap_next::imap_types::sequence::SequenceSet;
use std::num::NonZeroU32;

/// One STORE.
pub(super) struct Change {
    pub(super) uid: bool,
    pub(super) kind: StoreType,
    pub(super) silent: bool,
    pub(super) flags: Vec<String>,
    pub(super) unchanged_since: Option<u64>,
}

impl Session {
    /// Changes flags.
    pub(super) fn store(&mut self, set: &SequenceSet, change: &Change) -> Reply {
        if change.unchanged_since.is_some() {
            if !self.has(Feature::Condstore) {
                return Reply::bad("changes are not counted here");
            }
            self.condstore = true;
        }
        let Some(uids) = self.resolve(set, change.uid) else {
            return Reply::bad("no such message number");
        };
        let manner = self.manner(false);
        let Some(view) = &mut self.view else {
            return Reply::bad("select a folder first");
        };
        if view.read_only {
            return Reply::no("the folder is open for reading only").code(Code::ReadOnly);
        }
        let done = self.office.store.change(|mail| {
            let folder = mail.folder_mut(&view.name)?;
            // What others did comes first, so that our own changes are not told twice.
            let mut news = view.refresh(folder, manner);
            let (mut answers, mut modified) = (Vec::new(), Vec::new());
            for uid in &uids {
                match change.apply(folder, *uid)? {
                    Applied::Done => answers.push(*uid),
                    Applied::Conflict if change.uid => modified.push(*uid),
                    Applied::Conflict => modified.extend(view.seq(*uid).map(NonZeroU32::get)),
                    Applied::Gone => {}
                }
            }
            news.extend(view.new_words(folder));
            let answer = |uid: &u32| change.answer(folder, *uid, view, manner.condstore);
            news.extend(answers.iter().filter_map(answer));
            view.told(folder);
            Ok::<_, StoreError>((news, sequence_set(&modified)))
        });
        let (news, modified) = match done {
            Ok(done) => done,
            Err(error) => return refuse(&error),
        };
        news.into_iter().for_each(|data| self.wire.data(data));
        Reply::ok("done")
            .code(modified.map(Code::Modified))
            .keeping_numbers(!change.uid)
    }
}

/// What became of one message in a STORE.
enum Applied {
    Done,
    Conflict,
    Gone,
}

impl Change {
    fn apply(&self, folder: &mut Folder, uid: u32) -> Result<Applied, StoreError> {
        let Some(message) = folder.message(uid) else {
            return Ok(Applied::Gone);
        };
        if self
            .unchanged_since
            .is_some_and(|limit| message.modseq > limit)
        {
            return Ok(Applied::Conflict);
        }
        let named = |flag: &String| self.flags.iter().any(|own| own.eq_ignore_ascii_case(flag));
        folder.set_flags(uid, |flags| match self.kind {
            StoreType::Replace => flags.clone_from(&self.flags),
            StoreType::Add => flags.extend(self.flags.iter().cloned()),
            StoreType::Remove => flags.retain(|flag| !named(flag)),
        })?;
        Ok(Applied::Done)
    }

    /// The FETCH that answers a STORE. Even a silent one is told the new MODSEQ (RFC 7162 section
    /// 3.1.3).
    fn answer(
        &self,
        folder: &Folder,
        uid: u32,
        view: &View,
        condstore: bool,
    ) -> Option<Data<'static>> {
        let message = folder.message(uid)?;
        let mut items = Vec::new();
        if !self.silent {
            items.push(MessageDataItem::Flags(fetch_flags(message)));
        }
        if condstore {
            items.push(MessageDataItem::ModSeq(long_number(message.modseq)));
        }
        if self.uid && !items.is_empty() {
            items.insert(0, MessageDataItem::Uid(number(uid)));
        }
        let items = Vec1::try_from(items).ok()?;
        let seq = view.seq(uid)?;
        Some(Data::Fetch { seq, items })
    }
}

//! Commands about messages: APPEND, FETCH, STORE, SEARCH, COPY, MOVE, EXPUNGE.

use super::fetch::Wanted;
use super::folders::{name, refuse, set_has};
use super::search::matches;
use super::session::{Reply, Session, other_code};
use super::view::{View, long_number, number, runs, sequence_set, vanished};
use crate::clock::{self, Timestamp};
use crate::sandbox::faults::Feature;
use crate::sandbox::store::{Folder, Message, StoreError};
use imap_next::imap_types::command::{CommandBody, FetchModifier, StoreModifier};
use imap_next::imap_types::core::Vec1;
use imap_next::imap_types::datetime::DateTime;
use imap_next::imap_types::extensions::binary::LiteralOrLiteral8;
use imap_next::imap_types::extensions::uidplus::{UidElement, UidSet};
use imap_next::imap_types::fetch::MessageDataItem;
use imap_next::imap_types::flag::{Flag, StoreResponse, StoreType};
use imap_next::imap_types::mailbox::Mailbox;
use imap_next::imap_types::response::{Code, Data};
use imap_next::imap_types::search::SearchKey;
use imap_next::imap_types::sequence::SequenceSet;
use std::io;
use std::num::NonZeroU32;
use std::sync::Arc;

/// Messages answered between two looks at the connection.
const FETCH_CHUNK: usize = 64;

/// One STORE.
struct Change {
    uid: bool,
    kind: StoreType,
    silent: bool,
    flags: Vec<String>,
    unchanged_since: Option<u64>,
}

impl Session {
    /// Runs one of the commands about messages.
    pub(super) async fn message_command(
        &mut self,
        body: CommandBody<'static>,
    ) -> io::Result<Reply> {
        if let CommandBody::Append {
            mailbox,
            flags,
            date,
            message,
        } = body
        {
            return Ok(self.append(&mailbox, &flags, date.as_ref(), message));
        }
        let Some(view) = &self.view else {
            return Ok(Reply::bad("select a folder first"));
        };
        let gone = self
            .office
            .store
            .read(|mail| mail.folder(&view.name).map(Folder::incarnation).ok())
            != Some(view.incarnation);
        if gone {
            let reply = Reply::no("the selected folder was deleted or renamed");
            return Ok(reply.code(other_code("NONEXISTENT")));
        }
        match body {
            CommandBody::Fetch {
                sequence_set,
                macro_or_item_names,
                uid,
                modifiers,
            } => {
                let changed = modifiers
                    .iter()
                    .any(|m| matches!(m, FetchModifier::ChangedSince(_)));
                match Wanted::new(macro_or_item_names, uid, changed) {
                    Some(wanted) => self.fetch(&sequence_set, &wanted, uid, &modifiers).await,
                    None => Ok(Reply::bad("an item is not supported here")),
                }
            }
            body => Ok(self.short_command(body)),
        }
    }

    fn short_command(&mut self, body: CommandBody<'static>) -> Reply {
        match body {
            CommandBody::Check => Reply::ok("done"),
            CommandBody::Search { criteria, uid, .. } => self.search(&criteria, uid),
            CommandBody::Store {
                sequence_set,
                kind,
                response,
                flags,
                uid,
                modifiers,
            } => {
                let limit = |m: &StoreModifier| match m {
                    StoreModifier::UnchangedSince(modseq) => *modseq,
                };
                let change = Change {
                    uid,
                    kind,
                    silent: response == StoreResponse::Silent,
                    flags: self.words(&flags),
                    unchanged_since: modifiers.first().map(limit),
                };
                self.store(&sequence_set, &change)
            }
            CommandBody::Copy {
                sequence_set,
                mailbox,
                uid,
            } => self.copy(&sequence_set, &mailbox, uid, false),
            CommandBody::Move {
                sequence_set,
                mailbox,
                uid,
            } if self.has(Feature::Move) => self.copy(&sequence_set, &mailbox, uid, true),
            CommandBody::Expunge => self.expunge(None),
            CommandBody::ExpungeUid { sequence_set } if self.has(Feature::UidPlus) => {
                self.expunge(Some(&sequence_set))
            }
            _ => Reply::bad("not supported here"),
        }
    }

    fn append(
        &mut self,
        mailbox: &Mailbox<'_>,
        flags: &[Flag<'_>],
        date: Option<&DateTime>,
        message: LiteralOrLiteral8<'static>,
    ) -> Reply {
        let bytes = match message {
            LiteralOrLiteral8::Literal(literal) => literal.into_inner(),
            LiteralOrLiteral8::Literal8(literal) => literal.data,
        };
        let bytes: Arc<[u8]> = Arc::from(bytes.as_ref());
        let flags = self.words(flags);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let date = date.and_then(|date| Timestamp::from_second(date.as_ref().timestamp()).ok());
        let date = date.unwrap_or_else(clock::now);
        let placed = self
            .office
            .store
            .change(|mail| mail.folder_mut(&name(mailbox))?.append(&flags, date, bytes));
        match placed {
            Ok(place) => {
                let code = Code::AppendUid {
                    uid_validity: number(place.validity),
                    uid: number(place.uid),
                };
                Reply::ok("stored").code(self.has(Feature::UidPlus).then_some(code))
            }
            Err(StoreError::NoFolder(_)) => {
                Reply::no("there is no such folder").code(Code::TryCreate)
            }
            Err(error) => refuse(&error),
        }
    }

    async fn fetch(
        &mut self,
        set: &SequenceSet,
        wanted: &Wanted,
        by_uid: bool,
        modifiers: &[FetchModifier],
    ) -> io::Result<Reply> {
        let (mut since, mut tell_gone) = (None, false);
        for modifier in modifiers {
            match modifier {
                FetchModifier::ChangedSince(modseq) => since = Some(modseq.get()),
                FetchModifier::Vanished => tell_gone = true,
            }
        }
        let counted = since.is_some() || wanted.modseq;
        if counted && !self.has(Feature::Condstore) {
            return Ok(Reply::bad("changes are not counted here"));
        }
        self.condstore |= counted;
        if tell_gone && !(by_uid && self.qresync && since.is_some()) {
            return Ok(Reply::bad(
                "VANISHED needs UID FETCH, QRESYNC and CHANGEDSINCE",
            ));
        }
        let Some(uids) = self.resolve(set, by_uid) else {
            return Ok(Reply::bad("no such message number"));
        };
        if let (Some(since), true) = (since, tell_gone) {
            self.say_vanished(set, since);
        }
        let mut missing = false;
        for chunk in uids.chunks(FETCH_CHUNK) {
            missing |= self.fetch_chunk(chunk, wanted, since);
            self.wire.relieve().await?;
        }
        // RFC 5530 section 3: a number that is still the client's, a message that is not there.
        Ok(match missing && !by_uid {
            true => Reply::no("some messages are gone").code(other_code("EXPUNGEISSUED")),
            false => Reply::ok("done"),
        }
        .keeping_numbers(!by_uid))
    }

    /// Answers some messages; returns whether one of them is gone.
    fn fetch_chunk(&mut self, uids: &[u32], wanted: &Wanted, since: Option<u64>) -> bool {
        let Some(view) = &self.view else { return true };
        let marks = wanted.marks_seen && !view.read_only;
        let more = wanted.with_flags();
        let answer = |folder: &Folder, uid: u32, wanted: &Wanted| {
            let message = folder.message(uid)?;
            let fresh = since.is_none_or(|since| message.modseq > since);
            let data = fresh.then(|| fetched(view, message, wanted)).flatten();
            Some(data)
        };
        let answers: Vec<_> = if marks {
            self.office.store.change(|mail| {
                let Ok(folder) = mail.folder_mut(&view.name) else {
                    return Vec::new();
                };
                let mut answers = Vec::new();
                for uid in uids {
                    let unseen = folder.message(*uid).is_some_and(|m| !m.has("\\Seen"));
                    let see = |flags: &mut Vec<String>| flags.push("\\Seen".to_owned());
                    let marked = unseen && folder.set_flags(*uid, see).is_ok();
                    let wanted = if marked { &more } else { wanted };
                    answers.push(answer(folder, *uid, wanted));
                }
                answers
            })
        } else {
            self.office.store.read(|mail| {
                let Ok(folder) = mail.folder(&view.name) else {
                    return Vec::new();
                };
                uids.iter()
                    .map(|uid| answer(folder, *uid, wanted))
                    .collect()
            })
        };
        let missing = answers.len() < uids.len() || answers.iter().any(Option::is_none);
        for data in answers.into_iter().flatten().flatten() {
            self.wire.data(data);
        }
        missing
    }

    fn say_vanished(&mut self, set: &SequenceSet, since: u64) {
        let Some(view) = &self.view else { return };
        let gone = self.office.store.read(|mail| {
            let folder = mail.folder(&view.name).ok()?;
            let gone = folder.expunged_since(since);
            Some(gone.filter(|uid| set_has(set, *uid)).collect::<Vec<_>>())
        });
        let mut gone = gone.unwrap_or_default();
        gone.sort_unstable();
        if let Some(data) = vanished(&gone, true) {
            self.wire.data(data);
        }
    }

    fn store(&mut self, set: &SequenceSet, change: &Change) -> Reply {
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

    fn search(&mut self, criteria: &Vec1<SearchKey<'static>>, by_uid: bool) -> Reply {
        let by_modseq = criteria.as_ref().iter().any(asks_modseq);
        if by_modseq && !self.has(Feature::Condstore) {
            return Reply::bad("changes are not counted here");
        }
        self.condstore |= by_modseq;
        let Some(view) = &self.view else {
            return Reply::bad("select a folder first");
        };
        let found: Vec<(u32, u64)> = self.office.store.read(|mail| {
            let Ok(folder) = mail.folder(&view.name) else {
                return Vec::new();
            };
            let fits = |m: &&Message| criteria.as_ref().iter().all(|key| matches(key, m, view));
            let shown = |m: &&Message| view.seq(m.uid).is_some();
            let hits = folder.messages().filter(shown).filter(fits);
            hits.map(|m| (m.uid, m.modseq)).collect()
        });
        let highest = found.iter().map(|(_, modseq)| *modseq).max();
        let numbers = found.iter().filter_map(|(uid, _)| match by_uid {
            true => Some(number(*uid)),
            false => view.seq(*uid),
        });
        let highest = highest.filter(|_| by_modseq).map(long_number);
        let data = Data::Search(numbers.collect(), highest);
        self.wire.data(data);
        Reply::ok("done").keeping_numbers(!by_uid)
    }

    fn copy(&mut self, set: &SequenceSet, to: &Mailbox<'_>, by_uid: bool, remove: bool) -> Reply {
        let Some(uids) = self.resolve(set, by_uid) else {
            return Reply::bad("no such message number");
        };
        let Some(view) = &self.view else {
            return Reply::bad("select a folder first");
        };
        if remove && view.read_only {
            return Reply::no("the folder is open for reading only").code(Code::ReadOnly);
        }
        let (from, to) = (view.name.clone(), name(to));
        let copied = self.office.store.change(|mail| {
            let validity = mail.folder(&to)?.validity;
            let source = mail.folder(&from)?;
            let picked: Vec<Message> = uids
                .iter()
                .filter_map(|u| source.message(*u).cloned())
                .collect();
            let mut pairs = Vec::new();
            for message in picked {
                let flags: Vec<&str> = message.flags().collect();
                let bytes = Arc::clone(&message.bytes);
                let place = mail.folder_mut(&to)?.append(&flags, message.date, bytes)?;
                pairs.push((message.uid, place.uid));
                if remove {
                    mail.folder_mut(&from)?.expunge(message.uid)?;
                }
            }
            Ok::<_, StoreError>((validity, pairs))
        });
        let (validity, pairs) = match copied {
            Ok(copied) => copied,
            Err(StoreError::NoFolder(_)) => {
                return Reply::no("there is no such folder").code(Code::TryCreate);
            }
            Err(error) => return refuse(&error),
        };
        let code = copy_uid(validity, &pairs).filter(|_| self.has(Feature::UidPlus));
        match (remove, code) {
            // RFC 6851 section 4.3: before the EXPUNGE answers, so not in the tagged answer.
            (true, Some(code)) => {
                self.wire.untagged(code, "moved");
                Reply::ok("done")
            }
            (_, code) => Reply::ok("done").code(code),
        }
    }

    fn expunge(&mut self, only: Option<&SequenceSet>) -> Reply {
        let only = only.map(|set| self.resolve(set, true).unwrap_or_default());
        let Some(view) = &self.view else {
            return Reply::bad("select a folder first");
        };
        if view.read_only {
            return Reply::no("the folder is open for reading only").code(Code::ReadOnly);
        }
        let name = view.name.clone();
        let done = self.office.store.change(|mail| {
            let folder = mail.folder_mut(&name)?;
            let asked = |uid: u32| {
                let only = only.as_ref();
                only.is_none_or(|only| only.binary_search(&uid).is_ok())
            };
            let deleted = folder.messages().filter(|m| m.has("\\Deleted"));
            let uids: Vec<u32> = deleted.map(|m| m.uid).filter(|uid| asked(*uid)).collect();
            for uid in uids {
                folder.expunge(uid)?;
            }
            Ok::<_, StoreError>(folder.highest_modseq())
        });
        match done {
            Ok(modseq) => {
                let code = Code::HighestModSeq(long_number(modseq));
                Reply::ok("done").code(self.qresync.then_some(code))
            }
            Err(error) => refuse(&error),
        }
    }

    fn resolve(&self, set: &SequenceSet, by_uid: bool) -> Option<Vec<u32>> {
        self.view.as_ref()?.resolve(set, by_uid)
    }

    /// Flags as the store takes them; without keywords when they are masked.
    fn words(&self, flags: &[Flag<'_>]) -> Vec<String> {
        let keywords = self.has(Feature::Keywords);
        flags
            .iter()
            .filter(|flag| keywords || !matches!(flag, Flag::Keyword(_)))
            .map(ToString::to_string)
            .collect()
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
            items.push(MessageDataItem::Flags(super::view::fetch_flags(message)));
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

fn fetched(view: &View, message: &Message, wanted: &Wanted) -> Option<Data<'static>> {
    let seq = view.seq(message.uid)?;
    let items = wanted.items(message)?;
    Some(Data::Fetch { seq, items })
}

fn asks_modseq(key: &SearchKey<'_>) -> bool {
    match key {
        SearchKey::ModSequence { .. } => true,
        SearchKey::And(keys) => keys.as_ref().iter().any(asks_modseq),
        SearchKey::Or(a, b) => asks_modseq(a) || asks_modseq(b),
        SearchKey::Not(key) => asks_modseq(key),
        _ => false,
    }
}

/// COPYUID for pairs of old and new UIDs; both sides list them in the same order.
fn copy_uid(validity: u32, pairs: &[(u32, u32)]) -> Option<Code<'static>> {
    let side = |uids: Vec<u32>| {
        let elements = runs(&uids)
            .map(|(a, b)| match a == b {
                true => UidElement::Single(a),
                false => UidElement::Range(a, b),
            })
            .collect::<Vec<_>>();
        Vec1::try_from(elements).ok().map(UidSet)
    };
    Some(Code::CopyUid {
        uid_validity: number(validity),
        source: side(pairs.iter().map(|(old, _)| *old).collect())?,
        destination: side(pairs.iter().map(|(_, new)| *new).collect())?,
    })
}

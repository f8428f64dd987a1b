//! Commands about messages: APPEND, FETCH, STORE, SEARCH, COPY, MOVE, EXPUNGE.

use super::change::Change;
use super::fetch::Wanted;
use super::folders::{name, refuse};
use super::search::matches;
use super::session::{Reply, Session, other_code};
use super::view::{long_number, number, runs};
use crate::clock::{self, Timestamp};
use crate::sandbox::faults::Feature;
use crate::sandbox::store::{Folder, Message, StoreError};
use imap_next::imap_types::command::{CommandBody, FetchModifier, StoreModifier};
use imap_next::imap_types::core::Vec1;
use imap_next::imap_types::datetime::DateTime;
use imap_next::imap_types::extensions::binary::LiteralOrLiteral8;
use imap_next::imap_types::extensions::uidplus::{UidElement, UidSet};
use imap_next::imap_types::flag::{Flag, StoreResponse};
use imap_next::imap_types::mailbox::Mailbox;
use imap_next::imap_types::response::{Code, Data};
use imap_next::imap_types::search::SearchKey;
use imap_next::imap_types::sequence::SequenceSet;
use std::io;
use std::sync::Arc;

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

    /// UIDs named by a set, see [`View::resolve`](super::view::View::resolve).
    pub(super) fn resolve(&self, set: &SequenceSet, by_uid: bool) -> Option<Vec<u32>> {
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

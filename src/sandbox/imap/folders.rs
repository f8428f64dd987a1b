//! Commands about folders: SELECT and its like, LIST, STATUS, CREATE, DELETE, RENAME.

use super::session::{Reply, Session, other_code};
use super::view::{View, flag_items, flags_of, long_number, number, vanished};
use crate::sandbox::faults::Feature;
use crate::sandbox::store::{Folder, Mail, StoreError};
use imap_next::imap_types::command::{CommandBody, SelectParameter};
use imap_next::imap_types::core::{Atom, IString, QuotedChar};
use imap_next::imap_types::extensions::namespace::Namespace;
use imap_next::imap_types::flag::{Flag, FlagNameAttribute, FlagPerm};
use imap_next::imap_types::mailbox::{ListMailbox, Mailbox};
use imap_next::imap_types::response::{Code, Data};
use imap_next::imap_types::sequence::SequenceSet;
use imap_next::imap_types::status::{StatusDataItem, StatusDataItemName};
use std::collections::BTreeSet;

/// Between the parts of a folder's name.
const DELIMITER: char = '/';

/// What a QRESYNC SELECT knows already (RFC 7162 section 3.2.5).
struct Known {
    validity: u32,
    modseq: u64,
    uids: Option<SequenceSet>,
}

impl Session {
    /// Runs one of the commands about folders.
    pub(super) fn folder_command(&mut self, body: CommandBody<'static>) -> Reply {
        match body {
            CommandBody::Select {
                mailbox,
                parameters,
            } => self.select(&mailbox, &parameters, false),
            CommandBody::Examine {
                mailbox,
                parameters,
            } => self.select(&mailbox, &parameters, true),
            CommandBody::Unselect => self.unselect(),
            CommandBody::Close => self.close(),
            CommandBody::Create { mailbox } => self.edit(|mail| mail.create(&name(&mailbox))),
            CommandBody::Delete { mailbox } => self.edit(|mail| mail.delete(&name(&mailbox))),
            CommandBody::Rename { from, to } => {
                self.edit(|mail| mail.rename(&name(&from), &name(&to)))
            }
            CommandBody::Subscribe { mailbox } => self.subscribe(&mailbox, true),
            CommandBody::Unsubscribe { mailbox } => self.subscribe(&mailbox, false),
            CommandBody::List {
                reference,
                mailbox_wildcard,
            } => self.list(&reference, &mailbox_wildcard, false),
            CommandBody::Lsub {
                reference,
                mailbox_wildcard,
            } => self.list(&reference, &mailbox_wildcard, true),
            CommandBody::Status {
                mailbox,
                item_names,
            } => self.status(mailbox, &item_names),
            CommandBody::Namespace if self.has(Feature::Namespace) => self.namespace(),
            _ => Reply::bad("not supported here"),
        }
    }

    fn select(
        &mut self,
        mailbox: &Mailbox<'_>,
        parameters: &[SelectParameter],
        read_only: bool,
    ) -> Reply {
        if self.view.take().is_some() && self.qresync {
            self.wire
                .untagged(Code::Closed, "the other folder is closed");
        }
        let mut known = None;
        for parameter in parameters {
            match parameter {
                SelectParameter::CondStore if self.has(Feature::Condstore) => self.condstore = true,
                SelectParameter::QResync {
                    uid_validity,
                    mod_sequence_value,
                    known_uids,
                    ..
                } if self.qresync => {
                    known = Some(Known {
                        validity: uid_validity.get(),
                        modseq: mod_sequence_value.get(),
                        uids: known_uids.clone(),
                    });
                }
                _ => return Reply::bad("enable this extension first"),
            }
        }
        let name = name(mailbox);
        let keywords = self.has(Feature::Keywords);
        let condstore = self.has(Feature::Condstore);
        let opened = self.office.store.read(|mail| {
            let folder = mail.folder(&name).ok()?;
            let view = View::open(name.clone(), folder, read_only);
            let missed = known.map(|known| missed(&known, folder, &view));
            Some((view, Opened::of(folder, keywords, condstore), missed))
        });
        let Some((view, opened, missed)) = opened else {
            return Reply::no("there is no such folder").code(other_code("NONEXISTENT"));
        };
        self.say_opened(opened, view.len());
        let missed = missed.unwrap_or_default();
        missed.into_iter().for_each(|data| self.wire.data(data));
        self.view = Some(view);
        match read_only {
            true => Reply::ok("examined").code(Code::ReadOnly),
            false => Reply::ok("selected").code(Code::ReadWrite),
        }
    }

    fn say_opened(&mut self, opened: Opened, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.wire.data(Data::Flags(opened.flags));
        let permanent = Code::PermanentFlags(opened.permanent);
        self.wire.untagged(permanent, "flags that are kept");
        self.wire.data(Data::Exists(count));
        self.wire.data(Data::Recent(0));
        let validity = Code::UidValidity(number(opened.validity));
        self.wire.untagged(validity, "UIDs are valid");
        let next = Code::UidNext(number(opened.next_uid));
        self.wire.untagged(next, "the next UID");
        match opened.modseq {
            Some(modseq) => {
                let code = Code::HighestModSeq(long_number(modseq));
                self.wire.untagged(code, "the last change");
            }
            None => self
                .wire
                .untagged(Code::NoModSeq, "changes are not counted"),
        }
    }

    fn unselect(&mut self) -> Reply {
        match self.view.take() {
            Some(_) => Reply::ok("unselected"),
            None => Reply::bad("select a folder first"),
        }
    }

    fn close(&mut self) -> Reply {
        let Some(view) = self.view.take() else {
            return Reply::bad("select a folder first");
        };
        if !view.read_only && !view.lost {
            let emptied = self.office.store.change(|mail| {
                let folder = mail.folder_mut(&view.name)?;
                let deleted = folder.messages().filter(|m| m.has("\\Deleted"));
                let uids: Vec<u32> = deleted.map(|m| m.uid).collect();
                uids.iter().try_for_each(|uid| folder.expunge(*uid))
            });
            if emptied.is_err() {
                return Reply::no("the folder is gone");
            }
        }
        Reply::ok("closed")
    }

    fn edit(&mut self, work: impl FnOnce(&mut Mail) -> Result<(), StoreError>) -> Reply {
        match self.office.store.change(work) {
            Ok(()) => Reply::ok("done"),
            Err(error) => refuse(&error),
        }
    }

    fn subscribe(&mut self, mailbox: &Mailbox<'_>, subscribed: bool) -> Reply {
        self.edit(|mail| {
            mail.folder_mut(&name(mailbox))?.subscribed = subscribed;
            Ok(())
        })
    }

    fn list(&mut self, reference: &Mailbox<'_>, pattern: &ListMailbox<'_>, lsub: bool) -> Reply {
        let delimiter = Some(QuotedChar::unvalidated(DELIMITER));
        let asked: &[u8] = match pattern {
            ListMailbox::Token(token) => token.as_ref(),
            ListMailbox::String(text) => text.as_ref(),
        };
        // LIST "" "" asks for the delimiter only (RFC 3501 section 6.3.8).
        let rows = if asked.is_empty() {
            vec![(String::new(), vec![FlagNameAttribute::Noselect])]
        } else {
            let prefix = name(reference).into_bytes();
            self.rows(&[prefix.as_slice(), asked].concat(), lsub)
        };
        for (name, items) in rows {
            let Ok(mailbox) = Mailbox::try_from(name) else {
                continue;
            };
            self.wire.data(if lsub {
                Data::Lsub {
                    items,
                    delimiter,
                    mailbox,
                }
            } else {
                Data::List {
                    items,
                    delimiter,
                    mailbox,
                }
            });
        }
        Reply::ok("done")
    }

    fn rows(&self, pattern: &[u8], lsub: bool) -> Vec<(String, Vec<FlagNameAttribute<'static>>)> {
        let special = self.has(Feature::SpecialUse);
        self.office.store.read(|mail| {
            let mut rows = Vec::new();
            let mut parents = BTreeSet::new();
            for (name, folder) in mail.folders().filter(|(_, f)| !lsub || f.subscribed) {
                parents.extend(
                    name.match_indices(DELIMITER)
                        .filter_map(|(at, _)| name.get(..at)),
                );
                if fits(pattern, name.as_bytes()) {
                    let role = folder.role.filter(|_| special);
                    let role = role.map(|role| Atom::unvalidated(role.attribute()));
                    let items = role.map(FlagNameAttribute::from).into_iter().collect();
                    rows.push((name.clone(), items));
                }
            }
            for parent in parents {
                if mail.folder(parent).is_err() && fits(pattern, parent.as_bytes()) {
                    rows.push((parent.to_owned(), vec![FlagNameAttribute::Noselect]));
                }
            }
            rows
        })
    }

    fn status(&mut self, mailbox: Mailbox<'static>, names: &[StatusDataItemName]) -> Reply {
        let condstore = self.has(Feature::Condstore);
        let asks_modseq = names.contains(&StatusDataItemName::HighestModSeq);
        if asks_modseq && !condstore {
            return Reply::bad("changes are not counted here");
        }
        self.condstore |= asks_modseq;
        let items = self.office.store.read(|mail| {
            let folder = mail.folder(&name(&mailbox)).ok()?;
            Some(
                names
                    .iter()
                    .map(|item| status_item(item, folder))
                    .collect::<Vec<_>>(),
            )
        });
        let Some(items) = items else {
            return Reply::no("there is no such folder").code(other_code("NONEXISTENT"));
        };
        let items = items.into();
        self.wire.data(Data::Status { mailbox, items });
        Reply::ok("done")
    }

    fn namespace(&mut self) -> Reply {
        let prefix = IString::from(imap_next::imap_types::core::Quoted::unvalidated(""));
        let delimiter = Some(QuotedChar::unvalidated(DELIMITER));
        self.wire.data(Data::Namespace {
            personal: vec![Namespace::new(prefix, delimiter)],
            other: Vec::new(),
            shared: Vec::new(),
        });
        Reply::ok("done")
    }
}

/// What SELECT says about a folder.
struct Opened {
    flags: Vec<Flag<'static>>,
    permanent: Vec<FlagPerm<'static>>,
    validity: u32,
    next_uid: u32,
    modseq: Option<u64>,
}

impl Opened {
    fn of(folder: &Folder, keywords: bool, condstore: bool) -> Self {
        let flags = flags_of(folder);
        let mut permanent: Vec<_> = flags.iter().cloned().map(FlagPerm::Flag).collect();
        if keywords {
            permanent.push(FlagPerm::Asterisk);
        }
        Self {
            flags,
            permanent,
            validity: folder.validity,
            next_uid: folder.next_uid(),
            modseq: condstore.then(|| folder.highest_modseq()),
        }
    }
}

/// The name of a folder as the store has it.
pub(super) fn name(mailbox: &Mailbox<'_>) -> String {
    match mailbox {
        Mailbox::Inbox => "INBOX".to_owned(),
        Mailbox::Other(other) => String::from_utf8_lossy(other.inner().as_ref()).into_owned(),
    }
}

/// The answer to what the store refuses.
pub(super) fn refuse(error: &StoreError) -> Reply {
    match error {
        StoreError::NoFolder(_) => {
            Reply::no("there is no such folder").code(other_code("NONEXISTENT"))
        }
        StoreError::Exists(_) => {
            Reply::no("there is such a folder").code(other_code("ALREADYEXISTS"))
        }
        StoreError::Inbox => Reply::no("INBOX stays as it is").code(other_code("CANNOT")),
        StoreError::Full => Reply::no("the folder is full").code(other_code("LIMIT")),
    }
}

/// What a client that knows a folder up to a MODSEQ missed; nothing when it knows another folder.
fn missed(known: &Known, folder: &Folder, view: &View) -> Vec<Data<'static>> {
    if known.validity != folder.validity {
        return Vec::new();
    }
    let asked = |uid: &u32| {
        let set = known.uids.as_ref();
        set.is_none_or(|set| set_has(set, *uid))
    };
    let mut gone: Vec<u32> = folder.expunged_since(known.modseq).filter(asked).collect();
    gone.sort_unstable();
    let mut changed: Vec<u32> = folder.changed_since(known.modseq).filter(asked).collect();
    changed.sort_unstable();
    let mut data: Vec<_> = vanished(&gone, true).into_iter().collect();
    for message in changed.iter().filter_map(|uid| folder.message(*uid)) {
        if let Some(seq) = view.seq(message.uid) {
            let items = flag_items(message, true, true);
            data.push(Data::Fetch { seq, items });
        }
    }
    data
}

/// Whether a set as the client wrote it holds a UID; `*` is the highest there can be.
pub(super) fn set_has(set: &SequenceSet, uid: u32) -> bool {
    use imap_next::imap_types::sequence::Sequence;
    set.0.as_ref().iter().any(|part| match part {
        Sequence::Single(one) => one.to_non_zero_u32().get() == uid,
        Sequence::Range(a, b) => {
            let (a, b) = (a.to_non_zero_u32().get(), b.to_non_zero_u32().get());
            (a.min(b)..=a.max(b)).contains(&uid)
        }
    })
}

fn status_item(item: &StatusDataItemName, folder: &Folder) -> StatusDataItem {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let with = |flag: &str| folder.messages().filter(|m| m.has(flag)).count();
    match item {
        StatusDataItemName::Messages => StatusDataItem::Messages(count(folder.len())),
        StatusDataItemName::Recent => StatusDataItem::Recent(0),
        StatusDataItemName::UidNext => StatusDataItem::UidNext(number(folder.next_uid())),
        StatusDataItemName::UidValidity => StatusDataItem::UidValidity(number(folder.validity)),
        StatusDataItemName::Unseen => StatusDataItem::Unseen(count(folder.len() - with("\\Seen"))),
        StatusDataItemName::Deleted => StatusDataItem::Deleted(count(with("\\Deleted"))),
        StatusDataItemName::DeletedStorage => {
            let deleted = folder.messages().filter(|m| m.has("\\Deleted"));
            StatusDataItem::DeletedStorage(deleted.map(|m| m.bytes.len() as u64).sum())
        }
        StatusDataItemName::HighestModSeq => StatusDataItem::HighestModSeq(folder.highest_modseq()),
    }
}

/// LIST patterns: `*` stands for anything, `%` for anything within one level.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some((wild @ (b'*' | b'%'), rest)) => {
            let level = name.iter().position(|b| *b == DELIMITER as u8);
            let reach = match wild {
                b'%' => level.unwrap_or(name.len()),
                _ => name.len(),
            };
            (0..=reach).any(|at| fits(rest, name.get(at..).unwrap_or_default()))
        }
        Some((own, rest)) => match name.split_first() {
            Some((first, tail)) if first.eq_ignore_ascii_case(own) => fits(rest, tail),
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_patterns_respect_levels() {
        let cases = [
            ("*", "a/b", true),
            ("%", "a/b", false),
            ("%", "a", true),
            ("a/%", "a/b", true),
            ("a/%", "a/b/c", false),
            ("a*c", "a/b/c", true),
            ("inbox", "INBOX", true),
            ("x", "y", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(
                fits(pattern.as_bytes(), name.as_bytes()),
                expected,
                "{pattern} {name}"
            );
        }
    }
}

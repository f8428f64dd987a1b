//! FETCH: which items, and how they are made.

use super::folders::set_has;
use super::section;
use super::session::{Reply, Session, other_code};
use super::view::{View, fetch_flags, long_number, number, vanished};
use crate::sandbox::faults::Feature;
use crate::sandbox::store::{Folder, Message};
use imap_next::imap_types::command::FetchModifier;
use imap_next::imap_types::core::{Literal, NString, Vec1};
use imap_next::imap_types::datetime::DateTime;
use imap_next::imap_types::fetch::{
    MacroOrMessageDataItemNames, MessageDataItem, MessageDataItemName, Section,
};
use imap_next::imap_types::response::Data;
use imap_next::imap_types::sequence::SequenceSet;
use std::io;

/// Messages answered between two looks at the connection.
const FETCH_CHUNK: usize = 64;

/// What one FETCH asks for.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    names: Vec<MessageDataItemName<'static>>,
    /// Whether it marks messages as seen.
    pub(super) marks_seen: bool,
    /// Whether it asks for MODSEQ.
    pub(super) modseq: bool,
}

impl Wanted {
    /// Reads the items of a command. `None` when one is not supported.
    pub(super) fn new(
        names: MacroOrMessageDataItemNames<'static>,
        uid: bool,
        modseq: bool,
    ) -> Option<Self> {
        use imap_next::imap_types::IntoStatic;
        let mut names = match names {
            MacroOrMessageDataItemNames::Macro(short) => short.expand().into_static(),
            MacroOrMessageDataItemNames::MessageDataItemNames(names) => names,
        };
        for (implied, item) in [
            (uid, MessageDataItemName::Uid),
            (modseq, MessageDataItemName::ModSeq),
        ] {
            if implied && !names.contains(&item) {
                names.push(item);
            }
        }
        Some(Self {
            marks_seen: names.iter().any(marks_seen),
            modseq: names.contains(&MessageDataItemName::ModSeq),
            names: names.iter().all(supported).then_some(names)?,
        })
    }

    /// Asks for FLAGS as well: a message that was just marked as seen is told so.
    pub(super) fn with_flags(&self) -> Self {
        let mut more = self.clone();
        if !more.names.contains(&MessageDataItemName::Flags) {
            more.names.push(MessageDataItemName::Flags);
        }
        more
    }

    /// The items of one message.
    pub(super) fn items(&self, message: &Message) -> Option<Vec1<MessageDataItem<'static>>> {
        let items: Vec<_> = self.names.iter().filter_map(|n| item(n, message)).collect();
        Vec1::try_from(items).ok()
    }
}

impl Session {
    /// Answers FETCH, a few messages at a time.
    pub(super) async fn fetch(
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
}

fn fetched(view: &View, message: &Message, wanted: &Wanted) -> Option<Data<'static>> {
    let seq = view.seq(message.uid)?;
    let items = wanted.items(message)?;
    Some(Data::Fetch { seq, items })
}

fn marks_seen(name: &MessageDataItemName<'_>) -> bool {
    match name {
        MessageDataItemName::BodyExt { peek, .. } => !peek,
        MessageDataItemName::Rfc822 | MessageDataItemName::Rfc822Text => true,
        _ => false,
    }
}

fn supported(name: &MessageDataItemName<'_>) -> bool {
    match name {
        MessageDataItemName::BodyExt { section, .. } => matches!(
            section,
            None | Some(
                Section::Header(None)
                    | Section::Text(None)
                    | Section::HeaderFields(None, _)
                    | Section::HeaderFieldsNot(None, _)
            )
        ),
        MessageDataItemName::Body
        | MessageDataItemName::BodyStructure
        | MessageDataItemName::Envelope
        | MessageDataItemName::Binary { .. }
        | MessageDataItemName::BinarySize { .. } => false,
        _ => true,
    }
}

fn item(
    name: &MessageDataItemName<'static>,
    message: &Message,
) -> Option<MessageDataItem<'static>> {
    let bytes = &message.bytes;
    Some(match name {
        MessageDataItemName::Uid => MessageDataItem::Uid(number(message.uid)),
        MessageDataItemName::Flags => MessageDataItem::Flags(fetch_flags(message)),
        MessageDataItemName::ModSeq => MessageDataItem::ModSeq(long_number(message.modseq)),
        MessageDataItemName::InternalDate => MessageDataItem::InternalDate(date(message)?),
        MessageDataItemName::Rfc822Size => {
            MessageDataItem::Rfc822Size(u32::try_from(bytes.len()).unwrap_or(u32::MAX))
        }
        MessageDataItemName::Rfc822 => MessageDataItem::Rfc822(literal(bytes)),
        MessageDataItemName::Rfc822Header => {
            MessageDataItem::Rfc822Header(literal(section::split(bytes).0))
        }
        MessageDataItemName::Rfc822Text => {
            MessageDataItem::Rfc822Text(literal(section::split(bytes).1))
        }
        MessageDataItemName::BodyExt {
            section, partial, ..
        } => {
            let range = partial.map(|(first, length)| (first, length.get()));
            MessageDataItem::BodyExt {
                section: section.clone(),
                origin: range.map(|(first, _)| first),
                data: body(section.as_ref(), range, bytes)?,
            }
        }
        _ => return None,
    })
}

fn body(
    section: Option<&Section<'_>>,
    range: Option<(u32, u32)>,
    bytes: &[u8],
) -> Option<NString<'static>> {
    let chosen = |names: &Vec1<_>, keep| {
        let names: Vec<&[u8]> = names.as_ref().iter().map(AsRef::as_ref).collect();
        section::some_fields(bytes, &names, keep)
    };
    let fields;
    let whole = match section {
        None => bytes,
        Some(Section::Header(None)) => section::split(bytes).0,
        Some(Section::Text(None)) => section::split(bytes).1,
        Some(Section::HeaderFields(None, names)) => {
            fields = chosen(names, true);
            &fields
        }
        Some(Section::HeaderFieldsNot(None, names)) => {
            fields = chosen(names, false);
            &fields
        }
        Some(_) => return None,
    };
    Some(literal(section::partial(whole, range)))
}

/// A literal may not hold NUL (RFC 3501 section 4.3); Dovecot sends 0x80 for it, so do we.
fn literal(bytes: &[u8]) -> NString<'static> {
    let mut bytes = bytes.to_vec();
    for byte in bytes.iter_mut().filter(|byte| **byte == 0) {
        *byte = 0x80;
    }
    NString::from(Literal::unvalidated(bytes))
}

fn date(message: &Message) -> Option<DateTime> {
    let time = chrono::DateTime::from_timestamp(message.date.as_second(), 0)?;
    DateTime::try_from(time.fixed_offset()).ok()
}

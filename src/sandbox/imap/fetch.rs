//! FETCH: which items, and how they are made.

use super::section;
use super::view::{fetch_flags, long_number, number};
use crate::sandbox::store::Message;
use imap_next::imap_types::core::{Literal, NString, Vec1};
use imap_next::imap_types::datetime::DateTime;
use imap_next::imap_types::fetch::{
    MacroOrMessageDataItemNames, MessageDataItem, MessageDataItemName, Section,
};

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

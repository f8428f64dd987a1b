//! The header fields of a message.

use super::note;
use crate::clock::Timestamp;
use crate::limits;
use crate::mail::thread::is_usable_id;
use crate::mail::{Address, Defect, Message, Remote};
use mail_parser::{DateTime, Header, HeaderName, HeaderValue};

/// Addresses kept of one field.
const ADDRESSES: usize = limits::HEADER_PARAMETERS;

/// Fills in everything but the body. `bytes` is what the fields were parsed from.
pub(super) fn read(fields: &[Header<'_>], bytes: &[u8]) -> Message {
    let ids = |name: &HeaderName<'_>| all_ids(fields, name, bytes);
    let mut message = Message {
        message_id: ids(&HeaderName::MessageId).into_iter().next(),
        in_reply_to: ids(&HeaderName::InReplyTo),
        references: ids(&HeaderName::References),
        subject: subject(fields),
        from: addresses(fields, &HeaderName::From),
        reply_to: addresses(fields, &HeaderName::ReplyTo),
        to: addresses(fields, &HeaderName::To),
        cc: addresses(fields, &HeaderName::Cc),
        date: date(fields, bytes),
        ..Message::default()
    };
    judge_sender(&mut message, raw_ats(fields, bytes));
    if message.date.is_none() {
        note(&mut message.defects, Defect::BadDate);
    }
    message
}

/// The bytes of a field's value.
pub(super) fn raw_value<'b>(field: &Header<'_>, bytes: &'b [u8]) -> &'b [u8] {
    let range = field.offset_start as usize..field.offset_end as usize;
    bytes.get(range).unwrap_or_default()
}

/// Message-IDs in the text of a field: what stands in angle brackets, or the whole when it is one
/// word with an `@`. Folded ids are put together; unusable ones are left out. At most
/// [`limits::REFERENCES`], the first half and the last.
pub(super) fn ids(value: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in value.split('<').skip(1) {
        let Some((id, _)) = piece.split_once('>') else {
            continue;
        };
        if id.len() > 2 * limits::MESSAGE_ID {
            continue;
        }
        let id = unfolded(id);
        if is_usable_id(&id) {
            keep(&mut found, id);
        }
    }
    let bare = value.trim();
    if found.is_empty() && is_usable_id(bare) {
        found.push(bare.to_owned());
    }
    found
}

fn keep(found: &mut Vec<String>, id: String) {
    // Drop the one in the middle: the oldest name the conversation, the newest its place.
    if found.len() == limits::REFERENCES {
        found.remove(limits::REFERENCES / 2);
    }
    found.push(id);
}

/// Takes line breaks and the white space after them out of an id.
fn unfolded(id: &str) -> String {
    let mut lines = id.lines();
    let mut out = lines.next().unwrap_or_default().trim().to_owned();
    for line in lines {
        out.push_str(line.trim());
    }
    out
}

fn all_ids(fields: &[Header<'_>], name: &HeaderName<'_>, bytes: &[u8]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for field in named(fields, name) {
        let value = String::from_utf8_lossy(raw_value(field, bytes));
        for id in ids(&value) {
            if !found.contains(&id) {
                keep(&mut found, id);
            }
        }
    }
    found
}

fn named<'f, 'h>(
    fields: &'f [Header<'h>],
    name: &'f HeaderName<'f>,
) -> impl Iterator<Item = &'f Header<'h>> {
    fields.iter().filter(move |field| field.name == *name)
}

fn subject(fields: &[Header<'_>]) -> Remote {
    let first = named(fields, &HeaderName::Subject).next();
    let text = first.and_then(|field| field.value.as_text());
    Remote::new(text.unwrap_or_default())
}

fn addresses(fields: &[Header<'_>], name: &HeaderName<'_>) -> Vec<Address> {
    named(fields, name)
        .filter_map(|field| field.value.as_address())
        .flat_map(|list| list.iter())
        .take(ADDRESSES)
        .map(|one| {
            let name = one.name.as_deref().unwrap_or_default();
            let address = one.address.as_deref().unwrap_or_default();
            if address.is_empty() && name.contains('@') && !name.contains(char::is_whitespace) {
                return Address::new("", name);
            }
            Address::new(name, address)
        })
        .collect()
}

/// How many `@` the From fields have outside encoded words.
fn raw_ats(fields: &[Header<'_>], bytes: &[u8]) -> usize {
    named(fields, &HeaderName::From)
        .flat_map(|field| raw_value(field, bytes))
        .filter(|byte| **byte == b'@')
        .count()
}

/// The first Date field, when it is a date at which mail may have been sent.
fn date(fields: &[Header<'_>], bytes: &[u8]) -> Option<Timestamp> {
    let field = named(fields, &HeaderName::Date).next()?;
    match &field.value {
        HeaderValue::DateTime(date) => timestamp(date),
        // The parser insists on seconds, RFC 5322 section 3.3 does not.
        _ => {
            let text = String::from_utf8_lossy(raw_value(field, bytes));
            let parsed = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim());
            parsed.ok().filter(|date| date.as_second() >= 0)
        }
    }
}

/// `None` for what no calendar has, and for years before mail or far ahead.
fn timestamp(date: &DateTime) -> Option<Timestamp> {
    if !(1970..=2199).contains(&date.year) || date.tz_hour > 23 || date.tz_minute > 59 {
        return None;
    }
    let small = |n: u8| i8::try_from(n).ok();
    let civil = jiff::civil::DateTime::new(
        i16::try_from(date.year).ok()?,
        small(date.month)?,
        small(date.day)?,
        small(date.hour)?,
        small(date.minute)?,
        // A leap second is a second that clocks here do not have.
        small(date.second.min(59))?,
        0,
    )
    .ok()?;
    let ahead = i32::from(date.tz_hour) * 3600 + i32::from(date.tz_minute) * 60;
    let ahead = if date.tz_before_gmt { -ahead } else { ahead };
    let offset = jiff::tz::Offset::from_seconds(ahead).ok()?;
    offset.to_timestamp(civil).ok()
}

fn judge_sender(message: &mut Message, ats: usize) {
    let addressed = |a: &Address| a.address.raw().contains('@');
    let found = &mut message.defects;
    if !message.from.iter().any(addressed) {
        note(found, Defect::NoFrom);
    }
    // More `@` than were understood: another program may show another sender.
    let understood: usize = message
        .from
        .iter()
        .map(|a| a.address.raw().matches('@').count() + a.name.raw().matches('@').count())
        .sum();
    if message.from.len() > 1 || ats > understood {
        note(found, Defect::ManyFrom);
    }
    if message.from.iter().any(Address::name_looks_like_address) {
        note(found, Defect::NameLooksLikeAddress);
    }
    let domains: Vec<String> = message.from.iter().map(Address::domain).collect();
    let elsewhere = |a: &Address| !domains.contains(&a.domain());
    if message.reply_to.iter().any(elsewhere) {
        note(found, Defect::ReplyToElsewhere);
    }
}

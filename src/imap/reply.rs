//! Responses in our own types: async-imap's borrow a 4-kilobyte buffer each and must not pile up.

use super::Code;
use super::lenient;
use crate::clock::Timestamp;
use imap_proto::{AttributeValue, MailboxDatum, NameAttribute, Outcome, Response, ResponseCode};
use std::ops::RangeInclusive;

pub(super) use imap_proto::Status;

/// One response.
#[derive(Debug)]
pub(super) enum Reply {
    Continue,
    Done {
        tag: String,
        status: Status,
        code: Option<Code>,
        text: String,
    },
    Untagged(Untagged),
}

/// One untagged response, as far as we use it.
#[derive(Debug)]
pub(super) enum Untagged {
    Fetch(Box<Item>),
    Exists(u32),
    Expunge,
    Vanished {
        earlier: bool,
        uids: Vec<RangeInclusive<u32>>,
    },
    List(Listed),
    Search(Vec<u32>),
    Note {
        status: Status,
        code: Option<Code>,
        text: String,
    },
    /// A response nobody could read, as it came.
    Unreadable(Vec<u8>),
    Other,
}

/// What one FETCH response says; only what was asked for and sent is set.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Item {
    pub uid: Option<u32>,
    pub flags: Option<Vec<String>>,
    pub size: Option<u64>,
    pub modseq: Option<u64>,
    pub internal: Option<Timestamp>,
    pub body: Option<Vec<u8>>,
}

/// What one LIST response says.
#[derive(Debug)]
pub(super) struct Listed {
    pub attributes: Vec<String>,
    pub delimiter: Option<String>,
    pub raw: String,
}

impl Reply {
    /// Copies what we use. `aside` is what the guard put aside when `response` is its stand-in.
    pub fn new(response: &Response<'_>, aside: impl FnOnce() -> Option<Vec<u8>>) -> Self {
        match response {
            Response::Continue(_) => Self::Continue,
            Response::Done {
                tag,
                status,
                outcome,
            } => {
                let (code, text) = outcome_parts(outcome);
                Self::Done {
                    tag: tag.0.clone(),
                    status: status_copy(status),
                    code,
                    text,
                }
            }
            other => Self::Untagged(Untagged::new(other, aside)),
        }
    }
}

impl Untagged {
    fn new(response: &Response<'_>, aside: impl FnOnce() -> Option<Vec<u8>>) -> Self {
        match response {
            Response::Data { status, outcome } => {
                let (code, text) = outcome_parts(outcome);
                match code {
                    Some(code) if code.is(super::guard::ASIDE_CODE) => {
                        aside().map_or(Self::Other, lenient::read)
                    }
                    code => Self::Note {
                        status: status_copy(status),
                        code,
                        text,
                    },
                }
            }
            Response::Expunge(_) => Self::Expunge,
            Response::Vanished { earlier, uids } => Self::Vanished {
                earlier: *earlier,
                // A set may be written downwards.
                uids: uids
                    .iter()
                    .map(|r| *r.start().min(r.end())..=*r.start().max(r.end()))
                    .collect(),
            },
            Response::Fetch(_, attributes) => Self::Fetch(Box::new(item(attributes))),
            Response::MailboxData(MailboxDatum::Exists(count)) => Self::Exists(*count),
            Response::MailboxData(MailboxDatum::Search(found)) => Self::Search(found.clone()),
            Response::MailboxData(MailboxDatum::List(data)) => Self::List(Listed {
                attributes: data.name_attributes.iter().map(attribute).collect(),
                delimiter: data.delimiter.as_deref().map(str::to_owned),
                raw: data.name.clone().into_owned(),
            }),
            _ => Self::Other,
        }
    }
}

/// INTERNALDATE's `dd-Mon-yyyy hh:mm:ss +zzzz` (RFC 9051 section 9, date-time).
pub(super) fn internal_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", text.trim())
        .and_then(|broken| broken.to_timestamp())
        .ok()
}

fn item(attributes: &[AttributeValue<'_>]) -> Item {
    let mut item = Item::default();
    for attribute in attributes {
        match attribute {
            AttributeValue::Uid(uid) => item.uid = Some(*uid),
            AttributeValue::Flags(flags) => {
                item.flags = Some(flags.iter().map(|f| f.clone().into_owned()).collect());
            }
            AttributeValue::Rfc822Size(size) => item.size = Some(u64::from(*size)),
            AttributeValue::ModSeq(modseq) => item.modseq = Some(*modseq),
            AttributeValue::InternalDate(date) => item.internal = internal_date(date),
            AttributeValue::BodySection {
                data: Some(data), ..
            } => item.body = Some(data.to_vec()),
            _ => {}
        }
    }
    item
}

fn attribute(attribute: &NameAttribute<'_>) -> String {
    match attribute {
        NameAttribute::Extension(name) => name.to_ascii_lowercase(),
        known => format!("\\{known:?}").to_ascii_lowercase(),
    }
}

fn outcome_parts(outcome: &Outcome<'_>) -> (Option<Code>, String) {
    let text = outcome.information.as_deref().unwrap_or_default();
    match &outcome.code {
        Some(code) => (code_copy(code), text.to_owned()),
        None => {
            let (code, text) = Code::split(text);
            (code, text.to_owned())
        }
    }
}

fn code_copy(code: &ResponseCode<'_>) -> Option<Code> {
    Some(match code {
        ResponseCode::Alert => Code::Alert,
        ResponseCode::UidValidity(value) => Code::UidValidity(*value),
        ResponseCode::UidNext(value) => Code::UidNext(*value),
        ResponseCode::HighestModSeq(value) => Code::HighestModSeq(*value),
        ResponseCode::PermanentFlags(flags) => {
            Code::PermanentFlags(flags.iter().map(|f| f.clone().into_owned()).collect())
        }
        ResponseCode::ReadOnly => Code::ReadOnly,
        ResponseCode::ReadWrite => Code::ReadWrite,
        ResponseCode::TryCreate => Code::TryCreate,
        ResponseCode::AppendUid(uidvalidity, uids) => Code::AppendUid {
            uidvalidity: *uidvalidity,
            uid: match uids.as_slice() {
                [imap_proto::rfc4315::UidSetMember::Uid(uid)] => *uid,
                [imap_proto::rfc4315::UidSetMember::UidRange(range)]
                    if range.start() == range.end() =>
                {
                    *range.start()
                }
                _ => return None,
            },
        },
        _ => return None,
    })
}

/// imap-proto's type is not `Clone`.
fn status_copy(status: &Status) -> Status {
    match status {
        Status::Ok => Status::Ok,
        Status::No => Status::No,
        Status::Bad => Status::Bad,
        Status::PreAuth => Status::PreAuth,
        Status::Bye => Status::Bye,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_dates_are_read_or_left_out() {
        for (text, expected) in [
            ("17-Jul-1996 02:44:25 -0700", Some("1996-07-17T09:44:25Z")),
            (" 7-Jul-2024 02:44:25 +0000", Some("2024-07-07T02:44:25Z")),
            ("01-Jan-1970 00:00:00 +0000", Some("1970-01-01T00:00:00Z")),
            ("32-Jan-2024 00:00:00 +0000", None),
            ("01-Januar-2024 00:00:00 +0000", None),
            ("", None),
        ] {
            let expected = expected.map(|t| t.parse::<Timestamp>().unwrap());
            assert_eq!(internal_date(text), expected, "{text}");
        }
    }
}

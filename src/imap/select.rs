//! Opening a folder (RFC 9051 section 6.3.2; QRESYNC: RFC 7162 section 3.2.5).

use super::exec::Kind;
use super::reply::Untagged;
use super::{Code, Connection, Error, Flags, Open};
use std::ops::RangeInclusive;

/// What a client knew when it last left the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resync {
    /// UIDVALIDITY then.
    pub uidvalidity: u32,
    /// HIGHESTMODSEQ then.
    pub modseq: u64,
    /// The highest UID it knows; 0 when it knows none.
    pub max_uid: u32,
}

/// An opened folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// UIDs mean something only together with this.
    pub uidvalidity: u32,
    /// The next message gets at least this UID; 0 when the server does not say.
    pub uidnext: u32,
    /// Messages in the folder.
    pub exists: u32,
    /// Where to resynchronise from next time; `None` when the folder keeps no modification
    /// sequences. Store it only once everything below it is stored.
    pub highest_modseq: Option<u64>,
    /// Whether new keywords can be made (`\*` in PERMANENTFLAGS).
    pub keywords_allowed: bool,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// All changes since the given [`Resync`]; `None` when the server did not tell (no QRESYNC,
    /// other UIDVALIDITY, nothing given).
    pub changes: Option<Changes>,
}

/// Changes since a modification sequence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// New and changed messages with all their flags.
    pub flags: Vec<Flags>,
    /// Deleted UIDs; may name UIDs that never existed.
    pub vanished: Vec<RangeInclusive<u32>>,
}

impl Changes {
    pub(super) fn take(&mut self, untagged: Untagged) {
        match untagged {
            Untagged::Fetch(item) => self.flags.extend(Flags::from_item(*item)),
            Untagged::Vanished { uids, .. } => self.vanished.extend(uids),
            _ => {}
        }
    }
}

impl Connection {
    /// Opens a folder for reading and writing. With `since`, where the server can, what changed
    /// comes along.
    pub async fn select(&mut self, name: &str, since: Option<Resync>) -> Result<Selected, Error> {
        self.enter("SELECT", name, since).await
    }

    /// Opens a folder for reading only.
    pub async fn examine(&mut self, name: &str, since: Option<Resync>) -> Result<Selected, Error> {
        self.enter("EXAMINE", name, since).await
    }

    async fn enter(
        &mut self,
        verb: &'static str,
        name: &str,
        since: Option<Resync>,
    ) -> Result<Selected, Error> {
        let since = since.filter(|since| self.qresync && since.modseq > 0);
        let mut command = format!("{verb} {}", self.mailbox(name)?);
        if let Some(since) = since {
            command += &qresync(since);
        }
        self.selected = None;
        self.exists = 0;
        let kind = Kind::fetch(verb);
        let mut told = Told::default();
        let done = self.exec(kind, &command, |u| told.take(u)).await?;
        if let Some(code) = done.code {
            told.code(code);
        }
        // What came along is the state the caller starts from, so it is no news.
        self.news = false;
        self.reselect = false;
        let uidvalidity = told
            .uidvalidity
            .ok_or(Error::Protocol("a folder without UIDVALIDITY"))?;
        self.selected = Some(Open {
            name: name.to_owned(),
            modseq: told.highest_modseq.is_some(),
        });
        Ok(Selected {
            uidvalidity,
            uidnext: told.uidnext,
            exists: self.exists,
            highest_modseq: told.highest_modseq,
            keywords_allowed: told.keywords_allowed,
            read_only: told.read_only || verb == "EXAMINE",
            changes: since
                .filter(|since| since.uidvalidity == uidvalidity && told.highest_modseq.is_some())
                .map(|_| told.changes),
        })
    }
}

/// QRESYNC alone: some servers answer BAD when CONDSTORE stands beside it.
fn qresync(since: Resync) -> String {
    let (uidvalidity, modseq) = (since.uidvalidity, since.modseq);
    match since.max_uid {
        0 => format!(" (QRESYNC ({uidvalidity} {modseq}))"),
        max => format!(" (QRESYNC ({uidvalidity} {modseq} 1:{max}))"),
    }
}

#[derive(Default)]
struct Told {
    uidvalidity: Option<u32>,
    uidnext: u32,
    highest_modseq: Option<u64>,
    keywords_allowed: bool,
    read_only: bool,
    changes: Changes,
}

impl Told {
    fn take(&mut self, untagged: Untagged) {
        match untagged {
            Untagged::Note {
                code: Some(code), ..
            } => self.code(code),
            other => self.changes.take(other),
        }
    }

    fn code(&mut self, code: Code) {
        match code {
            Code::UidValidity(value) => self.uidvalidity = Some(value),
            Code::UidNext(value) => self.uidnext = value,
            // 0 is no valid modification sequence; some servers say it for "none".
            Code::HighestModSeq(value) => self.highest_modseq = Some(value).filter(|v| *v > 0),
            Code::NoModSeq => self.highest_modseq = None,
            Code::PermanentFlags(flags) => {
                self.keywords_allowed = flags.iter().any(|flag| flag == "\\*");
            }
            Code::ReadOnly => self.read_only = true,
            Code::ReadWrite => self.read_only = false,
            _ => {}
        }
    }
}

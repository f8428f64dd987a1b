//! Reading messages and flags, always by UID (RFC 9051 section 6.4.5).
//!
//! A sink that was called has a whole message; a call that returned an error may have called it
//! for some. Never conclude from an error that a message is gone.

use super::exec::Kind;
use super::reply::{Item, Untagged};
use super::{Changes, Connection, Error, quote};
use crate::clock::Timestamp;
use crate::limits;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// A message without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// Its UID.
    pub uid: u32,
    /// All its flags and keywords, as the server spells them.
    pub flags: Vec<String>,
    /// Its size in bytes as the server says, which may be off by a tenth (Exchange).
    pub size: u64,
    /// Its modification sequence, where kept.
    pub modseq: Option<u64>,
    /// When the server got it; the epoch when the server told no date.
    pub internal: Timestamp,
}

/// A message's flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flags {
    /// Its UID.
    pub uid: u32,
    /// All its flags and keywords, as the server spells them.
    pub flags: Vec<String>,
    /// Its modification sequence, where kept.
    pub modseq: Option<u64>,
}

/// A message with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Its UID.
    pub uid: u32,
    /// All its flags and keywords, as the server spells them.
    pub flags: Vec<String>,
    /// Its modification sequence, where kept.
    pub modseq: Option<u64>,
    /// When the server got it; the epoch when the server told no date.
    pub internal: Timestamp,
    /// The message, byte for byte.
    pub raw: Vec<u8>,
}

impl Flags {
    pub(super) fn from_item(item: Item) -> Option<Self> {
        Some(Self {
            uid: item.uid.filter(|uid| *uid > 0)?,
            flags: item.flags?,
            modseq: item.modseq,
        })
    }
}

impl Connection {
    /// Every message from `uid_from` on, in the order the server tells them.
    pub async fn overview(
        &mut self,
        uid_from: u32,
        mut sink: impl FnMut(Overview),
    ) -> Result<(), Error> {
        let from = uid_from.max(1);
        let items = format!("(UID FLAGS RFC822.SIZE INTERNALDATE{})", self.modseq()?);
        let command = format!("UID FETCH {from}:* {items}");
        self.fetching(&command, |item| {
            let (Some(uid), Some(size)) = (item.uid, item.size) else {
                return;
            };
            // `n:*` names the last message even when its UID is below n.
            if uid < from {
                return;
            }
            sink(Overview {
                uid,
                flags: item.flags.unwrap_or_default(),
                size,
                modseq: item.modseq,
                internal: item.internal.unwrap_or(Timestamp::UNIX_EPOCH),
            });
        })
        .await
    }

    /// The flags of the messages in a range of UIDs.
    pub async fn flags(&mut self, range: RangeInclusive<u32>) -> Result<Vec<Flags>, Error> {
        let (first, last) = (*range.start().max(&1), *range.end());
        if first > last {
            return Ok(Vec::new());
        }
        let command = format!("UID FETCH {first}:{last} (UID FLAGS{})", self.modseq()?);
        let mut found = Vec::new();
        self.fetching(&command, |item| {
            found.extend(Flags::from_item(item).filter(|flags| range.contains(&flags.uid)));
        })
        .await?;
        Ok(found)
    }

    /// What changed since a modification sequence; deletions only with QRESYNC, see
    /// [`Connection::tells_vanished`].
    pub async fn changed_since(&mut self, modseq: u64) -> Result<Changes, Error> {
        if !self.open()?.modseq {
            return Err(Error::Unsupported("this folder keeps no change numbers"));
        }
        let vanished = if self.qresync { " VANISHED" } else { "" };
        let modseq = modseq.max(1);
        let command = format!("UID FETCH 1:* (UID FLAGS MODSEQ) (CHANGEDSINCE {modseq}{vanished})");
        let mut changes = Changes::default();
        self.exec(Kind::fetch("FETCH"), &command, |untagged| {
            changes.take(untagged);
        })
        .await?;
        Ok(changes)
    }

    /// Whether [`Connection::changed_since`] and SELECT tell deletions. Otherwise compare
    /// [`Connection::uids`] when the count is not as expected.
    pub fn tells_vanished(&self) -> bool {
        self.qresync
    }

    /// The UIDs of all messages in the open folder, ascending. Complete, or an error.
    pub async fn uids(&mut self) -> Result<Vec<u32>, Error> {
        self.open()?;
        let mut found = BTreeSet::new();
        let mut unclear = false;
        // Not SEARCH: its answer is one line, which outgrows every limit on lines.
        self.exec(
            Kind::fetch("FETCH"),
            "UID FETCH 1:* (UID)",
            |untagged| match untagged {
                Untagged::Fetch(item) => found.extend(item.uid),
                Untagged::Unreadable(line) => unclear |= is_fetch(&line),
                _ => {}
            },
        )
        .await?;
        if unclear {
            return Err(Error::Protocol("a message without a UID"));
        }
        Ok(found.into_iter().collect())
    }

    /// Whole messages, without setting `\Seen`, handed on one by one as they come. UIDs that are
    /// not there are left out. For messages above [`limits::FETCH_WHOLE`] use
    /// [`Connection::fetch_large`].
    pub async fn fetch(
        &mut self,
        uids: &[u32],
        mut sink: impl FnMut(Fetched),
    ) -> Result<(), Error> {
        let wanted: BTreeSet<u32> = uids.iter().copied().collect();
        let items = format!("(UID FLAGS INTERNALDATE{} BODY.PEEK[])", self.modseq()?);
        for set in quote::sets(uids) {
            let command = format!("UID FETCH {set} {items}");
            self.fetching(&command, |item| {
                // Nothing is believed that was not asked for.
                if let (Some(uid), Some(raw)) = (item.uid, item.body)
                    && wanted.contains(&uid)
                {
                    sink(Fetched {
                        uid,
                        flags: item.flags.unwrap_or_default(),
                        modseq: item.modseq,
                        internal: item.internal.unwrap_or(Timestamp::UNIX_EPOCH),
                        raw,
                    });
                }
            })
            .await?;
        }
        Ok(())
    }

    /// One large message, fetched piece by piece; `None` when it is not there (any more).
    pub async fn fetch_large(&mut self, uid: u32) -> Result<Option<Fetched>, Error> {
        let items = format!("UID FLAGS INTERNALDATE{}", self.modseq()?);
        let mut whole: Option<Fetched> = None;
        loop {
            let offset = whole.as_ref().map_or(0, |message| message.raw.len());
            if offset > limits::IMAP_LITERAL {
                return Err(Error::TooLarge("a message beyond our limit"));
            }
            let piece = limits::FETCH_PIECE;
            let command = format!("UID FETCH {uid} ({items} BODY.PEEK[]<{offset}.{piece}>)");
            let mut got = None;
            self.fetching(&command, |item| {
                if item.uid == Some(uid) && item.body.is_some() {
                    got = Some(item);
                }
            })
            .await?;
            // Expunged while we read: half a message is no message.
            let Some(item) = got else { return Ok(None) };
            let body = item.body.unwrap_or_default();
            let last = body.len() < piece as usize;
            let message = whole.get_or_insert_with(|| Fetched {
                uid,
                flags: item.flags.unwrap_or_default(),
                modseq: item.modseq,
                internal: item.internal.unwrap_or(Timestamp::UNIX_EPOCH),
                raw: Vec::new(),
            });
            message.raw.extend(body);
            if last {
                return Ok(whole);
            }
        }
    }

    /// The UIDs of messages whose Message-ID field holds `id`.
    pub async fn search_message_id(&mut self, id: &str) -> Result<Vec<u32>, Error> {
        self.open()?;
        let command = format!("UID SEARCH HEADER Message-ID {}", quote::quoted(id)?);
        let mut found = BTreeSet::new();
        self.exec(Kind::bulk("SEARCH"), &command, |untagged| {
            if let Untagged::Search(uids) = untagged {
                found.extend(uids);
            }
        })
        .await?;
        Ok(found.into_iter().collect())
    }

    async fn fetching(&mut self, command: &str, mut each: impl FnMut(Item)) -> Result<(), Error> {
        self.exec(Kind::fetch("FETCH"), command, |untagged| {
            if let Untagged::Fetch(item) = untagged {
                each(*item);
            }
        })
        .await?;
        Ok(())
    }

    /// ` MODSEQ` where the open folder keeps it; asking elsewhere is an error.
    fn modseq(&self) -> Result<&'static str, Error> {
        Ok(if self.open()?.modseq { " MODSEQ" } else { "" })
    }
}

fn is_fetch(line: &[u8]) -> bool {
    line.split(|b| *b == b' ')
        .nth(2)
        .is_some_and(|word| word.eq_ignore_ascii_case(b"FETCH"))
}

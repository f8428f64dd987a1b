//! Events of this agent's key: numbered here, kept until the server has them.

use super::{Desk, Error};
use crate::team::{ConversationName, EventId};
use rusqlite::{OptionalExtension, params};

/// Where the next event goes in the chain of this key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Its number, from 1.
    pub seq: u64,
    /// Hash of the event before it; empty for the first.
    pub prev: String,
}

/// A finished event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Its id.
    pub id: EventId,
    /// The message to append.
    pub raw: Vec<u8>,
    /// Its hash: the next event's `prev`.
    pub hash: String,
}

/// An event the server has not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its id.
    pub id: EventId,
    /// What it is about.
    pub conversation: ConversationName,
    /// The message to append.
    pub raw: Vec<u8>,
}

/// Why an event is not on the desk.
#[derive(Debug, thiserror::Error)]
pub enum EnqueueError<E: std::error::Error> {
    /// It could not be made.
    #[error(transparent)]
    Made(E),
    /// It could not be stored.
    #[error(transparent)]
    Desk(#[from] Error),
}

impl Desk {
    /// Numbers an event and keeps it; `build` gets its place in the chain.
    ///
    /// # Errors
    /// Those of `build`, then nothing is numbered; and those of the desk.
    pub fn enqueue<E: std::error::Error>(
        &self,
        conversation: &ConversationName,
        build: impl FnOnce(Chain) -> Result<Sealed, E>,
    ) -> Result<(), EnqueueError<E>> {
        let made = self.write(|tx| {
            let last = tx
                .query_row(
                    "SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1",
                    [],
                    |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)),
                )
                .optional()?;
            let (seq, prev) = last.map_or((1, String::new()), |(seq, hash)| (seq + 1, hash));
            let chain = Chain {
                seq: seq.unsigned_abs(),
                prev,
            };
            let sealed = match build(chain) {
                Ok(sealed) => sealed,
                Err(error) => return Ok(Err(error)),
            };
            tx.execute(
                "INSERT INTO event (seq, id, conversation, raw, hash) VALUES (?, ?, ?, ?, ?)",
                params![
                    seq,
                    sealed.id.as_str(),
                    conversation.as_str(),
                    sealed.raw,
                    sealed.hash
                ],
            )?;
            Ok(Ok(()))
        });
        made?.map_err(EnqueueError::Made)
    }

    /// How many events this key has made.
    ///
    /// # Errors
    /// Those of the database.
    pub fn events_made(&self) -> Result<u64, Error> {
        let count = |tx: &rusqlite::Transaction<'_>| {
            tx.query_row("SELECT count(*) FROM event", [], |row| row.get::<_, i64>(0))
        };
        self.write(count).map(i64::unsigned_abs)
    }

    /// Events the server has not acknowledged, in order.
    ///
    /// # Errors
    /// Those of the database.
    pub fn pending(&self) -> Result<Vec<Pending>, Error> {
        self.write(|tx| {
            tx.prepare_cached(
                "SELECT id, conversation, raw FROM event WHERE uid IS NULL ORDER BY seq",
            )?
            .query_map([], |row| {
                Ok(Pending {
                    id: EventId::new(row.get::<_, String>(0)?),
                    conversation: ConversationName::new(row.get::<_, String>(1)?),
                    raw: row.get(2)?,
                })
            })?
            .collect()
        })
    }

    /// The server has an event.
    ///
    /// # Errors
    /// Those of the database.
    pub fn acknowledged(&self, id: &EventId, uidvalidity: u32, uid: u32) -> Result<(), Error> {
        self.write(|tx| {
            tx.execute(
                "UPDATE event SET uidvalidity = ?, uid = ? WHERE id = ?",
                params![uidvalidity, uid, id.as_str()],
            )?;
            Ok(())
        })
    }

    /// The server refused an event for sure. It and everything after it that is not acknowledged
    /// leave the chain, so that no number is missing; returns what left besides it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn withdrawn(&self, id: &EventId) -> Result<Vec<EventId>, Error> {
        self.write(|tx| {
            let from = tx
                .query_row(
                    "SELECT seq FROM event WHERE id = ? AND uid IS NULL",
                    [id.as_str()],
                    |row| row.get::<_, i64>(0),
                )
                .optional()?;
            let Some(from) = from else {
                return Ok(Vec::new());
            };
            let left = tx
                .prepare_cached("DELETE FROM event WHERE seq >= ? AND uid IS NULL RETURNING id")?
                .query_map([from], |row| row.get::<_, String>(0).map(EventId::new))?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(left.into_iter().filter(|other| other != id).collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn add(desk: &Desk, id: &str) -> Chain {
        let mut at = None;
        desk.enqueue::<Infallible>(&ConversationName::new("c"), |chain| {
            at = Some(chain);
            Ok(Sealed {
                id: EventId::new(id),
                raw: id.as_bytes().to_vec(),
                hash: format!("hash of {id}"),
            })
        })
        .unwrap();
        at.unwrap()
    }

    #[test]
    fn events_form_a_chain_that_survives_reopening() {
        let dir = tempfile::tempdir().unwrap();
        let desk = Desk::open(dir.path()).unwrap();
        assert_eq!(add(&desk, "a").seq, 1);
        desk.acknowledged(&EventId::new("a"), 1, 10).unwrap();
        drop(desk);
        let desk = Desk::open(dir.path()).unwrap();
        let second = add(&desk, "b");
        assert_eq!((second.seq, second.prev.as_str()), (2, "hash of a"));
        let pending: Vec<_> = desk.pending().unwrap().into_iter().map(|p| p.id).collect();
        assert_eq!(pending, [EventId::new("b")]);
        assert_eq!(desk.events_made().unwrap(), 2);
    }

    #[test]
    fn a_refused_event_leaves_no_gap() {
        let dir = tempfile::tempdir().unwrap();
        let desk = Desk::open(dir.path()).unwrap();
        for id in ["a", "b", "c"] {
            add(&desk, id);
        }
        desk.acknowledged(&EventId::new("a"), 1, 10).unwrap();
        let others = desk.withdrawn(&EventId::new("b")).unwrap();
        assert_eq!(others, [EventId::new("c")]);
        assert_eq!(add(&desk, "d").prev, "hash of a");
        assert!(desk.withdrawn(&EventId::new("a")).unwrap().is_empty());
    }

    #[test]
    fn an_event_that_cannot_be_made_takes_no_number() {
        let dir = tempfile::tempdir().unwrap();
        let desk = Desk::open(dir.path()).unwrap();
        let refused = desk.enqueue(&ConversationName::new("c"), |_| {
            Err::<Sealed, _>(std::fmt::Error)
        });
        assert!(matches!(refused, Err(EnqueueError::Made(_))));
        assert_eq!(add(&desk, "a").seq, 1);
    }
}

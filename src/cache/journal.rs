//! The team's journal as it came: the one input of the fold.

use super::{Cache, Error, Reader};
use crate::clock::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result as Sql, Row, params};
use std::ops::RangeInclusive;

/// A message of the journal folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalMessage {
    /// UIDVALIDITY of the folder.
    pub uidvalidity: u32,
    /// UID.
    pub uid: u32,
    /// INTERNALDATE.
    pub internal: Timestamp,
    /// The message as it came.
    pub raw: Vec<u8>,
    /// Its signature was found right once; verifying it again would find the same.
    pub verified: bool,
}

impl Cache {
    /// Stores messages of the journal in one transaction. What is there stays as it is, but for
    /// `verified`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn journal_append(&mut self, messages: &[JournalMessage]) -> Result<(), Error> {
        self.write(|tx| {
            let mut insert = tx.prepare_cached(
                "INSERT INTO journal VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET verified = ?4",
            )?;
            for message in messages {
                insert.execute(params![
                    message.uidvalidity,
                    message.uid,
                    message.internal.as_second(),
                    message.verified,
                    message.raw,
                ])?;
            }
            Ok(())
        })
    }

    /// Takes out messages that are no longer in the folder.
    ///
    /// # Errors
    /// Those of the database.
    pub fn journal_gone(
        &mut self,
        uidvalidity: u32,
        uids: &[RangeInclusive<u32>],
    ) -> Result<(), Error> {
        self.write(|tx| {
            let mut delete = tx.prepare_cached(
                "DELETE FROM journal WHERE uidvalidity = ? AND uid BETWEEN ? AND ?",
            )?;
            for range in uids {
                delete.execute(params![uidvalidity, range.start(), range.end()])?;
            }
            Ok(())
        })
    }

    /// Throws away everything that is not of this UIDVALIDITY.
    ///
    /// # Errors
    /// Those of the database.
    pub fn journal_reset(&mut self, uidvalidity: u32) -> Result<(), Error> {
        self.write(|tx| {
            tx.execute("DELETE FROM journal WHERE uidvalidity <> ?", [uidvalidity])?;
            Ok(())
        })
    }
}

impl Reader {
    /// Hands the journal in order, above a UID, to `each`; it stops early when `each` says false.
    ///
    /// # Errors
    /// Those of the database.
    pub fn journal(
        &self,
        above: (u32, u32),
        mut each: impl FnMut(JournalMessage) -> bool,
    ) -> Result<(), Error> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT uidvalidity, uid, at, verified, raw FROM journal
                 WHERE (uidvalidity, uid) > (?, ?) ORDER BY uidvalidity, uid",
            )?;
            let mut rows = statement.query(params![above.0, above.1])?;
            while let Some(row) = rows.next()? {
                if !each(message(row)?) {
                    break;
                }
            }
            Ok(())
        })
    }

    /// UIDVALIDITY and UID of the newest message of the journal.
    ///
    /// # Errors
    /// Those of the database.
    pub fn journal_position(&self) -> Result<Option<(u32, u32)>, Error> {
        self.read(position)
    }

    /// The UIDs of the journal, ascending.
    ///
    /// # Errors
    /// Those of the database.
    pub fn journal_uids(&self, uidvalidity: u32) -> Result<Vec<u32>, Error> {
        self.read(|conn| {
            conn.prepare_cached("SELECT uid FROM journal WHERE uidvalidity = ? ORDER BY uid")?
                .query_map([uidvalidity], |row| row.get(0))?
                .collect()
        })
    }
}

fn position(conn: &Connection) -> Sql<Option<(u32, u32)>> {
    conn.prepare_cached(
        "SELECT uidvalidity, uid FROM journal ORDER BY uidvalidity DESC, uid DESC LIMIT 1",
    )?
    .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
    .optional()
}

fn message(row: &Row<'_>) -> Sql<JournalMessage> {
    Ok(JournalMessage {
        uidvalidity: row.get(0)?,
        uid: row.get(1)?,
        internal: super::conversation::time(row.get(2)?),
        verified: row.get(3)?,
        raw: row.get(4)?,
    })
}

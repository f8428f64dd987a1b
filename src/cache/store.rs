//! Folders and the messages in them: what arrived, changed and went.

use super::filer::Filer;
use super::threading::{self, Relink};
use super::{Arrived, Cache, Error, Folder, FolderRole, OwnAddresses, conversation, record};
use crate::team::ConversationName;
use rusqlite::{Connection, OptionalExtension, Result as Sql, params};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

impl Cache {
    /// A folder by its role, created when it is new. A changed name alone changes nothing: what
    /// is in it is known by UIDVALIDITY.
    ///
    /// # Errors
    /// Those of the database, as for all calls that write.
    pub fn folder(&mut self, role: FolderRole, name: &str) -> Result<Folder, Error> {
        self.write(|tx| {
            tx.prepare_cached(
                "INSERT INTO folder (role, name) VALUES (?1, ?2)
                 ON CONFLICT (role) DO UPDATE SET name = ?2 WHERE name <> ?2",
            )?
            .execute([role.word(), name])?;
            folder_of(tx, role)
        })
    }

    /// Remembers how far a folder is in step; called after everything below is stored.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_position(
        &mut self,
        folder: i64,
        uidvalidity: u32,
        uidnext: u32,
        highest_modseq: Option<u64>,
    ) -> Result<(), Error> {
        let modseq = highest_modseq.map(u64::cast_signed);
        self.write(|tx| {
            tx.execute(
                "UPDATE folder SET uidvalidity = ?, uidnext = ?, modseq = ? WHERE id = ?",
                params![uidvalidity, uidnext, modseq, folder],
            )?;
            Ok(())
        })
    }

    /// The messages of a folder: UID and [`flags_digest`], ascending; 16 bytes each.
    ///
    /// # Errors
    /// Those of the database.
    pub fn uids(&self, folder: i64) -> Result<Vec<(u32, u64)>, Error> {
        let list = || -> Sql<Vec<(u32, u64)>> {
            self.conn
                .prepare_cached("SELECT uid, flags FROM place WHERE folder = ? ORDER BY uid")?
                .query_map([folder], |row| {
                    Ok((row.get(0)?, digest(row.get_ref(1)?.as_str()?)))
                })?
                .collect()
        };
        list().map_err(|source| Error::of(&self.dir, source))
    }

    /// Stores fetched messages in one transaction: raw bytes, records, threading, lists, and the
    /// index queue. Storing a message again changes nothing. Returns the conversations that
    /// changed, some perhaps gone.
    ///
    /// # Errors
    /// [`Error::OtherEpoch`] when the folder holds messages of another UIDVALIDITY, and those of
    /// the database; then nothing is stored.
    pub fn store(
        &mut self,
        folder: i64,
        uidvalidity: u32,
        batch: Vec<Arrived>,
        own: &OwnAddresses,
    ) -> Result<Vec<ConversationName>, Error> {
        let held = self.write(|tx| {
            tx.query_row(
                "UPDATE folder SET uidvalidity = coalesce(uidvalidity, ?) WHERE id = ?
                 RETURNING uidvalidity",
                params![uidvalidity, folder],
                |row| row.get::<_, u32>(0),
            )
        })?;
        if held != uidvalidity {
            return Err(Error::OtherEpoch {
                held,
                offered: uidvalidity,
            });
        }
        self.write(|tx| {
            let mut filer = Filer::new(tx, folder, own)?;
            for arrived in batch {
                filer.file(arrived)?;
            }
            let changed = filer.relink.finish()?;
            conversation::refresh(tx, &changed)
        })
    }

    /// Takes over changed flags; returns the conversations of those messages. Unknown UIDs are
    /// passed over.
    ///
    /// # Errors
    /// Those of the database.
    pub fn flags(
        &mut self,
        folder: i64,
        changes: &[(u32, Vec<String>, Option<u64>)],
    ) -> Result<Vec<ConversationName>, Error> {
        self.write(|tx| {
            let mut touched = BTreeSet::new();
            for (uid, flags, modseq) in changes {
                let message: Option<i64> = tx
                    .prepare_cached(
                        "UPDATE place SET flags = ?, modseq = coalesce(?, modseq)
                         WHERE folder = ? AND uid = ? RETURNING message",
                    )?
                    .query_row(
                        params![joined(flags), modseq.map(u64::cast_signed), folder, uid],
                        |row| row.get(0),
                    )
                    .optional()?;
                touched.extend(message);
            }
            names_of(tx, &touched)
        })
    }

    /// Takes out messages that are no longer in a folder. A conversation without messages is
    /// gone as well; one whose only tie was such a message falls apart.
    ///
    /// # Errors
    /// Those of the database.
    pub fn gone(
        &mut self,
        folder: i64,
        uids: &[RangeInclusive<u32>],
    ) -> Result<Vec<ConversationName>, Error> {
        self.write(|tx| {
            let mut relink = Relink::new(tx);
            for range in uids {
                remove(tx, folder, range, &mut relink)?;
            }
            conversation::refresh(tx, &relink.finish()?)
        })
    }

    /// Takes out everything of a folder whose UIDVALIDITY changed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn forget_folder(&mut self, folder: i64) -> Result<Vec<ConversationName>, Error> {
        self.write(|tx| {
            let mut relink = Relink::new(tx);
            remove(tx, folder, &(0..=u32::MAX), &mut relink)?;
            tx.execute(
                "UPDATE folder SET uidvalidity = NULL, uidnext = NULL, modseq = NULL WHERE id = ?",
                [folder],
            )?;
            conversation::refresh(tx, &relink.finish()?)
        })
    }
}

/// A number that changes when the set of flags does; `\Recent` and order do not count.
pub fn flags_digest(flags: &[String]) -> u64 {
    digest(&joined(flags))
}

fn digest(flags: &str) -> u64 {
    record::token(flags).cast_unsigned()
}

/// The set of flags as one text. Flags are atoms, so a space parts them.
pub(super) fn joined(flags: &[String]) -> String {
    let kept = flags.iter().map(String::as_str);
    let kept: BTreeSet<&str> = kept
        .filter(|f| !f.eq_ignore_ascii_case("\\recent"))
        .collect();
    kept.into_iter().collect::<Vec<_>>().join(" ")
}

/// Removes a range of UIDs, and messages that lie in no folder any more.
pub(super) fn remove(
    conn: &Connection,
    folder: i64,
    range: &RangeInclusive<u32>,
    relink: &mut Relink<'_>,
) -> Sql<()> {
    let messages: BTreeSet<i64> = conn
        .prepare_cached(
            "DELETE FROM place WHERE folder = ? AND uid BETWEEN ? AND ? RETURNING message",
        )?
        .query_map(params![folder, range.start(), range.end()], |row| {
            row.get(0)
        })?
        .collect::<Sql<_>>()?;
    for key in messages {
        let left = conn
            .prepare_cached("SELECT 1 FROM place WHERE message = ?")?
            .exists([key])?;
        if left {
            settle_places(conn, key, relink)?;
        } else {
            delete(conn, key, relink)?;
        }
    }
    Ok(())
}

fn delete(conn: &Connection, key: i64, relink: &mut Relink<'_>) -> Sql<()> {
    relink.leaving(key)?;
    threading::delete_topics(conn, key)?;
    for sql in [
        "DELETE FROM message WHERE key = ?",
        "DELETE FROM content WHERE message = ?",
        "INSERT INTO queue (document) VALUES (?)",
    ] {
        conn.prepare_cached(sql)?.execute([key])?;
    }
    Ok(())
}

/// Makes a message's time and direction follow the folders it lies in.
pub(super) fn settle_places(conn: &Connection, key: i64, relink: &mut Relink<'_>) -> Sql<()> {
    let (was, at, conversation): (i64, i64, i64) = conn
        .prepare_cached(
            "SELECT at, (SELECT min(at) FROM place WHERE message = key), conversation
             FROM message WHERE key = ?",
        )?
        .query_row([key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    if was != at {
        relink.moving(key)?;
        threading::set_time(conn, key, at)?;
    }
    conn.prepare_cached(
        "UPDATE message SET outgoing = from_us OR EXISTS (
             SELECT 1 FROM place JOIN folder ON folder.id = place.folder
             WHERE place.message = message.key AND folder.role = 'sent')
         WHERE key = ?",
    )?
    .execute([key])?;
    relink.touched(conversation);
    Ok(())
}

/// The names of the conversations that messages are in.
fn names_of(conn: &Connection, messages: &BTreeSet<i64>) -> Sql<Vec<ConversationName>> {
    let mut lookup = conn.prepare_cached(
        "SELECT conversation.name FROM message
         JOIN conversation ON conversation.id = message.conversation WHERE message.key = ?",
    )?;
    let mut names = BTreeSet::new();
    for key in messages {
        let name: Option<String> = lookup.query_row([key], |row| row.get(0)).optional()?;
        names.extend(name.map(ConversationName::new));
    }
    Ok(names.into_iter().collect())
}

/// One folder by its role.
pub(super) fn folder_of(conn: &Connection, role: FolderRole) -> rusqlite::Result<Folder> {
    conn.query_row(
        "SELECT id, uidvalidity, uidnext, modseq FROM folder WHERE role = ?",
        [role.word()],
        |row| {
            Ok(Folder {
                id: row.get(0)?,
                uidvalidity: row.get(1)?,
                uidnext: row.get(2)?,
                highest_modseq: row.get::<_, Option<i64>>(3)?.map(i64::cast_unsigned),
            })
        },
    )
}

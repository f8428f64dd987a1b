//! Reading: conversations, messages, and what the engine must know of them.

use super::conversation::{status_of, time};
use super::{DATABASE, Error, record, schema, search::Searcher};
use crate::clock::Timestamp;
use crate::mail::Address;
use crate::team::{Agent, ConversationId, ConversationName};
use crate::view::{Row, ThreadMessage};
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension, Result as Sql, params};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Shortest beginning of an id that is looked up.
const SHORTEST: usize = 4;

/// Who looks, and when.
#[derive(Clone)]
pub struct Viewer<'a> {
    /// The agent.
    pub me: &'a Agent,
    /// Wall time: snoozes end by it, and days are counted back from it.
    pub now: Timestamp,
    /// Where days begin.
    pub zone: TimeZone,
    /// Up to which arrival the agent has read a conversation; `None` when nothing of it.
    pub mark: &'a dyn Fn(&ConversationName) -> Option<Timestamp>,
}

/// Reads a cache that somebody else may be writing. Calls block; one reader serves one thread.
pub struct Reader {
    pub(super) dir: PathBuf,
    conn: Connection,
    pub(super) searcher: RefCell<Option<Searcher>>,
}

impl Reader {
    /// Opens the cache in `dir`.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none yet or only one of another version, and those of the
    /// database.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let missing = || Error::Missing {
            dir: dir.to_owned(),
        };
        let path = dir.join(DATABASE);
        if !path.exists() {
            return Err(missing());
        }
        let fail = |source| Error::of(dir, source);
        let conn = schema::open_reader(&path).map_err(fail)?;
        if schema::version(&conn).map_err(fail)? != schema::VERSION {
            return Err(missing());
        }
        Ok(Self {
            dir: dir.to_owned(),
            conn,
            searcher: RefCell::new(None),
        })
    }

    /// A number that differs from the last one when anything was written since; cheap.
    ///
    /// # Errors
    /// Those of the database.
    pub fn version(&self) -> Result<i64, Error> {
        self.read(|conn| conn.pragma_query_value(None, "data_version", |row| row.get(0)))
    }

    /// One conversation by its name or a former one: its line and its messages, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn thread(
        &self,
        name: &ConversationName,
        viewer: &Viewer<'_>,
    ) -> Result<Option<(Row, Vec<ThreadMessage>)>, Error> {
        self.read(|conn| {
            let Some(id) = resolve(conn, name.as_str())? else {
                return Ok(None);
            };
            let row = line(conn, id, viewer)?;
            let mark = row.as_ref().and_then(|row| (viewer.mark)(&row.name));
            let messages = messages(conn, id, mark)?;
            Ok(row.map(|row| (row, messages)))
        })
    }

    /// The line of one conversation by its name or a former one.
    ///
    /// # Errors
    /// Those of the database.
    pub fn row(&self, name: &ConversationName, viewer: &Viewer<'_>) -> Result<Option<Row>, Error> {
        self.read(|conn| match resolve(conn, name.as_str())? {
            Some(id) => line(conn, id, viewer),
            None => Ok(None),
        })
    }

    /// Conversations by short id, by a beginning of one of at least four characters, or by a
    /// Message-ID with or without brackets. More than one: the beginning is not unique.
    ///
    /// # Errors
    /// Those of the database.
    pub fn find(&self, text: &str) -> Result<Vec<ConversationName>, Error> {
        self.read(|conn| {
            let ids = find(conn, text)?;
            let mut names = Vec::new();
            for id in ids {
                names.extend(name_of(conn, id)?);
            }
            Ok(names)
        })
    }

    /// A message as it came, by [`ThreadMessage::key`].
    ///
    /// # Errors
    /// Those of the database.
    pub fn raw(&self, key: i64) -> Result<Option<Vec<u8>>, Error> {
        self.read(|conn| {
            conn.prepare_cached("SELECT raw, size FROM content WHERE message = ?")?
                .query_row([key], |row| {
                    let size: i64 = row.get(1)?;
                    record::expand(row.get_ref(0)?.as_blob()?, size.cast_unsigned())
                })
                .optional()
        })
    }

    /// How many conversations a customer has: all, open.
    ///
    /// # Errors
    /// Those of the database.
    pub fn customer(&self, address: &Address) -> Result<(u32, u32), Error> {
        self.read(|conn| {
            conn.prepare_cached(
                "SELECT count(*), coalesce(sum(class <= 2), 0) FROM conversation
                 WHERE customer = ?",
            )?
            .query_row([address.address.raw().to_ascii_lowercase()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
        })
    }

    /// How many open conversations each owner has.
    ///
    /// # Errors
    /// Those of the database.
    pub fn owners(&self) -> Result<Vec<(Agent, u32)>, Error> {
        self.read(|conn| {
            conn.prepare_cached(
                "SELECT owner, sum(n) FROM tally WHERE class <= 2 AND owner <> '' AND n > 0
                 GROUP BY owner",
            )?
            .query_map([], |row| {
                Ok((Agent::new(row.get::<_, String>(0)?), row.get(1)?))
            })?
            .collect()
        })
    }

    /// The names of all conversations.
    ///
    /// # Errors
    /// Those of the database.
    pub fn names(&self) -> Result<Vec<ConversationName>, Error> {
        self.read(|conn| {
            conn.prepare_cached("SELECT name FROM conversation ORDER BY name")?
                .query_map([], |row| row.get::<_, String>(0).map(ConversationName::new))?
                .collect()
        })
    }

    /// Runs queries that see one state of the cache.
    pub(super) fn read<T>(&self, work: impl FnOnce(&Connection) -> Sql<T>) -> Result<T, Error> {
        let run = || {
            let tx = self.conn.unchecked_transaction()?;
            let result = work(&tx)?;
            tx.commit()?;
            Ok(result)
        };
        run().map_err(|source| Error::of(&self.dir, source))
    }
}

/// The conversation of a name: its own first, then one it had by itself.
pub(super) fn resolve(conn: &Connection, name: &str) -> Sql<Option<i64>> {
    for sql in [
        "SELECT id FROM conversation WHERE name = ?",
        "SELECT conversation FROM message WHERE name = ? LIMIT 1",
    ] {
        let id = conn
            .prepare_cached(sql)?
            .query_row([name], |row| row.get(0))
            .optional()?;
        if id.is_some() {
            return Ok(id);
        }
    }
    Ok(None)
}

/// Conversations by id, beginning of an id, or Message-ID.
pub(super) fn find(conn: &Connection, text: &str) -> Sql<Vec<i64>> {
    let text = text.trim();
    let text = text.strip_prefix('<').unwrap_or(text);
    let text = text.strip_suffix('>').unwrap_or(text);
    let mut ids = BTreeSet::new();
    if text.contains('@') {
        let found = conn
            .prepare_cached("SELECT conversation FROM message WHERE own = ? AND message_id = ?")?
            .query_map(params![record::token(text), text], |row| row.get(0))?
            .collect::<Sql<Vec<i64>>>()?;
        ids.extend(found);
    }
    if ids.is_empty() && text.len() >= SHORTEST {
        let lower = text.to_ascii_lowercase();
        // No id holds a character above `z`, so this is the range of what begins so.
        let found = conn
            .prepare_cached("SELECT id FROM conversation WHERE short BETWEEN ?1 AND ?1 || '{'")?
            .query_map([lower], |row| row.get(0))?
            .collect::<Sql<Vec<i64>>>()?;
        ids.extend(found);
    }
    if ids.is_empty() {
        ids.extend(resolve(conn, text)?);
    }
    Ok(ids.into_iter().collect())
}

pub(super) fn name_of(conn: &Connection, id: i64) -> Sql<Option<ConversationName>> {
    conn.prepare_cached("SELECT name FROM conversation WHERE id = ?")?
        .query_row([id], |row| {
            row.get::<_, String>(0).map(ConversationName::new)
        })
        .optional()
}

/// The line of one conversation.
pub(super) fn line(conn: &Connection, id: i64, viewer: &Viewer<'_>) -> Sql<Option<Row>> {
    let mut statement = conn.prepare_cached(
        "SELECT name, short, subject, from_name, from_address, status, owner, tags, waiting_since,
             last_at, messages, inbound, last_inbound, snoozed_until, attachments, bounced
         FROM conversation WHERE id = ?",
    )?;
    let row = statement.query_row([id], |row| {
        let name = ConversationName::new(row.get::<_, String>("name")?);
        let tags: String = row.get("tags")?;
        let last_inbound: Option<i64> = row.get("last_inbound")?;
        let mark = (viewer.mark)(&name).map(Timestamp::as_second);
        let unread = match (mark, last_inbound) {
            (None, _) => row.get("inbound")?,
            (Some(mark), Some(last)) if last > mark => unread_after(conn, id, mark)?,
            (Some(_), _) => 0,
        };
        Ok(Row {
            id: ConversationId::new(row.get::<_, String>("short")?),
            name,
            subject: record::remote(row, "subject")?,
            from: Address {
                name: record::remote(row, "from_name")?,
                address: record::remote(row, "from_address")?,
            },
            status: status_of(row.get("status")?),
            owner: row.get::<_, Option<String>>("owner")?.map(Agent::new),
            tags: serde_json::from_str(&tags).unwrap_or_default(),
            waiting_since: row.get::<_, Option<i64>>("waiting_since")?.map(time),
            last_at: time(row.get("last_at")?),
            messages: row.get("messages")?,
            unread,
            snoozed_until: row
                .get::<_, Option<i64>>("snoozed_until")?
                .map(time)
                .filter(|until| *until > viewer.now),
            attachments: row.get::<_, i64>("attachments")? > 0,
            bounced: row.get("bounced")?,
            presence: Vec::new(),
            draft: false,
        })
    });
    row.optional()
}

fn unread_after(conn: &Connection, id: i64, mark: i64) -> Sql<u32> {
    conn.prepare_cached(
        "SELECT count(*) FROM message WHERE conversation = ? AND at > ? AND NOT outgoing",
    )?
    .query_row([id, mark], |row| row.get(0))
}

fn messages(conn: &Connection, id: i64, mark: Option<Timestamp>) -> Sql<Vec<ThreadMessage>> {
    let mut statement = conn.prepare_cached(
        "SELECT key, message.at, outgoing, record, uid, folder.name AS folder
         FROM message
         JOIN content ON content.message = key
         JOIN place ON place.message = key
         JOIN folder ON folder.id = place.folder
         WHERE conversation = ?
         ORDER BY message.at, tie, key, folder.role <> 'inbox', folder.role, place.uid",
    )?;
    let mut rows = statement.query([id])?;
    let mut messages: Vec<ThreadMessage> = Vec::new();
    while let Some(row) = rows.next()? {
        let key: i64 = row.get("key")?;
        // Further copies of the message before.
        if messages.last().is_some_and(|m| m.key == key) {
            continue;
        }
        let message = record::read_record(row.get_ref("record")?.as_blob()?)?;
        let at = time(row.get("at")?);
        let outgoing: bool = row.get("outgoing")?;
        messages.push(ThreadMessage {
            key,
            message_id: message.message_id,
            uid: row.get("uid")?,
            folder: row.get("folder")?,
            from: message.from,
            to: message.to,
            cc: message.cc,
            reply_to: message.reply_to,
            references: message.references,
            subject: message.subject,
            at,
            date: message.date,
            text: message.text,
            from_html: message.from_html,
            attachments: message.attachments,
            outgoing,
            author: None,
            automatic: message.automatic,
            read: outgoing || mark.is_some_and(|mark| at <= mark),
            defects: message.defects,
        });
    }
    Ok(messages)
}

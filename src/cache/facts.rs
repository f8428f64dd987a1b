//! What the engine must know about the mail of a conversation before it acts.

use super::conversation::{status_of, time};
use super::reader::resolve;
use super::{Error, FolderRole, Reader, record};
use crate::clock::Timestamp;
use crate::mail::Remote;
use crate::team::{ConversationName, Status};
use rusqlite::{Connection, OptionalExtension, Result as Sql};

/// What the engine needs to know about the mail of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailFacts {
    /// Its name now; another than the one asked for when conversations turned out to be one.
    pub name: ConversationName,
    /// Newest inbound message that no machine wrote.
    pub last_inbound: Option<Timestamp>,
    /// Newest outgoing message that no machine wrote.
    pub last_outgoing: Option<Timestamp>,
    /// Subject of the first message.
    pub subject: Remote,
    /// The status lists show.
    pub status: Status,
    /// Its messages, oldest first.
    pub messages: Vec<MessageFact>,
    /// Where they lie.
    pub places: Vec<PlaceFact>,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageFact {
    /// Row number, as in [`crate::view::ThreadMessage::key`].
    pub key: i64,
    /// Message-ID without brackets.
    pub message_id: Option<String>,
    /// Whether the team sent it.
    pub outgoing: bool,
    /// Made by a machine.
    pub automatic: bool,
    /// Earliest INTERNALDATE of its copies.
    pub at: Timestamp,
}

/// One copy of a message on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceFact {
    /// The folder.
    pub role: FolderRole,
    /// UID there.
    pub uid: u32,
    /// Which message.
    pub key: i64,
    /// Its flags and keywords.
    pub flags: Vec<String>,
}

impl Reader {
    /// What the engine needs to know about the mail of a conversation, by its name or a former
    /// one.
    ///
    /// # Errors
    /// Those of the database.
    pub fn facts(&self, name: &ConversationName) -> Result<Option<MailFacts>, Error> {
        self.read(|conn| match resolve(conn, name.as_str())? {
            Some(id) => facts(conn, id),
            None => Ok(None),
        })
    }

    /// A folder as far as it is synced; `None` before its first sync.
    ///
    /// # Errors
    /// Those of the database.
    pub fn folder(&self, role: FolderRole) -> Result<Option<super::Folder>, Error> {
        self.read(|conn| super::store::folder_of(conn, role).optional())
    }
}

fn facts(conn: &Connection, id: i64) -> Sql<Option<MailFacts>> {
    let facts = conn
        .prepare_cached(
            "SELECT name, last_person, last_outgoing, subject, status
             FROM conversation WHERE id = ?",
        )?
        .query_row([id], |row| {
            Ok(MailFacts {
                name: ConversationName::new(row.get::<_, String>(0)?),
                last_inbound: row.get::<_, Option<i64>>(1)?.map(time),
                last_outgoing: row.get::<_, Option<i64>>(2)?.map(time),
                subject: record::remote(row, "subject")?,
                status: status_of(row.get(4)?),
                messages: Vec::new(),
                places: Vec::new(),
            })
        })
        .optional()?;
    let Some(mut facts) = facts else {
        return Ok(None);
    };
    facts.messages = conn
        .prepare_cached(
            "SELECT key, message_id, outgoing, automatic, at FROM message
             WHERE conversation = ? ORDER BY at, tie",
        )?
        .query_map([id], |row| {
            Ok(MessageFact {
                key: row.get(0)?,
                message_id: row.get(1)?,
                outgoing: row.get(2)?,
                automatic: row.get(3)?,
                at: time(row.get(4)?),
            })
        })?
        .collect::<Sql<_>>()?;
    facts.places = conn
        .prepare_cached(
            "SELECT folder.role, place.uid, key, place.flags FROM message
             JOIN place ON place.message = key JOIN folder ON folder.id = place.folder
             WHERE conversation = ? ORDER BY folder.role, place.uid",
        )?
        .query_map([id], |row| {
            let role: String = row.get(0)?;
            let flags: String = row.get(3)?;
            Ok(PlaceFact {
                role: FolderRole::from_word(&role).unwrap_or(FolderRole::Inbox),
                uid: row.get(1)?,
                key: row.get(2)?,
                flags: flags.split_whitespace().map(str::to_owned).collect(),
            })
        })?
        .collect::<Sql<_>>()?;
    Ok(Some(facts))
}

//! Everything derived from the server as text, to compare a cache with one built from nothing.

use super::{Error, Reader, record};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result as Sql};
use sha2::{Digest, Sha256};

/// One query for each kind of line. They name no local row numbers, and nothing that the server
/// does not tell a client that starts anew.
const LINES: [(&str, &str); 6] = [
    (
        "folder",
        "SELECT role, name, uidvalidity, uidnext FROM folder ORDER BY role",
    ),
    (
        "place",
        "SELECT role, uid, lower(hex(hash)), place.at, flags FROM place
         JOIN folder ON folder.id = folder JOIN message ON message.key = message
         ORDER BY role, uid",
    ),
    (
        "message",
        "SELECT conversation.name, lower(hex(hash)), message.name, message.at, outgoing, impostor, record
         FROM message JOIN content ON content.message = key
         JOIN conversation ON conversation.id = conversation
         ORDER BY conversation.name, message.at, tie",
    ),
    (
        "conversation",
        "SELECT name, short, subject, from_name, from_address, customer, messages, inbound,
             attachments, bounced, last_at, last_inbound, last_person, last_outgoing,
             waiting_since, rank, class, status, owner, tags, epoch, snoozed_until, notes
         FROM conversation ORDER BY name",
    ),
    (
        "note",
        "SELECT name, event, at, text FROM note ORDER BY name, event",
    ),
    (
        "journal",
        "SELECT uidvalidity, uid, at, raw FROM journal ORDER BY uidvalidity, uid",
    ),
];

impl Reader {
    /// A canonical text of everything derived from the server: equal for a cache that was kept up
    /// to date and one built from nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub fn dump(&self) -> Result<String, Error> {
        self.read(|conn| {
            let mut text = String::new();
            for (kind, sql) in LINES {
                lines(conn, kind, sql, &mut text)?;
            }
            Ok(text)
        })
    }
}

fn lines(conn: &Connection, kind: &str, sql: &str, text: &mut String) -> Sql<()> {
    let mut statement = conn.prepare(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        text.push_str(kind);
        for column in 0..columns {
            text.push('\t');
            value(row.get_ref(column)?, text);
        }
        text.push('\n');
    }
    Ok(())
}

fn value(value: ValueRef<'_>, text: &mut String) {
    text.push_str(&match value {
        ValueRef::Null => "-".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
        ValueRef::Blob(bytes) => record::hex(&Sha256::digest(bytes)),
    });
}

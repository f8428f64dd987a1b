//! Messages as threading reads and writes them.

use crate::cache::record::{pack, unpack};
use rusqlite::{Connection, OptionalExtension, Result, Row};

/// A message as threading sees it.
#[derive(Debug, Clone)]
pub(in crate::cache) struct Node {
    pub key: i64,
    /// The conversation it is in, 0 for none yet.
    pub conversation: i64,
    pub own: Option<i64>,
    pub at: i64,
    pub tie: i64,
    /// Nothing but its subject ties it to earlier messages.
    pub alone: bool,
    /// Another message has the same Message-ID and came first: ids do not lead here.
    pub impostor: bool,
    pub subject_token: i64,
    pub people: Vec<i64>,
    pub tokens: Vec<i64>,
    pub subject: String,
    pub from_address: String,
}

/// Before or after in time.
pub(super) enum Side {
    Before,
    After,
}

/// The nearest message of the same subject and person.
pub(super) fn neighbour(
    conn: &Connection,
    of: &Node,
    person: i64,
    side: Side,
) -> Result<Option<i64>> {
    let sql = match side {
        Side::Before => {
            "SELECT message FROM topic WHERE subject = ? AND person = ? AND (at, tie) < (?, ?)
             ORDER BY at DESC, tie DESC LIMIT 1"
        }
        Side::After => {
            "SELECT message FROM topic WHERE subject = ? AND person = ? AND (at, tie) > (?, ?)
             ORDER BY at, tie LIMIT 1"
        }
    };
    conn.prepare_cached(sql)?
        .query_row([of.subject_token, person, of.at, of.tie], |r| r.get(0))
        .optional()
}

/// Messages with the same Message-ID, earliest first, and their conversations.
pub(super) fn namesakes(conn: &Connection, own: Option<i64>) -> Result<Vec<(i64, i64)>> {
    let Some(own) = own else {
        return Ok(Vec::new());
    };
    conn.prepare_cached("SELECT key, conversation FROM message WHERE own = ? ORDER BY at, tie")?
        .query_map([own], |r| Ok((r.get(0)?, r.get(1)?)))?
        .collect()
}

const COLUMNS: &str = "key, conversation, own, at, tie, alone, impostor, subject_token, people, \
                       tokens, subject, from_address";

/// One message.
pub(super) fn node(conn: &Connection, key: i64) -> Result<Option<Node>> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM message WHERE key = ?"))?
        .query_row([key], read_node)
        .optional()
}

/// The messages of a conversation.
pub(super) fn members(conn: &Connection, conversation: i64) -> Result<Vec<Node>> {
    conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM message WHERE conversation = ?"
    ))?
    .query_map([conversation], read_node)?
    .collect()
}

fn read_node(row: &Row<'_>) -> Result<Node> {
    Ok(Node {
        key: row.get("key")?,
        conversation: row.get("conversation")?,
        own: row.get("own")?,
        at: row.get("at")?,
        tie: row.get("tie")?,
        alone: row.get("alone")?,
        impostor: row.get("impostor")?,
        subject_token: row.get("subject_token")?,
        people: unpack(&row.get::<_, Vec<u8>>("people")?),
        tokens: unpack(&row.get::<_, Vec<u8>>("tokens")?),
        subject: row.get("subject")?,
        from_address: row.get("from_address")?,
    })
}

/// Rows for subjects: whom a message can be followed by.
pub(in crate::cache) fn write_topics(conn: &Connection, node: &Node) -> Result<()> {
    let mut insert = conn.prepare_cached("INSERT OR REPLACE INTO topic VALUES (?, ?, ?, ?, ?)")?;
    for person in &node.people {
        insert.execute([node.subject_token, *person, node.at, node.tie, node.key])?;
    }
    Ok(())
}

/// Removes them.
pub(in crate::cache) fn delete_topics(conn: &Connection, key: i64) -> Result<()> {
    if let Some(node) = node(conn, key)? {
        let mut delete = conn.prepare_cached(
            "DELETE FROM topic WHERE subject = ? AND person = ? AND at = ? AND tie = ?",
        )?;
        for person in &node.people {
            delete.execute([node.subject_token, *person, node.at, node.tie])?;
        }
    }
    Ok(())
}

/// Moves a message to an earlier or later time.
pub(in crate::cache) fn set_time(conn: &Connection, key: i64, at: i64) -> Result<()> {
    delete_topics(conn, key)?;
    conn.prepare_cached("UPDATE message SET at = ? WHERE key = ?")?
        .execute([at, key])?;
    node(conn, key)?.map_or(Ok(()), |node| write_topics(conn, &node))
}

/// The columns of a node that are written once.
pub(in crate::cache) fn packed(node: &Node) -> (Vec<u8>, Vec<u8>) {
    (pack(&node.people), pack(&node.tokens))
}

//! The rows of one arriving message.

use super::record::{Facts, Press};
use super::store::{joined, remove, settle_places};
use super::threading::{self, Node, Relink};
use super::{Arrived, FolderRole, OwnAddresses};
use crate::mail::Address;
use rusqlite::{Connection, OptionalExtension, Result as Sql, params};

/// Writes the messages of one batch.
pub(super) struct Filer<'t> {
    conn: &'t Connection,
    folder: i64,
    sent: bool,
    own: &'t OwnAddresses,
    press: Press,
    /// What the new messages do to conversations.
    pub relink: Relink<'t>,
}

impl<'t> Filer<'t> {
    /// Prepares for messages of a folder.
    pub fn new(conn: &'t Connection, folder: i64, own: &'t OwnAddresses) -> Sql<Self> {
        Ok(Self {
            conn,
            folder,
            sent: role(conn, folder)? == Some(FolderRole::Sent),
            own,
            press: Press::new()?,
            relink: Relink::new(conn),
        })
    }

    /// Stores one message; its conversation is settled by [`Relink::finish`].
    pub fn file(&mut self, arrived: Arrived) -> Sql<()> {
        let facts = Facts::of(&arrived, self.own);
        let uid = arrived.uid;
        let at = arrived.internal.as_second();
        let known: Option<i64> = self
            .conn
            .prepare_cached("SELECT key FROM message WHERE hash = ?")?
            .query_row([facts.hash], |row| row.get(0))
            .optional()?;
        if self.placed(uid)?.is_some_and(|key| known != Some(key)) {
            // The server gave this UID to another message; believe what it says now.
            remove(self.conn, self.folder, &(uid..=uid), &mut self.relink)?;
        }
        let flags = joined(&arrived.flags);
        let modseq = arrived.modseq.map(u64::cast_signed);
        let key = match known.filter(|key| exists(self.conn, *key)) {
            Some(key) => key,
            None => self.insert(arrived, facts)?,
        };
        self.conn
            .prepare_cached(
                "INSERT INTO place VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO UPDATE SET flags = ?6, modseq = ?5",
            )?
            .execute(params![self.folder, uid, key, at, modseq, flags])?;
        if known.is_some() {
            settle_places(self.conn, key, &mut self.relink)?;
        }
        Ok(())
    }

    /// The message this UID stands for so far.
    fn placed(&self, uid: u32) -> Sql<Option<i64>> {
        self.conn
            .prepare_cached("SELECT message FROM place WHERE folder = ? AND uid = ?")?
            .query_row(params![self.folder, uid], |row| row.get(0))
            .optional()
    }

    fn insert(&mut self, mut arrived: Arrived, facts: Facts) -> Sql<i64> {
        let message = &arrived.message;
        let mut node = Node {
            key: 0,
            conversation: 0,
            own: facts.own,
            at: arrived.internal.as_second(),
            tie: facts.tie(),
            alone: facts.alone,
            impostor: false,
            subject_token: facts.subject,
            people: facts.people,
            tokens: facts.tokens,
            subject: message.subject.raw().to_owned(),
            from_address: message.from.first().map(address).unwrap_or_default(),
        };
        let (people, tokens) = threading::packed(&node);
        let files = message.attachments.iter().filter(|a| !a.inline).count();
        self.conn
            .prepare_cached(
                "INSERT INTO message (hash, tie, own, message_id, root, name, at, outgoing,
                     from_us, automatic, bounce, attachments, alone, subject_token, people, tokens,
                     subject, from_name, from_address, to_name, to_address)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,
                     ?16, ?17, ?18, ?19, ?20)",
            )?
            .execute(params![
                facts.hash,
                node.tie,
                node.own,
                message.message_id,
                facts.root,
                node.at,
                facts.from_us || self.sent,
                facts.from_us,
                message.automatic,
                message.bounce.is_some(),
                i64::try_from(files).unwrap_or(i64::MAX),
                node.alone,
                node.subject_token,
                people,
                tokens,
                node.subject,
                message.from.first().map(name).unwrap_or_default(),
                node.from_address,
                message.to.first().map(name).unwrap_or_default(),
                message.to.first().map(address).unwrap_or_default(),
            ])?;
        node.key = self.conn.last_insert_rowid();
        let record = self.press.record(&mut arrived.message)?;
        let raw = self.press.squeeze(&arrived.raw)?;
        let size = i64::try_from(arrived.raw.len()).unwrap_or(i64::MAX);
        self.conn
            .prepare_cached("INSERT INTO content VALUES (?, ?, ?, ?)")?
            .execute(params![node.key, record, size, raw])?;
        threading::write_topics(self.conn, &node)?;
        self.relink.add(node.key);
        Ok(node.key)
    }
}

fn name(of: &Address) -> String {
    of.name.raw().to_owned()
}

fn address(of: &Address) -> String {
    of.address.raw().to_owned()
}

fn role(conn: &Connection, folder: i64) -> Sql<Option<FolderRole>> {
    let word: Option<String> = conn
        .query_row("SELECT role FROM folder WHERE id = ?", [folder], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(word.as_deref().and_then(FolderRole::from_word))
}

fn exists(conn: &Connection, key: i64) -> bool {
    let found = conn
        .prepare_cached("SELECT 1 FROM message WHERE key = ?")
        .and_then(|mut s| s.exists([key]));
    found.unwrap_or(false)
}

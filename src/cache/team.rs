//! What the fold says about conversations, kept beside the mail so that lists are one query.

use super::conversation::{refresh, status_number, status_of, time};
use super::{Cache, Error};
use crate::team::fold::{Conversation, Note, Owner, StatusSet};
use crate::team::{Agent, ConversationName, EventId, Status};
use rusqlite::{Connection, OptionalExtension, Result as Sql, params};
use std::collections::BTreeSet;

/// The facts that lists show, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Facts {
    pub owner: Option<String>,
    pub epoch: i64,
    /// As it was set; what it means today is the policy's business.
    pub status: Option<Status>,
    pub status_at: Option<i64>,
    /// A JSON array.
    pub tags: String,
    pub snoozed_until: Option<i64>,
    pub snoozed_at: Option<i64>,
    /// The team answered, whether or not the answer is in Sent yet.
    pub answered: bool,
    pub notes: i64,
}

impl Cache {
    /// Takes over what the fold says about conversations, known to the mail or not. Unchanged
    /// ones cost a look; returns those whose lines changed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_team<'a>(
        &mut self,
        states: impl IntoIterator<Item = (&'a ConversationName, &'a Conversation)>,
    ) -> Result<Vec<ConversationName>, Error> {
        self.write(|tx| {
            let mut touched = BTreeSet::new();
            for (name, state) in states {
                if set(tx, name, state)? {
                    touched.extend(holding(tx, name.as_str())?);
                }
            }
            refresh(tx, &touched)
        })
    }

    /// Forgets all facts of the team, before a journal that is not what it was is folded anew.
    ///
    /// # Errors
    /// Those of the database.
    pub fn forget_team(&mut self) -> Result<Vec<ConversationName>, Error> {
        self.write(|tx| {
            let touched = tx
                .prepare("SELECT DISTINCT conversation FROM message JOIN team USING (name)")?
                .query_map([], |row| row.get(0))?
                .collect::<Sql<_>>()?;
            tx.execute("INSERT INTO queue (document) SELECT -id FROM note", [])?;
            tx.execute("DELETE FROM note", [])?;
            tx.execute("DELETE FROM team", [])?;
            refresh(tx, &touched)
        })
    }
}

impl Facts {
    /// The facts stored under a name.
    pub fn of(conn: &Connection, name: &str) -> Sql<Self> {
        let mut statement = conn.prepare_cached(
            "SELECT owner, epoch, status, status_at, tags, snoozed_until, snoozed_at, answered,
                 (SELECT count(*) FROM note WHERE note.name = team.name)
             FROM team WHERE name = ?",
        )?;
        let facts = statement.query_row([name], |row| {
            Ok(Self {
                owner: row.get(0)?,
                epoch: row.get(1)?,
                status: row.get::<_, Option<i64>>(2)?.map(status_of),
                status_at: row.get(3)?,
                tags: row.get(4)?,
                snoozed_until: row.get(5)?,
                snoozed_at: row.get(6)?,
                answered: row.get(7)?,
                notes: row.get(8)?,
            })
        });
        let none = || Self {
            tags: "[]".to_owned(),
            ..Self::default()
        };
        Ok(facts.optional()?.unwrap_or_else(none))
    }

    fn from_state(state: &Conversation) -> Self {
        let tags: Vec<&String> = state.tags.iter().collect();
        let slots = &mut state.slots.values();
        Self {
            owner: state.owner.as_ref().map(|o| o.agent.as_str().to_owned()),
            epoch: state.epoch.cast_signed(),
            status: state.status.as_ref().map(|s| s.value),
            status_at: state.status.as_ref().map(|s| s.at.as_second()),
            tags: serde_json::json!(tags).to_string(),
            snoozed_until: state.snooze.as_ref().map(|s| s.until.as_second()),
            snoozed_at: state.snooze.as_ref().map(|s| s.at.as_second()),
            answered: slots
                .any(|s| !s.outside.is_empty() || s.intents.iter().any(|i| i.state.is_sent())),
            notes: i64::try_from(state.notes.len()).unwrap_or(i64::MAX),
        }
    }

    /// As much of the fold's state as the policy looks at.
    pub fn state(&self) -> Conversation {
        let nobody = || Agent::new("");
        let owner = self.owner.as_ref().map(|agent| Owner {
            agent: Agent::new(agent.as_str()),
            since: time(0),
            by_event: EventId::new(""),
        });
        let status = self
            .status
            .zip(self.status_at)
            .map(|(value, at)| StatusSet {
                value,
                by: nobody(),
                at: time(at),
                uid: 0,
                uidvalidity: 0,
                event: EventId::new(""),
                key: String::new(),
            });
        Conversation {
            owner,
            status,
            ..Conversation::default()
        }
    }
}

/// Stores one state; whether it differs from what was stored.
fn set(conn: &Connection, name: &ConversationName, state: &Conversation) -> Sql<bool> {
    let notes = set_notes(conn, name, &state.notes)?;
    let facts = Facts::from_state(state);
    let known = conn
        .prepare_cached("SELECT 1 FROM team WHERE name = ?")?
        .exists([name.as_str()])?;
    if known && !notes && Facts::of(conn, name.as_str())? == facts {
        return Ok(false);
    }
    conn.prepare_cached("INSERT OR REPLACE INTO team VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![
            name.as_str(),
            facts.owner,
            facts.epoch,
            facts.status.map(status_number),
            facts.status_at,
            facts.tags,
            facts.snoozed_until,
            facts.snoozed_at,
            facts.answered,
        ])?;
    Ok(true)
}

/// Makes the stored notes those of the fold; whether any differed. A note never changes.
fn set_notes(conn: &Connection, name: &ConversationName, notes: &[Note]) -> Sql<bool> {
    let stored: BTreeSet<String> = conn
        .prepare_cached("SELECT event FROM note WHERE name = ?")?
        .query_map([name.as_str()], |row| row.get(0))?
        .collect::<Sql<_>>()?;
    let wanted: BTreeSet<&str> = notes.iter().map(|n| n.event.as_str()).collect();
    let mut differs = false;
    for event in stored.iter().filter(|e| !wanted.contains(e.as_str())) {
        differs = true;
        let id: i64 = conn.query_row(
            "DELETE FROM note WHERE event = ? RETURNING id",
            [event],
            |row| row.get(0),
        )?;
        queue_note(conn, id)?;
    }
    for note in notes.iter().filter(|n| !stored.contains(n.event.as_str())) {
        differs = true;
        conn.prepare_cached(
            "INSERT OR REPLACE INTO note (event, name, at, text) VALUES (?, ?, ?, ?)",
        )?
        .execute(params![
            note.event.as_str(),
            name.as_str(),
            note.at.as_second(),
            note.text.raw(),
        ])?;
        queue_note(conn, conn.last_insert_rowid())?;
    }
    Ok(differs)
}

fn queue_note(conn: &Connection, id: i64) -> Sql<()> {
    conn.prepare_cached("INSERT INTO queue (document) VALUES (?)")?
        .execute([-id])?;
    Ok(())
}

/// The conversations with a message of this name: one, as a rule.
fn holding(conn: &Connection, name: &str) -> Sql<Vec<i64>> {
    conn.prepare_cached("SELECT DISTINCT conversation FROM message WHERE name = ?")?
        .query_map([name], |row| row.get(0))?
        .collect()
}

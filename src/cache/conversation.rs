//! The one row that lists read for a conversation, made from its messages and the team's facts.

use super::team::Facts;
use crate::clock::Timestamp;
use crate::team::{ConversationName, Status, policy};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use std::collections::BTreeSet;

/// Ranks of conversations in which nobody waits begin here, after all that wait.
const NOBODY_WAITS: i64 = 1 << 40;

/// What a list sorts a conversation under; its number is the `class` column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// New or open, nobody's.
    Queue = 0,
    /// New or open, somebody's.
    Handled = 1,
    /// The customer's turn.
    Waiting = 2,
    /// Finished.
    Done = 3,
    /// Not worth an answer.
    Spam = 4,
}

impl Class {
    fn of(status: Status, owned: bool) -> Self {
        match status {
            Status::New | Status::Open if owned => Class::Handled,
            Status::New | Status::Open => Class::Queue,
            Status::Waiting => Class::Waiting,
            Status::Done => Class::Done,
            Status::Spam => Class::Spam,
        }
    }
}

/// The number of a status in the tables.
pub(super) fn status_number(status: Status) -> i64 {
    let place = Status::ALL.iter().position(|s| *s == status);
    place.and_then(|p| i64::try_from(p).ok()).unwrap_or(0)
}

/// The status of a number.
pub(super) fn status_of(number: i64) -> Status {
    let place = usize::try_from(number).ok();
    place
        .and_then(|p| Status::ALL.get(p).copied())
        .unwrap_or(Status::New)
}

/// A time from a column.
pub(super) fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or_default()
}

/// Makes the rows of these conversations anew, deleting those without messages. Returns the names
/// of those that changed, former names included.
pub(super) fn refresh(
    conn: &Connection,
    conversations: &BTreeSet<i64>,
) -> Result<Vec<ConversationName>> {
    let mut names = BTreeSet::new();
    for id in conversations {
        let former: Option<String> = conn
            .prepare_cached("SELECT name FROM conversation WHERE id = ?")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        let former = former.filter(|name| !name.is_empty());
        let name = match Summary::read(conn, *id)? {
            Some(summary) => {
                summary.write(conn, *id)?;
                Some(summary.name)
            }
            None => {
                conn.prepare_cached("DELETE FROM conversation WHERE id = ?")?
                    .execute([id])?;
                None
            }
        };
        if name != former {
            queue_notes(conn, *id, former.as_deref())?;
        }
        names.extend(name.into_iter().chain(former).map(ConversationName::new));
    }
    Ok(names.into_iter().collect())
}

/// Notes are indexed with the conversation they are shown in; it has just changed.
fn queue_notes(conn: &Connection, conversation: i64, former: Option<&str>) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO queue (document) SELECT -id FROM note WHERE name = ?2 OR name IN
             (SELECT name FROM message WHERE conversation = ?1)",
    )?
    .execute(params![conversation, former])?;
    Ok(())
}

/// What the messages of a conversation say together, and the row made of it.
struct Summary {
    name: String,
    /// Whether the team has facts under `name`.
    known: bool,
    subject: String,
    from: (String, String),
    messages: i64,
    inbound: i64,
    attachments: i64,
    /// Newest delivery report.
    bounce_at: Option<i64>,
    last_at: i64,
    last_inbound: Option<i64>,
    last_person: Option<i64>,
    last_outgoing: Option<i64>,
    /// Times of inbound messages by people, ascending, since the last outgoing one.
    unanswered: Vec<i64>,
}

impl Summary {
    fn read(conn: &Connection, id: i64) -> Result<Option<Self>> {
        let mut statement = conn.prepare_cached(
            "SELECT message.name, team.name IS NOT NULL AS known, at, outgoing, automatic, bounce,
                 attachments, subject, from_name, from_address, to_name, to_address
             FROM message LEFT JOIN team ON team.name = message.name
             WHERE conversation = ? ORDER BY at, tie",
        )?;
        let mut rows = statement.query([id])?;
        let mut summary: Option<Self> = None;
        let mut customer = false;
        while let Some(row) = rows.next()? {
            let summary = match &mut summary {
                Some(summary) => summary,
                empty => empty.insert(Self::first(row)?),
            };
            customer = summary.add(row, customer)?;
        }
        Ok(summary)
    }

    fn first(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            name: row.get("name")?,
            known: row.get("known")?,
            subject: row.get("subject")?,
            from: (row.get("to_name")?, row.get("to_address")?),
            messages: 0,
            inbound: 0,
            attachments: 0,
            bounce_at: None,
            last_at: row.get("at")?,
            last_inbound: None,
            last_person: None,
            last_outgoing: None,
            unanswered: Vec::new(),
        })
    }

    /// Adds the next message; returns whether the customer is known by now.
    fn add(&mut self, row: &Row<'_>, customer: bool) -> Result<bool> {
        let at: i64 = row.get("at")?;
        let outgoing: bool = row.get("outgoing")?;
        let automatic: bool = row.get("automatic")?;
        let known: bool = row.get("known")?;
        if known && !self.known {
            self.name = row.get("name")?;
            self.known = true;
        }
        self.messages += 1;
        self.last_at = at;
        self.attachments += row.get::<_, i64>("attachments")?;
        if row.get("bounce")? {
            self.bounce_at = Some(at);
        }
        if outgoing {
            // Our own automatic answers answer nobody.
            if !automatic {
                self.last_outgoing = Some(at);
                self.unanswered.clear();
            }
            return Ok(customer);
        }
        self.inbound += 1;
        self.last_inbound = Some(at);
        if !automatic {
            self.last_person = Some(at);
            self.unanswered.push(at);
        }
        if !customer {
            self.from = (row.get("from_name")?, row.get("from_address")?);
        }
        Ok(true)
    }

    fn write(&self, conn: &Connection, id: i64) -> Result<()> {
        let team = Facts::of(conn, &self.name)?;
        let person = self.last_person.map(time);
        let answered = self.last_outgoing.is_some() || team.answered;
        let status = policy::effective_status(Some(&team.state()), person, answered);
        let waiting = self.waiting_since(status, &team);
        let shown_after = team.snoozed_at.map_or(i64::MIN, |at| at);
        let snoozed_until = team
            .snoozed_until
            .filter(|_| self.last_person.is_none_or(|at| at <= shown_after));
        let looked_at = self.last_outgoing.max(team.status_at);
        let name = ConversationName::new(self.name.as_str());
        conn.prepare_cached(
            "UPDATE conversation SET name = ?2, short = ?3, subject = ?4, from_name = ?5,
                 from_address = ?6, customer = ?7, messages = ?8, inbound = ?9, attachments = ?10,
                 bounced = ?11, last_at = ?12, last_inbound = ?13, last_person = ?14,
                 last_outgoing = ?15, waiting_since = ?16, rank = ?17, class = ?18, status = ?19,
                 owner = ?20, tags = ?21, epoch = ?22, snoozed_until = ?23, notes = ?24
             WHERE id = ?1",
        )?
        .execute(params![
            id,
            self.name,
            name.id().as_str(),
            self.subject,
            self.from.0,
            self.from.1,
            self.from.1.to_ascii_lowercase(),
            self.messages,
            self.inbound,
            self.attachments,
            self.bounce_at
                .is_some_and(|at| looked_at.is_none_or(|looked| looked < at)),
            self.last_at,
            self.last_inbound,
            self.last_person,
            self.last_outgoing,
            waiting,
            waiting.unwrap_or(NOBODY_WAITS + self.last_at),
            Class::of(status, team.owner.is_some()) as i64,
            status_number(status),
            team.owner,
            team.tags,
            team.epoch,
            snoozed_until,
            team.notes,
        ])?;
        Ok(())
    }

    /// First message by a person after our last reply, or after we last said that nobody waits.
    fn waiting_since(&self, status: Status, team: &Facts) -> Option<i64> {
        if !matches!(status, Status::New | Status::Open) {
            return None;
        }
        let closed = matches!(team.status, Some(Status::Waiting | Status::Done));
        let closed_at = team.status_at.filter(|_| closed);
        let since = |at: &&i64| closed_at.is_none_or(|closed| **at > closed);
        self.unanswered.iter().find(since).copied()
    }
}

//! Conditions that are facts about conversations, as sets of conversations.

use super::collect::Found;
use crate::cache::Viewer;
use crate::cache::conversation::status_number;
use crate::cache::reader::find;
use crate::clock::Timestamp;
use crate::query::{Is, Node, Owner, Query, Term};
use crate::team::ConversationName;
use rusqlite::{Connection, Result as Sql, ToSql};
use std::sync::Arc;

/// A set of conversations, one bit each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Set(Vec<u64>);

impl Set {
    pub fn insert(&mut self, id: i64) {
        let (word, bit) = place(id);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= bit;
        }
    }

    pub fn contains(&self, id: i64) -> bool {
        let (word, bit) = place(id);
        self.0.get(word).is_some_and(|bits| bits & bit != 0)
    }

    pub fn len(&self) -> usize {
        self.0.iter().map(|bits| bits.count_ones() as usize).sum()
    }

    fn combine(&self, other: &Self, with: impl Fn(u64, u64) -> u64) -> Self {
        let words = self.0.len().max(other.0.len());
        let at = |set: &Self, i: usize| set.0.get(i).copied().unwrap_or(0);
        Self(
            (0..words)
                .map(|i| with(at(self, i), at(other, i)))
                .collect(),
        )
    }
}

fn place(id: i64) -> (usize, u64) {
    let id = usize::try_from(id).unwrap_or(0);
    (id / 64, 1 << (id % 64))
}

/// The sets a query needs.
pub(super) struct Sets {
    all: Set,
    by_term: Vec<(Term, Arc<Set>)>,
}

impl Sets {
    /// Reads the set of every condition that is one.
    pub fn read(conn: &Connection, query: &Query, viewer: &Viewer<'_>) -> Sql<Self> {
        let mut by_term: Vec<(Term, Arc<Set>)> = Vec::new();
        for (term, _) in query.terms() {
            if by_term.iter().any(|(known, _)| known == term) {
                continue;
            }
            if let Some(set) = read(conn, term, viewer)? {
                by_term.push((term.clone(), Arc::new(set)));
            }
        }
        // Only negation needs to know what there is.
        let all = match query.terms().iter().any(|(_, negated)| *negated) {
            true => select(conn, "TRUE", &[])?,
            false => Set::default(),
        };
        Ok(Self { all, by_term })
    }

    /// The set of a condition, if it is one about conversations.
    pub fn of(&self, term: &Term) -> Option<&Arc<Set>> {
        let mut sets = self.by_term.iter();
        sets.find(|(known, _)| known == term).map(|(_, set)| set)
    }

    /// The conversations an expression without words holds for.
    pub fn evaluate(&self, node: &Node) -> Set {
        match node {
            Node::All(nodes) => {
                let mut sets = nodes.iter().map(|n| self.evaluate(n));
                let first = sets.next().unwrap_or_default();
                sets.fold(first, |a, b| a.combine(&b, |a, b| a & b))
            }
            Node::Any(nodes) => {
                let sets = nodes.iter().map(|n| self.evaluate(n));
                sets.fold(Set::default(), |a, b| a.combine(&b, |a, b| a | b))
            }
            Node::Not(inner) => self.all.combine(&self.evaluate(inner), |a, b| a & !b),
            Node::Term(term) => self.of(term).map(|s| Set::clone(s)).unwrap_or_default(),
        }
    }
}

/// The newest conversations of a set, without a message that matched.
pub(super) fn newest(conn: &Connection, set: &Set, limit: usize) -> Sql<Vec<Found>> {
    let mut statement =
        conn.prepare_cached("SELECT id, last_at FROM conversation ORDER BY last_at DESC, id DESC")?;
    let mut latest = conn.prepare_cached(
        "SELECT key FROM message WHERE conversation = ? ORDER BY at DESC, tie DESC LIMIT 1",
    )?;
    let limit = limit.min(set.len());
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while found.len() < limit {
        let Some(row) = rows.next()? else { break };
        let conversation = row.get(0)?;
        if set.contains(conversation) {
            found.push(Found {
                conversation,
                at: row.get(1)?,
                document: latest.query_row([conversation], |row| row.get(0))?,
            });
        }
    }
    Ok(found)
}

fn read(conn: &Connection, term: &Term, viewer: &Viewer<'_>) -> Sql<Option<Set>> {
    let now = viewer.now.as_second();
    let me = viewer.me.as_str();
    Ok(Some(match term {
        Term::Text(_) | Term::Before(_) | Term::After(_) => return Ok(None),
        Term::Is(Is::Status(status)) => select(conn, "status = ?", &[&status_number(*status)])?,
        Term::Is(Is::Unread) => unread(conn, viewer)?,
        Term::Is(Is::Owned) => select(conn, "owner IS NOT NULL", &[])?,
        Term::Is(Is::Unowned) | Term::Owner(Owner::Nobody) => select(conn, "owner IS NULL", &[])?,
        Term::Is(Is::Mine) | Term::Owner(Owner::Me) => select(conn, "owner = ?", &[&me])?,
        Term::Owner(Owner::Agent(agent)) => select(conn, "owner = ?", &[&agent.as_str()])?,
        Term::Is(Is::Snoozed) => select(conn, "snoozed_until > ?", &[&now])?,
        Term::Is(Is::Attachment) => select(conn, "attachments > 0", &[])?,
        Term::Is(Is::Note) => select(conn, "notes > 0", &[])?,
        // Tags are compared in lower case, as queries are.
        Term::Tag(tag) => select(
            conn,
            "tags <> '[]' AND EXISTS (
                 SELECT 1 FROM json_each(conversation.tags) WHERE lower(value) = ?)",
            &[tag],
        )?,
        Term::Id(id) => {
            let mut set = Set::default();
            find(conn, id)?.into_iter().for_each(|id| set.insert(id));
            set
        }
    }))
}

fn select(conn: &Connection, condition: &str, values: &[&dyn ToSql]) -> Sql<Set> {
    let mut statement =
        conn.prepare_cached(&format!("SELECT id FROM conversation WHERE {condition}"))?;
    let mut rows = statement.query(values)?;
    let mut set = Set::default();
    while let Some(row) = rows.next()? {
        set.insert(row.get(0)?);
    }
    Ok(set)
}

fn unread(conn: &Connection, viewer: &Viewer<'_>) -> Sql<Set> {
    let mut statement = conn.prepare_cached(
        "SELECT id, name, last_inbound FROM conversation WHERE last_inbound IS NOT NULL",
    )?;
    let mut rows = statement.query([])?;
    let mut set = Set::default();
    while let Some(row) = rows.next()? {
        let name = ConversationName::new(row.get::<_, String>(1)?);
        let mark = (viewer.mark)(&name).map(Timestamp::as_second);
        if mark.is_none_or(|mark| mark < row.get(2).unwrap_or(0)) {
            set.insert(row.get(0)?);
        }
    }
    Ok(set)
}

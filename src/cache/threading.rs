//! Which messages are one conversation.
//!
//! Ties are undirected: two messages are tied when one names an id that the other names or has,
//! or when a message that names none follows one of the same subject and person. Conversations
//! are the connected parts, so the order of arrival does not matter. New messages are joined to
//! whole conversations without looking into them; only where a tie may have gone (a message left,
//! a nearer predecessor came, two messages share a Message-ID) a conversation is opened and its
//! messages are joined anew.

mod graph;
mod nodes;

pub(super) use nodes::{Node, delete_topics, packed, set_time, write_topics};

use crate::clock::Timestamp;
use crate::mail::{Address, Message, Remote, thread};
use graph::Graph;
use nodes::{Side, members, namesakes, neighbour, node};
use rusqlite::{Connection, OptionalExtension, Result};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Collects what changed and puts messages where they belong.
pub(super) struct Relink<'t> {
    conn: &'t Connection,
    fresh: BTreeSet<i64>,
    moved: BTreeSet<i64>,
    opened: BTreeSet<i64>,
    changed: BTreeSet<i64>,
}

impl<'t> Relink<'t> {
    pub fn new(conn: &'t Connection) -> Self {
        Self {
            conn,
            fresh: BTreeSet::new(),
            moved: BTreeSet::new(),
            opened: BTreeSet::new(),
            changed: BTreeSet::new(),
        }
    }

    /// A new message; its rows are written, its conversation is 0.
    pub fn add(&mut self, key: i64) {
        self.fresh.insert(key);
    }

    /// A message whose time is about to change.
    pub fn moving(&mut self, key: i64) -> Result<()> {
        self.moved.insert(key);
        self.leaving(key)
    }

    /// A message that is about to be deleted.
    pub fn leaving(&mut self, key: i64) -> Result<()> {
        if let Some(node) = node(self.conn, key)? {
            self.open(node.conversation)?;
            self.open_namesakes(node.own)?;
        }
        Ok(())
    }

    /// A conversation whose row may be out of date.
    pub fn touched(&mut self, conversation: i64) {
        if conversation != 0 {
            self.changed.insert(conversation);
        }
    }

    /// Puts every message where it belongs; returns the conversations whose rows must be made
    /// anew, some of them without messages now.
    pub fn finish(mut self) -> Result<BTreeSet<i64>> {
        let mut ties = Vec::new();
        let mut nodes = Vec::new();
        for key in std::mem::take(&mut self.fresh) {
            // One of the same batch may have taken its place already.
            if let Some(node) = node(self.conn, key)? {
                self.meet(&node, &mut ties)?;
                nodes.push(node);
            }
        }
        for key in std::mem::take(&mut self.moved) {
            if let Some(node) = node(self.conn, key)? {
                self.meet(&node, &mut ties)?;
            }
        }
        for conversation in &self.opened {
            nodes.extend(members(self.conn, *conversation)?);
        }
        self.tell_impostors(&mut nodes)?;
        let mut graph = Graph::new(nodes.len());
        self.tie_by_ids(&nodes, &mut graph)?;
        self.tie_by_subject(&nodes, &mut graph)?;
        self.tie_followers(&nodes, &ties, &mut graph)?;
        self.settle(nodes, graph)?;
        self.changed.extend(&self.opened);
        Ok(self.changed)
    }

    /// Opens a conversation: its ids lead nowhere until its messages are joined anew.
    fn open(&mut self, conversation: i64) -> Result<()> {
        if conversation == 0 || !self.opened.insert(conversation) {
            return Ok(());
        }
        let mut delete = self
            .conn
            .prepare_cached("DELETE FROM token WHERE token = ? AND conversation = ?")?;
        for node in members(self.conn, conversation)? {
            for token in node.tokens {
                delete.execute([token, conversation])?;
            }
        }
        Ok(())
    }

    fn open_namesakes(&mut self, own: Option<i64>) -> Result<()> {
        for (_, conversation) in namesakes(self.conn, own)? {
            self.open(conversation)?;
        }
        Ok(())
    }

    /// What a message means to those that were here before: it may have the Message-ID of one,
    /// and it may be the nearer predecessor of one that follows by subject.
    fn meet(&mut self, new: &Node, ties: &mut Vec<(i64, i64)>) -> Result<()> {
        if namesakes(self.conn, new.own)?.len() > 1 {
            self.open_namesakes(new.own)?;
        }
        for person in &new.people {
            let Some(next) = neighbour(self.conn, new, *person, Side::After)? else {
                continue;
            };
            let Some(next) = node(self.conn, next)? else {
                continue;
            };
            if !next.alone || next.people.first() != Some(person) {
                continue;
            }
            match self.settled_before(new, *person)? {
                Some(former) if follows(&next, former.at) => self.open(next.conversation)?,
                _ => ties.push((new.key, next.key)),
            }
        }
        Ok(())
    }

    /// The nearest earlier message of a subject and person that was here before this batch.
    fn settled_before(&self, new: &Node, person: i64) -> Result<Option<Node>> {
        let mut at = new.clone();
        while let Some(key) = neighbour(self.conn, &at, person, Side::Before)? {
            let Some(before) = node(self.conn, key)? else {
                break;
            };
            if before.conversation != 0 {
                return Ok(Some(before));
            }
            at = before;
        }
        Ok(None)
    }

    /// Of messages with one Message-ID and different bodies the earliest keeps it.
    fn tell_impostors(&self, nodes: &mut [Node]) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE message SET impostor = ?1,
                 name = CASE ?1 WHEN 1 THEN 'hash:' || lower(hex(hash)) ELSE root END
             WHERE key = ?2",
        )?;
        for node in nodes {
            let impostor = node.own.is_some()
                && namesakes(self.conn, node.own)?.first().map(|(key, _)| *key) != Some(node.key);
            if impostor != node.impostor {
                node.impostor = impostor;
                update.execute((impostor, node.key))?;
            }
        }
        Ok(())
    }

    fn tie_by_ids(&self, nodes: &[Node], graph: &mut Graph) -> Result<()> {
        let mut lookup = self
            .conn
            .prepare_cached("SELECT conversation FROM token WHERE token = ?")?;
        let mut seen: HashMap<i64, usize> = HashMap::new();
        for (i, node) in nodes.iter().enumerate().filter(|(_, n)| !n.impostor) {
            for token in &node.tokens {
                if let Some(other) = seen.get(token) {
                    graph.join(i, *other);
                    continue;
                }
                seen.insert(*token, i);
                let held: Option<i64> = lookup.query_row([token], |r| r.get(0)).optional()?;
                if let Some(conversation) = held {
                    graph.join_whole(i, conversation);
                }
            }
        }
        Ok(())
    }

    fn tie_by_subject(&self, nodes: &[Node], graph: &mut Graph) -> Result<()> {
        let places = places(nodes);
        for (i, node) in nodes.iter().enumerate() {
            if !node.alone || node.impostor {
                continue;
            }
            let Some(person) = node.people.first() else {
                continue;
            };
            let before = neighbour(self.conn, node, *person, Side::Before)?;
            if let Some(before) = before {
                self.tie_follower(i, node, before, &places, graph)?;
            }
        }
        Ok(())
    }

    /// Later messages of closed conversations that follow a new one by subject.
    fn tie_followers(&self, nodes: &[Node], ties: &[(i64, i64)], graph: &mut Graph) -> Result<()> {
        let places = places(nodes);
        for (new, next) in ties {
            // A follower among the nodes has looked for its predecessor itself.
            if places.contains_key(next) {
                continue;
            }
            let follower = node(self.conn, *next)?.filter(|f| !f.impostor);
            if let (Some(follower), Some(at)) = (follower, places.get(new)) {
                let first = nodes.get(*at);
                if first.is_some_and(|first| follows(&follower, first.at)) {
                    graph.join_whole(*at, follower.conversation);
                }
            }
        }
        Ok(())
    }

    fn tie_follower(
        &self,
        i: usize,
        follower: &Node,
        before: i64,
        places: &HashMap<i64, usize>,
        graph: &mut Graph,
    ) -> Result<()> {
        let Some(before) = node(self.conn, before)? else {
            return Ok(());
        };
        if follows(follower, before.at) {
            match places.get(&before.key) {
                Some(other) => graph.join(i, *other),
                None => graph.join_whole(i, before.conversation),
            }
        }
        Ok(())
    }

    /// Gives every connected part a conversation.
    fn settle(&mut self, nodes: Vec<Node>, mut graph: Graph) -> Result<()> {
        let mut parts: BTreeMap<usize, Part> = BTreeMap::new();
        for (i, node) in nodes.into_iter().enumerate() {
            parts.entry(graph.find(i)).or_default().nodes.push(node);
        }
        for (conversation, i) in graph.wholes() {
            let root = graph.find(i);
            parts.entry(root).or_default().wholes.push(conversation);
        }
        let mut taken = BTreeSet::new();
        for part in parts.into_values() {
            let target = self.target(&part, &taken)?;
            taken.insert(target);
            self.changed.insert(target);
            for other in part.wholes.into_iter().filter(|c| *c != target) {
                self.changed.insert(other);
                for node in members(self.conn, other)? {
                    self.assign(&node, target)?;
                }
            }
            for node in &part.nodes {
                self.assign(node, target)?;
            }
        }
        Ok(())
    }

    /// The largest whole conversation of a part, else one its messages were in, else a new one.
    fn target(&self, part: &Part, taken: &BTreeSet<i64>) -> Result<i64> {
        let mut size = self
            .conn
            .prepare_cached("SELECT messages FROM conversation WHERE id = ?")?;
        let mut largest = None;
        for whole in &part.wholes {
            let messages: Option<i64> = size.query_row([whole], |r| r.get(0)).optional()?;
            largest = largest.max(Some((messages.unwrap_or(0), *whole)));
        }
        if let Some((_, whole)) = largest {
            return Ok(whole);
        }
        let former = part.nodes.iter().map(|n| n.conversation);
        let former = former.filter(|c| *c != 0 && !taken.contains(c)).min();
        former.map_or_else(|| new_conversation(self.conn), Ok)
    }

    fn assign(&self, node: &Node, conversation: i64) -> Result<()> {
        if node.conversation != conversation {
            self.conn
                .prepare_cached("UPDATE message SET conversation = ? WHERE key = ?")?
                .execute([conversation, node.key])?;
            self.conn
                .prepare_cached("INSERT INTO queue (document) VALUES (?)")?
                .execute([node.key])?;
        }
        if !node.impostor {
            let mut insert = self.conn.prepare_cached(
                "INSERT INTO token VALUES (?1, ?2)
                 ON CONFLICT DO UPDATE SET conversation = ?2 WHERE conversation <> ?2",
            )?;
            for token in &node.tokens {
                insert.execute([*token, conversation])?;
            }
        }
        Ok(())
    }
}

/// A connected part: messages looked at one by one, and whole conversations.
#[derive(Default)]
struct Part {
    nodes: Vec<Node>,
    wholes: Vec<i64>,
}

/// Whether a message that names no other may follow one of `before` with the same subject and
/// person: the rule is asked, with what is known to be equal made equal.
fn follows(follower: &Node, before: i64) -> bool {
    let message = Message {
        subject: Remote::new(follower.subject.as_str()),
        from: vec![Address::new("", follower.from_address.as_str())],
        ..Message::default()
    };
    let key = thread::subject_key(&follower.subject);
    let people = [follower.from_address.clone()];
    let (Ok(at), Ok(before)) = (
        Timestamp::from_second(follower.at),
        Timestamp::from_second(before),
    ) else {
        return false;
    };
    thread::guarded_subject_match(&message, &key, &people, before, at)
}

fn places(nodes: &[Node]) -> HashMap<i64, usize> {
    nodes.iter().enumerate().map(|(i, n)| (n.key, i)).collect()
}

/// Room for a conversation; its row is filled when it is refreshed.
fn new_conversation(conn: &Connection) -> Result<i64> {
    conn.prepare_cached(
        "INSERT INTO conversation
         (name, short, subject, from_name, from_address, customer, messages, inbound, attachments,
          bounced, last_at, rank, class, status, tags, epoch, notes)
         VALUES ('', '', '', '', '', '', 0, 0, 0, 0, 0, 0, 0, 0, '[]', 0, 0)",
    )?
    .execute([])?;
    Ok(conn.last_insert_rowid())
}

//! Changes on their way: shown at once, then settled or rolled back, and how to undo them.

use crate::clock::Timestamp;
use crate::engine::api::{Change, Ticket};
use crate::team::{Agent, ConversationName, Status};
use crate::view::Row;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// A change the engine has not settled yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The conversation.
    pub name: ConversationName,
    /// Its printable subject.
    pub subject: String,
    /// The change.
    pub change: Change,
    /// The batch it belongs to.
    pub batch: u64,
    /// How to take it back, and what must be true for that.
    pub undo: Option<Undo>,
}

/// How to take a change back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// The conversation.
    pub name: ConversationName,
    /// Its printable subject.
    pub subject: String,
    /// The change that takes it back.
    pub change: Change,
    /// What must still be so; else somebody changed it since.
    pub expects: Expects,
}

/// What an undo expects to find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expects {
    /// This owner.
    Owner(Option<Agent>),
    /// This status.
    Status(Status),
    /// Nothing in particular.
    Anything,
}

/// Changes made by one command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// Not settled yet.
    pub open: usize,
    /// Settled.
    pub done: usize,
    /// Printable subject of the last settled one.
    pub subject: String,
    /// How to take the settled ones back.
    pub undo: Vec<Undo>,
    /// Whether it is itself an undo.
    pub is_undo: bool,
}

/// All changes on their way and those that can be undone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    pending: BTreeMap<Ticket, Pending>,
    batches: BTreeMap<u64, Batch>,
    done: Vec<Vec<Undo>>,
    last_batch: u64,
}

/// Batches that can be undone.
const UNDOS: usize = 100;

impl Ledger {
    /// Begins a batch.
    pub fn begin(&mut self, is_undo: bool) -> u64 {
        self.last_batch += 1;
        let batch = Batch {
            is_undo,
            ..Batch::default()
        };
        self.batches.insert(self.last_batch, batch);
        self.last_batch
    }

    /// Notes a change that was just sent off.
    pub fn add(&mut self, ticket: Ticket, pending: Pending) {
        if let Some(batch) = self.batches.get_mut(&pending.batch) {
            batch.open += 1;
        }
        self.pending.insert(ticket, pending);
    }

    /// A change has settled: takes it out, with its batch when that is complete.
    pub fn settle(&mut self, ticket: Ticket, done: bool) -> Option<(Pending, Option<Batch>)> {
        let pending = self.pending.remove(&ticket)?;
        let Some(batch) = self.batches.get_mut(&pending.batch) else {
            return Some((pending, None));
        };
        batch.open = batch.open.saturating_sub(1);
        if done {
            batch.done += 1;
            batch.subject.clone_from(&pending.subject);
            batch.undo.extend(pending.undo.clone());
        }
        if batch.open > 0 {
            return Some((pending, None));
        }
        let batch = self.batches.remove(&pending.batch);
        if let Some(batch) = batch.as_ref().filter(|b| !b.is_undo && !b.undo.is_empty()) {
            self.done.push(batch.undo.clone());
            let extra = self.done.len().saturating_sub(UNDOS);
            self.done.drain(..extra);
        }
        Some((pending, batch))
    }

    /// Takes the newest batch that can be undone.
    pub fn pop(&mut self) -> Option<Vec<Undo>> {
        self.done.pop()
    }

    /// Changes on their way.
    pub fn open(&self) -> impl Iterator<Item = &Pending> {
        self.pending.values()
    }

    /// The newest change on its way for a conversation, in words: `claiming`.
    pub fn doing(&self, name: &ConversationName) -> Option<&'static str> {
        let mut mine = self.pending.values().filter(|p| p.name == *name);
        mine.next_back().map(|p| doing(&p.change))
    }

    /// A row as it will be when everything on its way has settled.
    pub fn shown<'a>(&self, row: &'a Row, me: &Agent) -> Cow<'a, Row> {
        let mut shown = Cow::Borrowed(row);
        for pending in self.pending.values().filter(|p| p.name == row.name) {
            apply(shown.to_mut(), &pending.change, me);
        }
        shown
    }
}

/// Applies a change to a row.
pub fn apply(row: &mut Row, change: &Change, me: &Agent) {
    match change {
        Change::Claim | Change::Steal { .. } => row.owner = Some(me.clone()),
        Change::Release => row.owner = None,
        Change::Assign(agent) => row.owner = Some(agent.clone()),
        Change::Status(status) => row.status = *status,
        Change::Tag { add, remove } => {
            row.tags.retain(|tag| !remove.contains(tag));
            row.tags.extend(add.iter().cloned());
        }
        Change::Note(_) => {}
        Change::Snooze(until) => row.snoozed_until = Some(*until),
        Change::Wake => row.snoozed_until = None,
    }
}

/// What takes a change back, seen from the row before it; `None` for what cannot be.
pub fn undo_of(row: &Row, change: &Change, me: &Agent) -> Option<Undo> {
    let back_to = |owner: &Option<Agent>| match owner {
        None => Change::Release,
        Some(agent) if agent == me => Change::Claim,
        Some(agent) => Change::Assign(agent.clone()),
    };
    let (change, expects) = match change {
        Change::Claim | Change::Steal { .. } => {
            (back_to(&row.owner), Expects::Owner(Some(me.clone())))
        }
        Change::Release => (back_to(&row.owner), Expects::Owner(None)),
        Change::Assign(agent) => (back_to(&row.owner), Expects::Owner(Some(agent.clone()))),
        Change::Status(status) => (Change::Status(row.status), Expects::Status(*status)),
        Change::Tag { add, remove } => {
            let added: BTreeSet<String> = add.difference(&row.tags).cloned().collect();
            let gone: BTreeSet<String> = remove.intersection(&row.tags).cloned().collect();
            let change = Change::Tag {
                add: gone,
                remove: added,
            };
            (change, Expects::Anything)
        }
        Change::Snooze(_) => (Change::Wake, Expects::Anything),
        Change::Note(_) | Change::Wake => return None,
    };
    Some(Undo {
        name: row.name.clone(),
        subject: row.subject.line().as_str().to_owned(),
        change,
        expects,
    })
}

/// Whether what an undo expects is still so.
pub fn still(row: &Row, expects: &Expects) -> bool {
    match expects {
        Expects::Owner(owner) => row.owner == *owner,
        Expects::Status(status) => row.status == *status,
        Expects::Anything => true,
    }
}

/// A change in progress, in one word or two.
pub fn doing(change: &Change) -> &'static str {
    match change {
        Change::Claim => "claiming",
        Change::Release => "releasing",
        Change::Assign(_) => "assigning",
        Change::Steal { .. } => "taking over",
        Change::Status(_) => "saving status",
        Change::Tag { .. } => "saving tags",
        Change::Note(_) => "saving note",
        Change::Snooze(_) => "snoozing",
        Change::Wake => "waking",
    }
}

/// A finished change as the beginning of a sentence that names the object.
pub fn done(change: &Change, object: &str) -> String {
    match change {
        Change::Claim => format!("Claimed {object}."),
        Change::Release => format!("Released {object}; nobody owns it."),
        Change::Assign(agent) => format!("Gave {object} to {agent}."),
        Change::Steal { .. } => format!("Took {object} over."),
        Change::Status(status) => format!("Set {object} to {}.", status.word()),
        Change::Tag { .. } => format!("Changed the tags of {object}."),
        Change::Note(_) => format!("Note saved on {object}; only the team sees it."),
        Change::Snooze(_) => format!("Snoozed {object}."),
        Change::Wake => format!("Woke {object}."),
    }
}

/// A snooze time is in the past once it has come.
pub fn is_snoozed(row: &Row, now: Timestamp) -> bool {
    row.snoozed_until.is_some_and(|until| until > now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{Address, Remote};

    fn row(owner: Option<&str>, tags: &[&str]) -> Row {
        let name = ConversationName::new("a@b");
        Row {
            id: name.id(),
            name,
            subject: Remote::new("Refund"),
            from: Address::new("Mia", "mia@example.net"),
            status: Status::Open,
            owner: owner.map(Agent::new),
            tags: tags.iter().map(|t| (*t).to_owned()).collect(),
            waiting_since: None,
            last_at: Timestamp::UNIX_EPOCH,
            messages: 1,
            unread: 0,
            snoozed_until: None,
            attachments: false,
            bounced: false,
            presence: Vec::new(),
            draft: false,
        }
    }

    fn set(tags: &[&str]) -> BTreeSet<String> {
        tags.iter().map(|t| (*t).to_owned()).collect()
    }

    fn changes() -> Vec<Change> {
        vec![
            Change::Claim,
            Change::Release,
            Change::Assign(Agent::new("ben")),
            Change::Steal {
                reason: "ill".to_owned(),
            },
            Change::Status(Status::Done),
            Change::Tag {
                add: set(&["billing", "new"]),
                remove: set(&["old", "never-there"]),
            },
            Change::Snooze(Timestamp::MAX),
        ]
    }

    #[test]
    fn doing_and_undoing_is_nothing() {
        let me = Agent::new("ana");
        for owner in [None, Some("ana"), Some("ben")] {
            for change in changes() {
                let before = row(owner, &["billing", "old"]);
                let undo = undo_of(&before, &change, &me).unwrap();
                let mut after = before.clone();
                apply(&mut after, &change, &me);
                assert!(still(&after, &undo.expects), "{change:?} of {owner:?}");
                apply(&mut after, &undo.change, &me);
                assert_eq!(after, before, "{change:?} of {owner:?}");
            }
        }
    }

    #[test]
    fn what_is_shown_is_the_truth_and_the_open_changes_in_order() {
        let me = Agent::new("ana");
        let mut ledger = Ledger::default();
        let batch = ledger.begin(false);
        let truth = row(None, &[]);
        for (ticket, change) in [Change::Claim, Change::Release, Change::Claim]
            .into_iter()
            .enumerate()
        {
            let pending = Pending {
                name: truth.name.clone(),
                subject: "Refund".to_owned(),
                undo: undo_of(&truth, &change, &me),
                change,
                batch,
            };
            ledger.add(Ticket(ticket as u64), pending);
        }
        assert_eq!(ledger.shown(&truth, &me).owner, Some(me.clone()));
        assert_eq!(ledger.doing(&truth.name), Some("claiming"));
        ledger.settle(Ticket(2), false);
        assert_eq!(ledger.shown(&truth, &me).owner, None);
        ledger.settle(Ticket(1), true);
        assert_eq!(ledger.shown(&truth, &me).owner, Some(me.clone()));
        let (_, whole) = ledger.settle(Ticket(0), false).unwrap();
        assert_eq!(whole.map(|b| (b.done, b.undo.len())), Some((1, 1)));
        assert_eq!(ledger.shown(&truth, &me).as_ref(), &truth);
        assert_eq!(ledger.settle(Ticket(0), true), None);
        assert_eq!(ledger.pop().map(|undos| undos.len()), Some(1));
    }
}

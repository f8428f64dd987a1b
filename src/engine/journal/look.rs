//! Presence: a hint for the others, outside the chain; it may be missing, late or wrong.
//!
//! Nothing is written while nobody else is around, and at most one mark a minute. A mark is
//! replaced by its author; what a crash leaves behind stops counting by its INTERNALDATE.

use super::super::shared::random;
use super::{Journal, Open};
use crate::clock;
use crate::limits::PRESENCE_REFRESH;
use crate::mail::Remote;
use crate::team::event::{self, Envelope, Event, Seen};
use crate::team::{Act, ConversationName, Grade, ids};
use std::time::{Duration, Instant};

/// Somebody else counts as around for this long after their last event.
const COMPANY: Duration = Duration::from_secs(12 * 3600);

/// The mark this agent has set.
#[derive(Debug, Default)]
pub(super) struct Looking {
    at: Option<(ConversationName, Grade)>,
    since: Option<Instant>,
    marks: Vec<u32>,
    /// What should be told once somebody else is around.
    owed: Option<(ConversationName, Grade)>,
}

impl Journal {
    /// Sets, moves, refreshes or removes the mark.
    pub(super) async fn look(&mut self, at: Option<(ConversationName, Grade)>) {
        let fresh = self
            .looking
            .since
            .is_some_and(|t| clock::monotonic().duration_since(t) < PRESENCE_REFRESH);
        if at == self.looking.at && (fresh || at.is_none()) {
            return;
        }
        if !self.shared.mailbox.presence || self.frozen.is_some() {
            return;
        }
        if !self.has_company() || self.link.is_none() {
            self.looking.owed = at;
            return;
        }
        let before = std::mem::take(&mut self.looking);
        let moved = match (&before.at, &at) {
            (Some((old, _)), Some((new, _))) => old != new,
            (Some(_), None) => true,
            (None, _) => false,
        };
        let mut marks = before.marks;
        if moved && let Some((old, _)) = &before.at {
            marks.extend(self.mark(old, None).await);
        }
        let mut kept = Vec::new();
        if let Some((name, grade)) = &at {
            kept.extend(self.mark(name, Some(*grade)).await);
        }
        // Marks of the conversation that was left stay until the next move, so that a teammate
        // who was away for a moment still hears "gone".
        if at.is_some() {
            self.remove(&marks).await;
        } else {
            kept = marks;
        }
        self.looking = Looking {
            at,
            since: Some(clock::monotonic()),
            marks: kept,
            owed: None,
        };
    }

    /// Tells what could not be told before, when somebody else is around now.
    pub(super) async fn pay_look(&mut self) {
        if self.looking.owed.is_some() && self.has_company() && self.link.is_some() {
            let owed = self.looking.owed.take();
            self.look(owed).await;
        }
    }

    /// Removes every mark at the end.
    pub(super) async fn look_away(&mut self) {
        self.look(None).await;
        let marks = std::mem::take(&mut self.looking.marks);
        self.remove(&marks).await;
    }

    fn has_company(&self) -> bool {
        self.others_at.is_some_and(|at| {
            Duration::try_from(clock::now().duration_since(at)).is_ok_and(|age| age < COMPANY)
        })
    }

    async fn mark(&mut self, name: &ConversationName, grade: Option<Grade>) -> Option<u32> {
        let raw = self.presence(name, grade)?;
        let Some(Open {
            connection,
            folder,
            selected: Some(_),
            ..
        }) = &mut self.link
        else {
            return None;
        };
        match connection.append(folder, &["\\Seen"], &raw).await {
            Ok(appended) => appended.uid,
            Err(error) => {
                if error.cause().is_fatal() {
                    self.link = None; // the next turn reconnects and says so
                }
                None
            }
        }
    }

    fn presence(&self, name: &ConversationName, grade: Option<Grade>) -> Option<Vec<u8>> {
        let now = clock::now();
        let event = Event {
            v: event::VERSION,
            id: ids::event_id(now, random()),
            agent: self.shared.me.clone(),
            key: self.shared.key.fingerprint(),
            seq: 0,
            prev: String::new(),
            seen: Seen::default(),
            conversation: name.clone(),
            epoch: 0,
            act: Act::Presence { grade },
            time: now,
        };
        let envelope = Envelope {
            from_name: &self.shared.config.me.name,
            address: &self.shared.mailbox.address,
            title: &Remote::default(),
            about: None,
        };
        event::encode(&event, &self.shared.key, &envelope).ok()
    }

    async fn remove(&mut self, marks: &[u32]) {
        let Some(Open { connection, .. }) = &mut self.link else {
            return;
        };
        if marks.is_empty() || !connection.capabilities().uidplus() {
            return;
        }
        if let Err(error) = connection.expunge(marks).await {
            tracing::debug!(fatal = error.is_fatal(), "could not remove presence marks");
            if error.is_fatal() {
                self.link = None;
            }
        }
    }
}

//! When an event takes effect, and what it does: the table of PROTOCOL.md section 4, row by row.

use super::conversation::{Conflict, Conversation, Note, Owner, Snooze, StatusSet};
use super::roster::Roster;
use super::slot::{Intent, IntentState, Outside, Override};
use super::{Place, Verdict};
use crate::team::event::VERSION;
use crate::team::{Act, Agent, Event, EventId, Refusal, Status};

/// One trusted event, where it stands, and the team it is judged in.
pub(super) struct Made<'a> {
    pub(super) event: &'a Event,
    pub(super) place: Place,
    pub(super) roster: &'a Roster,
}

type Ruling = Result<(), Refusal>;

impl Conversation {
    /// Judges the event and writes it into the history.
    pub(super) fn fold(&mut self, made: &Made<'_>) -> Verdict {
        let verdict = self.apply(made);
        self.record(made, &verdict);
        verdict
    }

    fn apply(&mut self, made: &Made<'_>) -> Verdict {
        if made.event.v > VERSION {
            return Verdict::Refused(Refusal::NotUnderstood);
        }
        if let Act::Status { value } = made.event.act {
            return self.set_status(made, value);
        }
        match self.judge(made) {
            Ok(()) => Verdict::Effective,
            Err(refusal) => Verdict::Refused(refusal),
        }
    }

    fn judge(&mut self, made: &Made<'_>) -> Ruling {
        match &made.event.act {
            Act::Claim => self.claim(made),
            Act::Release { .. } => self.release(made),
            Act::Assign { to, .. } => self.assign(made, to),
            Act::Steal { .. } => self.steal(made),
            Act::Tag { add, remove } => {
                self.tags.extend(add.iter().cloned());
                self.tags.retain(|tag| !remove.contains(tag));
                Ok(())
            }
            Act::Note { text, mentions } => {
                self.notes.push(Note {
                    event: made.event.id.clone(),
                    agent: made.event.agent.clone(),
                    text: text.clone(),
                    mentions: mentions.clone(),
                    at: made.place.internal,
                });
                Ok(())
            }
            Act::Snooze { until } => {
                self.at_this_epoch(made)?;
                self.snooze = Some(Snooze {
                    event: made.event.id.clone(),
                    by: made.event.agent.clone(),
                    at: made.place.internal,
                    until: *until,
                });
                Ok(())
            }
            Act::Wake { snooze } => self.wake(made, snooze),
            Act::Intent {
                slot,
                hash,
                message_id,
            } => self.intend(made, slot, hash, message_id),
            Act::Sent { .. } | Act::Failed { .. } | Act::Unknown { .. } | Act::Resolved { .. } => {
                self.close(made)
            }
            Act::Override { .. } => self.allow(made),
            Act::Outside { slot, message_id } => self.outside(made, slot, message_id),
            Act::Join { .. } | Act::Presence { .. } | Act::Other => Err(Refusal::NotUnderstood),
            Act::Status { .. } => Ok(()),
        }
    }

    fn claim(&mut self, made: &Made<'_>) -> Ruling {
        if let Some(owner) = &self.owner {
            let owner = owner.agent.clone();
            return Err(Refusal::Owned { owner });
        }
        self.at_this_epoch(made)?;
        self.change_owner(made, Some(&made.event.agent));
        Ok(())
    }

    fn release(&mut self, made: &Made<'_>) -> Ruling {
        if !self.is_owned_by(&made.event.agent) {
            return Err(self.not_owner());
        }
        self.at_this_epoch(made)?;
        self.change_owner(made, None);
        Ok(())
    }

    fn assign(&mut self, made: &Made<'_>, to: &Agent) -> Ruling {
        if self.owner.is_some() && !self.is_owned_by(&made.event.agent) {
            return Err(self.not_owner());
        }
        self.at_this_epoch(made)?;
        if made.roster.member(to).is_none() {
            return Err(Refusal::NoSuchThing);
        }
        self.change_owner(made, Some(to));
        Ok(())
    }

    fn steal(&mut self, made: &Made<'_>) -> Ruling {
        if self.is_owned_by(&made.event.agent) {
            let owner = made.event.agent.clone();
            return Err(Refusal::Owned { owner });
        }
        self.at_this_epoch(made)?;
        if self.owner.is_none() {
            return Err(Refusal::NoSuchThing);
        }
        self.change_owner(made, Some(&made.event.agent));
        Ok(())
    }

    /// Always effective. One whose author had not seen the previous change is a conflict.
    fn set_status(&mut self, made: &Made<'_>, value: Status) -> Verdict {
        let event = made.event;
        let set = StatusSet {
            value,
            by: event.agent.clone(),
            at: made.place.internal,
            uid: made.place.uid,
            uidvalidity: made.place.uidvalidity,
            event: event.id.clone(),
            key: event.key.clone(),
        };
        let seen = (event.seen.uidvalidity, event.seen.uid);
        match self.status.replace(set) {
            Some(replaced) if seen < replaced.place() && replaced.key != event.key => {
                self.conflicts.push(Conflict {
                    event: event.id.clone(),
                    by: event.agent.clone(),
                    replaced,
                });
                Verdict::Conflict
            }
            _ => Verdict::Effective,
        }
    }

    fn wake(&mut self, made: &Made<'_>, snooze: &EventId) -> Ruling {
        if self.snooze.as_ref().is_none_or(|s| s.event != *snooze) {
            return Err(Refusal::NoSuchThing);
        }
        self.at_this_epoch(made)?;
        self.snooze = None;
        Ok(())
    }

    /// Answers and sendings are named before ownership: they are what the author must look at.
    fn intend(&mut self, made: &Made<'_>, slot: &str, hash: &str, message_id: &str) -> Ruling {
        if let Some(refusal) = self.slots.get(slot).and_then(|s| s.blocked()) {
            return Err(refusal);
        }
        let owned = self.is_owned_by(&made.event.agent);
        if self.owner.is_some() && !owned {
            return Err(self.not_owner());
        }
        self.at_this_epoch(made)?;
        if !owned {
            self.change_owner(made, Some(&made.event.agent));
        }
        let slot = self.slots.entry(slot.to_owned()).or_default();
        slot.intents.push(Intent {
            id: made.event.id.clone(),
            agent: made.event.agent.clone(),
            state: IntentState::Open,
            message_id: message_id.to_owned(),
            hash: hash.to_owned(),
            at: made.place.internal,
        });
        Ok(())
    }

    /// `sent` and a `resolved` that found the mail come from anybody; that a mail did not leave
    /// is only for its author to say, or for a person once its author gave up knowing.
    fn close(&mut self, made: &Made<'_>) -> Ruling {
        let (id, next) = match &made.event.act {
            Act::Sent { intent } => (intent, IntentState::Sent),
            Act::Failed { intent, .. } => (intent, IntentState::Failed),
            Act::Unknown { intent } => (intent, IntentState::Unknown),
            Act::Resolved { intent, sent } => (intent, IntentState::Resolved { sent: *sent }),
            _ => return Err(Refusal::NotUnderstood),
        };
        let mut intents = self.slots.values_mut().flat_map(|s| &mut s.intents);
        let intent = intents.find(|i| i.id == *id).ok_or(Refusal::NoSuchThing)?;
        let own = intent.agent == made.event.agent;
        let allowed = match (intent.state, next) {
            (IntentState::Open | IntentState::Unknown, next) if next.is_sent() => true,
            (IntentState::Unknown, IntentState::Resolved { .. }) => true,
            (IntentState::Open, _) => own,
            _ => false,
        };
        if !allowed {
            return Err(Refusal::NoSuchThing);
        }
        intent.state = next;
        intent.at = made.place.internal;
        Ok(())
    }

    fn allow(&mut self, made: &Made<'_>) -> Ruling {
        let Act::Override { slot, over, reason } = &made.event.act else {
            return Err(Refusal::NotUnderstood);
        };
        let slot = self.slots.entry(slot.clone()).or_default();
        slot.overrides.push(Override {
            event: made.event.id.clone(),
            agent: made.event.agent.clone(),
            over: over.iter().cloned().collect(),
            reason: reason.clone(),
        });
        Ok(())
    }

    /// Counted once, however many clients notice it; what an intent announced is not outside.
    fn outside(&mut self, made: &Made<'_>, slot: &str, message_id: &str) -> Ruling {
        let known = self.slots.values().any(|s| {
            s.intents.iter().any(|i| i.message_id == message_id)
                || s.outside.iter().any(|o| o.message_id == message_id)
        });
        if known {
            return Err(Refusal::Duplicate);
        }
        let slot = self.slots.entry(slot.to_owned()).or_default();
        slot.outside.push(Outside {
            message_id: message_id.to_owned(),
            noticed_by: made.event.agent.clone(),
            at: made.place.internal,
        });
        Ok(())
    }

    fn at_this_epoch(&self, made: &Made<'_>) -> Ruling {
        if made.event.epoch == self.epoch {
            Ok(())
        } else {
            Err(Refusal::Stale)
        }
    }

    fn is_owned_by(&self, agent: &Agent) -> bool {
        self.owner.as_ref().is_some_and(|o| o.agent == *agent)
    }

    fn not_owner(&self) -> Refusal {
        Refusal::NotOwner {
            owner: self.owner.as_ref().map(|o| o.agent.clone()),
        }
    }

    fn change_owner(&mut self, made: &Made<'_>, to: Option<&Agent>) {
        self.owner = to.map(|agent| Owner {
            agent: agent.clone(),
            since: made.place.internal,
            by_event: made.event.id.clone(),
        });
        self.epoch = self.epoch.saturating_add(1);
    }
}

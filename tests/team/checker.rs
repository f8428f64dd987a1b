//! A second judge over ownership, epochs and sending, written from the table of PROTOCOL.md
//! section 4 alone. It keeps nothing but the list of events that took effect and answers every
//! question by reading that list again from its start: slow, short, and unlike the fold.

use postroom::team::{Act, Agent, ConversationName, Event};
use std::collections::BTreeSet;

/// One message of a journal: an event, and whether its signature is right.
#[derive(Debug, Clone)]
pub struct Line {
    pub event: Event,
    pub signed: bool,
}

/// What the checker holds true after a journal.
#[derive(Default)]
pub struct Checker {
    members: BTreeSet<Agent>,
    seen: BTreeSet<String>,
    effective: Vec<Event>,
}

/// How an intent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    Open,
    Left,
    NotLeft,
    Doubt,
}

impl Checker {
    /// Members are agents whose `join` stands at the journal's start.
    pub fn new(members: impl IntoIterator<Item = Agent>) -> Self {
        Self {
            members: members.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Whether the next line of the journal takes effect.
    pub fn read(&mut self, line: &Line) -> bool {
        let event = &line.event;
        let member = line.signed && self.members.contains(&event.agent);
        if !member || !self.seen.insert(event.id.as_str().to_owned()) {
            return false;
        }
        let effective = self.takes_effect(event);
        if effective {
            self.effective.push(event.clone());
        }
        effective
    }

    /// Who owns the conversation, and how often that changed.
    pub fn owner<'a>(&'a self, conversation: &'a ConversationName) -> (Option<&'a Agent>, u64) {
        let mut now = (None, 0);
        for event in self.about(conversation) {
            let next = match &event.act {
                Act::Claim | Act::Steal { .. } => Some(&event.agent),
                Act::Assign { to, .. } => Some(to),
                Act::Release { .. } => None,
                Act::Intent { .. } if now.0.is_none() => Some(&event.agent),
                _ => continue,
            };
            now = (next, now.1 + 1);
        }
        now
    }

    /// The effective intents for a slot with how they stand.
    pub fn intents<'a>(
        &'a self,
        conversation: &'a ConversationName,
        slot: &str,
    ) -> Vec<(&'a Event, Stand)> {
        let for_slot = |e: &&Event| matches!(&e.act, Act::Intent { slot: s, .. } if s == slot);
        let intents = self.about(conversation).filter(for_slot);
        intents.map(|e| (e, self.stand(e))).collect()
    }

    fn about<'a>(&'a self, conversation: &'a ConversationName) -> impl Iterator<Item = &'a Event> {
        let events = self.effective.iter();
        events.filter(move |e| e.conversation == *conversation)
    }

    fn stand(&self, of: &Event) -> Stand {
        let mut stand = Stand::Open;
        for event in self.about(&of.conversation) {
            stand = match &event.act {
                Act::Sent { intent } if *intent == of.id => Stand::Left,
                Act::Failed { intent, .. } if *intent == of.id => Stand::NotLeft,
                Act::Unknown { intent } if *intent == of.id => Stand::Doubt,
                Act::Resolved { intent, sent } if *intent == of.id => match sent {
                    true => Stand::Left,
                    false => Stand::NotLeft,
                },
                _ => stand,
            };
        }
        stand
    }

    fn takes_effect(&self, event: &Event) -> bool {
        let me = &event.agent;
        let (owner, epoch) = self.owner(&event.conversation);
        let current = event.epoch == epoch;
        match &event.act {
            Act::Claim => owner.is_none() && current,
            Act::Release { .. } => owner == Some(me) && current,
            Act::Assign { to, .. } => {
                owner.is_none_or(|o| o == me) && current && self.members.contains(to)
            }
            Act::Steal { .. } => owner.is_some_and(|o| o != me) && current,
            Act::Status { .. } | Act::Tag { .. } | Act::Note { .. } | Act::Override { .. } => true,
            Act::Snooze { .. } => current,
            Act::Wake { .. } => current && self.last_snooze(event),
            Act::Intent { slot, .. } => {
                owner.is_none_or(|o| o == me) && current && !self.is_taken(event, slot)
            }
            Act::Sent { intent } | Act::Resolved { intent, sent: true } => {
                let stand = self.stand_of(event, intent.as_str(), None);
                matches!(stand, Some(Stand::Open | Stand::Doubt))
            }
            Act::Resolved { intent, .. } => {
                self.stand_of(event, intent.as_str(), Some(me)) == Some(Stand::Open)
                    || self.stand_of(event, intent.as_str(), None) == Some(Stand::Doubt)
            }
            Act::Failed { intent, .. } | Act::Unknown { intent } => {
                self.stand_of(event, intent.as_str(), Some(me)) == Some(Stand::Open)
            }
            Act::Outside { message_id, .. } => self.about(&event.conversation).all(|e| {
                !matches!(&e.act, Act::Outside { message_id: m, .. }
                    | Act::Intent { message_id: m, .. } if m == message_id)
            }),
            Act::Join { .. } | Act::Presence { .. } | Act::Other => false,
        }
    }

    fn last_snooze(&self, wake: &Event) -> bool {
        let Act::Wake { snooze } = &wake.act else {
            return false;
        };
        let turns = |e: &&Event| matches!(e.act, Act::Snooze { .. } | Act::Wake { .. });
        let last = self.about(&wake.conversation).filter(turns).last();
        last.is_some_and(|e| matches!(e.act, Act::Snooze { .. }) && e.id == *snooze)
    }

    /// Whether the slot has an answer, or may have one, that no override has named.
    fn is_taken(&self, event: &Event, slot: &str) -> bool {
        let named: BTreeSet<&str> = self
            .about(&event.conversation)
            .filter_map(|e| match &e.act {
                Act::Override { slot: s, over, .. } if s == slot => Some(over),
                _ => None,
            })
            .flatten()
            .map(String::as_str)
            .collect();
        let by_intent = self
            .intents(&event.conversation, slot)
            .into_iter()
            .any(|(e, stand)| {
                let Act::Intent { message_id, .. } = &e.act else {
                    return false;
                };
                stand != Stand::NotLeft
                    && !named.contains(e.id.as_str())
                    && !named.contains(message_id.as_str())
            });
        let by_outside = self.about(&event.conversation).any(|e| {
            matches!(&e.act, Act::Outside { slot: s, message_id }
                if s == slot && !named.contains(message_id.as_str()))
        });
        by_intent || by_outside
    }

    fn stand_of(&self, event: &Event, intent: &str, author: Option<&Agent>) -> Option<Stand> {
        self.about(&event.conversation)
            .filter(|e| matches!(e.act, Act::Intent { .. }))
            .filter(|e| author.is_none_or(|a| e.agent == *a))
            .find(|e| e.id.as_str() == intent)
            .map(|e| self.stand(e))
    }
}

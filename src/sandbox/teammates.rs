//! Two colleagues who work in the demo's mailbox while you do.
//!
//! Ben and Beatriz follow a script for two minutes and react to you: when you write an answer, Ben
//! answers the same mail before you (once), and Beatriz claims one that you only look at (once).
//! They have keys of their own and act as every client does: signed events in the journal, judged
//! by the fold, mail through SMTP, a copy in Sent. They only save the way over the socket. What
//! the fold refuses, because you were first, they leave alone.

mod colleague;
mod script;

#[cfg(test)]
mod tests;

use super::history::HistoryError;
use super::seed::Conversation;
use super::smtp::Sink;
use super::store::Store;
use crate::clock;
use crate::team::{Act, Agent, ConversationName, Event, Grade, Status};
use colleague::{Crew, Topic};
use script::{Script, Verb};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tokio::select;

/// How fast the script runs: the length of one of its seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace(pub Duration);

impl Default for Pace {
    fn default() -> Self {
        Self(Duration::from_secs(1))
    }
}

/// After this many seconds of your writing Ben starts to write, too.
const BEN_NOTICES: u64 = 4;
/// And after this many he has answered.
const BEN_ANSWERS: u64 = 28;
/// After this many seconds of your reading Beatriz claims it.
const BEA_CLAIMS: u64 = 7;

/// The script, what was added to it, and what is known of you.
pub(super) struct Teammates {
    crew: Crew,
    script: Script,
    topics: BTreeMap<String, Topic>,
    pace: Pace,
    agenda: BTreeMap<(Instant, usize), Task>,
    planned: usize,
    /// What somebody who is not of the script looks at.
    watched: BTreeMap<Agent, ConversationName>,
    /// All that such people have opened.
    opened: BTreeSet<ConversationName>,
    raced: bool,
    snatched: bool,
}

/// Something to do at its time.
enum Task {
    /// A line of the script.
    Beat(usize),
    /// Ben starts to write on what you write on.
    Approach(ConversationName),
    /// And answers it.
    Race(ConversationName),
    /// Beatriz claims what you look at.
    Snatch(ConversationName),
}

impl Teammates {
    /// Gets ready: reads the script, and joins the team where that has not happened.
    pub(super) fn new(
        store: Store,
        sink: Sink,
        address: &str,
        conversations: &[Conversation],
        pace: Pace,
    ) -> Result<Self, HistoryError> {
        let script = Script::load().map_err(super::seed::SeedError::from)?;
        let topics = conversations.iter().map(|conversation| {
            let topic = Topic::new(&conversation.root, &conversation.subject);
            (conversation.subject.clone(), topic)
        });
        let mut teammates = Self {
            crew: Crew::join(store, sink, address)?,
            topics: topics.collect(),
            pace,
            agenda: BTreeMap::new(),
            planned: 0,
            watched: BTreeMap::new(),
            opened: BTreeSet::new(),
            raced: false,
            snatched: false,
            script,
        };
        let seconds: Vec<u64> = teammates.script.beat.iter().map(|beat| beat.at).collect();
        for (number, at) in seconds.into_iter().enumerate() {
            teammates.plan(at, Task::Beat(number));
        }
        Ok(teammates)
    }

    /// Works until it is dropped.
    pub(super) async fn run(mut self) {
        let mut changes = self.crew.store.changes();
        loop {
            if let Err(error) = self.turn() {
                // The script is not worth a demo: the mailbox stays as it is and they go home.
                tracing::warn!(%error, "a teammate of the demo could not act");
                return;
            }
            let next = self.agenda.keys().next().map(|(at, _)| *at);
            let wait = async {
                match next {
                    Some(at) => clock::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            select! {
                () = wait => {}
                changed = changes.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Sees what is new and does what is due.
    fn turn(&mut self) -> Result<(), HistoryError> {
        for event in self.crew.read()? {
            self.notice(&event);
        }
        while let Some(entry) = self.agenda.first_entry() {
            if entry.key().0 > clock::monotonic() {
                break;
            }
            let task = entry.remove();
            self.perform(task)?;
        }
        Ok(())
    }

    /// Looks at an act of somebody who is not of the script.
    fn notice(&mut self, event: &Event) {
        let Act::Presence { grade } = event.act else {
            return;
        };
        if self.crew.knows(&event.agent) {
            return;
        }
        let name = event.conversation.clone();
        let Some(grade) = grade else {
            self.watched.remove(&event.agent);
            return;
        };
        self.watched.insert(event.agent.clone(), name.clone());
        let first = self.opened.insert(name.clone());
        if grade == Grade::Writing && !self.raced {
            self.raced = true;
            self.plan(BEN_NOTICES, Task::Approach(name.clone()));
            self.plan(BEN_ANSWERS, Task::Race(name));
        } else if grade == Grade::Reading && first && self.opened.len() > 1 && !self.snatched {
            self.plan(BEA_CLAIMS, Task::Snatch(name));
        }
    }

    fn perform(&mut self, task: Task) -> Result<(), HistoryError> {
        match task {
            Task::Beat(number) => self.beat(number),
            Task::Approach(name) => {
                let topic = self.crew.topic(&name)?;
                self.crew.look("ben", &topic, Some(Grade::Writing))
            }
            Task::Race(name) => {
                let topic = self.crew.topic(&name)?;
                let text = self.script.answer(topic.title.raw()).to_owned();
                if self.crew.take("ben", &topic, "they rang me about it")? {
                    let status = Some(Status::Waiting);
                    self.crew.reply("ben", &topic, &text, status)?;
                }
                self.crew.look("ben", &topic, None)
            }
            Task::Snatch(name) => {
                let still = self.watched.values().any(|watched| *watched == name);
                if self.snatched || !still || self.crew.owner(&name).is_some() {
                    return Ok(());
                }
                self.snatched = true;
                let topic = self.crew.topic(&name)?;
                self.crew.act("bea", &topic, Act::Claim)?;
                self.crew.look("bea", &topic, Some(Grade::Reading))
            }
        }
    }

    fn beat(&mut self, number: usize) -> Result<(), HistoryError> {
        let Some(beat) = self.script.beat.get(number).cloned() else {
            return Ok(());
        };
        if beat.act == Verb::Arrive {
            let topic = self.topics.get(&beat.on);
            let topic = self.crew.arrive(&beat, topic)?;
            self.topics.entry(beat.on).or_insert(topic);
            return Ok(());
        }
        let Some(topic) = self.topics.get(&beat.on).cloned() else {
            return Ok(());
        };
        self.crew.play(&beat, &topic)
    }

    fn plan(&mut self, seconds: u64, task: Task) {
        let wait = self
            .pace
            .0
            .saturating_mul(u32::try_from(seconds).unwrap_or(u32::MAX));
        let at = clock::monotonic() + wait;
        self.planned += 1;
        self.agenda.insert((at, self.planned), task);
    }
}

//! What the team did before the demo starts: real signed events in a real journal.
//!
//! Every act is judged by the fold as it is written, so the journal holds only what the table of
//! PROTOCOL.md section 4 lets happen; the server's date of each is in the past.

use super::dice::Dice;
use super::seed::{Conversation, Reply, SeedError};
use super::store::{Store, StoreError};
use crate::clock::Timestamp;
use crate::mail::Remote;
use crate::team::event::{self, Envelope, Event, EventError};
use crate::team::fold::Verdict;
use crate::team::sign::Key;
use crate::team::{
    Act, Agent, ConversationName, EventId, Place, Refusal, Status, Team, ids, keywords,
};
use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Where the team's events are.
pub const JOURNAL: &str = "Postroom/Journal";

/// A member of the demo's team, with a key of their own. The key is fixed, so that the same `now`
/// gives the same journal; it guards nothing but the demo.
pub struct Member {
    /// Nick.
    pub agent: Agent,
    /// Display name.
    pub name: &'static str,
    /// Own address.
    pub address: String,
    key: Key,
    seq: u64,
    last: String,
}

/// A journal and its fold, for those who write to it.
pub struct Journal {
    store: Store,
    /// The mailbox's own address.
    address: String,
    /// The state of the team so far.
    pub team: Team,
    upto: u32,
    dice: Dice,
}

/// An event in the journal.
#[derive(Debug, Clone)]
pub struct Written {
    /// The event.
    pub event: Event,
    /// What the fold says.
    pub verdict: Verdict,
    /// Its UID.
    pub uid: u32,
}

/// Why an event was not written.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The event has no valid form.
    #[error("an event of the demo cannot be written")]
    Event(#[from] EventError),
    /// The store did not take it.
    #[error("the demo's journal could not be written")]
    Store(#[from] StoreError),
    /// The mail it is about is not there.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// The fold did not let it take effect.
    #[error("an act of {0} in the demo has no effect: {1:?}")]
    Refused(Agent, Refusal),
}

/// One act to come.
struct Deed {
    at: Timestamp,
    by: String,
    name: ConversationName,
    title: Remote,
    act: Act,
}

impl Member {
    /// One of `ana`, `ben` and `bea`.
    pub fn new(nick: &str) -> Self {
        let name = match nick {
            "ana" => "Ana Ruiz",
            "ben" => "Ben Adeyemi",
            _ => "Beatriz Lima",
        };
        let seed = Sha256::digest(format!("postroom demo {nick}"));
        Self {
            agent: Agent::new(nick),
            name,
            address: format!("{nick}@acme.example"),
            key: Key::from_seed(seed.into()),
            seq: 0,
            last: String::new(),
        }
    }

    /// The event that puts them on the roster.
    pub fn join(&self) -> Act {
        Act::Join {
            name: Remote::new(self.name),
            address: Remote::new(self.address.clone()),
            public_key: self.key.public().to_base64(),
        }
    }

    /// Takes up the chain of this key where the journal has it.
    pub fn resume(&mut self, team: &Team) {
        let fingerprint = self.key.fingerprint();
        let known = team.agent(&self.agent).and_then(|m| m.key(&fingerprint));
        if let Some(known) = known {
            self.seq = known.seq;
            self.last.clone_from(&known.last);
        }
    }
}

impl Journal {
    /// Opens the journal of a store, and makes the folder when there is none.
    pub fn open(store: Store, address: &str) -> Result<Self, StoreError> {
        match store.create(JOURNAL) {
            Ok(()) | Err(StoreError::Exists(_)) => {}
            Err(error) => return Err(error),
        }
        Ok(Self {
            store,
            address: address.to_owned(),
            team: Team::new(),
            upto: 0,
            // Ids differ from those of whoever opened the journal at another length.
            dice: Dice::new(0x7072_6f74_6f63_6f6c),
        })
    }

    /// Folds what is new; returns the acts of everybody, in order.
    pub fn read(&mut self) -> Result<Vec<Event>, StoreError> {
        let upto = self.upto;
        let (validity, fresh) = self.store.read(|mail| {
            let folder = mail.folder(JOURNAL)?;
            let fresh = folder.after(upto).map(|m| (m.uid, m.date, m.bytes.clone()));
            Ok::<_, StoreError>((folder.validity, fresh.collect::<Vec<_>>()))
        })?;
        let mut events = Vec::new();
        for (uid, internal, bytes) in fresh {
            self.upto = uid;
            let place = Place {
                uidvalidity: validity,
                uid,
                internal,
            };
            let incoming = event::decode(&bytes);
            self.team.apply(place, &incoming);
            events.extend(incoming.map(|incoming| incoming.event));
        }
        Ok(events)
    }

    /// Appends an act by a member, folds up to it and says what became of it.
    /// `at` is the wall time it carries, and the date of its message when `dated`.
    pub fn write(
        &mut self,
        by: &mut Member,
        about: (&ConversationName, &Remote),
        act: Act,
        at: Timestamp,
        dated: bool,
    ) -> Result<Written, HistoryError> {
        self.read()?;
        let (name, title) = about;
        let ephemeral = matches!(act, Act::Presence { .. });
        let mut random = [0; 10];
        let rolls = [self.dice.roll(), self.dice.roll() ^ u64::from(self.upto)];
        let bytes = rolls.iter().flat_map(|roll| roll.to_be_bytes());
        random
            .iter_mut()
            .zip(bytes)
            .for_each(|(to, from)| *to = from);
        let event = Event {
            v: event::VERSION,
            id: ids::event_id(at, random),
            agent: by.agent.clone(),
            key: by.key.fingerprint(),
            seq: if ephemeral { 0 } else { by.seq + 1 },
            prev: if ephemeral {
                String::new()
            } else {
                by.last.clone()
            },
            seen: self.team.position(),
            conversation: name.clone(),
            epoch: self.team.conversation(name).map_or(0, |c| c.epoch),
            act,
            time: at,
        };
        let envelope = Envelope {
            from_name: by.name,
            address: &self.address,
            title,
            about: name.as_str().contains('@').then_some(name.as_str()),
        };
        let bytes = event::encode(&event, &by.key, &envelope)?;
        if !ephemeral {
            by.seq = event.seq;
            by.last = event.hash()?;
        }
        let date = dated.then_some(at);
        let place = self.store.append(JOURNAL, &["\\Seen"], date, bytes)?;
        self.read()?;
        let entry = self
            .team
            .conversation(name)
            .and_then(|c| c.entry(&event.id));
        let verdict = entry.map_or(Verdict::Effective, |entry| match &entry.refusal {
            Some(refusal) => Verdict::Refused(refusal.clone()),
            None => Verdict::Effective,
        });
        Ok(Written {
            event,
            verdict,
            uid: place.uid,
        })
    }
}

/// Writes the journal that led to `conversations`, and mirrors it in keywords.
pub fn write(
    store: &Store,
    conversations: &[Conversation],
    now: Timestamp,
    address: &str,
) -> Result<(), HistoryError> {
    let mut journal = Journal::open(store.clone(), address)?;
    let mut members = BTreeMap::new();
    let founded = conversations.iter().map(|c| c.opened).min().unwrap_or(now);
    for (hours, nick) in [(72, "ana"), (71, "ben"), (70, "bea")] {
        let mut member = Member::new(nick);
        let about = (&ConversationName::team(), &Remote::new("Team"));
        let at = before(founded, SignedDuration::from_hours(hours));
        let join = member.join();
        journal.write(&mut member, about, join, at, true)?;
        members.insert(nick.to_owned(), member);
    }
    let mut deeds: Vec<Deed> = conversations
        .iter()
        .flat_map(|conversation| deeds(conversation, now))
        .collect();
    deeds.sort_by_key(|deed| deed.at);
    let mut intents = BTreeMap::new();
    for mut deed in deeds {
        let Some(member) = members.get_mut(&deed.by) else {
            continue;
        };
        // A `sent` names the intent before it, whose id is only known now.
        if let (Act::Sent { intent }, Some(known)) = (&mut deed.act, intents.get(&deed.name)) {
            intent.clone_from(known);
        }
        let about = (&deed.name, &deed.title);
        let written = journal.write(member, about, deed.act, deed.at, true)?;
        let event = written.event;
        if let Verdict::Refused(refusal) = written.verdict {
            return Err(HistoryError::Refused(event.agent, refusal));
        }
        if matches!(event.act, Act::Intent { .. }) {
            intents.insert(event.conversation, event.id);
        }
    }
    mirror_all(store, &journal.team, conversations)?;
    Ok(())
}

/// The acts of one conversation while they are gathered.
struct Plan {
    name: ConversationName,
    title: Remote,
    now: Timestamp,
    deeds: Vec<Deed>,
}

/// What was done to one conversation, without ids that are not known yet.
fn deeds(conversation: &Conversation, now: Timestamp) -> Vec<Deed> {
    let mut plan = Plan {
        name: ConversationName::new(conversation.root.clone()),
        title: Remote::new(conversation.subject.clone()),
        now,
        deeds: Vec::new(),
    };
    let mins = SignedDuration::from_mins;
    let sorter = conversation.owner.as_deref().unwrap_or("bea");
    if !conversation.tags.is_empty() {
        let tag = Act::Tag {
            add: conversation.tags.iter().cloned().collect(),
            remove: BTreeSet::new(),
        };
        plan.add(conversation.opened + mins(1), sorter, tag);
    }
    let mut owner = None;
    for reply in &conversation.replies {
        plan.hand_over(before(reply.at, mins(9)), &mut owner, &reply.by);
        plan.reply(reply);
    }
    for note in &conversation.notes {
        let text = Act::Note {
            text: Remote::new(note.text.clone()),
            mentions: Vec::new(),
        };
        plan.add(note.at, &note.by, text);
    }
    let away = matches!(conversation.status, Some(Status::Done | Status::Spam));
    match &conversation.owner {
        // Spam and notices are put away without being owned.
        Some(wanted) if owner.is_some() || !away => {
            plan.hand_over(conversation.last + mins(3), &mut owner, wanted);
        }
        Some(_) => {}
        None => {
            let release = Act::Release {
                reason: Remote::default(),
            };
            let last = conversation.replies.last();
            let last = last.map(|reply| (reply.at + mins(5), reply.by.as_str()));
            if let Some((at, by)) = last {
                plan.add(at, by, release);
            }
        }
    }
    let set = conversation.status;
    if let Some(value) = set.filter(|s| !matches!(s, Status::New | Status::Open)) {
        let last_reply = conversation.replies.last().map(|reply| reply.at);
        let waits = last_reply.filter(|_| value == Status::Waiting);
        let at = waits.unwrap_or(conversation.last + mins(4));
        plan.add(
            at + SignedDuration::from_secs(2),
            sorter,
            Act::Status { value },
        );
    }
    plan.deeds
}

impl Plan {
    fn add(&mut self, at: Timestamp, by: &str, act: Act) {
        self.deeds.push(Deed {
            at: at.min(self.now),
            by: by.to_owned(),
            name: self.name.clone(),
            title: self.title.clone(),
            act,
        });
    }

    /// Makes `to` the owner, when somebody else or nobody is.
    fn hand_over<'a>(&mut self, at: Timestamp, owner: &mut Option<&'a str>, to: &'a str) {
        match owner.replace(to) {
            Some(old) if old == to => {}
            None => self.add(at, to, Act::Claim),
            Some(old) => {
                let (to, reason) = (Agent::new(to), Remote::new("shift change"));
                self.add(at, old, Act::Assign { to, reason });
            }
        }
    }

    fn reply(&mut self, reply: &Reply) {
        let intent = Act::Intent {
            slot: reply.slot.clone(),
            hash: reply.hash.clone(),
            message_id: reply.message_id.clone(),
        };
        let hold = SignedDuration::from_secs(11);
        self.add(before(reply.at, hold), &reply.by, intent);
        let intent = EventId::new("");
        self.add(reply.at, &reply.by, Act::Sent { intent });
    }
}

fn before(at: Timestamp, time: SignedDuration) -> Timestamp {
    at.checked_sub(time).unwrap_or(at)
}

fn mirror_all(
    store: &Store,
    team: &Team,
    conversations: &[Conversation],
) -> Result<(), StoreError> {
    let by_name: BTreeMap<&str, &Conversation> = conversations
        .iter()
        .map(|conversation| (conversation.root.as_str(), conversation))
        .collect();
    let names = keywords::Names::default();
    let mut known = BTreeSet::new();
    for message in store.messages("INBOX")? {
        let parsed = crate::mail::parse::headers(&message.bytes);
        let own = parsed.references.first().or(parsed.message_id.as_ref());
        let Some(seeded) = own.and_then(|id| by_name.get(id.as_str())) else {
            continue;
        };
        let state = team.conversation(&ConversationName::new(seeded.root.clone()));
        let set = seeded
            .status
            .unwrap_or(match state.is_some_and(|c| c.owner.is_some()) {
                true => Status::Open,
                false => Status::New,
            });
        let wanted = keywords::wanted(state, set, &names, &known);
        let words: Vec<&str> = wanted.iter().map(String::as_str).collect();
        store.flag("INBOX", message.uid, &words, &[])?;
        known.extend(wanted);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{parse, thread};
    use crate::sandbox::seed;
    use std::sync::OnceLock;

    const ADDRESS: &str = "support@acme.example";

    fn make() -> (Store, Vec<Conversation>) {
        let now = "2026-11-23T14:06:00Z".parse().unwrap();
        let store = Store::new();
        let conversations = seed::fill(&store, now, ADDRESS).unwrap();
        write(&store, &conversations, now, ADDRESS).unwrap();
        (store, conversations)
    }

    /// Made once, and only looked at.
    fn seeded() -> (Store, Vec<Conversation>) {
        static SEEDED: OnceLock<(Store, Vec<Conversation>)> = OnceLock::new();
        SEEDED.get_or_init(make).clone()
    }

    #[test]
    fn the_fold_of_the_journal_is_what_the_script_says() {
        let (store, conversations) = seeded();
        let mut journal = Journal::open(store.clone(), ADDRESS).unwrap();
        let events = journal.read().unwrap();
        assert!(events.len() > 900, "{}", events.len());
        assert_eq!(journal.team.strangers().1, 0);
        let mut owned = 0;
        for told in &conversations {
            let name = ConversationName::new(told.root.clone());
            let Some(state) = journal.team.conversation(&name) else {
                assert!(told.tags.is_empty() && told.status.is_none(), "{told:?}");
                continue;
            };
            assert!(state.conflicts.is_empty());
            let tags: Vec<_> = told
                .tags
                .iter()
                .cloned()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect();
            assert!(state.tags.iter().eq(&tags), "{told:?}");
            let owner = state.owner.as_ref().map(|owner| owner.agent.as_str());
            assert!(
                owner.is_none() || owner == told.owner.as_deref(),
                "{told:?}"
            );
            owned += usize::from(owner.is_some());
            let status = state.status.as_ref().map(|status| status.value);
            assert_eq!(
                status,
                told.status.filter(|s| *s != Status::Open),
                "{told:?}"
            );
        }
        assert!(owned > 100, "{owned}");
    }

    #[test]
    fn the_journal_is_in_order_and_the_same_every_time() {
        let journal = |(store, _): (Store, Vec<Conversation>)| -> Vec<_> {
            let messages = store.messages(JOURNAL).unwrap();
            messages.into_iter().map(|m| (m.date, m.bytes)).collect()
        };
        let first = journal(seeded());
        assert!(first.is_sorted_by_key(|(date, _)| *date));
        assert_eq!(first, journal(make()));
    }

    #[test]
    fn roots_are_the_names_that_threading_finds() {
        let (store, conversations) = seeded();
        let roots: BTreeSet<&str> = conversations.iter().map(|c| c.root.as_str()).collect();
        for folder in ["INBOX", "Sent"] {
            for message in store.messages(folder).unwrap() {
                let parsed = parse::parse(&message.bytes);
                let name = thread::conversation_name(&parsed, "");
                assert!(roots.contains(name.as_str()), "{name:?}");
            }
        }
    }

    #[test]
    fn keywords_mirror_the_fold() {
        let (store, conversations) = seeded();
        let inbox = store.messages("INBOX").unwrap();
        for told in &conversations {
            let root = |m: &&crate::sandbox::store::Message| {
                let text = String::from_utf8_lossy(&m.bytes).into_owned();
                text.contains(&format!("Message-ID: <{}>", told.root))
            };
            let message = inbox.iter().find(root).unwrap();
            assert_eq!(
                message.has("$pr-done"),
                told.status == Some(Status::Done),
                "{told:?}"
            );
            assert_eq!(
                message.has("$pr-wait"),
                told.status == Some(Status::Waiting),
                "{told:?}"
            );
        }
    }
}

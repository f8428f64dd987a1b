//! What a teammate can do: the same acts as everybody, one after the other.

use super::script::{Beat, Verb};
use crate::clock::{self, Timestamp};
use crate::mail::{Message, Remote, parse, thread};
use crate::sandbox::history::{HistoryError, JOURNAL, Journal, Member};
use crate::sandbox::letter::{Letter, Person, quoted};
use crate::sandbox::smtp::Sink;
use crate::sandbox::store::Store;
use crate::team::fold::Verdict;
use crate::team::{Act, Agent, ConversationName, Event, EventId, Grade, Status, keywords, policy};
use jiff::tz::Offset;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// A conversation by its name and title.
#[derive(Debug, Clone)]
pub(super) struct Topic {
    pub(super) name: ConversationName,
    pub(super) title: Remote,
}

/// Ben and Beatriz with what they work with.
pub(super) struct Crew {
    pub(super) store: Store,
    sink: Sink,
    address: String,
    journal: Journal,
    members: BTreeMap<&'static str, Member>,
    /// Their presence marks by nick: conversation and UID.
    marks: BTreeMap<String, (ConversationName, u32)>,
    letters: u64,
}

/// A mail of a conversation.
struct Inbound {
    uid: u32,
    message: Message,
    arrived: Timestamp,
}

const SIGNATURE: &str = "\n\n-- \nAcme Support, order desk\nhttps://acme.example";

impl Topic {
    pub(super) fn new(root: &str, subject: &str) -> Self {
        Self {
            name: ConversationName::new(root),
            title: Remote::new(subject),
        }
    }
}

impl Crew {
    /// Takes up their keys; those the journal does not know yet join.
    pub(super) fn join(store: Store, sink: Sink, address: &str) -> Result<Self, HistoryError> {
        let mut crew = Self {
            journal: Journal::open(store.clone(), address)?,
            store,
            sink,
            address: address.to_owned(),
            members: BTreeMap::new(),
            marks: BTreeMap::new(),
            letters: 0,
        };
        crew.journal.read()?;
        for nick in ["ben", "bea"] {
            let mut member = Member::new(nick);
            if crew.journal.team.agent(&member.agent).is_none() {
                let about = (&ConversationName::team(), &Remote::new("Team"));
                let join = member.join();
                crew.journal
                    .write(&mut member, about, join, clock::now(), false)?;
            }
            member.resume(&crew.journal.team);
            crew.members.insert(nick, member);
        }
        Ok(crew)
    }

    /// What others did since the last look.
    pub(super) fn read(&mut self) -> Result<Vec<Event>, HistoryError> {
        Ok(self.journal.read()?)
    }

    /// Whether this is one of them.
    pub(super) fn knows(&self, agent: &Agent) -> bool {
        self.members.contains_key(agent.as_str())
    }

    /// Who owns a conversation.
    pub(super) fn owner(&self, name: &ConversationName) -> Option<&Agent> {
        let conversation = self.journal.team.conversation(name)?;
        conversation.owner.as_ref().map(|owner| &owner.agent)
    }

    /// A conversation somebody else brought up, with its title from the mail.
    pub(super) fn topic(&self, name: &ConversationName) -> Result<Topic, HistoryError> {
        let first = self.inbound(name)?.into_iter().next();
        let title = first.map(|mail| mail.message.subject).unwrap_or_default();
        Ok(Topic {
            name: name.clone(),
            title,
        })
    }

    /// Does a line of the script, as far as the others let it happen.
    pub(super) fn play(&mut self, beat: &Beat, topic: &Topic) -> Result<(), HistoryError> {
        let who = beat.who.as_str();
        match beat.act {
            Verb::Read => self.look(who, topic, Some(Grade::Reading)),
            Verb::Write if self.is_free(who, topic) => self.look(who, topic, Some(Grade::Writing)),
            Verb::Claim if self.owner(&topic.name).is_none() => {
                self.act(who, topic, Act::Claim)?;
                self.look(who, topic, Some(Grade::Reading))
            }
            Verb::Reply if self.is_free(who, topic) => {
                self.reply(who, topic, &beat.text, beat.status)?;
                self.look(who, topic, None)
            }
            Verb::Note => {
                let text = Remote::new(beat.text.trim());
                let mentions = beat.mentions.clone();
                self.act(who, topic, Act::Note { text, mentions })?;
                Ok(())
            }
            Verb::Tag => {
                let add = beat.tags.iter().cloned().collect();
                let remove = BTreeSet::new();
                self.act(who, topic, Act::Tag { add, remove })?;
                self.mirror(&topic.name)
            }
            Verb::Status => {
                if let Some(value) = beat.status.filter(|_| self.is_free(who, topic)) {
                    self.act(who, topic, Act::Status { value })?;
                    self.mirror(&topic.name)?;
                }
                Ok(())
            }
            Verb::Write | Verb::Claim | Verb::Reply => self.look(who, topic, None),
            Verb::Arrive => Ok(()),
        }
    }

    /// Shows what somebody looks at, or that they left; the older mark goes.
    pub(super) fn look(
        &mut self,
        who: &str,
        topic: &Topic,
        grade: Option<Grade>,
    ) -> Result<(), HistoryError> {
        if let Some((before, uid)) = self.marks.remove(who) {
            if grade.is_none() || before != topic.name {
                let old = Topic {
                    name: before,
                    title: topic.title.clone(),
                };
                self.mark(who, &old, None)?;
            }
            self.store.expunge(JOURNAL, &[uid])?;
        }
        if grade.is_some() {
            let uid = self.mark(who, topic, grade)?;
            let mark = uid.map(|uid| (topic.name.clone(), uid));
            self.marks.extend(mark.map(|mark| (who.to_owned(), mark)));
        }
        Ok(())
    }

    /// Makes sure that somebody owns a conversation, by stealing it if need be. False when that
    /// was refused.
    pub(super) fn take(
        &mut self,
        who: &str,
        topic: &Topic,
        reason: &str,
    ) -> Result<bool, HistoryError> {
        let act = match self.owner(&topic.name) {
            Some(owner) if owner.as_str() == who => return Ok(true),
            Some(_) => Act::Steal {
                reason: Remote::new(reason),
            },
            None => Act::Claim,
        };
        Ok(self.act(who, topic, act)?.is_some())
    }

    /// Appends an event and mirrors what it changed; its id when it took effect.
    pub(super) fn act(
        &mut self,
        who: &str,
        topic: &Topic,
        act: Act,
    ) -> Result<Option<EventId>, HistoryError> {
        let Some(member) = self.members.get_mut(who) else {
            return Ok(None);
        };
        let owns = matches!(act, Act::Claim | Act::Steal { .. });
        let about = (&topic.name, &topic.title);
        let written = self
            .journal
            .write(member, about, act, clock::now(), false)?;
        let effective = written.verdict == Verdict::Effective;
        if owns && effective {
            self.mirror(&topic.name)?;
        }
        Ok(effective.then_some(written.event.id))
    }

    /// Answers the customer's last mail: intent, SMTP, Sent, `\Answered`, status, keywords. Does
    /// nothing when the fold refuses the intent because somebody was quicker.
    pub(super) fn reply(
        &mut self,
        who: &str,
        topic: &Topic,
        text: &str,
        status: Option<Status>,
    ) -> Result<(), HistoryError> {
        let inbound = self.inbound(&topic.name)?;
        let Some(last) = inbound.iter().rev().find(|mail| !mail.message.automatic) else {
            return Ok(());
        };
        let Some(slot) = last.message.message_id.clone() else {
            return Ok(());
        };
        let (letter, to) = self.letter(who, last, text);
        let bytes = letter.bytes();
        let digest = Sha256::digest(&bytes);
        let intent = Act::Intent {
            slot,
            hash: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
            message_id: letter.id.clone(),
        };
        let Some(intent) = self.act(who, topic, intent)? else {
            return Ok(());
        };
        self.sink
            .accept(self.address.clone(), vec![to], bytes.clone())?;
        self.store.append("Sent", &["\\Seen"], None, bytes)?;
        self.act(who, topic, Act::Sent { intent })?;
        self.store
            .flag("INBOX", last.uid, &["\\Answered", "\\Seen"], &[])?;
        if let Some(value) = status {
            self.act(who, topic, Act::Status { value })?;
        }
        self.mirror(&topic.name)
    }

    /// A customer's mail comes in, in a conversation that exists or in a new one.
    pub(super) fn arrive(
        &mut self,
        beat: &Beat,
        topic: Option<&Topic>,
    ) -> Result<Topic, HistoryError> {
        let from = Person::parse(&beat.who);
        let id = self.fresh_id(from.domain());
        let references = topic.map(|topic| topic.name.as_str().to_owned());
        let subject = match topic {
            Some(_) => format!("Re: {}", beat.on),
            None => beat.on.clone(),
        };
        let to = Person {
            name: "Acme Support".to_owned(),
            address: self.address.clone(),
        };
        let letter = Letter {
            references: references.into_iter().collect(),
            ..Letter::new((from, to), &subject, clock::now(), id.clone(), &beat.text)
        };
        self.store.append("INBOX", &[], None, letter.bytes())?;
        Ok(topic.cloned().unwrap_or_else(|| Topic::new(&id, &beat.on)))
    }

    fn is_free(&self, who: &str, topic: &Topic) -> bool {
        let owner = self.owner(&topic.name);
        owner.is_none_or(|owner| owner.as_str() == who)
    }

    fn mark(
        &mut self,
        who: &str,
        topic: &Topic,
        grade: Option<Grade>,
    ) -> Result<Option<u32>, HistoryError> {
        let Some(member) = self.members.get_mut(who) else {
            return Ok(None);
        };
        let about = (&topic.name, &topic.title);
        let act = Act::Presence { grade };
        let written = self
            .journal
            .write(member, about, act, clock::now(), false)?;
        Ok(Some(written.uid))
    }

    fn letter(&mut self, who: &str, last: &Inbound, text: &str) -> (Letter, String) {
        let message = &last.message;
        let customer = message.from.first().cloned().unwrap_or_default();
        let to = Person {
            name: customer.name.raw().to_owned(),
            address: customer.address.raw().to_owned(),
        };
        let from = Person {
            name: self
                .members
                .get(who)
                .map_or("", |member| member.name)
                .to_owned(),
            address: self.address.clone(),
        };
        let first = to.name.split(' ').next().unwrap_or_default();
        let text = text.trim().replace("{first}", first);
        let quote = quoted(&to, last.arrived, Offset::UTC, message.text.raw());
        let text = format!("{text}{SIGNATURE}\n\n{quote}");
        let subject = message.subject.raw();
        let subject = match subject.starts_with("Re: ") {
            true => subject.to_owned(),
            false => format!("Re: {subject}"),
        };
        let id = self.fresh_id("acme.example");
        let mut references = message.references.clone();
        references.extend(message.message_id.clone());
        let address = to.address.clone();
        let letter = Letter {
            references,
            ..Letter::new((from, to), &subject, clock::now(), id, &text)
        };
        (letter, address)
    }

    fn fresh_id(&mut self, domain: &str) -> String {
        self.letters += 1;
        let at = clock::now().as_microsecond();
        format!("{at:x}.{}@{domain}", self.letters)
    }

    /// The mails of a conversation in INBOX, oldest first.
    fn inbound(&self, name: &ConversationName) -> Result<Vec<Inbound>, HistoryError> {
        let mut found = Vec::new();
        for stored in self.store.messages("INBOX")? {
            let headers = parse::headers(&stored.bytes);
            if thread::conversation_name(&headers, "") == *name {
                found.push(Inbound {
                    uid: stored.uid,
                    message: parse::parse(&stored.bytes),
                    arrived: stored.date,
                });
            }
        }
        Ok(found)
    }

    /// Puts the keywords of a conversation's mails right.
    fn mirror(&self, name: &ConversationName) -> Result<(), HistoryError> {
        let inbound = self.inbound(name)?;
        let people = inbound.iter().filter(|mail| !mail.message.automatic);
        let last = people.map(|mail| mail.arrived).max();
        let state = self.journal.team.conversation(name);
        let status = policy::effective_status(state, last, false);
        let names = keywords::Names::default();
        let known = self.store.words("INBOX")?;
        let wanted = keywords::wanted(state, status, &names, &known);
        for mail in inbound {
            let Some(stored) = self.store.message("INBOX", mail.uid)? else {
                continue;
            };
            let has: BTreeSet<String> = stored.flags().map(str::to_owned).collect();
            let (add, remove) = keywords::difference(&has, &wanted, &names);
            let add: Vec<&str> = add.iter().map(String::as_str).collect();
            let remove: Vec<&str> = remove.iter().map(String::as_str).collect();
            self.store.flag("INBOX", mail.uid, &add, &remove)?;
        }
        Ok(())
    }
}

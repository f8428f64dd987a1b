//! The cache as the engine uses it. Messages are made here, so that every field is known.

mod lists;
mod mail;
mod rebuild;
mod searching;

use super::*;
use crate::mail::{Address, Remote};
use crate::query::parse;
use crate::team::{Agent, ConversationName};
use crate::view::{Page, View};
use jiff::tz::TimeZone;
use tempfile::TempDir;

const DAY: i64 = 86_400;
/// Midnight of the day the tests begin with.
const START: i64 = 1_763_856_000;

/// A cache with INBOX and Sent in a directory of its own.
struct Fixture {
    dir: TempDir,
    cache: Cache,
    inbox: i64,
    sent: i64,
    own: OwnAddresses,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut cache = Cache::open(&dir.path().join("cache")).unwrap();
        let inbox = cache.folder(FolderRole::Inbox, "INBOX").unwrap().id;
        let sent = cache.folder(FolderRole::Sent, "Sent").unwrap().id;
        let own = OwnAddresses::new(["support@acme.example"]);
        Self {
            dir,
            cache,
            inbox,
            sent,
            own,
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    fn arrive(&mut self, batch: Vec<Arrived>) -> Vec<ConversationName> {
        self.cache.store(self.inbox, 7, batch, &self.own).unwrap()
    }

    fn send(&mut self, batch: Vec<Arrived>) -> Vec<ConversationName> {
        self.cache.store(self.sent, 8, batch, &self.own).unwrap()
    }

    fn page(&self, view: View) -> Page {
        let me = Agent::new("ana");
        let page = self.cache.reader().page(view, &viewer(&me), 0, 500);
        page.unwrap()
    }

    /// Subjects of a view, in order.
    fn subjects(&self, view: View) -> Vec<String> {
        let rows = self.page(view).rows.into_iter();
        rows.map(|r| r.subject.raw().to_owned()).collect()
    }

    /// Subjects found, in order.
    fn search(&self, query: &str) -> Vec<String> {
        let me = Agent::new("ana");
        let query = parse(query).unwrap();
        let found = self.cache.reader().search(&query, &viewer(&me), 50);
        let (hits, total) = found.unwrap();
        assert_eq!(hits.len(), total);
        let subjects = hits.iter().map(|h| h.row.subject.raw().to_owned());
        subjects.collect()
    }

    fn index(&self) -> usize {
        self.cache.indexer().unwrap().index().unwrap()
    }
}

/// Ana, who has read nothing, on the tenth day.
fn viewer(me: &Agent) -> Viewer<'_> {
    Viewer {
        me,
        now: at(10 * DAY),
        zone: TimeZone::UTC,
        mark: &|_| None,
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(START + seconds).unwrap()
}

/// A message from Mia about something.
fn mail(uid: u32, id: &str, references: &[&str], subject: &str) -> Arrived {
    let message = Message {
        message_id: Some(id.to_owned()),
        references: references.iter().map(|r| (*r).to_owned()).collect(),
        subject: Remote::new(subject),
        from: vec![Address::new("Mia Okafor", "mia@mail.example")],
        to: vec![Address::new("", "support@acme.example")],
        text: Remote::new(format!("Text of {id}.")),
        ..Message::default()
    };
    arrived(uid, message)
}

/// The same from us.
fn ours(uid: u32, id: &str, references: &[&str], subject: &str) -> Arrived {
    let mut arrived = mail(uid, id, references, subject);
    std::mem::swap(&mut arrived.message.from, &mut arrived.message.to);
    arrived
}

fn arrived(uid: u32, message: Message) -> Arrived {
    let id = message.message_id.clone().unwrap_or_default();
    let head = format!(
        "{:?}{:?}{:?}",
        message.subject, message.from, message.references
    );
    let raw = format!(
        "Message-ID: <{id}>\r\nX: {head}\r\n\r\n{}\r\n",
        message.text.raw()
    );
    Arrived {
        uid,
        flags: Vec::new(),
        modseq: None,
        internal: at(i64::from(uid)),
        raw: raw.into_bytes(),
        message,
    }
}

impl Arrived {
    fn after(mut self, seconds: i64) -> Self {
        self.internal = at(seconds);
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Message)) -> Self {
        change(&mut self.message);
        arrived_again(self)
    }
}

fn arrived_again(old: Arrived) -> Arrived {
    let mut new = arrived(old.uid, old.message);
    new.internal = old.internal;
    new.flags = old.flags;
    new
}

//! Keywords: the state of the team for other mail clients, and their wishes back.
//!
//! Whoever acted writes the mirror. A difference that stays for a while is either a wish of
//! somebody with another mail client, and becomes an event with an id that every client makes
//! alike, or a mirror that was lost, and is repaired.

use super::super::api::Trouble;
use super::super::journal;
use super::super::shared::random;
use super::{Open, Sync};
use crate::cache::{FolderRole, MailFacts, PlaceFact};
use crate::clock::{self, Timestamp};
use crate::imap::{self, Flags};
use crate::team::keywords::{self, Names};
use crate::team::{Act, ConversationName, ids};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// A difference counts after this long: the mirror follows the journal, and both need a moment.
const PATIENCE: Duration = Duration::from_secs(4);
/// The mirror is kept on the newest so many messages of a conversation.
const MIRRORED: usize = 20;
/// A conversation the team changed so recently may still be on its way into the mirror.
const RECENT: Duration = Duration::from_secs(15);

/// Messages in INBOX whose keywords somebody changed.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    uidvalidity: u32,
    due: Option<Instant>,
    /// MODSEQ by UID; 0 where the server has none.
    uids: BTreeMap<u32, u64>,
    conversations: BTreeSet<ConversationName>,
}

impl Doubts {
    /// Remembers changed flags of INBOX and whose they are.
    pub fn note(
        &mut self,
        uidvalidity: u32,
        flags: &[Flags],
        conversations: impl IntoIterator<Item = ConversationName>,
    ) {
        if flags.is_empty() {
            return;
        }
        self.uidvalidity = uidvalidity;
        self.uids
            .extend(flags.iter().map(|f| (f.uid, f.modseq.unwrap_or(0))));
        self.conversations.extend(conversations);
        let [jitter] = random::<1>();
        let wait = PATIENCE + Duration::from_millis(u64::from(jitter) * 8);
        self.due.get_or_insert(clock::monotonic() + wait);
    }

    /// When to look at them.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }
}

impl Sync {
    /// Makes the keywords of a conversation's messages say what the fold says.
    pub(super) async fn mirror(&mut self, name: &ConversationName) {
        if !self.shared.mailbox.keywords {
            return;
        }
        if let Err(trouble) = self.try_mirror(name).await {
            // A mirror that is behind is repaired by whoever notices; the journal has the truth.
            tracing::info!("keywords not mirrored: {}", trouble.sentence);
        }
    }

    async fn try_mirror(&mut self, name: &ConversationName) -> Result<(), Trouble> {
        let Some(facts) = self.facts(name).await? else {
            return Ok(());
        };
        let wanted = self.wanted(&facts);
        self.connect().await?;
        let Some(open) = &mut self.link else {
            return Ok(());
        };
        let stored = open.store_keywords(&facts.places, &wanted).await;
        stored.map_err(|e| self.broken(&e))
    }

    async fn facts(&self, name: &ConversationName) -> Result<Option<MailFacts>, Trouble> {
        let (dir, name) = (self.shared.cache_dir.clone(), name.clone());
        let read =
            tokio::task::spawn_blocking(move || crate::cache::Reader::open(&dir)?.facts(&name));
        read.await
            .map_err(|_| super::super::shared::other("reading the cache ended unexpectedly"))?
            .map_err(super::super::shared::other)
    }

    fn wanted(&self, facts: &MailFacts) -> BTreeSet<String> {
        let team = self.shared.team();
        let conversation = team.conversation(&facts.name);
        let known = BTreeSet::new();
        keywords::wanted(conversation, facts.status, &Names::default(), &known)
    }

    /// Looks at every doubt: repairs it, or makes it an event.
    pub(super) async fn settle_doubts(&mut self) -> Result<(), Trouble> {
        let doubts = std::mem::take(&mut self.doubts);
        self.sync_one(FolderRole::Inbox).await?;
        let (reply, done) = oneshot::channel();
        let unless = Duration::ZERO;
        self.ask_journal(journal::Job::CatchUp { unless, reply }, done)
            .await;
        for name in &doubts.conversations {
            let Some(facts) = self.facts(name).await? else {
                continue;
            };
            let inbox = facts.places.iter().filter(|p| p.role == FolderRole::Inbox);
            let changed = inbox.filter_map(|p| Some((p, *doubts.uids.get(&p.uid)?)));
            for (place, modseq) in changed {
                self.settle(&facts, doubts.uidvalidity, place, modseq).await;
            }
        }
        Ok(())
    }

    async fn settle(
        &mut self,
        facts: &MailFacts,
        uidvalidity: u32,
        place: &PlaceFact,
        modseq: u64,
    ) {
        let names = Names::default();
        let wanted = self.wanted(facts);
        let now: BTreeSet<String> = place.flags.iter().map(|f| f.to_ascii_lowercase()).collect();
        let (add, remove) = keywords::difference(&now, &wanted, &names);
        if add.is_empty() && remove.is_empty() {
            return;
        }
        if self.changed_lately(&facts.name) {
            let again = Flags {
                uid: place.uid,
                flags: place.flags.clone(),
                modseq: Some(modseq),
            };
            self.doubts
                .note(uidvalidity, &[again], [facts.name.clone()]);
            return;
        }
        let wishes = keywords::read(&wanted, &now, &wanted, &names);
        if wishes.is_empty() {
            self.mirror(&facts.name).await;
        }
        for wish in wishes {
            let id = ids::mirror_id(uidvalidity, place.uid, &wish.keyword, modseq);
            self.append(&facts.name, wish.act, id).await;
        }
    }

    fn changed_lately(&self, name: &ConversationName) -> bool {
        let team = self.shared.team();
        let last = team.conversation(name).and_then(|c| c.history.last());
        last.is_some_and(|entry| age(entry.at) < RECENT)
    }

    async fn append(&self, conversation: &ConversationName, act: Act, id: crate::team::EventId) {
        let (reply, done) = oneshot::channel();
        let job = journal::Job::Write {
            conversation: conversation.clone(),
            act,
            id: Some(id),
            reply,
        };
        // A refusal means that a teammate's client was faster with the same id.
        self.ask_journal(job, done).await;
    }

    /// Waits until the journal task has done a job; it may be ending.
    async fn ask_journal<T>(&self, job: journal::Job, done: oneshot::Receiver<T>) {
        let Some(journal) = self.journal.upgrade() else {
            return;
        };
        if journal.send(job).await.is_err() || done.await.is_err() {
            tracing::debug!("the journal task is ending");
        }
    }
}

fn age(at: Timestamp) -> Duration {
    Duration::try_from(clock::now().duration_since(at)).unwrap_or_default()
}

impl Open {
    /// From the flags as the server has them now: the cache may be behind. What has to go goes
    /// first, so that a mirror cut in between shows no status rather than two.
    async fn store_keywords(
        &mut self,
        places: &[PlaceFact],
        wanted: &BTreeSet<String>,
    ) -> Result<(), imap::Error> {
        let inbox = self.layout.inbox.clone();
        if self.connection.selected() != Some(inbox.as_str()) {
            self.keywords_allowed = self.connection.select(&inbox, None).await?.keywords_allowed;
        }
        if !self.keywords_allowed {
            return Ok(());
        }
        let in_inbox = places.iter().filter(|p| p.role == FolderRole::Inbox);
        for place in in_inbox.rev().take(MIRRORED) {
            let rows = self.connection.flags(place.uid..=place.uid).await?;
            for row in rows {
                let current = row.flags.into_iter().collect();
                let (add, remove) = keywords::difference(&current, wanted, &Names::default());
                for (change, adds) in [(remove, false), (add, true)] {
                    let change: Vec<String> = change.into_iter().collect();
                    if !change.is_empty() {
                        self.connection.store(&[row.uid], adds, &change).await?;
                    }
                }
            }
        }
        Ok(())
    }
}

//! Writing: desk first, then APPEND, then believe only what the order of UIDs says.

use super::super::api::{News, Notice, Outcome, Trouble, TroubleKind};
use super::super::link::imap_trouble;
use super::super::setup::Mode;
use super::super::shared::{other, random};
use super::{Journal, Open, Written};
use crate::clock;
use crate::desk::{JournalLock, Pending, Sealed};
use crate::imap::{AppendError, Appended};
use crate::limits::SETTLE;
use crate::mail::Remote;
use crate::team::event::{self, Envelope, Event};
use crate::team::fold::Verdict;
use crate::team::{Act, ConversationName, EventId, ids, words};

/// Tries at one APPEND whose connection breaks.
const TRIES: u32 = 3;

/// Why an event is not in the journal.
#[derive(Debug)]
pub(super) enum Unwritten {
    /// It never will be.
    Not(Trouble),
    /// It waits on the desk for the server.
    Queued(Trouble),
}

impl Unwritten {
    pub fn into_trouble(self) -> Trouble {
        match self {
            Self::Not(trouble) | Self::Queued(trouble) => trouble,
        }
    }

    pub fn into_outcome(self) -> Outcome {
        match self {
            Self::Not(trouble) => Outcome::Failed(trouble),
            Self::Queued(trouble) => Outcome::Queued(trouble),
        }
    }
}

impl Journal {
    /// Appends one event and folds up to it.
    pub(super) async fn write(
        &mut self,
        conversation: &ConversationName,
        act: Act,
        id: Option<EventId>,
    ) -> Result<Written, Unwritten> {
        self.may_write()?;
        let connected = self.connect().await;
        if let (Err(trouble), Mode::Once) = (&connected, self.shared.mode) {
            return Err(Unwritten::Not(trouble.clone()));
        }
        self.may_write()?;
        let _lock = self.lock().await?;
        self.join_first()?;
        let event = self.enqueue(conversation, act, id)?;
        if let Err(trouble) = connected {
            return Err(Unwritten::Queued(trouble));
        }
        self.drain().await?;
        let verdict = self.own.get(&event).map(|(_, verdict)| verdict.clone());
        let verdict = verdict.ok_or_else(|| {
            Unwritten::Not(other("the event did not appear in the journal: try again"))
        })?;
        let effective = matches!(verdict, Verdict::Effective | Verdict::Conflict);
        if effective && self.effects.send(conversation.clone()).is_err() {
            tracing::debug!("the mail task has ended; the mirror is repaired by others");
        }
        Ok(Written { event, verdict })
    }

    /// After a reconnect: brings what waits on the desk to the server, and tells what became of it.
    pub(super) async fn deliver_pending(&mut self) {
        let waiting = self.shared.desk().pending().unwrap_or_default();
        if waiting.is_empty() || self.frozen.is_some() {
            return;
        }
        let Ok(_lock) = self.lock().await else { return };
        if let Err(unwritten) = self.drain().await {
            let trouble = unwritten.into_trouble();
            self.shared.notice(true, trouble.sentence).await;
            return;
        }
        for pending in waiting {
            let Some((_, Verdict::Refused(refusal))) = self.own.get(&pending.id) else {
                continue;
            };
            let text = format!(
                "A change made offline to {} was refused: {}.",
                pending.conversation.id(),
                words::refusal_sentence(refusal)
            );
            self.shared
                .tell(News::Notice(Notice { error: true, text }))
                .await;
        }
    }

    fn may_write(&self) -> Result<(), Unwritten> {
        if let Some(why) = &self.frozen {
            return Err(Unwritten::Not(other(why)));
        }
        let newer = self.shared.team().newer_version();
        match newer {
            Some(version) => Err(Unwritten::Not(other(format!(
                "the team's journal is written by a newer postroom (format {version}): update \
                 this one before you change anything"
            )))),
            None => Ok(()),
        }
    }

    /// One process of this agent at a time allots numbers and appends.
    async fn lock(&self) -> Result<JournalLock, Unwritten> {
        let turn = self.shared.desk().journal_lock();
        tokio::task::spawn_blocking(move || turn.acquire())
            .await
            .map_err(|_| Unwritten::Not(other("waiting for the desk's lock failed: try again")))?
            .map_err(|e| Unwritten::Not(other(e)))
    }

    /// Puts a `join` before the first event of this key.
    fn join_first(&self) -> Result<(), Unwritten> {
        let fingerprint = self.shared.key.fingerprint();
        let joined = {
            let team = self.shared.team();
            team.agent(&self.shared.me)
                .is_some_and(|m| m.key(&fingerprint).is_some())
        };
        let first = self.shared.desk().events_made().map_err(not)? == 0;
        if joined || !first {
            return Ok(());
        }
        let me = &self.shared.config.me;
        let join = Act::Join {
            name: Remote::new(&me.name),
            address: Remote::new(&me.address),
            public_key: self.shared.key.public().to_base64(),
        };
        self.enqueue(&ConversationName::team(), join, None)
            .map(|_| ())
    }

    /// Makes an event and puts it on the desk; it is safe there from now on.
    fn enqueue(
        &self,
        conversation: &ConversationName,
        act: Act,
        id: Option<EventId>,
    ) -> Result<EventId, Unwritten> {
        let now = clock::now();
        let id = id.unwrap_or_else(|| ids::event_id(now, random()));
        let title = self.shared.title(conversation);
        let about = conversation.as_str().contains('@');
        let (epoch, seen) = {
            let team = self.shared.team();
            let epoch = team.conversation(conversation).map_or(0, |c| c.epoch);
            (epoch, team.position())
        };
        let envelope = Envelope {
            from_name: &self.shared.config.me.name,
            address: &self.shared.mailbox.address,
            title: &title,
            about: about.then_some(conversation.as_str()),
        };
        let made = self.shared.desk().enqueue(conversation, |chain| {
            let event = Event {
                v: event::VERSION,
                id: id.clone(),
                agent: self.shared.me.clone(),
                key: self.shared.key.fingerprint(),
                seq: chain.seq,
                prev: chain.prev,
                seen,
                conversation: conversation.clone(),
                epoch,
                act,
                time: now,
            };
            let raw = event::encode(&event, &self.shared.key, &envelope)?;
            let hash = event.hash()?;
            Ok::<_, event::EventError>(Sealed {
                id: event.id,
                raw,
                hash,
            })
        });
        made.map_err(not)?;
        Ok(id)
    }

    /// Appends everything that waits on the desk, in order.
    async fn drain(&mut self) -> Result<(), Unwritten> {
        let pending = self.shared.desk().pending().map_err(not)?;
        if pending.len() > 1 && self.own.len() > 1 {
            // Some may be from a run that died after its APPEND: look before repeating.
            self.look_now().await.map_err(Unwritten::Queued)?;
        }
        for event in pending {
            if !self.own.contains_key(&event.id) {
                self.append(&event).await?;
            }
            let place = self.own.get(&event.id).map(|(uid, _)| *uid);
            let uidvalidity = self.shared.team().position().uidvalidity;
            if let Some(uid) = place {
                self.shared
                    .desk()
                    .acknowledged(&event.id, uidvalidity, uid)
                    .map_err(not)?;
            }
        }
        Ok(())
    }

    /// Appends one event; when the answer is lost, looks for it before doing so again.
    async fn append(&mut self, event: &Pending) -> Result<(), Unwritten> {
        let mut trouble = other("the connection to the server kept breaking");
        for _ in 0..TRIES {
            self.connect().await.map_err(Unwritten::Queued)?;
            if self.own.contains_key(&event.id) {
                return Ok(());
            }
            self.create_folder().await?;
            let Some(Open {
                connection, folder, ..
            }) = &mut self.link
            else {
                continue;
            };
            match connection.append(folder, &["\\Seen"], &event.raw).await {
                Ok(appended) => return self.appended(event, appended).await,
                Err(AppendError::NotStored(error)) if !error.is_fatal() => {
                    self.shared.desk().withdrawn(&event.id).map_err(not)?;
                    return Err(Unwritten::Not(imap_trouble(&error)));
                }
                Err(error) => {
                    trouble = imap_trouble(error.cause());
                    self.lost(trouble.clone()).await;
                }
            }
        }
        Err(Unwritten::Queued(trouble))
    }

    /// Decides from the answer to APPEND when nothing can stand between, else reads up to it.
    async fn appended(&mut self, event: &Pending, appended: Appended) -> Result<(), Unwritten> {
        let (selected, settle) = match &self.link {
            Some(open) => (open.selected, settles_late(&open.connection)),
            None => (None, true),
        };
        let before = self.shared.team().position().uid;
        let read = match (appended.uidvalidity, appended.uid) {
            (Some(answered), _) if Some(answered) != selected => {
                self.freeze(
                    "the team's journal was replaced on the server while it was open: nothing is \
                     written; start again",
                )
                .await;
                return Err(Unwritten::Not(other("the team's journal was replaced")));
            }
            (Some(uidvalidity), Some(uid)) if uid == before + 1 && !settle => {
                self.fold_ahead(uidvalidity, uid, &event.raw, clock::now())
                    .await;
                return Ok(());
            }
            (_, Some(uid)) => self.catch_up_to(uid).await,
            (_, None) => self.catch_up().await,
        };
        let read = match (read, settle) {
            (Ok(()), true) => {
                clock::sleep(SETTLE).await;
                self.catch_up().await
            }
            (read, _) => read,
        };
        match read {
            Ok(()) => Ok(()),
            // It is stored; the next connection reads the verdict.
            Err(error) => {
                self.lost(imap_trouble(&error)).await;
                self.look_now().await.map_err(Unwritten::Queued)
            }
        }
    }

    /// The first event of a team makes its folder.
    async fn create_folder(&mut self) -> Result<(), Unwritten> {
        let Some(open) = &mut self.link else {
            return Ok(());
        };
        if open.selected.is_some() {
            return Ok(());
        }
        let folder = open.folder.clone();
        let made = open.connection.create(&folder).await;
        made.map_err(|e| Unwritten::Not(imap_trouble(&e)))?;
        self.shared
            .notice(
                false,
                format!("Created the folder {folder} on the server for the team's events."),
            )
            .await;
        self.catch_up_or_drop().await.map_err(Unwritten::Queued)
    }
}

/// Whether appended messages may become visible out of order: true for servers that nobody could
/// test, which lack both QRESYNC and threading (Gmail, Exchange, Yahoo; PROTOCOL.md section 3).
fn settles_late(connection: &crate::imap::Connection) -> bool {
    let capabilities = connection.capabilities();
    let tested = capabilities.qresync() || capabilities.has("THREAD=REFERENCES");
    !tested || capabilities.has("X-GM-EXT-1")
}

fn not(error: impl std::fmt::Display) -> Unwritten {
    Unwritten::Not(Trouble {
        kind: TroubleKind::Other,
        ..other(error)
    })
}

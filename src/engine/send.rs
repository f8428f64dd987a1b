//! A reply's way out: gate, outbox, intent, hold, SMTP, filing (PROTOCOL.md section 5).
//!
//! Each reply has a task and, across processes, a lock on the desk, so that it is sent by one
//! process at a time. Every step is on the desk before it happens; `resume` takes up what a crash
//! left behind.

mod deliver;
mod gate;
mod resume;

pub(super) use deliver::smtp_trouble;

use super::api::{News, Notice, Stage, Trouble};
use super::shared::{Shared, other};
use super::{journal, sync};
use crate::desk::{Outgoing, OutgoingLock, OutgoingStage};
use crate::mail::draft::Draft;
use crate::team::fold::Verdict;
use crate::team::gate::Obstacle;
use crate::team::{Act, ConversationName, EventId};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// What a person may still say to a held reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Control {
    TakeBack,
    SendNow,
    /// Postroom ends: a held reply goes on at its next start.
    Leave,
}

/// A reply on its way, from outside.
#[derive(Clone)]
struct Running {
    control: mpsc::Sender<Control>,
    /// Whether it waits out its hold, so that leaving it costs nothing.
    held: Arc<AtomicBool>,
}

/// Starts and steers replies on their way out.
#[derive(Clone)]
pub(crate) struct Post {
    shared: Arc<Shared>,
    journal: mpsc::Sender<journal::Job>,
    sync: mpsc::Sender<sync::Job>,
    running: Arc<Mutex<BTreeMap<String, Running>>>,
}

/// What a person wants sent.
pub(crate) struct Wish {
    pub draft: Draft,
    /// Reason to send in spite of these obstacles, which the person was shown.
    pub anyway: Option<(String, Vec<Obstacle>)>,
    pub hold: bool,
}

/// One reply on its way.
struct Delivery {
    post: Post,
    draft: Draft,
    hold: bool,
    held: Arc<AtomicBool>,
    control: mpsc::Receiver<Control>,
    _lock: OutgoingLock,
}

impl Post {
    pub fn new(
        shared: Arc<Shared>,
        journal: mpsc::Sender<journal::Job>,
        sync: mpsc::Sender<sync::Job>,
    ) -> Self {
        Self {
            shared,
            journal,
            sync,
            running: Arc::default(),
        }
    }

    /// Sends a reply in a task of its own; its stages are told as news.
    pub async fn send(&self, wish: Wish) {
        let Wish {
            draft,
            anyway,
            hold,
        } = wish;
        let saved = self.shared.desk().save_draft(&draft).map_err(other);
        self.shared.drafts_changed();
        if let Err(trouble) = saved {
            return self.tell(&draft, Stage::Failed(trouble)).await;
        }
        if let Some(delivery) = self.begin(draft.clone(), hold).await {
            self.see_through(draft, delivery.run(anyway));
        }
    }

    /// Runs a delivery in a task of its own. Its end is told only after everything it held is
    /// free again, so that whoever hears of it can send once more.
    fn see_through(&self, draft: Draft, run: impl Future<Output = Stage> + Send + 'static) {
        let post = self.clone();
        tokio::spawn(async move {
            let stage = run.await;
            post.running().remove(&draft.id);
            post.tell(&draft, stage).await;
        });
    }

    /// Tells a running reply something; `false` when none of that id runs.
    pub async fn control(&self, draft: &str, control: Control) -> bool {
        let running = self.running().get(draft).cloned();
        match running {
            Some(running) => running.control.send(control).await.is_ok(),
            None => false,
        }
    }

    /// Whether a reply is between two steps that should not be left half done.
    pub fn is_handing_over(&self) -> bool {
        let running = self.running();
        running.values().any(|r| !r.held.load(Ordering::Acquire))
    }

    /// Leaves held replies on the desk.
    pub async fn leave(&self) {
        let ids: Vec<String> = self.running().keys().cloned().collect();
        for id in ids {
            self.control(&id, Control::Leave).await;
        }
    }

    /// A person says what became of a reply nobody is sure about.
    pub async fn resolve(&self, intent: EventId, sent: bool) {
        let found = self.shared.desk().outgoing().unwrap_or_default();
        let of_intent = |o: &Outgoing| o.stage.intent() == Some(&intent);
        let Some(outgoing) = found.into_iter().find(of_intent) else {
            return self
                .shared
                .notice(true, "no reply on this desk waits for that answer")
                .await;
        };
        let act = Act::Resolved { intent, sent };
        let written = self.write(&outgoing.conversation, act).await;
        let done = match written {
            Ok(_) if sent => self.file(&outgoing).await,
            Ok(_) => self.unstow(&outgoing).await,
            Err(trouble) => Err(trouble),
        };
        let stage = match done {
            Err(trouble) => Stage::Failed(trouble),
            Ok(()) => {
                self.forget(&outgoing, sent);
                if sent { Stage::Sent } else { Stage::TakenBack }
            }
        };
        self.tell_of(&outgoing.draft, &outgoing.conversation, stage)
            .await;
    }

    /// Claims the desk's lock on this draft and a place to be steered from.
    async fn begin(&self, draft: Draft, hold: bool) -> Option<Delivery> {
        let lock = self.shared.desk().outgoing_lock(&draft.id);
        let lock = match lock {
            Ok(Some(lock)) => lock,
            Ok(None) => {
                let text = "this reply is already on its way".to_owned();
                let notice = Notice { error: true, text };
                self.shared.tell(News::Notice(notice)).await;
                return None;
            }
            Err(error) => {
                self.tell(&draft, Stage::Failed(other(error))).await;
                return None;
            }
        };
        let (sender, control) = mpsc::channel(4);
        let held = Arc::new(AtomicBool::new(false));
        let running = Running {
            control: sender,
            held: Arc::clone(&held),
        };
        self.running().insert(draft.id.clone(), running);
        Some(Delivery {
            post: self.clone(),
            draft,
            hold,
            held,
            control,
            _lock: lock,
        })
    }

    fn running(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn tell(&self, draft: &Draft, stage: Stage) {
        self.tell_of(&draft.id, &draft.conversation, stage).await;
    }

    async fn tell_of(&self, draft: &str, conversation: &ConversationName, stage: Stage) {
        self.shared
            .tell(News::Outgoing {
                draft: draft.to_owned(),
                conversation: conversation.clone(),
                stage,
            })
            .await;
    }

    async fn write(
        &self,
        conversation: &ConversationName,
        act: Act,
    ) -> Result<(EventId, Verdict), Trouble> {
        let (reply, done) = oneshot::channel();
        let job = journal::Job::Write {
            conversation: conversation.clone(),
            act,
            id: None,
            reply,
        };
        self.journal.send(job).await.map_err(|_| ended())?;
        let written = done.await.map_err(|_| ended())??;
        Ok((written.event, written.verdict))
    }

    /// Folds the whole journal, unless that was done so recently.
    async fn catch_up(&self, unless: Duration) -> Result<(), Trouble> {
        let (reply, done) = oneshot::channel();
        let job = journal::Job::CatchUp { unless, reply };
        self.journal.send(job).await.map_err(|_| ended())?;
        done.await.map_err(|_| ended())?
    }

    async fn ask<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, Trouble>>) -> sync::Job,
    ) -> Result<T, Trouble> {
        let (reply, done) = oneshot::channel();
        self.sync.send(job(reply)).await.map_err(|_| ended())?;
        done.await.map_err(|_| ended())?
    }

    async fn file(&self, outgoing: &Outgoing) -> Result<(), Trouble> {
        self.ask(|reply| sync::Job::File {
            message_id: outgoing.message_id.clone(),
            raw: outgoing.bytes.clone(),
            slot: outgoing.slot.clone(),
            reply,
        })
        .await
    }

    async fn unstow(&self, outgoing: &Outgoing) -> Result<(), Trouble> {
        self.ask(|reply| sync::Job::Unstow {
            message_id: outgoing.message_id.clone(),
            reply,
        })
        .await
    }

    /// Moves a reply on; it is on disk when this returns.
    fn put(&self, outgoing: &mut Outgoing, stage: OutgoingStage) -> Result<(), Trouble> {
        outgoing.stage = stage;
        self.shared.desk().put_outgoing(outgoing).map_err(other)
    }

    /// Nothing is left to do for it; a sent draft leaves the list, an unsent one stays.
    fn forget(&self, outgoing: &Outgoing, sent: bool) {
        let desk = self.shared.desk();
        let removed = desk.remove_outgoing(&outgoing.draft);
        let retired = if sent {
            desk.drop_draft(&outgoing.draft)
        } else {
            Ok(())
        };
        drop(desk);
        self.shared.drafts_changed();
        if let Err(error) = removed.and(retired) {
            // It is sent and recorded; the row is looked at again at the next start.
            tracing::warn!("desk: {}", other(error).sentence);
        }
    }
}

fn ended() -> Trouble {
    other("postroom is ending: start it again, nothing is lost")
}

//! The mail task: the connection that works, and watches INBOX between its commands.
//!
//! When this process writes the cache it keeps the cache in step with INBOX and Sent; when another
//! process does, it follows that one's cache and connects only for what the agent does.

mod files;
mod folder;
mod follow;
mod intake;
mod letters;
mod mirror;

pub(super) use letters::letters_of;

use super::api::{News, Progress, Summary, Trouble};
use super::journal;
use super::layout::Layout;
use super::link::Backoff;
use super::setup::Mode;
use super::shared::Shared;
use crate::cache::{FolderRole, Reader};
use crate::clock;
use crate::imap::{self, Connection, Woke};
use crate::limits::{IDLE_RENEW, POLL_EVERY};
use crate::team::ConversationName;
use crate::team::gate::Letter;
use mirror::Doubts;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// A colleague's copy in Sent is looked for this long after the journal announced it.
const SENT_LAG: Duration = Duration::from_secs(2);

/// What other tasks ask of the mail connection.
pub(crate) enum Job {
    /// Brings the cache in step with the server.
    Sync {
        reply: oneshot::Sender<Result<Summary, Trouble>>,
    },
    /// Everything the server knows of one conversation now, synced or not.
    Letters {
        conversation: ConversationName,
        reply: oneshot::Sender<Result<Vec<Letter>, Trouble>>,
    },
    /// Puts finished bytes into the outbox folder.
    Stow {
        raw: Vec<u8>,
        reply: oneshot::Sender<Result<(), Trouble>>,
    },
    /// Takes a mail out of the outbox folder again.
    Unstow {
        message_id: String,
        reply: oneshot::Sender<Result<(), Trouble>>,
    },
    /// Moves a sent mail from the outbox folder to Sent, and marks what it answers.
    File {
        message_id: String,
        raw: Vec<u8>,
        slot: Option<String>,
        reply: oneshot::Sender<Result<(), Trouble>>,
    },
    /// Whether Sent has a copy of a mail.
    SentHas {
        message_id: String,
        reply: oneshot::Sender<Result<bool, Trouble>>,
    },
    /// The journal says that somebody sent a reply: its copy will be in Sent.
    SentGrew,
}

/// See the module.
pub(crate) struct Sync {
    shared: Arc<Shared>,
    jobs: mpsc::Receiver<Job>,
    effects: mpsc::UnboundedReceiver<ConversationName>,
    journal: mpsc::WeakSender<journal::Job>,
    link: Option<Open>,
    sent_due: Option<Instant>,
    doubts: Doubts,
    follower: Option<Mutex<Reader>>,
    followed: i64,
}

struct Open {
    connection: Connection,
    layout: Layout,
    /// When the flags of everything were last compared, on servers without CONDSTORE.
    compared: Option<Instant>,
    keywords_allowed: bool,
}

enum Next {
    Job(Job),
    Mirror(ConversationName),
    Again,
    End,
}

impl Sync {
    pub fn new(
        shared: Arc<Shared>,
        jobs: mpsc::Receiver<Job>,
        effects: mpsc::UnboundedReceiver<ConversationName>,
        journal: mpsc::WeakSender<journal::Job>,
    ) -> Self {
        Self {
            shared,
            jobs,
            effects,
            journal,
            link: None,
            sent_due: None,
            doubts: Doubts::default(),
            follower: None,
            followed: 0,
        }
    }

    /// Runs until the engine drops the other end of `jobs`; what is to be mirrored is done first.
    pub async fn run(mut self) {
        let mut backoff = Backoff::new();
        loop {
            let next = if self.shared.mode == Mode::Once {
                self.asked_only().await
            } else if !self.shared.is_writer() {
                self.follow().await
            } else if self.link.is_none() {
                self.offline(&mut backoff).await
            } else {
                self.watch().await
            };
            match next {
                Next::Job(job) => self.handle(job).await,
                Next::Mirror(name) => self.mirror(&name).await,
                Next::Again => {}
                Next::End => break,
            }
        }
        while let Ok(name) = self.effects.try_recv() {
            self.mirror(&name).await;
        }
        if let Some(open) = self.link.take() {
            open.connection.logout().await;
        }
    }

    async fn handle(&mut self, job: Job) {
        match job {
            Job::Sync { reply } => answer(reply, self.sync_all().await),
            Job::Letters {
                conversation,
                reply,
            } => answer(reply, self.letters(&conversation).await),
            Job::Stow { raw, reply } => answer(reply, self.stow(&raw).await),
            Job::Unstow { message_id, reply } => answer(reply, self.unstow(&message_id).await),
            Job::File {
                message_id,
                raw,
                slot,
                reply,
            } => {
                let done = self.file(&message_id, &raw, slot.as_deref()).await;
                answer(reply, done);
            }
            Job::SentHas { message_id, reply } => {
                answer(reply, self.sent_has(&message_id).await);
            }
            Job::SentGrew => self.sent_due = Some(clock::monotonic() + SENT_LAG),
        }
    }

    async fn asked_only(&mut self) -> Next {
        tokio::select! {
            job = self.jobs.recv() => job.map_or(Next::End, Next::Job),
            Some(name) = self.effects.recv() => Next::Mirror(name),
        }
    }

    async fn offline(&mut self, backoff: &mut Backoff) -> Next {
        let Err(_told_by_the_journal_task) = self.start().await else {
            *backoff = Backoff::new();
            return Next::Again;
        };
        tokio::select! {
            job = self.jobs.recv() => job.map_or(Next::End, Next::Job),
            () = clock::sleep(backoff.next()) => Next::Again,
        }
    }

    async fn start(&mut self) -> Result<(), Trouble> {
        self.sync_all().await.map(|_| ())
    }

    /// Waits on INBOX until there is something to do.
    async fn watch(&mut self) -> Next {
        // While another folder was open nobody told what came to INBOX, and opening it again makes
        // that look as if it had always been there.
        if self.link.as_ref().is_some_and(|open| !open.is_on_inbox())
            && let Err(trouble) = self.sync_one(FolderRole::Inbox).await
        {
            self.shared.notice(true, trouble.sentence).await;
        }
        let limit = self.next_look();
        let (woke, next) = self.wait(limit).await;
        match (woke, next) {
            (Err(error), next) => {
                let trouble = self.broken(&error);
                self.link = None;
                tracing::info!("mail connection lost: {trouble}");
                next.unwrap_or(Next::Again)
            }
            (Ok(_), Some(next)) => next,
            (Ok(woke), None) => {
                self.look_again(woke == Woke::Limit).await;
                Next::Again
            }
        }
    }

    async fn wait(&mut self, limit: Duration) -> (Result<Woke, imap::Error>, Option<Next>) {
        let Self {
            link,
            jobs,
            effects,
            ..
        } = self;
        let Some(open) = link else {
            return (Err(imap::Error::Lost), None);
        };
        if let Err(error) = open.watch_inbox().await {
            return (Err(error), None);
        }
        let mut next = None;
        let asked = async {
            next = Some(tokio::select! {
                job = jobs.recv() => job.map_or(Next::End, Next::Job),
                Some(name) = effects.recv() => Next::Mirror(name),
            });
        };
        let woke = if open.connection.capabilities().idle() {
            open.connection.idle(limit, asked).await
        } else {
            tokio::select! {
                () = asked => Ok(Woke::Stopped),
                () = clock::sleep(limit.min(POLL_EVERY)) => Ok(Woke::Limit),
            }
        };
        (woke, next)
    }

    fn next_look(&self) -> Duration {
        let now = clock::monotonic();
        let due = self.sent_due.into_iter().chain(self.doubts.due()).min();
        due.map_or(IDLE_RENEW, |due| due.saturating_duration_since(now))
            .min(IDLE_RENEW)
    }

    /// Something happened, or it is time to look anyway.
    async fn look_again(&mut self, by_time: bool) {
        let now = clock::monotonic();
        let sent = self.sent_due.take_if(|due| *due <= now).is_some();
        let doubts = self.doubts.due().is_some_and(|due| due <= now);
        let looked = if doubts {
            self.settle_doubts().await
        } else if sent {
            self.sync_one(FolderRole::Sent).await.map(|_| ())
        } else if by_time {
            self.sync_all().await.map(|_| ())
        } else {
            self.sync_one(FolderRole::Inbox).await.map(|_| ())
        };
        if let Err(trouble) = looked {
            self.shared.notice(true, trouble.sentence).await;
        }
    }

    /// INBOX and Sent.
    async fn sync_all(&mut self) -> Result<Summary, Trouble> {
        if !self.shared.is_writer() {
            return self.wait_for_writer().await;
        }
        let mut summary = self.sync_one(FolderRole::Inbox).await?;
        let sent = self.sync_one(FolderRole::Sent).await?;
        summary.new += sent.new;
        summary.gone += sent.gone;
        summary.flags += sent.flags;
        summary.messages += sent.messages;
        Ok(summary)
    }

    async fn connect(&mut self) -> Result<(), Trouble> {
        if self.link.is_none() {
            let (connection, layout) = super::link::open(&self.shared).await?;
            self.link = Some(Open {
                connection,
                layout,
                compared: None,
                keywords_allowed: false,
            });
        }
        Ok(())
    }

    async fn progress(&self, folder: &str, done: usize, total: usize) {
        let folder = folder.to_owned();
        self.shared
            .tell(News::Progress(Progress {
                folder,
                done,
                total,
            }))
            .await;
    }
}

impl Open {
    fn name_of(&self, role: FolderRole) -> String {
        match role {
            FolderRole::Inbox => self.layout.inbox.clone(),
            _ => self.layout.sent.clone(),
        }
    }

    fn is_on_inbox(&self) -> bool {
        self.connection.selected() == Some(self.layout.inbox.as_str())
    }

    async fn watch_inbox(&mut self) -> Result<(), crate::imap::Error> {
        if !self.is_on_inbox() {
            let inbox = self.layout.inbox.clone();
            self.connection.select(&inbox, None).await?;
        }
        Ok(())
    }
}

fn answer<T>(reply: oneshot::Sender<T>, value: T) {
    if reply.send(value).is_err() {
        tracing::debug!("nobody waits for this answer any more");
    }
}

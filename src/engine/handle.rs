//! The front end's end of the engine: starts its tasks, passes requests on, ends them in order.

use super::api::{Change, Link, News, Outcome, Request, Summary, Ticket, Trouble, TroubleKind};
use super::journal::{self, Journal};
use super::lists;
use super::send::{Control, Post, Wish};
use super::setup::{Mode, Setup};
use super::shared::{Shared, other};
use super::sync::{self, Sync};
use crate::cache::{self, JournalMessage, Reader};
use crate::clock;
use crate::config::Password;
use crate::limits::QUEUE;
use crate::team::ConversationName;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// How long the engine's tasks may take to end.
const ENDING: Duration = Duration::from_secs(10);

/// A running engine.
pub struct Handle {
    requests: mpsc::UnboundedSender<Request>,
    news: mpsc::Receiver<News>,
    tasks: Vec<JoinHandle<()>>,
    next_ticket: u64,
    writer: bool,
}

impl Handle {
    /// Starts an engine. A password that has to be typed is asked for now, before a screen is up.
    ///
    /// # Errors
    /// When configuration, cache or desk cannot be used; each names the thing and the next step.
    pub async fn start(setup: Setup) -> Result<Self, Trouble> {
        let (tell, news) = mpsc::channel(QUEUE);
        let mode = setup.mode;
        let opened = tokio::task::spawn_blocking(move || {
            let shared = Shared::open(&setup, tell)?;
            let journal = cached_journal(&shared)?;
            Ok::<_, Trouble>((Arc::new(shared), journal))
        });
        let (shared, cached) = opened.await.map_err(other)??;
        let asked = [&shared.mailbox.imap.password, &shared.mailbox.smtp.password];
        if mode != Mode::Once && asked.contains(&&Password::Prompt) {
            shared.imap_password().await?;
            shared.smtp_password().await?;
        }
        let writer = shared.is_writer();
        let (requests, incoming) = mpsc::unbounded_channel();
        let tasks = spawn(&shared, cached, incoming);
        Ok(Self {
            requests,
            news,
            tasks,
            next_ticket: 0,
            writer,
        })
    }

    /// Whether this process writes the cache; another one does otherwise.
    pub fn is_writer(&self) -> bool {
        self.writer
    }

    /// Asks for something; the answer comes as news. Never waits.
    pub fn send(&self, request: Request) {
        if self.requests.send(request).is_err() {
            tracing::warn!("the engine has ended");
        }
    }

    /// The next piece of news; `None` when the engine has ended.
    pub async fn news(&mut self) -> Option<News> {
        self.news.recv().await
    }

    /// A ticket not used before.
    pub fn ticket(&mut self) -> Ticket {
        self.next_ticket += 1;
        Ticket(self.next_ticket)
    }

    /// Asks, and waits until `answer` recognises its answer; other news goes to `aside`.
    ///
    /// # Errors
    /// When the engine ends first.
    pub async fn ask<T>(
        &mut self,
        request: Request,
        mut answer: impl FnMut(News) -> Result<T, News>,
        mut aside: impl FnMut(News),
    ) -> Result<T, Trouble> {
        self.send(request);
        while let Some(news) = self.news().await {
            match answer(news) {
                Ok(answer) => return Ok(answer),
                Err(news) => aside(news),
            }
        }
        Err(other("postroom's engine ended unexpectedly: run it again"))
    }

    /// Ends the engine: what is on its way to the server is finished first.
    pub async fn finish(self) {
        let Self {
            requests,
            mut news,
            tasks,
            ..
        } = self;
        drop(requests);
        let ended = async {
            for task in tasks {
                if task.await.is_err() {
                    tracing::warn!("a task of the engine failed");
                }
            }
        };
        // Tasks may wait for a listener; what they say now is for nobody.
        let drained = async { while news.recv().await.is_some() {} };
        let all = async {
            tokio::join!(ended, drained);
        };
        if clock::deadline(ENDING, all).await.is_err() {
            tracing::warn!("the server did not answer while postroom was ending");
        }
    }
}

/// The journal as the cache has it.
fn cached_journal(shared: &Shared) -> Result<Vec<JournalMessage>, Trouble> {
    let mut rows = Vec::new();
    let mut keep = |row| {
        rows.push(row);
        true
    };
    let read = match shared.cache_slot().as_ref() {
        Some(cache) => cache.reader().journal((0, 0), &mut keep),
        None => Reader::open(&shared.cache_dir).and_then(|r| r.journal((0, 0), &mut keep)),
    };
    match read {
        Ok(()) | Err(cache::Error::Missing { .. }) => Ok(rows),
        Err(error) => Err(other(error)),
    }
}

fn spawn(
    shared: &Arc<Shared>,
    cached: Vec<JournalMessage>,
    incoming: mpsc::UnboundedReceiver<Request>,
) -> Vec<JoinHandle<()>> {
    let (journal_jobs, journal_inbox) = mpsc::channel(QUEUE);
    let (sync_jobs, sync_inbox) = mpsc::channel(QUEUE);
    let (effects, mirrored) = mpsc::unbounded_channel();
    let mut journal = Journal::new(
        Arc::clone(shared),
        journal_inbox,
        effects,
        sync_jobs.downgrade(),
    );
    journal.load(cached);
    let sync = Sync::new(
        Arc::clone(shared),
        sync_inbox,
        mirrored,
        journal_jobs.downgrade(),
    );
    let post = Post::new(Arc::clone(shared), journal_jobs.clone(), sync_jobs.clone());
    let (lists, list_requests) = std::sync::mpsc::channel();
    let (searches, search_requests) = std::sync::mpsc::channel();
    let (for_lists, for_search) = (Arc::clone(shared), Arc::clone(shared));
    let dispatcher = Dispatcher {
        shared: Arc::clone(shared),
        journal: journal_jobs,
        sync: sync_jobs,
        post,
        lists,
        searches,
    };
    vec![
        tokio::spawn(journal.run()),
        tokio::spawn(sync.run()),
        tokio::spawn(dispatcher.run(incoming)),
        tokio::task::spawn_blocking(move || lists::serve(&for_lists, &list_requests, false)),
        tokio::task::spawn_blocking(move || lists::serve(&for_search, &search_requests, true)),
    ]
}

/// Passes requests to the tasks that can answer them.
struct Dispatcher {
    shared: Arc<Shared>,
    journal: mpsc::Sender<journal::Job>,
    sync: mpsc::Sender<sync::Job>,
    post: Post,
    lists: std::sync::mpsc::Sender<Request>,
    searches: std::sync::mpsc::Sender<Request>,
}

impl Dispatcher {
    async fn run(self, mut incoming: mpsc::UnboundedReceiver<Request>) {
        if self.shared.mode != Mode::Once {
            self.post.resume().await;
        }
        while let Some(request) = incoming.recv().await {
            self.pass(request).await;
        }
        // Replies that were being handed over are finished; held ones go on at the next start.
        while self.post.is_handing_over() {
            clock::sleep(Duration::from_millis(50)).await;
        }
        self.post.leave().await;
    }

    async fn pass(&self, request: Request) {
        match request {
            Request::Act {
                ticket,
                conversation,
                change,
            } => self.act(ticket, conversation, change).await,
            Request::Look { at } => {
                if self.journal.send(journal::Job::Look(at)).await.is_err() {
                    tracing::debug!("the journal task is ending");
                }
            }
            Request::Read { conversation, read } => self.read(conversation, read).await,
            Request::SaveDraft(draft) => {
                let saved = self.shared.desk().save_draft(&draft);
                self.shared.drafts_changed();
                let at = saved.map(|()| clock::now()).map_err(other);
                let draft = draft.id;
                self.shared.tell(News::Saved { draft, at }).await;
            }
            Request::DropDraft { draft } => {
                let dropped = self.shared.desk().drop_draft(&draft);
                self.shared.drafts_changed();
                if let Err(error) = dropped {
                    self.shared.notice(true, other(error).sentence).await;
                }
            }
            Request::Drafts => {
                let drafts = self.shared.desk().drafts();
                match drafts {
                    Ok(drafts) => self.shared.tell(News::Drafts(drafts)).await,
                    Err(error) => self.shared.notice(true, other(error).sentence).await,
                }
            }
            Request::Send {
                draft,
                anyway,
                hold,
            } => {
                let draft = *draft;
                self.post
                    .send(Wish {
                        draft,
                        anyway,
                        hold,
                    })
                    .await;
            }
            Request::TakeBack { draft } => self.steer(&draft, Control::TakeBack).await,
            Request::SendNow { draft } => self.steer(&draft, Control::SendNow).await,
            Request::Resolve { intent, sent } => self.post.resolve(intent, sent).await,
            Request::SyncNow => self.sync_now().await,
            Request::Search { .. } => forward(&self.searches, request),
            _ => forward(&self.lists, request),
        }
    }

    /// Acts are told in the order the journal has them, without holding up other requests.
    async fn act(&self, ticket: Ticket, conversation: ConversationName, change: Change) {
        let (reply, settled) = oneshot::channel();
        let job = journal::Job::Act {
            conversation: conversation.clone(),
            change,
            reply,
        };
        let sent = self.journal.send(job).await.is_ok();
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            let outcome = match settled.await {
                Ok(outcome) if sent => outcome,
                _ => Outcome::Failed(Trouble::new(TroubleKind::Other, "postroom is ending")),
            };
            shared
                .tell(News::Settled(ticket, conversation, outcome))
                .await;
        });
    }

    async fn read(&self, conversation: ConversationName, read: bool) {
        let at = read.then(clock::now);
        let marked = self.shared.desk().set_read(&conversation, at);
        match marked {
            Ok(()) => self.shared.tell(News::Changed(vec![conversation])).await,
            Err(error) => self.shared.notice(true, other(error).sentence).await,
        }
    }

    async fn steer(&self, draft: &str, control: Control) {
        if !self.post.control(draft, control).await {
            self.shared
                .notice(true, "that reply is not waiting any more")
                .await;
        }
    }

    /// Mail and journal side by side.
    async fn sync_now(&self) {
        let (reply, synced) = oneshot::channel();
        let (folded, caught_up) = oneshot::channel();
        let jobs = (
            self.sync.send(sync::Job::Sync { reply }).await,
            self.journal
                .send(journal::Job::CatchUp {
                    reply: folded,
                    unless: Duration::ZERO,
                })
                .await,
        );
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            let result = match (jobs, synced.await, caught_up.await) {
                ((Ok(()), Ok(())), Ok(Ok(summary)), Ok(Ok(()))) => Ok(summary),
                (_, Ok(Err(trouble)), _) | (_, _, Ok(Err(trouble))) => Err(trouble),
                _ => Err(Trouble::new(TroubleKind::Other, "postroom is ending")),
            };
            let result = result.map(|summary| Summary {
                events: shared
                    .team()
                    .conversations()
                    .map(|(_, c)| c.history.len())
                    .sum(),
                ..summary
            });
            if result.is_ok() {
                shared.tell(News::Link(Link::Online(clock::now()))).await;
            }
            shared.tell(News::Synced(result)).await;
        });
    }
}

fn forward(to: &std::sync::mpsc::Sender<Request>, request: Request) {
    if to.send(request).is_err() {
        tracing::warn!("a thread of the engine has ended");
    }
}

//! A team at work: engines of several agents on one mailbox, and what they hear.

use postroom::config::{self, Config, Folders, Me, Password, Screen, Security, Server};
use postroom::engine::api::{Change, News, Outcome, Request, Stage, Summary, Ticket, Trouble};
use postroom::engine::{Handle, Mode, Setup};
use postroom::mail::draft::Draft;
use postroom::sandbox::{Options, Sandbox};
use postroom::team::{Agent, ConversationName, Status};
use postroom::view::{Row, Thread, View};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// Nothing on loopback takes this long; a test that waits longer hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a mailbox is.
#[derive(Debug, Clone)]
pub struct Place {
    pub imap: u16,
    pub smtp: u16,
    pub user: String,
    pub password: String,
}

/// One agent with a cache and a desk of their own.
pub struct Person {
    pub handle: Handle,
    pub setup: Setup,
    _dir: TempDir,
}

impl Place {
    pub fn of(sandbox: &Sandbox) -> Self {
        Self {
            imap: sandbox.imap.port(),
            smtp: sandbox.smtp.port(),
            user: sandbox.user.clone(),
            password: sandbox.password.clone(),
        }
    }

    fn server(&self, port: u16) -> Server {
        Server {
            host: "127.0.0.1".to_owned(),
            port,
            security: Security::None,
            user: self.user.clone(),
            password: Password::Command(vec![
                "printf".to_owned(),
                "%s".to_owned(),
                self.password.clone(),
            ]),
            ca_file: None,
        }
    }

    pub fn setup(&self, nick: &str, dir: &Path, mode: Mode) -> Setup {
        let mailbox = config::Mailbox {
            name: "support".to_owned(),
            address: "support@acme.example".to_owned(),
            also: Vec::new(),
            from_name: "Acme Support".to_owned(),
            signature: String::new(),
            imap: self.server(self.imap),
            smtp: self.server(self.smtp),
            folders: Folders::default(),
            presence: true,
            keywords: true,
        };
        let config = Config {
            me: Me {
                name: nick.to_owned(),
                address: format!("{nick}@acme.example"),
                nick: nick.to_owned(),
            },
            mailboxes: vec![mailbox],
            screen: Screen {
                ascii: false,
                mouse: false,
                after_send: config::AfterSend::List,
                read_after: Duration::from_secs(2),
            },
            send: config::Send {
                hold: Duration::from_secs(2),
                status: Status::Waiting,
            },
        };
        Setup {
            config,
            mailbox: String::new(),
            cache_dir: dir.join("cache"),
            data_dir: dir.join("data"),
            mode,
        }
    }

    pub async fn person(&self, nick: &str) -> Person {
        let dir = tempfile::tempdir().unwrap();
        let setup = self.setup(nick, dir.path(), Mode::Interactive);
        let handle = Handle::start(setup.clone()).await.unwrap();
        Person {
            handle,
            setup,
            _dir: dir,
        }
    }
}

/// A sandbox with some mail from customers.
pub async fn sandbox(mails: usize) -> (Sandbox, Place) {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    for n in 0..mails {
        let mail = customer_mail(n);
        sandbox.store.append("INBOX", &[], None, mail).unwrap();
    }
    let place = Place::of(&sandbox);
    (sandbox, place)
}

pub fn customer_mail(n: usize) -> Vec<u8> {
    format!(
        "From: Mia {n} <mia{n}@example.net>\r\nTo: support@acme.example\r\n\
         Subject: Question {n}\r\nMessage-ID: <q{n}@example.net>\r\n\
         Date: Tue, 10 Nov 2026 09:12:00 +0000\r\n\r\nHello, this is question {n}.\r\n"
    )
    .into_bytes()
}

pub fn name(n: usize) -> ConversationName {
    ConversationName::new(format!("q{n}@example.net"))
}

impl Person {
    /// Starts again with the same cache and desk.
    pub async fn restart(self) -> Self {
        let Self {
            handle,
            setup,
            _dir,
        } = self;
        handle.finish().await;
        let handle = Handle::start(setup.clone()).await.unwrap();
        Self {
            handle,
            setup,
            _dir,
        }
    }

    /// Waits for news that `wanted` recognises.
    pub async fn until<T>(&mut self, mut wanted: impl FnMut(News) -> Option<T>) -> T {
        let heard = async {
            loop {
                let news = self.handle.news().await.expect("the engine ended");
                if let Some(found) = wanted(news) {
                    return found;
                }
            }
        };
        postroom::clock::deadline(PATIENCE, heard)
            .await
            .expect("nothing of the kind was heard")
    }

    pub async fn sync(&mut self) -> Result<Summary, Trouble> {
        self.handle.send(Request::SyncNow);
        self.until(|news| match news {
            News::Synced(result) => Some(result),
            _ => None,
        })
        .await
    }

    pub fn start_act(&mut self, conversation: &ConversationName, change: Change) -> Ticket {
        let ticket = self.handle.ticket();
        self.handle.send(Request::Act {
            ticket,
            conversation: conversation.clone(),
            change,
        });
        ticket
    }

    pub async fn settled(&mut self, ticket: Ticket) -> Outcome {
        self.until(|news| match news {
            News::Settled(of, _, outcome) if of == ticket => Some(outcome),
            _ => None,
        })
        .await
    }

    pub async fn act(&mut self, conversation: &ConversationName, change: Change) -> Outcome {
        let ticket = self.start_act(conversation, change);
        self.settled(ticket).await
    }

    pub async fn open(&mut self, conversation: &ConversationName) -> Result<Thread, Trouble> {
        let ticket = self.handle.ticket();
        self.handle.send(Request::Open {
            ticket,
            conversation: conversation.clone(),
        });
        self.until(|news| match news {
            News::Opened(of, result) if of == ticket => Some(result.map(|thread| *thread)),
            _ => None,
        })
        .await
    }

    pub async fn rows(&mut self, view: View) -> Vec<Row> {
        let ticket = self.handle.ticket();
        self.handle.send(Request::Rows {
            ticket,
            view,
            offset: 0,
            limit: 100,
        });
        self.until(|news| match news {
            News::Page(of, page) if of == ticket => Some(page.rows),
            _ => None,
        })
        .await
    }

    /// Opens the conversation again and again until it is as wanted.
    pub async fn sees(
        &mut self,
        conversation: &ConversationName,
        mut wanted: impl FnMut(&Thread) -> bool,
    ) -> Thread {
        let seen = async {
            loop {
                if let Ok(thread) = self.open(conversation).await
                    && wanted(&thread)
                {
                    return thread;
                }
                postroom::clock::sleep(Duration::from_millis(50)).await;
            }
        };
        postroom::clock::deadline(PATIENCE, seen)
            .await
            .expect("it never looked as wanted")
    }

    pub async fn owner(&mut self, conversation: &ConversationName) -> Option<Agent> {
        self.open(conversation).await.unwrap().row.owner
    }

    pub async fn draft(&mut self, conversation: &ConversationName, text: &str) -> Draft {
        let ticket = self.handle.ticket();
        self.handle.send(Request::Reply {
            ticket,
            conversation: conversation.clone(),
            all: true,
        });
        let draft = self
            .until(|news| match news {
                News::Draft(of, result) if of == ticket => Some(result),
                _ => None,
            })
            .await;
        let mut draft = *draft.unwrap();
        draft.body = format!("{text}\n{}", draft.body);
        draft
    }

    pub fn send(&mut self, draft: &Draft, hold: bool) {
        self.handle.send(Request::Send {
            draft: Box::new(draft.clone()),
            anyway: None,
            hold,
        });
    }

    /// The stage at which a reply rests: sent, blocked, failed, taken back, unknown.
    pub async fn ended(&mut self, draft: &Draft) -> Stage {
        self.stage(draft, |stage| {
            !matches!(stage, Stage::Checking | Stage::Held { .. } | Stage::Sending)
        })
        .await
    }

    pub async fn stage(&mut self, draft: &Draft, wanted: impl Fn(&Stage) -> bool) -> Stage {
        let id = draft.id.clone();
        self.until(|news| match news {
            News::Outgoing { draft, stage, .. } if draft == id && wanted(&stage) => Some(stage),
            _ => None,
        })
        .await
    }
}

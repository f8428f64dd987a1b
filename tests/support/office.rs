//! A team at work: engines of several agents on one mailbox, what they hear, and what lies there.

use super::dovecot::{Dovecot, Format};
use postroom::config::{self, Config, Folders, Me, Password, Screen, Security, Server};
use postroom::engine::api::{Change, News, Outcome, Request, Stage, Summary, Ticket, Trouble};
use postroom::engine::{Handle, Mode, Setup};
use postroom::imap::{self, Connection};
use postroom::limits::ROWS;
use postroom::mail::draft::Draft;
use postroom::net::{self, Endpoint};
use postroom::sandbox::{Options, Sandbox};
use postroom::team::event::{self, Event};
use postroom::team::{Agent, ConversationName, Status};
use postroom::view::{Page, Row, Thread, View};
use secrecy::SecretString;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// Nothing on loopback takes this long; a test that waits longer hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A login on a server on this machine.
#[derive(Debug, Clone)]
pub struct Account {
    pub port: u16,
    pub user: String,
    pub password: String,
}

/// Where a mailbox is.
#[derive(Debug, Clone)]
pub struct Place {
    pub imap: Account,
    pub smtp: Account,
}

/// A mailbox on some server, and a sandbox that takes what is sent from it.
pub struct Office {
    pub place: Place,
    /// Its sink has every mail that was sent. Its store is the mailbox only where the sandbox is
    /// the server; tests that run on several servers use the methods of `Office` instead.
    pub sandbox: Sandbox,
    _dovecot: Option<Dovecot>,
}

/// One agent with a cache and a desk of their own.
pub struct Person {
    pub handle: Handle,
    pub setup: Setup,
    /// How long to wait for any news.
    pub patience: Duration,
    dir: TempDir,
}

impl Account {
    fn server(&self) -> Server {
        Server {
            host: "127.0.0.1".to_owned(),
            port: self.port,
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
}

impl Office {
    /// On the sandbox.
    pub async fn sandbox() -> Self {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        Self {
            place: Place::of(&sandbox),
            sandbox,
            _dovecot: None,
        }
    }

    /// On a Dovecot of its own; `None` where servers may be missing.
    pub async fn dovecot(format: Format) -> Option<Self> {
        let dovecot = Dovecot::start(format)?;
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let imap = Account {
            port: dovecot.port,
            user: dovecot.user.to_owned(),
            password: dovecot.pass.to_owned(),
        };
        let smtp = Place::of(&sandbox).smtp;
        Some(Self {
            place: Place { imap, smtp },
            sandbox,
            _dovecot: Some(dovecot),
        })
    }

    /// Some customers write.
    pub async fn receive(&self, mails: usize) {
        let mut connection = self.place.connect().await;
        for n in 0..mails {
            let mail = customer_mail(n);
            connection.append("INBOX", &[], &mail).await.unwrap();
        }
        connection.logout().await;
    }

    /// How many messages a folder holds.
    pub async fn count(&self, folder: &str) -> u32 {
        let mut connection = self.place.connect().await;
        let exists = connection.examine(folder, None).await.unwrap().exists;
        connection.logout().await;
        exists
    }

    /// The flags of a message in INBOX.
    pub async fn flags(&self, uid: u32) -> Vec<String> {
        let mut connection = self.place.connect().await;
        connection.examine("INBOX", None).await.unwrap();
        let mut found = connection.flags(uid..=uid).await.unwrap();
        connection.logout().await;
        found.remove(0).flags
    }

    /// Every event in the journal, in its order; a message that is none fails the test.
    pub async fn journal(&self) -> Vec<Event> {
        let mut connection = self.place.connect().await;
        connection.examine("Postroom/Journal", None).await.unwrap();
        let uids = connection.uids().await.unwrap();
        let mut found = Vec::new();
        let keep = |message: imap::Fetched| found.push((message.uid, message.raw));
        connection.fetch(&uids, keep).await.unwrap();
        connection.logout().await;
        found.sort();
        let event = |(_, raw): (u32, Vec<u8>)| event::decode(&raw).unwrap().event;
        found.into_iter().map(event).collect()
    }
}

impl Place {
    pub fn of(sandbox: &Sandbox) -> Self {
        let account = |port| Account {
            port,
            user: sandbox.user.clone(),
            password: sandbox.password.clone(),
        };
        Self {
            imap: account(sandbox.imap.port()),
            smtp: account(sandbox.smtp.port()),
        }
    }

    /// Another mail client, signed in.
    pub async fn connect(&self) -> Connection {
        let endpoint = Endpoint {
            host: "127.0.0.1".to_owned(),
            port: self.imap.port,
            security: net::Security::None,
            ca_file: None,
            user: self.imap.user.clone(),
        };
        let password = SecretString::from(self.imap.password.as_str());
        imap::connect(&endpoint, &password).await.unwrap()
    }

    /// The configuration of one agent as the program reads it.
    pub fn config(&self, nick: &str) -> String {
        let server = |account: &Account| {
            format!(
                "host = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nuser = \"{}\"\n\
                 password-command = [\"printf\", \"%s\", \"{}\"]\n",
                account.port, account.user, account.password
            )
        };
        format!(
            "[me]\nname = \"{nick}\"\naddress = \"{nick}@acme.example\"\n\
             [[mailbox]]\nname = \"support\"\naddress = \"support@acme.example\"\n\
             [mailbox.imap]\n{}[mailbox.smtp]\n{}",
            server(&self.imap),
            server(&self.smtp)
        )
    }

    pub fn setup(&self, nick: &str, dir: &Path, mode: Mode) -> Setup {
        let mailbox = config::Mailbox {
            name: "support".to_owned(),
            address: "support@acme.example".to_owned(),
            also: Vec::new(),
            from_name: "Acme Support".to_owned(),
            signature: String::new(),
            imap: self.imap.server(),
            smtp: self.smtp.server(),
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
            patience: PATIENCE,
            dir,
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
            patience,
            dir,
        } = self;
        handle.finish().await;
        let handle = Handle::start(setup.clone()).await.unwrap();
        Self {
            handle,
            setup,
            patience,
            dir,
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
        postroom::clock::deadline(self.patience, heard)
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

    /// Every row of a view.
    pub async fn rows(&mut self, view: View) -> Vec<Row> {
        let mut rows = Vec::new();
        loop {
            let page = self.page(view, rows.len()).await;
            rows.extend(page.rows);
            if rows.len() >= page.total {
                return rows;
            }
        }
    }

    async fn page(&mut self, view: View, offset: usize) -> Page {
        let ticket = self.handle.ticket();
        self.handle.send(Request::Rows {
            ticket,
            view,
            offset,
            limit: ROWS,
        });
        self.until(|news| match news {
            News::Page(of, page) if of == ticket => Some(*page),
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
        let patience = self.patience;
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
        postroom::clock::deadline(patience, seen)
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

//! An in-process IMAP and SMTP server, what goes wrong with them, and the mail they start with.
//!
//! The demo, `demo --serve` and most tests talk to it over real sockets on loopback, exactly as
//! they would to a real server: nothing outside this module knows that it is a sandbox.

mod dice;
pub mod faults;
pub mod history;
mod imap;
mod letter;
pub mod seed;
pub mod smtp;
pub mod store;
pub mod teammates;

pub use faults::{Fault, Faults, Feature, Verb};
pub use smtp::{Phase, Sent, Sink, SmtpFault};
pub use store::{Place, Role, Store};
pub use teammates::Pace;

use crate::clock::Timestamp;
use history::HistoryError;
use seed::Conversation;
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use teammates::Teammates;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What a sandbox starts with.
#[derive(Debug, Clone)]
pub struct Options {
    /// Users and their passwords. All of them see the same mail, as a team with one shared
    /// mailbox does; the first one is [`Sandbox::user`].
    pub users: Vec<(String, String)>,
    /// The mailbox's own address: mail to it arrives in INBOX.
    pub address: String,
    /// The port of the IMAP server; 0 lets the system choose.
    pub imap_port: u16,
    /// The port of the SMTP server; 0 lets the system choose.
    pub smtp_port: u16,
}

/// A running sandbox. Dropping it stops the servers and forgets the mail.
#[derive(Debug)]
pub struct Sandbox {
    /// Where IMAP is spoken, in the clear.
    pub imap: SocketAddr,
    /// Where SMTP is spoken, in the clear, with the same login.
    pub smtp: SocketAddr,
    /// The login.
    pub user: String,
    /// Its password.
    pub password: String,
    /// The mailbox's own address.
    pub address: String,
    /// The mail, to look at it and to play other clients.
    pub store: Store,
    /// What the IMAP server does wrong.
    pub faults: Faults,
    /// What was sent, and what the SMTP server does wrong.
    pub sink: Sink,
    servers: Vec<JoinHandle<()>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            users: vec![("support".to_owned(), "sandbox".to_owned())],
            address: "support@acme.example".to_owned(),
            imap_port: 0,
            smtp_port: 0,
        }
    }
}

impl Sandbox {
    /// Starts the servers on 127.0.0.1 with the standard folders, all empty.
    ///
    /// Fails when a port is taken.
    pub async fn start(options: Options) -> io::Result<Self> {
        let store = Store::new();
        let faults = Faults::default();
        let (user, password) = options.users.first().cloned().unwrap_or_default();
        let users: BTreeMap<_, _> = options.users.into_iter().collect();
        let sink = Sink::new(store.clone(), &options.address);
        let office = Arc::new(imap::Office {
            store: store.clone(),
            faults: faults.clone(),
            users: users.clone(),
        });
        let counter = Arc::new(smtp::Counter {
            sink: sink.clone(),
            users,
        });
        let imap = TcpListener::bind((Ipv4Addr::LOCALHOST, options.imap_port)).await?;
        let smtp = TcpListener::bind((Ipv4Addr::LOCALHOST, options.smtp_port)).await?;
        Ok(Self {
            imap: imap.local_addr()?,
            smtp: smtp.local_addr()?,
            user,
            password,
            address: options.address,
            store,
            faults,
            sink,
            servers: vec![
                tokio::spawn(imap::serve(imap, office)),
                tokio::spawn(smtp::serve(smtp, counter)),
            ],
        })
    }

    /// Fills the empty mailbox: three hundred conversations that end at `now`, and the journal of
    /// what the team did with them.
    pub fn seed(&self, now: Timestamp) -> Result<Vec<Conversation>, HistoryError> {
        let conversations = seed::fill(&self.store, now, &self.address)?;
        history::write(&self.store, &conversations, now, &self.address)?;
        Ok(conversations)
    }

    /// Lets Ben and Beatriz start to work, on what [`seed`](Self::seed) returned. They go home
    /// when the servers stop.
    pub fn call_teammates(
        &mut self,
        conversations: &[Conversation],
        pace: Pace,
    ) -> Result<(), HistoryError> {
        let (store, sink) = (self.store.clone(), self.sink.clone());
        let teammates = Teammates::new(store, sink, &self.address, conversations, pace)?;
        self.servers.push(tokio::spawn(teammates.run()));
        Ok(())
    }

    /// Stops the servers, closes every connection and waits until that is done.
    pub async fn stop(mut self) {
        for server in self.servers.drain(..) {
            server.abort();
            // It was cancelled just now; that is the only error there is.
            let _cancelled = server.await;
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.servers.iter().for_each(JoinHandle::abort);
    }
}

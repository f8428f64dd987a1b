//! Adapter: one IMAP connection, checked.
//!
//! TCP → TLS (`net`) → `guard` → async-imap's transport → `exec` → the typed calls below. The
//! guard lets only complete, bounded, parseable responses through; `exec` makes NO, BAD, BYE, a
//! lost connection and a missed deadline errors; every call converts to own types as it reads.
//! Nothing here decides anything: which folder, which message and when is the engine's business.
//!
//! Calls on one connection run one after the other. A call that fails with
//! [`Error::is_fatal`], or whose future is dropped half way, ends the connection: later calls
//! answer [`Error::Lost`]. Mailbox names are plain UTF-8 here and modified UTF-7 on the wire.

mod append;
mod capabilities;
mod code;
mod error;
mod exec;
mod fetch;
mod guard;
mod idle;
mod lenient;
mod list;
mod login;
mod quote;
mod reply;
mod select;
mod store;
mod utf7;

pub use crate::net::{Endpoint, Next, Security};
pub use append::Appended;
pub use capabilities::Capabilities;
pub use code::Code;
pub use error::{AppendError, Error};
pub use fetch::{Fetched, Flags, Overview};
pub use idle::Woke;
pub use list::{Mailbox, Role};
pub use login::connect;
pub use select::{Changes, Resync, Selected};
pub use store::Moved;

use crate::{clock, limits};
use async_imap::Session;
use exec::Kind;
use guard::Guard;
use std::collections::BTreeMap;

/// A signed-in connection.
#[derive(Debug)]
pub struct Connection {
    session: Session<Guard>,
    capabilities: Capabilities,
    /// QRESYNC is switched on.
    qresync: bool,
    /// No command is under way and none was left half read.
    ready: bool,
    /// The tag of an IDLE that was told to end and has not said that it did.
    ending: Option<String>,
    selected: Option<Open>,
    exists: u32,
    /// Something changed that no call has reported yet.
    news: bool,
    reselect: bool,
    /// Wire names that are not what their decoded form encodes to, by decoded name.
    odd_names: BTreeMap<String, String>,
    round_trips: u64,
}

/// The open folder.
#[derive(Debug)]
struct Open {
    name: String,
    /// It keeps modification sequences, so MODSEQ may be asked for.
    modseq: bool,
}

impl Connection {
    fn new(session: Session<Guard>) -> Self {
        Self {
            session,
            capabilities: Capabilities::default(),
            qresync: false,
            ready: true,
            ending: None,
            selected: None,
            exists: 0,
            news: false,
            reselect: false,
            odd_names: BTreeMap::new(),
            round_trips: 0,
        }
    }

    /// What the server can do, as told after login.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// The folder that is open, by the name it was opened with.
    pub fn selected(&self) -> Option<&str> {
        self.selected.as_ref().map(|open| open.name.as_str())
    }

    /// Messages in the open folder, as last told.
    pub fn exists(&self) -> u32 {
        self.exists
    }

    /// The server complained beside an OK: the open folder may have been deleted and made anew
    /// under us (Dovecot serves the old content then). Select it again and compare UIDVALIDITY.
    pub fn should_reselect(&self) -> bool {
        self.reselect
    }

    /// Whether the connection can take another command.
    pub fn is_usable(&self) -> bool {
        self.ready
    }

    /// Round trips since login: commands, and literals the server had to be asked for.
    pub fn round_trips(&self) -> u64 {
        self.round_trips
    }

    /// Asks for news; true when something changed in the open folder since the last time this or
    /// [`Connection::idle`] said so, or since it was opened.
    pub async fn noop(&mut self) -> Result<bool, Error> {
        self.exec(Kind::short("NOOP"), "NOOP", |_| ()).await?;
        Ok(std::mem::take(&mut self.news))
    }

    /// Says goodbye, briefly, whatever the answer.
    pub async fn logout(mut self) {
        let bye = self.exec(Kind::short("LOGOUT"), "LOGOUT", |_| ());
        if let Ok(Err(error)) = clock::deadline(limits::DONE_TIMEOUT, bye).await {
            tracing::debug!(%error, "logout");
        }
    }

    fn open(&self) -> Result<&Open, Error> {
        self.selected
            .as_ref()
            .ok_or(Error::Argument("no folder is open"))
    }

    /// A mailbox name as a command argument.
    fn mailbox(&self, name: &str) -> Result<String, Error> {
        match self.odd_names.get(name) {
            Some(raw) => quote::quoted(raw),
            None => quote::quoted(&utf7::encode(name)),
        }
    }
}

#[cfg(test)]
mod tests;

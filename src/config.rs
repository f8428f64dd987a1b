//! What a person may set, and reading it from a TOML file.
//!
//! [`load()`] knows every option, its default and what is allowed; `config.example.toml` shows the
//! same to people and a test keeps the two equal. Unknown keys are warnings, because a newer file
//! must not stop an older program; wrong values are fatal, because guessing at an account is worse
//! than asking.

mod load;
mod nearest;
mod place;
mod section;
#[cfg(test)]
mod tests;

pub use load::{ConfigError, Loaded, load, parse};
pub use nearest::nearest;
pub use place::Places;

use crate::mail::Remote;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Who uses this program.
    pub me: Me,
    /// The shared mailboxes, at least one.
    pub mailboxes: Vec<Mailbox>,
    /// Screen and keys.
    pub screen: Screen,
    /// Sending.
    pub send: Send,
}

/// The agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// Display name.
    pub name: String,
    /// Personal mail address; its left part is the nick unless `nick` is set.
    pub address: String,
    /// Nick in the journal.
    pub nick: String,
}

/// One shared mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// Name on the command line; the first is the default.
    pub name: String,
    /// The address customers write to.
    pub address: String,
    /// Further addresses that are ours.
    pub also: Vec<String>,
    /// Display name in From.
    pub from_name: String,
    /// Text put below replies, without the `-- ` line.
    pub signature: String,
    /// Reading.
    pub imap: Server,
    /// Sending.
    pub smtp: Server,
    /// Folder names; empty means: by SPECIAL-USE, else the usual name.
    pub folders: Folders,
    /// Whether teammates see what I read and write.
    pub presence: bool,
    /// Whether status, owner and tags are mirrored as IMAP keywords.
    pub keywords: bool,
}

/// A server to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Host name or IP address, without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Login name.
    pub user: String,
    /// Where the password comes from.
    pub password: Password,
    /// A PEM file with further trusted CAs.
    pub ca_file: Option<PathBuf>,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// STARTTLS, required.
    StartTls,
    /// None; to loopback only.
    None,
}

/// Where a password comes from; never the file or the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Password {
    /// First line a program prints; arguments as given, no shell.
    Command(Vec<String>),
    /// The desktop's keyring.
    Keyring,
    /// Asked on the terminal.
    Prompt,
}

/// Names of folders on the server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folders {
    /// Where mail arrives; `INBOX` unless set.
    pub inbox: String,
    /// Where sent mail is filed.
    pub sent: String,
    /// Where the team's events are.
    pub journal: String,
    /// Where finished mails wait.
    pub outbox: String,
}

/// Screen settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    /// Draw lines and marks with ASCII only.
    pub ascii: bool,
    /// Take mouse clicks from the start.
    pub mouse: bool,
    /// Where to go after a reply.
    pub after_send: AfterSend,
    /// An opened message counts as read after this; zero means never by itself.
    pub read_after: Duration,
}

/// Where to go after a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterSend {
    /// The list, cursor on the next row.
    List,
    /// The next conversation.
    Next,
    /// Where one was.
    Stay,
}

/// Sending settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Send {
    /// A finished reply waits this long and can be taken back.
    pub hold: Duration,
    /// Status after a reply.
    pub status: crate::team::Status,
}

impl Config {
    /// The mailbox of that name; the first one when no name is given.
    pub fn mailbox(&self, name: Option<&str>) -> Option<&Mailbox> {
        match name {
            Some(name) => self.mailboxes.iter().find(|m| m.name == name),
            None => self.mailboxes.first(),
        }
    }
}

impl Server {
    /// Whether the connection cannot leave this machine, so that it may go unprotected.
    pub fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost")
            || self.host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }
}

impl Security {
    /// Every value, safest first.
    pub const ALL: [Security; 3] = [Security::Tls, Security::StartTls, Security::None];

    /// The word for it in the file.
    pub fn word(self) -> &'static str {
        match self {
            Security::Tls => "tls",
            Security::StartTls => "starttls",
            Security::None => "none",
        }
    }
}

impl AfterSend {
    /// Every value, the default first.
    pub const ALL: [AfterSend; 3] = [AfterSend::List, AfterSend::Next, AfterSend::Stay];

    /// The word for it in the file.
    pub fn word(self) -> &'static str {
        match self {
            AfterSend::List => "list",
            AfterSend::Next => "next",
            AfterSend::Stay => "stay",
        }
    }
}

impl Default for Screen {
    fn default() -> Self {
        Self {
            ascii: false,
            mouse: false,
            after_send: AfterSend::List,
            read_after: Duration::from_secs(2),
        }
    }
}

impl Default for Send {
    fn default() -> Self {
        Self {
            hold: Duration::from_secs(10),
            status: crate::team::Status::Waiting,
        }
    }
}

/// Something in the file that is not fatal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Line in the file, from 1.
    pub line: usize,
    /// What is wrong and what to do; from the file, so cleaned before it is shown.
    pub text: Remote,
}

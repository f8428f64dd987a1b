//! What can go wrong on an IMAP connection.

use super::Code;
use crate::mail::Remote;
use crate::net::{self, Next};

/// A command, or the way to it, that failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection, or no safe one.
    #[error(transparent)]
    Net(#[from] net::Error),
    /// The server does not accept user or password.
    #[error("{host} does not let {user} in{}: check user and password", said(text))]
    SignIn {
        /// Host as configured.
        host: String,
        /// User as configured.
        user: String,
        /// The server's words.
        text: Remote,
    },
    /// The server allows no password login here (LOGINDISABLED, PREAUTH, no mechanism we speak).
    #[error("{host} offers no way to sign in: {why}")]
    NoSignIn {
        /// Host as configured.
        host: String,
        /// What is in the way.
        why: &'static str,
    },
    /// The server has enough connections of this user or address.
    #[error(
        "the server allows no more connections now{}: close another mail program, or wait",
        said(text)
    )]
    TooManyConnections {
        /// The server's words.
        text: Remote,
    },
    /// No answer in time; the connection is gone.
    #[error("the server did not answer {what} in time")]
    Timeout {
        /// The command.
        what: &'static str,
    },
    /// The connection ended, or an earlier call on it failed or was abandoned half way.
    #[error("the connection to the server was lost")]
    Lost,
    /// The server said goodbye.
    #[error("the server closed the connection{}", said(text))]
    Bye {
        /// The server's words.
        text: Remote,
    },
    /// The server refused a command.
    #[error("the server refused {what}{}", said(text))]
    No {
        /// The command.
        what: &'static str,
        /// The machine-readable reason, when it gave one.
        code: Option<Code>,
        /// The server's words.
        text: Remote,
    },
    /// The server did not understand a command: a defect on one side.
    #[error("the server did not understand {what}{}", said(text))]
    Bad {
        /// The command.
        what: &'static str,
        /// The server's words.
        text: Remote,
    },
    /// The server sent more than we accept.
    #[error("the server sent an answer that is too large: {0}")]
    TooLarge(&'static str),
    /// The server broke the protocol.
    #[error("the server sent something that is not IMAP: {0}")]
    Protocol(&'static str),
    /// The server lacks what the call needs.
    #[error("the server cannot do this: {0}")]
    Unsupported(&'static str),
    /// An argument that may not go on the wire.
    #[error("cannot ask the server for this: {0}")]
    Argument(&'static str),
}

impl Error {
    /// What to do about it.
    pub fn next(&self) -> Next {
        match self {
            Self::Net(error) => error.next(),
            Self::SignIn { .. } | Self::NoSignIn { .. } => Next::AskUser,
            Self::TooManyConnections { .. }
            | Self::Timeout { .. }
            | Self::Lost
            | Self::Bye { .. } => Next::Retry,
            Self::No { code, .. } => match code {
                Some(code) if code.passes() => Next::Retry,
                _ => Next::AskUser,
            },
            Self::Bad { .. }
            | Self::TooLarge(_)
            | Self::Protocol(_)
            | Self::Unsupported(_)
            | Self::Argument(_) => Next::GiveUp,
        }
    }

    /// Whether user or password are at fault.
    pub fn is_sign_in(&self) -> bool {
        matches!(self, Self::SignIn { .. } | Self::NoSignIn { .. })
    }

    /// Whether the connection is unusable after this error. A refused command leaves it usable.
    pub fn is_fatal(&self) -> bool {
        !matches!(
            self,
            Self::No { .. } | Self::Bad { .. } | Self::Unsupported(_) | Self::Argument(_)
        )
    }
}

/// An APPEND that did not end well.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The message is certainly not in the folder.
    #[error("not stored: {0}")]
    NotStored(#[source] Error),
    /// Nobody knows: the answer to the complete message was lost. Look for it before retrying.
    #[error("perhaps stored: {0}")]
    Doubt(#[source] Error),
}

impl AppendError {
    /// The cause, when it does not matter any more whether the message was stored.
    pub fn into_cause(self) -> Error {
        match self {
            Self::NotStored(error) | Self::Doubt(error) => error,
        }
    }

    /// The cause.
    pub fn cause(&self) -> &Error {
        match self {
            Self::NotStored(error) | Self::Doubt(error) => error,
        }
    }
}

/// Server text for the end of a sentence.
fn said(text: &Remote) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(" (the server says: {})", text.line())
    }
}

//! What can go wrong on the way to an accepted mail.

use crate::mail::Remote;
use crate::net::{self, Next};

/// A submission that failed before the mail could have left.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection, or no safe one.
    #[error(transparent)]
    Net(#[from] net::Error),
    /// The server does not accept user or password.
    #[error("{host} does not let {user} send mail (the server says: {}): check user and password", text.line())]
    SignIn {
        /// Host as configured.
        host: String,
        /// User as configured.
        user: String,
        /// The server's words.
        text: Remote,
    },
    /// The server offers no password login that we speak.
    #[error("{host} offers no way to sign in with a password: check port and security")]
    NoSignIn {
        /// Host as configured.
        host: String,
    },
    /// The server refused to talk.
    #[error("the mail server refused {what} ({code}; it says: {})", text.line())]
    Refused {
        /// The step.
        what: &'static str,
        /// The reply code.
        code: u16,
        /// The server's words.
        text: Remote,
    },
    /// No answer in time.
    #[error("the mail server did not answer {what} in time")]
    Timeout {
        /// The step.
        what: &'static str,
    },
    /// The connection ended or the server broke the protocol.
    #[error("the connection to the mail server was lost at {what}")]
    Lost {
        /// The step.
        what: &'static str,
    },
    /// An address no server takes.
    #[error("{} is not an address that mail can be sent to", .0.line())]
    Address(Remote),
    /// The server lacks what this mail needs.
    #[error("the mail server cannot take this mail: {0}")]
    Unsupported(&'static str),
    /// The caller could not record that the mail is about to leave, so it did not.
    #[error("could not record the sending, so the mail was not sent: {0}")]
    Mark(String),
}

impl Error {
    /// What to do about it.
    pub fn next(&self) -> Next {
        match self {
            Self::Net(error) => error.next(),
            Self::Refused { code, .. } if *code < 500 => Next::Retry,
            Self::Timeout { .. } | Self::Lost { .. } => Next::Retry,
            Self::Refused { .. }
            | Self::SignIn { .. }
            | Self::NoSignIn { .. }
            | Self::Address(_)
            | Self::Unsupported(_)
            | Self::Mark(_) => Next::AskUser,
        }
    }

    /// Whether user or password are at fault.
    pub fn is_sign_in(&self) -> bool {
        matches!(self, Self::SignIn { .. } | Self::NoSignIn { .. })
    }

    /// From lettre's error at one step.
    pub(super) fn at(what: &'static str, error: &lettre::transport::smtp::Error) -> Self {
        match refusal(error) {
            Some((code, text)) => Self::Refused { what, code, text },
            None => Self::Lost { what },
        }
    }
}

/// Reply code and text when an error is the server's refusal.
pub(super) fn refusal(error: &lettre::transport::smtp::Error) -> Option<(u16, Remote)> {
    let code = error.status()?.to_string().parse().ok()?;
    let text = std::error::Error::source(error).map(ToString::to_string);
    Some((code, Remote::new(text.unwrap_or_default())))
}

//! What can go wrong while asking for a password.

use crate::mail::Remote;

/// No password.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `password-command` is empty.
    #[error("password-command is empty: name a program and its arguments")]
    NoCommand,
    /// The program could not be started.
    #[error("password command {command:?} cannot be run: {why}")]
    CannotRun {
        /// The program as configured.
        command: String,
        /// The platform's words.
        why: String,
    },
    /// The program failed.
    #[error("password command {command:?} failed ({status}): {}", stderr.line())]
    Failed {
        /// The program as configured.
        command: String,
        /// How it ended.
        status: String,
        /// What it printed about that.
        stderr: Remote,
    },
    /// The program did not end.
    #[error("password command {command:?} did not end in time: does it wait for something?")]
    Slow {
        /// The program as configured.
        command: String,
    },
    /// The program printed no usable first line.
    #[error("password command {command:?} printed no password")]
    Nothing {
        /// The program as configured.
        command: String,
    },
    /// The keyring cannot be used.
    #[error("the keyring cannot be used ({0}): unlock it, or use password-command")]
    Keyring(String),
    /// The keyring has no such entry.
    #[error(
        "the keyring has no password for {user} under {service:?}: store it there, or use password-command"
    )]
    NoEntry {
        /// The service asked for.
        service: String,
        /// The user asked for.
        user: String,
    },
    /// Nobody to ask.
    #[error("cannot ask for the password of {what}, there is no terminal: use password-command")]
    NoTerminal {
        /// What the password is for.
        what: String,
    },
    /// Asking failed.
    #[error("reading the password of {what} failed: {why}")]
    Terminal {
        /// What the password is for.
        what: String,
        /// The platform's words.
        why: String,
    },
}

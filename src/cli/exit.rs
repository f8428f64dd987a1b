//! How a verb ends: the exit codes that scripts rely on.

use crate::config::ConfigError;
use crate::engine::api::{Trouble, TroubleKind};
use std::process::ExitCode;

/// The exit codes, as `--help` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Anything else went wrong.
    Other,
    /// Wrong usage or a broken configuration.
    Usage,
    /// Somebody else owns it or has answered.
    Refused,
    /// No such conversation, draft or mailbox.
    NotFound,
    /// The server cannot be reached.
    Unreachable,
    /// Sign-in failed.
    SignIn,
}

/// Why a verb ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// One sentence for standard error, without a full stop; cleaned when it is printed.
    pub sentence: String,
}

impl Exit {
    /// Every code in order.
    pub const ALL: [Exit; 7] = [
        Exit::Done,
        Exit::Other,
        Exit::Usage,
        Exit::Refused,
        Exit::NotFound,
        Exit::Unreachable,
        Exit::SignIn,
    ];

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Other => 1,
            Exit::Usage => 2,
            Exit::Refused => 3,
            Exit::NotFound => 4,
            Exit::Unreachable => 5,
            Exit::SignIn => 6,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

impl From<TroubleKind> for Exit {
    fn from(kind: TroubleKind) -> Self {
        match kind {
            TroubleKind::NotFound => Exit::NotFound,
            TroubleKind::Unreachable => Exit::Unreachable,
            TroubleKind::SignIn => Exit::SignIn,
            TroubleKind::Other => Exit::Other,
        }
    }
}

impl Failure {
    /// Ends with `exit` and a sentence.
    pub fn new(exit: Exit, sentence: impl Into<String>) -> Self {
        Self {
            exit,
            sentence: sentence.into(),
        }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::new(trouble.kind.into(), trouble.sentence)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(Exit::Usage, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_number() {
        let numbers: Vec<u8> = Exit::ALL.into_iter().map(Exit::code).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn trouble_keeps_its_kind_and_sentence() {
        let trouble = Trouble::new(TroubleKind::SignIn, "the server refused the password");
        let failure = Failure::from(trouble);
        assert_eq!(failure.exit, Exit::SignIn);
        assert_eq!(failure.sentence, "the server refused the password");
    }
}

//! Commands, checked: every call reads to its own tagged answer, and nothing but OK is success.
//!
//! async-imap's own calls report a refusal or a lost connection as success, so only its transport
//! is used: send a line, read a response. A call that was not read to its tag, because it timed
//! out or its future was dropped, leaves the connection unusable and every later call says so.

use super::reply::{Reply, Status, Untagged};
use super::{Code, Connection, Error};
use crate::mail::Remote;
use crate::{clock, limits};
use std::io;
use std::time::Duration;

/// What to expect of a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    /// The name for error messages.
    pub what: &'static str,
    /// Whether the answer may be long. A short answer must end within `limit`; a long one must
    /// bring a whole response, or [`limits::STALL_BYTES`] of one, within every `limit`.
    pub bulk: bool,
    /// [`limits::COMMAND_TIMEOUT`], but for tests.
    pub limit: Duration,
    /// Whether FETCH responses are part of the answer and no news.
    pub fetches: bool,
}

impl Kind {
    /// A command with a short answer.
    pub const fn short(what: &'static str) -> Self {
        Self {
            what,
            bulk: false,
            limit: limits::COMMAND_TIMEOUT,
            fetches: false,
        }
    }

    /// A command answered by FETCH responses.
    pub const fn fetch(what: &'static str) -> Self {
        Self {
            what,
            bulk: true,
            limit: limits::COMMAND_TIMEOUT,
            fetches: true,
        }
    }

    /// A command with a long answer of other kinds.
    pub const fn bulk(what: &'static str) -> Self {
        Self {
            what,
            bulk: true,
            limit: limits::COMMAND_TIMEOUT,
            fetches: false,
        }
    }
}

/// The tagged OK of a command.
#[derive(Debug)]
pub(super) struct Done {
    pub code: Option<Code>,
}

impl Connection {
    /// Runs a command and hands every untagged response to `each`.
    ///
    /// `command` must be made of constants and [`super::quote`]; a line break in it is refused.
    pub(super) async fn exec(
        &mut self,
        kind: Kind,
        command: &str,
        each: impl FnMut(Untagged),
    ) -> Result<Done, Error> {
        let tag = self.send(kind, command).await?;
        self.finish(kind, &tag, each).await
    }

    /// Sends a command line and returns its tag; [`Connection::finish`] must follow.
    pub(super) async fn send(&mut self, kind: Kind, command: &str) -> Result<String, Error> {
        if command.bytes().any(|b| matches!(b, b'\r' | b'\n' | 0)) {
            return Err(Error::Argument("a line break or NUL"));
        }
        if !std::mem::replace(&mut self.ready, false) {
            return Err(Error::Lost);
        }
        self.round_trips += 1;
        let sent = clock::deadline(kind.limit, self.session.run_command(command));
        match sent.await {
            Ok(Ok(tag)) => Ok(tag.0),
            Ok(Err(_)) => Err(Error::Lost),
            Err(_) => Err(Error::Timeout { what: kind.what }),
        }
    }

    /// Reads to the tagged answer.
    pub(super) async fn finish(
        &mut self,
        kind: Kind,
        tag: &str,
        mut each: impl FnMut(Untagged),
    ) -> Result<Done, Error> {
        let began = clock::monotonic();
        let mut unasked = 0_usize;
        loop {
            match self.next(kind).await? {
                Reply::Untagged(untagged) => {
                    if !matches!(untagged, Untagged::Fetch(_) | Untagged::List(_)) {
                        unasked += 1;
                    }
                    self.note(kind, &untagged)?;
                    each(untagged);
                }
                Reply::Done {
                    tag: answered,
                    status,
                    code,
                    text,
                } if answered == tag => {
                    self.ready = true;
                    return judge(kind, &status, code, text);
                }
                Reply::Done { .. } => return Err(Error::Protocol("an answer to another command")),
                Reply::Continue => return Err(Error::Protocol("a continuation nobody asked for")),
            }
            if unasked > limits::IMAP_UNASKED {
                return Err(Error::TooLarge("endless remarks"));
            }
            if !kind.bulk && began.elapsed() > kind.limit {
                return Err(Error::Timeout { what: kind.what });
            }
        }
    }

    /// Reads until the server asks for more, or answers at once, which is an error.
    pub(super) async fn continuation(&mut self, kind: Kind, tag: &str) -> Result<(), Error> {
        loop {
            match self.next(kind).await? {
                Reply::Continue => return Ok(()),
                Reply::Untagged(untagged) => self.note(kind, &untagged)?,
                Reply::Done {
                    tag: answered,
                    status,
                    code,
                    text,
                } if answered == tag => {
                    self.ready = true;
                    judge(kind, &status, code, text)?;
                    return Err(Error::Protocol("success before the data was sent"));
                }
                Reply::Done { .. } => return Err(Error::Protocol("an answer to another command")),
            }
        }
    }

    /// One response, within the deadline. Inside a long one it is enough that bytes keep coming.
    async fn next(&mut self, kind: Kind) -> Result<Reply, Error> {
        loop {
            let before = self.session.get_ref().received();
            let limit = match self.ending {
                Some(_) => kind.limit.min(limits::DONE_TIMEOUT),
                None => kind.limit,
            };
            match clock::deadline(limit, self.receive()).await {
                Ok(Ok(Reply::Done { tag, status, .. })) if self.ending.as_ref() == Some(&tag) => {
                    self.ending = None;
                    if status != Status::Ok {
                        return Err(Error::Protocol("IDLE ended with a refusal"));
                    }
                }
                Ok(reply) => return reply,
                Err(_) if kind.bulk && self.ending.is_none() => {
                    let progress = self.session.get_ref().received() - before;
                    if progress < limits::STALL_BYTES {
                        return Err(Error::Timeout { what: kind.what });
                    }
                }
                Err(_) => return Err(Error::Timeout { what: kind.what }),
            }
        }
    }

    /// One response, however long it takes; may be dropped and called again.
    pub(super) async fn receive(&mut self) -> Result<Reply, Error> {
        let response = match self.session.read_response().await {
            Ok(Some(response)) => response,
            Ok(None) => return Err(Error::Lost),
            Err(error) => return Err(broken(&error)),
        };
        let guard = self.session.get_mut();
        Ok(Reply::new(response.parsed(), || guard.take_aside()))
    }

    /// What every untagged response tells, whoever asked.
    pub(super) fn note(&mut self, kind: Kind, untagged: &Untagged) -> Result<(), Error> {
        match untagged {
            Untagged::Exists(count) => {
                self.news |= self.exists != *count;
                self.exists = *count;
            }
            Untagged::Expunge => {
                self.news = true;
                self.exists = self.exists.saturating_sub(1);
            }
            Untagged::Vanished {
                earlier: false,
                uids,
            } => {
                self.news = true;
                // Each of these was in the folder (RFC 7162 section 3.2.10.2).
                let gone = uids
                    .iter()
                    .map(|range| (range.end() - range.start()).saturating_add(1));
                self.exists = gone.fold(self.exists, u32::saturating_sub);
            }
            Untagged::Fetch(_) => self.news |= !kind.fetches,
            Untagged::Note {
                status: Status::Bye,
                code,
                text,
            } if kind.what != "LOGOUT" => {
                self.ready = false;
                return Err(goodbye(code.as_ref(), text));
            }
            // Dovecot says NO beside an OK when the selected mailbox was deleted and made anew.
            Untagged::Note {
                status: Status::No, ..
            } => self.reselect |= self.selected.is_some(),
            Untagged::Unreadable(line) => {
                tracing::debug!(
                    command = kind.what,
                    bytes = line.len(),
                    "unreadable response"
                );
            }
            _ => {}
        }
        Ok(())
    }
}

/// Success or the right error for a tagged answer.
fn judge(kind: Kind, status: &Status, code: Option<Code>, text: String) -> Result<Done, Error> {
    let text = Remote::new(text);
    let what = kind.what;
    match status {
        Status::Ok => Ok(Done { code }),
        Status::No => Err(Error::No { what, code, text }),
        Status::Bad => Err(Error::Bad { what, text }),
        Status::Bye | Status::PreAuth => Err(Error::Protocol("a tagged greeting")),
    }
}

/// The error for a BYE.
pub(super) fn goodbye(code: Option<&Code>, text: &str) -> Error {
    let remote = Remote::new(text);
    if too_many(code, text) {
        Error::TooManyConnections { text: remote }
    } else {
        Error::Bye { text: remote }
    }
}

/// Whether a refusal is about the number of connections (RFC 5530, and the words of Dovecot,
/// Courier, Cyrus and Gmail).
pub(super) fn too_many(code: Option<&Code>, text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    code.is_some_and(|code| code.is("LIMIT"))
        || [
            "too many",
            "maximum number of connections",
            "connection limit",
        ]
        .iter()
        .any(|words| text.contains(words))
}

/// The error behind a failed read.
pub(super) fn broken(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::FileTooLarge => Error::TooLarge("a line or literal beyond our limits"),
        io::ErrorKind::InvalidData => Error::Protocol("an answer that cannot be read"),
        _ => Error::Lost,
    }
}

/// Long enough for `bytes` on the slowest line we bear.
pub(super) fn upload_limit(bytes: usize) -> Duration {
    let windows = bytes as u64 / limits::STALL_BYTES + 1;
    limits::COMMAND_TIMEOUT * u32::try_from(windows).unwrap_or(u32::MAX)
}

//! Drives the sans-I/O server state machine over a TCP connection.

use crate::sandbox::faults::Faults;
use imap_next::imap_types::core::Tag;
use imap_next::imap_types::response::{
    Code, CommandContinuationRequest, Data, Greeting, Status, StatusBody, StatusKind, Tagged,
};
use imap_next::server::{Error as ServerError, Event, Options, Server};
use imap_next::{Interrupt, Io, State};
use std::collections::VecDeque;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// Answers are collected up to this size before they are written.
const WRITE_CHUNK: usize = 64 << 10;
/// Largest message APPEND takes.
const MAX_LITERAL: u32 = 64 << 20;

/// One IMAP connection.
pub(super) struct Wire {
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
    server: Server,
    /// What was read; the state machine has seen the first `fed` bytes.
    input: Vec<u8>,
    fed: usize,
    output: Vec<u8>,
    waiting: VecDeque<Incoming>,
    faults: Faults,
}

/// What the client sent.
pub(super) enum Incoming {
    /// Something the protocol knows.
    Event(Event),
    /// Something it does not know, with the tag if there is one.
    Malformed(Option<Tag<'static>>),
}

impl Wire {
    pub(super) fn new(stream: TcpStream, greeting: Greeting<'static>, faults: Faults) -> Self {
        let mut options = Options::default();
        options.max_literal_size = MAX_LITERAL;
        options.max_command_size = MAX_LITERAL + WRITE_CHUNK as u32;
        let (reader, writer) = stream.into_split();
        Self {
            reader,
            writer,
            server: Server::new(options, greeting),
            input: Vec::with_capacity(WRITE_CHUNK),
            fed: 0,
            output: Vec::new(),
            waiting: VecDeque::new(),
            faults,
        }
    }

    /// Waits for the client. Cancel-safe: what was read or is to be written stays here.
    pub(super) async fn receive(&mut self) -> io::Result<Incoming> {
        loop {
            if let Some(incoming) = self.waiting.pop_front() {
                return Ok(incoming);
            }
            self.advance();
            if !self.waiting.is_empty() {
                continue;
            }
            if !self.output.is_empty() {
                self.flush().await?;
            } else if !self.feed() {
                self.input.clear();
                self.fed = 0;
                if self.reader.read_buf(&mut self.input).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
    }

    /// Writes everything that was answered so far.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        self.advance();
        while !self.output.is_empty() {
            let allowed = self.faults.allow(self.output.len());
            let cut = allowed < self.output.len();
            let now = self.output.get(..allowed).unwrap_or_default();
            self.writer.write_all(now).await?;
            if cut {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            self.output.clear();
            self.advance();
        }
        Ok(())
    }

    /// Writes when enough has been answered, so that a large FETCH does not pile up.
    pub(super) async fn relieve(&mut self) -> io::Result<()> {
        self.advance();
        if self.output.len() >= WRITE_CHUNK {
            self.flush().await?;
        }
        Ok(())
    }

    /// Says bytes as they are, after everything answered so far.
    pub(super) fn say(&mut self, bytes: &[u8]) {
        self.advance();
        self.output.extend_from_slice(bytes);
    }

    pub(super) fn data(&mut self, data: Data<'static>) {
        self.server.enqueue_data(data);
    }

    pub(super) fn untagged(&mut self, code: Code<'static>, text: &'static str) {
        self.status(None, StatusKind::Ok, Some(code), text);
    }

    /// The answer that ends a command, or an untagged one without a tag.
    pub(super) fn status(
        &mut self,
        tag: Option<Tag<'static>>,
        kind: StatusKind,
        code: Option<Code<'static>>,
        text: &'static str,
    ) {
        let text = imap_next::imap_types::core::Text::unvalidated(text);
        let body = StatusBody { kind, code, text };
        self.server.enqueue_status(match tag {
            Some(tag) => Status::Tagged(Tagged { tag, body }),
            None => Status::Untagged(body),
        });
    }

    /// Ends a command with a finished answer.
    pub(super) fn finish(&mut self, status: Status<'static>) {
        self.server.enqueue_status(status);
    }

    /// Ends AUTHENTICATE.
    pub(super) fn authenticated(&mut self, status: Status<'static>) {
        // An error means that no AUTHENTICATE is going on, and then there is nothing to end.
        if let Err(status) = self.server.authenticate_finish(status) {
            self.server.enqueue_status(status);
        }
    }

    /// Asks for the next SASL message.
    pub(super) fn challenge(&mut self) {
        let empty = CommandContinuationRequest::base64(Vec::new());
        if let Err(empty) = self.server.authenticate_continue(empty) {
            self.server.enqueue_continuation_request(empty);
        }
    }

    /// Starts IDLE.
    pub(super) fn idle(&mut self) {
        let request = CommandContinuationRequest::basic(None, "idling")
            .unwrap_or_else(|_| CommandContinuationRequest::base64(Vec::new()));
        if let Err(request) = self.server.idle_accept(request) {
            self.server.enqueue_continuation_request(request);
        }
    }

    /// Refuses IDLE.
    pub(super) fn refuse_idle(&mut self, status: Status<'static>) {
        if let Err(status) = self.server.idle_reject(status) {
            self.server.enqueue_status(status);
        }
    }

    /// Shows the state machine the next line. Not more: it would read pipelined commands while an
    /// earlier one is being answered, and say `+` before that answer.
    fn feed(&mut self) -> bool {
        let rest = self.input.get(self.fed..).unwrap_or_default();
        let end = rest.iter().position(|b| *b == b'\n');
        let line = end.and_then(|at| rest.get(..=at)).unwrap_or(rest);
        self.server.enqueue_input(line);
        self.fed += line.len();
        !line.is_empty()
    }

    /// Lets the state machine work until it needs input; never waits.
    fn advance(&mut self) {
        loop {
            match self.server.next() {
                Ok(Event::GreetingSent { .. } | Event::ResponseSent { .. }) => {}
                Ok(event) => self.waiting.push_back(Incoming::Event(event)),
                Err(Interrupt::Io(Io::Output(bytes))) => self.output.extend(bytes),
                Err(Interrupt::Io(Io::NeedMoreInput)) => return,
                Err(Interrupt::Error(error)) => {
                    self.waiting.push_back(Incoming::Malformed(tag_of(&error)));
                }
            }
        }
    }
}

/// The tag of a command the codec could not read.
fn tag_of(error: &ServerError) -> Option<Tag<'static>> {
    let bytes = match error {
        ServerError::ExpectedCrlfGotLf { discarded_bytes }
        | ServerError::MalformedMessage { discarded_bytes }
        | ServerError::CommandTooLong { discarded_bytes } => discarded_bytes.declassify(),
        // The state machine has answered this one itself.
        ServerError::LiteralTooLong { .. } => return None,
    };
    let word = bytes.split(|b| b.is_ascii_whitespace()).next()?;
    Tag::try_from(word.to_vec()).ok()
}

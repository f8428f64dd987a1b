//! One SMTP session.

use super::Counter;
use super::sink::{Phase, SmtpFault};
use crate::clock;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use smtp_proto::request::receiver::{DataReceiver, MAX_LINE_LENGTH};
use smtp_proto::{
    AUTH_LOGIN, AUTH_PLAIN, EXT_8BIT_MIME, EXT_AUTH, EXT_ENHANCED_STATUS_CODES, EXT_PIPELINING,
    EXT_SIZE, EXT_SMTP_UTF8, EhloResponse, Error, Request,
};
use std::future::pending;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Largest mail it takes.
const MAX_SIZE: usize = 64 << 20;

/// A session.
pub(super) struct Session {
    stream: BufReader<TcpStream>,
    counter: Arc<Counter>,
    authenticated: bool,
    from: Option<String>,
    to: Vec<String>,
}

/// Whether the session goes on after a step.
enum Next {
    Go,
    Close,
}

/// How a step is to be done after its fault was looked up.
enum Met {
    Go,
    Lose,
    Refused,
    Close,
}

impl Session {
    pub(super) fn new(stream: TcpStream, counter: Arc<Counter>) -> Self {
        Self {
            stream: BufReader::new(stream),
            counter,
            authenticated: false,
            from: None,
            to: Vec::new(),
        }
    }

    pub(super) async fn run(mut self) -> io::Result<()> {
        match self.meet(Phase::Connect).await? {
            Met::Go => {
                self.say("220 sandbox.invalid ESMTP postroom sandbox")
                    .await?
            }
            Met::Lose | Met::Refused | Met::Close => return Ok(()),
        }
        while let Some(line) = self.line().await? {
            if let Next::Close = self.step(&line).await? {
                break;
            }
        }
        Ok(())
    }

    async fn step(&mut self, line: &[u8]) -> io::Result<Next> {
        let request = match Request::parse(&mut line.iter()) {
            Ok(request) => request.into_owned(),
            Err(Error::UnknownCommand) => return self.answer("500 5.5.1 unknown command").await,
            Err(_) => return self.answer("501 5.5.4 malformed command").await,
        };
        match self.meet(phase_of(&request)).await? {
            Met::Go => {}
            Met::Refused => return Ok(Next::Go),
            Met::Lose | Met::Close => return Ok(Next::Close),
        }
        match request {
            Request::Ehlo { .. } => self.ehlo().await,
            Request::Helo { .. } => self.answer("250 sandbox.invalid").await,
            Request::Auth {
                mechanism,
                initial_response,
            } => self.auth(mechanism, initial_response).await,
            Request::Mail { from } => self.mail(from.address, from.size).await,
            Request::Rcpt { to } => self.rcpt(to.address).await,
            Request::Data => self.data().await,
            Request::Rset => {
                self.reset();
                self.answer("250 2.0.0 forgotten").await
            }
            Request::Noop { .. } => self.answer("250 2.0.0 fine").await,
            Request::Quit => {
                self.say("221 2.0.0 until next time").await?;
                Ok(Next::Close)
            }
            _ => self.answer("502 5.5.1 not supported here").await,
        }
    }

    async fn ehlo(&mut self) -> io::Result<Next> {
        self.reset();
        let mut answer = EhloResponse::new("sandbox.invalid");
        answer.capabilities = EXT_8BIT_MIME
            | EXT_SMTP_UTF8
            | EXT_SIZE
            | EXT_AUTH
            | EXT_PIPELINING
            | EXT_ENHANCED_STATUS_CODES;
        answer.auth_mechanisms = AUTH_PLAIN | AUTH_LOGIN;
        answer.size = MAX_SIZE;
        let mut text = Vec::new();
        answer.write(&mut text)?;
        self.stream.get_mut().write_all(&text).await?;
        Ok(Next::Go)
    }

    async fn auth(&mut self, mechanism: u64, initial: String) -> io::Result<Next> {
        let pair = match mechanism {
            AUTH_PLAIN => {
                let response = match initial.is_empty() {
                    false => initial,
                    true => self.ask("").await?,
                };
                let response = decode(&response);
                let mut parts = response.split(|b| *b == 0).skip(1).map(<[u8]>::to_vec);
                parts.next().zip(parts.next())
            }
            AUTH_LOGIN => {
                let user = match initial.is_empty() {
                    false => initial,
                    true => self.ask(&STANDARD.encode("Username:")).await?,
                };
                let password = self.ask(&STANDARD.encode("Password:")).await?;
                Some((decode(&user), decode(&password)))
            }
            _ => return self.answer("504 5.5.4 PLAIN or LOGIN").await,
        };
        let right = pair.is_some_and(|(user, password)| {
            let user = std::str::from_utf8(&user).ok();
            let own = user.and_then(|user| self.counter.users.get(user));
            own.is_some_and(|own| own.as_bytes() == password)
        });
        self.authenticated |= right;
        match right {
            true => self.answer("235 2.7.0 welcome").await,
            false => self.answer("535 5.7.8 wrong user or password").await,
        }
    }

    async fn mail(&mut self, from: String, size: usize) -> io::Result<Next> {
        if !self.authenticated {
            return self.answer("530 5.7.0 authenticate first").await;
        }
        if self.from.is_some() {
            return self.answer("503 5.5.1 one mail at a time").await;
        }
        if size > MAX_SIZE {
            return self.answer("552 5.3.4 too large").await;
        }
        self.from = Some(from);
        self.answer("250 2.1.0 sender fine").await
    }

    async fn rcpt(&mut self, to: String) -> io::Result<Next> {
        if self.from.is_none() {
            return self.answer("503 5.5.1 MAIL first").await;
        }
        self.to.push(to);
        self.answer("250 2.1.5 recipient fine").await
    }

    async fn data(&mut self) -> io::Result<Next> {
        if self.from.is_none() || self.to.is_empty() {
            return self.answer("503 5.5.1 MAIL and RCPT first").await;
        }
        self.say("354 end with a dot on a line of its own").await?;
        let Some(bytes) = self.text().await? else {
            return Ok(Next::Close);
        };
        let lose = match self.meet(Phase::Final).await? {
            Met::Go => false,
            Met::Lose => true,
            Met::Refused => {
                self.reset();
                return Ok(Next::Go);
            }
            Met::Close => return Ok(Next::Close),
        };
        let (from, to) = (
            self.from.take().unwrap_or_default(),
            std::mem::take(&mut self.to),
        );
        if bytes.len() > MAX_SIZE {
            return self.answer("552 5.3.4 too large").await;
        }
        let accepted = self.counter.sink.accept(from, to, bytes);
        match accepted {
            Ok(_) if lose => Ok(Next::Close),
            Ok(queue_id) => {
                self.answer(&format!("250 2.0.0 queued as {queue_id}"))
                    .await
            }
            Err(_) => self.answer("452 4.3.1 no room").await,
        }
    }

    /// The text up to the final dot; `None` when the client left before it.
    async fn text(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut receiver = DataReceiver::new();
        let mut text = Vec::new();
        loop {
            let buffered = self.stream.fill_buf().await?;
            if buffered.is_empty() {
                return Ok(None);
            }
            let mut bytes = buffered.iter();
            let done = receiver.ingest(&mut bytes, &mut text);
            let used = buffered.len() - bytes.len();
            self.stream.consume(used);
            if done {
                return Ok(Some(text));
            }
            // Too much already: keep reading up to the dot, keep nothing more than the fact.
            text.truncate(MAX_SIZE + 1);
        }
    }

    async fn meet(&mut self, phase: Phase) -> io::Result<Met> {
        Ok(match self.counter.sink.take_fault(phase) {
            None => Met::Go,
            Some(SmtpFault::Refuse(code, text)) => {
                self.say(&format!("{code} {text}")).await?;
                Met::Refused
            }
            Some(SmtpFault::Drop) => Met::Close,
            Some(SmtpFault::LoseAnswer) => Met::Lose,
            Some(SmtpFault::Delay(time)) => {
                clock::sleep(time).await;
                Met::Go
            }
            Some(SmtpFault::Hang) => pending().await,
        })
    }

    fn reset(&mut self) {
        self.from = None;
        self.to.clear();
    }

    async fn ask(&mut self, challenge: &str) -> io::Result<String> {
        self.say(&format!("334 {challenge}")).await?;
        let line = self.line().await?.unwrap_or_default();
        Ok(String::from_utf8_lossy(line.trim_ascii()).into_owned())
    }

    async fn answer(&mut self, line: &str) -> io::Result<Next> {
        self.say(line).await?;
        Ok(Next::Go)
    }

    async fn say(&mut self, line: &str) -> io::Result<()> {
        let line = format!("{line}\r\n");
        self.stream.get_mut().write_all(line.as_bytes()).await
    }

    /// A line with its end; `None` when the client left.
    async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let mut limited = (&mut self.stream).take(MAX_LINE_LENGTH as u64);
        limited.read_until(b'\n', &mut line).await?;
        Ok((!line.is_empty()).then_some(line))
    }
}

fn phase_of(request: &Request<String>) -> Phase {
    match request {
        Request::Ehlo { .. } | Request::Helo { .. } => Phase::Ehlo,
        Request::Auth { .. } => Phase::Auth,
        Request::Mail { .. } => Phase::Mail,
        Request::Rcpt { .. } => Phase::Rcpt,
        Request::Data => Phase::Data,
        _ => Phase::Other,
    }
}

fn decode(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap_or_default()
}

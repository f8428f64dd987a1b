//! The stream between TLS and async-imap: nothing but complete, parseable, bounded responses pass.
//!
//! async-imap ends a connection for good on any line imap-proto cannot read, buffers half a
//! gigabyte, and can be crashed from the wire (a panic on `[ALERT]é`, a stack overflow on deep
//! parentheses). So the bytes are cut into responses here, limited, parsed once on trial, and an
//! untagged response that does not parse is put aside and replaced by a harmless one. What goes
//! out passes unchanged. Costs one extra parse.

mod frame;

use super::Code;
use crate::net::Stream;
use frame::{Frame, Framer, status_text, tag_end};
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::panic::catch_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What async-imap sees in place of a response it could not read.
const ASIDE: &[u8] = b"* OK [X-PR-RAW]\r\n";
/// The name of that response's code.
pub(super) const ASIDE_CODE: &str = "X-PR-RAW";
/// Read from the socket at once.
const CHUNK: usize = 64 << 10;
/// Kept of a tagged status line.
const TAGGED: usize = 1000;

/// Guards one connection; see the module text.
pub(super) struct Guard {
    inner: Stream,
    /// Bytes received and not yet handed on, from `start`.
    inbox: Vec<u8>,
    start: usize,
    framer: Framer,
    /// So many bytes at `start` may be handed on.
    passing: usize,
    /// Rest of a replacement being handed on.
    replacement: &'static [u8],
    aside: VecDeque<Vec<u8>>,
    received: u64,
    capabilities: Option<Vec<String>>,
    tagged: String,
}

/// What is done with one complete response.
enum Verdict {
    Pass,
    Aside,
    Broken,
}

impl Guard {
    pub fn new(inner: Stream) -> Self {
        Self {
            inner,
            inbox: Vec::new(),
            start: 0,
            framer: Framer::default(),
            passing: 0,
            replacement: &[],
            aside: VecDeque::new(),
            received: 0,
            capabilities: None,
            tagged: String::new(),
        }
    }

    /// Bytes received so far; shows progress inside a long answer.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The oldest response that was put aside.
    pub fn take_aside(&mut self) -> Option<Vec<u8>> {
        self.aside.pop_front()
    }

    /// The newest capability list, from a response or a code. imap-proto does not read a list
    /// without IMAP4rev1, so it is picked up here.
    pub fn take_capabilities(&mut self) -> Option<Vec<String>> {
        self.capabilities.take()
    }

    /// Code and text of the last tagged response; async-imap's login does not hand them out.
    pub fn last_tagged(&self) -> (Option<Code>, &str) {
        Code::split(&self.tagged)
    }

    /// Decides about the next complete response in the inbox; false when there is none yet.
    fn cut(&mut self) -> io::Result<bool> {
        let pending = self.inbox.get(self.start..).unwrap_or_default();
        let Some(frame) = self.framer.next(pending)? else {
            return Ok(false);
        };
        let response = pending.get(..frame.len).unwrap_or_default();
        if frame.status {
            let text = String::from_utf8_lossy(status_text(response));
            if let (Some(Code::Capability(words)), _) = Code::split(&text) {
                self.capabilities = Some(words);
            }
            if tag_end(response).is_some() {
                self.tagged = text.chars().take(TAGGED).collect();
            }
        } else if let Some(words) = strip_prefix_no_case(response, b"* CAPABILITY ") {
            let words = String::from_utf8_lossy(words);
            self.capabilities = Some(words.split_ascii_whitespace().map(str::to_owned).collect());
        }
        match judge(response, &frame) {
            Verdict::Pass => self.passing = frame.len,
            Verdict::Aside => {
                self.aside.push_back(response.to_vec());
                self.consume(frame.len);
                self.replacement = ASIDE;
            }
            Verdict::Broken => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "an answer that cannot be read",
                ));
            }
        }
        Ok(true)
    }

    fn consume(&mut self, bytes: usize) {
        self.start += bytes;
        if self.start >= self.inbox.len() {
            self.start = 0;
            self.inbox.clear();
            // A large message must not keep its memory for the rest of the session.
            self.inbox.shrink_to(4 * CHUNK);
        } else if self.start > 4 * CHUNK && self.start > self.inbox.len() / 2 {
            self.inbox.drain(..self.start);
            self.start = 0;
        }
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let old = self.inbox.len();
        self.inbox.resize(old + CHUNK, 0);
        let free = self.inbox.get_mut(old..).unwrap_or_default();
        let mut free = ReadBuf::new(free);
        let polled = Pin::new(&mut self.inner).poll_read(cx, &mut free);
        let read = free.filled().len();
        self.inbox.truncate(old + read);
        self.received += read as u64;
        match polled {
            Poll::Ready(Ok(())) => Poll::Ready(Ok(read)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Guard {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if !this.replacement.is_empty() {
                let size = this.replacement.len().min(buf.remaining());
                let (now, later) = this.replacement.split_at(size);
                buf.put_slice(now);
                this.replacement = later;
                return Poll::Ready(Ok(()));
            }
            if this.passing > 0 {
                let size = this.passing.min(buf.remaining());
                let now = this.inbox.get(this.start..this.start + size);
                buf.put_slice(now.unwrap_or_default());
                this.passing -= size;
                this.consume(size);
                return Poll::Ready(Ok(()));
            }
            if !this.cut()? && ready!(this.poll_fill(cx))? == 0 {
                // End of the stream; half a response is no response.
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for Guard {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}

fn judge(response: &[u8], frame: &Frame) -> Verdict {
    // imap-proto hands quoted strings on with their escapes in, where nobody can tell them from
    // literals any more.
    let escapes = frame.escapes && !frame.status;
    if !frame.too_deep && !escapes && parses(response) {
        Verdict::Pass
    } else if tag_end(response).is_some() || response.starts_with(b"+") {
        // Without its tagged line a command would hang; better to start over.
        Verdict::Broken
    } else {
        Verdict::Aside
    }
}

fn parses(response: &[u8]) -> bool {
    catch_unwind(
        || matches!(imap_proto::Response::parse(response), Ok((rest, _)) if rest.is_empty()),
    )
    .unwrap_or(false)
}

fn strip_prefix_no_case<'a>(bytes: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = bytes.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests;

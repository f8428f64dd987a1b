//! The stream under lettre: bounded answers, and a tap that can be shut before the final dot.

use crate::limits;
use crate::net::Stream;
use lettre::transport::smtp::client::AsyncTokioStream;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What lettre reads in place of the greeting that came before STARTTLS.
const GREETED: &[u8] = b"220 ready\r\n";

/// Shuts the way to the server: once shut, not one more byte is written.
#[derive(Debug, Clone, Default)]
pub(super) struct Tap(Arc<AtomicBool>);

impl Tap {
    pub fn shut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub fn is_shut(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// A connection as lettre sees it.
#[derive(Debug)]
pub(super) struct Wire {
    inner: Stream,
    greeting: &'static [u8],
    tap: Tap,
    /// Bytes the server sent since we last spoke.
    answered: usize,
}

impl Wire {
    /// `greeted` when the server's greeting has already been read.
    pub fn new(inner: Stream, greeted: bool, tap: Tap) -> Self {
        Self {
            inner,
            greeting: if greeted { GREETED } else { &[] },
            tap,
            answered: 0,
        }
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.greeting.is_empty() {
            let size = this.greeting.len().min(buf.remaining());
            let (now, later) = this.greeting.split_at(size);
            buf.put_slice(now);
            this.greeting = later;
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        let fresh = buf.filled_mut().get_mut(before..).unwrap_or_default();
        this.answered += fresh.len();
        // lettre reads a line of any length before it looks at the length.
        if this.answered > limits::SMTP_ANSWER {
            return Poll::Ready(Err(io::ErrorKind::FileTooLarge.into()));
        }
        // It also fails on text that is not UTF-8, and an acceptance must not be lost over an
        // umlaut; replies are ASCII (RFC 5321 section 4.2).
        for byte in fresh.iter_mut().filter(|b| !b.is_ascii()) {
            *byte = b'?';
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.tap.is_shut() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        this.answered = 0;
        Pin::new(&mut this.inner).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.tap.is_shut() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.inner).poll_shutdown(cx)
    }
}

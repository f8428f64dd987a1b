//! The SMTP server: takes every mail, shows it to tests, and delivers what is for the mailbox itself.
//!
//! Submission as RFC 6409 has it: EHLO, AUTH PLAIN and LOGIN, then MAIL, RCPT, DATA with 8BITMIME,
//! SMTPUTF8, SIZE and PIPELINING, in the clear and for loopback only.

mod session;
mod sink;

#[cfg(test)]
mod tests;

use crate::limits;
use session::Session;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub use sink::{Phase, Sent, Sink, SmtpFault};

/// What all sessions share.
pub(super) struct Counter {
    /// Where mail goes.
    pub(super) sink: Sink,
    /// Passwords by user.
    pub(super) users: BTreeMap<String, String>,
}

/// Serves until it is dropped; all sessions end with it.
pub(super) async fn serve(listener: TcpListener, counter: Arc<Counter>) {
    let mut sessions = JoinSet::new();
    loop {
        while sessions.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: give sessions time to end.
            crate::clock::sleep(limits::SANDBOX_BREATH).await;
            continue;
        };
        if sessions.len() >= limits::SANDBOX_SESSIONS || stream.set_nodelay(true).is_err() {
            continue;
        }
        let session = Session::new(stream, Arc::clone(&counter));
        sessions.spawn(async move {
            if let Err(error) = session.run().await {
                tracing::debug!(%error, "sandbox smtp session ended");
            }
        });
    }
}

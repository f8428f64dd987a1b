//! What the system tells the process.

use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A signal that matters to the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// End: `SIGTERM`, `SIGHUP`.
    End,
    /// `SIGINT`: meant for the program that has the terminal.
    Interrupted,
    /// Somebody stopped and continued the process: the terminal may have changed.
    Continued,
}

/// The signals that are listened to.
#[derive(Debug)]
pub struct Signals {
    term: Signal,
    hup: Signal,
    int: Signal,
    cont: Signal,
}

impl Signals {
    /// Starts listening.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            hup: signal(SignalKind::hangup())?,
            int: signal(SignalKind::interrupt())?,
            cont: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
        })
    }

    /// The next one. Cancel-safe.
    pub async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.term.recv() => Told::End,
            _ = self.hup.recv() => Told::End,
            _ = self.int.recv() => Told::Interrupted,
            _ = self.cont.recv() => Told::Continued,
        }
    }
}

//! Where accepted mail ends up, and what the SMTP server does wrong.

use crate::clock::{self, Timestamp};
use crate::sandbox::store::{Store, StoreError};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Everything the SMTP server accepted, in order; clones share it.
#[derive(Debug, Clone)]
pub struct Sink(Arc<Inner>);

/// One accepted mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// 1 for the first mail, then rising by 1.
    pub number: usize,
    /// The queue id of the final answer.
    pub queue_id: String,
    /// Envelope sender.
    pub from: String,
    /// Envelope recipients.
    pub to: Vec<String>,
    /// The mail as it was sent, dots unstuffed.
    pub bytes: Arc<[u8]>,
    /// When it was accepted.
    pub at: Timestamp,
}

/// A step of an SMTP session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The greeting.
    Connect,
    /// EHLO or HELO.
    Ehlo,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    Mail,
    /// One RCPT TO.
    Rcpt,
    /// DATA, before the text.
    Data,
    /// The final dot.
    Final,
    /// RSET, NOOP or QUIT.
    Other,
}

/// What happens to one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmtpFault {
    /// Answers with this code and text and does nothing.
    Refuse(u16, String),
    /// Closes without doing it.
    Drop,
    /// Does it, then closes instead of answering; before the final dot nothing comes of it.
    LoseAnswer,
    /// Waits, then goes on as usual.
    Delay(Duration),
    /// Never answers; the connection stays open.
    Hang,
}

#[derive(Debug)]
struct Inner {
    /// Mail to this address is delivered.
    address: String,
    store: Store,
    state: Mutex<State>,
    changed: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct State {
    sent: Vec<Sent>,
    faults: VecDeque<(Phase, SmtpFault)>,
}

impl Sink {
    /// A sink that delivers mail for `address` into INBOX of `store`.
    pub fn new(store: Store, address: &str) -> Self {
        let (changed, _) = watch::channel(0);
        Self(Arc::new(Inner {
            address: address.to_owned(),
            store,
            state: Mutex::default(),
            changed,
        }))
    }

    /// All mail accepted so far.
    pub fn mails(&self) -> Vec<Sent> {
        self.lock().sent.clone()
    }

    /// How many mails were accepted so far, and a way to wait for more.
    pub fn count(&self) -> watch::Receiver<usize> {
        self.0.changed.subscribe()
    }

    /// The next step of this kind meets this fault. Several queue up.
    pub fn next(&self, phase: Phase, fault: SmtpFault) {
        self.lock().faults.push_back((phase, fault));
    }

    /// Forgets every fault.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    pub(super) fn take_fault(&self, phase: Phase) -> Option<SmtpFault> {
        let mut state = self.lock();
        let at = state.faults.iter().position(|(kind, _)| *kind == phase)?;
        state.faults.remove(at).map(|(_, fault)| fault)
    }

    /// Accepts a mail; returns its queue id.
    pub(in crate::sandbox) fn accept(
        &self,
        from: String,
        to: Vec<String>,
        bytes: Vec<u8>,
    ) -> Result<String, StoreError> {
        let ours = to.iter().any(|to| to.eq_ignore_ascii_case(&self.0.address));
        if ours {
            let mut delivered = format!("Return-Path: <{from}>\r\n").into_bytes();
            delivered.extend_from_slice(&bytes);
            self.0.store.append("INBOX", &[], None, delivered)?;
        }
        let mut state = self.lock();
        let number = state.sent.len() + 1;
        let queue_id = format!("SBX{number:06}");
        state.sent.push(Sent {
            number,
            queue_id: queue_id.clone(),
            from,
            to,
            bytes: bytes.into(),
            at: clock::now(),
        });
        drop(state);
        self.0.changed.send_replace(number);
        Ok(queue_id)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

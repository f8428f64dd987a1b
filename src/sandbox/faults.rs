//! The fault script: what the servers should do wrong, and when.
//!
//! Everything is set from outside while the servers run. A fault for "the next" command is used up
//! by the first session that sends one.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The fault script of the IMAP server; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Script>>);

/// IMAP commands by name; the `UID` forms count as the plain ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is the IMAP command of the same name")]
pub enum Verb {
    Capability,
    Noop,
    Logout,
    Login,
    Authenticate,
    Select,
    Examine,
    Unselect,
    Close,
    Create,
    Delete,
    Rename,
    Subscribe,
    Unsubscribe,
    List,
    Lsub,
    Status,
    Append,
    Check,
    Expunge,
    Search,
    Fetch,
    Store,
    Copy,
    Move,
    Idle,
    Enable,
    Id,
    Namespace,
}

/// What the server can be made to lack. A masked feature is not advertised and not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// CONDSTORE and with it QRESYNC (RFC 7162): answers `[NOMODSEQ]`.
    Condstore,
    /// QRESYNC alone.
    Qresync,
    /// UIDPLUS (RFC 4315): no APPENDUID, no COPYUID, no UID EXPUNGE.
    UidPlus,
    /// MOVE (RFC 6851).
    Move,
    /// IDLE (RFC 2177).
    Idle,
    /// LITERAL+ (RFC 7888). Only its announcement: the codec takes such literals always.
    LiteralPlus,
    /// SPECIAL-USE (RFC 6154).
    SpecialUse,
    /// NAMESPACE (RFC 2342).
    Namespace,
    /// ENABLE (RFC 5161).
    Enable,
    /// ID (RFC 2971).
    Id,
    /// Keywords: PERMANENTFLAGS without `\*`; keywords in STORE and APPEND are dropped, as
    /// Exchange does.
    Keywords,
}

/// What happens to one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Answers NO with this text, which may start with a code in brackets, and does nothing.
    No(String),
    /// Answers BAD with this text and does nothing.
    Bad(String),
    /// Says `BYE`, does nothing and closes.
    Bye(String),
    /// Closes without doing it.
    Drop,
    /// Does it, then closes instead of answering.
    LoseAnswer,
    /// Waits before doing it.
    Delay(Duration),
    /// Never answers; the connection stays open.
    Hang,
    /// Sends these bytes first, then does it as usual.
    Say(Vec<u8>),
}

#[derive(Debug, Default)]
struct Script {
    next: VecDeque<(Verb, Fault)>,
    masked: BTreeSet<Feature>,
    lag: Duration,
    cut_after: Option<usize>,
    refuse_connections: bool,
}

impl Faults {
    /// The next command of this kind meets this fault. Several queue up.
    pub fn next(&self, verb: Verb, fault: Fault) {
        self.lock().next.push_back((verb, fault));
    }

    /// Hides a feature from now on; connections that are open keep what they were told.
    pub fn mask(&self, feature: Feature) {
        self.lock().masked.insert(feature);
    }

    /// Shows a hidden feature again.
    pub fn unmask(&self, feature: Feature) {
        self.lock().masked.remove(&feature);
    }

    /// Delays every command of every session by this much, as a slow line would.
    pub fn lag(&self, lag: Duration) {
        self.lock().lag = lag;
    }

    /// Lets this many more bytes of answers through, counted over all sessions, then closes the
    /// connection that would send the next one; after that all is well again.
    pub fn cut_after(&self, bytes: usize) {
        self.lock().cut_after = Some(bytes);
    }

    /// Closes new connections at once (`true`), or serves them again (`false`).
    pub fn refuse_connections(&self, refuse: bool) {
        self.lock().refuse_connections = refuse;
    }

    /// Forgets every fault and shows every feature.
    pub fn clear(&self) {
        *self.lock() = Script::default();
    }

    pub(super) fn take(&self, verb: Verb) -> Option<Fault> {
        let mut script = self.lock();
        let at = script.next.iter().position(|(kind, _)| *kind == verb)?;
        script.next.remove(at).map(|(_, fault)| fault)
    }

    pub(super) fn has(&self, feature: Feature) -> bool {
        let script = self.lock();
        let whole = feature == Feature::Qresync && script.masked.contains(&Feature::Condstore);
        !whole && !script.masked.contains(&feature)
    }

    pub(super) fn current_lag(&self) -> Duration {
        self.lock().lag
    }

    pub(super) fn refuses_connections(&self) -> bool {
        self.lock().refuse_connections
    }

    /// How many of `wanted` bytes may be written; fewer than wanted means: then close.
    pub(super) fn allow(&self, wanted: usize) -> usize {
        let mut script = self.lock();
        let Some(left) = script.cut_after else {
            return wanted;
        };
        script.cut_after = left.checked_sub(wanted);
        wanted.min(left)
    }

    fn lock(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_used_up_by_the_first_command_of_its_kind() {
        let faults = Faults::default();
        faults.next(Verb::Append, Fault::Drop);
        assert_eq!(faults.take(Verb::Fetch), None);
        assert_eq!(faults.take(Verb::Append), Some(Fault::Drop));
        assert_eq!(faults.take(Verb::Append), None);
    }

    #[test]
    fn bytes_run_out_once() {
        let faults = Faults::default();
        assert_eq!(faults.allow(10), 10);
        faults.cut_after(15);
        assert_eq!(faults.allow(10), 10);
        assert_eq!(faults.allow(10), 5);
        assert_eq!(faults.allow(10), 10);
    }

    #[test]
    fn without_condstore_there_is_no_qresync() {
        let faults = Faults::default();
        faults.mask(Feature::Condstore);
        assert!(!faults.has(Feature::Qresync));
        faults.unmask(Feature::Condstore);
        assert!(faults.has(Feature::Qresync));
    }
}

//! The IMAP server: RFC 3501 with the extensions a good server has today, over real sockets.
//!
//! LITERAL+ (7888), SASL-IR (4959), IDLE (2177), ENABLE (5161), ID (2971), NAMESPACE (2342), UIDPLUS
//! (4315), MOVE (6851), UNSELECT (3691), CONDSTORE and QRESYNC (7162), SPECIAL-USE (6154) and
//! keywords. Not there: BODYSTRUCTURE, single MIME parts and extended SEARCH, which nobody here
//! asks a server for.

mod change;
mod fetch;
mod folders;
mod login;
mod messages;
mod search;
mod section;
mod session;
#[cfg(test)]
mod tests;
mod verb;
mod view;
mod wire;

use super::faults::Faults;
use super::store::Store;
use crate::limits;
use session::Session;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What all sessions share.
pub(super) struct Office {
    /// The mail.
    pub(super) store: Store,
    /// What goes wrong.
    pub(super) faults: Faults,
    /// Passwords by user; all users see the same mail.
    pub(super) users: BTreeMap<String, String>,
}

/// Serves until it is dropped; all sessions end with it.
pub(super) async fn serve(listener: TcpListener, office: Arc<Office>) {
    let mut sessions = JoinSet::new();
    loop {
        while sessions.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: give sessions time to end.
            crate::clock::sleep(limits::SANDBOX_BREATH).await;
            continue;
        };
        let full = sessions.len() >= limits::SANDBOX_SESSIONS;
        if full || office.faults.refuses_connections() || stream.set_nodelay(true).is_err() {
            continue;
        }
        let session = Session::new(stream, Arc::clone(&office));
        sessions.spawn(async move {
            if let Err(error) = session.run().await {
                tracing::debug!(%error, "sandbox imap session ended");
            }
        });
    }
}

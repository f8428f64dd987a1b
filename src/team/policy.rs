//! What the recorded state of a conversation means today.
//!
//! Compared here are times of one clock only: INTERNALDATE of journal and inbox, both given by
//! the server. They decide what a list shows, never who owns a conversation.

use super::{Conversation, Status};
use crate::clock::Timestamp;

/// The status a conversation has now.
///
/// * None was ever set: [`Status::New`], or [`Status::Open`] once somebody owns or answered it.
/// * Waiting or Done, and a person outside the team wrote after that was set: Open again.
/// * Otherwise as it was set.
///
/// `last_inbound` is INTERNALDATE of the newest inbound message that no machine wrote. A mail of
/// the same second as the status does not reopen it: INTERNALDATE has no finer grain, and people
/// set a status after they looked. `has_reply` says that a reply by the team is in Sent.
pub fn effective_status(
    conversation: Option<&Conversation>,
    last_inbound: Option<Timestamp>,
    has_reply: bool,
) -> Status {
    let set = conversation.and_then(|c| c.status.as_ref());
    let Some(set) = set else {
        let touched = has_reply || conversation.is_some_and(|c| c.owner.is_some() || answered(c));
        return if touched { Status::Open } else { Status::New };
    };
    let waits = matches!(set.value, Status::Waiting | Status::Done);
    if waits && last_inbound.is_some_and(|at| at > set.at) {
        return Status::Open;
    }
    set.value
}

/// Whether a conversation is hidden at `now`: its snooze runs, and nobody outside the team wrote
/// (`last_inbound` as in [`effective_status`]) since it was hidden.
pub fn snoozed(
    conversation: &Conversation,
    last_inbound: Option<Timestamp>,
    now: Timestamp,
) -> bool {
    conversation
        .snooze
        .as_ref()
        .is_some_and(|s| now < s.until && last_inbound.is_none_or(|at| at <= s.at))
}

fn answered(conversation: &Conversation) -> bool {
    conversation
        .slots
        .values()
        .any(|slot| !slot.outside.is_empty() || slot.intents.iter().any(|i| i.state.is_sent()))
}

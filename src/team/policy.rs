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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::team::fold::{Outside, Owner, Slot, Snooze, StatusSet};
    use crate::team::{Agent, EventId};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn with_status(value: Status) -> Conversation {
        Conversation {
            status: Some(StatusSet {
                value,
                by: Agent::new("ana"),
                at: at(100),
                uid: 4,
                uidvalidity: 1,
                event: EventId::new("e"),
                key: "k".to_owned(),
            }),
            ..Conversation::default()
        }
    }

    #[test]
    fn without_a_status_it_is_new_until_somebody_touches_it() {
        let owned = Conversation {
            owner: Some(Owner {
                agent: Agent::new("ana"),
                since: at(1),
                by_event: EventId::new("e"),
            }),
            ..Conversation::default()
        };
        let mut answered = Conversation::default();
        let outside = Outside {
            message_id: "o@a".to_owned(),
            noticed_by: Agent::new("ana"),
            at: at(1),
        };
        let slot = Slot {
            outside: vec![outside],
            ..Slot::default()
        };
        answered.slots.insert("m".to_owned(), slot);
        let plain = Conversation::default();
        let table = [
            (None, false, Status::New),
            (None, true, Status::Open),
            (Some(&plain), false, Status::New),
            (Some(&plain), true, Status::Open),
            (Some(&owned), false, Status::Open),
            (Some(&answered), false, Status::Open),
        ];
        for (conversation, has_reply, status) in table {
            let got = effective_status(conversation, Some(at(50)), has_reply);
            assert_eq!(got, status, "{conversation:?} {has_reply}");
        }
    }

    #[test]
    fn only_what_waits_or_is_done_opens_when_the_customer_writes() {
        let table = [
            (Status::New, Status::New),
            (Status::Open, Status::Open),
            (Status::Waiting, Status::Open),
            (Status::Done, Status::Open),
            (Status::Spam, Status::Spam),
        ];
        for (set, after) in table {
            let conversation = with_status(set);
            let now = |inbound| effective_status(Some(&conversation), inbound, true);
            assert_eq!(now(None), set);
            assert_eq!(now(Some(at(99))), set);
            assert_eq!(now(Some(at(100))), set);
            assert_eq!(now(Some(at(101))), after);
        }
    }

    #[test]
    fn a_snooze_ends_with_its_time_or_with_news() {
        let conversation = Conversation {
            snooze: Some(Snooze {
                event: EventId::new("e"),
                by: Agent::new("ana"),
                at: at(100),
                until: at(200),
            }),
            ..Conversation::default()
        };
        assert!(snoozed(&conversation, None, at(199)));
        assert!(snoozed(&conversation, Some(at(100)), at(150)));
        assert!(!snoozed(&conversation, Some(at(101)), at(150)));
        assert!(!snoozed(&conversation, None, at(200)));
        assert!(!snoozed(&Conversation::default(), None, at(1)));
    }
}

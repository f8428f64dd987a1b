use super::*;
use crate::mail::Remote;
use crate::team::EventId;
use crate::team::fold::{IntentState, Note, Outside, Override, Owner, Slot, StatusSet};

const SLOT: &str = "m1@shop.example";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn agent(nick: &str) -> Agent {
    Agent::new(nick)
}

fn letter(id: &str, outgoing: bool, author: Option<&str>) -> Letter {
    Letter {
        message_id: id.to_owned(),
        outgoing,
        author: author.map(agent),
        at: at(50),
    }
}

fn owned_by(nick: &str) -> Conversation {
    Conversation {
        owner: Some(Owner {
            agent: agent(nick),
            since: at(1),
            by_event: EventId::new("claim"),
        }),
        epoch: 1,
        ..Conversation::default()
    }
}

fn with_intent(nick: &str, state: IntentState) -> Conversation {
    let intent = Intent {
        id: EventId::new("intent"),
        agent: agent(nick),
        state,
        message_id: "answer@acme.example".to_owned(),
        hash: String::new(),
        at: at(60),
    };
    let slot = Slot {
        intents: vec![intent],
        ..Slot::default()
    };
    Conversation {
        slots: [(SLOT.to_owned(), slot)].into(),
        ..Conversation::default()
    }
}

fn with_status(nick: &str, value: Status) -> Conversation {
    Conversation {
        status: Some(StatusSet {
            value,
            by: agent(nick),
            at: at(1),
            uid: 9,
            uidvalidity: 1,
            event: EventId::new("status"),
            key: String::new(),
        }),
        ..Conversation::default()
    }
}

fn with_note(nick: &str) -> Conversation {
    Conversation {
        notes: vec![Note {
            event: EventId::new("note"),
            agent: agent(nick),
            text: Remote::new("t"),
            mentions: Vec::new(),
            at: at(1),
        }],
        ..Conversation::default()
    }
}

fn with_outside() -> Conversation {
    let outside = Outside {
        message_id: "phone@acme.example".to_owned(),
        noticed_by: agent("ana"),
        at: at(70),
    };
    let slot = Slot {
        outside: vec![outside],
        ..Slot::default()
    };
    Conversation {
        slots: [(SLOT.to_owned(), slot)].into(),
        ..Conversation::default()
    }
}

fn answered(by: Option<&str>, second: i64) -> Obstacle {
    Obstacle::Answered {
        by: by.map(agent),
        message_id: "answer@acme.example".to_owned(),
        at: at(second),
    }
}

/// What ana meets who saw only the first mail.
fn meets(conversation: &Conversation, more: &[Letter]) -> Vec<Obstacle> {
    let first = [letter(SLOT, false, None)];
    let before = Current {
        conversation: None,
        messages: &first,
        position_uid: 0,
    };
    let messages = [&first[..], more].concat();
    let now = Current {
        conversation: Some(conversation),
        messages: &messages,
        position_uid: 9,
    };
    let obstacles = check(&Seen::of(&before), &now, &agent("ana"), Some(SLOT));
    let seen = check(&Seen::of(&now), &now, &agent("ana"), Some(SLOT));
    let lasting = |o: &Obstacle| matches!(o, Obstacle::Owner { .. } | Obstacle::Sending { .. });
    assert!(seen.iter().all(lasting), "seen once is enough: {seen:?}");
    obstacles
}

#[test]
fn answers_and_sendings_stop_a_send_and_say_whose_they_are() {
    let intent = |state| with_intent("ben", state);
    let sent = IntentState::Resolved { sent: true };
    let answer = |author| letter("answer@acme.example", true, author);
    let sending = || Obstacle::Sending { by: agent("ben") };
    let phone = "phone@acme.example";
    let outside = Obstacle::Outside {
        message_id: phone.to_owned(),
    };
    let none = Conversation::default;
    let table = [
        (intent(IntentState::Open), vec![], sending()),
        (intent(IntentState::Unknown), vec![], sending()),
        // The journal knows of the answer before Sent shows it.
        (intent(IntentState::Sent), vec![], answered(Some("ben"), 60)),
        (intent(sent), vec![answer(None)], answered(Some("ben"), 60)),
        (none(), vec![answer(Some("ben"))], answered(Some("ben"), 50)),
        (none(), vec![answer(None)], answered(None, 50)),
        (with_outside(), vec![letter(phone, true, None)], outside),
    ];
    for (conversation, more, obstacle) in table {
        assert_eq!(meets(&conversation, &more), [obstacle]);
    }
}

#[test]
fn every_other_change_stops_a_send_and_says_what_it_is() {
    let by = || agent("ben");
    let second = "m2@shop.example";
    let wrote = Obstacle::CustomerWrote {
        message_id: second.to_owned(),
    };
    let value = Status::Done;
    let none = Conversation::default();
    let table = [
        (owned_by("ben"), vec![], Obstacle::Owner { owner: by() }),
        (none, vec![letter(second, false, None)], wrote),
        (
            with_status("ben", value),
            vec![],
            Obstacle::Status { by: by(), value },
        ),
        (with_note("ben"), vec![], Obstacle::Note { by: by() }),
    ];
    for (conversation, more, obstacle) in table {
        assert_eq!(meets(&conversation, &more), [obstacle]);
    }
}

#[test]
fn what_the_writer_did_alone_is_no_obstacle() {
    let own = letter("answer@acme.example", true, Some("ana"));
    let table = [
        (Conversation::default(), vec![]),
        (Conversation::default(), vec![own.clone()]),
        (with_intent("ana", IntentState::Open), vec![]),
        (with_intent("ana", IntentState::Sent), vec![]),
        // The journal knows the author when the letter does not say.
        (
            with_intent("ana", IntentState::Sent),
            vec![Letter {
                author: None,
                ..own
            }],
        ),
        (with_intent("ben", IntentState::Failed), vec![]),
        (
            with_intent("ben", IntentState::Resolved { sent: false }),
            vec![],
        ),
        (owned_by("ana"), vec![]),
        (with_status("ana", Status::Done), vec![]),
        (with_note("ana"), vec![]),
    ];
    for (conversation, more) in table {
        assert_eq!(meets(&conversation, &more), [], "{conversation:?}");
    }
}

#[test]
fn a_sending_that_was_put_aside_is_none_and_other_slots_do_not_matter() {
    let mut conversation = with_intent("ben", IntentState::Open);
    let now = |conversation| {
        let now = Current {
            conversation: Some(conversation),
            messages: &[],
            position_uid: 0,
        };
        check(&Seen::default(), &now, &agent("ana"), Some("other"))
    };
    assert_eq!(now(&conversation), []);
    let slot = conversation.slots.get_mut(SLOT).unwrap();
    slot.overrides.push(Override {
        event: EventId::new("override"),
        agent: agent("ana"),
        over: ["intent".to_owned()].into(),
        reason: Remote::default(),
    });
    assert_eq!(meets(&conversation, &[]), []);
}

#[test]
fn what_was_seen_is_stored_with_the_draft() {
    let conversation = owned_by("ben");
    let now = Current {
        conversation: Some(&conversation),
        messages: &[letter(SLOT, false, None)],
        position_uid: 12,
    };
    let seen = Seen::of(&now);
    let json = serde_json::to_string(&seen).unwrap();
    assert_eq!(serde_json::from_str::<Seen>(&json).unwrap(), seen);
    assert_eq!((seen.epoch, seen.position_uid), (1, 12));
    assert_eq!(serde_json::from_str::<Seen>("{}").unwrap(), Seen::default());
}

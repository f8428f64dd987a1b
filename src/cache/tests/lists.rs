//! Views, their order and what the team's facts do to them.

use super::*;
use crate::team::fold::{Conversation, Note, Owner, Snooze, StatusSet};
use crate::team::{EventId, Status};

fn owned(by: &str) -> Conversation {
    Conversation {
        owner: Some(Owner {
            agent: Agent::new(by),
            since: at(0),
            by_event: EventId::new("e"),
        }),
        epoch: 1,
        ..Conversation::default()
    }
}

fn status(value: Status, seconds: i64) -> Conversation {
    Conversation {
        status: Some(StatusSet {
            value,
            by: Agent::new("ben"),
            at: at(seconds),
            uid: 1,
            uidvalidity: 1,
            event: EventId::new("s"),
            key: String::new(),
        }),
        ..Conversation::default()
    }
}

fn snooze(seconds: i64, until_day: i64) -> Snooze {
    Snooze {
        event: EventId::new("z"),
        by: Agent::new("ben"),
        at: at(seconds),
        until: at(until_day * DAY),
    }
}

fn note(event: &str, text: &str) -> Note {
    Note {
        event: EventId::new(event),
        agent: Agent::new("ben"),
        text: Remote::new(text),
        mentions: Vec::new(),
        at: at(50),
    }
}

impl Fixture {
    fn team(&mut self, name: &str, state: &Conversation) -> Vec<ConversationName> {
        let name = ConversationName::new(name);
        self.cache.set_team([(&name, state)]).unwrap()
    }

    fn counts(&self) -> Vec<(View, usize)> {
        let me = Agent::new("ana");
        self.cache.reader().counts(&viewer(&me)).unwrap()
    }
}

#[test]
fn each_view_holds_its_conversations_in_its_order() {
    let mut fixture = Fixture::new();
    let subjects = [
        "new", "mine", "bens", "waiting", "done", "spam", "asleep", "older",
    ];
    for (uid, subject) in (10u32..).zip(subjects) {
        fixture.arrive(vec![mail(uid, &format!("{subject}@x"), &[], subject)]);
    }
    // It waits longest although it was stored last, and a second mail does not send it back.
    fixture.arrive(vec![
        mail(1, "first@x", &[], "first").after(1),
        mail(30, "again@x", &["first@x"], "first"),
    ]);
    fixture.team("mine@x", &owned("ana"));
    fixture.team("bens@x", &owned("ben"));
    fixture.team("waiting@x", &status(Status::Waiting, 40));
    fixture.team("done@x", &status(Status::Done, 40));
    fixture.team("spam@x", &status(Status::Spam, 40));
    let asleep = Conversation {
        snooze: Some(snooze(40, 20)),
        ..Conversation::default()
    };
    fixture.team("asleep@x", &asleep);
    let cases: [(View, &[&str]); 7] = [
        (View::Queue, &["first", "new", "older"]),
        (View::Handled, &["mine", "bens"]),
        (View::Mine, &["mine"]),
        (View::Waiting, &["waiting"]),
        (
            View::Open,
            &["first", "new", "mine", "bens", "asleep", "older", "waiting"],
        ),
        (View::Done, &["done"]),
        (
            View::All,
            &[
                "first", "older", "asleep", "spam", "done", "waiting", "bens", "mine", "new",
            ],
        ),
    ];
    for (view, expected) in cases {
        assert_eq!(fixture.subjects(view), expected, "{}", view.word());
        assert_eq!(fixture.page(view).total, expected.len(), "{}", view.word());
        let counted = fixture.counts().into_iter().find(|(v, _)| *v == view);
        assert!(
            counted.is_none_or(|(_, n)| n == expected.len()),
            "{}",
            view.word()
        );
    }
}

#[test]
fn a_snooze_ends_by_itself() {
    let mut fixture = Fixture::new();
    fixture.arrive(vec![mail(1, "asleep@x", &[], "One")]);
    let asleep = Conversation {
        snooze: Some(snooze(40, 20)),
        ..Conversation::default()
    };
    fixture.team("asleep@x", &asleep);
    assert_eq!(fixture.page(View::Queue).total, 0);
    let me = Agent::new("ana");
    let later = Viewer {
        now: at(21 * DAY),
        ..viewer(&me)
    };
    let queue = fixture
        .cache
        .reader()
        .page(View::Queue, &later, 0, 10)
        .unwrap();
    assert_eq!((queue.total, queue.rows.len()), (1, 1));
}

#[test]
fn a_customer_reopens_and_wakes_and_a_machine_does_not() {
    let machine = |m: &mut Message| m.automatic = true;
    for (closed, by_machine, expected) in [
        (Status::Done, false, Status::Open),
        (Status::Waiting, false, Status::Open),
        (Status::Done, true, Status::Done),
        (Status::Waiting, true, Status::Waiting),
        (Status::Spam, false, Status::Spam),
    ] {
        let mut fixture = Fixture::new();
        fixture.arrive(vec![mail(1, "a@x", &[], "One")]);
        let mut state = status(closed, 10);
        state.snooze = Some(snooze(10, 90));
        fixture.team("a@x", &state);
        let closed_row = fixture.page(View::All).rows.remove(0);
        assert_eq!(
            (closed_row.status, closed_row.waiting_since),
            (closed, None)
        );
        let again = mail(20, "b@x", &["a@x"], "Re: One");
        fixture.arrive(vec![if by_machine {
            again.with(machine)
        } else {
            again
        }]);
        let row = fixture.page(View::All).rows.remove(0);
        assert_eq!(row.status, expected, "{closed:?} {by_machine}");
        assert_eq!(
            row.snoozed_until.is_some(),
            by_machine,
            "{closed:?} {by_machine}"
        );
        let waits = (expected == Status::Open).then(|| at(20));
        assert_eq!(row.waiting_since, waits, "{closed:?} {by_machine}");
    }
}

#[test]
fn waiting_counts_from_the_first_mail_after_our_last_reply() {
    let mut fixture = Fixture::new();
    let waiting = |f: &Fixture| f.page(View::All).rows.remove(0).waiting_since;
    fixture.arrive(vec![
        mail(1, "a@x", &[], "One"),
        mail(2, "b@x", &["a@x"], "One"),
    ]);
    assert_eq!(waiting(&fixture), Some(at(1)));
    fixture.send(vec![ours(3, "c@x", &["a@x"], "Re: One")]);
    assert_eq!(waiting(&fixture), None);
    let row = fixture.page(View::All).rows.remove(0);
    assert_eq!((row.status, row.messages, row.unread), (Status::Open, 3, 2));
    fixture.arrive(vec![
        mail(4, "d@x", &["a@x"], "One"),
        mail(5, "e@x", &["a@x"], "One"),
    ]);
    assert_eq!(waiting(&fixture), Some(at(4)));
    // Our automatic answer answers nobody.
    let auto = ours(6, "f@x", &["a@x"], "Auto").with(|m| m.automatic = true);
    fixture.send(vec![auto]);
    assert_eq!(waiting(&fixture), Some(at(4)));
}

#[test]
fn mail_in_sent_is_ours_whatever_it_says() {
    let mut fixture = Fixture::new();
    fixture.send(vec![mail(1, "a@x", &[], "One")]);
    let row = fixture.page(View::All).rows.remove(0);
    assert_eq!((row.unread, row.waiting_since), (0, None));
    // And no longer when only the copy in INBOX is left.
    fixture.arrive(vec![mail(2, "a@x", &[], "One")]);
    assert_eq!(fixture.page(View::All).rows.remove(0).unread, 0);
    fixture.cache.gone(fixture.sent, &[1..=1]).unwrap();
    let row = fixture.page(View::All).rows.remove(0);
    assert_eq!((row.unread, row.waiting_since), (1, Some(at(2))));
}

#[test]
fn unread_is_what_came_after_the_mark() {
    let mut fixture = Fixture::new();
    fixture.arrive(vec![
        mail(1, "a@x", &[], "One"),
        mail(2, "b@x", &["a@x"], "One"),
    ]);
    fixture.send(vec![ours(3, "c@x", &["a@x"], "Re: One")]);
    fixture.arrive(vec![mail(4, "d@x", &["a@x"], "One")]);
    let me = Agent::new("ana");
    for (mark, unread) in [
        (None, 3),
        (Some(at(1)), 2),
        (Some(at(3)), 1),
        (Some(at(4)), 0),
    ] {
        let viewer = Viewer {
            mark: &|_| mark,
            ..viewer(&me)
        };
        let reader = fixture.cache.reader();
        let page = reader.page(View::All, &viewer, 0, 10).unwrap();
        assert_eq!(page.rows.first().unwrap().unread, unread, "{mark:?}");
        let (_, messages) = reader
            .thread(&ConversationName::new("a@x"), &viewer)
            .unwrap()
            .unwrap();
        let read: u32 = messages.iter().map(|m| u32::from(!m.read)).sum();
        assert_eq!(read, unread, "{mark:?}");
    }
}

#[test]
fn unchanged_facts_change_nothing() {
    let mut fixture = Fixture::new();
    fixture.arrive(vec![mail(1, "a@x", &[], "One")]);
    let mut state = owned("ana");
    state.tags = ["vip".to_owned()].into();
    state.notes = vec![note("n1", "call her")];
    assert_eq!(fixture.team("a@x", &state), [ConversationName::new("a@x")]);
    assert_eq!(fixture.team("a@x", &state), []);
    let row = fixture.page(View::All).rows.remove(0);
    assert_eq!(row.owner, Some(Agent::new("ana")));
    assert_eq!(row.tags, state.tags);
    assert_eq!(fixture.team("unknown@x", &state.clone()), []);
    fixture.cache.forget_team().unwrap();
    assert_eq!(fixture.page(View::All).rows.remove(0).owner, None);
}

#[test]
fn facts_known_before_the_mail_count_when_it_comes() {
    let mut fixture = Fixture::new();
    fixture.team("a@x", &owned("ben"));
    fixture.arrive(vec![mail(1, "a@x", &[], "One")]);
    assert_eq!(fixture.subjects(View::Handled), ["One"]);
}

#[test]
fn an_owner_is_not_lost_when_an_earlier_message_gives_another_name() {
    let mut fixture = Fixture::new();
    fixture.arrive(vec![mail(5, "b@x", &[], "Broken lamp")]);
    fixture.team("b@x", &owned("ben"));
    fixture.arrive(vec![mail(1, "a@x", &[], "Broken lamp")]);
    let row = fixture.page(View::All).rows.remove(0);
    assert_eq!((row.name.as_str(), row.messages), ("b@x", 2));
    assert_eq!(row.owner, Some(Agent::new("ben")));
}

#[test]
fn a_bounce_shows_until_somebody_did_something_about_it() {
    let bounce = |m: &mut Message| {
        m.automatic = true;
        m.bounce = Some(crate::mail::Bounce {
            original: Some("c@x".to_owned()),
            recipient: Remote::new("mia@mail.example"),
            status: "5.1.1".to_owned(),
            permanent: true,
        });
    };
    let mut fixture = Fixture::new();
    fixture.arrive(vec![mail(1, "a@x", &[], "One")]);
    fixture.send(vec![ours(2, "c@x", &["a@x"], "Re: One")]);
    fixture.arrive(vec![mail(3, "d@x", &["c@x"], "Failed").with(bounce)]);
    assert!(fixture.page(View::All).rows.remove(0).bounced);
    fixture.team("a@x", &status(Status::Done, 4));
    assert!(!fixture.page(View::All).rows.remove(0).bounced);
}

#[test]
fn the_customer_is_the_first_sender_who_is_not_us() {
    let mut fixture = Fixture::new();
    fixture.send(vec![ours(1, "a@x", &[], "Offer")]);
    assert_eq!(
        fixture.page(View::All).rows.remove(0).from.address.raw(),
        "mia@mail.example"
    );
    let tom = |m: &mut Message| m.from = vec![Address::new("Tom", "Tom@x.example")];
    fixture.arrive(vec![mail(2, "b@x", &["a@x"], "Re: Offer").with(tom)]);
    let from = fixture.page(View::All).rows.remove(0).from;
    assert_eq!(from.address.raw(), "Tom@x.example");
    let count = |a: &str| {
        fixture
            .cache
            .reader()
            .customer(&Address::new("", a))
            .unwrap()
    };
    assert_eq!(count("tom@X.example"), (1, 1));
    assert_eq!(count("nobody@x.example"), (0, 0));
}

#[test]
fn pages_fit_together() {
    let mut fixture = Fixture::new();
    let message = |n: u32| mail(n, &format!("{n}@x"), &[], &format!("{n}")).after(i64::from(n % 7));
    fixture.arrive((1..=1000).map(message).collect());
    let me = Agent::new("ana");
    for view in [View::Queue, View::Open, View::All] {
        let mut seen = BTreeSet::new();
        for offset in (0..1100).step_by(100) {
            let page = fixture
                .cache
                .reader()
                .page(view, &viewer(&me), offset, 100)
                .unwrap();
            assert_eq!(page.total, 1000);
            seen.extend(page.rows.into_iter().map(|r| r.name));
        }
        assert_eq!(seen.len(), 1000, "{}", view.word());
    }
    assert_eq!(
        fixture.page(View::All).rows.len(),
        500,
        "no more than the limit"
    );
}

#[test]
fn counts_follow_what_leaves() {
    let mut fixture = Fixture::new();
    fixture.arrive(
        (1..=5)
            .map(|n| mail(n, &format!("{n}@x"), &[], "Same"))
            .collect(),
    );
    assert_eq!(
        fixture.page(View::Queue).total,
        1,
        "one person, one subject"
    );
    fixture.cache.gone(fixture.inbox, &[2..=4]).unwrap();
    assert_eq!(fixture.page(View::Queue).rows.remove(0).messages, 2);
    fixture.cache.gone(fixture.inbox, &[1..=9]).unwrap();
    assert!(fixture.counts().iter().all(|(_, n)| *n == 0));
    assert_eq!(fixture.page(View::All).total, 0);
}

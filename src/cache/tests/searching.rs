//! Search, end to end.

use super::*;
use crate::team::EventId;
use crate::team::fold::{Conversation, Note};

fn full() -> Fixture {
    let mut fixture = Fixture::new();
    let text = |t: &'static str| move |m: &mut Message| m.text = Remote::new(t);
    let from = |name: &'static str, address: &'static str| {
        move |m: &mut Message| m.from = vec![Address::new(name, address)]
    };
    fixture.arrive(vec![
        mail(1, "a@x", &[], "Refund for order 4417").with(text("The box was empty.")),
        mail(2, "b@x", &[], "Größe falsch")
            .with(text("Die Straße ist naß. Invoice ACME-77/b."))
            .with(from("Jörg Lindqvist", "jl@firma.example")),
        mail(3, "c@x", &[], "請求書について")
            .with(text("注文番号は4417です。"))
            .with(from("佐藤", "sato@corp.example")),
        mail(4, "d@x", &[], "Delivery")
            .with(text("Empty box, was not mine; see the refunding page."))
            .with(from("Tom", "tom@net.example"))
            .with(|m| {
                m.attachments = vec![crate::mail::Attachment {
                    index: 0,
                    name: Remote::new("photo-4711.jpg"),
                    content_type: Remote::new("image/jpeg"),
                    size: 10,
                    inline: false,
                }];
            })
            .after(5 * DAY),
    ]);
    let note = Note {
        event: EventId::new("n1"),
        agent: Agent::new("ben"),
        text: Remote::new("Ask the warehouse"),
        mentions: Vec::new(),
        at: at(6 * DAY),
    };
    let state = Conversation {
        tags: ["VIP".to_owned()].into(),
        notes: vec![note],
        ..Conversation::default()
    };
    let name = ConversationName::new("b@x");
    fixture.cache.set_team([(&name, &state)]).unwrap();
    assert_eq!(fixture.index(), 5);
    fixture
}

#[test]
fn queries_find_what_they_say() {
    let fixture = full();
    let (a, b, c, d) = (
        "Refund for order 4417",
        "Größe falsch",
        "請求書について",
        "Delivery",
    );
    let cases: [(&str, &[&str]); 38] = [
        ("", &[]),
        ("refund", &[a]),
        ("REFUND", &[a]),
        ("refund*", &[d, a]),
        ("box empty", &[d, a]),
        ("\"box was empty\"", &[a]),
        ("\"empty box\"", &[d]),
        ("box -refund", &[d]),
        ("refund OR delivery", &[d, a]),
        ("grosse strasse", &[b]),
        ("größe", &[b]),
        ("acme-77", &[b]),
        ("jorg", &[b]),
        ("番号", &[c]),
        ("注文番号", &[c]),
        ("号", &[c]),
        ("番組", &[]),
        ("請求", &[c]),
        ("4417", &[c, a]),
        ("subject:4417", &[a]),
        ("body:4417", &[c]),
        ("from:tom@net.example", &[d]),
        ("from:net.example", &[d]),
        ("from:mia", &[a]),
        ("from:\"mia okafor\"", &[a]),
        ("to:support@acme.example from:sato", &[c]),
        ("from:support", &[]),
        ("photo-4711.jpg", &[d]),
        ("warehouse", &[b]),
        ("body:warehouse", &[]),
        ("tag:vip", &[b]),
        ("is:note -warehouse", &[b]),
        ("is:attachment empty", &[d]),
        ("is:new", &[d, c, b, a]),
        ("after:5d", &[b, d]),
        ("before:2025-11-24 4417", &[c, a]),
        ("tag:vip OR 番号", &[b, c]),
        ("...", &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(fixture.search(query), expected, "{query}");
    }
}

#[test]
fn hits_name_the_message_or_say_that_it_was_a_note() {
    let fixture = full();
    let me = Agent::new("ana");
    let search = |text: &str| {
        let query = parse(text).unwrap();
        let found = fixture.cache.reader().search(&query, &viewer(&me), 5);
        found.unwrap().0.remove(0)
    };
    let note = search("warehouse");
    assert_eq!(note.message, None);
    assert_eq!(note.snippet.raw(), "Ask the warehouse");
    let message = search("empty -delivery");
    assert!(message.message.is_some());
    assert_eq!(message.snippet.raw(), "The box was empty.");
}

#[test]
fn states_are_right_while_the_index_is_behind() {
    let mut fixture = full();
    fixture.arrive(vec![mail(9, "new@x", &[], "Fresh")]);
    assert!(fixture.search("is:unread").contains(&"Fresh".to_owned()));
    assert_eq!(fixture.search("fresh"), [""; 0]);
    assert_eq!(fixture.index(), 1);
    assert_eq!(fixture.search("fresh"), ["Fresh"]);
    fixture.cache.gone(fixture.inbox, &[9..=9]).unwrap();
    fixture.index();
    assert_eq!(fixture.search("fresh"), [""; 0]);
}

#[test]
fn a_lost_index_is_built_anew_and_says_the_same() {
    let fixture = full();
    let before = fixture.search("4417");
    let dir = fixture.path();
    let temp = fixture.dir;
    drop(fixture.cache);
    for entry in std::fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap();
        }
    }
    let cache = Cache::open(&dir).unwrap();
    let mut indexer = cache.indexer().unwrap();
    assert_eq!(indexer.pending().unwrap(), 5);
    assert_eq!(indexer.index().unwrap(), 5);
    assert_eq!(indexer.pending().unwrap(), 0);
    let me = Agent::new("ana");
    let query = parse("4417").unwrap();
    let (hits, _) = cache.reader().search(&query, &viewer(&me), 9).unwrap();
    let after: Vec<&str> = hits.iter().map(|h| h.row.subject.raw()).collect();
    assert_eq!(after, before);
    drop(temp);
}

#[test]
fn messages_follow_their_conversation_into_the_index() {
    let mut fixture = Fixture::new();
    fixture.arrive(vec![
        mail(1, "a@x", &[], "Left"),
        mail(2, "b@x", &[], "Right"),
    ]);
    fixture.index();
    assert_eq!(fixture.search("left OR right").len(), 2);
    // A third message ties both together.
    fixture.arrive(vec![mail(3, "c@x", &["a@x", "b@x"], "Both")]);
    fixture.index();
    assert_eq!(fixture.search("left OR right"), ["Left"]);
    let name = ConversationName::new("a@x");
    let state = Conversation {
        tags: ["vip".to_owned()].into(),
        ..Conversation::default()
    };
    fixture.cache.set_team([(&name, &state)]).unwrap();
    assert_eq!(fixture.search("right tag:vip"), ["Left"]);
}

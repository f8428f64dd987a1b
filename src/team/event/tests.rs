use super::*;
use crate::mail::Remote;
use crate::team::sign::Key;

fn key() -> Key {
    Key::from_seed([9; 32])
}

fn event(act: Act) -> Event {
    Event {
        v: VERSION,
        id: EventId::new("01JD9QAAAAAAAAAAAAAAAAAAAA"),
        agent: Agent::new("ana"),
        key: key().fingerprint(),
        seq: 3,
        prev: "ab".repeat(32),
        seen: Seen {
            uidvalidity: 7,
            uid: 12,
            hash: "cd".repeat(32),
        },
        conversation: ConversationName::new("order-4417.20261123@shop.example"),
        epoch: 2,
        act,
        time: Timestamp::from_millisecond(1_764_000_000_123).unwrap(),
    }
}

fn text_of(event: &Event, title: &str) -> String {
    let title = Remote::new(title);
    let envelope = Envelope {
        from_name: "Ana Ruiz",
        address: "support@acme.example",
        title: &title,
        about: Some("order-4417.20261123@shop.example"),
    };
    String::from_utf8(encode(event, &key(), &envelope).unwrap()).unwrap()
}

#[test]
fn an_event_comes_back_as_it_was_written() {
    let sent = event(Act::Claim);
    let text = text_of(&sent, "Refund for order 4417");
    let got = decode(text.as_bytes()).unwrap();
    assert_eq!(got.event, sent);
    assert_eq!(got.hash, sent.hash().unwrap());
    assert!(!got.verified && got.verify(&key().public()));
    assert!(
        text.contains("\r\n\r\nana claimed: \"Refund for order 4417\"\r\n"),
        "{text}"
    );
}

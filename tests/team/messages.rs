//! The whole way of an event: written, signed, stored as mail, found again, folded.

use super::journals::{at, event, founder_join, key, place};
use postroom::mail::Remote;
use postroom::team::event::{Envelope, decode, encode, message_id};
use postroom::team::{Act, Event, Incoming, NotAnEvent, Refusal, Status, Team, Verdict, ids};

/// A mailbox folder that keeps what two agents append.
struct Folder {
    messages: Vec<Vec<u8>>,
}

impl Folder {
    fn append(&mut self, author: usize, event: &Event) {
        let title = Remote::new("Refund for order 4417");
        let envelope = Envelope {
            from_name: "Ana Ruiz",
            address: "support@acme.example",
            title: &title,
            about: Some(event.conversation.as_str()),
        };
        let raw = encode(event, &key(author), &envelope).unwrap();
        let id = format!("Message-ID: <{}>", message_id(&event.id, &event.agent));
        assert!(String::from_utf8(raw.clone()).unwrap().contains(&id));
        self.messages.push(raw);
    }

    fn read(&self) -> Vec<Result<Incoming, NotAnEvent>> {
        self.messages.iter().map(|raw| decode(raw)).collect()
    }
}

fn fold(journal: &[Result<Incoming, NotAnEvent>]) -> (Team, Vec<Verdict>) {
    let mut team = Team::new();
    let verdicts = journal
        .iter()
        .enumerate()
        .map(|(n, incoming)| team.apply(place(n + 1), incoming).verdict)
        .collect();
    (team, verdicts)
}

fn a_race() -> Folder {
    let mut folder = Folder {
        messages: Vec::new(),
    };
    folder.append(0, &founder_join(0));
    folder.append(1, &founder_join(1));
    folder.append(1, &event(1, 10, Act::Claim));
    folder.append(0, &event(0, 11, Act::Claim));
    folder
        .messages
        .push(b"Subject: cheap pills\r\n\r\nbuy\r\n".to_vec());
    let value = Status::Waiting;
    folder.append(1, &event(1, 12, Act::Status { value }));
    folder
}

#[test]
fn two_machines_that_read_the_same_folder_agree() {
    let folder = a_race();
    let journal = folder.read();
    let (team, verdicts) = fold(&journal);
    let ben = event(1, 0, Act::Claim).agent;
    let lost = Verdict::Refused(Refusal::Owned { owner: ben.clone() });
    let expected = [
        Verdict::Effective,
        Verdict::Effective,
        Verdict::Effective,
        lost,
        Verdict::Ignored,
        Verdict::Effective,
    ];
    assert_eq!(verdicts, expected);
    // The second machine has them from its store, signatures checked long ago.
    let stored = journal.iter().map(|incoming| {
        let incoming = incoming.clone()?;
        Incoming::from_parts(incoming.json, [0; 64], true)
    });
    let (other, _) = fold(&stored.collect::<Vec<_>>());
    assert_eq!(team, other);
    let (_, conversation) = team.conversations().next().unwrap();
    assert_eq!(conversation.owner.as_ref().unwrap().agent, ben);
}

#[test]
fn an_event_signed_by_another_key_is_a_strangers() {
    let mut folder = a_race();
    let mut forged = event(1, 13, Act::Claim);
    forged.key = key(3).fingerprint();
    folder.append(3, &forged);
    // The right fingerprint, but bytes that were signed for something else.
    let [one, two] = [event(0, 14, Act::Claim), event(0, 15, Act::Claim)].map(|e| {
        let mut folder = a_race();
        folder.append(0, &e);
        String::from_utf8(folder.messages.pop().unwrap()).unwrap()
    });
    let (body, _) = one.split_once("sig ").unwrap();
    let (_, signature) = two.split_once("sig ").unwrap();
    folder
        .messages
        .push(format!("{body}sig {signature}").into_bytes());
    let (team, verdicts) = fold(&folder.read());
    let untrusted = Verdict::Refused(Refusal::Untrusted);
    assert_eq!(verdicts[6..], [untrusted.clone(), untrusted]);
    assert_eq!(team.strangers().1, 3);
}

#[test]
fn any_flipped_bit_of_a_stored_event_is_noticed() {
    let folder = a_race();
    let (whole, _) = fold(&folder.read());
    let message = &folder.messages[2];
    let text = String::from_utf8(message.clone()).unwrap();
    let start = text.find("pr1 ").unwrap() + 4;
    for spot in (start..message.len()).step_by(7) {
        let mut bent = message.clone();
        bent[spot] ^= 1;
        let mut journal = folder.read();
        journal[2] = decode(&bent);
        let (team, _) = fold(&journal);
        let unchanged = journal[2] == folder.read()[2];
        assert!(
            unchanged || team.position() != whole.position(),
            "byte {spot}"
        );
    }
}

#[test]
fn clients_that_notice_the_same_keyword_make_one_event() {
    let mut folder = a_race();
    let value = Status::Done;
    for (author, number) in [(0, 20), (1, 21)] {
        let noticed = Event {
            id: ids::mirror_id(1, 7, "$pr-done", 99),
            time: at(number),
            ..event(author, number as u64, Act::Status { value })
        };
        folder.append(author, &noticed);
    }
    let (_, verdicts) = fold(&folder.read());
    let tail = [Verdict::Conflict, Verdict::Refused(Refusal::Duplicate)];
    assert_eq!(verdicts[6..], tail);
}

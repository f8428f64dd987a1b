//! A cache full of made-up conversations, without a server.

use postroom::cache::{Arrived, Cache, FolderRole, OwnAddresses};
use postroom::clock::Timestamp;
use postroom::mail::{Address, Message, Remote};
use std::path::Path;

/// The time of the first made-up message.
pub const START: i64 = 1_700_000_000;
/// Messages in one transaction.
const BATCH: usize = 2_000;

/// Fills a cache with conversations of two messages each; all wait for an owner.
pub fn fill(dir: &Path, conversations: u32) {
    let mut cache = Cache::open(dir).unwrap();
    let inbox = cache.folder(FolderRole::Inbox, "INBOX").unwrap().id;
    let own = OwnAddresses::new(["support@acme.example"]);
    let uids: Vec<u32> = (0..conversations * 2).collect();
    for chunk in uids.chunks(BATCH) {
        let batch = chunk.iter().map(|uid| made_up(*uid)).collect();
        cache.store(inbox, 1, batch, &own).unwrap();
    }
    cache.indexer().unwrap().index().unwrap();
}

/// A message as the server gave it.
pub fn arrived(uid: u32, second: i64, raw: Vec<u8>, message: Message) -> Arrived {
    Arrived {
        uid,
        flags: Vec::new(),
        modseq: None,
        internal: Timestamp::from_second(second).unwrap(),
        raw,
        message,
    }
}

fn made_up(uid: u32) -> Arrived {
    let root = format!("{}@bench.example", uid / 2);
    let first = uid.is_multiple_of(2);
    let person = format!("person{}", uid / 2 % 5_000);
    let message = Message {
        message_id: Some(if first {
            root.clone()
        } else {
            format!("r{root}")
        }),
        references: if first { Vec::new() } else { vec![root] },
        subject: Remote::new(format!("About order {}", uid / 2)),
        from: vec![Address::new(&*person, format!("{person}@mail.example"))],
        to: vec![Address::new("Support", "support@acme.example")],
        text: Remote::new(format!(
            "Hello, the parcel arrived, but one box was empty. The number is word{uid}."
        )),
        ..Message::default()
    };
    let raw = format!("Message-ID: <{uid}>\r\n\r\n{}\r\n", message.text.raw());
    let second = START + i64::from(uid) * 60;
    arrived(uid + 1, second, raw.into_bytes(), message)
}

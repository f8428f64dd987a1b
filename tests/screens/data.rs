//! Made-up conversations to draw.

use postroom::clock::Timestamp;
use postroom::mail::{Address, Attachment, Remote};
use postroom::team::{Agent, ConversationName, EventId, Grade, Status};
use postroom::view::{HistoryEntry, Member, Note, Presence, Row, Thread, ThreadMessage};
use std::collections::BTreeSet;

/// The conversation most pictures show.
pub const REFUND: &str = "Refund for order 4417";

/// The moment all pictures show.
pub fn now() -> Timestamp {
    "2026-03-03T14:06:00Z".parse().unwrap()
}

/// So many minutes before that moment.
pub fn ago(minutes: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() - minutes * 60).unwrap()
}

pub fn agent(nick: &str) -> Agent {
    Agent::parse(nick).unwrap()
}

pub fn name(subject: &str) -> ConversationName {
    ConversationName::new(format!("{subject}@mail.example"))
}

pub fn row(minutes: i64, from: &str, subject: &str) -> Row {
    let name = name(subject);
    let local = from.split(['@', ' ']).next().unwrap().to_lowercase();
    Row {
        id: name.id(),
        name,
        subject: Remote::new(subject),
        from: Address::new(from, format!("{local}@mail.example")),
        status: Status::New,
        owner: None,
        tags: BTreeSet::new(),
        waiting_since: Some(ago(minutes)),
        last_at: ago(minutes),
        messages: 1,
        unread: 0,
        snoozed_until: None,
        attachments: false,
        bounced: false,
        presence: Vec::new(),
        draft: false,
    }
}

pub fn presence(nick: &str, grade: Grade) -> Presence {
    Presence {
        agent: agent(nick),
        grade,
        at: ago(2),
    }
}

/// The queue of the design's mock-up.
pub fn queue() -> Vec<Row> {
    let mut rows = vec![
        row(134, "Mia Okafor", REFUND),
        row(110, "J. Lindqvist", "Invoice shows wrong VAT"),
        row(82, "noreply@ship", "Delivery failed for parcel 88"),
        row(58, "Priya N.", "Cannot reset password"),
        row(31, "Tom Reyes", "Re: Re: broken link in step 2"),
        row(12, "H. Sato", "Bulk discount?"),
        row(4, "Ola B.", "Change delivery address"),
    ];
    rows[0].unread = 1;
    rows[0].messages = 3;
    rows[0].tags = ["billing".to_owned()].into();
    rows[0].presence = vec![presence("ben", Grade::Reading)];
    rows
}

/// What is being handled in the mock-up.
pub fn handled() -> Vec<Row> {
    let mut rows = vec![
        row(9, "K. Haddad", "Login loop on mobile"),
        row(120, "Ruth Vance", "Warranty claim"),
    ];
    rows[0].presence = vec![presence("ben", Grade::Writing)];
    for (row, owner) in rows.iter_mut().zip(["ben", "ana"]) {
        row.status = Status::Open;
        row.owner = Some(agent(owner));
    }
    rows
}

pub fn message(key: i64, minutes: i64, from: (&str, &str), text: &str) -> ThreadMessage {
    ThreadMessage {
        key,
        message_id: Some(format!("m{key}@mail.example")),
        uid: u32::try_from(key).unwrap(),
        folder: "INBOX".to_owned(),
        from: vec![Address::new(from.0, from.1)],
        to: vec![Address::new("Acme Support", "support@acme.example")],
        cc: Vec::new(),
        reply_to: Vec::new(),
        references: Vec::new(),
        subject: Remote::new(REFUND),
        at: ago(minutes),
        date: Some(ago(minutes)),
        text: Remote::new(text),
        from_html: false,
        attachments: Vec::new(),
        outgoing: false,
        author: None,
        automatic: false,
        read: true,
        defects: Vec::new(),
    }
}

pub fn event(uid: u32, minutes: i64, nick: &str, sentence: &str) -> HistoryEntry {
    HistoryEntry {
        uid,
        event: EventId::new(format!("{uid:026}")),
        kind: "claim".to_owned(),
        agent: agent(nick),
        at: ago(minutes),
        effective: true,
        refusal: None,
        sentence: sentence.to_owned(),
    }
}

const LAST: &str = "Hi Ana,\n\nthe parcel arrived, but one box was empty. \
The order number is 4417; see the photo.\n\nCould you refund that item, please?\nMia\n\n\
> Hi Mia,\n> sorry to hear that.\n> When did it arrive?\n> Ana\n\n\
Tracking: https://track.example/88\n";

/// A conversation for a row: three messages with quotes, an attachment and a link.
pub fn thread(row: &Row) -> Thread {
    let mia = ("Mia Okafor", "mia@example.net");
    let us = ("Acme Support", "support@acme.example");
    let mut messages = vec![
        message(
            1,
            294,
            mia,
            "Hello, I ordered two boxes of tea last week.\n\nMia",
        ),
        message(
            2,
            146,
            us,
            "Hi Mia, sorry to hear that. When did it arrive?\n\nAna",
        ),
        message(3, 134, mia, LAST),
    ];
    messages[1].outgoing = true;
    messages[1].author = Some(agent("ana"));
    messages[2].read = false;
    messages[2].attachments = vec![Attachment {
        index: 0,
        name: Remote::new("photo.jpg"),
        content_type: Remote::new("image/jpeg"),
        size: 812_000,
        inline: false,
    }];
    Thread {
        row: row.clone(),
        epoch: 0,
        messages,
        notes: Vec::new(),
        events: vec![event(7, 1, "ben", "ben opened it")],
        customer: (4, 1),
    }
}

pub fn note(minutes: i64, nick: &str, text: &str) -> Note {
    Note {
        event: EventId::new("n1"),
        agent: agent(nick),
        text: Remote::new(text),
        at: ago(minutes),
    }
}

pub fn members() -> Vec<Member> {
    let member = |nick: &str, name: &str, open, me| Member {
        agent: agent(nick),
        name: Remote::new(name),
        open,
        me,
    };
    vec![
        member("ana", "Ana Ruiz", 3, true),
        member("ben", "Ben Adeyemi", 5, false),
        member("bea", "Beatriz Lima", 1, false),
    ]
}

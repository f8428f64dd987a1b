//! The mail a demo starts with: three hundred conversations of a small shop's support mailbox.
//!
//! The newest are written by hand, the older weeks are told from stories with blanks, both in
//! `assets/demo`. The same `now` gives the same bytes. Nothing here belongs to the team's journal:
//! the history of the team is made from what [`fill`] returns.

mod archive;
mod front;
mod script;
mod tale;

#[cfg(test)]
mod tests;

use super::dice::Dice;
use super::letter::Person;
use super::store::{Store, StoreError};
use crate::clock::Timestamp;
use crate::team::Status;
use jiff::SignedDuration;
use jiff::tz::Offset;
use script::Script;
use tale::Mail;

/// Conversations that [`fill`] makes.
pub const CONVERSATIONS: usize = 300;

/// What chance starts from.
const SEED: u64 = 0x0061_636d_6520_7465;

/// A seeded conversation, as far as the team's journal is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Message-ID of its first mail, without brackets: its name in the journal.
    pub root: String,
    /// Subject of its first mail.
    pub subject: String,
    /// Display name of the customer.
    pub customer: String,
    /// Arrival of its first mail.
    pub opened: Timestamp,
    /// Arrival of its last mail.
    pub last: Timestamp,
    /// Nick of who owns it.
    pub owner: Option<String>,
    /// The status somebody set; `None` for none.
    pub status: Option<Status>,
    /// Its tags.
    pub tags: Vec<String>,
    /// What the team answered, oldest first.
    pub replies: Vec<Reply>,
    /// Notes for the team, oldest first.
    pub notes: Vec<Note>,
}

/// A mail by a member of the team; it lies in Sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Nick of the author.
    pub by: String,
    /// When it was sent.
    pub at: Timestamp,
    /// Message-ID of the mail it answers.
    pub slot: String,
    /// Its own Message-ID.
    pub message_id: String,
    /// SHA-256 of its bytes, hex.
    pub hash: String,
}

/// A note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Nick of the author.
    pub by: String,
    /// When it was written.
    pub at: Timestamp,
    /// The text.
    pub text: String,
}

/// Why the mailbox could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The files in `assets/demo` do not read; a test keeps that from being released.
    #[error("the demo's conversations cannot be read")]
    Script(#[from] toml::de::Error),
    /// A time in them is none.
    #[error("{0:?} is no age; write something like 2h14m")]
    Age(String),
    /// The store did not take it.
    #[error("the demo's mailbox could not be filled")]
    Store(#[from] StoreError),
}

/// The support desk whose mailbox it is.
#[derive(Debug)]
struct Desk {
    now: Timestamp,
    address: String,
    offset: Offset,
}

/// Fills INBOX and Sent of an empty store with [`CONVERSATIONS`] conversations that end at `now`,
/// oldest mail first. `address` is the mailbox's own.
pub fn fill(store: &Store, now: Timestamp, address: &str) -> Result<Vec<Conversation>, SeedError> {
    let script = Script::load()?;
    let mut dice = Dice::new(SEED);
    let desk = Desk {
        now: Timestamp::from_second(now.as_second()).unwrap_or(now),
        address: address.to_owned(),
        offset: Offset::UTC,
    };
    let older = CONVERSATIONS.saturating_sub(script.front.len());
    let mut told = archive::tell(&script, &desk, older, &mut dice);
    for scene in &script.front {
        told.push(front::tell(scene, &desk, &mut dice)?);
    }
    let (mails, conversations): (Vec<_>, Vec<_>) = told.into_iter().unzip();
    let mut mails: Vec<Mail> = mails.into_iter().flatten().collect();
    mails.sort_by_key(|mail| mail.at);
    for mail in mails {
        // Flags that were set while the script was told keep their order: the store sorts them.
        store.append(mail.folder, &mail.flags, Some(mail.at), mail.bytes)?;
    }
    Ok(conversations)
}

/// Adds `count` small conversations of one mail each to INBOX, and to every fourth an answer in
/// Sent, one minute apart and the last at `now`. For benchmarks and tests: about 300 bytes a mail.
pub fn bulk(store: &Store, now: Timestamp, count: usize) -> Result<(), StoreError> {
    const WORDS: [&str; 8] = [
        "refund",
        "invoice",
        "delivery",
        "kettle",
        "password",
        "subscription",
        "return",
        "label",
    ];
    let mut dice = Dice::new(SEED);
    for number in 0..count {
        let left = i64::try_from(count - number).unwrap_or(0);
        let at = Timestamp::from_second(now.as_second() - 60 * left).unwrap_or(now);
        let word = dice.pick(&WORDS).copied().unwrap_or_default();
        let date = at.strftime("%a, %d %b %Y %H:%M:%S +0000");
        let other = dice.roll();
        let mail = format!(
            "From: Customer {number} <c{number}@example.net>\r\nTo: support@acme.example\r\n\
             Subject: Question {number} about a {word}\r\nDate: {date}\r\n\
             Message-ID: <bulk-{number}@example.net>\r\n\r\n\
             Hello,\r\n\r\nI have a question about the {word} for order {other:08x}.\r\n"
        );
        store.append("INBOX", &[], Some(at), mail.into_bytes())?;
        if number % 4 == 0 {
            let reply = format!(
                "From: Acme <support@acme.example>\r\nTo: c{number}@example.net\r\n\
                 Subject: Re: Question {number} about a {word}\r\nDate: {date}\r\n\
                 Message-ID: <reply-{number}@acme.example>\r\n\
                 In-Reply-To: <bulk-{number}@example.net>\r\n\
                 References: <bulk-{number}@example.net>\r\n\r\nIt is on its way.\r\n"
            );
            store.append("Sent", &["\\Seen"], Some(at), reply.into_bytes())?;
        }
    }
    Ok(())
}

impl Desk {
    /// The time that was this long ago.
    fn ago(&self, age: &str) -> Result<Timestamp, SeedError> {
        let age: SignedDuration = age.parse().map_err(|_| SeedError::Age(age.to_owned()))?;
        Ok(self.before(age))
    }

    fn before(&self, age: SignedDuration) -> Timestamp {
        self.now.checked_sub(age).unwrap_or(self.now)
    }

    /// A member of the team as a sender.
    fn person(&self, nick: &str) -> Person {
        let name = match nick {
            "ana" => "Ana Ruiz",
            "ben" => "Ben Adeyemi",
            "bea" => "Beatriz Lima",
            other => other,
        };
        Person {
            name: name.to_owned(),
            address: self.address.clone(),
        }
    }

    fn mailbox(&self) -> Person {
        Person {
            name: "Acme Support".to_owned(),
            address: self.address.clone(),
        }
    }
}

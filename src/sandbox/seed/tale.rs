//! A conversation while it is told: who said what, in order.

use super::{Conversation, Desk, Note, Reply};
use crate::clock::Timestamp;
use crate::sandbox::dice::Dice;
use crate::sandbox::letter::{Auto, File, Letter, Person, multipart, part, quoted};
use crate::team::Status;
use jiff::tz::Offset;
use sha2::{Digest, Sha256};

/// A mail on its way into a folder.
#[derive(Debug)]
pub(super) struct Mail {
    pub(super) folder: &'static str,
    pub(super) at: Timestamp,
    pub(super) flags: Vec<&'static str>,
    pub(super) bytes: Vec<u8>,
}

/// What somebody says.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    /// A teammate's nick, or `None` for the customer.
    pub(super) by: Option<String>,
    pub(super) text: String,
    pub(super) html: Option<String>,
    /// Another subject than `Re:` and the first one.
    pub(super) subject: Option<String>,
    pub(super) quote: bool,
    pub(super) latin1: bool,
    pub(super) files: Vec<File>,
    pub(super) auto: Option<Auto>,
}

/// A conversation being told.
pub(super) struct Tale<'a> {
    desk: &'a Desk,
    subject: String,
    customer: Person,
    offset: Offset,
    letters: Vec<Letter>,
    mails: Vec<Mail>,
    replies: Vec<Reply>,
    notes: Vec<Note>,
}

const SIGNATURE: &str = "\n\n-- \nAcme Support, order desk\nhttps://acme.example";

impl<'a> Tale<'a> {
    pub(super) fn new(desk: &'a Desk, subject: &str, customer: Person, offset: Offset) -> Self {
        Self {
            desk,
            subject: subject.to_owned(),
            customer,
            offset,
            letters: Vec::new(),
            mails: Vec::new(),
            replies: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds a mail.
    pub(super) fn say(&mut self, at: Timestamp, said: Said, dice: &mut Dice) {
        let own = said.by.as_deref().map(|nick| self.desk.person(nick));
        let (from, to, offset) = match own {
            Some(own) => (own, self.customer.clone(), self.desk.offset),
            None => (self.customer.clone(), self.desk.mailbox(), self.offset),
        };
        let again = !self.letters.is_empty();
        let subject = said.subject.unwrap_or_else(|| match again {
            true => format!("Re: {}", self.subject),
            false => self.subject.clone(),
        });
        let mut text = said.text.trim().to_owned();
        if said.by.is_some() {
            text.push_str(SIGNATURE);
        }
        if let Some(last) = self.letters.last().filter(|_| said.quote) {
            text.push_str("\n\n");
            text.push_str(&quoted(&last.from, last.sent, last.offset, &last.text));
        }
        let id = format!("{:016x}@{}", dice.roll(), from.domain());
        let letter = Letter {
            offset,
            references: self
                .letters
                .iter()
                .map(|letter| letter.id.clone())
                .collect(),
            html: said.html.map(|html| html.trim().to_owned()),
            latin1: said.latin1,
            files: said.files,
            auto: said.auto,
            ..Letter::new((from, to), &subject, at, id, &text)
        };
        let bytes = letter.bytes();
        if let Some(by) = said.by {
            self.note_reply(by, &letter, &bytes);
            self.put("Sent", at, &["\\Seen"], bytes);
        } else {
            let received = format!(
                "Return-Path: <{}>\r\nReceived: from mail.{} by mx.acme.example; {}\r\n",
                letter.from.address,
                letter.from.domain(),
                letter.date()
            );
            let bytes = [received.as_bytes(), &bytes].concat();
            self.put("INBOX", at, &[], bytes);
        }
        self.letters.push(letter);
    }

    /// Adds a note for the team.
    pub(super) fn note(&mut self, at: Timestamp, by: &str, text: &str) {
        self.notes.push(Note {
            by: by.to_owned(),
            at,
            text: text.to_owned(),
        });
    }

    /// A delivery report about the last mail comes in (RFC 3464).
    pub(super) fn bounce(&mut self, at: Timestamp, dice: &mut Dice) {
        let Some(last) = self.letters.last() else {
            return;
        };
        let daemon = Person::parse("Mail Delivery System <MAILER-DAEMON@mx.acme.example>");
        let recipient = self.customer.address.clone();
        let domain = self.customer.domain();
        let id = format!("{:016x}@mx.acme.example", dice.roll());
        let subject = "Undelivered Mail Returned to Sender";
        let references = last.references.iter().chain([&last.id]).cloned();
        let report = Letter {
            offset: self.desk.offset,
            references: references.collect(),
            auto: Some(Auto::Reply),
            ..Letter::new((daemon, self.desk.mailbox()), subject, at, id.clone(), "")
        };
        let mail = String::from_utf8_lossy(&report.bytes()).into_owned();
        let headers = mail.split("Content-Type:").next().unwrap_or_default();
        let why = format!("550 5.1.1 <{recipient}>: user unknown");
        let text = format!(
            "I'm sorry to have to inform you that your message could not be delivered\n\
             to one or more recipients.\n\n<{recipient}>: host mx.{domain} said: {why}"
        );
        let status = format!(
            "Content-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; mx.acme.example\r\nArrival-Date: {}\r\n\r\n\
             Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: 5.1.1\r\n\
             Remote-MTA: dns; mx.{domain}\r\nDiagnostic-Code: smtp; {why}\r\n\r\n",
            last.date()
        );
        let sent = String::from_utf8_lossy(&last.bytes()).into_owned();
        let (sent_headers, _) = sent.split_once("\r\n\r\n").unwrap_or((&sent, ""));
        let returned = format!("Content-Type: text/rfc822-headers\r\n\r\n{sent_headers}\r\n");
        let kind = "report; report-type=delivery-status";
        let parts = [part("text/plain", &text, false), status, returned];
        let mail = format!(
            "Return-Path: <>\r\n{headers}{}",
            multipart(kind, &id, &parts)
        );
        self.put("INBOX", at, &[], mail.into_bytes());
    }

    /// Ends it: the mails, and what the team should know of them.
    pub(super) fn end(mut self, state: State) -> (Vec<Mail>, Conversation) {
        let touched = state.owner.is_some() || state.status.is_some();
        let answered = self.replies.iter().map(|reply| reply.at).max();
        for mail in self.mails.iter_mut().filter(|mail| mail.folder == "INBOX") {
            let replied = answered.is_some_and(|at| mail.at < at);
            if touched && (replied || state.status.is_some_and(|s| s != Status::Open)) {
                mail.flags.push("\\Seen");
            }
            if replied {
                mail.flags.push("\\Answered");
            }
        }
        let root = self.letters.first().map(|letter| letter.id.clone());
        let opened = self.mails.iter().map(|mail| mail.at).min();
        let conversation = Conversation {
            root: root.unwrap_or_default(),
            subject: self.subject,
            customer: self.customer.name,
            opened: opened.unwrap_or(self.desk.now),
            last: self
                .mails
                .iter()
                .map(|mail| mail.at)
                .max()
                .unwrap_or(self.desk.now),
            owner: state.owner,
            status: state.status,
            tags: state.tags,
            replies: self.replies,
            notes: self.notes,
        };
        (self.mails, conversation)
    }

    fn note_reply(&mut self, by: String, letter: &Letter, bytes: &[u8]) {
        // What is answered is the customer's last mail; without one it is our own last.
        let own = &self.desk.address;
        let theirs = |old: &&Letter| old.from.address != *own && old.auto.is_none();
        let slot = self
            .letters
            .iter()
            .rev()
            .find(theirs)
            .or(self.letters.last());
        let digest = Sha256::digest(bytes);
        self.replies.push(Reply {
            by,
            at: letter.sent,
            slot: slot.map(|slot| slot.id.clone()).unwrap_or_default(),
            message_id: letter.id.clone(),
            hash: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        });
    }

    fn put(&mut self, folder: &'static str, at: Timestamp, flags: &[&'static str], bytes: Vec<u8>) {
        self.mails.push(Mail {
            folder,
            at,
            flags: flags.to_vec(),
            bytes,
        });
    }
}

/// Where a conversation stands when the demo starts.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) owner: Option<String>,
    pub(super) status: Option<Status>,
    pub(super) tags: Vec<String>,
}

//! Answers: to whom, under which subject, with which references, and as which bytes.

mod build;

pub use build::{Built, ReplyError, build};

use super::draft::Draft;
use super::{Address, Message, clean, quote, thread};
use crate::clock::Timestamp;
use crate::limits;
use crate::team::ConversationName;
use crate::team::gate::Seen;

/// Bytes of a References field (HOSTILE.md section 5, input 21).
const REFERENCES_BYTES: usize = 2_000;
/// Longest Message-ID that fits on one line with its field name (RFC 5322 section 2.1.1).
const ID_BYTES: usize = 900;
/// Longest subject of an answer, in bytes.
const SUBJECT_BYTES: usize = 500;

/// What a new draft needs besides the message it answers.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Its id on the desk.
    pub id: String,
    /// The shared mailbox.
    pub mailbox: String,
    /// The conversation.
    pub conversation: ConversationName,
    /// From.
    pub from: Address,
    /// All addresses of the team; never recipients of an answer to all.
    pub own: Vec<String>,
    /// Whether everybody gets it or the sender only.
    pub all: bool,
    /// Put below the text, without its `-- ` line; may be empty.
    pub signature: String,
    /// Whether the message is quoted below.
    pub quote: bool,
    /// What the writer has seen.
    pub seen: Seen,
    /// Now.
    pub at: Timestamp,
}

/// Opens a draft that answers a message. The cursor belongs at the start of its body.
pub fn start(original: &Message, setup: Setup) -> Draft {
    let (to, cc) = recipients(original, &setup.own, setup.all);
    let mut body = String::new();
    if !setup.signature.trim().is_empty() {
        body.push_str("\n\n-- \n");
        body.push_str(setup.signature.trim());
        body.push('\n');
    }
    if setup.quote {
        body.push_str("\n\n");
        body.push_str(&quote::quoted(original.text.raw(), &attribution(original)));
    }
    Draft {
        id: setup.id,
        mailbox: setup.mailbox,
        conversation: setup.conversation,
        slot: original.message_id.clone(),
        from: setup.from,
        to,
        cc,
        subject: subject(original.subject.raw()),
        body,
        references: references(original),
        status_after: None,
        updated: setup.at,
        seen: setup.seen,
    }
}

/// To and Cc of an answer: Reply-To before From, everybody else in Cc when `all`, own addresses
/// and doubles left out. An answer to a mail of our own goes to whom that went.
pub fn recipients(original: &Message, own: &[String], all: bool) -> (Vec<Address>, Vec<Address>) {
    let is_own = |a: &Address| own.iter().any(|mine| a.same_mailbox(mine));
    let answer_to = if original.reply_to.iter().any(is_written) {
        &original.reply_to
    } else {
        &original.from
    };
    let ours = !answer_to.is_empty() && answer_to.iter().all(is_own);
    let first = if ours { &original.to } else { answer_to };
    let mut to: Vec<Address> = Vec::new();
    for one in first.iter().filter(|a| is_written(a) && !is_own(a)) {
        add(&mut to, one);
    }
    let mut cc: Vec<Address> = Vec::new();
    if all {
        let others = original.to.iter().chain(&original.cc);
        for one in others.filter(|a| is_written(a) && !is_own(a)) {
            if !to.iter().any(|known| known.same_mailbox(one.address.raw())) {
                add(&mut cc, one);
            }
        }
    }
    (to, cc)
}

/// The subject of an answer: one `Re:`, no line breaks, at most 500 bytes.
pub fn subject(original: &str) -> String {
    let plain = clean::line(thread::without_reply_prefixes(original));
    let subject = format!("Re: {}", plain.as_str().trim());
    let mut subject = subject.trim_end().to_owned();
    if subject.len() > SUBJECT_BYTES {
        subject.truncate(subject.floor_char_boundary(SUBJECT_BYTES));
        subject.push('…');
    }
    subject
}

/// References of an answer, oldest first (RFC 5322 section 3.6.4): the first 50 and the last 50
/// usable ones within 2,000 bytes, the message itself last.
pub fn references(original: &Message) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let known = thread::related_ids(original).into_iter();
    for id in known.filter(|id| id.len() <= ID_BYTES) {
        // An id that is named twice counts where it stands last.
        ids.retain(|one| one != id);
        ids.push(id.to_owned());
    }
    let bytes = |ids: &[String]| ids.iter().map(|id| id.len() + 3).sum::<usize>();
    while ids.len() > limits::REFERENCES || ids.len() > 2 && bytes(&ids) > REFERENCES_BYTES {
        let middle = (ids.len() / 2).min(limits::REFERENCES / 2);
        ids.remove(middle);
    }
    // Two ids may still be too long together; then only the message itself counts.
    if bytes(&ids) > REFERENCES_BYTES {
        ids = ids.split_off(ids.len().saturating_sub(1));
    }
    ids
}

/// `On 2024-06-03 at 10:00 UTC, Ana Ruiz wrote:`
fn attribution(original: &Message) -> String {
    let who = original.from.first().map(Address::name_or_address);
    let who = who.unwrap_or_default();
    match original.date {
        Some(date) => format!(
            "On {} UTC, {who} wrote:",
            date.strftime("%Y-%m-%d at %H:%M")
        ),
        None => format!("{who} wrote:"),
    }
}

fn is_written(address: &Address) -> bool {
    address.address.raw().contains('@')
}

fn add(list: &mut Vec<Address>, address: &Address) {
    if !list
        .iter()
        .any(|known| known.same_mailbox(address.address.raw()))
    {
        list.push(address.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Remote;

    fn people(list: &[&str]) -> Vec<Address> {
        list.iter().map(|a| Address::new("", *a)).collect()
    }

    fn shown(list: &[Address]) -> Vec<&str> {
        list.iter().map(|a| a.address.raw()).collect()
    }

    #[test]
    fn answers_go_to_the_right_people() {
        let own = ["support@acme.example".to_owned()];
        let mut original = Message {
            from: people(&["tom@x.example"]),
            to: people(&["Support@acme.example", "eve@x.example", "TOM@x.example"]),
            cc: people(&["eve@x.example", "max@x.example", "broken"]),
            ..Message::default()
        };
        let (to, cc) = recipients(&original, &own, false);
        assert_eq!((shown(&to), cc.len()), (vec!["tom@x.example"], 0));
        let (to, cc) = recipients(&original, &own, true);
        assert_eq!(shown(&to), ["tom@x.example"]);
        assert_eq!(shown(&cc), ["eve@x.example", "max@x.example"]);
        original.reply_to = people(&["desk@x.example"]);
        let (to, _) = recipients(&original, &own, false);
        assert_eq!(shown(&to), ["desk@x.example"]);
        original.reply_to = people(&[""]);
        original.from = people(&["support@acme.example"]);
        let (to, _) = recipients(&original, &own, false);
        assert_eq!(
            shown(&to),
            ["eve@x.example", "TOM@x.example"],
            "our own mail"
        );
    }

    #[test]
    fn subjects_have_one_prefix_and_one_line() {
        for (original, answer) in [
            ("Refund", "Re: Refund"),
            ("RE: AW: Re[3]: Refund", "Re: Refund"),
            ("Fwd: Refund", "Re: Fwd: Refund"),
            ("Hi\r\nBcc: x@evil", "Re: Hi␤Bcc: x@evil"),
            ("", "Re:"),
        ] {
            assert_eq!(subject(original), answer);
        }
        assert!(subject(&"ä".repeat(9000)).len() <= SUBJECT_BYTES + 3);
    }

    #[test]
    fn references_keep_both_ends_within_two_kilobytes() {
        let original = Message {
            references: (0..100).map(|n| format!("{n:030}@mail.example")).collect(),
            message_id: Some("own@x".to_owned()),
            ..Message::default()
        };
        let ids = references(&original);
        assert_eq!(ids.first(), original.references.first());
        assert_eq!(ids.last().map(String::as_str), Some("own@x"));
        assert_eq!(ids[ids.len() - 2], original.references[99]);
        assert!(ids.iter().map(|id| id.len() + 3).sum::<usize>() <= REFERENCES_BYTES);
        let hostile = Message {
            references: vec!["a@x\r\nBcc: y".to_owned(), format!("{}@x", "a".repeat(950))],
            message_id: Some("own@x".to_owned()),
            ..Message::default()
        };
        assert_eq!(references(&hostile), ["own@x"]);
    }

    #[test]
    fn a_new_draft_is_signed_and_quotes() {
        let original = Message {
            message_id: Some("q@x".to_owned()),
            subject: Remote::new("Refund"),
            from: vec![Address::new("Tom\u{1b}", "tom@x.example")],
            date: Some("2024-06-03T10:00:00Z".parse().unwrap()),
            text: Remote::new("Where is\u{202e} it?\n\n-- \nTom"),
            ..Message::default()
        };
        let draft = start(
            &original,
            Setup {
                id: "d1".to_owned(),
                mailbox: "support".to_owned(),
                conversation: ConversationName::new("q@x"),
                from: Address::new("Ana", "support@acme.example"),
                own: Vec::new(),
                all: false,
                signature: "Ana\nAcme\n".to_owned(),
                quote: true,
                seen: Seen::default(),
                at: Timestamp::UNIX_EPOCH,
            },
        );
        assert_eq!(
            draft.body,
            "\n\n-- \nAna\nAcme\n\n\nOn 2024-06-03 at 10:00 UTC, Tom␛ wrote:\n> Where is<U+202E> it?\n"
        );
        assert_eq!(draft.slot.as_deref(), Some("q@x"));
        assert_eq!(draft.references, ["q@x"]);
    }
}

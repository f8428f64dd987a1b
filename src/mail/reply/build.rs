//! A draft as the bytes that are sent.

use super::super::draft::Draft;
use super::super::{Address, Clean, clean, flowed, thread};
use super::{ID_BYTES, SUBJECT_BYTES};
use crate::clock::Timestamp;
use lettre::address::Envelope;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, SinglePart};
use sha2::{Digest, Sha256};
use std::time::SystemTime;

/// Longest display name that is sent, in bytes.
const NAME_BYTES: usize = 200;
/// The last second that has a four-digit year.
const LAST_SECOND: i64 = 253_402_300_799;

/// A finished mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The message, CRLF line ends, ASCII only.
    pub bytes: Vec<u8>,
    /// MAIL FROM.
    pub envelope_from: String,
    /// RCPT TO, each once.
    pub envelope_to: Vec<String>,
    /// Its Message-ID without brackets.
    pub message_id: String,
    /// SHA-256 of `bytes`, hex.
    pub hash: String,
}

/// Why a draft cannot be sent as it is.
#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    /// Neither To nor Cc has anybody.
    #[error("there is nobody to send this to; add a recipient")]
    NoRecipient,
    /// Not an address in the sense of RFC 5321.
    #[error("\"{0}\" is not a mail address; correct or remove it")]
    Recipient(Clean),
    /// It would need SMTPUTF8 (RFC 6531), which most servers lack.
    #[error("\"{0}\" has letters before the @ that most servers refuse; use another address")]
    International(Clean),
    /// The mailbox's own address is wrong.
    #[error("\"{0}\" is not a mail address; correct the mailbox's address in the configuration")]
    Sender(Clean),
    /// Not a Message-ID.
    #[error("\"{0}\" cannot be a Message-ID; make another")]
    MessageId(Clean),
    /// The builder refused it.
    #[error("this mail cannot be built; save the draft and report it")]
    Compose(#[from] lettre::error::Error),
}

/// Builds the mail. The same draft, id and date always give the same bytes, so that a retry is
/// recognised. The text is sent as `format=flowed` (RFC 3676): receivers wrap it themselves.
/// Whatever stands in the draft, no field can add another.
pub fn build(draft: &Draft, message_id: &str, date: Timestamp) -> Result<Built, ReplyError> {
    if !thread::is_usable_id(message_id) || message_id.len() > ID_BYTES {
        return Err(ReplyError::MessageId(clean::line(message_id)));
    }
    let from = mailbox(&draft.from).map_err(|_| ReplyError::Sender(draft.from.shown()))?;
    let to: Vec<Mailbox> = draft.to.iter().map(mailbox).collect::<Result<_, _>>()?;
    let cc: Vec<Mailbox> = draft.cc.iter().map(mailbox).collect::<Result<_, _>>()?;
    if to.is_empty() && cc.is_empty() {
        return Err(ReplyError::NoRecipient);
    }
    let envelope = envelope(&from, to.iter().chain(&cc))?;
    let mut builder = lettre::Message::builder()
        .envelope(envelope.clone())
        .from(from)
        .subject(header_text(&draft.subject, SUBJECT_BYTES))
        .message_id(Some(format!("<{message_id}>")))
        .date(system_time(date));
    builder = to.into_iter().fold(builder, |b, one| b.to(one));
    builder = cc.into_iter().fold(builder, |b, one| b.cc(one));
    if let Some(slot) = draft.slot.as_deref().filter(|id| is_sendable(id)) {
        builder = builder.in_reply_to(format!("<{slot}>"));
    }
    let references: Vec<String> = draft
        .references
        .iter()
        .filter(|id| is_sendable(id))
        .map(|id| format!("<{id}>"))
        .collect();
    if !references.is_empty() {
        builder = builder.references(references.join(" "));
    }
    let bytes = builder.singlepart(text_part(&draft.body))?.formatted();
    Ok(Built {
        hash: hex(&Sha256::digest(&bytes)),
        bytes,
        envelope_from: envelope.from().map(ToString::to_string).unwrap_or_default(),
        envelope_to: envelope.to().iter().map(ToString::to_string).collect(),
        message_id: message_id.to_owned(),
    })
}

/// Everybody once. Given to the builder, which would read quoted local parts wrongly.
fn envelope<'a>(
    from: &Mailbox,
    to: impl Iterator<Item = &'a Mailbox>,
) -> Result<Envelope, ReplyError> {
    let mut recipients: Vec<lettre::Address> = Vec::new();
    for one in to {
        let known = |r: &lettre::Address| r.to_string().eq_ignore_ascii_case(one.email.as_ref());
        if !recipients.iter().any(known) {
            recipients.push(one.email.clone());
        }
    }
    Ok(Envelope::new(Some(from.email.clone()), recipients)?)
}

fn text_part(body: &str) -> SinglePart {
    let flowing = ContentType::parse("text/plain; charset=utf-8; format=flowed");
    let mut text = flowed::flow(&body_text(body));
    // The builder ends the text with a line end of its own.
    text.truncate(text.trim_end_matches('\n').len());
    SinglePart::builder()
        .header(flowing.unwrap_or(ContentType::TEXT_PLAIN))
        .body(text)
}

/// Line ends made alike, control characters that no mail program shows taken out.
fn body_text(body: &str) -> String {
    let body = body.replace("\r\n", "\n").replace('\r', "\n");
    body.chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}

fn is_sendable(id: &str) -> bool {
    thread::is_usable_id(id) && id.len() <= ID_BYTES
}

/// A header text on one line. An encoded word in it would be decoded by the receiver into
/// something nobody saw, so it is broken.
fn header_text(text: &str, limit: usize) -> String {
    let line = clean::line(text).to_string().replace("=?", "= ?");
    let line = line.trim();
    match line.split_at_checked(line.floor_char_boundary(limit)) {
        Some((kept, rest)) if !rest.is_empty() => format!("{kept}…"),
        _ => line.to_owned(),
    }
}

fn mailbox(address: &Address) -> Result<Mailbox, ReplyError> {
    let wrong = || ReplyError::Recipient(clean::line(address.address.raw()));
    let written = address.address.raw().trim();
    let (local, host) = written.rsplit_once('@').ok_or_else(wrong)?;
    if written.chars().any(char::is_control) {
        return Err(wrong());
    }
    if !local.is_ascii() {
        return Err(ReplyError::International(clean::line(written)));
    }
    let host = match host.is_ascii() {
        true => host.to_owned(),
        false => idna::domain_to_ascii(host).map_err(|_| wrong())?,
    };
    let email = lettre::Address::new(local, host).map_err(|_| wrong())?;
    let name = header_text(address.name.raw(), NAME_BYTES);
    Ok(Mailbox::new((!name.is_empty()).then_some(name), email))
}

/// The builder's dates have years 1970 to 9999.
fn system_time(date: Timestamp) -> SystemTime {
    let seconds = date.as_second().clamp(0, LAST_SECOND);
    let since = std::time::Duration::from_secs(seconds.unsigned_abs());
    SystemTime::UNIX_EPOCH + since
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::parse::parse;
    use crate::team::ConversationName;
    use crate::team::gate::Seen;
    use proptest::prelude::*;

    fn draft() -> Draft {
        Draft {
            id: "d1".to_owned(),
            mailbox: "support".to_owned(),
            conversation: ConversationName::new("q@x.example"),
            slot: Some("q@x.example".to_owned()),
            from: Address::new("Ana Ruiz", "support@acme.example"),
            to: vec![Address::new("Tom", "tom@x.example")],
            cc: Vec::new(),
            subject: "Re: Refund".to_owned(),
            body: "Hello\n".to_owned(),
            references: vec!["p@x.example".to_owned(), "q@x.example".to_owned()],
            status_after: None,
            updated: Timestamp::UNIX_EPOCH,
            seen: Seen::default(),
        }
    }

    fn at() -> Timestamp {
        Timestamp::from_second(1_717_408_800).unwrap()
    }

    fn built(draft: &Draft) -> Built {
        build(draft, "1.pr@acme.example", at()).unwrap()
    }

    /// Names of the header fields, in lower case, sorted.
    fn fields(bytes: &[u8]) -> Vec<String> {
        let text = std::str::from_utf8(bytes).unwrap();
        let (header, _) = text.split_once("\r\n\r\n").unwrap();
        let mut names: Vec<String> = header
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split_once(':').unwrap().0.to_ascii_lowercase())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_reply_has_exactly_its_fields() {
        let mail = built(&draft());
        assert_eq!(
            fields(&mail.bytes),
            [
                "content-transfer-encoding",
                "content-type",
                "date",
                "from",
                "in-reply-to",
                "message-id",
                "mime-version",
                "references",
                "subject",
                "to"
            ]
        );
        let text = String::from_utf8(mail.bytes.clone()).unwrap();
        assert!(
            text.contains("\r\nIn-Reply-To: <q@x.example>\r\n"),
            "{text}"
        );
        assert!(text.contains("\r\nReferences: <p@x.example> <q@x.example>\r\n"));
        assert!(text.contains("\r\nMessage-ID: <1.pr@acme.example>\r\n"));
        assert!(text.contains("\r\nDate: Mon, 03 Jun 2024 10:00:00 +0000\r\n"));
        assert_eq!(mail.envelope_from, "support@acme.example");
        assert_eq!(mail.envelope_to, ["tom@x.example"]);
        assert_eq!(mail.hash.len(), 64);
        assert_eq!(built(&draft()), mail, "the same again");
    }

    #[test]
    fn no_field_of_a_draft_can_add_another() {
        let evil = "x\r\nBcc: evil@evil.example\r\n\r\nowned\n\u{2028}\0";
        let mail = built(&Draft {
            slot: Some(format!("a@b{evil}")),
            from: Address::new(evil, "support@acme.example"),
            to: vec![Address::new(evil, "tom@x.example")],
            subject: evil.to_owned(),
            references: vec![evil.to_owned(), "a@b>\r\nBcc: x".to_owned()],
            ..draft()
        });
        let names = fields(&mail.bytes);
        assert!(!names.contains(&"bcc".to_owned()), "{names:?}");
        assert!(!names.contains(&"references".to_owned()));
        assert_eq!(names.iter().filter(|n| *n == "subject").count(), 1);
        assert_eq!(mail.envelope_to, ["tom@x.example"]);
    }

    #[test]
    fn an_encoded_word_in_the_subject_is_not_sent_as_one() {
        let hostile = "=?utf-8?q?Hi=0D=0ABcc:_x@evil?=".to_owned();
        let mail = built(&Draft {
            subject: hostile,
            ..draft()
        });
        assert_eq!(
            parse(&mail.bytes).subject.raw(),
            "= ?utf-8?q?Hi=0D=0ABcc:_x@evil?="
        );
    }

    #[test]
    fn wrong_recipients_are_named() {
        for (address, words) in [
            ("a@x\r\nRCPT TO:<b@y>", "is not a mail address"),
            ("a@x>\r\nBcc: b@y", "is not a mail address"),
            ("nobody", "is not a mail address"),
            ("@evil.example", "is not a mail address"),
            ("a@", "is not a mail address"),
            ("a b@x.example", "is not a mail address"),
            ("почта@x.example", "most servers refuse"),
        ] {
            let to = vec![Address::new("", address)];
            let error = build(&Draft { to, ..draft() }, "1@x", at())
                .unwrap_err()
                .to_string();
            assert!(error.contains(words), "{address:?}: {error}");
        }
        for (address, sent) in [
            ("\"a b\"@x.example", "\"a b\"@x.example"),
            ("-oQ/tmp@x.example", "-oQ/tmp@x.example"),
            ("tom@bücher.example", "tom@xn--bcher-kva.example"),
        ] {
            let to = vec![Address::new("", address)];
            assert_eq!(built(&Draft { to, ..draft() }).envelope_to, [sent]);
        }
        let error = build(
            &Draft {
                to: Vec::new(),
                ..draft()
            },
            "1@x",
            at(),
        )
        .unwrap_err();
        assert!(matches!(error, ReplyError::NoRecipient));
        let error = build(&draft(), "1@x>\r\nBcc: y", at()).unwrap_err();
        assert!(matches!(error, ReplyError::MessageId(_)));
        let from = Address::new("", "support");
        let error = build(&Draft { from, ..draft() }, "1@x", at()).unwrap_err();
        assert!(matches!(error, ReplyError::Sender(_)));
    }

    #[test]
    fn lone_line_ends_and_dots_stay_text() {
        let body = "one\r.\r\n.\n\r\n.\r\nMAIL FROM:<x>\n\u{1b}[31mred\0";
        let mail = built(&Draft {
            body: body.to_owned(),
            ..draft()
        });
        let lone = mail
            .bytes
            .windows(2)
            .any(|w| w[0] != b'\r' && w[1] == b'\n' || w[0] == b'\r' && w[1] != b'\n');
        assert!(!lone, "{:?}", String::from_utf8_lossy(&mail.bytes));
        assert_eq!(
            parse(&mail.bytes).text.raw(),
            "one\n.\n.\n\n.\nMAIL FROM:<x>\n[31mred\n"
        );
    }

    #[test]
    fn absurd_dates_do_not_panic() {
        for second in [i64::MIN, -1, 0, LAST_SECOND, i64::MAX] {
            let date = Timestamp::from_second(second).unwrap_or(Timestamp::MIN);
            build(&draft(), "1@x", date).unwrap();
        }
        build(&draft(), "1@x", Timestamp::MAX).unwrap();
    }

    proptest! {
        #[test]
        fn what_is_built_parses_back(
            subject in "[ -~äß日\u{7}\u{d}\u{a}]{0,120}",
            name in "[ -~äß日\"\\\\\u{d}\u{a}]{0,40}",
            body in "[ -~äß日\n\r\t.>]{0,400}",
        ) {
            let draft = Draft {
                subject: subject.clone(),
                to: vec![Address::new(name.clone(), "tom@x.example")],
                body: body.clone(),
                ..draft()
            };
            let mail = built(&draft);
            prop_assert!(mail.bytes.is_ascii());
            prop_assert!(mail.bytes.split(|b| *b == b'\n').all(|line| line.len() <= 999));
            prop_assert_eq!(fields(&mail.bytes).len(), 10);
            let read = parse(&mail.bytes);
            prop_assert_eq!(read.message_id.as_deref(), Some("1.pr@acme.example"));
            prop_assert_eq!(read.in_reply_to, ["q@x.example"]);
            prop_assert_eq!(read.references, draft.references);
            prop_assert_eq!(read.to.len(), 1);
            prop_assert_eq!(read.to[0].address.raw(), "tom@x.example");
            let words = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(words(read.subject.raw()), words(&header_text(&subject, SUBJECT_BYTES)));
            prop_assert_eq!(words(read.text.raw()), words(&body_text(&body)));
        }
    }
}

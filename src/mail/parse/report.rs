//! Mail made by machines: automatic answers and delivery reports.

use super::envelope;
use crate::mail::{Bounce, Message, Remote};
use mail_parser::{Header, HeaderName, Message as Parsed, MessagePart, MimeHeaders, PartType};

/// Bytes of a report that are looked at.
const REPORT: usize = 64 << 10;
/// Fields that only lists and machines send.
const MACHINE_FIELDS: [&str; 5] = [
    "x-autoreply",
    "x-autorespond",
    "x-auto-response-suppress",
    "x-failed-recipients",
    "list-unsubscribe-post",
];
/// Local parts that never write by hand.
const MACHINES: [&str; 5] = [
    "mailer-daemon",
    "mailer daemon",
    "postmaster",
    "mail-daemon",
    "mail delivery subsystem",
];

/// Whether a message must not be answered automatically (RFC 3834 section 2 and the fields in use
/// beside it).
pub(super) fn is_automatic(fields: &[Header<'_>], bytes: &[u8]) -> bool {
    fields.iter().any(|field| {
        let value = String::from_utf8_lossy(envelope::raw_value(field, bytes));
        let value = value.trim().to_ascii_lowercase();
        let word = value.split([';', ' ', '(']).next().unwrap_or_default();
        match &field.name {
            HeaderName::AutoSubmitted | HeaderName::Autosubmitted => word != "no",
            HeaderName::ListId
            | HeaderName::ListPost
            | HeaderName::ListHelp
            | HeaderName::ListOwner
            | HeaderName::ListArchive
            | HeaderName::ListSubscribe
            | HeaderName::ListUnsubscribe => true,
            HeaderName::ReturnPath => value == "<>",
            HeaderName::Other(name) if name.eq_ignore_ascii_case("precedence") => {
                ["bulk", "list", "junk", "auto_reply"].contains(&word)
            }
            name => MACHINE_FIELDS.contains(&name.as_str().to_ascii_lowercase().as_str()),
        }
    })
}

/// What a delivery report says, when the message is one.
pub(super) fn bounce(parsed: &Parsed<'_>, message: &Message) -> Option<Bounce> {
    let part = |main: &str, subs: &[&str]| {
        parsed.parts.iter().find(|part| {
            let declared = part.content_type();
            declared.is_some_and(|t| t.ctype() == main && subs.contains(&t.subtype().unwrap_or("")))
        })
    };
    let original = part("message", &["rfc822", "global"])
        .or_else(|| part("text", &["rfc822-headers"]))
        .or_else(|| part("message", &["global-headers"]))
        .and_then(|part| original_id(part));
    if let Some(status) = part("message", &["delivery-status", "global-delivery-status"]) {
        return delivery_report(&contents(status), original);
    }
    if let Some(abuse) = part("message", &["feedback-report"]) {
        return Some(abuse_report(&contents(abuse), original));
    }
    plain_report(message, original)
}

/// The first recipient that did not get the mail (RFC 3464).
fn delivery_report(report: &str, original: Option<String>) -> Option<Bounce> {
    let original =
        original.or_else(|| first_id(report, &["x-original-message-id", "original-message-id"]));
    let blocks = report.split("\n\n").map(|block| block.trim());
    let failed = blocks.clone().find(|block| {
        let action = field(block, "action")
            .unwrap_or_default()
            .to_ascii_lowercase();
        action.starts_with("fail") || action.starts_with("delay")
    });
    let block = match failed {
        Some(block) => block,
        // Some servers leave Action out; a 4 or 5 says enough.
        None => blocks.into_iter().find(|block| {
            field(block, "action").is_none()
                && field(block, "status").is_some_and(|s| s.starts_with(['4', '5']))
        })?,
    };
    let delayed =
        field(block, "action").is_some_and(|a| a.to_ascii_lowercase().starts_with("delay"));
    let status = status_code(&field(block, "status").unwrap_or_default());
    Some(Bounce {
        original,
        recipient: Remote::new(recipient(block, &["original-recipient", "final-recipient"])),
        permanent: !delayed && !status.starts_with('4'),
        status,
    })
}

/// An abuse report (RFC 5965): somebody pressed "this is spam".
fn abuse_report(report: &str, original: Option<String>) -> Bounce {
    let names = [
        "original-rcpt-to",
        "removal-recipient",
        "original-mail-from",
    ];
    Bounce {
        original,
        recipient: Remote::new(recipient(report, &names)),
        status: String::new(),
        permanent: true,
    }
}

/// A report of a server that writes prose.
fn plain_report(message: &Message, original: Option<String>) -> Option<Bounce> {
    let machine = message.from.iter().any(|from| {
        let address = from.address.raw().to_ascii_lowercase();
        let local = address.split('@').next().unwrap_or_default();
        let name = from.name.raw().trim().to_ascii_lowercase();
        MACHINES.contains(&local) || MACHINES.contains(&name.as_str())
    });
    let subject = message.subject.raw().to_ascii_lowercase();
    let says_so = [
        "undeliver",
        "delivery",
        "failure notice",
        "returned mail",
        "could not be sent",
        "mail fail",
    ];
    if !machine || !says_so.iter().any(|words| subject.contains(words)) {
        return None;
    }
    let text = message.text.raw();
    let text = text.get(..text.floor_char_boundary(REPORT)).unwrap_or(text);
    let address = text
        .split(|c: char| c.is_whitespace() || "<>\"(),;:".contains(c))
        .find(|word| word.len() > 3 && word.contains('@') && !word.starts_with('@'));
    let status = status_code(text);
    Some(Bounce {
        original: original.or_else(|| first_id(text, &["message-id"])),
        recipient: Remote::new(address.unwrap_or_default()),
        permanent: !status.starts_with('4') && !subject.contains("delay"),
        status,
    })
}

/// The Message-ID of the mail that came back.
fn original_id(part: &MessagePart<'_>) -> Option<String> {
    if let Some(nested) = part.message()
        && let Some(id) = nested.message_id()
    {
        return envelope::ids(&format!("<{id}>")).into_iter().next();
    }
    first_id(&contents(part), &["message-id"])
}

fn contents(part: &MessagePart<'_>) -> String {
    let bytes = match &part.body {
        PartType::Message(_) | PartType::Multipart(_) => return String::new(),
        _ => part.contents(),
    };
    let text = String::from_utf8_lossy(bytes.get(..REPORT).unwrap_or(bytes));
    text.replace("\r\n", "\n")
}

fn first_id(text: &str, names: &[&str]) -> Option<String> {
    let values = names.iter().filter_map(|name| field(text, name));
    values.flat_map(|value| envelope::ids(&value)).next()
}

/// The value of a field in a block of header-like lines, continuation lines joined.
fn field(block: &str, name: &str) -> Option<String> {
    let mut lines = block.lines();
    while let Some(line) = lines.next() {
        let Some((label, value)) = line.split_once(':') else {
            continue;
        };
        if !label.trim().eq_ignore_ascii_case(name) {
            continue;
        }
        let mut value = value.trim().to_owned();
        for more in lines.by_ref().take_while(|l| l.starts_with([' ', '\t'])) {
            value.push(' ');
            value.push_str(more.trim());
        }
        return Some(value);
    }
    None
}

/// `rfc822; someone@host` without its type.
fn recipient(block: &str, names: &[&str]) -> String {
    let value = names
        .iter()
        .find_map(|name| field(block, name))
        .unwrap_or_default();
    let address = value
        .split_once(';')
        .map_or(value.as_str(), |(_, address)| address);
    address.trim().trim_matches(['<', '>']).to_owned()
}

/// The first `5.1.1` in a text (RFC 3463); empty when there is none.
fn status_code(text: &str) -> String {
    let is_code = |word: &&str| {
        let mut parts = word.split('.');
        let class = parts.next().unwrap_or_default();
        let rest: Vec<&str> = parts.collect();
        let number = |p: &&str| (1..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit());
        matches!(class, "2" | "4" | "5") && rest.len() == 2 && rest.iter().all(number)
    };
    text.split(|c: char| !c.is_ascii_digit() && c != '.')
        .map(|word| word.trim_matches('.'))
        .find(is_code)
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use std::path::Path;

    #[test]
    fn mail_of_machines_is_told_from_mail_of_people() {
        for (field, automatic) in [
            ("Auto-Submitted: auto-replied", true),
            ("Auto-Submitted: auto-generated; owner=x", true),
            ("Auto-Submitted: no", false),
            ("Precedence: bulk", true),
            ("Precedence: first-class", false),
            ("X-Auto-Response-Suppress: All", true),
            ("List-Id: <x.example>", true),
            ("List-Unsubscribe: <mailto:x@x.example>", true),
            ("Return-Path: <>", true),
            ("Return-Path: <tom@x.example>", false),
            ("X-Mailer: list", false),
        ] {
            let raw = format!("From: tom@x.example\r\n{field}\r\n\r\nHi\r\n");
            assert_eq!(parse(raw.as_bytes()).automatic, automatic, "{field}");
        }
    }

    #[test]
    fn delivery_reports_name_recipient_and_original() {
        let report = |action: &str, status: &str, original: &str| {
            format!(
                "From: MAILER-DAEMON@mx.example\r\nContent-Type: multipart/report; \
                 report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\n\
                 Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
                 Final-Recipient: rfc822; tom@x.example\r\nAction: {action}\r\nStatus: {status}\r\n\r\n\
                 --b\r\n{original}\r\n--b--\r\n"
            )
        };
        let whole = "Content-Type: message/rfc822\r\n\r\nMessage-ID: <q@acme.example>\r\n\r\nHi";
        let head = "Content-Type: text/rfc822-headers\r\n\r\nMessage-ID:\r\n <q@acme.example>\r\n";
        for (action, status, original, permanent) in [
            ("failed", "5.1.1", whole, true),
            ("failed", "5.1.1", head, true),
            ("Failed (mailbox full)", "4.2.2", whole, false),
            ("delayed", "4.4.7", head, false),
        ] {
            let message = parse(report(action, status, original).as_bytes());
            let bounce = message.bounce.unwrap();
            assert_eq!(
                bounce.original.as_deref(),
                Some("q@acme.example"),
                "{original}"
            );
            assert_eq!(bounce.recipient.raw(), "tom@x.example");
            assert_eq!(
                (bounce.status.as_str(), bounce.permanent),
                (status, permanent)
            );
            assert!(message.automatic);
        }
        let delivered = parse(report("delivered", "2.0.0", whole).as_bytes());
        assert_eq!(delivered.bounce, None, "good news is no bounce");
    }

    #[test]
    fn reports_of_the_corpus_are_recognised() {
        let corpus = Path::new("../shared/corpus/bounces");
        if !corpus.is_dir() {
            println!("skipped: {} is not here", corpus.display());
            return;
        }
        let (mut reports, mut named, mut all) = (0, 0, 0);
        for entry in std::fs::read_dir(corpus).unwrap() {
            let path = entry.unwrap().path();
            let message = parse(&std::fs::read(&path).unwrap());
            all += 1;
            if let Some(bounce) = message.bounce {
                reports += 1;
                named += usize::from(bounce.recipient.raw().contains('@'));
            } else {
                println!("not a report: {} {:?}", path.display(), message.subject);
            }
        }
        println!("{reports} of {all}, {named} name a recipient");
        assert!(reports * 100 >= all * 90, "{reports} of {all}");
        assert!(named * 100 >= reports * 95, "{named} of {reports}");
    }
}

//! The numbered inputs of HOSTILE.md section 5 that concern reading mail.

use super::*;
use crate::mail::{Address, Remote, clean, reply};

fn read_text(raw: &str) -> Message {
    parse(raw.as_bytes())
}

fn with_head(head: &str) -> Message {
    read_text(&format!("{head}\r\n\r\nbody\r\n"))
}

fn shown(list: &[Address]) -> Vec<String> {
    list.iter().map(|a| a.shown().to_string()).collect()
}

/// Inputs 1 to 7: nothing that a terminal obeys survives cleaning.
#[test]
fn escape_sequences_arrive_as_marks() {
    let encoded = with_head("Subject: =?utf-8?q?=1B]52;c;ZWNobyBwd25lZA=3D=3D?= =?utf-8?q?=07?=");
    assert_eq!(encoded.subject.line().as_str(), "␛]52;c;ZWNobyBwd25lZA==␇");
    let raw = with_head("Subject: \u{1b}[2J\u{1b}[1;1HYou have been logged out");
    assert_eq!(
        raw.subject.line().as_str(),
        "␛[2J␛[1;1HYou have been logged out"
    );
    let name = with_head("From: \"\u{1b}]0;evil\u{7} Bob\" <b@x.example>");
    assert_eq!(shown(&name.from), ["␛]0;evil␇ Bob <b@x.example>"]);
    let c1 = parse(
        b"From: a@b.example\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n\x9b31m\r\n",
    );
    assert!(
        !c1.text
            .text()
            .as_str()
            .contains(|c: char| c.is_control() && c != '\n')
    );
    let file = with_head(
        "Content-Type: application/x; name=\"=?utf-8?q?a=1B[31m=0Ab.txt?=\"\r\n\
         Content-Disposition: attachment",
    );
    let name = &file.attachments[0].name;
    assert_eq!(name.line().as_str(), "a␛[31m␤b.txt");
    assert_eq!(clean::file_name(name.raw(), 0), "a[31mb.txt");
}

/// Inputs 16 to 18.
#[test]
fn senders_that_are_not_who_they_say_are_marked() {
    let sploit = with_head(
        "From: =?utf-8?b?cG90dXNAd2hpdGVob3VzZS5nb3Y=?==?utf-8?Q?=00?=\
         =?utf-8?b?cG90dXNAd2hpdGVob3VzZS5nb3Y=?=@evil.example",
    );
    let sender = shown(&sploit.from).join(" ");
    assert!(
        sender.contains("@evil.example") && sender.contains('␀'),
        "{sender}"
    );
    let (to, _) = reply::recipients(&sploit, &[], false);
    assert!(to.iter().all(|a| a.domain() == "evil.example"), "{to:?}");
    let lie = with_head("From: \"ceo@own.example\" <x@evil.example>");
    assert!(lie.defects.contains(&Defect::NameLooksLikeAddress));
    for (head, addresses) in [
        (
            "From: a@x.example\r\nFrom: b@y.example",
            &["a@x.example", "b@y.example"][..],
        ),
        (
            "From: a@x.example, b@y.example",
            &["a@x.example", "b@y.example"],
        ),
        (
            "From: g: a@x.example, b@y.example;",
            &["a@x.example", "b@y.example"],
        ),
    ] {
        let message = with_head(head);
        assert_eq!(shown(&message.from), addresses, "{head}");
        assert!(message.defects.contains(&Defect::ManyFrom), "{head}");
    }
    let split = with_head("From: <a@x.example>b@y.example");
    let sender = shown(&split.from).join(" ");
    assert!(
        split.defects.contains(&Defect::ManyFrom)
            || sender.contains("a@x.example") && sender.contains("b@y.example"),
        "{sender}"
    );
    for nobody in ["From:", "From: undisclosed;", "Subject: x", "From: Bob"] {
        assert!(
            with_head(nobody).defects.contains(&Defect::NoFrom),
            "{nobody}"
        );
    }
    let elsewhere = with_head("From: a@x.example\r\nReply-To: a@evil.example");
    assert!(elsewhere.defects.contains(&Defect::ReplyToElsewhere));
}

/// Inputs 20 to 22.
#[test]
fn fields_cannot_be_smuggled_through_ids_and_subjects() {
    let subject = with_head("Subject: =?utf-8?q?Hi=0D=0ABcc:_x@evil?=");
    assert_eq!(reply::subject(subject.subject.raw()), "Re: Hi␤Bcc: x@evil");
    for (field, id) in [
        ("<a@x.example>", Some("a@x.example")),
        ("<a@\r\n x.example>", Some("a@x.example")),
        ("a@x.example", Some("a@x.example")),
        ("<a\r\n X: y>", None),
        ("<no-at>", None),
        ("<a@b c@d>", None),
        ("=?utf-8?q?=3Ca=40b=3E=0D=0ABcc:?=", None),
    ] {
        let message = with_head(&format!("Message-ID: {field}"));
        assert_eq!(message.message_id.as_deref(), id, "{field}");
    }
    assert_eq!(
        with_head(&format!("Message-ID: <{}@x>", "a".repeat(100_000))).message_id,
        None
    );
    let many: String = (0..100_000)
        .map(|n| format!("\r\n <{n}@x.example>"))
        .collect();
    let message = with_head(&format!("References:{many}"));
    assert_eq!(message.references.len(), limits::REFERENCES);
    assert_eq!(message.references[0], "0@x.example");
    assert_eq!(message.references[99], "99999@x.example");
    assert!(message.defects.contains(&Defect::HeadersCut));
}

/// Inputs 25 to 30, 35: too deep, too many, too long, and the mark each deserves.
fn absurd_structures() -> Vec<(&'static str, String, Defect)> {
    let repeat = |piece: &str, n: usize| piece.repeat(n);
    let distinct: String = (0..20_000)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=\"b{n}\"\r\n\r\n--b{n}\r\n"))
        .collect();
    let names: String = (0..300_000)
        .map(|n| format!(";\r\n name*{n}=aaaaa"))
        .collect();
    let mixed = "From: a@x.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n";
    vec![
        (
            "nested messages",
            repeat("Content-Type: message/rfc822\r\n\r\n", 100_000),
            Defect::TooDeep,
        ),
        ("nested boundaries", distinct, Defect::TooDeep),
        (
            "one boundary",
            repeat(
                "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n",
                100_000,
            ),
            Defect::TooManyParts,
        ),
        (
            "empty parts",
            format!("{mixed}{}", repeat("\r\n\r\n--b\r\n", 200_000)),
            Defect::TooManyParts,
        ),
        (
            "semicolons",
            format!("From: {}\r\n\r\nx", repeat(";", 500_000)),
            Defect::HeadersCut,
        ),
        (
            "comments",
            format!("From: {}\r\n\r\nx", repeat("(", 500_000)),
            Defect::HeadersCut,
        ),
        (
            "senders",
            format!("From: {}\r\n\r\nx", repeat("a@b,", 200_000)),
            Defect::HeadersCut,
        ),
        (
            "parameters",
            format!("{mixed}Content-Type: application/x{names}\r\n\r\nx\r\n--b--\r\n"),
            Defect::HeadersCut,
        ),
        (
            "a long line",
            format!("Subject: {}\r\n\r\nx", repeat("a", 5_000_000)),
            Defect::HeadersCut,
        ),
        (
            "many fields",
            format!("{}\r\nx", repeat("X-A: b\r\n", 200_000)),
            Defect::HeadersCut,
        ),
        ("no line end", repeat("a", 5_000_000), Defect::HeadersCut),
    ]
}

#[test]
fn absurd_structures_are_listed_and_marked() {
    for (what, raw, defect) in absurd_structures() {
        let message = parse(raw.as_bytes());
        assert!(
            message.defects.contains(&defect),
            "{what}: {:?}",
            message.defects
        );
        assert!(!message.defects.contains(&Defect::Unparsed), "{what}");
        assert!(message.attachments.len() <= limits::MIME_PARTS, "{what}");
    }
}

/// Input 25 again, encoded, where the parser recurses: it must not see more than one level.
#[test]
fn encoded_messages_are_attachments_and_nothing_more() {
    use base64::Engine;
    let nested = "Content-Type: message/rfc822\r\n\r\n".repeat(50_000);
    let encoded = base64::engine::general_purpose::STANDARD.encode(&nested);
    for head in [
        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64",
        "Content-Type: Message/(x)\r\n RFC822\r\nContent-Transfer-Encoding: BASE64",
        "Con tent-Type: message/\"global\r\nContent-Transfer-Encoding: =?utf-8?q?base=364?=",
        "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64",
    ] {
        let raw = format!("From: a@x.example\r\n{head}\r\n\r\n{encoded}\r\n--b--\r\n");
        let message = parse(raw.as_bytes());
        assert_eq!(shown(&message.from), ["a@x.example"], "{head}");
        assert!(!message.defects.contains(&Defect::Unparsed), "{head}");
    }
    let forwarded = format!(
        "From: a@x.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee below\r\n--b\r\n\
         Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        base64::engine::general_purpose::STANDARD.encode("Subject: old\r\n\r\nold text\r\n")
    );
    let message = parse(forwarded.as_bytes());
    assert_eq!(message.text.raw(), "see below");
    assert_eq!(
        attachment(forwarded.as_bytes(), 0).as_deref(),
        Some(&b"Subject: old\r\n\r\nold text\r\n"[..])
    );
}

/// Inputs 30 and 31: no part disappears.
#[test]
fn ambiguous_structures_lose_nothing() {
    let mixed = |boundary: &str, body: &str| {
        read_text(&format!(
            "From: a@x.example\r\nContent-Type: multipart/mixed; {boundary}\r\n\r\n{body}"
        ))
    };
    let everything = |m: &Message| format!("{}{:?}", m.text.raw(), m.attachments);
    for (boundary, body) in [
        ("", "hello"),
        ("boundary=b", "hello"),
        ("boundary=b", "--b--\r\nhello"),
        ("boundary=b", "--b\r\n\r\nhello"),
        ("boundary=b", "--b\r\n\r\nhello\r\n--b"),
        (
            "boundary=b",
            "--b\r\nContent-Type: text/plain; charset=utf-8; charset=utf-16\r\n\r\nhello\r\n--b--",
        ),
        (
            "boundary=b",
            "--b\r\nContent-Type: text/plain\r\nContent-Type: text/html\r\n\r\nhello\r\n--b--",
        ),
        ("boundary=b", "--b\r\n\r\nsql\r\n-- hello\r\n--b--\r\n"),
    ] {
        let message = mixed(boundary, body);
        assert!(
            message.text.raw().contains("hello"),
            "{body:?}: {}",
            everything(&message)
        );
    }
    let encoded = mixed(
        "boundary=b\r\nContent-Transfer-Encoding: base64",
        "--b\r\n\r\nhello\r\n--b--",
    );
    assert!(everything(&encoded).contains("hello"));
    let two = mixed(
        "boundary=b",
        "--b\r\n\r\nhello\r\n--b\r\nContent-Type: text/plain; name=a.txt\r\n\
         Content-Disposition: inline\r\n\r\nsecond\r\n--b--",
    );
    assert!(everything(&two).contains("a.txt") || everything(&two).contains("second"));
}

fn text_part(head: &str, body: &[u8]) -> Message {
    let mut raw =
        format!("From: a@x.example\r\nContent-Type: text/plain; {head}\r\n\r\n").into_bytes();
    raw.extend_from_slice(body);
    parse(&raw)
}

/// Input 32.
#[test]
fn damaged_encodings_show_what_can_be_read() {
    let base64 = "charset=utf-8\r\nContent-Transfer-Encoding: base64";
    for body in [
        &b"SGVs bG8gV29y bGQ="[..],
        b"SGVsbG8gV29ybGQ",
        b"SGVsbG8g!!V29ybGQ=",
    ] {
        let message = text_part(base64, body);
        assert!(
            message.text.raw().starts_with("Hello W"),
            "{:?}",
            message.text
        );
    }
    let quoted = "charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable";
    for body in [
        &b"Hello=ZZ World="[..],
        b"Hello=\rWorld",
        b"Hello  \r\nWorld=3D",
    ] {
        let message = text_part(quoted, body);
        assert!(
            message.text.raw().starts_with("Hello"),
            "{:?}",
            message.text
        );
    }
}

/// Inputs 33 and 34.
#[test]
fn unknown_character_sets_are_harmless_and_guessed() {
    let part = text_part;
    for charset in [
        "x-unknown",
        "utf-7",
        "utf-16le",
        "iso-2022-jp",
        "hz-gb-2312",
        "unicode-1-1-utf-7",
        "\"\"",
    ] {
        let message = part(
            &format!("charset={charset}"),
            b"+ABs-[31m \x1b$B\xff\xfe odd\r\n",
        );
        let cleaned = message.text.text();
        assert!(!cleaned.as_str().contains('\u{1b}'), "{charset}");
    }
    assert!(
        part("charset=x-unknown", b"hi")
            .defects
            .contains(&Defect::BadEncoding)
    );
    assert!(
        !part("charset=UTF-8", b"hi")
            .defects
            .contains(&Defect::BadEncoding)
    );
    let long = format!("charset={}", "x".repeat(1 << 20));
    assert!(part(&long, b"hi").defects.contains(&Defect::HeadersCut));
    let (subject, _, _) = encoding_rs::WINDOWS_1251.encode("Возврат денег за заказ номер пять");
    let raw = [
        b"From: a@x.example\r\nSubject: ",
        &subject[..],
        b"\r\n\r\nx",
    ]
    .concat();
    assert_eq!(
        parse(&raw).subject.raw(),
        "Возврат денег за заказ номер пять"
    );
    assert_eq!(
        headers(&raw).subject.raw(),
        "Возврат денег за заказ номер пять"
    );
}

/// Input 35: small ones.
#[test]
fn malformed_messages_are_listed() {
    for raw in [
        &b""[..],
        b"\r\n",
        b"\n\n\n",
        b":",
        b"\0",
        b"From",
        b"\xff\xfe",
    ] {
        let message = parse(raw);
        assert!(message.defects.contains(&Defect::NoFrom), "{raw:?}");
        assert!(message.defects.contains(&Defect::BadDate), "{raw:?}");
    }
    let late = parse(b"no colon here\r\nFrom: a@x.example\r\nSubject: a\0b\r\n\r\nbody");
    assert_eq!(late.subject.line().as_str(), "a␀b");
    let mac = parse(b"From: a@x.example\rSubject: Mac\r\rbody\rline");
    assert_eq!((mac.subject.raw(), mac.text.raw()), ("Mac", "body\nline"));
    let headless = parse(b"From: a@x.example\r\nSubject: only");
    assert_eq!(headless.subject.raw(), "only");
    let blank_first = parse(b"\r\n\r\nFrom: a@x.example\r\n\r\nbody");
    assert_eq!(shown(&blank_first.from), ["a@x.example"]);
}

/// Input 36.
#[test]
fn dates_that_are_none_are_no_dates() {
    for (field, date) in [
        (
            "Mon, 3 Jun 2024 10:00:00 +0200",
            Some("2024-06-03T08:00:00Z"),
        ),
        ("3 Jun 24 10:00 GMT", Some("2024-06-03T10:00:00Z")),
        (
            "Mon, 30 Dec 2024 23:59:60 +0000",
            Some("2024-12-30T23:59:59Z"),
        ),
        (
            "Thu, 1 Jan 1970 00:00:00 +0000",
            Some("1970-01-01T00:00:00Z"),
        ),
        ("31 Feb 2024 10:00:00 +0000", None),
        ("3 Jun 9999999 10:00:00 +0000", None),
        ("3 Jun 102 10:00:00 +0000", None),
        ("3 Jun 2024 99:99:99 +0000", None),
        ("yesterday", None),
        ("", None),
    ] {
        let message = with_head(&format!("From: a@x.example\r\nDate: {field}"));
        let expected = date.map(|d| d.parse().unwrap());
        assert_eq!(message.date, expected, "{field}");
        assert_eq!(
            message.defects.contains(&Defect::BadDate),
            date.is_none(),
            "{field}"
        );
    }
}

/// Input 37: RFC 2231 and RFC 2047 names, decoded but never believed.
#[test]
fn attachment_names_arrive_as_sent_and_save_harmlessly() {
    for (disposition, name, saved) in [
        ("filename=\"../../.bashrc\"", "../../.bashrc", "bashrc"),
        ("filename*=utf-8''%E2%82%AC.pdf", "€.pdf", "€.pdf"),
        ("filename*0=\"a.p\"; filename*1=\"df\"", "a.pdf", "a.pdf"),
        ("filename=\"=?utf-8?b?4oKsLnBkZg==?=\"", "€.pdf", "€.pdf"),
        (
            "filename=\"invoice=?utf-8?q?=E2=80=AE?=gpj.exe\"",
            "",
            "attachment-1.bin",
        ),
    ] {
        let message = with_head(&format!(
            "Content-Type: application/x\r\nContent-Disposition: attachment; {disposition}"
        ));
        let found = &message.attachments[0].name;
        if !name.is_empty() {
            assert_eq!(found, &Remote::new(name), "{disposition}");
            assert_eq!(clean::file_name(found.raw(), 0), saved, "{disposition}");
        }
        assert!(!clean::file_name(found.raw(), 0).contains('\u{202e}'));
    }
}

/// Inputs 41 to 44, through the whole parser.
#[test]
fn hostile_html_is_text_and_marks() {
    let html = |html: &str| {
        read_text(&format!(
            "From: a@x.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}"
        ))
    };
    let deep = html(&"<div>".repeat(100_000));
    assert!(deep.from_html && !deep.defects.contains(&Defect::Unparsed));
    let long = html(&"word ".repeat(2_000_000));
    assert!(long.defects.contains(&Defect::HtmlCut));
    assert!(long.html.as_ref().unwrap().raw().len() <= limits::HTML_BYTES);
    let phish = html("<a href='http://evil.example'>https://bank.example</a>");
    assert!(phish.defects.contains(&Defect::MisleadingLink));
    let secret = "secret words ".repeat(1_000);
    let hidden = html(&format!("<p style='display:none'>{secret}</p><p>Hello</p>"));
    assert!(hidden.defects.contains(&Defect::HiddenText));
    assert_eq!(hidden.text.raw(), "Hello");
    let empty_plain = read_text(
        "From: a@x.example\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n \r\n\
         --b\r\nContent-Type: text/html\r\n\r\n<p>Real</p>\r\n--b--",
    );
    assert_eq!(
        (empty_plain.text.raw(), empty_plain.from_html),
        ("Real", true)
    );
}

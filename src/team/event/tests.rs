use super::*;
use crate::limits::EVENT_MESSAGE;
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

/// The message of `text` with its body put through `encode` and the header to match.
fn recoded(text: &str, encoding: &str, encode: impl Fn(&str) -> String) -> String {
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let body = encode(body);
    format!("{head}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}")
}

fn base64_lines(body: &str) -> String {
    use base64::Engine;
    let all = base64::engine::general_purpose::STANDARD.encode(body);
    let lines: Vec<&str> = all
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    lines.join("\r\n")
}

fn quoted(body: &str) -> String {
    let every = |n: usize, c: char| match (n % 70, c) {
        (_, '\r' | '\n') => c.to_string(),
        (69, c) => format!("={:02X}=\r\n", u32::from(c)),
        (n, c) if n % 7 == 3 => format!("={:02X}", u32::from(c)),
        (_, c) => c.to_string(),
    };
    body.chars().enumerate().map(|(n, c)| every(n, c)).collect()
}

#[test]
fn events_survive_what_servers_do_to_mail() {
    let sent = event(Act::Status {
        value: crate::team::Status::Done,
    });
    let text = text_of(&sent, "Refund");
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let joined = body.replace("\r\n", " ");
    let indented = body.replace("\r\n", "\r\n \t");
    let multipart = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--b\r\n\r\nfooter\r\n--b--\r\n",
        base64_lines(body)
    );
    let forms = [
        text.replace("\r\n", "\n"),
        format!("Received: by relay\r\n{text}\r\n-- \r\nSent through a gateway\r\n"),
        format!("{head}\r\n\r\n{joined}"),
        format!("{head}\r\n\r\n{indented}"),
        recoded(&text, "base64", base64_lines),
        recoded(&text, "quoted-printable", quoted),
        multipart,
    ];
    for form in forms {
        let got = decode(form.as_bytes()).unwrap_or_else(|e| panic!("{e}: {form}"));
        assert_eq!(got.event, sent);
        assert!(got.verify(&key().public()));
    }
}

#[test]
fn hostile_titles_reach_neither_the_header_nor_the_event() {
    let long = "=?utf-8?B?".repeat(2000);
    let titles = [
        "x\r\nBcc: all@acme.example\r\n\r\nbody",
        "pr1 AAAA sig BBBB",
        "sig\npr1\nsig",
        "\u{1b}]0;owned\u{7}\u{9b}2J",
        "\u{202e}gpj.exe\u{2066}",
        "\u{5317}\u{4eac}\u{1f600} \u{df}\u{e9}",
        "",
        &long,
    ];
    for title in titles {
        let sent = event(Act::Claim);
        let text = text_of(&sent, title);
        assert_eq!(decode(text.as_bytes()).unwrap().event, sent, "{title:?}");
        let plain = |b: u8| b == b'\r' || b == b'\n' || (b' '..=b'~').contains(&b);
        assert!(text.bytes().all(plain), "{title:?}");
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        let names: Vec<&str> = head
            .split("\r\n")
            .filter(|line| !line.starts_with(' '))
            .map(|line| line.split_once(':').unwrap().0)
            .collect();
        let expected = [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "References",
            "Auto-Submitted",
            "X-Postroom",
            "MIME-Version",
            "Content-Type",
        ];
        assert_eq!(names, expected, "{title:?}");
        assert!(text.split("\r\n").all(|line| line.len() <= 998));
    }
}

#[test]
fn the_longest_note_fits_and_a_longer_one_is_refused_with_words() {
    let note = |bytes: usize| {
        event(Act::Note {
            text: Remote::new("\u{e9}".repeat(bytes / 2)),
            mentions: vec![Agent::new("ben"), Agent::new("cleo")],
        })
    };
    let most = note(crate::limits::NOTE_BYTES);
    let text = text_of(&most, &"A long title ".repeat(30));
    assert!(text.len() <= EVENT_BYTES, "{}", text.len());
    assert_eq!(decode(text.as_bytes()).unwrap().event, most);
    let envelope = Envelope {
        from_name: "Ana",
        address: "a@b.example",
        title: &Remote::new("t"),
        about: None,
    };
    let more = note(crate::limits::NOTE_BYTES + 2);
    assert_eq!(encode(&more, &key(), &envelope), Err(EventError::TooLong));
    // What has to be escaped takes six bytes each.
    let escaped = event(Act::Note {
        text: Remote::new("\u{1}".repeat(crate::limits::NOTE_BYTES)),
        mentions: Vec::new(),
    });
    assert_eq!(
        encode(&escaped, &key(), &envelope),
        Err(EventError::TooLong)
    );
    // Courtesy makes room: the longest conversation name still fits.
    let mut far = event(Act::Claim);
    far.conversation = ConversationName::new(format!("{}@x", "i".repeat(MESSAGE_ID - 2)));
    let text = text_of(&far, "t");
    assert!(text.len() <= EVENT_BYTES);
    assert_eq!(decode(text.as_bytes()).unwrap().event, far);
}

#[test]
fn nothing_is_written_that_others_could_not_read() {
    let title = Remote::default();
    let write = |event: &Event, address: &str| {
        let envelope = Envelope {
            from_name: "Ana \"\\\" Ruiz\r\nBcc: x@y",
            address,
            title: &title,
            about: Some("bad id\r\nX: y"),
        };
        encode(event, &key(), &envelope)
    };
    let fine = event(Act::Claim);
    let text = String::from_utf8(write(&fine, "a@b.example").unwrap()).unwrap();
    let from = "From: \"Ana \\\"\\\\\\\" Ruiz Bcc: x@y\" <a@b.example>\r\nTo: a@b.example\r\n";
    assert!(text.starts_with(from), "{text}");
    assert!(!text.contains("References"));
    for address in ["", "nobody", "a@b>\r\nBcc: c@d", "a b@c"] {
        assert_eq!(write(&fine, address), Err(EventError::BadAddress));
    }
    let bent: [fn(&mut Event); 8] = [
        |e| e.v = 0,
        |e| e.agent = Agent::new("ana\u{1b}[2J"),
        |e| e.key = "00".repeat(16),
        |e| e.id = EventId::new("1"),
        |e| e.prev = "xyz".to_owned(),
        |e| e.conversation = ConversationName::new(""),
        |e| e.act = Act::Other,
        |e| {
            e.act = Act::Tag {
                add: ["a\nb".to_owned()].into(),
                remove: [].into(),
            }
        },
    ];
    for bend in bent {
        let mut event = fine.clone();
        bend(&mut event);
        let written = write(&event, "a@b.example");
        assert_eq!(written, Err(EventError::Unwritable), "{event:?}");
    }
}

#[test]
fn an_impossible_act_is_kept_as_not_understood() {
    let json = String::from_utf8(event(Act::Claim).to_json().unwrap()).unwrap();
    let acts = [
        r#""type":"teleport","where":{"deep":[1,2]}"#,
        r#""type":"status","value":"banana""#,
        r#""type":"assign","to":"\u001b[2J""#,
        r#""type":"tag","add":["a b"]"#,
        r#""type":"sent","intent":"1""#,
        r#""type":"note","text":"""#,
        r#""type":12"#,
    ];
    for act in acts {
        let json = json.replace(r#""type":"claim""#, act);
        let got = Incoming::from_parts(json.clone().into_bytes(), [0; 64], false).unwrap();
        assert_eq!(got.event.act, Act::Other, "{json}");
    }
    for (from, to) in [
        (r#""agent":"ana""#, r#""agent":"a\n""#),
        (r#""v":1"#, r#""v":0"#),
        (r#""v":1"#, r#""v":-1"#),
        (r#""seq":3"#, r#""seq":"3""#),
        ("{", "[{"),
    ] {
        let json = json.replacen(from, to, 1).into_bytes();
        let got = Incoming::from_parts(json, [0; 64], false);
        assert_eq!(got, Err(NotAnEvent::Damaged));
    }
}

#[test]
fn mail_that_merely_landed_there_is_foreign() {
    let huge = vec![b'a'; EVENT_MESSAGE + 1];
    let cases: [(&[u8], NotAnEvent); 6] = [
        (b"", NotAnEvent::Foreign),
        (
            b"Subject: hi\r\n\r\npr1 is a word, sig another\r\n",
            NotAnEvent::Foreign,
        ),
        (b"\xff\xfe\x00pr1\x00sig", NotAnEvent::Foreign),
        (b"pr1", NotAnEvent::Foreign),
        (b"pr1 sig pr1 sig pr1 sig pr1", NotAnEvent::Foreign),
        (&huge, NotAnEvent::Foreign),
    ];
    for (raw, verdict) in cases {
        assert_eq!(decode(raw), Err(verdict), "{raw:?}");
    }
    let text = text_of(&event(Act::Claim), "t");
    let (head, _) = text.split_once("pr1 ").unwrap();
    let damaged = format!("{head}pr1 AAAA\r\nsig {}\r\n", "A".repeat(86));
    assert_eq!(decode(damaged.as_bytes()), Err(NotAnEvent::Damaged));
}

#[test]
fn what_a_message_costs_is_bounded() {
    let marks = "pr1 A sig A ".repeat(EVENT_MESSAGE / 12);
    assert!(decode(marks.as_bytes()).is_err());
    let lines = "A\n".repeat(EVENT_MESSAGE / 2);
    assert!(decode(lines.as_bytes()).is_err());
    let deep = format!("{}1{}", "[".repeat(2000), "]".repeat(2000));
    assert!(Incoming::from_parts(deep.into_bytes(), [0; 64], false).is_err());
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    fn acts() -> impl Strategy<Value = Act> {
        let tags = || proptest::collection::btree_set("[a-z\u{e0}-\u{f6}0-9._-]{1,9}", 0..4);
        let nick = || "[a-z0-9._-]{1,20}".prop_map(Agent::new);
        let mail = || "[!-~]{1,40}".prop_map(|s| s);
        prop_oneof![
            Just(Act::Claim),
            any::<String>().prop_map(|s| Act::Release {
                reason: Remote::new(s)
            }),
            (nick(), any::<String>()).prop_map(|(to, s)| Act::Assign {
                to,
                reason: Remote::new(s)
            }),
            (tags(), tags()).prop_map(|(add, remove)| Act::Tag { add, remove }),
            (".{1,200}", proptest::collection::vec(nick(), 0..3)).prop_map(|(text, mentions)| {
                Act::Note {
                    text: Remote::new(text),
                    mentions,
                }
            }),
            (mail(), mail(), mail()).prop_map(|(slot, hash, message_id)| Act::Intent {
                slot,
                hash,
                message_id
            }),
            (mail(), proptest::collection::vec(mail(), 0..4), ".{0,80}").prop_map(
                |(slot, over, reason)| Act::Override {
                    slot,
                    over,
                    reason: Remote::new(reason)
                }
            ),
        ]
    }

    proptest! {
        #[test]
        fn decode_undoes_encode(act in acts(), title in ".{0,200}", millis in 0i64..4_000_000_000_000) {
            let sent = Event {
                time: Timestamp::from_millisecond(millis).unwrap(),
                ..event(act)
            };
            let got = decode(text_of(&sent, &title).as_bytes()).unwrap();
            prop_assert_eq!(&got.event, &sent);
            prop_assert!(got.verify(&key().public()));
        }

        #[test]
        fn a_changed_message_says_the_same_or_does_not_verify(
            spot in any::<prop::sample::Index>(),
            bytes in proptest::collection::vec(any::<u8>(), 0..4),
            cut in 0usize..4,
        ) {
            let sent = event(Act::Claim);
            let mut raw = text_of(&sent, "Refund").into_bytes();
            let at = spot.index(raw.len());
            let end = (at + cut).min(raw.len());
            raw.splice(at..end, bytes);
            if let Ok(got) = decode(&raw) {
                prop_assert!(got.event == sent || !got.verify(&key().public()));
            }
        }

        #[test]
        fn altered_json_never_verifies(spot in any::<prop::sample::Index>(), bit in 0u8..8) {
            let sent = event(Act::Claim);
            let json = sent.to_json().unwrap();
            let signature = key().sign(&json);
            let mut bent = json.clone();
            bent[spot.index(json.len())] ^= 1 << bit;
            prop_assert!(!key().public().verify(&bent, &signature));
        }

        #[test]
        fn no_bytes_make_decode_panic(raw in proptest::collection::vec(any::<u8>(), 0..600)) {
            prop_assert!(decode(&raw).is_err());
            let mut marked = b"pr1 ".to_vec();
            marked.extend(&raw);
            marked.extend(b" sig ");
            marked.extend(&raw);
            prop_assert!(decode(&marked).is_err());
        }
    }
}

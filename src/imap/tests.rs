//! The adapter against a scripted server: what is refused, lost, broken, endless or hostile.

mod script;

use super::exec::Kind;
use super::*;
use crate::net::Next;
use script::{BASIC, play, play_bytes, refused_login};
use std::time::Duration;

/// A selected INBOX of three.
const SELECT: (&str, &str) = (
    "SELECT",
    "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT 10] n\r\nTAG OK [READ-WRITE] done\r\n",
);

#[tokio::test]
async fn what_is_not_ok_is_an_error_for_every_call() {
    let no = "TAG NO [OVERQUOTA] full\r\n";
    let bad = "TAG BAD what\r\n";
    let cut = "* 1 FETCH (UID 5 FLAGS ())\r\n";
    for answer in [no, bad, cut, ""] {
        let check = |result: Result<(), Error>, call: &str| match (answer, result) {
            ("TAG NO [OVERQUOTA] full\r\n", Err(Error::No { code, .. })) => {
                assert!(code.unwrap().is("OVERQUOTA"), "{call}");
            }
            ("TAG BAD what\r\n", Err(Error::Bad { .. })) => {}
            (_, Err(Error::Lost)) => {}
            (_, other) => panic!("{call} answered {answer:?}: {other:?}"),
        };
        let steps = |verb| [SELECT, (verb, answer)];

        let (mut c, _) = play(BASIC, &steps("UID STORE")).await;
        c.select("INBOX", None).await.unwrap();
        check(c.store(&[1], true, &["$x"]).await, "store");

        let (mut c, _) = play(BASIC, &steps("UID FETCH")).await;
        c.select("INBOX", None).await.unwrap();
        check(c.fetch(&[5, 6], |_| ()).await, "fetch");

        let (mut c, _) = play(BASIC, &steps("UID FETCH")).await;
        c.select("INBOX", None).await.unwrap();
        check(c.uids().await.map(|_| ()), "uids");

        let (mut c, _) = play(BASIC, &steps("UID SEARCH")).await;
        c.select("INBOX", None).await.unwrap();
        check(c.search_message_id("a@b").await.map(|_| ()), "search");

        let (mut c, _) = play(BASIC, &steps("UID MOVE")).await;
        c.select("INBOX", None).await.unwrap();
        check(c.move_to(&[5], "Archive").await.map(|_| ()), "move");

        let (mut c, _) = play(BASIC, &steps("IDLE")).await;
        c.select("INBOX", None).await.unwrap();
        let long = Duration::from_secs(60);
        check(
            c.idle(long, std::future::pending()).await.map(|_| ()),
            "idle",
        );

        let (mut c, _) = play(BASIC, &[("NOOP", answer)]).await;
        check(c.noop().await.map(|_| ()), "noop");

        let (mut c, _) = play(BASIC, &[("SELECT", answer)]).await;
        check(c.select("INBOX", None).await.map(|_| ()), "select");
        assert_eq!(c.selected(), None);

        let (mut c, _) = play(BASIC, &[("LIST", answer)]).await;
        check(c.list().await.map(|_| ()), "list");
    }
}

#[tokio::test]
async fn a_connection_cut_while_idle_is_lost_and_not_an_interruption() {
    let (mut c, _) = play(BASIC, &[SELECT, ("IDLE", "+ idling\r\n")]).await;
    c.select("INBOX", None).await.unwrap();
    let long = Duration::from_secs(60);
    let woke = c.idle(long, std::future::pending()).await;
    assert!(matches!(woke, Err(Error::Lost)), "{woke:?}");
    assert!(!c.is_usable());
    assert!(matches!(c.noop().await, Err(Error::Lost)));
}

#[tokio::test]
async fn news_before_the_continuation_of_idle_count() {
    let idle = ("IDLE", "* 4 EXISTS\r\n+ idling\r\n");
    let (mut c, said) = play(BASIC, &[SELECT, idle, ("DONE", "A OK\r\n")]).await;
    c.select("INBOX", None).await.unwrap();
    // The script cannot know the tag at DONE, so only the way there is looked at.
    let long = Duration::from_secs(60);
    let woke = c.idle(long, std::future::pending()).await;
    assert!(woke.is_err());
    assert_eq!(said.await.unwrap().last().unwrap(), "DONE");
    assert_eq!(c.exists(), 4);
}

#[tokio::test]
async fn a_command_that_stops_a_wait_does_not_wait_for_its_end() {
    for (end, good) in [("OK done", true), ("BAD what", false)] {
        let idle = ("IDLE", "+ idling\r\n");
        // Nothing is said to DONE until the next command is there.
        let answers = format!("* 5 EXISTS\r\nA0003 {end}\r\nTAG OK\r\n");
        let steps = [SELECT, idle, ("DONE", ""), ("NOOP", &answers)];
        let (mut c, said) = play(BASIC, &steps).await;
        c.select("INBOX", None).await.unwrap();
        let stop = std::future::ready(());
        let woke = c.idle(Duration::from_secs(60), stop).await.unwrap();
        assert_eq!(woke, Woke::Stopped);
        let news = c.noop().await;
        assert_eq!(news.is_ok(), good, "{news:?}");
        assert_eq!(c.is_usable(), good);
        assert_eq!(c.exists(), 5);
        assert!(said.await.unwrap().last().unwrap().contains("NOOP"));
    }
}

#[tokio::test]
async fn a_goodbye_says_why() {
    let bye = |text: &str| format!("* BYE {text}\r\n");
    for (text, next, many) in [
        ("going down", Next::Retry, false),
        ("[LIMIT] no", Next::Retry, true),
        ("Too many connections from your address", Next::Retry, true),
    ] {
        let (mut c, _) = play(BASIC, &[("NOOP", &bye(text))]).await;
        let error = c.noop().await.unwrap_err();
        assert_eq!(error.next(), next);
        assert_eq!(
            matches!(error, Error::TooManyConnections { .. }),
            many,
            "{error}"
        );
        assert!(!c.is_usable());
    }
}

#[tokio::test]
async fn hostile_words_are_shown_harmless() {
    let (mut c, _) = play(BASIC, &[("NOOP", "TAG NO \x1b[2J\x1b]52;c;x\x07\r\n")]).await;
    let shown = c.noop().await.unwrap_err().to_string();
    assert!(!shown.chars().any(char::is_control), "{shown:?}");
    assert!(shown.contains("the server says"), "{shown}");
}

#[tokio::test]
async fn nothing_unquoted_reaches_a_command() {
    let (mut c, said) = play(BASIC, &[SELECT]).await;
    c.select("INBOX", None).await.unwrap();
    let evil = "x\r\nZZ DELETE INBOX";
    let refused = [
        c.store(&[1], true, &[evil]).await.is_err(),
        c.search_message_id(evil).await.is_err(),
        c.append("INBOX", &[evil], b"").await.is_err(),
        c.exec(Kind::short("NOOP"), evil, |_| ()).await.is_err(),
    ];
    assert_eq!(refused, [true; 4]);
    // A folder name is encoded, so it may hold anything.
    assert!(c.create(evil).await.is_err(), "the script has ended");
    let said = said.await.unwrap();
    assert!(
        said.iter()
            .all(|line| !line.contains("ZZ DELETE INBOX") || line.contains("&AA0ACg-"))
    );
}

#[tokio::test]
async fn odd_lines_between_good_ones_cost_only_themselves() {
    let deep = |n: usize| {
        format!(
            "* 9 FETCH (UID 99 BODYSTRUCTURE {}{})",
            "(".repeat(n),
            ")".repeat(n)
        )
    };
    let odd = [
        "* OK [ALERT]\u{e9} hi".to_owned(),
        "* OK [HIGHESTMODSEQ 12]".to_owned(),
        "* [COPYUID 701  ]".to_owned(),
        "* NAMESPACE ((\"\" \"/\")) NIL NIL".to_owned(),
        "* THREAD (1)(2 3)".to_owned(),
        "* ESEARCH (TAG \"A1\") UID ALL 1:3".to_owned(),
        "* STATUS x (SIZE 5)".to_owned(),
        "* 2 FETCH (UID 98 FLAGS (\\Seen) INTERNALDATE NIL)".to_owned(),
        "* NOOP junk\0".to_owned(),
        "* XYZZY \u{ff}\u{fe}".to_owned(),
        "bare\nline feeds".to_owned(),
        deep(7),
        deep(100),
        deep(100_000),
    ];
    let good = "* 1 FETCH (UID 5 FLAGS (\\Seen))\r\n";
    let mut answer = String::new();
    for line in &odd {
        answer += line;
        answer += "\r\n";
        answer += good;
    }
    answer += "* 2 FETCH (FLAGS (\\Seen $x ) UID 6 MODSEQ (-1))\r\nTAG OK done\r\n";
    let (mut c, _) = play(
        BASIC,
        &[SELECT, ("UID FETCH", &answer), ("NOOP", "TAG OK\r\n")],
    )
    .await;
    c.select("INBOX", None).await.unwrap();
    let flags = c.flags(1..=50).await.unwrap();
    let uids: Vec<u32> = flags.iter().map(|f| f.uid).collect();
    assert_eq!(uids.len(), odd.len() + 1);
    assert_eq!(flags.last().unwrap().flags, ["\\Seen", "$x"]);
    assert!(uids.iter().all(|uid| [5, 6].contains(uid)));
    c.noop().await.expect("the session lives on");
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_never_taken_for_a_deleted_one() {
    let answer = "* 1 FETCH (UID 5)\r\n* 2 FETCH (UI\0 6)\r\nTAG OK done\r\n";
    let (mut c, _) = play(BASIC, &[SELECT, ("UID FETCH", answer)]).await;
    c.select("INBOX", None).await.unwrap();
    assert!(matches!(c.uids().await, Err(Error::Protocol(_))));
}

#[tokio::test]
async fn an_unreadable_tagged_line_ends_the_connection() {
    for answer in [
        "TAG OK [ALERT]\u{e9} hi\r\n",
        "TAG OK a\0b\r\n",
        "ZZ99 OK done\r\n",
    ] {
        let (mut c, _) = play(BASIC, &[("NOOP", answer)]).await;
        assert!(
            matches!(c.noop().await, Err(Error::Protocol(_))),
            "{answer:?}"
        );
        assert!(!c.is_usable());
    }
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_it_is_held() {
    let long_line = format!("* OK {}\r\n", "x".repeat(limits::IMAP_LINE + 1));
    let search = format!("* SEARCH{}\r\n", " 1000000".repeat(200_000));
    for answer in [
        "* 1 FETCH (UID 5 BODY[] {4294967295}\r\n",
        "* 1 FETCH (UID 5 BODY[] {18446744073709551616}\r\n",
        "* 1 FETCH (UID 5 BODY[] {99999999999999999999999}\r\n",
        &long_line,
        &search,
    ] {
        let (mut c, _) = play(BASIC, &[SELECT, ("UID FETCH", answer)]).await;
        c.select("INBOX", None).await.unwrap();
        let result = c.fetch(&[5], |_| ()).await;
        assert!(matches!(result, Err(Error::TooLarge(_))), "{result:?}");
    }
}

#[tokio::test]
async fn a_server_that_trickles_or_floods_meets_a_deadline() {
    let quick = |kind: Kind| Kind {
        limit: Duration::from_millis(150),
        ..kind
    };
    for (kind, piece) in [
        (Kind::short("NOOP"), "* 1 EXISTS\r\n"),
        (Kind::bulk("FETCH"), "x"),
    ] {
        let (mut c, trickle) = script::trickle(piece).await;
        let result = c.exec(quick(kind), "NOOP", |_| ()).await;
        assert!(matches!(result, Err(Error::Timeout { .. })), "{result:?}");
        assert!(
            matches!(c.noop().await, Err(Error::Lost)),
            "never used again"
        );
        trickle.abort();
    }
    // The same slowness is fine where whole responses keep coming.
    let (mut c, trickle) = script::trickle("* 1 EXISTS\r\n").await;
    let mut seen = 0;
    let listening = c.exec(quick(Kind::bulk("FETCH")), "NOOP", |_| seen += 1);
    let ended = clock::deadline(Duration::from_millis(600), listening).await;
    assert!(ended.is_err() && seen > 5, "{ended:?} {seen}");
    trickle.abort();
}

#[tokio::test]
async fn a_call_dropped_half_way_leaves_nothing_to_misread() {
    let (mut c, _) = play(
        BASIC,
        &[SELECT, ("UID FETCH", "* 1 FETCH (UID 5)\r\n"), ("NOOP", "")],
    )
    .await;
    c.select("INBOX", None).await.unwrap();
    {
        let call = std::pin::pin!(c.uids());
        let polled = futures_util::poll!(call);
        assert!(polled.is_pending());
    }
    assert!(matches!(c.noop().await, Err(Error::Lost)));
}

#[tokio::test]
async fn a_fetch_cut_at_any_byte_never_passes_for_a_whole_one() {
    let mail = |n: u32| {
        format!(
            "Subject: {n}\r\n\r\n{}",
            "text (\"{3}\r\n".repeat(n as usize)
        )
    };
    let mut answer = String::new();
    for n in 1..=3 {
        let raw = mail(n);
        answer += &format!(
            "* {n} FETCH (UID {n} FLAGS () BODY[] {{{}}}\r\n{raw})\r\n",
            raw.len()
        );
    }
    let tagged = "TAG OK done\r\n";
    answer += tagged;
    let whole = answer.replace("TAG", "A0003").len();
    for cut in 0..=whole {
        let (mut c, _) = play_bytes(BASIC, &[SELECT, ("UID FETCH", &answer)], Some(cut)).await;
        c.select("INBOX", None).await.unwrap();
        let mut got = Vec::new();
        let result = c.fetch(&[1, 2, 3], |m| got.push((m.uid, m.raw))).await;
        assert_eq!(result.is_ok(), cut == whole, "cut at {cut}: {result:?}");
        for (uid, raw) in &got {
            assert_eq!(raw, mail(*uid).as_bytes(), "cut at {cut}");
        }
        assert!(got.len() == 3 || cut < whole);
    }
}

#[tokio::test]
async fn append_tells_certain_failure_from_doubt() {
    // Not asked for with LITERAL+, so the data follows at once; else the server says go.
    let plus = "IMAP4rev1 UIDPLUS LITERAL+";
    for (capabilities, steps, doubt) in [
        (
            plus,
            vec![
                ("APPEND", ""),
                ("x: y", ""),
                ("", ""),
                ("", "A0002 NO [OVERQUOTA] full\r\n"),
            ],
            false,
        ),
        (plus, vec![("APPEND", ""), ("x: y", "")], true),
        (
            BASIC,
            vec![("APPEND", "TAG NO [TRYCREATE] none\r\n")],
            false,
        ),
        (BASIC, vec![("APPEND", "")], false),
        (
            BASIC,
            vec![("APPEND", "* 1 EXISTS\r\n+ go\r\n"), ("x: y", "")],
            true,
        ),
    ] {
        let (mut c, _) = play(capabilities, &steps).await;
        let error = c.append("INBOX", &[], b"x: y\r\n\r\n").await.unwrap_err();
        let is_doubt = matches!(error, AppendError::Doubt(_));
        assert_eq!(is_doubt, doubt, "{steps:?}: {error:?}");
        assert_eq!(c.is_usable(), !error.cause().is_fatal());
    }
}

#[tokio::test]
async fn append_waits_for_the_go_ahead_and_reads_the_uid() {
    let steps = [
        (
            "APPEND \"Entw&APw-rfe\" (\\Seen) {8}",
            "* 1 EXISTS\r\n+ go\r\n",
        ),
        ("x: y", ""),
        ("", ""),
        ("", "* 2 EXISTS\r\nA0002 OK [APPENDUID 7 12] done\r\n"),
    ];
    let (mut c, _) = play(BASIC, &steps).await;
    let put = c
        .append("Entwürfe", &["\\Seen"], b"x: y\r\n\r\n")
        .await
        .unwrap();
    assert_eq!((put.uidvalidity, put.uid), (Some(7), Some(12)));
    assert_eq!(c.round_trips(), 2);
}

#[tokio::test]
async fn flaws_of_select_are_seen() {
    let broken = "* 3 EXISTS\r\nTAG OK done\r\n";
    let (mut c, _) = play(
        BASIC,
        &[
            ("SELECT", broken),
            ("SELECT", "* OK [UIDVALIDITY 1666390893380] x\r\nTAG OK\r\n"),
        ],
    )
    .await;
    for _ in 0..2 {
        let result = c.select("INBOX", None).await;
        assert!(matches!(result, Err(Error::Protocol(_))), "{result:?}");
    }
    let none = "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [NOMODSEQ] none\r\n\
        * OK [PERMANENTFLAGS (\\Seen)] few\r\nTAG OK [READ-ONLY] done\r\n";
    let (mut c, said) = play(BASIC, &[("SELECT", none), ("UID FETCH", "TAG OK\r\n")]).await;
    let open = c.select("INBOX", None).await.unwrap();
    assert_eq!(
        (open.highest_modseq, open.keywords_allowed, open.read_only),
        (None, false, true)
    );
    c.flags(1..=9).await.unwrap();
    drop(c);
    let said = said.await.unwrap();
    assert!(!said.last().unwrap().contains("MODSEQ"), "{said:?}");
}

#[tokio::test]
async fn a_no_beside_an_ok_asks_to_select_again() {
    let answer = "* NO Internal error occurred.\r\nTAG OK done\r\n";
    let (mut c, _) = play(BASIC, &[SELECT, ("NOOP", answer)]).await;
    c.select("INBOX", None).await.unwrap();
    assert!(!c.should_reselect());
    c.noop().await.unwrap();
    assert!(c.should_reselect());
}

#[tokio::test]
async fn folder_names_survive_quotes_and_bad_encoding() {
    let answer = "* LIST (\\Noselect) \"\\\\\" \"a\\\"b\\\\c\"\r\n* LIST (\\Sent) \"/\" Entw&APw-rfe\r\n\
        * LIST () NIL \"&ABs-[31mX\"\r\n* LIST () \"/\" {7}\r\nr\u{e4}w&&-x\r\n\
        * LIST () \"/\" \"&broken\"\r\n* LIST (\\HasNoChildren) \"/\" inbox\r\nTAG OK done\r\n";
    let (mut c, said) = play(BASIC, &[("LIST", answer), ("SELECT", "TAG NO no\r\n")]).await;
    let folders = c.list().await.unwrap();
    let names: Vec<&str> = folders.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "a\"b\\c",
            "Entwürfe",
            "\u{1b}[31mX",
            "r\u{fffd}w&&-x",
            "&broken",
            "INBOX"
        ]
    );
    assert_eq!(folders[0].delimiter.as_deref(), Some("\\"));
    assert_eq!(
        (folders[0].selectable, folders[1].selectable),
        (false, true)
    );
    assert_eq!(
        (folders[1].role, folders[5].role),
        (Some(Role::Sent), Some(Role::Inbox))
    );
    assert!(c.select("&broken", None).await.is_err());
    drop(c);
    assert!(
        said.await
            .unwrap()
            .last()
            .unwrap()
            .ends_with("SELECT \"&broken\""),
        "by its own name"
    );
}

#[tokio::test]
async fn hostile_greetings_and_logins_end_before_a_password() {
    for (greeting, expected) in [
        ("* PREAUTH welcome\r\n", "no way to sign in"),
        (
            "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=PLAIN] hi\r\n",
            "no way to sign in",
        ),
        (
            "* BYE [UNAVAILABLE] Maximum number of connections\r\n",
            "no more connections",
        ),
        ("* BYE go away\r\n", "go away"),
        ("HTTP/1.1 400 Bad Request\r\n", "not IMAP"),
        ("* \u{e4}\r\n", "not IMAP"),
        ("", "lost"),
    ] {
        let (error, said) = refused_login(greeting, &[]).await;
        assert!(
            error.to_string().contains(expected),
            "{greeting:?}: {error}"
        );
        assert!(
            !said.contains("secret") && !said.contains("AHVzZXIAc2VjcmV0"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_refused_login_says_whose_fault_it_is() {
    let hello = "* OK [CAPABILITY IMAP4rev1] hi\r\n";
    for (answer, sign_in, many) in [
        ("TAG NO [AUTHENTICATIONFAILED] no\r\n", true, false),
        ("TAG BAD no\r\n", true, false),
        ("TAG NO [UNAVAILABLE] down\r\n", false, false),
        ("TAG NO [LIMIT] wait\r\n", false, true),
        (
            "TAG NO Too many simultaneous connections. (Failure)\r\n",
            false,
            true,
        ),
    ] {
        let (error, _) = refused_login(hello, &[("LOGIN", answer)]).await;
        assert_eq!(error.is_sign_in(), sign_in, "{answer}: {error}");
        assert_eq!(
            matches!(error, Error::TooManyConnections { .. }),
            many,
            "{error}"
        );
        assert_eq!(error.next() == Next::Retry, !sign_in);
    }
}

#[tokio::test]
async fn a_server_of_the_second_revision_only_is_understood() {
    let (c, _) = play("IMAP4rev2 CONDSTORE AUTH=PLAIN", &[]).await;
    let can = c.capabilities();
    assert!(can.idle() && can.uidplus() && can.move_() && can.condstore() && !can.qresync());
}

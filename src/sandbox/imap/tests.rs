//! Scripts over a raw socket: what the server says, line by line.

use crate::clock;
use crate::sandbox::{Fault, Feature, Options, Sandbox, Verb};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

const MAIL: &[u8] =
    b"Message-ID: <a@b>\r\nSubject: Hello\r\nFrom: Mia <mia@c.example>\r\n\r\nBody\r\n";

/// A client that knows nothing of IMAP but lines and literals.
struct Raw(BufReader<TcpStream>);

impl Raw {
    /// Connects and reads the greeting.
    async fn connect(sandbox: &Sandbox) -> Self {
        let stream = TcpStream::connect(sandbox.imap).await.unwrap();
        let mut raw = Raw(BufReader::new(stream));
        let greeting = raw.line().await;
        assert!(
            greeting.starts_with("* OK [CAPABILITY IMAP4REV1"),
            "{greeting}"
        );
        raw
    }

    async fn login(sandbox: &Sandbox) -> Self {
        let mut raw = Self::connect(sandbox).await;
        let lines = raw.run("L LOGIN support sandbox").await;
        assert!(lines[0].starts_with("L OK "), "{lines:?}");
        raw
    }

    async fn select(sandbox: &Sandbox, enable: &str) -> Self {
        let mut raw = Self::login(sandbox).await;
        if !enable.is_empty() {
            raw.run(&format!("E ENABLE {enable}")).await;
        }
        raw.run("S SELECT INBOX").await;
        raw
    }

    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).await.unwrap();
    }

    /// One line with its literals inlined as `{...}`; empty at the end of the connection.
    async fn line(&mut self) -> String {
        let mut text = String::new();
        loop {
            let mut line = Vec::new();
            let read = self.0.read_until(b'\n', &mut line);
            clock::deadline(Duration::from_secs(10), read)
                .await
                .expect("the server says something")
                .unwrap();
            let line = String::from_utf8(line).unwrap();
            let line = line.trim_end_matches("\r\n");
            let size = line.strip_suffix('}').and_then(|l| l.rsplit_once('{'));
            let Some((start, size)) = size else {
                return text + line;
            };
            let mut literal = vec![0; size.parse().unwrap()];
            self.0.read_exact(&mut literal).await.unwrap();
            text = text + start + "{" + &String::from_utf8(literal).unwrap() + "}";
        }
    }

    /// Sends a command and reads up to its tagged answer.
    async fn run(&mut self, command: &str) -> Vec<String> {
        self.send(format!("{command}\r\n")).await;
        let tag = command.split(' ').next().unwrap();
        self.answers(tag).await
    }

    async fn answers(&mut self, tag: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.line().await;
            let last = line.is_empty() || line.starts_with(&format!("{tag} "));
            lines.push(line);
            if last {
                return lines;
            }
        }
    }
}

async fn sandbox(mails: usize) -> Sandbox {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    for _ in 0..mails {
        sandbox.store.append("INBOX", &[], None, MAIL).unwrap();
    }
    sandbox
}

#[tokio::test]
async fn own_append_is_seen_before_its_answer() {
    let sandbox = sandbox(0).await;
    let mut raw = Raw::select(&sandbox, "").await;
    let lines = raw
        .run("A APPEND INBOX (\\Seen $pr-open) {5+}\r\nA: b\n")
        .await;
    assert_eq!(
        lines[0],
        "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $pr-open)"
    );
    assert_eq!(lines[1], "* 1 EXISTS");
    assert_eq!(lines[2], "A OK [APPENDUID 1700000001 1] stored");
}

#[tokio::test]
async fn a_synchronising_literal_waits_for_the_go_ahead() {
    let sandbox = sandbox(0).await;
    let mut raw = Raw::login(&sandbox).await;
    // The command before it is answered first, although both arrive together.
    raw.send("A NOOP\r\nB APPEND INBOX {5}\r\n").await;
    assert!(raw.line().await.starts_with("A OK"));
    assert!(raw.line().await.starts_with("+ "));
    raw.send("A: b\n\r\n").await;
    assert!(raw.line().await.starts_with("B OK [APPENDUID"));
    let lines = raw.run("C APPEND Nowhere {1+}\r\nx").await;
    assert!(lines[0].starts_with("C NO [TRYCREATE]"), "{lines:?}");
}

#[tokio::test]
async fn malformed_commands_get_bad_with_their_tag_and_the_session_goes_on() {
    let sandbox = sandbox(0).await;
    let mut raw = Raw::select(&sandbox, "").await;
    for command in [
        "X1 FROBNICATE",
        "X2 FETCH",
        "X3 SEARCH RETURN (ALL) ALL",
        "X4 FETCH 1 BODYSTRUCTURE",
    ] {
        let tag = command.split(' ').next().unwrap();
        let lines = raw.run(command).await;
        assert!(
            lines[0].starts_with(&format!("{tag} BAD")),
            "{command}: {lines:?}"
        );
    }
    raw.send("\r\n").await;
    assert!(raw.line().await.starts_with("* BAD"));
    assert_eq!(raw.run("Z NOOP").await, ["Z OK done"]);
}

#[tokio::test]
async fn nothing_works_before_login_and_a_wrong_password_is_refused() {
    let sandbox = sandbox(0).await;
    let mut raw = Raw::connect(&sandbox).await;
    assert!(raw.run("A SELECT INBOX").await[0].starts_with("A BAD"));
    let lines = raw.run("B LOGIN support wrong").await;
    assert!(lines[0].starts_with("B NO [AUTHENTICATIONFAILED]"));
    let lines = raw
        .run("C AUTHENTICATE PLAIN AHN1cHBvcnQAc2FuZGJveA==")
        .await;
    assert!(lines[0].starts_with("C OK"), "{lines:?}");
}

#[tokio::test]
async fn expunge_waits_while_messages_are_named_by_number() {
    let sandbox = sandbox(3).await;
    let mut raw = Raw::select(&sandbox, "").await;
    sandbox.store.expunge("INBOX", &[1, 3]).unwrap();
    let lines = raw.run("A FETCH 1:3 (UID)").await;
    assert_eq!(lines[0], "* 2 FETCH (UID 2)");
    assert!(lines[1].starts_with("A NO [EXPUNGEISSUED]"), "{lines:?}");
    assert_eq!(
        raw.run("B NOOP").await,
        ["* 3 EXPUNGE", "* 1 EXPUNGE", "B OK done"]
    );
    assert_eq!(raw.run("C FETCH 1 (UID)").await[0], "* 1 FETCH (UID 2)");
    assert!(raw.run("D FETCH 2 (UID)").await[0].starts_with("D BAD"));
}

#[tokio::test]
async fn a_uid_range_with_star_always_holds_the_last_message() {
    let sandbox = sandbox(2).await;
    let mut raw = Raw::select(&sandbox, "").await;
    assert_eq!(
        raw.run("A UID FETCH 9:* (FLAGS)").await[0],
        "* 2 FETCH (FLAGS () UID 2)"
    );
    assert_eq!(raw.run("B UID FETCH 9 (FLAGS)").await, ["B OK done"]);
}

#[tokio::test]
async fn idle_pushes_arrivals_flags_and_removals() {
    let sandbox = sandbox(1).await;
    let mut raw = Raw::select(&sandbox, "QRESYNC").await;
    raw.send("A IDLE\r\n").await;
    assert!(raw.line().await.starts_with("+ "));
    sandbox.store.append("INBOX", &[], None, MAIL).unwrap();
    assert_eq!(raw.line().await, "* 2 EXISTS");
    sandbox.store.flag("INBOX", 1, &["\\Seen"], &[]).unwrap();
    assert_eq!(
        raw.line().await,
        "* 1 FETCH (FLAGS (\\Seen) UID 1 MODSEQ (4))"
    );
    sandbox.store.expunge("INBOX", &[1]).unwrap();
    assert_eq!(raw.line().await, "* VANISHED 1");
    raw.send("DONE\r\n").await;
    assert_eq!(raw.answers("A").await, ["A OK done idling"]);
}

#[tokio::test]
async fn store_answers_once_and_tells_what_others_did_first() {
    let sandbox = sandbox(2).await;
    let mut raw = Raw::select(&sandbox, "").await;
    sandbox.store.flag("INBOX", 2, &["\\Flagged"], &[]).unwrap();
    let lines = raw.run("A UID STORE 1 +FLAGS (\\Seen)").await;
    assert_eq!(
        lines,
        [
            "* 2 FETCH (FLAGS (\\Flagged))",
            "* 1 FETCH (UID 1 FLAGS (\\Seen))",
            "A OK done",
        ]
    );
    assert_eq!(
        raw.run("B STORE 1 -FLAGS.SILENT (\\Seen)").await,
        ["B OK done"]
    );
    assert_eq!(raw.run("C NOOP").await, ["C OK done"]);
}

#[tokio::test]
async fn a_conditional_store_names_what_was_modified() {
    let sandbox = sandbox(2).await;
    let mut raw = Raw::select(&sandbox, "CONDSTORE").await;
    sandbox.store.flag("INBOX", 2, &["x"], &[]).unwrap();
    let lines = raw
        .run("A UID STORE 1:2 (UNCHANGEDSINCE 3) +FLAGS.SILENT (y)")
        .await;
    assert!(
        lines.contains(&"* 1 FETCH (UID 1 MODSEQ (5))".to_owned()),
        "{lines:?}"
    );
    assert_eq!(lines.last().unwrap(), "A OK [MODIFIED 2] done");
}

#[tokio::test]
async fn qresync_select_tells_what_was_missed() {
    let sandbox = sandbox(4).await;
    sandbox.store.expunge("INBOX", &[2]).unwrap();
    sandbox.store.flag("INBOX", 3, &["$pr-done"], &[]).unwrap();
    let mut raw = Raw::login(&sandbox).await;
    assert!(raw.run("A SELECT INBOX (QRESYNC (1700000001 5))").await[0].starts_with("A BAD"));
    raw.run("B ENABLE QRESYNC").await;
    let lines = raw.run("C SELECT INBOX (QRESYNC (1700000001 5 1:4))").await;
    assert!(
        lines.contains(&"* VANISHED (EARLIER) 2".to_owned()),
        "{lines:?}"
    );
    assert!(lines.contains(&"* 2 FETCH (FLAGS ($pr-done) UID 3 MODSEQ (7))".to_owned()));
    assert!(
        lines.iter().all(|line| !line.contains("UID 4 ")),
        "{lines:?}"
    );
    let lines = raw.run("D SELECT INBOX (QRESYNC (999 5))").await;
    assert!(lines[0].starts_with("* OK [CLOSED]"), "{lines:?}");
    assert!(
        !lines.iter().any(|line| line.contains("VANISHED")),
        "{lines:?}"
    );
    let lines = raw
        .run("E UID FETCH 1:* (FLAGS) (CHANGEDSINCE 5 VANISHED)")
        .await;
    assert_eq!(lines[0], "* VANISHED (EARLIER) 2");
    assert_eq!(lines[1], "* 2 FETCH (FLAGS ($pr-done) UID 3 MODSEQ (7))");
    assert_eq!(lines.len(), 3);
}

#[tokio::test]
async fn move_says_where_and_then_that_they_are_gone() {
    let sandbox = sandbox(3).await;
    let mut raw = Raw::select(&sandbox, "").await;
    let lines = raw.run("A UID MOVE 1:2 Archive").await;
    assert_eq!(
        lines,
        [
            "* OK [COPYUID 1700000006 1:2 1:2] moved",
            "* 2 EXPUNGE",
            "* 1 EXPUNGE",
            "A OK done",
        ]
    );
    assert_eq!(sandbox.store.count("Archive"), 2);
    assert_eq!(raw.run("B UID MOVE 99 Archive").await, ["B OK done"]);
    let lines = raw.run("C UID COPY 3 Sent").await;
    assert_eq!(lines, ["C OK [COPYUID 1700000002 3 1] done"]);
}

#[tokio::test]
async fn uid_expunge_takes_only_what_it_names() {
    let sandbox = sandbox(3).await;
    let mut raw = Raw::select(&sandbox, "").await;
    raw.run("A STORE 1:3 +FLAGS.SILENT (\\Deleted)").await;
    assert_eq!(
        raw.run("B UID EXPUNGE 2").await,
        ["* 2 EXPUNGE", "B OK done"]
    );
    raw.run("C CLOSE").await;
    assert_eq!(sandbox.store.count("INBOX"), 0);
}

#[tokio::test]
async fn bodies_come_whole_in_parts_and_mark_as_seen_unless_peeked() {
    let sandbox = sandbox(1).await;
    let mut raw = Raw::select(&sandbox, "").await;
    let lines = raw
        .run("A FETCH 1 (RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        .await;
    assert_eq!(
        lines[0],
        format!(
            "* 1 FETCH (RFC822.SIZE {} BODY[HEADER.FIELDS (SUBJECT)] {{Subject: Hello\r\n\r\n}})",
            MAIL.len()
        )
    );
    let lines = raw.run("B FETCH 1 BODY.PEEK[]<13.7>").await;
    assert_eq!(lines[0], "* 1 FETCH (BODY[]<13> {a@b>\r\nS})");
    let lines = raw.run("C FETCH 1 BODY[TEXT]").await;
    assert_eq!(lines[0], "* 1 FETCH (BODY[TEXT] {Body\r\n} FLAGS (\\Seen))");
}

#[tokio::test]
async fn search_finds_by_header_keyword_and_uid() {
    let sandbox = sandbox(2).await;
    sandbox.store.flag("INBOX", 2, &["$pr-open"], &[]).unwrap();
    let mut raw = Raw::select(&sandbox, "").await;
    let cases = [
        ("SEARCH ALL", "* SEARCH 1 2"),
        ("UID SEARCH HEADER Message-ID <A@B>", "* SEARCH 1 2"),
        ("UID SEARCH HEADER Message-ID other", "* SEARCH"),
        ("UID SEARCH KEYWORD $PR-OPEN", "* SEARCH 2"),
        ("UID SEARCH UNKEYWORD $pr-open UID 1:*", "* SEARCH 1"),
        ("UID SEARCH OR UID 2 (UNSEEN BODY zzz)", "* SEARCH 2"),
        ("UID SEARCH NOT 1", "* SEARCH 2"),
        ("UID SEARCH BEFORE 1-Jan-2001", "* SEARCH"),
        ("UID SEARCH SINCE 1-Jan-2001 SUBJECT hell", "* SEARCH 1 2"),
    ];
    for (command, expected) in cases {
        assert_eq!(
            raw.run(&format!("A {command}")).await[0],
            expected,
            "{command}"
        );
    }
}

#[tokio::test]
async fn folders_are_listed_with_their_use_and_their_parents() {
    let sandbox = sandbox(1).await;
    let mut raw = Raw::login(&sandbox).await;
    raw.run("A CREATE Postroom/Journal").await;
    let lines = raw.run("B LIST \"\" %").await;
    assert!(
        lines.contains(&"* LIST (\\Sent) \"/\" Sent".to_owned()),
        "{lines:?}"
    );
    assert!(
        lines.contains(&"* LIST (\\Noselect) \"/\" Postroom".to_owned()),
        "{lines:?}"
    );
    assert!(
        !lines.iter().any(|line| line.contains("Journal")),
        "{lines:?}"
    );
    let lines = raw
        .run("C STATUS inbox (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)")
        .await;
    assert_eq!(
        lines[0],
        "* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 1700000001 UNSEEN 1)"
    );
    assert_eq!(
        raw.run("D LIST \"\" \"\"").await[0],
        "* LIST (\\Noselect) \"/\" \"\""
    );
}

#[tokio::test]
async fn a_folder_that_is_deleted_under_a_session_is_said_to_be_gone() {
    let sandbox = sandbox(0).await;
    sandbox.store.create("J").unwrap();
    let mut raw = Raw::login(&sandbox).await;
    raw.run("A SELECT J").await;
    sandbox.store.delete("J").unwrap();
    sandbox.store.create("J").unwrap();
    assert!(raw.run("B NOOP").await[0].starts_with("* NO "));
    assert!(raw.run("C UID FETCH 1:* (FLAGS)").await[0].starts_with("C NO [NONEXISTENT]"));
}

#[tokio::test]
async fn masked_features_are_neither_announced_nor_understood() {
    let sandbox = sandbox(1).await;
    for feature in [
        Feature::Condstore,
        Feature::UidPlus,
        Feature::Idle,
        Feature::Keywords,
    ] {
        sandbox.faults.mask(feature);
    }
    let mut raw = Raw::login(&sandbox).await;
    let shown = raw.run("A CAPABILITY").await[0].clone();
    for name in ["CONDSTORE", "QRESYNC", "UIDPLUS", "IDLE"] {
        assert!(!shown.contains(name), "{shown}");
    }
    let lines = raw.run("B SELECT INBOX").await;
    assert!(
        lines.iter().any(|line| line.contains("[NOMODSEQ]")),
        "{lines:?}"
    );
    assert!(!lines.iter().any(|line| line.contains("\\*")), "{lines:?}");
    assert!(raw.run("C IDLE").await[0].starts_with("C BAD"));
    assert_eq!(raw.run("D APPEND Sent {1+}\r\nx").await, ["D OK stored"]);
    raw.run("E STORE 1 +FLAGS ($pr-open \\Seen)").await;
    assert_eq!(
        raw.run("F FETCH 1 FLAGS").await[0],
        "* 1 FETCH (FLAGS (\\Seen))"
    );
}

#[tokio::test]
async fn faults_meet_the_next_command_of_their_kind() {
    let sandbox = sandbox(0).await;
    let mut raw = Raw::select(&sandbox, "").await;
    let no = Fault::No("[OVERQUOTA] the disk is full".to_owned());
    sandbox.faults.next(Verb::Append, no);
    assert_eq!(raw.run("A NOOP").await, ["A OK done"]);
    let lines = raw.run("B APPEND Sent {1+}\r\nx").await;
    assert_eq!(lines, ["B NO [OVERQUOTA] the disk is full"]);
    sandbox.faults.next(Verb::Append, Fault::LoseAnswer);
    assert_eq!(raw.run("C APPEND Sent {1+}\r\nx").await, [""]);
    assert_eq!(sandbox.store.count("Sent"), 1);
    let mut raw = Raw::login(&sandbox).await;
    sandbox.faults.next(Verb::Append, Fault::Drop);
    assert_eq!(raw.run("D APPEND Sent {1+}\r\nx").await, [""]);
    assert_eq!(sandbox.store.count("Sent"), 1);
}

#[tokio::test]
async fn a_cut_connection_ends_in_the_middle_of_an_answer() {
    let sandbox = sandbox(1).await;
    let mut raw = Raw::select(&sandbox, "").await;
    sandbox.faults.cut_after(30);
    raw.send("A FETCH 1 BODY.PEEK[]\r\n").await;
    let mut rest = Vec::new();
    // A reset instead of an end is fine as well: either way the connection is gone.
    let _end = raw.0.read_to_end(&mut rest).await;
    assert_eq!(rest.len(), 30);
}

#[tokio::test]
async fn stopping_closes_every_connection() {
    let sandbox = sandbox(0).await;
    let mut raw = Raw::select(&sandbox, "").await;
    sandbox.stop().await;
    assert_eq!(raw.line().await, "");
}

#[tokio::test]
async fn a_refused_idle_or_sign_in_leaves_the_session_usable() {
    let sandbox = sandbox(0).await;
    let no = |text: &str| Fault::No(text.to_owned());
    let mut raw = Raw::connect(&sandbox).await;
    let sign_in = "AUTHENTICATE PLAIN AHN1cHBvcnQAc2FuZGJveA==";
    sandbox
        .faults
        .next(Verb::Authenticate, no("[UNAVAILABLE] later"));
    let lines = raw.run(&format!("A {sign_in}")).await;
    assert_eq!(lines, ["A NO [UNAVAILABLE] later"]);
    assert!(raw.run(&format!("B {sign_in}")).await[0].starts_with("B OK"));
    raw.run("C SELECT INBOX").await;
    sandbox.faults.next(Verb::Idle, no("not now"));
    assert_eq!(raw.run("D IDLE").await, ["D NO not now"]);
    assert_eq!(raw.run("E NOOP").await, ["E OK done"]);
}

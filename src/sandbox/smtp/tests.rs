//! Scripts over a raw socket.

use super::{Phase, SmtpFault};
use crate::sandbox::{Options, Sandbox};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// `support` and `sandbox` as PLAIN wants them.
const PLAIN: &str = "AUTH PLAIN AHN1cHBvcnQAc2FuZGJveA==";

async fn sandbox() -> Sandbox {
    Sandbox::start(Options::default()).await.unwrap()
}

/// Sends each line, and collects the last line of each answer.
async fn talk(sandbox: &Sandbox, lines: &[&str]) -> Vec<String> {
    let stream = TcpStream::connect(sandbox.smtp).await.unwrap();
    let mut stream = BufReader::new(stream);
    let mut answers = vec![answer(&mut stream).await];
    for line in lines {
        let line = format!("{line}\r\n");
        let sent = stream.get_mut().write_all(line.as_bytes()).await;
        if sent.is_err() {
            break;
        }
        answers.push(answer(&mut stream).await);
    }
    answers
}

async fn answer(stream: &mut BufReader<TcpStream>) -> String {
    loop {
        let mut line = String::new();
        // A reset counts as the end of the connection.
        let _end = stream.read_line(&mut line).await;
        if line.get(3..4) != Some("-") {
            return line.trim_end().to_owned();
        }
    }
}

const MAIL: [&str; 6] = [
    "EHLO me.example",
    PLAIN,
    "MAIL FROM:<ana@acme.example> SIZE=20 BODY=8BITMIME",
    "RCPT TO:<mia@example.net>",
    "DATA",
    "Subject: x\r\n\r\n..dot\r\n.",
];

#[tokio::test]
async fn a_mail_is_taken_with_its_envelope_and_without_stuffed_dots() {
    let sandbox = sandbox().await;
    let answers = talk(&sandbox, &MAIL).await;
    let codes: Vec<&str> = answers.iter().filter_map(|a| a.get(..3)).collect();
    assert_eq!(codes, ["220", "250", "235", "250", "250", "354", "250"]);
    let mails = sandbox.sink.mails();
    assert_eq!(mails.len(), 1);
    assert!(answers[6].ends_with(&mails[0].queue_id));
    assert_eq!(mails[0].from, "ana@acme.example");
    assert_eq!(mails[0].to, ["mia@example.net"]);
    assert_eq!(&*mails[0].bytes, b"Subject: x\r\n\r\n.dot\r\n");
    assert_eq!(sandbox.store.count("INBOX"), 0);
}

#[tokio::test]
async fn mail_to_the_mailbox_itself_arrives() {
    let sandbox = sandbox().await;
    let mut lines = MAIL;
    lines[3] = "RCPT TO:<Support@Acme.example>";
    talk(&sandbox, &lines).await;
    let inbox = sandbox.store.messages("INBOX").unwrap();
    assert!(
        inbox[0]
            .bytes
            .starts_with(b"Return-Path: <ana@acme.example>\r\nSubject: x")
    );
}

#[tokio::test]
async fn without_a_login_nothing_is_sent() {
    let sandbox = sandbox().await;
    let answers = talk(&sandbox, &["EHLO me", "MAIL FROM:<a@b.example>"]).await;
    assert!(answers[2].starts_with("530"), "{answers:?}");
    let lines = ["EHLO me", "AUTH LOGIN", "c3VwcG9ydA==", "d3Jvbmc="];
    let answers = talk(&sandbox, &lines).await;
    assert!(answers[4].starts_with("535"), "{answers:?}");
    let lines = ["EHLO me", "AUTH LOGIN", "c3VwcG9ydA==", "c2FuZGJveA=="];
    let answers = talk(&sandbox, &lines).await;
    assert!(answers[4].starts_with("235"), "{answers:?}");
}

#[tokio::test]
async fn each_step_can_be_refused_or_cut() {
    let steps = [
        (Phase::Ehlo, 1),
        (Phase::Auth, 2),
        (Phase::Mail, 3),
        (Phase::Rcpt, 4),
        (Phase::Data, 5),
        (Phase::Final, 6),
    ];
    for (phase, at) in steps {
        let sandbox = sandbox().await;
        let refusal = SmtpFault::Refuse(451, "4.3.0 later".to_owned());
        sandbox.sink.next(phase, refusal);
        let answers = talk(&sandbox, &MAIL).await;
        assert_eq!(answers[at], "451 4.3.0 later", "{phase:?}");
        sandbox.sink.next(phase, SmtpFault::Drop);
        let answers = talk(&sandbox, &MAIL).await;
        assert_eq!(answers[at], "", "{phase:?}");
        // A client that is refused at EHLO and goes on all the same is served (RFC 5321 4.1.4).
        let taken = usize::from(phase == Phase::Ehlo);
        assert_eq!(sandbox.sink.mails().len(), taken, "{phase:?}");
    }
}

#[tokio::test]
async fn a_lost_final_answer_means_the_mail_has_left() {
    let sandbox = sandbox().await;
    sandbox.sink.next(Phase::Final, SmtpFault::LoseAnswer);
    let answers = talk(&sandbox, &MAIL).await;
    assert_eq!(answers[6], "");
    assert_eq!(sandbox.sink.mails().len(), 1);
}

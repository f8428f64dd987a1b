//! The adapter against a scripted server: whatever breaks, what it says about the mail is true.

use super::sign_in::open;
use super::*;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio::task::JoinHandle;

const TEXT: &str = "Subject: x\r\n\r\nhello\r\n";

/// What the server does instead of its usual answer.
#[derive(Debug, Clone, Copy)]
enum Fault {
    None,
    /// Answers the command that starts so with this line; empty hangs up.
    At(&'static str, &'static str),
    /// Hangs up after so many bytes of the text.
    InText(usize),
    /// Answers the final dot with these bytes and hangs up.
    AfterDot(&'static str),
}

/// Everything the server heard: the commands, and the text as it came over the wire.
#[derive(Debug, Default)]
struct Heard {
    commands: Vec<String>,
    text: Vec<u8>,
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).unwrap()).collect()
}

async fn serve(stream: DuplexStream, extensions: &'static str, fault: Fault) -> Heard {
    let mut heard = Heard::default();
    // Whatever the client does, the server only records; a broken pipe is the client's answer.
    let _ended = serve_until_broken(stream, extensions, fault, &mut heard).await;
    heard
}

async fn serve_until_broken(
    stream: DuplexStream,
    extensions: &'static str,
    fault: Fault,
    heard: &mut Heard,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 ready\r\n").await?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end().to_owned();
        heard.commands.push(line.clone());
        let usual = match line.split(' ').next().unwrap_or_default() {
            "EHLO" => format!("250-mx\r\n{extensions}250 SIZE 1000000\r\n"),
            "DATA" => "354 go\r\n".to_owned(),
            "QUIT" => "221 bye\r\n".to_owned(),
            _ => "250 ok\r\n".to_owned(),
        };
        let answer = match fault {
            Fault::At(command, answer) if line.starts_with(command) => latin1(answer),
            _ => usual.into_bytes(),
        };
        if answer.is_empty() {
            return Ok(());
        }
        stream.write_all(&answer).await?;
        if line != "DATA" || !answer.starts_with(b"354") {
            continue;
        }
        while !heard.text.ends_with(b"\r\n.\r\n") {
            heard.text.push(stream.read_u8().await?);
            if let Fault::InText(cut) = fault
                && heard.text.len() >= cut
            {
                return Ok(());
            }
        }
        if let Fault::AfterDot(answer) = fault {
            // And hangs up, for the answer may be but half of one.
            return stream.write_all(&latin1(answer)).await;
        }
        stream.write_all(b"250 queued as 7\r\n").await?;
    }
}

/// A connection to such a server. The pipe is narrow, so that a long text cannot hide in it.
async fn connected(
    extensions: &'static str,
    fault: Fault,
) -> (Result<Submission, Error>, JoinHandle<Heard>) {
    let (ours, theirs) = tokio::io::duplex(1024);
    let server = tokio::spawn(serve(theirs, extensions, fault));
    (open(Box::new(ours), false).await, server)
}

/// Delivers `text` to two recipients; also tells whether the mark was made.
async fn delivered(fault: Fault, text: &[u8]) -> (Delivery, bool, Heard) {
    let (submission, server) = connected("", fault).await;
    let to = ["b@example.org".to_owned(), "c@example.org".to_owned()];
    let mut marked = false;
    let mark = || {
        marked = true;
        Ok::<(), String>(())
    };
    let delivery = submission
        .unwrap()
        .deliver("a@example.org", &to, text, mark)
        .await;
    (delivery, marked, server.await.unwrap())
}

#[tokio::test]
async fn a_mail_arrives_byte_for_byte_and_once() {
    let text = "Subject: x\r\n\r\n.\r\n..\r\n\r\n.\r\nMAIL FROM:<evil@example.org>\r\n.";
    for end in ["", "\r\n"] {
        let text = format!("{text}{end}");
        let (delivery, marked, heard) = delivered(Fault::None, text.as_bytes()).await;
        let Delivery::Accepted { answer } = delivery else {
            panic!("{delivery:?}")
        };
        assert_eq!(answer.raw(), "queued as 7");
        assert!(marked);
        let wire = String::from_utf8(heard.text).unwrap();
        let wire = wire
            .strip_suffix(".\r\n")
            .unwrap()
            .replace("\r\n..", "\r\n.");
        assert_eq!(wire.trim_end_matches("\r\n"), text.trim_end_matches("\r\n"));
        assert!(wire.ends_with("\r\n.\r\n"), "no line is added: {wire:?}");
        let verbs: Vec<&str> = heard.commands.iter().map(|c| c.get(..4).unwrap()).collect();
        assert_eq!(verbs, ["EHLO", "MAIL", "RCPT", "RCPT", "DATA", "QUIT"]);
    }
}

#[tokio::test]
async fn before_the_dot_every_failure_is_certain() {
    for fault in [
        Fault::At("MAIL", ""),
        Fault::At("MAIL", "nonsense\r\n"),
        Fault::At("RCPT TO:<c", ""),
        Fault::At("DATA", ""),
        Fault::At("DATA", "250 what\r\n"),
        Fault::InText(5000),
    ] {
        let long = format!("Subject: x\r\n\r\n{}", "a line of text\r\n".repeat(2000));
        let (delivery, marked, heard) = delivered(fault, long.as_bytes()).await;
        assert!(
            matches!(delivery, Delivery::NotSent(_)),
            "{fault:?}: {delivery:?}"
        );
        assert!(!marked, "{fault:?}");
        assert!(!heard.text.ends_with(b"\r\n.\r\n"), "{fault:?}");
    }
}

#[tokio::test]
async fn a_refusal_is_certain_wherever_it_comes() {
    use Phase::{Data, Recipient, Sender, Text};
    for (fault, at, is_permanent, who) in [
        (Fault::At("MAIL", "451 later\r\n"), Sender, false, None),
        (Fault::At("MAIL", "550 never\r\n"), Sender, true, None),
        (
            Fault::At("RCPT TO:<c", "550 who\r\n"),
            Recipient,
            true,
            Some("c@example.org"),
        ),
        (
            Fault::At("RCPT TO:<b", "450 later\r\n"),
            Recipient,
            false,
            Some("b@example.org"),
        ),
        (Fault::At("DATA", "554 no\r\n"), Data, true, None),
        (
            Fault::AfterDot("451-busy\r\n451 later\r\n"),
            Text,
            false,
            None,
        ),
        (Fault::AfterDot("554 5.7.1 spam\r\n"), Text, true, None),
    ] {
        let (delivery, marked, heard) = delivered(fault, TEXT.as_bytes()).await;
        let Delivery::Refused {
            phase,
            permanent,
            recipient,
            code,
            text,
        } = delivery
        else {
            panic!("{fault:?}: {delivery:?}")
        };
        assert_eq!(
            (phase, permanent, recipient.as_deref()),
            (at, is_permanent, who)
        );
        assert!(code >= 400 && !text.is_empty(), "{fault:?}");
        assert_eq!(marked, phase == Text);
        assert_eq!(
            heard.commands.iter().any(|c| c == "DATA"),
            matches!(phase, Data | Text)
        );
    }
}

#[tokio::test]
async fn after_the_dot_only_an_answer_gives_certainty() {
    for answer in ["", "354 go on\r\n", "nonsense\r\n", "250-queued", "25"] {
        let (delivery, marked, heard) = delivered(Fault::AfterDot(answer), TEXT.as_bytes()).await;
        assert!(
            matches!(delivery, Delivery::Unknown(_)),
            "{answer:?}: {delivery:?}"
        );
        assert!(marked && heard.text.ends_with(b"\r\n.\r\n"));
    }
}

#[tokio::test]
async fn an_acceptance_with_an_umlaut_is_an_acceptance() {
    let fault = Fault::AfterDot("250 \u{fc}bernommen \u{9b}31m\r\n");
    let (delivery, ..) = delivered(fault, TEXT.as_bytes()).await;
    assert!(
        matches!(delivery, Delivery::Accepted { .. }),
        "{delivery:?}"
    );
}

#[tokio::test]
async fn without_the_mark_the_dot_is_never_written() {
    let (submission, server) = connected("", Fault::None).await;
    let to = ["b@example.org".to_owned()];
    let full = || Err::<(), _>("disk full");
    let delivery = submission
        .unwrap()
        .deliver("a@example.org", &to, TEXT.as_bytes(), full)
        .await;
    let Delivery::NotSent(Error::Mark(why)) = &delivery else {
        panic!("{delivery:?}")
    };
    assert_eq!(why, "disk full");
    let heard = server.await.unwrap();
    assert_eq!(
        heard.text,
        TEXT.trim_end().as_bytes(),
        "all of the text and no dot"
    );
}

#[tokio::test]
async fn what_no_server_should_be_asked_is_not_asked() {
    let good = "b@example.org";
    for (extensions, to, text, words) in [
        ("", "a@x\r\nRCPT TO:<b@y>", TEXT, "not an address"),
        ("", "nobody", TEXT, "not an address"),
        ("", good, "Subject: x\n\nhello\n", "bare line ends"),
        ("", good, "Subject: x\r\n\r\nhel\rlo\r\n", "bare line ends"),
        ("", "bücher@example.org", TEXT, "SMTPUTF8"),
        ("", good, "Subject: ü\r\n\r\n", "8BITMIME"),
    ] {
        let (submission, server) = connected(extensions, Fault::None).await;
        let mark = || Ok::<(), String>(());
        let to = [to.to_owned()];
        let delivery = submission
            .unwrap()
            .deliver("a@example.org", &to, text.as_bytes(), mark)
            .await;
        let Delivery::NotSent(error) = &delivery else {
            panic!("{to:?}: {delivery:?}")
        };
        assert!(error.to_string().contains(words), "{error}");
        drop(delivery);
        assert_eq!(
            server.await.unwrap().commands.len(),
            1,
            "nothing after EHLO"
        );
    }
}

#[tokio::test]
async fn letters_beyond_ascii_go_where_the_server_takes_them() {
    let (submission, server) = connected("250-8BITMIME\r\n250-SMTPUTF8\r\n", Fault::None).await;
    let to = ["bücher@example.org".to_owned()];
    let mark = || Ok::<(), String>(());
    let text = "Subject: ü\r\n\r\n".as_bytes();
    let delivery = submission
        .unwrap()
        .deliver("a@example.org", &to, text, mark)
        .await;
    assert!(
        matches!(delivery, Delivery::Accepted { .. }),
        "{delivery:?}"
    );
    let mail = server.await.unwrap().commands.remove(1);
    assert!(
        mail.contains("BODY=8BITMIME") && mail.contains("SMTPUTF8"),
        "{mail}"
    );
}

#[tokio::test]
async fn a_server_that_does_not_greet_well_is_refused() {
    for (fault, retry) in [
        (Fault::At("EHLO", "421 busy\r\n"), Next::Retry),
        (Fault::At("EHLO", "550 no\r\n"), Next::AskUser),
        (Fault::At("EHLO", ""), Next::Retry),
    ] {
        let (submission, _server) = connected("", fault).await;
        assert_eq!(submission.unwrap_err().next(), retry, "{fault:?}");
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let (ours, mut theirs) = tokio::io::duplex(1 << 16);
    let server =
        tokio::spawn(async move { while theirs.write_all(&[b'2'; 4096]).await.is_ok() {} });
    let result = open(Box::new(ours), false).await;
    assert!(matches!(result, Err(Error::Lost { .. })), "{result:?}");
    server.await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_is_told_from_a_busy_server() {
    for (answer, sign_in) in [
        ("535 5.7.8 no\r\n", true),
        ("454 4.7.0 later\r\n", false),
        ("235 in\r\n", false),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Endpoint {
            host: "127.0.0.1".into(),
            port: listener.local_addr().unwrap().port(),
            security: Security::None,
            ca_file: None,
            user: "user".into(),
        };
        let server = tokio::spawn(async move {
            let (mut tcp, _) = listener.accept().await.unwrap();
            let (mut near, far) = tokio::io::duplex(1024);
            let served = serve(far, "250-AUTH PLAIN LOGIN\r\n", Fault::At("AUTH", answer));
            let copied = tokio::io::copy_bidirectional(&mut tcp, &mut near);
            let (heard, _copied) = tokio::join!(served, copied);
            heard
        });
        let password = secrecy::SecretString::from("secret");
        let result = check(&endpoint, &password).await;
        match answer.starts_with("235") {
            true => assert_eq!(result.unwrap(), ["AUTH PLAIN LOGIN", "SIZE 1000000"]),
            false => assert_eq!(result.unwrap_err().is_sign_in(), sign_in),
        }
        assert!(server.await.unwrap().commands[1].starts_with("AUTH PLAIN "));
    }
}

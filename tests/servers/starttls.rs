//! STARTTLS against servers, and people in between, that do not play along. A real one is in
//! `imap_commands`.

use postroom::net::{Endpoint, Security};
use postroom::{imap, smtp};
use secrecy::SecretString;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

/// Runs one STARTTLS dialogue of `imap` or `smtp` against lines in clear text and returns the
/// error and all the client said.
async fn clear_dialogue(over_smtp: bool, answers: Vec<String>) -> (String, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        let mut said = String::new();
        for (n, answer) in answers.iter().enumerate() {
            if n > 0 && stream.read_line(&mut said).await.unwrap_or(0) == 0 {
                return said;
            }
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return said;
            }
        }
        let mut rest = Vec::new();
        let _gone = stream.read_to_end(&mut rest).await;
        said + &String::from_utf8_lossy(&rest)
    });
    let endpoint = Endpoint {
        host: "localhost".into(),
        port,
        security: Security::StartTls,
        ca_file: None,
        user: "user".into(),
    };
    let password = SecretString::from("secret");
    let error = if over_smtp {
        smtp::connect(&endpoint, &password)
            .await
            .unwrap_err()
            .to_string()
    } else {
        imap::connect(&endpoint, &password)
            .await
            .unwrap_err()
            .to_string()
    };
    (error, server.await.unwrap())
}

#[tokio::test]
async fn starttls_happens_cleanly_or_not_at_all() {
    let ehlo = "250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n";
    let injected = "sent data before TLS";
    let imap: [(&[&str], &str); 7] = [
        (&["* PREAUTH hello\r\n"], "already"),
        (&["* BYE no\r\n"], "something else than OK"),
        (&["* OK hi\r\n", "S1 BAD what\r\n"], "refuses STARTTLS"),
        (&["* OK hi\r\n", "S1 NO not here\r\n"], "refuses STARTTLS"),
        (&["* OK hi\r\n", "+ go\r\n"], "refuses STARTTLS"),
        (
            &[
                "* OK hi\r\n",
                "S1 OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n",
            ],
            injected,
        ),
        (
            &["* OK hi\r\n", "* x\r\n* y\r\nS1 OK begin\r\nA1 OK in\r\n"],
            injected,
        ),
    ];
    let smtp: [(&[&str], &str); 5] = [
        (&["554 no\r\n"], "does not greet"),
        (&["220 hi\r\n", "502 what\r\n"], "ESMTP"),
        (
            &["220-hi\r\n220 hi\r\n", ehlo, "454 not now\r\n"],
            "refuses STARTTLS",
        ),
        (
            &[
                "220 hi\r\n",
                ehlo,
                "220 go\r\n250-INJECTED\r\n250 AUTH LOGIN\r\n",
            ],
            injected,
        ),
        (
            &[
                "220 hi\r\n",
                ehlo,
                "220 go\r\n235 in\r\n250 ok\r\n354 go\r\n250 sent\r\n",
            ],
            injected,
        ),
    ];
    for (over_smtp, answers, words) in imap
        .map(|(answers, words)| (false, answers, words))
        .into_iter()
        .chain(smtp.map(|(answers, words)| (true, answers, words)))
    {
        let lines = answers.iter().map(ToString::to_string).collect();
        let (error, said) = clear_dialogue(over_smtp, lines).await;
        assert!(error.contains(words), "{answers:?}: {error}");
        let told = ["secret", "AHVzZXIAc2VjcmV0", "LOGIN", "AUTH"];
        assert!(
            told.iter().all(|word| !said.contains(word)),
            "{answers:?}: {said}"
        );
    }
}

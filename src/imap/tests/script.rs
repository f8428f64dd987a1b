//! A server that plays a script over an in-process stream.

use super::*;
use crate::imap::login;
use crate::net::Stream;
use secrecy::SecretString;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio::task::JoinHandle;

/// A modest server.
pub const BASIC: &str = "IMAP4rev1 UIDPLUS MOVE IDLE";

/// Signs in to a server with these capabilities, which then answers as the script says: a step is
/// a part of the expected command and the whole answer, in which `TAG` stands for its tag. After
/// the last step it hangs up. Also returns every line it was told.
pub async fn play(
    capabilities: &str,
    steps: &[(&str, &str)],
) -> (Connection, JoinHandle<Vec<String>>) {
    play_bytes(capabilities, steps, None).await
}

/// As [`play`], but of the last answer only so many bytes.
pub async fn play_bytes(
    capabilities: &str,
    steps: &[(&str, &str)],
    cut: Option<usize>,
) -> (Connection, JoinHandle<Vec<String>>) {
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    let login = format!("TAG OK [CAPABILITY {capabilities}] in\r\n");
    let mut all = vec![(String::new(), login)];
    if capabilities.contains("AUTH=PLAIN") {
        all.insert(0, ("AUTHENTICATE".into(), "+ \r\n".into()));
        all[1].1 = format!("A0001 OK [CAPABILITY {capabilities}] in\r\n");
    }
    all.extend(
        steps
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned())),
    );
    let greeting = format!("* OK [CAPABILITY {capabilities}] hello\r\n");
    let server = tokio::spawn(serve(theirs, greeting, all, cut));
    let connection = open(ours).await.unwrap();
    (connection, server)
}

/// Tries to sign in; returns the error and everything the client said.
pub async fn refused_login(greeting: &str, steps: &[(&str, &str)]) -> (Error, String) {
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    let steps = steps
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()));
    let server = tokio::spawn(serve(theirs, greeting.to_owned(), steps.collect(), None));
    let error = open(ours).await.unwrap_err();
    (error, server.await.unwrap().join("\n"))
}

/// A server that answers the first command with one piece after another and never ends.
pub async fn trickle(piece: &'static str) -> (Connection, JoinHandle<()>) {
    let (ours, mut theirs) = tokio::io::duplex(1 << 20);
    let server = tokio::spawn(async move {
        let hello = "* OK [CAPABILITY IMAP4rev1] hi\r\n";
        theirs.write_all(hello.as_bytes()).await.unwrap();
        let mut login = [0; 1024];
        let read = theirs.read(&mut login).await.unwrap();
        assert!(login[..read].ends_with(b"\r\n"));
        let signed_in = b"A0001 OK [CAPABILITY IMAP4rev1] in\r\n";
        theirs.write_all(signed_in).await.unwrap();
        while theirs.write_all(piece.as_bytes()).await.is_ok() {
            clock::sleep(Duration::from_millis(20)).await;
        }
    });
    (open(ours).await.unwrap(), server)
}

async fn open(stream: DuplexStream) -> Result<Connection, Error> {
    let endpoint = Endpoint {
        host: "imap.example.org".into(),
        port: 993,
        security: Security::Tls,
        ca_file: None,
        user: "user".into(),
    };
    let stream: Stream = Box::new(stream);
    login::open(&endpoint, stream, false, &SecretString::from("secret")).await
}

async fn serve(
    stream: DuplexStream,
    greeting: String,
    steps: Vec<(String, String)>,
    cut: Option<usize>,
) -> Vec<String> {
    let mut stream = BufReader::new(stream);
    let mut said = Vec::new();
    stream.write_all(&latin1(&greeting)).await.unwrap();
    let last = steps.len();
    for (n, (expected, answer)) in steps.into_iter().enumerate() {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            break;
        }
        let line = line.trim_end().to_owned();
        assert!(line.contains(&expected), "expected {expected}, got {line}");
        let tag = line.split(' ').next().unwrap_or_default().to_owned();
        said.push(line);
        let mut answer = latin1(&answer.replace("TAG", &tag));
        if let Some(cut) = cut.filter(|_| n + 1 == last) {
            answer.truncate(cut);
        }
        // The client may have given up already.
        if stream.write_all(&answer).await.is_err() {
            break;
        }
    }
    said
}

/// Scripts write raw bytes as the characters of the same number.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).unwrap()).collect()
}

//! The adapters against the demo's own servers, with the faults a script can put there.

use postroom::imap::{self, AppendError, Connection, Error, Moved, Resync, Woke};
use postroom::net::{Endpoint, Security};
use postroom::sandbox::{Fault, Feature, Options, Sandbox, Verb};
use postroom::smtp::{self, Delivery};
use secrecy::SecretString;
use std::net::SocketAddr;
use std::time::Duration;

fn endpoint(sandbox: &Sandbox, at: SocketAddr) -> Endpoint {
    Endpoint {
        host: at.ip().to_string(),
        port: at.port(),
        security: Security::None,
        ca_file: None,
        user: sandbox.user.clone(),
    }
}

async fn signed_in(sandbox: &Sandbox) -> Connection {
    let password = SecretString::from(sandbox.password.as_str());
    imap::connect(&endpoint(sandbox, sandbox.imap), &password)
        .await
        .unwrap()
}

const MAIL: &[u8] = b"Subject: x\r\nMessage-ID: <1@example.org>\r\n\r\nhello\r\n";

#[tokio::test]
async fn folders_and_messages_are_read_on_the_demo_server() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let mut c = signed_in(&sandbox).await;
    let folders = c.list().await.unwrap();
    assert!(folders.iter().any(|f| f.role == Some(imap::Role::Sent)));
    c.namespace().await.unwrap();
    c.create("Postroom \"ä\"").await.unwrap();
    c.create("Postroom \"ä\"").await.unwrap();
    assert!(
        c.list()
            .await
            .unwrap()
            .iter()
            .any(|f| f.name == "Postroom \"ä\"")
    );

    for _ in 0..4 {
        c.append("INBOX", &["$pr-open"], MAIL).await.unwrap();
    }
    let open = c.select("INBOX", None).await.unwrap();
    assert_eq!(
        (open.exists, open.uidnext, open.keywords_allowed),
        (4, 5, true)
    );
    let mut seen = Vec::new();
    c.overview(2, |o| seen.push((o.uid, o.size, o.flags)))
        .await
        .unwrap();
    assert_eq!(seen.len(), 3);
    assert_eq!(seen[0], (2, MAIL.len() as u64, vec!["$pr-open".to_owned()]));
    let mut bodies = Vec::new();
    c.fetch(&[1, 3], |m| bodies.push((m.uid, m.raw)))
        .await
        .unwrap();
    assert_eq!(bodies, [(1, MAIL.to_vec()), (3, MAIL.to_vec())]);
    assert_eq!(c.fetch_large(2).await.unwrap().unwrap().raw, MAIL);
    assert_eq!(
        c.search_message_id("1@example.org").await.unwrap(),
        [1, 2, 3, 4]
    );
    sandbox.stop().await;
}

#[tokio::test]
async fn changes_and_news_travel_on_the_demo_server() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let mut c = signed_in(&sandbox).await;
    for _ in 0..4 {
        c.append("INBOX", &[], MAIL).await.unwrap();
    }
    let open = c.select("INBOX", None).await.unwrap();
    let known = Resync {
        uidvalidity: open.uidvalidity,
        modseq: open.highest_modseq.unwrap(),
        max_uid: 4,
    };
    c.store(&[1], true, &["\\Answered"]).await.unwrap();
    assert_eq!(c.move_to(&[2], "Archive").await.unwrap(), Moved::Gone);
    c.expunge(&[3]).await.unwrap();
    assert_eq!(c.uids().await.unwrap(), [1, 4]);
    assert_eq!(c.changed_since(known.modseq).await.unwrap().flags[0].uid, 1);
    if c.tells_vanished() {
        let changes = c
            .select("INBOX", Some(known))
            .await
            .unwrap()
            .changes
            .unwrap();
        let gone = |uid| changes.vanished.iter().any(|r| r.contains(&uid));
        assert!(gone(2) && gone(3) && !gone(4));
    }

    let mut other = signed_in(&sandbox).await;
    c.noop().await.unwrap();
    let act = async { other.append("INBOX", &[], MAIL).await.map(|_| ()) };
    let idle = c.idle(Duration::from_secs(30), std::future::pending());
    let (woke, acted) = tokio::join!(idle, act);
    acted.unwrap();
    assert_eq!(woke.unwrap(), Woke::Changed);
    c.logout().await;
    sandbox.stop().await;
}

#[tokio::test]
async fn lost_answers_are_doubt_and_refusals_are_not() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let mut c = signed_in(&sandbox).await;
    let refuse = Fault::No("[OVERQUOTA] full".to_owned());
    sandbox.faults.next(Verb::Append, refuse);
    let error = c.append("INBOX", &[], MAIL).await.unwrap_err();
    assert!(
        matches!(error, AppendError::NotStored(Error::No { .. })),
        "{error:?}"
    );
    sandbox.faults.next(Verb::Append, Fault::LoseAnswer);
    let error = c.append("INBOX", &[], MAIL).await.unwrap_err();
    assert!(
        matches!(error, AppendError::Doubt(Error::Lost)),
        "{error:?}"
    );
    assert_eq!(sandbox.store.count("INBOX"), 1, "and it was stored");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_poor_server_is_enough() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    for feature in [
        Feature::Condstore,
        Feature::UidPlus,
        Feature::Move,
        Feature::Idle,
        Feature::LiteralPlus,
        Feature::SpecialUse,
        Feature::Namespace,
        Feature::Enable,
        Feature::Keywords,
    ] {
        sandbox.faults.mask(feature);
    }
    let mut c = signed_in(&sandbox).await;
    c.list().await.unwrap();
    assert_eq!(c.namespace().await.unwrap().0, "");
    let put = c.append("INBOX", &["\\Seen"], MAIL).await.unwrap();
    assert_eq!((put.uid, put.uidvalidity), (None, None));
    let open = c.select("INBOX", None).await.unwrap();
    assert_eq!((open.highest_modseq, open.keywords_allowed), (None, false));
    assert_eq!(c.flags(1..=9).await.unwrap().len(), 1);
    let idle = c.idle(Duration::from_secs(1), std::future::pending()).await;
    assert!(matches!(idle, Err(Error::Unsupported(_))));
    assert!(matches!(c.expunge(&[1]).await, Err(Error::Unsupported(_))));
    assert_eq!(c.move_to(&[1], "Archive").await.unwrap(), Moved::Marked);
    assert!(!c.noop().await.unwrap());
    sandbox.stop().await;
}

#[tokio::test]
async fn mail_goes_out_through_the_demo_server() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let at = endpoint(&sandbox, sandbox.smtp);
    let password = SecretString::from(sandbox.password.as_str());
    assert!(!smtp::check(&at, &password).await.unwrap().is_empty());
    let submission = smtp::connect(&at, &password).await.unwrap();
    let to = ["b@example.org".to_owned()];
    let delivery = submission
        .deliver(&sandbox.address, &to, MAIL, || Ok::<(), String>(()))
        .await;
    assert!(
        matches!(delivery, Delivery::Accepted { .. }),
        "{delivery:?}"
    );
    let sent = sandbox.sink.mails();
    assert_eq!(sent.len(), 1);
    let wrong = SecretString::from("wrong");
    assert!(smtp::connect(&at, &wrong).await.unwrap_err().is_sign_in());
    sandbox.stop().await;
}

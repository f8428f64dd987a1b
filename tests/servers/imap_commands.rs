//! Every call of the IMAP adapter against a real Dovecot, on Maildir and sdbox.

use crate::support::dovecot::{Dovecot, FORMATS, Format};
use postroom::imap::{self, Connection, Error, Moved, Resync, Role, Woke};
use postroom::net::Security;
use std::time::Duration;

/// A server and a signed-in connection, or nothing where servers may be missing.
async fn signed_in(format: Format) -> Option<(Dovecot, Connection)> {
    let server = Dovecot::start(format)?;
    let connection = imap::connect(&server.endpoint(server.user), &server.password())
        .await
        .unwrap_or_else(|error| panic!("{error}\n{}", server.log()));
    Some((server, connection))
}

async fn second(server: &Dovecot) -> Connection {
    imap::connect(&server.endpoint(server.user), &server.password())
        .await
        .unwrap()
}

fn mail(n: u32, size: usize) -> Vec<u8> {
    let head = format!(
        "From: a@example.org\r\nTo: team@example.org\r\nSubject: number {n}\r\n\
         Message-ID: <{n}@example.org>\r\n\r\n"
    );
    let mut raw = head.into_bytes();
    while raw.len() < size {
        raw.extend(b"a line of text that is not \xc3\xa4ll ASCII\r\n");
    }
    raw
}

async fn fill(connection: &mut Connection, folder: &str, count: u32) {
    for n in 1..=count {
        connection.append(folder, &[], &mail(n, 300)).await.unwrap();
    }
}

#[tokio::test]
async fn folders_are_listed_with_roles_and_made_with_any_name() {
    for format in FORMATS {
        let Some((_server, mut c)) = signed_in(format).await else {
            return;
        };
        assert!(c.capabilities().qresync() && c.capabilities().literal_plus());
        assert_eq!(c.namespace().await.unwrap(), (String::new(), "/".into()));
        let name = "Postroom/Entwürfe & \"mehr\" 日本";
        c.create(name).await.unwrap();
        c.create(name).await.expect("making it again is fine");
        let folders = c.list().await.unwrap();
        let role = |name: &str| folders.iter().find(|f| f.name == name).map(|f| f.role);
        assert_eq!(role("INBOX"), Some(Some(Role::Inbox)));
        assert_eq!(role("Sent"), Some(Some(Role::Sent)));
        assert_eq!(role(name), Some(None));
        let parent = folders.iter().find(|f| f.name == "Postroom").unwrap();
        assert_eq!(parent.delimiter.as_deref(), Some("/"));
        assert_eq!(c.select(name, None).await.unwrap().exists, 0);
        assert_eq!(c.selected(), Some(name));
        c.logout().await;
    }
}

#[tokio::test]
async fn a_message_comes_back_as_it_was_appended_and_stays_unseen() {
    for format in FORMATS {
        let Some((server, mut c)) = signed_in(format).await else {
            return;
        };
        let raw = mail(1, 5000);
        let before = c.round_trips();
        let put = c
            .append("INBOX", &["\\Flagged", "$pr-open"], &raw)
            .await
            .unwrap();
        assert_eq!(c.round_trips() - before, 1, "LITERAL+ needs one round trip");
        let open = c.select("INBOX", None).await.unwrap();
        assert!(open.keywords_allowed && !open.read_only && open.highest_modseq.is_some());
        assert_eq!(
            (put.uidvalidity, put.uid),
            (Some(open.uidvalidity), Some(1))
        );
        assert_eq!((open.exists, open.uidnext), (1, 2));

        let mut all = Vec::new();
        c.overview(1, |o| all.push(o)).await.unwrap();
        assert_eq!(
            (all.len(), all[0].uid, all[0].size),
            (1, 1, raw.len() as u64)
        );
        assert!(all[0].modseq.is_some() && all[0].internal.as_second() > 1_000_000_000);
        let mut beyond = Vec::new();
        c.overview(2, |o| beyond.push(o)).await.unwrap();
        assert!(beyond.is_empty(), "n:* names the last message even below n");

        let mut got = Vec::new();
        c.fetch(&[1, 7], |m| got.push(m)).await.unwrap();
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].raw, raw);
        assert!(got[0].flags.iter().any(|f| f == "$pr-open"));
        assert!(
            !c.flags(1..=9).await.unwrap()[0]
                .flags
                .iter()
                .any(|f| f == "\\Seen")
        );
        assert_eq!(c.search_message_id("1@example.org").await.unwrap(), [1]);
        assert_eq!(c.search_message_id("nobody").await.unwrap(), [] as [u32; 0]);

        let mut reader = second(&server).await;
        assert!(reader.examine("INBOX", None).await.unwrap().read_only);
    }
}

#[tokio::test]
async fn a_large_message_comes_in_pieces_and_whole() {
    let Some(server) = Dovecot::start_durable(Format::Sdbox) else {
        return;
    };
    let mut c = second(&server).await;
    let piece = postroom::limits::FETCH_PIECE as usize;
    // Exactly on the edge of a piece, and beyond it.
    for (n, size) in [(1, 2 * piece), (2, 2 * piece + 77)] {
        let mut raw = mail(n, size);
        raw.truncate(size);
        c.append("INBOX", &[], &raw).await.unwrap();
        c.select("INBOX", None).await.unwrap();
        let got = c.fetch_large(n).await.unwrap().unwrap();
        assert!(got.raw == raw, "message {n}");
    }
    assert_eq!(c.fetch_large(99).await.unwrap(), None);
}

#[tokio::test]
async fn flags_change_and_only_those_asked_for() {
    for format in FORMATS {
        let Some((_server, mut c)) = signed_in(format).await else {
            return;
        };
        fill(&mut c, "INBOX", 5).await;
        c.select("INBOX", None).await.unwrap();
        c.store(&[2, 3], true, &["$pr-o-ana", "\\Answered"])
            .await
            .unwrap();
        c.store(&[3], false, &["$pr-o-ana"]).await.unwrap();
        let flags = c.flags(1..=u32::MAX).await.unwrap();
        let of = |uid: u32| {
            let mut f = flags.iter().find(|f| f.uid == uid).unwrap().flags.clone();
            f.retain(|f| f != "\\Recent");
            f.sort();
            f
        };
        assert_eq!(of(2), ["$pr-o-ana", "\\Answered"]);
        assert_eq!(of(3), ["\\Answered"]);
        assert_eq!(of(4), [] as [&str; 0]);
        assert!(matches!(
            c.store(&[1], true, &["x)\r\nZZ DELETE INBOX"]).await,
            Err(Error::Argument(_))
        ));
        assert!(c.is_usable(), "a refused argument costs nothing");
    }
}

#[tokio::test]
async fn resync_tells_changes_and_deletions_in_one_round_trip() {
    for format in FORMATS {
        let Some((server, mut c)) = signed_in(format).await else {
            return;
        };
        fill(&mut c, "INBOX", 9).await;
        let open = c.select("INBOX", None).await.unwrap();
        let known = Resync {
            uidvalidity: open.uidvalidity,
            modseq: open.highest_modseq.unwrap(),
            max_uid: 9,
        };
        let mut other = second(&server).await;
        other.select("INBOX", None).await.unwrap();
        other.store(&[2], true, &["$x"]).await.unwrap();
        other.expunge(&[4, 5, 8]).await.unwrap();
        fill(&mut other, "INBOX", 1).await;

        let before = c.round_trips();
        let again = c.select("INBOX", Some(known)).await.unwrap();
        assert_eq!(c.round_trips() - before, 1);
        let changes = again.changes.unwrap();
        let gone = |uid| changes.vanished.iter().any(|range| range.contains(&uid));
        assert!([4, 5, 8].into_iter().all(gone) && !gone(2) && !gone(9));
        let changed: Vec<u32> = changes.flags.iter().map(|f| f.uid).collect();
        assert!(changed.contains(&2) && !changed.contains(&1));
        assert_eq!(c.uids().await.unwrap(), [1, 2, 3, 6, 7, 9, 10]);
        assert!(c.tells_vanished());
        let same = c.changed_since(known.modseq).await.unwrap();
        assert!(same.flags.iter().any(|f| f.uid == 2) && same.flags.iter().any(|f| f.uid == 10));
        assert!(same.vanished.iter().any(|range| range.contains(&8)));

        let stale = Resync {
            uidvalidity: known.uidvalidity + 1,
            ..known
        };
        assert_eq!(c.select("INBOX", Some(stale)).await.unwrap().changes, None);
    }
}

#[tokio::test]
async fn messages_move_and_vanish_one_by_one() {
    for format in FORMATS {
        let Some((_server, mut c)) = signed_in(format).await else {
            return;
        };
        fill(&mut c, "INBOX", 6).await;
        c.select("INBOX", None).await.unwrap();
        c.store(&[1], true, &["\\Deleted"]).await.unwrap();
        c.expunge(&[2, 3]).await.unwrap();
        assert_eq!(
            c.uids().await.unwrap(),
            [1, 4, 5, 6],
            "what others marked stays"
        );
        assert_eq!(c.move_to(&[4, 5], "Archive").await.unwrap(), Moved::Gone);
        assert_eq!(c.uids().await.unwrap(), [1, 6]);
        assert_eq!(c.exists(), 2);
        assert_eq!(c.select("Archive", None).await.unwrap().exists, 2);
    }
}

#[tokio::test]
async fn without_move_and_change_numbers_the_plain_ways_work() {
    let extra = "imap_capability = IMAP4rev1 UIDPLUS IDLE\n";
    for format in FORMATS {
        let Some(server) = Dovecot::start_with(format, extra) else {
            return;
        };
        // In clear text, which loopback alone may do.
        let mut c = imap::connect(&server.plain("team"), &server.password())
            .await
            .unwrap();
        assert!(!c.capabilities().condstore() && !c.capabilities().literal_plus());
        let before = c.round_trips();
        c.append("INBOX", &[], &mail(1, 300)).await.unwrap();
        assert_eq!(
            c.round_trips() - before,
            2,
            "the literal had to be asked for"
        );
        fill(&mut c, "INBOX", 2).await;
        let open = c.select("INBOX", None).await.unwrap();
        let known = Resync {
            uidvalidity: open.uidvalidity,
            modseq: 5,
            max_uid: 3,
        };
        assert_eq!(c.select("INBOX", Some(known)).await.unwrap().changes, None);
        assert!(!c.tells_vanished());
        assert_eq!(c.move_to(&[2], "Archive").await.unwrap(), Moved::Gone);
        assert_eq!(c.uids().await.unwrap(), [1, 3]);
        let mut all = Vec::new();
        c.overview(1, |o| all.push(o.uid)).await.unwrap();
        assert_eq!(all, [1, 3]);
    }
}

#[tokio::test]
async fn idle_wakes_on_new_mail_and_flags_and_stops_when_told() {
    for format in FORMATS {
        let Some((server, mut c)) = signed_in(format).await else {
            return;
        };
        fill(&mut c, "INBOX", 1).await;
        c.select("INBOX", None).await.unwrap();
        let mut other = second(&server).await;
        other.select("INBOX", None).await.unwrap();
        let long = Duration::from_secs(30);
        let never = std::future::pending::<()>;

        let act = async { other.append("INBOX", &[], &mail(2, 300)).await.map(|_| ()) };
        let (woke, acted) = tokio::join!(c.idle(long, never()), act);
        acted.unwrap();
        assert_eq!(woke.unwrap(), Woke::Changed);
        assert_eq!(c.exists(), 2);

        let act = async { other.store(&[1], true, &["$x"]).await };
        let (woke, acted) = tokio::join!(c.idle(long, never()), act);
        acted.unwrap();
        assert_eq!(woke.unwrap(), Woke::Changed);

        let act = async { other.expunge(&[1]).await };
        let (woke, acted) = tokio::join!(c.idle(long, never()), act);
        acted.unwrap();
        assert_eq!(woke.unwrap(), Woke::Changed);

        // Whatever was still on its way has arrived now.
        c.noop().await.unwrap();
        assert_eq!(
            c.idle(long, std::future::ready(())).await.unwrap(),
            Woke::Stopped
        );
        let short = Duration::from_millis(50);
        assert_eq!(c.idle(short, never()).await.unwrap(), Woke::Limit);
        assert!(!c.noop().await.unwrap());
        other.append("INBOX", &[], &mail(3, 300)).await.unwrap();
        assert!(c.noop().await.unwrap());
    }
}

#[tokio::test]
async fn refusals_name_the_command_and_leave_the_connection_usable() {
    let Some((_server, mut c)) = signed_in(Format::Maildir).await else {
        return;
    };
    let error = c.select("No such folder", None).await.unwrap_err();
    assert!(
        matches!(error, Error::No { what: "SELECT", .. }),
        "{error:?}"
    );
    assert_eq!(c.selected(), None);
    assert!(
        matches!(c.uids().await, Err(Error::Argument(_))),
        "no folder is open"
    );
    let error = c
        .append("No such folder", &[], b"x: y\r\n\r\n")
        .await
        .unwrap_err();
    let imap::AppendError::NotStored(Error::No { code, .. }) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(code, &Some(imap::Code::TryCreate));
    assert!(c.select("INBOX", None).await.is_ok());
}

#[tokio::test]
async fn a_wrong_password_and_a_wrong_certificate_are_told_apart() {
    let Some(server) = Dovecot::start(Format::Maildir) else {
        return;
    };
    let wrong = secrecy::SecretString::from("no \"such\" \\ pässword");
    let error = imap::connect(&server.endpoint("team"), &wrong)
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::SignIn { .. }) && error.is_sign_in(),
        "{error:?}"
    );
    assert_eq!(error.next(), imap::Next::AskUser);

    let mut untrusting = server.endpoint("team");
    untrusting.ca_file = None;
    let error = imap::connect(&untrusting, &server.password())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("unknown issuer"), "{error}");

    let mut startls = server.endpoint("team");
    startls.port = server.port;
    startls.security = Security::StartTls;
    let mut c = imap::connect(&startls, &server.password()).await.unwrap();
    c.noop().await.unwrap();

    let mut mixed_up = server.endpoint("team");
    mixed_up.port = server.port;
    let error = imap::connect(&mixed_up, &server.password())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("does not speak TLS"), "{error}");
}

#[tokio::test]
async fn a_folder_deleted_under_us_asks_to_be_selected_again() {
    let Some((server, mut c)) = signed_in(Format::Maildir).await else {
        return;
    };
    c.create("Journal").await.unwrap();
    fill(&mut c, "Journal", 1).await;
    let before = c.select("Journal", None).await.unwrap();
    // Another client deletes and makes it anew; the adapter itself cannot delete folders.
    let anew = std::process::Command::new("/usr/bin/doveadm")
        .env_clear()
        .arg("-c")
        .arg(server.dir.join("dovecot.conf"))
        .args(["mailbox", "delete", "-u", server.user, "Journal"])
        .status()
        .unwrap();
    assert!(anew.success());
    let mut other = second(&server).await;
    other.create("Journal").await.unwrap();
    let put = other.append("Journal", &[], &mail(2, 300)).await.unwrap();
    assert_ne!(put.uidvalidity, Some(before.uidvalidity));
    // What the old session sees now differs by version; it must notice one way or the other.
    let lost = match c.noop().await {
        Ok(_) => c.should_reselect(),
        Err(error) => error.is_fatal(),
    };
    assert!(lost, "the old folder is gone and nobody noticed");
}

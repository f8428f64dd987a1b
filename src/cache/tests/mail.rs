//! Messages, folders and threading.

use super::*;

#[test]
fn a_second_writer_is_told_who_holds_the_cache() {
    let fixture = Fixture::new();
    match Cache::open(&fixture.path()) {
        Err(Error::Busy { pid, .. }) => assert_eq!(pid, Some(std::process::id())),
        other => panic!("{:?}", other.map(|_| ())),
    }
    let dir = fixture.path();
    drop(fixture.cache);
    Cache::open(&dir).unwrap();
}

#[test]
fn an_indexer_keeps_the_cache_locked() {
    let fixture = Fixture::new();
    let indexer = fixture.cache.indexer().unwrap();
    let dir = fixture.path();
    drop(fixture.cache);
    assert!(matches!(Cache::open(&dir), Err(Error::Busy { .. })));
    drop(indexer);
    Cache::open(&dir).unwrap();
}

#[test]
fn nobody_else_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let mut fixture = Fixture::new();
    fixture.arrive(vec![mail(1, "a@x", &[], "One")]);
    fixture.index();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&fixture.path()), 0o700);
    for entry in std::fs::read_dir(fixture.path()).unwrap() {
        let path = entry.unwrap().path();
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), expected, "{}", path.display());
    }
}

#[test]
fn a_reader_says_when_there_is_nothing_yet() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(
        Reader::open(dir.path()),
        Err(Error::Missing { .. })
    ));
}

#[test]
fn a_reader_sees_what_another_connection_writes() {
    let mut fixture = Fixture::new();
    let reader = Reader::open(&fixture.path()).unwrap();
    let before = reader.version().unwrap();
    assert_eq!(reader.version().unwrap(), before);
    fixture.arrive(vec![mail(1, "a@x", &[], "One")]);
    assert_ne!(reader.version().unwrap(), before);
    assert_eq!(reader.names().unwrap(), [ConversationName::new("a@x")]);
}

#[test]
fn what_was_stored_is_there_after_a_crash() {
    let mut fixture = Fixture::new();
    fixture.arrive(vec![mail(1, "a@x", &[], "One")]);
    let dump = fixture.cache.reader().dump().unwrap();
    // A copy of the files as they are while the writer lives: what a killed process leaves.
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(fixture.path()).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_file() {
            std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
    }
    let again = Cache::open(copy.path()).unwrap();
    assert_eq!(again.damaged(), None);
    assert_eq!(again.reader().dump().unwrap(), dump);
    assert_eq!(
        again.indexer().unwrap().index().unwrap(),
        1,
        "it had no index"
    );
}

#[test]
fn a_damaged_cache_is_put_aside_and_begun_anew() {
    let mut fixture = Fixture::new();
    for uid in 1..200 {
        fixture.arrive(vec![mail(uid, &format!("{uid}@x"), &[], "One")]);
    }
    let dir = fixture.path();
    drop(fixture.cache);
    let path = dir.join(DATABASE);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.truncate(bytes.len() / 2);
    bytes.get_mut(5000..).unwrap().fill(0x55);
    std::fs::write(&path, bytes).unwrap();
    let conn = Connection::open(&path).unwrap();
    // Whether or not the mark can be read, the last writer did not end properly.
    drop(conn);
    let cache = Cache::open(&dir).unwrap();
    if let Some(aside) = cache.damaged() {
        assert!(aside.exists());
        assert_eq!(cache.reader().names().unwrap(), []);
    }
    drop(cache);
    std::fs::write(
        &path,
        b"this is no database at all, but long enough to be one",
    )
    .unwrap();
    let cache = Cache::open(&dir).unwrap();
    assert_eq!(cache.damaged(), Some(dir.join(DAMAGED).as_path()));
    assert_eq!(cache.reader().names().unwrap(), []);
}

#[test]
fn messages_come_back_as_they_were() {
    let mut fixture = Fixture::new();
    let sent = mail(3, "a@x", &["r@x"], "Refund");
    let raw = sent.raw.clone();
    fixture.arrive(vec![sent]);
    let me = Agent::new("ana");
    let name = ConversationName::new("r@x");
    let reader = fixture.cache.reader();
    let (row, messages) = reader.thread(&name, &viewer(&me)).unwrap().unwrap();
    assert_eq!((row.messages, row.unread), (1, 1));
    let message = messages.first().unwrap();
    assert_eq!(message.text.raw(), "Text of a@x.");
    assert_eq!((message.uid, message.folder.as_str()), (3, "INBOX"));
    assert_eq!(message.references, ["r@x"]);
    assert_eq!(reader.raw(message.key).unwrap(), Some(raw));
    assert_eq!(reader.raw(99).unwrap(), None);
}

#[test]
fn conversations_are_found_by_id_prefix_and_message_id() {
    let mut fixture = Fixture::new();
    fixture.arrive(vec![
        mail(1, "a@x", &[], "One"),
        mail(2, "b@x", &["a@x"], "One"),
    ]);
    let reader = fixture.cache.reader();
    let name = ConversationName::new("a@x");
    let id = name.id().as_str().to_owned();
    let upper = id.to_uppercase();
    let beginning = |n: usize| id.get(..n).unwrap();
    for text in [&id, &upper, beginning(4), "b@x", "<b@x>", "a@x"] {
        assert_eq!(
            reader.find(text).unwrap(),
            std::slice::from_ref(&name),
            "{text}"
        );
    }
    for text in [beginning(3), "", "zzzzzzzz", "c@x"] {
        assert_eq!(reader.find(text).unwrap(), [], "{text}");
    }
}

#[test]
fn copies_of_a_message_are_one_and_another_body_is_another_conversation() {
    let mut fixture = Fixture::new();
    fixture.arrive(vec![mail(1, "a@x", &[], "One")]);
    let mut copy = mail(1, "a@x", &[], "One");
    copy.raw = b"Received: x\n\nText of a@x.  \n\n".to_vec();
    fixture.send(vec![copy]);
    assert_eq!(fixture.page(View::All).total, 1);
    fixture.arrive(vec![
        mail(2, "a@x", &[], "Faked").with(|m| m.text = Remote::new("other")),
        mail(3, "reply@x", &["a@x"], "Re: One"),
    ]);
    let mut found: Vec<(String, u32)> = Vec::new();
    for row in fixture.page(View::All).rows {
        found.push((row.subject.raw().to_owned(), row.messages));
    }
    assert_eq!(found, [("One".to_owned(), 2), ("Faked".to_owned(), 1)]);
    let names = fixture.cache.reader().names().unwrap();
    assert!(names.iter().any(|n| n.as_str().starts_with("hash:")));
}

#[test]
fn the_earliest_keeps_its_message_id_however_late_it_comes() {
    let real = || mail(1, "a@x", &[], "Real");
    let fake = || mail(2, "a@x", &[], "Fake").with(|m| m.text = Remote::new("other"));
    let reply = || mail(3, "r@x", &["a@x"], "Re: Real");
    let mut dumps = Vec::new();
    for batches in [
        vec![vec![real(), fake(), reply()]],
        vec![vec![reply()], vec![fake()], vec![real()]],
        vec![vec![fake()], vec![reply(), real()]],
    ] {
        let mut fixture = Fixture::new();
        for batch in batches {
            fixture.arrive(batch);
        }
        dumps.push(fixture.cache.reader().dump().unwrap());
    }
    assert_eq!(dumps.first(), dumps.get(1));
    assert_eq!(dumps.first(), dumps.get(2));
    // And when the real one leaves, the other takes the id over.
    let mut fixture = Fixture::new();
    fixture.arrive(vec![real(), fake(), reply()]);
    fixture.cache.gone(fixture.inbox, &[1..=1]).unwrap();
    let mut rebuilt = Fixture::new();
    rebuilt.arrive(vec![fake(), reply()]);
    let dump = |f: &Fixture| f.cache.reader().dump().unwrap();
    assert_eq!(dump(&fixture), dump(&rebuilt));
}

#[test]
fn mail_without_references_follows_the_same_person_and_subject() {
    let mut fixture = Fixture::new();
    let eve = |m: &mut Message| m.from = vec![Address::new("Eve", "eve@x.example")];
    fixture.arrive(vec![
        mail(1, "a@x", &[], "Broken lamp"),
        mail(2, "b@x", &[], "Re: Broken lamp"),
        mail(3, "c@x", &[], "Re: Broken lamp").with(eve),
        mail(4, "d@x", &[], "Re: Broken lamp").after(30 * DAY),
    ]);
    let reader = fixture.cache.reader();
    let names = ["a@x", "c@x", "d@x"].map(ConversationName::new);
    assert_eq!(reader.names().unwrap(), names);
    let me = Agent::new("ana");
    let former = reader
        .row(&ConversationName::new("b@x"), &viewer(&me))
        .unwrap();
    assert_eq!(former.unwrap().name.as_str(), "a@x");
}

#[test]
fn a_uid_that_means_another_message_now_is_believed() {
    let mut fixture = Fixture::new();
    fixture.arrive(vec![mail(1, "a@x", &[], "One")]);
    let changed = fixture.arrive(vec![mail(1, "b@x", &[], "Two")]);
    assert_eq!(changed.len(), 2);
    assert_eq!(fixture.subjects(View::All), ["Two"]);
}

#[test]
fn another_uidvalidity_is_refused_until_the_folder_is_forgotten() {
    let mut fixture = Fixture::new();
    fixture.arrive(vec![mail(1, "a@x", &[], "One")]);
    let stored = fixture.cache.store(
        fixture.inbox,
        9,
        vec![mail(1, "b@x", &[], "Two")],
        &fixture.own,
    );
    assert!(matches!(
        stored,
        Err(Error::OtherEpoch {
            held: 7,
            offered: 9
        })
    ));
    fixture.cache.forget_folder(fixture.inbox).unwrap();
    assert_eq!(fixture.cache.uids(fixture.inbox).unwrap(), []);
    assert_eq!(fixture.page(View::All).total, 0);
    let again = mail(1, "b@x", &[], "Two");
    fixture
        .cache
        .store(fixture.inbox, 9, vec![again], &fixture.own)
        .unwrap();
    assert_eq!(fixture.subjects(View::All), ["Two"]);
}

#[test]
fn flags_are_kept_as_a_set() {
    let mut fixture = Fixture::new();
    let mut message = mail(1, "a@x", &[], "One");
    let flags = |list: &[&str]| -> Vec<String> { list.iter().map(|f| (*f).to_owned()).collect() };
    message.flags = flags(&["\\Seen", "$pr-open", "\\Recent"]);
    fixture.arrive(vec![message]);
    let uids = |f: &Fixture| f.cache.uids(f.inbox).unwrap();
    assert_eq!(
        uids(&fixture),
        [(1, flags_digest(&flags(&["$pr-open", "\\Seen"])))]
    );
    let changes = [(1, flags(&["\\Seen"]), Some(9)), (5, flags(&[]), None)];
    let changed = fixture.cache.flags(fixture.inbox, &changes).unwrap();
    assert_eq!(changed, [ConversationName::new("a@x")]);
    assert_eq!(uids(&fixture), [(1, flags_digest(&flags(&["\\Seen"])))]);
    let facts = fixture.cache.reader().facts(&ConversationName::new("a@x"));
    let place = facts.unwrap().unwrap().places.remove(0);
    assert_eq!(
        (place.role, place.uid, place.flags),
        (FolderRole::Inbox, 1, flags(&["\\Seen"]))
    );
}

#[test]
fn positions_survive() {
    let mut fixture = Fixture::new();
    fixture
        .cache
        .set_position(fixture.inbox, 7, 12, Some(u64::MAX))
        .unwrap();
    let dir = fixture.path();
    drop(fixture.cache);
    let mut cache = Cache::open(&dir).unwrap();
    let folder = cache.folder(FolderRole::Inbox, "INBOX").unwrap();
    assert_eq!(folder.uidvalidity, Some(7));
    assert_eq!(folder.uidnext, Some(12));
    assert_eq!(folder.highest_modseq, Some(u64::MAX));
}

#[test]
fn the_journal_comes_back_in_order() {
    let mut fixture = Fixture::new();
    let message = |uid, verified| JournalMessage {
        uidvalidity: 5,
        uid,
        internal: at(i64::from(uid)),
        raw: vec![uid as u8],
        verified,
    };
    let cache = &mut fixture.cache;
    cache
        .journal_append(&[message(9, false), message(3, false), message(4, true)])
        .unwrap();
    cache.journal_append(&[message(3, true)]).unwrap();
    cache.journal_gone(5, &[4..=8]).unwrap();
    let mut all = Vec::new();
    cache
        .reader()
        .journal((0, 0), |m| {
            all.push(m);
            true
        })
        .unwrap();
    assert_eq!(all, [message(3, true), message(9, false)]);
    assert_eq!(cache.reader().journal_position().unwrap(), Some((5, 9)));
    assert_eq!(cache.reader().journal_uids(5).unwrap(), [3, 9]);
    cache.journal_reset(6).unwrap();
    assert_eq!(cache.reader().journal_position().unwrap(), None);
}

#[test]
fn a_thread_of_ten_thousand_is_stored_in_pieces() {
    let mut fixture = Fixture::new();
    let ids: Vec<String> = (0..10_000).map(|n| format!("{n}@x")).collect();
    for (batch, chunk) in (0u32..).zip(ids.chunks(2_000)) {
        let first = batch * 2_000;
        let message = |(n, id): (u32, &String)| {
            let all: Vec<&str> = ids.iter().map(String::as_str).collect();
            let seen = (first + n) as usize;
            let references = all.get(seen.saturating_sub(100)..seen).unwrap_or_default();
            mail(first + n + 1, id, references, "Long")
        };
        fixture.arrive((0..).zip(chunk).map(message).collect());
    }
    let page = fixture.page(View::All);
    assert_eq!(
        (page.total, page.rows.first().unwrap().messages),
        (1, 10_000)
    );
}

//! Mail that hurts, through a whole sync: every message is listed, nothing hangs, nothing panics.

use crate::support::office::{Person, Place};
use postroom::cache::Reader;
use postroom::sandbox::{Options, Sandbox};
use postroom::view::View;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Collected messages of every kind, kept beside the project and not in it.
const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus");

/// Thousands of messages in a build without optimisation; a sync that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(300);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_file_of_the_corpus_is_synced_and_listed() {
    if !Path::new(CORPUS).is_dir() {
        println!("left out: the corpus is not beside this folder");
        return;
    }
    let mut paths = Vec::new();
    files(Path::new(CORPUS), &mut paths);
    paths.sort();
    assert!(paths.len() > 2_000, "only {} files", paths.len());
    let mails = paths.iter().map(|path| std::fs::read(path).unwrap());
    all_are_listed(mails.collect()).await;
}

/// The numbers are those of HOSTILE.md section 5.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_built_to_hurt_is_synced_and_listed() {
    let head = "From: x@example.net\r\nSubject: hurt\r\n";
    let mut mails: Vec<Vec<u8>> = Vec::new();
    // 25: a message in a message in a message …
    let nested = "Content-Type: message/rfc822\r\n\r\n".repeat(100_000);
    mails.push(format!("{head}{nested}deep\r\n").into());
    // 26: a part in a part in a part …, each with its own boundary, and all with the same.
    let each: String = (0..20_000).map(|n| opening(&format!("b{n}"))).collect();
    mails.push(format!("{head}{each}deep\r\n").into());
    let same = opening("b").repeat(100_000);
    mails.push(format!("{head}{same}deep\r\n").into());
    // 27: more parts than anybody looks at.
    let parts = "--b\r\n\r\n\r\n".repeat(1_000_000);
    let mixed = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    mails.push(format!("{head}{mixed}{parts}--b--\r\n").into());
    // 29: one file name in 300,000 pieces.
    let pieces: String = (0..300_000).map(|n| format!(";\r\n name*{n}=a")).collect();
    let file = format!("Content-Type: application/pdf{pieces}\r\n\r\nx\r\n");
    mails.push(format!("{head}{file}").into());
    // 35: headers that are none.
    mails.push(format!("X: {}\r\n\r\nlong line\r\n", "a".repeat(50_000_000)).into());
    mails.push(format!("{}\r\nmany fields\r\n", "X: y\r\n".repeat(1_000_000)).into());
    mails.push(b"no colon here\r\nSubject: after it\r\n\r\nbody\r\n".to_vec());
    mails.push(b"Subject: a\0b\r\n\r\nNUL\0\r\n".to_vec());
    mails.push(b"Subject: only\rFrom: x@example.net\r\rcarriage returns\r".to_vec());
    mails.push(b"Subject: no blank line\r\nFrom: x@example.net\r\n".to_vec());
    mails.push(Vec::new());
    mails.push(b"\r\n".to_vec());
    all_are_listed(mails).await;
}

fn opening(boundary: &str) -> String {
    format!("Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n--{boundary}\r\n")
}

/// Puts them into an INBOX and syncs that: the cache has a place for each, and the lists show
/// every message once.
async fn all_are_listed(mails: Vec<Vec<u8>>) {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    for mail in mails {
        sandbox.store.append("INBOX", &[], None, mail).unwrap();
    }
    let mut ana = Place::of(&sandbox).person("ana").await;
    ana.patience = PATIENCE;
    let summary = ana.sync().await.unwrap();
    let cached = Cached::of(&ana);
    let messages = sandbox.store.messages("INBOX").unwrap();
    let uids: Vec<u32> = messages.iter().map(|message| message.uid).collect();
    assert_eq!(cached.inbox, uids);
    assert_eq!(summary.messages, cached.inbox.len());
    let rows = ana.rows(View::All).await;
    let listed: usize = rows.iter().map(|row| row.messages as usize).sum();
    assert_eq!(listed, cached.messages);
    for row in rows {
        let thread = ana.open(&row.name).await.unwrap();
        assert_eq!(thread.messages.len(), row.messages as usize, "{:?}", row.id);
    }
    ana.handle.finish().await;
}

/// What a cache holds, by its own words.
struct Cached {
    /// UIDs of INBOX, ascending.
    inbox: Vec<u32>,
    /// Messages; copies of the same bytes are one.
    messages: usize,
}

impl Cached {
    fn of(person: &Person) -> Self {
        let reader = Reader::open(&person.setup.cache_dir.join("support")).unwrap();
        let dump = reader.dump().unwrap();
        let fields = |line: &'static str| dump.lines().filter(move |l| l.starts_with(line));
        Self {
            inbox: fields("place\t\"inbox\"\t")
                .map(|line| line.split('\t').nth(2).unwrap().parse().unwrap())
                .collect(),
            messages: fields("message\t").count(),
        }
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

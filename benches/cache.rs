//! What the cache costs, without a server.
//!
//! `cargo bench --bench cache` compares 1,000 with 100,000 made-up conversations: a page, the
//! counts, a thread, searches, and the first page after opening. With a Maildir as argument
//! (`-- DIR`) it also stores and indexes that mail. Figures are medians and 99th percentiles of
//! one run; only their ratios mean anything.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(clippy::unwrap_used, reason = "a benchmark that fails stops")]

mod made_up;

use made_up::{START, arrived, fill};
use postroom::cache::{Cache, FolderRole, OwnAddresses, Reader, Viewer};
use postroom::clock::{Timestamp, monotonic};
use postroom::mail::parse;
use postroom::query;
use postroom::team::{Agent, ConversationName};
use postroom::view::View;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Messages in one transaction, as in a sync.
const BATCH: usize = 500;
/// Times each reading is repeated.
const REPEATS: usize = 200;

fn main() {
    let maildir = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    if let Some(dir) = maildir {
        import(Path::new(&dir));
    }
    for conversations in [1_000, 100_000] {
        lists(conversations);
    }
}

/// Parses, stores and indexes a Maildir.
fn import(dir: &Path) {
    let home = tempfile::tempdir().unwrap();
    let mut cache = Cache::open(home.path()).unwrap();
    let inbox = cache.folder(FolderRole::Inbox, "INBOX").unwrap().id;
    let own = OwnAddresses::new(["support@acme.example"]);
    let mut paths: Vec<_> = fs::read_dir(dir.join("cur"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    paths.sort();
    let (mut parsing, mut storing, mut bytes) = (Duration::ZERO, Duration::ZERO, 0);
    for (batch, chunk) in paths.chunks(BATCH).enumerate() {
        let raws: Vec<Vec<u8>> = chunk.iter().map(|p| fs::read(p).unwrap()).collect();
        bytes += raws.iter().map(Vec::len).sum::<usize>();
        let start = monotonic();
        let mut arrivals = Vec::new();
        for (n, raw) in raws.into_iter().enumerate() {
            let uid = u32::try_from(batch * BATCH + n + 1).unwrap();
            let message = parse::parse(&raw);
            let date = message.date.map_or(START, Timestamp::as_second);
            arrivals.push(arrived(uid, date, raw, message));
        }
        parsing += start.elapsed();
        let start = monotonic();
        cache.store(inbox, 1, arrivals, &own).unwrap();
        storing += start.elapsed();
    }
    let start = monotonic();
    cache.indexer().unwrap().index().unwrap();
    let indexing = start.elapsed();
    println!("{} messages, {} MB", paths.len(), bytes / 1_000_000);
    println!("  parse {parsing:.2?}, store {storing:.2?}, index {indexing:.2?}");
    drop(cache);
    let kept = size(home.path());
    let records = fs::metadata(home.path().join("cache.db")).unwrap().len();
    println!("  database {} MB", records / 1_000_000);
    println!(
        "  on disk {} MB, {} %",
        kept / 1_000_000,
        kept * 100 / bytes.max(1)
    );
    println!("  most memory {}", peak_memory());
}

/// Fills a cache with conversations of two messages and times reading it.
fn lists(conversations: u32) {
    let home = tempfile::tempdir().unwrap();
    fill(home.path(), conversations);
    let me = Agent::new("ana");
    let viewer = Viewer {
        me: &me,
        now: Timestamp::from_second(START + 100_000_000).unwrap(),
        zone: jiff::tz::TimeZone::UTC,
        mark: &|_| None,
    };
    println!("{conversations} conversations");
    time("open, first page", || {
        let reader = Reader::open(home.path()).unwrap();
        reader.page(View::Queue, &viewer, 0, 50).unwrap();
    });
    let reader = Reader::open(home.path()).unwrap();
    let last = usize::try_from(conversations).unwrap().saturating_sub(50);
    time("page of the queue", || {
        reader.page(View::Queue, &viewer, 0, 50).unwrap();
    });
    time("last page of all", || {
        reader.page(View::All, &viewer, last, 50).unwrap();
    });
    time("counts", || {
        reader.counts(&viewer).unwrap();
    });
    let name = ConversationName::new("77@bench.example");
    time("thread", || {
        reader.thread(&name, &viewer).unwrap();
    });
    for text in [
        "word77",
        "parcel",
        "\"box was empty\"",
        "par*",
        "from:person7",
        "is:open",
        "is:open parcel",
        "after:7d parcel",
    ] {
        let query = query::parse(text).unwrap();
        time(text, || {
            reader.search(&query, &viewer, 50).unwrap();
        });
    }
    println!("  most memory {}", peak_memory());
}

fn time(what: &str, mut work: impl FnMut()) {
    let mut times: Vec<Duration> = (0..REPEATS)
        .map(|_| {
            let start = monotonic();
            work();
            start.elapsed()
        })
        .collect();
    times.sort();
    let at = |percent: usize| {
        times
            .get(REPEATS * percent / 100)
            .copied()
            .unwrap_or_default()
    };
    println!("  {what:20} p50 {:>10.1?}  p99 {:>10.1?}", at(50), at(99));
}

fn size(dir: &Path) -> usize {
    let entries = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    let sizes = entries.map(|path| match path.is_dir() {
        true => size(&path),
        false => usize::try_from(fs::metadata(&path).unwrap().len()).unwrap(),
    });
    sizes.sum()
}

/// The most memory the process ever held, where the system says.
fn peak_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.map_or("unknown".to_owned(), |l| l.trim().to_owned())
}

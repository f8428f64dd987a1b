//! What a key, a start and an idle screen cost.
//!
//! `cargo bench --bench screen` fills caches with 1,000 and 100,000 made-up conversations, presses
//! keys on the app's state with a reader of that cache behind it, then starts the real program in
//! a terminal of its own: how long until the queue is on the screen, how much memory it holds, and
//! what it writes while nothing happens.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints its figures, and stops when it fails"
)]

#[allow(dead_code, reason = "each benchmark uses a part")]
mod figures;
#[path = "screen/keys.rs"]
mod keys;
#[allow(dead_code, reason = "each benchmark uses a part")]
mod made_up;
#[path = "screen/terminal.rs"]
mod terminal;

use figures::{median, percentile, ratio, status_of, verdict};
use keys::{Pressed, press_keys};
use postroom::clock::{self, monotonic};
use postroom::sandbox::{Options, Sandbox, seed};
use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use terminal::Terminal;

/// Conversations in the small and in the large cache.
const SIZES: [u32; 2] = [1_000, 100_000];
/// Starts of each size.
const STARTS: usize = 9;
/// From key to drawn frame, 99 of 100.
const KEY: Duration = Duration::from_millis(8);
/// Warm start with many over warm start with few, at most.
const START: f64 = 1.5;
/// The most memory the open program may hold, in MiB.
const MEMORY: u64 = 200;
/// How long nothing happens.
const IDLE: Duration = Duration::from_secs(10);

/// Folders and configuration of one person, with a server that refuses connections.
struct Home {
    dir: TempDir,
}

fn main() {
    let homes = SIZES.map(|size| {
        let home = Home::new(refusing_port());
        made_up::fill(&home.cache(), size);
        home
    });
    keystrokes(&homes);
    starts(&homes);
    memory(&homes[1]);
    idle();
}

fn keystrokes(homes: &[Home; 2]) {
    println!("screen: a key, of 200 by 50 cells");
    let both = homes.each_ref().map(|home| {
        let mut pressed = press_keys(&home.cache());
        let all = pressed.len();
        pressed.retain(|p| !p.disturbed);
        println!(
            "  {all} keys pressed; left out, because others had the core: {}",
            all - pressed.len()
        );
        pressed
    });
    for (size, pressed) in SIZES.iter().zip(&both) {
        let row = |what, pick: fn(&Pressed) -> Duration| {
            let (p50, p99) = (
                percentile(pressed.iter().map(pick), 50),
                percentile(pressed.iter().map(pick), 99),
            );
            println!("  {size:>7} conversations, {what:<28} p50 {p50:>9.1?}  p99 {p99:>9.1?}");
        };
        row("key to frame", |p| p.frame);
        row("its answer to frame", |p| p.answer);
        row("cache, on another thread", |p| p.cache);
    }
    let own = |p: &Pressed| p.frame.max(p.answer);
    let [few, many] = both.map(|pressed| percentile(pressed.iter().map(own), 99));
    println!(
        "  p99 with {} over {}: {:.2}",
        SIZES[1],
        SIZES[0],
        ratio(many, few)
    );
    verdict(
        &format!("a key is drawn within {KEY:?} of our own time, p99"),
        format!("{many:.1?}"),
        many <= KEY,
    );
}

fn starts(homes: &[Home; 2]) {
    println!("screen: start to the first drawn queue, server unreachable");
    let mut took = [Vec::new(), Vec::new()];
    for run in 0..=STARTS {
        for (home, took) in homes.iter().zip(&mut took) {
            let start = monotonic();
            let terminal = Terminal::start(&home.arguments());
            assert!(terminal.shows("About order"), "{}", terminal.screen());
            // The first start makes the desk and fills the system's cache.
            if run > 0 {
                took.push(start.elapsed());
            }
            terminal.leave();
        }
    }
    for (size, took) in SIZES.iter().zip(&took) {
        let (usual, worst) = (
            median(took.iter().copied()),
            percentile(took.iter().copied(), 100),
        );
        println!("  {size:>7} conversations  median {usual:>9.1?}  worst {worst:>9.1?}");
    }
    let [few, many] = took.map(median);
    let over = ratio(many, few);
    verdict(
        &format!(
            "a start with {} takes at most {START} times one with {}",
            SIZES[1], SIZES[0]
        ),
        format!("{over:.2} times"),
        over <= START,
    );
}

fn memory(home: &Home) {
    println!("screen: memory with {} conversations open", SIZES[1]);
    let mut terminal = Terminal::start(&home.arguments());
    assert!(terminal.shows("About order"), "{}", terminal.screen());
    for keys in [
        "G", "gg", "4", "G", "1", "\r", "\u{1b}", "/parcel", "\r", "\u{1b}",
    ] {
        terminal.press(keys);
        terminal.settle(Duration::from_millis(300));
    }
    let of = |field| status_of(terminal.pid(), field) / 1024;
    let (held, own, peak) = (of("VmRSS"), of("RssAnon"), of("VmHWM"));
    println!("  held {held} MiB, of that {own} MiB not backed by files; most {peak} MiB");
    verdict(
        &format!("at most {MEMORY} MiB"),
        format!("{peak} MiB"),
        peak <= MEMORY,
    );
    terminal.leave();
}

/// In step with a server that has no news.
fn idle() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let options = Options {
        users: vec![("support".to_owned(), "sandbox".to_owned())],
        ..Options::default()
    };
    let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
    seed::bulk(&sandbox.store, clock::now(), 1_000).unwrap();
    let home = Home::new(sandbox.imap.port());
    let terminal = Terminal::start(&home.arguments());
    assert!(terminal.shows("Question 1"), "{}", terminal.screen());
    terminal.settle(Duration::from_secs(5));
    let (before, woken) = (terminal.written(), wake_ups(terminal.pid()));
    std::thread::sleep(IDLE);
    let written = terminal.written() - before;
    // Threads that ended meanwhile take their count with them.
    let later = wake_ups(terminal.pid());
    let growth = |(id, count): (&u32, &u64)| count - woken.get(id).unwrap_or(&0);
    let woken: u64 = later.iter().map(growth).sum();
    println!("screen: {IDLE:?} without news, connected; its threads woke {woken} times");
    verdict(
        "0 bytes written to the terminal while idle",
        format!("{written} bytes"),
        written == 0,
    );
    terminal.leave();
    runtime.block_on(sandbox.stop());
}

/// Times each thread of a process was woken so far.
fn wake_ups(pid: u32) -> BTreeMap<u32, u64> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let ids = tasks.filter_map(|task| task.ok()?.file_name().to_str()?.parse().ok());
    ids.map(|id: u32| (id, status_of(id, "voluntary_ctxt_switches")))
        .collect()
}

/// A port nobody listens on.
fn refusing_port() -> u16 {
    let bound = TcpListener::bind("127.0.0.1:0").unwrap();
    bound.local_addr().unwrap().port()
}

impl Home {
    fn new(port: u16) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = format!(
            r#"[me]
name = "Ana Ruiz"
address = "ana@acme.example"
[[mailbox]]
name = "support"
address = "support@acme.example"
[mailbox.imap]
host = "127.0.0.1"
port = {port}
security = "none"
user = "support"
password-command = ["printf", "%s", "sandbox"]
[mailbox.smtp]
host = "127.0.0.1"
port = {port}
security = "none"
"#
        );
        fs::write(dir.path().join("config.toml"), config).unwrap();
        fs::create_dir(dir.path().join("cache")).unwrap();
        Self { dir }
    }

    /// The cache of its mailbox.
    fn cache(&self) -> PathBuf {
        self.path("cache").join("support")
    }

    fn path(&self, name: &str) -> PathBuf {
        Path::new(self.dir.path()).join(name)
    }

    fn arguments(&self) -> Vec<String> {
        [
            ("--config", "config.toml"),
            ("--cache-dir", "cache"),
            ("--data-dir", "data"),
        ]
        .into_iter()
        .flat_map(|(option, name)| [option.to_owned(), self.path(name).display().to_string()])
        .collect()
    }
}

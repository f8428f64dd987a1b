//! From a server to searchable mail: postroom beside mbsync followed by notmuch.
//!
//! `cargo bench --bench sync -- MAILDIR` serves the mail of a Maildir (or of `POSTROOM_BENCH_MAIL`)
//! by a Dovecot on loopback and brings it to empty folders three times by either way, in turns.
//! Without a Maildir it makes up mail. The peer gets what favours it: mbsync does not wait for the
//! disk, and neither does the server.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints its figures, and stops when it fails"
)]

#[path = "../tests/support/dovecot.rs"]
#[allow(dead_code, reason = "the tests use the rest of it")]
mod dovecot;
#[allow(dead_code, reason = "each benchmark uses a part")]
mod figures;

use dovecot::{Dovecot, Format};
use figures::{Cost, cost_of, median, ratio, verdict};
use postroom::clock::monotonic;
use postroom::imap;
use rustix::fs::Mode;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Times each way is gone.
const RUNS: usize = 3;
/// Messages that are made up when there is no Maildir.
const MADE_UP: usize = 10_000;
/// The peers' time over ours, at least.
const FASTER: f64 = 8.0;
/// The most memory a sync may hold, in MiB.
const MEMORY: u64 = 150;

/// The mail on the server.
struct Mail {
    count: usize,
    bytes: u64,
    /// A word that is in it, to try the search with.
    needle: &'static str,
}

fn main() {
    // The server's processes belong to another user and read what is copied for them.
    rustix::process::umask(Mode::empty());
    let Some(server) = Dovecot::start(Format::Maildir) else {
        return;
    };
    let mail = serve_mail(&server);
    println!(
        "sync: {} messages, {} MB, from Dovecot on loopback",
        mail.count,
        mail.bytes / 1_000_000
    );
    let bare = fetch_bare(&server, mail.count);
    let with_peers = peers_are_there();
    let (mut ours, mut peers) = (Vec::new(), Vec::new());
    for run in 0..RUNS {
        ours.push(postroom(&server, &mail, run));
        if with_peers {
            peers.push(mbsync_and_notmuch(&server, &mail, run));
        }
    }
    report(&mail, bare, &ours, &peers);
}

fn report(mail: &Mail, bare: Duration, ours: &[Cost], peers: &[(Cost, Cost)]) {
    let of = |pick: fn(&Cost) -> Duration| median(ours.iter().map(pick));
    let (wall, cpu) = (of(|c| c.wall), of(|c| c.cpu));
    let rate = mail.count as f64 / wall.as_secs_f64();
    println!("  bare FETCH of everything        {bare:>8.2?}");
    println!("  postroom sync                   {wall:>8.2?}  cpu {cpu:.2?}  {rate:.0} messages/s");
    println!(
        "  postroom / bare FETCH           {:>8.1}",
        ratio(wall, bare)
    );
    let peak = ours.iter().map(|c| c.peak).max().unwrap_or(0) / 1024;
    if peers.is_empty() {
        println!("  nothing to compare with: apt-get install isync notmuch");
    } else {
        let fetched = median(peers.iter().map(|(m, _)| m.wall));
        let indexed = median(peers.iter().map(|(_, n)| n.wall));
        let both = median(peers.iter().map(|(m, n)| m.wall + n.wall));
        let busy = median(peers.iter().map(|(m, n)| m.cpu + n.cpu));
        let held = peers.iter().map(|(m, n)| m.peak.max(n.peak)).max();
        println!("  mbsync                          {fetched:>8.2?}");
        println!("  notmuch new                     {indexed:>8.2?}");
        println!(
            "  mbsync and notmuch new          {both:>8.2?}  cpu {busy:.2?}  most memory {} MiB",
            held.unwrap_or(0) / 1024
        );
        println!(
            "  in processor time               {:>8.1} times",
            ratio(busy, cpu)
        );
        let times = ratio(both, wall);
        verdict(
            &format!("at least {FASTER} times faster than mbsync followed by notmuch new"),
            format!("{times:.1} times"),
            times >= FASTER,
        );
    }
    verdict(
        &format!("at most {MEMORY} MiB while syncing"),
        format!("{peak} MiB"),
        peak <= MEMORY,
    );
}

/// Syncs into empty folders with the real program, then searches what came.
fn postroom(server: &Dovecot, mail: &Mail, run: usize) -> Cost {
    let home = server.dir.join(format!("postroom-{run}"));
    fs::create_dir(&home).unwrap();
    let config = home.join("config.toml");
    fs::write(&config, configuration(server)).unwrap();
    let program = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postroom"));
        command
            .args(["--json", "--config"])
            .arg(&config)
            .arg("--cache-dir")
            .arg(home.join("cache"))
            .arg("--data-dir")
            .arg(home.join("data"))
            .args(arguments);
        command
    };
    let said = fs::File::create(home.join("said")).unwrap();
    let cost = cost_of(program(&["sync"]).stdout(said));
    let said = fs::read_to_string(home.join("said")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!(summary["messages"], mail.count, "not everything came");
    let found = program(&["search", mail.needle]).output().unwrap();
    assert!(!found.stdout.is_empty(), "{} is not found", mail.needle);
    fs::remove_dir_all(&home).unwrap();
    cost
}

fn configuration(server: &Dovecot) -> String {
    format!(
        r#"[me]
name = "Ana Ruiz"
address = "ana@acme.example"
[[mailbox]]
address = "support@acme.example"
[mailbox.imap]
host = "127.0.0.1"
port = {port}
security = "none"
user = "{user}"
password-command = ["printf", "%s", "{pass}"]
[mailbox.smtp]
host = "127.0.0.1"
port = {port}
security = "none"
"#,
        port = server.port,
        user = server.user,
        pass = server.pass,
    )
}

/// The same mail by the usual tools.
fn mbsync_and_notmuch(server: &Dovecot, mail: &Mail, run: usize) -> (Cost, Cost) {
    let home = server.dir.join(format!("peers-{run}"));
    let maildir = home.join("mail");
    fs::create_dir_all(&maildir).unwrap();
    let rc = home.join("mbsyncrc");
    fs::write(&rc, mbsyncrc(server, &home)).unwrap();
    let fetched = cost_of(quiet(Command::new("mbsync").arg("-c").arg(&rc).arg("all")));
    let settings = home.join("notmuch-config");
    let lines = format!(
        "[database]\npath={}\n[user]\nname=Ana\nprimary_email=ana@acme.example\n\
         [new]\ntags=new\n[search]\nexclude_tags=\n",
        maildir.display()
    );
    fs::write(&settings, lines).unwrap();
    let notmuch = |arguments: &[&str]| {
        let mut command = Command::new("notmuch");
        command.args(arguments).env("NOTMUCH_CONFIG", &settings);
        command
    };
    let indexed = cost_of(quiet(&mut notmuch(&["new", "--quiet"])));
    let count = notmuch(&["count", "*"]).output().unwrap();
    let count = String::from_utf8_lossy(&count.stdout).trim().to_owned();
    assert_eq!(count, mail.count.to_string(), "notmuch has another number");
    fs::remove_dir_all(&home).unwrap();
    (fetched, indexed)
}

fn mbsyncrc(server: &Dovecot, home: &Path) -> String {
    format!(
        "FSync no\n\nIMAPAccount server\nHost 127.0.0.1\nPort {}\nUser {}\nPass {}\n\
         SSLType None\nAuthMechs *\n\nIMAPStore far\nAccount server\n\n\
         MaildirStore near\nPath {home}/mail/\nInbox {home}/mail/INBOX\n\n\
         Channel all\nFar :far:INBOX\nNear :near:INBOX\nCreate Near\nSync Pull\n\
         SyncState {home}/state\n",
        server.port,
        server.user,
        server.pass,
        home = home.display(),
    )
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdout(Stdio::null()).stderr(Stdio::null())
}

fn peers_are_there() -> bool {
    ["mbsync", "notmuch"].iter().all(|program| {
        let mut command = Command::new(program);
        quiet(command.arg("--version")).status().is_ok()
    })
}

/// Reads every message once and throws it away: what the server and the line allow. It also lets
/// the server build its own index before anything is measured.
fn fetch_bare(server: &Dovecot, count: usize) -> Duration {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let once = || {
        runtime.block_on(async {
            let endpoint = server.plain(server.user);
            let password = server.password();
            let mut connection = imap::connect(&endpoint, &password).await.unwrap();
            connection.examine("INBOX", None).await.unwrap();
            let uids = connection.uids().await.unwrap();
            assert_eq!(
                uids.len(),
                count,
                "the server has another number of messages"
            );
            let start = monotonic();
            let mut bytes = 0;
            for part in uids.chunks(500) {
                connection
                    .fetch(part, |m| bytes += m.raw.len())
                    .await
                    .unwrap();
            }
            let took = start.elapsed();
            assert!(bytes > 0);
            connection.logout().await;
            took
        })
    };
    once();
    median((0..RUNS).map(|_| once()))
}

/// Puts the mail where the server looks for it.
fn serve_mail(server: &Dovecot) -> Mail {
    let inbox = server.dir.join("mail").join(server.user).join("Maildir");
    for part in ["cur", "new", "tmp"] {
        fs::create_dir_all(inbox.join(part)).unwrap();
    }
    let argument = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    let asked = argument.map(PathBuf::from);
    let dir = asked.or_else(|| std::env::var_os("POSTROOM_BENCH_MAIL").map(PathBuf::from));
    let target = inbox.join("cur");
    let needle = match dir {
        Some(dir) => {
            copy_mail(&dir.join("cur"), &target);
            "shipping"
        }
        None => {
            println!(
                "sync: no Maildir given (`-- DIR` or POSTROOM_BENCH_MAIL, as gen_corpus.py writes \
                 it); with made-up mail, which is more alike than real mail"
            );
            make_up_mail(&target);
            "kettle"
        }
    };
    let files = || fs::read_dir(&target).unwrap().map(Result::unwrap);
    Mail {
        count: files().count(),
        bytes: files().map(|f| f.metadata().unwrap().len()).sum(),
        needle,
    }
}

fn copy_mail(from: &Path, to: &Path) {
    let files = fs::read_dir(from).expect("a Maildir with a folder cur");
    for file in files.map(Result::unwrap) {
        let copy = to.join(file.file_name());
        fs::copy(file.path(), &copy).unwrap();
        fs::set_permissions(&copy, Permissions::from_mode(0o666)).unwrap();
    }
}

/// Conversations of three mails, about 8 KiB each, from a fixed vocabulary.
fn make_up_mail(to: &Path) {
    const WORDS: [&str; 12] = [
        "refund",
        "invoice",
        "delivery",
        "kettle",
        "password",
        "subscription",
        "return",
        "label",
        "please",
        "the",
        "order",
        "yesterday",
    ];
    let mut state = 7_u64;
    let mut next = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(state >> 33).unwrap()
    };
    for number in 0..MADE_UP {
        let (thread, place) = (number / 3, number % 3);
        let references = match place {
            0 => String::new(),
            _ => format!(
                "In-Reply-To: <{thread}-0@example.net>\nReferences: <{thread}-0@example.net>\n"
            ),
        };
        let mut body = String::new();
        while body.len() < 7_600 {
            let end = if next().is_multiple_of(10) { "\n" } else { " " };
            body += WORDS[next() % WORDS.len()];
            body += &format!("{}{end}", next() % 9_000);
            body += WORDS[next() % WORDS.len()];
            body += end;
        }
        let mail = format!(
            "From: Customer {thread} <c{thread}@example.net>\nTo: support@acme.example\n\
             Subject: Question {thread}\nDate: Tue, 10 Nov 2026 09:{:02}:00 +0000\n\
             Message-ID: <{thread}-{place}@example.net>\n{references}\
             Content-Type: text/plain; charset=utf-8\n\n{body}\n",
            number % 60
        );
        fs::write(to.join(format!("{number:06}.made.up:2,")), mail).unwrap();
    }
}

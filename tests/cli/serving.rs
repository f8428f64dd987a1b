//! `serve` and `sync` as a service manager runs them.

use super::office::Office;
use crate::support::program::Home;
use postroom::clock;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Stdio};
use std::time::Duration;

/// A running `serve`; stopped by its own process id, also when a test fails.
struct Serving {
    child: Child,
    log: BufReader<ChildStderr>,
}

impl Serving {
    fn start(home: &Home) -> Self {
        let mut child = home
            .command(&["serve", "--json"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        Self { child, log }
    }

    /// Reads the log until a line with this message.
    fn wait_for(&mut self, message: &str) {
        let mut seen = String::new();
        loop {
            let from = seen.len();
            let read = self.log.read_line(&mut seen).unwrap();
            assert!(read > 0, "`serve` ended without {message:?}: {seen}");
            let line: serde_json::Value = serde_json::from_str(&seen[from..]).unwrap();
            if line["message"] == message {
                return;
            }
        }
    }

    /// Sends a signal and waits for the exit code.
    fn stop(mut self, signal: Signal) -> Option<i32> {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
        let started = clock::monotonic();
        while started.elapsed() < Duration::from_secs(30) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("`serve` did not end");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It has ended already unless a test failed.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[test]
fn serve_keeps_the_cache_in_step_and_ends_when_told() {
    for signal in [Signal::TERM, Signal::INT] {
        let office = Office::open();
        let home = office.stranger("ana", &office.sandbox.password);
        let mut serving = Serving::start(&home);
        serving.wait_for("in step with the server");
        office.deliver(
            "new@shop.example",
            "Ida <ida@shop.example>",
            "Broken lamp",
            "It fell.",
        );
        wait_until_listed(&home, "Broken lamp");
        assert_eq!(serving.stop(signal), Some(0), "{signal:?}");
    }
}

/// Waits until another process sees the conversation, far shorter than a server that tells nothing
/// is asked again.
fn wait_until_listed(home: &Home, subject: &str) {
    let started = clock::monotonic();
    loop {
        let rows = home.run(&["list", "--json"]).ends(0).objects();
        if rows.iter().any(|row| row["subject"] == subject) {
            return;
        }
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "{subject} did not arrive"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn serve_waits_for_a_server_that_is_away() {
    let office = Office::open();
    office.sandbox.faults.refuse_connections(true);
    let home = office.stranger("ana", &office.sandbox.password);
    let mut serving = Serving::start(&home);
    serving.wait_for("not connected");
    office.sandbox.faults.refuse_connections(false);
    serving.wait_for("in step with the server");
    assert_eq!(serving.stop(Signal::TERM), Some(0));
}

#[test]
fn the_log_of_serve_holds_no_mail() {
    let office = Office::open();
    let home = office.stranger("ana", &office.sandbox.password);
    let mut serving = Serving::start(&home);
    serving.wait_for("in step with the server");
    office.deliver(
        "c@shop.example",
        "Canary <canary@shop.example>",
        "Canarysubject",
        "Canarybody",
    );
    wait_until_listed(&home, "Canarysubject");
    let pid = Pid::from_child(&serving.child);
    kill_process(pid, Signal::TERM).unwrap();
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut serving.log, &mut rest).unwrap();
    for canary in ["anary", "sandbox", "lena@"] {
        assert!(!rest.contains(canary), "{canary}: {rest}");
    }
}

#[test]
fn sync_says_what_changed_and_is_done_when_nothing_did() {
    let office = Office::open();
    let home = office.stranger("ana", &office.sandbox.password);
    let lines = home.run(&["sync", "--json"]).ends(0).objects();
    let summary = lines.last().unwrap();
    assert_eq!(summary["event"], "synced");
    assert_eq!(summary["messages"], 3);
    assert_eq!(summary["new"], 3);
    let again = home.run(&["sync", "--json"]).ends(0).objects();
    assert_eq!(again.last().unwrap()["new"], 0);
    let text = home.run(&["sync"]).ends(0);
    assert_eq!(text.stdout, "");
    assert!(
        text.stderr.contains("in step with the server: 3 messages"),
        "{}",
        text.stderr
    );
}

//! `demo --serve`: servers only, for two terminals at once and for scripts.

use super::office::id_of;
use crate::support::program::Home;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::Stdio;

#[test]
fn demo_serve_says_how_to_connect_and_leaves_nothing_behind() {
    let home = Home::empty();
    let scratch = home.path().join("tmp");
    std::fs::create_dir(&scratch).unwrap();
    let mut child = home
        .command(&["demo", "--serve", "--json"])
        .env("TMPDIR", &scratch)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let said: serde_json::Value = serde_json::from_str(&line).unwrap();
    let configs = said["configs"].as_array().unwrap();
    let seat = |index: usize| Home::like(Path::new(configs[index].as_str().unwrap()));
    let (ana, kim) = (seat(0), seat(1));
    ana.run(&["sync"]).ends(0);
    kim.run(&["sync"]).ends(0);
    assert!(
        ana.run(&["list", "--view", "all", "--json"])
            .ends(0)
            .objects()
            .len()
            > 250
    );
    let id = id_of(&ana, "Invoice shows wrong VAT");
    ana.run(&["claim", &id]).ends(0);
    let refused = kim.run(&["claim", &id, "--json"]).ends(3).object();
    assert_eq!(refused["owner"], "ana");

    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{stderr}");
    assert_eq!(stderr, "");
    assert_eq!(
        std::fs::read_dir(&scratch).unwrap().count(),
        0,
        "the demo left files behind"
    );
    let own = home.path().join("home");
    assert!(!own.exists(), "the demo touched the person's own folders");
}

#[test]
fn a_folder_with_something_in_it_is_not_used() {
    let home = Home::with("");
    let folder = home.path().to_str().unwrap();
    let run = home.run(&["demo", "--serve", "--keep", folder]).ends(2);
    assert!(run.stderr.contains("is not empty"), "{}", run.stderr);
}

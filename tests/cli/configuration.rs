//! Configurations that are missing, broken or point nowhere.

use crate::support::program::Home;
use std::os::unix::fs::PermissionsExt;

/// Port 1 on this machine: nobody listens there.
pub const UNREACHABLE: &str = r#"
[me]
name = "Ana Ruiz"
address = "ana@acme.example"
[[mailbox]]
name = "support"
address = "support@acme.example"
[mailbox.imap]
host = "127.0.0.1"
port = 1
security = "none"
user = "support"
password-command = ["echo", "pw"]
[mailbox.smtp]
host = "127.0.0.1"
port = 1
security = "none"
"#;

#[test]
fn without_a_configuration_the_way_out_is_named() {
    let home = Home::empty();
    let run = home.run(&["list"]).ends(2);
    assert!(
        run.stderr.contains("there is no configuration at"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("postroom demo"), "{}", run.stderr);
}

#[test]
fn a_broken_configuration_names_file_line_and_what_is_allowed() {
    for (text, part) in [
        ("[me\n", "line 1"),
        ("[me]\nname = \"Ana\"\n", "me.address is missing"),
        (
            &UNREACHABLE.replace("port = 1", "port = 0"),
            "line 10: mailbox.imap.port must be",
        ),
        (
            &UNREACHABLE.replace("127.0.0.1", "192.0.2.1"),
            "for this machine only",
        ),
        (
            &UNREACHABLE.replace("password-command", "password"),
            "passwords do not belong",
        ),
    ] {
        let home = Home::with(text);
        let run = home.run(&["list"]).ends(2);
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
        assert!(run.stderr.contains("config.toml"), "{}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    }
}

#[test]
fn the_option_wins_over_the_environment() {
    let home = Home::with("[me\n");
    std::fs::write(home.path().join("other.toml"), "[you\n").unwrap();
    let run = home.run(&["list", "--config", "other.toml"]).ends(2);
    assert!(run.stderr.contains("other.toml"), "{}", run.stderr);
}

#[test]
fn hostile_text_in_a_configuration_stays_text() {
    let home = Home::with(&format!("\"\\u001b]0;x\\u0007\" = 1\n{UNREACHABLE}"));
    let run = home.run(&["list"]).ends(0);
    assert!(run.stderr.contains("unknown option"), "{}", run.stderr);
    assert!(!run.stderr.contains('\u{1b}'), "{:?}", run.stderr);
}

#[test]
fn an_unknown_mailbox_is_not_found() {
    let home = Home::with(UNREACHABLE);
    let run = home.run(&["list", "--mailbox", "sales"]).ends(4);
    assert!(
        run.stderr.contains("no mailbox sales; there is support"),
        "{}",
        run.stderr
    );
}

#[test]
fn an_unreachable_server_ends_with_five_and_names_the_host() {
    let home = Home::with(UNREACHABLE);
    for verb in ["check", "sync"] {
        let run = home.run(&[verb]).ends(5);
        assert!(run.stderr.contains("127.0.0.1"), "{verb}: {}", run.stderr);
        assert_eq!(run.stdout, "", "{verb}");
    }
}

#[test]
fn a_list_without_a_server_is_what_is_cached() {
    let home = Home::with(UNREACHABLE);
    let run = home.run(&["list", "--json"]).ends(0);
    assert_eq!(run.stdout, "");
}

#[test]
fn what_the_program_creates_is_for_its_owner_alone() {
    let home = Home::with(UNREACHABLE);
    home.run(&["list", "--cache-dir", "cache", "--data-dir", "data"])
        .ends(0);
    let mut folders = vec![home.path().join("cache"), home.path().join("data")];
    let mut seen = 0;
    while let Some(path) = folders.pop() {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
        seen += 1;
        if path.is_dir() {
            folders.extend(std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path()));
        }
    }
    assert!(seen > 2, "nothing was created");
}

#[test]
fn a_folder_that_cannot_be_made_is_named_with_the_option_for_another() {
    let home = Home::with(UNREACHABLE);
    std::fs::write(home.path().join("file"), "").unwrap();
    let run = home.run(&["list", "--data-dir", "file/data"]).ends(1);
    assert!(run.stderr.contains("file/data"), "{}", run.stderr);
    assert!(run.stderr.contains("--data-dir"), "{}", run.stderr);
}

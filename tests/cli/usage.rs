//! What needs no configuration.

use crate::support::program::Home;

#[test]
fn wrong_usage_ends_with_two_and_prints_nothing_as_a_result() {
    let home = Home::empty();
    for arguments in [
        &["fly"][..],
        &["list", "--view", "everything"],
        &["status", "4x7k", "snoozed"],
        &["tag", "4x7k", "urgent"],
        &["--no-such-option"],
        &["reply"],
    ] {
        let run = home.run(arguments).ends(2);
        assert_eq!(run.stdout, "", "{arguments:?}");
        assert!(
            run.stderr.contains("Usage") || run.stderr.contains("--help"),
            "{run:?}"
        );
    }
}

#[test]
fn help_is_a_result_and_names_the_exit_codes() {
    let home = Home::empty();
    for option in ["--help", "-h"] {
        let run = home.run(&[option]).ends(0);
        assert!(run.stdout.contains("Exit codes:"), "{}", run.stdout);
        assert!(run.stdout.contains("postroom demo"), "{}", run.stdout);
    }
    let run = home.run(&["reply", "--help"]).ends(0);
    assert!(run.stdout.contains("--anyway <REASON>"), "{}", run.stdout);
    assert!(
        home.run(&["--version"])
            .ends(0)
            .stdout
            .starts_with("postroom ")
    );
}

#[test]
fn completions_and_manual_pages_need_no_configuration() {
    let home = Home::empty();
    let run = home.run(&["completions", "bash"]).ends(0);
    assert!(run.stdout.contains("_postroom()"));
    let run = home.run(&["man"]).ends(0);
    assert!(run.stdout.contains(".TH POSTROOM 1"));
    home.run(&["man", "pages"]).ends(0);
    assert!(home.path().join("pages/postroom-reply.1").exists());
}

#[test]
fn a_reader_that_stops_early_is_no_error() {
    let home = Home::empty();
    let program = env!("CARGO_BIN_EXE_postroom");
    let script = format!("{program} completions zsh | head -n 1; exit ${{PIPESTATUS[0]}}");
    let output = std::process::Command::new("bash")
        .args(["-c", &script])
        .current_dir(home.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn the_screen_needs_a_terminal_and_says_what_works_without() {
    let home = Home::with(super::configuration::UNREACHABLE);
    let run = home.run(&[]).ends(1);
    assert!(run.stderr.contains("terminal"), "{}", run.stderr);
    assert_eq!(run.stdout, "");
}

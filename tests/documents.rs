//! What documents say is what the program does.
//!
//! With POSTROOM_WRITE_DOCUMENTS=1 the parts made by the program are written anew.

use postroom::tui::commands;
use std::fs;
use std::path::{Path, PathBuf};

fn readme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// Compares the text between two comments of the README with `made`, or writes it.
fn holds(begin: &str, end: &str, made: &str) {
    let text = fs::read_to_string(readme()).unwrap();
    let (before, rest) = text.split_once(begin).expect("the README has the marker");
    let (line, rest) = rest.split_once('\n').unwrap();
    let (found, after) = rest.split_once(end).expect("the README has the end marker");
    if std::env::var_os("POSTROOM_WRITE_DOCUMENTS").is_some() {
        let written = format!("{before}{begin}{line}\n{made}{end}{after}");
        fs::write(readme(), written).unwrap();
        return;
    }
    assert!(
        found == made,
        "the README is behind the program: run the tests with POSTROOM_WRITE_DOCUMENTS=1"
    );
}

#[test]
fn the_readme_and_its_made_parts_are_the_programs_own() {
    holds("<!-- keys:", "<!-- end of keys -->", &commands::key_table());
    let snapshots = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screens/snapshots");
    let shot = snapshots.join("postroom__screens__shots__queue_120x36.snap");
    let shot = fs::read_to_string(shot).unwrap();
    let screen = shot.splitn(3, "---\n").nth(2).unwrap();
    let screen: Vec<&str> = screen.lines().take(36).map(str::trim_end).collect();
    let screen = format!("```text\n{}\n```\n", screen.join("\n"));
    holds("<!-- screen:", "<!-- end of screen -->", &screen);
}

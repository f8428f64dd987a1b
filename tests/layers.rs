//! The architecture of `src/lib.rs`, held by reading the sources.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Each part of the crate and the parts it may name.
const LAYERS: &[(&str, &[&str])] = &[
    // core
    ("limits", &[]),
    ("clock", &[]),
    ("mail", &["clock", "limits", "team"]),
    ("team", &["clock", "limits", "mail"]),
    ("query", &["clock", "limits", "mail", "team"]),
    ("view", &["clock", "limits", "mail", "team"]),
    ("config", &["limits", "mail", "team"]),
    // adapters, and the connection that two of them make
    ("net", &["clock", "config", "limits"]),
    (
        "imap",
        &["clock", "config", "limits", "mail", "net", "team"],
    ),
    ("smtp", &["clock", "config", "limits", "mail", "net"]),
    ("secrets", &["clock", "config", "limits", "mail"]),
    (
        "cache",
        &["clock", "config", "limits", "mail", "query", "team", "view"],
    ),
    (
        "desk",
        &["clock", "config", "limits", "mail", "query", "team", "view"],
    ),
    // where they meet
    (
        "engine",
        &[
            "cache", "clock", "config", "desk", "imap", "limits", "mail", "net", "query",
            "secrets", "smtp", "team", "view",
        ],
    ),
    // front ends
    ("tui", FRONT),
    ("cli", FRONT),
    ("serve", FRONT),
    // the other side of the wire
    ("sandbox", &["clock", "config", "limits", "mail", "team"]),
    ("main", &["postroom"]),
];

const FRONT: &[&str] = &[
    "clock", "config", "engine", "limits", "mail", "query", "team", "view",
];

/// Names from below a layer that only these files may use, each with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    // The one command that starts the demo's servers.
    ("cli/demo.rs", "sandbox"),
];

/// Words and the only places (path prefixes below `src`) that may hold them.
const OWNERS: &[(&str, &[&str])] = &[
    ("async_imap", &["imap"]),
    ("imap_proto", &["imap"]),
    ("imap_next", &["sandbox"]),
    ("imap_codec", &["sandbox"]),
    ("smtp_proto", &["sandbox"]),
    ("rusqlite", &["cache", "desk"]),
    ("tantivy", &["cache"]),
    ("mail_parser", &["mail"]),
    ("html2text", &["mail"]),
    ("lettre", &["smtp", "mail"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("clap", &["cli", "main.rs"]),
    ("Color::", &["tui/ui/theme.rs"]),
    ("Clean(", &["mail/clean"]),
    ("Instant::now", &["clock.rs"]),
    ("SystemTime::now", &["clock.rs"]),
    ("Timestamp::now", &["clock.rs"]),
    ("Zoned::now", &["clock.rs"]),
    ("time::sleep", &["clock.rs"]),
];

/// What core, and the pure halves of the screen, may not name: input, output, time and chance.
const IMPURE: &[&str] = &[
    "tokio",
    "async fn",
    "async_imap",
    "std::env",
    "std::fs",
    "std::net::Tcp",
    "std::process",
    "std::thread",
    "getrandom",
    "clock::now",
    "clock::monotonic",
    "clock::sleep",
];

/// Files of the pure parts that may name one such word, each with the reason.
const IMPURE_EXCEPTIONS: &[(&str, &str)] = &[
    // A stack of its own and a deadline, so that no mail takes the process down.
    ("mail/parse/worker.rs", "std::thread"),
];

const PURE: &[&str] = &[
    "mail", "team", "query", "view", "limits", "tui/app", "tui/ui",
];

/// Most lines of code in a file, without its tests, comments and empty lines.
const LINES: usize = 400;

/// One source file without comments and unit tests.
struct Source {
    /// Path below `src`.
    path: String,
    /// Line number, code.
    code: Vec<(usize, String)>,
    /// Paths below `src` of the modules it has for its tests only.
    tests: Vec<String>,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let mut code = Vec::new();
        let mut tests = Vec::new();
        let mut lines = text.lines().enumerate().peekable();
        while let Some((index, line)) = lines.next() {
            if line.trim() == "#[cfg(test)]" {
                let next = lines.peek().map_or("", |(_, next)| next.trim());
                if next.contains("mod ") && next.ends_with('{') {
                    break;
                }
                if let Some((_, name)) = next.trim_end_matches(';').split_once("mod ") {
                    let folder = path.trim_end_matches(".rs");
                    tests.push(format!("{folder}/{name}.rs"));
                }
                lines.next();
                continue;
            }
            let line = line.split("//").next().unwrap_or_default();
            if !line.trim().is_empty() {
                code.push((index + 1, line.to_owned()));
            }
        }
        Self {
            path: path.to_owned(),
            code,
            tests,
        }
    }

    /// The part of the crate it belongs to.
    fn part(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.trim_end_matches(".rs")
    }

    fn is_in(&self, place: &str) -> bool {
        self.path == place
            || self.path == format!("{place}.rs")
            || self.path.starts_with(&format!("{place}/"))
    }
}

/// Every source file of the library and the program, unit tests left out.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path
                .strip_prefix(&root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            if name.ends_with(".rs") {
                sources.push(Source::new(&name, &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(sources.len() > 30, "the sources were not found");
    let tests: Vec<String> = sources.iter().flat_map(|s| s.tests.clone()).collect();
    sources.retain(|source| !tests.contains(&source.path));
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

/// The parts of the crate that a line names: `crate::mail::x` and `crate::{mail, team::Agent}`.
fn named_parts(line: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        if line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &line[at + "crate::".len()..];
        let list = match rest.strip_prefix('{') {
            Some(list) => list.split(',').collect(),
            None => vec![rest],
        };
        for item in list {
            let word = |c: char| c.is_alphanumeric() || c == '_';
            let name: String = item.trim().chars().take_while(|c| word(*c)).collect();
            parts.push(name);
        }
    }
    parts.retain(|part| part.starts_with(|c: char| c.is_ascii_lowercase()));
    parts
}

fn reaching(sources: &[Source]) -> Vec<String> {
    let layers: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let mut found = Vec::new();
    for source in sources {
        let part = source.part();
        if part == "lib" {
            continue;
        }
        let Some(allowed) = layers.get(part) else {
            found.push(format!("{}: `{part}` has no layer", source.path));
            continue;
        };
        for (number, line) in &source.code {
            for named in named_parts(line) {
                let excepted = EXCEPTIONS.contains(&(source.path.as_str(), named.as_str()));
                if named != part && !allowed.contains(&named.as_str()) && !excepted {
                    found.push(format!("{}:{number}: names {named}", source.path));
                }
            }
        }
    }
    found
}

fn misplaced(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for (word, owners) in OWNERS {
        for source in sources {
            if owners.iter().any(|owner| source.is_in(owner)) {
                continue;
            }
            for (number, line) in source.code.iter().filter(|(_, line)| holds(line, word)) {
                found.push(format!(
                    "{}:{number}: `{word}`: {}",
                    source.path,
                    line.trim()
                ));
            }
        }
    }
    found
}

fn impure(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources
        .iter()
        .filter(|s| PURE.iter().any(|place| s.is_in(place)))
    {
        for word in IMPURE {
            if IMPURE_EXCEPTIONS.contains(&(source.path.as_str(), word)) {
                continue;
            }
            for (number, line) in source.code.iter().filter(|(_, line)| holds(line, word)) {
                found.push(format!(
                    "{}:{number}: `{word}`: {}",
                    source.path,
                    line.trim()
                ));
            }
        }
    }
    found
}

/// Whether a line holds a word that is not the end of a longer one.
fn holds(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let open_end = word.ends_with(|c: char| !c.is_alphanumeric()) || word.ends_with("Tcp");
        !letter(before) && (open_end || !letter(after))
    })
}

#[test]
fn no_layer_reaches_upward_or_sideways() {
    let found = reaching(&sources());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn everything_outside_has_one_owner_inside() {
    let found = misplaced(&sources());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_pure_parts_do_nothing_but_think() {
    let found = impure(&sources());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn files_stay_short() {
    let long = sources()
        .into_iter()
        .filter(|source| source.code.len() > LINES);
    let long: Vec<String> = long
        .map(|s| format!("{}: {}", s.path, s.code.len()))
        .collect();
    assert!(long.is_empty(), "longer than {LINES} lines: {long:?}");
}

#[test]
fn planted_faults_are_found() {
    let plant = |path: &str, text: &str| vec![Source::new(path, text)];
    for (path, text) in [
        ("mail/parse.rs", "use crate::engine::Engine;"),
        ("imap/exec.rs", "use crate::{limits, cache::Cache};"),
        ("tui/app.rs", "let x = crate::imap::connect();"),
        ("cli/list.rs", "use crate::sandbox::Sandbox;"),
        ("cli/list.rs", "use crate::tui::App;"),
        ("surprise.rs", "fn x() {}"),
    ] {
        assert_eq!(reaching(&plant(path, text)).len(), 1, "{path}: {text}");
    }
    for (path, text) in [
        ("engine/act.rs", "let text = Clean(raw);"),
        ("tui/ui/list.rs", "style.fg(Color::Red)"),
        ("engine/sync.rs", "let t = std::time::Instant::now();"),
        ("engine/sync.rs", "use async_imap::Session;"),
    ] {
        assert_eq!(misplaced(&plant(path, text)).len(), 1, "{path}: {text}");
    }
    for (path, text) in [
        ("tui/app/keys.rs", "use tokio::sync::mpsc;"),
        ("team/fold.rs", "let now = clock::now();"),
    ] {
        assert_eq!(impure(&plant(path, text)).len(), 1, "{path}: {text}");
    }
}

#[test]
fn comments_and_unit_tests_are_left_out() {
    let text = "//! crate::engine\nfn a() {}\n#[cfg(test)]\nmod tests {\n use crate::engine;\n}\n";
    assert!(reaching(&[Source::new("mail/a.rs", text)]).is_empty());
    let planted = Source::new("mail/a.rs", "#[cfg(test)]\nmod tests;\n");
    assert_eq!(planted.tests, ["mail/a/tests.rs"]);
    let text = "#[cfg(test)]\nmod tests;\nuse crate::engine::x;\n";
    assert_eq!(reaching(&[Source::new("mail/a.rs", text)]).len(), 1);
}

//! Names for files we write.

use super::{Kind, kind};
use crate::limits;

/// Names that open a device on Windows, whatever the extension.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
/// Longest extension that survives a cut.
const EXTENSION: usize = 16;

/// The name under which an attachment may be saved: one path component of at most
/// [`limits::FILE_NAME`] bytes without controls, reordering or leading dots and dashes, never
/// empty and never a device. `index` counts from 0 and names what has no name.
pub fn file_name(name: &str, index: usize) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let safe: String = last.chars().filter_map(allowed).collect();
    let safe = safe.trim_start_matches(|c: char| ".-~".contains(c) || c.is_whitespace());
    let safe = shorten(safe.trim_end_matches(trailing));
    let safe = safe.trim_end_matches(trailing);
    if safe.is_empty() {
        return format!("attachment-{}.bin", index.saturating_add(1));
    }
    if is_device(safe) {
        return format!("_{safe}");
    }
    safe.to_owned()
}

fn allowed(c: char) -> Option<char> {
    match c {
        '<' | '>' | ':' | '"' | '|' | '?' | '*' => Some('_'),
        '\t' => Some(' '),
        c if kind(c) == Kind::Plain => Some(c),
        _ => None,
    }
}

fn trailing(c: char) -> bool {
    c == '.' || c.is_whitespace()
}

/// Cuts the stem, keeping a short extension. One byte stays free for a `_` before a device name.
fn shorten(name: &str) -> String {
    let limit = limits::FILE_NAME - 1;
    if name.len() <= limit {
        return name.to_owned();
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= EXTENSION => (stem, extension),
        _ => (name, ""),
    };
    let room = limit - extension.len() - 1;
    let (stem, _) = stem.split_at(stem.floor_char_boundary(room));
    if extension.is_empty() {
        stem.to_owned()
    } else {
        format!("{stem}.{extension}")
    }
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.to_ascii_lowercase();
    let numbered = ["com", "lpt"].iter().any(|port| {
        stem.strip_prefix(port)
            .is_some_and(|n| n.chars().count() == 1 && n.chars().all(|c| c.is_numeric()))
    });
    numbered || DEVICES.contains(&stem.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_names_become_harmless_ones() {
        for (name, safe) in [
            ("report.pdf", "report.pdf"),
            ("../../.bashrc", "bashrc"),
            ("..\\..\\x", "x"),
            ("/etc/passwd", "passwd"),
            ("C:\\x", "x"),
            ("C:x", "C_x"),
            ("CON.txt", "_CON.txt"),
            ("com1", "_com1"),
            ("lpt9 .txt", "_lpt9 .txt"),
            ("concert.txt", "concert.txt"),
            (".", "attachment-3.bin"),
            ("", "attachment-3.bin"),
            ("dir/", "attachment-3.bin"),
            ("-rf", "rf"),
            ("~/x", "x"),
            ("~root", "root"),
            ("$(id).pdf", "$(id).pdf"),
            ("a;id", "a;id"),
            ("x.pdf\0.exe", "x.pdf.exe"),
            ("name. . .", "name"),
            ("invoice\u{202e}gpj.exe", "invoicegpj.exe"),
            ("a\u{1b}[31m\nb.txt", "a[31mb.txt"),
            ("pay\u{200b}pal.txt", "paypal.txt"),
            ("Übersicht 2024.xlsx", "Übersicht 2024.xlsx"),
        ] {
            assert_eq!(file_name(name, 2), safe, "{name:?}");
        }
    }

    #[test]
    fn long_names_keep_their_extension() {
        let long = file_name(&format!("{}.pdf", "ä".repeat(4000)), 0);
        assert!(
            long.len() <= limits::FILE_NAME && long.ends_with("ä.pdf"),
            "{long}"
        );
        assert!(file_name(&"a".repeat(4000), 0).len() <= limits::FILE_NAME);
        assert!(file_name(&format!("a.{}", "b".repeat(4000)), 0).len() <= limits::FILE_NAME);
    }

    proptest! {
        #[test]
        fn every_name_is_one_safe_component(name in ".*") {
            let safe = file_name(&name, 0);
            prop_assert!(!safe.is_empty() && safe.len() <= limits::FILE_NAME);
            prop_assert!(!safe.contains(['/', '\\', '\0']));
            prop_assert!(!safe.starts_with(['.', '-', '~', ' ']));
            prop_assert!(!safe.ends_with(['.', ' ']));
            prop_assert!(safe.chars().all(|c| kind(c) == Kind::Plain));
            prop_assert_eq!(file_name(&safe, 0), safe);
        }
    }
}

//! What could come next while a query is typed.

use super::parse::FIELDS;
use super::{Day, Is};

/// A way to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Byte from which the text is replaced.
    pub from: usize,
    /// What goes there.
    pub text: String,
}

/// Completions of the last word of `text`: field names, and values where they are known.
pub fn completions(text: &str) -> Vec<Completion> {
    let from = text
        .rfind(|c: char| c.is_whitespace() || "()-\"".contains(c))
        .map_or(0, |i| {
            i + text
                .get(i..)
                .and_then(|t| t.chars().next())
                .map_or(0, char::len_utf8)
        });
    let word = text.get(from..).unwrap_or_default().to_lowercase();
    let fitting = |candidates: Vec<String>| -> Vec<Completion> {
        let fits = |c: &String| c.starts_with(&word) && *c != word;
        let texts = candidates.into_iter().filter(fits);
        texts.map(|text| Completion { from, text }).collect()
    };
    match word.split_once(':') {
        None if word.is_empty() => Vec::new(),
        None => fitting(FIELDS.iter().map(|f| format!("{f}:")).collect()),
        Some((field, _)) => fitting(values(field)),
    }
}

fn values(field: &str) -> Vec<String> {
    let words: Vec<&str> = match field {
        "is" => Is::ALL.iter().map(|is| is.word()).collect(),
        "owner" => vec!["me", "nobody"],
        "before" | "after" => Day::WORDS.to_vec(),
        _ => Vec::new(),
    };
    words.iter().map(|w| format!("{field}:{w}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completions_fit_the_last_word() {
        let cases: [(&str, usize, &[&str]); 8] = [
            ("f", 0, &["from:"]),
            ("refund t", 7, &["to:", "tag:"]),
            ("-is:u", 1, &["is:unread", "is:unowned"]),
            ("(OWNER:M", 1, &["owner:me"]),
            ("before:y", 0, &["before:yesterday"]),
            ("from:m", 0, &[]),
            ("refund ", 7, &[]),
            ("\u{1F600}\u{3000}is:sp", 7, &["is:spam"]),
        ];
        for (text, from, expected) in cases {
            let found = completions(text);
            let texts: Vec<&str> = found.iter().map(|c| c.text.as_str()).collect();
            assert_eq!(texts, expected, "{text}");
            assert!(found.iter().all(|c| c.from == from), "{text}");
        }
    }
}

//! The words around a match.

use crate::cache::index::{Token, first, tokens};
use crate::query::{Form, Query, Term};

/// Bytes of a text that are looked through.
const LOOKED_THROUGH: usize = 64 << 10;
/// Bytes shown before and after a match.
const BEFORE: usize = 40;
const AFTER: usize = 120;

/// The words a query looks for, and whether each may be a beginning.
pub(super) fn words(query: &Query) -> Vec<(String, bool)> {
    let mut words = Vec::new();
    for (term, negated) in query.terms() {
        if let (Term::Text(text), false) = (term, negated) {
            let found = tokens(&text.text).into_iter();
            words.extend(found.map(|t| (t.text, t.single || text.form == Form::Prefix)));
        }
    }
    words
}

/// One line around the first of the words, or the beginning of the text.
pub(super) fn around(text: &str, words: &[(String, bool)]) -> String {
    let text = text.get(..floor(text, LOOKED_THROUGH)).unwrap_or_default();
    let hit = |token: &Token| {
        words.iter().any(|(word, beginning)| {
            token.text == *word || (*beginning && token.text.starts_with(word.as_str()))
        })
    };
    let at = match words {
        [] => 0,
        _ => first(text, hit).map_or(0, |t| t.span.0),
    };
    let start = floor(text, at.saturating_sub(BEFORE));
    let end = floor(text, at.saturating_add(AFTER));
    let part = text.get(start..end).unwrap_or_default();
    let mut words = part.split_whitespace();
    if start > 0 {
        // The first one may be cut.
        words.next();
    }
    words.collect::<Vec<_>>().join(" ")
}

/// The largest character boundary that is not above `at`.
fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::parse;

    #[test]
    fn the_snippet_shows_the_words_around_the_match() {
        let text = format!(
            "{}the parcel arrived, but one box was empty.\n> old",
            "filler ".repeat(50)
        );
        let cases = [
            ("box", "but one box was empty. > old"),
            ("emp*", "one box was empty."),
            ("-box", "filler filler"),
            ("is:open", "filler filler"),
        ];
        for (query, expected) in cases {
            let snippet = around(&text, &words(&parse(query).unwrap()));
            assert!(snippet.contains(expected), "{query}: {snippet}");
            assert!(snippet.len() <= BEFORE + AFTER);
        }
        assert_eq!(
            around("日本語の本文です", &words(&parse("本文").unwrap())),
            "日本語の本文です"
        );
    }
}

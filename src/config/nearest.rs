//! The name somebody probably meant.

/// Largest number of letters that may differ from a name for it to be offered.
const DISTANCE: usize = 2;

/// The candidate closest to `word` by inserted, removed, changed and swapped letters; `None` when
/// nothing is close enough to be a slip of the finger.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = fold(word);
    candidates
        .into_iter()
        .map(|candidate| (distance(&word, &fold(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= DISTANCE && *distance < candidate.len())
        .min()
        .map(|(_, candidate)| candidate)
}

/// Letter case and the choice of joining mark are never what was meant.
fn fold(word: &str) -> Vec<char> {
    word.chars()
        .take(64)
        .map(|c| {
            if c == '_' {
                '-'
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect()
}

/// Edit distance where two swapped neighbours count once, row by row.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut last_a = None;
    for (i, &ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        let mut last_b = None;
        for (j, &cb) in b.iter().enumerate() {
            let at = |line: &[usize], k: usize| line.get(k).copied().unwrap_or(usize::MAX - 1);
            let change = at(&above, j) + usize::from(ca != cb);
            let mut best = change.min(at(&above, j + 1) + 1).min(at(&row, j) + 1);
            if last_a == Some(cb) && last_b == Some(ca) {
                best = best.min(at(&before, j.saturating_sub(1)) + 1);
            }
            row.push(best);
            last_b = Some(cb);
        }
        last_a = Some(ca);
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_name_and_other_words_do_not() {
        let names = ["host", "port", "password-command", "security", "user"];
        let cases = [
            ("hots", Some("host")),
            ("Port", Some("port")),
            ("password_command", Some("password-command")),
            ("securty", Some("security")),
            ("usr", Some("user")),
            ("colour", None),
            ("", None),
        ];
        for (word, expected) in cases {
            assert_eq!(nearest(word, names), expected, "{word}");
        }
    }

    #[test]
    fn a_two_letter_name_is_not_offered_for_any_two_letters() {
        assert_eq!(nearest("xy", ["cc"]), None);
    }
}

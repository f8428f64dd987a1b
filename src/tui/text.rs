//! Widths, cutting and wrapping of printable text, in the units the screen uses.

use textwrap::{Options, WrapAlgorithm};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns a printable text takes.
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// The beginning of `text` that fits into `columns`, with `…` when something was cut.
pub fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for cluster in text.graphemes(true) {
        used += cluster.width();
        if used >= columns {
            break;
        }
        out.push_str(cluster);
    }
    if columns > 0 {
        out.push('…');
    }
    out
}

/// [`fit`], filled with blanks to exactly `columns`.
pub fn pad(text: &str, columns: usize) -> String {
    let mut out = fit(text, columns);
    let used = width(&out);
    out.extend(std::iter::repeat_n(' ', columns.saturating_sub(used)));
    out
}

/// Lines of at most `columns`; line breaks stay, long words break, indentation is kept.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let options = Options::new(columns.max(1))
        .wrap_algorithm(WrapAlgorithm::FirstFit)
        .break_words(true);
    let mut out = Vec::new();
    for line in text.split('\n') {
        if width(line) <= columns {
            out.push(line.trim_end().to_owned());
            continue;
        }
        for piece in textwrap::wrap(line, &options) {
            out.push(piece.into_owned());
        }
    }
    out
}

/// `one` for 1, `many` otherwise, with the number before it.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_never_exceeds_the_room() {
        for text in ["", "abc", "日本語の件名", "a\u{301}bcd", "👩‍👩‍👧 family"] {
            for columns in 0..12 {
                assert!(
                    width(&fit(text, columns)) <= columns,
                    "{text:?} in {columns}"
                );
                assert_eq!(width(&pad(text, columns)), columns, "{text:?} in {columns}");
            }
        }
    }

    #[test]
    fn wrapped_lines_fit_and_keep_every_word() {
        let text =
            "  Could you refund that item, please?\n\nlonglonglonglonglong 日本語日本語日本語";
        let lines = wrap(text, 12);
        assert!(lines.iter().all(|line| width(line) <= 12), "{lines:?}");
        let letters = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert_eq!(letters(&lines.concat()), letters(text));
    }
}

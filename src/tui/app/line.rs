//! One line of typed text with the usual line-editing keys.

use crate::tui::keys::{Code, Key};

/// A text field of one line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    before: String,
    after: String,
}

impl Line {
    /// A field that holds `text`, cursor at its end.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            before: text.into(),
            after: String::new(),
        }
    }

    /// The whole text.
    pub fn text(&self) -> String {
        format!("{}{}", self.before, self.after)
    }

    /// The text left of the cursor.
    pub fn before(&self) -> &str {
        &self.before
    }

    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }

    /// Inserts pasted text; line breaks become blanks.
    pub fn paste(&mut self, text: &str) {
        let flat = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        self.before.extend(flat);
    }

    /// Applies a key; whether the text changed. Keys that edit nothing are left alone.
    pub fn press(&mut self, key: Key) -> bool {
        if let Some(c) = key.typed() {
            self.before.push(c);
            return true;
        }
        let was = (self.before.len(), self.after.len());
        match (key.code, key.ctrl) {
            (Code::Backspace, _) | (Code::Char('h'), true) => {
                self.before.pop();
            }
            (Code::Delete, _) | (Code::Char('d'), true) => {
                let mut rest = self.after.chars();
                if rest.next().is_some() {
                    self.after = rest.as_str().to_owned();
                }
            }
            (Code::Char('u'), true) => self.before.clear(),
            (Code::Char('k'), true) => self.after.clear(),
            (Code::Char('w'), true) => self.delete_word(),
            (Code::Left, _) | (Code::Char('b'), true) => self.left(),
            (Code::Right, _) | (Code::Char('f'), true) => self.right(),
            (Code::Home, _) | (Code::Char('a'), true) => {
                self.after.insert_str(0, &self.before);
                self.before.clear();
            }
            (Code::End, _) | (Code::Char('e'), true) => {
                self.before.push_str(&self.after);
                self.after.clear();
            }
            _ => {}
        }
        was.0 + was.1 != self.before.len() + self.after.len()
    }

    fn delete_word(&mut self) {
        let kept = self
            .before
            .trim_end()
            .trim_end_matches(|c: char| !c.is_whitespace());
        self.before.truncate(kept.len());
    }

    fn left(&mut self) {
        if let Some(c) = self.before.pop() {
            self.after.insert(0, c);
        }
    }

    fn right(&mut self) {
        let mut rest = self.after.chars();
        if let Some(c) = rest.next() {
            self.before.push(c);
            self.after = rest.as_str().to_owned();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_line_keys_edit() {
        let mut line = Line::default();
        for c in "claim this".chars() {
            assert!(line.press(Key::char(c)));
        }
        for (keys, want) in [
            (vec![Key::ctrl('w')], "claim "),
            (vec![Key::plain(Code::Backspace)], "claim"),
            (vec![Key::plain(Code::Home), Key::char('x')], "xclaim"),
            (vec![Key::plain(Code::Delete)], "xlaim"),
            (vec![Key::plain(Code::End), Key::char('!')], "xlaim!"),
            (vec![Key::ctrl('b'), Key::ctrl('k')], "xlaim"),
            (vec![Key::ctrl('u')], ""),
        ] {
            for key in keys {
                line.press(key);
            }
            assert_eq!(line.text(), want);
        }
    }
}

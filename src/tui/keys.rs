//! Keys as people write them: `g q`, `Ctrl-P`, `Enter`.

use std::fmt;

/// What was pressed, without modifiers. Shift is part of the character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A printable character, the space bar included.
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Left arrow.
    Left,
    /// Right arrow.
    Right,
    /// Up arrow.
    Up,
    /// Down arrow.
    Down,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

/// One key press.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The key.
    pub code: Code,
    /// Ctrl was held.
    pub ctrl: bool,
    /// Alt was held.
    pub alt: bool,
}

/// Named keys, by the word people write.
const NAMES: [(&str, Code); 15] = [
    ("Enter", Code::Enter),
    ("Esc", Code::Esc),
    ("Tab", Code::Tab),
    ("Shift-Tab", Code::BackTab),
    ("Backspace", Code::Backspace),
    ("Delete", Code::Delete),
    ("Left", Code::Left),
    ("Right", Code::Right),
    ("Up", Code::Up),
    ("Down", Code::Down),
    ("Home", Code::Home),
    ("End", Code::End),
    ("PgUp", Code::PageUp),
    ("PgDn", Code::PageDown),
    ("Space", Code::Char(' ')),
];

impl Key {
    /// A key without modifiers.
    pub const fn plain(code: Code) -> Self {
        Self {
            code,
            ctrl: false,
            alt: false,
        }
    }

    /// A printable character.
    pub const fn char(c: char) -> Self {
        Self::plain(Code::Char(c))
    }

    /// A character with Ctrl; always lower case.
    pub const fn ctrl(c: char) -> Self {
        Self {
            code: Code::Char(c),
            ctrl: true,
            alt: false,
        }
    }

    /// Reads one key as [`Display`](fmt::Display) writes it.
    pub fn parse(word: &str) -> Option<Self> {
        if let Some(rest) = word.strip_prefix("Ctrl-") {
            let key = Self::parse(rest)?;
            let code = match key.code {
                Code::Char(c) => Code::Char(c.to_ascii_lowercase()),
                other => other,
            };
            return Some(Self {
                code,
                ctrl: true,
                ..key
            });
        }
        if let Some(rest) = word.strip_prefix("Alt-") {
            let key = Self::parse(rest)?;
            return Some(Self { alt: true, ..key });
        }
        if let Some((_, code)) = NAMES.iter().find(|(name, _)| *name == word) {
            return Some(Self::plain(*code));
        }
        let mut chars = word.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() && c != ' ' => Some(Self::char(c)),
            _ => None,
        }
    }

    /// The character it types, when it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        if self.alt {
            f.write_str("Alt-")?;
        }
        if let Some((name, _)) = NAMES.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            Code::Char(c) if self.ctrl => write!(f, "{}", c.to_ascii_uppercase()),
            Code::Char(c) => write!(f, "{c}"),
            _ => Ok(()),
        }
    }
}

/// Reads a sequence such as `g q`; `None` when a word of it is no key.
pub fn sequence(text: &str) -> Option<Vec<Key>> {
    let keys: Option<Vec<Key>> = text.split_whitespace().map(Key::parse).collect();
    keys.filter(|keys| !keys.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_print_as_they_are_read() {
        for word in [
            "a", "A", "?", "/", "Ctrl-P", "Alt-b", "Enter", "Space", "PgDn", "=", "Ctrl-L",
        ] {
            let key = Key::parse(word).unwrap();
            assert_eq!(key.to_string(), word);
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for word in ["", "ab", "Ctrl-", "Hyper-x", "\u{1b}"] {
            assert_eq!(Key::parse(word), None, "{word:?}");
        }
        assert_eq!(sequence(""), None);
        assert_eq!(sequence("g q").unwrap().len(), 2);
    }
}

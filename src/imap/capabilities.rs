//! What the server says it can do.

use std::collections::BTreeSet;

/// The capability list as read after login (RFC 9051 section 7.2.2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    names: BTreeSet<String>,
}

impl Capabilities {
    /// From the words of a CAPABILITY response; letter case is dropped.
    pub fn new<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Self {
        Self {
            names: words
                .into_iter()
                .map(|word| word.as_ref().to_ascii_uppercase())
                .collect(),
        }
    }

    /// Whether a capability is listed; `name` in upper case.
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Pushes changes (RFC 2177).
    pub fn idle(&self) -> bool {
        self.has("IDLE") || self.rev2()
    }

    /// Keeps modification sequences (RFC 7162).
    pub fn condstore(&self) -> bool {
        self.has("CONDSTORE") || self.qresync()
    }

    /// Tells changes and deletions since a point in one SELECT (RFC 7162).
    pub fn qresync(&self) -> bool {
        self.has("QRESYNC")
    }

    /// Names the UID of what is appended, and deletes by UID (RFC 4315).
    pub fn uidplus(&self) -> bool {
        self.has("UIDPLUS") || self.rev2()
    }

    /// Moves in one step (RFC 6851).
    pub fn move_(&self) -> bool {
        self.has("MOVE") || self.rev2()
    }

    /// Takes literals of any size without asking first (RFC 7888).
    pub fn literal_plus(&self) -> bool {
        self.has("LITERAL+")
    }

    /// Takes literals of up to 4096 bytes without asking first (RFC 7888).
    pub fn literal_minus(&self) -> bool {
        self.has("LITERAL-") || self.rev2()
    }

    /// Marks folders by what they are for (RFC 6154).
    pub fn special_use(&self) -> bool {
        self.has("SPECIAL-USE") || self.rev2()
    }

    /// Every name, sorted, in upper case.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    fn rev2(&self) -> bool {
        self.has("IMAP4REV2")
    }
}

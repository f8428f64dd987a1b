//! Text that came from outside.

use serde::{Deserialize, Serialize};

/// Text from mail, a server or a teammate, exactly as it came.
///
/// It has no `Display`: to show it, make it [`Clean`](super::clean::Clean) first. `Debug` escapes.
/// Serialised it is the raw text; whoever prints JSON escapes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Remote(String);

impl Remote {
    /// Wraps text from outside.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it came. Compare, hash, index or store it; never print it.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Remote {
    fn from(text: String) -> Self {
        Self(text)
    }
}

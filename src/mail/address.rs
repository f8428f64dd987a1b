//! One mail address with its display name.

use super::Remote;
use serde::{Deserialize, Serialize};

/// A mailbox as written in From, To or Cc (RFC 5322 section 3.4), decoded, not trusted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Address {
    /// Display name, decoded; may be empty or lie.
    pub name: Remote,
    /// `local@domain` as written; may be invalid.
    pub address: Remote,
}

impl Address {
    /// Builds one from its two parts.
    pub fn new(name: impl Into<String>, address: impl Into<String>) -> Self {
        Self {
            name: Remote::new(name),
            address: Remote::new(address),
        }
    }

    /// Whether both name the same mailbox, letter case aside.
    pub fn same_mailbox(&self, other: &str) -> bool {
        self.address.raw().eq_ignore_ascii_case(other)
    }
}

//! What an engine is started with.

use super::api::{Trouble, TroubleKind};
use crate::config::{Config, Mailbox};
use std::path::PathBuf;

/// How long the engine lives and what it does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Beside a terminal: stays connected, follows everything.
    Interactive,
    /// Headless: as interactive, and must be the one that writes the cache.
    Serve,
    /// For one verb: connects only when the verb needs it.
    Once,
}

/// What an engine is started with.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The configuration.
    pub config: Config,
    /// Which mailbox; empty for the first.
    pub mailbox: String,
    /// Where caches live, one folder a mailbox.
    pub cache_dir: PathBuf,
    /// Where the desk lives.
    pub data_dir: PathBuf,
    /// What for.
    pub mode: Mode,
}

impl Setup {
    /// The mailbox that was asked for.
    ///
    /// # Errors
    /// When the configuration names no such mailbox.
    pub fn chosen(&self) -> Result<&Mailbox, Trouble> {
        let all = &self.config.mailboxes;
        let found = match self.mailbox.as_str() {
            "" => all.first(),
            name => all.iter().find(|m| m.name == name),
        };
        found.ok_or_else(|| {
            let names: Vec<&str> = all.iter().map(|m| m.name.as_str()).collect();
            Trouble::new(
                TroubleKind::Other,
                format!(
                    "no mailbox {:?} in the configuration: it has {}",
                    self.mailbox,
                    names.join(", ")
                ),
            )
        })
    }

    /// Where the cache of the chosen mailbox lives.
    pub(super) fn cache_of(&self, mailbox: &Mailbox) -> PathBuf {
        self.cache_dir
            .join(crate::mail::clean::file_name(&mailbox.name, 0))
    }

    /// Where this agent's desk for the chosen mailbox lives.
    pub(super) fn desk_of(&self, mailbox: &Mailbox) -> PathBuf {
        self.data_dir
            .join(crate::mail::clean::file_name(&mailbox.name, 0))
    }
}

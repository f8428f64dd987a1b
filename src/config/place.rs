//! Where the platform keeps configuration, cache and data.

use super::ConfigError;
use directories::ProjectDirs;
use std::path::PathBuf;

/// The three places of this program for this person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The configuration file.
    pub config: PathBuf,
    /// Rebuildable data; one folder below it for each mailbox.
    pub cache: PathBuf,
    /// What must not be lost: drafts, keys, outgoing replies.
    pub data: PathBuf,
}

impl Places {
    /// The platform's own places. There is no fallback to a shared temporary folder: without a
    /// home directory this is an error that names the options which replace it.
    pub fn of_platform() -> Result<Self, ConfigError> {
        let dirs = ProjectDirs::from("", "", "postroom").ok_or(ConfigError::NoHome)?;
        Ok(Self {
            config: dirs.config_dir().join("config.toml"),
            cache: dirs.cache_dir().to_owned(),
            data: dirs.data_dir().to_owned(),
        })
    }
}

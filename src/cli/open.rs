//! From options to what an engine is started with.

use super::args::Global;
use super::exit::{Exit, Failure};
use super::out::{Out, Style};
use crate::config::{self, Places};
use crate::engine::{Mode, Setup};
use std::path::{Path, PathBuf};

/// Reads the configuration, says what is odd about it, and makes the folders.
///
/// # Errors
/// A broken configuration, an unknown mailbox, a folder that cannot be made: each names the thing
/// and the next step.
pub fn setup(global: &Global, mode: Mode, out: &mut Out) -> Result<Setup, Failure> {
    let loaded = config::load(global.config.as_deref())?;
    for warning in &loaded.warnings {
        let file = loaded.path.display();
        let sentence = format!("{file}, line {}: {}", warning.line, warning.text.raw());
        out.remark(Style::Warn, &sentence);
    }
    let config = loaded.config;
    if config.mailbox(global.mailbox.as_deref()).is_none() {
        let names: Vec<&str> = config.mailboxes.iter().map(|m| m.name.as_str()).collect();
        let wanted = global.mailbox.as_deref().unwrap_or_default();
        let sentence = format!(
            "there is no mailbox {wanted}; there is {}",
            names.join(", ")
        );
        return Err(Failure::new(Exit::NotFound, sentence));
    }
    Ok(Setup {
        config,
        mailbox: global.mailbox.clone().unwrap_or_default(),
        cache_dir: folder(global.cache_dir.as_deref(), "--cache-dir", |p| p.cache)?,
        data_dir: folder(global.data_dir.as_deref(), "--data-dir", |p| p.data)?,
        mode,
    })
}

/// The folder that was asked for, or the platform's; made when it is not there, for this person
/// alone because the program's umask is.
fn folder(
    wanted: Option<&Path>,
    option: &str,
    usual: impl FnOnce(Places) -> PathBuf,
) -> Result<PathBuf, Failure> {
    let folder = match wanted {
        Some(folder) => folder.to_owned(),
        None => usual(Places::of_platform()?),
    };
    std::fs::create_dir_all(&folder).map_err(|why| {
        let folder = folder.display();
        let sentence = format!("cannot make the folder {folder}: {why}; {option} names another");
        Failure::new(Exit::Other, sentence)
    })?;
    Ok(folder)
}

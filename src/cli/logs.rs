//! Where the program's log goes: standard error, or a file while the screen is up.
//!
//! The log holds what the program did, never what people wrote: other crates may only warn,
//! because their debug output repeats what went over the wire.

use super::exit::{Exit, Failure};
use std::path::Path;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{Builder, Rotation};
use tracing_subscriber::EnvFilter;

/// Log files that are kept, one a day.
const KEPT: usize = 7;

/// Logs to standard error, for people or as one JSON object a line. `usual` is the level without
/// `-v`; each `-v` says more.
pub fn to_standard_error(usual: &str, verbose: u8, json: bool) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter(usual, verbose))
        .with_writer(std::io::stderr)
        .with_target(false);
    if json {
        log.json().flatten_event(true).init();
    } else {
        log.with_ansi(false).init();
    }
}

/// Logs to files in `folder` until the guard is dropped, which writes what is left.
pub fn to_files(folder: &Path, verbose: u8) -> Result<WorkerGuard, Failure> {
    let files = Builder::new()
        .rotation(Rotation::DAILY)
        .filename_prefix("postroom")
        .filename_suffix("log")
        .max_log_files(KEPT)
        .build(folder)
        .map_err(|why| {
            let sentence = format!("cannot write a log into {}: {why}", folder.display());
            Failure::new(Exit::Other, sentence)
        })?;
    let (writer, guard) = tracing_appender::non_blocking(files);
    tracing_subscriber::fmt()
        .with_env_filter(filter("info", verbose))
        .with_writer(writer)
        .with_ansi(false)
        .init();
    Ok(guard)
}

fn filter(usual: &str, verbose: u8) -> EnvFilter {
    let level = match (usual, verbose) {
        (usual, 0) => usual,
        ("warn", 1) => "info",
        ("warn", 2) | ("info", 1) => "debug",
        _ => "trace",
    };
    // Libraries are not heard: one writes whole commands at its lowest level, the password among
    // them, and another says in its own words what arrives as our sentence.
    EnvFilter::new(format!("off,postroom={level}"))
}

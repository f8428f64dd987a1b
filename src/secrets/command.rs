//! Passwords from a program.

use super::Error;
use crate::mail::Remote;
use crate::{clock, limits};
use secrecy::SecretString;
use std::process::Stdio;
use tokio::process::Command;
use zeroize::Zeroizing;

/// Kept of what a failing program says.
const STDERR: usize = 2000;

/// Runs the program and takes the first line it prints. It may use the terminal for its own
/// questions, but reads nothing from our input.
pub(super) async fn run(words: &[String]) -> Result<SecretString, Error> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Error::NoCommand);
    };
    let command = program.clone();
    let running = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = match clock::deadline(limits::PASSWORD_TIMEOUT, running).await {
        Err(_) => return Err(Error::Slow { command }),
        Ok(Err(error)) => {
            return Err(Error::CannotRun {
                command,
                why: error.to_string(),
            });
        }
        Ok(Ok(output)) => output,
    };
    let stdout = Zeroizing::new(output.stdout);
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(Error::Failed {
            command,
            status: output.status.to_string(),
            stderr: Remote::new(stderr.trim().chars().take(STDERR).collect::<String>()),
        });
    }
    let line = stdout.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok(line) if !line.is_empty() => Ok(SecretString::from(line)),
        _ => Err(Error::Nothing { command }),
    }
}

//! Passwords from the person at the terminal.

use super::Error;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::SecretString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use zeroize::Zeroizing;

/// Asks on the controlling terminal, whatever standard input and output are.
pub(super) async fn ask(what: String) -> Result<SecretString, Error> {
    let asked = what.clone();
    let answer = tokio::task::spawn_blocking(move || {
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
        let Ok(terminal) = terminal else {
            return Err(Error::NoTerminal { what });
        };
        read(&terminal, &what).map_err(|error| Error::Terminal {
            what,
            why: error.to_string(),
        })
    });
    answer
        .await
        .map_err(|_| Error::NoTerminal { what: asked })?
}

fn read(terminal: &File, what: &str) -> io::Result<SecretString> {
    let mut out = terminal;
    write!(out, "Password for {what}: ")?;
    out.flush()?;
    let line = {
        let _silent = Silence::new(terminal)?;
        let mut line = Zeroizing::new(String::new());
        BufReader::new(terminal).read_line(&mut line)?;
        line
    };
    writeln!(out)?;
    let line = line.trim_end_matches(['\r', '\n']);
    if line.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "nothing was typed",
        ));
    }
    Ok(SecretString::from(line))
}

/// Keeps the terminal from echoing until dropped.
struct Silence<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Silence<'a> {
    fn new(terminal: &'a File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        // Nothing can be done about a terminal that is gone.
        let _gone = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
    }
}

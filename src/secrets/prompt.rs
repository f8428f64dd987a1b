//! Passwords from the person at the terminal.

use super::{Error, on_thread};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use secrecy::SecretString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use zeroize::Zeroizing;

/// What a terminal hands over at once at most (Linux's limit for one line).
const LINE: usize = 4096;
/// Ctrl-C.
const INTERRUPT: u8 = 3;

/// Asks on the controlling terminal, whatever standard input and output are.
pub(super) async fn ask(what: String) -> Result<SecretString, Error> {
    let asked = what.clone();
    let answer = on_thread(move || {
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
        .unwrap_or(Err(Error::NoTerminal { what: asked }))
}

fn read(mut terminal: &File, what: &str) -> io::Result<SecretString> {
    let mut typed = Zeroizing::new([0; LINE]);
    let size = {
        // Before the question, so that an early answer is not shown.
        let _silence = Silence::new(terminal)?;
        write!(terminal, "Password for {what}: ")?;
        terminal.read(&mut *typed)?
    };
    writeln!(terminal)?;
    match typed.get(..size).unwrap_or_default() {
        [.., INTERRUPT] => Err(io::ErrorKind::Interrupted.into()),
        line => match std::str::from_utf8(line.trim_ascii_end()) {
            Ok("") => Err(io::Error::other("nothing was typed")),
            Ok(line) => Ok(SecretString::from(line)),
            Err(_) => Err(io::Error::other("what was typed is not UTF-8")),
        },
    }
}

/// Keeps the terminal from echoing until dropped.
///
/// Ctrl-C must not end the program meanwhile, it would leave the shell without echo; so it ends
/// the line instead, and the program may then end in its own way.
struct Silence<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Silence<'a> {
    fn new(terminal: &'a File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        silent
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ISIG);
        silent.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
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

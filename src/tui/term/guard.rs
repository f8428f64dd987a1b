//! The terminal's state while the screen is up, and its way back.

use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
    EnableFocusChange, EnableMouseCapture,
};
use crossterm::execute;
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use std::io::{self, stdout};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Whether the screen is up. One for the process: there is one terminal.
static UP: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// Holds the terminal in the state the screen needs; dropping it restores the terminal.
#[derive(Debug)]
pub struct Guard {
    mouse: bool,
}

impl Guard {
    /// Raw mode, alternate screen, bracketed paste, focus reports. The calling thread becomes the
    /// screen's: its panic restores the terminal, another thread's only reaches the log.
    ///
    /// # Errors
    /// When the terminal refuses; it is restored before.
    pub fn enter() -> io::Result<Self> {
        install_hook();
        let guard = Self { mouse: false };
        guard.set_up()?;
        Ok(guard)
    }

    /// Takes clicks, or leaves them to the terminal.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        match on {
            true => execute!(stdout(), EnableMouseCapture),
            false => execute!(stdout(), DisableMouseCapture),
        }
    }

    /// Gives the terminal to somebody else for a while.
    pub fn pause(&self) {
        restore();
    }

    /// Takes the terminal again after [`pause`](Self::pause), or after somebody else changed it.
    ///
    /// # Errors
    /// When the terminal refuses; it is restored before.
    pub fn resume(&mut self) -> io::Result<()> {
        self.set_up()?;
        self.mouse(self.mouse)
    }

    fn set_up(&self) -> io::Result<()> {
        UP.store(true, Ordering::SeqCst);
        let done = enable_raw_mode().and_then(|()| {
            execute!(
                stdout(),
                EnterAlternateScreen,
                EnableBracketedPaste,
                EnableFocusChange
            )
        });
        if done.is_err() {
            restore();
        }
        done
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Undoes everything, once; safe to call at any time from any thread.
fn restore() {
    if !UP.swap(false, Ordering::SeqCst) {
        return;
    }
    // Nothing can be done about a terminal that is gone; each step is tried all the same.
    let written = execute!(
        stdout(),
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    );
    let cooked = disable_raw_mode();
    if let Err(error) = written.and(cooked) {
        tracing::warn!(%error, "the terminal could not be restored in full");
    }
}

/// A panic of the screen's thread restores the terminal before its message is printed; a panic of
/// any other thread must not write over the screen.
fn install_hook() {
    HOOK.call_once(|| {
        let screen = thread::current().id();
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() == screen {
                restore();
            }
            if UP.load(Ordering::SeqCst) {
                let location = info.location().map(ToString::to_string);
                tracing::error!(?location, "a worker panicked");
            } else {
                before(info);
            }
        }));
    });
}

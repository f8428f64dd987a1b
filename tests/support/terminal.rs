//! A terminal with the program in it: keys go in, and what a person would see is looked at.

use super::program::Home;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use postroom::clock;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Longest time until the screen looks as wanted; far above what it needs.
const PATIENCE: Duration = Duration::from_secs(30);

/// Rows and columns.
const SIZE: (u16, u16) = (36, 120);

pub struct Terminal {
    parser: Arc<Mutex<vt100::Parser>>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    /// As the terminal was before the program ran, for the comparison at the end.
    before: String,
    // Kept open as the shell would keep it, so that the terminal outlives the program.
    _slave: Box<dyn SlavePty + Send>,
}

impl Terminal {
    /// Starts the program in a terminal of 120 columns.
    pub fn start(home: &Home, arguments: &[&str]) -> Self {
        let (rows, cols) = SIZE;
        let size = PtySize {
            rows,
            cols,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let before = format!("{:?}", pair.master.get_termios().unwrap());
        let child = pair.slave.spawn_command(command(home, arguments)).unwrap();
        let [rows, cols] = [rows, cols].map(|n| NonZeroU16::new(n).unwrap());
        let parser = Arc::new(Mutex::new(vt100::Parser::new(rows, cols, 0)));
        let mut output = pair.master.try_clone_reader().unwrap();
        let drawn = Arc::clone(&parser);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // It ends when the terminal is closed.
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                drawn.lock().unwrap().process(&bytes[..count]);
            }
        });
        Self {
            parser,
            keys: pair.master.take_writer().unwrap(),
            child,
            master: pair.master,
            before,
            _slave: pair.slave,
        }
    }

    /// What is on the screen.
    pub fn screen(&self) -> String {
        self.parser.lock().unwrap().screen().contents()
    }

    /// Types characters as they are; `\u{1b}` is Esc.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits until the screen is as wanted.
    #[track_caller]
    pub fn wait_for(&self, what: &str, wanted: impl Fn(&str) -> bool) {
        let began = clock::monotonic();
        loop {
            let screen = self.screen();
            if wanted(&screen) {
                return;
            }
            let waited = began.elapsed();
            assert!(waited < PATIENCE, "{what} never came; this did:\n{screen}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until these words are on the screen.
    #[track_caller]
    pub fn shows(&self, words: &str) {
        self.wait_for(words, |screen| screen.contains(words));
    }

    /// Sends the program a signal.
    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.process_id().unwrap()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    }

    /// Waits for the end, and compares the terminal with what it was before.
    #[track_caller]
    pub fn ends_as_it_began(mut self) {
        let began = clock::monotonic();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            let screen = self.screen();
            assert!(began.elapsed() < PATIENCE, "it did not end:\n{screen}");
            thread::sleep(Duration::from_millis(10));
        };
        assert!(status.success(), "{status:?}:\n{}", self.screen());
        self.wait_for("the usual screen", |_| self.is_usual());
        let after = format!("{:?}", self.master.get_termios().unwrap());
        assert_eq!(after, self.before, "raw mode");
    }

    /// Whether nothing is switched on that a shell does not want.
    fn is_usual(&self) -> bool {
        let parser = self.parser.lock().unwrap();
        let screen = parser.screen();
        !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It has ended already unless a test failed.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn command(home: &Home, arguments: &[&str]) -> CommandBuilder {
    let plain = home.command(arguments);
    let mut command = CommandBuilder::new(plain.get_program());
    command.args(plain.get_args());
    command.env_clear();
    for (name, value) in plain.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    command.env("TMPDIR", home.path());
    command.cwd(home.path());
    command
}

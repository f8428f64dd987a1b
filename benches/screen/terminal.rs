//! The real program in a terminal of its own.

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use postroom::clock::monotonic;
use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

const ROWS: NonZero<u16> = NonZero::new(50).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(200).unwrap();
const SIZE: PtySize = PtySize {
    rows: ROWS.get(),
    cols: COLUMNS.get(),
    pixel_width: 0,
    pixel_height: 0,
};
/// Nothing the benchmark waits for takes this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running program and what it has drawn.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    drawn: Arc<Drawn>,
    _master: Box<dyn MasterPty + Send>,
}

struct Drawn {
    state: Mutex<State>,
    grown: Condvar,
}

struct State {
    parser: vt100::Parser,
    bytes: usize,
    ended: bool,
}

impl Terminal {
    /// Starts the program with nothing of the environment but what it needs.
    pub fn start(arguments: &[String]) -> Self {
        let pair = native_pty_system().openpty(SIZE).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_postroom"));
        command.args(arguments);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).unwrap();
        let drawn = Arc::new(Drawn {
            state: Mutex::new(State {
                parser: vt100::Parser::new(ROWS, COLUMNS, 0),
                bytes: 0,
                ended: false,
            }),
            grown: Condvar::new(),
        });
        let (mut output, listener) = (pair.master.try_clone_reader().unwrap(), Arc::clone(&drawn));
        std::thread::spawn(move || {
            let mut buffer = vec![0; 64 << 10];
            // Linux reports the program's end as an error.
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                let mut state = listener.state.lock().unwrap();
                state.parser.process(&buffer[..count]);
                state.bytes += count;
                listener.grown.notify_all();
            }
            listener.state.lock().unwrap().ended = true;
            listener.grown.notify_all();
        });
        Self {
            child,
            keys: pair.master.take_writer().unwrap(),
            drawn,
            _master: pair.master,
        }
    }

    /// Waits until the screen shows a text; `false` when it never does.
    pub fn shows(&self, text: &str) -> bool {
        let start = monotonic();
        let mut state = self.drawn.state.lock().unwrap();
        loop {
            if state.parser.screen().contents().contains(text) {
                return true;
            }
            let left = PATIENCE.saturating_sub(start.elapsed());
            if state.ended || left.is_zero() {
                return false;
            }
            state = self.drawn.grown.wait_timeout(state, left).unwrap().0;
        }
    }

    /// What is on the screen.
    pub fn screen(&self) -> String {
        let state = self.drawn.state.lock().unwrap();
        state.parser.screen().contents()
    }

    /// Bytes the program has written so far.
    pub fn written(&self) -> usize {
        self.drawn.state.lock().unwrap().bytes
    }

    /// Types.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits until nothing was written for so long.
    pub fn settle(&self, quiet: Duration) {
        let start = monotonic();
        let mut before = usize::MAX;
        while self.written() != before && start.elapsed() < PATIENCE {
            before = self.written();
            std::thread::sleep(quiet);
        }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("a running program")
    }

    /// Leaves the program as a person does, so that its cache is closed cleanly.
    pub fn leave(mut self) {
        self.press("q");
        let ended = self.child.wait().unwrap();
        assert!(ended.success(), "it ended with {ended}: {}", self.screen());
    }
}

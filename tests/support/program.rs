//! The built program, run with folders of its own.

use postroom::clock;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tempfile::TempDir;

/// Longest time any one-shot verb may take in a test; far above what it needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A person's home for the program: configuration, cache and data in a folder that is removed.
pub struct Home {
    dir: TempDir,
}

/// How one run ended.
#[derive(Debug)]
pub struct Run {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Home {
    /// A home without a configuration.
    pub fn empty() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// A home with this configuration.
    pub fn with(config: &str) -> Self {
        let home = Self::empty();
        std::fs::write(home.config(), config).unwrap();
        home
    }

    /// A home with the configuration that lies elsewhere.
    pub fn like(config: &Path) -> Self {
        Self::with(&std::fs::read_to_string(config).unwrap())
    }

    /// The folder everything is in.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.path().join("config.toml")
    }

    /// The program with this home and nothing else of the environment but the path.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postroom"));
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path().join("home"))
            .env("POSTROOM_CONFIG", self.config())
            .env("TZ", "UTC")
            .current_dir(self.path());
        command
    }

    /// Where the program keeps its cache.
    pub fn cache(&self) -> PathBuf {
        self.path().join("home/.cache/postroom")
    }

    /// Where the program keeps what must not be lost.
    pub fn data(&self) -> PathBuf {
        self.path().join("home/.local/share/postroom")
    }

    /// Starts the program; what it says goes nowhere.
    pub fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
        Running::new(quiet.stderr(Stdio::null()).spawn().unwrap())
    }

    /// Runs the program to its end.
    #[must_use = "look at how it ended: `.ends(0)`"]
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_with_input(arguments, "")
    }

    /// Runs the program to its end with text on standard input.
    #[must_use = "look at how it ended: `.ends(0)`"]
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Run {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        // A verb that reads no input closes the pipe, which is not this thread's business.
        let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
        let stdout = reader(child.stdout.take().unwrap());
        let stderr = reader(child.stderr.take().unwrap());
        let code = code_of(&mut child);
        let _closed_early = writer.join().unwrap();
        let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
        let code = code.unwrap_or_else(|| panic!("{arguments:?} hung: {stderr}"));
        Run {
            code,
            stdout,
            stderr,
        }
    }
}

/// A run that goes on beside the test; killed with it.
pub struct Running(Child);

impl Running {
    /// Takes charge of a child.
    pub fn new(child: Child) -> Self {
        Self(child)
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Sends a signal and waits for the end; `None` when a signal ended it.
    pub fn stop(mut self, signal: Signal) -> Option<i32> {
        // A process that has just ended cannot be told anything, and its code is still there.
        let _ended = kill_process(Pid::from_child(&self.0), signal);
        code_of(&mut self.0).expect("it did not end")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already unless a test failed.
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

impl Run {
    /// The run, if it ended with this code; else what it said.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Standard output as JSON objects, one a line.
    #[track_caller]
    pub fn objects(&self) -> Vec<serde_json::Value> {
        let object = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}\n{self:#?}"))
        };
        self.stdout.lines().map(object).collect()
    }

    /// Standard output as exactly one JSON object.
    #[track_caller]
    pub fn object(&self) -> serde_json::Value {
        let mut objects = self.objects();
        assert_eq!(objects.len(), 1, "{self:#?}");
        objects.remove(0)
    }
}

/// Waits for the exit code; `None` for a run that hung and was stopped.
fn code_of(child: &mut Child) -> Option<Option<i32>> {
    let started = clock::monotonic();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status.code());
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Reads a pipe to its end beside the test, so that it never fills up.
fn reader(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        text
    })
}

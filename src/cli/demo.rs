//! `demo`: the sandbox's servers, and a configuration that points at them.
//!
//! This is the only place that starts the sandbox. Everything after it is the ordinary program
//! with an ordinary configuration; nothing of the person's own is read or written.

use super::args::DemoArgs;
use super::exit::{Exit, Failure};
use super::out::Out;
use crate::clock;
use crate::config;
use crate::engine::{Mode, Setup};
use crate::sandbox::{Options, Pace, Sandbox};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};

/// Nick and name of who sits at the demo: the one of the team whose history she finds, on a new
/// machine. The scripted teammates are the others.
const FIRST: (&str, &str) = ("ana", "Ana Ruiz");
/// A second person, to try two terminals at once.
const SECOND: (&str, &str) = ("kim", "Kim Osei");

/// The folder is tried to be removed so often, with this between.
const REMOVALS: usize = 50;
const BETWEEN_REMOVALS: Duration = Duration::from_millis(100);

/// A running demo.
pub struct Demo {
    sandbox: Sandbox,
    folder: PathBuf,
    // Removes the folder when the demo ends; `None` when it is kept.
    scratch: Option<TempDir>,
}

/// What `demo --serve --json` prints.
#[derive(Debug, Serialize)]
struct ServeRecord<'a> {
    imap: String,
    smtp: String,
    user: &'a str,
    password: &'a str,
    configs: Vec<PathBuf>,
}

impl Demo {
    /// Starts the servers, fills the mailbox, calls the teammates unless only the servers are
    /// wanted, and writes the configurations.
    pub async fn start(args: &DemoArgs) -> Result<Self, Failure> {
        let (folder, scratch) = folder(args.keep.as_deref())?;
        let mut sandbox = Sandbox::start(Options::default())
            .await
            .map_err(|why| failure("cannot start the demo's servers on this machine", &why))?;
        let filled = sandbox.seed(clock::now());
        filled
            .and_then(|conversations| match args.serve {
                true => Ok(()),
                false => sandbox.call_teammates(&conversations, Pace::default()),
            })
            .map_err(|why| failure("cannot fill the demo's mailbox", &why))?;
        let demo = Self {
            sandbox,
            folder,
            scratch,
        };
        for (nick, name) in [FIRST, SECOND] {
            let seat = demo.folder.join(nick);
            fs::create_dir_all(seat.join("cache"))
                .and_then(|()| fs::create_dir(seat.join("data")))
                .and_then(|()| fs::write(seat.join("config.toml"), demo.config(nick, name)))
                .map_err(|why| failure(&format!("cannot write {}", seat.display()), &why))?;
        }
        Ok(demo)
    }

    /// What the engine of the first seat is started with.
    pub fn setup(&self, mode: Mode) -> Result<Setup, Failure> {
        let seat = self.folder.join(FIRST.0);
        let loaded = config::load(Some(&seat.join("config.toml")))?;
        Ok(Setup {
            config: loaded.config,
            mailbox: String::new(),
            cache_dir: seat.join("cache"),
            data_dir: seat.join("data"),
            mode,
        })
    }

    /// Stops the servers and removes what is not kept.
    pub async fn stop(self) -> Result<(), Failure> {
        self.sandbox.stop().await;
        let Some(scratch) = self.scratch else {
            return Ok(());
        };
        // The index may still be tidying up in a thread of its own.
        let folder = scratch.keep();
        let mut removed = fs::remove_dir_all(&folder);
        for _ in 0..REMOVALS {
            if removed.is_ok() {
                break;
            }
            clock::sleep(BETWEEN_REMOVALS).await;
            removed = fs::remove_dir_all(&folder);
        }
        removed.map_err(|why| failure(&format!("cannot remove {}", folder.display()), &why))
    }
}

impl Demo {
    /// A configuration like anybody's, for one seat.
    fn config(&self, nick: &str, name: &str) -> String {
        let Sandbox {
            imap,
            smtp,
            user,
            password,
            address,
            ..
        } = &self.sandbox;
        let (host, imap, smtp) = (imap.ip(), imap.port(), smtp.port());
        format!(
            "# Made by `postroom demo`. It works while the demo's servers run.\n\
             [me]\n\
             name = \"{name}\"\n\
             address = \"{nick}@acme.example\"\n\n\
             [[mailbox]]\n\
             name = \"support\"\n\
             address = \"{address}\"\n\
             from-name = \"Acme Support\"\n\
             signature = \"{name}\\nAcme Support\"\n\
             [mailbox.imap]\n\
             host = \"{host}\"\n\
             port = {imap}\n\
             security = \"none\"\n\
             user = \"{user}\"\n\
             password-command = [\"echo\", \"{password}\"]\n\
             [mailbox.smtp]\n\
             host = \"{host}\"\n\
             port = {smtp}\n\
             security = \"none\"\n"
        )
    }

    /// Says how to connect.
    fn announce(&self, out: &mut Out) -> Result<(), Failure> {
        let seats = [FIRST, SECOND].map(|(nick, _)| self.folder.join(nick));
        if out.json() {
            return out.record(&ServeRecord {
                imap: self.sandbox.imap.to_string(),
                smtp: self.sandbox.smtp.to_string(),
                user: &self.sandbox.user,
                password: &self.sandbox.password,
                configs: seats.iter().map(|seat| seat.join("config.toml")).collect(),
            });
        }
        out.block("", &self.config(FIRST.0, FIRST.1))?;
        out.block("", "# The same is in files. One terminal each:")?;
        for seat in &seats {
            let seat = seat.display();
            let command = format!(
                "# postroom --config {seat}/config.toml --cache-dir {seat}/cache --data-dir \
                 {seat}/data"
            );
            out.block("", &command)?;
        }
        out.block("", "# Ctrl-C stops the servers.")
    }
}

/// Runs only the servers until SIGINT or SIGTERM.
///
/// # Errors
/// When the servers cannot start or their files cannot be written.
pub async fn serve(args: &DemoArgs, out: &mut Out) -> Result<(), Failure> {
    let listen = |kind| signal(kind).map_err(|why| failure("cannot listen for signals", &why));
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    let demo = Demo::start(args).await?;
    let told = demo.announce(out).and_then(|()| out.flush());
    if told.is_ok() {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
    demo.stop().await?;
    told
}

/// The folder to keep, which must be new or empty, or one that is removed at the end.
fn folder(keep: Option<&Path>) -> Result<(PathBuf, Option<TempDir>), Failure> {
    let Some(keep) = keep else {
        let scratch = tempfile::Builder::new()
            .prefix("postroom-demo-")
            .tempdir()
            .map_err(|why| failure("cannot make a folder for the demo", &why))?;
        return Ok((scratch.path().to_owned(), Some(scratch)));
    };
    let unusable = |why| failure(&format!("cannot use the folder {}", keep.display()), &why);
    fs::create_dir_all(keep).map_err(unusable)?;
    let folder = keep.canonicalize().map_err(unusable)?;
    match fs::read_dir(&folder).map_err(unusable)?.next() {
        None => Ok((folder, None)),
        Some(_) => {
            let sentence = format!("{} is not empty; name a new folder", keep.display());
            Err(Failure::new(Exit::Usage, sentence))
        }
    }
}

fn failure(what: &str, why: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Other, format!("{what}: {why}"))
}

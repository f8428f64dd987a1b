//! One-shot verbs: each says one thing to the engine, waits until it has settled, prints it.
//!
//! The verbs send the same requests as the screen's commands and hold no mail logic. `args` is the
//! one definition of the command line; `out` is the one place that prints; `record` is the JSON
//! that scripts rely on.

mod act;
pub mod args;
mod check;
pub mod demo;
pub mod exit;
mod list;
pub mod logs;
mod manual;
mod open;
pub mod out;
mod record;
mod reply;
mod session;
mod sync;
mod text;

pub use open::setup;

use crate::engine::{self, Handle, Mode, Setup};
use crate::team::Agent;
use args::{Global, Verb};
use exit::Failure;
use out::Out;
use session::{Session, Talk};
use std::io;

/// Runs one verb to its end. The demo, the screen and `serve` are front ends of their own.
///
/// # Errors
/// The exit code and the sentence to end with; results that were there are printed.
pub async fn run(verb: &Verb, global: &Global, out: &mut Out) -> Result<(), Failure> {
    match verb {
        Verb::Completions { shell } => return manual::completions(out, *shell),
        Verb::Man { dir } => return manual::pages(out, dir.as_deref()),
        _ => {}
    }
    let setup = setup(global, Mode::Once, out)?;
    if let Verb::Check = verb {
        let report = engine::check(&setup).await?;
        return check::print(out, &report);
    }
    let task = Task::new(verb, &setup)?;
    let engine = Handle::start(setup).await?;
    let mut session = Session::new(engine, out);
    let ended = task.run(&mut session).await;
    session.finish().await;
    ended
}

/// A verb with everything read that it reads from outside, before anything is connected.
enum Task<'v> {
    Act(&'v str, engine::api::Change),
    Reply(&'v args::ReplyArgs, String),
    Other(&'v Verb),
}

impl<'v> Task<'v> {
    fn new(verb: &'v Verb, setup: &Setup) -> Result<Self, Failure> {
        let me = Agent::new(setup.config.me.nick.as_str());
        let mut input = io::stdin().lock();
        if let Verb::Reply(args) = verb {
            return Ok(Task::Reply(args, reply::body(args, &mut input)?));
        }
        Ok(match act::change_of(verb, &me, &mut input)? {
            Some((id, change)) => Task::Act(id, change),
            None => Task::Other(verb),
        })
    }

    async fn run<T: Talk>(self, session: &mut Session<'_, T>) -> Result<(), Failure> {
        match self {
            Task::Act(id, change) => act::act(session, id, change).await,
            Task::Reply(args, text) => reply::reply(session, args, &text).await,
            Task::Other(Verb::Sync) => sync::sync(session).await,
            Task::Other(Verb::List(args)) => list::list(session, args).await,
            Task::Other(Verb::Show { id }) => list::show(session, id).await,
            Task::Other(Verb::Search { query, limit }) => {
                list::search(session, query, *limit).await
            }
            Task::Other(Verb::Log { id, limit }) => list::log(session, id.as_deref(), *limit).await,
            Task::Other(Verb::Drafts { id, drop }) => {
                reply::drafts(session, id.as_deref(), *drop).await
            }
            Task::Other(_) => Ok(()),
        }
    }
}

//! Threads with a large stack for messages that may be hostile.

use crate::limits;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

type Job = Box<dyn FnOnce() + Send>;

/// Workers that have nothing to do. A worker is here or in the hands of one caller, never both,
/// so no message waits behind another and a stuck worker is simply not put back.
static IDLE: Mutex<Vec<Sender<Job>>> = Mutex::new(Vec::new());

/// Runs a job on a worker. `None` when it panicked, missed [`limits::PARSE_TIMEOUT`], or no
/// thread could be started.
pub(super) fn run<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let worker = checked_out()?;
    let (answer, result) = channel();
    let job: Job = Box::new(move || {
        // Nobody listens any more when the deadline has passed.
        drop(answer.send(catch_unwind(AssertUnwindSafe(job)).ok()));
    });
    worker.send(job).ok()?;
    let done = result.recv_timeout(limits::PARSE_TIMEOUT).ok()?;
    if let Ok(mut idle) = IDLE.lock() {
        idle.push(worker);
    }
    done
}

fn checked_out() -> Option<Sender<Job>> {
    let idle = IDLE.lock().ok().and_then(|mut idle| idle.pop());
    idle.or_else(started)
}

fn started() -> Option<Sender<Job>> {
    let (jobs, inbox) = channel();
    thread::Builder::new()
        .name("mail-parse".to_owned())
        .stack_size(limits::PARSE_STACK)
        .spawn(move || work(&inbox))
        .ok()?;
    Some(jobs)
}

/// Ends when the caller that gave up on it drops the sender.
fn work(inbox: &Receiver<Job>) {
    for job in inbox {
        job();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_costs_one_job_and_no_thread() {
        assert_eq!(run(|| -> u8 { panic!("hostile") }), None);
        assert_eq!(run(|| 7), Some(7));
    }

    #[test]
    fn workers_have_room_for_deep_recursion() {
        fn deep(n: usize) -> usize {
            let pad = std::hint::black_box([n; 32]);
            if n == 0 {
                0
            } else {
                deep(n - 1) + usize::from(pad[0] > 0)
            }
        }
        assert_eq!(run(|| deep(50_000)), Some(50_000));
    }
}

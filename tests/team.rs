//! The team protocol, judged by a second implementation.

mod checker;
mod journals;
mod messages;
mod verdicts;

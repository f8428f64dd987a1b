//! One-shot verbs: each says one thing to the engine, waits until it has settled, prints it.

pub mod act;
pub mod args;
pub mod exit;
pub mod list;
pub mod manual;
pub mod out;
pub mod record;
pub mod reply;
pub mod session;
pub mod text;

//! Front end: the terminal.
//!
//! `app` is the state, a pure machine from events to effects; `ui` draws it; `term` is the only
//! part that acts. `commands` is the one table that names commands, keys and their help.

pub mod app;
pub mod commands;
pub mod editor;
pub mod keys;
pub mod layout;
pub mod term;
pub mod text;
pub mod ui;
pub mod words;

pub use term::{Colour, Engine, Error, Options, run};

//! The terminal: the only part of the front end that acts. It turns what the terminal sends into
//! events, runs effects, and gives the terminal back as it found it.

mod editor;
mod guard;
mod input;
mod options;
mod run;
mod signals;

pub use options::{Colour, Options};
pub use run::{Engine, run};

/// Why the screen could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Standard input or output is no terminal.
    #[error("this needs a terminal: run it in one, or use the verbs (postroom --help)")]
    NoTerminal,
    /// The terminal cannot be set up or written to.
    #[error("the terminal failed: {0}")]
    Terminal(#[from] std::io::Error),
}

//! postroom: a shared inbox for support teams, in the terminal, with no server but the mailbox.

pub mod clock;
pub mod config;
pub mod limits;
pub mod mail;
pub mod query;
pub mod sandbox;
pub mod team;
pub mod view;

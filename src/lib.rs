//! postroom: a shared inbox for support teams, in the terminal, with no server but the mailbox.

pub mod cache;
pub mod cli;
pub mod clock;
pub mod config;
pub mod desk;
pub mod engine;
pub mod imap;
pub mod limits;
pub mod mail;
pub mod net;
pub mod query;
pub mod sandbox;
pub mod secrets;
pub mod smtp;
pub mod team;
pub mod tui;
pub mod view;

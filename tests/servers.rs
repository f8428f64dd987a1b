//! The adapters against servers: real ones, the demo's own, and scripted ones; and the team's
//! scenarios and races on real ones.

mod adapters_on_sandbox;
mod imap_commands;
mod starttls;
mod team_engine;
mod team_processes;
mod team_races;

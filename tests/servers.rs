//! The adapters against servers: real ones, the demo's own, and scripted ones.

mod adapters_on_sandbox;
mod imap_commands;
mod starttls;

//! Against real servers.

mod imap_commands;
mod starttls;

//! The engine: the only place where adapters meet. Requests in, news out.
//!
//! | task | owns | module |
//! | --- | --- | --- |
//! | journal | the connection that reads and writes the team's events, and the fold | `journal` |
//! | mail | the connection that works and watches INBOX | `sync` |
//! | replies | one task each, from the gate to the filed copy | `send` |
//! | lists, search | a read-only view of the cache each | `lists` |
//! | dispatcher | nothing: passes requests on | `handle` |
//!
//! They share `shared::Shared`. Two front ends never share an engine: each process has its own,
//! and the one that holds the cache's lock writes it for all.

pub mod api;
mod check;
mod files;
mod handle;
mod journal;
mod layout;
mod link;
mod lists;
mod send;
mod setup;
mod shared;
mod sync;

pub use check::{CheckReport, check};
pub use handle::Handle;
pub use setup::{Mode, Setup};

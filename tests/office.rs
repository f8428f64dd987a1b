//! Teams at work: several engines on one mailbox.

mod claims;
mod demo;
mod mirror;
mod replies;
pub mod scenarios;

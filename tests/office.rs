//! Teams at work: several engines on one mailbox.

mod claims;
mod mirror;
mod demo;
mod replies;

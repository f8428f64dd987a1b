//! Core: mail as bytes from outside becomes facts and printable text here.
//!
//! `parse` never fails and never takes the process down; `clean` is the only maker of printable
//! text; `reply` builds what we send.

mod address;
mod flowed;
mod remote;

pub mod attachment;
pub mod clean;
pub mod draft;
pub mod html;
pub mod links;
pub mod message;
pub mod parse;
pub mod quote;
pub mod reply;
pub mod thread;

pub use address::Address;
pub use clean::Clean;
pub use message::{Attachment, Bounce, Defect, Message};
pub use remote::Remote;

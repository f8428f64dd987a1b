//! Core: how a team agrees over nothing but the order of messages in one folder.
//!
//! `fold` is the only judge of ownership; it sees journal order and nothing else.

mod names;

pub mod act;

pub use act::{Act, Grade, Refusal, Status};
pub use names::{Agent, ConversationId, ConversationName, EventId};

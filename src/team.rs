//! Core: how a team agrees over nothing but the order of messages in one folder.
//!
//! An [`Event`] travels as one signed message ([`event`], [`sign`], [`ids`]); [`fold`] turns the
//! events in journal order into the state of the team and is the only judge of ownership: it sees
//! that order and nothing else. The rest reads that state: [`policy`] (what a conversation's
//! status means today), [`gate`] (what stands between a draft and its sending), [`keywords`] (the
//! mirror other mail clients see) and [`words`] (sentences about events).

mod names;

pub mod act;
pub mod event;
pub mod fold;
pub mod gate;
pub mod ids;
pub mod keywords;
pub mod policy;
pub mod sign;
pub mod words;

pub use act::{Act, Grade, Refusal, Status};
pub use event::{Event, Incoming, NotAnEvent};
pub use fold::{Applied, Conversation, Place, Team, Verdict};
pub use names::{Agent, ConversationId, ConversationName, EventId};

//! Adapter: handing one mail to the submission server, step by step (RFC 5321, RFC 6409).
//!
//! The one question that matters afterwards is whether the mail may have left: every failure up to
//! the final dot is certain ([`Delivery::NotSent`], [`Delivery::Refused`]), and so is a refusal
//! after it; a connection that breaks between the dot and its answer is [`Delivery::Unknown`] and
//! must never be repeated without a human. lettre speaks the commands; every step has a deadline,
//! which lettre itself does not keep. TLS and STARTTLS are `net`'s, because lettre's own STARTTLS
//! believes what was said before the handshake.

mod deliver;
mod error;
mod sign_in;
mod wire;

pub use crate::net::{Endpoint, Next, Security};
pub use deliver::{Delivery, Phase};
pub use error::Error;
pub use sign_in::{check, connect};

use lettre::transport::smtp::client::AsyncSmtpConnection;
use wire::Tap;

/// A signed-in connection, good for one mail.
#[derive(Debug)]
pub struct Submission {
    connection: Connection,
    tap: Tap,
}

/// lettre's connection, which has no `Debug`.
struct Connection(AsyncSmtpConnection);

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

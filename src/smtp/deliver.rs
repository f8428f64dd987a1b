//! One mail, from MAIL FROM to the answer to its final dot (RFC 5321 sections 3.3 and 4.5.4).

use super::error::refusal;
use super::{Error, Submission};
use crate::mail::Remote;
use crate::{clock, limits};
use lettre::Address;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::{Response, Severity};
use std::fmt::Display;
use std::sync::{Mutex, PoisonError};

/// How far the server let the mail come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA.
    Data,
    /// The text, after the final dot.
    Text,
}

/// What became of a mail.
#[derive(Debug)]
pub enum Delivery {
    /// The server took it.
    Accepted {
        /// Its words; often the queue id.
        answer: Remote,
    },
    /// The server refused it; certainly nothing was sent to anybody.
    Refused {
        /// Where.
        phase: Phase,
        /// Whether trying again unchanged is pointless (5xx).
        permanent: bool,
        /// The reply code.
        code: u16,
        /// The server's words.
        text: Remote,
        /// The recipient it refused.
        recipient: Option<String>,
    },
    /// Certainly nothing was sent.
    NotSent(Error),
    /// The mail was complete and the answer never came: it may have been sent, or not. Never
    /// repeat it without asking.
    Unknown(Error),
}

impl Submission {
    /// Sends one mail to all recipients or to none: one refused recipient ends it before the text.
    ///
    /// `bytes` must have CRLF line ends. `before_dot` is called after all text and before the
    /// final dot is written: there the caller records, durably, that from now on the outcome may
    /// be unknown. When it fails, the dot is not written and the mail is certainly not sent.
    pub async fn deliver<E: Display>(
        mut self,
        from: &str,
        to: &[String],
        bytes: &[u8],
        before_dot: impl FnOnce() -> Result<(), E>,
    ) -> Delivery {
        let outcome = match self.announce(from, to, bytes).await {
            Ok(()) => self.text(bytes, before_dot).await,
            Err(outcome) => Err(outcome),
        };
        match outcome {
            Ok(accepted) => {
                self.quit().await;
                accepted
            }
            // A server that has just refused may still be owed a QUIT; after anything else the
            // connection is dropped as it stands.
            Err(refused @ Delivery::Refused { .. }) => {
                self.quit().await;
                refused
            }
            Err(other) => other,
        }
    }

    /// Everything before the text.
    async fn announce(&mut self, from: &str, to: &[String], bytes: &[u8]) -> Result<(), Delivery> {
        let sender = address(from)?;
        let recipients = to
            .iter()
            .map(|recipient| address(recipient))
            .collect::<Result<Vec<_>, _>>()?;
        if recipients.is_empty() {
            return Err(not_sent(Error::Unsupported("it has no recipient")));
        }
        let parameters = self.parameters(&sender, &recipients, bytes)?;
        let mail = Mail::new(Some(sender), parameters);
        self.step(Phase::Sender, mail, None).await?;
        for recipient in recipients {
            let name = recipient.to_string();
            let rcpt = Rcpt::new(recipient, Vec::new());
            self.step(Phase::Recipient, rcpt, Some(name)).await?;
        }
        let go_ahead = self.step(Phase::Data, Data, None).await?;
        if !go_ahead.has_code(354) {
            return Err(not_sent(Error::Lost { what: "DATA" }));
        }
        Ok(())
    }

    fn parameters(
        &self,
        sender: &Address,
        recipients: &[Address],
        bytes: &[u8],
    ) -> Result<Vec<MailParameter>, Delivery> {
        if has_bare_line_end(bytes) {
            // Servers disagree on what a lone CR or LF is, which is how a second mail is smuggled
            // into a first.
            return Err(not_sent(Error::Unsupported("it has bare line ends")));
        }
        let info = self.connection.0.server_info();
        let mut parameters = Vec::new();
        let plain = |a: &Address| AsRef::<str>::as_ref(a).is_ascii();
        if !plain(sender) || !recipients.iter().all(plain) {
            if !info.supports_feature(Extension::SmtpUtfEight) {
                return Err(not_sent(Error::Unsupported(
                    "an address has letters beyond ASCII (no SMTPUTF8)",
                )));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !bytes.is_ascii() {
            if !info.supports_feature(Extension::EightBitMime) {
                return Err(not_sent(Error::Unsupported(
                    "it is not ASCII (no 8BITMIME)",
                )));
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(parameters)
    }

    async fn step(
        &mut self,
        phase: Phase,
        command: impl Display,
        recipient: Option<String>,
    ) -> Result<Response, Delivery> {
        let what = phase.command();
        let answer = self.connection.0.command(command);
        match clock::deadline(limits::SMTP_STEP, answer).await {
            Err(_) => Err(not_sent(Error::Timeout { what })),
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(match refusal(&error) {
                Some((code, text)) => Delivery::Refused {
                    phase,
                    permanent: code >= 500,
                    code,
                    text,
                    recipient,
                },
                None => not_sent(Error::Lost { what }),
            }),
        }
    }

    /// The text and its final dot.
    ///
    /// lettre writes and flushes each piece of the iterator before it asks for the next, and the
    /// dot after the last. So the iterator's second call is the moment between text and dot; when
    /// the mark fails there, the tap is shut, and the dot meets a stream that writes nothing.
    async fn text<E: Display>(
        &mut self,
        bytes: &[u8],
        before_dot: impl FnOnce() -> Result<(), E>,
    ) -> Result<Delivery, Delivery> {
        let marked: Mutex<Option<Result<(), String>>> = Mutex::new(None);
        let tap = self.tap.clone();
        let mut before_dot = Some(before_dot);
        // The final dot brings its own line end.
        let mut text = Some(bytes.strip_suffix(b"\r\n").unwrap_or(bytes));
        let pieces = std::iter::from_fn(|| {
            if let Some(text) = text.take() {
                return Some(text);
            }
            if let Some(before_dot) = before_dot.take() {
                let mark = before_dot().map_err(|error| error.to_string());
                if mark.is_err() {
                    tap.shut();
                }
                *marked.lock().unwrap_or_else(PoisonError::into_inner) = Some(mark);
            }
            None
        });
        let sending = self.connection.0.message_iter(pieces);
        let answer = clock::deadline(text_limit(bytes.len()), sending).await;
        let uncertain: fn(Error) -> Delivery =
            match marked.into_inner().unwrap_or_else(PoisonError::into_inner) {
                // The text was still on its way.
                None => not_sent,
                Some(Err(mark)) => return Err(not_sent(Error::Mark(mark))),
                Some(Ok(())) => Delivery::Unknown,
            };
        let what = Phase::Text.command();
        match answer {
            Err(_) => Err(uncertain(Error::Timeout { what })),
            Ok(Ok(response)) if accepts(&response) => Ok(Delivery::Accepted {
                answer: Remote::new(response.message().collect::<Vec<_>>().join(" ")),
            }),
            Ok(Ok(_)) => Err(uncertain(Error::Lost { what })),
            Ok(Err(error)) => Err(match refusal(&error) {
                Some((code, text)) => Delivery::Refused {
                    phase: Phase::Text,
                    permanent: code >= 500,
                    code,
                    text,
                    recipient: None,
                },
                None => uncertain(Error::Lost { what }),
            }),
        }
    }
}

impl Phase {
    /// The command, for messages.
    pub fn command(self) -> &'static str {
        match self {
            Self::Sender => "MAIL FROM",
            Self::Recipient => "RCPT TO",
            Self::Data => "DATA",
            Self::Text => "the end of the mail",
        }
    }
}

fn not_sent(error: Error) -> Delivery {
    Delivery::NotSent(error)
}

fn address(text: &str) -> Result<Address, Delivery> {
    text.parse()
        .map_err(|_| not_sent(Error::Address(Remote::new(text))))
}

fn accepts(response: &Response) -> bool {
    response.code().severity == Severity::PositiveCompletion
}

/// Uploading at the slowest pace we bear, and then the long wait for the final answer.
fn text_limit(bytes: usize) -> std::time::Duration {
    let windows = bytes as u64 / limits::STALL_BYTES + 1;
    limits::SMTP_FINAL + limits::SMTP_STEP * u32::try_from(windows).unwrap_or(u32::MAX)
}

fn has_bare_line_end(bytes: &[u8]) -> bool {
    let mut after_cr = false;
    for byte in bytes {
        match (after_cr, byte) {
            (true, b'\n') => after_cr = false,
            (true, _) | (false, b'\n') => return true,
            (false, b'\r') => after_cr = true,
            (false, _) => {}
        }
    }
    after_cr
}

//! Storing a message (RFC 9051 section 6.3.12; literals: RFC 7888; UIDs: RFC 4315).

use super::exec::{Kind, upload_limit};
use super::{AppendError, Code, Connection, Error, quote};
use crate::clock;
use tokio::io::AsyncWriteExt;

const KIND: Kind = Kind::short("APPEND");

/// Largest literal that LITERAL- lets through without asking.
const SMALL: usize = 4096;

/// Where an appended message went; both `None` on servers without UIDPLUS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Appended {
    /// UIDVALIDITY of the folder; compare it with the one you know.
    pub uidvalidity: Option<u32>,
    /// The new message's UID.
    pub uid: Option<u32>,
}

impl Connection {
    /// Appends a message with the server's own date. The error tells whether it is certain that
    /// nothing was stored: up to the message's last byte nothing can have been, afterwards only a
    /// refusal makes it sure.
    pub async fn append(
        &mut self,
        mailbox: &str,
        flags: &[&str],
        raw: &[u8],
    ) -> Result<Appended, AppendError> {
        let tag = self
            .upload(mailbox, flags, raw)
            .await
            .map_err(AppendError::NotStored)?;
        self.acknowledged(&tag).await.map_err(|error| {
            if error.is_fatal() {
                AppendError::Doubt(error)
            } else {
                AppendError::NotStored(error)
            }
        })
    }

    /// Sends all but the line end that completes the command.
    async fn upload(&mut self, mailbox: &str, flags: &[&str], raw: &[u8]) -> Result<String, Error> {
        let at_once = self.capabilities.literal_plus()
            || (self.capabilities.literal_minus() && raw.len() <= SMALL);
        let (mailbox, flags) = (self.mailbox(mailbox)?, quote::flags(flags)?);
        let plus = if at_once { "+" } else { "" };
        let command = format!("APPEND {mailbox} {flags} {{{}{plus}}}", raw.len());
        let tag = self.send(KIND, &command).await?;
        if !at_once {
            self.continuation(KIND, &tag).await?;
            self.round_trips += 1;
        }
        clock::deadline(
            upload_limit(raw.len()),
            self.session.get_mut().write_all(raw),
        )
        .await
        .map_err(|_| Error::Timeout { what: KIND.what })?
        .map_err(|_| Error::Lost)?;
        Ok(tag)
    }

    async fn acknowledged(&mut self, tag: &str) -> Result<Appended, Error> {
        let stream = self.session.get_mut();
        let end = async {
            stream.write_all(b"\r\n").await?;
            stream.flush().await
        };
        clock::deadline(KIND.limit, end)
            .await
            .map_err(|_| Error::Timeout { what: KIND.what })?
            .map_err(|_| Error::Lost)?;
        let done = self.finish(KIND, tag, |_| ()).await?;
        Ok(match done.code {
            Some(Code::AppendUid { uidvalidity, uid }) => Appended {
                uidvalidity: Some(uidvalidity),
                uid: Some(uid),
            },
            _ => Appended::default(),
        })
    }
}

//! Finished mails on the server: into the outbox folder, from there to Sent.

use super::super::api::Trouble;
use super::super::link::imap_trouble;
use super::super::shared::other;
use super::{Open, Sync};
use crate::cache::FolderRole;
use crate::imap::{self, AppendError};

impl Sync {
    /// Puts finished bytes into the outbox folder, made when missing, so that any client of this
    /// agent can finish or flag them.
    pub(super) async fn stow(&mut self, raw: &[u8]) -> Result<(), Trouble> {
        self.connect().await?;
        let done = match &mut self.link {
            Some(open) => {
                let outbox = open.layout.outbox.clone();
                open.put(&outbox, &["\\Seen", "\\Draft"], raw).await
            }
            None => Err(imap::Error::Lost),
        };
        done.map_err(|e| self.broken(&e))
    }

    /// Takes a mail out of the outbox folder.
    pub(super) async fn unstow(&mut self, message_id: &str) -> Result<(), Trouble> {
        self.connect().await?;
        let done = match &mut self.link {
            Some(open) => open.drop_stowed(message_id).await,
            None => Err(imap::Error::Lost),
        };
        done.map_err(|e| self.broken(&e))
    }

    /// Whether Sent has a copy.
    pub(super) async fn sent_has(&mut self, message_id: &str) -> Result<bool, Trouble> {
        self.connect().await?;
        let found = match &mut self.link {
            Some(open) => {
                let sent = open.layout.sent.clone();
                open.find(&sent, message_id).await
            }
            None => Err(imap::Error::Lost),
        };
        found
            .map(|uids| !uids.is_empty())
            .map_err(|e| self.broken(&e))
    }

    /// One copy in Sent, none in the outbox, `\Answered` on what it answers. Can be repeated.
    pub(super) async fn file(
        &mut self,
        message_id: &str,
        raw: &[u8],
        slot: Option<&str>,
    ) -> Result<(), Trouble> {
        self.connect().await?;
        let done = match &mut self.link {
            Some(open) => open.file(message_id, raw, slot).await,
            None => Err(imap::Error::Lost),
        };
        done.map_err(|e| self.broken(&e))?;
        self.sync_one(FolderRole::Sent).await.map(|_| ())
    }
}

impl Open {
    async fn file(
        &mut self,
        message_id: &str,
        raw: &[u8],
        slot: Option<&str>,
    ) -> Result<(), imap::Error> {
        let (sent, inbox) = (self.layout.sent.clone(), self.layout.inbox.clone());
        if self.find(&sent, message_id).await?.is_empty() {
            let outbox = self.layout.outbox.clone();
            let stowed = self.find(&outbox, message_id).await?;
            match stowed.first() {
                Some(uid) => {
                    self.connection.store(&[*uid], false, &["\\Draft"]).await?;
                    self.connection.move_to(&[*uid], &sent).await?;
                }
                None => self.put(&sent, &["\\Seen"], raw).await?,
            }
        }
        // A provider may file a copy of its own; what is left in the outbox is then one too many.
        self.drop_stowed(message_id).await?;
        let Some(slot) = slot else { return Ok(()) };
        let answered = self.find(&inbox, slot).await?;
        if answered.is_empty() {
            return Ok(());
        }
        self.connection
            .store(&answered, true, &["\\Answered"])
            .await
    }

    async fn drop_stowed(&mut self, message_id: &str) -> Result<(), imap::Error> {
        let outbox = self.layout.outbox.clone();
        let left = self.find(&outbox, message_id).await?;
        match left.is_empty() {
            true => Ok(()),
            false if self.connection.capabilities().uidplus() => {
                self.connection.expunge(&left).await
            }
            false => self.connection.store(&left, true, &["\\Deleted"]).await,
        }
    }

    /// Messages with a Message-ID in a folder; none when there is no such folder.
    async fn find(&mut self, folder: &str, message_id: &str) -> Result<Vec<u32>, imap::Error> {
        match self.connection.select(folder, None).await {
            Ok(_) => self.connection.search_message_id(message_id).await,
            Err(error) if !error.is_fatal() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Appends, making the folder when it is missing. A copy whose answer was lost is looked for
    /// by whoever retries: every caller looks before it puts.
    async fn put(&mut self, folder: &str, flags: &[&str], raw: &[u8]) -> Result<(), imap::Error> {
        match self.connection.append(folder, flags, raw).await {
            Ok(_) => Ok(()),
            Err(AppendError::NotStored(error)) if !error.is_fatal() => {
                tracing::debug!(
                    "append refused, creating the folder first: {}",
                    imap_trouble(&error).sentence
                );
                self.connection.create(folder).await?;
                let again = self.connection.append(folder, flags, raw).await;
                again.map(|_| ()).map_err(AppendError::into_cause)
            }
            Err(error) => Err(error.into_cause()),
        }
    }
}

/// The conversation's name is not known to the server: an error of our own.
pub(super) fn not_here() -> Trouble {
    other("the conversation is not in the local copy: sync first")
}

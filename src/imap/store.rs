//! Changing messages, always by UID and never more than asked (RFC 9051 sections 6.4.6 to 6.4.9).

use super::exec::Kind;
use super::{Connection, Error, quote};

/// What became of moved messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// They are in the other folder only.
    Gone,
    /// They are in both; the server cannot delete by UID, so those in this folder are only marked
    /// `\Deleted`.
    Marked,
}

impl Connection {
    /// Adds flags to messages, or takes them away. Keywords outside the alphabet that all servers
    /// keep are refused here.
    pub async fn store<S: AsRef<str>>(
        &mut self,
        uids: &[u32],
        add: bool,
        flags: &[S],
    ) -> Result<(), Error> {
        let sign = if add { '+' } else { '-' };
        let flags = quote::flags(flags)?;
        let tail = format!("{sign}FLAGS.SILENT {flags}");
        self.on_each(Kind::fetch("STORE"), "UID STORE", uids, &tail)
            .await
    }

    /// Deletes exactly these messages (RFC 4315), never what others have marked.
    pub async fn expunge(&mut self, uids: &[u32]) -> Result<(), Error> {
        if !self.capabilities.uidplus() {
            return Err(Error::Unsupported(
                "it deletes only all marked messages at once",
            ));
        }
        self.store(uids, true, &["\\Deleted"]).await?;
        self.on_each(Kind::bulk("EXPUNGE"), "UID EXPUNGE", uids, "")
            .await
    }

    /// Moves messages to another folder; copies, marks and deletes where there is no MOVE.
    pub async fn move_to(&mut self, uids: &[u32], mailbox: &str) -> Result<Moved, Error> {
        let target = self.mailbox(mailbox)?;
        if self.capabilities.move_() {
            self.on_each(Kind::bulk("MOVE"), "UID MOVE", uids, &target)
                .await?;
            return Ok(Moved::Gone);
        }
        self.on_each(Kind::bulk("COPY"), "UID COPY", uids, &target)
            .await?;
        if self.capabilities.uidplus() {
            self.expunge(uids).await?;
            return Ok(Moved::Gone);
        }
        self.store(uids, true, &["\\Deleted"]).await?;
        Ok(Moved::Marked)
    }

    async fn on_each(
        &mut self,
        kind: Kind,
        verb: &str,
        uids: &[u32],
        tail: &str,
    ) -> Result<(), Error> {
        self.open()?;
        for set in quote::sets(uids) {
            let command = format!("{verb} {set} {tail}");
            self.exec(kind, command.trim_end(), |_| ()).await?;
        }
        Ok(())
    }
}

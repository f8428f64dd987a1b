//! Waiting for news (RFC 2177).

use super::exec::Kind;
use super::reply::{Reply, Status};
use super::{Connection, Error};
use crate::{clock, limits};
use std::pin::pin;
use std::time::Duration;

const KIND: Kind = Kind::short("IDLE");

/// Why a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woke {
    /// Something changed in the open folder.
    Changed,
    /// Nothing did for the whole limit; wait again.
    Limit,
    /// The caller's `stop` completed first.
    Stopped,
}

impl Connection {
    /// Waits until something changes in the open folder, `limit` has passed or `stop` completes.
    /// News that an earlier command brought along end the wait at once. Afterwards the connection
    /// takes commands again, after `stop` without waiting for the server: what a person asks for
    /// costs no round trip more because somebody was listening.
    pub async fn idle(
        &mut self,
        limit: Duration,
        stop: impl Future<Output = ()>,
    ) -> Result<Woke, Error> {
        if !self.capabilities.idle() {
            return Err(Error::Unsupported("it does not push news"));
        }
        self.open()?;
        if std::mem::take(&mut self.news) {
            return Ok(Woke::Changed);
        }
        let tag = self.send(KIND, "IDLE").await?;
        self.continuation(KIND, &tag).await?;
        let woke = match self.wait(limit, stop, &tag).await? {
            // The server ended the command itself; it takes no DONE now.
            None => return Ok(Woke::Limit),
            Some(woke) => woke,
        };
        let done = self.session.run_command_untagged("DONE");
        clock::deadline(limits::DONE_TIMEOUT, done)
            .await
            .map_err(|_| Error::Timeout { what: "DONE" })?
            .map_err(|_| Error::Lost)?;
        if woke == Woke::Stopped {
            // The next command goes out at once; its answer comes behind the end of this one.
            self.ending = Some(tag);
            self.ready = true;
            return Ok(woke);
        }
        clock::deadline(limits::DONE_TIMEOUT, self.finish(KIND, &tag, |_| ()))
            .await
            .map_err(|_| Error::Timeout { what: "DONE" })??;
        // What came between the news and the end of IDLE belongs to the same news.
        let changed = std::mem::take(&mut self.news);
        Ok(if changed { Woke::Changed } else { woke })
    }

    async fn wait(
        &mut self,
        limit: Duration,
        stop: impl Future<Output = ()>,
        tag: &str,
    ) -> Result<Option<Woke>, Error> {
        let mut stop = pin!(stop);
        let mut limit = pin!(clock::sleep(limit));
        while !self.news {
            let reply = tokio::select! {
                biased;
                () = &mut stop => return Ok(Some(Woke::Stopped)),
                reply = self.receive() => reply?,
                () = &mut limit => return Ok(Some(Woke::Limit)),
            };
            match reply {
                Reply::Untagged(untagged) => self.note(KIND, &untagged)?,
                Reply::Done {
                    tag: answered,
                    status: Status::Ok,
                    ..
                } if answered == tag => {
                    self.ready = true;
                    return Ok(None);
                }
                Reply::Done { .. } => return Err(Error::Protocol("IDLE ended with a refusal")),
                // Repeated continuations are harmless here.
                Reply::Continue => {}
            }
        }
        Ok(Some(Woke::Changed))
    }
}

//! Beside another process that writes the cache.

use super::super::api::{News, Summary, Trouble, TroubleKind};
use super::super::journal;
use super::super::shared::other;
use super::{Next, Sync};
use crate::cache::{FolderRole, Reader};
use crate::clock;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often a follower looks whether the cache changed, and whether its writer is gone.
const FOLLOW: Duration = Duration::from_millis(400);
/// How long the writer may take to store what the server has.
const WRITER: Duration = Duration::from_secs(60);

impl Sync {
    /// Tells when the cache changed, takes over when its writer is gone.
    pub(super) async fn follow(&mut self) -> Next {
        tokio::select! {
            job = self.jobs.recv() => return job.map_or(Next::End, Next::Job),
            Some(name) = self.effects.recv() => return Next::Mirror(name),
            () = clock::sleep(FOLLOW) => {}
        }
        if self.shared.try_take_over() {
            self.follower = None;
            if let Some(journal) = self.journal.upgrade()
                && journal.send(journal::Job::TookOver).await.is_err()
            {
                tracing::debug!("the journal task is ending");
            }
            return Next::Again;
        }
        if self.follower.is_none() {
            self.follower = Reader::open(&self.shared.cache_dir).ok().map(Mutex::new);
        }
        let version = self.follower.as_ref().map_or(0, version_of);
        if version != self.followed {
            self.followed = version;
            self.shared.tell(News::Changed(Vec::new())).await;
        }
        Next::Again
    }

    /// A sync that was asked for: done when the other process has stored everything the server
    /// has now.
    pub(super) async fn wait_for_writer(&mut self) -> Result<Summary, Trouble> {
        self.connect().await?;
        let mut summary = Summary::default();
        for role in [FolderRole::Inbox, FolderRole::Sent] {
            let Some(open) = &mut self.link else {
                return Err(other("not connected"));
            };
            let name = open.name_of(role);
            let selected = match open.connection.select(&name, None).await {
                Ok(selected) => selected,
                Err(error) if !error.is_fatal() => continue, // no such folder: nothing in it
                Err(error) => return Err(self.broken(&error)),
            };
            summary.messages += usize::try_from(selected.exists).unwrap_or(usize::MAX);
            let stored = self.stored_up_to(role, selected.uidnext);
            clock::deadline(WRITER, stored)
                .await
                .map_err(|_| behind())??;
        }
        Ok(summary)
    }

    async fn stored_up_to(&self, role: FolderRole, uidnext: u32) -> Result<(), Trouble> {
        loop {
            let dir = self.shared.cache_dir.clone();
            let read = tokio::task::spawn_blocking(move || Reader::open(&dir)?.folder(role));
            let folder = read.await.map_err(other)?.map_err(other)?;
            if folder.is_some_and(|f| f.uidnext >= Some(uidnext)) {
                return Ok(());
            }
            clock::sleep(FOLLOW).await;
        }
    }
}

fn behind() -> Trouble {
    Trouble::new(
        TroubleKind::Other,
        "the other postroom that writes this cache is not in step with the server: look at it, or \
         end it and sync again",
    )
}

fn version_of(reader: &Mutex<Reader>) -> i64 {
    let reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
    reader.version().unwrap_or(0)
}

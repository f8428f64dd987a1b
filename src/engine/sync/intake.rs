//! From fetched bytes to stored and searchable, beside the network: while one batch is parsed and
//! stored on a blocking thread, the next one is fetched. One batch is in flight at most, so memory
//! stays small.

use super::super::api::Trouble;
use super::super::shared::{Shared, other};
use crate::cache::{self, Arrived};
use crate::imap::Fetched;
use crate::limits::INDEX_BATCH;
use crate::mail::parse;
use crate::team::ConversationName;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::task::JoinHandle;

type Changed = BTreeSet<ConversationName>;

/// See the module.
pub(super) struct Intake {
    shared: Arc<Shared>,
    folder: i64,
    uidvalidity: u32,
    stored: usize,
    unindexed: usize,
    running: Option<JoinHandle<Result<Changed, cache::Error>>>,
}

impl Intake {
    pub fn new(shared: &Arc<Shared>, folder: i64, uidvalidity: u32) -> Self {
        Self {
            shared: Arc::clone(shared),
            folder,
            uidvalidity,
            stored: 0,
            unindexed: 0,
            running: None,
        }
    }

    /// Hands over a batch; returns what the one before changed.
    pub async fn take(&mut self, rows: Vec<Fetched>) -> Result<Changed, Trouble> {
        let changed = self.wait().await?;
        self.stored += rows.len();
        self.unindexed += rows.len();
        let index = self.unindexed >= INDEX_BATCH;
        if index {
            self.unindexed = 0;
        }
        let shared = Arc::clone(&self.shared);
        let (folder, uidvalidity) = (self.folder, self.uidvalidity);
        self.running = Some(tokio::task::spawn_blocking(move || {
            let batch = rows.into_iter().map(arrived).collect();
            let changed = match shared.cache_slot().as_mut() {
                Some(cache) => cache.store(folder, uidvalidity, batch, &shared.own)?,
                None => return Ok(Changed::new()),
            };
            if index {
                shared.index()?;
            }
            Ok(changed.into_iter().collect())
        }));
        Ok(changed)
    }

    /// Waits for the last batch and makes everything searchable, also what an earlier run stored
    /// before it was killed; returns how many were stored.
    pub async fn finish(mut self) -> Result<(usize, Changed), Trouble> {
        let changed = self.wait().await?;
        let shared = Arc::clone(&self.shared);
        let indexed = tokio::task::spawn_blocking(move || shared.index());
        indexed.await.map_err(other)?.map_err(other)?;
        Ok((self.stored, changed))
    }

    async fn wait(&mut self) -> Result<Changed, Trouble> {
        let Some(running) = self.running.take() else {
            return Ok(Changed::new());
        };
        let done = running
            .await
            .map_err(|_| other("storing mail ended unexpectedly: start again"))?;
        done.map_err(other)
    }
}

fn arrived(row: Fetched) -> Arrived {
    let message = parse::parse(&row.raw);
    Arrived {
        uid: row.uid,
        flags: row.flags,
        modseq: row.modseq,
        internal: row.internal,
        raw: row.raw,
        message,
    }
}

//! What the gate needs: the messages of one conversation as the server has them now.

use super::super::api::Trouble;
use super::super::shared::other;
use super::files::not_here;
use super::{Open, Sync};
use crate::cache::{FolderRole, MailFacts, Reader};
use crate::imap::{self, Fetched};
use crate::mail::{Message, parse, thread};
use crate::team::ConversationName;
use crate::team::gate::Letter;
use std::collections::BTreeSet;

impl Sync {
    /// Syncs, or looks past another process's cache, and returns every message of a conversation.
    pub(super) async fn letters(
        &mut self,
        conversation: &ConversationName,
    ) -> Result<Vec<Letter>, Trouble> {
        if self.shared.is_writer() {
            self.sync_one(FolderRole::Inbox).await?;
            self.sync_one(FolderRole::Sent).await?;
            let name = conversation.clone();
            let facts = self
                .shared
                .with_cache(move |cache| cache.reader().facts(&name))
                .await?;
            return facts.flatten().map(|f| letters_of(&f)).ok_or_else(not_here);
        }
        self.connect().await?;
        let (facts, positions) = self.cached(conversation).await?;
        let mut found = letters_of(&facts);
        for (role, uidnext) in positions {
            let Some(open) = &mut self.link else {
                return Err(other("not connected"));
            };
            let beyond = open.beyond(role, uidnext).await;
            let rows = beyond.map_err(|e| self.broken(&e))?;
            add_related(&mut found, role, &rows, &self.shared.own);
        }
        Ok(found)
    }

    async fn cached(
        &self,
        conversation: &ConversationName,
    ) -> Result<(MailFacts, Vec<(FolderRole, u32)>), Trouble> {
        let (dir, name) = (self.shared.cache_dir.clone(), conversation.clone());
        let read = tokio::task::spawn_blocking(move || {
            let reader = Reader::open(&dir)?;
            let positions = [FolderRole::Inbox, FolderRole::Sent]
                .into_iter()
                .map(|role| {
                    let folder = reader.folder(role)?;
                    Ok((role, folder.and_then(|f| f.uidnext).unwrap_or(1)))
                })
                .collect::<Result<Vec<_>, crate::cache::Error>>()?;
            Ok::<_, crate::cache::Error>((reader.facts(&name)?, positions))
        });
        let (facts, positions) = read
            .await
            .map_err(|_| other("reading the cache ended unexpectedly"))?
            .map_err(other)?;
        Ok((facts.ok_or_else(not_here)?, positions))
    }
}

impl Open {
    /// Messages above what the cache knows.
    async fn beyond(
        &mut self,
        role: FolderRole,
        uidnext: u32,
    ) -> Result<Vec<Fetched>, imap::Error> {
        let folder = self.name_of(role);
        match self.connection.select(&folder, None).await {
            Ok(_) => {}
            Err(error) if !error.is_fatal() => return Ok(Vec::new()),
            Err(error) => return Err(error),
        }
        let mut uids = Vec::new();
        self.connection
            .overview(uidnext, |row| uids.push(row.uid))
            .await?;
        let mut rows = Vec::new();
        if !uids.is_empty() {
            self.connection.fetch(&uids, |row| rows.push(row)).await?;
        }
        Ok(rows)
    }
}

/// What the gate and a new draft compare. A message without Message-ID goes by its arrival.
pub(in crate::engine) fn letters_of(facts: &MailFacts) -> Vec<Letter> {
    let letters = facts.messages.iter();
    letters
        .map(|m| Letter {
            message_id: m
                .message_id
                .clone()
                .unwrap_or_else(|| format!("arrived {}", m.at)),
            outgoing: m.outgoing,
            author: None,
            at: m.at,
        })
        .collect()
}

/// Adds those of `rows` that belong to the conversation whose letters are known.
fn add_related(
    found: &mut Vec<Letter>,
    role: FolderRole,
    rows: &[Fetched],
    own: &crate::cache::OwnAddresses,
) {
    let mut ids: BTreeSet<String> = found.iter().map(|l| l.message_id.clone()).collect();
    for row in rows {
        let message: Message = parse::headers(&row.raw);
        let Some(message_id) = message.message_id.clone() else {
            continue;
        };
        let related = thread::related_ids(&message);
        if ids.contains(&message_id) || !related.iter().any(|id| ids.contains(*id)) {
            continue;
        }
        ids.insert(message_id.clone());
        found.push(Letter {
            outgoing: role == FolderRole::Sent
                || message.from.iter().any(|a| own.contains(a.address.raw())),
            message_id,
            author: None,
            at: row.internal,
        });
    }
}

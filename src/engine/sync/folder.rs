//! One folder: from its last known position to what the server has now.
//!
//! Three ways, by what the server offers: QRESYNC tells changes with SELECT; CONDSTORE tells
//! changed flags and the UID list tells what is gone; without either everything is compared.
//! The position moves only after everything below it is stored, so a sync that is cut at any
//! point goes on where it was.

use super::super::api::{News, Summary, Trouble};
use super::super::link::imap_trouble;
use super::super::shared::other;
use super::intake::Intake;
use super::{Open, Sync};
use crate::cache::{Folder, FolderRole, flags_digest};
use crate::clock;
use crate::imap::{self, Changes, Flags, Overview, Resync, Selected};
use crate::limits::{FETCH_BYTES, FETCH_MESSAGES, FETCH_WHOLE, MESSAGE_BYTES};
use crate::team::ConversationName;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Without CONDSTORE the newest so many are compared at every look, everything once an hour.
const COMPARE_NEWEST: usize = 2_000;
const COMPARE_ALL: Duration = Duration::from_secs(3600);

/// UIDs in the cache with a digest of their flags.
type Known = BTreeMap<u32, u64>;

/// What is different on the server.
#[derive(Default)]
struct Difference {
    new: Vec<(u32, u64)>,
    flags: Vec<Flags>,
    gone: Vec<u32>,
}

impl Sync {
    /// Brings one folder up to date. Connects when necessary; a broken connection is tried once
    /// more, because servers close idle ones.
    pub(super) async fn sync_one(&mut self, role: FolderRole) -> Result<Summary, Trouble> {
        let fresh = self.link.is_none();
        self.connect().await?;
        match self.sync_folder(role).await {
            Err(imap_error) if !fresh && self.link.is_none() => {
                tracing::debug!(
                    "connection lost in a sync, once more: {}",
                    imap_error.sentence
                );
                self.connect().await?;
                self.sync_folder(role).await
            }
            done => done,
        }
    }

    async fn sync_folder(&mut self, role: FolderRole) -> Result<Summary, Trouble> {
        let Some(open) = &mut self.link else {
            return Err(other("not connected"));
        };
        let name = open.name_of(role);
        let wanted = name.clone();
        let known = self
            .shared
            .with_cache(move |cache| {
                let folder = cache.folder(role, &wanted)?;
                let known: Known = cache.uids(folder.id)?.into_iter().collect();
                Ok((folder, known))
            })
            .await?;
        let Some((folder, known)) = known else {
            return Ok(Summary::default()); // another process keeps the cache in step
        };
        let looked = self.look(&name, &folder, &known).await;
        let (selected, difference) = match looked {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(Summary::default()), // no such folder: nothing in it
            Err(error) => return Err(self.broken(&error)),
        };
        let before = known.len();
        let mut summary = self.take(role, folder, &selected, difference).await?;
        let renumbered = folder
            .uidvalidity
            .is_some_and(|v| v != selected.uidvalidity);
        let kept = if renumbered { 0 } else { before };
        summary.messages = (kept + summary.new).saturating_sub(summary.gone);
        Ok(summary)
    }

    /// Ends the connection when the error says so.
    pub(super) fn broken(&mut self, error: &imap::Error) -> Trouble {
        if error.is_fatal() {
            self.link = None;
        }
        imap_trouble(error)
    }

    async fn look(
        &mut self,
        name: &str,
        folder: &Folder,
        known: &Known,
    ) -> Result<Option<(Selected, Difference)>, imap::Error> {
        let Some(open) = &mut self.link else {
            return Err(imap::Error::Lost);
        };
        let max_uid = known.keys().next_back().copied().unwrap_or(0);
        let resync = match (folder.uidvalidity, folder.highest_modseq) {
            (Some(uidvalidity), Some(modseq)) => Some(Resync {
                uidvalidity,
                modseq,
                max_uid,
            }),
            _ => None,
        };
        let mut selected = match open.connection.select(name, resync).await {
            Ok(selected) => selected,
            Err(error) if !error.is_fatal() && name != "INBOX" => return Ok(None),
            Err(error) => return Err(error),
        };
        open.keywords_allowed = selected.keywords_allowed;
        let none = Known::new();
        let known = match folder.uidvalidity {
            Some(old) if old != selected.uidvalidity => &none,
            _ => known,
        };
        let complete = folder.uidnext.is_some() && !known.is_empty();
        let difference = match (selected.changes.take(), folder.highest_modseq) {
            _ if !complete => open.compare_from(1, known).await?,
            (Some(changes), _) => open.apply(changes, folder, known).await?,
            (None, Some(modseq)) if open.connection.capabilities().condstore() => {
                let changes = open.connection.changed_since(modseq).await?;
                let told = open.connection.tells_vanished();
                let mut difference = open.apply(changes, folder, known).await?;
                let expected = known.len() + difference.new.len();
                if !told && usize::try_from(selected.exists).is_ok_and(|n| n != expected) {
                    difference.gone = open.missing(known).await?;
                }
                difference
            }
            _ => open.compare(known).await?,
        };
        Ok(Some((selected, difference)))
    }

    /// Stores what is different; the position last.
    async fn take(
        &mut self,
        role: FolderRole,
        folder: Folder,
        selected: &Selected,
        difference: Difference,
    ) -> Result<Summary, Trouble> {
        let uidvalidity = selected.uidvalidity;
        let mut summary = Summary {
            new: difference.new.len(),
            gone: difference.gone.len(),
            flags: difference.flags.len(),
            ..Summary::default()
        };
        let fresh = folder.uidvalidity != Some(uidvalidity);
        if fresh && folder.uidvalidity.is_some() {
            let what = "the server numbered its messages anew (UIDVALIDITY changed): \
                        the local copy is made again";
            self.shared.notice(false, what).await;
        }
        let (Difference { new, flags, gone }, id) = (difference, folder.id);
        let touched = flags.clone();
        let ranges: Vec<_> = gone.iter().map(|uid| *uid..=*uid).collect();
        let changed = self
            .shared
            .with_cache(move |cache| {
                let mut changed: BTreeSet<ConversationName> = BTreeSet::new();
                if fresh {
                    changed.extend(cache.forget_folder(id)?);
                }
                changed.extend(cache.gone(id, &ranges)?);
                let rows: Vec<_> = flags
                    .into_iter()
                    .map(|f| (f.uid, f.flags, f.modseq))
                    .collect();
                let flagged = cache.flags(id, &rows)?;
                changed.extend(flagged.iter().cloned());
                Ok((changed, flagged))
            })
            .await?
            .unwrap_or_default();
        let (changed, flagged) = changed;
        self.tell_changed(changed).await;
        if role == FolderRole::Inbox {
            self.doubts.note(uidvalidity, &touched, flagged);
        }
        let lost = self.fetch_all(role, id, uidvalidity, new).await?;
        summary.new -= lost;
        let (uidnext, modseq) = (selected.uidnext, selected.highest_modseq);
        self.shared
            .with_cache(move |cache| cache.set_position(id, uidvalidity, uidnext, modseq))
            .await?;
        Ok(summary)
    }

    pub(super) async fn tell_changed(&self, changed: BTreeSet<ConversationName>) {
        if !changed.is_empty() {
            let names = changed.into_iter().collect();
            self.shared.tell(News::Changed(names)).await;
        }
    }

    /// Fetches bodies newest first; returns how many were gone before they could be fetched.
    async fn fetch_all(
        &mut self,
        role: FolderRole,
        folder: i64,
        uidvalidity: u32,
        mut new: Vec<(u32, u64)>,
    ) -> Result<usize, Trouble> {
        let total = new.len();
        new.retain(|(_, size)| *size <= MESSAGE_BYTES);
        if new.len() < total {
            let what = format!(
                "{} in {} is larger than {} MB and left out: open it with another mail program",
                counted(total - new.len()),
                role.word(),
                MESSAGE_BYTES >> 20
            );
            self.shared.notice(true, what).await;
        }
        new.sort_unstable_by_key(|(uid, _)| std::cmp::Reverse(*uid));
        let mut intake = Intake::new(&self.shared, folder, uidvalidity);
        let mut asked = 0;
        for chunk in chunks(&new) {
            let Some(open) = &mut self.link else {
                return Err(other("not connected"));
            };
            let fetched = open.fetch_chunk(chunk).await;
            let rows = match fetched {
                Ok(rows) => rows,
                Err(error) => {
                    intake.finish().await?;
                    return Err(self.broken(&error));
                }
            };
            asked += chunk.len();
            let changed = intake.take(rows).await?;
            self.tell_changed(changed).await;
            if total > FETCH_MESSAGES {
                self.progress(role.word(), asked, total).await;
            }
        }
        let (stored, changed) = intake.finish().await?;
        self.tell_changed(changed).await;
        Ok(total.saturating_sub(stored))
    }
}

impl Open {
    /// Everything from `first` on against what is known.
    async fn compare_from(&mut self, first: u32, known: &Known) -> Result<Difference, imap::Error> {
        let mut seen = BTreeSet::new();
        let mut difference = Difference::default();
        self.connection
            .overview(first, |row: Overview| {
                seen.insert(row.uid);
                match known.get(&row.uid) {
                    None => difference.new.push((row.uid, row.size)),
                    Some(digest) if *digest != flags_digest(&row.flags) => {
                        difference.flags.push(Flags {
                            uid: row.uid,
                            flags: row.flags,
                            modseq: row.modseq,
                        })
                    }
                    Some(_) => {}
                }
            })
            .await?;
        let gone = known.range(first..).map(|(uid, _)| *uid);
        difference.gone = gone.filter(|uid| !seen.contains(uid)).collect();
        Ok(difference)
    }

    /// Without CONDSTORE: the newest at every look, everything now and then.
    async fn compare(&mut self, known: &Known) -> Result<Difference, imap::Error> {
        let now = clock::monotonic();
        let all = self
            .compared
            .is_none_or(|at| now.duration_since(at) >= COMPARE_ALL);
        let newest = known.keys().rev().nth(COMPARE_NEWEST).copied();
        if all {
            self.compared = Some(now);
            return self.compare_from(1, known).await;
        }
        self.compare_from(newest.unwrap_or(1), known).await
    }

    /// Changes the server told, plus what is new above the last position.
    async fn apply(
        &mut self,
        changes: Changes,
        folder: &Folder,
        known: &Known,
    ) -> Result<Difference, imap::Error> {
        let first = folder.uidnext.unwrap_or(1);
        let mut difference = Difference::default();
        self.connection
            .overview(first, |row: Overview| {
                if !known.contains_key(&row.uid) {
                    difference.new.push((row.uid, row.size));
                }
            })
            .await?;
        let really = |f: &Flags| {
            known
                .get(&f.uid)
                .is_some_and(|old| *old != flags_digest(&f.flags))
        };
        difference.flags = changes.flags.into_iter().filter(really).collect();
        for range in changes.vanished {
            difference
                .gone
                .extend(known.range(range).map(|(uid, _)| *uid));
        }
        Ok(difference)
    }

    async fn missing(&mut self, known: &Known) -> Result<Vec<u32>, imap::Error> {
        let there: BTreeSet<u32> = self.connection.uids().await?.into_iter().collect();
        let gone = known.keys().copied();
        Ok(gone.filter(|uid| !there.contains(uid)).collect())
    }

    async fn fetch_chunk(
        &mut self,
        chunk: &[(u32, u64)],
    ) -> Result<Vec<imap::Fetched>, imap::Error> {
        if let [(uid, size)] = chunk
            && *size > FETCH_WHOLE
        {
            let whole = self.connection.fetch_large(*uid).await?;
            return Ok(whole.into_iter().collect());
        }
        let uids: Vec<u32> = chunk.iter().map(|(uid, _)| *uid).collect();
        let mut rows = Vec::with_capacity(uids.len());
        self.connection.fetch(&uids, |row| rows.push(row)).await?;
        Ok(rows)
    }
}

fn counted(messages: usize) -> String {
    match messages {
        1 => "one message".to_owned(),
        n => format!("each of {n} messages"),
    }
}

/// Cuts the list by count and bytes; a large message stands alone.
fn chunks(new: &[(u32, u64)]) -> Vec<&[(u32, u64)]> {
    let mut out = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, (_, size)) in new.iter().enumerate() {
        let full = at - start >= FETCH_MESSAGES || bytes + size > FETCH_BYTES;
        if full && at > start {
            out.extend(new.get(start..at));
            (start, bytes) = (at, 0);
        }
        bytes += size;
    }
    out.extend(new.get(start..).filter(|rest| !rest.is_empty()));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_hold_everything_once_and_large_mail_stands_alone() {
        let mut new: Vec<(u32, u64)> = (1..=1200).map(|uid| (uid, 1000)).collect();
        new.push((1201, FETCH_WHOLE + 1));
        new.push((1202, 10));
        let cut = chunks(&new);
        assert_eq!(cut.concat(), new);
        assert!(cut.iter().all(|c| c.len() <= FETCH_MESSAGES));
        let large = cut.iter().find(|c| c.iter().any(|(uid, _)| *uid == 1201));
        assert_eq!(large.map(|c| c.len()), Some(1));
    }
}

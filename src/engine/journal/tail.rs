//! Reading: from the end of the journal into the fold and the cache.

use super::super::api::News;
use super::super::sync;
use super::{Journal, Open};
use crate::cache::JournalMessage;
use crate::clock::{self, Timestamp};
use crate::imap::{self, Fetched};
use crate::team::fold::{Place, Verdict};
use crate::team::{Act, Team, event};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Events asked for in one FETCH.
const CHUNK: u32 = 2_000;

impl Journal {
    /// Folds the journal as the cache has it; the rest comes from the server.
    pub(in crate::engine) fn load(&mut self, rows: Vec<JournalMessage>) {
        for row in rows {
            let place = Place {
                uidvalidity: row.uidvalidity,
                uid: row.uid,
                internal: row.internal,
            };
            let mut incoming = event::decode(&row.raw);
            if let Ok(incoming) = &mut incoming {
                incoming.verified = row.verified;
            }
            let applied = self.shared.team_mut().apply(place, &incoming);
            self.remember(place, &incoming, &applied.verdict);
            self.fetched = row.uid;
        }
    }

    /// Selects the journal when it is not, fetches what is new, folds and stores it.
    pub(super) async fn catch_up(&mut self) -> Result<(), imap::Error> {
        if !self.select().await? {
            return Ok(());
        }
        loop {
            let to = self.fetched.saturating_add(CHUNK);
            let wanted: Vec<u32> = (self.fetched + 1..=to).collect();
            let mut rows: Vec<Fetched> = Vec::new();
            let Some(Open {
                connection,
                uidnext,
                ..
            }) = &mut self.link
            else {
                return Err(imap::Error::Lost);
            };
            connection.fetch(&wanted, |m| rows.push(m)).await?;
            let full = rows.iter().any(|m| m.uid >= to) || *uidnext > to;
            rows.sort_by_key(|m| m.uid);
            if !self.take_in(rows).await {
                self.start_over();
                continue;
            }
            self.fetched = if full { to } else { self.fetched };
            if !full {
                break;
            }
        }
        self.folded_at = Some(clock::monotonic());
        Ok(())
    }

    /// Fetches up to and including `uid` in one round trip.
    pub(super) async fn catch_up_to(&mut self, uid: u32) -> Result<(), imap::Error> {
        let wanted: Vec<u32> = (self.fetched + 1..=uid).collect();
        let mut rows: Vec<Fetched> = Vec::new();
        let Some(Open { connection, .. }) = &mut self.link else {
            return Err(imap::Error::Lost);
        };
        connection.fetch(&wanted, |m| rows.push(m)).await?;
        rows.sort_by_key(|m| m.uid);
        if self.take_in(rows).await {
            self.folded_at = Some(clock::monotonic());
            return Ok(());
        }
        self.start_over();
        self.catch_up().await
    }

    /// Selects the journal; `false` when there is none yet.
    async fn select(&mut self) -> Result<bool, imap::Error> {
        let Some(open) = &mut self.link else {
            return Err(imap::Error::Lost);
        };
        if open.selected.is_some() && !open.connection.should_reselect() {
            return Ok(true);
        }
        let known = {
            let seen = self.shared.team().position();
            (seen.uidvalidity, seen.uid)
        };
        let selected = match open.connection.select(&open.folder, None).await {
            Ok(selected) => selected,
            Err(error) if !error.is_fatal() => {
                open.selected = None;
                if known.1 > 0 {
                    self.freeze(
                        "the team's journal folder is gone from the server: nothing is written \
                         until it is back",
                    )
                    .await;
                }
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        open.selected = Some(selected.uidvalidity);
        open.uidnext = selected.uidnext;
        if selected.read_only {
            self.freeze("the server opened the team's journal read-only: you can only look")
                .await;
        }
        if known.1 > 0 && known.0 != selected.uidvalidity {
            self.replaced(selected.uidvalidity).await;
        } else if known.1 > 0 && selected.uidnext != 0 && selected.uidnext <= known.1 {
            self.freeze(
                "the team's journal is shorter than it was, as after a restore from backup: \
                 nothing is written until your administrator has looked",
            )
            .await;
        }
        Ok(true)
    }

    async fn replaced(&mut self, uidvalidity: u32) {
        self.shared
            .notice(
                true,
                "the server gave the team's journal a new UIDVALIDITY: it is read again from its \
                 start; check that nothing is missing",
            )
            .await;
        let reset = self
            .shared
            .with_cache(move |cache| cache.journal_reset(uidvalidity));
        if let Err(trouble) = reset.await {
            self.shared.notice(true, trouble.sentence).await;
        }
        self.start_over();
    }

    /// Forgets the fold; the next look reads the journal from its start.
    fn start_over(&mut self) {
        *self.shared.team_mut() = Team::new();
        self.fetched = 0;
        self.ahead.clear();
        self.own.clear();
    }

    /// No event is written any more in this run.
    pub(super) async fn freeze(&mut self, why: &str) {
        if self.frozen.is_none() {
            self.frozen = Some(why.to_owned());
            self.shared.notice(true, why).await;
        }
    }

    /// Folds and stores fetched messages; `false` when one came below those already folded.
    async fn take_in(&mut self, rows: Vec<Fetched>) -> bool {
        let Some(uidvalidity) = self.link.as_ref().and_then(|open| open.selected) else {
            return true;
        };
        let mut changed = BTreeSet::new();
        let mut present = BTreeSet::new();
        let mut keep = Vec::new();
        for row in rows {
            if row.uid <= self.fetched {
                continue;
            }
            let place = Place {
                uidvalidity,
                uid: row.uid,
                internal: row.internal,
            };
            let incoming = event::decode(&row.raw);
            let Some((verified, name)) = self.fold_one(place, &incoming).await else {
                return false;
            };
            let ephemeral = incoming.as_ref().is_ok_and(|i| i.is_ephemeral());
            if let Some(name) = name {
                let set = if ephemeral {
                    &mut present
                } else {
                    &mut changed
                };
                set.insert(name);
            }
            if !ephemeral {
                keep.push(JournalMessage {
                    uidvalidity,
                    uid: row.uid,
                    internal: row.internal,
                    raw: row.raw,
                    verified,
                });
            }
            self.fetched = row.uid;
        }
        self.store(keep, &changed).await;
        if !changed.is_empty() {
            let names = changed.into_iter().collect();
            self.shared.tell(News::Changed(names)).await;
        }
        if !present.is_empty() {
            let names = present.into_iter().collect();
            self.shared.tell(News::Presence(names)).await;
        }
        true
    }

    /// Folds one message, or compares it with what an answer to APPEND promised.
    async fn fold_one(
        &mut self,
        place: Place,
        incoming: &Result<event::Incoming, event::NotAnEvent>,
    ) -> Option<(bool, Option<crate::team::ConversationName>)> {
        if let Some(promised) = self.ahead.remove(&place.uid) {
            let event = &incoming.as_ref().ok()?.event;
            if event.id != promised {
                self.freeze(
                    "the server mixed up the numbers of the team's events: nothing is written",
                )
                .await;
                return None;
            }
            let name = event.conversation.clone();
            self.shared
                .team_mut()
                .retime(&name, place.uid, place.internal);
            return Some((true, Some(name)));
        }
        let applied = self.shared.team_mut().apply(place, incoming);
        if applied.verdict == Verdict::OutOfOrder {
            return None;
        }
        self.remember(place, incoming, &applied.verdict);
        let sent = |i: &event::Incoming| matches!(i.event.act, Act::Sent { .. });
        if incoming.as_ref().is_ok_and(sent)
            && let Some(mail) = self.mail.upgrade()
            && mail.try_send(sync::Job::SentGrew).is_err()
        {
            tracing::debug!("the mail task is busy; it looks into Sent at its next turn");
        }
        Some((applied.verified, applied.conversation))
    }

    /// Keeps the verdict on an own event, and the time of the others' latest.
    pub(super) fn remember(
        &mut self,
        place: Place,
        incoming: &Result<event::Incoming, event::NotAnEvent>,
        verdict: &Verdict,
    ) {
        let Ok(incoming) = incoming else { return };
        let event = &incoming.event;
        if event.agent != self.shared.me {
            self.others_at = self.others_at.max(Some(place.internal));
        } else if event.key == self.shared.key.fingerprint()
            && !matches!(event.act, Act::Presence { .. })
        {
            self.own
                .entry(event.id.clone())
                .or_insert((place.uid, verdict.clone()));
        }
    }

    async fn store(
        &mut self,
        keep: Vec<JournalMessage>,
        changed: &BTreeSet<crate::team::ConversationName>,
    ) {
        if keep.is_empty() && changed.is_empty() {
            return;
        }
        let (shared, changed) = (Arc::clone(&self.shared), changed.clone());
        let stored = self.shared.with_cache(move |cache| {
            cache.journal_append(&keep)?;
            let team = shared.team();
            let states = changed
                .iter()
                .filter_map(|name| Some((name, team.conversation(name)?)));
            cache.set_team(states)
        });
        match stored.await {
            Ok(_) => self.unindexed = true,
            Err(trouble) => self.shared.notice(true, trouble.sentence).await,
        }
    }

    /// Folds an own event from the answer to its APPEND: nothing can stand between.
    pub(super) async fn fold_ahead(
        &mut self,
        uidvalidity: u32,
        uid: u32,
        raw: &[u8],
        now: Timestamp,
    ) {
        let place = Place {
            uidvalidity,
            uid,
            internal: now,
        };
        let incoming = event::decode(raw);
        let applied = self.shared.team_mut().apply(place, &incoming);
        self.remember(place, &incoming, &applied.verdict);
        if let Ok(incoming) = incoming {
            self.ahead.insert(uid, incoming.event.id);
        }
        self.folded_at = Some(clock::monotonic());
        if let Some(name) = applied.conversation {
            let changed = BTreeSet::from([name.clone()]);
            self.store(Vec::new(), &changed).await;
            self.shared.tell(News::Changed(vec![name])).await;
        }
    }
}

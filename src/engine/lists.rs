//! Answers from the cache: pages, threads, search. They run on threads of their own and never
//! touch the network.

mod reply;
mod thread;

use super::api::{News, Request, Trouble, TroubleKind};
use super::setup::Mode;
use super::shared::{Shared, other};
use crate::cache::{self, Reader, Viewer};
use crate::clock;
use crate::limits::PRESENCE_TTL;
use crate::query;
use crate::team::ConversationName;
use crate::view::{HistoryEntry, Hit, Member, Presence, Row};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

/// Answers requests until the engine ends. With `newest_only`, of the requests that wait only the
/// last is answered: a search while somebody types.
pub(super) fn serve(shared: &Arc<Shared>, requests: &Receiver<Request>, newest_only: bool) {
    let mut reader = None;
    while let Ok(mut request) = requests.recv() {
        while newest_only && let Ok(newer) = requests.try_recv() {
            request = newer;
        }
        if reader.is_none() {
            reader = Reader::open(&shared.cache_dir).ok();
        }
        let news = match &reader {
            Some(reader) => Lists { shared, reader }.answer(request),
            None => without_cache(request),
        };
        if let Some(news) = news {
            shared.tell_blocking(news);
        }
    }
}

struct Lists<'a> {
    shared: &'a Shared,
    reader: &'a Reader,
}

impl Lists<'_> {
    fn answer(&self, request: Request) -> Option<News> {
        Some(match request {
            Request::Rows {
                ticket,
                view,
                offset,
                limit,
            } => {
                let page = self.with_viewer(|v| self.reader.page(view, v, offset, limit));
                match page {
                    Ok(mut page) => {
                        page.rows.iter_mut().for_each(|row| self.fill(row));
                        News::Page(ticket, Box::new(page))
                    }
                    Err(error) => notice(&error),
                }
            }
            Request::Counts => match self.with_viewer(|v| self.reader.counts(v)) {
                Ok(counts) => News::Counts(counts),
                Err(error) => notice(&error),
            },
            Request::Open {
                ticket,
                conversation,
            } => News::Opened(ticket, self.thread(&conversation).map(Box::new)),
            Request::Search {
                ticket,
                query,
                limit,
            } => News::Found(ticket, self.search(&query, limit)),
            Request::Members => News::Members(self.members()),
            Request::Find { ticket, text } => match self.reader.find(&text) {
                Ok(names) => News::Names(ticket, names),
                Err(error) => notice(&error),
            },
            Request::Log {
                ticket,
                conversation,
                limit,
            } => News::Log(ticket, self.log(conversation.as_ref(), limit)),
            Request::Reply {
                ticket,
                conversation,
                all,
            } => News::Draft(ticket, self.reply(&conversation, all).map(Box::new)),
            Request::SaveAttachment {
                ticket,
                message,
                index,
                folder,
            } => News::SavedFile(ticket, self.save_attachment(message, index, &folder)),
            _ => return None,
        })
    }

    fn with_viewer<T>(
        &self,
        work: impl FnOnce(&Viewer<'_>) -> Result<T, cache::Error>,
    ) -> Result<T, cache::Error> {
        let desk = self.shared.desk();
        let mark = |name: &ConversationName| desk.read_mark(name).ok().flatten();
        work(&Viewer {
            me: &self.shared.me,
            now: clock::now(),
            zone: clock::zone(),
            mark: &mark,
        })
    }

    /// What the cache cannot know: who looks now, and what lies on the desk.
    fn fill(&self, row: &mut Row) {
        let team = self.shared.team();
        let others = team
            .present(&row.name, clock::now(), PRESENCE_TTL)
            .filter(|(agent, _)| **agent != self.shared.me);
        row.presence = others
            .map(|(agent, mark)| Presence {
                agent: agent.clone(),
                grade: mark.grade,
                at: mark.at,
            })
            .collect();
        row.draft = self.shared.drafts().contains(&row.name);
    }

    fn search(&self, text: &str, limit: usize) -> Result<(Vec<Hit>, usize), Trouble> {
        // While somebody types, the last word may not be finished.
        let query = match self.shared.mode {
            Mode::Interactive => query::parse_typed(text),
            Mode::Serve | Mode::Once => query::parse(text),
        };
        let query = query.map_err(other)?;
        let found = self.with_viewer(|v| self.reader.search(&query, v, limit));
        let (mut hits, total) = found.map_err(other)?;
        hits.iter_mut().for_each(|hit| self.fill(&mut hit.row));
        Ok((hits, total))
    }

    fn members(&self) -> Vec<Member> {
        let open: BTreeMap<_, _> = self
            .reader
            .owners()
            .unwrap_or_default()
            .into_iter()
            .collect();
        let team = self.shared.team();
        let mut members: Vec<Member> = team
            .agents()
            .map(|m| Member {
                agent: m.agent.clone(),
                name: m.name.clone(),
                open: open.get(&m.agent).copied().unwrap_or(0),
                me: m.agent == self.shared.me,
            })
            .collect();
        if !members.iter().any(|m| m.me) {
            members.push(Member {
                agent: self.shared.me.clone(),
                name: crate::mail::Remote::new(&self.shared.config.me.name),
                open: open.get(&self.shared.me).copied().unwrap_or(0),
                me: true,
            });
        }
        members
    }

    fn log(
        &self,
        conversation: Option<&ConversationName>,
        limit: usize,
    ) -> Vec<(crate::team::ConversationId, HistoryEntry)> {
        let team = self.shared.team();
        let wanted = |name: &ConversationName| conversation.is_none_or(|only| only == name);
        let mut entries: Vec<_> = team
            .conversations()
            .filter(|(name, _)| wanted(name))
            .flat_map(|(name, c)| c.history.iter().map(|e| (name.id(), thread::entry(e))))
            .collect();
        entries.sort_by_key(|(_, entry)| entry.uid);
        let skip = entries.len().saturating_sub(limit);
        entries.split_off(skip)
    }

    /// Writes an attachment under a cleaned name that is not taken yet.
    fn save_attachment(
        &self,
        message: i64,
        index: usize,
        folder: &Path,
    ) -> Result<std::path::PathBuf, Trouble> {
        let gone = || {
            Trouble::new(
                TroubleKind::NotFound,
                "that attachment is not there any more",
            )
        };
        let raw = self.reader.raw(message).map_err(other)?.ok_or_else(gone)?;
        let parsed = crate::mail::parse::parse(&raw);
        let attachment = parsed.attachments.get(index).ok_or_else(gone)?;
        let bytes = crate::mail::attachment::bytes(&raw, index).ok_or_else(gone)?;
        let name = crate::mail::clean::file_name(attachment.name.raw(), index);
        super::files::save_new(folder, &name, &bytes).map_err(other)
    }
}

fn notice(error: &cache::Error) -> News {
    News::Notice(super::api::Notice {
        error: true,
        text: other(error).sentence,
    })
}

/// Before the first sync there is nothing to show.
fn without_cache(request: Request) -> Option<News> {
    let none = || {
        Trouble::new(
            TroubleKind::NotFound,
            "nothing is synced yet: run postroom sync",
        )
    };
    Some(match request {
        Request::Rows {
            ticket,
            view,
            offset,
            ..
        } => News::Page(
            ticket,
            Box::new(crate::view::Page {
                view,
                offset,
                rows: Vec::new(),
                total: 0,
            }),
        ),
        Request::Counts => News::Counts(Vec::new()),
        Request::Open { ticket, .. } => News::Opened(ticket, Err(none())),
        Request::Search { ticket, .. } => News::Found(ticket, Err(none())),
        Request::Members => News::Members(Vec::new()),
        Request::Find { ticket, .. } => News::Names(ticket, Vec::new()),
        Request::Log { ticket, .. } => News::Log(ticket, Vec::new()),
        Request::Reply { ticket, .. } => News::Draft(ticket, Err(none())),
        Request::SaveAttachment { ticket, .. } => News::SavedFile(ticket, Err(none())),
        _ => return None,
    })
}

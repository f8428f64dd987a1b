//! What the engine says, and what follows from it.

use super::pane::Pane;
use super::{App, Focus, Source};
use crate::engine::api::{Link, News, Ticket, Trouble};
use crate::team::ConversationName;
use crate::view::{Page, Thread};

impl App {
    pub(super) fn heard(&mut self, news: News) {
        match news {
            News::Page(ticket, page) => self.page_arrived(ticket, *page),
            News::Counts(counts) => {
                self.counting = false;
                self.counts = counts.into_iter().collect();
            }
            News::Opened(ticket, result) => self.opened(ticket, result),
            News::Found(ticket, found) => {
                if !self.palette_wants(ticket) {
                    self.search_found(ticket, found);
                } else if let Ok((hits, total)) = found {
                    self.palette_found(hits, total);
                }
            }
            News::Members(members) => self.members_known(members),
            News::Settled(ticket, name, outcome) => self.settled(ticket, &name, outcome),
            News::Draft(ticket, draft) => self.draft_arrived(ticket, draft),
            News::Saved { draft, at } => self.draft_saved(&draft, at),
            News::Drafts(drafts) => self.pick_draft(drafts),
            News::Outgoing {
                draft,
                conversation,
                stage,
            } => self.outgoing_moved(draft, conversation, stage),
            News::SavedFile(ticket, result) => self.file_saved(ticket, result),
            News::Changed(names) => self.changed(&names),
            News::Presence(names) => self.presence_changed(&names),
            News::Link(link) => self.link_changed(link),
            News::Synced(Ok(summary)) => self.good(format!(
                "In step with the server: {} new, {} gone.",
                summary.new, summary.gone
            )),
            News::Synced(Err(trouble)) => self.bad(trouble.sentence),
            // Only verbs ask for these.
            News::Names(..) | News::Log(..) => {}
            News::Progress(progress) => {
                self.progress = Some(progress).filter(|p| p.done < p.total);
            }
            News::Notice(notice) if notice.error => self.bad(notice.text),
            News::Notice(notice) => self.good(notice.text),
        }
    }

    /// Everything on the screen is asked for again.
    pub(super) fn look_again(&mut self) {
        self.list.is_stale();
        self.recount = true;
        self.refresh_search();
    }

    fn page_arrived(&mut self, ticket: Ticket, page: Page) {
        if self.pulling == Some(ticket) {
            self.pulled(page.rows.into_iter().next());
            return;
        }
        self.list.arrived(ticket, page);
    }

    fn opened(&mut self, ticket: Ticket, result: Result<Box<Thread>, Trouble>) {
        let Some((_, name)) = self.opening.take_if(|(asked, _)| *asked == ticket) else {
            return;
        };
        match result {
            Ok(thread) => {
                // A conversation may have got another name meanwhile; asking again would not help.
                if self.wanted.as_ref() == Some(&name) {
                    self.wanted = Some(thread.row.name.clone());
                }
                self.show_thread(*thread);
            }
            Err(trouble) => {
                if self.wanted.as_ref() == Some(&name) {
                    self.wanted = None;
                }
                self.bad(trouble.sentence);
            }
        }
    }

    fn show_thread(&mut self, thread: Thread) {
        self.update_banner(&thread);
        self.update_original(&thread);
        let same = self
            .pane
            .as_ref()
            .map(|p| p.thread.row.name == thread.row.name);
        if same == Some(true) {
            self.say_new_owner(&thread);
            self.with_pane(|pane, room| pane.update(thread, room));
            return;
        }
        self.pane = None;
        self.with_room(|app, room| app.pane = Some(Pane::new(thread, room)));
        self.wait_to_read();
    }

    /// The open conversation got another owner, and not by a change of mine.
    fn say_new_owner(&mut self, thread: &Thread) {
        let Some(pane) = self.pane.as_ref().filter(|_| self.focus == Focus::Thread) else {
            return;
        };
        let (was, now) = (&pane.thread.row.owner, &thread.row.owner);
        let me = Some(&self.options.me);
        if was == now || now.as_ref() == me || self.doing(&thread.row.name).is_some() {
            return;
        }
        let lost = was.as_ref() == me;
        let text = match now {
            Some(owner) if lost => format!("{owner} took this conversation over."),
            Some(owner) => format!("{owner} owns this conversation now."),
            None => "Nobody owns this conversation any more.".to_owned(),
        };
        if lost && now.is_some() {
            self.bad(text);
        } else {
            self.good(text);
        }
    }

    fn changed(&mut self, names: &[ConversationName]) {
        self.look_again();
        self.reopen_if(names);
    }

    fn presence_changed(&mut self, names: &[ConversationName]) {
        if self.list.source != Source::Search && self.list.rows().any(|r| names.contains(&r.name)) {
            self.list.is_stale();
        }
        self.reopen_if(names);
    }

    /// The open conversation is asked for again when it is among `names`; no names mean all.
    fn reopen_if(&mut self, names: &[ConversationName]) {
        if self
            .wanted
            .as_ref()
            .is_some_and(|name| names.is_empty() || names.contains(name))
        {
            self.reopen = true;
        }
    }

    fn link_changed(&mut self, link: Link) {
        let was = matches!(self.link, Link::Offline { .. });
        if let Link::Offline { trouble, .. } = &link
            && !was
        {
            let sentence = trouble.sentence.clone();
            self.bad(sentence);
        }
        if was && matches!(link, Link::Online(_)) {
            self.good("Online again.");
        }
        self.link = link;
    }
}

//! What the pickers list.

use super::App;
use super::act::subject;
use super::picker::{Item, Kind, Pick, Picker};
use super::prose::{Thing, name_of};
use crate::engine::api::{Change, Link, Request, Stage, Ticket, Trouble};
use crate::mail::clean;
use crate::mail::draft::Draft;
use crate::team::{Grade, act};
use crate::tui::commands::Command;
use crate::tui::{text, words};
use crate::view::{Member, Row};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

const HOUR: u64 = 3600;

impl App {
    pub(super) fn pick_assign(&mut self) {
        let targets = self.targets();
        if targets.is_empty() {
            self.good("There is no conversation here to assign.");
            return;
        }
        let title = match targets.as_slice() {
            [row] => format!("Assign \"{}\"", text::fit(&subject(row), 32)),
            many => format!("Assign {} conversations", many.len()),
        };
        let items = self.member_items(&targets);
        let mut picker = Picker::new(Kind::Assign, title, items);
        picker.warning = self.writer_warning(&targets);
        self.picker = Some(picker);
        self.engine(Request::Members);
    }

    /// The team is known anew: somebody may have joined, and what they own changes.
    pub(super) fn members_known(&mut self, members: Vec<Member>) {
        self.members = members;
        let items = self.member_items(&self.targets());
        if let Some(picker) = self.picker.as_mut().filter(|p| p.kind == Kind::Assign) {
            picker.replace(items);
        }
    }

    pub(super) fn pick_snooze(&mut self) {
        let options = [
            ("1 hour", HOUR),
            ("4 hours", 4 * HOUR),
            ("until tomorrow, this time", 24 * HOUR),
            ("2 days", 48 * HOUR),
            ("1 week", 7 * 24 * HOUR),
            ("4 weeks", 28 * 24 * HOUR),
        ];
        let items = options.map(|(title, seconds)| {
            let time = Duration::from_secs(seconds);
            let until = self.now.checked_add(time).unwrap_or(self.now);
            let zoned = until.to_zoned(self.options.zone.clone());
            let right = zoned.strftime("%a %-d %b %H:%M").to_string();
            Item::new("", title, Pick::Snooze(time)).right(right)
        });
        self.picker = Some(Picker::new(Kind::Snooze, "Snooze", items.to_vec()));
    }

    pub(super) fn pick_tags(&mut self) {
        if self.targets().is_empty() {
            self.good("There is no conversation here to tag.");
            return;
        }
        let items = self.tag_items();
        let mut picker = Picker::new(Kind::Tags, "Tags", items);
        picker.warning = Some("Enter adds or removes. Type a new word to make a tag.".to_owned());
        self.picker = Some(picker);
    }

    /// What is typed into the tag picker can become a tag of its own.
    pub(super) fn offer_new_tag(&mut self) {
        let Some(picker) = self.picker.as_mut().filter(|p| p.kind == Kind::Tags) else {
            return;
        };
        let typed = act::tag(&picker.query.text());
        let known = |tag: &str| {
            let mut all = picker.shown.iter().filter_map(|n| picker.item(*n));
            all.any(|item| item.title == tag)
        };
        let new = typed.filter(|tag| !known(tag)).map(|tag| {
            let title = format!("{tag}  (new)");
            Item::new("", title, Pick::Tag(tag))
        });
        picker.found(new.into_iter().collect());
    }

    /// Adds a tag, or removes it when every target has it.
    pub(super) fn toggle_tag(&mut self, tag: &str) {
        let tag: BTreeSet<String> = [tag.to_owned()].into();
        let rows = self.targets();
        let all = rows
            .iter()
            .all(|row| self.shown(row).tags.is_superset(&tag));
        let change = match all {
            true => Change::Tag {
                add: BTreeSet::new(),
                remove: tag,
            },
            false => Change::Tag {
                add: tag,
                remove: BTreeSet::new(),
            },
        };
        let marks = self.list.marks.clone();
        self.change(change);
        self.list.marks = marks;
        let items = self.tag_items();
        if let Some(picker) = &mut self.picker {
            picker.query = super::Line::default();
            picker.replace(items);
        }
    }

    pub(super) fn pick_links(&mut self) {
        let things = self
            .pane
            .as_ref()
            .map(|pane| pane.things())
            .unwrap_or_default();
        if things.is_empty() {
            self.good("There is no link and no attachment here.");
            return;
        }
        let items = things.into_iter().enumerate().map(|(at, thing)| {
            let number = format!("[{}]", at + 1);
            match thing {
                Thing::File {
                    message,
                    index,
                    name,
                    size,
                } => Item::new(
                    "Attachments (Enter saves)",
                    name,
                    Pick::File { message, index },
                )
                .detail(words::size(size))
                .right(number),
                Thing::Link(url) => {
                    Item::new("Links (Enter opens)", url.clone(), Pick::Link(url)).right(number)
                }
            }
        });
        let mut items: Vec<Item> = items.collect();
        items.sort_by_key(|item| matches!(item.pick, Pick::Link(_)));
        self.picker = Some(Picker::new(Kind::Links, "Links and attachments", items));
    }

    pub(super) fn pick_draft(&mut self, drafts: Vec<Draft>) {
        let items = drafts.iter().enumerate().map(|(number, draft)| {
            let person = draft.to.first().map_or("nobody".to_owned(), name_of);
            let line = clean::line(&draft.body);
            Item::new(
                "",
                clean::line(&draft.subject).as_str(),
                Pick::Draft(number),
            )
            .detail(format!("to {person}: {}", text::fit(line.as_str(), 60)))
            .right(words::age(self.now, draft.updated))
        });
        let mut picker = Picker::new(Kind::Drafts, "Drafts", items.collect());
        if drafts.is_empty() {
            picker.warning = Some("There are no drafts.".to_owned());
        }
        picker.drafts = drafts;
        self.picker = Some(picker);
    }

    pub(super) fn pick_notice(&mut self) {
        let items = self.notices.log().map(|notice| {
            let times = match notice.times {
                1 => String::new(),
                many => format!(" ({many} times)"),
            };
            let at = words::clock(notice.at, &self.options.zone);
            let title = format!("{at}  {}{times}", notice.text);
            Item::new("", title, Pick::Copy(notice.text.clone()))
        });
        let mut picker = Picker::new(Kind::Notices, "Notices (Enter copies)", items.collect());
        if picker.is_empty() {
            picker.warning = Some("Nothing was said yet.".to_owned());
        }
        self.picker = Some(picker);
    }

    pub(super) fn pick_work(&mut self) {
        let mut items = Vec::new();
        if let Some(progress) = &self.progress {
            let title = format!("Reading {}", progress.folder);
            let detail = format!("{} of {} messages", progress.done, progress.total);
            items.push(Item::new("Running", title, Pick::Nothing).detail(detail));
        }
        for pending in self.ledger.open() {
            let title = format!(
                "{} \"{}\"",
                super::ledger::doing(&pending.change),
                pending.subject
            );
            items.push(Item::new(
                "Running",
                title,
                Pick::Open(pending.name.clone()),
            ));
        }
        for (id, outgoing) in &self.outgoing {
            let state = match &outgoing.stage {
                Stage::Unknown { sentence, .. } => sentence.clone(),
                Stage::Held { .. } => "waits for its moment; z takes it back".to_owned(),
                _ => "is leaving".to_owned(),
            };
            let title = format!("Reply to {}", outgoing.person);
            let pick = match outgoing.stage {
                Stage::Unknown { .. } => Pick::Unknown(id.clone()),
                _ => Pick::Open(outgoing.name.clone()),
            };
            items.push(Item::new("Replies", title, pick).detail(state));
        }
        if let Link::Offline { trouble, .. } = &self.link {
            let item = Item::new("Failed", "No connection", Pick::Run(Command::SyncNow));
            items.push(item.detail(trouble.sentence.clone()).right("Enter tries"));
        }
        let mut picker = Picker::new(Kind::Work, "Work", items);
        if picker.is_empty() {
            picker.warning = Some("Nothing is running, nothing has failed.".to_owned());
        }
        self.picker = Some(picker);
    }

    /// Asks a person what became of a reply.
    pub(super) fn pick_resolution(&mut self, draft: &str) {
        let Some(outgoing) = self.outgoing.get(draft) else {
            return;
        };
        let Stage::Unknown { intent, sentence } = &outgoing.stage else {
            return;
        };
        let item = |title: &str, sent| {
            let intent = intent.clone();
            Item::new("", title, Pick::Resolve { intent, sent })
        };
        let items = vec![
            item("It was sent", true).detail("the customer has it"),
            item("It was not sent", false).detail("the draft is kept"),
        ];
        let title = format!("What became of the reply to {}?", outgoing.person);
        let mut picker = Picker::new(Kind::Resolution, title, items);
        picker.warning = Some(sentence.clone());
        self.picker = Some(picker);
    }

    pub(super) fn save_file(&mut self, message: i64, index: usize, name: &str) {
        let ticket = self.ticket();
        self.saving_files.insert(ticket, name.to_owned());
        let folder = self.options.downloads.clone();
        self.engine(Request::SaveAttachment {
            ticket,
            message,
            index,
            folder,
        });
        self.good(format!("Saving {name}."));
    }

    pub(super) fn file_saved(&mut self, ticket: Ticket, result: Result<PathBuf, Trouble>) {
        if self.saving_files.remove(&ticket).is_none() {
            return;
        }
        match result {
            Ok(path) => {
                let path = clean::line(&path.to_string_lossy());
                self.good(format!("Saved as {path}."));
            }
            Err(trouble) => self.bad(trouble.sentence),
        }
    }

    /// The first link of the open conversation.
    pub(super) fn first_link(&self) -> Option<String> {
        let things = self.pane.as_ref()?.things();
        things.into_iter().find_map(|thing| match thing {
            Thing::Link(url) => Some(url),
            Thing::File { .. } => None,
        })
    }

    fn member_items(&self, targets: &[Row]) -> Vec<Item> {
        let mut members: Vec<_> = self.members.iter().collect();
        members.sort_by_key(|m| (m.me, m.agent.clone()));
        let mut items: Vec<Item> = members
            .into_iter()
            .map(|member| {
                let name = match member.me {
                    true => "you".to_owned(),
                    false => member.name.line().as_str().to_owned(),
                };
                let replying = targets.iter().any(|row| {
                    let theirs = |p: &&crate::view::Presence| p.agent == member.agent;
                    let writing = |p: &crate::view::Presence| p.grade == Grade::Writing;
                    row.presence.iter().find(theirs).is_some_and(writing)
                });
                let busy = if replying { ", replying now" } else { "" };
                let mut item = Item::new(
                    "",
                    member.agent.as_str(),
                    Pick::Assign(Some(member.agent.clone())),
                )
                .detail(format!("{name}, {} open{busy}", member.open));
                item.words = name;
                item
            })
            .collect();
        let mut nobody = Item::new("", "--", Pick::Assign(None)).detail("nobody (release)");
        nobody.words = "nobody release".to_owned();
        items.push(nobody);
        items
    }

    fn writer_warning(&self, targets: &[Row]) -> Option<String> {
        let writer = targets.iter().find_map(|row| {
            let writes = |p: &&crate::view::Presence| {
                p.grade == Grade::Writing && p.agent != self.options.me
            };
            row.presence.iter().find(writes)
        })?;
        Some(format!("! {} is replying in one of these.", writer.agent))
    }

    fn tag_items(&self) -> Vec<Item> {
        let rows = self.targets();
        let known = self.list.rows().flat_map(|row| row.tags.iter().cloned());
        let mut tags: BTreeSet<String> = known.collect();
        for row in &rows {
            tags.extend(self.shown(row).tags.iter().cloned());
        }
        let items = tags.into_iter().map(|tag| {
            let ticked = rows.iter().all(|row| self.shown(row).tags.contains(&tag));
            let shown = clean::line(&tag).as_str().to_owned();
            let mut item = Item::new("", shown, Pick::Tag(tag));
            item.ticked = Some(ticked);
            item
        });
        items.collect()
    }
}

//! Palette and help: every command, and what a search finds.

use super::App;
use super::act::subject;
use super::picker::{Item, Kind, Pick, Picker};
use super::prose::name_of;
use crate::engine::api::{Request, Ticket};
use crate::tui::commands::{Command, Group, Place, SPECS, Spec};
use crate::tui::words;
use crate::view::Hit;
use std::collections::BTreeSet;

/// Conversations and messages the palette lists below the commands.
const PALETTE_HITS: usize = 20;

impl App {
    /// Commands, for the palette or as help.
    pub(super) fn pick_command(&mut self, kind: Kind) {
        let place = self.place();
        let items = SPECS
            .iter()
            .map(|spec| self.command_item(spec, place, kind));
        let mut items: Vec<Item> = items.collect();
        let title = match kind {
            Kind::Help => format!("Help: {}", place.title()),
            _ => "Commands".to_owned(),
        };
        if kind == Kind::Help {
            items.sort_by_key(|item| Group::ALL.iter().position(|g| g.title() == item.section));
        }
        self.picker = Some(Picker::new(kind, title, items));
    }

    /// Searches conversations and messages for what is typed into the palette.
    pub(super) fn palette_search(&mut self, ticket: Ticket) {
        let Some(picker) = self.picker.as_mut().filter(|p| p.kind == Kind::Palette) else {
            return;
        };
        let typed = picker.query.text();
        let query = match typed.trim().split_at_checked(1) {
            Some((">", _)) | None => return,
            Some(("@", who)) => format!("owner:{who}"),
            Some(("#", tag)) => format!("tag:{tag}"),
            Some(("/", rest)) => rest.to_owned(),
            Some(_) => typed.trim().to_owned(),
        };
        if query.ends_with(':') || query.is_empty() {
            return;
        }
        picker.asked = Some(ticket);
        self.engine(Request::Search {
            ticket,
            query,
            limit: PALETTE_HITS,
        });
    }

    pub(super) fn palette_wants(&self, ticket: Ticket) -> bool {
        self.picker
            .as_ref()
            .is_some_and(|p| p.asked == Some(ticket))
    }

    pub(super) fn palette_found(&mut self, hits: Vec<Hit>, _total: usize) {
        let mut seen = BTreeSet::new();
        let mut conversations = Vec::new();
        let mut messages = Vec::new();
        for hit in hits {
            let row = &hit.row;
            let about = format!(
                "{}, {}, {}",
                name_of(&row.from),
                words::status(row.status, false),
                words::age(self.now, row.last_at)
            );
            if seen.insert(row.name.clone()) {
                let pick = Pick::Open(row.name.clone());
                conversations.push(Item::new("Conversations", subject(row), pick).detail(about));
            }
            let snippet = hit.snippet.line();
            if !snippet.is_empty() {
                let title = format!("\"{}\"", snippet.as_str().trim());
                let pick = Pick::Open(row.name.clone());
                messages.push(Item::new("Messages", title, pick).detail(name_of(&row.from)));
            }
        }
        conversations.truncate(5);
        messages.truncate(5);
        conversations.append(&mut messages);
        if let Some(picker) = &mut self.picker {
            picker.found(conversations);
        }
    }

    fn command_item(&self, spec: &Spec, place: Place, kind: Kind) -> Item {
        let section = match kind {
            Kind::Help => spec.group.title(),
            _ => "Commands",
        };
        let mut item = Item::new(section, capitalized(spec.title), Pick::Run(spec.command))
            .detail(spec.about)
            .right(spec.keys.join("  "));
        if kind == Kind::Palette {
            item.right = spec.key().to_owned();
        }
        item.words = format!("{} {}", spec.id, spec.synonyms.join(" "));
        item.disabled = self.unavailable(spec, place);
        item
    }

    /// Why a command cannot run now.
    fn unavailable(&self, spec: &Spec, place: Place) -> Option<String> {
        if !spec.places.contains(&place) {
            let places: BTreeSet<&str> = spec.places.iter().map(|p| p.title()).collect();
            let places: Vec<&str> = places.into_iter().collect();
            return Some(format!("works in: {}", places.join(", ")));
        }
        let row = self.current().map(|row| self.shown(row));
        let needs_row = spec.group == Group::Here && spec.command != Command::Pull;
        let row = match row {
            Some(row) => row,
            None if needs_row => return Some("no conversation here".to_owned()),
            None => return None,
        };
        match (spec.command, &row.owner) {
            (Command::Claim, Some(owner)) if *owner == self.options.me => {
                Some("yours already".to_owned())
            }
            (Command::Claim, Some(owner)) => Some(format!("{owner} owns it")),
            (Command::Release, None) => Some("nobody owns it".to_owned()),
            (Command::TakeOver, None) => Some("nobody owns it".to_owned()),
            _ => None,
        }
    }
}

fn capitalized(title: &str) -> String {
    let mut chars = title.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

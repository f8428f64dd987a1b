//! One picker for everything that is chosen from a list: commands, help, people, tags, links,
//! drafts, notices.

use super::line::Line;
use crate::engine::api::Ticket;
use crate::mail::draft::Draft;
use crate::team::{Agent, ConversationName, EventId};
use crate::tui::commands::Command;
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use std::time::Duration;

/// What is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A command, a conversation or a message.
    Palette,
    /// A command, listed for the place one came from.
    Help,
    /// A new owner.
    Assign,
    /// Tags to add or remove.
    Tags,
    /// A link or an attachment.
    Links,
    /// A time to come back.
    Snooze,
    /// A saved draft.
    Drafts,
    /// An earlier notice.
    Notices,
    /// Something running, waiting or failed.
    Work,
    /// What became of a reply nobody is sure about.
    Resolution,
}

/// What choosing an item does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// Runs a command.
    Run(Command),
    /// Opens a conversation.
    Open(ConversationName),
    /// Makes somebody the owner; `None` gives it back.
    Assign(Option<Agent>),
    /// Turns a tag over.
    Tag(String),
    /// Opens a link.
    Link(String),
    /// Saves an attachment.
    File {
        /// Message it is in.
        message: i64,
        /// Its number there.
        index: usize,
    },
    /// Hides for so long.
    Snooze(Duration),
    /// Takes a draft up, by its number in the list.
    Draft(usize),
    /// Asks what became of a reply, by its draft's id.
    Unknown(String),
    /// Says what became of a reply.
    Resolve {
        /// The intent.
        intent: EventId,
        /// Whether it was sent.
        sent: bool,
    },
    /// Copies a text.
    Copy(String),
    /// Nothing: the line only informs.
    Nothing,
}

/// One line to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Heading it stands under.
    pub section: &'static str,
    /// What it is; printable.
    pub title: String,
    /// More about it; printable.
    pub detail: String,
    /// At the right edge: a key or a number.
    pub right: String,
    /// Further words it is found by.
    pub words: String,
    /// What choosing it does.
    pub pick: Pick,
    /// Why it cannot be chosen now.
    pub disabled: Option<String>,
    /// Ticked or not; `None` where nothing is ticked.
    pub ticked: Option<bool>,
}

/// A picker on the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Picker {
    /// What is chosen.
    pub kind: Kind,
    /// Title in the frame.
    pub title: String,
    /// What is typed.
    pub query: Line,
    /// Numbers of the items that match, best first.
    pub shown: Vec<usize>,
    /// Number of the chosen one among those shown.
    pub cursor: usize,
    /// A warning under the list.
    pub warning: Option<String>,
    /// The search that fills the lower sections.
    pub asked: Option<Ticket>,
    /// Drafts the items stand for.
    pub drafts: Vec<Draft>,
    items: Vec<Item>,
    found: Vec<Item>,
}

impl Item {
    /// A line that runs or opens something.
    pub fn new(section: &'static str, title: impl Into<String>, pick: Pick) -> Self {
        Self {
            section,
            title: title.into(),
            detail: String::new(),
            right: String::new(),
            words: String::new(),
            pick,
            disabled: None,
            ticked: None,
        }
    }

    /// With more about it.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// With a key or a number at the right.
    pub fn right(mut self, right: impl Into<String>) -> Self {
        self.right = right.into();
        self
    }
}

impl Picker {
    /// A picker over items.
    pub fn new(kind: Kind, title: impl Into<String>, items: Vec<Item>) -> Self {
        let mut picker = Self {
            kind,
            title: title.into(),
            query: Line::default(),
            shown: Vec::new(),
            cursor: 0,
            warning: None,
            asked: None,
            drafts: Vec::new(),
            items,
            found: Vec::new(),
        };
        picker.rank();
        picker
    }

    /// The item with a number from `shown`.
    pub fn item(&self, number: usize) -> Option<&Item> {
        match number.checked_sub(self.items.len()) {
            None => self.items.get(number),
            Some(found) => self.found.get(found),
        }
    }

    /// The chosen item.
    pub fn chosen(&self) -> Option<&Item> {
        self.shown.get(self.cursor).and_then(|n| self.item(*n))
    }

    /// Items that are filtered.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Filtered items that match.
    pub fn matching(&self) -> usize {
        let items = self.items.len();
        self.shown.iter().filter(|number| **number < items).count()
    }

    /// Whether there is nothing to choose.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.found.is_empty()
    }

    /// Moves the choice.
    pub fn step(&mut self, by: isize) {
        let last = self.shown.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
    }

    /// The typed text changed: best matches first, choice on the first.
    pub fn filter(&mut self) {
        self.cursor = 0;
        self.found.clear();
        self.rank();
    }

    /// Replaces what a search found; shown below the filtered items.
    pub fn found(&mut self, found: Vec<Item>) {
        self.found = found;
        self.rank();
    }

    /// Replaces the items and keeps the choice's place.
    pub fn replace(&mut self, items: Vec<Item>) {
        self.items = items;
        self.rank();
        self.step(0);
    }

    fn rank(&mut self) {
        let typed = self.query.text();
        let typed = typed.trim().trim_start_matches('>');
        let found = self.items.len()..self.items.len() + self.found.len();
        self.shown = if typed.trim().is_empty() {
            (0..self.items.len()).chain(found).collect()
        } else {
            let (open, shut): (Vec<usize>, Vec<usize>) = ranked(&self.items, typed.trim())
                .into_iter()
                .partition(|n| {
                    self.items
                        .get(*n)
                        .is_some_and(|item| item.disabled.is_none())
                });
            open.into_iter().chain(found).chain(shut).collect()
        };
        self.cursor = self.cursor.min(self.shown.len().saturating_sub(1));
    }
}

/// Numbers of the items that match, best first: titles by the letters typed in their order, other
/// words by what stands in them, keys as they are.
fn ranked(items: &[Item], typed: &str) -> Vec<usize> {
    let mut matcher = Matcher::new(Config::DEFAULT);
    let (case, marks) = (CaseMatching::Smart, Normalization::Smart);
    let fuzzy = Pattern::new(typed, case, marks, AtomKind::Fuzzy);
    let exact = Pattern::new(typed, case, marks, AtomKind::Substring);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, usize)> = Vec::new();
    for (number, item) in items.iter().enumerate() {
        let mut score = |pattern: &Pattern, text: &str, weight: u32| {
            let haystack = Utf32Str::new(text, &mut buffer);
            pattern.score(haystack, &mut matcher).map(|s| s * weight)
        };
        // A key typed as such finds its command at once.
        let key = (item.right == typed).then_some(u32::MAX);
        let best = [
            key,
            score(&fuzzy, &item.title, 4),
            score(&exact, &item.words, 2),
            score(&exact, &item.detail, 1),
        ];
        if let Some(best) = best.into_iter().flatten().max() {
            scored.push((best, number));
        }
    }
    scored.sort_by_key(|(score, number)| (u32::MAX - score, *number));
    scored.into_iter().map(|(_, number)| number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(picker: &Picker) -> Vec<&str> {
        let item = |n: &usize| picker.item(*n).unwrap().title.as_str();
        picker.shown.iter().map(item).collect()
    }

    #[test]
    fn typing_ranks_titles_over_synonyms_and_finds_keys() {
        let mut items = vec![
            Item::new("", "release", Pick::Nothing).right("C"),
            Item::new("", "claim", Pick::Nothing).right("c"),
            Item::new("", "assign", Pick::Nothing).right("a"),
        ];
        items[2].words = "claim for somebody".into();
        let mut picker = Picker::new(Kind::Palette, "Commands", items);
        for (typed, first) in [("claim", "claim"), ("C", "release"), ("asg", "assign")] {
            picker.query = Line::new(typed);
            picker.filter();
            assert_eq!(titles(&picker).first(), Some(&first), "{typed}");
        }
    }

    #[test]
    fn what_cannot_be_chosen_sinks() {
        let mut items = vec![
            Item::new("", "claim", Pick::Nothing),
            Item::new("", "claims view", Pick::Nothing),
        ];
        items[0].disabled = Some("yours already".into());
        let mut picker = Picker::new(Kind::Palette, "Commands", items);
        picker.query = Line::new("claim");
        picker.filter();
        assert_eq!(titles(&picker), ["claims view", "claim"]);
    }
}

//! The one command table: keys, help, palette, hints and the README's key table come from here.

mod keymap;
mod table;

pub use keymap::{Keymap, Match};
pub use table::{Command, SPECS};

/// Where a key is pressed; decides what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A list of conversations.
    List,
    /// An open conversation.
    Thread,
    /// Writing a reply: letters are text.
    Writing,
    /// Looking a finished reply over.
    Review,
    /// A reply that something newer stands in the way of.
    Blocked,
    /// A reply waiting out its hold.
    Sending,
    /// A reply of which nobody knows whether it left.
    Unknown,
    /// Writing a note: letters are text.
    Note,
    /// Looking a finished note over.
    NoteReview,
}

impl Place {
    /// All places.
    pub const ALL: [Place; 9] = [
        Place::List,
        Place::Thread,
        Place::Writing,
        Place::Review,
        Place::Blocked,
        Place::Sending,
        Place::Unknown,
        Place::Note,
        Place::NoteReview,
    ];

    /// Whether letters pressed here are text.
    pub fn types(self) -> bool {
        matches!(self, Place::Writing | Place::Note)
    }

    /// The word for it in help.
    pub fn title(self) -> &'static str {
        match self {
            Place::List => "list",
            Place::Thread => "conversation",
            Place::Writing => "writing",
            Place::Review => "review",
            Place::Blocked => "blocked",
            Place::Sending => "sending",
            Place::Unknown => "unknown",
            Place::Note | Place::NoteReview => "note",
        }
    }
}

/// Heading under which help lists a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Acts on the conversation at the cursor or on the marked ones.
    Here,
    /// Moves the cursor.
    Move,
    /// Another view.
    View,
    /// Works everywhere outside text.
    Everywhere,
    /// Writing, reviewing and sending.
    Reply,
}

impl Group {
    /// All groups in the order help shows them.
    pub const ALL: [Group; 5] = [
        Group::Here,
        Group::Reply,
        Group::Move,
        Group::View,
        Group::Everywhere,
    ];

    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Group::Here => "Here",
            Group::Move => "Move",
            Group::View => "Views",
            Group::Everywhere => "Everywhere",
            Group::Reply => "Writing",
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// What it does.
    pub command: Command,
    /// Stable name, kebab-case, for configuration.
    pub id: &'static str,
    /// Short label for hints and the palette.
    pub title: &'static str,
    /// What it means, for help.
    pub about: &'static str,
    /// Other words people look for.
    pub synonyms: &'static [&'static str],
    /// Default keys; the first is shown.
    pub keys: &'static [&'static str],
    /// Where it works.
    pub places: &'static [Place],
    /// Heading in help.
    pub group: Group,
}

impl Spec {
    /// The key shown for it.
    pub fn key(&self) -> &'static str {
        self.keys.first().copied().unwrap_or("")
    }

    /// Key and label for the bottom line. Where letters are text it is the key that types nothing;
    /// of a sequence such as `s o` it is the first key, which stands for all that begin with it.
    pub fn hint(&self, place: Place) -> (&'static str, &'static str) {
        let types_nothing = |key: &&&str| key.chars().count() > 1;
        let key = match place.types() {
            true => self.keys.iter().find(types_nothing).copied(),
            false => self.keys.first().copied(),
        };
        match key.unwrap_or("").split_once(' ') {
            Some((first, _)) => (first, self.title.split(' ').next().unwrap_or("")),
            None => (key.unwrap_or(""), self.title),
        }
    }
}

/// The table's line for a command.
pub fn spec(command: Command) -> Option<&'static Spec> {
    SPECS.iter().find(|spec| spec.command == command)
}

/// The table's line with an id.
pub fn by_id(id: &str) -> Option<&'static Spec> {
    SPECS.iter().find(|spec| spec.id == id)
}

/// Next actions worth naming at the bottom of the screen, at most seven, best first.
pub fn hints(place: Place) -> &'static [Command] {
    match place {
        Place::List => &[
            Command::Claim,
            Command::ReplyAll,
            Command::Assign,
            Command::StatusOpen,
            Command::Search,
            Command::Palette,
            Command::Help,
        ],
        Place::Thread => &[
            Command::ReplyAll,
            Command::Claim,
            Command::Note,
            Command::Done,
            Command::Links,
            Command::Palette,
            Command::Help,
        ],
        Place::Writing => &[
            Command::Review,
            Command::Editor,
            Command::OriginalDown,
            Command::OriginalUp,
        ],
        Place::Review => &[
            Command::Send,
            Command::Edit,
            Command::Editor,
            Command::StatusAfter,
            Command::Postpone,
            Command::Drop,
        ],
        Place::Blocked => &[
            Command::ViewAnswer,
            Command::SendAnyway,
            Command::Edit,
            Command::Postpone,
            Command::Drop,
        ],
        Place::Sending => &[Command::TakeBack, Command::SendNow],
        Place::Unknown => &[Command::WasSent, Command::WasNotSent, Command::Back],
        Place::Note => &[Command::SaveNote, Command::Review],
        Place::NoteReview => &[
            Command::SaveNote,
            Command::Edit,
            Command::Postpone,
            Command::Drop,
        ],
    }
}

/// The key table of the README, as Markdown.
pub fn key_table() -> String {
    let mut out = String::from("| keys | command | what it does |\n| --- | --- | --- |\n");
    for group in Group::ALL {
        out.push_str(&format!("| **{}** | | |\n", group.title()));
        for spec in SPECS.iter().filter(|spec| spec.group == group) {
            let keys: Vec<String> = spec.keys.iter().map(|key| format!("`{key}`")).collect();
            out.push_str(&format!(
                "| {} | {} | {} |\n",
                keys.join(" ").replace('|', "\\|"),
                spec.title,
                spec.about
            ));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_command_has_help_and_a_path_without_ctrl() {
        for spec in SPECS {
            assert!(!spec.title.is_empty() && !spec.about.is_empty(), "{spec:?}");
            assert!(!spec.places.is_empty(), "{spec:?} works nowhere");
            let plain = |keys: &[&str]| {
                keys.iter()
                    .any(|k| !k.contains("Ctrl-") && !k.contains("Alt-"))
            };
            assert!(plain(spec.keys), "{} needs Ctrl", spec.id);
        }
    }

    #[test]
    fn ids_are_unique_kebab_case_and_titles_are_short() {
        let mut seen = BTreeSet::new();
        let mut commands = BTreeSet::new();
        for spec in SPECS {
            assert!(seen.insert(spec.id), "{} twice", spec.id);
            assert!(commands.insert(spec.command), "{:?} twice", spec.command);
            assert!(
                spec.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'),
                "{}",
                spec.id
            );
            assert!(spec.title.chars().count() <= 24, "{}", spec.title);
        }
    }

    #[test]
    fn hints_name_at_most_seven_commands_that_work_there() {
        for place in Place::ALL {
            let hints = hints(place);
            assert!((1..=7).contains(&hints.len()));
            for command in hints {
                let spec = spec(*command).unwrap();
                assert!(spec.places.contains(&place), "{} in {place:?}", spec.id);
            }
        }
    }

    #[test]
    fn the_key_table_has_a_line_for_every_command() {
        let table = key_table();
        for spec in SPECS {
            assert!(
                table.contains(&format!("| {} |", spec.title)),
                "{}",
                spec.id
            );
        }
    }
}

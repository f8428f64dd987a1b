//! From keys to commands.

use super::{Command, Place, SPECS};
use crate::tui::keys::{self, Key};

/// The default bindings, read once from the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Binding {
    place: Place,
    keys: Vec<Key>,
    command: Command,
}

/// What the keys pressed so far mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// A whole command.
    Run(Command),
    /// The beginning of these: the key that comes next, and what it leads to.
    More(Vec<(Key, Command)>),
    /// Nothing.
    Nothing,
}

impl Default for Keymap {
    fn default() -> Self {
        let mut bindings = Vec::new();
        for spec in SPECS {
            for keys in spec.keys.iter().filter_map(|text| keys::sequence(text)) {
                for place in spec.places.iter().filter(|place| can_bind(**place, &keys)) {
                    bindings.push(Binding {
                        place: *place,
                        keys: keys.clone(),
                        command: spec.command,
                    });
                }
            }
        }
        Self { bindings }
    }
}

impl Keymap {
    /// What `pressed` means at `place`.
    pub fn find(&self, place: Place, pressed: &[Key]) -> Match {
        let here = self
            .bindings
            .iter()
            .filter(|b| b.place == place && b.keys.starts_with(pressed));
        let mut more = Vec::new();
        for binding in here {
            match binding.keys.get(pressed.len()) {
                None => return Match::Run(binding.command),
                Some(next) => more.push((*next, binding.command)),
            }
        }
        if more.is_empty() {
            Match::Nothing
        } else {
            Match::More(more)
        }
    }
}

/// Where letters are text only keys that type nothing are bound.
fn can_bind(place: Place, keys: &[Key]) -> bool {
    !place.types() || keys.first().is_some_and(|key| key.typed().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_key_can_be_read_and_none_hides_another() {
        let mut bindings: Vec<(Place, Vec<Key>, Command)> = Vec::new();
        for spec in SPECS {
            for text in spec.keys {
                let keys = keys::sequence(text).unwrap_or_else(|| panic!("{text:?} is no key"));
                for place in spec.places.iter().filter(|p| can_bind(**p, &keys)) {
                    for (p, other, command) in &bindings {
                        let clash = other.starts_with(&keys) || keys.starts_with(other);
                        assert!(
                            p != place || !clash,
                            "{text} in {place:?}: {command:?} and {:?}",
                            spec.command
                        );
                    }
                    bindings.push((*place, keys.clone(), spec.command));
                }
            }
        }
    }

    #[test]
    fn sequences_wait_for_their_second_key() {
        let map = Keymap::default();
        let g = Key::char('g');
        assert!(matches!(map.find(Place::List, &[g]), Match::More(_)));
        assert_eq!(
            map.find(Place::List, &[g, Key::char('q')]),
            Match::Run(Command::ViewQueue)
        );
        assert_eq!(map.find(Place::List, &[g, Key::char('#')]), Match::Nothing);
        assert_eq!(map.find(Place::Writing, &[g]), Match::Nothing);
    }
}

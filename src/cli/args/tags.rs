//! `+tag` and `-tag`, which look like options and are none.

use crate::team::act;
use clap::CommandFactory;
use std::ffi::OsString;

/// Stands for the hyphen of `-tag` while the command line is parsed; the operating system lets no
/// argument hold this character.
const HYPHEN: char = '\0';

/// One change of tags.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TagChange {
    /// `+tag`.
    Add(String),
    /// `-tag`.
    Remove(String),
}

/// Marks every `-tag` after `tag ID`, so that the parser does not take it for an option.
pub fn shield(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let command = super::Cli::command();
    let takes_value = |word: &str| {
        word.strip_prefix("--").is_some_and(|name| {
            let option = command.get_arguments().find(|a| a.get_long() == Some(name));
            option.is_some_and(|a| a.get_action().takes_values())
        })
    };
    let mut shielded = Vec::new();
    let mut plain = Vec::new();
    let mut skip = true;
    for argument in arguments {
        let word = argument.to_str().unwrap_or_default().to_owned();
        let value_of_option = std::mem::replace(&mut skip, takes_value(&word));
        if value_of_option {
            shielded.push(argument);
        } else if let Some(tag) = word.strip_prefix('-').filter(|_| is_removal(&plain, &word)) {
            shielded.push(format!("{HYPHEN}{tag}").into());
        } else {
            if !word.starts_with('-') {
                plain.push(word);
            }
            shielded.push(argument);
        }
    }
    shielded
}

/// Whether `word` removes a tag, given the words before it that are no options.
fn is_removal(plain: &[String], word: &str) -> bool {
    plain.first().is_some_and(|verb| verb == "tag") && plain.len() >= 2 && !word.starts_with("--")
}

/// Reads one change.
pub(super) fn parse(text: &str) -> Result<TagChange, String> {
    let (rest, change): (&str, fn(String) -> TagChange) = match text.chars().next() {
        Some('+') => (text.trim_start_matches('+'), TagChange::Add),
        Some(HYPHEN) => (text.trim_start_matches(HYPHEN), TagChange::Remove),
        _ => return Err("write +tag to add or -tag to remove".to_owned()),
    };
    act::tag(rest).map(change).ok_or_else(|| {
        "a tag has 1 to 40 letters, digits, dots, hyphens and underscores".to_owned()
    })
}

//! Reading one table of the file, option by option.
//!
//! Whatever is asked for becomes known; what is left at the end is unknown. So no second list of
//! option names exists.

use super::{ConfigError, Warning, nearest};
use crate::mail::Remote;
use std::collections::BTreeSet;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Keys that would hold a secret; the file never does.
const SECRETS: [&str; 4] = ["password", "passwd", "pass", "secret"];

/// The file as text, to turn positions into lines.
pub(super) struct Source<'a> {
    /// Where it lies.
    pub file: &'a Path,
    /// All of it.
    pub text: &'a str,
}

/// What reading found besides values.
#[derive(Default)]
pub(super) struct Found {
    /// What is odd but not fatal.
    pub warnings: Vec<Warning>,
    /// Every option that was asked for, as `section.key`.
    pub known: BTreeSet<String>,
}

/// One table; an absent one has no values.
pub(super) struct Section<'a> {
    source: &'a Source<'a>,
    name: String,
    line: usize,
    table: Option<&'a DeTable<'a>>,
    asked: BTreeSet<&'static str>,
}

impl Source<'_> {
    /// The line of a position, from 1.
    pub fn line(&self, position: usize) -> usize {
        let before = self.text.as_bytes().iter().take(position);
        before.filter(|byte| **byte == b'\n').count() + 1
    }
}

impl<'a> Section<'a> {
    /// The whole document.
    pub fn root(source: &'a Source<'a>, table: &'a DeTable<'a>) -> Self {
        Self {
            source,
            name: String::new(),
            line: 1,
            table: Some(table),
            asked: BTreeSet::new(),
        }
    }

    /// A table inside this one.
    pub fn section(&mut self, key: &'static str) -> Result<Section<'a>, ConfigError> {
        let (table, line) = match self.value(key) {
            None => (None, self.line),
            Some(value) => match value.get_ref() {
                DeValue::Table(table) => (Some(table), self.source.line(value.span().start)),
                _ => return Err(self.wrong(key, &format!("a table, written [{}]", self.path(key)))),
            },
        };
        Ok(self.inner(self.path(key), line, table))
    }

    /// The tables of a list of tables.
    pub fn sections(&mut self, key: &'static str) -> Result<Vec<Section<'a>>, ConfigError> {
        let expected = format!("a list of tables, each written [[{}]]", self.path(key));
        let Some(value) = self.value(key) else {
            return Ok(Vec::new());
        };
        let DeValue::Array(list) = value.get_ref() else {
            return Err(self.wrong(key, &expected));
        };
        let mut sections = Vec::new();
        for item in list.iter() {
            let DeValue::Table(table) = item.get_ref() else {
                return Err(self.wrong(key, &expected));
            };
            let line = self.source.line(item.span().start);
            sections.push(self.inner(self.path(key), line, Some(table)));
        }
        Ok(sections)
    }

    /// One line of text without control characters.
    pub fn line(&mut self, key: &'static str) -> Result<Option<String>, ConfigError> {
        let expected = "text in quotes on one line";
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        if text.chars().any(char::is_control) {
            return Err(self.wrong(key, expected));
        }
        Ok(Some(text))
    }

    /// One line of text that must be there.
    pub fn needed(&mut self, key: &'static str, example: &str) -> Result<String, ConfigError> {
        match self.line(key)? {
            Some(text) if !text.trim().is_empty() => Ok(text),
            Some(_) => Err(self.wrong(key, &format!("filled in, for example {key} = {example:?}"))),
            None => Err(ConfigError::Missing {
                file: self.source.file.to_owned(),
                line: self.line,
                field: self.path(key),
                hint: self.hint(key, example),
            }),
        }
    }

    /// Text of any number of lines.
    pub fn text(&mut self, key: &'static str) -> Result<Option<String>, ConfigError> {
        self.typed(key, "text in quotes", |value| {
            value.as_str().map(str::to_owned)
        })
    }

    /// `true` or `false`.
    pub fn flag(&mut self, key: &'static str) -> Result<Option<bool>, ConfigError> {
        self.typed(key, "true or false", DeValue::as_bool)
    }

    /// A whole number up to `max`.
    pub fn number(
        &mut self,
        key: &'static str,
        min: u32,
        max: u32,
    ) -> Result<Option<u32>, ConfigError> {
        let expected = format!("a whole number from {min} to {max}");
        self.typed(key, &expected, |value| {
            let number = value.as_integer()?;
            let number = u32::from_str_radix(number.as_str(), number.radix()).ok()?;
            (min..=max).contains(&number).then_some(number)
        })
    }

    /// A list of texts.
    pub fn words(&mut self, key: &'static str) -> Result<Option<Vec<String>>, ConfigError> {
        let expected = "a list of texts, such as [\"one\", \"two\"]";
        self.typed(key, expected, |value| {
            let DeValue::Array(list) = value else {
                return None;
            };
            let word = |item: &Spanned<DeValue<'_>>| item.get_ref().as_str().map(str::to_owned);
            list.iter().map(word).collect()
        })
    }

    /// One of some words.
    pub fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        all: &[(&str, T)],
    ) -> Result<Option<T>, ConfigError> {
        let words: Vec<String> = all.iter().map(|(word, _)| format!("{word:?}")).collect();
        let expected = format!("one of {}", words.join(", "));
        self.typed(key, &expected, |value| {
            let word = value.as_str()?;
            let chosen = all.iter().find(|(candidate, _)| *candidate == word);
            chosen.map(|(_, value)| *value)
        })
    }

    /// The error that `key` is not what it has to be.
    pub fn wrong(&self, key: &str, expected: &str) -> ConfigError {
        let value = self.table.and_then(|table| table.get(key));
        ConfigError::Wrong {
            file: self.source.file.to_owned(),
            line: value.map_or(self.line, |v| self.source.line(v.span().start)),
            field: self.path(key),
            expected: expected.to_owned(),
        }
    }

    /// The line this section starts on.
    pub fn starts(&self) -> usize {
        self.line
    }

    /// Reports what nobody asked for, and refuses secrets.
    pub fn finish(self, found: &mut Found) -> Result<(), ConfigError> {
        for key in self.table.into_iter().flat_map(|table| table.keys()) {
            let name: &str = key.get_ref();
            if self.asked.contains(name) {
                continue;
            }
            let line = self.source.line(key.span().start);
            if SECRETS.contains(&name.to_ascii_lowercase().as_str()) {
                return Err(ConfigError::Secret {
                    file: self.source.file.to_owned(),
                    line,
                    field: self.path(name),
                });
            }
            let meant = nearest(name, self.asked.iter().copied());
            let hint = meant.map_or_else(String::new, |m| format!(", did you mean `{m}`?"));
            found.warnings.push(Warning {
                line,
                text: Remote::new(format!("unknown option `{}`{hint}", self.path(name))),
            });
        }
        let known = self.asked.iter().map(|key| self.path(key));
        found.known.extend(known);
        Ok(())
    }

    /// A misspelt key is the likely cause of a missing one.
    fn hint(&self, key: &str, example: &str) -> String {
        let mut keys = self.table.into_iter().flat_map(|table| table.iter());
        let slip = keys.find(|(name, _)| nearest(name.get_ref(), [key]).is_some());
        match slip {
            None => format!("add {key} = {example:?}"),
            Some((name, _)) => format!(
                "is `{}` on line {} meant?",
                name.get_ref(),
                self.source.line(name.span().start)
            ),
        }
    }

    fn inner(&self, name: String, line: usize, table: Option<&'a DeTable<'a>>) -> Section<'a> {
        Section {
            source: self.source,
            name,
            line,
            table,
            asked: BTreeSet::new(),
        }
    }

    fn typed<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&DeValue<'a>) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        match self.value(key) {
            None => Ok(None),
            Some(value) => match read(value.get_ref()) {
                Some(value) => Ok(Some(value)),
                None => Err(self.wrong(key, expected)),
            },
        }
    }

    fn value(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.insert(key);
        self.table.and_then(|table| table.get(key))
    }

    fn path(&self, key: &str) -> String {
        if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        }
    }
}

//! One mail address with its display name.

use super::{Clean, Remote, clean};
use serde::{Deserialize, Serialize};

/// A mailbox as written in From, To or Cc (RFC 5322 section 3.4), decoded, not trusted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Address {
    /// Display name, decoded; may be empty or lie.
    pub name: Remote,
    /// `local@domain` as written; may be invalid.
    pub address: Remote,
}

impl Address {
    /// Builds one from its two parts.
    pub fn new(name: impl Into<String>, address: impl Into<String>) -> Self {
        Self {
            name: Remote::new(name),
            address: Remote::new(address),
        }
    }

    /// Whether both name the same mailbox, letter case aside.
    pub fn same_mailbox(&self, other: &str) -> bool {
        self.address.raw().eq_ignore_ascii_case(other)
    }

    /// `Name <local@host>`; the address always, because the name may lie. An address that imitates
    /// another script is followed by its other form: `<a@раypal.com> [xn--ypal-43d9g.com]`.
    pub fn shown(&self) -> Clean {
        let address = self.address.raw();
        let marked = match disguise(address) {
            Some(note) => format!("<{address}> [{note}]"),
            None => format!("<{address}>"),
        };
        match (self.name.raw().trim(), marked.len() == address.len() + 2) {
            ("", true) => clean::line(address),
            ("", false) => clean::line(&marked),
            (name, _) => clean::line(&format!("{} {marked}", short_name(name))),
        }
    }

    /// The display name for narrow places, or the address when there is no name or when the name
    /// pretends to be an address.
    pub fn name_or_address(&self) -> Clean {
        let name = self.name.raw().trim();
        if name.is_empty() || self.name_looks_like_address() {
            clean::line(self.address.raw())
        } else {
            clean::line(name)
        }
    }

    /// Whether the display name looks like an address other than the real one.
    pub fn name_looks_like_address(&self) -> bool {
        let name = self.name.raw().trim().trim_matches(['"', '\'', '<', '>']);
        let at = name.contains(['@', '＠', '﹫']);
        at && !name.eq_ignore_ascii_case(self.address.raw())
    }

    /// What follows the last `@`, in lower case; empty when there is no `@`.
    pub fn domain(&self) -> String {
        let domain = self.address.raw().rsplit_once('@');
        domain.map_or_else(String::new, |(_, domain)| domain.to_lowercase())
    }
}

/// A name that leaves room for the address on one cleaned line.
fn short_name(name: &str) -> &str {
    const ROOM: usize = 512;
    name.split_at(name.floor_char_boundary(ROOM)).0
}

/// How an address that may imitate another looks in its other form.
fn disguise(address: &str) -> Option<String> {
    let (local, host) = address.rsplit_once('@').unwrap_or((address, ""));
    if !host.is_ascii() {
        return Some(idna::domain_to_ascii(host).unwrap_or_else(|_| "no valid host".to_owned()));
    }
    if host.split('.').any(|label| {
        label
            .get(..4)
            .is_some_and(|p| p.eq_ignore_ascii_case("xn--"))
    }) {
        let (unicode, valid) = idna::domain_to_unicode(host);
        return Some(match valid {
            Ok(()) => unicode,
            Err(_) => "no valid host".to_owned(),
        });
    }
    mixes_scripts(local).then(|| "mixed alphabets".to_owned())
}

/// Whether Latin letters stand beside their Greek or Cyrillic doubles.
fn mixes_scripts(text: &str) -> bool {
    let latin = |c: char| c.is_ascii_alphabetic() || ('\u{c0}'..='\u{24f}').contains(&c);
    let double = |c: char| ('\u{370}'..='\u{52f}').contains(&c) && c.is_alphabetic();
    text.chars().any(latin) && text.chars().any(double)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_always_shown() {
        for (name, address, shown) in [
            ("Tom Reyes", "tom@x.example", "Tom Reyes <tom@x.example>"),
            ("", "tom@x.example", "tom@x.example"),
            ("Tom", "", "Tom <>"),
            (
                "\u{1b}]0;evil\u{7} Bob",
                "b@x.example",
                "␛]0;evil␇ Bob <b@x.example>",
            ),
            ("", "a@раypal.com", "<a@раypal.com> [xn--ypal-43d9g.com]"),
            (
                "",
                "a@xn--ypal-43d9g.com",
                "<a@xn--ypal-43d9g.com> [раypal.com]",
            ),
            (
                "",
                "аdmin@own.example",
                "<аdmin@own.example> [mixed alphabets]",
            ),
            ("", "почта@own.example", "почта@own.example"),
        ] {
            assert_eq!(Address::new(name, address).shown().as_str(), shown);
        }
        let long = Address::new("x".repeat(9000), "evil@x.example").shown();
        assert!(long.as_str().ends_with(" <evil@x.example>"));
    }

    #[test]
    fn a_name_that_pretends_to_be_an_address_is_not_trusted() {
        let lie = Address::new("ceo@own.example", "x@evil.example");
        assert!(lie.name_looks_like_address());
        assert_eq!(lie.name_or_address().as_str(), "x@evil.example");
        let same = Address::new("\"X@evil.example\"", "x@evil.example");
        assert!(!same.name_looks_like_address());
        assert_eq!(Address::new("Ana", "a@x").name_or_address().as_str(), "Ana");
        assert_eq!(lie.domain(), "evil.example");
    }
}

//! Links in a message that a reader may open.

use super::html::{self, Anchor};
use super::{Clean, Message, clean};
use linkify::{LinkFinder, LinkKind};

/// Links listed of one message.
const LINKS: usize = 1_000;

/// A link with a scheme we open: `http`, `https` or `mailto`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The words that were linked; empty when they were the link itself.
    pub label: Clean,
    /// Where it really leads.
    pub shown: Clean,
    /// The same for the program that opens it: printable ASCII.
    pub target: String,
    /// Whether the words name another place.
    pub misleads: bool,
}

/// The links in a text, in order, each once.
pub fn links(text: &str) -> Vec<Link> {
    let mut found = Vec::new();
    add_text(&mut found, text);
    found
}

/// The links of a message: those of its HTML, then those of its text.
pub fn of(message: &Message) -> Vec<Link> {
    let mut found = Vec::new();
    if let Some(html) = &message.html {
        for anchor in html::anchors(html.raw()) {
            add_anchor(&mut found, &anchor);
        }
    }
    add_text(&mut found, message.text.raw());
    found
}

fn add_anchor(found: &mut Vec<Link>, anchor: &Anchor) {
    let Some(shown) = clean::url(&anchor.href) else {
        return;
    };
    let label = clean::line(anchor.text.trim());
    let same = label.as_str().trim_end_matches('/') == shown.as_str().trim_end_matches('/');
    add(
        found,
        Link {
            label: if same { Clean::default() } else { label },
            target: shown.to_string(),
            shown,
            misleads: anchor.misleads(),
        },
    );
}

fn add_text(found: &mut Vec<Link>, text: &str) {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url, LinkKind::Email]);
    for link in finder.links(text).take(LINKS) {
        let written = link.as_str();
        let shown = match link.kind() {
            LinkKind::Email => clean::url(&format!("mailto:{written}")),
            _ => clean::url(written),
        };
        if let Some(shown) = shown {
            let misleads = Anchor {
                text: String::new(),
                href: written.to_owned(),
            }
            .misleads();
            add(
                found,
                Link {
                    label: Clean::default(),
                    target: shown.to_string(),
                    shown,
                    misleads,
                },
            );
        }
    }
}

fn add(found: &mut Vec<Link>, link: Link) {
    let known = found.iter().any(|one| one.target == link.target);
    if !known && found.len() < LINKS {
        found.push(link);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Remote;

    #[test]
    fn links_in_text_are_found_once_and_only_harmless_ones() {
        let text = "See https://a.example/x?y=1. Or (http://b.example) or mail tom@x.example, \
                    not file:///etc/passwd or javascript:alert(1); https://a.example/x?y=1";
        let targets: Vec<String> = links(text).into_iter().map(|l| l.target).collect();
        assert_eq!(
            targets,
            [
                "https://a.example/x?y=1",
                "http://b.example",
                "mailto:tom@x.example"
            ]
        );
        assert!(links("https://bank.example@evil.example/")[0].misleads);
    }

    #[test]
    fn links_of_html_keep_their_words_and_show_their_target() {
        let message = Message {
            html: Some(Remote::new(
                "<a href='http://evil.example/\u{1b}]8'>https://bank.example</a><a href='data:x'>no</a>",
            )),
            ..Message::default()
        };
        let found = of(&message);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].label.as_str(), "https://bank.example");
        assert_eq!(found[0].shown.as_str(), "http://evil.example/%1B]8");
        assert!(found[0].misleads);
    }
}

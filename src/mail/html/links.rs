//! Links in HTML, and whether their text lies about where they lead.

use super::simplify::simplify;
use crate::limits;
use crate::mail::clean;

/// A link as the sender wrote it, entities decoded, nothing trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The text that is clicked.
    pub text: String,
    /// Where it leads.
    pub href: String,
}

/// All links with a scheme we open, in order.
pub fn anchors(html: &str) -> Vec<Anchor> {
    let kept = html
        .get(..html.floor_char_boundary(limits::HTML_BYTES))
        .unwrap_or(html);
    simplify(kept, false).anchors
}

impl Anchor {
    /// Whether the text names another host or mailbox than the link, or the link hides its host
    /// behind a user name.
    pub fn misleads(&self) -> bool {
        let Some(scheme) = clean::scheme_of(&self.href) else {
            return false;
        };
        let text = self.text.trim();
        if scheme == "mailto" {
            let target = self.href.split_once(':').map_or("", |(_, rest)| rest);
            let target = target.split('?').next().unwrap_or_default();
            let looks = text.contains('@') && !text.contains(char::is_whitespace);
            return looks && !text.eq_ignore_ascii_case(target);
        }
        let Some(real) = clean::host_of(&self.href) else {
            return false;
        };
        let authority = self.href.split(['/', '\\']).nth(2).unwrap_or_default();
        let named = named_host(text);
        authority.contains('@') || named.is_some_and(|named| !same_site(&named, &real))
    }
}

/// The host that a link text names, when it names one.
fn named_host(text: &str) -> Option<String> {
    let word = text.split_whitespace().next()?;
    if clean::scheme_of(word).is_some_and(|scheme| scheme != "mailto") {
        return clean::host_of(word);
    }
    let host = word.split(['/', '?', '#', ':']).next()?;
    // `v1.2` and `e.g.` are no hosts: the last label of one has letters only, two at least.
    let (rest, last) = host.rsplit_once('.')?;
    let alone = text.split_whitespace().nth(1).is_none();
    let top = last.chars().count() >= 2 && last.chars().all(char::is_alphabetic);
    let labels = rest
        .chars()
        .all(|c| c.is_alphanumeric() || c == '-' || c == '.');
    (alone && top && labels && !rest.is_empty())
        .then(|| clean::host_of(&format!("http://{host}")))?
}

/// Whether one host is the other or lies below it.
fn same_site(a: &str, b: &str) -> bool {
    let below = |a: &str, b: &str| {
        a.strip_suffix(b)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let bare = |host: &str| host.strip_prefix("www.").unwrap_or(host).to_owned();
    let (a, b) = (bare(a), bare(b));
    below(&a, &b) || below(&b, &a)
}

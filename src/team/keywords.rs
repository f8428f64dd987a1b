//! The mirror: what other mail clients see of a conversation (PROTOCOL.md section 6).
//!
//! Keywords follow the fold and decide nothing. Other clients may change them; a status or a tag
//! set there is taken as that person's wish. Ownership is not: who may own a conversation is
//! settled by signed events alone, so a changed owner keyword is simply put right again.

use super::{Act, Conversation, Status, act};
use crate::limits::{KEYWORD, KEYWORD_SLOTS};
use std::collections::BTreeSet;

/// People whose nick is mirrored in one mailbox.
const PEOPLE: usize = 8;
/// Tags that are mirrored in one mailbox.
const TAGS: usize = 6;

/// The names in use; the configuration may change them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Status Open.
    pub open: String,
    /// Status Waiting.
    pub waiting: String,
    /// Status Done.
    pub done: String,
    /// Status Spam.
    pub spam: String,
    /// Somebody owns it.
    pub owned: String,
    /// Before the owner's nick.
    pub owner_prefix: String,
    /// Before a tag.
    pub tag_prefix: String,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            open: "$pr-open".to_owned(),
            waiting: "$pr-wait".to_owned(),
            done: "$pr-done".to_owned(),
            spam: "$pr-s-spam".to_owned(),
            owned: "$pr-own".to_owned(),
            owner_prefix: "$pr-o-".to_owned(),
            tag_prefix: "$pr-t-".to_owned(),
        }
    }
}

/// What another mail client's change of one keyword asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The keyword, lower case: part of [`super::ids::mirror_id`].
    pub keyword: String,
    /// The event to append.
    pub act: Act,
}

impl Names {
    /// Whether a keyword belongs to the mirror.
    pub fn is_ours(&self, keyword: &str) -> bool {
        let under = |prefix: &str| !prefix.is_empty() && keyword.starts_with(prefix);
        self.fixed().contains(&keyword) || under(&self.owner_prefix) || under(&self.tag_prefix)
    }

    fn fixed(&self) -> [&str; 5] {
        let [open, waiting, done, spam] = self.statuses();
        [open.1, waiting.1, done.1, spam.1, &self.owned]
    }

    /// In the order in which one wins over those before it when several are set at once.
    fn statuses(&self) -> [(Status, &str); 4] {
        [
            (Status::Spam, self.spam.as_str()),
            (Status::Open, self.open.as_str()),
            (Status::Waiting, self.waiting.as_str()),
            (Status::Done, self.done.as_str()),
        ]
    }
}

/// The keywords that a conversation's messages should carry.
///
/// `known` are the keywords the mailbox has had (FLAGS and FETCH); servers keep few names per
/// mailbox and some never free one, so new names are used only while there is room: status and
/// `owned` always, then people, then tags. What does not fit is not mirrored.
pub fn wanted(
    conversation: Option<&Conversation>,
    status: Status,
    names: &Names,
    known: &BTreeSet<String>,
) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let statuses = names.statuses().into_iter();
    out.extend(
        statuses
            .filter(|(value, _)| *value == status)
            .map(|(_, name)| name.to_owned()),
    );
    let Some(conversation) = conversation else {
        return out.into_iter().filter(|k| is_keyword(k)).collect();
    };
    let known = &lower(known);
    let mut room = Room::new(names, known);
    if let Some(owner) = &conversation.owner {
        out.insert(names.owned.clone());
        let name = format!("{}{}", names.owner_prefix, owner.agent);
        out.extend(room.take(known, name, |room| &mut room.people));
    }
    for tag in &conversation.tags {
        let name = format!("{}{tag}", names.tag_prefix);
        out.extend(room.take(known, name, |room| &mut room.tags));
    }
    out.into_iter().filter(|k| is_keyword(k)).collect()
}

/// What to add and what to remove so that a message carries `wanted`; names that are not of the
/// mirror are left alone. Letter case does not matter in IMAP keywords.
pub fn difference(
    current: &BTreeSet<String>,
    wanted: &BTreeSet<String>,
    names: &Names,
) -> (BTreeSet<String>, BTreeSet<String>) {
    let current = lower(current);
    let add = wanted.difference(&current).cloned().collect();
    let extra = current.difference(wanted);
    let remove = extra.filter(|k| names.is_ours(k)).cloned().collect();
    (add, remove)
}

/// What another client asked for by changing the keywords of one message from `before` to `now`.
///
/// `wanted` is what the fold wants after the journal was read to its end: a change that agrees
/// with it was made by a teammate's mirror. A status counts when it was added; a status that
/// merely went away says nothing, and neither does a message that lost all its marks at once,
/// which is what a damaged index looks like.
pub fn read(
    before: &BTreeSet<String>,
    now: &BTreeSet<String>,
    wanted: &BTreeSet<String>,
    names: &Names,
) -> Vec<Wish> {
    let (before, now) = (lower(before), lower(now));
    let news: BTreeSet<&String> = now
        .difference(&before)
        .filter(|k| !wanted.contains(*k))
        .collect();
    let mut wishes = Vec::new();
    let statuses = names.statuses().into_iter().rev();
    for (value, name) in statuses
        .filter(|(_, name)| news.iter().any(|k| k == name))
        .take(1)
    {
        wishes.push(Wish {
            keyword: name.to_owned(),
            act: Act::Status { value },
        });
    }
    let tag_of = |keyword: &String| {
        keyword
            .strip_prefix(&names.tag_prefix)
            .and_then(act::tag)
            .map(|tag| BTreeSet::from([tag]))
    };
    for keyword in news {
        if let Some(add) = tag_of(keyword) {
            wishes.push(tag_wish(keyword, add, BTreeSet::new()));
        }
    }
    let lost = !now.iter().any(|k| names.is_ours(k));
    let gone = before.difference(&now).filter(|k| wanted.contains(*k));
    for keyword in gone.filter(|_| !lost) {
        if let Some(remove) = tag_of(keyword) {
            wishes.push(tag_wish(keyword, BTreeSet::new(), remove));
        }
    }
    wishes
}

/// How many more names the mailbox bears.
struct Room {
    people: usize,
    tags: usize,
    all: usize,
}

impl Room {
    fn new(names: &Names, known: &BTreeSet<String>) -> Self {
        let count = |prefix: &str| known.iter().filter(|k| k.starts_with(prefix)).count();
        let (people, tags) = (count(&names.owner_prefix), count(&names.tag_prefix));
        let fixed = names.fixed().len();
        Self {
            people: PEOPLE.saturating_sub(people),
            tags: TAGS.saturating_sub(tags),
            all: KEYWORD_SLOTS.saturating_sub(fixed + people + tags),
        }
    }

    fn take(
        &mut self,
        known: &BTreeSet<String>,
        name: String,
        class: impl Fn(&mut Self) -> &mut usize,
    ) -> Option<String> {
        if known.contains(&name) {
            return Some(name);
        }
        let fits = is_keyword(&name) && self.all > 0 && *class(self) > 0;
        if !fits {
            return None;
        }
        self.all -= 1;
        *class(self) -= 1;
        Some(name)
    }
}

/// A keyword every server takes: lower case, `[a-z0-9$._-]`, first a letter or `$`.
fn is_keyword(text: &str) -> bool {
    let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"$._-".contains(&b);
    let start = text
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_lowercase() || b == b'$');
    start && text.len() <= KEYWORD && text.bytes().all(fine)
}

fn lower(keywords: &BTreeSet<String>) -> BTreeSet<String> {
    keywords.iter().map(|k| k.to_ascii_lowercase()).collect()
}

fn tag_wish(keyword: &str, add: BTreeSet<String>, remove: BTreeSet<String>) -> Wish {
    Wish {
        keyword: keyword.to_owned(),
        act: Act::Tag { add, remove },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::team::fold::Owner;
    use crate::team::{Agent, EventId};

    fn set(words: &[&str]) -> BTreeSet<String> {
        words.iter().map(|w| (*w).to_owned()).collect()
    }

    fn conversation(owner: Option<&str>, tags: &[&str]) -> Conversation {
        Conversation {
            owner: owner.map(|nick| Owner {
                agent: Agent::new(nick),
                since: Timestamp::UNIX_EPOCH,
                by_event: EventId::new("e"),
            }),
            tags: set(tags),
            ..Conversation::default()
        }
    }

    fn wanted_by(
        owner: Option<&str>,
        tags: &[&str],
        status: Status,
        known: &[&str],
    ) -> BTreeSet<String> {
        let conversation = conversation(owner, tags);
        wanted(Some(&conversation), status, &Names::default(), &set(known))
    }

    #[test]
    fn the_mirror_shows_status_owner_and_tags() {
        let names = Names::default();
        let none = set(&[]);
        assert_eq!(wanted(None, Status::New, &names, &none), none);
        assert_eq!(
            wanted(None, Status::Done, &names, &none),
            set(&["$pr-done"])
        );
        type Case<'a> = (Option<&'a str>, &'a [&'a str], Status, &'a [&'a str]);
        let table: [Case<'_>; 4] = [
            (None, &[], Status::Waiting, &["$pr-wait"]),
            (None, &[], Status::Spam, &["$pr-s-spam"]),
            (
                Some("ana"),
                &[],
                Status::Open,
                &["$pr-open", "$pr-own", "$pr-o-ana"],
            ),
            (None, &["vip"], Status::New, &["$pr-t-vip"]),
        ];
        for (owner, tags, status, keywords) in table {
            assert_eq!(wanted_by(owner, tags, status, &[]), set(keywords));
        }
    }

    #[test]
    fn what_does_not_fit_is_not_mirrored() {
        // Neither other alphabets nor long names.
        let long = "x".repeat(25);
        let tags = ["facturaci\u{f3}n", &long, "ok"];
        assert_eq!(wanted_by(None, &tags, Status::New, &[]), set(&["$pr-t-ok"]));
        // Six tags in one mailbox; one that is known already costs nothing.
        let known = [
            "$pr-t-a", "$pr-t-b", "$pr-t-c", "$pr-t-d", "$pr-t-e", "$PR-T-F",
        ];
        let got = wanted_by(None, &["f", "g"], Status::New, &known);
        assert_eq!(got, set(&["$pr-t-f"]));
        // Eight people.
        let known: Vec<String> = (0..8).map(|n| format!("$pr-o-p{n}")).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let got = wanted_by(Some("ana"), &[], Status::Open, &known);
        assert_eq!(got, set(&["$pr-open", "$pr-own"]));
        // All names of a mailbox together.
        let tags: Vec<String> = (0..9).map(|n| format!("t{n}")).collect();
        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        let all = wanted_by(Some("p0"), &tags, Status::Open, &known);
        let people_and_tags = known.len() + all.iter().filter(|k| k.starts_with("$pr-t-")).count();
        assert_eq!(
            people_and_tags + Names::default().fixed().len(),
            KEYWORD_SLOTS
        );
    }

    #[test]
    fn only_our_names_are_touched() {
        let current = set(&["$Forwarded", "$label1", "$PR-Open", "$pr-o-ben", "junk"]);
        let wanted = set(&["$pr-open", "$pr-own"]);
        let (add, remove) = difference(&current, &wanted, &Names::default());
        assert_eq!(add, set(&["$pr-own"]));
        assert_eq!(remove, set(&["$pr-o-ben"]));
    }

    #[test]
    fn changes_by_other_clients_become_wishes() {
        let status = |keyword: &str, value| Wish {
            keyword: keyword.to_owned(),
            act: Act::Status { value },
        };
        let plus = |keyword: &str, tag: &str| tag_wish(keyword, set(&[tag]), set(&[]));
        let minus = |keyword: &str, tag: &str| tag_wish(keyword, set(&[]), set(&[tag]));
        type Case<'a> = (&'a [&'a str], &'a [&'a str], &'a [&'a str], Vec<Wish>);
        let done = status("$pr-done", Status::Done);
        // Before, now, what the fold wants, the wishes.
        let table: [Case<'_>; 11] = [
            (
                &["$pr-open"],
                &["$pr-done"],
                &["$pr-open"],
                vec![done.clone()],
            ),
            (
                &["$pr-open"],
                &["$pr-open", "$PR-DONE"],
                &["$pr-open"],
                vec![done.clone()],
            ),
            (&[], &["$pr-done", "$pr-wait"], &[], vec![done]),
            // A teammate's mirror did what the fold wants.
            (&["$pr-open"], &["$pr-done"], &["$pr-done"], vec![]),
            // Nothing changed; the mirror is only late.
            (&["$pr-open"], &["$pr-open"], &["$pr-done"], vec![]),
            // A mark that went away says nothing about the status.
            (
                &["$pr-open", "$pr-own"],
                &["$pr-own"],
                &["$pr-open", "$pr-own"],
                vec![],
            ),
            (&[], &["$pr-t-vip"], &[], vec![plus("$pr-t-vip", "vip")]),
            (
                &["$pr-open", "$pr-t-vip"],
                &["$pr-open"],
                &["$pr-open", "$pr-t-vip"],
                vec![minus("$pr-t-vip", "vip")],
            ),
            // All marks lost at once is damage, not a wish.
            (
                &["$pr-open", "$pr-t-vip"],
                &["$label1"],
                &["$pr-open", "$pr-t-vip"],
                vec![],
            ),
            // Nobody becomes or stops being an owner by a keyword.
            (
                &["$pr-own", "$pr-o-ana"],
                &["$pr-own", "$pr-o-ben"],
                &["$pr-own", "$pr-o-ana"],
                vec![],
            ),
            (&[], &["$pr-t-", "$pr-t-a]b", "$label1"], &[], vec![]),
        ];
        for (before, now, wanted, wishes) in table {
            let got = read(&set(before), &set(now), &set(wanted), &Names::default());
            assert_eq!(got, wishes, "{before:?} -> {now:?}");
        }
    }
}

//! Where a message belongs. Pure: it sees one message and what the caller knows about others.

use super::Message;
use crate::clock::Timestamp;
use crate::limits;
use crate::team::ConversationName;
use std::time::Duration;

/// Messages further apart are never one conversation by their subject alone.
const SUBJECT_WINDOW: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// A subject shorter than this says nothing.
const SUBJECT_LETTERS: usize = 4;

/// What answers put before a subject, in lower case, in the languages of the programs that do so.
const REPLIES: [&str; 30] = [
    "re",
    "aw",
    "antw",
    "sv",
    "vs",
    "ref",
    "rif",
    "r",
    "res",
    "resp",
    "odp",
    "ynt",
    "bls",
    "vá",
    "ang",
    "ha",
    "на",
    "отв",
    "ответ",
    "απ",
    "atb",
    "ad",
    "回复",
    "答复",
    "回覆",
    "返信",
    "הנדון",
    "תגובה",
    "رد",
    "답장",
];
/// What forwarded mail has there.
const FORWARDS: [&str; 22] = [
    "fwd",
    "fw",
    "wg",
    "tr",
    "i",
    "enc",
    "rv",
    "doorst",
    "vb",
    "vl",
    "pd",
    "ilt",
    "fs",
    "továbbítás",
    "пересл",
    "πρθ",
    "转发",
    "轉寄",
    "転送",
    "fyi",
    "برگردان",
    "전달",
];
/// What gateways put before the subject of mail from outside.
const GATEWAY_TAGS: [&str; 5] = ["ext", "external", "extern", "externe", "externo"];

/// The name of the conversation the message starts or belongs to (PROTOCOL.md section 3): the
/// first of References, else of In-Reply-To, else its own Message-ID, else `hash:` and the hash
/// of its raw bytes (`raw_hash_hex`).
pub fn conversation_name(message: &Message, raw_hash_hex: &str) -> ConversationName {
    let id = message
        .references
        .iter()
        .chain(&message.in_reply_to)
        .chain(&message.message_id)
        .find(|id| is_usable_id(id));
    match id {
        Some(id) => ConversationName::new(id.as_str()),
        None => ConversationName::new(format!("hash:{raw_hash_hex}")),
    }
}

/// All Message-IDs that tie the message to others: References, In-Reply-To only when there are no
/// References, and its own; unusable ones left out.
pub fn related_ids(message: &Message) -> Vec<&str> {
    let parents = if message.references.iter().any(|id| is_usable_id(id)) {
        &message.references
    } else {
        &message.in_reply_to
    };
    parents
        .iter()
        .chain(&message.message_id)
        .map(String::as_str)
        .filter(|id| is_usable_id(id))
        .collect()
}

/// Whether a Message-ID (without brackets) can tie messages together: it has an `@` with text on
/// both sides, is printable ASCII without spaces and brackets, and not absurdly long.
pub fn is_usable_id(id: &str) -> bool {
    id.len() <= limits::MESSAGE_ID
        && id
            .bytes()
            .all(|b| (0x21..=0x7e).contains(&b) && b != b'<' && b != b'>')
        && id
            .rsplit_once('@')
            .is_some_and(|(left, right)| !left.is_empty() && !right.is_empty())
}

/// The subject without `Re:`, `Fwd:` and their kind in many languages, in lower case, white space
/// collapsed. Two messages with equal keys talk about the same thing, perhaps.
pub fn subject_key(subject: &str) -> String {
    let mut rest = subject.trim();
    while let Some(shorter) = without_gateway_tag(rest)
        .or_else(|| without_prefix(rest, &REPLIES))
        .or_else(|| without_prefix(rest, &FORWARDS))
    {
        rest = shorter;
    }
    let mut key = String::new();
    for word in rest.split_whitespace() {
        if !key.is_empty() {
            key.push(' ');
        }
        key.extend(word.chars().flat_map(char::to_lowercase));
        if key.len() > limits::CLEAN_LINE {
            break;
        }
    }
    key
}

/// Whether a message without References may be suggested to continue a conversation with the same
/// subject: same key, same correspondent (`candidate_people`, addresses), less than 14 days from
/// its last message. `at` is when the new message arrived. Mail made by machines never matches,
/// because machines repeat their subjects.
pub fn guarded_subject_match(
    new: &Message,
    candidate_subject_key: &str,
    candidate_people: &[String],
    candidate_last: Timestamp,
    at: Timestamp,
) -> bool {
    let alone = related_ids(new).len() <= usize::from(new.message_id.is_some());
    let near = at.duration_since(candidate_last).unsigned_abs() < SUBJECT_WINDOW;
    let known = |from: &super::Address| candidate_people.iter().any(|p| from.same_mailbox(p));
    alone
        && near
        && !new.automatic
        && candidate_subject_key.chars().count() >= SUBJECT_LETTERS
        && new.from.iter().any(known)
        && subject_key(new.subject.raw()) == candidate_subject_key
}

/// The subject without the prefixes of answers; those of forwarded mail stay.
pub(super) fn without_reply_prefixes(subject: &str) -> &str {
    let mut rest = subject.trim();
    while let Some(shorter) = without_prefix(rest, &REPLIES) {
        rest = shorter;
    }
    rest
}

/// What follows `[EXT]` and the like.
fn without_gateway_tag(subject: &str) -> Option<&str> {
    let (tag, rest) = subject.strip_prefix('[')?.split_once(']')?;
    let tag = tag.trim().to_lowercase();
    GATEWAY_TAGS
        .contains(&tag.as_str())
        .then(|| rest.trim_start())
}

/// What follows one prefix such as `Re:`, `AW[2]:` or `RE(3)：`.
fn without_prefix<'s>(subject: &'s str, prefixes: &[&str]) -> Option<&'s str> {
    let colon = subject.find([':', '：'])?;
    // The longest prefix with a counter is far shorter than this.
    if colon > 32 {
        return None;
    }
    let (word, rest) = subject.split_at_checked(colon)?;
    let rest = rest.trim_start_matches([':', '：']);
    let word = word.trim();
    let word = word.strip_suffix([']', ')']).map_or(word, |counted| {
        counted
            .trim_end_matches(|c: char| c.is_ascii_digit())
            .trim_end_matches(['[', '('])
            .trim_end()
    });
    let word = word.to_lowercase();
    prefixes.contains(&word.as_str()).then(|| rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{Address, Remote};

    fn ids(list: &[&str]) -> Vec<String> {
        list.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn the_conversation_is_named_after_its_root() {
        for (references, in_reply_to, own, name) in [
            (&["a@x", "b@x"][..], &["c@x"][..], Some("d@x"), "a@x"),
            (&[], &["c@x"], Some("d@x"), "c@x"),
            (&["broken", "<b@x", "b@x"], &[], Some("d@x"), "b@x"),
            (&[], &["no-at"], Some("d@x"), "d@x"),
            (&[], &[], None, "hash:ff"),
            (&[], &[], Some("@"), "hash:ff"),
        ] {
            let message = Message {
                references: ids(references),
                in_reply_to: ids(in_reply_to),
                message_id: own.map(str::to_owned),
                ..Message::default()
            };
            assert_eq!(conversation_name(&message, "ff").as_str(), name);
        }
    }

    #[test]
    fn in_reply_to_counts_only_without_references() {
        let mut message = Message {
            references: ids(&["a@x", "nonsense"]),
            in_reply_to: ids(&["c@x"]),
            message_id: Some("d@x".to_owned()),
            ..Message::default()
        };
        assert_eq!(related_ids(&message), ["a@x", "d@x"]);
        message.references.clear();
        assert_eq!(related_ids(&message), ["c@x", "d@x"]);
    }

    #[test]
    fn absurd_ids_tie_nothing_together() {
        for bad in [
            "",
            "@",
            "a@",
            "@b",
            "plain",
            "a b@c",
            "a@b\r\nBcc: x",
            "ä@x",
            "a<b@c",
        ] {
            assert!(!is_usable_id(bad), "{bad:?}");
        }
        assert!(!is_usable_id(&format!("{}@x", "a".repeat(100_000))));
        assert!(is_usable_id("CA+x=y/z@mail.example"));
    }

    #[test]
    fn reply_prefixes_of_many_languages_fall_away() {
        for (subject, key) in [
            ("Re: Refund", "refund"),
            ("AW: WG: Re[2]: Refund  for\torder", "refund for order"),
            ("Sv: Antw: RE(3) : Refund", "refund"),
            ("回复：退款", "退款"),
            ("Ответ: Возврат", "возврат"),
            ("[EXT] Re: [External] Refund", "refund"),
            ("[ticket 7] Refund", "[ticket 7] refund"),
            ("Reminder: pay", "reminder: pay"),
            ("Re:", ""),
            ("12:30 meeting", "12:30 meeting"),
        ] {
            assert_eq!(subject_key(subject), key, "{subject:?}");
        }
        let long = "Re: ".repeat(100_000);
        assert_eq!(subject_key(&long), "");
    }

    #[test]
    fn the_subject_alone_ties_only_under_guard() {
        let day = |n: i64| Timestamp::from_second(1_700_000_000 + n * 86_400).unwrap();
        let new = Message {
            subject: Remote::new("Re: Refund"),
            from: vec![Address::new("Tom", "Tom@x.example")],
            message_id: Some("n@x".to_owned()),
            ..Message::default()
        };
        let people = ids(&["tom@x.example"]);
        let matches = |new: &Message, key: &str, people: &[String], at: i64| {
            guarded_subject_match(new, key, people, day(0), day(at))
        };
        assert!(matches(&new, "refund", &people, 3));
        assert!(!matches(&new, "refund", &people, 14), "too late");
        assert!(!matches(&new, "refunds", &people, 3), "another subject");
        assert!(
            !matches(&new, "refund", &ids(&["eve@x.example"]), 3),
            "another person"
        );
        let tied = Message {
            references: ids(&["a@x"]),
            ..new.clone()
        };
        assert!(!matches(&tied, "refund", &people, 3), "it has References");
        let machine = Message {
            automatic: true,
            ..new.clone()
        };
        assert!(
            !matches(&machine, "refund", &people, 3),
            "made by a machine"
        );
        let hi = Message {
            subject: Remote::new("Hi"),
            ..new
        };
        assert!(!matches(&hi, "hi", &people, 3), "says nothing");
    }
}

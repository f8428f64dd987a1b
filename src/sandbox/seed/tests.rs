use super::*;
use std::collections::{BTreeMap, BTreeSet};

fn now() -> Timestamp {
    "2026-11-23T14:06:00Z".parse().unwrap()
}

fn filled() -> (Store, Vec<Conversation>) {
    let store = Store::new();
    let conversations = fill(&store, now(), "support@acme.example").unwrap();
    (store, conversations)
}

fn all(store: &Store) -> Vec<crate::sandbox::store::Message> {
    let mut all = store.messages("INBOX").unwrap();
    all.extend(store.messages("Sent").unwrap());
    all
}

#[test]
fn the_same_now_gives_the_same_mailbox() {
    let bytes = |(store, _): &(Store, Vec<Conversation>)| -> Vec<_> {
        all(store).into_iter().map(|m| (m.date, m.bytes)).collect()
    };
    let (a, b) = (filled(), filled());
    assert_eq!(bytes(&a), bytes(&b));
    assert_eq!(a.1, b.1);
}

#[test]
fn there_are_three_hundred_conversations_in_order_of_arrival() {
    let (store, conversations) = filled();
    assert_eq!(conversations.len(), CONVERSATIONS);
    let roots: BTreeSet<_> = conversations.iter().map(|c| &c.root).collect();
    assert_eq!(roots.len(), CONVERSATIONS);
    for folder in ["INBOX", "Sent"] {
        let dates: Vec<_> = store
            .messages(folder)
            .unwrap()
            .iter()
            .map(|m| m.date)
            .collect();
        assert!(dates.is_sorted() && dates.iter().all(|date| *date <= now()));
        assert!(dates[0] < now() - SignedDuration::from_hours(35 * 24));
    }
}

#[test]
fn every_mail_is_clean_rfc_5322() {
    let (store, _) = filled();
    for message in all(&store) {
        let text = String::from_utf8(message.bytes.to_vec()).unwrap();
        assert!(text.is_ascii(), "{text}");
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "{text}");
        assert!(text.lines().all(|line| line.len() <= 998), "{text}");
        assert!(text.ends_with("\r\n") && !text.contains('{'), "{text}");
        for field in ["From: ", "To: ", "Subject: ", "Date: ", "Message-ID: <"] {
            assert!(
                text.contains(&format!("\r\n{field}")) || text.starts_with(field),
                "{text}"
            );
        }
    }
}

#[test]
fn every_reply_names_what_it_answers() {
    let (store, conversations) = filled();
    let mut ids = BTreeMap::new();
    for message in all(&store) {
        let text = String::from_utf8(message.bytes.to_vec()).unwrap();
        let (_, rest) = text.split_once("Message-ID: <").unwrap();
        let id = rest.split('>').next().unwrap().to_owned();
        assert!(ids.insert(id, text).is_none());
    }
    for reply in conversations.iter().flat_map(|c| &c.replies) {
        assert!(ids.contains_key(&reply.slot));
        let text = &ids[&reply.message_id];
        assert!(text.contains(&format!("<{}>", reply.slot)));
    }
}

#[test]
fn no_blank_is_left_open_and_no_subject_is_worn_out() {
    let (_, conversations) = filled();
    let mut seen = BTreeMap::new();
    let mut pairs = BTreeSet::new();
    for conversation in &conversations {
        assert!(!conversation.subject.contains('{'));
        let pair = (&conversation.customer, &conversation.subject);
        assert!(
            pairs.insert(pair),
            "{pair:?} would be taken for one conversation"
        );
        *seen.entry(&conversation.subject).or_insert(0) += 1;
    }
    let worn: Vec<_> = seen.into_iter().filter(|(_, count)| *count > 5).collect();
    assert!(worn.is_empty(), "{worn:?}");
}

#[test]
fn bulk_makes_as_many_as_asked() {
    let store = Store::new();
    bulk(&store, now(), 1000).unwrap();
    assert_eq!((store.count("INBOX"), store.count("Sent")), (1000, 250));
}

#[test]
fn every_mail_parses_without_defects() {
    use crate::mail::parse;
    let (store, _) = filled();
    let mut bounces = 0;
    for message in all(&store) {
        let parsed = parse::parse(&message.bytes);
        let raw = String::from_utf8_lossy(&message.bytes);
        assert!(parsed.defects.is_empty(), "{:?}: {raw}", parsed.defects);
        assert!(!parsed.text.is_empty() && parsed.date.is_some(), "{raw}");
        if let Some(bounce) = &parsed.bounce {
            bounces += 1;
            assert_eq!(bounce.status, "5.1.1");
            assert!(bounce.permanent && bounce.original.is_some());
        }
    }
    assert!(bounces >= 3, "{bounces}");
}

//! Short English sentences about events, safe to show: they hold nicks, tags and our own words.
//!
//! Reasons, notes and names stay [`Remote`](crate::mail::Remote) in the act; whoever shows them
//! cleans them first.

use super::{Act, Agent, Grade, Refusal, Status};

/// The word for an act in subjects, logs and JSON: the `type` of the event.
pub fn kind(act: &Act) -> &'static str {
    match act {
        Act::Join { .. } => "join",
        Act::Claim => "claim",
        Act::Release { .. } => "release",
        Act::Assign { .. } => "assign",
        Act::Steal { .. } => "steal",
        Act::Status { .. } => "status",
        Act::Tag { .. } => "tag",
        Act::Note { .. } => "note",
        Act::Snooze { .. } => "snooze",
        Act::Wake { .. } => "wake",
        Act::Intent { .. } => "intent",
        Act::Sent { .. } => "sent",
        Act::Failed { .. } => "failed",
        Act::Unknown { .. } => "unknown",
        Act::Resolved { .. } => "resolved",
        Act::Override { .. } => "override",
        Act::Outside { .. } => "outside",
        Act::Presence { .. } => "presence",
        Act::Other => "other",
    }
}

/// One line of a conversation's history, such as `ana claimed` or `ben added tag billing`.
pub fn history_line(agent: &Agent, act: &Act) -> String {
    format!("{agent} {}", deed(act))
}

/// Why an event had no effect, as the end of a sentence: `ben owns it`.
pub fn refusal_sentence(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Owned { owner } => format!("{owner} owns it"),
        Refusal::NotOwner { owner: Some(owner) } => format!("only its owner {owner} may do this"),
        Refusal::NotOwner { owner: None } => "nobody owns it; claim it first".to_owned(),
        Refusal::Stale => "it changed hands since you looked".to_owned(),
        Refusal::Answered { by: Some(by) } => format!("{by} answered it already"),
        Refusal::Answered { by: None } => {
            "it was answered already with another mail client".to_owned()
        }
        Refusal::Sending { by } => format!("{by} is sending an answer, or may have sent one"),
        Refusal::NoSuchThing => "what it names is not there or is settled".to_owned(),
        Refusal::Duplicate => "it was recorded before".to_owned(),
        Refusal::Untrusted => "it is not signed by a member of the team".to_owned(),
        Refusal::NotUnderstood => "a newer version of postroom wrote it".to_owned(),
    }
}

fn deed(act: &Act) -> String {
    match act {
        Act::Join { .. } => "joined the team".to_owned(),
        Act::Claim => "claimed".to_owned(),
        Act::Release { .. } => "released".to_owned(),
        Act::Assign { to, .. } => format!("assigned to {to}"),
        Act::Steal { .. } => "took over".to_owned(),
        Act::Status { value } => status_deed(*value).to_owned(),
        Act::Tag { add, remove } => tag_deed(add.iter(), remove.iter()),
        Act::Note { mentions, .. } if mentions.is_empty() => "left a note".to_owned(),
        Act::Note { mentions, .. } => {
            let names: Vec<&str> = mentions.iter().map(Agent::as_str).collect();
            format!("left a note for {}", names.join(", "))
        }
        // Its own zone is not ours to know here; front ends may say it in local time.
        Act::Snooze { until } => format!("snoozed until {}", until.strftime("%Y-%m-%d %H:%M UTC")),
        Act::Wake { .. } => "ended the snooze".to_owned(),
        Act::Intent { .. } => "started to send a reply".to_owned(),
        Act::Sent { .. } => "replied".to_owned(),
        Act::Failed { .. } => "could not send the reply".to_owned(),
        Act::Unknown { .. } => "cannot tell whether the reply was sent".to_owned(),
        Act::Resolved { sent: true, .. } => "found that the reply was sent".to_owned(),
        Act::Resolved { sent: false, .. } => "found that the reply was not sent".to_owned(),
        Act::Override { .. } => "allowed one more answer".to_owned(),
        Act::Outside { .. } => "noticed a reply made with another mail client".to_owned(),
        Act::Presence { grade } => match grade {
            Some(Grade::Reading) => "is reading".to_owned(),
            Some(Grade::Writing) => "is writing".to_owned(),
            None => "left".to_owned(),
        },
        Act::Other => "did something this version does not know".to_owned(),
    }
}

fn status_deed(status: Status) -> &'static str {
    match status {
        Status::New => "marked it new",
        Status::Open => "opened it",
        Status::Waiting => "set it to waiting",
        Status::Done => "marked it done",
        Status::Spam => "marked it as spam",
    }
}

fn tag_deed<'a>(
    add: impl Iterator<Item = &'a String>,
    remove: impl Iterator<Item = &'a String>,
) -> String {
    let list = |verb: &str, tags: Vec<&str>| match tags.len() {
        0 => None,
        1 => Some(format!("{verb} tag {}", tags.join(", "))),
        _ => Some(format!("{verb} tags {}", tags.join(", "))),
    };
    let added = list("added", add.map(String::as_str).collect());
    let removed = list("removed", remove.map(String::as_str).collect());
    let deeds: Vec<String> = added.into_iter().chain(removed).collect();
    if deeds.is_empty() {
        return "changed no tags".to_owned();
    }
    deeds.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::mail::Remote;
    use crate::team::EventId;
    use std::collections::BTreeSet;

    #[test]
    fn history_reads_as_short_sentences() {
        let intent = EventId::new("e");
        let sent = false;
        let none = BTreeSet::new;
        let tags = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
        let both = Act::Tag {
            add: tags(&["a", "b"]),
            remove: tags(&["c"]),
        };
        let neither = Act::Tag {
            add: none(),
            remove: none(),
        };
        let assign = Act::Assign {
            to: Agent::new("ben"),
            reason: Remote::default(),
        };
        let note = Act::Note {
            text: Remote::new("\u{1b}[2J"),
            mentions: vec![Agent::new("ben")],
        };
        let until = Timestamp::from_second(1_764_000_000).unwrap();
        let value = Status::Done;
        let replied = Act::Sent {
            intent: intent.clone(),
        };
        let looked = Act::Resolved { intent, sent };
        let table = [
            (Act::Claim, "claimed"),
            (replied, "replied"),
            (Act::Status { value }, "marked it done"),
            (both, "added tags a, b and removed tag c"),
            (neither, "changed no tags"),
            (assign, "assigned to ben"),
            (note, "left a note for ben"),
            (Act::Snooze { until }, "snoozed until 2025-11-24 16:00 UTC"),
            (looked, "found that the reply was not sent"),
        ];
        for (act, line) in table {
            let expected = format!("ana {line}");
            assert_eq!(history_line(&Agent::new("ana"), &act), expected);
        }
    }

    #[test]
    fn the_word_for_an_act_is_its_type_in_the_journal() {
        let acts = [
            Act::Claim,
            Act::Unknown {
                intent: EventId::new("e"),
            },
            Act::Presence { grade: None },
            Act::Override {
                slot: "s".to_owned(),
                over: vec![],
                reason: Remote::default(),
            },
        ];
        for act in acts {
            let json = serde_json::to_value(&act).unwrap();
            assert_eq!(json["type"], kind(&act));
        }
    }

    #[test]
    fn refusals_name_who_stands_in_the_way() {
        let ben = || Agent::new("ben");
        let named = [
            Refusal::Owned { owner: ben() },
            Refusal::NotOwner { owner: Some(ben()) },
            Refusal::Answered { by: Some(ben()) },
            Refusal::Sending { by: ben() },
        ];
        for refusal in named {
            assert!(refusal_sentence(&refusal).contains("ben"), "{refusal:?}");
        }
        assert_eq!(
            refusal_sentence(&Refusal::Stale),
            "it changed hands since you looked"
        );
    }
}

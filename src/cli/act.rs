//! The verbs that change a conversation: the same requests as the screen's commands.

use super::args::{TagChange, Verb};
use super::exit::{Exit, Failure};
use super::out::Style;
use super::record::OutcomeRecord;
use super::session::{Session, Talk};
use crate::engine::api::{Change, News, Outcome, Request};
use crate::team::{Agent, ConversationId};
use std::collections::BTreeSet;
use std::io::Read;

/// What a verb changes, and in which conversation; `None` for a verb that changes nothing.
///
/// `me` is who `assign` without a name means. Reads a note from `input` where the verb says so.
pub fn change_of<'v>(
    verb: &'v Verb,
    me: &Agent,
    input: &mut dyn Read,
) -> Result<Option<(&'v str, Change)>, Failure> {
    Ok(Some(match verb {
        Verb::Claim { id } => (id, Change::Claim),
        Verb::Release { id } => (id, Change::Release),
        Verb::Assign { id, agent } => (id, Change::Assign(agent.as_ref().unwrap_or(me).clone())),
        Verb::Steal { id, reason } => {
            let reason = reason.clone();
            (id, Change::Steal { reason })
        }
        Verb::Status { id, value } => (id, Change::Status(*value)),
        Verb::Tag { id, changes } => (id, tags(changes)?),
        Verb::Note { id, text } => (id, Change::Note(note(text.as_deref(), input)?)),
        _ => return Ok(None),
    }))
}

/// Carries out one change and waits until it has settled.
pub async fn act<T: Talk>(
    session: &mut Session<'_, T>,
    id: &str,
    change: Change,
) -> Result<(), Failure> {
    let conversation = session.find(id).await?;
    let id = conversation.id();
    let request = |ticket| Request::Act {
        ticket,
        conversation,
        change,
    };
    let outcome = session
        .ask(request, |ticket, news| match news {
            News::Settled(answered, _, outcome) if answered == ticket => Some(outcome),
            _ => None,
        })
        .await?;
    report(session, &id, &outcome)
}

/// Prints how a change ended; anything but done is a failure.
fn report<T: Talk>(
    session: &mut Session<'_, T>,
    id: &ConversationId,
    outcome: &Outcome,
) -> Result<(), Failure> {
    if session.out.json() {
        session
            .out
            .record(&OutcomeRecord::of(id.clone(), outcome))?;
    }
    match outcome {
        Outcome::Done => {
            if !session.out.json() {
                session.out.remark(Style::Plain, &format!("done: {id}"));
            }
            Ok(())
        }
        Outcome::Refused { sentence, .. } => Err(Failure::new(Exit::Refused, sentence.as_str())),
        Outcome::Queued(trouble) => {
            let failure = Failure::from(trouble.clone());
            let sentence = format!(
                "{}; the change is kept and goes out when the server answers again",
                failure.sentence.trim_end_matches('.')
            );
            Err(Failure::new(failure.exit, sentence))
        }
        Outcome::Failed(trouble) => Err(trouble.clone().into()),
    }
}

fn tags(changes: &[TagChange]) -> Result<Change, Failure> {
    let mut add = BTreeSet::new();
    let mut remove = BTreeSet::new();
    for change in changes {
        match change {
            TagChange::Add(tag) => add.insert(tag.clone()),
            TagChange::Remove(tag) => remove.insert(tag.clone()),
        };
    }
    if let Some(tag) = add.intersection(&remove).next() {
        let sentence = format!("{tag} is both added and removed; decide for one");
        return Err(Failure::new(Exit::Usage, sentence));
    }
    Ok(Change::Tag { add, remove })
}

fn note(text: Option<&str>, input: &mut dyn Read) -> Result<String, Failure> {
    let text = match text {
        Some(text) if text != "-" => text.to_owned(),
        _ => read_text(input, "the note")?,
    };
    match text.trim_end() {
        "" => Err(Failure::new(
            Exit::Usage,
            "the note is empty; nothing was changed",
        )),
        text => Ok(text.to_owned()),
    }
}

/// Reads a text to its end, up to a size nobody writes by hand.
pub fn read_text(input: &mut dyn Read, what: &str) -> Result<String, Failure> {
    let limit = crate::limits::TEXT_BYTES as u64;
    let mut text = String::new();
    let read = input.take(limit + 1).read_to_string(&mut text);
    match read {
        Err(why) => Err(Failure::new(
            Exit::Usage,
            format!("cannot read {what}: {why}"),
        )),
        Ok(size) if size as u64 > limit => Err(Failure::new(
            Exit::Usage,
            format!("{what} is larger than {limit} bytes"),
        )),
        Ok(_) => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Cli, shield};
    use crate::cli::out::tests::caught;
    use crate::cli::session::tests::{Script, now};
    use crate::engine::api::{Ticket, Trouble, TroubleKind};
    use crate::team::{ConversationName, Refusal, Status};
    use clap::Parser;

    fn verb(line: &str) -> Verb {
        let words = format!("postroom {line}");
        let words = words.split(' ').map(std::ffi::OsString::from);
        Cli::try_parse_from(shield(words)).unwrap().verb.unwrap()
    }

    fn change(line: &str, input: &str) -> Result<Option<Change>, Failure> {
        let me = Agent::new("ana");
        let verb = verb(line);
        let change = change_of(&verb, &me, &mut input.as_bytes())?;
        Ok(change.map(|(id, change)| {
            assert_eq!(id, "4x7k");
            change
        }))
    }

    #[test]
    fn verbs_are_the_changes_of_the_screen() {
        let set = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
        let cases = [
            ("claim 4x7k", Change::Claim),
            ("release 4x7k", Change::Release),
            ("assign 4x7k ben", Change::Assign(Agent::new("ben"))),
            ("assign 4x7k", Change::Assign(Agent::new("ana"))),
            ("status 4x7k done", Change::Status(Status::Done)),
            (
                "tag 4x7k +a -b +c",
                Change::Tag {
                    add: set(&["a", "c"]),
                    remove: set(&["b"]),
                },
            ),
            ("note 4x7k hello", Change::Note("hello".to_owned())),
            ("note 4x7k -", Change::Note("from\nthe pipe".to_owned())),
            ("note 4x7k", Change::Note("from\nthe pipe".to_owned())),
            (
                "steal 4x7k --reason ill",
                Change::Steal {
                    reason: "ill".to_owned(),
                },
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(
                change(line, "from\nthe pipe\n"),
                Ok(Some(expected)),
                "{line}"
            );
        }
        assert_eq!(change("list", ""), Ok(None));
    }

    #[test]
    fn nonsense_is_wrong_usage() {
        for line in ["note 4x7k -", "tag 4x7k +a -a"] {
            let failure = change(line, " \n").unwrap_err();
            assert_eq!(failure.exit, Exit::Usage, "{line}");
        }
    }

    fn settle(outcome: Outcome, json: bool) -> (Result<(), Failure>, String, String) {
        let name = ConversationName::new("a@b");
        let mut script = Script::new([
            News::Names(Ticket(1), vec![name.clone()]),
            News::Settled(Ticket(2), name, outcome),
        ]);
        let (mut out, results, remarks) = caught(json, false);
        let mut session = Session::new(&mut script, &mut out);
        let ended = now(act(&mut session, "4x7k", Change::Claim));
        (ended, results.text(), remarks.text())
    }

    #[test]
    fn a_refused_claim_says_who_won() {
        let outcome = || Outcome::Refused {
            refusal: Refusal::Owned {
                owner: Agent::new("ben"),
            },
            owner: Some(Agent::new("ben")),
            sentence: "ben claimed it at 14:05; take it over with steal".to_owned(),
        };
        let (ended, results, _) = settle(outcome(), true);
        assert_eq!(ended.unwrap_err().exit, Exit::Refused);
        let object: serde_json::Value = serde_json::from_str(&results).unwrap();
        assert_eq!(object["outcome"], "refused");
        assert_eq!(object["because"], "owned");
        assert_eq!(object["owner"], "ben");
        let (ended, results, _) = settle(outcome(), false);
        assert!(ended.unwrap_err().sentence.starts_with("ben claimed it"));
        assert_eq!(results, "");
    }

    #[test]
    fn a_refusal_without_an_owner_says_so_in_json() {
        let outcome = Outcome::Refused {
            refusal: Refusal::Stale,
            owner: None,
            sentence: "it changed".to_owned(),
        };
        let (_, results, _) = settle(outcome, true);
        let object: serde_json::Value = serde_json::from_str(&results).unwrap();
        assert!(object.as_object().unwrap()["owner"].is_null());
    }

    #[test]
    fn what_could_not_settle_ends_with_the_code_of_its_cause() {
        let trouble = |kind| Trouble::new(kind, "imap.acme.example does not answer");
        for (outcome, exit, word) in [
            (
                Outcome::Queued(trouble(TroubleKind::Unreachable)),
                Exit::Unreachable,
                "queued",
            ),
            (
                Outcome::Failed(trouble(TroubleKind::SignIn)),
                Exit::SignIn,
                "failed",
            ),
        ] {
            let (ended, results, _) = settle(outcome, true);
            assert_eq!(ended.unwrap_err().exit, exit);
            let object: serde_json::Value = serde_json::from_str(&results).unwrap();
            assert_eq!(object["outcome"], word);
        }
        let (ended, results, _) = settle(Outcome::Done, true);
        assert_eq!(ended, Ok(()));
        assert!(results.contains("\"outcome\":\"done\""));
    }
}

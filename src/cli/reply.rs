//! `reply` and `drafts`: text from outside becomes a draft, passes the gate and leaves.

use super::act::read_text;
use super::args::ReplyArgs;
use super::exit::{Exit, Failure};
use super::out::{Line, Out, Style};
use super::record::{DraftRecord, OutcomeRecord};
use super::session::{Session, Talk};
use super::text;
use crate::engine::api::{News, Request, Stage};
use crate::mail::draft::Draft;
use crate::team::gate::Obstacle;
use crate::team::{Agent, ConversationName};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Reads the text of a reply from where the arguments say.
pub fn body(args: &ReplyArgs, input: &mut dyn Read) -> Result<String, Failure> {
    let text = match args.body_file.as_deref() {
        Some(path) if path != Path::new("-") => {
            let mut file = File::open(path).map_err(|why| {
                Failure::new(
                    Exit::Usage,
                    format!("cannot read {}: {why}", path.display()),
                )
            })?;
            read_text(&mut file, "the reply")?
        }
        _ => read_text(input, "the reply")?,
    };
    match text.trim_end() {
        "" => Err(Failure::new(
            Exit::Usage,
            "the reply is empty; nothing was sent",
        )),
        text => Ok(text.replace("\r\n", "\n")),
    }
}

/// Sends a reply and waits until it has left or surely has not.
pub async fn reply<T: Talk>(
    session: &mut Session<'_, T>,
    args: &ReplyArgs,
    text: &str,
) -> Result<(), Failure> {
    let conversation = session.find(&args.id).await?;
    make_room(session, &conversation, text).await?;
    let request = |ticket| Request::Reply {
        ticket,
        conversation: conversation.clone(),
        all: args.to_all,
    };
    let mut draft = session
        .ask(request, |ticket, news| match news {
            News::Draft(answered, draft) if answered == ticket => Some(draft),
            _ => None,
        })
        .await??;
    // A new draft starts with the empty lines the text goes into; signature and quote follow.
    draft.body = format!("{text}{}", draft.body);
    draft.status_after = args.status.or(draft.status_after);
    let end = send(session, args, &draft).await?;
    report(session.out, &draft, end)
}

/// A draft that is kept for this conversation must not lose its text. One with the same text is
/// an earlier try of this reply, which starts again with what is known now.
async fn make_room<T: Talk>(
    session: &mut Session<'_, T>,
    conversation: &ConversationName,
    text: &str,
) -> Result<(), Failure> {
    let kept = drafts_of(session).await?;
    for draft in kept.iter().filter(|d| d.conversation == *conversation) {
        if !draft.body.starts_with(text) {
            let (id, conversation) = (&draft.id, conversation.id());
            return Err(Failure::new(
                Exit::Other,
                format!(
                    "another text is kept for {conversation} as draft {id}; finish it on the \
                     screen, or throw it away with `postroom drafts {id} --drop`"
                ),
            ));
        }
        let draft = draft.id.clone();
        session.send(Request::DropDraft { draft }).await;
    }
    Ok(())
}

/// How a reply ended.
#[derive(Debug, PartialEq)]
enum End {
    Sent,
    TakenBack,
    Blocked {
        obstacles: Vec<Obstacle>,
        owner: Option<Agent>,
        sentence: String,
    },
    Failed(Failure),
    Unknown(String),
}

async fn send<T: Talk>(
    session: &mut Session<'_, T>,
    args: &ReplyArgs,
    draft: &Draft,
) -> Result<End, Failure> {
    let mut anyway = args.anyway.clone();
    let request = |anyway| Request::Send {
        draft: Box::new(draft.clone()),
        anyway,
        hold: !args.no_hold,
    };
    session.send(request(None)).await;
    let mut held = false;
    loop {
        let news = tokio::select! {
            news = session.next() => news?,
            interrupted = tokio::signal::ctrl_c(), if held => {
                interrupted.map_err(|why| Failure::new(Exit::Other, why.to_string()))?;
                let draft = draft.id.clone();
                session.send(Request::TakeBack { draft }).await;
                continue;
            }
        };
        let News::Outgoing {
            draft: id, stage, ..
        } = news
        else {
            continue;
        };
        if id != draft.id {
            continue;
        }
        held = matches!(stage, Stage::Held { .. });
        match stage {
            Stage::Checking | Stage::Sending => {}
            Stage::Held { until } => {
                let sentence = format!("leaves at {}, Ctrl-C takes it back", text::clock(until));
                session.out.remark(Style::Faint, &sentence);
            }
            Stage::Blocked {
                obstacles,
                owner,
                sentence,
                ..
            } => match anyway.take() {
                Some(reason) => session.send(request(Some((reason, obstacles)))).await,
                None => {
                    return Ok(End::Blocked {
                        obstacles,
                        owner,
                        sentence,
                    });
                }
            },
            Stage::Sent => return Ok(End::Sent),
            Stage::TakenBack => return Ok(End::TakenBack),
            Stage::Failed(trouble) => return Ok(End::Failed(trouble.into())),
            Stage::Unknown { sentence, .. } => return Ok(End::Unknown(sentence)),
        }
    }
}

/// Prints how a reply ended; anything but sent keeps the draft and says its id.
fn report(out: &mut Out, draft: &Draft, end: End) -> Result<(), Failure> {
    let id = draft.conversation.id();
    let not = |word, sentence: &str| OutcomeRecord::not_done(word, id.clone(), sentence);
    let (record, failure) = match end {
        End::Sent => {
            let record = OutcomeRecord::done(id);
            return match out.json() {
                true => out.record(&record),
                false => {
                    out.remark(Style::Plain, &format!("sent: {}", record.id));
                    Ok(())
                }
            };
        }
        End::Blocked {
            obstacles,
            owner,
            sentence,
        } => (
            OutcomeRecord::refused(id.clone(), because(&obstacles), owner, &sentence),
            Failure::new(Exit::Refused, sentence),
        ),
        End::TakenBack => {
            let sentence = "taken back, nothing was sent";
            (not("failed", sentence), Failure::new(Exit::Other, sentence))
        }
        End::Failed(failure) => (not("failed", &failure.sentence), failure),
        End::Unknown(sentence) => (
            not("unknown", &sentence),
            Failure::new(Exit::Other, sentence),
        ),
    };
    if out.json() {
        let draft = Some(draft.id.clone());
        out.record(&OutcomeRecord { draft, ..record })?;
    }
    let sentence = failure.sentence.trim_end_matches('.');
    let sentence = format!("{sentence}; the text is kept as draft {}", draft.id);
    Err(Failure::new(failure.exit, sentence))
}

/// One word for what stands in the way; the first obstacle is the most serious.
fn because(obstacles: &[Obstacle]) -> &'static str {
    match obstacles.first() {
        Some(Obstacle::Sending { .. }) => "sending",
        Some(Obstacle::Answered { .. } | Obstacle::Outside { .. }) => "answered",
        Some(Obstacle::Owner { .. }) => "owned",
        Some(Obstacle::CustomerWrote { .. }) => "customer-wrote",
        Some(Obstacle::Status { .. }) => "status",
        Some(Obstacle::Note { .. }) => "note",
        None => "stale",
    }
}

/// Lists kept drafts, prints one, or throws one away.
pub async fn drafts<T: Talk>(
    session: &mut Session<'_, T>,
    id: Option<&str>,
    drop: bool,
) -> Result<(), Failure> {
    let mut kept = drafts_of(session).await?;
    if let Some(id) = id {
        kept.retain(|draft| draft.id == id);
        if kept.is_empty() {
            let sentence = format!("there is no draft {id}; see `postroom drafts`");
            return Err(Failure::new(Exit::NotFound, sentence));
        }
    }
    for draft in &kept {
        if drop {
            let draft = draft.id.clone();
            session.send(Request::DropDraft { draft }).await;
        } else if session.out.json() {
            session.out.record(&DraftRecord::new(draft))?;
        } else if id.is_some() {
            session.out.block("", &draft.body)?;
        } else {
            let line = Line::default()
                .text(&draft.id)
                .column(Style::Plain, "", 1)
                .column(Style::Plain, draft.conversation.id().as_str(), 8)
                .column(Style::Faint, &text::date(draft.updated), 16)
                .text(&draft.subject);
            session.out.row(&line)?;
        }
    }
    Ok(())
}

async fn drafts_of<T: Talk>(session: &mut Session<'_, T>) -> Result<Vec<Draft>, Failure> {
    let answer = |_, news| match news {
        News::Drafts(drafts) => Some(drafts),
        _ => None,
    };
    session.ask(|_| Request::Drafts, answer).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::out::tests::caught;
    use crate::cli::session::tests::{Script, now};
    use crate::engine::api::{Ticket, Trouble, TroubleKind};
    use crate::mail::Address;
    use crate::team::{EventId, Status};

    fn draft(body: &str) -> Draft {
        Draft {
            id: "d1".to_owned(),
            mailbox: "support".to_owned(),
            conversation: ConversationName::new("a@b"),
            slot: Some("a@b".to_owned()),
            from: Address::new("Ana", "support@acme.example"),
            to: vec![Address::new("Lena", "lena@shop.example")],
            cc: Vec::new(),
            subject: "Re: Refund".to_owned(),
            body: body.to_owned(),
            references: Vec::new(),
            status_after: None,
            updated: "2026-11-20T09:00:00Z".parse().unwrap(),
            seen: crate::team::gate::Seen::default(),
        }
    }

    fn args(anyway: Option<&str>) -> ReplyArgs {
        ReplyArgs {
            id: "4x7k".to_owned(),
            to_all: false,
            body_file: None,
            status: Some(Status::Done),
            anyway: anyway.map(str::to_owned),
            no_hold: false,
        }
    }

    fn stage(stage: Stage) -> News {
        News::Outgoing {
            draft: "d1".to_owned(),
            conversation: ConversationName::new("a@b"),
            stage,
        }
    }

    fn blocked() -> Stage {
        Stage::Blocked {
            obstacles: vec![Obstacle::Answered {
                by: Some(Agent::new("ben")),
                message_id: "x@y".to_owned(),
                at: "2026-11-20T09:00:00Z".parse().unwrap(),
            }],
            now: Box::default(),
            owner: Some(Agent::new("ben")),
            sentence: "ben answered it at 14:05".to_owned(),
        }
    }

    /// Plays a reply against an engine that says `stages`; what was heard, printed and returned.
    fn play(
        args: &ReplyArgs,
        kept: Vec<Draft>,
        stages: Vec<Stage>,
    ) -> (Result<(), Failure>, Vec<Request>, String) {
        let name = ConversationName::new("a@b");
        let mut script = Script::new([
            News::Names(Ticket(1), vec![name]),
            News::Drafts(kept),
            News::Draft(Ticket(3), Ok(Box::new(draft("\n\n-- \nAna\n\n> quote\n")))),
        ]);
        script.answers.extend(stages.into_iter().map(stage));
        let (mut out, results, _) = caught(true, false);
        let mut session = Session::new(&mut script, &mut out);
        let ended = now(reply(&mut session, args, "Dear Lena"));
        (ended, script.heard, results.text())
    }

    fn sends(heard: &[Request]) -> Vec<(&Draft, Option<&str>)> {
        fn send(request: &Request) -> Option<(&Draft, Option<&str>)> {
            let Request::Send { draft, anyway, .. } = request else {
                return None;
            };
            Some((draft, anyway.as_ref().map(|(reason, _)| reason.as_str())))
        }
        heard.iter().filter_map(send).collect()
    }

    #[test]
    fn a_reply_stands_above_signature_and_quote_and_leaves() {
        let until = "2026-11-20T09:00:10Z".parse().unwrap();
        let stages = vec![
            Stage::Checking,
            Stage::Held { until },
            Stage::Sending,
            Stage::Sent,
        ];
        let (ended, heard, results) = play(&args(None), Vec::new(), stages);
        assert_eq!(ended, Ok(()));
        let sent = sends(&heard);
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].0.body, "Dear Lena\n\n-- \nAna\n\n> quote\n");
        assert_eq!(sent[0].0.status_after, Some(Status::Done));
        assert!(results.contains("\"outcome\":\"done\""), "{results}");
    }

    #[test]
    fn a_refused_reply_says_why_and_which_draft_is_kept() {
        let (ended, _, results) = play(&args(None), Vec::new(), vec![blocked()]);
        let failure = ended.unwrap_err();
        assert_eq!(failure.exit, Exit::Refused);
        assert_eq!(
            failure.sentence,
            "ben answered it at 14:05; the text is kept as draft d1"
        );
        let object: serde_json::Value = serde_json::from_str(&results).unwrap();
        assert_eq!(object["outcome"], "refused");
        assert_eq!(object["because"], "answered");
        assert_eq!(object["owner"], "ben");
        assert_eq!(object["draft"], "d1");
    }

    #[test]
    fn anyway_names_what_was_in_the_way_and_is_used_once() {
        let (ended, heard, _) = play(
            &args(Some("he asked twice")),
            Vec::new(),
            vec![blocked(), Stage::Sent],
        );
        assert_eq!(ended, Ok(()));
        let reasons: Vec<_> = sends(&heard).iter().map(|(_, reason)| *reason).collect();
        assert_eq!(reasons, [None, Some("he asked twice")]);
        let (ended, _, _) = play(
            &args(Some("he asked twice")),
            Vec::new(),
            vec![blocked(), blocked()],
        );
        assert_eq!(ended.unwrap_err().exit, Exit::Refused);
    }

    #[test]
    fn failed_and_unknown_ends_keep_their_exit_codes() {
        let trouble = Trouble::new(
            TroubleKind::Unreachable,
            "smtp.acme.example does not answer",
        );
        let unknown = Stage::Unknown {
            intent: EventId::new("e"),
            sentence: "nobody can say whether it left".to_owned(),
        };
        for (stage, exit, word) in [
            (Stage::Failed(trouble), Exit::Unreachable, "failed"),
            (unknown, Exit::Other, "unknown"),
            (Stage::TakenBack, Exit::Other, "failed"),
        ] {
            let (ended, _, results) = play(&args(None), Vec::new(), vec![stage]);
            assert_eq!(ended.unwrap_err().exit, exit);
            let object: serde_json::Value = serde_json::from_str(&results).unwrap();
            assert_eq!(object["outcome"], word);
            assert_eq!(object["draft"], "d1");
        }
    }

    #[test]
    fn a_kept_draft_with_another_text_is_never_overwritten() {
        let (ended, heard, _) = play(&args(None), vec![draft("half a thought")], Vec::new());
        let failure = ended.unwrap_err();
        assert!(
            failure.sentence.contains("postroom drafts d1 --drop"),
            "{}",
            failure.sentence
        );
        assert!(sends(&heard).is_empty());
        let again = draft("Dear Lena\n\n-- \nAna\n");
        let (ended, heard, _) = play(&args(None), vec![again], vec![Stage::Sent]);
        assert_eq!(ended, Ok(()));
        let dropped = |request: &Request| matches!(request, Request::DropDraft { .. });
        assert!(heard.iter().any(dropped));
    }

    #[test]
    fn an_empty_reply_is_wrong_usage() {
        let failure = body(&args(None), &mut " \n".as_bytes()).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        let text = body(&args(None), &mut "a\r\nb\n\n".as_bytes()).unwrap();
        assert_eq!(text, "a\nb");
    }
}

//! Replies on their way, with two people on the sandbox.

use crate::support::office::{name, sandbox};
use postroom::engine::api::{Change, Outcome, Request, Stage};
use postroom::sandbox::smtp::{Phase, SmtpFault};
use postroom::team::gate::Obstacle;
use postroom::team::{Agent, Status};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_leaves_once_and_is_filed() {
    let (sandbox, place) = sandbox(1).await;
    let mut ana = place.person("ana").await;
    ana.sync().await.unwrap();
    let draft = ana.draft(&name(0), "Dear Mia, yes.").await;
    ana.send(&draft, false);
    assert_eq!(ana.ended(&draft).await, Stage::Sent);

    let mails = sandbox.sink.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["mia0@example.net"]);
    let text = String::from_utf8_lossy(&mails[0].bytes).into_owned();
    assert!(text.contains("In-Reply-To: <q0@example.net>"), "{text}");
    assert!(text.contains("Dear Mia, yes."), "{text}");
    assert_eq!(sandbox.store.count("Sent"), 1);
    assert_eq!(sandbox.store.count("Postroom/Outbox"), 0);
    let messages = sandbox.store.messages("INBOX").unwrap();
    let flags: Vec<&str> = messages[0].flags().collect();
    assert!(flags.contains(&"\\Answered"), "{flags:?}");

    let thread = ana
        .sees(&name(0), |t| t.row.status == Status::Waiting)
        .await;
    assert_eq!(thread.row.owner, Some(Agent::new("ana")));
    assert_eq!(thread.messages.len(), 2);
    assert_eq!(thread.messages[1].author, Some(Agent::new("ana")));
    assert!(!thread.row.draft);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_sends_at_once_one_leaves_and_the_other_is_told() {
    let (sandbox, place) = sandbox(6).await;
    let (mut ana, mut ben) = (place.person("ana").await, place.person("ben").await);
    ana.sync().await.unwrap();
    ben.sync().await.unwrap();
    for n in 0..6 {
        let (a, b) = (
            ana.draft(&name(n), "From Ana").await,
            ben.draft(&name(n), "From Ben").await,
        );
        ana.send(&a, false);
        ben.send(&b, false);
        let ends = [ana.ended(&a).await, ben.ended(&b).await];
        let sent = ends.iter().filter(|s| **s == Stage::Sent).count();
        assert_eq!(sent, 1, "{ends:?}");
        let blocked = ends.iter().any(|s| matches!(s, Stage::Blocked { .. }));
        assert!(blocked, "{ends:?}");
        assert_eq!(sandbox.sink.mails().len(), n + 1);
    }
    assert_eq!(sandbox.store.count("Postroom/Outbox"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_came_first_stops_the_second_until_its_writer_insists() {
    let (sandbox, place) = sandbox(1).await;
    let (mut ana, mut ben) = (place.person("ana").await, place.person("ben").await);
    ana.sync().await.unwrap();
    ben.sync().await.unwrap();
    let (a, b) = (
        ana.draft(&name(0), "From Ana").await,
        ben.draft(&name(0), "From Ben").await,
    );
    ana.send(&a, false);
    assert_eq!(ana.ended(&a).await, Stage::Sent);
    ben.send(&b, false);
    let Stage::Blocked { obstacles, .. } = ben.ended(&b).await else {
        panic!("not stopped");
    };
    let answered =
        |o: &Obstacle| matches!(o, Obstacle::Answered { by: Some(by), .. } if by.as_str() == "ana");
    assert!(obstacles.iter().any(answered), "{obstacles:?}");
    assert!(ben.open(&name(0)).await.unwrap().row.draft, "text lost");

    ben.handle.send(Request::Send {
        draft: Box::new(b.clone()),
        anyway: Some(("the first answer was wrong".to_owned(), obstacles)),
        hold: false,
    });
    assert_eq!(ben.ended(&b).await, Stage::Sent);
    assert_eq!(sandbox.sink.mails().len(), 2);
    let thread = ben.open(&name(0)).await.unwrap();
    let overridden = |kind: &str| thread.events.iter().any(|e| e.kind == kind && e.effective);
    assert!(overridden("override") && overridden("steal"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_reply_can_be_taken_back_and_sent_later() {
    let (sandbox, place) = sandbox(1).await;
    let mut ana = place.person("ana").await;
    ana.sync().await.unwrap();
    let draft = ana.draft(&name(0), "Too fast").await;
    ana.send(&draft, true);
    ana.stage(&draft, |s| matches!(s, Stage::Held { .. })).await;
    ana.handle.send(Request::TakeBack {
        draft: draft.id.clone(),
    });
    assert_eq!(ana.ended(&draft).await, Stage::TakenBack);
    assert!(sandbox.sink.mails().is_empty());
    assert_eq!(sandbox.store.count("Postroom/Outbox"), 0);
    assert!(ana.open(&name(0)).await.unwrap().row.draft);
    ana.send(&draft, true);
    assert_eq!(ana.ended(&draft).await, Stage::Sent);
    assert_eq!(sandbox.sink.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_reply_goes_on_after_a_restart() {
    let (sandbox, place) = sandbox(1).await;
    let mut ana = place.person("ana").await;
    ana.sync().await.unwrap();
    let draft = ana.draft(&name(0), "Later").await;
    ana.send(&draft, true);
    ana.stage(&draft, |s| matches!(s, Stage::Held { .. })).await;
    let mut ana = ana.restart().await;
    assert_eq!(ana.ended(&draft).await, Stage::Sent);
    assert_eq!(sandbox.sink.mails().len(), 1);
    assert_eq!(sandbox.store.count("Sent"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_after_the_final_dot_asks_a_person() {
    let (sandbox, place) = sandbox(1).await;
    let mut ana = place.person("ana").await;
    ana.sync().await.unwrap();
    let draft = ana.draft(&name(0), "Did it leave?").await;
    sandbox.sink.next(Phase::Final, SmtpFault::LoseAnswer);
    ana.send(&draft, false);
    let Stage::Unknown { intent, .. } = ana.ended(&draft).await else {
        panic!("not asked");
    };
    ana.handle.send(Request::Resolve { intent, sent: true });
    assert_eq!(ana.ended(&draft).await, Stage::Sent);
    assert_eq!(sandbox.sink.mails().len(), 1);
    assert_eq!(sandbox.store.count("Sent"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_reply_keeps_its_text_and_can_be_sent_again() {
    let (sandbox, place) = sandbox(1).await;
    let mut ana = place.person("ana").await;
    ana.sync().await.unwrap();
    let draft = ana.draft(&name(0), "Hello").await;
    let full = SmtpFault::Refuse(452, "4.3.1 mailbox full".to_owned());
    sandbox.sink.next(Phase::Rcpt, full);
    ana.send(&draft, false);
    let failed = ana.ended(&draft).await;
    let Stage::Failed(trouble) = &failed else {
        panic!("{failed:?}");
    };
    assert!(trouble.sentence.contains("mailbox full"), "{trouble}");
    ana.send(&draft, false);
    assert_eq!(ana.ended(&draft).await, Stage::Sent);
    assert_eq!(sandbox.sink.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_taken_meanwhile_stops_the_reply() {
    let (_sandbox, place) = sandbox(1).await;
    let (mut ana, mut ben) = (place.person("ana").await, place.person("ben").await);
    ana.sync().await.unwrap();
    ben.sync().await.unwrap();
    let draft = ana.draft(&name(0), "Hello").await;
    let note = Change::Note("do not answer yet".to_owned());
    assert_eq!(ben.act(&name(0), note).await, Outcome::Done);
    ana.send(&draft, false);
    let Stage::Blocked { obstacles, .. } = ana.ended(&draft).await else {
        panic!("not stopped");
    };
    let by_ben = |o: &Obstacle| matches!(o, Obstacle::Note { by } if by.as_str() == "ben");
    assert!(obstacles.iter().any(by_ben), "{obstacles:?}");
}

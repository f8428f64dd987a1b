//! Replies on their way, with two people on the sandbox.

use super::scenarios;
use crate::support::office::{Office, name, sandbox};
use postroom::engine::api::{Change, Outcome, Request, Stage};
use postroom::sandbox::smtp::{Phase, SmtpFault};
use postroom::team::gate::Obstacle;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_leaves_once_and_is_filed() {
    scenarios::a_reply_leaves_once_and_is_filed(&Office::sandbox().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_sends_at_once_one_leaves_and_the_other_is_told() {
    scenarios::of_two_sends_at_once_one_leaves_and_the_other_is_told(&Office::sandbox().await)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_came_first_stops_the_second_until_its_writer_insists() {
    scenarios::an_answer_that_came_first_stops_the_second_until_its_writer_insists(
        &Office::sandbox().await,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_reply_goes_on_after_a_restart() {
    scenarios::a_held_reply_goes_on_after_a_restart(&Office::sandbox().await).await;
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

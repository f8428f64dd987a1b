//! The demo's mailbox as the engine sees it: a team that has worked for weeks, and goes on.

use crate::support::office::{Person, Place};
use postroom::clock;
use postroom::engine::api::{Change, Outcome, Request, Stage};
use postroom::sandbox::seed::{CONVERSATIONS, Conversation};
use postroom::sandbox::{Options, Pace, Sandbox};
use postroom::team::{Agent, ConversationName, Grade, Status};
use postroom::view::{Row, View};
use std::collections::BTreeMap;
use std::time::Duration;

async fn demo() -> (Sandbox, Vec<Conversation>, Person) {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let conversations = sandbox.seed(clock::now()).unwrap();
    let mut ana = Place::of(&sandbox).person("ana").await;
    ana.sync().await.unwrap();
    (sandbox, conversations, ana)
}

fn named(rows: &[Row], conversation: &Conversation) -> Option<Row> {
    let name = ConversationName::new(conversation.root.clone());
    rows.iter().find(|row| row.name == name).cloned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_screens_are_what_the_script_says() {
    let (_sandbox, conversations, mut ana) = demo().await;
    let told: BTreeMap<&str, &Conversation> = conversations
        .iter()
        .map(|conversation| (conversation.subject.as_str(), conversation))
        .collect();
    let queue = ana.rows(View::Queue).await;
    let unowned = conversations
        .iter()
        .filter(|c| c.status.is_none() && c.owner.is_none());
    assert_eq!(queue.len(), unowned.count(), "{queue:#?}");
    assert_eq!(queue[0].subject.raw(), "Refund for order 4417");
    assert_eq!(queue[0].messages, 3);
    assert!(queue[0].attachments && queue[0].tags.contains("billing"));
    let handled = ana.rows(View::Handled).await;
    let karim = named(&handled, told["Login loop on mobile"]).unwrap();
    assert_eq!(karim.owner, Some(Agent::new("ben")));
    let dana = named(&handled, told["Question about the Orbit grinder"]).unwrap();
    assert!(dana.bounced);
    let mine = ana.rows(View::Mine).await;
    assert!(named(&mine, told["Warranty claim"]).is_some(), "{mine:#?}");
    let waiting = ana.rows(View::Waiting).await;
    let yuki = named(&waiting, told["Gift wrapping for order 4388"]).unwrap();
    assert_eq!((yuki.status, yuki.messages), (Status::Waiting, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_conversation_is_one_and_stands_where_the_script_says() {
    let (sandbox, conversations, mut ana) = demo().await;
    let journal = sandbox.store.count("Postroom/Journal");
    for told in &conversations {
        let name = ConversationName::new(told.root.clone());
        let thread = ana.open(&name).await.unwrap();
        let status = told.status.unwrap_or(thread.row.status);
        assert_eq!(thread.row.status, status, "{}", told.subject);
        assert_eq!(thread.notes.len(), told.notes.len(), "{}", told.subject);
        assert!(
            thread.events.iter().all(|event| event.refusal.is_none()),
            "{}",
            told.subject
        );
    }
    assert_eq!(conversations.len(), CONVERSATIONS);
    // Looking around makes no events but one's own: the mirror agreed with the fold.
    let after = sandbox.store.count("Postroom/Journal");
    assert!(after <= journal + 1, "{} events appeared", after - journal);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_teammate_answers_and_the_engine_shows_it() {
    let (mut sandbox, conversations, mut ana) = demo().await;
    let pace = Pace(Duration::from_millis(20));
    sandbox.call_teammates(&conversations, pace).unwrap();
    let klaus = conversations
        .iter()
        .find(|c| c.customer == "Klaus Weidemann")
        .unwrap();
    let name = ConversationName::new(klaus.root.clone());
    let thread = ana.sees(&name, |thread| thread.messages.len() == 2).await;
    assert_eq!(thread.row.owner, Some(Agent::new("ben")));
    let outcome = ana.act(&name, Change::Claim).await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writing_an_answer_brings_ben_along_who_answers_first() {
    let (mut sandbox, conversations, mut ana) = demo().await;
    // Slow enough that the script still runs when a busy machine gets to the mark.
    let pace = Pace(Duration::from_millis(150));
    sandbox.call_teammates(&conversations, pace).unwrap();
    let mia = conversations.iter().find(|c| c.customer == "Mia Okafor");
    let name = ConversationName::new(mia.unwrap().root.clone());
    let draft = ana
        .draft(&name, "Hi Mia, I have refunded the second box.")
        .await;
    ana.handle.send(Request::Look {
        at: Some((name.clone(), Grade::Writing)),
    });
    ana.sees(&name, |thread| thread.messages.len() == 4).await;
    ana.send(&draft, false);
    let stage = ana.ended(&draft).await;
    assert!(matches!(stage, Stage::Blocked { .. }), "{stage:?}");
    let to_mia = |sent: &postroom::sandbox::Sent| sent.to == ["mia@example.net"];
    assert_eq!(sandbox.sink.mails().iter().filter(|s| to_mia(s)).count(), 1);
}

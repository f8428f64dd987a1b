//! Who owns what, with two people on the sandbox.

use super::scenarios;
use crate::support::office::{Office, name, sandbox};
use postroom::engine::api::{Change, Outcome};
use postroom::sandbox::faults::{Fault, Feature, Verb};
use postroom::team::{Agent, Grade, Status};
use postroom::view::View;
use std::collections::BTreeSet;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_is_seen_by_the_other_and_cannot_be_repeated() {
    scenarios::a_claim_is_seen_by_the_other_and_cannot_be_repeated(&Office::sandbox().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_claims_at_once_have_one_winner_and_both_agree() {
    scenarios::two_claims_at_once_have_one_winner_and_both_agree(&Office::sandbox().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_tags_notes_and_presence_reach_the_other() {
    let (sandbox, place) = sandbox(1).await;
    let (mut ana, mut ben) = (place.person("ana").await, place.person("ben").await);
    ana.sync().await.unwrap();
    ben.sync().await.unwrap();
    let tags = BTreeSet::from(["billing".to_owned()]);
    let changes = [
        Change::Claim,
        Change::Tag {
            add: tags.clone(),
            remove: BTreeSet::new(),
        },
        Change::Note("ask @ben about the invoice".to_owned()),
        Change::Status(Status::Waiting),
    ];
    for change in changes {
        assert_eq!(ana.act(&name(0), change).await, Outcome::Done);
    }
    let thread = ben
        .sees(&name(0), |t| t.row.status == Status::Waiting)
        .await;
    assert_eq!(thread.row.tags, tags);
    assert_eq!(thread.notes[0].text.raw(), "ask @ben about the invoice");

    ana.handle.send(postroom::engine::api::Request::Look {
        at: Some((name(0), Grade::Writing)),
    });
    // Ana is alone: her mark is owed until Ben has joined with a change.
    ben.act(&name(0), Change::Note("seen".to_owned())).await;
    let seen = ben.sees(&name(0), |t| !t.row.presence.is_empty()).await;
    assert_eq!(seen.row.presence[0].grade, Grade::Writing);

    let keywords = || -> BTreeSet<String> {
        let messages = sandbox.store.messages("INBOX").unwrap();
        messages[0].flags().map(str::to_owned).collect()
    };
    for _ in 0..100 {
        if keywords().contains("$pr-wait") {
            break;
        }
        postroom::clock::sleep(Duration::from_millis(50)).await;
    }
    let flags = keywords();
    for wanted in ["$pr-wait", "$pr-own", "$pr-o-ana", "$pr-t-billing"] {
        assert!(flags.contains(wanted), "{wanted} is missing in {flags:?}");
    }
    assert!(!flags.contains("\\Seen"), "reading a mail marked it seen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_whose_answer_is_lost_makes_one_event() {
    let (sandbox, place) = sandbox(1).await;
    let mut ana = place.person("ana").await;
    ana.sync().await.unwrap();
    assert_eq!(
        ana.act(&name(0), Change::Note("first".to_owned())).await,
        Outcome::Done
    );
    let before = sandbox.store.count("Postroom/Journal");
    sandbox.faults.next(Verb::Append, Fault::LoseAnswer);
    assert_eq!(ana.act(&name(0), Change::Claim).await, Outcome::Done);
    assert_eq!(sandbox.store.count("Postroom/Journal"), before + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_uidplus_idle_and_condstore_a_team_still_agrees() {
    let (sandbox, place) = sandbox(2).await;
    let without = [
        Feature::UidPlus,
        Feature::Condstore,
        Feature::LiteralPlus,
        Feature::Idle,
    ];
    for feature in without {
        sandbox.faults.mask(feature);
    }
    let (mut ana, mut ben) = (place.person("ana").await, place.person("ben").await);
    ana.sync().await.unwrap();
    ben.sync().await.unwrap();
    let (a, b) = (
        ana.start_act(&name(0), Change::Claim),
        ben.start_act(&name(0), Change::Claim),
    );
    let outcomes = [ana.settled(a).await, ben.settled(b).await];
    let winners = outcomes.iter().filter(|o| **o == Outcome::Done).count();
    assert_eq!(winners, 1, "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_made_offline_is_settled_on_return() {
    let (sandbox, place) = sandbox(1).await;
    let mut ana = place.person("ana").await;
    ana.sync().await.unwrap();
    sandbox.faults.refuse_connections(true);
    sandbox.faults.next(Verb::Append, Fault::Drop);
    let outcome = ana.act(&name(0), Change::Claim).await;
    assert!(matches!(outcome, Outcome::Queued(_)), "{outcome:?}");
    sandbox.faults.refuse_connections(false);
    let mine = Some(Agent::new("ana"));
    ana.sees(&name(0), |t| t.row.owner == mine).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_uidvalidity_loses_and_doubles_nothing() {
    let (sandbox, place) = sandbox(5).await;
    let mut ana = place.person("ana").await;
    ana.sync().await.unwrap();
    assert_eq!(ana.act(&name(2), Change::Claim).await, Outcome::Done);
    sandbox.store.renumber("INBOX").unwrap();
    ana.sync().await.unwrap();
    let rows = ana.rows(View::All).await;
    assert_eq!(rows.len(), 5);
    assert_eq!(ana.owner(&name(2)).await, Some(Agent::new("ana")));
}

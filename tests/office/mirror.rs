//! Keywords, both ways.

use crate::support::office::{Person, name, sandbox};
use postroom::engine::api::{Change, Outcome, Stage};
use postroom::sandbox::Sandbox;
use postroom::team::{Agent, Status};
use std::collections::BTreeSet;
use std::time::Duration;

fn keywords(sandbox: &Sandbox) -> BTreeSet<String> {
    let messages = sandbox.store.messages("INBOX").unwrap();
    let ours = messages[0].flags().filter(|f| f.starts_with("$pr-"));
    ours.map(str::to_owned).collect()
}

async fn settles_to(sandbox: &Sandbox, wanted: &[&str]) {
    let wanted: BTreeSet<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
    for _ in 0..200 {
        if keywords(sandbox) == wanted {
            return;
        }
        postroom::clock::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?} instead of {wanted:?}", keywords(sandbox));
}

async fn events(person: &mut Person) -> usize {
    person.open(&name(0)).await.unwrap().events.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_replaces_the_one_before_it_and_makes_no_event_of_its_own() {
    let (sandbox, place) = sandbox(1).await;
    let mut ana = place.person("ana").await;
    ana.sync().await.unwrap();
    let draft = ana.draft(&name(0), "Hello").await;
    ana.send(&draft, false);
    assert_eq!(ana.ended(&draft).await, Stage::Sent);
    settles_to(&sandbox, &["$pr-wait", "$pr-own", "$pr-o-ana"]).await;
    let before = events(&mut ana).await;
    ana.sync().await.unwrap();
    postroom::clock::sleep(Duration::from_secs(8)).await;
    assert_eq!(events(&mut ana).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_set_with_another_mail_client_becomes_one_event() {
    let (sandbox, place) = sandbox(1).await;
    let (mut ana, mut ben) = (place.person("ana").await, place.person("ben").await);
    ana.sync().await.unwrap();
    ben.sync().await.unwrap();
    assert_eq!(ana.act(&name(0), Change::Claim).await, Outcome::Done);
    settles_to(&sandbox, &["$pr-open", "$pr-own", "$pr-o-ana"]).await;
    postroom::clock::sleep(Duration::from_secs(16)).await;
    let uid = sandbox.store.messages("INBOX").unwrap()[0].uid;
    sandbox
        .store
        .flag("INBOX", uid, &["$pr-done"], &["$pr-open"])
        .unwrap();
    let thread = ana.sees(&name(0), |t| t.row.status == Status::Done).await;
    assert_eq!(thread.row.owner, Some(Agent::new("ana")));
    ben.sees(&name(0), |t| t.row.status == Status::Done).await;
    postroom::clock::sleep(Duration::from_secs(4)).await;
    let thread = ben.open(&name(0)).await.unwrap();
    let set = thread.events.iter().filter(|e| e.kind == "status");
    assert_eq!(set.filter(|e| e.effective).count(), 1);
}

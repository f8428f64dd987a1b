//! What a team does on any server; each is run on the sandbox and on real ones.

use crate::support::office::{Office, name};
use postroom::engine::api::{Change, Outcome, Request, Stage};
use postroom::team::gate::Obstacle;
use postroom::team::{Agent, Refusal, Status};
use postroom::view::View;

pub async fn a_claim_is_seen_by_the_other_and_cannot_be_repeated(office: &Office) {
    office.receive(3).await;
    let (mut ana, mut ben) = (
        office.place.person("ana").await,
        office.place.person("ben").await,
    );
    ana.sync().await.unwrap();
    ben.sync().await.unwrap();
    assert_eq!(ana.rows(View::Queue).await.len(), 3);

    assert_eq!(ana.act(&name(1), Change::Claim).await, Outcome::Done);
    let agent = Agent::new("ana");
    ben.sees(&name(1), |t| t.row.owner == Some(agent.clone()))
        .await;
    let refused = ben.act(&name(1), Change::Claim).await;
    let Outcome::Refused { refusal, owner, .. } = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(owner, Some(agent.clone()));
    assert_eq!(refusal, Refusal::Owned { owner: agent });
    assert_eq!(ben.rows(View::Queue).await.len(), 2);
    assert_eq!(ben.rows(View::Handled).await.len(), 1);
}

pub async fn two_claims_at_once_have_one_winner_and_both_agree(office: &Office) {
    office.receive(20).await;
    let (mut ana, mut ben) = (
        office.place.person("ana").await,
        office.place.person("ben").await,
    );
    ana.sync().await.unwrap();
    ben.sync().await.unwrap();
    for n in 0..20 {
        let (a, b) = (
            ana.start_act(&name(n), Change::Claim),
            ben.start_act(&name(n), Change::Claim),
        );
        let outcomes = (ana.settled(a).await, ben.settled(b).await);
        let done = [&outcomes.0, &outcomes.1].map(|o| *o == Outcome::Done);
        assert_eq!(done.iter().filter(|d| **d).count(), 1, "{outcomes:?}");
        let winner = Agent::new(if done[0] { "ana" } else { "ben" });
        assert_eq!(ana.owner(&name(n)).await, Some(winner.clone()));
        assert_eq!(ben.owner(&name(n)).await, Some(winner));
    }
}

pub async fn a_reply_leaves_once_and_is_filed(office: &Office) {
    office.receive(1).await;
    let mut ana = office.place.person("ana").await;
    ana.sync().await.unwrap();
    let draft = ana.draft(&name(0), "Dear Mia, yes.").await;
    ana.send(&draft, false);
    assert_eq!(ana.ended(&draft).await, Stage::Sent);

    let mails = office.sandbox.sink.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["mia0@example.net"]);
    let text = String::from_utf8_lossy(&mails[0].bytes).into_owned();
    assert!(text.contains("In-Reply-To: <q0@example.net>"), "{text}");
    assert!(text.contains("Dear Mia, yes."), "{text}");
    assert_eq!(office.count("Sent").await, 1);
    assert_eq!(office.count("Postroom/Outbox").await, 0);
    let flags = office.flags(1).await;
    assert!(flags.iter().any(|f| f == "\\Answered"), "{flags:?}");

    let thread = ana
        .sees(&name(0), |t| t.row.status == Status::Waiting)
        .await;
    assert_eq!(thread.row.owner, Some(Agent::new("ana")));
    assert_eq!(thread.messages.len(), 2);
    // Question and answer are of the same second here, so either may stand first.
    let answer = thread.messages.iter().find(|m| m.outgoing).unwrap();
    assert_eq!(answer.author, Some(Agent::new("ana")));
    assert!(!thread.row.draft);
}

pub async fn of_two_sends_at_once_one_leaves_and_the_other_is_told(office: &Office) {
    office.receive(6).await;
    let (mut ana, mut ben) = (
        office.place.person("ana").await,
        office.place.person("ben").await,
    );
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
        assert_eq!(office.sandbox.sink.mails().len(), n + 1);
    }
    assert_eq!(office.count("Postroom/Outbox").await, 0);
}

pub async fn an_answer_that_came_first_stops_the_second_until_its_writer_insists(office: &Office) {
    office.receive(1).await;
    let (mut ana, mut ben) = (
        office.place.person("ana").await,
        office.place.person("ben").await,
    );
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
    assert_eq!(office.sandbox.sink.mails().len(), 2);
    let thread = ben.open(&name(0)).await.unwrap();
    let overridden = |kind: &str| thread.events.iter().any(|e| e.kind == kind && e.effective);
    assert!(overridden("override") && overridden("steal"));
}

pub async fn a_held_reply_goes_on_after_a_restart(office: &Office) {
    office.receive(1).await;
    let mut ana = office.place.person("ana").await;
    ana.sync().await.unwrap();
    let draft = ana.draft(&name(0), "Later").await;
    ana.send(&draft, true);
    ana.stage(&draft, |s| matches!(s, Stage::Held { .. })).await;
    let mut ana = ana.restart().await;
    assert_eq!(ana.ended(&draft).await, Stage::Sent);
    assert_eq!(office.sandbox.sink.mails().len(), 1);
    assert_eq!(office.count("Sent").await, 1);
}

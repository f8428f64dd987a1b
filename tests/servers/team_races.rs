//! Claims at once on a real server, again and again: always one owner, everybody knows who, and
//! nothing that was acknowledged is missing from the journal or in it twice.

use crate::support::dovecot::Format;
use crate::support::office::{Office, Person, name};
use postroom::engine::api::{Change, Outcome, Ticket};
use postroom::team::event::Event;
use postroom::team::{Act, Agent, EventId, Refusal};
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_race_on_maildir_has_one_owner() {
    races(Format::Maildir, &["ana", "ben"], rounds(100)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_race_on_sdbox_has_one_owner() {
    races(Format::Sdbox, &["ana", "ben"], rounds(100)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_race_of_four_has_one_owner() {
    races(Format::Maildir, &["ana", "ben", "cleo", "dan"], rounds(30)).await;
}

/// How many races; fifty times as many with POSTROOM_TESTS_LONG.
fn rounds(short: usize) -> usize {
    match std::env::var_os("POSTROOM_TESTS_LONG") {
        Some(_) => short * 50,
        None => short,
    }
}

async fn races(format: Format, nicks: &[&str], rounds: usize) {
    let Some(office) = Office::dovecot(format).await else {
        return;
    };
    office.receive(rounds).await;
    let mut team = Vec::new();
    for nick in nicks {
        let mut person = office.place.person(nick).await;
        person.sync().await.unwrap();
        team.push(person);
    }
    let mut winners = Vec::new();
    for n in 0..rounds {
        winners.push(Agent::new(race(&mut team, nicks, n).await));
    }
    for (person, nick) in team.iter_mut().zip(nicks) {
        for (n, winner) in winners.iter().enumerate() {
            let owner = person.owner(&name(n)).await;
            assert_eq!(owner.as_ref(), Some(winner), "{nick}, race {n}");
        }
    }
    let effective = effective_claims(&mut team[0], &winners).await;
    look_at_journal(&office.journal().await, &effective, &winners);
}

/// Everybody claims at once, a different one first each time; returns who won.
async fn race<'n>(team: &mut [Person], nicks: &[&'n str], n: usize) -> &'n str {
    let mut started: Vec<(usize, Ticket)> = Vec::new();
    for turn in 0..team.len() {
        let who = (turn + n) % team.len();
        let ticket = team[who].start_act(&name(n), Change::Claim);
        started.push((who, ticket));
    }
    let mut winners = Vec::new();
    let mut losers = Vec::new();
    for (who, ticket) in started {
        match team[who].settled(ticket).await {
            Outcome::Done => winners.push(nicks[who]),
            lost => losers.push(lost),
        }
    }
    assert_eq!(winners.len(), 1, "race {n}: {winners:?} won, {losers:?}");
    for lost in losers {
        let Outcome::Refused { refusal, owner, .. } = lost else {
            panic!("race {n}: {lost:?}");
        };
        let winner = Agent::new(winners[0]);
        assert_eq!(owner, Some(winner.clone()), "race {n}");
        assert_eq!(refusal, Refusal::Owned { owner: winner }, "race {n}");
    }
    winners[0]
}

/// The one claim of each conversation that took effect.
async fn effective_claims(person: &mut Person, winners: &[Agent]) -> Vec<EventId> {
    let mut claims = Vec::new();
    for (n, winner) in winners.iter().enumerate() {
        let events = person.open(&name(n)).await.unwrap().events;
        let mut effective = events.iter().filter(|e| e.kind == "claim" && e.effective);
        let claim = effective.next().unwrap();
        assert_eq!(&claim.agent, winner, "race {n}");
        assert!(effective.next().is_none(), "race {n}: {events:#?}");
        claims.push(claim.event.clone());
    }
    claims
}

/// What lies on the server, read by another client.
fn look_at_journal(journal: &[Event], effective: &[EventId], winners: &[Agent]) {
    let ids: BTreeSet<&EventId> = journal.iter().map(|event| &event.id).collect();
    assert_eq!(ids.len(), journal.len(), "an event is in the journal twice");
    assert!(effective.iter().all(|id| ids.contains(id)));
    let claims = |n: usize| {
        let of = name(n);
        journal
            .iter()
            .filter(move |e| e.conversation == of && matches!(e.act, Act::Claim))
    };
    let mut contested = 0;
    for (n, winner) in winners.iter().enumerate() {
        let first = claims(n).next().unwrap();
        assert_eq!(&first.agent, winner, "race {n}: the first claim wins");
        contested += usize::from(claims(n).count() > 1);
    }
    // Races that were decided before the second claim reached the server prove little.
    println!(
        "{contested} of {} races were decided by the journal",
        winners.len()
    );
    assert!(contested * 4 >= winners.len(), "only {contested}");
}

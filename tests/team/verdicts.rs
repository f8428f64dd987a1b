//! The fold and the checker over the same random journals.

use super::checker::{Checker, Line, Stand};
use super::journals::{self, Dice, NICKS, conversations, founded, incoming, place, random};
use postroom::team::fold::IntentState;
use postroom::team::{Act, Agent, Conversation, Event, Refusal, Team, Verdict};
use std::collections::BTreeSet;

/// A seed from the environment, to see a failure again, or a new one; printed either way.
fn seed() -> u64 {
    let seed = std::env::var("POSTROOM_SEED").ok().map_or_else(
        || getrandom::u64().unwrap(),
        |text| text.parse().expect("POSTROOM_SEED is a number"),
    );
    println!("POSTROOM_SEED={seed}");
    seed
}

/// Where the fold and the checker disagree over a journal; `bend` changes what the fold reads.
fn disagreement(lines: &[Line], bend: Bend) -> Option<String> {
    let (mut team, first) = founded();
    let mut checker = Checker::new(NICKS.map(Agent::new));
    let mut effective = 0;
    for (n, line) in lines.iter().enumerate() {
        let mut bent = line.clone();
        bend(&mut bent, &team, n);
        let applied = team.apply(place(first + n), &incoming(&bent));
        let took = matches!(applied.verdict, Verdict::Effective | Verdict::Conflict);
        if took != checker.read(line) {
            return Some(format!(
                "line {n}, {:?}: {:?}",
                line.event.act, applied.verdict
            ));
        }
        effective += usize::from(took);
    }
    let history = |(_, c): (_, &Conversation)| c.history.iter().filter(|h| h.effective).count();
    let listed: usize = team.conversations().map(history).sum();
    if listed != effective {
        return Some(format!(
            "{listed} effective events in history, {effective} in truth"
        ));
    }
    let names = conversations();
    names.iter().find_map(|name| {
        let empty = Conversation::default();
        let state = team.conversation(name).unwrap_or(&empty);
        let owner = state.owner.as_ref().map(|o| &o.agent);
        if (owner, state.epoch) != checker.owner(name) {
            return Some(format!("{owner:?} at {} owns {name:?}", state.epoch));
        }
        ["m1", "m2"].iter().find_map(|slot| {
            let intents = state.slots.get(*slot).map_or(&[][..], |s| &s.intents);
            let ours: Vec<_> = intents.iter().map(|i| (&i.id, stand(i.state))).collect();
            let theirs = checker.intents(name, slot);
            let theirs: Vec<_> = theirs.iter().map(|(e, s)| (&e.id, *s)).collect();
            (ours != theirs).then(|| format!("{slot}: {ours:?} against {theirs:?}"))
        })
    })
}

fn stand(state: IntentState) -> Stand {
    match state {
        IntentState::Open => Stand::Open,
        IntentState::Unknown => Stand::Doubt,
        IntentState::Failed | IntentState::Resolved { sent: false } => Stand::NotLeft,
        IntentState::Sent | IntentState::Resolved { sent: true } => Stand::Left,
    }
}

type Bend = fn(&mut Line, &Team, usize);

fn straight(_: &mut Line, _: &Team, _: usize) {}

#[test]
fn two_implementations_agree_over_random_journals() {
    let seed = seed();
    let (mut effective, mut refused) = (0, 0);
    for n in 0..20_000 {
        let lines = random(&mut Dice::new(seed.wrapping_add(n)));
        if let Some(why) = disagreement(&lines, straight) {
            panic!("POSTROOM_SEED={} {why}", seed.wrapping_add(n));
        }
        if n < 500 {
            let mut checker = Checker::new(NICKS.map(Agent::new));
            for line in &lines {
                *(if checker.read(line) {
                    &mut effective
                } else {
                    &mut refused
                }) += 1;
            }
        }
    }
    // Journals in which everything is refused would agree about nothing worth knowing.
    assert!(
        effective > refused / 3 && refused > effective / 3,
        "{effective} {refused}"
    );
}

/// Faults a fold could have, planted by what it is given to read.
const FAULTS: [(&str, Bend); 9] = [
    ("takes a stale epoch", |line, team, _| {
        let state = team.conversation(&line.event.conversation);
        line.event.epoch = state.map_or(0, |c| c.epoch);
    }),
    ("counts a copy again", |line, _, n| {
        line.event.id = journals::event(0, 9_000 + n as u64, Act::Claim).id;
    }),
    ("trusts a wrong signature", |line, _, _| line.signed = true),
    ("lets anybody close an intent", |line, team, _| {
        if let Some(author) = author_of_intent(&line.event, team) {
            line.event.key = journals::fingerprint(author).to_owned();
            line.event.agent = Agent::new(NICKS[author]);
        }
    }),
    ("wakes without the snooze's name", |line, team, _| {
        let state = team.conversation(&line.event.conversation);
        let snooze = state.and_then(|c| c.snooze.as_ref());
        if let (Act::Wake { snooze: named }, Some(snooze)) = (&mut line.event.act, snooze) {
            *named = snooze.event.clone();
        }
    }),
    ("forgets overrides", |line, _, _| {
        if let Act::Override { over, .. } = &mut line.event.act {
            over.clear();
        }
    }),
    ("keeps one slot for all", |line, _, _| {
        if let Act::Intent { slot, .. } = &mut line.event.act {
            "m1".clone_into(slot);
        }
    }),
    ("takes a mail in doubt for one that failed", |line, _, _| {
        if let Act::Unknown { intent } = &line.event.act {
            line.event.act = Act::Failed {
                intent: intent.clone(),
                why: Default::default(),
            };
        }
    }),
    ("lets a thief claim", |line, _, _| {
        if line.event.act == Act::Claim {
            line.event.act = Act::Steal {
                reason: Default::default(),
            };
        }
    }),
];

fn author_of_intent(event: &Event, team: &Team) -> Option<usize> {
    let (Act::Failed { intent, .. } | Act::Unknown { intent }) = &event.act else {
        return None;
    };
    let state = team.conversation(&event.conversation)?;
    let mut intents = state.slots.values().flat_map(|s| &s.intents);
    let author = &intents.find(|i| i.id == *intent)?.agent;
    NICKS.iter().position(|nick| *nick == author.as_str())
}

#[test]
fn the_checker_finds_every_planted_fault() {
    for (fault, bend) in FAULTS {
        let mut journals = (0..5_000).map(|n| random(&mut Dice::new(n)));
        let found = journals.any(|lines| disagreement(&lines, bend).is_some());
        assert!(found, "a fold that {fault} would pass");
    }
}

#[test]
fn later_copies_change_nothing() {
    let seed = seed();
    for n in 0..2_000 {
        let mut lines = random(&mut Dice::new(seed.wrapping_add(n)));
        // A copy counts as one only when its signature is right.
        lines.retain(|line| line.signed);
        let (mut all, first) = founded();
        let (mut once, _) = founded();
        let mut ids = BTreeSet::new();
        for (n, line) in lines.iter().enumerate() {
            let verdict = all.apply(place(first + n), &incoming(line)).verdict;
            if ids.insert(&line.event.id) {
                once.apply(place(first + n), &incoming(line));
            } else {
                assert_eq!(verdict, Verdict::Refused(Refusal::Duplicate));
            }
        }
        let same = all.conversations().eq(once.conversations());
        assert!(same, "POSTROOM_SEED={}", seed.wrapping_add(n));
    }
}

#[test]
fn the_same_order_makes_the_same_state_in_any_portions() {
    let seed = seed();
    let lines = random(&mut Dice::new(seed));
    let (mut whole, first) = founded();
    let mut parts = whole.clone();
    for (n, line) in lines.iter().enumerate() {
        whole.apply(place(first + n), &incoming(line));
    }
    for (n, line) in lines.iter().enumerate() {
        parts = parts.clone();
        parts.apply(place(first + n), &incoming(line));
    }
    assert!(whole.conversations().eq(parts.conversations()));
    assert_eq!(whole.position(), parts.position());
}

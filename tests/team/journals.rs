//! Random journals: a few agents who know little of each other and act all the same.

use super::checker::Line;
use postroom::clock::Timestamp;
use postroom::mail::Remote;
use postroom::team::event::{Seen, VERSION};
use postroom::team::sign::Key;
use postroom::team::{
    Act, Agent, ConversationName, Event, EventId, Incoming, NotAnEvent, Place, Status, Team, ids,
};
use std::sync::LazyLock;

pub const NICKS: [&str; 4] = ["ana", "ben", "cleo", "dan"];

/// SplitMix64: small, seeded, the same everywhere.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn of<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len())]
    }
}

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_764_000_000 + second).unwrap()
}

pub fn key(n: usize) -> Key {
    Key::from_seed([n as u8 + 1; 32])
}

pub fn place(uid: usize) -> Place {
    Place {
        uidvalidity: 1,
        uid: uid as u32,
        internal: at(uid as i64),
    }
}

pub fn conversations() -> [ConversationName; 2] {
    ["a@shop.example", "b@shop.example"].map(ConversationName::new)
}

/// An event as if it had been read from the journal. Its JSON is left out where nobody looks.
pub fn incoming(line: &Line) -> Result<Incoming, NotAnEvent> {
    Ok(Incoming {
        event: line.event.clone(),
        hash: line.event.id.as_str().to_owned(),
        json: Vec::new(),
        signature: [0; 64],
        verified: line.signed,
    })
}

/// A team that all of [`NICKS`] have joined, with the UID that comes next.
pub fn founded() -> (Team, usize) {
    static TEAM: LazyLock<Team> = LazyLock::new(|| {
        let mut team = Team::new();
        for n in 0..NICKS.len() {
            let line = Line {
                event: founder_join(n),
                signed: true,
            };
            team.apply(place(n + 1), &incoming(&line));
        }
        team
    });
    (TEAM.clone(), NICKS.len() + 1)
}

/// The event by which one of [`NICKS`] enters the roster.
pub fn founder_join(n: usize) -> Event {
    let nick = NICKS[n];
    let act = Act::Join {
        name: Remote::new(nick),
        address: Remote::new(format!("{nick}@acme.example")),
        public_key: key(n).public().to_base64(),
    };
    Event {
        conversation: ConversationName::team(),
        ..event(n, n as u64, act)
    }
}

/// The fingerprints of the keys of [`NICKS`].
pub fn fingerprint(n: usize) -> &'static str {
    static PRINTS: LazyLock<Vec<String>> =
        LazyLock::new(|| (0..NICKS.len()).map(|n| key(n).fingerprint()).collect());
    &PRINTS[n]
}

pub fn event(author: usize, number: u64, act: Act) -> Event {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    Event {
        v: VERSION,
        id: ids::event_id(at(0), random),
        agent: Agent::new(NICKS[author]),
        key: fingerprint(author).to_owned(),
        seq: number + 1,
        prev: String::new(),
        seen: Seen::default(),
        conversation: conversations()[0].clone(),
        epoch: 0,
        act,
        time: at(0),
    }
}

/// A journal of up to forty lines over two conversations. Authors mostly know the epoch, mostly
/// name things that exist, and now and then do neither.
pub fn random(dice: &mut Dice) -> Vec<Line> {
    let (mut team, mut uid) = founded();
    let mut lines: Vec<Line> = Vec::new();
    for number in 0..5 + dice.below(36) {
        let line = if !lines.is_empty() && dice.one_in(12) {
            dice.of(&lines).clone()
        } else {
            fresh(dice, &team, &lines, number as u64 + 100)
        };
        team.apply(place(uid), &incoming(&line));
        uid += 1;
        lines.push(line);
    }
    lines
}

fn fresh(dice: &mut Dice, team: &Team, lines: &[Line], number: u64) -> Line {
    let author = dice.below(NICKS.len());
    let mut event = event(author, number, Act::Claim);
    event.conversation = dice.of(&conversations()).clone();
    event.act = act(dice, lines);
    let epoch = team
        .conversation(&event.conversation)
        .map_or(0, |c| c.epoch);
    event.epoch = match dice.below(8) {
        0 => epoch + 1,
        1 => epoch.saturating_sub(1),
        2 => dice.below(4) as u64,
        _ => epoch,
    };
    event.seen.uid = dice.below(40) as u32;
    Line {
        event,
        signed: !dice.one_in(20),
    }
}

fn act(dice: &mut Dice, lines: &[Line]) -> Act {
    let reason = Remote::default();
    let slot = (*dice.of(&["m1", "m2"])).to_owned();
    let message_id = format!("x{}@acme.example", dice.below(20));
    match dice.below(22) {
        0..=2 => Act::Claim,
        3 | 4 => Act::Release { reason },
        5 => Act::Assign {
            to: Agent::new(*dice.of(&["ana", "ben", "cleo", "dan", "zoe"])),
            reason,
        },
        6 | 7 => Act::Steal { reason },
        8 => Act::Status {
            value: *dice.of(&Status::ALL),
        },
        9 => Act::Note {
            text: Remote::new("n"),
            mentions: Vec::new(),
        },
        10 => Act::Snooze { until: at(99) },
        11 => Act::Wake {
            snooze: earlier(dice, lines, |a| matches!(a, Act::Snooze { .. })),
        },
        12..=14 => Act::Intent {
            slot,
            hash: "h".to_owned(),
            message_id,
        },
        15 | 16 => Act::Sent {
            intent: an_intent(dice, lines),
        },
        17 => Act::Failed {
            intent: an_intent(dice, lines),
            why: reason,
        },
        18 => Act::Unknown {
            intent: an_intent(dice, lines),
        },
        19 => Act::Resolved {
            intent: an_intent(dice, lines),
            sent: dice.one_in(2),
        },
        20 => Act::Override {
            slot,
            over: vec![an_intent(dice, lines).as_str().to_owned(), message_id],
            reason,
        },
        _ => Act::Outside { slot, message_id },
    }
}

fn an_intent(dice: &mut Dice, lines: &[Line]) -> EventId {
    earlier(dice, lines, |a| matches!(a, Act::Intent { .. }))
}

/// The id of one of the last such events, or of nothing.
fn earlier(dice: &mut Dice, lines: &[Line], wanted: fn(&Act) -> bool) -> EventId {
    let found = lines.iter().rev().filter(|l| wanted(&l.event.act)).take(3);
    let found: Vec<&Line> = found.collect();
    match found.is_empty() || dice.one_in(15) {
        true => EventId::new("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"),
        false => dice.of(&found).event.id.clone(),
    }
}

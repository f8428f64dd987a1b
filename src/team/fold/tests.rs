use super::*;
use crate::mail::Remote;
use crate::team::sign::Key;
use crate::team::{Event, Status, ids};

const CONVERSATION: &str = "root@shop.example";

fn agent(nick: &str) -> Agent {
    Agent::new(nick)
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_764_000_000 + seconds).unwrap()
}

fn key(nick: &str) -> Key {
    let mut seed = [7; 32];
    for (to, from) in seed.iter_mut().zip(nick.bytes()) {
        *to = from;
    }
    Key::from_seed(seed)
}

/// A journal under the test's pen: ana, ben and cleo have joined.
struct Journal {
    team: Team,
    uid: u32,
}

impl Journal {
    fn new() -> Self {
        let mut journal = Self {
            team: Team::new(),
            uid: 0,
        };
        for nick in ["ana", "ben", "cleo"] {
            let verdict = journal.add(journal.join(nick, nick, "acme.example"));
            assert_eq!(verdict, Verdict::Effective);
        }
        journal
    }

    fn join(&self, nick: &str, key_of: &str, domain: &str) -> Event {
        let act = Act::Join {
            name: Remote::new(nick),
            address: Remote::new(format!("{nick}@{domain}")),
            public_key: key(key_of).public().to_base64(),
        };
        Event {
            key: key(key_of).fingerprint(),
            conversation: ConversationName::team(),
            ..self.event(nick, act)
        }
    }

    /// An event as its author would make it now: right epoch, everything seen.
    fn event(&self, nick: &str, act: Act) -> Event {
        let conversation = ConversationName::new(CONVERSATION);
        Event {
            v: VERSION,
            id: ids::event_id(at(i64::from(self.uid)), [1; 10]),
            agent: agent(nick),
            key: key(nick).fingerprint(),
            seq: u64::from(self.uid) + 1,
            prev: String::new(),
            seen: self.team.position(),
            epoch: self.team.conversation(&conversation).map_or(0, |c| c.epoch),
            conversation,
            act,
            time: at(0),
        }
    }

    fn add(&mut self, event: Event) -> Verdict {
        let json = event.to_json().unwrap();
        self.apply(&Incoming::from_parts(json, [0; 64], true))
            .verdict
    }

    fn apply(&mut self, incoming: &Result<Incoming, NotAnEvent>) -> Applied {
        self.uid += 1;
        let place = Place {
            uidvalidity: 1,
            uid: self.uid,
            internal: at(i64::from(self.uid)),
        };
        self.team.apply(place, incoming)
    }

    fn act(&mut self, nick: &str, act: Act) -> Verdict {
        self.add(self.event(nick, act))
    }

    /// The id that the next event made by [`event`](Self::event) gets.
    fn next_id(&self) -> EventId {
        self.event("ana", Act::Claim).id
    }

    /// Does the act and returns the id of its event.
    fn done(&mut self, nick: &str, act: Act) -> EventId {
        let id = self.next_id();
        assert_eq!(self.act(nick, act), Verdict::Effective);
        id
    }

    fn state(&self) -> &Conversation {
        let name = ConversationName::new(CONVERSATION);
        self.team.conversation(&name).unwrap()
    }

    fn owner(&self) -> Option<&str> {
        self.state().owner.as_ref().map(|o| o.agent.as_str())
    }

    fn slot(&self) -> &Slot {
        &self.state().slots["m1"]
    }
}

fn release() -> Act {
    Act::Release {
        reason: Remote::default(),
    }
}

fn steal() -> Act {
    Act::Steal {
        reason: Remote::new("holiday"),
    }
}

fn assign(to: &str) -> Act {
    Act::Assign {
        to: agent(to),
        reason: Remote::default(),
    }
}

fn intent(message_id: &str) -> Act {
    Act::Intent {
        slot: "m1".to_owned(),
        hash: "h".to_owned(),
        message_id: message_id.to_owned(),
    }
}

fn over(things: &[&str]) -> Act {
    Act::Override {
        slot: "m1".to_owned(),
        over: things.iter().map(|t| (*t).to_owned()).collect(),
        reason: Remote::new("wrong price"),
    }
}

fn outside(message_id: &str) -> Act {
    Act::Outside {
        slot: "m1".to_owned(),
        message_id: message_id.to_owned(),
    }
}

fn refused_to(owner: &str) -> Verdict {
    let owner = Some(agent(owner));
    Verdict::Refused(Refusal::NotOwner { owner })
}

fn owned_by(owner: &str) -> Verdict {
    let owner = agent(owner);
    Verdict::Refused(Refusal::Owned { owner })
}

const NOBODY: Verdict = Verdict::Refused(Refusal::NotOwner { owner: None });
const STALE: Verdict = Verdict::Refused(Refusal::Stale);
const MISSING: Verdict = Verdict::Refused(Refusal::NoSuchThing);
const DUPLICATE: Verdict = Verdict::Refused(Refusal::Duplicate);
const UNTRUSTED: Verdict = Verdict::Refused(Refusal::Untrusted);

#[test]
fn ownership_follows_the_table() {
    use Verdict::Effective;
    // Who owned it before, who does what, the verdict, who owns it after.
    let table = [
        (None, "ana", Act::Claim, Effective, Some("ana")),
        (Some("ben"), "ana", Act::Claim, owned_by("ben"), Some("ben")),
        (Some("ana"), "ana", Act::Claim, owned_by("ana"), Some("ana")),
        (Some("ana"), "ana", release(), Effective, None),
        (
            Some("ben"),
            "ana",
            release(),
            refused_to("ben"),
            Some("ben"),
        ),
        (None, "ana", release(), NOBODY, None),
        (None, "ana", assign("ben"), Effective, Some("ben")),
        (Some("ana"), "ana", assign("ben"), Effective, Some("ben")),
        (
            Some("ben"),
            "ana",
            assign("ana"),
            refused_to("ben"),
            Some("ben"),
        ),
        (Some("ana"), "ana", assign("zoe"), MISSING, Some("ana")),
        (Some("ben"), "ana", steal(), Effective, Some("ana")),
        (Some("ana"), "ana", steal(), owned_by("ana"), Some("ana")),
        (None, "ana", steal(), MISSING, None),
        (None, "ana", intent("x@a"), Effective, Some("ana")),
        (Some("ana"), "ana", intent("x@a"), Effective, Some("ana")),
        (
            Some("ben"),
            "ana",
            intent("x@a"),
            refused_to("ben"),
            Some("ben"),
        ),
    ];
    for (before, who, act, verdict, after) in table {
        let mut journal = Journal::new();
        if let Some(owner) = before {
            journal.done(owner, Act::Claim);
        }
        let epoch = u64::from(before.is_some());
        assert_eq!(journal.act(who, act.clone()), verdict, "{before:?} {act:?}");
        assert_eq!(journal.owner(), after, "{before:?} {act:?}");
        let epoch = epoch + u64::from(before != after);
        assert_eq!(journal.state().epoch, epoch, "{before:?} {act:?}");
    }
}

#[test]
fn an_event_of_another_epoch_changes_nothing() {
    let cases = [
        (None, Act::Claim),
        (Some("ana"), release()),
        (Some("ana"), assign("ben")),
        (Some("ben"), steal()),
        (Some("ana"), intent("x@a")),
        (None, intent("x@a")),
        (Some("ana"), Act::Snooze { until: at(9) }),
    ];
    for (owner, act) in cases {
        for wrong in [0, 7] {
            let mut journal = Journal::new();
            // Claimed and given back once, so that 0 is an epoch of the past.
            journal.done("cleo", Act::Claim);
            journal.done("cleo", release());
            if let Some(owner) = owner {
                journal.done(owner, Act::Claim);
            }
            let before = journal.state().clone();
            let event = Event {
                epoch: wrong,
                ..journal.event("ana", act.clone())
            };
            assert_eq!(journal.add(event), STALE, "{act:?} at {wrong}");
            assert_eq!(journal.state().owner, before.owner);
            assert_eq!(journal.state().epoch, before.epoch);
            assert_eq!(journal.state().snooze, None);
            assert!(journal.state().slots.is_empty());
        }
    }
}

#[test]
fn acts_that_need_no_epoch_work_at_any() {
    let mut journal = Journal::new();
    journal.done("ben", Act::Claim);
    let acts = [
        Act::Status {
            value: Status::Done,
        },
        Act::Tag {
            add: BTreeSet::from(["vip".to_owned()]),
            remove: BTreeSet::new(),
        },
        Act::Note {
            text: Remote::new("call back"),
            mentions: vec![agent("ben")],
        },
        over(&["x@a"]),
        outside("o@a"),
    ];
    for act in acts {
        let event = Event {
            epoch: 55,
            ..journal.event("ana", act.clone())
        };
        assert_eq!(journal.add(event), Verdict::Effective, "{act:?}");
    }
    let state = journal.state();
    assert_eq!(state.status.as_ref().unwrap().value, Status::Done);
    assert!(state.tags.contains("vip"));
    assert_eq!(state.notes[0].text.raw(), "call back");
    assert_eq!(state.epoch, 1);
}

#[test]
fn second_claim_loses_and_says_who_won() {
    let mut journal = Journal::new();
    let mut both = [
        journal.event("ana", Act::Claim),
        journal.event("ben", Act::Claim),
    ];
    both[1].id = ids::event_id(at(0), [2; 10]);
    let [ana, ben] = both;
    let ben_id = ben.id.clone();
    assert_eq!(journal.add(ana), Verdict::Effective);
    assert_eq!(journal.add(ben), owned_by("ana"));
    let entry = journal.state().entry(&ben_id).unwrap();
    assert!(!entry.effective);
    assert_eq!(
        entry.refusal,
        Some(Refusal::Owned {
            owner: agent("ana")
        })
    );
    assert_eq!(journal.state().history.len(), 2);
}

#[test]
fn tags_of_two_people_merge() {
    let mut journal = Journal::new();
    let tag = |add: &[&str], remove: &[&str]| Act::Tag {
        add: add.iter().map(|t| (*t).to_owned()).collect(),
        remove: remove.iter().map(|t| (*t).to_owned()).collect(),
    };
    journal.done("ana", tag(&["a", "b"], &[]));
    journal.done("ben", tag(&["c"], &["a", "never-there"]));
    let tags: Vec<&str> = journal.state().tags.iter().map(String::as_str).collect();
    assert_eq!(tags, ["b", "c"]);
}

#[test]
fn a_status_that_had_not_seen_the_one_before_is_a_conflict() {
    let set = |value| Act::Status { value };
    let mut journal = Journal::new();
    let unseen = journal.event("ben", set(Status::Done));
    let first = journal.done("ana", set(Status::Waiting));
    let late = Event {
        id: ids::event_id(at(0), [9; 10]),
        ..unseen
    };
    assert_eq!(journal.add(late.clone()), Verdict::Conflict);
    let state = journal.state();
    assert_eq!(state.status.as_ref().unwrap().value, Status::Done);
    assert_eq!(state.conflicts.len(), 1);
    assert_eq!(state.conflicts[0].event, late.id);
    assert_eq!(state.conflicts[0].replaced.event, first);
    assert!(state.entry(&late.id).unwrap().effective);

    // Who has seen it makes none, and neither does the next event of the same key.
    journal.done("ana", set(Status::Open));
    let mut own = journal.event("ana", set(Status::Spam));
    own.seen.uid = 0;
    assert_eq!(journal.add(own), Verdict::Effective);
    assert_eq!(journal.state().conflicts.len(), 1);
}

#[test]
fn a_snooze_is_woken_once() {
    let mut journal = Journal::new();
    let first = journal.done("ana", Act::Snooze { until: at(100) });
    let second = journal.done("ben", Act::Snooze { until: at(200) });
    assert_eq!(journal.state().snooze.as_ref().unwrap().until, at(200));
    assert_eq!(journal.act("ana", Act::Wake { snooze: first }), MISSING);
    let stale = Event {
        epoch: 3,
        ..journal.event(
            "ana",
            Act::Wake {
                snooze: second.clone(),
            },
        )
    };
    assert_eq!(journal.add(stale), STALE);
    let wake = Act::Wake { snooze: second };
    journal.done("ana", wake.clone());
    assert_eq!(journal.state().snooze, None);
    assert_eq!(journal.act("ben", wake), MISSING);
}

#[test]
fn one_slot_takes_one_answer() {
    let sending = |by: &str| Verdict::Refused(Refusal::Sending { by: agent(by) });
    let answered = |by: Option<&str>| {
        let by = by.map(agent);
        Verdict::Refused(Refusal::Answered { by })
    };
    type Close = fn(EventId) -> Act;
    let sent: Close = |intent| Act::Sent { intent };
    let failed: Close = |intent| Act::Failed {
        intent,
        why: Remote::default(),
    };
    let unknown: Close = |intent| Act::Unknown { intent };
    let found: Close = |intent| Act::Resolved { intent, sent: true };
    let not_found: Close = |intent| Act::Resolved {
        intent,
        sent: false,
    };
    let table: [(&[Close], Verdict); 8] = [
        (&[], sending("ana")),
        (&[sent], answered(Some("ana"))),
        (&[failed], Verdict::Effective),
        (&[unknown], sending("ana")),
        (&[unknown, found], answered(Some("ana"))),
        (&[unknown, sent], answered(Some("ana"))),
        (&[unknown, not_found], Verdict::Effective),
        (&[not_found], Verdict::Effective),
    ];
    for (closes, verdict) in table {
        let mut journal = Journal::new();
        let first = journal.done("ana", intent("x@a"));
        for close in closes {
            journal.done("ana", close(first.clone()));
        }
        assert_eq!(journal.act("ana", intent("y@a")), verdict);
    }
    let mut journal = Journal::new();
    journal.done("cleo", outside("o@a"));
    assert_eq!(journal.act("ana", intent("y@a")), answered(None));
    // Another slot is another matter.
    let other = Act::Intent {
        slot: "m2".to_owned(),
        hash: "h".to_owned(),
        message_id: "z@a".to_owned(),
    };
    journal.done("ana", other);
}

#[test]
fn two_intents_for_one_slot_leave_one() {
    let mut journal = Journal::new();
    let ana = journal.event("ana", intent("a@a"));
    let ben = Event {
        id: ids::event_id(at(0), [2; 10]),
        ..journal.event("ben", intent("b@a"))
    };
    let id = ana.id.clone();
    assert_eq!(journal.add(ana), Verdict::Effective);
    let by = agent("ana");
    assert_eq!(journal.add(ben), Verdict::Refused(Refusal::Sending { by }));
    assert_eq!(journal.slot().intents.len(), 1);
    assert!(journal.slot().may_send(&id));
}

#[test]
fn only_the_sender_says_that_a_mail_did_not_leave() {
    let mut journal = Journal::new();
    let id = journal.done("ana", intent("x@a"));
    let failed = |intent: &EventId| Act::Failed {
        intent: intent.clone(),
        why: Remote::new("550 no"),
    };
    let resolved = |intent: &EventId, sent| Act::Resolved {
        intent: intent.clone(),
        sent,
    };
    let unknown = Act::Unknown { intent: id.clone() };
    assert_eq!(journal.act("ben", failed(&id)), MISSING);
    assert_eq!(journal.act("ben", unknown.clone()), MISSING);
    assert_eq!(journal.act("ben", resolved(&id, false)), MISSING);
    journal.done("ana", unknown.clone());
    assert_eq!(journal.act("ana", unknown), MISSING);
    assert_eq!(journal.act("ana", failed(&id)), MISSING);
    journal.done("ben", resolved(&id, false));
    let state = journal.slot().intents[0].state;
    assert_eq!(state, IntentState::Resolved { sent: false });
    // Settled is settled.
    for act in [
        failed(&id),
        resolved(&id, true),
        Act::Sent { intent: id.clone() },
    ] {
        assert_eq!(journal.act("ana", act), MISSING);
    }
    assert_eq!(journal.act("ana", failed(&journal.next_id())), MISSING);
}

#[test]
fn anybody_who_finds_the_mail_may_say_that_it_was_sent() {
    let finds: [fn(EventId) -> Act; 2] = [
        |intent| Act::Sent { intent },
        |intent| Act::Resolved { intent, sent: true },
    ];
    for find in finds {
        let mut journal = Journal::new();
        let id = journal.done("ana", intent("x@a"));
        journal.done("ben", find(id));
        assert!(journal.slot().intents[0].state.is_sent());
    }
}

#[test]
fn a_thief_needs_an_override_and_the_first_sender_then_stops() {
    let mut journal = Journal::new();
    let first = journal.done("ana", intent("a@a"));
    journal.done("ben", steal());
    assert!(journal.slot().may_send(&first), "an open intent stays open");
    let sending = Verdict::Refused(Refusal::Sending { by: agent("ana") });
    assert_eq!(journal.act("ben", intent("b@a")), sending);
    journal.done("ben", over(&[first.as_str()]));
    assert!(!journal.slot().may_send(&first));
    let second = journal.done("ben", intent("b@a"));
    assert!(journal.slot().may_send(&second));
    // One override is one more answer.
    let sending = Verdict::Refused(Refusal::Sending { by: agent("ben") });
    assert_eq!(journal.act("ben", intent("c@a")), sending);
    // The mail of the first may have left all the same; that is on record too.
    journal.done("ana", Act::Sent { intent: first });
}

#[test]
fn an_override_lifts_only_what_it_names() {
    let mut journal = Journal::new();
    journal.done("cleo", outside("o@a"));
    journal.done("ana", over(&["something else"]));
    let answered = Verdict::Refused(Refusal::Answered { by: None });
    assert_eq!(journal.act("ana", intent("a@a")), answered);
    journal.done("ana", over(&["o@a"]));
    let id = journal.done("ana", intent("a@a"));
    journal.done("ana", Act::Sent { intent: id });
    // By Message-ID as well as by id.
    journal.done("ana", over(&["a@a"]));
    journal.done("ana", intent("b@a"));
}

#[test]
fn an_outside_reply_counts_once() {
    let mut journal = Journal::new();
    journal.done("ana", outside("o@a"));
    assert_eq!(journal.act("ben", outside("o@a")), DUPLICATE);
    let id = journal.done("ana", over(&["o@a"]));
    assert_eq!(journal.slot().overrides[0].event, id);
    journal.done("ana", intent("x@a"));
    assert_eq!(journal.act("ben", outside("x@a")), DUPLICATE);
    assert_eq!(journal.slot().outside.len(), 1);
}

#[test]
fn a_copy_changes_nothing() {
    let mut journal = Journal::new();
    let claim = journal.event("ana", Act::Claim);
    assert_eq!(journal.add(claim.clone()), Verdict::Effective);
    journal.done("ana", release());
    let before = journal.state().clone();
    assert_eq!(journal.add(claim), DUPLICATE);
    assert_eq!(*journal.state(), before);
}

#[test]
fn strangers_are_listed_and_ignored() {
    let mut journal = Journal::new();
    let forged = Event {
        key: key("mallory").fingerprint(),
        ..journal.event("ana", Act::Claim)
    };
    assert_eq!(journal.add(forged), UNTRUSTED);
    // Her own key, but no right signature.
    let json = journal.event("ana", Act::Claim).to_json().unwrap();
    let unsigned = Incoming::from_parts(json.clone(), [0; 64], false);
    assert_eq!(journal.apply(&unsigned).verdict, UNTRUSTED);
    // A known key, but another name.
    let posing = Event {
        key: key("ben").fingerprint(),
        ..journal.event("ana", Act::Claim)
    };
    assert_eq!(journal.add(posing), UNTRUSTED);
    let foreign = journal.apply(&Err(NotAnEvent::Foreign));
    assert_eq!(foreign.verdict, Verdict::Ignored);
    assert!(journal.team.conversations().next().is_none());
    let (strangers, count) = journal.team.strangers();
    let posing: Vec<bool> = strangers.map(|s| s.posing).collect();
    assert_eq!((posing, count), (vec![true, true, true, false], 4));

    let signature = key("ana").sign(&json);
    let signed = journal.apply(&Incoming::from_parts(json, signature, false));
    assert_eq!(signed.verdict, Verdict::Effective);
    assert!(signed.verified);
}

#[test]
fn a_nick_belongs_to_the_address_that_joined_first() {
    let mut journal = Journal::new();
    let thief = journal.join("ana", "mallory", "evil.example");
    assert_eq!(journal.add(thief), UNTRUSTED);
    let second_nick = journal.join("anna", "ana", "acme.example");
    assert_eq!(journal.add(second_nick), UNTRUSTED);
    let laptop = journal.join("ana", "laptop", "ACME.example");
    assert_eq!(journal.add(laptop), Verdict::Effective);
    let member = journal.team.agent(&agent("ana")).unwrap();
    let admitted: Vec<bool> = member.keys.iter().map(|k| k.admitted).collect();
    assert_eq!(admitted, [true, false], "the founder's key is not new");
    let ben = journal.team.agent(&agent("ben")).unwrap();
    assert!(!ben.admitted());
    let claim = Event {
        key: key("laptop").fingerprint(),
        ..journal.event("ana", Act::Claim)
    };
    assert_eq!(journal.add(claim), Verdict::Effective);
    assert_eq!(journal.team.agents().count(), 3);
    // A known key may move with its owner; the nick then belongs to the new address.
    let moved = journal.join("ana", "ana", "new.example");
    assert_eq!(journal.add(moved), Verdict::Effective);
    let member = journal.team.agent(&agent("ana")).unwrap();
    assert_eq!(member.address.raw(), "ana@new.example");
    let phone = journal.join("ana", "phone", "acme.example");
    assert_eq!(journal.add(phone), UNTRUSTED);
}

#[test]
fn a_join_must_carry_the_key_that_signed_it() {
    let mut journal = Journal::new();
    let mut join = journal.join("dan", "dan", "acme.example");
    join.key = key("mallory").fingerprint();
    assert_eq!(journal.add(join), UNTRUSTED);
    let join = journal.join("dan", "dan", "acme.example");
    let json = join.to_json().unwrap();
    let forged = key("mallory").sign(&json);
    let applied = journal.apply(&Incoming::from_parts(json, forged, false));
    assert_eq!(applied.verdict, UNTRUSTED);
}

#[test]
fn what_is_not_understood_is_kept_and_newer_versions_are_noticed() {
    let not_understood = Verdict::Refused(Refusal::NotUnderstood);
    let mut journal = Journal::new();
    assert_eq!(journal.act("ana", Act::Other), not_understood);
    assert_eq!(journal.team.newer_version(), None);
    let newer = Event {
        v: VERSION + 1,
        ..journal.event("ana", Act::Claim)
    };
    assert_eq!(journal.add(newer), not_understood);
    assert_eq!(journal.team.newer_version(), Some(VERSION + 1));
    assert_eq!(journal.owner(), None);
    assert_eq!(journal.state().history.len(), 2);
    // Somebody outside the team cannot make us stop writing.
    let stranger = Event {
        v: VERSION + 5,
        key: key("mallory").fingerprint(),
        ..journal.event("ana", Act::Claim)
    };
    assert_eq!(journal.add(stranger), UNTRUSTED);
    assert_eq!(journal.team.newer_version(), Some(VERSION + 1));
}

#[test]
fn presence_fades_and_decides_nothing() {
    let mut journal = Journal::new();
    let name = ConversationName::new(CONVERSATION);
    let presence = |grade| Act::Presence { grade };
    let before = journal.team.position().hash;
    journal.done("ana", presence(Some(Grade::Writing)));
    journal.done("ben", presence(Some(Grade::Reading)));
    assert_eq!(journal.team.position().hash, before);
    assert!(journal.team.conversation(&name).is_none());
    let ttl = Duration::from_secs(180);
    let who = |journal: &Journal, now| {
        let present = journal.team.present(&name, now, ttl);
        present
            .map(|(a, m)| (a.as_str().to_owned(), m.grade))
            .collect::<Vec<_>>()
    };
    let ana = ("ana".to_owned(), Grade::Writing);
    let ben = ("ben".to_owned(), Grade::Reading);
    // ana's mark was made at second 4, ben's at 5; a reader's late clock hides nobody.
    assert_eq!(who(&journal, at(0)), [ana.clone(), ben.clone()]);
    assert_eq!(who(&journal, at(184)), [ana, ben.clone()]);
    assert_eq!(who(&journal, at(185)), [ben]);
    assert_eq!(who(&journal, at(186)), []);
    journal.done("ben", presence(None));
    assert_eq!(who(&journal, at(10)).len(), 1);
}

#[test]
fn messages_out_of_order_are_refused_whole() {
    let mut journal = Journal::new();
    let claim = journal.event("ana", Act::Claim).to_json().unwrap();
    let incoming = Incoming::from_parts(claim, [0; 64], true);
    for (uidvalidity, uid) in [(1, 3), (1, 1), (0, 99)] {
        let place = Place {
            uidvalidity,
            uid,
            internal: at(0),
        };
        let applied = journal.team.apply(place, &incoming);
        assert_eq!(applied.verdict, Verdict::OutOfOrder);
    }
    assert_eq!(journal.team.position().uid, 3);
    let place = Place {
        uidvalidity: 2,
        uid: 1,
        internal: at(0),
    };
    let applied = journal.team.apply(place, &incoming);
    assert_eq!(applied.verdict, Verdict::Effective);
}

#[test]
fn the_chain_of_a_key_can_be_continued_from_the_journal() {
    let mut journal = Journal::new();
    let claim = journal.event("ana", Act::Claim);
    let (seq, hash) = (claim.seq, claim.hash().unwrap());
    journal.add(claim);
    let member = journal.team.agent(&agent("ana")).unwrap();
    let key = member.key(&key("ana").fingerprint()).unwrap();
    assert_eq!((key.seq, &key.last), (seq, &hash));
}

#[test]
fn the_prefix_hash_names_every_event_and_its_place() {
    let run = |skip: u32, epoch: u64| {
        let mut journal = Journal::new();
        journal.uid += skip;
        let event = Event {
            epoch,
            ..journal.event("ana", Act::Claim)
        };
        let event = Event {
            id: ids::event_id(at(3), [1; 10]),
            ..event
        };
        journal.add(event);
        journal.team.position().hash
    };
    assert_eq!(run(0, 0), run(0, 0));
    assert_ne!(run(0, 0), run(1, 0));
    assert_ne!(run(0, 0), run(0, 1));
}

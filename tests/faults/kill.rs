//! `kill -9` at any moment: what the server has is in the cache in the end, and no reply leaves
//! twice.

use crate::support::chance::Chance;
use crate::support::dovecot::{FORMATS, Format};
use crate::support::office::Office;
use crate::support::program::{Home, Running};
use postroom::cache::Reader;
use postroom::clock;
use postroom::desk::{Desk, Outgoing, OutgoingStage};
use postroom::sandbox::seed;
use postroom::sandbox::smtp::{Phase, SmtpFault};
use rustix::process::Signal;
use std::collections::BTreeSet;
use std::time::Duration;

/// Mails in INBOX; a fourth as many are in Sent.
const MAILS: usize = 1_200;
/// On each kind of server.
const KILLS: usize = 4;
/// Far above what any of this takes.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_sync_that_is_killed_again_and_again_ends_as_one_that_was_not() {
    let mut chance = Chance::new();
    for format in FORMATS {
        let Some(office) = Office::dovecot(format).await else {
            return;
        };
        seed::bulk(&office.sandbox.store, clock::now(), MAILS).unwrap();
        for folder in ["INBOX", "Sent"] {
            let mails = office.sandbox.store.messages(folder).unwrap();
            let mut connection = office.place.connect().await;
            for mail in mails {
                connection.append(folder, &[], &mail.bytes).await.unwrap();
            }
            connection.logout().await;
        }
        let whole = Home::with(&office.place.config("ana"));
        let began = clock::monotonic();
        whole.run(&["sync"]).ends(0);
        let all = began.elapsed();

        let killed = Home::with(&office.place.config("ana"));
        let mut kills = 0;
        while kills < KILLS {
            let sync = killed.start(&["sync", "--json"]);
            let moment = chance.below(all.as_micros() as u64 * 2 / 3);
            std::thread::sleep(Duration::from_micros(moment));
            if sync.stop(Signal::KILL).is_some() {
                // It had ended by itself: the next kills are for a sync that starts anew.
                std::fs::remove_dir_all(killed.cache()).unwrap();
                continue;
            }
            kills += 1;
            // What is there already can be listed, whatever moment it was.
            killed.run(&["list", "--view", "all"]).ends(0);
        }
        killed.run(&["sync"]).ends(0);
        assert_equal_caches(&killed, &whole);
        let found = [&killed, &whole].map(|home| found(home, "question"));
        assert_eq!(found[0].len(), 1_000, "{format:?}: all that --limit allows");
        for word in ["refund", "kettle", "from:c77@example.net"] {
            let found = [&killed, &whole].map(|home| self::found(home, word));
            assert!(!found[0].is_empty(), "{format:?}: {word} is not searchable");
            assert_eq!(found[0], found[1], "{format:?}: {word}");
        }
    }
}

/// Byte for byte, but for what differs between any two caches: nothing.
fn assert_equal_caches(one: &Home, other: &Home) {
    let dump = |home: &Home| {
        let reader = Reader::open(&home.cache().join("support")).unwrap();
        reader.dump().unwrap()
    };
    let (one, other) = (dump(one), dump(other));
    assert!(one.lines().count() > 2 * MAILS);
    for (line, wanted) in one.lines().zip(other.lines()) {
        assert_eq!(line, wanted);
    }
    assert_eq!(one.lines().count(), other.lines().count());
}

fn found(home: &Home, word: &str) -> BTreeSet<String> {
    let run = home.run(&["search", word, "--json", "--limit", "1000"]);
    let hits = run.ends(0).objects();
    let id = |hit: serde_json::Value| hit["id"].as_str().unwrap().to_owned();
    hits.into_iter().map(id).collect()
}

/// How far a reply is when its process is killed.
#[derive(Debug)]
enum Moment {
    /// In the time to take it back.
    Held,
    /// So too; then the person runs the same command once more.
    HeldAndRepeated,
    /// The final dot may have been sent, no answer has come.
    Dotted,
    /// So long after the hold began.
    After(Duration),
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_whose_process_is_killed_leaves_at_most_once() {
    let mut chance = Chance::new();
    let Some(office) = Office::dovecot(Format::Maildir).await else {
        return;
    };
    let mut moments = vec![Moment::Held, Moment::HeldAndRepeated, Moment::Dotted];
    for _ in 0..4 {
        // The hold ends after a second.
        let micros = 980_000 + chance.below(150_000);
        moments.push(Moment::After(Duration::from_micros(micros)));
    }
    office.receive(moments.len()).await;
    let config = office.place.config("ana") + "[send]\nhold-seconds = 1\n";
    let ana = Home::with(&config);
    ana.run(&["sync"]).ends(0);
    for (number, moment) in moments.iter().enumerate() {
        let customer = customer(number);
        let mails = || {
            let mails = office.sandbox.sink.mails();
            mails.iter().filter(|m| m.to.contains(&customer)).count()
        };
        let id = id_of(&ana, number);
        if matches!(moment, Moment::Dotted) {
            let slow = SmtpFault::Delay(Duration::from_secs(2));
            office.sandbox.sink.next(Phase::Final, slow);
        }
        let reply = ana.start(&["reply", &id, "--body-file", &text(&ana)]);
        kill_at(reply, &ana, &customer, moment);
        if matches!(moment, Moment::HeldAndRepeated) {
            let again = ana.run(&["reply", &id, "--body-file", &text(&ana), "--no-hold"]);
            again.ends(3);
        }
        let sure = settle(&ana, &customer);
        println!("{moment:?}: sure {sure}, {} mails", mails());
        match moment {
            Moment::Dotted => assert!(!sure, "nobody can know whether it left"),
            Moment::Held | Moment::HeldAndRepeated => assert!(sure),
            Moment::After(_) => {}
        }
        assert!(mails() <= 1, "{moment:?}: {} mails", mails());
        assert!(!sure || mails() == 1, "{moment:?}: it never left");
    }
    // The server that was slow to answer takes the mail; nobody may have sent it once more.
    let slow = moments.iter().position(|m| matches!(m, Moment::Dotted));
    let slow = customer(slow.unwrap());
    let began = clock::monotonic();
    while !reached(&office).contains(&slow) {
        assert!(began.elapsed() < PATIENCE, "{:?}", reached(&office));
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut reached = reached(&office);
    let mails = reached.len();
    reached.dedup();
    assert_eq!(mails, reached.len(), "{reached:?}");
}

fn customer(number: usize) -> String {
    format!("mia{number}@example.net")
}

/// Who got mails, sorted; twice for two mails.
fn reached(office: &Office) -> Vec<String> {
    let mails = office.sandbox.sink.mails();
    let mut reached: Vec<String> = mails.into_iter().flat_map(|mail| mail.to).collect();
    reached.sort();
    reached
}

fn id_of(home: &Home, number: usize) -> String {
    let message = format!("q{number}@example.net");
    let shown = home.run(&["show", &message, "--json"]).ends(0).object();
    shown["id"].as_str().unwrap().to_owned()
}

fn text(home: &Home) -> String {
    let path = home.path().join("reply.txt");
    std::fs::write(&path, "Dear Mia, yes.\n").unwrap();
    path.to_str().unwrap().to_owned()
}

/// The stages of the replies to a customer on the desk, as the disk has them.
fn stages(home: &Home, customer: &str) -> Vec<OutgoingStage> {
    let dir = home.data().join("support");
    let outgoing = match dir.is_dir() {
        true => Desk::open(&dir).unwrap().outgoing().unwrap(),
        false => Vec::new(),
    };
    let to = |o: &Outgoing| o.envelope_to.iter().any(|to| to == customer);
    outgoing.into_iter().filter(to).map(|o| o.stage).collect()
}

fn wait_for(home: &Home, customer: &str, wanted: impl Fn(&[OutgoingStage]) -> bool) {
    let began = clock::monotonic();
    loop {
        let stages = stages(home, customer);
        if wanted(&stages) {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "it stays at {stages:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn kill_at(reply: Running, home: &Home, customer: &str, moment: &Moment) {
    let is_held = |s: &OutgoingStage| matches!(s, OutgoingStage::Held { .. });
    let is_dotted = |s: &OutgoingStage| matches!(s, OutgoingStage::Dotted { .. });
    wait_for(home, customer, |all| all.iter().any(is_held));
    match moment {
        Moment::Held | Moment::HeldAndRepeated => {}
        Moment::Dotted => wait_for(home, customer, |all| all.iter().any(is_dotted)),
        Moment::After(time) => std::thread::sleep(*time),
    }
    reply.stop(Signal::KILL);
}

/// Lets a process that stays take up what the killed one left, until nothing more can happen.
/// Returns whether it is known what became of the reply.
fn settle(home: &Home, customer: &str) -> bool {
    let is_unknown = |s: &OutgoingStage| matches!(s, OutgoingStage::Unknown { .. });
    let serve = home.start(&["serve"]);
    wait_for(home, customer, |all| all.iter().all(is_unknown));
    // It listens to signals before it takes the cache.
    let lock = home.cache().join("support/lock");
    let began = clock::monotonic();
    while std::fs::read_to_string(&lock).unwrap_or_default().trim() != serve.id().to_string() {
        assert!(began.elapsed() < PATIENCE, "it never took the cache");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(serve.stop(Signal::TERM), Some(0));
    stages(home, customer).is_empty()
}

//! Two people at two machines: the built program, twice, on one Dovecot. What scripts rely on.

use crate::support::dovecot::{FORMATS, Format};
use crate::support::office::Office;
use crate::support::program::{Home, Run};
use serde_json::{Value, json};

/// An agent's machine, in step with the server.
fn machine(office: &Office, nick: &str) -> Home {
    let home = Home::with(&office.place.config(nick));
    home.run(&["sync"]).ends(0);
    home
}

/// The id of the conversation that [`Office::receive`] made with this number.
fn id(home: &Home, number: usize) -> String {
    let subject = format!("Question {number}");
    let rows = home.run(&["list", "--view", "all", "--json"]).ends(0);
    let rows = rows.objects();
    let row = rows.iter().find(|row| row["subject"] == subject.as_str());
    row.unwrap()["id"].as_str().unwrap().to_owned()
}

fn show(home: &Home, id: &str) -> Value {
    home.run(&["sync"]).ends(0);
    home.run(&["show", id, "--json"]).ends(0).object()
}

/// Both run it at the same time.
fn at_once(homes: [&Home; 2], arguments: &[&str], inputs: [&str; 2]) -> [Run; 2] {
    let [first, second] = homes;
    std::thread::scope(|scope| {
        let other = scope.spawn(|| second.run_with_input(arguments, inputs[1]));
        let run = first.run_with_input(arguments, inputs[0]);
        [run, other.join().unwrap()]
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_act_of_one_process_is_seen_by_the_other() {
    for format in FORMATS {
        let Some(office) = Office::dovecot(format).await else {
            return;
        };
        office.receive(2).await;
        let (ana, ben) = (machine(&office, "ana"), machine(&office, "ben"));
        let id = id(&ana, 1);
        assert_eq!(id, self::id(&ben, 1), "an id is the same for everybody");

        let done = ana.run(&["claim", &id, "--json"]).ends(0).object();
        assert_eq!(done["outcome"], "done");
        let refused = ben.run(&["claim", &id, "--json"]).ends(3).object();
        assert_eq!(refused["outcome"], "refused");
        assert_eq!(refused["because"], "owned");
        assert_eq!(refused["owner"], "ana");

        ben.run(&["steal", &id, "--reason", "she is away"]).ends(0);
        let refused = ana.run(&["release", &id, "--json"]).ends(3).object();
        assert_eq!(refused["outcome"], "refused");
        assert_eq!(refused["owner"], "ben");
        ben.run(&["assign", &id, "ana"]).ends(0);
        ana.run(&["tag", &id, "+late", "+refund"]).ends(0);
        ana.run(&["tag", &id, "-late"]).ends(0);
        ana.run(&["status", &id, "waiting"]).ends(0);
        ana.run(&["note", &id, "asked the carrier"]).ends(0);
        ana.run_with_input(&["note", &id, "-"], "and again\n")
            .ends(0);
        let seen = show(&ben, &id);
        look_at_contract(&seen, &id);
        ana.run(&["release", &id]).ends(0);
        assert_eq!(show(&ben, &id)["owner"], Value::Null);

        let log = ben.run(&["log", &id, "--json"]).ends(0).objects();
        let types: Vec<&str> = log.iter().map(|e| e["type"].as_str().unwrap()).collect();
        let expected = [
            "claim", "claim", "steal", "assign", "tag", "tag", "status", "note", "note", "release",
        ];
        let acts: Vec<&str> = types
            .into_iter()
            .filter(|kind| expected.contains(kind))
            .collect();
        // A release that cannot fit is not written at all, or written without effect.
        let mut with_refused = expected.to_vec();
        with_refused.insert(3, "release");
        assert!(acts == expected || acts == with_refused, "{acts:?}");
    }
}

/// The fields of `show --json` that the contract names, after everything above.
fn look_at_contract(seen: &Value, id: &str) {
    assert_eq!(seen["id"], id);
    assert_eq!(seen["subject"], "Question 1");
    assert_eq!(seen["from"], "Mia 1 <mia1@example.net>");
    assert_eq!(seen["status"], "waiting");
    assert_eq!(seen["owner"], "ana");
    assert_eq!(seen["tags"], json!(["refund"]));
    assert_eq!(
        seen["waiting_since"],
        Value::Null,
        "it is the customer's turn"
    );
    assert_eq!(seen["unread"], 1);
    assert_eq!(seen["epoch"], 3, "claimed, stolen, assigned");
    let texts = [&seen["notes"][0]["text"], &seen["notes"][1]["text"]];
    assert_eq!(texts, ["asked the carrier", "and again"]);

    let message = &seen["messages"][0];
    assert_eq!(message["message_id"], "q1@example.net");
    assert_eq!(
        (&message["uid"], &message["folder"]),
        (&json!(2), &json!("INBOX"))
    );
    assert_eq!(message["from"], "Mia 1 <mia1@example.net>");
    assert_eq!(message["to"], json!(["support@acme.example"]));
    assert_eq!(message["date"], "2026-11-10T09:12:00Z");
    assert!(message["text"].as_str().unwrap().contains("question 1"));
    assert_eq!(message["attachments"], json!([]));

    let events = seen["events"].as_array().unwrap();
    let mut last = 0;
    for event in events {
        let uid = event["uid"].as_u64().unwrap();
        assert!(uid > last, "{events:#?}");
        last = uid;
        assert!(event["agent"] == "ana" || event["agent"] == "ben");
        assert!(event["time"].as_str().unwrap().ends_with('Z'));
        assert!(event["type"].is_string() && event["effective"].is_boolean());
    }
    let claims: Vec<(&Value, &Value)> = events
        .iter()
        .filter(|event| event["type"] == "claim")
        .map(|event| (&event["agent"], &event["effective"]))
        .collect();
    let (ana, ben) = (json!("ana"), json!("ben"));
    assert_eq!(claims[0], (&ana, &json!(true)));
    assert!(claims.iter().skip(1).all(|c| *c == (&ben, &json!(false))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_and_searches_have_the_fields_of_the_contract() {
    let Some(office) = Office::dovecot(Format::Sdbox).await else {
        return;
    };
    office.receive(3).await;
    let (ana, ben) = (machine(&office, "ana"), machine(&office, "ben"));
    ana.run(&["claim", &id(&ana, 0)]).ends(0);
    ana.run(&["note", &id(&ana, 1), "the zebra is striped"])
        .ends(0);
    ben.run(&["sync"]).ends(0);
    let count = |home: &Home, view: &str| {
        let rows = home.run(&["list", "--view", view, "--json"]).ends(0);
        rows.objects().len()
    };
    let counts = ["queue", "mine", "waiting", "open", "done", "all"].map(|v| count(&ana, v));
    assert_eq!(counts, [2, 1, 0, 3, 0, 3]);
    let counts = ["queue", "mine", "open"].map(|v| count(&ben, v));
    assert_eq!(counts, [2, 0, 3]);

    let rows = ben.run(&["list", "--view", "all", "--json"]).ends(0);
    for row in rows.objects() {
        for field in [
            "id",
            "subject",
            "from",
            "status",
            "owner",
            "tags",
            "waiting_since",
            "messages",
            "unread",
        ] {
            assert!(row.get(field).is_some(), "{field} is missing in {row:#}");
        }
        let owner = if row["subject"] == "Question 0" {
            json!("ana")
        } else {
            Value::Null
        };
        assert_eq!(row["owner"], owner);
    }
    assert!(
        rows.stdout.contains("waiting_since\":\"2"),
        "customers wait"
    );
    let search = |query: &str| {
        let run = ben.run(&["search", query, "--json", "--limit", "2"]);
        run.ends(0).objects()
    };
    assert_eq!(search("zebra")[0]["subject"], "Question 1", "a note's word");
    assert_eq!(search("owner:ana")[0]["subject"], "Question 0");
    assert_eq!(search("question").len(), 2, "--limit");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_processes_that_claim_at_once_one_is_refused() {
    for format in FORMATS {
        let Some(office) = Office::dovecot(format).await else {
            return;
        };
        office.receive(5).await;
        let (ana, ben) = (machine(&office, "ana"), machine(&office, "ben"));
        for number in 0..5 {
            let id = id(&ana, number);
            let runs = at_once([&ana, &ben], &["claim", &id, "--json"], ["", ""]);
            let mut codes = runs.each_ref().map(|run| run.code);
            let winner = if codes[0] == Some(0) { "ana" } else { "ben" };
            codes.sort();
            assert_eq!(codes, [Some(0), Some(3)], "{format:?}: {runs:#?}");
            let refused = runs.iter().find(|run| run.code == Some(3)).unwrap();
            assert_eq!(refused.object()["owner"], winner);
            assert_eq!(show(&ana, &id)["owner"], winner);
            assert_eq!(show(&ben, &id)["owner"], winner);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_processes_that_reply_at_once_one_sends_and_the_other_keeps_its_text() {
    for format in FORMATS {
        let Some(office) = Office::dovecot(format).await else {
            return;
        };
        office.receive(3).await;
        let (ana, ben) = (machine(&office, "ana"), machine(&office, "ben"));
        let homes = [&ana, &ben];
        for number in 0..3 {
            let id = id(&ana, number);
            let texts = ["Ana says yes.\n", "Ben says no.\n"];
            let runs = at_once(homes, &["reply", &id, "--no-hold", "--json"], texts);
            let mut codes = runs.each_ref().map(|run| run.code);
            codes.sort();
            assert_eq!(codes, [Some(0), Some(3)], "{format:?}: {runs:#?}");
            let mails = office.sandbox.sink.mails();
            assert_eq!(mails.len(), number + 1);
            for (run, (home, text)) in runs.iter().zip(homes.into_iter().zip(texts)) {
                let sent = String::from_utf8_lossy(&mails[number].bytes).into_owned();
                let outcome = run.object();
                if run.code == Some(0) {
                    assert_eq!(outcome["outcome"], "done");
                    assert!(sent.contains(text.trim()), "{sent}");
                    continue;
                }
                assert_eq!(outcome["outcome"], "refused");
                assert!(!sent.contains(text.trim()), "{sent}");
                let draft = outcome["draft"].as_str().unwrap();
                let kept = home.run(&["drafts", draft]).ends(0).stdout;
                assert!(kept.starts_with(text), "{kept}");
            }
        }
        assert_eq!(office.count("Sent").await, 3);
        assert_eq!(office.count("Postroom/Outbox").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_was_answered_leaves_only_with_a_reason() {
    let Some(office) = Office::dovecot(Format::Maildir).await else {
        return;
    };
    office.receive(1).await;
    let (ana, ben) = (machine(&office, "ana"), machine(&office, "ben"));
    let id = id(&ana, 0);
    let body = ana.path().join("reply.txt");
    std::fs::write(&body, "Dear Mia, yes.\n").unwrap();
    let body = body.to_str().unwrap();
    ana.run(&[
        "reply",
        &id,
        "--no-hold",
        "--status",
        "done",
        "--body-file",
        body,
    ])
    .ends(0);
    assert_eq!(show(&ana, &id)["status"], "done");

    let reply = ["reply", &id, "--no-hold", "--to-all", "--json"];
    let refused = ben.run_with_input(&reply, "Dear Mia, no.\n").ends(3);
    let outcome = refused.object();
    assert_eq!(outcome["because"], "answered");
    let draft = outcome["draft"].as_str().unwrap();
    assert!(refused.stderr.contains(draft), "{}", refused.stderr);
    assert_eq!(office.sandbox.sink.mails().len(), 1);

    let anyway = [&reply[..], &["--anyway", "the first answer was wrong"]].concat();
    ben.run_with_input(&anyway, "Dear Mia, no.\n").ends(0);
    assert_eq!(office.sandbox.sink.mails().len(), 2);
    let seen = show(&ana, &id);
    assert_eq!(seen["messages"].as_array().unwrap().len(), 3);
    assert_eq!(
        seen["owner"], "ben",
        "who answers in spite of the owner takes over"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_wrong_has_an_exit_code_of_its_own_and_loses_nothing() {
    let Some(office) = Office::dovecot(Format::Maildir).await else {
        return;
    };
    office.receive(1).await;
    let (ana, ben) = (machine(&office, "ana"), machine(&office, "ben"));
    let id = id(&ana, 0);
    for usage in [
        &["status", &id, "snoozed"][..],
        &["tag", &id],
        &["tag", &id, "+x", "-x"],
        &["note", &id, ""],
        &["list", "--view", "everything"],
    ] {
        ana.run(usage).ends(2);
    }
    for missing in [
        &["show", "zzzzzzzz"][..],
        &["claim", "zzzzzzzz"],
        &["reply", "zzzzzzzz"],
    ] {
        ana.run_with_input(missing, "text\n").ends(4);
    }

    let right = std::fs::read_to_string(ana.config()).unwrap();
    std::fs::write(ana.config(), right.replace("\"pw\"", "\"wrong\"")).unwrap();
    for refused in [&["sync"][..], &["check"], &["claim", &id]] {
        ana.run(refused).ends(6);
    }
    let port = office.place.imap.port.to_string();
    std::fs::write(ana.config(), right.replace(&port, "1")).unwrap();
    for away in [&["sync"][..], &["check"], &["claim", &id]] {
        ana.run(away).ends(5);
    }

    // Nothing was done by halves: nobody owns it, and the same claim works now.
    std::fs::write(ana.config(), right).unwrap();
    assert_eq!(show(&ben, &id)["owner"], Value::Null);
    ana.run(&["claim", &id]).ends(0);
    assert_eq!(show(&ben, &id)["owner"], "ana");
}

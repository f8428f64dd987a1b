//! Every verb against the sandbox, as scripts run them.

use super::office::{HOSTILE, Office, id_of};
use serde_json::{Value, json};

#[test]
fn a_list_has_every_field_of_the_contract() {
    let office = Office::open();
    let ana = office.agent("ana");
    let rows = ana.run(&["list", "--json"]).ends(0).objects();
    assert_eq!(rows.len(), 3, "{rows:#?}");
    let refund = rows
        .iter()
        .find(|r| r["subject"] == "Refund for order 4417")
        .unwrap();
    assert_eq!(refund["from"], "Lena Fischer <lena@shop.example>");
    assert_eq!(refund["status"], "new");
    assert_eq!(refund["owner"], Value::Null);
    assert_eq!(refund["tags"], json!([]));
    assert_eq!(refund["messages"], 1);
    assert_eq!(refund["unread"], 1);
    assert!(
        refund["waiting_since"].as_str().unwrap().ends_with('Z'),
        "{refund}"
    );
    assert_eq!(refund["id"].as_str().unwrap().len(), 8);
    assert!(
        ana.run(&["list", "--view", "mine", "--json"])
            .ends(0)
            .objects()
            .is_empty()
    );
}

#[test]
fn a_conversation_is_shown_with_messages_and_events() {
    let office = Office::open();
    let ana = office.agent("ana");
    let id = id_of(&ana, "Refund");
    ana.run(&["claim", &id]).ends(0);
    let shown = ana.run(&["show", &id, "--json"]).ends(0).object();
    assert_eq!(shown["owner"], "ana");
    assert_eq!(shown["epoch"], 1);
    let message = &shown["messages"][0];
    assert_eq!(message["message_id"], "refund@shop.example");
    assert_eq!(message["folder"], "INBOX");
    assert_eq!(message["uid"], 1);
    assert_eq!(message["from"], "Lena Fischer <lena@shop.example>");
    assert_eq!(message["to"], json!(["support@acme.example"]));
    assert_eq!(message["date"], "2026-11-20T09:00:00Z");
    assert_eq!(
        message["text"].as_str().unwrap().trim(),
        "Please send my money back."
    );
    assert_eq!(message["attachments"], json!([]));
    let claim = shown["events"]
        .as_array()
        .unwrap()
        .iter()
        .find(|e| e["type"] == "claim");
    let claim = claim.unwrap_or_else(|| panic!("{shown:#}"));
    assert_eq!(claim["agent"], "ana");
    assert_eq!(claim["effective"], true);
    assert!(claim["uid"].as_u64().unwrap() > 0);
    assert!(claim["time"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn the_second_claim_is_refused_and_says_who_won() {
    let office = Office::open();
    let (ana, ben) = (office.agent("ana"), office.agent("ben"));
    let id = id_of(&ana, "parcel");
    let done = ana.run(&["claim", &id, "--json"]).ends(0).object();
    assert_eq!(done["outcome"], "done");
    let refused = ben.run(&["claim", &id, "--json"]).ends(3);
    let object = refused.object();
    assert_eq!(object["outcome"], "refused");
    assert_eq!(object["because"], "owned");
    assert_eq!(object["owner"], "ana");
    assert!(refused.stderr.contains("ana"), "{}", refused.stderr);
}

#[test]
fn changes_settle_and_the_other_agent_sees_them() {
    let office = Office::open();
    let (ana, ben) = (office.agent("ana"), office.agent("ben"));
    let id = id_of(&ana, "parcel");
    ana.run(&["claim", &id]).ends(0);
    ana.run(&["tag", &id, "+late", "+urgent", "--json"]).ends(0);
    ana.run(&["tag", &id, "-urgent"]).ends(0);
    ana.run(&["status", &id, "waiting"]).ends(0);
    ana.run_with_input(&["note", &id, "-"], "asked the carrier\n")
        .ends(0);
    ben.run(&["sync"]).ends(0);
    let seen = ben.run(&["show", &id, "--json"]).ends(0).object();
    assert_eq!(seen["owner"], "ana");
    assert_eq!(seen["tags"], json!(["late"]));
    assert_eq!(seen["status"], "waiting");
    assert_eq!(seen["notes"][0]["text"], "asked the carrier");
    ben.run(&["steal", &id, "--reason", "ana is on holiday"])
        .ends(0);
    ben.run(&["assign", &id, "ana"]).ends(0);
    ana.run(&["sync"]).ends(0);
    ana.run(&["release", &id]).ends(0);
    let log = ana.run(&["log", &id, "--json"]).ends(0).objects();
    let types: Vec<&str> = log.iter().map(|e| e["type"].as_str().unwrap()).collect();
    for kind in [
        "claim", "tag", "status", "note", "steal", "assign", "release",
    ] {
        assert!(types.contains(&kind), "{kind}: {types:?}");
    }
    assert!(log.iter().all(|e| e["id"] == id.as_str()), "{log:#?}");
}

#[test]
fn a_reply_leaves_once_and_the_second_agent_is_told() {
    let office = Office::open();
    let (ana, ben) = (office.agent("ana"), office.agent("ben"));
    let id = id_of(&ana, "Refund");
    let reply = ["reply", &id, "--no-hold", "--status", "done", "--json"];
    let sent = ana
        .run_with_input(&reply, "Dear Lena, it is on its way.\n")
        .ends(0);
    assert_eq!(sent.object()["outcome"], "done");
    assert_eq!(office.sandbox.sink.mails().len(), 1);
    assert_eq!(
        ana.run(&["show", &id, "--json"]).ends(0).object()["status"],
        "done"
    );

    let refused = ben.run_with_input(&reply, "Dear Lena, no.\n").ends(3);
    let object = refused.object();
    assert_eq!(object["outcome"], "refused");
    assert_eq!(object["because"], "answered");
    let draft = object["draft"].as_str().unwrap();
    assert!(refused.stderr.contains(draft), "{}", refused.stderr);
    assert_eq!(office.sandbox.sink.mails().len(), 1);
    let kept = ben.run(&["drafts", draft]).ends(0);
    assert!(kept.stdout.starts_with("Dear Lena, no."), "{}", kept.stdout);
}

#[test]
fn words_are_found_and_nonsense_is_wrong_usage() {
    let office = Office::open();
    let ana = office.agent("ana");
    let hits = ana
        .run(&["search", "money", "--json", "--limit", "5"])
        .ends(0)
        .objects();
    assert_eq!(hits.len(), 1, "{hits:#?}");
    assert_eq!(hits[0]["subject"], "Refund for order 4417");
    assert!(
        ana.run(&["search", "nowhere", "--json"])
            .ends(0)
            .objects()
            .is_empty()
    );
    ana.run(&["search", "before:yesteryear"]).ends(2);
}

#[test]
fn what_is_not_there_ends_with_four() {
    let office = Office::open();
    let ana = office.agent("ana");
    for arguments in [
        &["show", "zzzzzzzz"][..],
        &["claim", "zzzzzzzz"],
        &["log", "zzzzzzzz"],
        &["drafts", "none"],
    ] {
        let run = ana.run(arguments).ends(4);
        assert_eq!(run.stdout, "", "{arguments:?}");
    }
}

#[test]
fn a_wrong_password_ends_with_six() {
    let office = Office::open();
    let stranger = office.stranger("ana", "wrong");
    for verb in ["check", "sync", "serve"] {
        let run = stranger.run(&[verb]).ends(6);
        assert!(run.stderr.contains("support"), "{verb}: {}", run.stderr);
    }
}

#[test]
fn a_check_says_which_promises_hold() {
    let office = Office::open();
    let ana = office.stranger("ana", &office.sandbox.password);
    let report = ana.run(&["check", "--json"]).ends(0).object();
    assert_eq!(report["mailbox"], "support");
    assert!(
        report["guarantees"].as_array().unwrap().len() > 3,
        "{report:#}"
    );
    let text = ana.run(&["check"]).ends(0).stdout;
    assert!(text.contains("level"), "{text}");
}

#[test]
fn nothing_hostile_is_printed_by_any_verb() {
    let office = Office::open();
    let ana = office.agent("ana");
    let id = id_of(&ana, HOSTILE);
    for json in [false, true] {
        for arguments in [
            vec!["list", "--view", "all"],
            vec!["show", &id],
            vec!["search", "owned"],
            vec!["log"],
            vec!["--color", "never", "list"],
        ] {
            let mut arguments = arguments;
            if json {
                arguments.push("--json");
            }
            let run = ana.run(&arguments).ends(0);
            for text in [&run.stdout, &run.stderr] {
                let bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
                assert!(!text.contains(bad), "{arguments:?}: {text:?}");
            }
        }
    }
    let shown = ana.run(&["show", &id, "--json"]).ends(0).object();
    assert_eq!(shown["subject"], HOSTILE, "JSON loses nothing");
}

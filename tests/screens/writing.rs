//! Replies and notes: text stays text, drafts stay, the gate decides.

use crate::screens::data;
use crate::screens::play::Play;
use postroom::clock::Timestamp;
use postroom::engine::api::{Change, Request, Stage, Trouble, TroubleKind};
use postroom::team::gate::{Obstacle, Seen};
use postroom::tui::app::{Effect, Event, Timer};

fn saved(play: &Play) -> Vec<String> {
    let body = |r: &Request| match r {
        Request::SaveDraft(draft) => Some(draft.body.clone()),
        _ => None,
    };
    play.asked.iter().filter_map(body).collect()
}

fn sends(play: &Play) -> Vec<Option<String>> {
    let reason = |r: &Request| match r {
        Request::Send { anyway, .. } => Some(anyway.as_ref().map(|(reason, _)| reason.clone())),
        _ => None,
    };
    play.asked.iter().filter_map(reason).collect()
}

fn blocked_by_ben() -> Stage {
    Stage::Blocked {
        obstacles: vec![Obstacle::Sending {
            by: data::agent("ben"),
        }],
        now: Box::new(Seen::default()),
        owner: Some(data::agent("ben")),
        sentence: "Not sent: ben is sending an answer right now.".to_owned(),
    }
}

fn held(seconds: i64) -> Stage {
    let until = Timestamp::from_second(data::now().as_second() + seconds).unwrap();
    Stage::Held { until }
}

#[test]
fn letters_are_only_text_while_writing() {
    let mut play = Play::new(80, 24);
    play.press("r").type_text("cCe?/:q1zD d");
    play.shows("cCe?/:q1zD d").shows("WRITING");
    assert_eq!(play.changes(), [Change::Claim]);
    assert_eq!(sends(&play), []);
}

#[test]
fn a_draft_is_saved_on_every_pause_and_every_exit() {
    for exit in ["Esc", "Esc p", "Ctrl-Z", "Ctrl-C Ctrl-C", "Ctrl-G"] {
        let mut play = Play::new(80, 24);
        play.press("r").type_text("Hi");
        assert_eq!(saved(&play).len(), 0);
        play.wake(Timer::DraftPause);
        assert_eq!(saved(&play).len(), 1);
        play.shows("draft saved 14:06");
        play.type_text("!").press(exit);
        let last = saved(&play).pop().unwrap();
        assert!(last.starts_with("Hi!"), "{exit}: {last:?}");
    }
    let mut play = Play::new(80, 24);
    play.press("r").type_text("Hi").event(Event::Ended);
    assert_eq!(saved(&play).len(), 1);
    assert!(play.effects.contains(&Effect::Quit));
}

#[test]
fn a_note_can_only_become_a_note() {
    for save in ["Ctrl-S", "Esc y"] {
        let mut play = Play::new(80, 24);
        play.press("n").type_text("call her").shows("NOTE");
        play.press(save);
        assert_eq!(play.changes(), [Change::Note("call her".to_owned())]);
        play.shows("only the team sees it");
        let mail = |r: &&Request| {
            matches!(
                r,
                Request::Send { .. } | Request::SaveDraft(_) | Request::Reply { .. }
            )
        };
        assert_eq!(play.asked.iter().find(mail), None, "{save}");
    }
}

#[test]
fn only_the_gates_answer_leads_from_review_to_sending() {
    let mut play = Play::new(80, 24);
    play.press("r").type_text("Hi").press("Esc").shows("REVIEW");
    play.press("y").shows("CHECKING");
    assert_eq!(sends(&play), [None]);
    play.outgoing(held(8)).shows("SENDING  in 8 s");
    play.press("Enter");
    assert!(
        play.asked
            .iter()
            .any(|r| matches!(r, Request::SendNow { .. }))
    );
    play.outgoing(Stage::Sending).outgoing(Stage::Sent);
    play.shows("Sent to Mia Okafor.");
    assert!(play.cursor_line().contains("Invoice shows wrong VAT"));
}

#[test]
fn a_blocked_reply_goes_out_only_with_a_reason() {
    let mut play = Play::new(80, 24);
    play.press("r").type_text("Hi").press("Esc y");
    play.outgoing(blocked_by_ben())
        .shows("BLOCKED")
        .shows("ben is sending");
    play.press("y").press("Y Enter");
    assert_eq!(sends(&play), [None]);
    play.type_text("both were asked").press("Enter");
    assert_eq!(sends(&play), [None, Some("both were asked".to_owned())]);
}

#[test]
fn a_held_reply_is_taken_back_also_from_the_list() {
    let mut play = Play::new(80, 24);
    play.press("r").type_text("Hi").press("Esc y");
    play.outgoing(held(8)).press("Esc");
    play.shows("sending in 8 s, z takes it back");
    play.press("z");
    assert!(
        play.asked
            .iter()
            .any(|r| matches!(r, Request::TakeBack { .. }))
    );
    play.outgoing(Stage::TakenBack)
        .shows("Taken back; nothing was sent.")
        .shows("Hi");
}

#[test]
fn a_reply_that_failed_keeps_its_text() {
    let mut play = Play::new(80, 24);
    play.press("r").type_text("Hi").press("Esc y");
    let trouble = Trouble::new(
        TroubleKind::Unreachable,
        "smtp.acme.example does not answer.",
    );
    play.outgoing(Stage::Failed(trouble));
    play.shows("smtp.acme.example does not answer.")
        .shows("REVIEW")
        .shows("Hi");
}

#[test]
fn what_became_of_an_unsure_reply_is_asked() {
    let mut play = Play::new(80, 24);
    play.press("r").type_text("Hi").press("Esc y");
    play.outgoing(Stage::Unknown {
        intent: postroom::team::EventId::new("i1"),
        sentence: "The server did not say whether it took the reply.".to_owned(),
    });
    play.shows("UNKNOWN").shows("did not say");
    play.press("Esc T Enter")
        .shows("It was sent")
        .press("Enter");
    let resolved = |r: &Request| matches!(r, Request::Resolve { sent: true, .. });
    assert!(play.asked.iter().any(resolved));
}

#[test]
fn a_colleagues_answer_raises_the_banner_while_one_writes() {
    let mut play = Play::new(80, 24);
    play.press("r")
        .type_text("Hi")
        .shows("NOTE  ben is looking");
    play.ben_answers();
    play.shows("STOP  ben answered this").shows("Hi");
}

#[test]
fn the_outside_editor_changes_the_text_or_leaves_it() {
    let mut play = Play::new(80, 24);
    play.press("r").type_text("Hi").press("Ctrl-G");
    assert!(
        matches!(play.effects.last(), Some(Effect::OpenEditor(text)) if text.starts_with("Hi"))
    );
    play.event(Event::EditorClosed(Err(
        "vi ended with 1; your text is as before.".to_owned(),
    )));
    play.shows("Hi").shows("as before");
    play.event(Event::EditorClosed(Ok("Dear Mia\n".to_owned())));
    play.shows("Dear Mia");
    play.wake(Timer::DraftPause);
    assert_eq!(saved(&play).pop().unwrap(), "Dear Mia");
}

#[test]
fn a_paste_while_writing_is_text() {
    let mut play = Play::new(80, 24);
    play.press("r");
    play.event(Event::Paste("y D d\nq".to_owned()));
    play.shows("y D d").shows("WRITING");
}

#[test]
fn dropping_a_draft_takes_two_keys() {
    let mut play = Play::new(80, 24);
    play.press("r").type_text("Hi").press("Esc D");
    let drops = |play: &Play| {
        let drop = |r: &&Request| matches!(r, Request::DropDraft { .. });
        play.asked.iter().filter(drop).count()
    };
    assert_eq!(drops(&play), 0);
    play.press("Esc").shows("REVIEW");
    play.press("D d").shows("Draft dropped.");
    assert_eq!(drops(&play), 1);
}

//! Changing conversations: pending, settled, refused, undone, by the handful.

use crate::screens::data;
use crate::screens::play::Play;
use postroom::engine::api::{Change, News, Outcome, Request, Trouble, TroubleKind};
use postroom::team::{Refusal, Status};
use postroom::tui::app::{Effect, Event, Timer};
use postroom::view::Page;
use std::collections::BTreeSet;
use std::time::Duration;

fn lost_to_ben() -> Outcome {
    Outcome::Refused {
        refusal: Refusal::Owned {
            owner: data::agent("ben"),
        },
        owner: Some(data::agent("ben")),
        sentence: "ben claimed \"Refund for order 4417\" at 14:05. a assigns it.".to_owned(),
    }
}

#[test]
fn a_claim_is_shown_as_pending_and_then_as_done() {
    let mut play = Play::new(80, 24);
    play.settles = false;
    play.press("c");
    play.shows("claiming...")
        .shows("1 change saving")
        .shows("NEW  ana");
    play.settle(Outcome::Done);
    play.hides("saving")
        .shows("Claimed \"Refund for order 4417\". z undoes it.");
}

#[test]
fn second_claim_loses_and_says_who_won() {
    let mut play = Play::new(80, 24);
    play.settles = false;
    play.press("c").settle(lost_to_ben());
    play.shows("ben claimed \"Refund").hides("NEW  ana");
    play.now = data::ago(-60);
    play.wake(Timer::Notice);
    play.shows("ben claimed \"Refund");
    play.press("j").hides("ben claimed \"Refund");
    play.press("L").shows("ben claimed \"Refund");
}

#[test]
fn undo_is_a_new_change_and_says_so() {
    let mut play = Play::new(80, 24);
    play.press("c z");
    assert_eq!(play.changes(), [Change::Claim, Change::Release]);
    play.shows("Undone. Released");
    play.press("z").shows("There is nothing to undo.");
}

#[test]
fn undo_leaves_alone_what_somebody_changed_since() {
    let mut play = Play::new(80, 24);
    play.press("c");
    play.queue[0].owner = Some(data::agent("ben"));
    play.hear(News::Changed(vec![data::name(data::REFUND)]));
    play.press("z");
    assert_eq!(play.changes(), [Change::Claim]);
    play.shows("Somebody changed \"Refund");
}

#[test]
fn every_change_has_the_undo_that_restores_it() {
    let tags = |tags: &[&str]| -> BTreeSet<String> { tags.iter().map(|t| t.to_string()).collect() };
    for (keys, change, undo) in [
        ("c", Change::Claim, Change::Release),
        (
            "s w",
            Change::Status(Status::Waiting),
            Change::Status(Status::New),
        ),
        (
            "e k",
            Change::Status(Status::Done),
            Change::Status(Status::New),
        ),
        (
            "t Enter Esc",
            Change::Tag {
                add: tags(&[]),
                remove: tags(&["billing"]),
            },
            Change::Tag {
                add: tags(&["billing"]),
                remove: tags(&[]),
            },
        ),
        (
            "a b e n Enter",
            Change::Assign(data::agent("ben")),
            Change::Release,
        ),
    ] {
        let mut play = Play::new(80, 24);
        play.press(keys).press("z");
        assert_eq!(play.changes(), [change, undo], "{keys}");
    }
}

#[test]
fn marks_and_ranges_are_changed_together_and_undone_together() {
    for keys in ["x x x c", "v j j c"] {
        let mut play = Play::new(80, 24);
        play.press(keys);
        assert_eq!(play.changes().len(), 3, "{keys}");
        play.shows("Claimed 3 conversations. z undoes it.")
            .hides("marked");
        play.press("z");
        assert_eq!(play.changes().len(), 6, "{keys}");
    }
}

#[test]
fn done_moves_the_cursor_to_the_next_row() {
    let mut play = Play::new(80, 24);
    play.press("e");
    assert_eq!(play.changes(), [Change::Status(Status::Done)]);
    assert!(play.cursor_line().contains("Invoice shows wrong VAT"));
    play.press("Enter e");
    assert!(play.cursor_line().contains("Delivery failed"));
}

#[test]
fn what_somebody_owns_is_taken_over_only_with_a_reason() {
    let mut play = Play::new(80, 24);
    play.press("G k c")
        .shows("ben owns \"Login loop on mobile\"");
    play.press("A Enter");
    assert_eq!(play.changes(), []);
    play.type_text("he is ill").press("Enter");
    let reason = "he is ill".to_owned();
    assert_eq!(play.changes(), [Change::Steal { reason }]);
}

#[test]
fn pull_claims_the_longest_waiting_and_opens_it() {
    let mut play = Play::new(80, 24);
    play.press("2 P");
    assert_eq!(play.changes(), [Change::Claim]);
    play.shows("Could you refund that item");
}

#[test]
fn repeat_does_the_last_change_again() {
    let mut play = Play::new(80, 24);
    play.press("s w j .");
    assert_eq!(play.changes(), vec![Change::Status(Status::Waiting); 2]);
}

#[test]
fn snooze_asks_for_how_long() {
    let mut play = Play::new(80, 24);
    play.press("s z Enter");
    assert_eq!(play.changes(), [Change::Snooze(data::ago(-60))]);
}

#[test]
fn a_change_that_cannot_go_out_now_is_kept_and_said() {
    let mut play = Play::new(120, 36);
    play.settles = false;
    let trouble = Trouble::new(
        TroubleKind::Unreachable,
        "imap.acme.example does not answer.",
    );
    play.press("c").settle(Outcome::Queued(trouble));
    play.shows("Claimed").shows("ana");
}

#[test]
fn answers_to_questions_of_long_ago_are_ignored() {
    let mut play = Play::new(80, 24);
    let before = play.text();
    let page = Page {
        view: postroom::view::View::Queue,
        offset: 0,
        rows: Vec::new(),
        total: 0,
    };
    play.hear(News::Page(
        postroom::engine::api::Ticket(999_999),
        Box::new(page),
    ));
    let lost = News::Settled(
        postroom::engine::api::Ticket(999_999),
        data::name(data::REFUND),
        lost_to_ben(),
    );
    play.hear(lost);
    assert_eq!(play.text(), before);
}

#[test]
fn esc_goes_one_level_back_and_does_nothing_at_the_top() {
    let mut play = Play::new(80, 24);
    play.press("x Enter").hides("1 marked");
    play.press("Esc").shows("1 marked");
    play.press("Esc").hides("1 marked");
    let before = play.text();
    play.press("Esc Esc");
    assert_eq!(play.text(), before);
    assert!(!play.effects.contains(&Effect::Quit));
    play.press("q");
    assert!(play.effects.contains(&Effect::Quit));
}

#[test]
fn quitting_with_an_unsaved_note_asks() {
    let mut play = Play::new(80, 24);
    play.press("n").type_text("call her").press("Esc p q");
    assert!(!play.effects.contains(&Effect::Quit));
    play.shows("A note is not saved.");
    play.press("Esc n").shows("call her");
}

#[test]
fn a_paste_is_no_command() {
    let mut play = Play::new(80, 24);
    play.event(Event::Paste("ce".to_owned()));
    play.event(Event::Flood);
    assert_eq!(play.changes(), []);
    play.shows("looked like a paste");
}

#[test]
fn a_key_without_meaning_says_so() {
    let mut play = Play::new(80, 24);
    play.press("#").shows("# does nothing here.");
    play.press("g #").shows("g # does nothing here.");
}

#[test]
fn an_opened_conversation_counts_as_read_after_a_while() {
    let mut play = Play::new(80, 24);
    play.press("Enter");
    let wish = Effect::WakeAfter(Timer::Read, Duration::from_secs(2));
    assert!(play.effects.contains(&wish));
    play.wake(Timer::Read);
    let read = |r: &Request| matches!(r, Request::Read { read: true, .. });
    assert_eq!(play.asked.iter().filter(|r| read(r)).count(), 1);
}

#[test]
fn teammates_see_what_is_open_and_not_where_the_cursor_passes() {
    let mut play = Play::new(120, 36);
    play.press("j j");
    let looks = |play: &Play| {
        let look = |r: &Request| match r {
            Request::Look { at } => Some(at.clone().map(|(name, _)| name)),
            _ => None,
        };
        play.asked.iter().filter_map(look).collect::<Vec<_>>()
    };
    assert_eq!(looks(&play), []);
    play.press("g g Enter Esc");
    assert_eq!(looks(&play), [Some(data::name(data::REFUND)), None]);
}

#[test]
fn a_tag_that_does_not_exist_is_made_by_typing_it() {
    let mut play = Play::new(80, 24);
    play.press("t").type_text("#Urgent").shows("urgent  (new)");
    play.press("Enter");
    let add = ["urgent".to_owned()].into();
    let remove = BTreeSet::new();
    assert_eq!(play.changes(), [Change::Tag { add, remove }]);
    play.press("Esc t")
        .type_text("two words")
        .shows("nothing fits");
}

#[test]
fn who_takes_what_one_looks_at_is_said() {
    let mut play = Play::new(80, 24);
    play.press("Enter");
    play.queue[0].owner = Some(data::agent("bea"));
    play.hear(News::Changed(vec![data::name(data::REFUND)]));
    play.shows("bea owns this conversation now.")
        .shows("NEW, bea");
}

//! Lists: a window of rows, and a cursor that keeps its conversation.

use crate::screens::data;
use crate::screens::play::Play;
use postroom::engine::api::{News, Request};

#[test]
fn new_mail_never_moves_the_cursors_row() {
    let mut play = Play::new(80, 24);
    play.queue = (0..60)
        .map(|n| data::row(500 - n, "Somebody", &format!("mail {n:02}")))
        .collect();
    play.hear(News::Changed(Vec::new()));
    for _ in 0..30 {
        play.press("j");
    }
    let before = (play.picture().cursor, play.cursor_line());
    play.queue
        .insert(0, data::row(900, "Somebody", "older mail"));
    play.queue.insert(5, data::row(494, "Somebody", "old mail"));
    play.hear(News::Changed(Vec::new()));
    assert_eq!((play.picture().cursor, play.cursor_line()), before);
}

#[test]
fn the_cursor_follows_a_conversation_that_is_claimed() {
    let mut play = Play::new(80, 24);
    play.press("j c");
    let mut row = play.queue.remove(1);
    row.owner = Some(data::agent("ana"));
    play.handled.push(row);
    play.hear(News::Changed(Vec::new()));
    assert!(play.cursor_line().contains("Invoice shows wrong VAT"));
    play.shows("Being handled").shows("Refund for order 4417");
}

#[test]
fn when_a_conversation_leaves_the_cursor_stays_where_it_was() {
    let mut play = Play::new(80, 24);
    play.press("j");
    play.queue.remove(1);
    play.hear(News::Changed(Vec::new()));
    assert!(play.cursor_line().contains("Delivery failed"));
}

#[test]
fn only_what_is_shown_and_a_screen_on_each_side_is_asked_for() {
    let rows = (0..5000)
        .map(|n| data::row(n, "Somebody", &format!("mail {n}")))
        .collect();
    let mut play = Play::with(80, 24, rows, Vec::new());
    play.press("G");
    play.shows("mail 4999");
    play.press("PgUp PgUp PgUp PgUp g g j");
    play.shows("mail 0");
    for request in &play.asked {
        if let Request::Rows { limit, .. } = request {
            assert!(*limit <= 60, "{request:?}");
        }
    }
}

#[test]
fn views_are_switched_by_number_and_by_letter() {
    let mut play = Play::new(80, 24);
    for (keys, row) in [
        ("2", "Login loop"),
        ("g q", "Refund"),
        ("4", "Refund"),
        ("g m", "Login"),
    ] {
        play.press(keys).shows(row);
    }
}

#[test]
fn search_results_open_in_place_and_esc_brings_the_list_back() {
    let mut play = Play::new(80, 24);
    play.press("j j").press("/").type_text("claim number");
    play.wake(postroom::tui::app::Timer::Query);
    play.shows("your claim number is 8812")
        .hides("Bulk discount?");
    play.press("Down Enter").shows("Could you refund");
    play.press("Esc").shows("your claim number");
    play.press("Esc").shows("Bulk discount?");
    assert!(play.cursor_line().contains("Delivery failed"));
}

#[test]
fn the_palette_runs_what_it_shows_and_finds_conversations() {
    let mut play = Play::new(120, 36);
    play.press(":").type_text("clai").shows("Claim");
    play.press("Enter").shows("Claimed \"Refund");
    play.press("Ctrl-P").type_text("vat");
    play.wake(postroom::tui::app::Timer::Query);
    play.shows("Conversations").shows("Invoice shows wrong VAT");
}

#[test]
fn a_window_too_small_says_so_and_goes_on() {
    let mut play = Play::new(80, 24);
    play.resize(30, 5);
    play.shows("window too small").press("c");
    assert_eq!(play.changes(), []);
    play.resize(80, 24);
    play.shows("Refund for order 4417");
}

#[test]
fn the_palette_chooses_what_can_be_run_before_what_cannot() {
    let mut play = Play::new(120, 36);
    play.press(":").type_text("kettle");
    play.wake(postroom::tui::app::Timer::Query);
    play.shows("> Refund for order 4417").hides("Postpone");
    play.press("Esc :")
        .type_text("release")
        .shows("(nobody owns it)");
    play.press("Enter");
    assert_eq!(play.changes(), []);
    play.shows("nobody owns it");
}

//! One picture of every screen at the sizes people use.

use crate::screens::data;
use crate::screens::play::Play;
use postroom::clock::Timestamp;
use postroom::engine::api::{News, Progress, Stage};
use postroom::team::gate::{Obstacle, Seen};
use postroom::tui::app::Timer;
use postroom::tui::ui::{Palette, Theme};

const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (40, 12)];

const REPLY: &str = "Hi Mia,\n\nthank you for the photo. I have refunded the second box; you will \
see 18.40 EUR on your card within three days.\n\nKind regards,\nAna";

/// Takes a picture at each size after the same keys.
fn shoot(name: &str, prepare: impl Fn(&mut Play)) {
    for (width, height) in SIZES {
        let mut play = Play::new(width, height);
        prepare(&mut play);
        let name = format!("{name}_{width}x{height}");
        insta::assert_snapshot!(name, play.picture().full());
    }
}

fn write(play: &mut Play) {
    play.press("r").type_text(REPLY).wake(Timer::DraftPause);
}

fn blocked(play: &mut Play) {
    write(play);
    play.ben_answers();
    play.press("Esc y");
    play.outgoing(Stage::Blocked {
        obstacles: vec![Obstacle::Answered {
            by: Some(data::agent("ben")),
            message_id: "m4@mail.example".to_owned(),
            at: data::ago(1),
        }],
        now: Box::new(Seen::default()),
        owner: None,
        sentence: "Not sent: ben answered \"Refund for order 4417\" a minute ago.".to_owned(),
    });
}

#[test]
fn queue() {
    shoot("queue", |_| {});
}

#[test]
fn queue_without_colours_and_with_ascii_lines() {
    let mut play = Play::new(120, 36);
    play.theme = Theme::new(Palette::Mono, true);
    insta::assert_snapshot!("queue_mono_ascii", play.picture().full());
}

#[test]
fn first_sync() {
    let mut play = Play::with(80, 24, Vec::new(), Vec::new());
    play.hear(News::Progress(Progress {
        folder: "INBOX".to_owned(),
        done: 1200,
        total: 10_000,
    }));
    insta::assert_snapshot!("first_sync_80x24", play.picture().full());
}

#[test]
fn thread() {
    shoot("thread", |play| {
        let mut thread = data::thread(&play.queue[0]);
        thread
            .notes
            .push(data::note(20, "ben", "She called as well; be quick."));
        play.thread = Some(thread);
        play.press("Enter");
    });
}

#[test]
fn marks() {
    shoot("marks", |play| {
        play.press("x x j v j");
    });
}

#[test]
fn pending_change() {
    shoot("pending", |play| {
        play.settles = false;
        play.press("c j c");
    });
}

#[test]
fn reply() {
    shoot("reply", write);
}

#[test]
fn review() {
    shoot("review", |play| {
        write(play);
        play.press("Esc");
    });
}

#[test]
fn reply_that_somebody_was_faster_with() {
    shoot("blocked", blocked);
}

#[test]
fn reason_for_sending_anyway() {
    shoot("reason", |play| {
        blocked(play);
        play.press("Y").type_text("she asked for both");
    });
}

#[test]
fn sending() {
    shoot("sending", |play| {
        write(play);
        play.press("Esc y");
        let until = Timestamp::from_second(data::now().as_second() + 8).unwrap();
        play.outgoing(Stage::Held { until });
    });
}

#[test]
fn note() {
    shoot("note", |play| {
        play.press("n").type_text("She called as well; be quick.");
    });
}

#[test]
fn palette() {
    shoot("palette", |play| {
        play.press(":").type_text("claim").wake(Timer::Query);
    });
}

#[test]
fn help() {
    shoot("help", |play| {
        play.press("?");
    });
}

#[test]
fn assign() {
    shoot("assign", |play| {
        play.press("j j j j j j j x x a").type_text("be");
    });
}

#[test]
fn keys_after_a_first_one() {
    shoot("which_key", |play| {
        play.press("s").wake(Timer::WhichKey);
    });
}

#[test]
fn search() {
    shoot("search", |play| {
        play.press("/").type_text("claim").wake(Timer::Query);
    });
}

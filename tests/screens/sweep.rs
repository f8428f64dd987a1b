//! Every screen at many sizes with the worst names: nothing panics, nothing is drawn outside,
//! nothing that steers a terminal gets into a cell, and the cursor is inside.

use crate::screens::data;
use crate::screens::play::Play;
use postroom::mail::{Address, Remote};
use postroom::tui::app::Timer;
use postroom::view::Row;

/// Text that has broken terminals and widths.
const HOSTILE: [&str; 7] = [
    "\u{1b}]52;c;cm0gLXJm\u{7}\u{1b}[2J\u{9b}31m",
    "\u{202e}gnp.exe\u{202c} \u{2066}x\u{2069}",
    "日本語の件名がとても長くて入りきらない場合",
    "👩‍👩‍👧‍👦 family 👍🏽 🇩🇪",
    "a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "שלום עולם مرحبا بالعالم",
    "\r\nBcc: x@y\u{0}\u{200b}\u{feff}\t",
];

const WIDTHS: [u16; 11] = [0, 1, 7, 39, 40, 59, 60, 80, 100, 117, 200];
const HEIGHTS: [u16; 7] = [0, 1, 7, 8, 14, 24, 50];

/// Keys that lead to each screen.
const SCREENS: [&str; 15] = [
    "",
    "Enter",
    "Enter = Space",
    "r",
    "r Esc",
    "n",
    "n x Esc",
    ":",
    "? c l",
    "a",
    "t",
    "o",
    "L",
    "/",
    "x v j",
];

fn hostile_rows(count: usize) -> Vec<Row> {
    let text = |n: usize| HOSTILE[n % HOSTILE.len()];
    (0..count)
        .map(|n| {
            let mut row = data::row(
                i64::try_from(n).unwrap(),
                text(n),
                &format!("{n} {}", text(n + 1)),
            );
            row.from = Address::new(text(n), text(n + 2));
            row.tags = [text(n + 3).to_owned()].into();
            row.unread = 1;
            row
        })
        .collect()
}

fn hostile_play() -> Play {
    let mut play = Play::with(80, 24, hostile_rows(12), hostile_rows(3));
    let mut thread = data::thread(&play.queue[0]);
    thread.row = play.queue[0].clone();
    let body = HOSTILE.join("\n> ").repeat(5);
    for message in &mut thread.messages {
        message.text = Remote::new(body.clone());
        message.from = vec![Address::new(HOSTILE[0], HOSTILE[1])];
        for attachment in &mut message.attachments {
            attachment.name = Remote::new("../../\u{202e}etc\u{1b}[0m");
        }
    }
    thread.notes.push(data::note(3, "ben", HOSTILE[1]));
    play.thread = Some(thread);
    play
}

fn is_harmless(symbol: &str) -> bool {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || matches!(c, '\u{200b}' | '\u{feff}' | '\u{2060}')
    };
    !symbol.chars().any(steers) && symbol.chars().count() <= 10
}

#[test]
fn every_screen_survives_every_size_and_the_worst_names() {
    for keys in SCREENS {
        let mut play = hostile_play();
        if !keys.is_empty() {
            play.press(keys);
        }
        play.wake(Timer::WhichKey);
        for width in WIDTHS {
            for height in HEIGHTS {
                if width == 0 || height == 0 {
                    play.resize(width, height);
                    continue;
                }
                play.resize(width, height);
                let picture = play.picture();
                let at = format!("{keys:?} at {width}x{height}");
                assert!(
                    picture.cursor.x < width && picture.cursor.y < height,
                    "{at}"
                );
                for cell in picture.buffer.content() {
                    assert!(is_harmless(cell.symbol()), "{:?} in {at}", cell.symbol());
                }
            }
        }
    }
}

//! What is said at the bottom of the screen, and the log of it.

use crate::clock::Timestamp;
use std::collections::VecDeque;
use std::time::Duration;

/// A success is shown this long.
pub const SHOWN: Duration = Duration::from_secs(4);
/// Notices kept for the log.
const KEPT: usize = 500;

/// How important a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Goes away by itself.
    Good,
    /// Stays until a key is pressed.
    Bad,
}

/// One notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its tone.
    pub tone: Tone,
    /// One printable sentence.
    pub text: String,
    /// When it was said, last.
    pub at: Timestamp,
    /// How often in a row.
    pub times: u32,
}

/// The notice on the screen and the earlier ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notices {
    shown: bool,
    log: VecDeque<Notice>,
}

impl Notices {
    /// Says something. An error on the screen is not covered by a success, only logged after it.
    pub fn say(&mut self, at: Timestamp, tone: Tone, text: String) {
        let covered = self.current().is_some_and(|now| now.tone > tone);
        if let Some(last) = self
            .log
            .front_mut()
            .filter(|n| n.text == text && n.tone == tone)
        {
            last.times += 1;
            last.at = at;
            self.shown = true;
            return;
        }
        let new = Notice {
            tone,
            text,
            at,
            times: 1,
        };
        self.log.truncate(KEPT - 1);
        if covered {
            self.log.insert(1, new);
        } else {
            self.log.push_front(new);
            self.shown = true;
        }
    }

    /// The notice on the screen.
    pub fn current(&self) -> Option<&Notice> {
        self.log.front().filter(|_| self.shown)
    }

    /// A key was pressed: errors have been seen.
    pub fn key_pressed(&mut self) {
        if self.current().is_some_and(|n| n.tone == Tone::Bad) {
            self.shown = false;
        }
    }

    /// Time has passed: successes go.
    pub fn time_passed(&mut self, now: Timestamp) {
        let old = |n: &Notice| {
            let age = now.as_millisecond().saturating_sub(n.at.as_millisecond());
            n.tone == Tone::Good && u128::try_from(age).is_ok_and(|ms| ms >= SHOWN.as_millis())
        };
        if self.current().is_some_and(old) {
            self.shown = false;
        }
    }

    /// All kept notices, newest first.
    pub fn log(&self) -> impl Iterator<Item = &Notice> {
        self.log.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    #[test]
    fn successes_go_by_themselves_and_errors_wait_for_a_key() {
        let mut notices = Notices::default();
        notices.say(at(0), Tone::Good, "claimed".into());
        notices.key_pressed();
        assert!(notices.current().is_some());
        notices.time_passed(at(3));
        assert!(notices.current().is_some());
        notices.time_passed(at(4));
        assert_eq!(notices.current(), None);

        notices.say(at(5), Tone::Bad, "ben was faster".into());
        notices.time_passed(at(500));
        notices.say(at(501), Tone::Good, "saved".into());
        assert_eq!(notices.current().unwrap().text, "ben was faster");
        notices.key_pressed();
        assert_eq!(notices.current(), None);
        assert_eq!(notices.log().count(), 3);
    }

    #[test]
    fn the_same_sentence_again_is_counted() {
        let mut notices = Notices::default();
        for second in 0..3 {
            notices.say(at(second), Tone::Bad, "offline".into());
        }
        assert_eq!(notices.current().unwrap().times, 3);
        assert_eq!(notices.log().count(), 1);
    }
}

//! Days as people write them.

use crate::clock::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::fmt;

/// A day, fixed or counted back from today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// `2026-11-23`.
    Date(Date),
    /// `today`.
    Today,
    /// `yesterday`.
    Yesterday,
    /// `7d`: so many days before today; weeks (`2w`) are read as days.
    Ago(u16),
}

impl Day {
    /// The words that stand for days.
    pub const WORDS: [&str; 2] = ["today", "yesterday"];

    /// Reads one.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "today" => return Some(Day::Today),
            "yesterday" => return Some(Day::Yesterday),
            _ => {}
        }
        if let Some(days) = text.strip_suffix('d') {
            return number(days).map(Day::Ago);
        }
        if let Some(weeks) = text.strip_suffix('w') {
            return number(weeks)?.checked_mul(7).map(Day::Ago);
        }
        // Jiff reads more than ISO 8601 dates; exactly ten characters keeps it to YYYY-MM-DD.
        (text.len() == 10).then(|| text.parse().ok().map(Day::Date))?
    }

    /// When it begins in a time zone; the end of time when the calendar does not hold it.
    pub fn start(self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        let today = now.to_zoned(zone.clone()).date();
        let back = |days: u16| today.checked_sub(i64::from(days).days()).ok();
        let date = match self {
            Day::Date(date) => Some(date),
            Day::Today => Some(today),
            Day::Yesterday => back(1),
            Day::Ago(days) => back(days),
        };
        date.and_then(|d| d.to_zoned(zone.clone()).ok())
            .map_or(Timestamp::MIN, |z| z.timestamp())
    }
}

fn number(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Day::Date(date) => write!(f, "{date}"),
            Day::Today => f.write_str("today"),
            Day::Yesterday => f.write_str("yesterday"),
            Day::Ago(days) => write!(f, "{days}d"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_midnight_of_the_zone() {
        let now: Timestamp = "2026-11-23T01:30:00Z".parse().unwrap();
        let madrid = TimeZone::get("Europe/Madrid").unwrap();
        let cases = [
            ("today", "2026-11-22T23:00:00Z"),
            ("yesterday", "2026-11-21T23:00:00Z"),
            ("7d", "2026-11-15T23:00:00Z"),
            ("1w", "2026-11-15T23:00:00Z"),
            ("2026-07-01", "2026-06-30T22:00:00Z"),
        ];
        for (text, expected) in cases {
            let start = Day::parse(text).unwrap().start(now, &madrid);
            assert_eq!(start.to_string(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "d",
            "-1d",
            "99999d",
            "2026-13-01",
            "2026-1-1",
            "tomorrow",
            "+7d",
        ] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }
}

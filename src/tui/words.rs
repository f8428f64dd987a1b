//! Times, sizes and states in the few words a screen has room for.

use crate::clock::Timestamp;
use crate::team::Status;
use jiff::tz::TimeZone;

/// How long ago, in at most four columns: `58m`, `2h14`, `3d`.
pub fn age(now: Timestamp, then: Timestamp) -> String {
    let minutes = now.as_second().saturating_sub(then.as_second()).max(0) / 60;
    match minutes {
        0 => "now".to_owned(),
        1..=59 => format!("{minutes}m"),
        60..=599 if minutes % 60 == 0 => format!("{}h", minutes / 60),
        60..=599 => format!("{}h{:02}", minutes / 60, minutes % 60),
        600..=2879 => format!("{}h", minutes / 60),
        2880..=1_439_999 => format!("{}d", minutes / 1440),
        _ => "old".to_owned(),
    }
}

/// The time of day, `14:07`.
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M").to_string()
}

/// A point in time as near readers need it: `Tue 11:52`, `3 Mar 11:52`, `3 Mar 2025`.
pub fn when(now: Timestamp, at: Timestamp, zone: &TimeZone) -> String {
    let days = now.as_second().saturating_sub(at.as_second()) / 86_400;
    let zoned = at.to_zoned(zone.clone());
    let form = match days {
        0..=5 => "%a %H:%M",
        6..=300 => "%-d %b %H:%M",
        _ => "%-d %b %Y",
    };
    zoned.strftime(form).to_string()
}

/// A point in time in at most six columns: `11:52` today, `Tue`, `20 Nov`.
pub fn day(now: Timestamp, at: Timestamp, zone: &TimeZone) -> String {
    let (now, at) = (now.to_zoned(zone.clone()), at.to_zoned(zone.clone()));
    let days = now
        .timestamp()
        .as_second()
        .saturating_sub(at.timestamp().as_second())
        / 86_400;
    let form = match days {
        _ if now.date() == at.date() => "%H:%M",
        0..=5 => "%a",
        6..=300 => "%-d %b",
        _ => "%b %y",
    };
    at.strftime(form).to_string()
}

/// A size such as `812 KB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..=999 => format!("{bytes} B"),
        1000..=999_999 => format!("{} KB", bytes / 1000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// The status as lists show it, four columns.
pub fn status(status: Status, snoozed: bool) -> &'static str {
    match status {
        _ if snoozed => "SNZ",
        Status::New => "NEW",
        Status::Open => "OPEN",
        Status::Waiting => "WAIT",
        Status::Done => "DONE",
        Status::Spam => "SPAM",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_fit_into_four_columns() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        for (minutes, word) in [
            (0, "now"),
            (4, "4m"),
            (58, "58m"),
            (60, "1h"),
            (110, "1h50"),
            (134, "2h14"),
            (601, "10h"),
            (2880, "2d"),
            (1_000_000, "694d"),
            (9_000_000, "old"),
            (-5, "now"),
        ] {
            let then = Timestamp::from_second(1_800_000_000 - minutes * 60).unwrap();
            assert_eq!(age(now, then), word);
            assert!(age(now, then).len() <= 4);
        }
    }

    #[test]
    fn days_near_now_are_named() {
        let zone = TimeZone::UTC;
        let now: Timestamp = "2026-03-03T14:06:00Z".parse().unwrap();
        for (at, word) in [
            ("2026-03-03T11:52:00Z", "Tue 11:52"),
            ("2026-02-20T11:52:00Z", "20 Feb 11:52"),
            ("2024-02-20T11:52:00Z", "20 Feb 2024"),
        ] {
            assert_eq!(when(now, at.parse().unwrap(), &zone), word);
        }
    }
}

//! The only caller of the system clock and of sleep.
//!
//! Wall time ([`now`]) is shown to people and stored; it never decides anything. Deadlines and
//! back-off use [`monotonic`] time. The core layers take times as arguments and read no clock.

#![allow(clippy::disallowed_methods)]

use std::future::Future;
use std::time::{Duration, Instant};

pub use jiff::Timestamp;

/// A wait that ran past its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no answer within {0:?}")]
pub struct Elapsed(pub Duration);

/// Wall time, to the second's fraction the platform gives.
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Time that never jumps; only differences mean anything.
pub fn monotonic() -> Instant {
    Instant::now()
}

/// Waits.
pub async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Waits until a point in monotonic time; returns at once when it has passed.
pub async fn sleep_until(at: Instant) {
    tokio::time::sleep_until(at.into()).await;
}

/// Runs `work` for at most `limit`; on [`Elapsed`] the work has been dropped.
pub async fn deadline<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, Elapsed> {
    tokio::time::timeout(limit, work)
        .await
        .map_err(|_| Elapsed(limit))
}

/// Where days begin for the person who looks.
pub fn zone() -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::system()
}

//! Headless: keeps the cache in step with the server until it is told to stop.
//!
//! The log says what happens without a word of mail. Lost connections are the engine's business;
//! this front end ends only when it is told to, when the first sign-in is refused, because trying
//! the same password for ever locks accounts, or when the engine cannot go on.

use crate::engine::api::{Link, News, Progress, Trouble, TroubleKind};
use crate::engine::{Handle, Setup};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Stays until SIGTERM or SIGINT, which is a good end.
///
/// # Errors
/// When the engine cannot start, when the first sign-in is refused, or when the engine ends.
pub async fn run(setup: Setup) -> Result<(), Trouble> {
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut engine = tokio::select! {
        engine = Handle::start(setup) => engine?,
        _ = terminate.recv() => return Ok(()),
        _ = interrupt.recv() => return Ok(()),
    };
    tracing::info!(writes_cache = engine.is_writer(), "started");
    let mut watch = Watch::default();
    let ended = loop {
        tokio::select! {
            biased;
            _ = terminate.recv() => break Ok(()),
            _ = interrupt.recv() => break Ok(()),
            news = engine.news() => match news {
                Some(news) => if let Err(trouble) = watch.hear(&news) {
                    break Err(trouble);
                },
                None => break Err(Trouble::new(TroubleKind::Other, "the engine stopped")),
            },
        }
    };
    tracing::info!("stopping");
    engine.finish().await;
    ended
}

fn listen(kind: SignalKind) -> Result<Signal, Trouble> {
    signal(kind).map_err(|why| {
        Trouble::new(
            TroubleKind::Other,
            format!("cannot listen for signals: {why}"),
        )
    })
}

/// What was heard so far, as far as the log needs it.
#[derive(Debug, Default)]
struct Watch {
    was_online: bool,
    tenth: usize,
}

impl Watch {
    /// Logs one piece of news; an error ends the run.
    fn hear(&mut self, news: &News) -> Result<(), Trouble> {
        match news {
            News::Link(Link::Online(_)) => {
                self.was_online = true;
                tracing::info!("in step with the server");
            }
            News::Link(Link::Offline { trouble, retry }) => {
                if trouble.kind == TroubleKind::SignIn && !self.was_online {
                    return Err(trouble.clone());
                }
                let retry = retry.map(|at| at.to_string());
                tracing::warn!(why = trouble.sentence, retry, "not connected");
            }
            News::Link(Link::Connecting) => tracing::debug!("connecting"),
            News::Progress(progress) => self.progress(progress),
            News::Changed(names) => tracing::info!(conversations = names.len(), "changed"),
            News::Synced(Ok(summary)) => tracing::info!(new = summary.new, "synced"),
            News::Synced(Err(trouble)) => tracing::warn!(why = trouble.sentence, "not synced"),
            // Other news answers a person, and nobody asked; notices may quote mail.
            _ => {}
        }
        Ok(())
    }

    /// One line for each tenth of a long sync.
    fn progress(&mut self, progress: &Progress) {
        let tenth = progress.done.saturating_mul(10) / progress.total.max(1);
        if tenth != self.tenth {
            self.tenth = tenth;
            let Progress { done, total, .. } = progress;
            tracing::info!(done, total, "fetching");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offline(kind: TroubleKind) -> News {
        News::Link(Link::Offline {
            trouble: Trouble::new(kind, "no"),
            retry: None,
        })
    }

    #[test]
    fn only_the_first_sign_in_may_end_it() {
        let mut watch = Watch::default();
        assert_eq!(watch.hear(&offline(TroubleKind::Unreachable)), Ok(()));
        assert!(watch.hear(&offline(TroubleKind::SignIn)).is_err());
        let online = News::Link(Link::Online(crate::clock::Timestamp::UNIX_EPOCH));
        assert_eq!(watch.hear(&online), Ok(()));
        assert_eq!(watch.hear(&offline(TroubleKind::SignIn)), Ok(()));
    }
}

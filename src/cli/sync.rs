//! `sync`: the cache in step with the server, once.

use super::exit::Failure;
use super::out::{Out, Style};
use super::session::{Session, Talk};
use crate::engine::api::{News, Progress, Request, Summary};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

/// One line of `sync --json`.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum SyncRecord<'a> {
    /// How far it is.
    Progress {
        /// The folder.
        folder: &'a str,
        /// Messages here.
        done: usize,
        /// Messages on the server.
        total: usize,
    },
    /// The cache equals the server.
    Synced(&'a Summary),
}

/// Syncs and says what changed.
pub async fn sync<T: Talk>(session: &mut Session<'_, T>) -> Result<(), Failure> {
    let bar = bar(session.out);
    session.send(Request::SyncNow).await;
    let summary = loop {
        match session.next().await? {
            News::Progress(progress) => show(session.out, &bar, &progress)?,
            News::Synced(result) => break result,
            _ => {}
        }
    };
    bar.finish_and_clear();
    let summary = summary?;
    if session.out.json() {
        return session.out.record(&SyncRecord::Synced(&summary));
    }
    session.out.remark(Style::Plain, &sentence(&summary));
    Ok(())
}

/// Drawn on standard error, and only when that is a terminal.
fn bar(out: &Out) -> ProgressBar {
    if out.json() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} {per_sec} {eta}");
    match style {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}

fn show(out: &mut Out, bar: &ProgressBar, progress: &Progress) -> Result<(), Failure> {
    let Progress {
        folder,
        done,
        total,
    } = progress;
    if out.json() {
        return out.record(&SyncRecord::Progress {
            folder,
            done: *done,
            total: *total,
        });
    }
    bar.set_prefix(folder.clone());
    bar.set_length(*total as u64);
    bar.set_position(*done as u64);
    Ok(())
}

fn sentence(summary: &Summary) -> String {
    let mut changes = Vec::new();
    for (count, what) in [
        (summary.new, "new"),
        (summary.gone, "gone"),
        (summary.flags, "with other flags"),
    ] {
        if count > 0 {
            changes.push(format!("{count} {what}"));
        }
    }
    if changes.is_empty() {
        changes.push("nothing new".to_owned());
    }
    format!(
        "in step with the server: {} messages ({}), {} team events",
        summary.messages,
        changes.join(", "),
        summary.events
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::exit::Exit;
    use crate::cli::out::tests::caught;
    use crate::cli::session::tests::{Script, now};
    use crate::engine::api::{Trouble, TroubleKind};

    fn progress() -> News {
        News::Progress(Progress {
            folder: "INBOX".to_owned(),
            done: 5,
            total: 9,
        })
    }

    #[test]
    fn progress_and_summary_are_json_lines() {
        let summary = Summary {
            messages: 9,
            new: 4,
            ..Summary::default()
        };
        let mut script = Script::new([progress(), News::Synced(Ok(summary))]);
        let (mut out, results, _) = caught(true, false);
        now(sync(&mut Session::new(&mut script, &mut out))).unwrap();
        let text = results.text();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines[0]["event"], "progress");
        assert_eq!(lines[0]["total"], 9);
        assert_eq!(lines[1]["event"], "synced");
        assert_eq!(lines[1]["messages"], 9);
    }

    #[test]
    fn people_read_a_sentence() {
        let summary = Summary {
            messages: 9,
            new: 4,
            gone: 1,
            ..Summary::default()
        };
        let expected = "in step with the server: 9 messages (4 new, 1 gone), 0 team events";
        assert_eq!(sentence(&summary), expected);
        assert!(sentence(&Summary::default()).contains("nothing new"));
    }

    #[test]
    fn a_sync_that_fails_ends_with_the_code_of_its_cause() {
        let trouble = Trouble::new(TroubleKind::SignIn, "no");
        let mut script = Script::new([progress(), News::Synced(Err(trouble))]);
        let (mut out, _, _) = caught(false, false);
        let ended = now(sync(&mut Session::new(&mut script, &mut out)));
        assert_eq!(ended.unwrap_err().exit, Exit::SignIn);
    }
}

//! `check`: what this server can do, and which promises hold on it.

use super::exit::Failure;
use super::out::{Line, Out, Style};
use crate::engine::CheckReport;

/// Prints a report.
pub fn print(out: &mut Out, report: &CheckReport) -> Result<(), Failure> {
    if out.json() {
        return out.record(report);
    }
    let heading = Line::default()
        .put(Style::Strong, &report.mailbox)
        .text(&format!(
            ": both servers answered and signed in; level {}",
            report.level
        ));
    out.line(&heading)?;
    for (role, folder) in &report.folders {
        out.line(&Line::default().column(Style::Faint, role, 8).text(folder))?;
    }
    for guarantee in &report.guarantees {
        let (style, word) = match guarantee.holds {
            true => (Style::Plain, "yes"),
            false => (Style::Warn, "no"),
        };
        let line = Line::default()
            .column(style, word, 3)
            .column(Style::Strong, guarantee.name, 26)
            .text(guarantee.meaning);
        out.line(&line)?;
    }
    for (server, words) in [("IMAP", &report.imap), ("SMTP", &report.smtp)] {
        let line = Line::default()
            .column(Style::Faint, server, 4)
            .text(&words.join(" "));
        out.line(&line)?;
    }
    Ok(())
}

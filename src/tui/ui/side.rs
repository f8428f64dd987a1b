//! The side panel: owner, viewers, status, customer, history.

use super::paint::Paint;
use crate::team::Grade;
use crate::tui::app::{App, is_snoozed, name_of};
use crate::tui::layout::Area;
use crate::tui::{text, words};

/// Draws the panel for the conversation that is shown.
pub fn draw(app: &App, paint: &mut Paint<'_>, area: Area) {
    let Some(row) = app.current().map(|row| app.shown(row)) else {
        return;
    };
    let theme = paint.theme;
    let mut y = 0;
    let mut say = |paint: &mut Paint<'_>, key: &str, value: &str| {
        let line = area.line(y);
        paint.put(line, 0, key, theme.quiet());
        paint.put(
            line,
            if key.is_empty() { 0 } else { 9 },
            value,
            theme.text(),
        );
        y += 1;
    };
    let owner = row.owner.as_ref().map_or("nobody", |owner| owner.as_str());
    say(paint, "Owner", owner);
    for presence in row.presence.iter().filter(|p| p.agent != app.options.me) {
        let key = match presence.grade {
            Grade::Writing => "Replying",
            Grade::Reading => "Viewing",
        };
        say(paint, key, presence.agent.as_str());
    }
    say(
        paint,
        "Status",
        words::status(row.status, is_snoozed(&row, app.now)),
    );
    if let Some(since) = row.waiting_since {
        say(paint, "Waiting", &words::age(app.now, since));
    }
    if !row.tags.is_empty() {
        let tags: Vec<&str> = row.tags.iter().map(String::as_str).collect();
        say(
            paint,
            "Tags",
            crate::mail::clean::line(&tags.join(" ")).as_str(),
        );
    }
    say(paint, "Id", row.id.as_str());
    say(paint, "", "");
    say(paint, "Customer", "");
    say(paint, "", &name_of(&row.from));
    if !row.from.name.is_empty() {
        say(paint, "", row.from.address.line().as_str());
    }
    history(app, paint, area.below(y));
}

fn history(app: &App, paint: &mut Paint<'_>, area: Area) {
    let name = app.current().map(|row| &row.name);
    let Some(pane) = app
        .pane
        .as_ref()
        .filter(|p| Some(&p.thread.row.name) == name)
    else {
        return;
    };
    let theme = paint.theme;
    let (all, open) = pane.thread.customer;
    let others = match all {
        0 => "first conversation".to_owned(),
        _ => format!("{all} earlier, {open} open"),
    };
    paint.put(area, 0, &others, theme.text());
    let area = area.below(2);
    paint.put(area, 0, "History", theme.quiet());
    let area = area.below(1);
    let mut lines = Vec::new();
    for (at, what) in app.history() {
        let at = words::day(app.now, at, &app.options.zone);
        let pieces = text::wrap(&what, usize::from(area.width.saturating_sub(7)));
        for (number, piece) in pieces.into_iter().enumerate() {
            let at = if number == 0 { at.as_str() } else { "" };
            lines.push(format!("{at:<6} {piece}"));
        }
    }
    let skip = lines.len().saturating_sub(usize::from(area.height));
    for (number, line) in (0..area.height).zip(lines.iter().skip(skip)) {
        paint.put(area.line(number), 0, line, theme.text());
    }
}

//! The open conversation.

use super::paint::Paint;
use super::theme::Theme;
use crate::team::Grade;
use crate::tui::app::{App, Focus, HEAD, Pane, ProseKind, ProseLine, Target, is_snoozed};
use crate::tui::layout::Area;
use crate::tui::{text, words};
use ratatui::style::Style;

/// Draws subject, state and text.
pub fn draw(app: &App, paint: &mut Paint<'_>, area: Area) {
    paint.hit(area, Target::Thread);
    let Some(pane) = shown_pane(app) else {
        let words = match app.focus {
            Focus::Thread => "Opening...",
            Focus::List => "",
        };
        paint.put(area, 0, words, paint.theme.quiet());
        if app.focus == Focus::Thread {
            paint.cursor(area, 0);
        }
        return;
    };
    head(app, pane, paint, area);
    let body = area.below(HEAD);
    let lines = pane.prose.lines.get(pane.scroll..).unwrap_or_default();
    for (number, line) in (0..body.height).zip(lines) {
        draw_line(paint, body.line(number), line);
    }
    if app.focus == Focus::Thread {
        let at = pane.cursor_line().saturating_sub(pane.scroll);
        let line = body.line(u16::try_from(at).unwrap_or(0));
        paint.cursor(line, 0);
        let own = lines.get(at).is_some_and(|l| is_head(l.kind));
        if own && pane.prose.starts.len() > 1 {
            paint.style(line, paint.theme.selected());
        }
    }
}

/// One line of a conversation, also beside a reply.
pub fn draw_line(paint: &mut Paint<'_>, area: Area, line: &ProseLine) {
    let style = style_of(line.kind, paint.theme);
    let right = match line.right.is_empty() {
        true => area.width,
        false => paint
            .put_right(area, &line.right, paint.theme.quiet())
            .saturating_sub(1),
    };
    let left = Area {
        width: right,
        ..area
    };
    paint.put(left, 0, &line.left, style);
}

/// The conversation to show: on a wide screen the one under the cursor.
fn shown_pane(app: &App) -> Option<&Pane> {
    let pane = app.pane.as_ref()?;
    let current = app.list.current().map(|row| &row.name);
    let stale = app.focus == Focus::List && current != Some(&pane.thread.row.name);
    (!stale).then_some(pane)
}

fn head(app: &App, pane: &Pane, paint: &mut Paint<'_>, area: Area) {
    let theme = paint.theme;
    let shown = app.shown(&pane.thread.row);
    let row = shown.as_ref();
    let status = words::status(row.status, is_snoozed(row, app.now));
    let owner = match &row.owner {
        Some(owner) if *owner == app.options.me => format!("{status}, yours"),
        Some(owner) => format!("{status}, {owner}"),
        None => status.to_owned(),
    };
    let right = paint.put_right(area.line(0), &owner, theme.strong());
    let left = Area {
        width: right.saturating_sub(1),
        ..area.line(0)
    };
    paint.put(left, 0, row.subject.line().as_str(), theme.strong());
    let mut parts = vec![text::count(
        pane.thread.messages.len(),
        "message",
        "messages",
    )];
    if let Some(since) = row.waiting_since {
        parts.push(format!("waiting {}", words::age(app.now, since)));
    }
    if !row.tags.is_empty() {
        let tags: Vec<&str> = row.tags.iter().map(String::as_str).collect();
        let tags = crate::mail::clean::line(&tags.join(" "));
        parts.push(format!("tag: {tags}"));
    }
    let others = row.presence.iter().filter(|p| p.agent != app.options.me);
    parts.extend(others.map(|p| match p.grade {
        Grade::Writing => format!("{} is replying", p.agent),
        Grade::Reading => format!("{} is reading", p.agent),
    }));
    if let Some(doing) = app.doing(&row.name) {
        parts.push(format!("{doing}..."));
    }
    paint.put(area.line(1), 0, &parts.join("   "), theme.text());
    let rule = area.line(HEAD.saturating_sub(1));
    paint.rule(rule);
    let shown = pane.scroll.saturating_add(pane.height());
    let below = pane.prose.lines.len().saturating_sub(shown);
    let mut more = Vec::new();
    if pane.scroll > 0 {
        more.push(format!("{} above", pane.scroll));
    }
    if below > 0 {
        more.push(format!("{} below", text::count(below, "line", "lines")));
    }
    if !more.is_empty() {
        let words = format!(" {} ", more.join(", "));
        paint.put_right(rule.inside(0, 1), &words, theme.quiet());
    }
}

fn is_head(kind: ProseKind) -> bool {
    matches!(
        kind,
        ProseKind::Theirs | ProseKind::Ours | ProseKind::NoteHead
    )
}

fn style_of(kind: ProseKind, theme: Theme) -> Style {
    match kind {
        ProseKind::Theirs => theme.strong(),
        ProseKind::Ours => theme.strong().patch(theme.good()),
        ProseKind::NoteHead => theme.note().patch(theme.strong()),
        ProseKind::Note => theme.note(),
        ProseKind::Quote => theme.quote(),
        ProseKind::Files => theme.accent(),
        ProseKind::Warning => theme.warn(),
        ProseKind::Remark => theme.quiet(),
        ProseKind::Text | ProseKind::Blank => theme.text(),
    }
}

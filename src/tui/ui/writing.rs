//! The screen for writing: the text, the mail beside it, and the gate.

use super::bars;
use super::paint::Paint;
use super::thread::draw_line;
use crate::mail::Address;
use crate::mail::draft::Draft;
use crate::tui::app::{App, Level, Mode, Purpose, Saved, Writing, level_word, sender};
use crate::tui::layout::{self, Area, Desk};
use crate::tui::{text, words};

/// Draws a reply or a note that is being written.
pub fn draw(app: &App, writing: &Writing, paint: &mut Paint<'_>) {
    let desk = layout::desk(app.size);
    header(app, writing, paint, desk.header);
    banner(writing, paint, desk.banner);
    match &writing.purpose {
        Purpose::Reply(draft) => {
            envelope(app, draft, paint, desk.envelope);
            separator(paint, &desk);
            original(writing, paint, &desk);
            text_area(writing, paint, desk.editor);
        }
        Purpose::Note => note(writing, paint, &desk),
    }
    bars::notice(app, paint, desk.notice);
    gate(app, writing, paint, desk.gate);
}

fn header(app: &App, writing: &Writing, paint: &mut Paint<'_>, area: Area) {
    let theme = paint.theme;
    let (title, style) = match writing.purpose {
        Purpose::Reply(_) => (
            format!("Reply to {}: {}", writing.person, writing.subject),
            theme.strong(),
        ),
        Purpose::Note => (
            format!("NOTE for the team, never sent: {}", writing.subject),
            theme.strong().patch(theme.note()),
        ),
    };
    let saved = saved_words(app, writing);
    let bad = matches!(writing.saved, Saved::Failed(_));
    let right = paint.put_right(area, &saved, if bad { theme.bad() } else { theme.quiet() });
    let left = Area {
        width: right.saturating_sub(1),
        ..area
    };
    paint.put(left, 1, &title, style);
}

fn saved_words(app: &App, writing: &Writing) -> String {
    match (&writing.purpose, &writing.saved) {
        (Purpose::Note, _) | (_, Saved::Untouched) => String::new(),
        (_, Saved::Dirty | Saved::Saving) => "draft saving ".to_owned(),
        (_, Saved::At(at)) => format!("draft saved {} ", words::clock(*at, &app.options.zone)),
        (_, Saved::Failed(_)) => "draft NOT saved ".to_owned(),
    }
}

fn banner(writing: &Writing, paint: &mut Paint<'_>, area: Area) {
    let theme = paint.theme;
    let Some(banner) = &writing.banner else {
        return;
    };
    let style = match banner.level {
        Level::Note => theme.accent(),
        Level::Warn => theme.warn(),
        Level::Stop => theme.bad(),
    };
    let x = paint.put(area, 1, level_word(banner.level), style);
    let hint = match banner.level {
        Level::Stop => "Esc decides; your text is kept ",
        Level::Note | Level::Warn => "",
    };
    let right = paint.put_right(area, hint, theme.quiet());
    let left = Area {
        width: right.saturating_sub(1),
        ..area
    };
    paint.put(left, x.saturating_add(2), &banner.text, style);
}

fn envelope(app: &App, draft: &Draft, paint: &mut Paint<'_>, area: Area) {
    let theme = paint.theme;
    paint.rule(area.line(0));
    if area.height < 4 {
        field(paint, area.line(1), "To", &sender(&draft.to));
        return;
    }
    let half = area.width / 2;
    let (first, second) = (area.line(1), area.line(2));
    let left = |line: Area| Area {
        width: half,
        ..line
    };
    field(
        paint,
        left(first),
        "From",
        &sender(std::slice::from_ref(&draft.from)),
    );
    field(paint, first.inside(half, 0), "To", &sender(&draft.to));
    field(paint, left(second), "Cc", &list(&draft.cc));
    let status = app.status_after(draft);
    let after = format!("status {}", words::status(status, false));
    paint.put(second.inside(half, 0), 1, "After sending:", theme.quiet());
    paint.put(second.inside(half, 0), 16, &after, theme.text());
    paint.rule(area.line(3));
}

fn field(paint: &mut Paint<'_>, area: Area, name: &str, value: &str) {
    let x = paint.put(area, 1, name, paint.theme.quiet());
    paint.put(
        area.inside(0, 1),
        x.max(5).saturating_add(1),
        value,
        paint.theme.text(),
    );
}

fn list(addresses: &[Address]) -> String {
    match addresses {
        [] => "-".to_owned(),
        some => sender(some),
    }
}

fn original(writing: &Writing, paint: &mut Paint<'_>, desk: &Desk) {
    let (Some(area), Some(pane)) = (desk.original, &writing.original) else {
        return;
    };
    let lines = pane.prose.lines.get(pane.scroll..).unwrap_or_default();
    for (number, line) in (0..area.height).zip(lines) {
        draw_line(paint, area.line(number), line);
    }
}

/// The line between the text and the mail that is answered.
fn separator(paint: &mut Paint<'_>, desk: &Desk) {
    if let Some(area) = desk.original {
        paint.bar(Area {
            x: area.x.saturating_sub(2),
            width: 1,
            ..area
        });
    }
}

fn text_area(writing: &Writing, paint: &mut Paint<'_>, area: Area) {
    let widget = writing.editor.area();
    paint.widget(area, widget);
    let at = widget.screen_cursor();
    let (top, _) = widget.scroll_offset();
    let line = u16::try_from(at.row)
        .unwrap_or(u16::MAX)
        .saturating_sub(top);
    let column = u16::try_from(at.col).unwrap_or(u16::MAX);
    paint.cursor(area.line(line.min(area.height.saturating_sub(1))), column);
}

/// A note has a frame of its own, whatever the colours.
fn note(writing: &Writing, paint: &mut Paint<'_>, desk: &Desk) {
    let frame = Area {
        x: desk.editor.x.saturating_sub(1),
        y: desk.envelope.y,
        width: desk.editor.width.saturating_add(2),
        height: desk.envelope.height.saturating_add(desk.editor.height),
    };
    let style = paint.theme.note();
    let inner = paint.frame(frame, "NOTE, for the team only", style);
    text_area(writing, paint, inner);
    original(writing, paint, desk);
}

/// The last line: where the text stands and what can be done.
fn gate(app: &App, writing: &Writing, paint: &mut Paint<'_>, area: Area) {
    let theme = paint.theme;
    let place = writing.place();
    let (word, style) = match (&writing.mode, &writing.purpose) {
        (Mode::Writing, Purpose::Reply(_)) => ("WRITING", theme.accent()),
        (Mode::Writing | Mode::Review, Purpose::Note) => ("NOTE", theme.note()),
        (Mode::Review, _) => ("REVIEW", theme.accent()),
        (Mode::Checking, _) => ("CHECKING", theme.accent()),
        (Mode::Blocked { .. } | Mode::Reason { .. }, _) => ("BLOCKED", theme.bad()),
        (Mode::Held(_) | Mode::Sending, _) => ("SENDING", theme.good()),
        (Mode::Unknown { .. }, _) => ("UNKNOWN", theme.bad()),
    };
    let x = paint.put(area, 1, word, style.patch(theme.strong()));
    let rest = x.saturating_add(2);
    match &writing.mode {
        Mode::Checking => {
            paint.put(
                area,
                rest,
                "Looking whether anybody was faster...",
                theme.text(),
            );
        }
        Mode::Held(until) => {
            let left = until.as_second().saturating_sub(app.now.as_second()).max(0);
            let words = format!("in {left} s as written.");
            let x = paint.put(area, rest, &words, theme.text());
            bars::hint_line(place, paint, area, x.saturating_add(2));
        }
        Mode::Sending => {
            paint.put(area, rest, "Being handed to the server...", theme.text());
        }
        Mode::Reason { line, .. } => {
            let x = paint.put(area, rest, "Why send anyway? ", theme.warn());
            paint.put(area, x, &line.text(), theme.text());
            let before = u16::try_from(text::width(line.before())).unwrap_or(u16::MAX);
            paint.cursor(area, x.saturating_add(before));
            sentence(writing, paint, area);
            return;
        }
        Mode::Writing | Mode::Review | Mode::Blocked { .. } | Mode::Unknown { .. } => {
            bars::hint_line(place, paint, area, rest);
        }
    }
    if writing.mode != Mode::Writing {
        paint.cursor(area, 1);
    }
    sentence(writing, paint, area);
}

/// What stands in the way, or what nobody knows, in words above the gate.
fn sentence(writing: &Writing, paint: &mut Paint<'_>, gate: Area) {
    let words = match &writing.mode {
        Mode::Blocked { sentence, .. }
        | Mode::Reason { sentence, .. }
        | Mode::Unknown { sentence, .. } => sentence,
        _ => return,
    };
    let above = Area {
        y: gate.y.saturating_sub(1),
        ..gate
    };
    paint.clear(above);
    paint.put(above, 1, words, paint.theme.bad());
}

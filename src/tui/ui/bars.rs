//! The lines above and below: tabs, rules, notices, hints, questions.

use super::paint::Paint;
use crate::engine::api::{Link, Stage};
use crate::tui::app::{App, Prompt, Source, Target, Tone};
use crate::tui::commands::{self, Place};
use crate::tui::layout::{Area, Plan};
use crate::tui::{text, words};
use crate::view::View;

/// Name, tabs with their counts, connection and time.
pub fn header(app: &App, paint: &mut Paint<'_>, area: Area) {
    let theme = paint.theme;
    let link = link_words(app);
    let right = paint.put_right(
        area,
        &link.0,
        if link.1 { theme.bad() } else { theme.text() },
    );
    let left = Area {
        width: right.saturating_sub(2),
        ..area
    };
    let mut x = paint.put(left, 1, "postroom", theme.strong());
    if app.size.is_wide() {
        x = paint.put(
            left,
            x.saturating_add(2),
            &app.options.mailbox,
            theme.quiet(),
        );
    }
    for (number, view) in View::TABS.into_iter().enumerate() {
        let title = match view {
            View::Open if !app.size.is_wide() => "All",
            other => other.title(),
        };
        let mut label = format!("{} {title}", number + 1);
        if let Some(count) = app.counts.get(&view).filter(|_| view != View::Done) {
            label.push_str(&format!(" {count}"));
        }
        let start = x.saturating_add(2);
        if usize::from(start) + text::width(&label) > usize::from(left.width) {
            break;
        }
        let style = match app.list.source == Source::View(view) {
            true => theme.accent().patch(theme.strong()),
            false => theme.text(),
        };
        x = paint.put(left, start, &label, style);
        let tab = left.inside(start, left.width.saturating_sub(x));
        paint.hit(tab, Target::Tab(view));
    }
}

/// The lines between the parts of the main screen.
pub fn rules(paint: &mut Paint<'_>, plan: &Plan) {
    paint.rule(plan.rule);
    let Some(foot) = plan.foot else { return };
    paint.rule(foot);
    let (Some(title), Some(thread)) = (plan.title, plan.thread) else {
        return;
    };
    let top = plan.rule.y.saturating_add(1);
    let column = |x: u16| Area {
        x,
        y: top,
        width: 1,
        height: foot.y.saturating_sub(top),
    };
    let right_of_thread = thread.x.saturating_add(thread.width).saturating_add(1);
    let mut columns = vec![title.x.saturating_add(title.width)];
    columns.extend(plan.side.map(|_| right_of_thread));
    for x in columns {
        paint.bar(column(x));
        let (down, up) = (paint.glyph("┬", "+"), paint.glyph("┴", "+"));
        let style = paint.theme.rule();
        paint.put(plan.rule, x, down, style);
        paint.put(foot, x, up, style);
    }
}

/// What was said last; at the right what is still being saved or sent.
pub fn notice(app: &App, paint: &mut Paint<'_>, area: Area) {
    let theme = paint.theme;
    let right = paint.put_right(area, &busy(app), theme.accent());
    let left = Area {
        width: right.saturating_sub(1),
        ..area
    };
    if let Some(search) = app.search.as_ref().filter(|s| s.typing) {
        let x = paint.put(left, 1, "/", theme.accent());
        paint.put(left, x, &search.query.text(), theme.text());
        let before = text::width(search.query.before());
        paint.cursor(
            left,
            x.saturating_add(u16::try_from(before).unwrap_or(u16::MAX)),
        );
        return;
    }
    if let Some(notice) = app.notices.current() {
        let mut line = notice.text.clone();
        if notice.times > 1 {
            line.push_str(&format!(" ({} times)", notice.times));
        }
        let style = match notice.tone {
            Tone::Good => theme.text(),
            Tone::Bad => theme.bad(),
        };
        let mark = if notice.tone == Tone::Bad { "! " } else { "" };
        paint.put(left, 1, &format!("{mark}{line}"), style);
        return;
    }
    let marks = app.list.marks.len();
    if app.list.anchor.is_some() {
        let words = "Range: move, then a change acts on it; v marks it, Esc forgets it.";
        paint.put(left, 1, words, theme.text());
    } else if marks > 0 && app.place() == Place::List {
        let words = format!("{marks} marked: c a t s now act on it. x unmarks, Esc clears.");
        paint.put(left, 1, &words, theme.text());
    } else if let Some(progress) = &app.progress {
        let words = format!(
            "Reading {}: {} of {} messages",
            progress.folder, progress.done, progress.total
        );
        paint.put(left, 1, &words, theme.text());
    }
}

/// What can be done next, from the command table.
pub fn hints(app: &App, paint: &mut Paint<'_>, area: Area) {
    if app.size.width < 60 {
        let style = paint.theme.accent();
        let x = paint.put(area, 1, "?", style);
        paint.put(area, x.saturating_add(1), "help", paint.theme.text());
        return;
    }
    if app.search.as_ref().is_some_and(|s| s.typing) {
        let words = "Enter open   Up Down move   Esc back to the list   from: is: owner: tag: ...";
        paint.put(area, 1, words, paint.theme.quiet());
        return;
    }
    hint_line(app.place(), paint, area, 1);
}

/// Hints for a place from a column on.
pub fn hint_line(place: Place, paint: &mut Paint<'_>, area: Area, from: u16) {
    let theme = paint.theme;
    let mut x = from;
    for command in commands::hints(place) {
        let Some(spec) = commands::spec(*command) else {
            continue;
        };
        let (key, label) = spec.hint(place);
        let width = text::width(key) + text::width(label) + 1;
        if usize::from(x) + width > usize::from(area.width) {
            break;
        }
        let start = x;
        x = paint.put(area, x, key, theme.accent());
        x = paint.put(area, x.saturating_add(1), label, theme.text());
        let hit = area.inside(start, area.width.saturating_sub(x));
        paint.hit(hit, Target::Hint(*command));
        x = x.saturating_add(2);
    }
}

/// A question at the bottom, with what is typed.
pub fn prompt(app: &App, prompt: &Prompt, paint: &mut Paint<'_>) {
    let whole = Area {
        x: 0,
        y: 0,
        width: app.size.width,
        height: app.size.height,
    };
    let last = app.size.height.saturating_sub(1);
    let (question, answer) = (whole.line(last.saturating_sub(1)), whole.line(last));
    paint.clear(question);
    paint.clear(answer);
    let theme = paint.theme;
    paint.put(question, 1, &prompt.question, theme.warn());
    let x = paint.put(answer, 1, "> ", theme.accent());
    paint.put(answer, x, &prompt.line.text(), theme.text());
    let before = text::width(prompt.line.before());
    paint.cursor(
        answer,
        x.saturating_add(u16::try_from(before).unwrap_or(u16::MAX)),
    );
}

/// One line, when nothing else fits.
pub fn tiny(app: &App, paint: &mut Paint<'_>) {
    let line = Area {
        x: 0,
        y: 0,
        width: app.size.width,
        height: app.size.height.min(1),
    };
    let style = paint.theme.text();
    paint.put(line, 0, "postroom: window too small, 40x8 needed", style);
    paint.cursor(line, 0);
}

/// The connection in words, and whether something is wrong with it.
fn link_words(app: &App) -> (String, bool) {
    let clock = words::clock(app.now, &app.options.zone);
    match &app.link {
        Link::Connecting => (format!("connecting {clock} "), false),
        Link::Online(_) => (format!("online {clock} "), false),
        Link::Offline { .. } => (format!("offline {clock} "), true),
    }
}

/// What is on its way.
fn busy(app: &App) -> String {
    let held = app.outgoing.values().filter_map(|o| match o.stage {
        Stage::Held { until } => Some(until),
        _ => None,
    });
    if let Some(until) = held.min().filter(|_| app.writing.is_none()) {
        let left = until.as_second().saturating_sub(app.now.as_second()).max(0);
        return format!("sending in {left} s, z takes it back ");
    }
    match app.ledger_open() {
        0 => String::new(),
        count => format!("{} saving ", text::count(count, "change", "changes")),
    }
}

//! The list of conversations.

use super::paint::Paint;
use super::theme::Theme;
use crate::mail::clean;
use crate::team::{Grade, Status};
use crate::tui::app::{App, Focus, ListLine, Source, Target, is_snoozed, name_of};
use crate::tui::layout::Area;
use crate::tui::{text, words};
use crate::view::{Row, View};
use ratatui::style::Style;

/// Columns tags may take.
const TAGS: usize = 20;

/// Draws the title, when there is a line for it, and the rows.
pub fn draw(app: &App, paint: &mut Paint<'_>, title: Option<Area>, area: Area) {
    paint.hit(area, Target::List);
    if let Some(line) = title {
        draw_title(app, paint, line);
    }
    if app.list.total() == 0 {
        draw_empty(app, paint, area);
        return;
    }
    let narrow = area.width < 60;
    let height = usize::from(area.height);
    for (number, line) in (0..).zip(app.list.lines(height, narrow)) {
        let at = area.line(number);
        match line {
            ListLine::Row(row) => draw_row(app, paint, at, row),
            ListLine::Detail(row) => draw_detail(app, paint, at, row),
            ListLine::Title(view) => {
                paint.put(at, 1, view.title(), paint.theme.strong());
            }
            ListLine::Blank => {}
        }
    }
}

fn draw_title(app: &App, paint: &mut Paint<'_>, line: Area) {
    let theme = paint.theme;
    let place = match app.list.position() {
        Some((_, 0)) | None => String::new(),
        Some((number, total)) => format!("{number}/{total}"),
    };
    let right = paint.put_right(line.inside(0, 1), &place, theme.quiet());
    let title = match (app.list.source, &app.search) {
        (Source::View(View::Queue), _) => "Queue, longest waiting first".to_owned(),
        (Source::View(View::Open), _) => "All open, longest waiting first".to_owned(),
        (Source::View(View::Done), _) => "Done, latest first".to_owned(),
        (Source::View(view), _) => view.title().to_owned(),
        (Source::Search, Some(search)) => {
            let shown = app.list.total();
            format!("Search: {} of {}, Esc leaves", shown, search.total)
        }
        (Source::Search, None) => "Search".to_owned(),
    };
    let left = Area {
        width: right.saturating_sub(1),
        ..line
    };
    paint.put(left, 1, &title, theme.strong());
}

fn draw_empty(app: &App, paint: &mut Paint<'_>, area: Area) {
    let theme = paint.theme;
    let words = match (app.list.source, &app.search) {
        (Source::Search, Some(search)) => match &search.trouble {
            Some(trouble) => trouble.clone(),
            None if search.query.is_empty() => {
                "Type words, or from:mia is:open owner:ben tag:billing before:2026-03".to_owned()
            }
            None => "Nothing found.".to_owned(),
        },
        _ if !app.list.loaded => "Loading...".to_owned(),
        (Source::View(View::Queue), _) => "Nothing waits for an owner.".to_owned(),
        (Source::View(View::Mine), _) => "You own nothing. c claims, P pulls the next.".to_owned(),
        (Source::View(View::Waiting), _) => "No customer owes us an answer.".to_owned(),
        (Source::View(_), _) | (Source::Search, None) => "Nothing here.".to_owned(),
    };
    for (number, line) in (0..).zip(text::wrap(
        &words,
        usize::from(area.width.saturating_sub(4)),
    )) {
        paint.put(area.line(number), 2, &line, theme.quiet());
    }
    paint.cursor(area, 2);
}

fn draw_row(app: &App, paint: &mut Paint<'_>, line: Area, number: usize) {
    let theme = paint.theme;
    let selected = app.list.cursor == number;
    paint.hit(line, Target::Row(number));
    if selected && app.search.as_ref().is_none_or(|s| !s.typing) && app.focus == Focus::List {
        paint.cursor(line, 0);
    }
    let Some(row) = app.list.row(number) else {
        paint.put(line, 1, "...", theme.quiet());
        return;
    };
    let shown = app.shown(row);
    let row = shown.as_ref();
    let marked = app.list.marks.contains_key(&row.name)
        || app
            .list
            .range()
            .is_some_and(|range| range.contains(&number));
    paint.put(line, 0, if selected { ">" } else { " " }, theme.accent());
    let mark = match (marked, row.unread > 0) {
        (true, _) => "+",
        (false, true) => "*",
        (false, false) => " ",
    };
    paint.put(line, 1, mark, theme.strong());
    columns(app, paint, line, row);
    if selected {
        paint.style(line, theme.selected());
    }
}

/// Age, status, owner, sender, subject; what others do stands at the right where there is room.
fn columns(app: &App, paint: &mut Paint<'_>, line: Area, row: &Row) {
    let theme = paint.theme;
    let fresh = row.status == Status::New;
    let age = words::age(app.now, row.waiting_since.unwrap_or(row.last_at));
    let weight = if row.unread > 0 {
        theme.strong()
    } else {
        theme.text()
    };
    paint.put(
        line,
        2,
        &format!("{age:>4}"),
        if fresh { theme.fresh() } else { theme.text() },
    );
    let status = words::status(row.status, is_snoozed(row, app.now));
    paint.put(
        line,
        7,
        status,
        if fresh { theme.fresh() } else { theme.text() },
    );
    let (owner_width, sender_width) = widths(line.width);
    let owner = row.owner.as_ref().map_or("--", |owner| owner.as_str());
    paint.put(line, 12, &text::pad(owner, owner_width), theme.text());
    let from = 13 + u16::try_from(owner_width).unwrap_or(0);
    paint.put(
        line,
        from,
        &text::pad(&name_of(&row.from), sender_width),
        weight,
    );
    let subject_at = from + 1 + u16::try_from(sender_width).unwrap_or(0);
    let mut room = line;
    let (extra, style) = remark(app, row, (line.width < 60, theme));
    if !extra.is_empty() && line.width >= 60 {
        let column = paint.put_right(line.inside(0, 1), &extra, style);
        room.width = column.saturating_sub(2);
    }
    let mut subject = row.subject.line().as_str().to_owned();
    if row.bounced {
        subject.insert_str(0, "[not delivered] ");
    }
    if subject.is_empty() {
        subject.push_str("(no subject)");
    }
    if line.width < 60 && !extra.is_empty() && row.presence.is_empty() {
        subject = format!("{extra}: {subject}");
    }
    paint.put(room, subject_at, &subject, weight);
}

/// Columns of owner and sender: both shrink before the subject does.
fn widths(width: u16) -> (usize, usize) {
    match width {
        0..=44 => (3, 8),
        45..=59 => (4, 13),
        60..=99 => (4, 14),
        _ => (6, 20),
    }
}

/// What is on its way for a row, or who else is on it, or its tags.
fn remark(app: &App, row: &Row, (narrow, theme): (bool, Theme)) -> (String, Style) {
    if let Some(doing) = app.doing(&row.name) {
        return (format!("{doing}..."), theme.accent());
    }
    if !narrow && let Some(words) = presence_words(row) {
        return (words, theme.accent());
    }
    if row.draft {
        return ("draft".to_owned(), theme.accent());
    }
    if narrow {
        return (String::new(), theme.quiet());
    }
    let tags: Vec<&str> = row.tags.iter().map(String::as_str).collect();
    let tags = text::fit(clean::line(&tags.join(" ")).as_str(), TAGS);
    (tags, theme.quiet())
}

fn presence_words(row: &Row) -> Option<String> {
    let writer = row.presence.iter().find(|p| p.grade == Grade::Writing);
    let who = writer.or(row.presence.first())?;
    let does = match who.grade {
        Grade::Writing => "replying",
        Grade::Reading => "reading",
    };
    Some(format!("{} {does}", who.agent))
}

fn draw_detail(app: &App, paint: &mut Paint<'_>, line: Area, number: usize) {
    let theme = paint.theme;
    if app.list.source == Source::Search {
        let words = app.list.snippets.get(number).map_or("", String::as_str);
        paint.put(line, 7, words, theme.quiet());
        return;
    }
    if let Some(words) = app.list.row(number).and_then(presence_words) {
        paint.put_right(line.inside(0, 1), &words, theme.accent());
    }
}

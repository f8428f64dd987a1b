//! The picker over the screen, and what a first key can lead to.

use super::paint::Paint;
use crate::tui::app::{App, Item, Picker, PickerKind, Target};
use crate::tui::layout::Area;
use crate::tui::text;

/// Draws a picker.
pub fn draw(app: &App, picker: &Picker, paint: &mut Paint<'_>) {
    let area = place(app, picker);
    let theme = paint.theme;
    let inner = paint.frame(area, &picker.title, theme.accent());
    let line = inner.line(0);
    let count = match picker.kind {
        PickerKind::Palette | PickerKind::Help => {
            format!("{} of {}", picker.matching(), picker.len())
        }
        _ => String::new(),
    };
    let right = paint.put_right(line, &count, theme.quiet());
    let line = Area {
        width: right.saturating_sub(1),
        ..line
    };
    let x = paint.put(line, 0, "> ", theme.accent());
    let end = paint.put(line, x, &picker.query.text(), theme.text());
    if picker.query.is_empty() {
        paint.put(line, end, placeholder(picker.kind), theme.quiet());
    }
    let before = u16::try_from(text::width(picker.query.before())).unwrap_or(u16::MAX);
    paint.cursor(line, x.saturating_add(before));
    let foot = inner.line(inner.height.saturating_sub(1));
    let words = picker
        .warning
        .as_deref()
        .unwrap_or_else(|| keys(picker.kind));
    paint.put(foot, 0, words, theme.quiet());
    let list = Area {
        height: inner.height.saturating_sub(2),
        ..inner.below(1)
    };
    items(picker, paint, list);
}

/// What the keys pressed so far can lead to.
pub fn which_key(app: &App, paint: &mut Paint<'_>) {
    let entries: Vec<String> = app
        .pending_keys()
        .into_iter()
        .map(|(key, title)| format!("{key} {title}"))
        .collect();
    let widest = entries.iter().map(|e| text::width(e)).max().unwrap_or(0);
    let columns = if entries.len() > 5 { 2 } else { 1 };
    let rows = entries.len().div_ceil(columns);
    let typed: Vec<String> = app.pressed.iter().map(ToString::to_string).collect();
    let width = u16::try_from((widest + 3) * columns + 4).unwrap_or(u16::MAX);
    let height = u16::try_from(rows + 2).unwrap_or(u16::MAX);
    let screen = app.size;
    let width = width.max(24).min(screen.width);
    let height = height.min(screen.height.saturating_sub(3));
    let area = Area {
        x: screen.width.saturating_sub(width),
        y: screen.height.saturating_sub(height).saturating_sub(3),
        width,
        height,
    };
    let theme = paint.theme;
    let inner = paint.frame(area, &typed.join(" "), theme.accent());
    for (number, entry) in entries.iter().enumerate() {
        let (row, column) = (number % rows, number / rows);
        let row = u16::try_from(row).unwrap_or(u16::MAX);
        let x = u16::try_from(column * (widest + 3)).unwrap_or(u16::MAX);
        paint.put(inner.line(row), x, entry, theme.text());
    }
}

/// Large ones stand in the middle; small ones leave the row they act on uncovered.
fn place(app: &App, picker: &Picker) -> Area {
    let large = matches!(
        picker.kind,
        PickerKind::Palette | PickerKind::Help | PickerKind::Notices | PickerKind::Links
    );
    let screen = app.size;
    let wanted = if large { 96 } else { 64 };
    let width = wanted.min(screen.width.saturating_sub(2));
    let most = screen.height.saturating_sub(4);
    let rows = u16::try_from(sections(picker).len()).unwrap_or(u16::MAX);
    let height = match large {
        true => most.min(28),
        false => rows.saturating_add(4).clamp(6, most.max(6)),
    };
    let x = screen.width.saturating_sub(width) / 2;
    let list = app.plan().list;
    let cursor = list.map_or(0, |area| {
        let line = app.list.cursor.saturating_sub(app.list.top);
        area.y.saturating_add(u16::try_from(line).unwrap_or(0))
    });
    let below = cursor.saturating_add(1);
    let fits_below = below.saturating_add(height) <= screen.height.saturating_sub(2);
    let y = match large {
        true => 2,
        false if fits_below => below.max(2),
        false if cursor > height => cursor.saturating_sub(height),
        false => screen.height.saturating_sub(height) / 2,
    };
    Area {
        x,
        y,
        width,
        height: height.min(screen.height.saturating_sub(y)),
    }
}

/// A line of the picker.
enum Line {
    Section(&'static str),
    Item(usize),
}

/// The shown items with the headings above them.
fn sections(picker: &Picker) -> Vec<Line> {
    let mut out = Vec::new();
    let mut last = "";
    for (at, number) in picker.shown.iter().enumerate() {
        let section = picker.item(*number).map_or("", |item| item.section);
        if section != last && !section.is_empty() {
            out.push(Line::Section(section));
            last = section;
        }
        out.push(Line::Item(at));
    }
    out
}

fn items(picker: &Picker, paint: &mut Paint<'_>, area: Area) {
    let lines = sections(picker);
    let height = usize::from(area.height);
    let chosen = lines
        .iter()
        .position(|line| matches!(line, Line::Item(at) if *at == picker.cursor))
        .unwrap_or(0);
    let top = chosen.saturating_sub(height.saturating_sub(1));
    for (number, line) in (0..area.height).zip(lines.iter().skip(top)) {
        let at = area.line(number);
        match line {
            Line::Section(title) => {
                paint.put(at, 0, title, paint.theme.strong());
            }
            Line::Item(shown) => {
                let item = picker.shown.get(*shown).and_then(|n| picker.item(*n));
                if let Some(item) = item {
                    let column = detail_column(picker, item.section, area.width);
                    draw_item(paint, at, item, (*shown == picker.cursor, column));
                    paint.hit(at, Target::Item(*shown));
                }
            }
        }
    }
    if lines.is_empty() && !picker.query.is_empty() {
        paint.put(area, 2, "nothing fits", paint.theme.quiet());
    }
}

/// Where the details of a section's items stand: right of its longest title, within reason.
fn detail_column(picker: &Picker, section: &str, width: u16) -> u16 {
    let items = picker
        .shown
        .iter()
        .filter_map(|number| picker.item(*number));
    let titles = items
        .filter(|item| item.section == section && !item.detail.is_empty())
        .map(|item| text::width(&item.title) + if item.ticked.is_some() { 8 } else { 4 });
    let widest = u16::try_from(titles.max().unwrap_or(0)).unwrap_or(u16::MAX);
    widest.clamp(width / 4, (width / 5).saturating_mul(3).max(width / 4))
}

fn draw_item(paint: &mut Paint<'_>, line: Area, item: &Item, (chosen, column): (bool, u16)) {
    let theme = paint.theme;
    let style = match item.disabled {
        Some(_) => theme.quiet(),
        None => theme.text(),
    };
    let right = paint.put_right(line, &item.right, theme.accent());
    let left = Area {
        width: right.saturating_sub(1),
        ..line
    };
    let mark = if chosen { "> " } else { "  " };
    let mut x = paint.put(left, 0, mark, theme.accent());
    if let Some(ticked) = item.ticked {
        x = paint.put(left, x, if ticked { "[x] " } else { "[ ] " }, style);
    }
    let detail = match &item.disabled {
        Some(why) => format!("({why})"),
        None => item.detail.clone(),
    };
    let room = Area {
        width: match detail.is_empty() {
            true => left.width,
            false => column.saturating_sub(2).min(left.width),
        },
        ..left
    };
    paint.put(room, x, &item.title, style);
    paint.put(left, column, &detail, theme.quiet());
    if chosen {
        paint.style(line, theme.selected());
    }
}

fn placeholder(kind: PickerKind) -> &'static str {
    match kind {
        PickerKind::Palette => "a command, a customer, a subject, any word",
        PickerKind::Help => "type an action, a word or a key",
        PickerKind::Assign => "a name",
        PickerKind::Tags => "a tag",
        _ => "type to filter",
    }
}

fn keys(kind: PickerKind) -> &'static str {
    match kind {
        PickerKind::Palette => {
            "Enter run   Tab fill   > commands   @ people   # tags   / messages   Esc close"
        }
        PickerKind::Help => "Enter runs the selected line.   Esc close",
        PickerKind::Links => "Enter opens or saves   Esc close",
        PickerKind::Notices => "Enter copies   Esc close",
        _ => "Enter choose   Esc close",
    }
}

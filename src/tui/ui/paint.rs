//! Putting printable text into cells; everything drawn goes through here.

use super::theme::Theme;
use crate::tui::app::Target;
use crate::tui::layout::Area;
use crate::tui::text;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// A buffer to draw on, with the theme and what was noted about it.
pub struct Paint<'a> {
    /// How roles look.
    pub theme: Theme,
    buffer: &'a mut Buffer,
    hits: Vec<(Area, Target)>,
    cursor: (u16, u16),
}

impl<'a> Paint<'a> {
    /// Draws on `buffer`.
    pub fn new(buffer: &'a mut Buffer, theme: &Theme) -> Self {
        Self {
            theme: *theme,
            buffer,
            hits: Vec::new(),
            cursor: (0, 0),
        }
    }

    /// What can be clicked, and where the cursor shall be.
    pub fn finish(self) -> (Vec<(Area, Target)>, (u16, u16)) {
        let last_x = self.buffer.area.width.saturating_sub(1);
        let last_y = self.buffer.area.height.saturating_sub(1);
        let (x, y) = self.cursor;
        (self.hits, (x.min(last_x), y.min(last_y)))
    }

    /// Writes `text` from a column of the area's first line on, cut at its right edge; returns the
    /// next free column.
    pub fn put(&mut self, area: Area, column: u16, text: &str, style: Style) -> u16 {
        let room = area.width.saturating_sub(column);
        let x = area.x.saturating_add(column);
        if room == 0 || area.height == 0 || !self.holds(x, area.y) {
            return column;
        }
        let cut = text::fit(text, usize::from(room));
        let (end, _) = self
            .buffer
            .set_stringn(x, area.y, cut, usize::from(room), style);
        end.saturating_sub(area.x)
    }

    /// Writes `text` so that it ends at the right edge of the area's first line; returns its first
    /// column.
    pub fn put_right(&mut self, area: Area, text: &str, style: Style) -> u16 {
        let width = u16::try_from(text::width(text)).unwrap_or(u16::MAX);
        let column = area.width.saturating_sub(width);
        self.put(area, column, text, style);
        column
    }

    /// Fills the area with blanks.
    pub fn clear(&mut self, area: Area) {
        for y in area.y..area.y.saturating_add(area.height) {
            for x in area.x..area.x.saturating_add(area.width) {
                if let Some(cell) = self.buffer.cell_mut(Position { x, y }) {
                    cell.reset();
                }
            }
        }
    }

    /// Lays a style over what is drawn.
    pub fn style(&mut self, area: Area, style: Style) {
        let rect = Rect::new(area.x, area.y, area.width, area.height);
        self.buffer
            .set_style(rect.intersection(self.buffer.area), style);
    }

    /// A horizontal line over the area's first line.
    pub fn rule(&mut self, area: Area) {
        let line = self.glyph("─", "-").repeat(usize::from(area.width));
        self.put(area, 0, &line, self.theme.rule());
    }

    /// A vertical line down the area's first column.
    pub fn bar(&mut self, area: Area) {
        for number in 0..area.height {
            let glyph = self.glyph("│", "|");
            let line = Area {
                width: 1,
                ..area.line(number)
            };
            self.put(line, 0, glyph, self.theme.rule());
        }
    }

    /// A frame around the area with a title; returns what is inside.
    pub fn frame(&mut self, area: Area, title: &str, style: Style) -> Area {
        self.clear(area);
        let inner = usize::from(area.width.saturating_sub(2));
        let (left, right) = (self.glyph("┌", "+"), self.glyph("┐", "+"));
        let (low_left, low_right) = (self.glyph("└", "+"), self.glyph("┘", "+"));
        let (flat, upright) = (self.glyph("─", "-"), self.glyph("│", "|"));
        let title = text::fit(title, inner.saturating_sub(4));
        let rest = inner.saturating_sub(text::width(&title) + 3);
        let top = format!("{left}{flat} {title} {}{right}", flat.repeat(rest));
        let bottom = format!("{low_left}{}{low_right}", flat.repeat(inner));
        let last = area.height.saturating_sub(1);
        for number in 1..last {
            self.put(area.line(number), 0, upright, style);
            self.put_right(area.line(number), upright, style);
        }
        self.put(area.line(0), 0, &top, style);
        self.put(area.line(last), 0, &bottom, style);
        Area {
            height: area.height.saturating_sub(2),
            ..area.below(1).inside(2, 2)
        }
    }

    /// One of two glyphs, by what the terminal can show.
    pub fn glyph(&self, full: &'static str, ascii: &'static str) -> &'static str {
        if self.theme.ascii { ascii } else { full }
    }

    /// Notes what a click on the area means.
    pub fn hit(&mut self, area: Area, target: Target) {
        self.hits.push((area, target));
    }

    /// Puts the cursor on a column of the area's first line.
    pub fn cursor(&mut self, area: Area, column: u16) {
        let column = column.min(area.width.saturating_sub(1));
        self.cursor = (area.x.saturating_add(column), area.y);
    }

    /// Draws a widget that brings its own text, then replaces what must not reach a terminal:
    /// characters that reorder or hide others, and overlong clusters.
    pub fn widget(&mut self, area: Area, widget: impl ratatui::widgets::Widget) {
        let rect = Rect::new(area.x, area.y, area.width, area.height);
        let rect = rect.intersection(self.buffer.area);
        widget.render(rect, self.buffer);
        for position in rect.positions() {
            if let Some(cell) = self.buffer.cell_mut(position)
                && cell.symbol().len() > 1
            {
                let clean = crate::mail::clean::line(cell.symbol());
                if clean.as_str() != cell.symbol() {
                    cell.set_symbol("?");
                }
            }
        }
    }

    fn holds(&self, x: u16, y: u16) -> bool {
        self.buffer.area.contains(Position { x, y })
    }
}

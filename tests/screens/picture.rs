//! A drawn buffer as stable text: the characters, then the runs of style.

use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Modifier, Style};
use ratatui::{Terminal, layout::Position};
use std::fmt::Write;

/// What was drawn and where the cursor stands.
pub struct Picture {
    pub buffer: Buffer,
    pub cursor: Position,
}

impl Picture {
    /// Draws with `draw` on a screen of a size.
    pub fn take(width: u16, height: u16, draw: impl FnOnce(&mut ratatui::Frame)) -> Self {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(draw).unwrap();
        let cursor = terminal.get_cursor_position().unwrap();
        Self {
            buffer: terminal.backend().buffer().clone(),
            cursor,
        }
    }

    /// The characters, one line each, without blanks at the end.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for y in 0..self.buffer.area.height {
            let mut line = String::new();
            let mut skip = 0;
            for x in 0..self.buffer.area.width {
                let symbol = self.buffer[(x, y)].symbol();
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                line.push_str(symbol);
                skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// Characters, cursor, and every run of cells with the same style that is not the default.
    pub fn full(&self) -> String {
        let mut out = self.text();
        writeln!(out, "cursor {},{}", self.cursor.x, self.cursor.y).unwrap();
        for y in 0..self.buffer.area.height {
            let mut x = 0;
            while x < self.buffer.area.width {
                let style = self.buffer[(x, y)].style();
                let start = x;
                while x < self.buffer.area.width && self.buffer[(x, y)].style() == style {
                    x += 1;
                }
                let words = style_words(style);
                if !words.is_empty() {
                    writeln!(out, "{y:>2} {start:>3}-{:<3} {words}", x - 1).unwrap();
                }
            }
        }
        out
    }
}

fn style_words(style: Style) -> String {
    let mut words = Vec::new();
    if let Some(colour) = style.fg.filter(|c| *c != ratatui::style::Color::Reset) {
        words.push(colour.to_string().to_lowercase());
    }
    if let Some(colour) = style.bg.filter(|c| *c != ratatui::style::Color::Reset) {
        words.push(format!("on {}", colour.to_string().to_lowercase()));
    }
    for (modifier, word) in [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::REVERSED, "reversed"),
    ] {
        if style.add_modifier.contains(modifier) {
            words.push(word.to_owned());
        }
    }
    words.join(" ")
}

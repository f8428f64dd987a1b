//! The text field for replies and notes: soft wrap, undo, the line keys of a shell.

use crate::tui::keys::{Code, Key};
use ratatui_textarea::{CursorMove, Input, Key as Press, TextArea, WrapMode};

/// Text of several lines with a cursor.
#[derive(Debug, Clone)]
pub struct Editor {
    area: TextArea<'static>,
}

impl Editor {
    /// An editor that holds `text`, cursor at its beginning.
    pub fn new(text: &str) -> Self {
        let lines = text.split('\n').map(str::to_owned).collect();
        let mut area = TextArea::new(lines);
        area.set_wrap_mode(WrapMode::WordOrGlyph);
        area.set_tab_length(4);
        Self { area }
    }

    /// The text.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Whether there is nothing but white space.
    pub fn is_blank(&self) -> bool {
        self.area.lines().iter().all(|line| line.trim().is_empty())
    }

    /// Applies a key; whether the text changed.
    pub fn press(&mut self, key: Key) -> bool {
        match (key.code, key.ctrl) {
            (Code::Char('u'), true) => self.area.delete_line_by_head(),
            // Terminals send Ctrl-7 or Ctrl-_ for Ctrl-/.
            (Code::Char('_' | '7' | '/'), true) => self.area.undo(),
            (Code::Tab, _) => self.area.insert_str("    "),
            _ => self.area.input(input(key)),
        }
    }

    /// Inserts pasted text.
    pub fn paste(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let fine = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
        self.area
            .insert_str(text.chars().filter(fine).collect::<String>());
    }

    /// Moves the cursor to the beginning or the end of the text.
    pub fn jump(&mut self, end: bool) {
        let to = if end {
            CursorMove::Bottom
        } else {
            CursorMove::Top
        };
        self.area.move_cursor(to);
    }

    /// The widget that draws it.
    pub fn area(&self) -> &TextArea<'static> {
        &self.area
    }
}

fn input(key: Key) -> Input {
    let press = match key.code {
        Code::Char(c) => Press::Char(c),
        Code::Enter => Press::Enter,
        Code::Esc => Press::Esc,
        Code::Tab | Code::BackTab => Press::Tab,
        Code::Backspace => Press::Backspace,
        Code::Delete => Press::Delete,
        Code::Left => Press::Left,
        Code::Right => Press::Right,
        Code::Up => Press::Up,
        Code::Down => Press::Down,
        Code::Home => Press::Home,
        Code::End => Press::End,
        Code::PageUp => Press::PageUp,
        Code::PageDown => Press::PageDown,
    };
    Input {
        key: press,
        ctrl: key.ctrl,
        alt: key.alt,
        shift: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_line_keys_edit_the_text() {
        let mut editor = Editor::new("");
        for c in "Hi Mia, thnks".chars() {
            assert!(editor.press(Key::char(c)));
        }
        editor.press(Key::ctrl('w'));
        editor.paste("thanks\r\nAna\u{1b}");
        assert_eq!(editor.text(), "Hi Mia, thanks\nAna");
        editor.press(Key::ctrl('u'));
        assert_eq!(editor.text(), "Hi Mia, thanks\n");
        assert!(!editor.press(Key::plain(Code::Up)));
    }
}

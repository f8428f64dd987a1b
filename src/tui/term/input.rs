//! What the terminal sends, as events of the app.

use crate::tui::app::Event;
use crate::tui::keys::{Code, Key};
use crate::tui::layout::Size;
use crate::tui::ui::HitMap;
use crossterm::event::{self, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseEvent};
use crossterm::event::{MouseButton, MouseEventKind};

/// So many different printable keys in one read are a paste without brackets, not typing.
const FLOOD: usize = 4;
/// Lines one turn of the wheel scrolls.
const WHEEL: isize = 3;

/// Translates one read of the terminal's events. `types` says whether letters are text now;
/// outside text a flood of keys is refused as a whole.
pub fn translate(read: Vec<event::Event>, types: bool, hits: &HitMap) -> Vec<Event> {
    let events: Vec<Event> = read
        .into_iter()
        .filter_map(|event| translate_one(event, hits))
        .collect();
    if types || !is_flood(&events) {
        return events;
    }
    let mut kept: Vec<Event> = events
        .into_iter()
        .filter(|event| !matches!(event, Event::Key(_)))
        .collect();
    kept.push(Event::Flood);
    kept
}

fn translate_one(event: event::Event, hits: &HitMap) -> Option<Event> {
    match event {
        event::Event::Key(key) => translate_key(key).map(Event::Key),
        event::Event::Paste(text) => Some(Event::Paste(text)),
        event::Event::Resize(width, height) => Some(Event::Resized(Size { width, height })),
        event::Event::FocusGained => Some(Event::Focus(true)),
        event::Event::FocusLost => Some(Event::Focus(false)),
        event::Event::Mouse(mouse) => translate_mouse(mouse, hits),
    }
}

/// Terminals with the newer keyboard protocol send releases too; only presses count.
fn translate_key(key: KeyEvent) -> Option<Key> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    let code = match key.code {
        KeyCode::Char(c) if ctrl => Code::Char(c.to_ascii_lowercase()),
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        _ => return None,
    };
    Some(Key { code, ctrl, alt })
}

fn translate_mouse(mouse: MouseEvent, hits: &HitMap) -> Option<Event> {
    let target = hits.at(mouse.column, mouse.row)?;
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Event::Clicked(target)),
        MouseEventKind::ScrollDown => Some(Event::Scrolled(target, WHEEL)),
        MouseEventKind::ScrollUp => Some(Event::Scrolled(target, -WHEEL)),
        _ => None,
    }
}

/// A key held down comes in bursts as well, but of one letter.
fn is_flood(events: &[Event]) -> bool {
    let typed: Vec<char> = events
        .iter()
        .filter_map(|event| match event {
            Event::Key(key) => key.typed(),
            _ => None,
        })
        .collect();
    typed.len() >= FLOOD && typed.iter().any(|c| typed.first() != Some(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<event::Event> {
        let key = |c| event::Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
        text.chars().map(key).collect()
    }

    #[test]
    fn a_burst_of_different_letters_is_no_command() {
        let hits = HitMap::default();
        assert_eq!(translate(read("rm -rf"), false, &hits), [Event::Flood]);
        assert_eq!(translate(read("gg"), false, &hits).len(), 2);
        assert_eq!(translate(read("jjjjjjjj"), false, &hits).len(), 8);
        assert_eq!(translate(read("Hello"), true, &hits).len(), 5);
    }

    #[test]
    fn releases_are_no_presses() {
        let mut key = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
        key.kind = KeyEventKind::Release;
        let read = vec![event::Event::Key(key)];
        assert_eq!(translate(read, false, &HitMap::default()), []);
    }

    #[test]
    fn ctrl_letters_are_the_same_in_both_cases() {
        let key = KeyEvent::new(KeyCode::Char('P'), KeyModifiers::CONTROL);
        assert_eq!(translate_key(key), Some(Key::ctrl('p')));
    }
}

//! Drawing: reads the state, changes nothing.

mod bars;
mod list;
mod paint;
mod picker;
mod side;
mod theme;
mod thread;
mod writing;

pub use theme::{Palette, Theme};

use super::app::{App, Target};
use super::layout::Area;
use paint::Paint;
use ratatui::Frame;
use ratatui::layout::Position;

/// What lies where, for clicks; later entries lie above earlier ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HitMap {
    areas: Vec<(Area, Target)>,
}

impl HitMap {
    /// What lies at a cell.
    pub fn at(&self, x: u16, y: u16) -> Option<Target> {
        let hit = self.areas.iter().rev().find(|(area, _)| area.holds(x, y));
        hit.map(|(_, target)| *target)
    }
}

/// Draws the whole screen and puts the cursor on the selected item.
pub fn draw(app: &App, theme: &Theme, frame: &mut Frame) -> HitMap {
    let mut paint = Paint::new(frame.buffer_mut(), theme);
    if app.size.is_tiny() {
        bars::tiny(app, &mut paint);
    } else if let Some(writing) = &app.writing {
        writing::draw(app, writing, &mut paint);
    } else {
        main(app, &mut paint);
    }
    if !app.size.is_tiny() {
        overlays(app, &mut paint);
    }
    let (hits, (x, y)) = paint.finish();
    frame.set_cursor_position(Position { x, y });
    HitMap { areas: hits }
}

fn main(app: &App, paint: &mut Paint<'_>) {
    let plan = app.plan();
    bars::header(app, paint, plan.header);
    bars::rules(paint, &plan);
    if let Some(area) = plan.list {
        list::draw(app, paint, plan.title, area);
    }
    if let Some(area) = plan.thread {
        thread::draw(app, paint, area);
    }
    if let Some(area) = plan.side {
        side::draw(app, paint, area);
    }
    bars::notice(app, paint, plan.notice);
    bars::hints(app, paint, plan.hints);
}

fn overlays(app: &App, paint: &mut Paint<'_>) {
    if let Some(chooser) = &app.picker {
        picker::draw(app, chooser, paint);
    } else if app.which_key {
        picker::which_key(app, paint);
    }
    if let Some(prompt) = &app.prompt {
        bars::prompt(app, prompt, paint);
    }
}

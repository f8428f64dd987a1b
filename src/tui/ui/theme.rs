//! The only place that names colours: roles, and what they look like.

use ratatui::style::{Color, Modifier, Style};

/// How much the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// The terminal's own sixteen colours.
    Sixteen,
    /// None: `NO_COLOR`, `TERM=dumb`, `--color never`.
    Mono,
}

/// Roles and glyphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Lines and marks with ASCII only.
    pub ascii: bool,
    palette: Palette,
}

impl Theme {
    /// A theme for what the terminal can show.
    pub fn new(palette: Palette, ascii: bool) -> Self {
        Self { ascii, palette }
    }

    /// Text to read.
    pub fn text(self) -> Style {
        Style::new()
    }

    /// Text that is not looked for first. Words, not dimness, carry the meaning.
    pub fn quiet(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Titles and names.
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The one accent: keys, the active tab, links.
    pub fn accent(self) -> Style {
        self.colour(Color::Cyan)
    }

    /// The selected item.
    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Needs somebody: new mail, long waits.
    pub fn fresh(self) -> Style {
        self.colour(Color::Yellow)
    }

    /// Went well.
    pub fn good(self) -> Style {
        self.colour(Color::Green)
    }

    /// A warning.
    pub fn warn(self) -> Style {
        self.colour(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    /// An error, or somebody was faster.
    pub fn bad(self) -> Style {
        self.colour(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// Notes: for the team only, unlike anything a customer sees.
    pub fn note(self) -> Style {
        self.colour(Color::Magenta)
    }

    /// Quoted text.
    pub fn quote(self) -> Style {
        self.colour(Color::Green).add_modifier(Modifier::DIM)
    }

    /// Lines between panes.
    pub fn rule(self) -> Style {
        self.quiet()
    }

    fn colour(self, colour: Color) -> Style {
        match self.palette {
            Palette::Sixteen => Style::new().fg(colour),
            Palette::Mono => Style::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colours_no_role_has_one() {
        let theme = Theme::new(Palette::Mono, true);
        for style in [
            theme.accent(),
            theme.fresh(),
            theme.good(),
            theme.warn(),
            theme.bad(),
            theme.note(),
            theme.quote(),
            theme.selected(),
        ] {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }
}

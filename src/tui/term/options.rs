//! Settings of the screen, from the configuration and the environment.

use crate::config::{Config, Mailbox};
use crate::mail::clean;
use crate::team::Agent;
use crate::tui::app;
use crate::tui::ui::{Palette, Theme};
use directories::UserDirs;
use jiff::tz::TimeZone;
use std::path::PathBuf;

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Unless `NO_COLOR` is set or the terminal is dumb.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Settings of the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// What the state needs to know.
    pub app: app::Options,
    /// How things look.
    pub theme: Theme,
}

impl Options {
    /// Settings for one mailbox.
    pub fn new(config: &Config, mailbox: &Mailbox, colour: Colour) -> Self {
        let palette = match colour {
            Colour::Always => Palette::Sixteen,
            Colour::Never => Palette::Mono,
            Colour::Auto if is_plain() => Palette::Mono,
            Colour::Auto => Palette::Sixteen,
        };
        let screen = &config.screen;
        Self {
            app: app::Options {
                me: Agent::new(config.me.nick.clone()),
                mailbox: clean::line(&mailbox.address).as_str().to_owned(),
                mouse: screen.mouse,
                after_send: screen.after_send,
                status_after: config.send.status,
                read_after: screen.read_after,
                zone: TimeZone::system(),
                downloads: downloads(),
            },
            theme: Theme::new(palette, screen.ascii),
        }
    }
}

/// Whether the environment asks for no colours (no-color.org) or the terminal has none.
fn is_plain() -> bool {
    let set = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    set || std::env::var_os("TERM").is_none_or(|term| term == "dumb")
}

/// The platform's folder for downloads, else the current one.
fn downloads() -> PathBuf {
    let folder = UserDirs::new().and_then(|dirs| dirs.download_dir().map(PathBuf::from));
    folder.unwrap_or_else(|| PathBuf::from("."))
}

//! Screens as reviewable text: what a person sees after pressing keys, without engine or terminal.

mod data;
mod lists;
mod picture;
mod play;
mod shots;
mod sweep;
mod triage;
mod writing;

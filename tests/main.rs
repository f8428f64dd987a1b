//! All integration tests in one binary; each ring has its folder.

// The lints against panics guard the program. Tests and what they share are there to panic, and
// clippy's own exceptions do not reach functions beside the tests.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used
)]

mod cli;
mod corpus;
mod documents;
mod faults;
mod layers;
mod office;
mod screens;
mod servers;
mod support;
mod team;
mod terminal;

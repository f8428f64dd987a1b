//! What several integration tests need.

pub mod chance;
pub mod dovecot;
pub mod office;
pub mod program;
pub mod terminal;

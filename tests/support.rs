//! What several integration tests need.

pub mod dovecot;
pub mod office;
pub mod program;

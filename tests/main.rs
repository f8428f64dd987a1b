//! All integration tests in one binary; each ring has its folder.

mod servers;
mod support;

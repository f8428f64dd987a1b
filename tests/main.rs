//! All integration tests in one binary; each ring has its folder.

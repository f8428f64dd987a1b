//! The program while things break around it.

mod kill;

//! The built program in a real terminal, as a person sees it.

mod runs;

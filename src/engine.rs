//! The engine: the only place where adapters meet. Requests in, news out.

pub mod api;

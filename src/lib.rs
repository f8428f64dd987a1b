//! postroom: a shared inbox for support teams, in the terminal, with no server but the mailbox.
//!
//! # Map
//!
//! ```text
//! front ends     tui (app, ui, term)        cli (one-shot verbs)        serve (headless)
//!                        \                        |                        /
//! engine                  requests in, news out: sync, act, send, lists
//!                        /        |        |        |        \
//! adapters            imap      smtp     cache     desk     secrets        (net: sockets and TLS)
//!                        \        |        |        |        /
//! core (pure)         mail: parse, thread, clean, render, reply     team: events, fold, gate, mirror
//!                     query: the search language     view: what is shown     limits
//! ```
//!
//! * **core** does no I/O, is not async, reads no clock, draws no random number, never panics. What
//!   has to be right is decided here, and most tests live here.
//! * **adapters** wrap one outside thing each and do not know each other.
//! * **engine** is the only place where adapters meet. It owns the tasks, the order of effects and
//!   what happens after a crash.
//! * **front ends** hold no mail logic. The terminal's state is a pure state machine, its drawing a
//!   pure function; keys, palette and `postroom claim` make the same [`engine::api::Change`].
//! * [`sandbox`] is a whole mail server in this process, for `postroom demo` and the tests. Nothing
//!   outside it knows that it exists, but for one command.
//! * [`clock`] is the only caller of the system's time and of sleep, [`limits`] holds every limit.
//!
//! `tests/layers.rs` reads the `use` lines and fails when a layer reaches upward or sideways.
//!
//! # How a team agrees
//!
//! Events are messages appended to one folder, the journal. The order of their UIDs is the order of
//! events, and [`team::fold`] is the only judge: claims, intents and everything else take effect or
//! not by that order alone. No clock, no keyword and no presence mark decides anything. An agent
//! believes its own event only after it has folded everything below it; when the answer to an
//! APPEND shows that nothing can stand between, that takes one round trip ([`engine`], task
//! `journal`). An APPEND whose answer was lost is looked up by event id before it is repeated.
//!
//! IMAP keywords mirror the state for other mail clients. They never decide anything; a change
//! another client makes to them becomes an event with an id that every client makes alike.
//!
//! # How a reply leaves
//!
//! Draft on the desk → gate (INBOX, Sent and journal as they are now, against what the writer has
//! seen) → finished bytes in the outbox folder → `intent` event, effective for one person → hold →
//! fold again → SMTP, with a mark on disk before the final dot → `sent`, `failed` or `unknown` →
//! copy in Sent, `\Answered`, keywords. Each arrow is on disk before it happens; a crash resumes
//! without a second mail, or asks a person where nobody can know.
//!
//! # Two kinds of local data
//!
//! | | [`cache`] | [`desk`] |
//! | --- | --- | --- |
//! | holds | mail, records, the journal, the search index | drafts, replies on their way, events not yet acknowledged, read marks, the key |
//! | can be lost | yes: built again from the server | no: on disk before the program says "saved" |
//! | who writes | one process at a time; any number follow it | the processes of one agent |
//!
//! # What must stay true
//!
//! 1. Only [`team::fold`] decides who owns a conversation, from journal order alone.
//! 2. Only [`mail::clean`] makes text from outside printable.
//! 3. Only the command table names commands, keys and their help.
//! 4. Only `tui::ui::theme` names colours, only [`clock`] asks for the time, only [`imap`] writes
//!    IMAP, only [`engine`] orders effects.
//! 5. A key press is drawn within one frame whatever network, disk and index are doing.
//! 6. What was acknowledged to a person survives `kill -9` at any instruction.
//! 7. Every limit stands in [`limits`].
//! 8. The cache equals a rebuild from nothing.
//!
//! # Words
//!
//! *Conversation*: messages that belong together, named by the Message-ID of their root.
//! *Agent*: a member of the team, by nick. *Claim*: become the owner of a conversation nobody owns.
//! *Slot*: the message an answer answers. *Intent*: the right to send one answer to one slot.
//! *Journal*: the folder with the team's events. *Fold*: events in order → state of the team.
//! *Gate*: the look at everything newer than the writer has seen. *Mirror*: keywords that show the
//! state to other mail clients. *Presence*: a hint who reads or writes, which decides nothing.

pub mod cache;
pub mod cli;
pub mod clock;
pub mod config;
pub mod desk;
pub mod engine;
pub mod imap;
pub mod limits;
pub mod mail;
pub mod net;
pub mod query;
pub mod sandbox;
pub mod secrets;
pub mod serve;
pub mod smtp;
pub mod team;
pub mod tui;
pub mod view;

//! Which command a fault script and the dispatcher take a command for.

use crate::sandbox::faults::Verb;
use imap_next::imap_types::command::CommandBody;

/// Whether it is one of the commands about folders.
pub(super) fn folder_command(body: &CommandBody<'_>) -> bool {
    matches!(
        verb_of(body),
        Some(
            Verb::Select
                | Verb::Examine
                | Verb::Unselect
                | Verb::Close
                | Verb::Create
                | Verb::Delete
                | Verb::Rename
                | Verb::Subscribe
                | Verb::Unsubscribe
                | Verb::List
                | Verb::Lsub
                | Verb::Status
                | Verb::Namespace
        )
    )
}

/// The command's name; `None` for what is not supported at all.
pub(super) fn verb_of(body: &CommandBody<'_>) -> Option<Verb> {
    Some(match body {
        CommandBody::Capability => Verb::Capability,
        CommandBody::Noop => Verb::Noop,
        CommandBody::Logout => Verb::Logout,
        CommandBody::Login { .. } => Verb::Login,
        CommandBody::Authenticate { .. } => Verb::Authenticate,
        CommandBody::Select { .. } => Verb::Select,
        CommandBody::Examine { .. } => Verb::Examine,
        CommandBody::Unselect => Verb::Unselect,
        CommandBody::Close => Verb::Close,
        CommandBody::Create { .. } => Verb::Create,
        CommandBody::Delete { .. } => Verb::Delete,
        CommandBody::Rename { .. } => Verb::Rename,
        CommandBody::Subscribe { .. } => Verb::Subscribe,
        CommandBody::Unsubscribe { .. } => Verb::Unsubscribe,
        CommandBody::List { .. } => Verb::List,
        CommandBody::Lsub { .. } => Verb::Lsub,
        CommandBody::Status { .. } => Verb::Status,
        CommandBody::Append { .. } => Verb::Append,
        CommandBody::Check => Verb::Check,
        CommandBody::Expunge | CommandBody::ExpungeUid { .. } => Verb::Expunge,
        CommandBody::Search { .. } => Verb::Search,
        CommandBody::Fetch { .. } => Verb::Fetch,
        CommandBody::Store { .. } => Verb::Store,
        CommandBody::Copy { .. } => Verb::Copy,
        CommandBody::Move { .. } => Verb::Move,
        CommandBody::Idle => Verb::Idle,
        CommandBody::Enable { .. } => Verb::Enable,
        CommandBody::Id { .. } => Verb::Id,
        CommandBody::Namespace => Verb::Namespace,
        _ => return None,
    })
}

//! Which folder on the server plays which part.

use crate::config::Folders;
use crate::imap::{Mailbox, Role};

/// Names of the folders postroom works with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Where mail arrives.
    pub inbox: String,
    /// Where sent mail is filed.
    pub sent: String,
    /// The team's events.
    pub journal: String,
    /// Finished mails between review and Sent.
    pub outbox: String,
}

impl Layout {
    /// Takes configured names first, then SPECIAL-USE (RFC 6154), then the usual names below the
    /// server's personal namespace (RFC 2342).
    pub fn new(wanted: &Folders, prefix: &str, delimiter: &str, listed: &[Mailbox]) -> Self {
        let under = |path: &str| format!("{prefix}{}", path.replace('/', delimiter));
        let chosen = |name: &str, fallback: String| match name {
            "" => fallback,
            name => name.to_owned(),
        };
        let by_role = listed
            .iter()
            .find(|m| m.role == Some(Role::Sent) && m.selectable)
            .or_else(|| listed.iter().find(|m| usual_sent(&m.name, prefix)))
            .map_or_else(|| under("Sent"), |m| m.name.clone());
        Self {
            inbox: chosen(&wanted.inbox, "INBOX".to_owned()),
            sent: chosen(&wanted.sent, by_role),
            journal: chosen(&wanted.journal, under("Postroom/Journal")),
            outbox: chosen(&wanted.outbox, under("Postroom/Outbox")),
        }
    }
}

fn usual_sent(name: &str, prefix: &str) -> bool {
    let name = name.strip_prefix(prefix).unwrap_or(name);
    ["sent", "sent items", "sent mail", "sent messages"]
        .iter()
        .any(|usual| name.eq_ignore_ascii_case(usual))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox(name: &str, role: Option<Role>) -> Mailbox {
        Mailbox {
            name: name.to_owned(),
            raw: name.to_owned(),
            delimiter: None,
            role,
            selectable: true,
        }
    }

    #[test]
    fn special_use_beats_the_usual_name_and_configuration_beats_both() {
        let listed = [mailbox("Sent", None), mailbox("Gesendet", Some(Role::Sent))];
        let by_role = Layout::new(&Folders::default(), "", "/", &listed);
        assert_eq!(by_role.sent, "Gesendet");
        let wanted = Folders {
            sent: "Ausgang".to_owned(),
            ..Folders::default()
        };
        assert_eq!(Layout::new(&wanted, "", "/", &listed).sent, "Ausgang");
    }

    #[test]
    fn names_follow_the_servers_prefix_and_delimiter() {
        let layout = Layout::new(&Folders::default(), "INBOX.", ".", &[]);
        assert_eq!(layout.journal, "INBOX.Postroom.Journal");
        assert_eq!(layout.sent, "INBOX.Sent");
    }
}

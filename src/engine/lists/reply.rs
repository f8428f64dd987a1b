//! The start of a reply.

use super::super::api::{Trouble, TroubleKind};
use super::super::shared::{other, random};
use super::super::sync::letters_of;
use super::Lists;
use super::thread::gone;
use crate::clock;
use crate::mail::draft::Draft;
use crate::mail::{Address, parse, reply};
use crate::team::ConversationName;
use crate::team::gate::{Current, Seen};
use crate::team::ids;
use crate::view::ThreadMessage;

impl Lists<'_> {
    /// The saved draft of a conversation, or a new one that has seen the conversation as the
    /// cache has it now.
    pub(super) fn reply(&self, name: &ConversationName, all: bool) -> Result<Draft, Trouble> {
        let saved = self.shared.desk().draft_for(name).map_err(other)?;
        if let Some(draft) = saved {
            return Ok(draft);
        }
        let found = self
            .with_viewer(|v| self.reader.thread(name, v))
            .map_err(other)?;
        let (row, messages) = found.ok_or_else(gone)?;
        let answered = answerable(&messages).ok_or_else(|| {
            Trouble::new(
                TroubleKind::Other,
                "there is no message in it that could be answered",
            )
        })?;
        let raw = self.reader.raw(answered.key).map_err(other)?;
        let original = parse::parse(&raw.ok_or_else(gone)?);
        let now = clock::now();
        let mailbox = &self.shared.mailbox;
        let own = std::iter::once(&mailbox.address).chain(&mailbox.also);
        let setup = reply::Setup {
            id: ids::event_id(now, random()).as_str().to_owned(),
            mailbox: mailbox.name.clone(),
            conversation: row.name.clone(),
            from: Address::new(&mailbox.from_name, &mailbox.address),
            own: own.cloned().collect(),
            all,
            signature: mailbox.signature.clone(),
            quote: true,
            at: now,
            seen: self.seen(&row.name)?,
        };
        Ok(reply::start(&original, setup))
    }

    /// The version of a conversation somebody sees who looks at the cache now.
    fn seen(&self, name: &ConversationName) -> Result<Seen, Trouble> {
        let facts = self.reader.facts(name).map_err(other)?.ok_or_else(gone)?;
        let team = self.shared.team();
        Ok(Seen::of(&Current {
            conversation: team.conversation(name),
            messages: &letters_of(&facts),
            position_uid: team.position().uid,
        }))
    }
}

/// The newest message a person wrote to us; else the newest that is not ours; else our own, to
/// follow up on.
fn answerable(messages: &[ThreadMessage]) -> Option<&ThreadMessage> {
    let mut newest = messages.iter().rev();
    let inbound = || messages.iter().rev().filter(|m| !m.outgoing);
    inbound()
        .find(|m| !m.automatic)
        .or_else(|| inbound().next())
        .or_else(|| newest.next())
}

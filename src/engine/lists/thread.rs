//! One conversation with everything in it.

use super::super::api::{Trouble, TroubleKind};
use super::super::shared::other;
use super::Lists;
use crate::team::fold::{self, Conversation};
use crate::team::{Agent, ConversationName, words};
use crate::view::{HistoryEntry, Note, Thread, ThreadMessage};

impl Lists<'_> {
    pub(super) fn thread(&self, name: &ConversationName) -> Result<Thread, Trouble> {
        let found = self
            .with_viewer(|v| self.reader.thread(name, v))
            .map_err(other)?;
        let Some((mut row, mut messages)) = found else {
            return Err(gone());
        };
        self.fill(&mut row);
        let customer = self.reader.customer(&row.from).map_err(other)?;
        let team = self.shared.team();
        let conversation = team.conversation(&row.name);
        if let Some(conversation) = conversation {
            for message in messages.iter_mut().filter(|m| m.outgoing) {
                message.author = author(conversation, message);
            }
        }
        let history = conversation.map_or(&[][..], |c| &c.history);
        let notes = conversation.map_or(&[][..], |c| &c.notes);
        Ok(Thread {
            epoch: conversation.map_or(0, |c| c.epoch),
            events: history.iter().map(entry).collect(),
            notes: notes.iter().map(note).collect(),
            customer,
            row,
            messages,
        })
    }
}

/// One event as screens and verbs show it.
pub(super) fn entry(entry: &fold::HistoryEntry) -> HistoryEntry {
    HistoryEntry {
        uid: entry.uid,
        event: entry.id.clone(),
        kind: words::kind(&entry.act).to_owned(),
        agent: entry.agent.clone(),
        at: entry.at,
        effective: entry.effective,
        refusal: entry.refusal.clone(),
        sentence: words::history_line(&entry.agent, &entry.act),
    }
}

pub(super) fn gone() -> Trouble {
    Trouble::new(
        TroubleKind::NotFound,
        "no such conversation here: postroom sync looks whether the server has it",
    )
}

fn note(note: &fold::Note) -> Note {
    Note {
        event: note.event.clone(),
        agent: note.agent.clone(),
        text: note.text.clone(),
        at: note.at,
    }
}

/// Who of the team sent a message, as far as the journal knows.
fn author(conversation: &Conversation, message: &ThreadMessage) -> Option<Agent> {
    let id = message.message_id.as_ref()?;
    let mut intents = conversation.slots.values().flat_map(|s| &s.intents);
    let intent = intents.find(|i| i.message_id == *id)?;
    Some(intent.agent.clone())
}

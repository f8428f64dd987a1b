//! Replies on their way out, step by step.

use super::{Desk, Error};
use crate::clock::Timestamp;
use crate::team::{ConversationName, EventId, Status};
use rusqlite::params;
use serde::{Deserialize, Serialize};

/// A finished reply between review and its copy in Sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// The draft it was made from.
    pub draft: String,
    /// The shared mailbox it is for.
    pub mailbox: String,
    /// Its conversation.
    pub conversation: ConversationName,
    /// Message-ID of the message it answers.
    pub slot: Option<String>,
    /// Its Message-ID, without brackets; never changes.
    pub message_id: String,
    /// The finished message; never changes.
    #[serde(skip)]
    pub bytes: Vec<u8>,
    /// SMTP MAIL FROM.
    pub envelope_from: String,
    /// SMTP RCPT TO.
    pub envelope_to: Vec<String>,
    /// SHA-256 of `bytes`, hex.
    pub hash: String,
    /// Status the conversation gets afterwards; `None` leaves it to the configuration.
    pub status_after: Option<Status>,
    /// How far it is.
    pub stage: OutgoingStage,
}

/// How far a reply is. Each stage is on disk before what it names happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "kebab-case")]
pub enum OutgoingStage {
    /// Finished; no intent was accepted as far as this desk knows.
    Stored,
    /// The intent is accepted; the reply leaves after this time.
    Held {
        /// The intent.
        event: EventId,
        /// End of the hold.
        until: Timestamp,
    },
    /// The final dot may have been sent: from here on only an answer makes it certain.
    Dotted {
        /// The intent.
        event: EventId,
    },
    /// The server took it.
    Accepted {
        /// The intent.
        event: EventId,
        /// The server's answer, as it came.
        answer: String,
    },
    /// `sent` is in the journal; the copy is not filed yet.
    Recorded {
        /// The intent.
        event: EventId,
    },
    /// Nobody can say; a person must.
    Unknown {
        /// The intent.
        event: EventId,
    },
}

impl OutgoingStage {
    /// The accepted intent, once there is one.
    pub fn intent(&self) -> Option<&EventId> {
        match self {
            Self::Stored => None,
            Self::Held { event, .. }
            | Self::Dotted { event }
            | Self::Accepted { event, .. }
            | Self::Recorded { event }
            | Self::Unknown { event } => Some(event),
        }
    }
}

impl Desk {
    /// Stores a reply at its stage.
    ///
    /// # Errors
    /// Those of the database; then what the stage names must not happen.
    pub fn put_outgoing(&self, outgoing: &Outgoing) -> Result<(), Error> {
        let record = serde_json::to_string(outgoing).map_err(|_| self.damaged("reply"))?;
        self.write(|tx| {
            tx.execute(
                "INSERT INTO outgoing (draft, record, bytes) VALUES (?1, ?2, ?3)
                 ON CONFLICT (draft) DO UPDATE SET record = ?2, bytes = ?3",
                params![outgoing.draft, record, outgoing.bytes],
            )?;
            Ok(())
        })
    }

    /// Replies on their way.
    ///
    /// # Errors
    /// Those of the database, and [`Error::Damaged`].
    pub fn outgoing(&self) -> Result<Vec<Outgoing>, Error> {
        let rows = self.write(|tx| {
            tx.prepare_cached("SELECT record, bytes FROM outgoing ORDER BY draft")?
                .query_map([], |row| {
                    Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?))
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        let parsed = rows.into_iter().map(|(record, bytes)| {
            let outgoing: Outgoing =
                serde_json::from_str(&record).map_err(|_| self.damaged("reply"))?;
            Ok(Outgoing { bytes, ..outgoing })
        });
        parsed.collect()
    }

    /// Nothing is left to do for a reply.
    ///
    /// # Errors
    /// Those of the database.
    pub fn remove_outgoing(&self, draft: &str) -> Result<(), Error> {
        self.write(|tx| {
            tx.execute("DELETE FROM outgoing WHERE draft = ?", [draft])?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_comes_back_as_it_was_at_its_last_stage() {
        let dir = tempfile::tempdir().unwrap();
        let desk = Desk::open(dir.path()).unwrap();
        let mut reply = Outgoing {
            draft: "d".to_owned(),
            mailbox: "support".to_owned(),
            conversation: ConversationName::new("root@x"),
            slot: None,
            message_id: "m@x".to_owned(),
            bytes: b"\xffbytes\r\n".to_vec(),
            envelope_from: "support@acme.example".to_owned(),
            envelope_to: vec!["mia@example.net".to_owned()],
            hash: "00".to_owned(),
            status_after: Some(Status::Done),
            stage: OutgoingStage::Stored,
        };
        desk.put_outgoing(&reply).unwrap();
        reply.stage = OutgoingStage::Dotted {
            event: EventId::new("e"),
        };
        desk.put_outgoing(&reply).unwrap();
        drop(desk);
        let desk = Desk::open(dir.path()).unwrap();
        assert_eq!(desk.outgoing().unwrap(), [reply]);
        desk.remove_outgoing("d").unwrap();
        assert!(desk.outgoing().unwrap().is_empty());
    }
}

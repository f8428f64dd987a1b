//! Drafts and their older versions.

use super::{Desk, Error};
use crate::mail::draft::Draft;
use crate::team::ConversationName;
use rusqlite::{OptionalExtension, params};

/// Older versions kept of one draft.
const VERSIONS: u32 = 50;

impl Desk {
    /// Saves a draft; the text it had before is kept among its versions.
    ///
    /// # Errors
    /// Those of the database; the draft in memory is untouched.
    pub fn save_draft(&self, draft: &Draft) -> Result<(), Error> {
        let body = serde_json::to_string(draft).map_err(|_| self.damaged("draft"))?;
        self.write(|tx| {
            tx.execute(
                "INSERT INTO draft_version (draft, body)
                 SELECT id, body FROM draft WHERE id = ? AND body <> ?",
                params![draft.id, body],
            )?;
            tx.execute(
                "DELETE FROM draft_version WHERE draft = ?1 AND number NOT IN
                   (SELECT number FROM draft_version WHERE draft = ?1
                    ORDER BY number DESC LIMIT ?2)",
                params![draft.id, VERSIONS],
            )?;
            tx.execute(
                "INSERT INTO draft (id, conversation, updated, body) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (id) DO UPDATE SET updated = ?3, dropped = 0, body = ?4",
                params![
                    draft.id,
                    draft.conversation.as_str(),
                    draft.updated.as_millisecond(),
                    body
                ],
            )?;
            Ok(())
        })
    }

    /// Drafts, last changed first.
    ///
    /// # Errors
    /// Those of the database; one that cannot be read is left out of the list and stays stored.
    pub fn drafts(&self) -> Result<Vec<Draft>, Error> {
        let bodies = self.write(|tx| {
            tx.prepare_cached("SELECT body FROM draft WHERE dropped = 0 ORDER BY updated DESC, id")?
                .query_map([], |row| row.get::<_, String>(0))?
                .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        let parsed = bodies.iter().filter_map(|b| serde_json::from_str(b).ok());
        Ok(parsed.collect())
    }

    /// One draft, dropped ones included.
    ///
    /// # Errors
    /// Those of the database, and [`Error::Damaged`].
    pub fn draft(&self, id: &str) -> Result<Option<Draft>, Error> {
        let body = self.write(|tx| {
            tx.query_row("SELECT body FROM draft WHERE id = ?", [id], |row| {
                row.get::<_, String>(0)
            })
            .optional()
        })?;
        let parsed = body.map(|b| serde_json::from_str(&b));
        parsed.transpose().map_err(|_| self.damaged("draft"))
    }

    /// The draft for a conversation that was changed last.
    ///
    /// # Errors
    /// As [`drafts`](Self::drafts).
    pub fn draft_for(&self, conversation: &ConversationName) -> Result<Option<Draft>, Error> {
        let mut drafts = self.drafts()?.into_iter();
        Ok(drafts.find(|d| d.conversation == *conversation))
    }

    /// Takes a draft off the list; its text stays stored.
    ///
    /// # Errors
    /// Those of the database.
    pub fn drop_draft(&self, id: &str) -> Result<(), Error> {
        self.write(|tx| {
            tx.execute("UPDATE draft SET dropped = 1 WHERE id = ?", [id])?;
            Ok(())
        })
    }

    /// Older texts of a draft, newest first.
    ///
    /// # Errors
    /// As [`drafts`](Self::drafts).
    pub fn draft_versions(&self, id: &str) -> Result<Vec<Draft>, Error> {
        let bodies = self.write(|tx| {
            tx.prepare_cached(
                "SELECT body FROM draft_version WHERE draft = ? ORDER BY number DESC",
            )?
            .query_map([id], |row| row.get::<_, String>(0))?
            .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        let parsed = bodies.iter().filter_map(|b| serde_json::from_str(b).ok());
        Ok(parsed.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::mail::Address;
    use crate::team::gate::Seen;

    fn draft(id: &str, body: &str, second: i64) -> Draft {
        Draft {
            id: id.to_owned(),
            mailbox: "support".to_owned(),
            conversation: ConversationName::new("root@x"),
            slot: Some("root@x".to_owned()),
            from: Address::new("Acme", "support@acme.example"),
            to: vec![Address::new("Mia", "mia@example.net")],
            cc: Vec::new(),
            subject: "Re: Refund".to_owned(),
            body: body.to_owned(),
            references: vec!["root@x".to_owned()],
            status_after: None,
            updated: Timestamp::from_second(second).unwrap(),
            seen: Seen::default(),
        }
    }

    #[test]
    fn older_texts_are_kept_and_a_dropped_draft_can_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let desk = Desk::open(dir.path()).unwrap();
        desk.save_draft(&draft("d", "one", 1)).unwrap();
        desk.save_draft(&draft("d", "two", 2)).unwrap();
        desk.save_draft(&draft("d", "two", 2)).unwrap();
        let versions = desk.draft_versions("d").unwrap();
        let texts: Vec<_> = versions.iter().map(|d| d.body.as_str()).collect();
        assert_eq!(texts, ["one"]);
        desk.drop_draft("d").unwrap();
        assert!(desk.drafts().unwrap().is_empty());
        assert_eq!(desk.draft("d").unwrap().unwrap().body, "two");
    }

    #[test]
    fn versions_are_capped_and_the_newest_stay() {
        let dir = tempfile::tempdir().unwrap();
        let desk = Desk::open(dir.path()).unwrap();
        for n in 0..=i64::from(VERSIONS) + 5 {
            desk.save_draft(&draft("d", &n.to_string(), n)).unwrap();
        }
        let versions = desk.draft_versions("d").unwrap();
        assert_eq!(versions.len(), VERSIONS as usize);
        assert_eq!(versions.first().unwrap().body, (VERSIONS + 4).to_string());
    }

    #[test]
    fn the_newest_draft_of_a_conversation_is_taken_up() {
        let dir = tempfile::tempdir().unwrap();
        let desk = Desk::open(dir.path()).unwrap();
        desk.save_draft(&draft("old", "a", 1)).unwrap();
        desk.save_draft(&draft("new", "b", 2)).unwrap();
        let found = desk.draft_for(&ConversationName::new("root@x")).unwrap();
        assert_eq!(found.unwrap().id, "new");
        assert!(
            desk.draft_for(&ConversationName::new("x"))
                .unwrap()
                .is_none()
        );
    }
}

//! What this agent has read, and small settings.

use super::{Desk, Error};
use crate::clock::Timestamp;
use crate::team::ConversationName;
use rusqlite::{OptionalExtension, params};

impl Desk {
    /// Up to which arrival (INTERNALDATE) a conversation was read; `None` when nothing of it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn read_mark(&self, conversation: &ConversationName) -> Result<Option<Timestamp>, Error> {
        let read = self
            .conn
            .prepare_cached("SELECT at FROM read_mark WHERE conversation = ?")
            .and_then(|mut found| {
                found
                    .query_row([conversation.as_str()], |row| row.get::<_, i64>(0))
                    .optional()
            });
        let second = read.map_err(|source| self.error(source))?;
        Ok(second.and_then(|s| Timestamp::from_second(s).ok()))
    }

    /// Sets or removes the mark.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_read(
        &self,
        conversation: &ConversationName,
        at: Option<Timestamp>,
    ) -> Result<(), Error> {
        self.write(|tx| {
            let name = conversation.as_str();
            match at {
                Some(at) => tx.execute(
                    "INSERT INTO read_mark VALUES (?1, ?2)
                     ON CONFLICT (conversation) DO UPDATE SET at = ?2",
                    params![name, at.as_second()],
                )?,
                None => tx.execute("DELETE FROM read_mark WHERE conversation = ?", [name])?,
            };
            Ok(())
        })
    }

    /// A small setting, such as the last view.
    ///
    /// # Errors
    /// Those of the database.
    pub fn setting(&self, key: &str) -> Result<Option<String>, Error> {
        self.write(|tx| {
            tx.query_row("SELECT value FROM setting WHERE key = ?", [key], |row| {
                row.get(0)
            })
            .optional()
        })
    }

    /// Keeps a small setting.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_setting(&self, key: &str, value: &str) -> Result<(), Error> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO setting VALUES (?1, ?2)
                 ON CONFLICT (key) DO UPDATE SET value = ?2",
                params![key, value],
            )?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_settings_survive_reopening() {
        let dir = tempfile::tempdir().unwrap();
        let name = ConversationName::new("root@x");
        let at = Timestamp::from_second(1_700_000_000).unwrap();
        let desk = Desk::open(dir.path()).unwrap();
        desk.set_read(&name, Some(at)).unwrap();
        desk.set_setting("view", "mine").unwrap();
        drop(desk);
        let desk = Desk::open(dir.path()).unwrap();
        assert_eq!(desk.read_mark(&name).unwrap(), Some(at));
        assert_eq!(desk.setting("view").unwrap().as_deref(), Some("mine"));
        desk.set_read(&name, None).unwrap();
        assert_eq!(desk.read_mark(&name).unwrap(), None);
    }
}

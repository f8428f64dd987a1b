//! Tables, step by step.

use super::Error;
use crate::limits::DESK_BUSY;
use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};
use std::path::Path;

const FIRST: &str = "
CREATE TABLE event (
    seq INTEGER NOT NULL,
    id TEXT NOT NULL PRIMARY KEY,
    conversation TEXT NOT NULL,
    raw BLOB NOT NULL,
    hash TEXT NOT NULL,
    uidvalidity INTEGER,
    uid INTEGER
) STRICT;
CREATE INDEX event_pending ON event (seq) WHERE uid IS NULL;
CREATE TABLE draft (
    id TEXT NOT NULL PRIMARY KEY,
    conversation TEXT NOT NULL,
    updated INTEGER NOT NULL,
    dropped INTEGER NOT NULL DEFAULT 0,
    body TEXT NOT NULL
) STRICT;
CREATE TABLE draft_version (
    number INTEGER PRIMARY KEY,
    draft TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX draft_version_of ON draft_version (draft, number);
CREATE TABLE outgoing (
    draft TEXT NOT NULL PRIMARY KEY,
    record TEXT NOT NULL,
    bytes BLOB NOT NULL
) STRICT;
CREATE TABLE read_mark (
    conversation TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT;
CREATE TABLE setting (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
";

/// Opens the database and brings it to the newest form.
pub(super) fn open(path: &Path) -> Result<Connection, Error> {
    let fail = |source| Error::database(path, source);
    let mut conn = Connection::open(path).map_err(fail)?;
    conn.busy_timeout(DESK_BUSY).map_err(fail)?;
    conn.pragma_update(None, "journal_mode", "WAL")
        .map_err(fail)?;
    conn.pragma_update(None, "synchronous", "FULL")
        .map_err(fail)?;
    let steps = Migrations::new(vec![M::up(FIRST)]);
    steps.to_latest(&mut conn).map_err(|error| match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => fail(err),
        _ => Error::Newer {
            path: path.to_owned(),
        },
    })?;
    Ok(conn)
}

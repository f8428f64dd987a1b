//! The tables, and how a connection to them is opened.

use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// Raised with every change of [`TABLES`]: a cache of another version is built anew.
pub(super) const VERSION: i64 = 1;

/// How long a statement waits for another connection's transaction.
const PATIENCE: Duration = Duration::from_secs(10);

/// Times are seconds since 1970, as fine as INTERNALDATE and Date are. `token` columns hold the
/// first eight bytes of a SHA-256 hash. `class` and `status` are explained in `conversation`.
const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE folder (
    id INTEGER PRIMARY KEY,
    role TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    uidvalidity INTEGER,
    uidnext INTEGER,
    modseq INTEGER
) STRICT;

-- One row for each distinct message, however many folders it lies in.
CREATE TABLE message (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE,
    tie INTEGER NOT NULL,
    own INTEGER,
    message_id TEXT,
    root TEXT NOT NULL,
    name TEXT NOT NULL,
    impostor INTEGER NOT NULL DEFAULT 0,
    conversation INTEGER NOT NULL DEFAULT 0,
    at INTEGER NOT NULL,
    outgoing INTEGER NOT NULL,
    from_us INTEGER NOT NULL,
    automatic INTEGER NOT NULL,
    bounce INTEGER NOT NULL,
    attachments INTEGER NOT NULL,
    alone INTEGER NOT NULL,
    subject_token INTEGER NOT NULL,
    people BLOB NOT NULL,
    tokens BLOB NOT NULL,
    subject TEXT NOT NULL,
    from_name TEXT NOT NULL,
    from_address TEXT NOT NULL,
    to_name TEXT NOT NULL,
    to_address TEXT NOT NULL
) STRICT;
CREATE INDEX message_conversation ON message (conversation, at, tie);
CREATE INDEX message_own ON message (own) WHERE own IS NOT NULL;
CREATE INDEX message_name ON message (name);

CREATE TABLE content (
    message INTEGER PRIMARY KEY,
    record BLOB NOT NULL,
    size INTEGER NOT NULL,
    raw BLOB NOT NULL
) STRICT;

CREATE TABLE place (
    folder INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    message INTEGER NOT NULL,
    at INTEGER NOT NULL,
    modseq INTEGER,
    flags TEXT NOT NULL,
    PRIMARY KEY (folder, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX place_message ON place (message);

-- Every Message-ID that ties messages together, and where they are.
CREATE TABLE token (token INTEGER PRIMARY KEY, conversation INTEGER NOT NULL) STRICT;

-- Who wrote about which subject when, for mail without References.
CREATE TABLE topic (
    subject INTEGER NOT NULL,
    person INTEGER NOT NULL,
    at INTEGER NOT NULL,
    tie INTEGER NOT NULL,
    message INTEGER NOT NULL,
    PRIMARY KEY (subject, person, at, tie)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    short TEXT NOT NULL,
    subject TEXT NOT NULL,
    from_name TEXT NOT NULL,
    from_address TEXT NOT NULL,
    customer TEXT NOT NULL,
    messages INTEGER NOT NULL,
    inbound INTEGER NOT NULL,
    attachments INTEGER NOT NULL,
    bounced INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    last_inbound INTEGER,
    last_person INTEGER,
    last_outgoing INTEGER,
    waiting_since INTEGER,
    rank INTEGER NOT NULL,
    class INTEGER NOT NULL,
    status INTEGER NOT NULL,
    owner TEXT,
    tags TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    snoozed_until INTEGER,
    notes INTEGER NOT NULL
) STRICT;
CREATE INDEX conversation_name ON conversation (name);
CREATE INDEX conversation_short ON conversation (short);
CREATE INDEX conversation_customer ON conversation (customer, class);
CREATE INDEX conversation_rank ON conversation (class, rank, snoozed_until);
CREATE INDEX conversation_latest ON conversation (class, last_at);
CREATE INDEX conversation_open ON conversation (rank, class) WHERE class <= 2;
CREATE INDEX conversation_mine ON conversation (owner, rank, class)
    WHERE owner IS NOT NULL AND class <= 2;
CREATE INDEX conversation_all ON conversation (last_at);
CREATE INDEX conversation_snoozed ON conversation (class, snoozed_until)
    WHERE snoozed_until IS NOT NULL;
CREATE INDEX conversation_facts
    ON conversation (status, owner, snoozed_until, attachments, notes, tags);

-- How many conversations of a class an owner ('' for nobody) has, kept by the triggers below.
CREATE TABLE tally (
    class INTEGER NOT NULL,
    owner TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (class, owner)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER tally_insert AFTER INSERT ON conversation BEGIN
    INSERT INTO tally VALUES (new.class, coalesce(new.owner, ''), 1)
        ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER tally_delete AFTER DELETE ON conversation BEGIN
    UPDATE tally SET n = n - 1 WHERE class = old.class AND owner = coalesce(old.owner, '');
END;
CREATE TRIGGER tally_update AFTER UPDATE OF class, owner ON conversation
    WHEN old.class <> new.class OR old.owner IS NOT new.owner BEGIN
    UPDATE tally SET n = n - 1 WHERE class = old.class AND owner = coalesce(old.owner, '');
    INSERT INTO tally VALUES (new.class, coalesce(new.owner, ''), 1)
        ON CONFLICT DO UPDATE SET n = n + 1;
END;

-- What the fold says, by name: it may know conversations whose mail is not here.
CREATE TABLE team (
    name TEXT PRIMARY KEY,
    owner TEXT,
    epoch INTEGER NOT NULL,
    status INTEGER,
    status_at INTEGER,
    tags TEXT NOT NULL,
    snoozed_until INTEGER,
    snoozed_at INTEGER,
    answered INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE note (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    at INTEGER NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX note_name ON note (name);

CREATE TABLE journal (
    uidvalidity INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    at INTEGER NOT NULL,
    verified INTEGER NOT NULL,
    raw BLOB NOT NULL,
    PRIMARY KEY (uidvalidity, uid)
) STRICT, WITHOUT ROWID;

-- Documents whose index entry is not up to date: a message key, or minus a note id.
CREATE TABLE queue (id INTEGER PRIMARY KEY AUTOINCREMENT, document INTEGER NOT NULL) STRICT;
";

/// Bytes of a page: most mail fits into one, which halves the number of writes.
const PAGE: i64 = 16 << 10;
/// Memory for pages of the one writer, in KiB; the minus is SQLite's sign for the unit.
const WRITER_PAGES: i64 = -(16 << 10);

/// Opens the database for writing, creating the tables when it is empty.
pub(super) fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    let mut conn = Connection::open(path)?;
    prepare(&conn)?;
    // Counts only while the database is empty.
    conn.pragma_update(None, "page_size", PAGE)?;
    conn.pragma_update(None, "cache_size", WRITER_PAGES)?;
    conn.pragma_update(None, "journal_mode", "wal")?;
    conn.pragma_update(None, "synchronous", "normal")?;
    let tx = conn.transaction()?;
    if version(&tx)? == 0 {
        tx.execute_batch(TABLES)?;
        tx.execute(
            "INSERT INTO meta VALUES ('identity', lower(hex(randomblob(8))))",
            [],
        )?;
        tx.pragma_update(None, "user_version", VERSION)?;
    }
    tx.commit()?;
    Ok(conn)
}

/// Opens a second connection that writes to an existing database.
pub(super) fn open_second(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    prepare(&conn)?;
    conn.pragma_update(None, "synchronous", "normal")?;
    Ok(conn)
}

/// Opens an existing database for reading.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    prepare(&conn)?;
    Ok(conn)
}

/// The version of the tables, 0 when there are none.
pub(super) fn version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// A value kept beside the tables.
pub(super) fn meta(conn: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    use rusqlite::OptionalExtension;
    conn.prepare_cached("SELECT value FROM meta WHERE name = ?")?
        .query_row([name], |row| row.get(0))
        .optional()
}

/// Keeps a value beside the tables.
pub(super) fn set_meta(conn: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO meta VALUES (?, ?)")?
        .execute([name, value])?;
    Ok(())
}

fn prepare(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(PATIENCE)?;
    conn.pragma_update(None, "temp_store", "memory")?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(())
}

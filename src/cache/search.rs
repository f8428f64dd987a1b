//! Running queries.
//!
//! Words are looked up in tantivy, message by message and note by note; states, owners, tags and
//! ids are facts about conversations and come from SQL as sets, which take part in the same
//! boolean expression. A query without words never touches the index, so it is right even while
//! the index is behind.

mod collect;
mod plan;
mod sets;
mod snippet;

use super::index::{self, Fields};
use super::reader::line;
use super::{Error, Reader, Viewer, schema};
use crate::limits;
use crate::mail::Remote;
use crate::query::{Query, Term};
use crate::view::Hit;
use collect::{Found, Newest};
use rusqlite::{Connection, OptionalExtension, Result as Sql};
use sets::Sets;
use std::path::{Path, PathBuf};
use tantivy::{IndexReader, ReloadPolicy};

/// An open index.
pub(super) struct Searcher {
    path: PathBuf,
    reader: IndexReader,
    fields: Fields,
}

impl Reader {
    /// Searches; conversations come newest match first, each once, with the newest message or
    /// note of it that matches. Returns at most `limit` and [`limits::HITS`], and how many there
    /// are in all. An empty query finds nothing.
    ///
    /// # Errors
    /// Those of index and database.
    pub fn search(
        &self,
        query: &Query,
        viewer: &Viewer<'_>,
        limit: usize,
    ) -> Result<(Vec<Hit>, usize), Error> {
        let limit = limit.min(limits::HITS);
        let Some(root) = &query.root else {
            return Ok((Vec::new(), 0));
        };
        let sets = self.read(|conn| Sets::read(conn, query, viewer))?;
        let by_words = |(term, _): &(&Term, bool)| {
            matches!(term, Term::Text(_) | Term::Before(_) | Term::After(_))
        };
        if !query.terms().iter().any(by_words) {
            let set = sets.evaluate(root);
            return self.read(|conn| {
                let found = sets::newest(conn, &set, limit)?;
                Ok((hits(conn, found, query, viewer)?, set.len()))
            });
        }
        self.open_index()?;
        let searcher = self.searcher.borrow();
        let Some(searcher) = searcher.as_ref() else {
            return Ok((Vec::new(), 0));
        };
        let fail = |source| index::failed(&searcher.path, source);
        searcher.reader.reload().map_err(fail)?;
        let plan = plan::plan(root, &searcher.fields, &sets, viewer);
        let searched = searcher.reader.searcher().search(&plan, &Newest);
        let mut found = searched.map_err(fail)?;
        let total = found.len();
        collect::newest_first(&mut found, limit);
        let hits = self.read(|conn| hits(conn, found, query, viewer))?;
        Ok((hits, total))
    }

    /// Opens the index, unless that one is open already: a cache built anew has a new one.
    fn open_index(&self) -> Result<(), Error> {
        let identity = self.read(|conn| schema::meta(conn, "identity"))?;
        let identity = identity.unwrap_or_default();
        let path = index::directory(&self.dir, &identity);
        let mut held = self.searcher.borrow_mut();
        if held.as_ref().is_some_and(|s| s.path == path) || !path.exists() {
            return Ok(());
        }
        let opened = open(&self.dir, &identity);
        *held = Some(opened.map_err(|source| index::failed(&path, source))?);
        Ok(())
    }
}

fn open(dir: &Path, identity: &str) -> tantivy::Result<Searcher> {
    let (index, fields) = index::open(dir, identity)?;
    let reader = index
        .reader_builder()
        .reload_policy(ReloadPolicy::Manual)
        .try_into()?;
    Ok(Searcher {
        path: index::directory(dir, identity),
        reader,
        fields,
    })
}

/// Makes hits of what was found; what has gone since is left out.
fn hits(conn: &Connection, found: Vec<Found>, query: &Query, viewer: &Viewer<'_>) -> Sql<Vec<Hit>> {
    let words = snippet::words(query);
    let mut hits = Vec::new();
    for found in found {
        let text = match found.document {
            0.. => message_text(conn, found.document)?,
            _ => note_text(conn, -found.document)?,
        };
        let Some((conversation, text)) = text else {
            continue;
        };
        if let Some(row) = line(conn, conversation, viewer)? {
            hits.push(Hit {
                row,
                snippet: Remote::new(snippet::around(&text, &words)),
                message: (found.document > 0).then_some(found.document),
            });
        }
    }
    Ok(hits)
}

/// The conversation a message is in now, and its text.
fn message_text(conn: &Connection, key: i64) -> Sql<Option<(i64, String)>> {
    conn.prepare_cached(
        "SELECT conversation, record FROM message JOIN content ON content.message = key
         WHERE key = ?",
    )?
    .query_row([key], |row| {
        let record = super::record::read_record(row.get_ref(1)?.as_blob()?)?;
        Ok((row.get(0)?, record.text.raw().to_owned()))
    })
    .optional()
}

fn note_text(conn: &Connection, id: i64) -> Sql<Option<(i64, String)>> {
    let note: Option<(String, String)> = conn
        .prepare_cached("SELECT name, text FROM note WHERE id = ?")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((name, text)) = note else {
        return Ok(None);
    };
    let conversation = super::reader::resolve(conn, &name)?;
    Ok(conversation.map(|conversation| (conversation, text)))
}

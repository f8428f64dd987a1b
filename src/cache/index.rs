//! The full-text index: where it is, what is in it, and how it is brought up to date.

mod words;

pub(super) use words::{Token, first, tokens};

use super::lock::Lock;
use super::{DATABASE, Error, lock, record, schema};
use crate::limits;
use crate::mail::{Address, Message};
use rusqlite::{Connection, OptionalExtension, Result as Sql};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tantivy::indexer::IndexWriterOptions;
use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, Schema};
use tantivy::schema::{TextFieldIndexing, TextOptions};
use tantivy::{Index, IndexWriter, TantivyDocument, TantivyError, Term};

/// Raised with every change of fields or of what a word is: older indexes are built anew.
const VERSION: u32 = 1;
/// What index directories begin with.
const PREFIX: &str = "index-";

/// The fields of a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    /// Message key, or minus a note id.
    pub document: Field,
    /// Conversation.
    pub conversation: Field,
    /// Arrival, seconds.
    pub at: Field,
    pub subject: Field,
    pub from: Field,
    pub to: Field,
    /// Text and names of attachments.
    pub body: Field,
    pub note: Field,
}

impl Fields {
    fn schema() -> (Schema, Self) {
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(words::NAME)
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let text = TextOptions::default().set_indexing_options(indexing);
        let fields = Self {
            document: schema.add_i64_field("document", INDEXED | FAST),
            conversation: schema.add_i64_field("conversation", FAST),
            at: schema.add_i64_field("at", FAST),
            subject: schema.add_text_field("subject", text.clone()),
            from: schema.add_text_field("from", text.clone()),
            to: schema.add_text_field("to", text.clone()),
            body: schema.add_text_field("body", text.clone()),
            note: schema.add_text_field("note", text),
        };
        (schema.build(), fields)
    }

    fn head(&self, id: i64, conversation: i64, at: i64) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        document.add_i64(self.document, id);
        document.add_i64(self.conversation, conversation);
        document.add_i64(self.at, at);
        document
    }

    fn add_texts(&self, document: &mut TantivyDocument, message: &Message) {
        document.add_text(self.subject, message.subject.raw());
        for address in &message.from {
            document.add_text(self.from, person(address));
        }
        for address in message.to.iter().chain(&message.cc) {
            document.add_text(self.to, person(address));
        }
        document.add_text(self.body, message.text.raw());
        for attachment in &message.attachments {
            document.add_text(self.body, attachment.name.raw());
        }
    }
}

/// Opens the index that belongs to a database.
pub(super) fn open(dir: &Path, identity: &str) -> tantivy::Result<(Index, Fields)> {
    let index = Index::open_in_dir(directory(dir, identity))?;
    words::register(&index);
    Ok((index, Fields::schema().1))
}

/// Makes sure that there is an index of this version for this database, and no other. Whether it
/// was made now.
pub(super) fn prepare(dir: &Path, identity: &str) -> Result<bool, Error> {
    let wanted = directory(dir, identity);
    for entry in fs::read_dir(dir).map_err(|source| Error::file(dir, source))? {
        let path = entry.map_err(|source| Error::file(dir, source))?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
        if name.is_some_and(|n| n.starts_with(PREFIX)) && path != wanted {
            remove(&path)?;
        }
    }
    if open(dir, identity).is_ok() {
        return Ok(false);
    }
    remove(&wanted)?;
    lock::make_dir(&wanted)?;
    let created = Index::create_in_dir(&wanted, Fields::schema().0);
    created.map_err(|source| failed(&wanted, source))?;
    Ok(true)
}

/// Queues every document when the index is a new one, or when that was not done for it yet.
pub(super) fn queue_all(conn: &Connection, made: bool) -> Sql<()> {
    let version = VERSION.to_string();
    if !made && schema::meta(conn, "queued")?.as_deref() == Some(&*version) {
        return Ok(());
    }
    conn.execute_batch(
        "DELETE FROM queue;
         INSERT INTO queue (document) SELECT key FROM message;
         INSERT INTO queue (document) SELECT -id FROM note;",
    )?;
    schema::set_meta(conn, "queued", &version)
}

/// The index directory of a database: its identity changes when it is built anew.
pub(super) fn directory(dir: &Path, identity: &str) -> PathBuf {
    dir.join(format!("{PREFIX}{VERSION}-{identity}"))
}

/// Brings the index up to date, on whatever thread it is put.
pub struct Indexer {
    dir: PathBuf,
    conn: Connection,
    identity: String,
    /// `None` after a failure: tantivy's writers do not survive one.
    writer: Option<(IndexWriter, Fields)>,
    _lock: Arc<Lock>,
}

impl Indexer {
    pub(super) fn open(dir: &Path, lock: Arc<Lock>) -> Result<Self, Error> {
        let fail = |source| Error::of(dir, source);
        let conn = schema::open_second(&dir.join(DATABASE)).map_err(fail)?;
        let identity = schema::meta(&conn, "identity").map_err(fail)?;
        let mut indexer = Self {
            dir: dir.to_owned(),
            conn,
            identity: identity.unwrap_or_default(),
            writer: None,
            _lock: lock,
        };
        indexer.writer = Some(indexer.open_writer()?);
        Ok(indexer)
    }

    fn open_writer(&self) -> Result<(IndexWriter, Fields), Error> {
        let options = IndexWriterOptions::builder()
            .memory_budget_per_thread(limits::INDEX_MEMORY)
            .num_worker_threads(1)
            .num_merge_threads(1)
            .build();
        let open = || -> tantivy::Result<_> {
            let (index, fields) = open(&self.dir, &self.identity)?;
            Ok((index.writer_with_options(options)?, fields))
        };
        open().map_err(|source| self.failed(source))
    }

    fn failed(&self, source: TantivyError) -> Error {
        failed(&directory(&self.dir, &self.identity), source)
    }

    /// How many documents wait.
    ///
    /// # Errors
    /// Those of the database.
    pub fn pending(&self) -> Result<usize, Error> {
        let count = "SELECT count(*) FROM queue";
        let found = self.conn.query_row(count, [], |row| row.get::<_, i64>(0));
        let found = found.map_err(|source| Error::of(&self.dir, source))?;
        Ok(usize::try_from(found).unwrap_or(0))
    }

    /// Indexes what waits, in commits of [`limits::INDEX_BATCH`]; returns how many documents.
    /// Documents leave the queue after the commit that holds them, so a crash repeats some and
    /// loses none.
    ///
    /// # Errors
    /// Those of index and database; what was committed stays.
    pub fn index(&mut self) -> Result<usize, Error> {
        let (mut writer, fields) = match self.writer.take() {
            Some(writer) => writer,
            None => self.open_writer()?,
        };
        let mut done = 0;
        loop {
            let (last, documents) = self.batch()?;
            let Some(last) = last else {
                self.writer = Some((writer, fields));
                return Ok(done);
            };
            for document in &documents {
                self.put(*document, &writer, &fields)?;
            }
            writer.commit().map_err(|source| self.failed(source))?;
            self.conn
                .execute("DELETE FROM queue WHERE id <= ?", [last])
                .map_err(|source| Error::of(&self.dir, source))?;
            done += documents.len();
        }
    }

    /// The next documents, and the last queue entry that is among them.
    fn batch(&self) -> Result<(Option<i64>, BTreeSet<i64>), Error> {
        let read = || {
            let mut statement = self
                .conn
                .prepare_cached("SELECT id, document FROM queue ORDER BY id LIMIT ?")?;
            let mut rows = statement.query([limits::INDEX_BATCH as i64])?;
            let (mut last, mut documents) = (None, BTreeSet::new());
            while let Some(row) = rows.next()? {
                last = Some(row.get(0)?);
                documents.insert(row.get(1)?);
            }
            Ok((last, documents))
        };
        read().map_err(|source| Error::of(&self.dir, source))
    }

    /// Puts the present state of one document into the next commit.
    fn put(&self, id: i64, writer: &IndexWriter, fields: &Fields) -> Result<(), Error> {
        let document = if id > 0 {
            self.message(id, fields)
        } else {
            self.note(id, fields)
        };
        let document = document.map_err(|source| Error::of(&self.dir, source))?;
        writer.delete_term(Term::from_field_i64(fields.document, id));
        if let Some(document) = document {
            let added = writer.add_document(document);
            added.map_err(|source| self.failed(source))?;
        }
        Ok(())
    }

    fn message(&self, key: i64, fields: &Fields) -> Sql<Option<TantivyDocument>> {
        let found = self
            .conn
            .prepare_cached(
                "SELECT conversation, at, record FROM message
                 JOIN content ON content.message = key WHERE key = ?",
            )?
            .query_row([key], |row| {
                let record = record::read_record(row.get_ref(2)?.as_blob()?)?;
                Ok((row.get(0)?, row.get(1)?, record))
            })
            .optional()?;
        Ok(found.map(|(conversation, at, message)| {
            let mut document = fields.head(key, conversation, at);
            fields.add_texts(&mut document, &message);
            document
        }))
    }

    fn note(&self, id: i64, fields: &Fields) -> Sql<Option<TantivyDocument>> {
        let found = self
            .conn
            .prepare_cached("SELECT name, at, text FROM note WHERE id = ?")?
            .query_row([-id], |row| {
                let name: String = row.get(0)?;
                let text: String = row.get(2)?;
                Ok((name, row.get::<_, i64>(1)?, text))
            })
            .optional()?;
        let Some((name, at, text)) = found else {
            return Ok(None);
        };
        // Queued again when the conversation appears.
        let conversation = super::reader::resolve(&self.conn, &name)?;
        Ok(conversation.map(|conversation| {
            let mut document = fields.head(id, conversation, at);
            document.add_text(fields.note, text);
            document
        }))
    }
}

fn person(address: &Address) -> String {
    format!("{} {}", address.name.raw(), address.address.raw())
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file(path, source))
        }
        _ => Ok(()),
    }
}

pub(super) fn failed(path: &Path, source: TantivyError) -> Error {
    if let TantivyError::IoError(io) = &source
        && io.kind() == std::io::ErrorKind::StorageFull
    {
        return Error::Full {
            path: path.to_owned(),
        };
    }
    Error::Index {
        path: path.to_owned(),
        source,
    }
}

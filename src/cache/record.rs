//! What is kept of one message: its identity, the ids that tie it to others, its text.

use super::{Arrived, OwnAddresses};
use crate::limits;
use crate::mail::{Message, Remote, thread};
use rusqlite::types::Type;
use sha2::{Digest, Sha256};
use std::io::Read;

/// Compression of raw mail and records: fast, and close to the best for texts this small.
const LEVEL: i32 = 3;
/// People of one message that its subject is remembered for.
const PEOPLE: usize = 8;

/// The facts about a message that threading and lists need.
pub(super) struct Facts {
    /// SHA-256 of the body and of the headers that say what the message is; of all raw bytes when
    /// there is no usable Message-ID. Copies of one message in several folders differ in headers
    /// that tell their way, so those do not count.
    pub hash: [u8; 32],
    /// Token of its Message-ID.
    pub own: Option<i64>,
    /// Name of the conversation it belongs to by itself.
    pub root: String,
    /// Tokens of all ids that tie it to others, its own included.
    pub tokens: Vec<i64>,
    /// Nothing ties it to others but its subject.
    pub alone: bool,
    /// Token of its subject key.
    pub subject: i64,
    /// Tokens of the people outside the team, sender first.
    pub people: Vec<i64>,
    /// Its From is one of our addresses.
    pub from_us: bool,
}

impl Facts {
    /// Derives them.
    pub fn of(arrived: &Arrived, own: &OwnAddresses) -> Self {
        let message = &arrived.message;
        let id = message.message_id.as_deref();
        let id = id.filter(|id| thread::is_usable_id(id));
        let hash = match id {
            Some(_) => identity(message, &arrived.raw),
            None => Sha256::digest(&arrived.raw).into(),
        };
        let related = thread::related_ids(message);
        let key = thread::subject_key(message.subject.raw());
        let sender = message.from.first().map(|a| a.address.raw());
        let from_us = message.from.iter().any(|a| own.contains(a.address.raw()));
        // The rule is asked with the message itself as candidate: what remains is whether it may
        // follow anything at all by its subject.
        let itself: Vec<String> = sender.iter().map(|s| (*s).to_owned()).collect();
        let at = arrived.internal;
        let alone = !from_us && thread::guarded_subject_match(message, &key, &itself, at, at);
        Self {
            own: id.map(token),
            root: thread::conversation_name(message, &hex(&hash))
                .as_str()
                .to_owned(),
            tokens: related.into_iter().map(token).collect(),
            alone,
            subject: token(&key),
            people: people(message, own),
            from_us,
            hash,
        }
    }

    /// Orders messages of the same second alike in every cache.
    pub fn tie(&self) -> i64 {
        first_eight(&self.hash)
    }
}

/// A short stand-in for a text.
pub(super) fn token(text: &str) -> i64 {
    first_eight(&Sha256::digest(text.as_bytes()))
}

/// A short stand-in for an address, letter case aside.
pub(super) fn person(address: &str) -> i64 {
    token(&address.to_ascii_lowercase())
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let letters = digits.filter_map(|digit| char::from_digit(u32::from(digit), 16));
    letters.collect()
}

/// Numbers as bytes for a column.
pub(super) fn pack(numbers: &[i64]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
}

/// Numbers from the bytes of a column.
pub(super) fn unpack(bytes: &[u8]) -> Vec<i64> {
    let (chunks, _) = bytes.as_chunks::<8>();
    chunks.iter().map(|c| i64::from_le_bytes(*c)).collect()
}

/// Compresses raw mail and records, one context for many.
pub(super) struct Press {
    context: zstd::bulk::Compressor<'static>,
}

impl Press {
    pub fn new() -> rusqlite::Result<Self> {
        let context = zstd::bulk::Compressor::new(LEVEL).map_err(failed)?;
        Ok(Self { context })
    }

    pub fn squeeze(&mut self, bytes: &[u8]) -> rusqlite::Result<Vec<u8>> {
        self.context.compress(bytes).map_err(failed)
    }

    /// The parsed message without what the raw bytes keep anyway and lists never show.
    pub fn record(&mut self, message: &mut Message) -> rusqlite::Result<Vec<u8>> {
        let html = message.html.take();
        let json = serde_json::to_vec(message);
        message.html = html;
        self.squeeze(&json.map_err(failed)?)
    }
}

/// Decompresses raw mail of a known size.
pub(super) fn expand(bytes: &[u8], size: u64) -> rusqlite::Result<Vec<u8>> {
    let mut raw = Vec::new();
    let decoder = zstd::stream::read::Decoder::new(bytes).map_err(damaged)?;
    decoder.take(size).read_to_end(&mut raw).map_err(damaged)?;
    Ok(raw)
}

/// The parsed message as [`Press::record`] kept it.
pub(super) fn read_record(bytes: &[u8]) -> rusqlite::Result<Message> {
    // Text is cut at TEXT_BYTES while parsing; JSON escapes at most six-fold.
    let most = (limits::TEXT_BYTES + limits::HEADER_BYTES) as u64 * 6;
    serde_json::from_slice(&expand(bytes, most)?).map_err(damaged)
}

fn people(message: &Message, own: &OwnAddresses) -> Vec<i64> {
    let all = message.from.iter().chain(&message.to).chain(&message.cc);
    let others = all.map(|a| a.address.raw()).filter(|a| !own.contains(a));
    let mut people = Vec::new();
    for person in others.take(PEOPLE).map(person) {
        if !people.contains(&person) {
            people.push(person);
        }
    }
    people
}

/// Line ends and white space at the end of lines change on the way; the rest does not.
fn identity(message: &Message, raw: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    let ids = message.message_id.iter().chain(&message.in_reply_to);
    for id in ids.chain(&message.references) {
        hasher.update(id.as_bytes());
        hasher.update([0]);
    }
    let people = message.from.iter().chain(&message.to).chain(&message.cc);
    let texts = people.flat_map(|a| [&a.name, &a.address]);
    for text in texts.chain([&message.subject]) {
        hasher.update(text.raw().as_bytes());
        hasher.update([1]);
    }
    let mut in_body = false;
    let mut blank = 0;
    for line in raw.split(|b| *b == b'\n') {
        let line = line.trim_ascii_end();
        if !in_body {
            in_body = line.is_empty();
        } else if line.is_empty() {
            blank += 1;
        } else {
            hasher.update(b"\n".repeat(blank + 1));
            hasher.update(line);
            blank = 0;
        }
    }
    hasher.finalize().into()
}

fn first_eight(bytes: &[u8]) -> i64 {
    bytes.first_chunk().map_or(0, |c| i64::from_le_bytes(*c))
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}

fn damaged(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, Box::new(error))
}

/// Text from a column that came from outside.
pub(super) fn remote(row: &rusqlite::Row<'_>, column: &str) -> rusqlite::Result<Remote> {
    row.get::<_, String>(column).map(Remote::new)
}

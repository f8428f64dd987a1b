//! Gathering matches: the newest of each conversation.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::ColumnValues;
use tantivy::{DocId, Score, SegmentReader};

/// The newest match of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// When it arrived, seconds.
    pub at: i64,
    /// Message key, or minus a note id.
    pub document: i64,
    /// The conversation.
    pub conversation: i64,
}

type ByConversation = HashMap<i64, Found, BuildHasherDefault<Spread>>;

/// Spreads row numbers over a table. They are our own, so nobody can choose them to collide.
#[derive(Default)]
pub(super) struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_i64(i64::from(*byte));
        }
    }

    fn write_i64(&mut self, number: i64) {
        let mixed = (self.0 ^ number.cast_unsigned()).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Keeps the newest match of every conversation.
pub(super) struct Newest;

/// [`Newest`] in one segment.
pub(super) struct SegmentNewest {
    at: Arc<dyn ColumnValues<i64>>,
    document: Arc<dyn ColumnValues<i64>>,
    conversation: Arc<dyn ColumnValues<i64>>,
    found: ByConversation,
}

impl Collector for Newest {
    type Fruit = Vec<Found>;
    type Child = SegmentNewest;

    fn for_segment(&self, _: u32, segment: &SegmentReader) -> tantivy::Result<SegmentNewest> {
        let fast = segment.fast_fields();
        Ok(SegmentNewest {
            at: fast.column_first_or_default("at")?,
            document: fast.column_first_or_default("document")?,
            conversation: fast.column_first_or_default("conversation")?,
            found: ByConversation::default(),
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<ByConversation>) -> tantivy::Result<Vec<Found>> {
        let mut segments = segments.into_iter();
        let mut all = segments.next().unwrap_or_default();
        for found in segments.flat_map(ByConversation::into_values) {
            keep(&mut all, found);
        }
        Ok(all.into_values().collect())
    }
}

impl SegmentCollector for SegmentNewest {
    type Fruit = ByConversation;

    fn collect(&mut self, doc: DocId, _: Score) {
        let found = Found {
            at: self.at.get_val(doc),
            document: self.document.get_val(doc),
            conversation: self.conversation.get_val(doc),
        };
        keep(&mut self.found, found);
    }

    fn harvest(self) -> ByConversation {
        self.found
    }
}

fn keep(all: &mut ByConversation, found: Found) {
    let held = all.entry(found.conversation).or_insert(found);
    *held = (*held).max(found);
}

/// Sorts matches, newest first, and keeps some.
pub(super) fn newest_first(found: &mut Vec<Found>, limit: usize) {
    if found.len() > limit && limit > 0 {
        found.select_nth_unstable_by(limit - 1, |a, b| b.cmp(a));
    }
    found.truncate(limit);
    found.sort_unstable_by(|a, b| b.cmp(a));
}

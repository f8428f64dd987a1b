//! Queries of the search language to queries of the index.

use super::sets::{Set, Sets};
use crate::cache::Viewer;
use crate::cache::index::{Fields, Token, tokens};
use crate::query::{Form, Node, Scope, Term, Text};
use std::ops::Bound;
use std::sync::Arc;
use tantivy::query::{
    BitSetDocSet, BooleanQuery, ConstScorer, EmptyQuery, EnableScoring, Explanation,
    PhrasePrefixQuery, PhraseQuery, Query, RangeQuery, Scorer, TermQuery, Weight,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{BitSet, DocId, SegmentReader, TantivyError};

/// How many words a beginning after other words may stand for.
const EXPANSIONS: u32 = 1_000;

/// The index query for an expression.
pub(super) fn plan(
    node: &Node,
    fields: &Fields,
    sets: &Sets,
    viewer: &Viewer<'_>,
) -> Box<dyn Query> {
    let each = |nodes: &[Node]| -> Vec<Box<dyn Query>> {
        let plans = nodes.iter().map(|n| plan(n, fields, sets, viewer));
        plans.collect()
    };
    match node {
        Node::All(nodes) => Box::new(BooleanQuery::intersection(each(nodes))),
        Node::Any(nodes) => Box::new(BooleanQuery::union(each(nodes))),
        Node::Not(inner) => Box::new(Except(Arc::from(plan(inner, fields, sets, viewer)))),
        Node::Term(Term::Text(text)) => words(text, fields),
        Node::Term(Term::Before(day)) => {
            let start = day.start(viewer.now, &viewer.zone).as_second();
            arrival(fields, Bound::Unbounded, Bound::Excluded(start))
        }
        Node::Term(Term::After(day)) => {
            let start = day.start(viewer.now, &viewer.zone).as_second();
            arrival(fields, Bound::Included(start), Bound::Unbounded)
        }
        Node::Term(term) => match sets.of(term) {
            Some(set) => Box::new(InSet(Arc::clone(set))),
            None => Box::new(EmptyQuery),
        },
    }
}

fn arrival(fields: &Fields, from: Bound<i64>, to: Bound<i64>) -> Box<dyn Query> {
    let term = |at: i64| tantivy::Term::from_field_i64(fields.at, at);
    Box::new(RangeQuery::new(from.map(term), to.map(term)))
}

fn words(text: &Text, fields: &Fields) -> Box<dyn Query> {
    let tokens = tokens(&text.text);
    // Nothing but punctuation: it is in every text and in none.
    if tokens.is_empty() {
        return Box::new(EmptyQuery);
    }
    let scope: &[Field] = match text.scope {
        Scope::Anywhere => &[
            fields.subject,
            fields.from,
            fields.to,
            fields.body,
            fields.note,
        ],
        Scope::From => &[fields.from],
        Scope::To => &[fields.to],
        Scope::Subject => &[fields.subject],
        Scope::Body => &[fields.body],
    };
    let each = scope.iter().map(|field| row(*field, &tokens, text.form));
    Box::new(BooleanQuery::union(each.collect()))
}

/// Words in a row in one field.
fn row(field: Field, tokens: &[Token], form: Form) -> Box<dyn Query> {
    let term = |token: &Token| tantivy::Term::from_field_text(field, &token.text);
    let terms: Vec<tantivy::Term> = tokens.iter().map(term).collect();
    match (tokens, form) {
        ([one], _) if one.single || form == Form::Prefix => beginning(field, &one.text),
        ([one], _) => Box::new(TermQuery::new(term(one), IndexRecordOption::Basic)),
        (_, Form::Prefix) => {
            let mut query = PhrasePrefixQuery::new(terms);
            query.set_max_expansions(EXPANSIONS);
            Box::new(query)
        }
        _ => Box::new(PhraseQuery::new(terms)),
    }
}

/// All words that begin so: those up to the last code point that may follow.
fn beginning(field: Field, text: &str) -> Box<dyn Query> {
    let term = |text: &str| tantivy::Term::from_field_text(field, text);
    let end = format!("{text}{}", char::MAX);
    Box::new(RangeQuery::new(
        Bound::Included(term(text)),
        Bound::Excluded(term(&end)),
    ))
}

/// Matches documents whose conversation is in a set.
#[derive(Debug, Clone)]
struct InSet(Arc<Set>);

impl Query for InSet {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for InSet {
    fn scorer(&self, reader: &SegmentReader, boost: f32) -> tantivy::Result<Box<dyn Scorer>> {
        let conversations = reader
            .fast_fields()
            .column_first_or_default::<i64>("conversation")?;
        let mut documents = BitSet::with_max_value(reader.max_doc());
        for doc in 0..reader.max_doc() {
            if self.0.contains(conversations.get_val(doc)) {
                documents.insert(doc);
            }
        }
        Ok(scorer(documents, boost))
    }

    fn explain(&self, _: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        Err(no_score(doc))
    }
}

/// Matches documents that another query does not match. Tantivy's own exclusion seeks a phrase
/// backwards, which its phrases do not survive.
#[derive(Debug, Clone)]
struct Except(Arc<dyn Query>);

/// [`Except`] for one searcher.
struct ExceptWeight(Box<dyn Weight>);

impl Query for Except {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(ExceptWeight(self.0.weight(scoring)?)))
    }
}

impl Weight for ExceptWeight {
    fn scorer(&self, reader: &SegmentReader, boost: f32) -> tantivy::Result<Box<dyn Scorer>> {
        let mut documents = BitSet::with_max_value_and_full(reader.max_doc());
        self.0.for_each_no_score(reader, &mut |matched| {
            matched.iter().for_each(|doc| documents.remove(*doc));
        })?;
        Ok(scorer(documents, boost))
    }

    fn explain(&self, _: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        Err(no_score(doc))
    }
}

fn scorer(documents: BitSet, boost: f32) -> Box<dyn Scorer> {
    Box::new(ConstScorer::new(BitSetDocSet::from(documents), boost))
}

/// Scores are never asked for: results are ordered by time.
fn no_score(doc: DocId) -> TantivyError {
    TantivyError::InvalidArgument(format!("document {doc} has no score"))
}

//! Text to queries.

use super::{Day, Form, Is, Node, Owner, Query, QueryError, Scope, Term, Text};
use crate::limits;
use crate::team::Agent;

/// Names of the fields.
pub(super) const FIELDS: [&str; 10] = [
    "from", "to", "subject", "body", "is", "owner", "tag", "before", "after", "id",
];

/// Reads a query.
///
/// # Errors
/// A finished value that its field does not know, a closing parenthesis too many, or a query
/// beyond [`limits::QUERY_TERMS`] or [`limits::QUERY_DEPTH`].
pub fn parse(text: &str) -> Result<Query, QueryError> {
    let mut parser = Parser {
        text,
        at: 0,
        terms: 0,
    };
    let root = parser.any(0)?;
    if parser.at < text.len() {
        return Err(error(parser.at, "nothing to close here", "remove the `)`"));
    }
    Ok(Query { root })
}

/// Reads a query that somebody is typing: the last word, when it is a plain one, counts as the
/// beginning of a word.
///
/// # Errors
/// As [`parse`].
pub fn parse_typed(text: &str) -> Result<Query, QueryError> {
    let mut query = parse(text)?;
    if text.ends_with(char::is_alphanumeric)
        && let Some(word) = query.root.as_mut().and_then(last_text)
        && word.form == Form::Word
    {
        word.form = Form::Prefix;
    }
    Ok(query)
}

fn last_text(node: &mut Node) -> Option<&mut Text> {
    match node {
        Node::All(nodes) | Node::Any(nodes) => nodes.last_mut().and_then(last_text),
        Node::Term(Term::Text(text)) => Some(text),
        // A negated beginning would hide more than the finished word does.
        Node::Not(_) | Node::Term(_) => None,
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    terms: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.rest().starts_with(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    /// Alternatives up to a closing parenthesis or the end.
    fn any(&mut self, depth: usize) -> Result<Option<Node>, QueryError> {
        let mut branches = Vec::new();
        loop {
            branches.extend(self.all(depth)?);
            if !self.eat_or() {
                break;
            }
        }
        Ok(combine(branches, true))
    }

    /// Neighbours up to `OR`, a closing parenthesis or the end.
    fn all(&mut self, depth: usize) -> Result<Option<Node>, QueryError> {
        let mut nodes = Vec::new();
        loop {
            self.skip_space();
            let rest = self.rest();
            if rest.is_empty() || rest.starts_with(')') || starts_with_or(rest) {
                return Ok(combine(nodes, false));
            }
            nodes.extend(self.item(depth)?);
        }
    }

    fn eat_or(&mut self) -> bool {
        self.skip_space();
        let found = starts_with_or(self.rest());
        if found {
            self.at += 2;
        }
        found
    }

    fn item(&mut self, depth: usize) -> Result<Option<Node>, QueryError> {
        let mut negated = false;
        while self.eat('-') {
            negated = !negated;
        }
        let start = self.at;
        let node = if self.eat('(') {
            if depth >= limits::QUERY_DEPTH {
                return Err(error(start, "too many parentheses", "use fewer groups"));
            }
            let node = self.any(depth + 1)?;
            self.eat(')');
            node
        } else {
            self.term()?.map(Node::Term)
        };
        Ok(match node {
            Some(Node::Not(inner)) if negated => Some(*inner),
            Some(node) if negated => Some(Node::Not(Box::new(node))),
            node => node,
        })
    }

    fn term(&mut self) -> Result<Option<Term>, QueryError> {
        self.terms += 1;
        if self.terms > limits::QUERY_TERMS {
            return Err(error(self.at, "too many words", "search for fewer at once"));
        }
        let start = self.at;
        if self.rest().starts_with('"') {
            let value = self.value();
            return Ok(text(Scope::Anywhere, &value));
        }
        let known = self.rest().split_once(':').and_then(|(name, _)| {
            let field = FIELDS.iter().find(|f| f.eq_ignore_ascii_case(name))?;
            Some((*field, name.len() + 1))
        });
        match known {
            None => Ok(text(Scope::Anywhere, &self.value())),
            Some((field, skip)) => {
                self.at += skip;
                let value = self.value();
                self.field(start, field, &value)
            }
        }
    }

    /// A quoted text or a run without space, quote or parenthesis; lower case.
    fn value(&mut self) -> Value {
        if self.eat('"') {
            let rest = self.rest();
            let end = rest.find('"').unwrap_or(rest.len());
            let text = rest.get(..end).unwrap_or_default();
            self.at += end;
            self.eat('"');
            return Value::new(text, true);
        }
        let rest = self.rest();
        let end = rest
            .find(|c: char| c.is_whitespace() || "()\"".contains(c))
            .unwrap_or(rest.len());
        self.at += end;
        Value::new(rest.get(..end).unwrap_or_default(), false)
    }

    fn field(&self, at: usize, field: &str, value: &Value) -> Result<Option<Term>, QueryError> {
        let word = value.text.as_str();
        let last = self.rest().is_empty() && !value.quoted;
        if word.is_empty() {
            return Ok(None);
        }
        Ok(match field {
            "from" => text(Scope::From, value),
            "to" => text(Scope::To, value),
            "subject" => text(Scope::Subject, value),
            "body" => text(Scope::Body, value),
            "is" => return is(at, word, last),
            "owner" => return owner(at, word),
            "tag" => Some(Term::Tag(word.to_owned())),
            "before" => day(at, word, last)?.map(Term::Before),
            "after" => day(at, word, last)?.map(Term::After),
            _ => Some(Term::Id(word.to_owned())),
        })
    }
}

struct Value {
    text: String,
    quoted: bool,
}

impl Value {
    fn new(text: &str, quoted: bool) -> Self {
        // Trimming after lower-casing keeps printing and parsing inverse to each other.
        let lower = text.to_lowercase();
        Self {
            text: lower.trim().to_owned(),
            quoted,
        }
    }
}

fn text(scope: Scope, value: &Value) -> Option<Term> {
    let bare = value.text.trim_end_matches('*');
    let (text, form) = match value.quoted {
        true => (value.text.as_str(), Form::Phrase),
        false if bare.len() < value.text.len() => (bare, Form::Prefix),
        false => (bare, Form::Word),
    };
    let text = text.to_owned();
    (!text.is_empty()).then_some(Term::Text(Text { scope, text, form }))
}

fn is(at: usize, word: &str, last: bool) -> Result<Option<Term>, QueryError> {
    if let Some(is) = Is::ALL.into_iter().find(|is| is.word() == word) {
        return Ok(Some(Term::Is(is)));
    }
    if last && Is::ALL.iter().any(|is| is.word().starts_with(word)) {
        return Ok(None);
    }
    let words: Vec<&str> = Is::ALL.iter().map(|is| is.word()).collect();
    let hint = format!("one of {}", words.join(", "));
    Err(error(at, "is: does not know this word", &hint))
}

fn owner(at: usize, word: &str) -> Result<Option<Term>, QueryError> {
    match word {
        "me" => Ok(Some(Term::Owner(Owner::Me))),
        "nobody" => Ok(Some(Term::Owner(Owner::Nobody))),
        nick => match Agent::parse(nick) {
            Some(agent) => Ok(Some(Term::Owner(Owner::Agent(agent)))),
            None => Err(error(
                at,
                "owner: wants a nick",
                "owner:ana, owner:me or owner:nobody",
            )),
        },
    }
}

fn day(at: usize, word: &str, last: bool) -> Result<Option<Day>, QueryError> {
    if let Some(day) = Day::parse(word) {
        return Ok(Some(day));
    }
    let digits = word.len() < 10 && word.chars().all(|c| c.is_ascii_digit() || c == '-');
    if last && (digits || Day::WORDS.iter().any(|w| w.starts_with(word))) {
        return Ok(None);
    }
    let hint = "write 2026-11-23, 7d, 2w, today or yesterday";
    Err(error(at, "this is no day", hint))
}

fn starts_with_or(rest: &str) -> bool {
    rest.strip_prefix("OR").is_some_and(|after| {
        let next = after.chars().next();
        next.is_none_or(|c| c.is_whitespace() || "()".contains(c))
    })
}

/// Joins nodes in the normal form that [`Node`] promises.
fn combine(nodes: Vec<Node>, any: bool) -> Option<Node> {
    let mut flat = Vec::new();
    for node in nodes {
        match node {
            Node::Any(inner) if any => flat.extend(inner),
            Node::All(inner) if !any => flat.extend(inner),
            node => flat.push(node),
        }
    }
    match (flat.len(), any) {
        (0 | 1, _) => flat.pop(),
        (_, true) => Some(Node::Any(flat)),
        (_, false) => Some(Node::All(flat)),
    }
}

fn error(at: usize, what: &str, hint: &str) -> QueryError {
    QueryError {
        at,
        what: what.to_owned(),
        hint: hint.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn queries_print_in_one_form() {
        let cases = [
            ("", ""),
            ("  Refund  ", "refund"),
            ("a b OR c", "(a b) OR c"),
            ("a (b OR c)", "a (b OR c)"),
            ("a OR", "a"),
            ("OR", ""),
            ("or", "or"),
            ("ORDER", "order"),
            ("((a)) (b c)", "a b c"),
            ("--a -(-b)", "a b"),
            ("-(a b)", "-(a b)"),
            ("\"Box was empty\"", "\"box was empty\""),
            ("\"open quote", "\"open quote\""),
            ("from:\"Mia Okafor\" TO:x", "from:\"mia okafor\" to:x"),
            ("from:", ""),
            ("refund from:", "refund"),
            ("refund is:op", "refund"),
            ("before:2026-1", ""),
            ("after:yest", ""),
            (
                "is:open after:7d before:2026-11-23",
                "is:open after:7d before:2026-11-23",
            ),
            (
                "owner:me -owner:nobody owner:ben",
                "owner:me -owner:nobody owner:ben",
            ),
            ("12:30 http://a.example/x", "12:30 http://a.example/x"),
            ("re*", "re*"),
            ("***", ""),
            ("tag:VIP id:abcd", "tag:\"vip\" id:\"abcd\""),
            ("(a b", "a b"),
            ("- a", "a"),
        ];
        for (text, printed) in cases {
            assert_eq!(parse(text).unwrap().to_string(), printed, "{text}");
        }
    }

    #[test]
    fn wrong_queries_say_where_and_what_to_write() {
        let cases = [
            ("a is:opne b", 2),
            ("is:opne", 0),
            ("x after:soon y", 2),
            ("before:2026-99-99", 0),
            ("owner:Ana!", 0),
            ("a ) b", 2),
        ];
        for (text, at) in cases {
            let error = parse(text).unwrap_err();
            assert_eq!(error.at, at, "{text}: {error}");
            assert!(!error.hint.is_empty());
        }
    }

    #[test]
    fn the_word_being_typed_is_a_beginning() {
        let cases = [
            ("box refu", "box refu*"),
            ("box refund ", "box refund"),
            ("from:mi", "from:mi*"),
            ("\"a b\"", "\"a b\""),
            ("a -b", "a -b"),
            ("is:open", "is:open"),
        ];
        for (text, printed) in cases {
            assert_eq!(parse_typed(text).unwrap().to_string(), printed, "{text}");
        }
    }

    #[test]
    fn hostile_sizes_are_errors() {
        for text in ["(".repeat(100_000), "a ".repeat(100_000)] {
            assert!(parse(&text).is_err());
        }
        assert_eq!(parse(&"-".repeat(100_001)).unwrap().root, None);
    }

    proptest! {
        #[test]
        fn parsing_what_was_printed_gives_the_same_query(
            parts in proptest::collection::vec(
                prop_oneof![
                    "\\PC{0,8}",
                    "(from|to|subject|body|is|owner|tag|before|after|id|x):[a-zA-Z0-9\"*-]{0,6}",
                    Just("OR".to_owned()), Just("(".to_owned()), Just(")".to_owned()),
                    Just("-".to_owned()), Just("\"".to_owned()), Just("is:open".to_owned()),
                    Just("after:3w".to_owned()),
                ],
                0..12,
            ),
            glue in "[ ]?",
        ) {
            let text = parts.join(&glue);
            if let Ok(query) = parse(&text) {
                prop_assert_eq!(parse(&query.to_string()), Ok(query));
            }
            prop_assert_eq!(parse_typed(&text).is_ok(), parse(&text).is_ok());
        }
    }
}

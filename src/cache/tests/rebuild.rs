//! I16 and I17 of the test plan: the cache is a function of what is on the server, whatever came
//! and went in whatever order, and the index agrees with the store.

use super::*;
use crate::cache::index::tokens;
use crate::query::{Form, Node, Query, Scope, Term, Text};
use crate::team::EventId;
use crate::team::fold::{Conversation, Owner};
use proptest::collection::vec;
use proptest::prelude::*;

/// What happens to a message: it arrives in a folder, and perhaps leaves again.
#[derive(Debug, Clone)]
struct Fate {
    message: Arrived,
    sent: bool,
    order: u16,
    leaves: bool,
}

/// Messages in a small world where everything collides: ids, subjects, people, times, folders.
fn world() -> impl Strategy<Value = Vec<Fate>> {
    let what = (0..6u8, vec(0..8u8, 0..3), 0..3usize, 0..2usize, 0..8u8);
    let fate = (0..6i64, any::<bool>(), any::<u16>(), any::<bool>());
    vec((what, fate), 1..14).prop_map(|all| {
        let numbered = (1u32..).zip(all);
        let built = numbered.map(|(uid, (what, (day, sent, order, leaves)))| {
            let message = collision(uid, what).after(day * 4 * DAY);
            Fate {
                message,
                sent,
                order,
                leaves,
            }
        });
        built.collect()
    })
}

fn collision(
    uid: u32,
    (id, references, subject, person, kind): (u8, Vec<u8>, usize, usize, u8),
) -> Arrived {
    let references: Vec<String> = references.iter().map(|r| format!("{r}@x")).collect();
    let references: Vec<&str> = references.iter().map(String::as_str).collect();
    let subject = ["Broken lamp", "Re: Broken lamp", "Invoice"][subject];
    let person = ["a@c.example", "b@c.example"][person];
    mail(uid, &format!("{id}@x"), &references, subject).with(|message| {
        message.from = vec![Address::new("", person)];
        message.automatic = kind == 0;
        message.message_id = message.message_id.take().filter(|_| kind != 1);
        message.text = Remote::new(kind.to_string());
    })
}

fn deliver(fixture: &mut Fixture, fates: &[&Fate]) {
    for sent in [false, true] {
        let of_folder = fates.iter().filter(|f| f.sent == sent);
        let batch = of_folder.map(|f| f.message.clone()).collect();
        if sent {
            fixture.send(batch);
        } else {
            fixture.arrive(batch);
        }
    }
}

/// The journal says that somebody owns these, under whichever name they have.
fn tell(fixture: &mut Fixture) {
    for name in ["0@x", "3@x", "5@x"] {
        let name = ConversationName::new(name);
        let owner = Owner {
            agent: Agent::new("ben"),
            since: at(0),
            by_event: EventId::new("e"),
        };
        let state = Conversation {
            owner: Some(owner),
            ..Conversation::default()
        };
        fixture.cache.set_team([(&name, &state)]).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 32,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_cache_equals_a_rebuild(
        fates in world(),
        size in 1..5usize,
        told_first in any::<bool>(),
    ) {
        let mut fixture = Fixture::new();
        if told_first {
            tell(&mut fixture);
        }
        let mut order: Vec<&Fate> = fates.iter().collect();
        order.sort_by_key(|f| f.order);
        for batch in order.chunks(size) {
            deliver(&mut fixture, batch);
        }
        for fate in fates.iter().filter(|f| f.leaves) {
            let folder = if fate.sent { fixture.sent } else { fixture.inbox };
            let uid = fate.message.uid;
            fixture.cache.gone(folder, &[uid..=uid]).unwrap();
        }
        if !told_first {
            tell(&mut fixture);
        }
        let mut rebuilt = Fixture::new();
        // Both know both folders' UIDVALIDITY, even when nothing is left in one.
        deliver(&mut rebuilt, &[]);
        deliver(&mut fixture, &[]);
        let left: Vec<&Fate> = fates.iter().filter(|f| !f.leaves).collect();
        deliver(&mut rebuilt, &left);
        tell(&mut rebuilt);
        let dump = |f: &Fixture| f.cache.reader().dump().unwrap();
        prop_assert_eq!(dump(&fixture), dump(&rebuilt));
        fixture.index();
        let everything = fixture.search("after:2000-01-01 OR is:new");
        prop_assert_eq!(everything.len(), fixture.page(View::All).total);
    }
}

const VOCABULARY: [&str; 12] = [
    "box",
    "boxes",
    "refund",
    "Größe",
    "grosse",
    "番号",
    "注文番号",
    "信号",
    "4417",
    "a-b",
    "b",
    "Ref",
];

/// Queries of words; all in the text, so that a scan need not know about fields.
fn any_query() -> impl Strategy<Value = Query> {
    let form = prop_oneof![Just(Form::Word), Just(Form::Prefix), Just(Form::Phrase)];
    let word = (vec(0..VOCABULARY.len(), 1..3), form).prop_map(|(words, form)| {
        let some = if form == Form::Phrase { 2 } else { 1 };
        let words: Vec<&str> = words.iter().take(some).map(|w| VOCABULARY[*w]).collect();
        Node::Term(Term::Text(Text {
            scope: Scope::Body,
            text: words.join(" ").to_lowercase(),
            form,
        }))
    });
    let node = word.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Node::All),
            vec(inner.clone(), 2..4).prop_map(Node::Any),
            inner.prop_map(|n| Node::Not(Box::new(n))),
        ]
    });
    node.prop_map(|root| Query { root: Some(root) })
}

/// What the index should say, by looking at every word of a text.
fn scan(node: &Node, text: &str) -> bool {
    match node {
        Node::All(nodes) => nodes.iter().all(|n| scan(n, text)),
        Node::Any(nodes) => nodes.iter().any(|n| scan(n, text)),
        Node::Not(inner) => !scan(inner, text),
        Node::Term(Term::Text(term)) => {
            let words: Vec<String> = tokens(text).into_iter().map(|t| t.text).collect();
            let wanted = tokens(&term.text);
            let beginning = term.form == Form::Prefix;
            words.windows(wanted.len()).any(|row| {
                let last = wanted.len() - 1;
                let pairs = row.iter().zip(&wanted).enumerate();
                let mut fits = pairs.map(|(i, (word, token))| match beginning && i == last {
                    true => word.starts_with(&token.text),
                    false => *word == token.text,
                });
                fits.all(|f| f)
            })
        }
        Node::Term(_) => false,
    }
}

#[test]
fn a_thousand_queries_say_what_a_scan_says() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut fixture = Fixture::new();
    let mut texts = Vec::new();
    for uid in 1..=60 {
        let words = vec(0..VOCABULARY.len(), 0..5)
            .new_tree(&mut runner)
            .unwrap();
        let words: Vec<&str> = words.current().iter().map(|w| VOCABULARY[*w]).collect();
        texts.push(words.join(" "));
        let text = Remote::new(words.join(" "));
        let message = mail(uid, &format!("{uid}@x"), &[], &format!("{uid}"));
        fixture.arrive(vec![message.with(|m| m.text = text)]);
    }
    fixture.index();
    let me = Agent::new("ana");
    for _ in 0..1_000 {
        let query = any_query().new_tree(&mut runner).unwrap().current();
        let found = fixture.cache.reader().search(&query, &viewer(&me), 500);
        let mut found: Vec<String> = found
            .unwrap()
            .0
            .iter()
            .map(|h| h.row.subject.raw().to_owned())
            .collect();
        found.reverse();
        let root = query.root.as_ref().unwrap();
        let expected = (1..).zip(&texts).filter(|(_, t)| scan(root, t));
        let expected: Vec<String> = expected.map(|(uid, _): (u32, _)| uid.to_string()).collect();
        assert_eq!(found, expected, "{query}");
    }
}

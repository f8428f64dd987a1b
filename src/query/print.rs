//! Queries back to text.

use super::{Form, Node, Owner, Query, Scope, Term, Text};
use std::fmt;

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root
            .as_ref()
            .map_or(Ok(()), |root| write!(f, "{root}"))
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::All(nodes) => joined(f, nodes, " "),
            Node::Any(nodes) => joined(f, nodes, " OR "),
            Node::Not(inner) => {
                f.write_str("-")?;
                grouped(f, inner)
            }
            Node::Term(term) => write!(f, "{term}"),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Term::Text(text) => write!(f, "{text}"),
            Term::Is(is) => write!(f, "is:{}", is.word()),
            Term::Owner(Owner::Me) => f.write_str("owner:me"),
            Term::Owner(Owner::Nobody) => f.write_str("owner:nobody"),
            Term::Owner(Owner::Agent(agent)) => write!(f, "owner:{agent}"),
            Term::Tag(tag) => write!(f, "tag:\"{tag}\""),
            Term::Before(day) => write!(f, "before:{day}"),
            Term::After(day) => write!(f, "after:{day}"),
            Term::Id(id) => write!(f, "id:\"{id}\""),
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.scope {
            Scope::Anywhere => "",
            Scope::From => "from:",
            Scope::To => "to:",
            Scope::Subject => "subject:",
            Scope::Body => "body:",
        })?;
        match self.form {
            Form::Word => f.write_str(&self.text),
            Form::Prefix => write!(f, "{}*", self.text),
            Form::Phrase => write!(f, "\"{}\"", self.text),
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, nodes: &[Node], with: &str) -> fmt::Result {
    for (i, node) in nodes.iter().enumerate() {
        if i > 0 {
            f.write_str(with)?;
        }
        grouped(f, node)?;
    }
    Ok(())
}

fn grouped(f: &mut fmt::Formatter<'_>, node: &Node) -> fmt::Result {
    match node {
        Node::All(_) | Node::Any(_) => write!(f, "({node})"),
        Node::Not(_) | Node::Term(_) => write!(f, "{node}"),
    }
}

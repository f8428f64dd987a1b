//! Connected parts.

use std::collections::BTreeMap;

/// Union-find over the messages looked at and the conversations they lead to.
pub(super) struct Graph {
    parents: Vec<usize>,
    wholes: BTreeMap<i64, usize>,
}

impl Graph {
    pub fn new(nodes: usize) -> Self {
        Self {
            parents: (0..nodes).collect(),
            wholes: BTreeMap::new(),
        }
    }

    /// Ties a message to a conversation as a whole.
    pub fn join_whole(&mut self, node: usize, conversation: i64) {
        let next = self.parents.len();
        let whole = *self.wholes.entry(conversation).or_insert(next);
        if whole == next {
            self.parents.push(next);
        }
        self.join(node, whole);
    }

    /// Ties two messages.
    pub fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        if let Some(parent) = self.parents.get_mut(a.max(b)) {
            *parent = a.min(b);
        }
    }

    /// The conversations reached, and the numbers they have here.
    pub fn wholes(&self) -> Vec<(i64, usize)> {
        self.wholes.iter().map(|(c, i)| (*c, *i)).collect()
    }

    /// The number that stands for the part a message is in.
    pub fn find(&mut self, mut node: usize) -> usize {
        while let Some(parent) = self.parents.get(node).copied() {
            if parent == node {
                break;
            }
            let above = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(slot) = self.parents.get_mut(node) {
                *slot = above;
            }
            node = above;
        }
        node
    }
}

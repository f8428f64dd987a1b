//! Who belongs to the team and with which keys.
//!
//! By default a key may act as soon as its own `join` stands in the journal, and is shown as new
//! until somebody admits it. A nick belongs to the address that joined with it first: another key
//! of the same nick and address is one more machine of that person, the nick with another address
//! is somebody else and is not trusted. A key belongs to one nick for ever; it may change that
//! nick's name and address.

use super::Place;
use crate::clock::Timestamp;
use crate::mail::Remote;
use crate::team::sign::PublicKey;
use crate::team::{Act, Agent, Incoming};
use std::collections::BTreeMap;

/// One person of the team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The nick.
    pub agent: Agent,
    /// Display name, as last said.
    pub name: Remote,
    /// Mail address the nick belongs to, as last said.
    pub address: Remote,
    /// Keys in the order they joined: one for each machine.
    pub keys: Vec<MemberKey>,
    /// INTERNALDATE of the first join.
    pub joined: Timestamp,
}

/// One key of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberKey {
    /// See [`PublicKey::fingerprint`].
    pub fingerprint: String,
    /// The key itself, for audits.
    pub public: PublicKey,
    /// INTERNALDATE of its join.
    pub joined: Timestamp,
    /// Whether it is past being new. The key that founds the team is.
    pub admitted: bool,
    /// The highest `seq` it signed: its next event takes one more.
    pub seq: u64,
    /// Hash of that event: the `prev` of the next.
    pub last: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Roster {
    members: BTreeMap<Agent, Member>,
    owners: BTreeMap<String, Agent>,
}

impl Member {
    /// One of its keys.
    pub fn key(&self, fingerprint: &str) -> Option<&MemberKey> {
        self.keys.iter().find(|k| k.fingerprint == fingerprint)
    }

    /// Whether any of its keys is past being new.
    pub fn admitted(&self) -> bool {
        self.keys.iter().any(|k| k.admitted)
    }
}

impl Roster {
    pub(super) fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    pub(super) fn member(&self, agent: &Agent) -> Option<&Member> {
        self.members.get(agent)
    }

    /// Whether the event is by whom it says: a known key of that agent, or a join that may stand,
    /// and a right signature.
    pub(super) fn trusts(&self, incoming: &Incoming) -> bool {
        let event = &incoming.event;
        let signed = |key: &PublicKey| incoming.verified || incoming.verify(key);
        if let Act::Join {
            address,
            public_key,
            ..
        } = &event.act
        {
            return self.may_join(&event.agent, address, &event.key)
                && PublicKey::from_base64(public_key)
                    .is_some_and(|key| key.fingerprint() == event.key && signed(&key));
        }
        self.members
            .get(&event.agent)
            .and_then(|member| member.key(&event.key))
            .is_some_and(|key| signed(&key.public))
    }

    /// Carries a trusted join out.
    pub(super) fn join(&mut self, place: Place, incoming: &Incoming) {
        let event = &incoming.event;
        let Act::Join {
            name,
            address,
            public_key,
        } = &event.act
        else {
            return;
        };
        let Some(public) = PublicKey::from_base64(public_key) else {
            return;
        };
        let founder = self.members.is_empty();
        let member = self
            .members
            .entry(event.agent.clone())
            .or_insert_with(|| Member {
                agent: event.agent.clone(),
                name: name.clone(),
                address: address.clone(),
                keys: Vec::new(),
                joined: place.internal,
            });
        member.name.clone_from(name);
        member.address.clone_from(address);
        if member.key(&event.key).is_none() {
            member.keys.push(MemberKey {
                fingerprint: event.key.clone(),
                public,
                joined: place.internal,
                admitted: founder,
                seq: event.seq,
                last: incoming.hash.clone(),
            });
            self.owners.insert(event.key.clone(), event.agent.clone());
        }
    }

    /// Notes how far the chain of the event's key goes. Gaps are for the audit to find.
    pub(super) fn extend_chain(&mut self, incoming: &Incoming) {
        let event = &incoming.event;
        let keys = self.members.get_mut(&event.agent).map(|m| &mut m.keys);
        let key = keys.and_then(|keys| keys.iter_mut().find(|k| k.fingerprint == event.key));
        if let Some(key) = key.filter(|k| k.seq < event.seq) {
            key.seq = event.seq;
            key.last.clone_from(&incoming.hash);
        }
    }

    fn may_join(&self, agent: &Agent, address: &Remote, key: &str) -> bool {
        match (self.owners.get(key), self.members.get(agent)) {
            (Some(owner), _) => owner == agent,
            (None, Some(member)) => {
                let known = member.address.raw();
                known.eq_ignore_ascii_case(address.raw())
            }
            (None, None) => true,
        }
    }
}

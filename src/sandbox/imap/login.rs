//! Who the client is and what both sides can do: LOGIN, AUTHENTICATE, ENABLE, CAPABILITY.

use super::Office;
use super::session::{Met, Reply, Session, other_code};
use crate::sandbox::faults::{Feature, Verb};
use imap_next::imap_types::auth::{AuthMechanism, AuthenticateData};
use imap_next::imap_types::core::{Atom, Vec1};
use imap_next::imap_types::extensions::enable::CapabilityEnable;
use imap_next::imap_types::response::{Capability, Code, Data};
use imap_next::types::CommandAuthenticate;
use std::io;

impl Session {
    /// Checks a user and a password.
    pub(super) fn log_in(&mut self, user: &[u8], password: &[u8]) -> Reply {
        let right = std::str::from_utf8(user)
            .ok()
            .and_then(|user| self.office.users.get(user))
            .is_some_and(|own| own.as_bytes() == password);
        self.authenticated |= right;
        if right {
            Reply::ok("logged in").code(Code::Capability(capabilities(&self.office)))
        } else {
            let code = other_code("AUTHENTICATIONFAILED");
            Reply::no("wrong user or password").code(code)
        }
    }

    /// Starts SASL.
    pub(super) async fn authenticate(&mut self, command: CommandAuthenticate) -> io::Result<bool> {
        let tag = command.tag;
        match self.meet_fault(Verb::Authenticate, &tag).await? {
            Met::Go => {}
            Met::Refuse(status) => {
                self.wire.authenticated(status);
                return Ok(true);
            }
            Met::Lose | Met::Close => return Ok(false),
        }
        match (command.mechanism, command.initial_response) {
            (AuthMechanism::Plain, Some(response)) => {
                let reply = self.plain(response.declassify());
                self.wire.authenticated(reply.tagged(tag));
            }
            (AuthMechanism::Plain, None) => {
                self.pending = Some(tag);
                self.wire.challenge();
            }
            _ => {
                let reply = Reply::no("only PLAIN is supported");
                self.wire.authenticated(reply.tagged(tag));
            }
        }
        Ok(true)
    }

    /// Goes on with SASL.
    pub(super) fn credentials(&mut self, data: AuthenticateData<'static>) {
        let Some(tag) = self.pending.take() else {
            return;
        };
        let reply = match data {
            AuthenticateData::Continue(response) => self.plain(response.declassify()),
            AuthenticateData::Cancel => Reply::bad("cancelled"),
        };
        self.wire.authenticated(reply.tagged(tag));
    }

    /// RFC 4616: authorization identity, user and password with NUL between them.
    fn plain(&mut self, response: &[u8]) -> Reply {
        let mut parts = response.split(|b| *b == 0).skip(1);
        match (parts.next(), parts.next()) {
            (Some(user), Some(password)) => self.log_in(user, password),
            _ => Reply::bad("not a PLAIN response"),
        }
    }

    /// Switches extensions on (RFC 5161).
    pub(super) fn enable(&mut self, wanted: &Vec1<CapabilityEnable<'static>>) -> Reply {
        let mut enabled = Vec::new();
        for one in wanted.as_ref() {
            let name = one.to_string();
            let qresync = name.eq_ignore_ascii_case("QRESYNC") && self.has(Feature::Qresync);
            let condstore = name.eq_ignore_ascii_case("CONDSTORE") && self.has(Feature::Condstore);
            if qresync || condstore {
                self.condstore = true;
                self.qresync |= qresync;
                enabled.push(one.clone());
            }
        }
        let capabilities = enabled;
        self.wire.data(Data::Enabled { capabilities });
        Reply::ok("done")
    }
}

/// What is announced.
pub(super) fn capabilities(office: &Office) -> Vec1<Capability<'static>> {
    let optional = [
        (Feature::LiteralPlus, "LITERAL+"),
        (Feature::Idle, "IDLE"),
        (Feature::Enable, "ENABLE"),
        (Feature::Id, "ID"),
        (Feature::Namespace, "NAMESPACE"),
        (Feature::UidPlus, "UIDPLUS"),
        (Feature::Move, "MOVE"),
        (Feature::Condstore, "CONDSTORE"),
        (Feature::Qresync, "QRESYNC"),
        (Feature::SpecialUse, "SPECIAL-USE"),
    ];
    let always = ["IMAP4rev1", "SASL-IR", "AUTH=PLAIN", "UNSELECT"];
    let shown = optional
        .iter()
        .filter(|(feature, _)| office.faults.has(*feature));
    let names = always.into_iter().chain(shown.map(|(_, name)| *name));
    let list = names.map(|name| Capability::from(Atom::unvalidated(name)));
    Vec1::unvalidated(list.collect())
}

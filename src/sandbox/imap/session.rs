//! One client's session: reads commands, meets faults, answers in order.

use super::Office;
use super::view::{Manner, View};
use super::wire::{Incoming, Wire};
use crate::clock;
use crate::limits;
use crate::sandbox::faults::{Fault, Feature, Verb};
use imap_next::imap_types::auth::{AuthMechanism, AuthenticateData};
use imap_next::imap_types::command::{Command, CommandBody};
use imap_next::imap_types::core::{Atom, Tag, Text, Vec1};
use imap_next::imap_types::extensions::enable::CapabilityEnable;
use imap_next::imap_types::response::{
    Capability, Code, Data, Greeting, Status, StatusBody, StatusKind, Tagged,
};
use imap_next::server::Event;
use imap_next::types::CommandAuthenticate;
use std::future::pending;
use std::io;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::select;

/// A session.
pub(super) struct Session {
    pub(super) wire: Wire,
    pub(super) office: Arc<Office>,
    pub(super) view: Option<View>,
    pub(super) condstore: bool,
    pub(super) qresync: bool,
    authenticated: bool,
    bad: usize,
    /// The tag of an AUTHENTICATE that waits for the client's next line.
    pending: Option<Tag<'static>>,
}

/// How a command ended.
pub(super) struct Reply {
    pub(super) kind: StatusKind,
    pub(super) code: Option<Code<'static>>,
    pub(super) text: &'static str,
    /// Whether it may be told before the answer that messages are gone.
    pub(super) expunge: bool,
}

impl Reply {
    pub(super) fn ok(text: &'static str) -> Self {
        Self::new(StatusKind::Ok, text)
    }

    pub(super) fn no(text: &'static str) -> Self {
        Self::new(StatusKind::No, text)
    }

    pub(super) fn bad(text: &'static str) -> Self {
        Self::new(StatusKind::Bad, text)
    }

    pub(super) fn code(mut self, code: impl Into<Option<Code<'static>>>) -> Self {
        self.code = code.into();
        self
    }

    /// The command names messages by number: no EXPUNGE before its answer (RFC 3501 section 7.4.1).
    pub(super) fn keeping_numbers(mut self, keep: bool) -> Self {
        self.expunge = !keep;
        self
    }

    fn new(kind: StatusKind, text: &'static str) -> Self {
        Self {
            kind,
            code: None,
            text,
            expunge: true,
        }
    }

    fn tagged(self, tag: Tag<'static>) -> Status<'static> {
        let body = StatusBody {
            kind: self.kind,
            code: self.code,
            text: Text::unvalidated(self.text),
        };
        Status::Tagged(Tagged { tag, body })
    }
}

impl Session {
    /// A session that has not said anything yet.
    pub(super) fn new(stream: TcpStream, office: Arc<Office>) -> Self {
        let greeting = Greeting {
            kind: imap_next::imap_types::response::GreetingKind::Ok,
            code: Some(Code::Capability(capabilities(&office))),
            text: Text::unvalidated("postroom sandbox ready"),
        };
        let faults = office.faults.clone();
        Self {
            wire: Wire::new(stream, greeting, faults),
            office,
            view: None,
            condstore: false,
            qresync: false,
            authenticated: false,
            bad: 0,
            pending: None,
        }
    }

    /// Serves the client until it leaves, a fault ends it, or the connection breaks.
    pub(super) async fn run(mut self) -> io::Result<()> {
        loop {
            let go_on = match self.wire.receive().await? {
                Incoming::Malformed(tag) => self.malformed(tag),
                Incoming::Event(Event::CommandReceived { command }) => {
                    self.command(command).await?
                }
                Incoming::Event(Event::CommandAuthenticateReceived {
                    command_authenticate,
                }) => self.authenticate(command_authenticate).await?,
                Incoming::Event(Event::AuthenticateDataReceived { authenticate_data }) => {
                    self.credentials(authenticate_data);
                    true
                }
                Incoming::Event(Event::IdleCommandReceived { tag }) => self.idle(tag).await?,
                // Greeting and answers are counted nowhere, and DONE is read inside `idle`.
                Incoming::Event(_) => true,
            };
            self.wire.flush().await?;
            if !go_on {
                return Ok(());
            }
        }
    }

    /// How this client is told of changes.
    pub(super) fn manner(&self, expunge: bool) -> Manner {
        Manner {
            condstore: self.condstore,
            qresync: self.qresync,
            expunge,
        }
    }

    /// Tells the client what changed in its folder since it last heard.
    pub(super) fn refresh(&mut self, expunge: bool) {
        let manner = self.manner(expunge);
        let Some(view) = &mut self.view else { return };
        let news = self.office.store.read(|mail| {
            let folder = mail.folder(&view.name).ok()?;
            (folder.incarnation() == view.incarnation).then(|| view.refresh(folder, manner))
        });
        match news {
            Some(news) => news.into_iter().for_each(|data| self.wire.data(data)),
            None if !view.lost => {
                view.lost = true;
                let text = "the selected folder was deleted or renamed";
                self.wire.status(None, StatusKind::No, None, text);
            }
            None => {}
        }
    }

    fn malformed(&mut self, tag: Option<Tag<'static>>) -> bool {
        self.bad += 1;
        let text = "malformed or unknown command";
        self.wire.status(tag, StatusKind::Bad, None, text);
        let go_on = self.bad < limits::SANDBOX_BAD_COMMANDS;
        if !go_on {
            self.wire.say(b"* BYE too many malformed commands\r\n");
        }
        go_on
    }

    async fn command(&mut self, command: Command<'static>) -> io::Result<bool> {
        let Command { tag, body } = command;
        let Some(verb) = verb_of(&body) else {
            self.wire
                .status(Some(tag), StatusKind::Bad, None, "not supported here");
            return Ok(true);
        };
        let lose = match self.meet_fault(verb, &tag).await? {
            Met::Go => false,
            Met::Lose => true,
            Met::Answered => return Ok(true),
            Met::Close => return Ok(false),
        };
        let leaves = verb == Verb::Logout;
        let reply = self.dispatch(body).await?;
        self.refresh(reply.expunge);
        if lose {
            return Ok(false);
        }
        self.wire
            .status(Some(tag), reply.kind, reply.code, reply.text);
        Ok(!leaves)
    }

    async fn meet_fault(&mut self, verb: Verb, tag: &Tag<'static>) -> io::Result<Met> {
        let lag = self.office.faults.current_lag();
        if !lag.is_zero() {
            clock::sleep(lag).await;
        }
        let Some(fault) = self.office.faults.take(verb) else {
            return Ok(Met::Go);
        };
        let tag = tag.inner();
        Ok(match fault {
            Fault::No(text) => self.answer_raw(&format!("{tag} NO {text}\r\n")),
            Fault::Bad(text) => self.answer_raw(&format!("{tag} BAD {text}\r\n")),
            Fault::Bye(text) => {
                self.answer_raw(&format!("* BYE {text}\r\n"));
                Met::Close
            }
            Fault::Drop => Met::Close,
            Fault::LoseAnswer => Met::Lose,
            Fault::Delay(time) => {
                clock::sleep(time).await;
                Met::Go
            }
            Fault::Hang => {
                self.wire.flush().await?;
                pending().await
            }
            Fault::Say(bytes) => {
                self.wire.say(&bytes);
                Met::Go
            }
        })
    }

    fn answer_raw(&mut self, line: &str) -> Met {
        self.wire.say(line.as_bytes());
        Met::Answered
    }

    async fn dispatch(&mut self, body: CommandBody<'static>) -> io::Result<Reply> {
        match &body {
            CommandBody::Capability => {
                self.wire.data(Data::Capability(capabilities(&self.office)));
                return Ok(Reply::ok("done"));
            }
            CommandBody::Noop => return Ok(Reply::ok("done")),
            CommandBody::Logout => {
                self.wire.say(b"* BYE until next time\r\n");
                return Ok(Reply::ok("goodbye"));
            }
            CommandBody::Id { .. } if self.has(Feature::Id) => {
                self.say_id();
                return Ok(Reply::ok("done"));
            }
            CommandBody::Login { username, password } => {
                return Ok(self.log_in(username.as_ref(), password.declassify().as_ref()));
            }
            _ => {}
        }
        if !self.authenticated {
            return Ok(Reply::bad("log in first"));
        }
        match body {
            CommandBody::Enable { capabilities } if self.has(Feature::Enable) => {
                Ok(self.enable(&capabilities))
            }
            body if folder_command(&body) => Ok(self.folder_command(body)),
            body => self.message_command(body).await,
        }
    }

    pub(super) fn has(&self, feature: Feature) -> bool {
        self.office.faults.has(feature)
    }

    fn say_id(&mut self) {
        use imap_next::imap_types::core::{IString, NString};
        let words = ("name", "postroom sandbox");
        let (Ok(name), Ok(value)) = (IString::try_from(words.0), NString::try_from(words.1)) else {
            return;
        };
        let parameters = Some(vec![(name, value)]);
        self.wire.data(Data::Id { parameters });
    }

    fn log_in(&mut self, user: &[u8], password: &[u8]) -> Reply {
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

    async fn authenticate(&mut self, command: CommandAuthenticate) -> io::Result<bool> {
        let tag = command.tag;
        match self.meet_fault(Verb::Authenticate, &tag).await? {
            Met::Go => {}
            Met::Answered | Met::Lose | Met::Close => return Ok(false),
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

    fn credentials(&mut self, data: AuthenticateData<'static>) {
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

    fn enable(&mut self, wanted: &Vec1<CapabilityEnable<'static>>) -> Reply {
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

    /// RFC 2177: tells of changes as they happen until the client says DONE.
    async fn idle(&mut self, tag: Tag<'static>) -> io::Result<bool> {
        let refusal = if !self.authenticated {
            Some(Reply::bad("log in first"))
        } else if !self.has(Feature::Idle) {
            Some(Reply::bad("not supported here"))
        } else {
            None
        };
        if let Some(reply) = refusal {
            self.wire.refuse_idle(reply.tagged(tag));
            return Ok(true);
        }
        match self.meet_fault(Verb::Idle, &tag).await? {
            Met::Go => {}
            Met::Answered | Met::Lose | Met::Close => return Ok(false),
        }
        let mut changes = self.office.store.changes();
        self.wire.idle();
        loop {
            self.refresh(true);
            self.wire.flush().await?;
            let incoming = select! {
                incoming = self.wire.receive() => incoming?,
                changed = changes.changed() => match changed {
                    Ok(()) => continue,
                    Err(_) => return Ok(false),
                },
            };
            match incoming {
                Incoming::Event(Event::IdleDoneReceived) => break,
                Incoming::Event(_) => {}
                Incoming::Malformed(_) => {
                    let text = "DONE is the only command while idling";
                    self.wire.status(Some(tag), StatusKind::Bad, None, text);
                    return Ok(false);
                }
            }
        }
        self.refresh(true);
        self.wire
            .status(Some(tag), StatusKind::Ok, None, "done idling");
        Ok(true)
    }
}

/// What became of a command that may meet a fault.
enum Met {
    Go,
    Lose,
    Answered,
    Close,
}

/// A code the codec has no name for.
pub(super) fn other_code(name: &'static str) -> Code<'static> {
    use imap_next::imap_types::response::CodeOther;
    Code::Other(CodeOther::unvalidated(name.as_bytes()))
}

fn capabilities(office: &Office) -> Vec1<Capability<'static>> {
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

fn folder_command(body: &CommandBody<'_>) -> bool {
    matches!(
        verb_of(body),
        Some(
            Verb::Select
                | Verb::Examine
                | Verb::Unselect
                | Verb::Close
                | Verb::Create
                | Verb::Delete
                | Verb::Rename
                | Verb::Subscribe
                | Verb::Unsubscribe
                | Verb::List
                | Verb::Lsub
                | Verb::Status
                | Verb::Namespace
        )
    )
}

fn verb_of(body: &CommandBody<'_>) -> Option<Verb> {
    Some(match body {
        CommandBody::Capability => Verb::Capability,
        CommandBody::Noop => Verb::Noop,
        CommandBody::Logout => Verb::Logout,
        CommandBody::Login { .. } => Verb::Login,
        CommandBody::Authenticate { .. } => Verb::Authenticate,
        CommandBody::Select { .. } => Verb::Select,
        CommandBody::Examine { .. } => Verb::Examine,
        CommandBody::Unselect => Verb::Unselect,
        CommandBody::Close => Verb::Close,
        CommandBody::Create { .. } => Verb::Create,
        CommandBody::Delete { .. } => Verb::Delete,
        CommandBody::Rename { .. } => Verb::Rename,
        CommandBody::Subscribe { .. } => Verb::Subscribe,
        CommandBody::Unsubscribe { .. } => Verb::Unsubscribe,
        CommandBody::List { .. } => Verb::List,
        CommandBody::Lsub { .. } => Verb::Lsub,
        CommandBody::Status { .. } => Verb::Status,
        CommandBody::Append { .. } => Verb::Append,
        CommandBody::Check => Verb::Check,
        CommandBody::Expunge | CommandBody::ExpungeUid { .. } => Verb::Expunge,
        CommandBody::Search { .. } => Verb::Search,
        CommandBody::Fetch { .. } => Verb::Fetch,
        CommandBody::Store { .. } => Verb::Store,
        CommandBody::Copy { .. } => Verb::Copy,
        CommandBody::Move { .. } => Verb::Move,
        CommandBody::Idle => Verb::Idle,
        CommandBody::Enable { .. } => Verb::Enable,
        CommandBody::Id { .. } => Verb::Id,
        CommandBody::Namespace => Verb::Namespace,
        _ => return None,
    })
}

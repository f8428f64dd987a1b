//! One client's session: reads commands, meets faults, answers in order.

use super::Office;
use super::login::capabilities;
use super::verb::{folder_command, verb_of};
use super::view::{Manner, View};
use super::wire::{Incoming, Wire};
use crate::clock;
use crate::limits;
use crate::sandbox::faults::{Fault, Feature, Verb};
use imap_next::imap_types::command::{Command, CommandBody};
use imap_next::imap_types::core::{Tag, Text};
use imap_next::imap_types::response::{
    Code, Data, Greeting, Status, StatusBody, StatusKind, Tagged,
};
use imap_next::server::Event;
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
    pub(super) authenticated: bool,
    bad: usize,
    /// The tag of an AUTHENTICATE that waits for the client's next line.
    pub(super) pending: Option<Tag<'static>>,
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

    /// The answer with its tag.
    pub(super) fn tagged(self, tag: Tag<'static>) -> Status<'static> {
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
            Met::Refuse(status) => {
                self.wire.finish(status);
                return Ok(true);
            }
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

    /// Looks up what the fault script has for a command.
    pub(super) async fn meet_fault(&mut self, verb: Verb, tag: &Tag<'static>) -> io::Result<Met> {
        let lag = self.office.faults.current_lag();
        if !lag.is_zero() {
            clock::sleep(lag).await;
        }
        let Some(fault) = self.office.faults.take(verb) else {
            return Ok(Met::Go);
        };
        Ok(match fault {
            Fault::No(text) => refusal(tag, StatusKind::No, text),
            Fault::Bad(text) => refusal(tag, StatusKind::Bad, text),
            Fault::Bye(text) => {
                self.wire.say(format!("* BYE {text}\r\n").as_bytes());
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
            Met::Refuse(status) => {
                self.wire.refuse_idle(status);
                return Ok(true);
            }
            Met::Lose | Met::Close => return Ok(false),
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
pub(super) enum Met {
    /// It is done as usual.
    Go,
    /// It is done, but not answered.
    Lose,
    /// It is answered with this and not done.
    Refuse(Status<'static>),
    /// The connection ends.
    Close,
}

/// A refusal in the words of the fault script. A code at its start is part of the text here and a
/// code on the wire.
fn refusal(tag: &Tag<'static>, kind: StatusKind, text: String) -> Met {
    let text = Text::try_from(text).unwrap_or_else(|_| Text::unvalidated("refused"));
    let body = StatusBody {
        kind,
        code: None,
        text,
    };
    let tag = tag.clone();
    Met::Refuse(Status::Tagged(Tagged { tag, body }))
}

/// A code the codec has no name for.
pub(super) fn other_code(name: &'static str) -> Code<'static> {
    use imap_next::imap_types::response::CodeOther;
    Code::Other(CodeOther::unvalidated(name.as_bytes()))
}

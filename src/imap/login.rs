//! From an endpoint to a signed-in connection (RFC 9051 sections 3 and 6.2).

use super::exec::{Kind, broken, goodbye, too_many};
use super::guard::{ASIDE_CODE, Guard};
use super::reply::{Reply, Status, Untagged};
use super::{Capabilities, Code, Connection, Endpoint, Error, Security};
use crate::mail::Remote;
use crate::net::{self, Clear, Stream};
use crate::{clock, limits};
use async_imap::{Client, Session};
use secrecy::{ExposeSecret, SecretString};

/// Connects, signs in, learns what the server can do and enables what helps.
///
/// A server that greets with PREAUTH is refused: nobody would have checked who we are, and before
/// TLS it would be a way around STARTTLS.
pub async fn connect(endpoint: &Endpoint, password: &SecretString) -> Result<Connection, Error> {
    let stream = net::dial(endpoint).await?;
    let (stream, greeted): (Stream, bool) = match endpoint.security {
        Security::Tls => (net::secure(endpoint, stream).await?, false),
        Security::StartTls => {
            let stream = start_tls(Clear::new(endpoint, stream)).await?;
            (net::secure(endpoint, stream).await?, true)
        }
        Security::None => (Box::new(stream), false),
    };
    open(endpoint, stream, greeted, password).await
}

/// Signs in over an open stream; `greeted` when the greeting came before TLS.
pub(super) async fn open(
    endpoint: &Endpoint,
    stream: Stream,
    greeted: bool,
    password: &SecretString,
) -> Result<Connection, Error> {
    let limit = limits::COMMAND_TIMEOUT;
    let late = |_| Error::Timeout {
        what: "the greeting",
    };
    let mut client = Client::new(Guard::new(stream));
    if !greeted {
        clock::deadline(limit, greeting(endpoint, &mut client))
            .await
            .map_err(late)??;
    }
    let session = clock::deadline(limit, sign_in(endpoint, client, password))
        .await
        .map_err(|_| Error::Timeout { what: "LOGIN" })??;
    let mut connection = Connection::new(session);
    connection.learn().await?;
    Ok(connection)
}

async fn start_tls(mut clear: Clear<'_>) -> Result<tokio::net::TcpStream, Error> {
    let greeting = clear.line().await?.to_ascii_uppercase();
    if greeting.starts_with("* PREAUTH") {
        return Err(clear.refuse("it claims to know us already").into());
    }
    if !greeting.starts_with("* OK") {
        return Err(clear.refuse("it greets with something else than OK").into());
    }
    clear.say("S1 STARTTLS").await?;
    for _ in 0..limits::BEFORE_TLS {
        let line = clear.line().await?.to_ascii_uppercase();
        if line.starts_with("S1 OK") {
            return Ok(clear.finish()?);
        }
        if !line.starts_with("* ") {
            return Err(clear.refuse("it refuses STARTTLS").into());
        }
    }
    Err(clear.refuse("it does not come to the point").into())
}

async fn greeting(endpoint: &Endpoint, client: &mut Client<Guard>) -> Result<(), Error> {
    let response = match client.read_response().await {
        Ok(Some(response)) => response,
        Ok(None) => return Err(Error::Lost),
        Err(error) => return Err(broken(&error)),
    };
    let reply = Reply::new(response.parsed(), || None);
    let Reply::Untagged(Untagged::Note { status, code, text }) = reply else {
        return Err(Error::Protocol("its greeting"));
    };
    match status {
        Status::Ok if !code.as_ref().is_some_and(|code| code.is(ASIDE_CODE)) => Ok(()),
        Status::PreAuth => Err(Error::NoSignIn {
            host: endpoint.host.clone(),
            why: "it claims to know us before we said who we are",
        }),
        Status::Bye => Err(goodbye(code.as_ref(), &text)),
        _ => Err(Error::Protocol("its greeting")),
    }
}

/// AUTHENTICATE PLAIN where offered (it carries any character), else LOGIN.
///
/// These are the only calls of async-imap besides its transport: it makes a session in no other
/// way. They do look at the answer; what it said is read from the guard.
async fn sign_in(
    endpoint: &Endpoint,
    mut client: Client<Guard>,
    password: &SecretString,
) -> Result<Session<Guard>, Error> {
    let capabilities = before_login(&mut client).await?;
    if capabilities.has("LOGINDISABLED") {
        return Err(Error::NoSignIn {
            host: endpoint.host.clone(),
            why: "it does not accept passwords on this connection",
        });
    }
    let user = endpoint.user.as_str();
    let password = password.expose_secret();
    if user.contains(['\0', '\r', '\n']) || password.contains(['\0', '\r', '\n']) {
        return Err(Error::Argument("user or password with a line break or NUL"));
    }
    let signed_in = if capabilities.has("AUTH=PLAIN") {
        let plain = Plain { user, password };
        client.authenticate("PLAIN", plain).await
    } else {
        client.login(user, password).await
    };
    signed_in.map_err(|(error, client)| refused(endpoint, &error, client.get_ref()))
}

async fn before_login(client: &mut Client<Guard>) -> Result<Capabilities, Error> {
    let mut words = client.get_mut().take_capabilities();
    if words.is_none() {
        let asked = client.run_command_and_check_ok("CAPABILITY", None).await;
        asked.map_err(|error| lost(&error))?;
        words = client.get_mut().take_capabilities();
    }
    Ok(Capabilities::new(words.unwrap_or_default()))
}

fn refused(endpoint: &Endpoint, error: &async_imap::error::Error, guard: &Guard) -> Error {
    let (code, text) = guard.last_tagged();
    let text_remote = Remote::new(text);
    match error {
        async_imap::error::Error::No(_) | async_imap::error::Error::Bad(_) => match code {
            code if too_many(code.as_ref(), text) => {
                Error::TooManyConnections { text: text_remote }
            }
            Some(code) if code.passes() => Error::No {
                what: "LOGIN",
                code: Some(code),
                text: text_remote,
            },
            _ => Error::SignIn {
                host: endpoint.host.clone(),
                user: endpoint.user.clone(),
                text: text_remote,
            },
        },
        other => lost(other),
    }
}

fn lost(error: &async_imap::error::Error) -> Error {
    match error {
        async_imap::error::Error::Io(error) => broken(error),
        async_imap::error::Error::No(_) | async_imap::error::Error::Bad(_) => {
            Error::Protocol("it refuses CAPABILITY")
        }
        _ => Error::Lost,
    }
}

struct Plain<'a> {
    user: &'a str,
    password: &'a str,
}

impl async_imap::Authenticator for Plain<'_> {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        format!("\0{}\0{}", self.user, self.password)
    }
}

impl Connection {
    /// Capabilities after login, and CONDSTORE and QRESYNC switched on where offered.
    async fn learn(&mut self) -> Result<(), Error> {
        let mut words = self.session.get_mut().take_capabilities();
        if words.is_none() {
            self.exec(Kind::short("CAPABILITY"), "CAPABILITY", |_| ())
                .await?;
            words = self.session.get_mut().take_capabilities();
        }
        self.capabilities = Capabilities::new(words.unwrap_or_default());
        if !self.capabilities.has("ENABLE") {
            return Ok(());
        }
        let wanted = if self.capabilities.qresync() {
            "ENABLE QRESYNC"
        } else if self.capabilities.condstore() {
            "ENABLE CONDSTORE"
        } else {
            return Ok(());
        };
        match self.exec(Kind::short("ENABLE"), wanted, |_| ()).await {
            Ok(_) => self.qresync = self.capabilities.qresync(),
            // Offered and then refused: go on without.
            Err(error) if !error.is_fatal() => {
                tracing::debug!(code = ?as_code(&error), "ENABLE refused");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

fn as_code(error: &Error) -> Option<&Code> {
    match error {
        Error::No { code, .. } => code.as_ref(),
        _ => None,
    }
}

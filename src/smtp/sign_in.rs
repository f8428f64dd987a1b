//! From an endpoint to a signed-in submission connection (RFC 6409, RFC 4954, RFC 3207).

use super::error::refusal;
use super::wire::{Tap, Wire};
use super::{Connection, Endpoint, Error, Security, Submission};
use crate::net::{self, Clear, Stream};
use crate::{clock, limits};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::Ehlo;
use lettre::transport::smtp::extension::ClientId;
use secrecy::{ExposeSecret, SecretString};
use std::net::Ipv4Addr;
use tokio::net::TcpStream;

const MECHANISMS: &[Mechanism] = &[Mechanism::Plain, Mechanism::Login];

/// Connects, says EHLO and signs in. A server on loopback that asks for no password (a local
/// relay) is taken as it is.
pub async fn connect(endpoint: &Endpoint, password: &SecretString) -> Result<Submission, Error> {
    let stream = net::dial(endpoint).await?;
    let (stream, greeted): (Stream, bool) = match endpoint.security {
        Security::Tls => (net::secure(endpoint, stream).await?, false),
        Security::StartTls => {
            let stream = start_tls(Clear::new(endpoint, stream)).await?;
            (net::secure(endpoint, stream).await?, true)
        }
        Security::None => (Box::new(stream), false),
    };
    let mut submission = open(stream, greeted).await?;
    submission.sign_in(endpoint, password).await?;
    Ok(submission)
}

/// Connects and signs in, sends nothing, and returns what the server says it can do, one
/// extension an entry, hostile as any server text.
pub async fn check(endpoint: &Endpoint, password: &SecretString) -> Result<Vec<String>, Error> {
    let mut submission = connect(endpoint, password).await?;
    // lettre keeps four extensions only, so ask once more.
    let ehlo = submission.connection.0.command(Ehlo::new(hello()));
    let answer = clock::deadline(limits::SMTP_STEP, ehlo)
        .await
        .map_err(|_| Error::Timeout { what: "EHLO" })?
        .map_err(|error| Error::at("EHLO", &error))?;
    let extensions = answer.message().skip(1).map(str::to_owned).collect();
    submission.quit().await;
    Ok(extensions)
}

/// Reads the greeting and says EHLO over an open stream.
pub(super) async fn open(stream: Stream, greeted: bool) -> Result<Submission, Error> {
    let tap = Tap::default();
    let wire = Box::new(Wire::new(stream, greeted, tap.clone()));
    let hello = hello();
    let opening = AsyncSmtpConnection::connect_with_transport(wire, &hello);
    let connection = clock::deadline(limits::SMTP_STEP, opening)
        .await
        .map_err(|_| Error::Timeout {
            what: "the greeting",
        })?
        .map_err(|error| Error::at("the greeting", &error))?;
    Ok(Submission {
        connection: Connection(connection),
        tap,
    })
}

/// What we call ourselves. An address literal, because the machine's name is nobody's business.
fn hello() -> ClientId {
    ClientId::Ipv4(Ipv4Addr::LOCALHOST)
}

async fn start_tls(mut clear: Clear<'_>) -> Result<TcpStream, Error> {
    reply(&mut clear, "220", "it does not greet").await?;
    clear.say("EHLO [127.0.0.1]").await?;
    reply(&mut clear, "250", "it does not speak ESMTP").await?;
    clear.say("STARTTLS").await?;
    reply(&mut clear, "220", "it refuses STARTTLS").await?;
    Ok(clear.finish()?)
}

/// Reads one reply, which may have several lines, and insists on its code.
async fn reply(clear: &mut Clear<'_>, code: &str, why: &'static str) -> Result<(), Error> {
    for _ in 0..limits::BEFORE_TLS {
        let line = clear.line().await?;
        let Some(rest) = line.strip_prefix(code) else {
            break;
        };
        if !rest.starts_with('-') {
            return Ok(());
        }
    }
    Err(clear.refuse(why).into())
}

impl Submission {
    async fn sign_in(&mut self, endpoint: &Endpoint, password: &SecretString) -> Result<(), Error> {
        let info = self.connection.0.server_info();
        if info.get_auth_mechanism(MECHANISMS).is_none() {
            if endpoint.security == Security::None {
                return Ok(());
            }
            return Err(Error::NoSignIn {
                host: endpoint.host.clone(),
            });
        }
        let credentials =
            Credentials::new(endpoint.user.clone(), password.expose_secret().to_owned());
        let signing = self.connection.0.auth(MECHANISMS, &credentials);
        let signed = clock::deadline(limits::SMTP_STEP, signing)
            .await
            .map_err(|_| Error::Timeout { what: "AUTH" })?;
        match signed {
            Ok(_) => Ok(()),
            Err(error) => Err(match refusal(&error) {
                Some((code, text)) if code >= 500 => Error::SignIn {
                    host: endpoint.host.clone(),
                    user: endpoint.user.clone(),
                    text,
                },
                _ => Error::at("AUTH", &error),
            }),
        }
    }

    /// Ends the connection politely and briefly; the outcome is known by now.
    pub(super) async fn quit(mut self) {
        if let Ok(Err(error)) =
            clock::deadline(limits::DONE_TIMEOUT, self.connection.0.quit()).await
        {
            tracing::debug!(permanent = error.is_permanent(), "QUIT failed");
        }
    }
}

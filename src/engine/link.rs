//! Opening connections, and waiting sensibly before the next try.

use super::api::{Trouble, TroubleKind};
use super::layout::Layout;
use super::shared::{Shared, random, trouble};
use crate::config::{Password, Security, Server};
use crate::imap::{self, Connection};
use crate::limits::{RECONNECT_MAX, RECONNECT_MIN};
use crate::{secrets, smtp};
use secrecy::SecretString;
use std::time::Duration;

/// Waits between tries to connect: doubled each time, with jitter, so that a team does not come
/// back all at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff(Duration);

impl Backoff {
    pub fn new() -> Self {
        Self(RECONNECT_MIN)
    }

    /// The next wait.
    pub fn next(&mut self) -> Duration {
        let base = self.0;
        self.0 = (base * 2).min(RECONNECT_MAX);
        let [jitter] = random::<1>();
        base + base.mul_f64(f64::from(jitter) / 512.0)
    }
}

/// Connects and signs in for reading; learns the folders' names the first time.
pub(crate) async fn open(shared: &Shared) -> Result<(Connection, Layout), Trouble> {
    let password = shared.imap_password().await?;
    let mut connection = imap::connect(&imap_endpoint(&shared.mailbox.imap), password)
        .await
        .map_err(|e| imap_trouble(&e))?;
    let layout = shared
        .layout
        .get_or_try_init(|| learn(shared, &mut connection))
        .await
        .map_err(|e| imap_trouble(&e))?
        .clone();
    Ok((connection, layout))
}

async fn learn(shared: &Shared, connection: &mut Connection) -> Result<Layout, imap::Error> {
    let (prefix, delimiter) = connection.namespace().await?;
    let listed = connection.list().await?;
    let wanted = &shared.mailbox.folders;
    Ok(Layout::new(wanted, &prefix, &delimiter, &listed))
}

/// An IMAP error as a person hears it.
pub(crate) fn imap_trouble(error: &imap::Error) -> Trouble {
    let kind = match error {
        e if e.is_sign_in() => TroubleKind::SignIn,
        imap::Error::Net(_)
        | imap::Error::Timeout { .. }
        | imap::Error::Lost
        | imap::Error::Bye { .. }
        | imap::Error::TooManyConnections { .. } => TroubleKind::Unreachable,
        _ => TroubleKind::Other,
    };
    trouble(kind, error)
}

/// Where to read.
pub(crate) fn imap_endpoint(server: &Server) -> imap::Endpoint {
    imap::Endpoint {
        host: server.host.clone(),
        port: server.port,
        security: security(server.security),
        ca_file: server.ca_file.clone(),
        user: server.user.clone(),
    }
}

/// Where to send.
pub(crate) fn smtp_endpoint(server: &Server) -> smtp::Endpoint {
    imap_endpoint(server)
}

fn security(security: Security) -> imap::Security {
    match security {
        Security::Tls => imap::Security::Tls,
        Security::StartTls => imap::Security::StartTls,
        Security::None => imap::Security::None,
    }
}

/// Fetches a password from where the configuration says.
pub(crate) async fn password(server: &Server, what: &str) -> Result<SecretString, Trouble> {
    let source = match &server.password {
        Password::Command(words) => secrets::PasswordSource::Command(words.clone()),
        Password::Keyring => secrets::PasswordSource::Keyring {
            service: format!("postroom:{}", server.host),
            user: server.user.clone(),
        },
        Password::Prompt => secrets::PasswordSource::Prompt,
    };
    secrets::password(&source, what)
        .await
        .map_err(|e| trouble(TroubleKind::SignIn, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_limit_and_no_further() {
        let mut backoff = Backoff::new();
        let waits: Vec<Duration> = (0..12).map(|_| backoff.next()).collect();
        assert!(waits.iter().all(|w| *w >= RECONNECT_MIN));
        assert!(waits.iter().all(|w| *w <= RECONNECT_MAX.mul_f64(1.5)));
        assert!(waits.last() > waits.first());
    }
}

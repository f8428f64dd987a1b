//! Adapter ground: TCP and TLS as `imap` and `smtp` both need them.
//!
//! TLS is verified by the platform's roots plus an extra CA file. STARTTLS is spoken here in clear
//! text over [`Clear`], which refuses anything the peer sent too early, so that no byte from
//! before the handshake is ever believed (the "NO STARTTLS" injections).

mod clear;
mod error;
mod tls;

pub use clear::Clear;
pub use error::{Error, Next};

use crate::{clock, limits};
use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// Clear text, then STARTTLS, which must succeed.
    StartTls,
    /// Clear text throughout; refused for any address but loopback.
    None,
}

/// A server and the account to use there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Host name, also the name the certificate must carry.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Protection.
    pub security: Security,
    /// PEM file with certificates that are trusted besides the platform's.
    pub ca_file: Option<PathBuf>,
    /// Login name.
    pub user: String,
}

/// What `imap` and `smtp` talk over.
pub trait Wire: AsyncRead + AsyncWrite + Send + Sync + Unpin + Debug {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin + Debug> Wire for T {}

/// A connected stream, protected as the endpoint asks.
pub type Stream = Box<dyn Wire>;

/// Opens the TCP connection, trying every address of the host once.
///
/// With [`Security::None`] a host that is not loopback is refused before a connection is tried.
pub async fn dial(endpoint: &Endpoint) -> Result<TcpStream, Error> {
    let (host, port) = (&endpoint.host, endpoint.port);
    let found = clock::deadline(
        limits::CONNECT_TIMEOUT,
        tokio::net::lookup_host((host.as_str(), port)),
    )
    .await
    .map_err(|_| Error::timeout(endpoint, "looking up the name of"))?;
    let addresses: Vec<SocketAddr> = match found {
        Ok(found) => found.collect(),
        Err(_) => Vec::new(),
    };
    let Some(count) = u32::try_from(addresses.len()).ok().filter(|n| *n > 0) else {
        return Err(Error::NoSuchHost { host: host.clone() });
    };
    if endpoint.security == Security::None && !addresses.iter().all(|a| a.ip().is_loopback()) {
        return Err(Error::NotPlain { host: host.clone() });
    }
    let mut last = Error::timeout(endpoint, "connecting to");
    for address in addresses {
        let tried =
            clock::deadline(limits::CONNECT_TIMEOUT / count, TcpStream::connect(address)).await;
        match tried {
            Ok(Ok(stream)) => {
                stream
                    .set_nodelay(true)
                    .map_err(|e| Error::io(endpoint, &e))?;
                return Ok(stream);
            }
            Ok(Err(error)) => last = Error::io(endpoint, &error),
            Err(_) => last = Error::timeout(endpoint, "connecting to"),
        }
    }
    Err(last)
}

/// Puts TLS around an open connection and checks the certificate against the endpoint's host.
pub async fn secure(endpoint: &Endpoint, stream: TcpStream) -> Result<Stream, Error> {
    let (connector, name) = tls::connector(endpoint)?;
    let shaken = clock::deadline(limits::CONNECT_TIMEOUT, connector.connect(name, stream))
        .await
        .map_err(|_| Error::timeout(endpoint, "setting up TLS with"))?;
    match shaken {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) => Err(tls::explain(endpoint, &error)),
    }
}

impl Error {
    fn timeout(endpoint: &Endpoint, doing: &'static str) -> Self {
        Self::Timeout {
            doing,
            host: endpoint.host.clone(),
            port: endpoint.port,
        }
    }

    fn io(endpoint: &Endpoint, error: &io::Error) -> Self {
        let (host, port) = (endpoint.host.clone(), endpoint.port);
        if error.kind() == io::ErrorKind::ConnectionRefused {
            Self::Refused { host, port }
        } else {
            Self::Unreachable {
                host,
                port,
                why: error.to_string(),
            }
        }
    }
}

#[cfg(test)]
mod tests;

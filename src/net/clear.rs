//! The few lines that are spoken in clear text before STARTTLS.

use super::{Endpoint, Error};
use crate::{clock, limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest line believed before TLS.
const LINE: usize = 8192;

/// A connection on which nothing secret may be said yet.
#[derive(Debug)]
pub struct Clear<'a> {
    endpoint: &'a Endpoint,
    stream: TcpStream,
    early: Vec<u8>,
}

impl<'a> Clear<'a> {
    /// Starts the clear-text dialogue.
    pub fn new(endpoint: &'a Endpoint, stream: TcpStream) -> Self {
        Self {
            endpoint,
            stream,
            early: Vec::new(),
        }
    }

    /// The next line without its line end, as far as it is ASCII.
    pub async fn line(&mut self) -> Result<String, Error> {
        clock::deadline(limits::CONNECT_TIMEOUT, self.read_line())
            .await
            .map_err(|_| Error::timeout(self.endpoint, "starting TLS with"))?
    }

    /// Sends one line.
    pub async fn say(&mut self, line: &str) -> Result<(), Error> {
        let bytes = format!("{line}\r\n");
        clock::deadline(
            limits::CONNECT_TIMEOUT,
            self.stream.write_all(bytes.as_bytes()),
        )
        .await
        .map_err(|_| Error::timeout(self.endpoint, "starting TLS with"))?
        .map_err(|e| Error::io(self.endpoint, &e))
    }

    /// The bare connection for the handshake; an error when the peer has already said more.
    pub fn finish(self) -> Result<TcpStream, Error> {
        if self.early.is_empty() {
            Ok(self.stream)
        } else {
            Err(Error::Injected {
                host: self.endpoint.host.clone(),
            })
        }
    }

    /// The error for a peer that did not go along.
    pub fn refuse(&self, why: &'static str) -> Error {
        Error::NoStartTls {
            host: self.endpoint.host.clone(),
            why,
        }
    }

    async fn read_line(&mut self) -> Result<String, Error> {
        loop {
            if let Some(end) = self.early.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.early.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.early.len() > LINE {
                return Err(self.refuse("an endless line"));
            }
            let mut chunk = [0; 1024];
            let read = self
                .stream
                .read(&mut chunk)
                .await
                .map_err(|e| Error::io(self.endpoint, &e))?;
            if read == 0 {
                return Err(self.refuse("the connection was closed"));
            }
            self.early.extend(chunk.iter().take(read));
        }
    }
}

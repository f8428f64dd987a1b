//! What can go wrong before the first protocol word.

/// What the caller should do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again by itself, with back-off.
    Retry,
    /// Somebody has to change something first: a password, a setting, a full mailbox.
    AskUser,
    /// Trying again cannot help.
    GiveUp,
}

/// A connection that could not be made, or not be made safely.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The name has no address.
    #[error("no address found for {host}: check the host name and the network")]
    NoSuchHost {
        /// The host as configured.
        host: String,
    },
    /// Nothing listens there.
    #[error(
        "{host} refused the connection on port {port}: check the port, or whether the server runs"
    )]
    Refused {
        /// The host as configured.
        host: String,
        /// The port as configured.
        port: u16,
    },
    /// The network says no.
    #[error("{host} port {port} cannot be reached: {why}")]
    Unreachable {
        /// The host as configured.
        host: String,
        /// The port as configured.
        port: u16,
        /// The platform's words.
        why: String,
    },
    /// No answer in time.
    #[error("no answer while {doing} {host} port {port}: check the network, or try again later")]
    Timeout {
        /// What was going on, ending in a preposition.
        doing: &'static str,
        /// The host as configured.
        host: String,
        /// The port as configured.
        port: u16,
    },
    /// The certificate or the TLS session is not acceptable.
    #[error("{host}: {why}")]
    Tls {
        /// The host as configured.
        host: String,
        /// What is wrong and what to do, in words.
        why: String,
    },
    /// The extra CA file is unusable.
    #[error("CA file {path}: {why}")]
    CaFile {
        /// The file as configured.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// Clear text was asked for towards another machine.
    #[error(
        "{host} is not this machine, and passwords do not travel in clear text: use security = \"tls\""
    )]
    NotPlain {
        /// The host as configured.
        host: String,
    },
    /// STARTTLS is configured and did not happen.
    #[error("{host} does not start TLS ({why}): use security = \"tls\" with its TLS port")]
    NoStartTls {
        /// The host as configured.
        host: String,
        /// What happened instead.
        why: &'static str,
    },
    /// Somebody spoke between STARTTLS and the handshake.
    #[error(
        "{host} sent data before TLS was up, which an attacker on the line would do: connection refused"
    )]
    Injected {
        /// The host as configured.
        host: String,
    },
}

impl Error {
    /// What to do about it.
    pub fn next(&self) -> Next {
        match self {
            Self::NoSuchHost { .. }
            | Self::Refused { .. }
            | Self::Unreachable { .. }
            | Self::Timeout { .. } => Next::Retry,
            Self::Tls { .. }
            | Self::CaFile { .. }
            | Self::NotPlain { .. }
            | Self::NoStartTls { .. } => Next::AskUser,
            Self::Injected { .. } => Next::GiveUp,
        }
    }
}

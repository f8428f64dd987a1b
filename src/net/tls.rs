//! Certificates: whom we believe, and how we say that we do not.

use super::{Endpoint, Error};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsConnector;

/// A connector for the endpoint and the name its certificate must carry.
pub(super) fn connector(endpoint: &Endpoint) -> Result<(TlsConnector, ServerName<'static>), Error> {
    let host = &endpoint.host;
    let tls = |why: String| Error::Tls {
        host: host.clone(),
        why,
    };
    let name = ServerName::try_from(host.clone())
        .map_err(|_| tls("this host name cannot stand in a certificate".to_owned()))?;
    let extra = match &endpoint.ca_file {
        Some(path) => read(path)?,
        None => Vec::new(),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let platform = Verifier::new_with_extra_roots(extra.clone(), provider.clone())
        .map_err(|e| tls(format!("no certificates to check it against: {e}")))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| tls(e.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Trust { platform, extra }))
        .with_no_client_auth();
    Ok((TlsConnector::from(Arc::new(config)), name))
}

/// Why a handshake failed, in words.
pub(super) fn explain(endpoint: &Endpoint, error: &io::Error) -> Error {
    let inner = error.get_ref().and_then(|e| e.downcast_ref());
    let Some(inner) = inner else {
        return Error::io(endpoint, error);
    };
    let why = match inner {
        rustls::Error::InvalidCertificate(why) => certificate(why),
        rustls::Error::InvalidMessage(_) => {
            "it does not speak TLS on this port: is another port or security = \"starttls\" meant?"
                .to_owned()
        }
        // Alerts and the like: rustls' own words, no text from the peer.
        other => format!("no TLS session: {other}"),
    };
    Error::Tls {
        host: endpoint.host.clone(),
        why,
    }
}

fn certificate(why: &CertificateError) -> String {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired: tell whoever runs the server (or check this machine's clock)"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet: check this machine's clock"
        }
        CertificateError::UnknownIssuer => {
            "its certificate comes from an unknown issuer: name the issuer's file with ca-file if you trust it"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another name: check the host name"
        }
        CertificateError::Revoked => "its certificate has been revoked: tell whoever runs the server",
        CertificateError::BadSignature => {
            "its certificate was not signed by the issuer it names: somebody may be in between"
        }
        // The details may quote the certificate, which is outside text.
        CertificateError::Other(_) => {
            "its certificate is not one that a server should have (self-signed, perhaps): set \
             ca-file to trust exactly this one"
        }
        _ => "its certificate is not acceptable: ask whoever runs the server",
    }
    .to_owned()
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let unusable = |why: String| Error::CaFile {
        path: path.display().to_string(),
        why,
    };
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path)
        .map_err(|e| unusable(format!("cannot be read: {e}")))?
        .collect();
    match found {
        Ok(found) if found.is_empty() => Err(unusable("holds no certificate".to_owned())),
        Ok(found) => Ok(found),
        Err(error) => Err(unusable(format!("is not a PEM file: {error}"))),
    }
}

/// The platform's judgement, and besides it the exact certificates of the CA file.
///
/// A self-signed server certificate is usually marked as a CA, which a chain check refuses for a
/// server. Naming that very certificate in the CA file is trust enough: it must match byte for
/// byte and carry the host's name. Its dates do not matter, the file is the user's own decision.
#[derive(Debug)]
struct Trust {
    platform: Verifier,
    extra: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.extra.iter().any(|known| known == end_entity) {
            let parsed = rustls::server::ParsedCertificate::try_from(end_entity)?;
            rustls::client::verify_server_name(&parsed, server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        self.platform
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.platform.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.platform.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.platform.supported_verify_schemes()
    }
}

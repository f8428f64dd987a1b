use super::*;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A certificate and its key, as a server needs them.
struct Identity {
    certificate: Certificate,
    key: KeyPair,
}

struct Authority {
    params: CertificateParams,
    identity: Identity,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self {
            params,
            identity: Identity { certificate, key },
        }
    }

    fn issue(&self, name: &str, last_year: i32) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(last_year, 1, 1);
        let issuer = Issuer::from_params(&self.params, &self.identity.key);
        let certificate = params.signed_by(&key, &issuer).unwrap();
        Identity { certificate, key }
    }
}

/// Signed by itself and marked as a CA, as `openssl req -x509` makes them.
fn self_signed(name: &str) -> Identity {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    Identity { certificate, key }
}

fn acceptor(identity: &Identity) -> TlsAcceptor {
    let chain = vec![CertificateDer::from(identity.certificate.der().to_vec())];
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(identity.key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Serves one TLS connection and connects to it as `localhost`.
async fn shake(identity: &Identity, ca_file: Option<PathBuf>) -> Result<Stream, Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint {
        host: "localhost".into(),
        port: listener.local_addr().unwrap().port(),
        security: Security::Tls,
        ca_file,
        user: "user".into(),
    };
    let acceptor = acceptor(identity);
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        acceptor.accept(stream).await.map(drop)
    });
    let stream = dial(&endpoint).await?;
    let shaken = secure(&endpoint, stream).await;
    // The server fails together with the client; only the client's words matter.
    let _served = server.await.unwrap();
    shaken
}

fn pem(dir: &TempDir, certificate: &Certificate) -> PathBuf {
    let path = dir.path().join("ca.pem");
    std::fs::write(&path, certificate.pem()).unwrap();
    path
}

#[tokio::test]
async fn only_a_valid_certificate_for_this_host_from_a_known_issuer_is_believed() {
    let dir = tempfile::tempdir().unwrap();
    let ours = Authority::new();
    let ca = pem(&dir, &ours.identity.certificate);
    for (identity, known, expected) in [
        (ours.issue("localhost", 2099), true, None),
        (ours.issue("localhost", 2099), false, Some("unknown issuer")),
        (ours.issue("localhost", 2002), true, Some("has expired")),
        (
            ours.issue("elsewhere.example", 2099),
            true,
            Some("another name"),
        ),
        (
            Authority::new().issue("localhost", 2099),
            true,
            Some("not signed by the issuer"),
        ),
        (self_signed("localhost"), true, Some("self-signed")),
    ] {
        let result = shake(&identity, known.then(|| ca.clone())).await;
        match (expected, result) {
            (None, result) => drop(result.expect("a good certificate")),
            (Some(words), Err(error)) => {
                assert!(error.to_string().contains(words), "{words}: {error}");
                assert_eq!(error.next(), Next::AskUser);
            }
            (Some(words), Ok(_)) => panic!("believed although {words}"),
        }
    }
}

#[tokio::test]
async fn a_self_signed_certificate_is_believed_when_it_is_the_ca_file() {
    let dir = tempfile::tempdir().unwrap();
    for (name, good) in [("localhost", true), ("elsewhere.example", false)] {
        let identity = self_signed(name);
        let file = pem(&dir, &identity.certificate);
        assert_eq!(shake(&identity, Some(file)).await.is_ok(), good, "{name}");
    }
}

#[tokio::test]
async fn an_unusable_ca_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let empty = dir.path().join("empty.pem");
    std::fs::write(&empty, "nothing here").unwrap();
    let identity = self_signed("localhost");
    for (file, words) in [
        (dir.path().join("missing.pem"), "cannot be read"),
        (empty, "no certificate"),
    ] {
        let error = shake(&identity, Some(file.clone())).await.unwrap_err();
        let shown = error.to_string();
        assert!(
            shown.contains(words) && shown.contains(file.to_str().unwrap()),
            "{shown}"
        );
    }
}

fn at(host: &str, port: u16, security: Security) -> Endpoint {
    Endpoint {
        host: host.into(),
        port,
        security,
        ca_file: None,
        user: "user".into(),
    }
}

#[tokio::test]
async fn each_way_not_to_connect_has_its_own_words() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let refused = dial(&at("127.0.0.1", port, Security::Tls)).await;
    assert!(matches!(refused, Err(Error::Refused { .. })), "{refused:?}");
    let nowhere = dial(&at("host.invalid", 993, Security::Tls)).await;
    assert!(
        matches!(nowhere, Err(Error::NoSuchHost { .. })),
        "{nowhere:?}"
    );
}

#[tokio::test]
async fn clear_text_goes_to_loopback_only() {
    // A documentation address (RFC 5737): were it tried, the test would hang.
    let result = dial(&at("192.0.2.1", 143, Security::None)).await;
    assert!(matches!(result, Err(Error::NotPlain { .. })), "{result:?}");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    assert!(dial(&at("127.0.0.1", port, Security::None)).await.is_ok());
}

#[tokio::test]
async fn a_server_that_speaks_clear_text_is_told_from_a_bad_certificate() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"* OK hello there\r\n").await.unwrap();
        let mut rest = Vec::new();
        // The client hangs up.
        let _gone = stream.read_to_end(&mut rest).await;
    });
    let endpoint = at("localhost", port, Security::Tls);
    let stream = dial(&endpoint).await.unwrap();
    let error = secure(&endpoint, stream).await.unwrap_err();
    assert!(error.to_string().contains("does not speak TLS"), "{error}");
    server.await.unwrap();
}

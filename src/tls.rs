//! TCP and TLS to a server of mail: its first address that answers, and certificates that the system or the config trusts.

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, Error as TlsError, RootCertStore, crypto,
};

use crate::file::read::{WRITTEN, read};
use crate::verdict::{LONGEST_TEXT, Trouble, one_line};

/// A connection to a server of mail: TCP, encrypted or not, or a pipe in memory.
pub trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// Connects to the first of the host's addresses that answers. Each has the whole time limit, so that one that drops
/// packets does not prevent trying the next.
pub(crate) async fn connect(host: &str, port: u16, limit: Duration) -> io::Result<TcpStream> {
    let late = || io::Error::new(io::ErrorKind::TimedOut, "the connection took too long");
    let addresses = timeout(limit, lookup_host((host, port)))
        .await
        .map_err(|_| late())??;
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in addresses {
        match timeout(limit, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => {
                // Nagle's algorithm and the server's delayed ACK together would cost 40 ms.
                tcp.set_nodelay(true)?;
                return Ok(tcp);
            }
            Ok(Err(error)) => last = error,
            Err(_) => last = late(),
        }
    }
    Err(last)
}

/// The settings for TLS with one server. Certificates are read once, since that takes milliseconds.
#[derive(Clone)]
pub(crate) struct TlsSettings {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl TlsSettings {
    /// Trusts the system's certificates, and those in the file `ca`.
    ///
    /// # Errors
    /// Trouble on our side: a certificate that cannot be read, a host that is no name.
    pub(crate) fn new(host: &str, ca: Option<&Path>) -> Result<Self, Trouble> {
        let us = |error: &dyn Display| Trouble::Us(format!("TLS cannot be set up: {error}"));
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(file) = ca {
            add_certificates(&mut roots, file)
                .map_err(|why| us(&format!("`{}`, which `ca` names: {why}", file.display())))?;
        }
        let config =
            ClientConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(|error| us(&error))?
                .with_root_certificates(roots)
                .with_no_client_auth();
        let host = host.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host).map_err(|error| us(&error))?;
        let connector = TlsConnector::from(Arc::new(config));
        Ok(Self { connector, name })
    }

    /// Encrypts a connection. `peer` is what errors call the other side.
    ///
    /// # Errors
    /// Trouble on our side where the certificate is not accepted, else on the way.
    pub(crate) async fn encrypt<S: Duplex>(
        &self,
        stream: S,
        peer: &str,
        limit: Duration,
    ) -> Result<TlsStream<S>, Trouble> {
        let handshake = self.connector.connect(self.name.clone(), stream);
        let stream = timeout(limit, handshake)
            .await
            .map_err(|_| Trouble::Relay("the TLS handshake took too long".to_owned()))?;
        stream.map_err(|error| {
            let cause = error.get_ref().and_then(|inner| inner.downcast_ref());
            match cause {
                Some(TlsError::InvalidCertificate(cause)) => Trouble::Us(format!(
                    "the {peer}'s certificate is not accepted: {}",
                    explain(cause)
                )),
                _ => Trouble::Relay(format!("the TLS handshake failed: {error}")),
            }
        })
    }
}

/// Explains a certificate's fault, with a hint.
fn explain(fault: &CertificateError) -> String {
    match fault {
        CertificateError::UnknownIssuer => {
            "nobody whom this machine trusts has signed it; name its issuer's certificate in `ca`".to_owned()
        }
        // The library has no variant for this fault, only a text.
        CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            "it is an authority's (CA:TRUE), as `openssl req -x509` makes it, and may not stand for a server; make it with \
             `-addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:NAME`"
                .to_owned()
        }
        other => one_line(&other.to_string(), LONGEST_TEXT),
    }
}

/// Adds the certificates of a PEM file to the trusted ones.
fn add_certificates(roots: &mut RootCertStore, file: &Path) -> anyhow::Result<()> {
    let bytes = read(file, WRITTEN)?;
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        let certificate = certificate?;
        roots.add(certificate)?;
        count += 1;
    }
    match count {
        0 => bail!("it holds no certificate in PEM form"),
        _ => Ok(()),
    }
}

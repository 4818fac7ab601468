//! Bytes to and from a relay: plain or TLS, each step with its limit, replies of bounded size.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use crate::smtp::reply::{Reply, Trouble};

/// The longest line of a reply, in octets: twice what RFC 5321 4.5.3.1.5 asks for.
const LONGEST_LINE: usize = 1000;
/// The most lines of one reply.
const MOST_LINES: usize = 100;

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// One connection; it belongs to one task, and a fault ends it.
pub(super) struct Wire {
    stream: Stream,
    buffer: Vec<u8>,
}

fn relay(error: impl std::fmt::Display) -> Trouble {
    Trouble::Relay(error.to_string())
}

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream: Stream::Plain(stream), buffer: Vec::new() }
    }

    /// The bare connection, to be encrypted; none where it already is.
    pub(super) fn into_tcp(self) -> Option<TcpStream> {
        match self.stream {
            Stream::Plain(tcp) => Some(tcp),
            Stream::Tls(_) => None,
        }
    }

    /// The same over TLS. What came in before the handshake is no answer of the relay's inside it (RFC 3207 5).
    pub(super) async fn encrypt(
        tcp: TcpStream,
        host: &str,
        ca: Option<&Path>,
        limit: Duration,
    ) -> Result<Self, Trouble> {
        let us = |error: &dyn std::fmt::Display| Trouble::Us(format!("TLS cannot be set up: {error}"));
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(file) = ca {
            for certificate in CertificateDer::pem_file_iter(file).map_err(|error| us(&error))? {
                roots.add(certificate.map_err(|error| us(&error))?).map_err(|error| us(&error))?;
            }
        }
        let config = ClientConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| us(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).map_err(|error| us(&error))?;
        let handshake = TlsConnector::from(Arc::new(config)).connect(name, tcp);
        let stream = timeout(limit, handshake).await.map_err(|_| relay("the TLS handshake took too long"))?;
        let stream = stream.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => Trouble::Us(format!("the relay's certificate is not accepted: {error}")),
            _ => relay(error),
        })?;
        Ok(Self { stream: Stream::Tls(Box::new(stream)), buffer: Vec::new() })
    }

    /// Whether there is more than the reply that was read.
    pub(super) fn has_more(&self) -> bool {
        !self.buffer.is_empty()
    }

    pub(super) async fn write(&mut self, bytes: &[u8], limit: Duration) -> Result<(), Trouble> {
        for block in bytes.chunks(64 * 1024) {
            timeout(limit, self.write_block(block))
                .await
                .map_err(|_| relay("a write took too long"))?
                .map_err(relay)?;
        }
        Ok(())
    }

    async fn write_block(&mut self, block: &[u8]) -> io::Result<()> {
        match &mut self.stream {
            Stream::Plain(tcp) => tcp.write_all(block).await,
            Stream::Tls(tls) => {
                tls.write_all(block).await?;
                tls.flush().await
            }
        }
    }

    /// One reply, of however many lines (RFC 5321 4.2.1).
    pub(super) async fn read(&mut self, limit: Duration) -> Result<Reply, Trouble> {
        timeout(limit, self.read_reply()).await.map_err(|_| relay("the reply took too long"))?
    }

    async fn read_reply(&mut self) -> Result<Reply, Trouble> {
        let mut text = String::new();
        for _ in 0..MOST_LINES {
            let line = self.read_line().await?;
            let digits = line.get(..3).filter(|digits| digits.iter().all(u8::is_ascii_digit));
            let code = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
            let code: u16 = code.ok_or_else(|| relay("the relay speaks no SMTP"))?;
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(String::from_utf8_lossy(line.get(4..).unwrap_or_default()).trim());
            if line.get(3) != Some(&b'-') {
                return Ok(Reply { code, text });
            }
        }
        Err(relay("the relay's reply has no end"))
    }

    async fn read_line(&mut self) -> Result<Vec<u8>, Trouble> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.buffer.drain(..=end).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            if self.buffer.len() > LONGEST_LINE {
                return Err(relay("a line of the relay's reply is too long"));
            }
            let mut some = [0; 1024];
            let read = match &mut self.stream {
                Stream::Plain(tcp) => tcp.read(&mut some).await,
                Stream::Tls(tls) => tls.read(&mut some).await,
            };
            let read = read.map_err(relay)?;
            if read == 0 {
                return Err(relay("the relay closed the connection"));
            }
            self.buffer.extend_from_slice(&some[..read]);
        }
    }
}

//! Opens a connection: TCP, greeting, TLS as configured, EHLO, AUTH.

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use crate::config::{Mail, Relay, Timeouts, Tls};
use crate::file::read::{WRITTEN, read};
use crate::smtp::dialogue::Connection;
use crate::smtp::login::{Login, Secrets};
use crate::smtp::offers::Offers;
use crate::smtp::wire::Wire;
use crate::verdict::{Reply, Trouble};

/// The settings for opening connections to a relay. Certificates are read once.
#[derive(Clone)]
pub struct Dialer {
    relay: Relay,
    limits: Timeouts,
    hello: String,
    login: Option<Login>,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Dialer {
    /// Prepares to connect to a relay. EHLO gives the config's `hello`, else the domain of the envelope's sender.
    ///
    /// # Errors
    /// Trouble on our side: a certificate that cannot be read, or a password that would be sent unencrypted.
    pub fn for_sender(relay: &Relay, mail: &Mail, sender: &str) -> Result<Self, Trouble> {
        let login = match (&mail.user, &mail.password) {
            (Some(user), Some(password)) => {
                Some(Login::new(mail.auth, user.clone(), password.clone()))
            }
            _ => None,
        };
        if let (Some(user), None) = (&mail.user, &mail.password) {
            return Err(Trouble::Us(format!(
                "`user` is {user:?}, and TIDINGS_MAIL__PASSWORD is not set"
            )));
        }
        if login.is_some() && relay.tls == Tls::None && !relay.is_loopback() {
            return Err(Trouble::Us(
                "without TLS the password stays here; take `?tls=none` out".to_owned(),
            ));
        }
        let tls = match relay.tls {
            Tls::None => None,
            Tls::Implicit | Tls::Required => Some(connector(relay, mail.ca.as_deref())?),
        };
        let domain = sender.rsplit('@').next().unwrap_or("localhost");
        let hello = mail.hello.as_deref().unwrap_or(domain).to_owned();
        Ok(Self {
            relay: relay.clone(),
            limits: mail.timeout,
            hello,
            login,
            tls,
        })
    }

    /// Connects, encrypts as the relay's address asks, and logs in.
    ///
    /// # Errors
    /// The trouble, and whether it is the relay's or ours.
    pub async fn open(&self) -> Result<Connection, Trouble> {
        let (relay, limits) = (&self.relay, self.limits);
        let lost = |error: &dyn Display| Trouble::Relay(format!("{relay}: {error}"));
        let host = relay.host.trim_matches(['[', ']']);
        let tcp = connect(host, relay.port, limits.connect.0)
            .await
            .map_err(|error| lost(&error))?;
        // Nagle's algorithm and the relay's delayed ACK together would cost 40 ms.
        tcp.set_nodelay(true).map_err(|error| lost(&error))?;
        let secrets = self.login.as_ref().map(Login::secrets);
        let secrets: Secrets = secrets.unwrap_or_default();
        let mut wire = Wire::new(tcp, secrets);
        if let (Tls::Implicit, Some((connector, name))) = (relay.tls, &self.tls) {
            wire = wire.encrypt(connector, name, limits.connect.0).await?;
        }
        expect(wire.read(limits.greeting.0).await?, 220)?;
        let mut offers = self.ehlo(&mut wire).await?;
        if let (Tls::Required, Some((connector, name))) = (relay.tls, &self.tls) {
            if !offers.starttls {
                return Err(Trouble::Us(
                    "the relay offers no STARTTLS; nothing was said in clear".to_owned(),
                ));
            }
            wire.write(b"STARTTLS\r\n", limits.command.0).await?;
            expect(wire.read(limits.command.0).await?, 220)?;
            // Discard what the relay said before the handshake (RFC 3207 5).
            if wire.has_more() {
                return Err(Trouble::Us(
                    "the relay, or someone on the way, spoke before TLS began".to_owned(),
                ));
            }
            wire = wire.encrypt(connector, name, limits.connect.0).await?;
            offers = self.ehlo(&mut wire).await?;
        }
        if let Some(login) = &self.login {
            self.log_in(&mut wire, &offers, login).await?;
        }
        Ok(Connection::new(wire, limits, offers))
    }

    async fn ehlo(&self, wire: &mut Wire) -> Result<Offers, Trouble> {
        let limit = self.limits.command.0;
        wire.write(format!("EHLO {}\r\n", self.hello).as_bytes(), limit)
            .await?;
        let (reply, lines) = wire.read_with_lines(limit).await?;
        expect(reply, 250)?;
        Ok(Offers::read(&lines))
    }

    async fn log_in(&self, wire: &mut Wire, offers: &Offers, login: &Login) -> Result<(), Trouble> {
        let limit = self.limits.command.0;
        if wire.has_more() {
            return Err(Trouble::Relay("the relay speaks out of turn".to_owned()));
        }
        let mut last = Reply::new(0, "");
        for step in login
            .steps(&offers.auth)
            .map_err(|why| Trouble::Us(why.to_string()))?
        {
            wire.write(format!("{step}\r\n").as_bytes(), limit).await?;
            last = wire.read(limit).await?;
            if last.code != 334 {
                break;
            }
        }
        // The reply may repeat the password in some form, so only show the codes.
        let status = last.enhanced().map(|status| format!(" {status}"));
        let codes = format!("{}{}", last.code, status.unwrap_or_default());
        match last.code {
            235 => Ok(()),
            400..=499 => Err(Trouble::Relay(format!(
                "the relay cannot log us in now: {codes}"
            ))),
            _ => Err(Trouble::Us(format!(
                "the relay refuses the user or the password: {codes}"
            ))),
        }
    }
}

/// Connects to the first of the host's addresses that answers. Each has the whole time limit, so that one that drops
/// packets does not prevent trying the next.
async fn connect(host: &str, port: u16, limit: Duration) -> io::Result<TcpStream> {
    let late = || io::Error::new(io::ErrorKind::TimedOut, "the connection took too long");
    let addresses = timeout(limit, lookup_host((host, port)))
        .await
        .map_err(|_| late())??;
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in addresses {
        match timeout(limit, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => return Ok(tcp),
            Ok(Err(error)) => last = error,
            Err(_) => last = late(),
        }
    }
    Err(last)
}

/// Trusts the system's certificates and those of the config. Called once, since reading them takes milliseconds.
fn connector(
    relay: &Relay,
    ca: Option<&Path>,
) -> Result<(TlsConnector, ServerName<'static>), Trouble> {
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
    let host = relay.host.trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(host).map_err(|error| us(&error))?;
    Ok((TlsConnector::from(Arc::new(config)), name))
}

fn expect(reply: Reply, code: u16) -> Result<Reply, Trouble> {
    if reply.code == code {
        Ok(reply)
    } else {
        Err(Trouble::Relay(format!("the relay says {reply}")))
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

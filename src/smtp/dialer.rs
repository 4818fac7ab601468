//! How a connection comes about: TCP, the greeting, TLS as asked for, EHLO, AUTH.

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use crate::config::{Auth, Mail, Relay, Secret, Timeouts, Tls};
use crate::file::read::{WRITTEN, read};
use crate::smtp::dialogue::Connection;
use crate::smtp::reply::{Reply, Trouble};
use crate::smtp::wire::Wire;

/// Everything that opening a connection needs; certificates are read once.
#[derive(Clone)]
pub struct Dialer {
    relay: Relay,
    limits: Timeouts,
    hello: String,
    sign_in: Option<(Auth, String, Secret)>,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Dialer {
    /// Prepares for a relay; in EHLO it says `hello` of the config, else the domain of the envelope's sender.
    ///
    /// # Errors
    /// Trouble of ours: a certificate that cannot be read, a password that would go in clear.
    pub fn for_sender(relay: &Relay, mail: &Mail, sender: &str) -> Result<Self, Trouble> {
        let sign_in = mail
            .user
            .clone()
            .zip(mail.password.clone())
            .map(|(user, password)| (mail.auth, user, password));
        if let (Some(user), None) = (&mail.user, &mail.password) {
            return Err(Trouble::Us(format!(
                "`user` is {user:?}, and TIDINGS_MAIL__PASSWORD is not set"
            )));
        }
        if sign_in.is_some() && relay.tls == Tls::None && !relay.is_loopback() {
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
            sign_in,
            tls,
        })
    }

    /// Connects, encrypts as the relay's address asks, and signs in.
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
        // Nagle's algorithm would meet the relay's delayed ACK: 40 ms for nothing.
        tcp.set_nodelay(true).map_err(|error| lost(&error))?;
        let mut wire = Wire::new(tcp);
        if let (Tls::Implicit, Some((connector, name))) = (relay.tls, &self.tls) {
            wire = wire.encrypt(connector, name, limits.connect.0).await?;
        }
        expect(wire.read(limits.greeting.0).await?, 220)?;
        let mut offers = self.ehlo(&mut wire).await?;
        if let (Tls::Required, Some((connector, name))) = (relay.tls, &self.tls) {
            if offered(&offers, "STARTTLS").is_none() {
                return Err(Trouble::Us(
                    "the relay offers no STARTTLS; nothing was said in clear".to_owned(),
                ));
            }
            wire.write(b"STARTTLS\r\n", limits.command.0).await?;
            expect(wire.read(limits.command.0).await?, 220)?;
            // What came in before the handshake is no answer of the relay's inside it (RFC 3207 5).
            if wire.has_more() {
                return Err(Trouble::Us(
                    "the relay, or someone on the way, spoke before TLS began".to_owned(),
                ));
            }
            wire = wire.encrypt(connector, name, limits.connect.0).await?;
            offers = self.ehlo(&mut wire).await?;
        }
        if let Some((auth, user, password)) = &self.sign_in {
            self.sign_in(&mut wire, &offers, *auth, user, password.reveal())
                .await?;
        }
        Ok(Connection::new(wire, limits, &offers))
    }

    async fn ehlo(&self, wire: &mut Wire) -> Result<Reply, Trouble> {
        wire.write(
            format!("EHLO {}\r\n", self.hello).as_bytes(),
            self.limits.command.0,
        )
        .await?;
        expect(wire.read(self.limits.command.0).await?, 250)
    }

    async fn sign_in(
        &self,
        wire: &mut Wire,
        offers: &Reply,
        auth: Auth,
        user: &str,
        password: &str,
    ) -> Result<(), Trouble> {
        let limit = self.limits.command.0;
        let ways = offered(offers, "AUTH")
            .unwrap_or_default()
            .to_ascii_uppercase();
        let offers_way = |way: &str| ways.split_whitespace().any(|offered| offered == way);
        let way = match auth {
            Auth::Auto if offers_way("PLAIN") => Auth::Plain,
            Auth::Auto if offers_way("LOGIN") => Auth::Login,
            Auth::Auto if offers_way("XOAUTH2") => Auth::Xoauth2,
            Auth::Auto => Auth::Plain,
            named => named,
        };
        let plain = STANDARD.encode(format!("\0{user}\0{password}"));
        let token = STANDARD.encode(format!("user={user}\x01auth=Bearer {password}\x01\x01"));
        // What is said at first, then the answer to each 334. With a bad token the 334 holds the reason, to be answered
        // by an empty line.
        let steps = match way {
            Auth::Login => [
                "AUTH LOGIN".to_owned(),
                STANDARD.encode(user),
                STANDARD.encode(password),
            ],
            Auth::Xoauth2 => [
                format!("AUTH XOAUTH2 {token}"),
                String::new(),
                String::new(),
            ],
            Auth::Auto | Auth::Plain => {
                [format!("AUTH PLAIN {plain}"), String::new(), String::new()]
            }
        };
        let mut last = Reply {
            code: 0,
            text: String::new(),
        };
        for step in steps {
            wire.write(format!("{step}\r\n").as_bytes(), limit).await?;
            last = wire.read(limit).await?;
            if last.code != 334 {
                break;
            }
        }
        match last.code {
            235 => Ok(()),
            400..=499 => Err(Trouble::Relay(format!("AUTH: {last}"))),
            _ => Err(Trouble::Us(format!(
                "the relay refuses the user or the password: {last}"
            ))),
        }
    }
}

/// The first of the host's addresses that answers; each has the limit for itself, so that one which swallows everything
/// does not keep us from the next.
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

/// The system's certificates and those of the config; read once, since it takes milliseconds.
fn connector(
    relay: &Relay,
    ca: Option<&Path>,
) -> Result<(TlsConnector, ServerName<'static>), Trouble> {
    let us = |error: &dyn Display| Trouble::Us(format!("TLS cannot be set up: {error}"));
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = ca {
        let pem = read(file, WRITTEN).map_err(|error| us(&error.in_file(file)))?;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            roots
                .add(certificate.map_err(|error| us(&error))?)
                .map_err(|error| us(&error))?;
        }
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

/// What follows a keyword of EHLO's answer; none where it is not offered.
pub(super) fn offered<'a>(offers: &'a Reply, keyword: &str) -> Option<&'a str> {
    offers.text.lines().skip(1).find_map(|line| {
        // Old relays write `AUTH=PLAIN`.
        let (word, rest) = line.split_once([' ', '=']).unwrap_or((line, ""));
        word.trim().eq_ignore_ascii_case(keyword).then_some(rest)
    })
}

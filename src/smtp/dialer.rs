//! Opens a connection: TCP, greeting, TLS as configured, EHLO, AUTH.

use std::fmt::Display;

use crate::config::{Mail, Relay, Timeouts, Tls};
use crate::login::{Login, Secrets};
use crate::smtp::auth::plan_steps;
use crate::smtp::dialogue::Connection;
use crate::smtp::offers::Offers;
use crate::smtp::wire::Wire;
use crate::tls::{Duplex, TlsSettings, connect};
use crate::verdict::{Reply, Trouble};

/// The settings for opening connections to a relay. Certificates are read once.
#[derive(Clone)]
pub struct Dialer {
    relay: Relay,
    limits: Timeouts,
    hello: String,
    login: Option<Login>,
    tls: Option<TlsSettings>,
}

impl Dialer {
    /// Prepares to connect to a relay. EHLO gives the config's `hello`, else the domain of the envelope's sender.
    ///
    /// # Errors
    /// Trouble on our side: a certificate that cannot be read, or a password that would be sent unencrypted.
    pub fn for_sender(relay: &Relay, mail: &Mail, sender: &str) -> Result<Self, Trouble> {
        let login = match (&mail.user, &mail.password) {
            (Some(user), Some(password)) => Some(Login {
                auth: mail.auth,
                user: user.clone(),
                password: password.clone(),
            }),
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
            Tls::Implicit | Tls::Required => {
                Some(TlsSettings::new(&relay.host, mail.ca.as_deref())?)
            }
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
        self.open_over(Box::new(tcp)).await
    }

    /// Encrypts as the relay's address asks, and logs in, over a connection that is there already.
    ///
    /// # Errors
    /// The trouble, and whether it is the relay's or ours.
    pub async fn open_over(&self, stream: Box<dyn Duplex>) -> Result<Connection, Trouble> {
        let (relay, limits) = (&self.relay, self.limits);
        let secrets = self.login.as_ref().map(Login::secrets);
        let secrets: Secrets = secrets.unwrap_or_default();
        let mut wire = Wire::new(stream, secrets);
        if let (Tls::Implicit, Some(tls)) = (relay.tls, &self.tls) {
            wire = wire.encrypt(tls, limits.connect.0).await?;
        }
        expect(wire.read(limits.greeting.0).await?, 220)?;
        let mut offers = self.send_ehlo(&mut wire).await?;
        if let (Tls::Required, Some(tls)) = (relay.tls, &self.tls) {
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
            wire = wire.encrypt(tls, limits.connect.0).await?;
            offers = self.send_ehlo(&mut wire).await?;
        }
        if let Some(login) = &self.login {
            self.log_in(&mut wire, &offers, login).await?;
        }
        Ok(Connection::new(wire, limits, offers))
    }

    async fn send_ehlo(&self, wire: &mut Wire) -> Result<Offers, Trouble> {
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
        let steps = plan_steps(login, &offers.auth);
        for step in steps.map_err(|why| Trouble::Us(why.to_string()))? {
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

fn expect(reply: Reply, code: u16) -> Result<Reply, Trouble> {
    if reply.code == code {
        Ok(reply)
    } else {
        Err(Trouble::Relay(format!("the relay says {reply}")))
    }
}

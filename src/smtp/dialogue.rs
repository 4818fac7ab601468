//! The dialogue with a relay: greeting, EHLO, STARTTLS, AUTH, then a message at a time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::config::{Mail, Relay, Timeouts, Tls};
use crate::reader::Email;
use crate::smtp::reply::{Phase, Reply, Trouble};
use crate::smtp::wire::Wire;

/// An open connection over which messages go, one after the other.
pub struct Connection {
    wire: Wire,
    limits: Timeouts,
    pipelining: bool,
    smtputf8: bool,
}

/// Why no body went out.
#[derive(Debug)]
pub enum Refused {
    /// The relay said so; the connection can be used again unless it is a 421.
    Reply(Phase, Reply),
    /// The connection is lost; trying again is safe.
    Lost(Trouble),
}

impl Connection {
    /// Connects, encrypts as the address asks and signs in.
    ///
    /// # Errors
    /// The trouble, and whether it is the relay's or ours.
    pub async fn open(relay: &Relay, mail: &Mail, hello: &str) -> Result<Self, Trouble> {
        let limits = mail.timeout;
        let lost = |error: &dyn std::fmt::Display| Trouble::Relay(format!("{relay}: {error}"));
        let host = relay.host.trim_matches(['[', ']']);
        let tcp = timeout(limits.connect.0, TcpStream::connect((host, relay.port)))
            .await
            .map_err(|_| lost(&"the connection took too long"))?
            .map_err(|error| lost(&error))?;
        tcp.set_nodelay(true).map_err(|error| lost(&error))?;
        let ca = mail.ca.as_deref();
        let mut wire = match relay.tls {
            Tls::Implicit => Wire::encrypt(tcp, host, ca, limits.connect.0).await?,
            Tls::None => Wire::new(tcp),
            Tls::Required => Self::start_tls(tcp, host, mail, hello).await?,
        };
        if relay.tls != Tls::Required {
            expect(wire.read(limits.greeting.0).await?, 220)?;
        }
        let offers = ehlo(&mut wire, hello, limits).await?;
        let mut connection = Self {
            pipelining: offers_word(&offers, "PIPELINING"),
            smtputf8: offers_word(&offers, "SMTPUTF8"),
            wire,
            limits,
        };
        if let (Some(user), Some(password)) = (&mail.user, &mail.password) {
            if relay.tls == Tls::None && !relay.is_loopback() {
                return Err(Trouble::Us("without TLS the password stays here; take `?tls=none` out".to_owned()));
            }
            connection.sign_in(user, password.reveal(), &offers).await?;
        }
        Ok(connection)
    }

    /// Greeting, EHLO and STARTTLS in clear; then everything else inside TLS.
    async fn start_tls(tcp: TcpStream, host: &str, mail: &Mail, hello: &str) -> Result<Wire, Trouble> {
        let limits = mail.timeout;
        let mut clear = Wire::new(tcp);
        expect(clear.read(limits.greeting.0).await?, 220)?;
        let offers = ehlo(&mut clear, hello, limits).await?;
        if !offers_word(&offers, "STARTTLS") {
            return Err(Trouble::Us("the relay offers no STARTTLS; nothing was said in clear".to_owned()));
        }
        clear.write(b"STARTTLS\r\n", limits.command.0).await?;
        expect(clear.read(limits.command.0).await?, 220)?;
        if clear.has_more() {
            return Err(Trouble::Us("the relay, or someone on the way, spoke before TLS began".to_owned()));
        }
        let tcp = clear.into_tcp().ok_or_else(|| Trouble::Relay("the connection is encrypted already".to_owned()))?;
        Wire::encrypt(tcp, host, mail.ca.as_deref(), limits.connect.0).await
    }

    async fn sign_in(&mut self, user: &str, password: &str, offers: &Reply) -> Result<(), Trouble> {
        let ways: Vec<&str> = offers
            .text
            .lines()
            .find_map(|line| line.strip_prefix("AUTH "))
            .map_or(Vec::new(), |ways| ways.split_whitespace().collect());
        let limit = self.limits.command.0;
        let last = if ways.contains(&"PLAIN") || !ways.contains(&"LOGIN") {
            let secret = STANDARD.encode(format!("\0{user}\0{password}"));
            self.wire.write(format!("AUTH PLAIN {secret}\r\n").as_bytes(), limit).await?;
            self.wire.read(limit).await?
        } else {
            self.wire.write(b"AUTH LOGIN\r\n", limit).await?;
            expect(self.wire.read(limit).await?, 334)?;
            self.wire.write(format!("{}\r\n", STANDARD.encode(user)).as_bytes(), limit).await?;
            expect(self.wire.read(limit).await?, 334)?;
            self.wire.write(format!("{}\r\n", STANDARD.encode(password)).as_bytes(), limit).await?;
            self.wire.read(limit).await?
        };
        match last.code {
            235 => Ok(()),
            400..=499 => Err(Trouble::Relay(format!("AUTH: {last}"))),
            _ => Err(Trouble::Us(format!("the relay refuses the user or the password: {last}"))),
        }
    }

    /// Names sender and recipient up to the 354 after which the body may go.
    ///
    /// # Errors
    /// The refusal, with its phase.
    pub async fn envelope(&mut self, sender: &str, recipient: &Email) -> Result<(), Refused> {
        let utf8 = recipient.needs_smtputf8();
        if utf8 && !self.smtputf8 {
            let text = "5.6.7 the relay offers no SMTPUTF8".to_owned();
            return Err(Refused::Reply(Phase::Rcpt, Reply { code: 553, text }));
        }
        let mail = format!("MAIL FROM:<{sender}>{}\r\n", if utf8 { " SMTPUTF8" } else { "" });
        let commands = [
            (Phase::Mail, mail),
            (Phase::Rcpt, format!("RCPT TO:<{recipient}>\r\n")),
            (Phase::Data, "DATA\r\n".to_owned()),
        ];
        let (command, data) = (self.limits.command.0, self.limits.data.0);
        if self.pipelining {
            let all = commands.each_ref().map(|(_, line)| line.as_str()).concat();
            self.wire.write(all.as_bytes(), command).await.map_err(Refused::Lost)?;
        }
        let mut refused = None;
        for (phase, line) in commands {
            if !self.pipelining {
                self.wire.write(line.as_bytes(), command).await.map_err(Refused::Lost)?;
            }
            let reply =
                self.wire.read(if phase == Phase::Data { data } else { command }).await.map_err(Refused::Lost)?;
            let is_wanted = if phase == Phase::Data { reply.code == 354 } else { reply.code / 100 == 2 };
            if refused.is_some() && phase == Phase::Data && is_wanted {
                // DATA was taken though nobody is to get it (RFC 2920 3.1): an empty message ends it.
                self.wire.write(b".\r\n", command).await.map_err(Refused::Lost)?;
                self.wire.read(self.limits.dot.0).await.map_err(Refused::Lost)?;
            }
            if !is_wanted && refused.is_none() {
                refused = Some((phase, reply));
                if !self.pipelining {
                    break;
                }
            }
        }
        let Some((phase, reply)) = refused else { return Ok(()) };
        if reply.code != 421 {
            self.wire.write(b"RSET\r\n", command).await.map_err(Refused::Lost)?;
            self.wire.read(command).await.map_err(Refused::Lost)?;
        }
        Err(Refused::Reply(phase, reply))
    }

    /// Sends the body and the final dot, and waits for the answer.
    ///
    /// # Errors
    /// The connection is lost: whether the relay took the message is uncertain.
    pub async fn body(&mut self, message: &[u8]) -> Result<Reply, Trouble> {
        let mut bytes = Vec::with_capacity(message.len() + 16);
        let mut line_starts = true;
        for byte in message {
            if line_starts && *byte == b'.' {
                bytes.push(b'.');
            }
            line_starts = *byte == b'\n';
            bytes.push(*byte);
        }
        if !bytes.ends_with(b"\r\n") {
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b".\r\n");
        self.wire.write(&bytes, self.limits.block.0).await?;
        self.wire.read(self.limits.dot.0).await
    }

    /// Says good-bye; nobody waits for the answer.
    pub async fn quit(mut self) {
        let _ = self.wire.write(b"QUIT\r\n", self.limits.command.0).await;
    }
}

async fn ehlo(wire: &mut Wire, hello: &str, limits: Timeouts) -> Result<Reply, Trouble> {
    wire.write(format!("EHLO {hello}\r\n").as_bytes(), limits.command.0).await?;
    expect(wire.read(limits.command.0).await?, 250)
}

fn expect(reply: Reply, code: u16) -> Result<Reply, Trouble> {
    if reply.code == code { Ok(reply) } else { Err(Trouble::Relay(format!("the relay says {reply}"))) }
}

fn offers_word(offers: &Reply, word: &str) -> bool {
    offers
        .text
        .lines()
        .skip(1)
        .any(|line| line.split_whitespace().next().is_some_and(|first| first.eq_ignore_ascii_case(word)))
}

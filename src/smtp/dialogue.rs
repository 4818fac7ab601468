//! The dialogue about a message: the envelope, the body, the final dot.

use std::time::Duration;

use crate::config::Timeouts;
use crate::message::Envelope;
use crate::smtp::body::stuff_dots;
use crate::smtp::offers::Offers;
use crate::smtp::wire::Wire;
use crate::verdict::{Attempt, Phase, Reply, Trouble};

/// Time limit for the reply to QUIT.
const FAREWELL: Duration = Duration::from_secs(2);

/// An open connection that sends messages one after another. A fault ends it.
pub struct Connection {
    wire: Wire,
    limits: Timeouts,
    offers: Offers,
    messages: usize,
    usable: bool,
    /// Whether the next envelope was pipelined behind the last body.
    is_pipelined: bool,
}

impl Connection {
    pub(super) fn new(wire: Wire, limits: Timeouts, offers: Offers) -> Self {
        Self {
            wire,
            limits,
            offers,
            messages: 0,
            usable: true,
            is_pipelined: false,
        }
    }

    /// Whether it can send another message: no 421 came, and commands and replies match.
    pub fn is_usable(&self) -> bool {
        self.usable
    }

    /// Returns the number of envelopes it has sent.
    pub fn messages(&self) -> usize {
        self.messages
    }

    /// Whether an envelope may be pipelined behind the body before it: a body may begin a group of commands, DATA ends
    /// one (RFC 2920 3.1).
    pub fn can_pipeline(&self) -> bool {
        self.offers.pipelining
    }

    /// Whether the next envelope was pipelined already.
    pub fn has_pipelined(&self) -> bool {
        self.is_pipelined
    }

    /// Sends MAIL, RCPT and DATA, and waits for the 354. If the envelope was pipelined with the last body, it must be the
    /// same one.
    ///
    /// # Errors
    /// The refusal, with its phase.
    pub async fn announce(&mut self, envelope: Envelope<'_>) -> Result<(), Attempt> {
        self.messages += 1;
        let was_pipelined = std::mem::take(&mut self.is_pipelined);
        let is_grouped = self.offers.pipelining;
        let lines = if was_pipelined {
            Default::default()
        } else {
            self.write_commands(&envelope)?
        };
        if is_grouped && !was_pipelined {
            self.write(lines.concat().as_bytes())
                .await
                .map_err(|trouble| Attempt::Lost(Phase::Mail, trouble))?;
        }
        let phases = [Phase::Mail, Phase::Rcpt, Phase::Data];
        for (number, (phase, line)) in phases.into_iter().zip(lines).enumerate() {
            if !is_grouped {
                self.write(line.as_bytes())
                    .await
                    .map_err(|trouble| Attempt::Lost(phase, trouble))?;
            }
            let is_first_pipelined = was_pipelined && phase == Phase::Mail;
            let reply = match self.read(phase).await {
                Ok(reply) => reply,
                Err(trouble) if is_first_pipelined => return Err(Attempt::OutOfStep(trouble)),
                Err(trouble) => return Err(Attempt::Lost(phase, trouble)),
            };
            if is_first_pipelined && reply.code >= 500 {
                return Err(Attempt::OutOfStep(Trouble::Relay(reply.to_string())));
            }
            let is_wanted = if phase == Phase::Data {
                reply.code == 354
            } else {
                reply.is_positive()
            };
            if !is_wanted {
                // The refusal is final, whatever happens to the connection afterwards.
                let asked = if is_grouped {
                    phases.len() - number - 1
                } else {
                    0
                };
                if self.usable && self.reset(asked).await.is_err() {
                    self.usable = false;
                }
                return Err(self.judge_refusal(phase, &reply));
            }
        }
        Ok(())
    }

    /// Judges a refusal. A MAIL that is out of sequence on an old connection may succeed on a new one.
    fn judge_refusal(&mut self, phase: Phase, reply: &Reply) -> Attempt {
        let is_stale = phase == Phase::Mail && self.messages > 1 && reply.is_out_of_step();
        if is_stale {
            self.usable = false;
            return Attempt::Lost(phase, Trouble::Relay(reply.to_string()));
        }
        Attempt::answered(phase, reply)
    }

    /// Formats MAIL, RCPT and DATA for a message.
    fn write_commands(&self, envelope: &Envelope<'_>) -> Result<[String; 3], Attempt> {
        let rcpt = format!("RCPT TO:<{}>\r\n", envelope.recipient);
        Ok([
            self.write_mail_command(envelope)?,
            rcpt,
            "DATA\r\n".to_owned(),
        ])
    }

    /// Formats MAIL with the parameters that are needed and offered (RFC 1870, 6152, 6531).
    fn write_mail_command(&self, envelope: &Envelope<'_>) -> Result<String, Attempt> {
        let ours = |phase, code, text: &str| Err(Attempt::answered(phase, &Reply::new(code, text)));
        let mut command = format!("MAIL FROM:<{}>", envelope.sender);
        if let Some(most) = self.offers.size {
            let size = envelope.message.len();
            if most > 0 && size > most {
                return ours(
                    Phase::Mail,
                    552,
                    &format!("5.3.4 the relay takes {most} octets, a message has {size}"),
                );
            }
            command.push_str(&format!(" SIZE={size}"));
        }
        if envelope.recipient.needs_smtputf8() || !envelope.sender.is_ascii() {
            if !self.offers.smtputf8 {
                let about = if envelope.sender.is_ascii() {
                    Phase::Rcpt
                } else {
                    Phase::Mail
                };
                return ours(about, 553, "5.6.7 the relay offers no SMTPUTF8");
            }
            command.push_str(" SMTPUTF8");
        }
        if !envelope.message.is_ascii() {
            if !self.offers.eight_bit {
                return ours(Phase::Rcpt, 554, "5.6.3 the relay offers no 8BITMIME");
            }
            command.push_str(" BODY=8BITMIME");
        }
        command.push_str("\r\n");
        Ok(command)
    }

    /// Reads the replies to commands that are already sent, and resets the transaction after a refusal.
    async fn reset(&mut self, asked: usize) -> Result<(), Trouble> {
        for left in (0..asked).rev() {
            let phase = if left == 0 { Phase::Data } else { Phase::Rcpt };
            if self.read(phase).await?.code == 354 && phase == Phase::Data {
                // The relay accepted DATA without a recipient (RFC 2920 3.1). Send a lone dot, never the message.
                self.write(b".\r\n").await?;
                self.read(Phase::Dot).await?;
            }
        }
        if self.usable {
            self.write(b"RSET\r\n").await?;
            self.usable &= self.read(Phase::Mail).await?.is_positive();
        }
        Ok(())
    }

    /// Sends the body with its final dot, and waits for the reply. Pipelines the envelope of the `next` message behind it,
    /// so that a message takes one round trip.
    pub async fn send_body(&mut self, message: Vec<u8>, next: Option<Envelope<'_>>) -> Attempt {
        // A fault in the next envelope is reported when its turn comes.
        let next = next
            .filter(|_| self.can_pipeline())
            .and_then(|next| self.write_commands(&next).ok());
        let behind = next.unwrap_or_default().concat();
        self.is_pipelined = !behind.is_empty();
        let body = stuff_dots(message);
        let written = self
            .wire
            .write_group(&body, behind.as_bytes(), self.limits.block.0)
            .await;
        if let Err(trouble) = written {
            self.usable = false;
            return Attempt::Lost(Phase::Dot, trouble);
        }
        let reply = match self.read(Phase::Dot).await {
            Ok(reply) => reply,
            Err(trouble) => return Attempt::Unknown(trouble),
        };
        if self.is_pipelined && reply.is_about_protocol() {
            self.usable = false;
            return Attempt::OutOfStep(Trouble::Relay(reply.to_string()));
        }
        // Neither acceptance nor refusal: the relay is out of step with us.
        self.usable &= matches!(reply.code, 200..=299 | 400..=599);
        Attempt::answered(Phase::Dot, &reply)
    }

    /// Sends QUIT and waits briefly for the reply, so that a relay that counts connections has closed this one before the
    /// next opens. Sends nothing if the relay waits for a body, since it would read QUIT as the body.
    pub async fn quit(mut self) {
        if self.usable && !self.is_pipelined && self.write(b"QUIT\r\n").await.is_ok() {
            let _ = self.wire.read(self.limits.command.0.min(FAREWELL)).await;
        }
    }

    async fn write(&mut self, line: &[u8]) -> Result<(), Trouble> {
        let written = self.wire.write(line, self.limits.command.0).await;
        self.usable &= written.is_ok();
        written
    }

    /// Reads a reply within the time limit of its phase. A lost reply or a 421 makes the connection unusable.
    async fn read(&mut self, phase: Phase) -> Result<Reply, Trouble> {
        let limit = match phase {
            Phase::Mail | Phase::Rcpt => self.limits.command,
            Phase::Data => self.limits.data,
            Phase::Dot => self.limits.dot,
        };
        let reply = self.wire.read(limit.0).await;
        self.usable &= reply.as_ref().is_ok_and(|reply| reply.code != 421);
        reply
    }
}

//! What a reply means for the recipient, the issue and the relay.

/// One reply, its lines joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The three digits.
    pub code: u16,
    /// The words.
    pub text: String,
}

/// Where in a message's dialogue a reply came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// After MAIL FROM.
    Mail,
    /// After RCPT TO.
    Rcpt,
    /// After DATA.
    Data,
    /// After the final dot.
    Dot,
}

/// What a reply says about a delivery, the address and us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Taken.
    Sent,
    /// The address is bad.
    Bounced,
    /// Refused without saying whether the address is bad.
    Refused,
    /// Refused by a policy: more often about us or the message than about the address.
    Policy,
    /// Refused for another reason that says nothing about the address.
    GivenUp,
    /// To be tried again later.
    Deferred,
    /// The relay has trouble of its own; nobody is charged.
    RelayTrouble,
    /// It is about us: the issue pauses.
    AboutUs,
    /// An answer to the final dot that is none: taken or not.
    Uncertain,
}

/// How relays say at RCPT that they mind the sender.
const SENDER_WORDS: &[&str] = &[
    "sender address",
    "sender rejected",
    "sender verify",
    "sender verification",
    "sender is not",
    "sender not",
    "sender denied",
    "sender domain",
    "bad sender",
    "invalid sender",
    "unknown sender",
    "unauthorized sender",
    "mail from",
    "return path",
    "return-path",
];

/// Why a connection is of no more use, before a message was at stake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The network or the relay; a later try may go well.
    #[error("{0}")]
    Relay(String),
    /// A person has to mend something: the password, the certificate, the config.
    #[error("{0}")]
    Us(String),
}

impl Reply {
    /// Whether it says yes.
    pub fn is_positive(&self) -> bool {
        self.code / 100 == 2
    }

    /// The enhanced status code (RFC 3463) with which the words begin.
    fn enhanced(&self) -> Option<&str> {
        let word = self.text.split_whitespace().next()?;
        let is_code =
            word.split('.').count() == 3 && word.split('.').all(|part| part.parse::<u16>().is_ok());
        is_code.then_some(word)
    }

    /// Whether it refuses how commands follow each other, not what they say (RFC 3463 3.6).
    pub(super) fn is_about_protocol(&self) -> bool {
        self.code == 503
            || self.code >= 500 && self.enhanced().is_some_and(|code| code.starts_with("5.5."))
    }

    /// Whether the words are about the sender, whatever the code says.
    fn names_sender(&self) -> bool {
        let words = self.text.to_lowercase();
        SENDER_WORDS.iter().any(|known| words.contains(known))
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

/// What a reply means; the rules of a series of replies are the engine's.
pub fn judge(phase: Phase, reply: &Reply) -> Verdict {
    match (phase, reply.code) {
        (Phase::Dot, 200..=299) => Verdict::Sent,
        (Phase::Rcpt | Phase::Dot, 400..=499) if reply.code != 421 || phase == Phase::Dot => {
            Verdict::Deferred
        }
        (_, 400..=499) => Verdict::RelayTrouble,
        (Phase::Mail, 500..=599) => Verdict::AboutUs,
        (Phase::Rcpt, 500..=599) => match reply.enhanced() {
            Some(code) if code.starts_with("5.7.") => Verdict::Policy,
            _ if reply.names_sender() => Verdict::AboutUs,
            Some("5.1.1" | "5.1.2" | "5.1.3" | "5.1.6" | "5.1.10") => Verdict::Bounced,
            Some("5.1.0" | "5.1.7" | "5.1.8") => Verdict::AboutUs,
            None if matches!(reply.code, 550 | 551 | 553) => Verdict::Refused,
            _ => Verdict::GivenUp,
        },
        (Phase::Dot, 500..=599)
            if reply
                .enhanced()
                .is_some_and(|code| code.starts_with("5.7.")) =>
        {
            Verdict::Policy
        }
        (Phase::Data | Phase::Dot, 500..=599) => Verdict::GivenUp,
        (Phase::Dot, _) => Verdict::Uncertain,
        // Neither yes nor no: the dialogue is out of step.
        _ => Verdict::RelayTrouble,
    }
}

#[cfg(test)]
mod tests {
    use super::{Phase, Reply, Verdict, judge};

    #[test]
    fn a_reply_decides_the_next_step() {
        for (phase, code, text, expected) in [
            (Phase::Dot, 250, "2.0.0 ok", Verdict::Sent),
            (Phase::Rcpt, 550, "5.1.1 no such user", Verdict::Bounced),
            (Phase::Rcpt, 550, "5.1.10 null mx", Verdict::Bounced),
            (
                Phase::Rcpt,
                550,
                "5.1.1 sender address rejected",
                Verdict::AboutUs,
            ),
            (
                Phase::Rcpt,
                550,
                "5.1.8 bad sender's system",
                Verdict::AboutUs,
            ),
            (Phase::Rcpt, 550, "no such user", Verdict::Refused),
            (Phase::Rcpt, 550, "5.1.2 bad host", Verdict::Bounced),
            (Phase::Rcpt, 550, "5.1.3 bad syntax", Verdict::Bounced),
            (Phase::Rcpt, 550, "5.1.6 moved", Verdict::Bounced),
            (Phase::Rcpt, 550, "5.1.0 address", Verdict::AboutUs),
            (Phase::Rcpt, 550, "5.1.7 sender's mailbox", Verdict::AboutUs),
            (Phase::Rcpt, 550, "Sender verify failed", Verdict::AboutUs),
            (Phase::Rcpt, 551, "not here", Verdict::Refused),
            (Phase::Rcpt, 553, "not so", Verdict::Refused),
            (Phase::Rcpt, 554, "no", Verdict::GivenUp),
            (Phase::Rcpt, 550, "5.7.26 policy", Verdict::Policy),
            (Phase::Rcpt, 550, "5.7.515 policy", Verdict::Policy),
            (Phase::Rcpt, 550, "5.7.1 no mail from you", Verdict::Policy),
            (Phase::Dot, 550, "5.7.1 looks like spam", Verdict::Policy),
            (Phase::Dot, 550, "no", Verdict::GivenUp),
            (Phase::Dot, 421, "4.3.2 closing", Verdict::Deferred),
            (Phase::Dot, 354, "what", Verdict::Uncertain),
            (Phase::Data, 421, "closing", Verdict::RelayTrouble),
            (Phase::Data, 250, "what", Verdict::RelayTrouble),
            (Phase::Mail, 421, "closing", Verdict::RelayTrouble),
            (Phase::Rcpt, 552, "5.2.2 mailbox full", Verdict::GivenUp),
            (Phase::Rcpt, 451, "4.7.1 greylisted", Verdict::Deferred),
            (Phase::Dot, 451, "later", Verdict::Deferred),
            (Phase::Dot, 554, "5.6.0 no", Verdict::GivenUp),
            (Phase::Rcpt, 421, "closing", Verdict::RelayTrouble),
            (Phase::Mail, 451, "busy", Verdict::RelayTrouble),
            (Phase::Mail, 550, "5.7.1 you may not", Verdict::AboutUs),
            (Phase::Data, 503, "sequence", Verdict::GivenUp),
        ] {
            let reply = Reply {
                code,
                text: text.to_owned(),
            };
            assert_eq!(judge(phase, &reply), expected, "{phase:?} {reply}");
        }
    }
}

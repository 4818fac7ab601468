//! The meaning of a reply for the recipient, the issue and the relay. Pure: the codes are those of SMTP (RFC 5321) and of
//! enhanced status codes (RFC 3463), which bounces that come by mail speak as well.

use std::fmt;

/// The longest text of a reply that is kept, in characters.
pub(crate) const LONGEST_TEXT: usize = 200;

/// One reply: a code, and its words on one line without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The three digits.
    pub code: u16,
    text: String,
}

/// An enhanced status code: class, subject and detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Enhanced(pub u16, pub u16, pub u16);

/// The step of a message's dialogue at which a reply came.
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

/// The meaning of a reply for the delivery, the address and us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Taken.
    Sent,
    /// Refused: the address is bad.
    Bounced,
    /// Refused without saying whether the address is bad.
    Refused,
    /// Refused by a policy: more often about us or the message than about the address.
    Policy,
    /// Refused for another reason that says nothing about the address.
    GivenUp,
    /// To be tried again later.
    Deferred,
    /// To be tried again later: the recipient's domain asks for fewer messages at a time.
    Throttled,
    /// The relay has trouble of its own; nobody is charged.
    RelayTrouble,
    /// It is about us: the issue pauses.
    AboutUs,
    /// The reply to the final dot is neither yes nor no (it begins with neither 2, 4 nor 5): the message may have been
    /// taken.
    Unexpected,
}

/// The outcome of an attempt to deliver one message, by any transport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// Taken, with these words.
    Accepted(String),
    /// Answered, but not with a yes: refused, deferred, or unexpected; the verdict says which.
    NotAccepted(JudgedReply),
    /// Nothing was decided before this step's end: trying again is safe.
    Lost(Phase, Trouble),
    /// A pipelined envelope was rejected or ignored, and nothing was taken: it can be sent again, unpipelined, over another
    /// connection.
    OutOfStep(Trouble),
    /// The whole message was out, and no answer came: it may have been taken.
    Unknown(Trouble),
}

/// A reply that is no yes, and its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedReply {
    /// The step at which it came.
    pub phase: Phase,
    /// Its meaning, never [`Verdict::Sent`].
    pub verdict: Verdict,
    /// Its code and text, on one line.
    pub words: String,
    /// Whether the relay closes the connection with it: a 421 (RFC 5321 3.8).
    pub is_closing: bool,
}

/// Why a connection is of no more use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The network or the relay; a later try may succeed.
    #[error("{0}")]
    Relay(String),
    /// A person has to mend something: the password, the certificate, the config.
    #[error("{0}")]
    Us(String),
}

impl Attempt {
    /// The outcome of a reply at this step.
    pub fn answered(phase: Phase, reply: &Reply) -> Self {
        match judge(phase, reply) {
            Verdict::Sent => Self::Accepted(reply.to_string()),
            verdict => Self::NotAccepted(JudgedReply {
                phase,
                verdict,
                words: reply.to_string(),
                is_closing: reply.code == 421,
            }),
        }
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted(words) => f.write_str(words),
            Self::NotAccepted(reply) => f.write_str(&reply.words),
            Self::Lost(_, trouble) | Self::OutOfStep(trouble) | Self::Unknown(trouble) => {
                trouble.fmt(f)
            }
        }
    }
}

impl Verdict {
    /// Whether this recipient was refused for good.
    pub fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::Bounced | Self::Refused | Self::Policy | Self::GivenUp
        )
    }
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

impl Reply {
    /// A reply whose text may hold anything: it becomes one line of at most `LONGEST_TEXT` characters.
    pub fn new(code: u16, text: &str) -> Self {
        Self {
            code,
            text: one_line(text, LONGEST_TEXT),
        }
    }

    /// The words.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it says yes.
    pub fn is_positive(&self) -> bool {
        self.code / 100 == 2
    }

    /// The enhanced status code with which the words begin.
    pub fn enhanced(&self) -> Option<Enhanced> {
        let word = self.text.split_whitespace().next()?;
        let mut parts = word.split('.').map(|part| part.parse().ok());
        let code = Enhanced(parts.next()??, parts.next()??, parts.next()??);
        let is_whole = parts.next().is_none() && (2..=5).contains(&code.0);
        is_whole.then_some(code)
    }

    /// Whether it refuses how commands follow each other, not what they say (RFC 3463 3.6).
    pub fn is_about_protocol(&self) -> bool {
        self.is_out_of_step()
            || self.code >= 500 && matches!(self.enhanced(), Some(Enhanced(5, 5, _)))
    }

    /// Whether the relay did not understand the command or did not expect it there.
    pub fn is_out_of_step(&self) -> bool {
        matches!(self.code, 500 | 503)
    }

    /// Whether a domain asks for less at a time (RFC 3463 3.8: a policy, for now). Greylisting asks for patience with one
    /// recipient.
    fn is_throttling(&self) -> bool {
        let words = self.text.to_lowercase();
        matches!(self.code, 421 | 450..=452)
            && matches!(self.enhanced(), Some(Enhanced(4, 7, _)))
            && !["greylist", "graylist", "grey-list", "gray-list"]
                .iter()
                .any(|word| words.contains(word))
    }

    /// Whether the words are about the sender, whatever the code says.
    fn is_about_sender(&self) -> bool {
        let words = self.text.to_lowercase();
        SENDER_WORDS.iter().any(|known| words.contains(known))
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

impl fmt::Display for Enhanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// The text on one line of at most so many characters: a terminal, a CSV file and a list take it as it is. Line ends,
/// control characters and marks that change the direction of writing become spaces.
pub(crate) fn one_line(text: &str, longest: usize) -> String {
    let is_mark = |c: char| {
        matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let words = text.split(|c: char| c.is_whitespace() || c.is_control() || is_mark(c));
    let mut line = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        // A longer line cannot fit, whatever follows.
        if line.len() > 4 * longest {
            break;
        }
    }
    if let Some((end, _)) = line.char_indices().nth(longest) {
        line.truncate(end);
        line.pop();
        line.push('…');
    }
    line
}

/// Judges a single reply; the engine judges series of them.
pub fn judge(phase: Phase, reply: &Reply) -> Verdict {
    match (phase, reply.code) {
        (Phase::Dot, 200..=299) => Verdict::Sent,
        (Phase::Rcpt | Phase::Data | Phase::Dot, 400..=499) if reply.is_throttling() => {
            Verdict::Throttled
        }
        (Phase::Dot, 400..=499) => Verdict::Deferred,
        (Phase::Rcpt, 400..=499) if reply.code != 421 => Verdict::Deferred,
        (_, 400..=499) => Verdict::RelayTrouble,
        (Phase::Mail, 500..=599) => Verdict::AboutUs,
        (_, 500..=599) if reply.is_out_of_step() => Verdict::RelayTrouble,
        (Phase::Rcpt, 500..=599) => judge_recipient(reply),
        (Phase::Dot, 500..=599) if matches!(reply.enhanced(), Some(Enhanced(5, 7, _))) => {
            Verdict::Policy
        }
        (Phase::Data | Phase::Dot, 500..=599) => Verdict::GivenUp,
        (Phase::Dot, _) => Verdict::Unexpected,
        // Neither yes nor no: the dialogue is out of step.
        _ => Verdict::RelayTrouble,
    }
}

/// Judges a refusal at RCPT.
fn judge_recipient(reply: &Reply) -> Verdict {
    match reply.enhanced() {
        Some(Enhanced(5, 7, _)) => Verdict::Policy,
        _ if reply.is_about_sender() => Verdict::AboutUs,
        Some(Enhanced(5, 1, 1 | 2 | 3 | 6 | 10)) => Verdict::Bounced,
        Some(Enhanced(5, 1, 0 | 7 | 8)) => Verdict::AboutUs,
        None if matches!(reply.code, 550 | 551 | 553) => Verdict::Refused,
        _ => Verdict::GivenUp,
    }
}

#[cfg(test)]
mod tests {
    use super::{Enhanced, LONGEST_TEXT, Phase, Reply, Verdict, judge, one_line};

    #[test]
    fn a_reply_decides_the_next_step() {
        for (phase, code, text, expected) in [
            (Phase::Dot, 250, "2.0.0 ok", Verdict::Sent),
            (Phase::Rcpt, 450, "4.7.1 too many", Verdict::Throttled),
            (Phase::Rcpt, 421, "4.7.0 slow down", Verdict::Throttled),
            (Phase::Dot, 451, "4.7.650 later", Verdict::Throttled),
            (Phase::Mail, 421, "4.7.0 slow down", Verdict::RelayTrouble),
            (Phase::Rcpt, 421, "4.3.2 closing", Verdict::RelayTrouble),
            (Phase::Rcpt, 450, "4.2.1 full", Verdict::Deferred),
            (
                Phase::Rcpt,
                451,
                "4.7.1 Greylisted, come back",
                Verdict::Deferred,
            ),
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
            (Phase::Dot, 354, "what", Verdict::Unexpected),
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
            (Phase::Data, 503, "sequence", Verdict::RelayTrouble),
            (Phase::Rcpt, 503, "5.5.1 no MAIL", Verdict::RelayTrouble),
            (Phase::Dot, 503, "5.5.1 no MAIL", Verdict::RelayTrouble),
            (Phase::Rcpt, 500, "5.5.2 what?", Verdict::RelayTrouble),
            (Phase::Mail, 503, "5.5.1 log in first", Verdict::AboutUs),
            (
                Phase::Rcpt,
                550,
                "5.5.0 mailbox unavailable",
                Verdict::GivenUp,
            ),
            (Phase::Rcpt, 554, "5.3.0 no", Verdict::GivenUp),
            (Phase::Rcpt, 550, "5.4.1 no", Verdict::GivenUp),
            (Phase::Rcpt, 554, "5.0.0 no", Verdict::GivenUp),
            (Phase::Rcpt, 550, "99.1.1 no code", Verdict::Refused),
            (Phase::Rcpt, 550, "5.1.1.1 no code", Verdict::Refused),
        ] {
            let reply = Reply::new(code, text);
            assert_eq!(judge(phase, &reply), expected, "{phase:?} {reply}");
        }
    }

    #[test]
    fn every_code_at_every_phase_is_judged_by_the_table() {
        let enhanced = [
            None,
            Some("5.0.0"),
            Some("5.1.1"),
            Some("5.1.8"),
            Some("5.2.2"),
            Some("5.3.0"),
            Some("5.4.1"),
            Some("5.5.1"),
            Some("5.7.26"),
        ];
        for phase in [Phase::Mail, Phase::Rcpt, Phase::Data, Phase::Dot] {
            for code in 200..600 {
                for words in enhanced {
                    let reply = Reply::new(code, words.unwrap_or_default());
                    let verdict = judge(phase, &reply);
                    let said = format!("{phase:?} {reply}: {verdict:?}");
                    // Only a positive reply to the dot sends, and a refusal is always a 5xx.
                    let is_taken = phase == Phase::Dot && code < 300;
                    assert_eq!(verdict == Verdict::Sent, is_taken, "{said}");
                    assert!(!verdict.is_refusal() || code >= 500, "{said}");
                    // Only RCPT says anything about an address.
                    let is_about_address = matches!(verdict, Verdict::Bounced | Verdict::Refused);
                    assert!(!is_about_address || phase == Phase::Rcpt, "{said}");
                    if matches!(code, 500 | 503) {
                        let expected = match phase {
                            Phase::Mail => Verdict::AboutUs,
                            _ => Verdict::RelayTrouble,
                        };
                        assert_eq!(verdict, expected, "{said}");
                    }
                }
            }
        }
    }

    #[test]
    fn an_enhanced_code_is_three_numbers_and_nothing_else() {
        for (text, code) in [
            ("5.1.1 no", Some(Enhanced(5, 1, 1))),
            ("5.7.515", Some(Enhanced(5, 7, 515))),
            ("5.1 no", None),
            ("5.1.1.1 no", None),
            ("127.0.0.1 no", None),
            ("1.2.3 no", None),
            ("", None),
        ] {
            assert_eq!(Reply::new(550, text).enhanced(), code, "{text}");
        }
        assert_eq!(Enhanced(5, 7, 26).to_string(), "5.7.26");
    }

    #[test]
    fn a_text_becomes_one_line() {
        for (text, line) in [
            ("ok", "ok"),
            ("  two\r\n lines\n", "two lines"),
            ("a\u{1b}[31mb\u{7}", "a [31mb"),
            ("a\u{85}b\u{2028}c\u{202e}d", "a b c d"),
            ("", ""),
        ] {
            assert_eq!(one_line(text, 50), line, "{text:?}");
        }
        for (text, line) in [
            ("abcdef", "abcdef"),
            ("abcdefg", "abcde…"),
            ("ab cdefg", "ab cd…"),
        ] {
            assert_eq!(one_line(text, 6), line, "{text:?}");
        }
        let long = Reply::new(550, &"ü\n".repeat(100_000));
        assert_eq!(long.text().chars().count(), LONGEST_TEXT);
    }
}

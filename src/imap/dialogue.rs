//! Commands and what the server answers to them.

use std::time::Duration;

use imap_proto::{Outcome, Response, ResponseCode, Status};

use crate::imap::wire::{Deadline, ImapWire, lose};
use crate::login::Secrets;
use crate::verdict::{LONGEST_TEXT, Trouble, one_line};

const MOST_RESPONSES: usize = 20_000;
/// The most octets of all responses to one command: many times what anything that we ask for has.
const MOST_OCTETS: usize = 8 << 20;

/// The codes of RFC 5530 section 3. Any other one may be a part of what was sent, such as the password.
const CODES: [&str; 17] = [
    "UNAVAILABLE",
    "AUTHENTICATIONFAILED",
    "AUTHORIZATIONFAILED",
    "EXPIRED",
    "PRIVACYREQUIRED",
    "CONTACTADMIN",
    "NOPERM",
    "INUSE",
    "EXPUNGEISSUED",
    "CORRUPTION",
    "SERVERBUG",
    "CLIENTBUG",
    "CANNOT",
    "LIMIT",
    "OVERQUOTA",
    "ALREADYEXISTS",
    "NONEXISTENT",
];

/// A connection over which commands are given, one after the other.
pub(super) struct Dialogue {
    wire: ImapWire,
    /// The limit on the time of a command, in which all of its answer must come.
    limit: Duration,
    secrets: Secrets,
    given: usize,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Completion {
    pub(super) is_ok: bool,
    /// Whether the mailbox that it names is missing, and can be made.
    pub(super) is_missing: bool,
    /// Whether the mailbox can only be read.
    pub(super) is_read_only: bool,
    /// The code before the text, as `AUTHENTICATIONFAILED`, if it is one of RFC 5530.
    pub(super) code: Option<&'static str>,
    /// The server's words, without the password.
    pub(super) words: String,
}

impl Completion {
    /// The words of a refusal as an error.
    ///
    /// # Errors
    /// If it is one.
    pub(super) fn expect(self, what: &str) -> Result<Self, Trouble> {
        match self.is_ok {
            true => Ok(self),
            false => Err(Trouble::Us(format!("{what}: {}", self.words))),
        }
    }
}

impl Dialogue {
    pub(super) fn new(wire: ImapWire, secrets: Secrets, limit: Duration) -> Self {
        Self {
            wire,
            limit,
            secrets,
            given: 0,
        }
    }

    /// Reads the greeting. Returns whether the server knows us already (RFC 3501 7.1.4).
    pub(super) async fn greet(&mut self, limit: Duration) -> Result<bool, Trouble> {
        let bytes = self.wire.read(Deadline::after(limit)).await?;
        match parse(&bytes) {
            Some(Response::Data {
                status: Status::Ok, ..
            }) => Ok(false),
            Some(Response::Data {
                status: Status::PreAuth,
                ..
            }) => Ok(true),
            Some(Response::Data { outcome, .. }) => Err(lose(format!(
                "the server takes nobody now: {}",
                self.words(&outcome)
            ))),
            _ => Err(lose("the server speaks no IMAP")),
        }
    }

    /// Gives a command and hands over what is said before it ends.
    pub(super) async fn send_command(
        &mut self,
        command: &str,
        take: impl FnMut(&Response<'_>),
    ) -> Result<Completion, Trouble> {
        self.send_command_with(command, &[], take).await
    }

    /// Gives a command that the server asks to go on with: each of `lines` answers one such request, an empty line any
    /// more.
    pub(super) async fn send_command_with(
        &mut self,
        command: &str,
        lines: &[String],
        mut take: impl FnMut(&Response<'_>),
    ) -> Result<Completion, Trouble> {
        self.given += 1;
        let tag = format!("t{}", self.given);
        let deadline = Deadline::after(self.limit);
        self.wire
            .write(&format!("{tag} {command}"), deadline)
            .await?;
        let mut lines = lines.iter();
        let mut continued = 0;
        let mut octets = 0;
        for _ in 0..MOST_RESPONSES {
            let bytes = self.wire.read(deadline).await?;
            octets += bytes.len();
            if octets > MOST_OCTETS {
                break;
            }
            let response = parse(&bytes);
            match &response {
                Some(Response::Done {
                    tag: of,
                    status,
                    outcome,
                }) if of.0 == tag => return Ok(self.complete(status, outcome)),
                Some(Response::Done { .. }) => {
                    return Err(lose("the server answers what it was not asked"));
                }
                Some(Response::Continue(_)) if continued <= 3 => {
                    continued += 1;
                    let line = lines.next().map(String::as_str).unwrap_or_default();
                    self.wire.write(line, deadline).await?;
                }
                Some(Response::Data {
                    status: Status::Bye,
                    outcome,
                }) if command != LOGOUT => {
                    return Err(lose(format!(
                        "the server ends the connection: {}",
                        self.words(outcome)
                    )));
                }
                Some(response) if !matches!(response, Response::Continue(_)) => take(response),
                // A server may send responses that we do not know (RFC 3501 2.2.2).
                None if bytes.starts_with(b"* ") => {}
                _ => return Err(lose("the server speaks no IMAP")),
            }
        }
        Err(lose("the server's answer has no end"))
    }

    /// Says that we go, and waits for nothing.
    pub(super) async fn log_out(mut self) {
        self.limit = self.limit.min(Duration::from_secs(5));
        let _ = self.send_command(LOGOUT, |_| {}).await;
    }

    fn complete(&self, status: &Status, outcome: &Outcome<'_>) -> Completion {
        let code = &outcome.code;
        let text = outcome.information.as_deref().unwrap_or_default();
        // A code that the parser does not know is a part of the text; it knows those of RFC 3501.
        let said = text.strip_prefix('[').and_then(|rest| {
            let end = rest.find([']', ' '])?;
            Some(&rest[..end])
        });
        let known = said.and_then(|said| {
            let mut codes = CODES.into_iter();
            codes.find(|code| code.eq_ignore_ascii_case(said))
        });
        Completion {
            is_ok: *status == Status::Ok,
            is_missing: *code == Some(ResponseCode::TryCreate),
            is_read_only: *code == Some(ResponseCode::ReadOnly),
            code: known,
            words: self.words(outcome),
        }
    }

    fn words(&self, outcome: &Outcome<'_>) -> String {
        let text = outcome.information.as_deref().unwrap_or_default();
        match self.secrets.are_in(text) {
            true => "(hidden, since it repeats the password)".to_owned(),
            false => one_line(text, LONGEST_TEXT),
        }
    }
}

const LOGOUT: &str = "LOGOUT";

fn parse(bytes: &[u8]) -> Option<Response<'_>> {
    match Response::parse(bytes) {
        Ok(([], response)) => Some(response),
        _ => None,
    }
}

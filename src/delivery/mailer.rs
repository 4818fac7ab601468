//! The way that mail leaves, by the config and by what an issue was frozen for.

use std::fmt;
use std::path::PathBuf;

use crate::config;
use crate::finding::{Finding, Rule};
use crate::ledger::Issue;
use crate::smtp::Dialer;

/// The way that mail leaves.
#[derive(Debug, Clone)]
pub enum Mailer {
    /// Writes one `.eml` file for each message into this folder.
    Outbox(PathBuf),
    /// Through a relay.
    Smtp(config::Relay),
}

impl Mailer {
    /// The mailer of the config: the relay, else the outbox.
    pub fn from_config(mail: &config::Mail) -> Self {
        match &mail.smtp {
            Some(relay) => Self::Smtp(relay.clone()),
            None => Self::Outbox(mail.outbox.folder().to_path_buf()),
        }
    }

    /// Checks everything that sending needs before an issue is frozen for it: the password, the certificates.
    ///
    /// # Errors
    /// A finding if a person must mend something first.
    pub fn check(&self, mail: &config::Mail) -> std::result::Result<(), Finding> {
        let relay = match self {
            Self::Outbox(_) => return Ok(()),
            Self::Smtp(relay) => relay,
        };
        match Dialer::for_sender(relay, mail, "") {
            Ok(_) => Ok(()),
            Err(trouble) => Err(Finding::error(
                Rule::MailUnsendable,
                format!("mail cannot be sent: {trouble}"),
            )),
        }
    }

    /// The mailer of this issue: one that was frozen for the outbox ends there, even if the config has changed since.
    ///
    /// # Errors
    /// The reason, if it was frozen for a relay and there is none.
    pub fn for_issue(
        mail: &config::Mail,
        issue: &Issue,
    ) -> std::result::Result<Self, &'static str> {
        match (Self::from_config(mail), issue.outbox) {
            (_, true) => Ok(Self::Outbox(mail.outbox.folder().to_path_buf())),
            (Self::Outbox(_), false) => {
                Err("an open issue was made for a relay, and `smtp` under [mail] is not set")
            }
            (mailer, false) => Ok(mailer),
        }
    }
}

impl fmt::Display for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outbox(folder) => write!(f, "in {}", folder.display()),
            Self::Smtp(relay) => write!(f, "by {relay}"),
        }
    }
}

//! A mailbox on a server as it is read: what came since the last time, message by message.
//!
//! Mail that is not about ours stays in the mailbox, which may be a person's with years of mail in it. So the store
//! notes up to which UID everything was looked at (RFC 3501 2.3.1.1), and only later messages are fetched.

use std::collections::VecDeque;
use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::app::App;
use crate::config::ImapAccount;
use crate::finding::{Finding, Rule};
use crate::imap::{Fetched, ImapSession};
use crate::inbox::MOST_BYTES;
use crate::store::{Access, BoxProgress, Store};
use crate::verdict::Trouble;

/// How many UIDs one search looks through: its answer is one line.
const WINDOW: u32 = 50_000;

/// A mailbox that is being read.
pub(crate) struct RemoteBox {
    /// `None` after a fault.
    session: Option<ImapSession>,
    place: String,
    done: String,
    validity: u32,
    /// The UIDs that were found and not read yet.
    found: VecDeque<u32>,
    /// The UIDs that were not searched yet, from the first to the last.
    unsearched: Option<(u32, u32)>,
    /// The UID behind the last one that was looked at.
    next: u32,
    /// The first UID that is to be read again.
    again: Option<u32>,
    /// The progress that the store has noted.
    noted: Option<BoxProgress>,
}

impl RemoteBox {
    /// Opens the mailbox, to read what came since the last time, or with `all` whatever is there.
    pub(super) async fn open(app: &App, account: &ImapAccount, all: bool) -> anyhow::Result<Self> {
        let place = account.to_string();
        let fail = |trouble: Trouble| name_fault(&place, &trouble);
        let mail = &app.config.mail;
        if account.mailbox == mail.inbox_done {
            let words = "this is the mailbox to which `inbox_done` moves what was read";
            return Err(Finding::error(Rule::ConfigValue, words)
                .in_file(PathBuf::from(place))
                .into());
        }
        let mut session = ImapSession::open(account, mail, MOST_BYTES)
            .await
            .map_err(fail)?;
        let selected = session.select(account, false).await.map_err(fail)?;
        let store = app.store(Access::Write).await?;
        let noted = store.load_box_progress().await?;
        let known = noted
            .as_ref()
            .filter(|noted| !all && noted.place == place && noted.validity == selected.validity);
        let first = known.map_or(1, |noted| noted.next.max(1));
        let last = selected
            .next
            .map_or(u32::MAX, |next| next.saturating_sub(1));
        Ok(Self {
            session: Some(session),
            place,
            done: mail.inbox_done.clone(),
            validity: selected.validity,
            found: VecDeque::new(),
            unsearched: (first <= last).then_some((first, last)),
            next: first,
            again: None,
            noted,
        })
    }

    /// The next message and its UID; none at the end, or after a fault, which is named.
    pub(super) async fn read(&mut self, findings: &mut Vec<Finding>) -> Option<(Vec<u8>, u32)> {
        loop {
            let session = self.session.as_mut()?;
            let Some(uid) = self.found.front().copied() else {
                match self.search().await {
                    Ok(true) => continue,
                    Ok(false) => return None,
                    Err(trouble) => {
                        self.fail(&trouble, findings);
                        return None;
                    }
                }
            };
            match session.fetch(uid, MOST_BYTES).await {
                Ok(fetched) => {
                    self.found.pop_front();
                    self.next = uid.saturating_add(1);
                    match fetched {
                        Fetched::Message(bytes) => return Some((bytes, uid)),
                        Fetched::Gone => {}
                        Fetched::Refused(words) => {
                            self.read_again(&[uid]);
                            findings.push(
                                Finding::error(
                                    Rule::InboxUnreachable,
                                    format!("message {uid} cannot be read: {words}"),
                                )
                                .in_file(PathBuf::from(&self.place)),
                            );
                        }
                    }
                }
                Err(trouble) => {
                    self.fail(&trouble, findings);
                    return None;
                }
            }
        }
    }

    /// Looks for more messages; whether there may be some.
    async fn search(&mut self) -> Result<bool, Trouble> {
        let (Some(session), Some((first, last))) = (&mut self.session, self.unsearched) else {
            return Ok(false);
        };
        // If the server does not say how far its UIDs go, `*` asks for the last one.
        let end = match last {
            u32::MAX => last,
            last => last.min(first.saturating_add(WINDOW - 1)),
        };
        self.found = session.search(first..=end).await?.into();
        self.unsearched = (end < last).then(|| (end + 1, last));
        if self.found.is_empty() && end != u32::MAX {
            self.next = end + 1;
        }
        Ok(true)
    }

    /// Moves what is done, and keeps in mind what is to be read again.
    pub(super) async fn settle(
        &mut self,
        done: &[u32],
        later: &[u32],
        findings: &mut Vec<Finding>,
    ) {
        self.read_again(later);
        let Some(session) = &mut self.session else {
            // Its fault is named already.
            self.read_again(done);
            return;
        };
        if let Err(trouble) = session.put_away(done, &self.done).await {
            self.read_again(done);
            self.fail(&trouble, findings);
        }
    }

    /// Notes how far the mailbox was read.
    pub(super) async fn note(&mut self, store: &Store, now: DateTime<Utc>) -> anyhow::Result<()> {
        let progress = BoxProgress {
            place: self.place.clone(),
            validity: self.validity,
            next: self.again.unwrap_or(self.next).min(self.next),
        };
        if self.noted.as_ref() != Some(&progress) {
            store.note_box(&progress, now).await?;
            self.noted = Some(progress);
        }
        Ok(())
    }

    pub(super) async fn close(self) {
        if let Some(session) = self.session {
            session.close().await;
        }
    }

    fn read_again(&mut self, uids: &[u32]) {
        self.again = self.again.iter().chain(uids).min().copied();
    }

    fn fail(&mut self, trouble: &Trouble, findings: &mut Vec<Finding>) {
        self.session = None;
        findings.push(name_fault(&self.place, trouble));
    }
}

/// Turns trouble with a mailbox into a finding.
pub(crate) fn name_fault(place: &str, trouble: &Trouble) -> Finding {
    let finding =
        Finding::error(Rule::InboxUnreachable, trouble.to_string()).in_file(PathBuf::from(place));
    match trouble {
        Trouble::Relay(_) => finding.hint("mail in it waits there; the next run reads it"),
        Trouble::Us(_) => finding,
    }
}

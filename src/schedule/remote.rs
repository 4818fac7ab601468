//! A mailbox on a server as it is read: what came since the last time, message by message.
//!
//! Mail that is not about ours stays in the mailbox, which may be a person's with years of mail in it. So the store
//! notes up to which UID everything was looked at (RFC 3501 2.3.1.1), and only later messages are fetched.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::{Instant, timeout_at};

use crate::app::App;
use crate::config::ImapAccount;
use crate::finding::{Finding, Rule};
use crate::imap::{Fetched, ImapSession};
use crate::inbox::MOST_BYTES;
use crate::store::{Access, BoxProgress, Store};
use crate::verdict::Trouble;

/// How many UIDs one search looks through: its answer is one line. Where nothing is found, the next one looks through
/// twice as many.
const WINDOW: u32 = 50_000;
/// How long a mailbox is read at once; mail is sent when it was read.
const READING: Duration = Duration::from_mins(5);
/// How long a command may go on after that, and the move of what was read.
const SETTLING: Duration = Duration::from_mins(1);

/// A mailbox that is being read.
pub(crate) struct RemoteBox {
    /// `None` after a fault.
    session: Option<ImapSession>,
    place: String,
    done: String,
    validity: u32,
    /// The UIDs that were found and not read yet.
    found: VecDeque<u32>,
    /// The UIDs that were not searched yet.
    unsearched: Option<Unsearched>,
    /// When the reading ends, if it must: the next time goes on from there.
    until: Option<Instant>,
    /// The UID behind the last one that was looked at.
    next: u32,
    /// The first UID that is to be read again.
    again: Option<u32>,
    /// The progress that the store has noted.
    noted: Option<BoxProgress>,
}

/// UIDs that were not searched yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Unsearched {
    first: u32,
    last: u32,
    /// How many the next search looks through.
    width: u32,
}

impl Unsearched {
    fn new(first: u32, last: u32) -> Option<Self> {
        (first <= last).then_some(Self {
            first,
            last,
            width: WINDOW,
        })
    }

    /// The last UID of the next search.
    fn end(self) -> u32 {
        match self.last {
            // The server does not say how far its UIDs go: `*` asks for the last one.
            u32::MAX => u32::MAX,
            last => last.min(self.first.saturating_add(self.width - 1)),
        }
    }

    /// The rest after that search.
    fn after(self, has_found: bool) -> Option<Self> {
        let end = self.end();
        (end < self.last).then(|| Self {
            first: end + 1,
            last: self.last,
            width: match has_found {
                true => WINDOW,
                false => self.width.saturating_mul(2),
            },
        })
    }
}

impl RemoteBox {
    /// Opens the mailbox, to read what came since the last time, or with `all` whatever is there, however long that takes.
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
        let until = (!all).then(|| Instant::now() + READING);
        let opened = limit_time(until, async {
            let mut session = ImapSession::open(account, mail, MOST_BYTES).await?;
            let selected = session.select(account, false).await?;
            Ok((session, selected))
        });
        let (session, selected) = opened.await.map_err(fail)?;
        let store = app.open_store(Access::Write).await?;
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
            unsearched: Unsearched::new(first, last),
            until,
            next: first,
            again: None,
            noted,
        })
    }

    /// The next message and its UID; none at the end, when the time is over, or after a fault, which is named.
    pub(super) async fn read(&mut self, findings: &mut Vec<Finding>) -> Option<(Vec<u8>, u32)> {
        loop {
            if self.until.is_some_and(|until| until <= Instant::now()) {
                findings.extend(self.stop());
                return None;
            }
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
            match limit_time(self.until, session.fetch(uid, MOST_BYTES)).await {
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
        let (Some(session), Some(unsearched)) = (&mut self.session, self.unsearched) else {
            return Ok(false);
        };
        let end = unsearched.end();
        let found = session.search(unsearched.first..=end);
        self.found = limit_time(self.until, found).await?.into();
        self.unsearched = unsearched.after(!self.found.is_empty());
        if self.found.is_empty() && end != u32::MAX {
            self.next = end + 1;
        }
        Ok(true)
    }

    /// Leaves what is not read yet to the next time, and says so.
    fn stop(&mut self) -> Option<Finding> {
        let is_left = !self.found.is_empty() || self.unsearched.is_some();
        self.found.clear();
        self.unsearched = None;
        let is_cut = is_left && self.session.is_some();
        is_cut.then(|| {
            let minutes = READING.as_secs() / 60;
            let words = format!("after {minutes} minutes of reading there may be more mail");
            Finding::warning(Rule::InboxUnreachable, words)
                .in_file(PathBuf::from(&self.place))
                .hint("the next run goes on from there; `tidings inbox` reads now")
        })
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
        let moved = limit_time(self.until, session.put_away(done, &self.done));
        if let Err(trouble) = moved.await {
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

/// Waits for the server, and gives up some time after the reading must end.
async fn limit_time<T>(
    until: Option<Instant>,
    asked: impl Future<Output = Result<T, Trouble>>,
) -> Result<T, Trouble> {
    let Some(until) = until else {
        return asked.await;
    };
    let given = timeout_at(until + SETTLING, asked).await;
    given.unwrap_or_else(|_| {
        Err(Trouble::Relay(
            "the mailbox takes too long to read".to_owned(),
        ))
    })
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex, split};
    use tokio::time::{Instant, sleep};

    use super::*;
    use crate::config::Mail;

    #[test]
    fn windows_leave_out_nothing_and_widen_where_nothing_is() {
        for (first, last, found, most) in [
            (1, u32::MAX - 1, false, 18),
            (1, u32::MAX, false, 1),
            (1, 50_000, false, 1),
            (1, 50_001, true, 2),
            (1, 1_000_000, true, 20),
            (u32::MAX - 2, u32::MAX - 1, false, 1),
        ] {
            let mut waiting = Unsearched::new(first, last);
            let (mut next, mut searches) = (first, 0);
            while let Some(window) = waiting {
                assert_eq!(window.first, next);
                assert!(window.end() >= window.first && window.end() <= last);
                searches += 1;
                next = window.end().wrapping_add(1);
                waiting = window.after(found);
            }
            assert_eq!(next, last.wrapping_add(1));
            assert!(searches <= most, "{first}..={last}: {searches}");
        }
        assert_eq!(Unsearched::new(2, 1), None);
        let wide = Unsearched::new(1, 1_000_000).and_then(|first| first.after(false));
        let narrow = wide.and_then(|wide| wide.after(true)).unwrap();
        assert_eq!((narrow.first, narrow.width), (150_001, WINDOW));
    }

    /// Answers each command after `wait`: with every tenth UID of what is searched, and with the message that is fetched.
    async fn serve(stream: DuplexStream, wait: Duration) {
        let (read, mut write) = split(stream);
        write.write_all(b"* PREAUTH hello\r\n").await.unwrap();
        let mut lines = BufReader::new(read).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let words: Vec<&str> = line.split(' ').collect();
            let said = match words[1..] {
                ["UID", "SEARCH", ..] => "* SEARCH 10 20 30 40\r\n".to_owned(),
                ["UID", "FETCH", uid, ..] => {
                    sleep(wait).await;
                    format!("* 1 FETCH (UID {uid} BODY[]<0> {{5}}\r\nhello)\r\n")
                }
                _ => "* CAPABILITY IMAP4rev1 MOVE\r\n".to_owned(),
            };
            let said = format!("{said}{} OK done\r\n", words[0]);
            if write.write_all(said.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    async fn remote(wait: Duration, until: Option<Instant>) -> RemoteBox {
        let (ours, theirs) = duplex(1 << 16);
        tokio::spawn(serve(theirs, wait));
        let account: ImapAccount = "imap://ada@127.0.0.1/INBOX".parse().unwrap();
        let mail = Mail {
            inbox_password: Some(serde_json::from_str("\"hunter2\"").unwrap()),
            ..Mail::default()
        };
        let session = ImapSession::open_over(Box::new(ours), &account, &mail, MOST_BYTES);
        RemoteBox {
            session: Some(session.await.unwrap()),
            place: account.to_string(),
            done: "tidings".to_owned(),
            validity: 1,
            found: VecDeque::new(),
            unsearched: Unsearched::new(1, 50),
            until,
            next: 1,
            again: None,
            noted: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn reading_ends_in_time_and_goes_on_from_there() {
        for (wait, is_limited, read, faults, next) in [
            (1, true, 4, 0, 41),
            (299, false, 4, 0, 41),
            // The third message comes a little after the time, the second one of the last row much after it.
            (101, true, 3, 1, 31),
            (299, true, 1, 1, 11),
        ] {
            let begin = Instant::now();
            let until = is_limited.then(|| begin + READING);
            let wait = Duration::from_secs(wait);
            let mut remote = remote(wait, until).await;
            let (mut findings, mut uids) = (Vec::new(), Vec::new());
            while let Some((_, uid)) = remote.read(&mut findings).await {
                uids.push(uid);
            }
            assert_eq!(uids.len(), read, "{wait:?}: {findings:?}");
            assert_eq!(findings.len(), faults, "{wait:?}: {findings:?}");
            assert_eq!(remote.next, next, "{wait:?}");
            assert!(remote.read(&mut findings).await.is_none());
            assert_eq!(findings.len(), faults, "it is said once: {findings:?}");
            let most = if is_limited {
                READING + SETTLING
            } else {
                Duration::MAX
            };
            assert!(begin.elapsed() <= most, "{wait:?}: {:?}", begin.elapsed());
        }
    }
}

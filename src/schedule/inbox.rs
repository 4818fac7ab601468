//! Reads returned mail and carries it out in batches: first the store, then the box, so that a run that dies between
//! them does nothing twice.

use std::fmt::Write as _;

use crate::app::App;
use crate::ending::Ending;
use crate::finding::count;
use crate::inbox::{Incoming, Kind, Ours, Verb, choose_report};
use crate::ledger::IssueId;
use crate::reader::{Email, ReaderId};
use crate::schedule::incomings::{Fate, Incomings, ReceivedMessage};
use crate::schedule::request::{Answered, answer};
use crate::store::{Access, ReturnMeaning, ReturnOutcome, ReturnedMail, Store};
use crate::talk::Talk;
use crate::token::{Key, Purpose};
use crate::verdict::{Verdict, one_line};

/// The most characters of a message that are shown.
const LONGEST: usize = 160;

/// The counts of what was found.
#[derive(Debug, Default)]
struct Tally {
    read: usize,
    bounced: usize,
    undelivered: usize,
    complained: usize,
    unsubscribed: usize,
    answered: usize,
    asked: usize,
    confirmed: usize,
    before: usize,
    harmless: usize,
    strange: usize,
    requests: usize,
    unknown: usize,
}

/// Reads a whole box and carries it out.
///
/// # Errors
/// If the box or the store cannot be read.
pub(crate) async fn read_inbox(
    app: &App,
    talk: &mut Talk<'_>,
    mut incomings: Incomings,
) -> anyhow::Result<Ending> {
    let store = app.open_store(Access::Write).await?;
    app.refuse_older_copies(None, &store).await?;
    let keys = store.load_link_keys().await?;
    let ours = list_our_addresses(app);
    let mut tally = Tally::default();
    let mut findings = Vec::new();
    loop {
        if app.is_stopped() {
            break;
        }
        let messages = incomings.next(&ours, &mut findings).await?;
        if messages.is_empty() {
            break;
        }
        let batch = MessageBatch::load(&store, &keys, &messages).await?;
        let outcomes = store
            .record_returned(&batch.returned, app.clock.now())
            .await?;
        let mut outcomes = outcomes.into_iter().zip(&batch.returned);
        let mut settled = Vec::with_capacity(messages.len());
        for (message, is_ours) in messages.into_iter().zip(&batch.is_ours) {
            tally.read += 1;
            let done = match is_ours {
                true => outcomes.next(),
                false => None,
            };
            let fate = match done {
                Some((outcome, one)) if tally.count_returned(talk, &outcome, one) => Fate::Done,
                _ => {
                    let answered = answer(app, &store, &keys, &message.incoming).await?;
                    tally.count_request(talk, &answered, &message.incoming)
                }
            };
            settled.push((message, fate));
        }
        incomings
            .settle(app, &store, &settled, &mut findings)
            .await?;
    }
    incomings.close(app, &store).await?;
    talk.report(&findings);
    if tally.read > 0 {
        talk.conclude(&tally.summarise())?;
    }
    Ok(Ending::from_findings(&findings))
}

/// Reads the box of the config, if there is one. A fault of it is reported, and stops no mail.
pub(crate) async fn read_own_inbox(app: &App, talk: &mut Talk<'_>) -> Ending {
    let Some(inbox) = &app.config.mail.inbox else {
        return Ending::Done;
    };
    let read = match Incomings::open(app, inbox, false).await {
        Ok(incomings) => read_inbox(app, talk, incomings).await,
        Err(error) => Err(error),
    };
    read.unwrap_or_else(|error| {
        talk.report(&[app.explain(&error)]);
        Ending::Partial
    })
}

/// The addresses at which readers write to us.
fn list_our_addresses(app: &App) -> Ours {
    let mail = &app.config.mail;
    let mut mailboxes = vec![&mail.from, &mail.reply_to];
    for digest in &app.config.digests {
        mailboxes.extend([&digest.from, &digest.reply_to]);
    }
    let named = mailboxes.into_iter().flatten();
    let addresses = named.map(|mailbox| mailbox.email.clone());
    Ours::new(addresses.chain(mail.return_path.clone()))
}

/// A batch of messages, as the ledger sees them.
struct MessageBatch {
    returned: Vec<ReturnedMail>,
    /// Whether each message is about a mail of ours, and so among the returned.
    is_ours: Vec<bool>,
}

impl MessageBatch {
    async fn load(
        store: &Store,
        keys: &[Key],
        messages: &[ReceivedMessage],
    ) -> anyhow::Result<Self> {
        let mut claims: Vec<Option<(ReaderId, IssueId)>> = Vec::with_capacity(messages.len());
        for ReceivedMessage { incoming, .. } in messages {
            let claim = incoming.clues.claim(list_purposes(&incoming.kind), keys);
            claims.push(claim.map(|claim| (claim.reader, claim.issue)));
        }
        let readers: Vec<ReaderId> = claims.iter().flatten().map(|(reader, _)| *reader).collect();
        let addresses = store.load_addresses(&readers).await?;
        let mut batch = Self {
            returned: Vec::new(),
            is_ours: Vec::with_capacity(messages.len()),
        };
        for (claim, ReceivedMessage { incoming, .. }) in claims.into_iter().zip(messages) {
            batch.is_ours.push(claim.is_some());
            if let Some(whose) = claim {
                let address = addresses.get(&whose.0).and_then(|text| text.parse().ok());
                let (meaning, words) = find_meaning(&incoming.kind, address.as_ref());
                batch.returned.push(ReturnedMail {
                    mark: incoming.mark.clone(),
                    meaning,
                    whose,
                    words,
                });
            }
        }
        Ok(batch)
    }
}

/// The purposes whose tokens identify the reader of a message of this kind: returned mail is known by its envelope, its
/// Message-ID or its link to unsubscribe.
fn list_purposes(kind: &Kind) -> &'static [Purpose] {
    match kind {
        Kind::Command(command) if command.verb == Verb::Leave => &[Purpose::Leave],
        Kind::Command(_) | Kind::Unknown => &[],
        Kind::Bounce(_) | Kind::Complaint(_) | Kind::Automatic(_) => {
            &[Purpose::Bounce, Purpose::Leave]
        }
    }
}

/// The effect of a message about a mail of ours, in the ledger and in words.
fn find_meaning(kind: &Kind, reader: Option<&Email>) -> (ReturnMeaning, String) {
    match kind {
        Kind::Bounce(reports) => match choose_report(reports, reader) {
            None => (ReturnMeaning::Nothing, String::new()),
            Some(report) => {
                let meaning = match report.verdict {
                    Verdict::Bounced => ReturnMeaning::Bounced,
                    Verdict::Refused => ReturnMeaning::Refused,
                    _ => ReturnMeaning::Undelivered,
                };
                (meaning, report.words.clone())
            }
        },
        Kind::Complaint(complaint) => (ReturnMeaning::Complained, complaint.words.clone()),
        Kind::Command(command) if command.verb == Verb::Leave => {
            (ReturnMeaning::Left, String::new())
        }
        Kind::Command(_) | Kind::Automatic(_) | Kind::Unknown => {
            (ReturnMeaning::Nothing, String::new())
        }
    }
}

impl Tally {
    /// Counts and reports the outcome of a message about our mail. Returns whether it is done.
    fn count_returned(
        &mut self,
        talk: &Talk<'_>,
        outcome: &ReturnOutcome,
        one: &ReturnedMail,
    ) -> bool {
        let ReturnOutcome::Done {
            address,
            digest,
            becomes,
        } = outcome
        else {
            let is_before = *outcome == ReturnOutcome::Before;
            self.before += usize::from(is_before);
            return is_before;
        };
        let address = address.as_deref().unwrap_or("(forgotten)");
        let words = one_line(&one.words, LONGEST);
        match one.meaning {
            ReturnMeaning::Left => {
                self.unsubscribed += 1;
                talk.say(&format!("{address}: has left `{digest}`"));
            }
            ReturnMeaning::Nothing => self.harmless += 1,
            ReturnMeaning::Complained => {
                self.complained += 1;
                talk.say(&format!("{address}: complained: {words}"));
            }
            ReturnMeaning::Bounced | ReturnMeaning::Refused | ReturnMeaning::Undelivered => {
                match becomes {
                    Some(_) => self.bounced += 1,
                    None => self.undelivered += 1,
                }
                let what = becomes.map_or("came back", |_| "bounced");
                talk.say(&format!("{address}: {what}: {words}"));
            }
        }
        true
    }

    /// Counts and reports the outcome of a message that is not about our mail, such as a request.
    fn count_request(&mut self, talk: &Talk<'_>, answered: &Answered, incoming: &Incoming) -> Fate {
        match answered {
            Answered::Unmet => {
                self.count_unanswered(incoming);
                return Fate::Stays;
            }
            Answered::Later => {
                self.count_unanswered(incoming);
                return Fate::Later;
            }
            Answered::Before => self.before += 1,
            Answered::Leaving => self.answered += 1,
            Answered::Asking => self.asked += 1,
            Answered::Nothing => self.harmless += 1,
            Answered::Confirmed { address, digests } => {
                self.confirmed += 1;
                let digests = digests.join("`, `");
                talk.say(&format!("{address}: has confirmed `{digests}`"));
            }
        }
        Fate::Done
    }

    /// Counts a message that stays in the box.
    fn count_unanswered(&mut self, incoming: &Incoming) {
        match incoming.kind {
            Kind::Bounce(_) | Kind::Complaint(_) => self.strange += 1,
            Kind::Command(_) => self.requests += 1,
            Kind::Automatic(_) => self.harmless += 1,
            Kind::Unknown => self.unknown += 1,
        }
    }

    /// `3 messages read: 1 bounced, 1 left, 1 not understood`.
    fn summarise(&self) -> String {
        let mut text = format!("{} read", count(self.read, "message"));
        let mut mark = ":";
        for (number, what) in [
            (self.bounced, "bounced"),
            (self.undelivered, "came back"),
            (self.complained, "complained"),
            (self.unsubscribed, "left"),
            (self.answered, "to be answered with the link to leave"),
            (self.asked, "to be asked to confirm"),
            (self.confirmed, "confirmed"),
            (self.before, "known"),
            (self.harmless, "automatic"),
            (self.strange, "about mail that is not ours"),
            (self.requests, "asked without a valid token"),
            (self.unknown, "not understood"),
        ] {
            if number > 0 {
                let _ = write!(text, "{mark} {number} {what}");
                mark = ",";
            }
        }
        text
    }
}

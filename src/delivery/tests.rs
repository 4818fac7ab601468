//! The engine with a transport that is not SMTP: each outcome of an attempt, and what the ledger makes of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};

use crate::clock::Clock;
use crate::config::{Digest, Mail, Site, UncertainPolicy};
use crate::delivery::transport::{Session, Transport};
use crate::delivery::{IssueDelivery, Progress, Stop, engine};
use crate::digest::Draft;
use crate::ledger::{DeliveryState, Issue, IssueState, Slot};
use crate::message::{Envelope, Origin, compile};
use crate::reader::{Mailbox, ReaderId};
use crate::store::{Freeze, Store};
use crate::token::{Key, random_id};
use crate::verdict::{Attempt, JudgedReply, Phase, Trouble, Verdict};

/// The replies, in order, with their recipients; then everything is taken.
#[derive(Clone, Default)]
struct Scripted(Arc<Mutex<Script>>);

#[derive(Default)]
struct Script {
    answers: HashMap<String, Vec<Attempt>>,
    taken: Vec<String>,
    opened: usize,
}

struct ScriptedLine {
    script: Scripted,
    recipient: String,
    messages: usize,
    is_usable: bool,
}

impl Transport for Scripted {
    type Session = ScriptedLine;

    async fn open(&self) -> Result<ScriptedLine, Trouble> {
        self.0.lock().unwrap().opened += 1;
        Ok(ScriptedLine {
            script: self.clone(),
            recipient: String::new(),
            messages: 0,
            is_usable: true,
        })
    }
}

impl ScriptedLine {
    /// The next answer, where it comes at one of these steps.
    fn answer(&mut self, is_at_end: bool) -> Option<Attempt> {
        let mut script = self.script.0.lock().unwrap();
        let answers = script.answers.get_mut(&self.recipient)?;
        let is_now = answers.first().is_some_and(|attempt| {
            is_at_end
                == match attempt {
                    Attempt::Accepted(_) | Attempt::Unknown(_) => true,
                    Attempt::NotAccepted(reply) => reply.phase == Phase::Dot,
                    Attempt::Lost(phase, _) => *phase == Phase::Dot,
                    Attempt::OutOfStep(_) => false,
                }
        });
        let answer = is_now.then(|| answers.remove(0))?;
        self.is_usable = matches!(answer, Attempt::Accepted(_) | Attempt::NotAccepted(_));
        Some(answer)
    }
}

impl Session for ScriptedLine {
    fn is_usable(&self) -> bool {
        self.is_usable
    }

    fn messages(&self) -> usize {
        self.messages
    }

    fn can_pipeline(&self) -> bool {
        false
    }

    fn has_pipelined(&self) -> bool {
        false
    }

    async fn announce(&mut self, envelope: Envelope<'_>) -> Result<(), Attempt> {
        assert!(self.is_usable, "a connection is used after a fault");
        self.messages += 1;
        self.recipient = envelope.recipient.to_string();
        self.answer(false).map_or(Ok(()), Err)
    }

    async fn send_body(&mut self, message: Vec<u8>, next: Option<Envelope<'_>>) -> Attempt {
        assert!(next.is_none());
        let text = String::from_utf8(message).unwrap();
        assert!(text.contains(&format!("To: {}", self.recipient)), "{text}");
        if let Some(answer) = self.answer(true) {
            return answer;
        }
        self.script
            .0
            .lock()
            .unwrap()
            .taken
            .push(self.recipient.clone());
        Attempt::Accepted("taken".to_owned())
    }

    async fn quit(self) {}
}

fn now() -> DateTime<Utc> {
    "2024-06-24T06:00:05Z".parse().unwrap()
}

/// An issue for these readers, frozen in a store of its own.
async fn frozen(readers: &[&str], uncertain: UncertainPolicy) -> IssueDelivery {
    let store = Store::open_in_memory(now()).await.unwrap();
    let site: Site = toml::from_str("title = \"Hums\"\nurl = \"https://hums.example/\"").unwrap();
    let digest: Digest = toml::from_str("name = \"weekly\"\nschedule = \"0 8 * * MON\"").unwrap();
    let mail = "from = \"Hums <news@hums.example>\"\nconnections = 2\npatience = \"5s\"";
    let mail: Mail = toml::from_str(mail).unwrap();
    let issue = Issue {
        id: random_id().into(),
        digest: "weekly".to_owned(),
        slot: Slot::scheduled(now()),
        made_at: now(),
        state: IssueState::Open,
        reason: None,
        subject: "Tea".to_owned(),
        outbox: false,
        key: 100.into(),
    };
    let draft = Draft {
        subject: "Tea".to_owned(),
        html: "<p>Tea</p>".to_owned(),
        text: "Tea\n".to_owned(),
    };
    let origin = Origin {
        site: &site,
        digest: &digest,
        mail: &mail,
        web: None,
        authority: "hums.example",
        anonymous: "there",
    };
    let compiled = compile(&draft, &origin, issue.id).unwrap();
    let to: Vec<Mailbox> = readers.iter().map(|one| one.parse().unwrap()).collect();
    let freeze = Freeze {
        issue: &issue,
        compiled: &compiled.to_text(),
        page: "",
        posts: &[],
        to: &to,
        subscribers: false,
        slot_at: None,
        again: false,
    };
    store.freeze(&freeze).await.unwrap();
    let sender = store
        .begin_sending(uncertain, now())
        .await
        .unwrap()
        .unwrap();
    IssueDelivery {
        sender,
        issue,
        compiled: Arc::new(compiled),
        key: Key::generate(100.into()),
        mail: Arc::new(Mail { uncertain, ..mail }),
        clock: Clock::new(Some(now())),
        progress: Progress::hidden(),
        stop: Stop::default(),
    }
}

fn reply_with(phase: Phase, verdict: Verdict) -> Attempt {
    Attempt::NotAccepted(JudgedReply {
        phase,
        verdict,
        words: "no".to_owned(),
        is_closing: false,
    })
}

fn trouble() -> Trouble {
    Trouble::Relay("gone".to_owned())
}

#[tokio::test]
async fn each_outcome_of_an_attempt_becomes_its_state() {
    let retry = UncertainPolicy::Retry;
    for (answers, uncertain, state, issue) in [
        (vec![], retry, DeliveryState::Sent, IssueState::Done),
        (
            vec![reply_with(Phase::Rcpt, Verdict::Bounced)],
            retry,
            DeliveryState::Bounced,
            IssueState::Done,
        ),
        (
            vec![reply_with(Phase::Dot, Verdict::GivenUp)],
            retry,
            DeliveryState::GivenUp,
            IssueState::Done,
        ),
        (
            vec![reply_with(Phase::Rcpt, Verdict::Deferred)],
            retry,
            DeliveryState::Queued,
            IssueState::Open,
        ),
        (
            vec![reply_with(Phase::Rcpt, Verdict::RelayTrouble)],
            retry,
            DeliveryState::Sent,
            IssueState::Done,
        ),
        (
            vec![
                Attempt::Lost(Phase::Mail, trouble()),
                Attempt::Lost(Phase::Dot, trouble()),
            ],
            retry,
            DeliveryState::Sent,
            IssueState::Done,
        ),
        (
            vec![Attempt::OutOfStep(trouble())],
            retry,
            DeliveryState::Sent,
            IssueState::Done,
        ),
        (
            vec![Attempt::Unknown(trouble())],
            retry,
            DeliveryState::Queued,
            IssueState::Open,
        ),
        (
            vec![Attempt::Unknown(trouble())],
            UncertainPolicy::Hold,
            DeliveryState::Uncertain,
            IssueState::Done,
        ),
        (
            vec![reply_with(Phase::Mail, Verdict::AboutUs)],
            retry,
            DeliveryState::Queued,
            IssueState::Paused,
        ),
    ] {
        let delivery = frozen(
            &["odd@a.example", "one@b.example", "two@c.example"],
            uncertain,
        )
        .await;
        let script = Scripted::default();
        let said = format!("{answers:?} {uncertain:?}");
        let is_paused = issue == IssueState::Paused;
        let answers = [("odd@a.example".to_owned(), answers)];
        script.0.lock().unwrap().answers.extend(answers);
        let run = engine::deliver(&delivery, Ok(script.clone()));
        let stopped = delivery.send_and_settle(run).await.unwrap();
        let store = delivery.sender.store();
        let counts = store.count_deliveries(delivery.issue.id).await.unwrap();
        let missed = store
            .load_missed(delivery.issue.id, ReaderId::MIN, 10)
            .await
            .unwrap();
        let odd = missed
            .iter()
            .find(|one| one.address.as_deref() == Some("odd@a.example"));
        assert_eq!(
            odd.map_or(DeliveryState::Sent, |one| one.state),
            state,
            "{said}"
        );
        let found = store.load_issue(delivery.issue.id).await.unwrap().unwrap();
        assert_eq!(
            (found.state, stopped.is_some()),
            (issue, is_paused),
            "{said}: {counts:?}"
        );
        // Nobody gets it twice, and the others get it unless the issue is paused.
        let mut taken = script.0.lock().unwrap().taken.clone();
        let count = taken.len();
        taken.sort();
        taken.dedup();
        assert_eq!(taken.len(), count, "{said}: {taken:?}");
        assert!(is_paused || count >= 2, "{said}: {taken:?}");
    }
}

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{Agreement, Confirmation, JoinAnswer, JoinRequest};
use crate::config::Join;
use crate::consent::{ReaderState, Source, Wish};
use crate::ledger::{Issue, IssueId, IssueState, Slot};
use crate::reader::{Email, ReaderId};
use crate::store::Store;
use crate::store::request::ConsentRequest;

const ADA: &str = "ada@x.example";

fn noon() -> DateTime<Utc> {
    "2024-06-25T12:00:00Z".parse().unwrap()
}

fn days(number: i64) -> DateTime<Utc> {
    noon() + TimeDelta::days(number)
}

/// The letter of a day about these digests.
fn letter(day: NaiveDate, digests: &[&str]) -> Issue {
    let slot = Slot::confirming(day, false, digests);
    Issue {
        id: IssueId::from(i64::from(crc(&slot.name))),
        digest: digests[0].to_owned(),
        slot,
        made_at: noon(),
        state: IssueState::Open,
        reason: None,
        subject: String::new(),
        outbox: false,
        key: 1.into(),
    }
}

/// A number for a name.
fn crc(text: &str) -> u32 {
    let hash = |sum: u32, byte: u8| sum.wrapping_mul(31).wrapping_add(u32::from(byte));
    text.bytes().fold(7, hash) >> 1
}

struct Joining {
    store: Store,
    limits: Join,
}

impl Joining {
    async fn new() -> Self {
        Self {
            store: Store::open_in_memory(noon()).await.unwrap(),
            limits: Join::default(),
        }
    }

    /// Asks by the form from a network of this number.
    async fn ask(
        &self,
        address: &str,
        digests: &[&str],
        network: u8,
        at: DateTime<Utc>,
    ) -> JoinAnswer {
        let email: Email = address.parse().unwrap();
        let issue = letter(at.date_naive(), digests);
        let names: Vec<String> = digests.iter().map(|&name| name.to_owned()).collect();
        let request = JoinRequest {
            email: &email,
            digests: &names,
            issue: &issue,
            compiled: "",
            network: Some([192, 0, network, 1].into()),
            mark: None,
            how: "by form 1",
            limits: &self.limits,
            moving: None,
        };
        let answers = self.store.ask_to_join(&[request], at).await;
        answers.unwrap()[0]
    }

    async fn confirm(
        &self,
        address: &str,
        digests: &[&str],
        asked: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Confirmation {
        let issue = letter(asked.date_naive(), digests);
        let names = digests.iter().map(|&name| name.to_owned()).collect();
        let reader = self
            .reader(address)
            .await
            .map_or(ReaderId::SHOWN, |(id, _)| id);
        let agreement = Agreement {
            whose: (reader, issue.id),
            digests: names,
            from: None,
            moved_letter: None,
            welcome: &[],
            relay: true,
        };
        self.store.confirm(&agreement, at).await.unwrap()
    }

    async fn reader(&self, address: &str) -> Option<(ReaderId, ReaderState)> {
        self.store
            .find_reader(&address.parse().unwrap())
            .await
            .unwrap()
    }

    async fn owner(&self, wish: Wish, by: Source, digests: &[&str]) {
        let digests: Vec<String> = digests.iter().map(|&name| name.to_owned()).collect();
        let request = ConsentRequest {
            wish,
            by,
            digests: &digests,
            consent: None,
        };
        let people = [ADA.parse().unwrap()];
        self.store.request(&people, &request, noon()).await.unwrap();
    }

    async fn digests(&self) -> Vec<String> {
        let text = "SELECT digest FROM subscription ORDER BY digest";
        sqlx::query_scalar(text)
            .fetch_all(&self.store.pool)
            .await
            .unwrap()
    }

    async fn letters(&self) -> i64 {
        let text = "SELECT COUNT(*) FROM delivery";
        sqlx::query_scalar(text)
            .fetch_one(&self.store.pool)
            .await
            .unwrap()
    }
}

fn done(digests: &[&str]) -> Confirmation {
    Confirmation::Done {
        address: ADA.to_owned(),
        digests: digests.iter().map(|&name| name.to_owned()).collect(),
    }
}

#[tokio::test]
async fn who_confirms_gets_what_was_asked_about_and_keeps_what_they_had_agreed_to() {
    use Source::{List, Owner};
    for (before, letters, states) in [
        // Nobody has confirmed what a list had for them.
        (Some((Wish::Subscribe, List)), 1, ["daily"].as_slice()),
        (Some((Wish::Subscribe, Owner)), 1, &["daily", "weekly"]),
        (None, 1, &["daily"]),
    ] {
        let joining = Joining::new().await;
        if let Some((wish, by)) = before {
            joining.owner(wish, by, &["weekly"]).await;
        }
        let had = joining.digests().await;
        assert_eq!(
            joining.ask(ADA, &["daily"], 1, noon()).await,
            JoinAnswer::Queued
        );
        assert_eq!(joining.digests().await, had, "asking subscribes nobody");
        assert_eq!(joining.letters().await, letters);
        let confirmed = joining.confirm(ADA, &["daily"], noon(), days(3)).await;
        assert_eq!(confirmed, done(&["daily"]), "{before:?}");
        assert_eq!(joining.digests().await, states, "{before:?}");
        assert_eq!(joining.reader(ADA).await.unwrap().1, ReaderState::Active);
    }
}

#[tokio::test]
async fn one_letter_a_day_asks_whatever_about() {
    let joining = Joining::new().await;
    for (digests, day, answer) in [
        (["weekly"].as_slice(), 0, JoinAnswer::Queued),
        (&["weekly"], 0, JoinAnswer::Nothing),
        (&["daily"], 0, JoinAnswer::Nothing),
        (&["daily", "weekly"], 0, JoinAnswer::Nothing),
        (&["daily", "weekly"], 1, JoinAnswer::Queued),
        (&["weekly"], 1, JoinAnswer::Nothing),
    ] {
        let found = joining.ask(ADA, digests, 1, days(day)).await;
        assert_eq!(found, answer, "{digests:?} {day}");
    }
    assert_eq!(joining.letters().await, 2);
    // Each is answered for itself, and once.
    let both = ["daily", "weekly"];
    assert_eq!(
        joining.confirm(ADA, &both, days(1), days(2)).await,
        done(&both)
    );
    assert_eq!(
        joining.confirm(ADA, &both, days(1), days(2)).await,
        Confirmation::Before
    );
    assert_eq!(
        joining.confirm(ADA, &["weekly"], noon(), days(2)).await,
        done(&["weekly"])
    );
    // A reader who has all of it is not asked.
    assert_eq!(
        joining.ask(ADA, &both, 1, days(5)).await,
        JoinAnswer::Nothing
    );
}

#[tokio::test]
async fn no_answer_counts_without_its_question_or_beyond_three_days() {
    let joining = Joining::new().await;
    joining.ask(ADA, &["weekly"], 1, noon()).await;
    joining.ask("bob@x.example", &["daily"], 1, noon()).await;
    let late = days(3) + TimeDelta::seconds(1);
    for (address, digests, at, expected) in [
        (ADA, ["weekly"], late, Confirmation::Expired),
        (ADA, ["daily"], noon(), Confirmation::Unknown),
        ("eve@x.example", ["weekly"], noon(), Confirmation::Unknown),
    ] {
        assert_eq!(
            joining.confirm(address, &digests, noon(), at).await,
            expected,
            "{address}"
        );
    }
    assert!(joining.digests().await.is_empty());
    let forgotten = joining
        .store
        .forget_reader(&ADA.parse().unwrap(), noon())
        .await;
    assert!(forgotten.unwrap().state.is_some());
    assert_eq!(
        joining.confirm(ADA, &["weekly"], noon(), noon()).await,
        Confirmation::Unknown
    );
    assert_eq!(
        joining.ask(ADA, &["weekly"], 1, days(9)).await,
        JoinAnswer::Nothing
    );
}

#[tokio::test]
async fn strangers_make_no_more_rows_than_the_limits_let_them() {
    let joining = Joining {
        limits: Join {
            per_hour: 30,
            per_domain: 10,
            per_network: 5,
        },
        ..Joining::new().await
    };
    let mut queued = 0;
    for number in 0..1000 {
        let address = format!("a{number}@d{}.example", number % 7);
        let network = u8::try_from(number % 100).unwrap();
        let answer = joining.ask(&address, &["weekly"], network, noon()).await;
        queued += usize::from(answer == JoinAnswer::Queued);
    }
    assert_eq!((queued, joining.letters().await), (30, 30));
    let count = async |table: &str| -> i64 {
        let text = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        sqlx::query_scalar(text)
            .fetch_one(&joining.store.pool)
            .await
            .unwrap()
    };
    assert_eq!(count("reader").await, 30);
    assert!(count("quota").await <= 30 + 7 + 1);
    // One network asks as often as it may, also for one address.
    let joining = Joining {
        limits: joining.limits,
        ..Joining::new().await
    };
    for number in 0..10 {
        let full = joining.ask(ADA, &["weekly"], 1, noon()).await == JoinAnswer::Full;
        assert_eq!(full, number >= 5);
    }
}

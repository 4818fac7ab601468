//! Stores of both databases with people and issues in them, for tests of the ledger.

use chrono::{DateTime, Utc};
use sqlx::{Connection as _, Executor as _};
use tidings::config::{StoreUrl, UncertainPolicy};
use tidings::inside::consent::ReaderState;
use tidings::inside::ledger::{Issue, IssueState, Outcome, Settled, Slot, SlotKind};
use tidings::inside::reader::{Email, Mailbox, ReaderId};
use tidings::inside::store::{Access, Freeze, Frozen, Sender, Store};
use tidings::inside::token::random_id;
use tokio::runtime::Runtime;

use crate::database::Database;

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_719_208_800 + seconds, 0).unwrap()
}

/// Does the same on a fresh SQLite file and, where there is a server, in a fresh database on it.
pub(crate) fn on_both<F: AsyncFn(&StoreUrl)>(name: &str, work: &F) {
    on_both_in(&Runtime::new().unwrap(), name, work);
}

pub(crate) fn on_both_in<F: AsyncFn(&StoreUrl)>(runtime: &Runtime, name: &str, work: &F) {
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(work(&StoreUrl::Sqlite(folder.path().join("tidings.db"))));
    if let Some(database) = Database::fresh(name) {
        runtime.block_on(work(&StoreUrl::Postgres(database.url())));
    }
}

/// Does something in a fresh database on the server, where there is one.
pub(crate) fn on_postgres<F: AsyncFn(&StoreUrl)>(name: &str, work: &F) {
    if let Some(database) = Database::fresh(name) {
        let url = StoreUrl::Postgres(database.url());
        Runtime::new().unwrap().block_on(work(&url));
    }
}

/// Makes a function of PostgreSQL for triggers, `meet()`: the first one that calls it meets a deadlock.
pub(crate) const MEET: &str = "CREATE SEQUENCE met; \
    CREATE FUNCTION meet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
    IF nextval('met') = 1 THEN RAISE EXCEPTION 'crosswise' USING ERRCODE = '40P01'; END IF; RETURN new; END $$";

pub(crate) async fn open(url: &StoreUrl) -> Store {
    Store::open(url, Access::Write, at(0)).await.unwrap()
}

pub(crate) fn people(count: usize) -> Vec<Mailbox> {
    (0..count)
        .map(|n| format!("reader{n}@x.example").parse().unwrap())
        .collect()
}

pub(crate) fn new_issue(slot: &str, made: i64) -> Issue {
    Issue {
        id: random_id().into(),
        digest: "weekly".to_owned(),
        slot: Slot {
            kind: SlotKind::Scheduled,
            name: slot.to_owned(),
        },
        made_at: at(made),
        state: IssueState::Open,
        reason: None,
        subject: "Tea".to_owned(),
        outbox: false,
        key: 100.into(),
    }
}

pub(crate) async fn freeze(store: &Store, issue: &Issue, to: &[Mailbox]) -> Frozen {
    let freeze = Freeze {
        issue,
        compiled: "{}",
        page: "",
        posts: &[],
        to,
        subscribers: true,
        slot_at: None,
        again: false,
    };
    store.freeze(&freeze).await.unwrap()
}

pub(crate) async fn sender(store: &Store) -> Sender {
    store
        .begin_sending(UncertainPolicy::Retry, at(0))
        .await
        .unwrap()
        .unwrap()
}

/// Opens a store in which an issue for so many people is frozen.
pub(crate) async fn frozen(url: &StoreUrl, count: usize) -> (Store, Issue) {
    let store = open(url).await;
    let issue = new_issue("one", 0);
    let frozen = freeze(&store, &issue, &people(count)).await;
    assert!(matches!(frozen, Frozen::Made(_)), "{frozen:?}");
    (store, issue)
}

/// The same, with a sender.
pub(crate) async fn sending(url: &StoreUrl, count: usize) -> (Store, Issue, Sender) {
    let (store, issue) = frozen(url, count).await;
    let sender = sender(&store).await;
    (store, issue, sender)
}

/// The deliveries of an issue by state, like `2 queued, 1 sent`.
pub(crate) async fn counts(store: &Store, issue: &Issue) -> String {
    store.count_deliveries(issue.id).await.unwrap().to_string()
}

/// Claims this many of the newest issue, and says that they are about to be sent.
pub(crate) async fn begin(sender: &Sender, count: usize) -> Vec<(ReaderId, Email)> {
    let issue = sender.store().load_issues().await.unwrap().remove(0).id;
    let claimed = sender.claim(issue, count, at(0)).await.unwrap();
    let readers: Vec<_> = claimed
        .into_iter()
        .map(|claim| (claim.reader.id, claim.reader.email))
        .collect();
    let ids = readers.iter().map(|(id, _)| *id).collect();
    assert!(sender.intend(issue, ids).await.unwrap().is_empty());
    readers
}

/// Records that this became of each of them.
pub(crate) async fn settle(sender: &Sender, readers: &[(ReaderId, Email)], outcome: Outcome) {
    let issue = sender.store().load_issues().await.unwrap().remove(0).id;
    let settled = |(reader, email): &(ReaderId, Email)| {
        let reply = format!("550 5.1.1 <{email}> is unknown");
        Settled {
            reader: *reader,
            outcome: outcome.clone(),
            reply,
        }
    };
    sender
        .settle(issue, readers.iter().map(settled).collect(), at(1))
        .unwrap();
    sender.flush().await.unwrap();
}

pub(crate) async fn reader(store: &Store, address: &str) -> (ReaderId, ReaderState) {
    store
        .find_reader(&address.parse().unwrap())
        .await
        .unwrap()
        .unwrap()
}

/// Says this to the database itself.
pub(crate) async fn tell(url: &StoreUrl, text: &'static str) {
    let address = match url {
        StoreUrl::Sqlite(file) => format!("sqlite://{}", file.display()),
        StoreUrl::Postgres(address) => address.clone(),
    };
    let mut connection = sqlx::AnyConnection::connect(&address).await.unwrap();
    connection.execute(sqlx::raw_sql(text)).await.unwrap();
    connection.close().await.unwrap();
}

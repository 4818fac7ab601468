//! What others do to the store between two statements of a sender's: nobody is stranded, nothing is kept that was erased,
//! and what only met a lock is done again.

use tidings::config::StoreUrl;
use tidings::ledger::{IssueState, Outcome, Settled};
use tidings::reader::{Email, ReaderId};
use tidings::store::{Added, Joining, ReaderState, Sender, Store};
use tokio::runtime::Runtime;

use crate::database::Database;
use crate::ledger::{at, freeze, new_issue, on_both, open, people, sender, tell};

const JOINING: Joining<'_> =
    Joining { digests: &[], state: ReaderState::Active, returning: false, consent: Some("a test") };

/// Claims this many of the newest issue, and says that they are about to be sent.
async fn begin(sender: &Sender, count: usize) -> Vec<(ReaderId, Email)> {
    let issue = sender.store().issues().await.unwrap().remove(0).id;
    let claimed = sender.claim(issue, count, at(0)).await.unwrap();
    let readers: Vec<_> = claimed.into_iter().map(|claim| (claim.reader.id, claim.reader.email)).collect();
    let ids = readers.iter().map(|(id, _)| *id).collect();
    assert!(sender.intend(issue, ids).await.unwrap().is_empty());
    readers
}

async fn settle(sender: &Sender, readers: &[(ReaderId, Email)], outcome: Outcome) {
    let issue = sender.store().issues().await.unwrap().remove(0).id;
    let settled = |(reader, email): &(ReaderId, Email)| {
        let reply = format!("550 5.1.1 <{email}> is unknown");
        Settled { reader: *reader, outcome: outcome.clone(), reply }
    };
    sender.settle(issue, readers.iter().map(settled).collect(), at(1)).unwrap();
    sender.flush().await.unwrap();
}

/// What the store is asked for, one after the other.
async fn ask(step: usize, store: &Store, sender: &Sender) {
    let issue = store.issues().await.unwrap().remove(0);
    let known = people(1).remove(0).0;
    match step {
        0 => assert_eq!(store.add_readers(&people(2), &JOINING, at(1)).await.unwrap()[1], Added::New),
        1 => assert!(store.begin_digest("weekly", &[], 0, at(1)).await.unwrap()),
        2 => store.pass_slot("weekly", 1).await.unwrap(),
        3 => assert!(store.remove_reader(&known, &["other".to_owned()], at(1)).await.unwrap()),
        4 => assert_eq!(begin(sender, 1).await.len(), 1),
        5 => {
            let begun = store.find_reader(&known).await.unwrap().unwrap().0;
            settle(sender, &[(begun, known)], Outcome::Bounced).await;
        }
        6 => {
            let begun = store.find_reader(&known).await.unwrap().unwrap().0;
            sender.doubt_bounces(issue.id, &[begun], at(0)).await.unwrap();
            assert_eq!(store.counts(issue.id).await.unwrap()[0], 1);
        }
        7 => {
            begin(sender, 1).await;
            let begun = store.find_reader(&known).await.unwrap().unwrap().0;
            settle(sender, &[(begun, known)], Outcome::Uncertain(None)).await;
        }
        8 => assert_eq!(store.resolve(issue.id, &[], true, at(0)).await.unwrap(), 1),
        9 => assert!(!sender.finish(issue.id).await.unwrap()),
        10 => {
            let open = [IssueState::Open];
            assert!(store.change_issue(issue.id, &open, IssueState::Cancelled, None).await.unwrap());
        }
        _ => assert!(store.forget_reader(&known, at(4)).await.unwrap()),
    }
}

#[test]
fn whatever_meets_a_deadlock_is_done_again() {
    let Some(database) = Database::fresh("again") else { return };
    let url = StoreUrl::Postgres(database.url());
    Runtime::new().unwrap().block_on(async {
        let store = open(&url).await;
        let sender = sender(&store).await;
        freeze(&store, &new_issue("one", 0), &people(1)).await;
        // The first statement that writes into a table of the ledger's, after each restart, meets one.
        tell(
            &url,
            "CREATE SEQUENCE met; CREATE FUNCTION meet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF nextval('met') = 1 THEN RAISE EXCEPTION 'crosswise' USING ERRCODE = '40P01'; END IF; RETURN new; END $$; \
             DO $$ DECLARE name TEXT; BEGIN FOREACH name IN ARRAY ARRAY['reader', 'delivery', 'issue', 'digest', 'event'] \
             LOOP EXECUTE format('CREATE TRIGGER meets BEFORE INSERT OR UPDATE ON %I FOR EACH STATEMENT \
             EXECUTE FUNCTION meet()', name); END LOOP; END $$",
        )
        .await;
        for step in 0..12 {
            tell(&url, "ALTER SEQUENCE met RESTART").await;
            ask(step, &store, &sender).await;
        }
        tell(&url, "ALTER SEQUENCE met RESTART").await;
        freeze(&store, &new_issue("two", 5), &people(2)).await;
    });
}

#[test]
fn two_who_add_the_same_people_at_once_both_succeed() {
    on_both("same", &async |url: &StoreUrl| {
        let (one, two) = (open(url).await, open(url).await);
        for round in 0..10 {
            let person = |n: usize| (format!("r{round}.{n}@x.example").parse().unwrap(), None);
            let there: Vec<(Email, Option<String>)> = (0..200).map(person).collect();
            let back: Vec<(Email, Option<String>)> = (0..200).rev().map(person).collect();
            let (first, second) =
                tokio::join!(one.add_readers(&there, &JOINING, at(0)), two.add_readers(&back, &JOINING, at(0)));
            let new = [first.unwrap(), second.unwrap()].concat().into_iter().filter(|one| *one == Added::New).count();
            assert_eq!(new, 200);
        }
    });
}

//! Refusals over several issues, and bounces that are taken back.

use tidings::config::{StoreUrl, UncertainPolicy};
use tidings::inside::consent::{ReaderState, Source, Wish};
use tidings::inside::ledger::{DeliveryState, Outcome, Settled};
use tidings::inside::reader::ReaderId;
use tidings::inside::store::ConsentRequest;
use tidings::inside::token::random_id;

use crate::stores::{at, freeze, new_issue, on_both, open, people, reader, sending};

#[test]
fn the_third_issue_in_a_row_that_an_address_refuses_suppresses_it() {
    on_both("refused", &async |url: &StoreUrl| {
        for (outcomes, expected) in [
            (
                vec![Outcome::Refused, Outcome::Refused],
                ReaderState::Active,
            ),
            (
                vec![Outcome::Refused, Outcome::Refused, Outcome::Refused],
                ReaderState::Bounced,
            ),
            (
                vec![
                    Outcome::Refused,
                    Outcome::Refused,
                    Outcome::Sent,
                    Outcome::Refused,
                ],
                ReaderState::Active,
            ),
            (
                vec![Outcome::GivenUp, Outcome::GivenUp, Outcome::GivenUp],
                ReaderState::Active,
            ),
            (vec![Outcome::Bounced], ReaderState::Bounced),
        ] {
            let store = open(url).await;
            let address = format!("r{}@x.example", random_id());
            let sender = loop {
                if let Ok(sender) = store
                    .begin_sending(UncertainPolicy::Retry, at(0))
                    .await
                    .unwrap()
                {
                    break sender;
                }
            };
            for (number, outcome) in outcomes.iter().enumerate() {
                let made = i64::try_from(number).unwrap();
                let issue = new_issue(&format!("{address} {number}"), made);
                freeze(&store, &issue, &[address.parse().unwrap()]).await;
                let claimed = sender.claim(issue.id, 1, at(made)).await.unwrap();
                sender
                    .intend(issue.id, vec![claimed[0].reader.id])
                    .await
                    .unwrap();
                let reply = "550 no\u{a0}such user".to_owned();
                let settled = Settled {
                    reader: claimed[0].reader.id,
                    outcome: outcome.clone(),
                    reply,
                };
                sender.settle(issue.id, vec![settled], at(made)).unwrap();
                sender.flush().await.unwrap();
                assert!(sender.finish(issue.id).await.unwrap());
            }
            assert_eq!(reader(&store, &address).await.1, expected, "{outcomes:?}");
        }
    });
}

#[test]
fn a_reader_whose_bounce_was_the_relays_fault_waits_again_once_and_a_person_brings_back_the_others()
{
    on_both("doubted", &async |url: &StoreUrl| {
        let (store, issue, sender) = sending(url, 3).await;
        for (round, left) in [(0, 2), (1, 1), (2, 0)] {
            let claimed = sender.claim(issue.id, 2, at(round)).await.unwrap();
            let all: Vec<ReaderId> = claimed.iter().map(|claim| claim.reader.id).collect();
            sender.intend(issue.id, all.clone()).await.unwrap();
            let bounced = |reader: &ReaderId| Settled {
                reader: *reader,
                outcome: Outcome::Bounced,
                reply: "550 5.1.1 no".to_owned(),
            };
            sender
                .settle(issue.id, all.iter().map(bounced).collect(), at(round))
                .unwrap();
            sender.flush().await.unwrap();
            let before = store.count_deliveries(issue.id).await.unwrap()[DeliveryState::Bounced];
            sender
                .doubt_refusals(issue.id, &all, at(round))
                .await
                .unwrap();
            let after = store.count_deliveries(issue.id).await.unwrap()[DeliveryState::Bounced];
            assert_eq!(before - after, left, "in round {round}");
        }
        let request = ConsentRequest {
            wish: Wish::Subscribe,
            by: Source::Owner,
            digests: &[],
            consent: None,
        };
        store.request(&people(3), &request, at(5)).await.unwrap();
        for n in 0..3 {
            assert_eq!(
                reader(&store, &format!("reader{n}@x.example")).await.1,
                ReaderState::Active
            );
        }
    });
}

//! Upgrades of the schema, and what it refuses.

use sqlx::Executor;
use tidings::config::StoreUrl;
use tidings::inside::consent::ReaderState;
use tidings::inside::ledger::IssueState;
use tidings::inside::store::{Access, Store, StoreError};

use crate::stores::{at, freeze, new_issue, on_both, open, people, reader, sender};

/// The schema as the first version made it; never edited.
const FIRST_SCHEMA: &str = include_str!("../schema-1.sql");

#[test]
fn a_store_of_the_first_version_is_upgraded_and_one_of_a_later_is_refused() {
    on_both("versions", &async |url: &StoreUrl| {
        let address = match url {
            StoreUrl::Sqlite(file) => format!("sqlite://{}?mode=rwc", file.display()),
            StoreUrl::Postgres(address) => address.clone(),
        };
        sqlx::any::install_default_drivers();
        let pool = sqlx::AnyPool::connect(&address).await.unwrap();
        pool.execute(sqlx::raw_sql(FIRST_SCHEMA)).await.unwrap();
        let slots = [
            ("begin", "known"),
            ("begin 2024-06-24T06:00:00+00:00", "known"),
            ("post tag:hums.example,2024:tea", "post"),
            ("post to the outbox tag:hums.example,2024:tea", "post"),
            (
                "by hand 2024-06-24T06:00:00+00:00 00000000000000aa",
                "by hand",
            ),
            ("2024-07-01T06:00:00+00:00 cancelled 8", "scheduled"),
            ("leave 2024-06-24", "letter"),
        ];
        for (number, (slot, _)) in slots.iter().enumerate() {
            let text = format!(
                "INSERT INTO issue (id, digest, slot, made_at, state, subject, page, compiled, outbox, key) \
                 VALUES ({}, 'old', '{slot}', 0, 'done', '', '', '', 0, 100)",
                number + 100
            );
            let text = sqlx::raw_sql(sqlx::AssertSqlSafe(text));
            pool.execute(text).await.unwrap();
        }
        let store = open(url).await;
        for (number, (slot, kind)) in (100..).zip(slots) {
            let issue = store.load_issue(number.into()).await.unwrap().unwrap();
            assert_eq!((issue.slot.kind.word(), &*issue.slot.name), (kind, slot));
        }
        let read = Store::open(url, Access::Read, at(0)).await.unwrap();
        assert_eq!(store.name(), "00000000deadbeef");
        assert_eq!(
            read.load_last_slot("weekly").await.unwrap(),
            Some(1_719_208_800)
        );
        let (id, state) = reader(&store, "ada@x.example").await;
        assert_eq!((id, state), (42.into(), ReaderState::Active));
        let issue = store.load_issues().await.unwrap().remove(0);
        assert_eq!((issue.id, issue.state), (7.into(), IssueState::Open));
        let sender = sender(&store).await;
        assert_eq!(
            sender.claim(7.into(), 10, at(0)).await.unwrap()[0]
                .reader
                .email
                .as_str(),
            "ada@x.example"
        );
        assert!(
            store
                .load_announced("weekly", true)
                .await
                .unwrap()
                .contains("tag:hums.example,2024:tea")
        );
        drop(sender);

        pool.execute(sqlx::raw_sql("UPDATE schema_version SET version = 1000"))
            .await
            .unwrap();
        let refused = Store::open(url, Access::Write, at(0)).await.unwrap_err();
        assert!(
            matches!(refused, StoreError::Newer { found: 1000, .. }),
            "{refused}"
        );
        pool.close().await;
    });
}

#[test]
fn the_schema_refuses_what_no_ledger_may_hold() {
    on_both("checks", &async |url: &StoreUrl| {
        let store = open(url).await;
        freeze(&store, &new_issue("one", 0), &people(1)).await;
        let address = match url {
            StoreUrl::Sqlite(file) => format!("sqlite://{}", file.display()),
            StoreUrl::Postgres(address) => address.clone(),
        };
        let pool = sqlx::AnyPool::connect(&address).await.unwrap();
        for text in [
            "UPDATE delivery SET state = 1",
            "UPDATE delivery SET state = 9",
            "UPDATE issue SET state = 'odd'",
            "UPDATE issue SET kind = 'odd'",
            "UPDATE reader SET address = NULL",
            "UPDATE reader SET state = 'odd'",
            "INSERT INTO delivery SELECT * FROM delivery",
        ] {
            assert!(pool.execute(text).await.is_err(), "{text}");
        }
        pool.close().await;
    });
}

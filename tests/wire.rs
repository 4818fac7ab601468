//! Every phase of the dialogue × every fault: what becomes of the recipient, the issue and the next run.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tidings::clock::Clock;
use tidings::config::{Mail, StoreUrl, UncertainPolicy};
use tidings::inside::consent::ReaderState;
use tidings::inside::delivery::{IssueDelivery, Mailer, Progress, Stop};
use tidings::inside::ledger::{DeliveryState, Issue, IssueState};
use tidings::inside::message::Compiled;
use tidings::inside::reader::ReaderId;
use tidings::inside::store::{Access, Busy, Store, StoreError};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::relay::{Fault, Habits, Relay};
use crate::scene::{MONDAY, Scene};

const TUESDAY: &str = "2024-06-25T09:00:00+02:00";

/// A site whose one issue is frozen, for these recipients, and has not left.
fn frozen(recipients: &[&str]) -> Scene {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    let config = scene
        .read("config.toml")
        .replace("editor@hums.example", &recipients.join("\", \""));
    let scene = scene.file("config.toml", &config);
    let environment = [
        ("TIDINGS_MAIL__SMTP", "smtp://127.0.0.1:9?tls=none"),
        ("TIDINGS_MAIL__PATIENCE", "0s"),
    ];
    let ran = scene.run_with(&["--at", MONDAY, "run"], &environment);
    assert!(
        ran.code == 1 && ran.talk.contains("the next run goes on"),
        "{}{}",
        ran.out,
        ran.talk
    );
    scene
}

fn mail(url: &str, uncertain: UncertainPolicy) -> Mail {
    let text = format!(
        "smtp = \"{url}\"\nuser = \"news\"\npassword = \"hunter2\"\npatience = \"0s\"\nconnections = 1\n\
         timeout = {{ connect = \"3s\", greeting = \"1s\", command = \"1s\", data = \"1s\", block = \"1s\", dot = \"1s\" }}"
    );
    Mail {
        uncertain,
        ..toml::from_str(&text).unwrap()
    }
}

/// The state of the reader, the delivery and the issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standing {
    state: DeliveryState,
    attempts: i64,
    reader: ReaderState,
    issue: IssueState,
    uncertain: usize,
}

/// Sends the newest issue of a store.
pub(crate) async fn deliver(
    store: &Store,
    mail: &Mail,
    at: &str,
) -> Result<Option<String>, StoreError> {
    let at: DateTime<Utc> = at.parse().unwrap();
    let sender = loop {
        // A process that another test has just forked holds the lock until it becomes its program.
        match store.begin_sending(mail.uncertain, at).await.unwrap() {
            Ok(sender) => break sender,
            Err(Busy) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    let issue = store.load_issues().await.unwrap().remove(0);
    if issue.state != IssueState::Open {
        return Ok(None);
    }
    let compiled = Compiled::from_text(&store.load_compiled(issue.id).await.unwrap()).unwrap();
    let delivery = IssueDelivery {
        sender,
        key: store.load_key(issue.key).await.unwrap(),
        issue,
        compiled: Arc::new(compiled),
        mail: Arc::new(mail.clone()),
        clock: Clock::new(Some(at)),
        progress: Progress::hidden(),
        stop: Stop::default(),
    };
    delivery
        .deliver(&Mailer::Smtp(mail.smtp.clone().unwrap()))
        .await
}

/// The one who has not got it, else a recipient.
async fn standing(store: &Store, recipient: &str) -> (Issue, Standing) {
    let issue = store.load_issues().await.unwrap().remove(0);
    let missed = store
        .load_missed(issue.id, ReaderId::MIN, 10)
        .await
        .unwrap();
    assert!(missed.len() < 2, "{missed:?}");
    let uncertain = store.load_unknown_outcomes(issue.id).await.unwrap().len();
    let one = missed
        .first()
        .and_then(|missed| missed.address.as_deref())
        .unwrap_or(recipient);
    let (_, reader) = store
        .find_reader(&one.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let (state, attempts) = missed.first().map_or((DeliveryState::Sent, 1), |missed| {
        (missed.state, missed.attempts)
    });
    let standing = Standing {
        state,
        attempts,
        reader,
        issue: issue.state,
        uncertain,
    };
    (issue, standing)
}

/// Returns the state that the table of replies asks for.
fn expected(cell: Cell) -> Standing {
    let Cell {
        phase,
        fault,
        uncertain,
        ahead,
        ..
    } = cell;
    let sent = Standing {
        state: DeliveryState::Sent,
        attempts: 1,
        reader: ReaderState::Active,
        issue: IssueState::Done,
        uncertain: 0,
    };
    let untouched = Standing {
        state: DeliveryState::Queued,
        attempts: 0,
        issue: IssueState::Open,
        ..sent
    };
    let paused = Standing {
        issue: IssueState::Paused,
        ..untouched
    };
    let deferred = Standing {
        attempts: 1,
        ..untouched
    };
    let given_up = Standing {
        state: DeliveryState::GivenUp,
        ..sent
    };
    let unanswered = match uncertain {
        UncertainPolicy::Retry => Standing {
            uncertain: 1,
            ..deferred
        },
        UncertainPolicy::Hold => Standing {
            state: DeliveryState::Uncertain,
            uncertain: 1,
            ..sent
        },
    };
    let code = match fault {
        Fault::Says(reply) => reply.split(' ').next().unwrap().parse().unwrap(),
        _ => 0,
    };
    match (phase, fault) {
        // An envelope that was said ahead and found no good answer is said again, in turn.
        ("MAIL", Fault::Twice) => untouched,
        ("MAIL", _) if ahead && !matches!(code, 421 | 451) => sent,
        ("RSET", _) => Standing {
            state: DeliveryState::Bounced,
            reader: ReaderState::Bounced,
            ..sent
        },
        // Such an answer offers no AUTH, and the password goes nowhere unasked.
        ("EHLO", Fault::Latin1 | Fault::Bare) | ("STARTTLS", Fault::Twice) => paused,
        ("QUIT", _) | (_, Fault::Latin1 | Fault::Bare) | (".", Fault::Twice) => sent,
        ("AUTH" | "MAIL", _) if code == 550 => paused,
        ("RCPT" | "body" | ".", _) if code == 451 => deferred,
        // Beside one who was accepted it is about this recipient; refused alone, it may be about us.
        ("RCPT" | "DATA" | "body" | ".", _) if code == 550 && ahead => given_up,
        ("RCPT" | "DATA" | "body" | ".", _) if code == 550 => Standing {
            attempts: 1,
            ..paused
        },
        ("body" | ".", _) if code == 421 => deferred,
        ("body" | ".", _) => unanswered,
        _ => untouched,
    }
}

#[derive(Clone, Copy)]
struct Cell {
    phase: &'static str,
    fault: Fault,
    pipelining: bool,
    uncertain: UncertainPolicy,
    /// At the second of two messages, whose envelope goes out with the first.
    ahead: bool,
}

const FAULTS: [Fault; 15] = [
    Fault::Says("421 4.3.2 closing"),
    Fault::Says("451 4.3.0 later"),
    Fault::Says("550 no"),
    Fault::Drop,
    Fault::Reset,
    Fault::Hang,
    Fault::Stall,
    Fault::Drip,
    Fault::Garbage,
    Fault::Half,
    Fault::Endless,
    Fault::EndlessLines,
    Fault::Latin1,
    Fault::Bare,
    Fault::Twice,
];

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for phase in [
        "greeting", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "body", ".", "RSET", "QUIT",
    ] {
        for fault in FAULTS {
            // A right answer in the middle of a body is none, and behind that to STARTTLS must come TLS: the tests of TLS
            // have these two.
            let is_right = matches!(fault, Fault::Latin1 | Fault::Bare);
            if is_right && (phase == "STARTTLS" || phase == "body")
                || (phase, fault) == ("body", Fault::Twice)
            {
                continue;
            }
            for (pipelining, uncertain) in [
                (false, UncertainPolicy::Retry),
                (true, UncertainPolicy::Hold),
            ] {
                cells.push(Cell {
                    phase,
                    fault,
                    pipelining,
                    uncertain,
                    ahead: false,
                });
                if pipelining && ["MAIL", "RCPT", "DATA", "body", "."].contains(&phase) {
                    cells.push(Cell {
                        phase,
                        fault,
                        pipelining,
                        uncertain,
                        ahead: true,
                    });
                }
            }
        }
    }
    cells
}

async fn check(cell: Cell, scene: &Scene, recipient: &str) {
    let Cell {
        phase,
        fault,
        pipelining,
        uncertain,
        ahead,
    } = cell;
    let label = format!("{phase} {fault:?} {pipelining} {uncertain:?} ahead: {ahead}");
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("tidings.db");
    for name in scene
        .names("")
        .iter()
        .filter(|name| name.starts_with("tidings.db") && !name.ends_with("-shm"))
    {
        fs::copy(scene.path(name), folder.path().join(name)).unwrap();
    }
    let store = Store::open(
        &StoreUrl::Sqlite(database),
        Access::Write,
        MONDAY.parse().unwrap(),
    )
    .await
    .unwrap();
    let offers: &[&str] = if phase == "STARTTLS" {
        &["STARTTLS"]
    } else {
        &["AUTH LOGIN PLAIN", "SIZE 1000000"]
    };
    let from = usize::from(ahead);
    let bad = Relay::start(Habits {
        script: Some((phase, fault)),
        from,
        offers,
        ..Habits::good(pipelining, Duration::ZERO)
    });
    let url = if phase == "STARTTLS" {
        bad.tls_url()
    } else {
        bad.url()
    };

    let began = Instant::now();
    let stopped = deliver(&store, &mail(&url, uncertain), MONDAY)
        .await
        .unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(12),
        "{label}: it took {:?}",
        began.elapsed()
    );
    let (issue, came_to) = standing(&store, recipient).await;
    let expected = expected(cell);
    assert_eq!(came_to, expected, "{label}: {stopped:?}");
    let is_paused = issue.state == IssueState::Paused;
    assert_eq!(
        stopped
            .as_ref()
            .is_some_and(|why| why.contains("tidings issue resume")),
        is_paused,
        "{label}"
    );
    let is_unsaid = ["QUIT", "RSET", "body", "."].contains(&phase) || ahead && phase == "MAIL";
    if matches!(fault, Fault::Endless | Fault::EndlessLines) && !is_unsaid {
        let why = stopped.unwrap();
        assert!(
            why.contains("too long") || why.contains("has no end"),
            "{label}: {why}"
        );
    }
    if phase == "STARTTLS" {
        assert_eq!(bad.heard(), ["EHLO hums.example", "STARTTLS"], "{label}");
    }

    // A day later the relay is well, and a person has looked at what paused.
    if is_paused {
        assert!(
            store
                .change_issue(issue.id, &[IssueState::Paused], IssueState::Open, None)
                .await
                .unwrap()
        );
    }
    let good = Relay::start(Habits {
        offers: &["AUTH PLAIN"],
        ..Habits::good(true, Duration::ZERO)
    });
    deliver(&store, &mail(&good.url(), uncertain), TUESDAY)
        .await
        .unwrap();
    let (_, ended) = standing(&store, recipient).await;
    assert_eq!(ended.issue, IssueState::Done, "{label}");
    let last = if expected.state == DeliveryState::Queued {
        DeliveryState::Sent
    } else {
        expected.state
    };
    assert_eq!(
        (ended.state, ended.uncertain),
        (last, expected.uncertain),
        "{label}"
    );
    let (mut first, second) = (bad.taken(), good.taken());
    if ahead {
        assert!(bad.ahead() > 0, "{label}: nothing was said ahead");
        assert!(
            first.len() + second.len() >= 2 || ended.state != DeliveryState::Sent,
            "{label}: nobody else has got it"
        );
        // The one before has got it, once; what is left is about the second.
        let before = first.remove(0);
        assert!(
            !first.contains(&before) && !second.contains(&before),
            "{label}: the first was sent twice"
        );
    }
    match (first.len(), second.len()) {
        (1, 1) => {
            assert!(
                expected.uncertain == 1,
                "{label}: a repeat that is listed nowhere"
            );
            assert_eq!(first, second, "{label}: the bytes differ");
        }
        (one, other) => {
            let is_taken = ended.state == DeliveryState::Sent
                || (phase, ended.state) == (".", DeliveryState::Uncertain);
            assert_eq!(one + other, usize::from(is_taken), "{label}");
        }
    }
}

#[test]
fn every_fault_in_every_phase_leaves_the_recipient_in_the_state_of_the_table() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let [scene, bad, two] = [
        &["editor@hums.example"][..],
        &["bad@x.example"],
        &["one@x.example", "two@x.example"],
    ]
    .map(|recipients| Arc::new(frozen(recipients)));
    runtime.block_on(async {
        let room = Arc::new(Semaphore::new(40));
        let mut tasks = JoinSet::new();
        for cell in cells() {
            let (room, scene, bad, two) = (room.clone(), scene.clone(), bad.clone(), two.clone());
            tasks.spawn(async move {
                let _place = room.acquire().await.unwrap();
                match cell.phase {
                    _ if cell.ahead => check(cell, &two, "two@x.example").await,
                    "RSET" => check(cell, &bad, "bad@x.example").await,
                    _ => check(cell, &scene, "editor@hums.example").await,
                }
            });
        }
        assert_eq!(tasks.len(), 392);
        let mut failed = 0;
        while let Some(ended) = tasks.join_next().await {
            failed += usize::from(ended.is_err());
        }
        assert_eq!(failed, 0, "cells failed");
    });
}

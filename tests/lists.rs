//! Lists of people as other programs write them, what an import would do, and what an export gives back.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use tidings::config::StoreUrl;
use tidings::inside::consent::{ReaderState, Source, Wish};
use tidings::inside::reader::{Email, Mailbox};
use tidings::inside::store::{ConsentRequest, Foreseen, Store, StoreError};
use tidings::inside::subscriber::List;

use crate::scene::{CONFIG, Scene};
use crate::stores::{at, on_both, open};

const NOON: &str = "2024-06-24T12:00:00Z";

/// The file, and each line of it as the address's local part, the name and the state (`-`: it says nothing).
const PROGRAMS: &[(&str, &[&str])] = &[
    (
        "subscribed_email_audience_export_1a2b3c.csv",
        &["ada|Ada Night|-", "bob||-"],
    ),
    (
        "unsubscribed_email_audience_export_1a2b3c.csv",
        &["left|Lea|left", "spam|Sam|complained"],
    ),
    (
        "cleaned_email_audience_export_1a2b3c.csv",
        &["gone|Gil|bounced"],
    ),
    (
        "nonsubscribed_email_audience_export_1a2b3c.csv",
        &["customer|Cleo|pending"],
    ),
    // A reader who pays nothing, or no more, still reads.
    (
        "substack-email-list.csv",
        &["free||-", "paid||-", "quiet||left"],
    ),
    ("substack-dashboard.csv", &["ada|Ada|-", "bob|Bob|-"]),
    (
        "buttondown.csv",
        &[
            "regular||active",
            "premium||active",
            "unactivated||pending",
            "unsubscribed||left",
            "removed||left",
            "undeliverable||bounced",
            "complained||complained",
            "`hibernating` is no state",
        ],
    ),
    (
        "ghost.csv",
        &["ada|Ada Night|-", "left|Lea|left", "deleted||left"],
    ),
    (
        "listmonk.csv",
        &[
            "ada|Ada Night|active",
            "disabled|Dis|left",
            "blocked|Blo|left",
        ],
    ),
    (
        "kit.csv",
        &[
            "ada|Ada|active",
            "unconfirmed|Una|pending",
            "cancelled|Can|left",
            "bounced|Bo|bounced",
            "complained|Com|complained",
            "cold|Cy|active",
        ],
    ),
    (
        "convertkit-api.csv",
        &["maja|Maja|active", "inactive|Ina|pending"],
    ),
    (
        "keila.csv",
        &[
            "active|Foo Bar|active",
            "unsubscribed|Foo Bar|left",
            "unreachable|Foo Bar|bounced",
            "empty|Foo Bar|-",
        ],
    ),
    (
        "mailman-members.txt",
        &["anne|Anne Person|-", "bart||-", "cris|Person, Cris|-"],
    ),
    ("mailman-postorius.csv", &["anne||-", "bart||-"]),
    ("plain.txt", &["ada||-", "bob||-"]),
];

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lists");
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn the_export_of_each_program_is_read_with_what_people_were_there() {
    for (file, lines) in PROGRAMS {
        let text = fixture(file);
        let list = List::open(text.as_bytes(), file).unwrap();
        let found: Vec<String> = list
            .map(|row| match row {
                Ok(one) => {
                    let state = one.state.map_or("-", ReaderState::word);
                    let name = one.name.unwrap_or_default();
                    format!("{}|{name}|{state}", one.email.local())
                }
                Err(finding) => finding.message,
            })
            .collect();
        assert_eq!(found, *lines, "{file}");
    }
}

#[test]
fn only_those_who_got_mail_there_get_it_here_and_a_dry_run_says_so_before() {
    let mut scene = Scene::new();
    for (file, lines) in PROGRAMS {
        scene = scene.file(file, &fixture(file));
        let import = ["--at", NOON, "subscriber", "import", file, "--confirmed"];
        let before = scene.run_at(NOON, &["subscriber", "export"]);
        let dry = scene.run(&[&import[..], &["--dry-run"]].concat());
        assert_eq!(dry.out, "", "{file}");
        assert_eq!(scene.run_at(NOON, &["subscriber", "export"]), before);
        let ran = scene.run(&import);
        assert_eq!(ran.code, dry.code, "{file}");
        let counts = ran.out.trim();
        assert!(dry.talk.contains(counts), "{file}: {counts}: {}", dry.talk);
        let everyone = scene.run_at(NOON, &["subscriber", "list"]);
        let domain = file_domain(file);
        for line in *lines {
            let Some((local, rest)) = line.split_once('|') else {
                continue;
            };
            let state = rest.rsplit('|').next().unwrap().replace('-', "active");
            let row = format!("{local}@{domain}  {state}  weekly");
            assert!(
                everyone.lines().any(|line| line == row),
                "{row}: {everyone}"
            );
        }
    }
}

fn file_domain(file: &str) -> String {
    let text = fixture(file);
    let (_, rest) = text.split_once('@').unwrap();
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    rest[..end.unwrap_or(rest.len())].to_owned()
}

#[test]
fn a_dry_run_makes_no_store_and_counts_who_is_named_twice_once() {
    let list = "email,state\nada@x.example,\nADA@x.example,\nbob@x.example,left\nbob@x.example,\n";
    let scene = Scene::new().file("people.csv", list);
    let import = ["subscriber", "import", "people.csv", "--confirmed"];
    let dry = scene.run(&[&["--at", NOON][..], &import, &["--dry-run"]].concat());
    assert!(!scene.path("tidings.db").exists());
    let ran = scene.run(&[&["--at", NOON][..], &import].concat());
    assert_eq!(ran.out, "1 new, 1 known, 2 suppressed, 0 refused\n");
    assert!(dry.talk.contains(ran.out.trim()), "{}", dry.talk);
}

#[test]
fn a_quotation_mark_left_open_takes_nobody_with_it() {
    let scene = Scene::new().file(
        "people.csv",
        "email,notes\nada@x.example,\"open\nbob@x.example,\ncy@x.example,\"two\nlines\"\n",
    );
    let ran = scene.run(&["--at", NOON, "subscriber", "import", "people.csv"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.talk
            .contains("people.csv:2: a field holds a line break"),
        "{}",
        ran.talk
    );
}

/// Everyone in the store by address: state and digests.
async fn everyone(store: &Store) -> Vec<(String, ReaderState, Vec<String>)> {
    let mut all = Vec::new();
    store
        .visit_subscribers(None, |one| -> Result<(), StoreError> {
            all.push((one.reader.email.to_string(), one.state, one.digests));
            Ok(())
        })
        .await
        .unwrap();
    all
}

#[test]
fn what_is_foreseen_is_what_is_answered_then() {
    on_both("foreseen", &async |url: &StoreUrl| {
        let store = open(url).await;
        let digests = ["monthly", "weekly"].map(str::to_owned);
        let mut made: Vec<Mailbox> = Vec::new();
        for state in ReaderState::ALL {
            for own in [&digests[..1], &digests[1..], &digests] {
                let email: Email = format!("{}{}@x.example", state.word(), made.len())
                    .parse()
                    .unwrap();
                make(&store, &email, state, own).await;
                made.push(email.into());
            }
        }
        made.push("nobody@x.example".parse().unwrap());
        made.push("active3@x.example".parse().unwrap());
        made.push("nobody@x.example".parse().unwrap());
        let wishes = [Wish::Subscribe, Wish::Leave, Wish::Bounce, Wish::Complain];
        let sources = [
            Source::List,
            Source::ConfirmedList,
            Source::ConfirmedDigests,
            Source::Owner,
        ];
        for wish in wishes {
            for by in sources {
                let request = ConsentRequest {
                    wish,
                    by,
                    digests: &digests,
                    consent: None,
                };
                let before = everyone(&store).await;
                let mut foreseen = Foreseen::default();
                let said = store.foresee(&made, &request, &mut foreseen).await.unwrap();
                assert_eq!(everyone(&store).await, before, "{wish:?} {by:?}");
                let done = store.request(&made, &request, at(1)).await.unwrap();
                assert_eq!(said, done, "{wish:?} {by:?}");
            }
        }
    });
}

/// Makes someone who is this and has these digests, and left the others.
async fn make(store: &Store, email: &Email, state: ReaderState, own: &[String]) {
    let one = [email.clone().into()];
    let all = ["monthly", "weekly"].map(str::to_owned);
    let by = match state {
        ReaderState::Pending => Source::List,
        _ => Source::Owner,
    };
    let ask = async |wish: Wish, by: Source, digests: &[String]| {
        let request = ConsentRequest {
            wish,
            by,
            digests,
            consent: None,
        };
        store.request(&one, &request, at(0)).await.unwrap();
    };
    ask(Wish::Subscribe, by, &all).await;
    let others: Vec<String> = all
        .iter()
        .filter(|name| !own.contains(name))
        .cloned()
        .collect();
    if !others.is_empty() {
        store.remove_reader(email, &others, at(0)).await.unwrap();
    }
    match state {
        ReaderState::Pending | ReaderState::Active => {}
        ReaderState::Forgotten => {
            store.forget_reader(email, at(0)).await.unwrap();
        }
        other => ask(Wish::for_listed(other), Source::List, &[]).await,
    }
}

fn person() -> impl Strategy<Value = (String, String, &'static str, &'static str)> {
    (
        "[a-z=+'-]{1,2}[a-z0-9]{1,3}",
        "[ -~äß“=+@'\"]{0,12}",
        prop::sample::select(vec!["active", "pending", "left", "bounced", "complained"]),
        prop::sample::select(vec!["", "weekly", "monthly", "monthly,weekly"]),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]
    #[test]
    fn an_export_imported_and_exported_again_is_the_same(
        people in prop::collection::vec(person(), 1..30)
    ) {
        let config = CONFIG.replace(
            "[mail]",
            "[[digest]]\nname = \"monthly\"\nschedule = \"0 8 1 * *\"\n[mail]",
        );
        let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
        let mut list = "email,name,state,digests\n".to_owned();
        for (local, name, state, digests) in &people {
            let email = format!("{local}@x.example");
            let row = [&email, name, *state, *digests].map(quoted).join(",");
            list.push_str(&format!("{row}\n"));
        }
        let move_to = |list: &str| {
            let scene = Scene::new().file("config.toml", &config).file("people.csv", list);
            let import = ["--at", NOON, "subscriber", "import", "people.csv", "--confirmed"];
            let ran = scene.run(&import);
            let exported = scene.run_at(NOON, &["subscriber", "export"]);
            let again = scene.run(&import);
            assert!(again.out.starts_with("0 new,"), "{}", again.out);
            assert_eq!(scene.run_at(NOON, &["subscriber", "export"]), exported);
            (ran.out, exported)
        };
        let (_, first) = move_to(&list);
        let (counts, second) = move_to(&first);
        prop_assert_eq!(&first, &second);
        prop_assert!(counts.ends_with(" 0 refused\n"), "{}", counts);
    }
}

//! Tests what is said to a person: foreign words are words alone, hints work as they stand, nothing is said twice.

use sqlx::{Connection, Executor, SqliteConnection};

use crate::relay::{Fault, Habits, Relay};
use crate::scene::{MONDAY, Ran, Scene};

const ORDER: &str = "\u{1b}]0;owned\u{7}\u{1b}[2Jx";

fn holds_an_order(ran: &Ran) -> bool {
    let is_order = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    ran.out.contains(is_order) || ran.talk.contains(is_order)
}

#[test]
fn no_post_gives_orders_to_the_terminal() {
    let scene = Scene::new()
        .post(&format!("name{ORDER}.md"), "One", "no date")
        .file(
            "post/date.md",
            &format!(
                "---\ntitle: Two\ndate: \"2024-06-01 {}\"\n---\nText.\n",
                "\\e]0;owned\\a"
            ),
        )
        .file(
            "post/permalink.md",
            "---\ntitle: Three\ndate: 2024-06-01\npermalink: \"http://\\e[2J/\"\n---\nText.\n",
        )
        .file(
            "post/title.md",
            "---\ntitle: \"Fo\\e[2Jur\"\ndate: 2024-06-02\n---\nText.\n",
        );
    for arguments in [
        &["-v", "build"][..],
        &[
            "-v", "--at", MONDAY, "digest", "weekly", "--posts", "title.md",
        ],
        &["status"],
        &["run", "--dry-run", "--at", MONDAY],
    ] {
        let ran = scene.run(arguments);
        assert!(
            !holds_an_order(&ran),
            "{arguments:?}: {:?} {:?}",
            ran.out,
            ran.talk
        );
    }
    let ran = scene.run(&["build"]);
    ran.says("\\u{1b}]0;owned");
}

#[test]
fn a_hint_names_the_config_in_use() {
    let scene = Scene::new();
    let config = scene.read("config.toml");
    let scene = scene.file("my site.toml", &config);
    for (arguments, hint) in [
        (
            &["subscriber", "show", "a@x.example"][..],
            "`tidings --config 'my site.toml' subscriber list` shows everyone",
        ),
        (
            &["issue", "resume", "1"],
            "`tidings --config 'my site.toml' status` shows their numbers",
        ),
        (
            &["build", "--dry-run", "--only", "x"],
            "`tidings --config 'my site.toml' build --dry-run` prints them all",
        ),
    ] {
        let ran = scene.run(&[&["--config", "my site.toml"], arguments].concat());
        assert!(ran.talk.contains(hint), "{arguments:?}: {}", ran.talk);
        let plain = hint.replace("--config 'my site.toml' ", "");
        let ran = scene.run(arguments);
        assert!(ran.talk.contains(&plain), "{arguments:?}: {}", ran.talk);
    }
}

#[test]
fn one_is_not_said_as_many() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    let ran = scene.run(&["-v", "--at", MONDAY, "digest", "weekly", "--dry-run"]);
    ran.says("weekly: 1 post in 1 issue\n");
    let ran = scene.run(&["-v", "build"]);
    ran.says("1 post in post");
}

#[test]
fn whoever_is_held_is_listed_once() {
    let bad = Relay::start(Habits {
        script: Some((".", Fault::Drop)),
        ..Habits::good(true, std::time::Duration::ZERO)
    });
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    let set = [
        ("TIDINGS_MAIL__SMTP", bad.url()),
        ("TIDINGS_MAIL__UNCERTAIN", "hold".to_owned()),
    ];
    let set: Vec<(&str, &str)> = set.iter().map(|(name, value)| (*name, &**value)).collect();
    scene.run_with(&["--at", MONDAY, "run"], &set);
    let status = scene.run_at(MONDAY, &["status"]);
    assert!(
        status.contains("editor@hums.example: uncertain: may have it: "),
        "{status}"
    );
    assert_eq!(status.matches("editor@hums.example").count(), 1, "{status}");
}

#[test]
fn a_reply_of_several_lines_is_one_line_wherever_it_is_shown() {
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("people.csv", "email,name\n+ada@x.example,=1+1\n");
    scene.run_at(
        MONDAY,
        &["subscriber", "import", "people.csv", "--confirmed"],
    );
    scene.run_at(MONDAY, &["run"]);
    // An earlier version recorded it like this.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let address = format!("sqlite://{}", scene.path("tidings.db").display());
        let mut store = SqliteConnection::connect(&address).await.unwrap();
        store
            .execute(
                "UPDATE delivery SET state = 5, reply = '550-no' || char(13, 10) || '550 ' || char(27) || '[2J' \
                 || replace(hex(zeroblob(5000)), '00', 'way '); \
                 UPDATE issue SET state = 'paused', reason = 'a' || char(10) || replace(hex(zeroblob(99999)), '00', 'b ')",
            )
            .await
            .unwrap();
    });
    let ran = scene.run(&["status"]);
    assert!(!holds_an_order(&ran), "{:?}", ran.out);
    assert_eq!(ran.out.lines().count(), 4, "{}", ran.out);
    assert!(
        ran.out.lines().all(|line| line.chars().count() < 260),
        "{}",
        ran.out
    );
    assert!(
        ran.out
            .contains("+ada@x.example: given up: 550-no 550 [2Jway way"),
        "{}",
        ran.out
    );
    let failed = scene.run_at(MONDAY, &["status", "--failed"]);
    assert_eq!(failed.lines().count(), 3, "{failed}");
    assert!(failed.contains("'+ada@x.example,'=1+1,"), "{failed}");
    let scene = scene.file("again.csv", &failed);
    let ran = scene.run(&["subscriber", "import", "again.csv"]);
    assert!(
        ran.code == 0 && ran.out.contains("0 new, 2 known, 0 suppressed, 0 refused"),
        "{}{}",
        ran.out,
        ran.talk
    );
}

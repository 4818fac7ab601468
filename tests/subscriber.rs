//! Tests who gets the digests: lists in and out, consent, leaving for good.

use crate::scene::{CONFIG, Scene};

const NOON: &str = "2024-06-24T12:00:00Z";

#[test]
fn consent_is_kept_with_a_reader() {
    let scene = Scene::new().file("people.csv", "email,name\nada@x.example,Ada\n");
    scene.run_at(
        NOON,
        &[
            "subscriber",
            "import",
            "people.csv",
            "--confirmed",
            "--consent",
            "list at the summer fair, 2024-06-01",
        ],
    );
    let shown = scene.run_at(NOON, &["subscriber", "show", "Ada@X.example"]);
    for part in [
        "active",
        "name: Ada",
        "digests: weekly",
        "2024-06-24T12:00:00Z  joined",
        "summer fair, 2024-06-01",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let ran = scene.run(&["subscriber", "import", "people.csv", "--consent", "none"]);
    assert!(
        ran.code == 2 && ran.talk.contains("--confirmed"),
        "{}",
        ran.talk
    );
}

#[test]
fn without_confirmed_an_import_is_mailed_nothing() {
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("people.csv", "email\nada@x.example\n");
    scene.run_at(NOON, &["subscriber", "import", "people.csv"]);
    scene.run_at(NOON, &["run"]);
    assert_eq!(scene.names("outbox").len(), 1, "the editor alone");
    scene.run_at(NOON, &["subscriber", "import", "people.csv", "--confirmed"]);
    assert!(
        scene
            .run_at(NOON, &["subscriber", "list"])
            .contains("ada@x.example  active")
    );
}

#[test]
fn an_export_moves_everyone_to_another_store_and_revives_nobody() {
    let scene = Scene::new().file(
        "people.csv",
        "email,name\nada@x.example,Ada\nbob@x.example,\"Night, Bob\"\n",
    );
    scene.run_at(NOON, &["subscriber", "import", "people.csv", "--confirmed"]);
    scene.run_at(NOON, &["subscriber", "remove", "bob@x.example"]);
    let everyone = scene.run_at(NOON, &["subscriber", "export"]);
    let other = Scene::new().file("everyone.csv", &everyone);
    other.run_at(
        NOON,
        &["subscriber", "import", "everyone.csv", "--confirmed"],
    );
    assert_eq!(other.run_at(NOON, &["subscriber", "export"]), everyone);
    // A list of those who must get nothing works on people who are there, too.
    let other = other.file("stop.csv", "email,state\nada@x.example,complained\n");
    other.run_at(NOON, &["subscriber", "import", "stop.csv"]);
    assert!(
        other
            .run_at(NOON, &["subscriber", "list"])
            .contains("ada@x.example  complained")
    );
}

#[test]
fn whoever_is_forgotten_leaves_no_trace_and_never_comes_back() {
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("people.csv", "email\nada@x.example\n");
    scene.run_at(NOON, &["subscriber", "import", "people.csv", "--confirmed"]);
    scene.run_at(NOON, &["run"]);
    assert_eq!(scene.names("outbox").len(), 2);
    scene.run_at(NOON, &["subscriber", "forget", "ADA@x.example"]);
    let shown = scene.run_at(NOON, &["subscriber", "show", "ada@x.example"]);
    assert!(shown.starts_with("ada@x.example  forgotten\n"), "{shown}");
    assert!(
        !scene
            .run_at(NOON, &["subscriber", "export"])
            .contains("ada")
    );
    assert!(!scene.run_at(NOON, &["status"]).contains("ada@"));
    let out = scene.run_at(NOON, &["subscriber", "import", "people.csv", "--confirmed"]);
    assert!(out.contains("0 new, 0 known, 1 suppressed"), "{out}");
    let scene = scene.post("two.md", "Two", "2024-06-25");
    scene.run_at("2024-07-01T12:00:00Z", &["run"]);
    assert!(
        !scene.names("outbox")[2..]
            .iter()
            .any(|mail| mail.contains("ada@"))
    );
}

#[test]
fn a_bad_line_is_named_and_the_others_are_taken() {
    let scene = Scene::new().file(
        "people.csv",
        "email,digests\nada@x.example,weekly\nbob,weekly\neve@x.example,wekly\n",
    );
    let ran = scene.run(&["subscriber", "import", "people.csv", "--confirmed"]);
    assert_eq!(ran.code, 1);
    ran.prints("1 new, 0 known, 0 suppressed, 2 refused");
    assert!(
        ran.talk
            .contains("people.csv:3: `bob` is no e-mail address"),
        "{}",
        ran.talk
    );
    assert!(
        ran.talk
            .contains("people.csv:4: there is no digest named `wekly`"),
        "{}",
        ran.talk
    );
    ran.says("did you mean `weekly`?");
    let ran = scene.run(&["subscriber", "import", "nobody.csv"]);
    assert!(
        ran.code == 2 && ran.talk.contains("nobody.csv: cannot be read"),
        "{}",
        ran.talk
    );
}

#[test]
fn nobody_but_themselves_brings_a_reader_back_and_only_to_what_they_ask_for() {
    let config = crate::scene::CONFIG.replace(
        "[mail]",
        "[[digest]]\nname = \"monthly\"\nschedule = \"0 8 1 * *\"\n[mail]",
    );
    let scene = Scene::new()
        .file("config.toml", &config)
        .file("people.csv", "email,name\nada@x.example,Ada\n");
    let list = || scene.run_at(NOON, &["subscriber", "list"]);
    scene.run_at(NOON, &["subscriber", "add", "ada@x.example"]);
    scene.run_at(
        NOON,
        &[
            "subscriber",
            "remove",
            "ada@x.example",
            "--digest",
            "weekly",
        ],
    );
    scene.run_at(NOON, &["subscriber", "import", "people.csv", "--confirmed"]);
    assert_eq!(list(), "ada@x.example  active  monthly\n");
    assert!(
        scene
            .run_at(NOON, &["subscriber", "export"])
            .contains("ada@x.example,Ada,"),
        "the name is taken in"
    );
    scene.run_at(NOON, &["subscriber", "remove", "ada@x.example"]);
    scene.run_at(
        NOON,
        &[
            "subscriber",
            "add",
            "ada@x.example",
            "--digest",
            "weekly",
            "--name",
            "Ada Night",
        ],
    );
    assert_eq!(list(), "ada@x.example  active  weekly\n");
    assert!(
        scene
            .run_at(NOON, &["subscriber", "show", "ada@x.example"])
            .contains("name: Ada")
    );
}

#[test]
fn lists_of_other_programs_are_taken_as_they_are() {
    let text = "Email Address,First Name,Last Name\r\nada@x.example,Ada,Night\r\nbob,,\r\neve@x.example,E\tve,\r\n";
    let scene = Scene::new().file("people.csv", text);
    let ran = scene.run(&["subscriber", "import", "people.csv", "--confirmed"]);
    ran.fails_with(1);
    for words in [
        "people.csv:3: `bob` is no e-mail address",
        "people.csv:4: the name holds a tab",
    ] {
        assert!(ran.talk.contains(words), "{}", ran.talk);
    }
    assert!(!ran.talk.contains("quotation"), "{}", ran.talk);
    let shown = scene.run_at(NOON, &["subscriber", "show", "ada@x.example"]);
    assert!(shown.contains("name: Ada Night"), "{shown}");
    // A spreadsheet saves it like this.
    let wide: Vec<u8> = [0xfeff]
        .into_iter()
        .chain("e-mail\tname\r\nwide@x.example\tÄnne\r\n".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    std::fs::write(scene.path("wide.csv"), wide).unwrap();
    scene.run_at(NOON, &["subscriber", "import", "wide.csv", "--confirmed"]);
    let shown = scene.run_at(NOON, &["subscriber", "show", "wide@x.example"]);
    assert!(shown.contains("name: Änne"), "{shown}");
    let scene = scene.file("odd.csv", "Phone,Who\n1,2\n");
    let ran = scene.run(&["subscriber", "import", "odd.csv"]);
    assert!(
        ran.code == 2
            && ran
                .talk
                .contains("odd.csv:1: there is no column `email`: the columns are `Phone`, `Who`"),
        "{}",
        ran.talk
    );
}

#[test]
fn a_person_is_shown_with_what_became_of_each_mail() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    scene.run_at(NOON, &["subscriber", "add", "ada@x.example"]);
    scene.run_at(NOON, &["run"]);
    let shown = scene.run_at(NOON, &["subscriber", "show", "ada@x.example"]);
    let (_, mails) = shown.split_once("newest mails:\n").unwrap();
    let issue = scene.run_at(NOON, &["status"]);
    assert!(mails.starts_with(&issue[..16]), "{shown}");
    assert!(mails.contains("“Hums: One”  sent: "), "{shown}");
    assert_eq!(mails.lines().count(), 1, "{shown}");
    scene.run_at(NOON, &["subscriber", "forget", "ada@x.example"]);
    let shown = scene.run_at(NOON, &["subscriber", "show", "ada@x.example"]);
    assert!(!shown.contains("newest mails"), "{shown}");
}

#[test]
fn status_lists_the_newest_issues_and_says_when_the_next_is_due() {
    let mut scene = Scene::new().file(
        "config.toml",
        &CONFIG.replace("\"0 8 * * MON\"", "\"each\""),
    );
    for day in 1..=23 {
        scene = scene.post(&format!("{day}.md"), "Tea", &format!("2024-05-{day:02}"));
    }
    scene.run_at(NOON, &["run"]);
    let ran = scene.run(&["--at", NOON, "status"]);
    assert_eq!(ran.out.matches("  weekly  ").count(), 20, "{}", ran.out);
    assert!(
        ran.out
            .ends_with("3 older issues: `tidings status --all`\n"),
        "{}",
        ran.out
    );
    assert!(
        ran.talk
            .contains("weekly: with each `tidings run` that finds a new post"),
        "{}",
        ran.talk
    );
    let all = scene.run_at(NOON, &["status", "--all"]);
    assert_eq!(all.lines().count(), 23, "{all}");
    let scene = scene.file("config.toml", CONFIG);
    let ran = scene.run(&["--at", NOON, "status"]);
    assert!(
        ran.talk
            .contains("weekly: next Monday 2024-07-01 08:00 in Europe/Berlin"),
        "{}",
        ran.talk
    );
}

#[test]
fn status_says_that_a_slot_is_due_until_a_run_has_filled_it() {
    let scene = Scene::new()
        .file("config.toml", CONFIG)
        .post("tea.md", "Tea", "2024-05-01");
    scene.run_at(NOON, &["run"]);
    let late = "2024-07-02T11:00:00Z";
    let due = "weekly: due, with the next `tidings run`";
    let page = |scene: &Scene| {
        scene.run_at(late, &["status", "--html", "page.html"]);
        scene.read("page.html")
    };
    scene.run(&["--at", late, "status"]).succeeds().says(due);
    assert!(page(&scene).contains("due, with the next run"));
    scene.run_at(late, &["run"]);
    let ran = scene.run(&["--at", late, "status"]);
    ran.says("weekly: next Monday 2024-07-08 08:00 in Europe/Berlin");
    assert!(page(&scene).contains("2024-07-08 08:00"));
}

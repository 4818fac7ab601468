//! Tests who may be mailed, by the real program: a list, a `to` and a resend widen nothing, and each change is said and
//! kept.

use crate::scene::{CONFIG, Scene};

const NOON: &str = "2024-06-24T12:00:00Z";
const NEXT: &str = "2024-07-01T12:00:00Z";

/// A site with two digests.
fn two_digests() -> Scene {
    let monthly = "[[digest]]\nname = \"monthly\"\nschedule = \"0 8 1 * *\"\n[mail]";
    Scene::new().file("config.toml", &CONFIG.replace("[mail]", monthly))
}

fn list(scene: &Scene) -> String {
    scene.run_at(NOON, &["subscriber", "list"])
}

fn show(scene: &Scene, address: &str) -> String {
    scene.run_at(NOON, &["subscriber", "show", address])
}

fn mails_to(scene: &Scene, address: &str) -> usize {
    let names = scene.names("outbox");
    names.iter().filter(|name| name.contains(address)).count()
}

#[test]
fn whoever_is_named_in_the_config_gets_that_mail_and_confirms_nothing() {
    let config = CONFIG.replace("editor@hums.example", "ada@x.example");
    let monthly = "[[digest]]\nname = \"monthly\"\nschedule = \"0 8 * * MON\"\n[mail]";
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("config.toml", &config.replace("[mail]", monthly))
        .file("people.csv", "email\nada@x.example\n");
    scene.run_at(NOON, &["subscriber", "import", "people.csv"]);
    scene.run_at(NOON, &["run"]);
    assert_eq!(mails_to(&scene, "ada@x.example"), 1);
    assert_eq!(list(&scene), "ada@x.example  pending  monthly,weekly\n");
    assert!(!show(&scene, "ada@x.example").contains("confirmed"));
    // Nobody gets what they were only listed for, though the config names them elsewhere.
    let scene = scene.post("two.md", "Two", "2024-06-25");
    scene.run_at(NEXT, &["run"]);
    let weekly = |name: &&String| name.starts_with("weekly-");
    let names = scene.names("outbox");
    assert_eq!(
        names.iter().filter(weekly).count(),
        names.len(),
        "{names:?}"
    );
    // Suppression beats `to`.
    scene.run_at(NEXT, &["subscriber", "remove", "ada@x.example"]);
    let scene = scene.post("three.md", "Three", "2024-07-02");
    let ran = scene.run(&["--at", "2024-07-08T12:00:00Z", "run"]);
    assert!(
        ran.talk.contains("has no readers"),
        "{}{}",
        ran.out,
        ran.talk
    );
    assert_eq!(scene.names("outbox").len(), names.len());
}

#[test]
fn a_resend_to_someone_pending_is_one_mail_and_no_confirmation() {
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("people.csv", "email\npending@x.example\n");
    scene.run_at(NOON, &["run"]);
    scene.run_at(NOON, &["subscriber", "import", "people.csv"]);
    let status = scene.run_at(NOON, &["status"]);
    let issue = status.split_whitespace().next().unwrap();
    let to = ["--resend", issue, "--to", "pending@x.example"];
    scene.run_at(NOON, &[&["digest", "weekly"][..], &to].concat());
    assert_eq!(mails_to(&scene, "pending@x.example"), 1);
    assert_eq!(
        list(&scene).lines().last(),
        Some("pending@x.example  pending  weekly")
    );
    let shown = show(&scene, "pending@x.example");
    assert!(
        shown.contains("resend") && !shown.contains("confirmed"),
        "{shown}"
    );
    let scene = scene.post("two.md", "Two", "2024-06-25");
    scene.run_at(NEXT, &["run"]);
    assert_eq!(mails_to(&scene, "pending@x.example"), 1);
}

#[test]
fn a_list_widens_only_by_the_owners_word_for_that_digest() {
    let scene = two_digests().file("people.csv", "email\nada@x.example\n");
    scene.run_at(
        NOON,
        &["subscriber", "add", "ada@x.example", "--digest", "weekly"],
    );
    let only_weekly = "ada@x.example  active  weekly\n";
    for arguments in [
        &["subscriber", "import", "people.csv"][..],
        &["subscriber", "import", "people.csv", "--digest", "monthly"],
        // All digests there are is no word for that digest.
        &["subscriber", "import", "people.csv", "--confirmed"],
    ] {
        let ran = scene.run(&[&["--at", NOON], arguments].concat());
        assert_eq!(list(&scene), only_weekly, "{arguments:?}");
        assert!(
            ran.code == 0
                && ran
                    .talk
                    .contains("1 is known, and not subscribed to more digests"),
            "{arguments:?}: {}",
            ran.talk
        );
    }
    let word = ["--confirmed", "--digest", "monthly", "--consent", "fair"];
    let ran = scene.run(
        &[
            &["--at", NOON, "subscriber", "import", "people.csv"][..],
            &word,
        ]
        .concat(),
    );
    ran.says("subscribed to more digests now");
    assert_eq!(list(&scene), "ada@x.example  active  monthly,weekly\n");
    assert!(show(&scene, "ada@x.example").contains("subscribed  monthly"));
}

#[test]
fn a_confirmation_for_one_digest_confirms_no_other() {
    for confirm in [
        &["subscriber", "add", "ada@x.example", "--digest", "weekly"][..],
        &[
            "subscriber",
            "import",
            "people.csv",
            "--confirmed",
            "--digest",
            "weekly",
        ],
    ] {
        let scene = two_digests().file("people.csv", "email\nada@x.example\n");
        scene.run_at(NOON, &["subscriber", "import", "people.csv"]);
        assert_eq!(list(&scene), "ada@x.example  pending  monthly,weekly\n");
        scene.run_at(NOON, confirm);
        assert_eq!(
            list(&scene),
            "ada@x.example  active  weekly\n",
            "{confirm:?}"
        );
        let shown = show(&scene, "ada@x.example");
        assert!(
            shown.contains("confirmed") && shown.contains("lapsed  monthly"),
            "{shown}"
        );
    }
    // A list that names no digest confirms what they were listed for.
    let scene = two_digests().file("people.csv", "email\nada@x.example\n");
    scene.run_at(
        NOON,
        &["subscriber", "import", "people.csv", "--digest", "monthly"],
    );
    scene.run_at(NOON, &["subscriber", "import", "people.csv", "--confirmed"]);
    assert_eq!(list(&scene), "ada@x.example  active  monthly\n");
}

#[test]
fn each_way_back_is_said_and_kept() {
    let scene = two_digests().file("stop.csv", "email,state\nada@x.example,bounced\n");
    let run = |arguments: &[&str]| scene.run_at(NOON, &[&["subscriber"], arguments].concat());
    assert_eq!(run(&["add", "ada@x.example"]), "ada@x.example added\n");
    assert_eq!(run(&["add", "ada@x.example"]), "ada@x.example was there\n");
    run(&["import", "stop.csv"]);
    let back = run(&["add", "ada@x.example", "--digest", "weekly"]);
    assert_eq!(back, "ada@x.example was bounced, and is active again\n");
    assert_eq!(list(&scene), "ada@x.example  active  weekly\n");
    let more = run(&["add", "ada@x.example", "--digest", "monthly"]);
    assert_eq!(
        more,
        "ada@x.example was there, and gets monthly from now on\n"
    );
    run(&["import", "stop.csv"]);
    let gone = run(&["remove", "ada@x.example"]);
    assert_eq!(gone, "ada@x.example removed; the address had bounced\n");
    assert!(list(&scene).starts_with("ada@x.example  left"));
    assert_eq!(
        run(&["remove", "ada@x.example"]),
        "ada@x.example is left and stays so\n"
    );
    let back = run(&["add", "ada@x.example", "--digest", "weekly"]);
    assert_eq!(back, "ada@x.example was left, and is active again\n");
    assert_eq!(list(&scene), "ada@x.example  active  weekly\n");
    let shown = show(&scene, "ada@x.example");
    let kinds: Vec<&str> = shown
        .lines()
        .filter_map(|line| line.strip_prefix(NOON)?.split_whitespace().next())
        .collect();
    for kind in [
        "joined",
        "bounced",
        "returned",
        "left",
        "subscribed",
        "lapsed",
    ] {
        assert!(kinds.contains(&kind), "{kind}: {shown}");
    }
}

#[test]
fn who_has_left_everything_comes_back_to_no_digest_by_a_list() {
    let scene = two_digests().file("people.csv", "email,digests\nada@x.example,monthly\n");
    let run = |arguments: &[&str]| scene.run_at(NOON, &[&["subscriber"], arguments].concat());
    run(&["add", "ada@x.example"]);
    run(&["remove", "ada@x.example"]);
    run(&["add", "ada@x.example", "--digest", "weekly"]);
    run(&["import", "people.csv", "--confirmed"]);
    assert_eq!(list(&scene), "ada@x.example  active  weekly\n");
}

#[test]
fn a_complaint_outweighs_a_bounce_and_nobody_takes_it_back() {
    let scene = Scene::new()
        .file("bounced.csv", "email,state\nada@x.example,bounced\n")
        .file("complained.csv", "email,state\nada@x.example,complained\n");
    let run = |arguments: &[&str]| scene.run(&[&["--at", NOON, "subscriber"], arguments].concat());
    run(&["import", "bounced.csv"]);
    run(&["import", "complained.csv"]);
    let ran = run(&["add", "ada@x.example"]);
    assert!(
        ran.code == 2 && ran.talk.contains("is complained and stays so"),
        "{}",
        ran.talk
    );
    run(&["import", "bounced.csv"]);
    assert!(list(&scene).starts_with("ada@x.example  complained"));
}

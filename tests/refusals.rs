//! Refusals that are about us: a series pauses the issue, and nobody pays for it.

use std::time::Duration;

use serde_json::Value;

use crate::relay::{Fault, Habits, Relay};
use crate::scene::{MONDAY, Ran, Scene};

/// A site whose subscribers are of as many domains.
fn scene(count: usize) -> Scene {
    let readers: Vec<String> = (0..count)
        .map(|n| format!("reader{n}@domain{n}.example"))
        .collect();
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("people.csv", &format!("email\n{}\n", readers.join("\n")));
    let config = scene
        .read("config.toml")
        .replace("to = [\"editor@hums.example\"]\n", "");
    let scene = scene.file("config.toml", &config);
    let import = ["subscriber", "import", "people.csv", "--confirmed"];
    scene.run_at(MONDAY, &import);
    scene
}

fn run_at(scene: &Scene, at: &str, relay: &Relay) -> Ran {
    let url = relay.url();
    let set = [
        ("TIDINGS_MAIL__SMTP", url.as_str()),
        ("TIDINGS_MAIL__PATIENCE", "1s"),
    ];
    scene.run_with(&["--at", at, "run"], &set)
}

fn refusing(phase: &'static str, reply: &'static str) -> Relay {
    Relay::start(Habits {
        script: Some((phase, Fault::Says(reply))),
        ..Habits::good(true, Duration::ZERO)
    })
}

fn issue(scene: &Scene) -> Value {
    let all: Value = serde_json::from_str(&scene.run_at(MONDAY, &["status", "--json"])).unwrap();
    all["issues"][0].clone()
}

#[test]
fn whatever_refuses_everybody_pauses_and_everybody_gets_it_after_all() {
    for (phase, reply) in [
        ("RCPT", "550 log in first"),
        ("RCPT", "551 no"),
        ("RCPT", "554 5.3.0 no"),
        ("RCPT", "550 5.4.1 no"),
        ("RCPT", "554 5.0.0 no"),
        ("RCPT", "550 5.1.1 no such user"),
        ("RCPT", "552 5.2.2 full"),
        ("RCPT", "550 5.7.1 relaying denied"),
        ("DATA", "554 5.5.3 no"),
        (".", "554 5.6.0 no"),
        (".", "550 no"),
    ] {
        let scene = scene(20);
        let ran = run_at(&scene, MONDAY, &refusing(phase, reply));
        let said = format!("{phase} {reply}: {}{}", ran.out, ran.talk);
        assert!(ran.code == 1 && ran.talk.contains("issue resume"), "{said}");
        let told = issue(&scene);
        assert_eq!(told["state"], "paused", "{said}");
        assert_eq!(told["counts"]["queued"], 20, "{said}{told}");
        let list = scene.run_at(MONDAY, &["subscriber", "list"]);
        assert!(!list.contains("bounced"), "{said}{list}");
        let number = told["issue"].as_str().unwrap().to_owned();
        scene.run(&["issue", "resume", &number]);
        let good = Relay::start(Habits::good(true, Duration::ZERO));
        assert_eq!(run_at(&scene, MONDAY, &good).code, 0, "{said}");
        assert_eq!(good.count(), 20, "{said}");
        assert_eq!(issue(&scene)["state"], "done");
    }
}

#[test]
fn a_reply_out_of_step_charges_nobody() {
    for (phase, reply) in [
        ("RCPT", "503 5.5.1 no MAIL"),
        ("RCPT", "500 what?"),
        ("DATA", "503 no recipient"),
    ] {
        let scene = scene(20);
        let ran = run_at(&scene, MONDAY, &refusing(phase, reply));
        let said = format!("{phase} {reply}: {}{}", ran.out, ran.talk);
        assert!(
            ran.code == 1 && ran.talk.contains("the next run goes on"),
            "{said}"
        );
        let told = issue(&scene);
        assert_eq!(
            (&told["state"], &told["counts"]["queued"]),
            (&"open".into(), &20.into()),
            "{said}"
        );
    }
}

#[test]
fn a_series_never_adds_up_to_a_bad_address() {
    let scene = scene(6);
    let refusing = refusing("RCPT", "550 log in first");
    for (number, day) in ["2024-06-24", "2024-07-01", "2024-07-08", "2024-07-15"]
        .into_iter()
        .enumerate()
    {
        let text = format!("---\ntitle: {number}\ndate: {day}\n---\nText.\n");
        std::fs::write(scene.path(&format!("post/{number}.md")), text).unwrap();
        let at = format!("{day}T09:00:00+02:00");
        let ran = run_at(&scene, &at, &refusing);
        ran.says("is paused");
        scene.run(&["issue", "cancel", issue(&scene)["issue"].as_str().unwrap()]);
    }
    let list = scene.run_at(MONDAY, &["subscriber", "list"]);
    assert_eq!(list.matches("active").count(), 6, "{list}");
}

#[test]
fn few_readers_whom_all_refuse_are_no_finished_issue() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    let config = scene.read("config.toml").replace(
        "\"editor@hums.example\"",
        "\"a@x.example\", \"b@x.example\", \"c@x.example\"",
    );
    let scene = scene.file("config.toml", &config);
    let ran = run_at(&scene, MONDAY, &refusing("RCPT", "554 5.0.0 no"));
    ran.says("all 3 recipients are refused");
    let told = issue(&scene);
    assert_eq!(
        (&told["state"], &told["counts"]["queued"]),
        (&"paused".into(), &3.into())
    );
}

#[test]
fn one_or_two_readers_whom_all_refuse_wait_for_a_person_unless_their_addresses_are_bad() {
    for (count, phase, reply, is_believed) in [
        (1, "RCPT", "550 log in first", false),
        (2, "RCPT", "550 log in first", false),
        (1, "RCPT", "554 5.3.0 no", false),
        (2, "DATA", "554 5.5.3 no", false),
        (1, ".", "550 no", false),
        (1, "RCPT", "550 5.1.1 no such user", true),
        (2, "RCPT", "550 5.1.1 no such user", true),
    ] {
        let scene = scene(count);
        let refusing = refusing(phase, reply);
        let ran = run_at(&scene, MONDAY, &refusing);
        let told = issue(&scene);
        let said = format!("{count} {phase} {reply}: {}{}{told}", ran.out, ran.talk);
        assert_eq!(ran.code, 1, "{said}");
        if is_believed {
            assert_eq!(told["state"], "done", "{said}");
            continue;
        }
        assert_eq!(told["state"], "paused", "{said}");
        assert_eq!(told["counts"]["queued"], count, "{said}");
        assert!(ran.talk.contains("issue resume"), "{said}");
        // Refused once more it is believed, and nobody has to look again.
        let number = told["issue"].as_str().unwrap().to_owned();
        scene.run(&["issue", "resume", &number]);
        let ran = run_at(&scene, MONDAY, &refusing);
        let told = issue(&scene);
        let said = format!("{said}\n{}{}{told}", ran.out, ran.talk);
        assert_eq!(told["state"], "done", "{said}");
        assert_eq!(told["counts"]["given_up"], count, "{said}");
        assert!(!ran.talk.contains("is paused"), "{said}");
    }
}

#[test]
fn a_refusal_pauses_nothing_while_another_reader_is_still_to_be_tried() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    let config = scene.read("config.toml").replace(
        "\"editor@hums.example\"",
        "\"gone@x.example\", \"later@x.example\"",
    );
    let scene = scene.file("config.toml", &config);
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let ran = run_at(&scene, MONDAY, &relay);
    let told = issue(&scene);
    assert_eq!(told["state"], "open", "{}{told}", ran.talk);
}

#[test]
fn a_reply_of_many_lines_is_one_line_everywhere() {
    let long = "550-5.2.2 full\r\n550-\u{1b}[31mred\r\n550 5.2.2 \u{7}end \u{202e}";
    let reply: &'static str = format!("{long}{}", "and more ".repeat(90)).leak();
    let scene = scene(2);
    let refusing = refusing("RCPT", reply);
    run_at(&scene, MONDAY, &refusing);
    // Refused once more it is believed.
    let number = issue(&scene)["issue"].as_str().unwrap().to_owned();
    scene.run(&["issue", "resume", &number]);
    let ran = run_at(&scene, MONDAY, &refusing);
    assert!(
        !ran.talk.contains(['\u{1b}', '\u{7}', '\u{202e}']),
        "{}",
        ran.talk
    );
    let told = issue(&scene);
    for missed in told["missed"].as_array().unwrap() {
        let reply = missed["reply"].as_str().unwrap();
        assert!(!reply.contains(char::is_control), "{reply:?}");
        assert!(
            reply.starts_with("550 5.2.2 full [31mred 5.2.2 end and more"),
            "{reply}"
        );
        assert!(reply.chars().count() <= "550 ".len() + 200, "{reply}");
    }
    let csv = scene.run_at(MONDAY, &["status", "--failed"]);
    assert_eq!(csv.lines().count(), 3, "{csv}");
    assert_eq!(
        scene
            .file("again.csv", &csv)
            .run(&["subscriber", "import", "again.csv"])
            .code,
        0
    );
}

#[test]
fn the_reason_of_a_pause_is_one_short_line() {
    let reply: &'static str = format!(
        "{}550 5.7.1 end",
        "550-5.7.1 we do not want you\r\n".repeat(90)
    )
    .leak();
    let scene = scene(9);
    let ran = run_at(&scene, MONDAY, &refusing("RCPT", reply));
    let told = issue(&scene);
    let reason = told["reason"].as_str().unwrap();
    assert!(
        reason.chars().count() < 300 && !reason.contains('\n'),
        "{reason}"
    );
    assert!(ran.talk.lines().count() < 5, "{}", ran.talk);
}

#[test]
fn a_relay_that_takes_one_connection_at_a_time_gets_every_message_with_few_refused_dials() {
    let relay = Relay::start(Habits {
        most_open: 1,
        ..Habits::good(true, Duration::from_millis(2))
    });
    let scene = scene(150);
    let ran = run_at(&scene, MONDAY, &relay);
    ran.succeeds();
    assert_eq!(relay.taken().len(), 150);
    assert!(relay.refused() <= 10, "{} refused dials", relay.refused());
}

#[test]
fn a_relay_that_refuses_every_connection_is_tried_once_a_round() {
    let relay = refusing("greeting", "421 4.3.2 not now");
    let scene = scene(20);
    let ran = run_at(&scene, MONDAY, &relay);
    ran.says("421 4.3.2 not now; the next run goes on");
    // At once and after half a second; the next wait is longer than the patience of a second.
    let (dials, _) = relay.connections();
    assert!(dials <= 3, "{dials} dials");
    assert_eq!(issue(&scene)["counts"]["queued"], 20);
}

#[test]
fn deferrals_do_not_outlast_the_patience() {
    let relay = refusing("RCPT", "451 4.7.1 come back");
    let scene = scene(40);
    let ran = run_at(&scene, MONDAY, &relay);
    assert!(
        ran.code == 1
            && ran
                .talk
                .contains("everyone is deferred, for longer than `patience`"),
        "{}",
        ran.talk
    );
    let told = issue(&scene);
    let missed = told["missed"].as_array().unwrap();
    let untried = missed.iter().filter(|one| one["attempts"] == 0).count();
    assert!(
        untried > 10 && told["counts"]["queued"] == 40,
        "{untried} are untried: {told}"
    );
}

//! `tidings check`: its forms, its dialogue with the relay, and the faults that it finds.

mod planted;
mod written;

use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use serde_json::Value;
use tidings::Rule;

use crate::relay::{Habits, Relay};
use crate::scene::{CONFIG, Scene};

const NOON: &str = "2024-06-01T12:00:00Z";

fn scene() -> Scene {
    Scene::new().post("tea.md", "Tea", "2024-05-01")
}

#[test]
fn a_sound_site_is_told_so() {
    let scene = scene();
    for more in [&[][..], &["--json"], &["--annotate"]] {
        let ran = scene.run(&[&["--at", NOON, "check"], more].concat());
        assert_eq!(ran.code, 0, "{more:?}: {}{}", ran.out, ran.talk);
        ran.says("nothing is wrong");
        let none = if more == ["--json"] { "[]" } else { "" };
        assert_eq!(ran.out.trim(), none);
    }
    assert_eq!(
        scene.names(""),
        ["config.toml", "post"],
        "nothing is written"
    );
}

#[test]
fn errors_come_first_and_an_annotation_names_file_and_line() {
    let scene = scene()
        .file(
            "post/a.md",
            "---\ntitle: A\ndate: 2024-05-02\n---\n![](a.png)\n",
        )
        .file("post/b,c.md", "---\ntitle: 50% off\n---\nx\n");
    let ran = scene.run(&["--at", NOON, "check", "--annotate"]);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(
        lines[0].starts_with(
            "::error file=post/b%2Cc.md,line=1,title=no-date::the post has no date%0A"
        ),
        "{}",
        ran.out
    );
    assert!(
        lines[1..]
            .iter()
            .all(|line| line.starts_with("::warning file=post/a.md,line=5,title=image-without-")),
        "{}",
        ran.out
    );
    ran.says("1 error, ");
}

/// The docs list each code, made from the table: `TIDINGS_WRITE_DOCS=1 cargo test --test main codes` writes them.
#[test]
fn the_codes_are_all_in_the_docs() {
    let page = Rule::page();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/findings.md");
    if env::var_os("TIDINGS_WRITE_DOCS").is_some() {
        fs::write(&file, &page).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == page,
        "docs/findings.md is not what the table says: set TIDINGS_WRITE_DOCS=1"
    );
}

#[test]
fn each_code_is_explained_also_where_there_is_no_site() {
    let nowhere = Scene::bare();
    for rule in Rule::ALL {
        let ran = nowhere.run(&["check", "--explain", rule.code()]);
        ran.succeeds();
        assert!(ran.out.starts_with(rule.code()), "{}", ran.out);
    }
    let ran = nowhere.run(&["check", "--explain", "no-dates"]);
    ran.fails_with(2);
    ran.says("did you mean `no-date`?");
}

#[test]
fn a_broken_config_is_a_finding_as_the_others() {
    let config = CONFIG.replace("timezone", "timezome");
    let scene = scene().file("config.toml", &config);
    let ran = scene.run(&["check"]);
    ran.fails_with(2);
    ran.prints("error: config.toml:5:1: unknown key `timezome` [unknown-key]\n");
    ran.says("1 error, 0 warnings");
    let ran = scene.run(&["check", "--json"]);
    ran.fails_with(2);
    let all: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(all[0]["code"], "unknown-key");
    assert_eq!(all[0]["line"], 5);
    let ran = Scene::bare().run(&["check", "--annotate"]);
    ran.fails_with(2);
    ran.prints("::error title=no-config::");
}

#[test]
fn the_relay_is_spoken_to_and_gets_no_mail() {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let scene = scene();
    let set = [("TIDINGS_MAIL__SMTP", &*relay.url())];
    let ran = scene.run_with(&["--at", NOON, "check"], &set);
    ran.succeeds();
    assert!(relay.count() == 0);
    let gone = [("TIDINGS_MAIL__SMTP", "smtp://127.0.0.1:1?tls=none")];
    let ran = scene.run_with(&["--at", NOON, "check"], &gone);
    assert!(
        ran.code == 1 && ran.out.contains("could not be asked"),
        "{}{}",
        ran.out,
        ran.talk
    );
    assert_eq!(
        scene
            .run_with(&["--at", NOON, "check", "--offline"], &gone)
            .code,
        0
    );
}

#[test]
fn a_real_message_is_sent_and_read_back() {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let boxed = CONFIG.replace("[mail]", "[mail]\ninbox = \"maildir:box\"");
    let scene = scene().file("config.toml", &boxed);
    for folder in ["new", "cur", "tmp"] {
        fs::create_dir_all(scene.path(&format!("box/{folder}"))).unwrap();
    }
    let url = relay.url();
    let set = [("TIDINGS_MAIL__SMTP", &*url)];
    let mut running = scene.spawn(&["check", "--mail", "ada@hums.example"], &set);
    let until = Instant::now() + Duration::from_secs(30);
    while relay.count() == 0 && Instant::now() < until {
        thread::sleep(Duration::from_millis(50));
    }
    let (to, message) = relay.taken().remove(0);
    assert!(to.contains("ada@hums.example"), "{to}");
    // The receiver adds this as it puts the message into the box.
    let result = "Authentication-Results: mx.hums.example; spf=fail smtp.mailfrom=hums.example\r\n";
    fs::write(scene.path("box/new/1.mx"), format!("{result}{message}")).unwrap();
    let said = running.rest();
    for words in [
        "error: the receiver's verdict is spf=fail [mail-authentication]",
        "warning: the test arrived without a signature of DKIM [mail-authentication]",
        "note: the receiver says: mx.hums.example; spf=fail",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(running.end(), Some(2));
    assert_eq!(relay.count(), 1);
    assert!(!scene.path("tidings.db").exists(), "it counts for nothing");
    // Without a box it is only sent.
    let plain = scene.file("config.toml", CONFIG);
    let ran = plain.run_with(&["check", "--mail", "ada@hums.example"], &set);
    ran.succeeds()
        .prints("note: a test went to ada@hums.example");
}

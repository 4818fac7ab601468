//! `tidings run`: one issue or digest that cannot go out stops no other, and what needs a person is said.

use std::time::Duration;

use crate::relay::{Habits, Relay};
use crate::scene::{CONFIG, MONDAY, Ran, Scene};

/// A site with these weekly digests.
fn site(digests: &[&str]) -> Scene {
    let (before, rest) = CONFIG.split_once("[[digest]]").unwrap();
    let (digest, after) = rest.split_once("[mail]").unwrap();
    let mut config = before.to_owned();
    for name in digests {
        let own = digest
            .replace("\"weekly\"", &format!("\"{name}\""))
            .replace("editor@", &format!("{name}@"));
        config.push_str(&format!("[[digest]]{own}"));
    }
    config.push_str(&format!("[mail]{after}"));
    let scene = Scene::new().file("config.toml", &config);
    scene.post("one.md", "One", "2024-06-01")
}

fn run_by(scene: &Scene, relay: &str) -> Ran {
    let set = [
        ("TIDINGS_MAIL__SMTP", relay),
        ("TIDINGS_MAIL__PATIENCE", "0s"),
    ];
    scene.run_with(&["--at", MONDAY, "run", "-q"], &set)
}

#[test]
fn an_open_issue_that_is_refused_stops_no_other_issue_and_no_digest() {
    let nobody = "smtp://127.0.0.1:1?tls=none";
    // The issues of which digests are open, of which of them another store began, and the exit code.
    for (open, foreign, code) in [
        (&["a", "b"][..], &["a"][..], 2),
        (&["a", "b"], &["b"], 2),
        (&["a", "b"], &["a", "b"], 2),
        (&["a"], &["a"], 2),
        (&["a", "b"], &[], 0),
    ] {
        let scene = site(open);
        assert_eq!(run_by(&scene, nobody).code, 1);
        // The digest `c` comes new, and is due as well.
        let config = site(&["a", "b", "c"]).read("config.toml");
        let mut lock = scene.read("tidings.lock");
        for name in foreign {
            let line = lock
                .lines()
                .find(|line| line.starts_with(&format!("#digest\t{name}\t")))
                .unwrap()
                .to_owned();
            lock = lock.replace(&line, &format!("#digest\t{name}\t00000000000000aa"));
        }
        let scene = scene
            .file("tidings.lock", &lock)
            .file("config.toml", &config);
        let relay = Relay::start(Habits::good(true, Duration::ZERO));
        let ran = run_by(&scene, &relay.url());
        let case = format!("{open:?}, {foreign:?}: {}{}", ran.out, ran.talk);
        assert_eq!(ran.code, code, "{case}");
        // A store that the lock names nowhere is refused as a whole, for a new digest too.
        let is_whole = foreign.len() == open.len();
        for name in ["a", "b", "c"] {
            let refused = format!("the digest `{name}` was begun by another store");
            let is_refused = match is_whole {
                true => foreign.first() == Some(&name),
                false => foreign.contains(&name),
            };
            assert_eq!(
                ran.talk.matches(&refused).count(),
                usize::from(is_refused),
                "{name}: {case}"
            );
            let is_sent = relay
                .taken()
                .iter()
                .any(|(to, _)| *to == format!("{name}@hums.example"));
            assert_eq!(is_sent, !is_refused && !is_whole, "{name}: {case}");
        }
    }
}

#[test]
fn mail_that_stays_here_unasked_is_said_also_when_quiet() {
    let here = "nothing has left this machine: `smtp` under [mail] is not set";
    let named = CONFIG.replace("[mail]", "[mail]\noutbox = \"outbox\"");
    // Whether an outbox is set, whether a relay is, and whether the first run says that mail stays here.
    for (config, relay, is_said) in [
        (CONFIG, false, true),
        (&named, false, false),
        (CONFIG, true, false),
    ] {
        for quiet in [true, false] {
            let scene =
                Scene::new()
                    .file("config.toml", config)
                    .post("one.md", "One", "2024-06-01");
            let running = Relay::start(Habits::good(true, Duration::ZERO));
            let url = running.url();
            let set: &[_] = match relay {
                true => &[("TIDINGS_MAIL__SMTP", &*url)],
                false => &[],
            };
            let mut arguments = vec!["--at", MONDAY, "run"];
            arguments.extend(quiet.then_some("-q"));
            let ran = scene.run_with(&arguments, set);
            let case = format!("{config}{relay} {quiet}: {}{}", ran.out, ran.talk);
            assert_eq!(ran.code, 0, "{case}");
            assert_eq!(ran.talk.contains(here), is_said && quiet, "{case}");
            assert_eq!(ran.out.contains(here), is_said && !quiet, "{case}");
            // A run that sends nothing has nothing to say.
            let again = scene.run_with(&arguments, set);
            let said = again.talk + &again.out;
            assert!(again.code == 0 && !said.contains(here), "{case}{said}");
        }
    }
}

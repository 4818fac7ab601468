//! A config that cannot be: one error with file, line, what was expected and the nearest right key.

use crate::scene::{CONFIG, Scene};

fn error(from: &str, to: &str) -> String {
    assert!(CONFIG.contains(from));
    let ran = Scene::new()
        .file("config.toml", &CONFIG.replace(from, to))
        .run(&["build"]);
    ran.fails_with(2);
    assert_eq!(
        ran.talk
            .lines()
            .filter(|line| line.starts_with("error:"))
            .count(),
        1,
        "{}",
        ran.talk
    );
    ran.talk
}

#[test]
fn a_misspelt_key_is_named_with_the_nearest_right_one() {
    let error = error("schedule =", "shedule =");
    assert!(
        error.contains("config.toml:10:") && error.contains("did you mean `schedule`?"),
        "{error}"
    );
}

#[test]
fn a_bad_cron_line_is_named() {
    let error = error("0 8 * * MON", "0 25 * * MON");
    assert!(
        error.contains("config.toml:10:")
            && error.contains("is no schedule")
            && error.contains("five fields"),
        "{error}"
    );
}

#[test]
fn a_bad_address_is_named() {
    let error = error("editor@hums.example", "editor.hums.example");
    assert!(
        error.contains("config.toml:11:")
            && error.contains("is no e-mail address: there is no `@`"),
        "{error}"
    );
}

#[test]
fn the_config_of_a_generator_is_known_for_what_it_is() {
    for text in [
        "title = \"Z\"\nbase_url = \"https://z.example\"\n",
        "title = \"H\"\nbaseURL = \"https://h.example/\"\n",
    ] {
        let scene = Scene::new().file("config.toml", text);
        for (arguments, words) in [
            (
                &["--config", "config.toml", "run"][..],
                "config.toml:2: this is the config of the site's generator\n  give tidings a file of its own: `tidings init`",
            ),
            // If no config is named, one of tidings' is looked for.
            (
                &["run"],
                "config.toml: this is the config of the site's generator, and there is no `tidings.toml`\n  `tidings init`",
            ),
        ] {
            let ran = scene.run(arguments);
            assert!(ran.code == 2 && ran.talk.contains(words), "{}", ran.talk);
        }
    }
}

#[test]
fn a_password_does_not_belong_in_the_file() {
    let error = error("[mail]", "[mail]\npassword = \"hunter2\"");
    assert!(
        error.contains("TIDINGS_MAIL__PASSWORD") && !error.contains("hunter2"),
        "{error}"
    );
}

#[test]
fn an_impossible_value_is_named_with_what_was_expected() {
    let site = "url = \"https://hums.example/\"";
    for (from, to, words) in [
        (
            "title = \"Hums\"",
            "title = \" \"",
            "nothing between the quotation marks",
        ),
        (
            "title = \"Hums\"",
            "title = \"\\uFFFD\"",
            "nothing between the quotation marks",
        ),
        (
            site,
            "url = \"https://hums.example/?a=b\"",
            "more behind its path",
        ),
        ("\"0 8 * * MON\"", "\"0 0 31 2 *\"", "that time never comes"),
        ("\"2013-01-01\"", "\"soon\"", "`soon` is no day"),
        (
            "\"Europe/Berlin\"",
            "\"Berlin\"",
            "did you mean `Europe/Berlin`?",
        ),
        (
            "to = [\"editor@hums.example\"]",
            "to = \"editor@hums.example\"",
            "expected a list",
        ),
        ("[[digest]]", "[digest]", "begins with [[digest]]"),
        (
            "[mail]",
            "[mail]\nconnections = \"8\"",
            "expected a whole number, without quotation marks",
        ),
        ("[mail]", "[mail]\nconnections = 0", "`0` is too few"),
        ("[mail]", "[mail]\nretry = \"0s\"", "no time at all"),
        ("[mail]", "[mail]\ntimeout = 5", "expected a table"),
        ("[mail]", "[feeds]\nlimit = 0\n[mail]", "`0` is too few"),
        (
            "[mail]",
            "[feeds]\nformats = []\n[mail]",
            "there is no format",
        ),
        (
            "[mail]",
            "[feeds]\nfiles = { rss = \"atom.xml\" }\n[mail]",
            "two documents would stand in `atom.xml`",
        ),
        (
            "[mail]",
            "[feeds]\nfiles = { rss = \"feeds.html\" }\n[mail]",
            "two documents would stand in `feeds.html`",
        ),
        (
            "[mail]",
            "[feeds]\nfiles = { rss = \"atom-2023.xml\" }\n[mail]",
            "two documents would stand in",
        ),
        (
            "[mail]",
            "[feeds]\nformats = [\"rss\", \"rss\"]\n[mail]",
            "stands twice",
        ),
        (
            "[mail]",
            "[feeds]\nby = [\"tag\", \"tag\"]\n[mail]",
            "stands twice",
        ),
        (
            site,
            "url = \"https://hums.example/\"\nlanguage = \"english\"",
            "no language tag",
        ),
        (
            "[mail]",
            "[feeds]\nhub = \"hub\"\n[mail]",
            "`hub` is no address: it does not begin with `https://`\n  expected something",
        ),
        (
            "[mail]",
            "[feeds]\nsign_up = \"ftp://x.example/\"\n[mail]",
            "`ftp://x.example/` is no web address",
        ),
        (
            site,
            "url = \"https://hums.example/\"\nlogo = \"https://[x\"",
            "`https://[x` is no address: invalid IPv6 address",
        ),
        (
            site,
            "url = \"https://hums.example/\"\nicon = \"\"",
            "nothing between the quotation marks",
        ),
        (site, "", "the key `url` is missing here\n  add `url = …`"),
        (
            site,
            "url = \"hums.example\"",
            "`hums.example` is no address",
        ),
        (
            "{ name = \"Ada Night\"",
            "{ name = \"Ada\", url = \"mailto:a@x.example\"",
            "is no web address",
        ),
        (
            "to = [",
            "language = \"english\"\nto = [",
            "no language tag",
        ),
        (
            "[mail]",
            "[feeds]\nfiles = { rss = \"../../x.xml\" }\n[mail]",
            "no name below the folder",
        ),
        (
            "[mail]",
            "[store]\nurl = \"sqlite:t.db?mode=rwc\"\n[mail]",
            "takes no options",
        ),
    ] {
        let error = error(from, to);
        assert!(
            error.contains(words) && error.contains("config.toml:"),
            "{to}: {error}"
        );
        for jargon in ["sequence", "usize", "struct", "a map"] {
            assert!(!error.contains(jargon), "{to}: {error}");
        }
    }
}

#[test]
fn an_empty_config_is_told_where_to_begin() {
    let ran = Scene::new().file("config.toml", "").run(&["build"]);
    let words = "config.toml:1:1: the key `site` is missing here\n  begin with [site]";
    assert!(ran.code == 2 && ran.talk.contains(words), "{}", ran.talk);
}

#[test]
fn a_day_may_be_written_as_toml_writes_it() {
    let scene = Scene::new().file(
        "config.toml",
        &CONFIG.replace("\"2013-01-01\"", "2013-01-01"),
    );
    assert_eq!(scene.run(&["build"]).code, 0);
}

#[test]
fn the_scheme_of_a_relay_may_be_in_capitals() {
    for relay in ["SMTP://relay.example", "Smtps://relay.example:465"] {
        let ran = Scene::new().run_with(&["build"], &[("TIDINGS_MAIL__SMTP", relay)]);
        ran.succeeds();
    }
}

#[test]
fn a_secret_shows_in_no_error() {
    for to in [
        "smtp = \"smtp://u:hunter2@relay.example:99999\"",
        "smtp = \"u:hunter2@relay.example\"",
        "\"password\" = \"hunter2\"",
        "passwrod = \"hunter2\"",
    ] {
        let error = error("[mail]", &format!("[mail]\n{to}"));
        // The line at fault is not shown, only where it stands.
        assert!(!error.contains("hunter2"), "{error}");
    }
    for (name, value) in [
        ("TIDINGS_MAIL__SMTP", "smtp://u:hunter2@relay.example"),
        ("TIDINGS_STORE__URL", "postgre://u:hunter2@h/d"),
        ("TIDINGS_MAIL__PASSWRD", "hunter2"),
    ] {
        let ran = Scene::new().run_with(&["build"], &[(name, value)]);
        assert!(
            ran.code == 2 && ran.talk.contains(name) && !ran.talk.contains("hunter2"),
            "{}",
            ran.talk
        );
    }
}

#[test]
fn the_environment_may_complete_and_mend_the_file() {
    let dashed = CONFIG.replace("name = \"weekly\"", "name = \"my-news\"");
    for (config, variables) in [
        (
            CONFIG.replace("url = \"https://hums.example/\"", ""),
            &[("TIDINGS_SITE__URL", "https://hums.example/")][..],
        ),
        (
            CONFIG.replace("Europe/Berlin", "Nowhere"),
            &[("TIDINGS_SITE__TIMEZONE", "Europe/Berlin")],
        ),
        (
            CONFIG.replace("author = { name = \"Ada Night\" }", ""),
            &[
                ("TIDINGS_SITE__AUTHOR__EMAIL", "ada@hums.example"),
                ("TIDINGS_SITE__AUTHOR__NAME", "Ada"),
            ],
        ),
        (
            dashed,
            &[
                ("TIDINGS_DIGEST__MY_NEWS__SUBJECT", "2024"),
                ("TIDINGS_MAIL__USER", "1984"),
            ],
        ),
        (
            CONFIG.to_owned(),
            &[
                ("TIDINGS_FEEDS__LIMIT", "3"),
                ("TIDINGS_MAIL__CONNECTIONS", "2"),
            ],
        ),
    ] {
        let ran = Scene::new()
            .file("config.toml", &config)
            .run_with(&["build"], variables);
        assert_eq!(ran.code, 0, "{variables:?}: {}", ran.talk);
    }
    let ran = Scene::new().run_with(&["build"], &[("TIDINGS_MAIL_SMTP", "smtp://relay.example")]);
    assert!(
        ran.code == 2 && ran.talk.contains("did you mean `TIDINGS_MAIL__SMTP`?"),
        "{}",
        ran.talk
    );
}

#[test]
fn any_key_comes_from_the_environment() {
    let scene = Scene::new().post("tea.md", "Tea", "2024-05-01");
    let ran = scene.run_with(
        &["build"],
        &[
            ("TIDINGS_FEEDS__FORMATS", "[\"rss\"]"),
            ("TIDINGS_FEEDS__DIR", "site"),
        ],
    );
    ran.succeeds();
    assert_eq!(
        scene.names("site"),
        ["feeds.css", "feeds.html", "feeds.opml", "rss.xml"]
    );
    let ran = scene.run_with(&["build"], &[("TIDINGS_FEEDS__LIMIT", "many")]);
    assert!(
        ran.code == 2 && ran.talk.contains("TIDINGS_FEEDS__LIMIT=many"),
        "{}",
        ran.talk
    );
}

#[test]
fn a_variable_that_is_no_unicode_is_none_of_ours() {
    use std::os::unix::ffi::OsStrExt;

    let scene = Scene::new();
    let status = scene
        .command(&["build", "-q"])
        .env("ODD", std::ffi::OsStr::from_bytes(b"\xff"))
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn a_closed_pipe_is_no_error() {
    use std::io::Read;

    // More than a pipe holds, so that the program is still writing when its reader has had enough.
    let long = format!(
        "---\ntitle: Long\ndate: 2024-01-01\n---\n{}\n",
        "word ".repeat(100_000)
    );
    let scene = Scene::new().file("post/long.md", &long);
    for arguments in [
        &["build", "--dry-run"][..],
        &["completions", "fish"],
        &["man"],
    ] {
        let mut child = scene
            .command(arguments)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut some = [0; 4];
        child.stdout.take().unwrap().read_exact(&mut some).unwrap();
        assert!(child.wait().unwrap().success(), "{arguments:?}");
    }
}

#[test]
fn what_is_no_number_address_day_or_time_is_refused_before_anything_is_opened() {
    let scene = Scene::new();
    let number = "this is no number of an issue\n  `status` shows them";
    let address = "`ada` is no e-mail address: there is no `@`";
    for (arguments, words) in [
        (&["issue", "pause", "tea"][..], number),
        (&["issue", "resolve", "7", "ada", "--skip"], address),
        (&["status", "tea"], number),
        (
            &[
                "digest",
                "weekly",
                "--resend",
                "tea",
                "--to",
                "ada@x.example",
            ],
            number,
        ),
        (&["subscriber", "add", "ada"], address),
        (&["subscriber", "show", "ada"], address),
        (
            &["digest", "weekly", "--since", "2020"],
            "`2020` is no day\nexpected something like",
        ),
        (&["--at", "noon", "run"], "`noon` is no time"),
        (&["issue", "resolve", "7"], "<--resend|--skip>"),
        (
            &["issue", "resolve", "7", "--resend", "--skip"],
            "cannot be used with",
        ),
    ] {
        let ran = scene.run(arguments);
        assert!(
            ran.code == 2 && ran.talk.contains(words) && !ran.talk.contains("digit"),
            "{arguments:?}: {}",
            ran.talk
        );
    }
    assert_eq!(scene.names("."), ["config.toml", "post"]);
}

#[test]
fn the_options_of_a_command_come_before_those_of_every_command_in_its_help() {
    let help = Scene::new().run(&["digest", "--help"]).out;
    let place = |words: &str| {
        help.find(words)
            .unwrap_or_else(|| panic!("{words}: {help}"))
    };
    assert!(
        place("--to <ADDRESS>") < place("Options of every command:")
            && place("every command:") < place("--config")
    );
}

#[test]
fn a_lock_that_would_be_its_own_manifest_is_refused() {
    for (lock, words) in [
        ("x.manifest", "expected something like x.lock"),
        (
            "keep/site.Manifest",
            "expected something like keep/site.lock",
        ),
        ("..", "names no file"),
        ("", "names no file"),
    ] {
        let error = error(
            "[[digest]]",
            &format!("[posts]\nlock = \"{lock}\"\n[[digest]]"),
        );
        assert!(
            error.contains("config.toml:9:") && error.contains(words),
            "{lock}: {error}"
        );
    }
}

#[test]
fn no_secret_of_the_environment_is_said_whatever_it_is_taken_for() {
    for name in [
        "TIDINGS_MAIL__PASSWORD__X",
        "TIDINGS_MAIL__PASSWORD__X__Y",
        "TIDINGS_MAIL__SMTP__URL",
        "TIDINGS_STORE__URL__X",
        "TIDINGS_STORE__URL",
        "TIDINGS_MAIL__SMTP",
        "TIDINGS_MAIL__PASSWORT",
    ] {
        let ran = Scene::new().run_with(&["status"], &[(name, "hunter2 hunter2")]);
        assert_eq!(ran.code, 2, "{name}: {}", ran.talk);
        assert!(
            ran.talk.contains(name) && !ran.talk.contains("hunter2"),
            "{name}: {}",
            ran.talk
        );
    }
}

#[test]
fn a_name_is_bounded_wherever_it_is_given() {
    let long = "x".repeat(201);
    let to = format!("{long} <ada@x.example>");
    let scene = Scene::new();
    let config = scene
        .read("config.toml")
        .replace("editor@hums.example", &to);
    let ran = scene.run(&["subscriber", "add", "ada@x.example", "--name", &long]);
    let words = "the name has 201 characters, at most 200 are taken";
    assert!(ran.code == 2 && ran.talk.contains(words), "{}", ran.talk);
    let ran = scene.file("config.toml", &config).run(&["status"]);
    assert!(
        ran.code == 2 && ran.talk.contains(words) && ran.talk.contains("config.toml:11:"),
        "{}",
        ran.talk
    );
}

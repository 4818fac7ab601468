//! Files that name readers are for their owner alone.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sqlx::{Connection, SqliteConnection};

use crate::scene::{CONFIG, Scene};

const MONDAY: &str = "2024-06-03T06:00:00Z";

fn scene() -> Scene {
    Scene::new().post("a.md", "A", "2024-06-01").file(
        "config.toml",
        &CONFIG.replace("[mail]", "[mail]\noutbox = \"out/mail\""),
    )
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_file_with_a_reader_in_it_is_closed_to_others() {
    let scene = scene();
    scene.run_at(MONDAY, &["run"]);
    let mails = scene.names("out/mail");
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(mode(&scene.path("out/mail").join(&mails[0])), 0o600);
    assert_eq!(mode(&scene.path("out/mail")), 0o700);
    assert_eq!(mode(&scene.path("out")), 0o700);
    let show = ["digest", "weekly", "--eml", "one.eml", "--html", "one.html"];
    scene.run_at(MONDAY, &show);
    for file in ["one.eml", "one.html", "tidings.db", "tidings.db.sender"] {
        assert_eq!(mode(&scene.path(file)), 0o600, "{file}");
    }
    // A feed is for everybody.
    assert_ne!(mode(&scene.path("public/atom.xml")) & 0o044, 0);
}

#[test]
fn a_file_that_others_could_read_is_closed_though_nothing_in_it_changes() {
    let scene = scene();
    let show = ["digest", "weekly", "--eml", "one.eml"];
    scene.run_at(MONDAY, &show);
    fs::set_permissions(scene.path("one.eml"), Permissions::from_mode(0o644)).unwrap();
    scene.run_at(MONDAY, &show);
    assert_eq!(mode(&scene.path("one.eml")), 0o600);
}

#[test]
fn an_outbox_that_is_there_keeps_its_mode_and_its_files_are_closed() {
    let scene = scene();
    fs::create_dir_all(scene.path("out/mail")).unwrap();
    fs::set_permissions(scene.path("out/mail"), Permissions::from_mode(0o755)).unwrap();
    scene.run_at(MONDAY, &["run"]);
    assert_eq!(mode(&scene.path("out/mail")), 0o755);
    let mails = scene.names("out/mail");
    assert_eq!(mode(&scene.path("out/mail").join(&mails[0])), 0o600);
}

#[test]
fn what_the_database_left_beside_itself_is_closed_too() {
    let scene = scene();
    scene.run_at(MONDAY, &["run"]);
    // A connection that stays open keeps the files there after the program has ended.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let address = format!("sqlite://{}", scene.path("tidings.db").display());
    let held = runtime.block_on(async {
        let mut held = SqliteConnection::connect(&address).await.unwrap();
        sqlx::query("SELECT COUNT(*) FROM reader")
            .fetch_one(&mut held)
            .await
            .unwrap();
        held
    });
    let files = ["tidings.db", "tidings.db-wal", "tidings.db-shm"];
    for file in files {
        fs::set_permissions(scene.path(file), Permissions::from_mode(0o644)).unwrap();
    }
    scene.run_at(MONDAY, &["run"]);
    for file in files {
        assert_eq!(mode(&scene.path(file)), 0o600, "{file}");
    }
    runtime.block_on(held.close()).unwrap();
}

#[test]
fn without_a_relay_the_result_says_that_nothing_left_unless_an_outbox_is_named() {
    const WORDS: &str = "in outbox; nothing has left this machine: `smtp` under [mail] is not set";
    let config = crate::scene::CONFIG;
    let named = format!("{config}outbox = \"outbox\"\n");
    let other = format!("{config}outbox = \"mails\"\n");
    for (config, place, is_said) in [
        (config, "outbox", true),
        (&named, "outbox", false),
        (&other, "mails", false),
    ] {
        let scene = crate::scene::Scene::new()
            .post("tea.md", "Tea", "2024-05-01")
            .file("config.toml", config);
        let ran = scene.run(&["--at", "2024-07-01T12:00:00Z", "run"]);
        ran.succeeds();
        assert_eq!(ran.out.contains(WORDS), is_said, "{}", ran.out);
        assert_eq!(scene.names(place).len(), 1, "{}", ran.out);
    }
}

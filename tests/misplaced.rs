//! A store that is not where the config says, on both databases: nothing is taken for it, and nothing made in its place.

use crate::database::Database;
use crate::scene::MONDAY;
use crate::site::{NEXT, Site, THIRD, lose_store};

/// Every command that reads or writes the store.
const COMMANDS: &[&[&str]] = &[
    &["run"],
    &["run", "--dry-run"],
    &["digest", "weekly"],
    &["digest", "weekly", "--dry-run"],
    &["digest", "weekly", "--reset-slot"],
    &["subscriber", "add", "bob@x.example"],
    &["subscriber", "import", "people.csv", "--confirmed"],
    &["subscriber", "import", "people.csv", "--dry-run"],
    &["subscriber", "remove", "ada@x.example"],
    &["subscriber", "forget", "ada@x.example"],
    &["subscriber", "show", "ada@x.example"],
    &["subscriber", "list"],
    &["subscriber", "export"],
    &["status"],
    &["status", "--json"],
    &["status", "--failed"],
    &["status", "--html", "status.html"],
    &["status", "1234567890abcdef"],
    &["issue", "pause", "1234567890abcdef"],
    &["store", "check"],
    &["store", "backup", "b.backup"],
    &["store", "move", "sqlite:moved.db"],
    &["store", "rotate-key"],
    &["check", "--offline"],
];

/// A site that has sent one issue to one reader.
fn begun(site: &Site) {
    site.post("one.md", "One", "2024-06-01");
    site.file("people.csv", "email\nbob@x.example\n");
    site.add("ada@x.example");
    site.expect(MONDAY, &["run"]);
}

#[test]
fn a_place_without_a_store_is_an_error_of_every_command_while_the_lock_names_one() {
    Site::on_both("misplaced", |site| {
        begun(&site);
        lose_store(&site);
        for arguments in COMMANDS {
            let ran = site.run(NEXT, arguments);
            let said = format!("{arguments:?}: {}{}", ran.out, ran.talk);
            assert_eq!(ran.code, 2, "{said}");
            let words = [
                "the digest `weekly` was begun by another store",
                "there is none here",
                "`url` under [store] names the store",
                "tidings digest weekly --new-store",
            ];
            for words in words {
                let told = ran.out.contains(words) || ran.talk.contains(words);
                assert!(told, "{words}: {said}");
            }
            let file = site.scene.path("tidings.db");
            assert!(!file.exists(), "{arguments:?} has made a store");
        }
        if let Some(database) = &site.database {
            assert!(!database.has_tables());
        }
        assert!(!site.scene.path("status.html").exists());
        // Feeds need no store.
        site.expect(NEXT, &["build"]);
        // A person's word begins anew.
        site.expect(NEXT, &["digest", "weekly", "--new-store"]);
        site.expect(NEXT, &["subscriber", "import", "people.csv", "--confirmed"]);
        site.post("two.md", "Two", "2024-07-02");
        site.expect(THIRD, &["run"]);
        assert!(site.newest("weekly").contains("Text of Two"));
    });
}

#[test]
fn an_empty_file_is_no_store() {
    let site = Site {
        scene: crate::scene::Scene::new(),
        database: None,
    };
    begun(&site);
    lose_store(&site);
    site.file("tidings.db", "");
    for arguments in COMMANDS {
        site.refuses(NEXT, arguments, &[]);
        let length = std::fs::metadata(site.scene.path("tidings.db"))
            .unwrap()
            .len();
        assert_eq!(length, 0, "{arguments:?}");
    }
}

#[test]
fn another_store_is_refused_by_every_command() {
    Site::on_both("misplaced_other", |site| {
        let kept = Site {
            scene: crate::scene::Scene::new(),
            database: site.database.as_ref().and_then(|_| Database::fresh("kept")),
        };
        // The same site, begun once more.
        begun(&kept);
        begun(&site);
        site.file("tidings.lock", &kept.scene.read("tidings.lock"));
        let list = &["subscriber", "list"][..];
        for arguments in COMMANDS {
            let ran = site.run(NEXT, arguments);
            let told = "was begun by another store";
            let said = format!("{arguments:?}: {}{}", ran.out, ran.talk);
            assert_eq!(ran.code, 2, "{said}");
            assert!(ran.out.contains(told) || ran.talk.contains(told), "{said}");
        }
        assert!(!kept.expect(NEXT, list).contains("bob"));
        site.expect(NEXT, &["digest", "weekly", "--new-store"]);
        assert!(!site.expect(NEXT, list).contains("bob"));
    });
}

#[test]
fn without_a_line_of_a_store_the_first_command_makes_one() {
    Site::on_both("unplaced", |site| {
        site.post("one.md", "One", "2024-06-01");
        site.expect(MONDAY, &["build"]);
        site.expect(MONDAY, &["status"]);
        site.expect(MONDAY, &["subscriber", "add", "ada@x.example"]);
        site.expect(MONDAY, &["run"]);
    });
}

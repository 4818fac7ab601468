//! Two sites on one host that are given one store, on both databases.

use crate::database::Database;
use crate::scene::{CONFIG, MONDAY, Ran, Scene};
use crate::site::{BEFORE, NEXT, Site, THIRD, tell_unchecked};

/// The config of the site at this address.
fn config(url: &str) -> String {
    CONFIG.replace("https://hums.example/", url)
}

/// Another site with one post.
fn neighbour(url: &str) -> Scene {
    Scene::new()
        .file("config.toml", &config(url))
        .post("theirs.md", "Theirs", "2024-06-01")
}

/// Runs a neighbour with the store of this site.
fn run(other: &Scene, site: &Site, time: &str, arguments: &[&str]) -> Ran {
    let set = [("TIDINGS_STORE__URL", &*site.url())];
    other.run_with(&[&["--at", time], arguments].concat(), &set)
}

/// The site that the store has noted.
fn noted(site: &Site) -> String {
    let file = site.scene.path("tidings.db");
    let on_file = || format!("sqlite://{}", file.display());
    let url = site.database.as_ref().map_or_else(on_file, Database::url);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        use sqlx::{Connection, Row};
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect(&url).await.unwrap();
        let query = sqlx::query("SELECT key FROM secret WHERE purpose = 'site'");
        let row = query.fetch_one(&mut connection).await.unwrap();
        row.get("key")
    })
}

#[test]
fn the_store_of_a_site_is_refused_by_its_neighbour_whatever_it_is_asked() {
    Site::on_both("neighbour", |site| {
        site.file("config.toml", &config("https://h.example/a"));
        site.post("one.md", "One", "2024-06-01");
        site.add("ada@hums.example");
        site.expect(MONDAY, &["run"]);
        site.expect(MONDAY, &["store", "backup", "a.backup"]);
        let backup = site.scene.path("a.backup").display().to_string();
        let mut other = neighbour("https://h.example/b/").file("people.txt", "bob@x.example\n");
        // Whether or not it has a lock, since its authority is the same.
        for lock in [None, Some("h.example\n")] {
            if let Some(lock) = lock {
                other = other.file("tidings.lock", lock);
            }
            for arguments in [
                &["run"][..],
                &["run", "--dry-run"],
                &["digest", "weekly"],
                &["digest", "weekly", "--dry-run"],
                &["digest", "weekly", "--new-store"],
                &["digest", "weekly", "--reset-slot"],
                &["subscriber", "add", "bob@x.example"],
                &["subscriber", "import", "people.txt", "--confirmed"],
                &["subscriber", "import", "people.txt", "--dry-run"],
                &["subscriber", "remove", "ada@hums.example"],
                &["subscriber", "forget", "ada@hums.example"],
                &["subscriber", "show", "ada@hums.example"],
                &["subscriber", "list"],
                &["subscriber", "export"],
                &["status"],
                &["status", "--json"],
                &["store", "check"],
                &["store", "backup", "b.backup"],
                &["store", "move", "sqlite:b.db"],
            ] {
                let ran = run(&other, &site, NEXT, arguments);
                let said = format!("{arguments:?}: {}{}", ran.out, ran.talk);
                assert_eq!(ran.code, 2, "{said}");
                let words = "readers of the site `h.example/a/`, and this site is `h.example/b/`";
                assert!(ran.talk.contains(words), "{said}");
                assert!(ran.talk.contains("a store of its own"), "{said}");
            }
            assert!(other.names("outbox").is_empty());
        }
        let ran = other.run(&["--at", NEXT, "store", "restore", &backup]);
        assert!(
            ran.code == 2 && ran.talk.contains("this site is `h.example/b/`"),
            "{}",
            ran.talk
        );
        // The site itself goes on.
        site.post("two.md", "Two", "2024-06-25");
        site.expect(NEXT, &["run"]);
        let list = site.expect(NEXT, &["subscriber", "list"]);
        assert!(
            list.contains("ada@hums.example  active") && !list.contains("bob"),
            "{list}"
        );
    });
}

#[test]
fn a_site_that_moves_within_its_host_keeps_its_store_by_its_lock_or_its_manifest() {
    for lost in ["tidings.manifest", "tidings.lock"] {
        Site::on_both(&format!("moves_{}", lost.replace('.', "_")), |site| {
            site.file("config.toml", &config("https://h.example/"));
            site.post("one.md", "One", "2024-06-01");
            site.expect(MONDAY, &["run"]);
            assert_eq!(noted(&site), "h.example/");
            std::fs::remove_file(site.scene.path(lost)).unwrap();
            site.file("config.toml", &config("https://h.example/blog/"));
            site.expect(BEFORE, &["subscriber", "list"]);
            assert_eq!(noted(&site), "h.example/", "reading changes nothing");
            site.post("two.md", "Two", "2024-06-25");
            site.expect(NEXT, &["run"]);
            assert!(site.newest("weekly").contains("Text of Two"));
            assert_eq!(noted(&site), "h.example/blog/");
            // Its old place is a neighbour's now.
            let ran = run(&neighbour("https://h.example/"), &site, THIRD, &["run"]);
            ran.fails_with(2);
        });
    }
}

#[test]
fn a_site_that_moves_without_lock_and_manifest_is_refused_until_its_lock_is_back() {
    Site::on_both("moves_bare", |site| {
        site.post("one.md", "One", "2024-06-01");
        site.expect(MONDAY, &["run"]);
        let lock = site.scene.read("tidings.lock");
        for file in ["tidings.lock", "tidings.manifest"] {
            std::fs::remove_file(site.scene.path(file)).unwrap();
        }
        site.file("config.toml", &config("https://hums.example/blog/"));
        site.post("two.md", "Two", "2024-06-25");
        site.refuses(
            NEXT,
            &["run"],
            &["bring its `tidings.lock` back", "`hums.example/blog/`"],
        );
        site.file("tidings.lock", &lock);
        site.expect(NEXT, &["run"]);
        assert!(site.newest("weekly").contains("Text of Two"));
    });
}

/// Makes the store as one that knows the host of its site alone.
fn forget_place(site: &Site) {
    let text = "UPDATE secret SET key = 'h.example' WHERE purpose = 'site'";
    tell_unchecked(site, text);
}

const UNPLACED: &str =
    "readers of a site of `h.example`, and nothing says that this is `h.example/b/`";

#[test]
fn a_store_that_knows_the_authority_alone_is_whose_lock_or_manifest_names_it() {
    for lost in ["", "tidings.manifest", "tidings.lock"] {
        Site::on_both(&format!("early_{}", lost.len()), |site| {
            site.file("config.toml", &config("https://h.example/a/"));
            site.post("one.md", "One", "2024-06-01");
            site.add("ada@hums.example");
            site.expect(MONDAY, &["run"]);
            forget_place(&site);
            // Its neighbour has files of the same names and days, and so the same ids; or is built already.
            let other = neighbour("https://h.example/b/").post("one.md", "Eins", "2024-06-01");
            for arguments in [
                &["subscriber", "list"][..],
                &["subscriber", "add", "bob@x.example"],
                &["run", "--dry-run"],
                &["run"],
                &["run"],
                &["subscriber", "list"],
            ] {
                let ran = run(&other, &site, NEXT, arguments);
                ran.fails_with(2).says(UNPLACED);
            }
            assert!(other.names("outbox").is_empty());
            assert_eq!(noted(&site), "h.example");
            if !lost.is_empty() {
                std::fs::remove_file(site.scene.path(lost)).unwrap();
            }
            site.expect(NEXT, &["subscriber", "add", "eve@x.example"]);
            assert_eq!(noted(&site), "h.example/a/");
            run(&other, &site, NEXT, &["subscriber", "list"]).fails_with(2);
        });
    }
}

#[test]
fn a_store_that_nothing_names_is_known_by_the_line_that_is_asked_for() {
    for has_sent in [true, false] {
        Site::on_both(&format!("unnamed_{has_sent}"), |site| {
            site.file("config.toml", &config("https://h.example/b/"));
            site.post("one.md", "One", "2024-06-01");
            site.add("ada@hums.example");
            match has_sent {
                true => site.expect(MONDAY, &["run"]),
                false => site.expect(MONDAY, &["build"]),
            };
            forget_place(&site);
            let lock = site.scene.read("tidings.lock");
            let unnamed = lock.lines().filter(|line| !line.starts_with("#digest"));
            let unnamed: Vec<&str> = unnamed.collect();
            site.file("tidings.lock", &(unnamed.join("\n") + "\n"));
            std::fs::remove_file(site.scene.path("tidings.manifest")).unwrap();
            site.refuses(NEXT, &["run"], &[UNPLACED, "a store of its own"]);
            let talk = site.run(NEXT, &["status"]).talk;
            let line = talk.lines().find(|line| line.contains("#digest")).unwrap();
            let (first, rest) = lock.split_once('\n').unwrap();
            let told = format!("{first}\n{}\n{rest}", line.trim());
            site.file("tidings.lock", &told);
            site.post("two.md", "Two", "2024-06-25");
            site.expect(NEXT, &["run"]);
            assert_eq!(noted(&site), "h.example/b/");
            let mails = site.scene.names("outbox").len();
            assert_eq!(mails, if has_sent { 4 } else { 2 }, "{has_sent}");
        });
    }
}

#[test]
fn a_store_that_keeps_nothing_yet_belongs_to_whoever_comes() {
    Site::on_both("unused", |site| {
        site.file("config.toml", &config("https://h.example/a/"));
        site.post("one.md", "One", "2024-06-01");
        site.file("nobody.csv", "email\n");
        let nobody = ["subscriber", "import", "nobody.csv", "--confirmed"];
        site.expect(MONDAY, &nobody);
        forget_place(&site);
        let other = neighbour("https://h.example/b/");
        run(&other, &site, MONDAY, &["run"]).succeeds();
        assert_eq!(noted(&site), "h.example/b/");
        site.refuses(NEXT, &["run"], &["readers of the site `h.example/b/`"]);
    });
}

#[test]
fn two_sites_have_one_database_on_a_server_and_a_schema_each() {
    let Some(database) = Database::fresh("schemas") else {
        return;
    };
    let sites = ["a", "b"].map(|name| {
        database.create_schema(name);
        let other = neighbour(&format!("https://h.example/{name}/"));
        (
            other,
            format!("{}?options=-csearch_path%3D{name}", database.url()),
        )
    });
    for (site, url) in &sites {
        let set = [("TIDINGS_STORE__URL", &**url)];
        let ran = site.run_with(&["--at", MONDAY, "run"], &set);
        ran.succeeds();
        assert_eq!(site.names("outbox").len(), 1);
        let ran = site.run_with(&["--at", MONDAY, "store", "check"], &set);
        ran.succeeds();
    }
}

#[test]
fn a_store_belongs_to_its_site_before_the_first_mail() {
    Site::on_both("unsent", |site| {
        site.post("one.md", "One", "2024-06-01");
        site.expect(MONDAY, &["subscriber", "add", "ada@x.example"]);
        let other = neighbour("https://other.example/");
        for command in [&["run"][..], &["subscriber", "add", "bob@x.example"]] {
            run(&other, &site, NEXT, command).fails_with(2);
        }
        site.expect(MONDAY, &["run"]);
    });
}

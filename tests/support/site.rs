//! A site whose store is a file, or a database on a server; the same scenes run on both.

use std::fs;

use sqlx::{Connection as _, Executor as _};

use crate::database::Database;
use crate::scene::{Ran, Scene};

pub(crate) const BEFORE: &str = "2024-06-20T12:00:00+02:00";

pub(crate) const NEXT: &str = "2024-07-01T08:00:05+02:00";

pub(crate) const THIRD: &str = "2024-07-08T08:00:05+02:00";

pub(crate) const FOURTH: &str = "2024-07-15T08:00:05+02:00";

/// A site whose store is a file, or a database on a server.
pub(crate) struct Site {
    pub(crate) scene: Scene,
    pub(crate) database: Option<Database>,
}

/// The store as it was once.
pub(crate) enum Copy {
    Files(Vec<(String, Vec<u8>)>),
    Database(Database),
}

impl Site {
    /// Does the same with a store of either kind.
    pub(crate) fn on_both(name: &str, work: impl Fn(Self)) {
        let site = |database| Self {
            scene: Scene::new(),
            database,
        };
        work(site(None));
        if let Some(database) = Database::fresh(name) {
            work(site(Some(database)));
        }
    }

    pub(crate) fn file(&self, path: &str, text: &str) {
        fs::write(self.scene.path(path), text).unwrap();
    }

    pub(crate) fn post(&self, name: &str, title: &str, date: &str) {
        let text = format!("---\ntitle: {title}\ndate: {date}\n---\nText of {title}.\n");
        self.file(&format!("post/{name}"), &text);
    }

    pub(crate) fn run(&self, time: &str, arguments: &[&str]) -> Ran {
        self.run_with(time, arguments, &[])
    }

    pub(crate) fn run_with(&self, time: &str, arguments: &[&str], set: &[(&str, &str)]) -> Ran {
        let url = self.database.as_ref().map(Database::url);
        let own = url.iter().map(|url| ("TIDINGS_STORE__URL", url.as_str()));
        // The later of two beats the other.
        let set: Vec<(&str, &str)> = own.chain(set.iter().copied()).collect();
        self.scene
            .run_with(&[&["--at", time], arguments].concat(), &set)
    }

    /// Runs, and expects that all goes well.
    pub(crate) fn expect(&self, time: &str, arguments: &[&str]) -> String {
        let ran = self.run(time, arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.out, ran.talk);
        ran.out
    }

    /// Runs, and expects that nothing can be done, for a reason with these words.
    pub(crate) fn refuses(&self, time: &str, arguments: &[&str], words: &[&str]) {
        let ran = self.run(time, arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}{}", ran.out, ran.talk);
        for words in words {
            assert!(ran.talk.contains(words), "{words}: {}", ran.talk);
        }
    }

    /// The same site on another machine, with its own store: config, posts and lock, as a checkout has them.
    pub(crate) fn elsewhere(&self, database: Option<Database>) -> Self {
        let site = Self {
            scene: Scene::new(),
            database,
        };
        for name in self.scene.names("post") {
            let path = format!("post/{name}");
            site.file(&path, &self.scene.read(&path));
        }
        for file in ["config.toml", "tidings.lock"] {
            site.file(file, &self.scene.read(file));
        }
        site
    }

    /// Returns the address of its store.
    pub(crate) fn url(&self) -> String {
        match &self.database {
            Some(database) => database.url(),
            None => format!("sqlite:{}", self.scene.path("tidings.db").display()),
        }
    }

    pub(crate) fn add(&self, address: &str) {
        self.expect(
            BEFORE,
            &["subscriber", "add", address, "--digest", "weekly"],
        );
    }

    /// The number of the newest issue.
    pub(crate) fn issue(&self) -> String {
        let out = self.expect(NEXT, &["status"]);
        out.split(' ').next().unwrap().to_owned()
    }

    /// The newest mail of a digest in the outbox.
    pub(crate) fn newest(&self, digest: &str) -> String {
        let mut names = self.scene.names("outbox").into_iter();
        let name = names.rfind(|name| name.starts_with(digest));
        let mail = self.scene.read(&format!("outbox/{}", name.unwrap()));
        mail.replace("=\r\n", "")
    }

    /// To whom the mails of this day in the outbox went, sorted.
    pub(crate) fn mailed(&self, day: &str) -> Vec<String> {
        let names = self.scene.names("outbox").into_iter();
        let mut to: Vec<String> = names
            .filter(|name| name.contains(day))
            .map(|name| {
                let (_, address) = name.rsplit_once('-').unwrap();
                address.trim_end_matches(".eml").to_owned()
            })
            .collect();
        to.sort();
        to
    }

    pub(crate) fn back_up(&self) -> Copy {
        if let Some(database) = &self.database {
            return Copy::Database(database.copy());
        }
        let files = ["tidings.db", "tidings.db-wal"].map(str::to_owned);
        let read = |file: String| Some((file.clone(), fs::read(self.scene.path(&file)).ok()?));
        Copy::Files(files.into_iter().filter_map(read).collect())
    }

    pub(crate) fn restore(&self, copy: &Copy) {
        match (copy, &self.database) {
            (Copy::Database(copy), Some(database)) => database.restore(copy),
            (Copy::Files(files), None) => {
                for end in ["", "-wal", "-shm", ".sender"] {
                    let _ = fs::remove_file(self.scene.path(&format!("tidings.db{end}")));
                }
                for (file, bytes) in files {
                    fs::write(self.scene.path(file), bytes).unwrap();
                }
            }
            _ => unreachable!(),
        }
    }
}

pub(crate) fn lose_store(site: &Site) {
    match &site.database {
        Some(database) => database.empty(),
        None => {
            for end in ["", "-wal", "-shm", ".sender"] {
                let _ = fs::remove_file(site.scene.path(&format!("tidings.db{end}")));
            }
        }
    }
}

/// Says this to the database, which does not look whether its rows fit together.
pub(crate) fn tell_unchecked(site: &Site, statement: &str) {
    let file = site.scene.path("tidings.db");
    let on_file = || format!("sqlite://{}", file.display());
    let url = site.database.as_ref().map_or_else(on_file, Database::url);
    let off = match site.database {
        Some(_) => "SET session_replication_role = replica",
        None => "PRAGMA foreign_keys = OFF",
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect(&url).await.unwrap();
        connection.execute(off).await.unwrap();
        let text = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()));
        connection.execute(text).await.unwrap();
        connection.close().await.unwrap();
    });
}

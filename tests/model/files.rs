//! The files of a site: its config, its posts, its store.

use std::fs;
use std::path::PathBuf;

use chrono::NaiveDate;

use super::Site;
use super::post::{Face, Fault, Post, mark};

const CONFIG: &str = r#"
[site]
title = "Hums"
url = "https://hums.example/"
author = { name = "Ada Night" }
require_live = false
[feeds]
formats = ["json"]
page = false
opml = false
limit = 1000
[[digest]]
name = "daily"
schedule = "0 8 * * *"
to = ["editor@hums.example"]
since = "2013-01-01"
limit = 1000
[mail]
from = "Hums <news@hums.example>"
[store]
url = "sqlite:STORE"
"#;
const WORDS: [&str; 32] = [
    "kettle", "pager", "night", "watch", "cable", "roof", "river", "yard", "panel", "summer",
    "fuse", "hall", "light", "machine", "station", "clock", "window", "letter", "garden", "winter",
    "engine", "bridge", "harbour", "ticket", "ladder", "copper", "signal", "paper", "shadow",
    "needle", "basin", "thread",
];

impl Site {
    pub(super) fn use_store(&self) {
        let store = format!("store-{}.db", self.stores);
        fs::write(
            self.scene.path("config.toml"),
            CONFIG.replace("STORE", &store),
        )
        .unwrap();
    }

    fn file(&self, path: &str) -> PathBuf {
        self.scene.path(&format!("post/{path}"))
    }

    pub(super) fn save(&self, at: usize) {
        let Post { face, edits, .. } = &self.posts[at];
        let mut seed = self.posts[at].words_of as u64 * 7919 + 17;
        let mut words: Vec<String> = (0..60)
            .map(|_| {
                seed = seed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                WORDS[(seed >> 40) as usize % WORDS.len()].to_owned()
            })
            .collect();
        // An edit changes one word, and takes back the one before.
        if *edits > 0 {
            let place = *edits as usize * 13 % words.len();
            words[place] = format!("edit{edits}");
        }
        let Face { path, title, date } = face;
        let text = words.join(" ");
        let (mut open, mut more, mut date) = ("", "", *date);
        match self.posts[at].fault {
            Some(Fault::Broken) => open = "[",
            Some(Fault::Draft) => more = "draft: true\n",
            Some(Fault::Future) => date = NaiveDate::from_ymd_opt(2094, 5, 1).unwrap(),
            _ => {}
        }
        let text = format!(
            "---\ntitle: {open}{title}\ndate: {date}\n{more}---\n{} {text}\n",
            mark(at)
        );
        let file = self.file(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        // What is written to a link would go where it leads.
        let _ = fs::remove_file(&file);
        match self.posts[at].fault {
            Some(Fault::Empty) => fs::write(file, "").unwrap(),
            Some(Fault::Link) => std::os::unix::fs::symlink("nowhere.md", file).unwrap(),
            _ => fs::write(file, text).unwrap(),
        }
    }

    pub(super) fn remove(&self, at: usize) {
        fs::remove_file(self.file(&self.posts[at].face.path)).unwrap();
    }

    pub(super) fn move_store(&mut self) {
        let old = format!("store-{}.db", self.stores);
        self.stores += 1;
        for name in self.scene.names("") {
            if let Some(rest) = name.strip_prefix(&old) {
                let new = format!("store-{}.db{rest}", self.stores);
                fs::rename(self.scene.path(&name), self.scene.path(&new)).unwrap();
            }
        }
        self.use_store();
        self.tell("move the store".to_owned());
    }
}

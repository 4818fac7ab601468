//! Fuzzes what tidings itself keeps and gives out, as somebody may have changed it: the lock, the manifest, tokens.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fs;

use arbitrary::{Result, Unstructured};
use chrono::{DateTime, Utc};
use tempfile::TempDir;
use tidings::inside::lock::{Absence, Lock, Past, Unnamed};
use tidings::inside::post::Signature;
use tidings::inside::publish::Manifest;
use tidings::inside::token::{Claim, Key, Purpose};

use crate::grammar::{raw, text};

thread_local! {
    static FOLDER: RefCell<TempDir> = RefCell::new(tempfile::tempdir().expect("a folder"));
}

/// A site whose last build is forgotten.
struct Forgotten;

impl Past for Forgotten {
    fn is_known(&self) -> bool {
        false
    }

    fn before(&self, _: &str) -> Option<Signature> {
        None
    }

    fn earlier(&self, _: &str) -> Option<Signature> {
        None
    }

    fn is_shared(&self, _: Signature) -> bool {
        false
    }

    fn was_published(&self, _: &str) -> bool {
        false
    }

    fn now(&self, _: usize) -> Option<Signature> {
        None
    }

    fn is_day(&self, _: DateTime<Utc>) -> bool {
        false
    }

    fn absence(&self, _: &str) -> Option<Absence> {
        None
    }

    fn absent(&self, _: &str) -> Option<Signature> {
        None
    }

    fn possible_posts(&self) -> &[String] {
        &[]
    }

    fn unkept(&self) -> &[String] {
        &[]
    }
}

pub(crate) fn lock(bytes: &[u8]) {
    const WORDS: &[&str] = &[
        "x.example\n",
        "a.md\t2024-01-02T00:00:00Z\tA\ttag:x.example,2024-01-02:a.md\n",
        "b.md\t2024-01-02T00:00:00Z\tB\tid-b\n",
        "a.md",
        "b.md",
        "c/index.md",
        "\t",
        "\n",
        "\r\n",
        "2024-01-02T00:00:00Z",
        "moved",
        "A",
        "id-1",
        "#digest\tweekly\t1\n",
        "#feed\t/\tid\n",
        "<<<<<<< a\n",
        "=======\n",
        ">>>>>>> b\n",
        "tag:x.example,2024-01-02:a.md",
        "\u{feff}",
        "e\u{301}.md",
        "é.md",
    ];
    let _ = (|| -> Result<()> {
        let u = &mut Unstructured::new(bytes);
        let text = format!("x.example\n{}\n", text(u, WORDS)?);
        let Ok(mut lock) = Lock::parse(&text) else {
            return Ok(());
        };
        let written = lock.to_text();
        assert_eq!(
            Lock::parse(&written).map(|lock| lock.to_text()).ok(),
            Some(written),
            "{text:?}"
        );
        let mut posts = Vec::new();
        let mut paths = HashSet::new();
        for _ in 0..u.int_in_range(0..=8)? {
            let path = *u.choose(&[
                "a.md",
                "b.md",
                "c/index.md",
                "d.md",
                "é.md",
                "2024-01-02-a.md",
                "x/a.md",
            ])?;
            let title = *u.choose(&["A", "B", "", "A\tB"])?;
            let id = *u.choose(&[None, None, None, Some("id-b"), Some("own")])?;
            let published = chrono::DateTime::from_timestamp(u.int_in_range(0..=3)? * 86_400, 0)
                .unwrap_or_default();
            if paths.insert(path)
                && posts
                    .iter()
                    .all(|post: &Unnamed<'_>| id.is_none() || post.id != id)
            {
                posts.push(Unnamed {
                    path,
                    published,
                    title,
                    id,
                });
            }
        }
        let given = lock.assign("x.example", &posts, &Forgotten);
        let ids: Vec<&String> = given.ids.iter().flatten().collect();
        let distinct: HashSet<&&String> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len(), "{posts:?}: {ids:?}");
        assert_eq!(
            ids.len() + given.refused.len(),
            posts.len(),
            "{posts:?}: {given:?}"
        );
        let mut again = Lock::parse(&lock.to_text()).expect("what was written is read");
        let anew = again.assign("y.example", &posts, &Forgotten);
        assert_eq!(anew.ids, given.ids, "{text:?}: {posts:?}");
        Ok(())
    })();
}

pub(crate) fn manifest(bytes: &[u8]) {
    const WORDS: &[&str] = &[
        "file\t",
        "../x",
        "/etc/passwd",
        "atom.xml",
        "\t",
        "\n",
        "post\t",
        "waiting\t",
        "ff",
        "0",
        "-",
        "told",
        "untold",
        "https://x.example/",
        "2024-01-02T00:00:00Z",
        "18446744073709551615",
        "99999999999999999999",
        "text\t",
        "unseen\t",
    ];
    let _ = (|| -> Result<()> {
        let u = &mut Unstructured::new(bytes);
        let text = format!("tidings manifest 1\n{}", text(u, WORDS)?);
        FOLDER.with_borrow(|folder| {
            let lock = folder.path().join("tidings.lock");
            fs::write(lock.with_extension("manifest"), text).expect("the folder can be written");
            let read = Manifest::read(&lock);
            assert!(
                read.list_untold()
                    .iter()
                    .all(|path| !path.starts_with('/') && !path.contains("..")),
                "{read:?}"
            );
            read.keep(&lock).expect("the folder can be written");
            assert_eq!(Manifest::read(&lock), read);
        });
        Ok(())
    })();
}

pub(crate) fn token(bytes: &[u8]) {
    let _ = (|| -> Result<()> {
        let u = &mut Unstructured::new(bytes);
        let key = Key::from_text(1.into(), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
            .expect("a key");
        let claim = Claim {
            purpose: Purpose::Leave,
            reader: u.arbitrary::<i64>()?.into(),
            issue: u.arbitrary::<i64>()?.into(),
        };
        let token = key.sign(&claim);
        assert_eq!(
            Claim::verify(&token, Purpose::Leave, std::slice::from_ref(&key)),
            Some(claim)
        );
        let mut forged = token.clone().into_bytes();
        let at = u.choose_index(forged.len())?;
        forged[at] = u.arbitrary()?;
        let forged = String::from_utf8_lossy(&forged).into_owned();
        // Of the last character two bits say nothing, and a decoder that is strict refuses them.
        assert!(
            forged == token
                || Claim::verify(&forged, Purpose::Leave, std::slice::from_ref(&key)).is_none(),
            "{forged}"
        );
        assert_eq!(Claim::verify(&raw(u)?, Purpose::Leave, &[key]), None);
        Ok(())
    })();
}

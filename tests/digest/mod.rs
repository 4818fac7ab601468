//! The digests: which posts each announces, and how an issue reads.

mod beginning;
mod by_hand;
mod choice;
mod rendering;

use std::fs;

use crate::scene::{CONFIG, Scene};

const NEXT: &str = "2024-07-01T08:00:05+02:00";

const THIRD: &str = "2024-07-08T08:00:05+02:00";

/// Returns the newest mail in the outbox, decoded as far as these tests need.
fn newest(scene: &Scene) -> String {
    let name = scene
        .names("outbox")
        .into_iter()
        .rfind(|name| name.starts_with("weekly"))
        .unwrap();
    scene.read(&format!("outbox/{name}")).replace("=\r\n", "")
}

fn without_since() -> Scene {
    Scene::new().file(
        "config.toml",
        &CONFIG.replace("since = \"2013-01-01\"\n", ""),
    )
}

fn remove_store(scene: &Scene) {
    for end in ["", "-wal", "-shm", ".sender"] {
        let _ = fs::remove_file(scene.path(&format!("tidings.db{end}")));
    }
}

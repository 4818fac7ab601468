//! The published folder over HTTP.

mod files;
mod requests;

use crate::scene::{CONFIG, Scene};

fn scene() -> Scene {
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .post("old.md", "Old", "2023-06-01")
        .file(
            "config.toml",
            &format!("{CONFIG}[feeds]\nprecompress = true\narchive = \"year\"\nby = [\"tag\"]\n"),
        )
        .file("secret.txt", "secret")
        .file("public/about/index.html", "<p>About</p>")
        .file("public/a b.txt", "blank")
        .file("public/style.css", "p {}")
        .file("public/.git/config", "secret")
        .file("public/.env", "secret");
    scene.run_at("2024-06-24T08:00:05+02:00", &["build"]);
    scene
}

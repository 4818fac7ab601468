//! Which files are posts, and their facts, in sites of each dialect.

mod facts;
mod left_out;

use crate::scene::{Ran, Scene};

const BESIDE: &str =
    "[site]\ntitle = \"T\"\nurl = \"https://x.example/\"\n[posts]\ndir = \"content\"\n";
const NOON: &str = "2024-06-01T12:00:00Z";

/// Paths and texts.
type Files<'a> = &'a [(&'a str, &'a str)];

/// Builds a site of these files.
fn build(more: &str, files: Files<'_>) -> Ran {
    let config = format!("{BESIDE}{more}");
    let mut scene = Scene::new().file("tidings.toml", &config);
    for (path, text) in files {
        scene = scene.file(path, text);
    }
    scene.run(&["--config", "tidings.toml", "--at", NOON, "build", "-v"])
}

/// The address of a post, as `-v` says it.
fn address<'a>(ran: &'a Ran, path: &str) -> Option<&'a str> {
    let start = format!("{path}: 20");
    let line = ran.talk.lines().find(|line| line.starts_with(&start))?;
    let (_, address) = line.split_once("; https://x.example/")?;
    address.split_once(" from ").map(|(address, _)| address)
}

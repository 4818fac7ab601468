//! Tests that posts which a generator leaves out of its site are left out of everything here.

mod effects;
mod rules;

use crate::scene::Scene;

/// A config of ours beside a generator's.
const OURS: &str =
    "[site]\ntitle = \"T\"\nurl = \"https://x.example/\"\n[posts]\ndir = \"content\"\n";

/// A site whose generator says this, with posts at these paths.
fn site(dir: &str, configs: &[(&str, &str)], posts: &str) -> Scene {
    let scene = Scene::new().file(
        "config.toml",
        &OURS.replace("\"content\"", &format!("\"{dir}\"")),
    );
    let scene = configs
        .iter()
        .fold(scene, |scene, (path, text)| scene.file(path, text));
    posts.split(' ').fold(scene, |scene, path| {
        scene.file(
            path,
            &format!(
                "---\ntitle: {path}\ndate: 2024-05-01\nslug: {}\n---\n",
                path.replace('/', "-")
            ),
        )
    })
}

/// Returns the lines of the lock after a build that had nothing to say, by path.
fn taken(scene: &Scene) -> String {
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    assert_eq!((ran.code, ran.talk.as_str()), (0, ""));
    let lock = scene.read("tidings.lock");
    let paths: Vec<&str> = lock
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(path, _)| path)
        .collect();
    paths.join(" ")
}

//! Mail by a relay: each message once, through refusals, stops and faults of the relay.

mod extensions;
mod issues;
mod pipelining;
mod refused;
mod stopping;
mod trouble;
mod uncertain;

use std::process::{Child, Stdio};

use tidings::config::StoreUrl;

use crate::relay::Relay;
use crate::scene::{MONDAY, Ran, Scene};
use crate::stores;

fn many(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("reader{n}@x.example")).collect()
}

/// A site with these readers and nobody else.
fn scene(readers: &[String]) -> Scene {
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("people.csv", &format!("email\n{}\n", readers.join("\n")));
    let config = scene
        .read("config.toml")
        .replace("to = [\"editor@hums.example\"]\n", "");
    let scene = scene.file("config.toml", &config);
    scene.run_at(
        MONDAY,
        &["subscriber", "import", "people.csv", "--confirmed"],
    );
    scene
}

/// A run at a time, against a relay, with more set.
fn run_with(scene: &Scene, at: &str, relay: &Relay, more: &[(&str, &str)]) -> Ran {
    let url = relay.url();
    scene.run_with(
        &["--at", at, "run"],
        &[&[("TIDINGS_MAIL__SMTP", url.as_str())], more].concat(),
    )
}

fn run(scene: &Scene, relay: &Relay) -> Ran {
    run_with(scene, MONDAY, relay, &[])
}

fn spawn(scene: &Scene, relay: &Relay, connections: &str) -> Child {
    scene
        .command(&["--at", MONDAY, "run"])
        .env("TIDINGS_MAIL__SMTP", relay.url())
        .env("TIDINGS_MAIL__CONNECTIONS", connections)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn number(scene: &Scene) -> String {
    scene.status()["issue"].as_str().unwrap().to_owned()
}

fn recipients(relay: &Relay) -> Vec<String> {
    let mut taken: Vec<String> = relay
        .taken()
        .into_iter()
        .map(|(recipient, _)| recipient)
        .collect();
    taken.sort();
    taken
}

/// Changes the store's file from elsewhere.
fn tell(scene: &Scene, text: &'static str) {
    sqlx::any::install_default_drivers();
    let url = StoreUrl::Sqlite(scene.path("tidings.db"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(stores::tell(&url, text));
}

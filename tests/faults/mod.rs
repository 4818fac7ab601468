//! Faults of the machine: full disks, locked databases, clocks that jump.

mod disk;
mod locks;

use sqlx::{Connection, Row, SqliteConnection};

use crate::relay::Relay;
use crate::scene::{MONDAY, Ran, Scene};

fn scene(readers: usize) -> Scene {
    let people: Vec<String> = (0..readers)
        .map(|n| format!("reader{n}@x.example"))
        .collect();
    let people = format!("email\n{}\n", people.join("\n"));
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("people.csv", &people);
    scene.run_at(
        MONDAY,
        &["subscriber", "import", "people.csv", "--confirmed"],
    );
    scene
}

fn run(scene: &Scene, at: &str, relay: &Relay) -> Ran {
    scene.run_with(
        &["--at", at, "run"],
        &[
            ("TIDINGS_MAIL__SMTP", &relay.url()),
            ("TIDINGS_MAIL__CONNECTIONS", "2"),
        ],
    )
}

/// Says this to the database of the scene, over a connection of its own.
async fn connect(scene: &Scene) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}", scene.path("tidings.db").display()))
        .await
        .unwrap()
}

fn assert_whole(scene: &Scene) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let word: String = runtime.block_on(async {
        let mut connection = connect(scene).await;
        sqlx::query("PRAGMA integrity_check")
            .fetch_one(&mut connection)
            .await
            .unwrap()
            .get(0)
    });
    assert_eq!(word, "ok");
}

/// The database is whole, everyone has the issue, and who has it twice was listed.
fn check(scene: &Scene, relay: &Relay, readers: usize) {
    assert_whole(scene);
    let told = scene.status();
    assert_eq!(
        (&told["counts"]["sent"], &told["state"]),
        (&readers.into(), &"done".into()),
        "{told}"
    );
    let listed: Vec<&str> = told["uncertain"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["email"].as_str())
        .collect();
    let mut taken: Vec<String> = relay
        .taken()
        .into_iter()
        .map(|(recipient, _)| recipient)
        .collect();
    taken.sort();
    let all = taken.len();
    for pair in taken.windows(2).filter(|pair| pair[0] == pair[1]) {
        assert!(
            listed.contains(&pair[0].as_str()),
            "{} has it twice and is not listed",
            pair[0]
        );
    }
    taken.dedup();
    assert_eq!(taken.len(), readers, "{all} messages");
}

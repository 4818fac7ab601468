//! The links of mails and the form to join: by which keys they are signed, where the form may be framed, and what proof is
//! kept of who follows them.

use crate::preferences::{MONDAY, SECOND, Site, THIRD, both, serve};
use crate::scene::Scene;

#[test]
fn a_proof_has_the_network_address_only_where_the_config_says_so() {
    for (keys, is_kept) in [("", false), ("keep_ip = true\n", true)] {
        both("links_proof", |store| check_proof(keys, is_kept, store));
    }
}

fn check_proof(keys: &str, is_kept: bool, store: Option<String>) {
    let site = Site::new(&format!("{keys}proxies = [\"127.0.0.1\"]\n"), store);
    let sent = site.relay.count();
    let from = "X-Forwarded-For: 192.0.2.77\r\n";
    site.post("/subscribe", from, "email=eve%40x.example&digest=weekly");
    site.wait_for(sent + 1);
    let path = site.path("eve", "confirm");
    let done = site.post(&path, "X-Forwarded-For: 192.0.2.78\r\n", "");
    assert_eq!(done.status, 200);
    let shown = site.shown("eve");
    for address in ["192.0.2.77", "192.0.2.78"] {
        assert_eq!(shown.contains(address), is_kept, "{keys}: {shown}");
    }
    site.wait_for(sent + 3);
    assert!(site.path("eve", "preferences").len() > 20);
}

#[test]
fn the_form_to_join_alone_may_be_framed_and_only_where_the_config_says_so() {
    let embed = "embed_from = [\"https://hums.example\", \"https://other.example:8443\"]\n";
    for (keys, ancestors) in [
        ("", "frame-ancestors 'none'"),
        (
            embed,
            "frame-ancestors https://hums.example https://other.example:8443",
        ),
    ] {
        let site = Site::new(keys, None);
        let form = site.service.get("/subscribe");
        let asked = site.post("/subscribe", "", "email=eve%40x.example&digest=weekly");
        let wrong = site.post("/subscribe", "", "email=eve");
        for answer in [&form, &asked, &wrong] {
            let policy = answer.header("content-security-policy").unwrap();
            assert!(policy.contains(ancestors), "{policy}");
            assert_eq!(answer.header("x-frame-options").is_some(), keys.is_empty());
        }
        let path = site.path("ada", "preferences");
        for answer in [site.service.get(&path), site.service.get("/feeds.html")] {
            let policy = answer.header("content-security-policy").unwrap();
            assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
            assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        }
    }
    for text in [
        "*",
        "https://hums.example/a/",
        "hums.example",
        "ftp://x.example",
    ] {
        let scene = Scene::new();
        let config = format!(
            "{}[web]\nembed_from = [\"{text}\"]\n",
            scene.read("config.toml")
        );
        let ran = scene.file("config.toml", &config).run(&["status"]);
        ran.fails_with(2).says("is no origin");
    }
}

#[test]
fn links_of_an_old_key_stay_valid_and_new_mails_have_the_new_one() {
    both("links_rotated", |store| {
        check_rotation(&Site::new("", store));
    });
}

fn check_rotation(site: &Site) {
    let old = site.path("ada", "preferences");
    site.at(MONDAY, &["store", "rotate-key"]);
    std::fs::write(
        site.scene.path("post/two.md"),
        "---\ntitle: Two\ndate: 2024-06-23\n---\nt\n",
    )
    .unwrap();
    site.at(SECOND, &["digest", "weekly"]);
    let new = site.path("ada", "preferences");
    assert_ne!(old[..30], new[..30], "another key");
    // The service has begun before, and learns of it.
    for path in [&old, &new] {
        assert_eq!(site.service.get(path).status, 200, "{path}");
    }
    // Keys of the owner's beat those of the store.
    let own = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let other = "/wECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let relay = site.relay.url();
    let run = |keys: &str, at: &str, arguments: &[&str]| {
        let mut set = vec![
            ("TIDINGS_MAIL__SMTP", relay.as_str()),
            ("TIDINGS_TOKEN_KEY", keys),
        ];
        set.extend(site.store.as_deref().map(|url| ("TIDINGS_STORE__URL", url)));
        site.scene
            .run_with(&[&["--at", at], arguments].concat(), &set)
    };
    let refused = run("tea", MONDAY, &["status"]);
    refused.fails_with(2).says("TIDINGS_TOKEN_KEY");
    assert!(!refused.talk.contains("tea"), "{}", refused.talk);
    run(own, MONDAY, &["store", "rotate-key"])
        .fails_with(2)
        .says("TIDINGS_TOKEN_KEY signs");
    std::fs::write(
        site.scene.path("post/three.md"),
        "---\ntitle: Three\ndate: 2024-06-24\n---\nt\n",
    )
    .unwrap();
    run(own, THIRD, &["digest", "weekly"]).succeeds();
    let owned = site.path("ada", "preferences");
    assert_eq!(
        site.service.get(&owned).status,
        404,
        "the service has no such key"
    );
    let keys = format!("{other},{own}");
    let mut set = vec![
        ("TIDINGS_MAIL__SMTP", relay.clone()),
        ("TIDINGS_TOKEN_KEY", keys),
    ];
    set.extend(site.store.clone().map(|url| ("TIDINGS_STORE__URL", url)));
    let service = serve(&site.scene, THIRD, &set);
    for path in [&old, &new, &owned] {
        assert_eq!(service.get(path).status, 200, "{path}");
    }
}

//! Enclosures whose files lie beside the posts.

use tidings::config::Config;
use tidings::inside::loader::load_posts;

use crate::scene::Scene;

#[test]
fn an_enclosure_beside_a_post_has_its_length() {
    for (name, written, address) in [
        ("tea.mp3", "tea.mp3", "tea.mp3"),
        ("green tea.mp3", "green tea.mp3", "green%20tea.mp3"),
        ("über tea.mp3", "über%20tea.mp3", "%C3%BCber%20tea.mp3"),
        ("100%.mp3", "100%25.mp3", "100%25.mp3"),
        ("a+b #1.mp3", "a+b%20%231.mp3", "a+b%20%231.mp3"),
    ] {
        let front = format!("---\ntitle: One\ndate: 2024-05-01\naudio: {written}\n---\nText.\n");
        let scene = Scene::new()
            .file("post/one/index.md", &front)
            .file(&format!("post/one/{name}"), "0123456789");
        let config = Config::load(
            &scene.path("config.toml"),
            std::iter::empty::<(String, String)>(),
        )
        .unwrap();
        let loaded = load_posts(
            &config.site,
            &config.posts,
            "2024-06-01T00:00:00Z".parse().unwrap(),
        )
        .unwrap();
        let enclosure = loaded.posts[0].enclosure.as_ref().unwrap();
        assert_eq!(
            (
                enclosure.url.as_str(),
                enclosure.media_type.as_str(),
                enclosure.length
            ),
            (
                format!("https://hums.example/one/{address}").as_str(),
                "audio/mpeg",
                Some(10)
            )
        );
    }
}

#[test]
fn an_enclosure_that_leads_out_of_the_site_has_no_length() {
    for written in [
        "/..%2Fsecret.mp3",
        "/%2Fetc/hosts.mp3",
        "/x%00.mp3",
        "/%ff.mp3",
    ] {
        let front = format!("---\ntitle: One\ndate: 2024-05-01\naudio: {written}\n---\nText.\n");
        let scene = Scene::new()
            .file("post/one.md", &front)
            .file("secret.mp3", "0123456789");
        let config = Config::load(
            &scene.path("config.toml"),
            std::iter::empty::<(String, String)>(),
        )
        .unwrap();
        let loaded = load_posts(
            &config.site,
            &config.posts,
            "2024-06-01T00:00:00Z".parse().unwrap(),
        )
        .unwrap();
        let length = loaded.posts[0]
            .enclosure
            .as_ref()
            .and_then(|enclosure| enclosure.length);
        assert_eq!(length, None, "{written}");
    }
}

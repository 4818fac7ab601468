use std::fs;

use super::load_posts;
use crate::config::Config;

/// A fault of the program, for the text that asks for it.
pub(super) fn panic_if_asked(text: &str, step: &str) {
    let asked = format!("[panic on {step}]");
    assert!(!text.contains(&asked), "a fault of the program");
}

#[test]
fn a_fault_of_the_program_costs_one_post() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tidings.toml");
    fs::write(
        &file,
        "[site]\ntitle = \"T\"\nurl = \"https://x.example/\"\n",
    )
    .unwrap();
    fs::create_dir(folder.path().join("post")).unwrap();
    for (name, text) in [
        ("a", "Good."),
        ("b", "[panic on read]"),
        ("c", "[panic on render]"),
        ("d", "Good."),
    ] {
        let text = format!("---\ntitle: {name}\ndate: 2024-05-01\n---\n{text}\n");
        fs::write(folder.path().join(format!("post/{name}.md")), text).unwrap();
    }
    let config = Config::load(&file, std::iter::empty::<(String, String)>()).unwrap();
    let now = "2030-01-01T00:00:00Z".parse().unwrap();
    let loaded = load_posts(&config.site, &config.posts, now).unwrap();
    let paths: Vec<&str> = loaded.posts.iter().map(|post| &*post.path).collect();
    assert_eq!(paths, ["a.md", "c.md", "d.md"]);
    let [finding] = &loaded.findings[..] else {
        panic!("{:?}", loaded.findings);
    };
    let words = finding.to_string();
    assert!(
        finding.is_error() && words.contains("post/b.md: tidings failed at "),
        "{words}"
    );
    assert!(words.contains("please report it"), "{words}");
    let bodies: Vec<bool> = loaded
        .posts
        .iter()
        .map(|post| loaded.render_body(post).is_ok())
        .collect();
    assert_eq!(bodies, [true, false, true]);
    let finding = loaded
        .render_body(&loaded.posts[1])
        .unwrap_err()
        .to_string();
    assert!(
        finding.contains("post/c.md: tidings failed at "),
        "{finding}"
    );
}

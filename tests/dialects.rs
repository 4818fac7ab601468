//! Which files are posts, and what they say of themselves, in sites of each dialect.

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

#[test]
fn addresses_of_zola_follow_its_strategy_for_slugs() {
    let dated = "+++\ndate = 2024-05-01\n+++\n";
    let own = "+++\ndate = 2024-05-01\nslug = \"My.Slug_X\"\n+++\n";
    let undated = "+++\ntitle = \"x\"\n+++\n";
    let paths = [
        ("content/blog/My_Post/index.md", dated),
        ("content/blog/0.2.0-released.md", dated),
        ("content/Big_Folder/own.md", own),
        ("content/blog/2024-05-02-A_b.md", undated),
        ("content/blog/2024-05-03 - A b?.md", undated),
        ("content/blog/2024-05-04 words.md", undated),
        ("content/blog/x.pt-BR.md", dated),
    ];
    let table: [(&str, [&str; 7]); 5] = [
        (
            "",
            [
                "blog/my-post/",
                "blog/0-2-0-released/",
                "Big_Folder/my-slug-x/",
                "blog/a-b/",
                "blog/a-b-1/",
                "blog/2024-05-04-words/",
                "pt-BR/blog/x/",
            ],
        ),
        (
            "[slugify]\npaths = \"on\"\n",
            [
                "blog/my-post/",
                "blog/0-2-0-released/",
                "Big_Folder/my-slug-x/",
                "blog/a-b/",
                "blog/a-b-1/",
                "blog/2024-05-04-words/",
                "pt-BR/blog/x/",
            ],
        ),
        (
            "[slugify]\npaths = \"safe\"\n",
            [
                "blog/My_Post/",
                "blog/0.2.0-released/",
                "Big_Folder/My.Slug_X/",
                "blog/A_b/",
                "blog/%20A%20b1/",
                "blog/2024-05-04%20words/",
                "pt-BR/blog/x/",
            ],
        ),
        (
            "[slugify]\npaths = \"off\"\n",
            [
                "blog/My_Post/",
                "blog/0.2.0-released/",
                "Big_Folder/My.Slug_X/",
                "blog/A_b/",
                "blog/%20A%20b%3F1/",
                "blog/2024-05-04%20words/",
                "pt-BR/blog/x/",
            ],
        ),
        (
            "[slugify]\npaths_keep_dates = true\n",
            [
                "blog/my-post/",
                "blog/0-2-0-released/",
                "Big_Folder/my-slug-x/",
                "blog/2024-05-02-a-b/",
                "blog/2024-05-03-a-b-1/",
                "blog/2024-05-04-words/",
                "pt-BR/blog/x/",
            ],
        ),
    ];
    for (config, expected) in table {
        let config = format!("base_url = \"https://x.example\"\n{config}[languages.pt-BR]\n");
        let mut files = vec![("zola.toml", config.as_str())];
        let renamed = paths.map(|(path, text)| (path.replace("b?", "b?1"), text));
        files.extend(renamed.iter().map(|(path, text)| (path.as_str(), *text)));
        let ran = build("", &files);
        let found = renamed.each_ref().map(|(path, _)| {
            address(&ran, path.trim_start_matches("content/")).unwrap_or_default()
        });
        assert_eq!(found, expected, "{config}: {}", ran.talk);
    }
}

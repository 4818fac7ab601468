//! The pages of a Jekyll site to which its posts link by their files.

use std::fs;

use crate::scene::Scene;

const CONFIG: &str =
    "[site]\ntitle = \"T\"\nurl = \"https://x.example/b/\"\n[posts]\ndir = \"_posts\"\n";

/// A site with this config of Jekyll's and these files, and a post that links to them.
fn site(jekyll: &str, files: &[(&str, &str)]) -> Scene {
    let mut post = String::from("---\ntitle: One\n---\nA text.\n");
    for (path, _) in files {
        post.push_str(&format!("\n[a]({{% link {path} %}}#b)\n"));
    }
    let scene = Scene::bare()
        .file("tidings.toml", CONFIG)
        .file("_config.yml", jekyll)
        .file("_posts/2024-05-01-one.md", &post);
    files.iter().fold(scene, |scene, (path, text)| {
        let beside = match path.starts_with('_') && jekyll.contains("collections_dir: c") {
            true => format!("c/{path}"),
            false => (*path).to_owned(),
        };
        scene.file(&beside, text)
    })
}

/// Builds the feeds. Returns what was said, and the addresses that the feed links to, below the site's.
fn build(scene: &Scene) -> (String, Vec<String>) {
    let said = scene.run(&["-C", ".", "build"]).talk.clone();
    let feed = scene.read("public/atom.xml");
    let links = feed.split("href=&quot;https://x.example/b/").skip(1);
    let links = links.filter_map(|rest| Some(rest.split_once("#b&quot;")?.0.to_owned()));
    (said, links.collect())
}

#[test]
fn a_link_to_a_page_or_a_file_of_a_collection_has_the_address_that_jekyll_gives() {
    let front = "---\ntitle: P\n---\nText.\n";
    let docs = "collections:\n  docs:\n    output: true\n";
    for (jekyll, path, text, address) in [
        (docs, "_docs/history.md", front, "docs/history.html"),
        (docs, "_docs/a/index.md", front, "docs/a/index.html"),
        (docs, "_docs/cup.pdf", "%PDF", "docs/cup.pdf"),
        (
            "permalink: pretty\ncollections:\n  docs:\n    output: true\n",
            "_docs/history.md",
            front,
            "docs/history/",
        ),
        (
            "collections:\n  docs:\n    output: true\n    permalink: /:collection/:name/\n",
            "_docs/a/My_Tea.md",
            front,
            "docs/my-tea/",
        ),
        (
            "collections_dir: c\ncollections:\n  docs:\n    output: true\n",
            "_docs/history.md",
            front,
            "docs/history.html",
        ),
        (
            docs,
            "_docs/history.md",
            "---\npermalink: /old/:path/\n---\n",
            "old/history/",
        ),
        ("{}", "about.md", front, "about.html"),
        ("{}", "a/index.md", front, "a/"),
        ("{}", "index.html", front, ""),
        ("permalink: /:year/:title/", "a/about.md", front, "a/about/"),
        ("{}", "about.md", "---\npermalink: /me/\n---\n", "me/"),
        ("include: [_pages]", "_pages/me.md", front, "_pages/me.html"),
        (
            "defaults:\n  - scope:\n      type: pages\n    values:\n      permalink: /x/:basename/\n",
            "about.md",
            front,
            "x/about/",
        ),
        ("{}", "assets/my tea.pdf", "%PDF", "assets/my%20tea.pdf"),
        ("{}", "about.md", "No front matter.\n", "about.md"),
    ] {
        let (said, links) = build(&site(jekyll, &[(path, text)]));
        assert_eq!(links, [address], "{jekyll} {path}: {said}");
        assert!(!said.contains("left out"), "{path}: {said}");
    }
}

#[test]
fn a_link_to_a_file_that_is_not_part_of_the_site_is_named() {
    let front = "---\ntitle: P\n---\nText.\n";
    for (jekyll, path) in [
        ("collections:\n  docs:\n    output: false\n", "_docs/a.md"),
        ("{}", "_docs/a.md"),
        ("{}", "../outside.md"),
    ] {
        let (said, _) = build(&site(jekyll, &[(path, front)]));
        let expected = format!("`link {path}` is left out");
        assert!(said.contains(&expected), "{jekyll} {path}: {said}");
    }
    let scene = site("{}", &[("about.md", front)]);
    fs::remove_file(scene.path("about.md")).unwrap();
    let (said, _) = build(&scene);
    assert!(said.contains("`link about.md` is left out"), "{said}");
}

#[test]
fn an_entry_follows_the_address_of_a_page_that_it_links_to() {
    let scene = site("{}", &[("about.md", "---\ntitle: P\n---\n")]);
    assert_eq!(build(&scene).1, ["about.html"]);
    fs::write(scene.path("about.md"), "---\npermalink: /me/\n---\n").unwrap();
    assert_eq!(build(&scene).1, ["me/"]);
}

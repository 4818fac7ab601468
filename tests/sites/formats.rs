//! Extensions, markups and syntax of texts.

use super::site_beside;
use crate::scene::Scene;

#[test]
fn a_post_is_read_whatever_the_case_of_its_ending() {
    let names = "a.MD b.Markdown c.mkdown d.mdown e.mkd f.mkdn g.MDX h.HTML i.Htm README.markdown";
    let mut scene = Scene::new();
    for (day, name) in names.split(' ').enumerate() {
        let text = format!(
            "---\ntitle: {name}\ndate: 2024-05-{:02}\n---\nSee <a href=\"a.MD\">one</a> and *x*.\n",
            day + 1
        );
        scene = scene.file(&format!("post/{name}"), &text);
    }
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    ran.succeeds();
    let feed: serde_json::Value = serde_json::from_str(&scene.read("public/feed.json")).unwrap();
    let items = feed["items"].as_array().unwrap();
    let addresses: Vec<&str> = items
        .iter()
        .filter_map(|item| item["url"].as_str())
        .collect();
    let expected = ["i", "h", "g", "f", "e", "d", "c", "b", "a"]
        .map(|name| format!("https://hums.example/{name}/"));
    assert_eq!(addresses, expected);
    for item in items {
        let html = item["content_html"].as_str().unwrap();
        assert!(html.contains("\"https://hums.example/a/\""), "{html}");
        let is_html = item["title"]
            .as_str()
            .unwrap()
            .to_lowercase()
            .contains(".ht");
        assert_eq!(html.contains("<em>"), !is_html, "{html}");
    }
}

#[test]
fn a_template_with_a_date_is_named_and_a_list_of_posts_is_not() {
    let scene = site_beside(&[
        ("eleventy.config.js", "export default function () {}\n"),
        ("content/a.md", "---\ntitle: A\ndate: 2024-05-01\n---\n"),
        (
            "content/b.NJK",
            "---\ntitle: B\ndate: 2024-05-02\n---\n{{ x }}\n",
        ),
        (
            "content/list.njk",
            "---\ntitle: All\n---\n{% for p in posts %}{% endfor %}\n",
        ),
    ]);
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    ran.says("is not read: `b.NJK`\n");
}

#[test]
fn a_title_holds_references_where_the_generator_takes_it_for_html() {
    let one = "---\ntitle: Tea &amp; cake &#8211; hot\ndate: 2024-05-01\n---\n";
    for (config, title) in [
        ("_config.yml", "Tea & cake – hot"),
        ("hugo.toml", "Tea &amp; cake &#8211; hot"),
    ] {
        let scene = site_beside(&[("content/2024-05-01-one.md", one), (config, "# Empty\n")]);
        scene.run_at("2024-06-01T00:00:00Z", &["build"]);
        let feed: serde_json::Value =
            serde_json::from_str(&scene.read("public/feed.json")).unwrap();
        assert_eq!(feed["items"][0]["title"], title, "{config}");
    }
}

#[test]
fn posts_in_another_markup_are_named() {
    let one = "Title: One\nDate: 2024-05-01\n\nText.\n";
    let mut files = vec![
        ("pelicanconf.py", "AUTHOR = 'Ada'\n"),
        ("content/one.md", one),
        ("content/pages/p.rst", "x"),
    ];
    files.extend(
        [
            "content/a.rst",
            "content/b/c.rst",
            "content/d.rst",
            "content/e.rst",
            "content/f.org",
        ]
        .map(|f| (f, "x")),
    );
    let ran = site_beside(&files).run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    let words = "content: 5 files are not written in Markdown or HTML and are not read: `a.rst`, `b/c.rst`, `d.rst` and 2 more\n";
    assert!(
        ran.code == 0 && ran.talk.contains(words) && ran.talk.contains("pandoc"),
        "{}",
        ran.talk
    );
    let plain = [
        ("content/one.md", "---\ntitle: One\ndate: 2024-05-01\n---\n"),
        ("content/a.rst", "x"),
    ];
    let ran = site_beside(&plain).run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    let words = "content: 1 file is not written in Markdown or HTML and is not read: `a.rst`\n";
    assert!(ran.code == 0 && ran.talk.contains(words), "{}", ran.talk);
}

#[test]
fn short_names_of_emoji_are_signs_where_the_site_shows_them_so() {
    let one = "---\ntitle: One\ndate: 2024-05-01\n---\nA :tada: `:tada:`\n";
    for (config, text, sign) in [
        ("hugo.toml", "enableEmoji = true\n", "🎉"),
        ("hugo.toml", "title = 'T'\n", ":tada:"),
        (
            "zola.toml",
            "base_url = 'https://x.example'\n[markdown]\nrender_emoji = true\n",
            "🎉",
        ),
        ("_config.yml", "plugins:\n- jemoji\n", "🎉"),
        ("_config.yml", "title: T\n", ":tada:"),
    ] {
        let scene = site_beside(&[(config, text), ("content/2024-05-01-one.md", one)]);
        assert_eq!(
            scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]).code,
            0
        );
        let feed: serde_json::Value =
            serde_json::from_str(&scene.read("public/feed.json")).unwrap();
        let expected = format!("<p>A {sign} <code>:tada:</code></p>");
        assert_eq!(
            feed["items"][0]["content_html"],
            expected.as_str(),
            "{text}"
        );
    }
}

#[test]
fn tex_is_a_formula_where_the_sites_config_says_so() {
    let one = "---\ntitle: One\ndate: 2024-05-01\n---\na $x$ b \\(y\\) c $$z$$ d\n";
    let hugo = "[markup.goldmark.extensions.passthrough]\nenable = true\n";
    let delimiters =
        "[markup.goldmark.extensions.passthrough.delimiters]\ninline = [['$', '$']]\nblock = []\n";
    let both = format!("{hugo}{delimiters}");
    let off = hugo.replace("true", "false");
    for (config, text, formulas) in [
        ("hugo.toml", "title = 'T'\n", ""),
        ("hugo.toml", hugo, "yz"),
        ("hugo.toml", off.as_str(), ""),
        ("hugo.toml", both.as_str(), "x"),
        ("hugo.toml", "[params]\nmath = true\n", "xz"),
        ("hugo.toml", "[params.katex]\nenable = true\n", "xz"),
        ("zola.toml", "base_url = 'https://x.example'\n", ""),
        (
            "zola.toml",
            "base_url = 'https://x.example'\n[extra]\nkatex = true\n",
            "xz",
        ),
        ("_config.yml", "title: T\n", "z"),
        ("_config.yml", "mathjax: true\n", "xz"),
        ("_config.yml", "markdown: CommonMark\n", ""),
        ("_config.yml", "kramdown:\n  math_engine: null\n", ""),
        (
            "_config.yml",
            "defaults:\n- values:\n    usemath: true\n",
            "xz",
        ),
        ("pelicanconf.py", "PLUGINS = ['sitemap']\n", ""),
        (
            "pelicanconf.py",
            "PLUGINS = ['pelican.plugins.render_math']\n",
            "xz",
        ),
    ] {
        let scene = site_beside(&[(config, text), ("content/2024-05-01-one.md", one)]);
        let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
        ran.succeeds();
        let feed: serde_json::Value =
            serde_json::from_str(&scene.read("public/feed.json")).unwrap();
        let html = feed["items"][0]["content_html"]
            .as_str()
            .unwrap_or_default();
        let shown: String = ["x", "y", "z"]
            .into_iter()
            .filter(|letter| html.contains(&format!("<mi>{letter}</mi>")))
            .collect();
        assert_eq!(shown, formulas, "{config}: {text}: {html}");
    }
}

#[test]
fn what_zola_does_not_expand_is_text() {
    let one = "+++\ntitle = \"One\"\ndate = 2024-05-01\n+++\nA {{ cup() }} of {% tea() %}.\n";
    let config = "base_url = \"https://x.example\"\nskip_content_templating = [\"**\"]\n";
    let scene = site_beside(&[("zola.toml", config), ("content/one.md", one)]);
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    assert!(!ran.talk.contains("left out"), "{}", ran.talk);
    assert!(
        scene
            .read("public/feed.json")
            .contains("A {{ cup() }} of {% tea() %}.")
    );
}

//! Whatever stands in a file: a post or a named error, never a panic; and what is a post survives a strict parser.

use std::fs;

use proptest::prelude::*;

use crate::parsers::strict_xml;
use crate::scene::Scene;

/// The parts that front matter, Markdown, shortcodes and HTML are made of, and some that nothing is made of.
const PARTS: [&str; 64] = [
    "---\n",
    "+++\n",
    "{",
    "}",
    "title: ",
    "title = ",
    "date: 2024-05-01\n",
    "date = 2024-05-01\n",
    "Title: a\nDate: 2024-05-01\n",
    "tags: [",
    "]",
    "\"",
    "'",
    ": ",
    "- ",
    "\n",
    "\n\n",
    "    ",
    "\t",
    "# ",
    "> ",
    "```\n",
    "~~~",
    "`",
    "*",
    "_",
    "[a](",
    ")",
    "![",
    "<",
    ">",
    "<b>",
    "</b>",
    "<div>",
    "<pre>",
    "</pre>",
    "<!-- more -->",
    "<!--",
    "-->",
    "&",
    "&#2;",
    "&#xfffe;",
    "{{<",
    ">}}",
    "{{%",
    "%}}",
    "{{ ",
    " }}",
    "{% ",
    " %}",
    "{% raw %}",
    "{% endraw %}",
    "{% highlight x %}",
    "{% endhighlight %}",
    "{{< figure src=\"a\" >}}",
    "[[",
    "]]",
    "{:.x}",
    "\u{0}",
    "\u{c}",
    "\u{fffe}",
    "\u{e020}0\u{e020}",
    "日本 é",
    "javascript:x",
];

const DIALECTS: [&str; 13] = [
    "auto",
    "hugo",
    "zola",
    "jekyll",
    "eleventy",
    "pelican",
    "astro",
    "docusaurus",
    "nikola",
    "vitepress",
    "mdbook",
    "obsidian",
    "plain",
];

/// Builds a site of one post, and reads its feeds back.
fn check(bytes: &[u8], name: &str, dialect: &str) {
    let config = format!(
        "[site]\ntitle = \"T\"\nurl = \"https://x.example/\"\n[posts]\ndialect = \"{dialect}\"\n"
    );
    let scene = Scene::new().file("config.toml", &config);
    fs::write(scene.path("post").join(name), bytes).unwrap();
    let ran = scene.run(&["--at", "2030-01-01T00:00:00Z", "build"]);
    assert!(
        ran.code == 0 || ran.code == 1 && ran.talk.contains(&format!("post/{name}")),
        "{}",
        ran.talk
    );
    for feed in ["atom.xml", "rss.xml"] {
        strict_xml(&scene.read(&format!("public/{feed}")));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_end_in_a_post_or_a_named_error(bytes in proptest::collection::vec(any::<u8>(), 0..300), dialect in 0..8_usize) {
        check(&bytes, "2024-05-01-a.md", DIALECTS[dialect]);
    }

    #[test]
    fn any_mixture_of_what_posts_are_made_of_ends_so_too(
        parts in proptest::collection::vec(0..PARTS.len(), 0..40),
        fence in 0..4_usize,
        dialect in 0..8_usize,
        is_html in any::<bool>(),
    ) {
        let front = ["", "---\ntitle: a\ndate: 2024-05-01\n---\n", "+++\ntitle = \"a\"\ndate = 2024-05-01\n+++\n", "Title: a\nDate: 2024-05-01\n\n"];
        let text: String = std::iter::once(front[fence]).chain(parts.iter().map(|part| PARTS[*part])).collect();
        check(text.as_bytes(), if is_html { "2024-05-01-a.html" } else { "2024-05-01-a.md" }, DIALECTS[dialect]);
    }
}

#[test]
fn what_would_fill_the_memory_or_the_stack_is_a_named_error_or_a_post() {
    let front = "---\ntitle: a\ndate: 2024-05-01\n---\n";
    for text in [
        ">".repeat(100_000),
        (0..2_000)
            .map(|depth| "> ".repeat(depth % 300) + "a\n")
            .collect(),
        "[".repeat(100_000),
        "![[".repeat(50_000),
        "*a _b ".repeat(50_000),
        "{{< note >}}".repeat(20_000),
        "{% highlight x %}".repeat(20_000),
        "{{ ".repeat(50_000),
        "{% raw %}".repeat(20_000),
        "`".repeat(100_000),
        "<p><b>".repeat(20_000),
        "<a href=x><i>".repeat(20_000),
        "| a ".repeat(20_000),
        "\\".repeat(100_000),
        "&".repeat(100_000),
        "<!--".repeat(25_000),
        "<pre ".repeat(20_000),
        "`a` ".repeat(50_000),
        (1..400).map(|run| "`".repeat(run) + " ").collect(),
        "<div></i>".repeat(60_000),
        "{:".repeat(50_000),
    ] {
        for dialect in ["plain", "hugo", "jekyll", "obsidian"] {
            check(
                format!("{front}{text}\n").as_bytes(),
                "2024-05-01-a.md",
                dialect,
            );
        }
    }
}

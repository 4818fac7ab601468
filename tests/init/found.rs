//! What `init` finds in a folder: addresses, folders of posts, configs of others.

use std::fs;

use super::{NOON, POST, init, scene_of, set_address};
use crate::feed_server::FeedServer;

const OLD: &str = "<rss version=\"2.0\"><channel><title>T</title><link>HOME</link><description/>\
                   <item><title>Tea</title><link>https://hums.example/tea/</link>\
                   <guid isPermaLink=\"false\">urn:x:tea</guid></item></channel></rss>";

#[test]
fn the_address_of_an_old_feed_is_taken_only_if_the_config_takes_it() {
    for (home, url) in [
        (
            "https://hums.example/?lang=en",
            "url = \"https://example.org/\"",
        ),
        ("http://0.0.0.0:4000/", "url = \"https://example.org/\""),
        ("http://localhost/", "url = \"https://example.org/\""),
        ("https://a_b.example/", "url = \"https://example.org/\""),
        ("https://example.com/", "url = \"https://example.org/\""),
        (
            "https://ada:key@hums.example/",
            "url = \"https://example.org/\"",
        ),
        (
            "https://hums.example/blog",
            "url = \"https://hums.example/blog/\"",
        ),
    ] {
        let feed = OLD.replace("HOME", home);
        let scene = scene_of(&[("posts/tea.md", POST), ("old.xml", &feed)]);
        let ran = init(&scene, &["--feed", "old.xml"]);
        ran.succeeds();
        let config = scene.read("config.toml");
        assert!(config.contains(url), "{home}: {config}");
        // Without an address nothing is minted yet.
        if url.contains("example.org") {
            ran.says("`tidings build --adopt old.xml` goes on with the ids of that feed");
            assert!(!scene.path("tidings.lock").exists(), "{home}");
        } else {
            assert!(scene.read("tidings.lock").contains("urn:x:tea"), "{home}");
        }
    }
}

#[test]
fn a_named_feed_that_cannot_be_read_mints_no_ids() {
    // A broken file is named before anything is written.
    for text in [
        "<rss version=\"2.0\"><channel><title>T",
        "<html></html>",
        "",
        // It has no ids to take over.
        "<rss version=\"2.0\"><channel><title>T</title></channel></rss>",
        "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"T\",\"items\":[]}",
    ] {
        let scene = scene_of(&[("post/tea.md", POST), ("old.xml", text)]);
        let ran = init(&scene, &["--feed", "old.xml"]);
        ran.fails_with(2);
        ran.says("error: old.xml");
        assert_eq!(scene.names(""), ["old.xml", "post"], "{text}");
    }
    for address in ["file:///srv/old.xml", "ftp://x.example/old.xml", "https://"] {
        let scene = scene_of(&[("post/tea.md", POST)]);
        let ran = init(&scene, &["--feed", address]);
        ran.fails_with(2).says("is no address of the web");
        assert_eq!(scene.names(""), ["post"], "{address}");
    }
    // One of another site, or one that nobody serves, is known after the config alone.
    let other = OLD
        .replace("HOME", "https://x.example/")
        .replace("Tea", "Moss")
        .replace("/tea/", "/moss/");
    for feed in ["my old.xml", "http://127.0.0.1:1/index.xml"] {
        let scene = scene_of(&[
            (
                "hugo.toml",
                "baseURL = \"https://x.example/\"\ntitle = \"Hums\"\n",
            ),
            ("content/posts/tea.md", POST),
            ("my old.xml", &other),
        ]);
        let ran = init(&scene, &["--feed", feed]);
        ran.fails_with(2);
        // What was read would be read in vain again.
        let step = match feed.contains(' ') {
            true => "`tidings build --adopt FEED`, with the right feed, goes on".to_owned(),
            false => format!("`tidings build --adopt {feed}` goes on"),
        };
        ran.says(&step).says("`tidings run` does, with new ids");
        assert!(scene.path("config.toml").exists(), "{feed}");
        assert!(!scene.path("tidings.lock").exists(), "{feed}");
        assert!(!scene.path("public").exists(), "{feed}");
    }
}

#[test]
fn a_folder_below_is_named_as_a_shell_takes_it() {
    let scene = scene_of(&[
        (
            "my posts/my site/hugo.toml",
            "baseURL = \"https://x.example/\"\ntitle = \"Hums\"\n",
        ),
        ("my posts/my site/content/posts/tea.md", POST),
    ]);
    let ran = init(&scene, &[]);
    ran.fails_with(2);
    ran.says("`tidings -C 'my posts/my site' init`");
}

#[test]
fn the_link_of_a_navigation_is_not_the_address_of_a_site() {
    let begin = "import { Feed } from 'feed'\n\nconst SITE = process.env.SITE\n\nexport default {\n  title: 'Hums',\n\
                 \x20 themeConfig: { nav: [{ text: 'Me', link: 'https://github.com/me' }] },\n";
    let end = "  themeFoot: { link: 'https://github.com/me' },\n}\n";
    for (link, url, write, files) in [
        (
            "SITE",
            "https://example.org/",
            "writeFileSync(join(outDir, 'search.json'), '{}')\n    writeFileSync(join(outDir, 'feed.rss'), feed.rss2())",
            Some("feed.rss"),
        ),
        (
            "'https://hums.example/'",
            "https://hums.example/",
            "writeFileSync(join(outDir, 'search.json'), '{}')\n    const text = feed.rss2()\n    writeFileSync(\
             `${outDir}/blog.xml`, text)\n    writeFileSync('other.xml', '')",
            Some("blog.xml"),
        ),
        (
            "'https://hums.example/'",
            "https://hums.example/",
            "writeFileSync(\n      path.join(config.outDir, 'news.xml'),\n      feed.rss2(),\n    )\n    writeFileSync('x.xml', '')",
            Some("news.xml"),
        ),
        (
            "'https://hums.example/'",
            "https://hums.example/",
            "writeFileSync('search.json', feed.rss2())",
            None,
        ),
    ] {
        let script = format!(
            "{begin}  buildEnd: async ({{ outDir }}) => {{\n    const feed = new Feed({{\n      title: 'Hums (all)',\n\
             \x20     link: {link},\n    }})\n    {write}\n  }},\n{end}"
        );
        let scene = scene_of(&[(".vitepress/config.mjs", &script), ("posts/tea.md", POST)]);
        init(&scene, &[]);
        let config = scene.read("config.toml");
        assert!(
            config.contains(&format!("url = \"{url}\"")),
            "{write}: {config}"
        );
        match files {
            Some(file) => assert!(
                config.contains(&format!("files = {{ rss = \"{file}\" }}")),
                "{write}: {config}"
            ),
            None => assert!(!config.contains("files ="), "{write}: {config}"),
        }
    }
}

/// Begins a site of VitePress whose config makes a feed so. Returns the config that is written.
fn begin_vitepress(body: &str) -> String {
    let script = format!(
        "import {{ Feed }} from 'feed'\nexport default {{ title: 'Hums', buildEnd: async (c) => {{\n{body}\n}} }}\n"
    );
    let scene = scene_of(&[(".vitepress/config.mts", &script), ("posts/tea.md", POST)]);
    init(&scene, &[]).succeeds();
    scene.read("config.toml")
}

#[test]
fn the_address_among_the_options_of_a_feed_is_found() {
    for (body, url) in [
        (
            "// new Feed() is from a package (\nconst feed = new Feed({ description: 'Tea :)', link: 'https://hums.example/' })",
            "https://hums.example/",
        ),
        (
            "const options = { title: 'H', link: 'https://hums.example/' }\nconst feed = new Feed(options)",
            "https://hums.example/",
        ),
        (
            "const feed = new Feed({ author: { link: 'https://me.example/' }, link: 'https://hums.example/' })",
            "https://hums.example/",
        ),
        (
            "const home = 'https://hums.example'\nconst feed = new Feed({ link: `${home}/news/` })",
            "https://hums.example/news/",
        ),
        (
            "const feed = new Feed({ author: { link: 'https://me.example/' }, link: process.env.HOME_PAGE })",
            "https://example.org/",
        ),
    ] {
        let config = begin_vitepress(body);
        assert!(
            config.contains(&format!("url = \"{url}\"")),
            "{body}: {config}"
        );
    }
}

#[test]
fn the_file_of_a_feed_is_found_where_a_script_names_it() {
    let feed = "const feed = new Feed({ link: 'https://hums.example/' })\n";
    for (body, file) in [
        (
            "const file = path.join(c.outDir, 'feed.rss')\nwriteFileSync(file, feed.rss2())",
            Some("feed.rss"),
        ),
        (
            "const write = (file, text) => writeFileSync(path.join(c.outDir, file), text)\nwrite('feed.rss', feed.rss2())",
            Some("feed.rss"),
        ),
        (
            "for (const [name, text] of [['feed.rss', feed.rss2()], ['atom.xml', feed.atom1()]])\n  writeFileSync(path.join(c.outDir, name), text)",
            Some("feed.rss"),
        ),
        (
            "const text = feed.rss2()\nwriteFileSync(path.join(c.outDir, 'sitemap.xml'), map)\nwriteFileSync(path.join(c.outDir, 'feed.xml'), text)",
            Some("feed.xml"),
        ),
        (
            "await fs.promises.writeFile(path.join(c.outDir, 'news', 'feed.rss'),\n  feed.rss2(), 'utf8')",
            Some("news/feed.rss"),
        ),
        (
            "writeFileSync('./.vitepress/dist/feed.rss', String(feed.rss2()))",
            Some("feed.rss"),
        ),
        (
            "writeFileSync(`${c.outDir}/feed.rss`, feed.rss2())",
            Some("feed.rss"),
        ),
        (
            "writeFileSync(`${c.outDir}/${name}.rss`, feed.rss2())",
            None,
        ),
        (
            "writeFileSync(path.join(__dirname, 'feed.rss'), feed.rss2())",
            None,
        ),
        (
            "writeFileSync(path.join(__dirname, 'dist', 'feed.rss'), feed.rss2())",
            Some("feed.rss"),
        ),
        (
            "writeFileSync(path.join(process.cwd(), '.vitepress/dist', 'feed.rss'), feed.rss2())",
            Some("feed.rss"),
        ),
        (
            "writeFileSync(c.outDir + '/feed.rss', feed.rss2())",
            Some("feed.rss"),
        ),
        (
            "writeFileSync(path.join(c.outDir as string, 'feed.rss'), feed.rss2())",
            Some("feed.rss"),
        ),
        (
            "const dir = c.outDir\nwriteFileSync(path.join(dir, 'feed.rss'), feed.rss2())",
            Some("feed.rss"),
        ),
        ("writeFileSync('feed.rss', feed.rss2())", None),
        (
            "console.log(feed.rss2())\nwriteFileSync(path.join(c.outDir, 'sitemap.xml'), map)",
            None,
        ),
    ] {
        let config = begin_vitepress(&format!("{feed}{body}"));
        let line = config.lines().find(|line| line.starts_with("files"));
        match file {
            Some(file) => assert!(
                line.is_some_and(
                    |line| line.starts_with(&format!("files = {{ rss = \"{file}\" }}"))
                ),
                "{body}: {config}"
            ),
            None => assert_eq!(line, None, "{body}: {config}"),
        }
    }
}

#[test]
fn an_address_for_examples_is_not_that_of_a_site() {
    let hugo = "baseURL = 'https://example.org/'\ntitle = 'Hums'\n";
    let astro = "export default defineConfig({ site: 'https://example.com' })\n";
    let jekyll = "title: Hums\nurl: https://example.com\n";
    let vitepress =
        "export default { title: 'Hums', sitemap: { hostname: 'https://www.example.net' } }\n";
    for (file, text, posts) in [
        ("hugo.toml", hugo, "content/posts/tea.md"),
        ("astro.config.mjs", astro, "src/content/blog/tea.md"),
        ("_config.yml", jekyll, "_posts/2024-05-01-tea.md"),
        (".vitepress/config.mts", vitepress, "posts/tea.md"),
    ] {
        let scene = scene_of(&[(file, text), (posts, POST)]);
        init(&scene, &[]).succeeds().says("set `url` under [site]");
        assert!(!scene.path("tidings.lock").exists(), "{file}");
        // Where a domain is known, it counts.
        let scene = scene_of(&[(file, text), (posts, POST), ("CNAME", "hums.example\n")]);
        init(&scene, &[]);
        let config = scene.read("config.toml");
        assert!(
            config.contains("url = \"https://hums.example/\""),
            "{config}"
        );
    }
}

#[test]
fn a_domain_on_pages_keeps_the_path_of_the_site() {
    for (file, text, posts, url) in [
        (
            "_config.yml",
            "title: Hums\nbaseurl: /blog\n",
            "_posts/2024-05-01-tea.md",
            "https://hums.example/blog/",
        ),
        (
            ".vitepress/config.ts",
            "export default { title: 'Hums', base: '/docs/' }\n",
            "posts/tea.md",
            "https://hums.example/docs/",
        ),
        (
            ".vitepress/config.ts",
            "export default { title: 'Hums', themeConfig: { sidebar: { '/guide/': { base: '/guide/', items: [] } } } }\n",
            "posts/tea.md",
            "https://hums.example/",
        ),
        (
            ".vitepress/config.ts",
            "export default { base: '/docs/', sitemap: { hostname: 'https://me.example/docs/' } }\n",
            "posts/tea.md",
            "https://me.example/docs/",
        ),
        (
            "book.toml",
            "[book]\ntitle = \"Hums\"\n[output.html]\nsite-url = \"/book/\"\n",
            "src/tea.md",
            "https://hums.example/book/",
        ),
        (
            "eleventy.config.js",
            "export default function (c) { return { pathPrefix: '/blog/' } }\n",
            "posts/tea.md",
            "https://hums.example/blog/",
        ),
        (
            "hugo.toml",
            "baseURL = '/blog/'\ntitle = 'Hums'\n",
            "content/posts/tea.md",
            "https://hums.example/blog/",
        ),
        (
            "astro.config.mjs",
            "export default defineConfig({ markdown: { rehypePlugins: [[links, { base: '/posts' }]] } })\n",
            "src/content/blog/tea.md",
            "https://hums.example/",
        ),
        (
            "astro.config.mjs",
            "export default defineConfig({ base: '/docs' })\n",
            "src/content/blog/tea.md",
            "https://hums.example/docs/",
        ),
        (
            "astro.config.mjs",
            "export default defineConfig({ site: 'https://me.example', base: '/docs' })\n",
            "src/content/blog/tea.md",
            "https://me.example/docs/",
        ),
        (
            "astro.config.mjs",
            "export default defineConfig({ base: '/' })\n",
            "src/content/blog/tea.md",
            "https://hums.example/",
        ),
    ] {
        let scene = scene_of(&[(file, text), ("CNAME", "hums.example\n"), (posts, POST)]);
        init(&scene, &[]);
        let config = scene.read("config.toml");
        assert!(
            config.contains(&format!("url = \"{url}\"")),
            "{text}: {config}"
        );
    }
}

#[test]
fn a_config_of_another_program_does_not_stop_it() {
    let scene = scene_of(&[("config.toml", "site = \"prod\"\n"), ("post/tea.md", POST)]);
    init(&scene, &[]).succeeds().says("tidings.toml written");
    assert_eq!(scene.read("config.toml"), "site = \"prod\"\n");
    // A broken one of ours is one of ours, however it is spaced.
    for broken in [
        "[ site ]\ntitle = \"Hums\n",
        "  [site]  # mine\ntitle = \"Hums\n",
        "\u{feff}[site]\ntitle = \"Hums\n",
        "[\"site\"]\ntitle = \"Hums\n",
        "[[site]]\ntitle = \"Hums\"\n",
        "site = \"https://hums.example/\"\n[posts]\ndir = \"post\"\n[[digest]]\nname = \"weekly\"\n",
    ] {
        let scene = scene_of(&[("config.toml", broken), ("post/tea.md", POST)]);
        init(&scene, &[]).succeeds().says("nothing was changed");
    }
}

#[test]
fn the_folder_of_posts_is_found_among_some_of_one_name() {
    for files in [
        &[("content/Posts/.keep", ""), ("content/posts/tea.md", POST)][..],
        &[
            ("content/Posts", "no folder\n"),
            ("content/posts/tea.md", POST),
        ],
    ] {
        let scene = scene_of(files).file("zola.toml", "base_url = \"https://x.example\"\n");
        if scene.names("content").len() < 2 {
            eprintln!("not tested: the file system does not tell `Posts` from `posts`");
            return;
        }
        init(&scene, &[]).succeeds();
        let config = scene.read("config.toml");
        assert!(config.contains("dir = \"content/posts\""), "{config}");
    }
}

#[test]
fn the_blog_of_a_vault_is_taken_though_there_are_more_notes() {
    let scene = scene_of(&[
        (".obsidian/app.json", "{}"),
        ("Notes/a.md", POST),
        ("Notes/b.md", POST),
        ("Notes/c.md", POST),
        ("Blog/Kettle.md", POST),
    ]);
    init(&scene, &[]).succeeds();
    let config = scene.read("config.toml");
    assert!(config.contains("dir = \"Blog\""), "{config}");
}

#[test]
fn the_steps_that_follow_an_unknown_address_keep_the_ids_of_the_old_feed() {
    // The generator has written its feed, whose place is ours.
    let feed = OLD.replace("HOME", "/").replace("/tea/", "/posts/tea/");
    let files = [
        ("hugo.toml", "title = \"Hums\"\n"),
        ("content/posts/tea.md", POST),
    ];
    let scene = scene_of(&files).file("public/index.xml", &feed);
    let ran = init(&scene, &[]);
    ran.says("`tidings build --adopt public/index.xml` goes on");
    let [adopt, switch_off] = ["--adopt", "disableKinds"].map(|word| ran.talk.find(word));
    assert!(adopt < switch_off, "{}", ran.talk);
    set_address(&scene, "https://example.org/", "https://hums.example/");
    let ran = scene.run(&["--at", NOON, "build", "--adopt", "public/index.xml"]);
    ran.fails_with(1)
        .says("adopted 1 id")
        .says("warning: public/index.xml: another program")
        .says("the ids are kept; only the feeds wait");
    fs::remove_file(scene.path("public/index.xml")).unwrap();
    scene.run(&["--at", NOON, "build"]).succeeds();
    assert!(scene.read("public/index.xml").contains("urn:x:tea"));

    // It has written nothing here, and readers follow what is on the web.
    let server = FeedServer::start();
    server.feed("/index.xml", &feed);
    let scene = scene_of(&files);
    let ran = init(&scene, &[]);
    ran.succeeds()
        .says("`tidings build --adopt ADDRESS`")
        .says("ADDRESS is `url` with `index.xml` behind it");
    set_address(&scene, "https://example.org/", &format!("{}/", server.url));
    let address = format!("{}/index.xml", server.url);
    scene
        .run(&["--at", NOON, "build", "--adopt", &address])
        .succeeds();
    assert!(scene.read("public/index.xml").contains("urn:x:tea"));
}

//! The blogs of each generator, as its documentation lays them out.

use std::fs;
use std::path::Path;

use super::{NOON, POST, init, scene_of};

/// A blog as its generator's documentation lays it out, and what is to be found in it.
struct Blog {
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
    /// The file that is written.
    config: &'static str,
    lines: &'static [&'static str],
    /// The address of the post.
    address: &'static str,
}

const BLOGS: [Blog; 17] = [
    Blog {
        name: "hugo",
        files: &[
            (
                "hugo.yaml",
                "baseURL: https://x.example/\nlanguageCode: de-at\ntitle: Hums & \"Tea\"\ntimeZone: Europe/Vienna\n\
                 permalinks:\n  posts: /:year/:slug/\nparams:\n  description: Notes\n  author:\n    name: Ada Night\n    email: ada@x.example\n",
            ),
            ("content/posts/tea.md", POST),
            ("content/about.md", "---\ntitle: About\n---\n"),
        ],
        config: "config.toml",
        lines: &[
            r#"title = "Hums & \"Tea\"""#,
            "url = \"https://x.example/\"",
            "description = \"Notes\"",
            "language = \"de-at\"",
            "timezone = \"Europe/Vienna\"",
            "author = { name = \"Ada Night\", email = \"ada@x.example\" }",
            "dir = \"content/posts\"",
            "dialect = \"hugo\"",
            "dir = \"public\"",
            "files = { rss = \"index.xml\" }",
            "to = [\"ada@x.example\"]",
        ],
        address: "https://x.example/2024/tea/",
    },
    Blog {
        name: "hugo, several languages and a folder of config",
        files: &[
            (
                "config/_default/hugo.toml",
                "baseURL = \"https://x.example/\"\ndefaultContentLanguage = \"fr\"\npublishDir = \"site\"\n",
            ),
            (
                "config/_default/languages.toml",
                "[fr]\ntitle = \"Bruits\"\nlanguageCode = \"fr-FR\"\n[en]\ntitle = \"Hums\"\n",
            ),
            ("content/blog/tea.md", POST),
        ],
        config: "config.toml",
        lines: &[
            "title = \"Bruits\"",
            "language = \"fr-FR\"",
            "dir = \"content/blog\"",
            "dir = \"site\"",
        ],
        address: "https://x.example/blog/tea/",
    },
    Blog {
        name: "zola",
        files: &[
            (
                "config.toml",
                "base_url = \"https://x.example/sub\"\ntitle = \"Hums\"\ndescription = \"Notes\"\ndefault_language = \"en\"\n\
                 generate_feeds = true\nfeed_filenames = [\"feed.xml\"]\noutput_dir = \"dist\"\n",
            ),
            ("content/blog/_index.md", "+++\ntitle = \"Blog\"\n+++\n"),
            (
                "content/blog/tea.md",
                "+++\ntitle = \"Tea\"\ndate = 2024-05-01\n+++\nA kettle.\n",
            ),
        ],
        config: "tidings.toml",
        lines: &[
            "title = \"Hums\"",
            "url = \"https://x.example/sub/\"",
            "dir = \"content/blog\"",
            "dir = \"dist\"",
            "files = { atom = \"feed.xml\" }",
        ],
        address: "https://x.example/sub/blog/tea/",
    },
    Blog {
        name: "zola, whose title is that of its first page",
        files: &[
            ("config.toml", "base_url = \"https://x.example\"\n"),
            ("content/_index.md", "+++\ntitle = \"Hums\"\n+++\n"),
            (
                "content/tea.md",
                "+++\ntitle = \"Tea\"\ndate = 2024-05-01\n+++\nA kettle.\n",
            ),
        ],
        config: "tidings.toml",
        lines: &["title = \"Hums\""],
        address: "https://x.example/tea/",
    },
    Blog {
        name: "jekyll",
        files: &[
            (
                "_config.yml",
                "title: Hums\nemail: ada@x.example\nurl: https://x.example\nbaseurl: /blog\nauthor: Ada Night\n\
                 timezone: Europe/Berlin\nlang: pt_BR\nplugins:\n  - jekyll-feed\n",
            ),
            (
                "_posts/2024-05-01-tea.md",
                "---\ntitle: Tea\n---\nA kettle.\n",
            ),
            ("index.md", "---\nlayout: home\n---\n"),
        ],
        config: "config.toml",
        lines: &[
            "url = \"https://x.example/blog/\"",
            "language = \"pt-BR\"",
            "timezone = \"Europe/Berlin\"",
            "author = { name = \"Ada Night\", email = \"ada@x.example\" }",
            "dir = \"_posts\"",
            "dir = \"_site\"",
            "files = { atom = \"feed.xml\" }",
        ],
        address: "https://x.example/blog/2024/05/01/tea.html",
    },
    Blog {
        name: "jekyll, with a name on a domain of its own",
        files: &[
            ("_config.yml", "name: Hums\nurl: \"\"\n"),
            ("CNAME", "x.example\n"),
            (
                "_posts/2024-05-01-tea.md",
                "---\ntitle: Tea\n---\nA kettle.\n",
            ),
        ],
        config: "config.toml",
        lines: &["title = \"Hums\"", "url = \"https://x.example/\""],
        address: "https://x.example/2024/05/01/tea.html",
    },
    Blog {
        name: "eleventy",
        files: &[
            (
                "eleventy.config.js",
                "import { feedPlugin } from \"@11ty/eleventy-plugin-rss\";\nexport default function (c) {\n\
                 c.addPlugin(feedPlugin, { type: \"atom\", outputPath: \"/feed/feed.xml\" });\n}\n\
                 export const config = { dir: { input: \"content\", output: \"_out\" } };\n",
            ),
            (
                "_data/metadata.js",
                "export default {\n\ttitle: \"Hums\",\n\turl: \"https://x.example/\",\n\tlanguage: \"en-GB\",\n\
                 \tdescription: \"Notes\",\n\tauthor: {\n\t\tname: \"Ada Night\",\n\t\temail: \"ada@x.example\",\n\t}\n}\n",
            ),
            ("content/blog/tea.md", POST),
        ],
        config: "config.toml",
        lines: &[
            "title = \"Hums\"",
            "url = \"https://x.example/\"",
            "language = \"en-GB\"",
            "author = { name = \"Ada Night\", email = \"ada@x.example\" }",
            "dir = \"content/blog\"",
            "dir = \"_out\"",
            "files = { atom = \"feed/feed.xml\" }",
        ],
        address: "https://x.example/blog/tea/",
    },
    Blog {
        name: "eleventy, all of it in the feed plugin",
        files: &[
            (
                "eleventy.config.js",
                "import { feedPlugin } from \"@11ty/eleventy-plugin-rss\";\n\nexport default function (eleventyConfig) {\n\
                 \televentyConfig.addPlugin(feedPlugin, {\n\t\ttype: \"atom\", // or \"rss\", \"json\"\n\t\toutputPath: \"/feed.xml\",\n\
                 \t\tcollection: {\n\t\t\tname: \"posts\", // iterate over `collections.posts`\n\t\t\tlimit: 10,\n\t\t},\n\t\tmetadata: {\n\
                 \t\t\tlanguage: \"en\",\n\t\t\ttitle: \"Hums\",\n\t\t\tsubtitle: \"A longer description.\",\n\
                 \t\t\tbase: \"https://x.example/\",\n\t\t\tauthor: {\n\t\t\t\tname: \"Ada Night\",\n\t\t\t}\n\t\t}\n\t});\n};\n",
            ),
            ("posts/tea.md", POST),
        ],
        config: "config.toml",
        lines: &[
            "title = \"Hums\"",
            "url = \"https://x.example/\"",
            "author = { name = \"Ada Night\" }",
            "dir = \"posts\"",
            "files = { atom = \"feed.xml\" }",
        ],
        address: "https://x.example/posts/tea/",
    },
    Blog {
        name: "pelican",
        files: &[
            (
                "pelicanconf.py",
                "AUTHOR = 'Ada Night'\nSITENAME = 'Hums'\nSITEURL = \"\"\nPATH = 'content'\nTIMEZONE = 'Europe/Paris'\nDEFAULT_LANG = 'fr'\nFEED_ALL_ATOM = None\n",
            ),
            (
                "publishconf.py",
                "import os\nSITEURL = 'https://x.example'\nFEED_ALL_ATOM = 'feeds/all.atom.xml'\n",
            ),
            (
                "content/tea.md",
                "Title: Tea\nDate: 2024-05-01\n\nA kettle.\n",
            ),
        ],
        config: "config.toml",
        lines: &[
            "title = \"Hums\"",
            "url = \"https://x.example/\"",
            "language = \"fr\"",
            "author = { name = \"Ada Night\" }",
            "dir = \"content\"",
            "dir = \"output\"",
            "files = { atom = \"feeds/all.atom.xml\" }",
        ],
        address: "https://x.example/tea.html",
    },
    Blog {
        name: "astro",
        files: &[
            (
                "astro.config.mjs",
                "import mdx from '@astrojs/mdx';\nexport default defineConfig({\n\tsite: 'https://x.example',\n\tintegrations: [mdx()],\n});\n",
            ),
            (
                "src/consts.ts",
                "export const SITE_TITLE = 'Hums';\nexport const SITE_DESCRIPTION = 'Notes';\n",
            ),
            (
                "src/content/blog/Tea & more.mdx",
                "---\ntitle: 'Tea'\ndescription: 'A kettle'\npubDate: 'May 01 2024'\nheroImage: '/tea.jpg'\n---\nA kettle.\n",
            ),
        ],
        config: "config.toml",
        lines: &[
            "title = \"Hums\"",
            "url = \"https://x.example/\"",
            "description = \"Notes\"",
            "dir = \"src/content/blog\"",
            "dialect = \"astro\"",
            "dir = \"dist\"",
            "formats = [\"rss\", \"atom\", \"json\"]",
        ],
        address: "https://x.example/blog/tea--more/",
    },
    Blog {
        name: "docusaurus",
        files: &[
            (
                "docusaurus.config.js",
                "export default {\n  title: 'Hums',\n  tagline: 'Notes',\n  url: 'https://x.example',\n  baseUrl: '/site/',\n\
                 \x20 i18n: { defaultLocale: 'fr', locales: ['fr'] },\n  presets: [['classic', { docs: { path: 'docs', \
                 routeBasePath: 'docs' },\n    blog: { showReadingTime: true, routeBasePath: 'news' } }]],\n};\n",
            ),
            (
                "blog/authors.yml",
                "ada:\n  name: Ada Night\n  url: https://ada.example\n",
            ),
            (
                "blog/2024-05-01-tea/index.md",
                "---\ntitle: Tea\nauthors: [ada]\ntags: [{ label: Drinks, permalink: /drinks }]\n---\nA kettle.\n\n{/* truncate */}\n\nMore.\n",
            ),
            (
                "blog/cake.mdx",
                "---\nslug: /cakes/one\ndate: 2024-04-01\ntitle: Cake\n---\n:::note[Mind]\nHot.\n:::\n",
            ),
        ],
        config: "config.toml",
        lines: &[
            "title = \"Hums\"",
            "url = \"https://x.example/site/\"",
            "description = \"Notes\"",
            "language = \"fr\"",
            "dir = \"blog\"",
            "dialect = \"docusaurus\"",
            "dir = \"build\"",
            "files = { atom = \"news/atom.xml\" }",
        ],
        address: "https://x.example/site/news/2024/05/01/tea from the pattern",
    },
    Blog {
        name: "nikola",
        files: &[
            (
                "conf.py",
                "BLOG_AUTHOR = \"Ada Night\"  # (translatable)\nBLOG_TITLE = \"Hums\"\nSITE_URL = \"https://x.example/\"\n\
                 BLOG_EMAIL = \"ada@x.example\"\nDEFAULT_LANG = \"de\"\nPOSTS = (\n    (\"posts/*.md\", \"blog\", \"post.tmpl\"),\n\
                 \x20   (\"posts/*.rst\", \"blog\", \"post.tmpl\"),\n)\nPAGES = ((\"pages/*.md\", \"\", \"page.tmpl\"),)\nTIMEZONE = \"Europe/Berlin\"\n",
            ),
            (
                "posts/a kettle.md",
                "<!--\n.. title: Tea\n.. slug: tea\n.. date: 2024-05-01 10:00:00 UTC+02:00\n.. tags: drinks, hot\n-->\n\nA kettle.\n",
            ),
        ],
        config: "config.toml",
        lines: &[
            "title = \"Hums\"",
            "url = \"https://x.example/\"",
            "language = \"de\"",
            "timezone = \"Europe/Berlin\"",
            "author = { name = \"Ada Night\", email = \"ada@x.example\" }",
            "dir = \"posts\"",
            "dir = \"output\"",
            "formats = [\"rss\", \"atom\", \"json\"]",
        ],
        address: "https://x.example/blog/tea/",
    },
    Blog {
        name: "vitepress",
        files: &[
            (
                ".vitepress/config.mts",
                "export default defineConfig({\n  lang: 'en-GB',\n  title: 'Hums',\n  description: 'Notes',\n  base: '/site/',\n\
                 \x20 srcDir: './src',\n  sitemap: { hostname: 'https://x.example' },\n})\n",
            ),
            (
                "src/posts/tea.md",
                "---\ndate: 2024-05-01\n---\n# Tea\n\nA kettle.\n",
            ),
        ],
        config: "config.toml",
        lines: &[
            "title = \"Hums\"",
            "url = \"https://x.example/site/\"",
            "language = \"en-GB\"",
            "dir = \"src/posts\"",
            "dir = \".vitepress/dist\"",
        ],
        address: "https://x.example/site/posts/tea.html",
    },
    Blog {
        name: "vitepress, a script that writes the feed",
        files: &[
            (
                ".vitepress/config.ts",
                "import { genFeed } from './genFeed.js'\n\nexport default defineConfig({\n  title: 'Hums',\n  cleanUrls: true,\n  buildEnd: genFeed\n})\n",
            ),
            (
                ".vitepress/genFeed.ts",
                "import { Feed } from 'feed'\n\nconst baseUrl = `https://x.example`\n\nexport async function genFeed(config: SiteConfig) {\n\
                 \x20 const feed = new Feed({\n    id: baseUrl,\n    link: baseUrl,\n    favicon: `${baseUrl}/favicon.ico`,\n  })\n\
                 \x20 writeFileSync(path.join(config.outDir, 'feed.rss'), feed.rss2())\n}\n",
            ),
            ("posts/tea.md", POST),
        ],
        config: "config.toml",
        lines: &[
            "url = \"https://x.example/\"",
            "dir = \".vitepress/dist\"",
            "formats = [\"rss\", \"atom\", \"json\"]",
            "files = { rss = \"feed.rss\" }",
        ],
        address: "https://x.example/posts/tea",
    },
    Blog {
        name: "vitepress, on pages with a domain",
        files: &[
            (".vitepress/config.ts", "export default { title: 'Hums' }\n"),
            ("public/CNAME", "x.example\n"),
            ("posts/tea.md", POST),
        ],
        config: "config.toml",
        lines: &["url = \"https://x.example/\"", "dir = \"posts\""],
        address: "https://x.example/posts/tea.html",
    },
    Blog {
        name: "obsidian",
        files: &[(".obsidian/app.json", "{}"), ("Blog/Tea.md", POST)],
        config: "config.toml",
        lines: &[
            "dialect = \"obsidian\"",
            "url = \"https://example.org/\"   #",
            "dir = \"Blog\"",
        ],
        address: "https://example.org/",
    },
    Blog {
        name: "no generator",
        files: &[("notes/tea.md", POST), ("README.md", "# Read me\n")],
        config: "config.toml",
        lines: &[
            "dir = \"notes\"",
            "url = \"https://example.org/\"   #",
            "dir = \"public\"",
        ],
        address: "https://example.org/tea/",
    },
];

/// Every file and its bytes.
fn tree(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn a_blog_gets_a_config_that_says_what_its_generator_says() {
    for blog in BLOGS {
        let scene = scene_of(blog.files);
        let ran = init(&scene, &[]);
        let name = blog.name;
        assert_eq!(ran.code, 0, "{name}: {}", ran.talk);
        let text = scene.read(blog.config);
        for line in blog.lines {
            assert!(
                text.lines().any(|had| had.starts_with(line)),
                "{name}: no `{line}` in\n{text}"
            );
        }
        let shown = scene.run(&["--at", NOON, "build", "-v"]).talk;
        assert!(shown.contains(blog.address), "{name}: {shown}");
        // The first digest is shown, and nothing is sent.
        assert!(
            ran.out.contains("Subject: ") && ran.out.contains("Tea") && !ran.out.contains("=3D"),
            "{name}: {}",
            ran.out
        );
        assert!(
            !scene.path("outbox").exists() && !scene.path("tidings.db").exists(),
            "{name}"
        );
        for (path, text) in blog.files {
            assert_eq!(scene.read(path), *text, "{name}: {path}");
        }
        assert!(
            scene
                .read(".gitattributes")
                .contains("tidings.lock merge=union")
        );
        let before = tree(&scene.path(""));
        let again = init(&scene, &[]);
        assert_eq!(again.code, 0, "{name}: {}", again.talk);
        assert!(
            again.talk.contains("nothing was changed"),
            "{name}: {}",
            again.talk
        );
        assert_eq!(tree(&scene.path("")), before, "{name}");
        // Nothing is wrong with it, nor with the feeds that are written.
        let checked = scene.run(&["--at", NOON, "check", "--offline"]);
        // A folder of notes does not say at which address they will be.
        let is_unset = text.contains("https://example.org/");
        let found =
            checked.out.matches("error: ").count() + checked.out.matches("warning: ").count();
        assert!(
            found == usize::from(is_unset)
                && checked.out.contains("[placeholder-address]") == is_unset,
            "{name}: {}{}",
            checked.out,
            checked.talk
        );
    }
}

//! The generators' configs: where they are found, and faults in them.

use super::{BESIDE, Files, site_beside};

#[test]
fn a_generators_config_that_cannot_be_read_is_named() {
    let one = "---\ntitle: One\ndate: 2024-05-01\n---\n";
    for (config, text, dialect) in [
        ("hugo.toml", "title: T\n", "hugo"),
        ("zola.toml", "base_url = x\n", "zola"),
        ("_config.yml", "title: [T\n", "jekyll"),
    ] {
        let scene = site_beside(&[("content/_posts/2024-05-01-one.md", one), (config, text)]);
        let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "-v", "build"]);
        assert!(
            ran.talk
                .contains(&format!("{config}: the generator's config cannot be read")),
            "{}",
            ran.talk
        );
        assert!(
            ran.talk.contains(&format!("dialect: {dialect} (by ")),
            "{}",
            ran.talk
        );
        ran.succeeds();
    }
}

#[test]
fn the_folders_of_hugos_config_add_to_the_file_at_its_root() {
    let one = "---\ntitle: One\ndate: 2024-05-01\n---\n";
    let root = "baseURL = 'https://x.example/'\ndefaultContentLanguage = 'en'\n";
    let languages = "[en]\ncontentDir = 'content/en'\n[de]\ncontentDir = 'content/german'\n";
    let of_one = "contentDir = 'content/german'\nweight = 2\n[params]\nx = 1\n";
    let whole = "baseURL = 'https://x.example/'\ncontentDir = 'content/en'\n[languages.en]\nweight = 1\n\
                 [languages.de]\ncontentDir = 'content/german'\n";
    let cases: [(Files<'_>, &str, &str, &str); 12] = [
        (
            &[("hugo.toml", root)],
            "content/en",
            "posts/one.md",
            "en/posts/one/",
        ),
        (
            &[
                ("hugo.toml", root),
                ("config/_default/languages.toml", languages),
            ],
            "content/en",
            "posts/one.md",
            "posts/one/",
        ),
        (
            &[
                ("config.toml", root),
                ("config/_default/languages.toml", languages),
            ],
            "content",
            "en/posts/one.md",
            "posts/one/",
        ),
        (
            &[
                ("hugo.toml", root),
                ("config/_default/languages.toml", languages),
            ],
            "content/german",
            "one.md",
            "de/one/",
        ),
        (
            &[
                ("config.toml", root),
                ("config/_default/languages.toml", languages),
            ],
            "content",
            "german/one.md",
            "de/one/",
        ),
        (
            &[
                ("hugo.toml", root),
                ("config/_default/languages.de.toml", of_one),
            ],
            "content/german",
            "posts/one.md",
            "de/posts/one/",
        ),
        (
            &[
                ("hugo.toml", root),
                ("config/_default/languages.de.toml", of_one),
            ],
            "content",
            "german/posts/one.md",
            "de/posts/one/",
        ),
        (
            &[("hugo.toml", whole)],
            "content",
            "en/posts/one.md",
            "posts/one/",
        ),
        (
            &[("hugo.toml", whole)],
            "content",
            "german/posts/one.md",
            "de/posts/one/",
        ),
        (
            &[("hugo.toml", whole)],
            "content/en/posts",
            "one.md",
            "posts/one/",
        ),
        (
            &[("hugo.toml", "[uglyURLs]\nposts = true\nnews = false\n")],
            "content",
            "posts/one.md",
            "posts/one.html",
        ),
        (
            &[
                (
                    "hugo.yaml",
                    "permalinks:\n  posts: /a/:slug/\n  news: /n/:slug/\n",
                ),
                (
                    "config/_default/permalinks.json",
                    "{\"posts\": \"/b/:slug/\"}",
                ),
                (
                    "config/production/hugo.toml",
                    "[permalinks]\nposts = '/c/:slug/'\n",
                ),
            ],
            "content",
            "posts/one.md",
            "c/one/",
        ),
    ];
    for (files, dir, path, address) in cases {
        let post = format!("{dir}/{path}");
        let scene = site_beside(&[("tidings.toml", BESIDE), (&post, one)]);
        let scene = files
            .iter()
            .fold(scene, |scene, (path, text)| scene.file(path, text));
        let set = [("TIDINGS_POSTS__DIR", dir)];
        let arguments = [
            "--config",
            "tidings.toml",
            "--at",
            "2024-06-01T00:00:00Z",
            "-v",
            "build",
        ];
        let ran = scene.run_with(&arguments, &set);
        assert!(
            ran.talk
                .contains(&format!("https://x.example/{address} from the pattern")),
            "{address}: {}",
            ran.talk
        );
    }
}

#[test]
fn a_vault_or_a_submodule_does_not_hide_the_site_around_it() {
    let scene = site_beside(&[
        ("hugo.toml", "title = 'T'\n"),
        ("content/.obsidian/app.json", "{}\n"),
        ("content/.git", "gitdir: ../.git/modules/content\n"),
        (
            "content/posts/one.md",
            "\n\n---\ntitle: One\ndate: 2024-05-01\n---\n",
        ),
        ("content/about.md", "---\ntitle: About\n---\n"),
    ]);
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "-v", "build"]);
    assert_eq!(
        ran.code, 0,
        "a page without a date is no error: {}",
        ran.talk
    );
    assert!(
        ran.talk.contains("dialect: hugo (by ")
            && ran.talk.contains("about.md:1: the post has no date"),
        "{}",
        ran.talk
    );
}

#[test]
fn a_shortcode_whose_template_shows_code_has_code() {
    let post = "---\ntitle: One\ndate: 2024-05-01\n---\n{{< high rust >}}\n# no heading\n\n    let a: Result<(), Box<Error>> = 1;\n{{< /high >}}\n\n\
                {{< Box >}}\nSome *words*.\n{{< /Box >}}\n\n{{< old >}}\n<b>\n{{< /old >}}\n";
    let scene = site_beside(&[
        ("content/posts/one.md", post),
        ("hugo.toml", "baseURL = 'https://x.example/'\n"),
        (
            "layouts/shortcodes/high.html",
            "{{ $code := trim .Inner \"\\n\" }}{{ highlight $code (.Get 0) \"\" }}",
        ),
        (
            "layouts/_shortcodes/box.html",
            "<div><pre class=\"label\">Box</pre>{{ .Inner | markdownify }}</div>",
        ),
        (
            "themes/x/layouts/shortcodes/old.html",
            "<pre>{{ .Inner }}</pre>",
        ),
    ]);
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "-v", "build"]);
    let atom = scene.read("public/atom.xml");
    let shown = |html: &str| {
        atom.contains(
            &html
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;"),
        )
    };
    assert!(
        shown(
            "<pre><code class=\"language-rust\"># no heading\n\n    let a: Result&lt;(), Box&lt;Error&gt;&gt; = 1;"
        ),
        "{atom}"
    );
    assert!(
        shown("<p>Some <em>words</em>.</p>") && shown("<pre><code>&lt;b&gt;"),
        "{atom}"
    );
    assert!(
        !ran.talk.contains("`high`") && !ran.talk.contains("`old`"),
        "{}",
        ran.talk
    );
    assert!(
        ran.talk.contains("`Box` is left out") || ran.talk.contains("`box` is left out"),
        "{}",
        ran.talk
    );
}

#[test]
fn a_shortcode_has_the_template_that_hugo_takes() {
    let call = |name: &str| format!("{{{{< {name} >}}}}\n*{name}*\n{{{{< /{name} >}}}}\n\n");
    let names = ["box", "tip", "demo", "term", "first", "deep", "out"];
    let calls: String = names.into_iter().map(call).collect();
    let post = format!("---\ntitle: One\ndate: 2024-05-01\n---\n{calls}");
    let pre = "<pre>{{ .Inner }}</pre>";
    let scene = site_beside(&[
        ("content/posts/one.md", &*post),
        (
            "hugo.toml",
            "baseURL = 'https://x.example/'\ntheme = ['b', 'a']\n",
        ),
        ("layouts/shortcodes/box.html", "<div>{{ .Inner }}</div>"),
        (
            "layouts/shortcodes/demo.html",
            "<div>{{ .Inner }}</div>{{ with .Get \"code\" }}<pre>{{ . }}</pre>{{ end }}",
        ),
        (
            "layouts/shortcodes/term.html",
            "{{- $words := trim .Inner \"\\n\" -}}<pre class=\"term\">{{ $words }}</pre>",
        ),
        ("themes/a/layouts/shortcodes/box.html", pre),
        (
            "themes/a/layouts/shortcodes/first.html",
            "<div>{{ .Inner }}</div>",
        ),
        ("themes/b/layouts/shortcodes/first.html", pre),
        ("themes/unused/layouts/shortcodes/tip.html", pre),
        // A theme may be made of others, in a circle too; it leads nowhere else.
        ("themes/a/hugo.yaml", "theme: [c, ../elsewhere]\n"),
        ("themes/c/theme.toml", "theme = ['d', 'a']\n"),
        ("themes/d/layouts/shortcodes/deep.html", pre),
        ("themes/d/layouts/shortcodes/first.html", "<div></div>"),
        ("elsewhere/layouts/shortcodes/out.html", pre),
    ]);
    scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    let atom = scene.read("public/atom.xml");
    for name in ["box", "tip", "demo", "out"] {
        let shown = format!("&lt;em&gt;{name}&lt;/em&gt;");
        assert!(atom.contains(&shown), "{name}: {atom}");
    }
    for name in ["term", "first", "deep"] {
        let shown = format!("&lt;pre&gt;&lt;code&gt;*{name}*");
        assert!(atom.contains(&shown), "{name}: {atom}");
    }
}

#[test]
fn hugo_knows_its_keys_in_any_case() {
    let scene = site_beside(&[
        (
            "content/posts/one.md",
            "---\ntitle: One\ndate: 2024-05-01\n---\n{{< box >}}\n*w* <T>\n{{< /box >}}\n",
        ),
        (
            "hugo.toml",
            "baseURL = 'https://x.example/'\n[[Module.Imports]]\nPath = 'b'\n",
        ),
        (
            "themes/a/layouts/shortcodes/box.html",
            "<div>{{ .Inner }}</div>",
        ),
        (
            "themes/b/layouts/shortcodes/box.html",
            "<pre>{{ .Inner }}</pre>",
        ),
    ]);
    scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    let atom = scene.read("public/atom.xml");
    assert!(
        atom.contains("&lt;pre&gt;&lt;code&gt;*w* &amp;lt;T&amp;gt;"),
        "{atom}"
    );
}

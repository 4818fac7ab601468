//! The settings of each generator.

use std::fs;

use super::{site, taken};

#[test]
fn zola_leaves_out_what_matches_by_its_whole_path() {
    let posts = "content/a.md content/drafts/b.md content/drafts/deep/c.md content/x.draft.md content/old/d.md \
                 content/old/e/index.md";
    for (globs, expected) in [
        ("'**/drafts/**'", "a.md old/d.md old/e/index.md x.draft.md"),
        (
            "'*.draft.md'",
            "a.md drafts/b.md drafts/deep/c.md old/d.md old/e/index.md",
        ),
        ("'*/{old,drafts}/*.md'", "a.md x.draft.md"),
        // Zola enters a folder that matches, and nothing of it is left out.
        (
            "'**/old'",
            "a.md drafts/b.md drafts/deep/c.md old/d.md old/e/index.md x.draft.md",
        ),
        // It asks for the whole path, not for the part below `content`.
        (
            "'drafts/*'",
            "a.md drafts/b.md drafts/deep/c.md old/d.md old/e/index.md x.draft.md",
        ),
    ] {
        let config = format!("base_url = 'https://x.example'\nignored_content = [{globs}]\n");
        assert_eq!(
            taken(&site("content", &[("zola.toml", &config)], posts)),
            expected,
            "{globs}"
        );
    }
}

#[test]
fn hugo_leaves_out_what_its_expressions_find_in_a_path() {
    // Hugo 0.168 lists them like this.
    let posts = "content/drafts/deep/y.md content/drafts/x.md content/mnt/sub/n.md content/posts/a.md \
                 content/posts/secret.md";
    for (name, config, expected) in [
        (
            "hugo.toml",
            "ignoreFiles = ['content/drafts$', 'secret', 'MNT']\n",
            "mnt/sub/n.md posts/a.md",
        ),
        (
            "hugo.toml",
            "ignoreFiles = \"(?i)SECRET\"\n",
            "drafts/deep/y.md drafts/x.md mnt/sub/n.md posts/a.md",
        ),
        (
            "hugo.yaml",
            "ignorefiles:\n  - drafts/\n  - '/[^/]*t\\.md$'\n",
            "mnt/sub/n.md posts/a.md",
        ),
        (
            "hugo.json",
            "{\"ignoreFiles\": [\"s/[ns]\\\\w*\\\\.md$\", \"\\\\bsub\\\\b\"]}",
            "drafts/deep/y.md drafts/x.md posts/a.md",
        ),
        (
            "config/_default/hugo.toml",
            "ignoreFiles = ['/x\\.', '/posts/']\n",
            "drafts/deep/y.md mnt/sub/n.md",
        ),
    ] {
        assert_eq!(
            taken(&site("content", &[(name, config)], posts)),
            expected,
            "{config}"
        );
    }
    let config = "title = 'T'\nignoreFiles = [\n  'dra(fts',\n]\n";
    let scene = site(
        "content",
        &[
            ("hugo.toml", "baseURL = '/'\n"),
            ("config/_default/hugo.toml", config),
        ],
        posts,
    );
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    assert!(
        ran.talk
            .contains("/config/_default/hugo.toml:3: `dra(fts` cannot be read: unclosed group"),
        "{}",
        ran.talk
    );
}

#[test]
fn hugo_leaves_out_languages_that_are_switched_off() {
    let posts = "content/a.de.md content/a.fr.md content/a.md content/b/index.de.md content/b/index.md content/de/z.md";
    for (config, expected) in [
        (
            "[languages.en]\n[languages.de]\n",
            "a.de.md a.fr.md a.md b/index.de.md b/index.md de/z.md",
        ),
        (
            "disableLanguages = ['DE']\n[languages.en]\n[languages.de]\n",
            "a.fr.md a.md b/index.md de/z.md",
        ),
        (
            "[languages.en]\n[languages.de]\n[languages.fr]\ndisabled = true\n",
            "a.de.md a.md b/index.de.md b/index.md de/z.md",
        ),
        // English lies in `content`, and takes what is in a folder of it.
        (
            "[languages.en]\n[languages.de]\ncontentDir = 'content/de'\ndisabled = true\n",
            "a.fr.md a.md b/index.md de/z.md",
        ),
        (
            "[languages.en]\ncontentDir = 'content/b'\n[languages.de]\ncontentDir = 'content/de'\ndisabled = true\n",
            "a.fr.md a.md b/index.md",
        ),
    ] {
        assert_eq!(
            taken(&site("content", &[("hugo.toml", config)], posts)),
            expected,
            "{config}"
        );
    }
}

#[test]
fn jekyll_leaves_out_what_begins_so_or_matches_below_its_source() {
    let posts = "site/_posts/2024-01-01-a.md site/_posts/old/2023-01-01-b.md site/_posts/_later/2024-01-03-c.md \
                 site/attic/_posts/2022-01-01-d.md site/life/_posts/2024-01-02-e.md";
    let [tea, old, later, attic, life] = [
        "_posts/2024-01-01-a.md",
        "_posts/old/2023-01-01-b.md",
        "_posts/_later/2024-01-03-c.md",
        "attic/_posts/2022-01-01-d.md",
        "life/_posts/2024-01-02-e.md",
    ];
    for (settings, expected) in [
        ("title: x", vec![tea, old, attic, life]),
        ("exclude: [attic/, _posts/2024]", vec![old, life]),
        (
            "exclude:\n  - /_posts/old\n  - vendor",
            vec![tea, attic, life],
        ),
        // A star goes on across slashes, and two are no more than one.
        ("exclude: ['*2024*']", vec![old, attic]),
        ("exclude: ['_posts/**/*.md']", vec![tea, attic, life]),
        // A folder that matches is not entered; in `_posts`, only files are asked for.
        (
            "exclude: ['at?ic', '_posts/o?d', 'li[!f]e']",
            vec![tea, old, life],
        ),
        (
            "exclude: ['{attic,life}', attic/x]",
            vec![tea, old, attic, life],
        ),
        (
            "exclude: ['attic']\ninclude: ['attic']",
            vec![tea, old, attic, life],
        ),
        (
            "exclude: ['_posts']\ninclude: ['2024-01-01-a.md']",
            vec![tea, attic, life],
        ),
        ("include: [_later]", vec![tea, later, old, attic, life]),
    ] {
        let scene = site(
            "site",
            &[("site/_config.yml", &format!("{settings}\n"))],
            posts,
        );
        assert_eq!(taken(&scene), expected.join(" "), "{settings}");
    }
    let config = "source: site\nexclude:\n  - \"_posts/old\"\n";
    assert_eq!(
        taken(&site("site", &[("_config.yml", config)], posts)),
        [tea, attic, life].join(" ")
    );
    let config = "exclude:\n  - \"_posts/[old\"\n";
    let ran = site("site", &[("_config.yml", config)], posts).run(&[
        "--at",
        "2024-06-01T00:00:00Z",
        "build",
    ]);
    assert!(
        ran.talk
            .contains("_config.yml:2: `_posts/[old` cannot be read"),
        "{}",
        ran.talk
    );
}

#[test]
fn eleventy_leaves_out_what_its_files_and_gits_say_as_it_reads_them() {
    // Eleventy 3.1 lists them like this.
    let posts = "src/a.md src/b.draft.md src/blog/n.md src/drafts/x.md src/posts/drafts/z.md src/posts/e1.md \
                 src/posts/y.draft.md";
    let all =
        "a.md b.draft.md blog/n.md drafts/x.md posts/drafts/z.md posts/e1.md posts/y.draft.md";
    for (file, lines, expected) in [
        // From its own folder on, as git would not read it.
        (".gitignore", "drafts/\n*.draft.md\n", all),
        (
            ".gitignore",
            "src/drafts\n**/*.draft.md\n!src/b.draft.md\n# src/a.md\n  src/blog/n.md  \n/src/posts/e1.md\n./src/a.md\n",
            "posts/drafts/z.md",
        ),
        (
            "src/.eleventyignore",
            "drafts\nposts/e*.md\nblog/\n",
            "a.md b.draft.md posts/drafts/z.md posts/y.draft.md",
        ),
        (
            ".eleventyignore",
            "**/drafts\r\nsrc/posts/e[1].md\r\nsrc/{a,c}.md\r\n",
            "b.draft.md blog/n.md posts/y.draft.md",
        ),
        (
            ".eleventyignore",
            "**/drafts/\nsrc/p*\n",
            "a.md b.draft.md blog/n.md",
        ),
        (
            ".eleventyignore",
            "src/BLOG/*\n**/z.md\nsrc/blo[!a]/n.md\nsrc/?.md\n",
            "b.draft.md drafts/x.md posts/e1.md posts/y.draft.md",
        ),
        (
            ".eleventyignore",
            "src/posts/*/\nsrc/b*",
            "a.md drafts/x.md",
        ),
        ("src/.gitignore", "a.md\n", all),
    ] {
        let scene = site(
            "src",
            &[
                ("eleventy.config.js", "export default {};\n"),
                (file, lines),
            ],
            posts,
        );
        assert_eq!(taken(&scene), expected, "{file}: {lines}");
    }
    let config = "export default (config) => { config.setUseGitIgnore( false ); };\n";
    let scene = site(
        "src",
        &[
            (".eleventy.js", config),
            (".gitignore", "src/*\n"),
            (".eleventyignore", "src/posts\n"),
        ],
        posts,
    );
    assert_eq!(taken(&scene), "a.md b.draft.md blog/n.md drafts/x.md");
    let scene = site("src", &[(".eleventy.js", config)], posts);
    fs::write(scene.path(".eleventyignore"), b"caf\xe9.md\nsrc/posts\n").unwrap();
    assert_eq!(
        taken(&scene),
        "a.md b.draft.md blog/n.md drafts/x.md",
        "a line of Latin-1 does not hide the others"
    );
    fs::remove_file(scene.path(".eleventyignore")).unwrap();
    fs::create_dir(scene.path(".eleventyignore")).unwrap();
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    ran.says("/.eleventyignore: cannot be read: ");
    let scene = site(
        "src",
        &[
            (".eleventy.js", config),
            (".eleventyignore", "\nsrc/@(a|b)*.md\nsrc/posts\n"),
        ],
        posts,
    );
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    assert!(
        ran.talk
            .contains("/.eleventyignore:2: `src/@(a|b)*.md` cannot be read: groups and "),
        "{}",
        ran.talk
    );
}

#[test]
fn pelican_leaves_out_names_and_folders_and_may_search_only_some() {
    // Pelican 4.12 lists them like this.
    let posts = "content/a.md content/blog/b.md content/blog/drafts/y.md content/blog/wip-z.md content/drafts/x.md \
                 content/notes/deep/d.md content/notes/n.md content/wip/w.md";
    let all = posts.replace("content/", "");
    let without = |left_out: &[&str]| {
        all.split(' ')
            .filter(|path| !left_out.iter().any(|folder| path.starts_with(folder)))
            .collect::<Vec<_>>()
            .join(" ")
    };
    for (settings, expected) in [
        ("", all.clone()),
        ("ARTICLE_EXCLUDES = ['drafts']", without(&["drafts/"])),
        // A slash at the end, and there is no such folder.
        (
            "ARTICLE_EXCLUDES = [\n  'blog/drafts',  # not yet\n  'notes/deep/',\n]",
            without(&["blog/drafts"]),
        ),
        ("ARTICLE_EXCLUDES = ['blog/*', 'a.md']", all.clone()),
        (
            "ARTICLE_PATHS = ['blog', 'a.md']",
            without(&["drafts", "notes", "wip"]),
        ),
        (
            "ARTICLE_PATHS = ('blog/',)\nARTICLE_EXCLUDES = ['blog/drafts']",
            "blog/b.md blog/wip-z.md".to_owned(),
        ),
        // A value that is no list counts as not set, and so does the whole folder.
        (
            "ARTICLE_PATHS = 'blog'\nARTICLE_EXCLUDES = ('drafts')",
            all.clone(),
        ),
        ("ARTICLE_PATHS = ['']", all.clone()),
        (
            "IGNORE_FILES = ['wip*', 'draft?', '.#*']",
            "a.md blog/b.md notes/deep/d.md notes/n.md".to_owned(),
        ),
        (
            "IGNORE_FILES = ['**/.*', 'blog/*', '[xy].md', '{n,d}.md']",
            without(&["drafts/x", "blog/drafts/y"]),
        ),
        ("PAGE_PATHS = ['notes']", without(&["notes"])),
    ] {
        let config = format!("PATH = 'content'\n{settings}\n");
        assert_eq!(
            taken(&site("content", &[("pelicanconf.py", &config)], posts)),
            expected,
            "{settings}"
        );
    }
    let config =
        "PATH = './content/'\nARTICLE_EXCLUDES = ['blog/drafts']\nARTICLE_PATHS = ['blog']\n";
    assert_eq!(
        taken(&site("content/blog", &[("pelicanconf.py", config)], posts)),
        "b.md wip-z.md"
    );
    let config = "IGNORE_FILES = [\n  '[wip*',\n]\n";
    let ran = site("content", &[("pelicanconf.py", config)], posts).run(&[
        "--at",
        "2024-06-01T00:00:00Z",
        "build",
    ]);
    assert!(
        ran.talk
            .contains("/pelicanconf.py:2: `[wip*` cannot be read: "),
        "{}",
        ran.talk
    );
}

#[test]
fn hugo_leaves_out_what_a_mount_of_pages_does_not_take() {
    // Hugo 0.168 lists them like this; it has `files` for the two keys of old.
    let posts = "content/drafts/deep/y.md content/drafts/x.md content/mnt/Top.md content/mnt/sub/n.md \
                 content/posts/a.md content/posts/secret.md";
    let all = posts.replace("content/", "");
    let without = |left_out: &[&str]| {
        all.split(' ')
            .filter(|path| !left_out.iter().any(|part| path.contains(part)))
            .collect::<Vec<_>>()
            .join(" ")
    };
    for (keys, expected) in [
        ("excludeFiles = ['drafts/**']", without(&["drafts"])),
        (
            "excludefiles = ['mnt/*', '**/secret.md']",
            without(&["mnt", "secret"]),
        ),
        ("excludeFiles = 'MNT/top.md'", without(&["Top"])),
        ("excludeFiles = ['**/mnt/**']", all.clone()),
        ("excludeFiles = ['drafts']", without(&["drafts"])),
        (
            "excludeFiles = ['{drafts,mnt}/**', 'posts/[!a]*.md']",
            "posts/a.md".to_owned(),
        ),
        (
            "includeFiles = ['posts/**']",
            "posts/a.md posts/secret.md".to_owned(),
        ),
        (
            "includeFiles = ['posts/*.md', 'drafts/**']\nexcludeFiles = ['posts/a.md']",
            without(&["mnt"]),
        ),
        (
            "files = ['! drafts/**', '! posts/secret.md']",
            without(&["drafts", "secret"]),
        ),
        (
            "files = ['! posts/secret.md', 'posts/**']",
            "posts/a.md".to_owned(),
        ),
        (
            "files = ['posts/**', '! posts/secret.md']",
            "posts/a.md posts/secret.md".to_owned(),
        ),
        // A file that one mount leaves out comes by another.
        (
            "lang = 'en'\nexcludeFiles = ['drafts/**']\n[[module.mounts]]\nsource = 'content'\ntarget = 'content/more'",
            all.clone(),
        ),
        (
            "excludeFiles = ['mnt/**']\n[[module.mounts]]\nsource = 'own'\ntarget = 'static'\nexcludeFiles = '**'",
            without(&["mnt"]),
        ),
    ] {
        let config = format!("[[module.mounts]]\nsource = 'content'\ntarget = 'content'\n{keys}\n");
        assert_eq!(
            taken(&site("content", &[("hugo.toml", &config)], posts)),
            expected,
            "{keys}"
        );
    }
    let mounts = "[[mounts]]\nsource = 'content'\ntarget = 'content'\nexcludeFiles = ['mnt/**', '[drafts/**']\n";
    let scene = site(
        "content",
        &[
            ("hugo.toml", "baseURL = '/'\n"),
            ("config/_default/module.toml", mounts),
        ],
        posts,
    );
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    assert!(
        ran.talk
            .contains("/config/_default/module.toml:4: `[drafts/**` cannot be read: "),
        "{}",
        ran.talk
    );
    assert!(!scene.read("tidings.lock").contains("mnt/"));
}

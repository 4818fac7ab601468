//! Whoever may only write below the folder of posts: nothing is run or read for them beyond their own posts, and no
//! other post suffers.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::program::missing;
use crate::scene::{Ran, Scene};

/// Runs git in a folder; whether that went well.
fn git(folder: &Path, arguments: &[&str]) -> bool {
    let done = Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@x.example"])
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .env("GIT_AUTHOR_DATE", "2024-01-02T03:04:05Z")
        .env("GIT_COMMITTER_DATE", "2024-01-02T03:04:05Z")
        .output();
    done.is_ok_and(|done| done.status.success())
}

#[test]
fn a_repository_among_the_posts_runs_nothing_and_dates_nothing() {
    let scene = Scene::new()
        .file("post/tea.md", "---\ntitle: Tea\n---\nText.\n")
        .file("guest/x.md", &"A line.\n".repeat(50));
    if !git(&scene.path(""), &["init", "-q"]) {
        missing("git");
        return;
    }
    assert!(git(&scene.path(""), &["add", "post"]));
    assert!(git(&scene.path(""), &["commit", "-qm", "x"]));
    // A rename that only the texts tell, which the guest leaves out: git would fetch them.
    let guest = scene.path("guest");
    assert!(git(&guest, &["init", "-q"]) && git(&guest, &["add", "."]));
    assert!(git(&guest, &["commit", "-qm", "x"]) && git(&guest, &["mv", "x.md", "y.md"]));
    fs::write(guest.join("y.md"), "A line.\n".repeat(49)).unwrap();
    assert!(git(&guest, &["commit", "-qam", "y"]));
    let post = scene.path("post");
    let script = "cp -r \"$1/.git/HEAD\" \"$1/.git/refs\" \"$2\" && mkdir \"$2/objects\" && cd \"$1\" && \
        for o in $(git rev-list --objects --all | cut -d' ' -f1); do \
        [ \"$(git cat-file -t $o)\" = blob ] || { d=$(echo $o | cut -c1-2); mkdir -p \"$2/objects/$d\"; \
        cp \".git/objects/$d/$(echo $o | cut -c3-)\" \"$2/objects/$d\"; }; done";
    let copied = Command::new("sh")
        .args(["-ec", script, "sh"])
        .args([&guest, &post])
        .status();
    assert!(copied.unwrap().success());
    for bare in ["true", "false"] {
        let config = format!(
            "[core]\nrepositoryformatversion = 1\nbare = {bare}\n[extensions]\npartialClone = origin\n[remote \"origin\"]\n\
             url = .\npromisor = true\nuploadpack = \"touch '{}'; git-upload-pack\"\n",
            scene.path("stolen").display()
        );
        fs::write(post.join("config"), config).unwrap();
        let ran = scene.run_with(
            &["--at", "2024-06-01T00:00:00Z", "build"],
            &[("TIDINGS_POSTS__GIT_DATES", "true")],
        );
        assert!(!scene.path("stolen").exists(), "a guest's command was run");
        ran.succeeds();
        assert!(
            scene
                .read("public/atom.xml")
                .contains("<published>2024-01-02T")
        );
    }
}

const SECRET: &str = "hunter2";

/// A scene with a file outside of everything, which holds a secret in YAML and JSON.
fn with_secret(scene: Scene) -> Scene {
    scene.file("away/secret", &format!("{{\"password\": \"{SECRET}\"}}\n"))
}

fn build(scene: &Scene) -> Ran {
    scene.run(&["--at", "2024-06-01T00:00:00Z", "build"])
}

#[test]
fn a_link_among_the_posts_shows_nothing_that_lies_elsewhere() {
    let post = "---\ntitle: Guest\ndate: 2024-05-02\nauthor: ada\n---\nSee {{ password }}, {{ site.password }}.\n";
    for (link, at) in [
        ("post/post.json", "post/guest.md"),
        ("post/guest.json", "post/guest.md"),
        ("post/guest.11tydata.json", "post/guest.md"),
        ("post/a/a.json", "post/a/guest.md"),
    ] {
        let scene = with_secret(Scene::new().file(".eleventy.js", "")).file(at, post);
        symlink(scene.path("away/secret"), scene.path(link)).unwrap();
        let ran = build(&scene);
        assert!(
            ran.talk
                .contains(&format!("{link}: this link is not followed")),
            "{}",
            ran.talk
        );
        assert!(!scene.read("public/feed.json").contains(SECRET), "{link}");
    }
    for file in ["_config.yml", "_config.toml"] {
        let scene = with_secret(Scene::new()).file("post/_posts/2024-05-02-guest.md", post);
        symlink(scene.path("away/secret"), scene.path("post").join(file)).unwrap();
        build(&scene);
        assert!(!scene.read("public/feed.json").contains(SECRET), "{file}");
    }
    let scene = with_secret(Scene::new())
        .file("post/_config.yml", "title: x\n")
        .file("away/people.yml", "ada: {name: Secret Name}\n")
        .file("post/_posts/2024-05-02-guest.md", post)
        .file("post/_data/x", "");
    symlink(
        scene.path("away/people.yml"),
        scene.path("post/_data/authors.yml"),
    )
    .unwrap();
    build(&scene);
    assert!(!scene.read("public/feed.json").contains("Secret Name"));
}

#[test]
fn a_config_among_the_posts_decides_nothing_where_the_site_has_its_own() {
    for (own, text) in [
        ("hugo.toml", "baseURL = \"x\"\n"),
        ("_config.yml", "title: x\n"),
        (".eleventy.js", ""),
    ] {
        let scene = Scene::new()
            .file(own, text)
            .post("2024-05-01-tea.md", "Tea", "2024-05-01")
            .file(
                "post/_posts/2024-05-02-guest.md",
                "---\ntitle: Guest\n---\nx\n",
            )
            .file(
                "post/_config.yml",
                "permalink: /mine/:title/\nexclude: ['*.md']\n",
            )
            .file("post/.eleventy.js", "")
            .file("post/.eleventyignore", "*.md\n");
        let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build", "-v"]);
        let by = format!("(by {}", scene.path(own).canonicalize().unwrap().display());
        assert!(
            ran.out.contains(&by) || ran.talk.contains(&by),
            "{own}: {}{}",
            ran.out,
            ran.talk
        );
        assert!(!scene.read("public/feed.json").contains("/mine/"), "{own}");
    }
}

#[test]
fn one_post_makes_no_mail_that_relays_refuse() {
    for layout in ["full", "summaries"] {
        let title = "A long title ".repeat(20_000);
        let images: Vec<String> = (0..2000).map(|n| format!("![](a{n}.png) ")).collect();
        let images = images.concat();
        let scene = Scene::new()
            .post("tea.md", "Tea", "2024-05-01")
            .file(
                "post/guest.md",
                &format!("---\ntitle: {title}\ndate: 2024-05-02\n---\nWords.\n"),
            )
            .file(
                "post/large.md",
                &format!(
                    "---\ntitle: Large\ndate: 2024-05-03\n---\n{}\n",
                    "語 ".repeat(1 << 20)
                ),
            )
            .file(
                "post/images.md",
                &format!("---\ntitle: Images\ndate: 2024-05-04\n---\n{images}\n"),
            );
        let config = scene
            .read("config.toml")
            .replace("[[digest]]", &format!("[[digest]]\nlayout = \"{layout}\""));
        let scene = scene.file("config.toml", &config);
        let at = [
            "--at",
            "2024-06-03T12:00:00Z",
            "digest",
            "weekly",
            "--eml",
            "out.eml",
        ];
        let ran = scene.run(&[&at[..], &["--since", "2024-01-01"]].concat());
        ran.succeeds();
        let mail = scene.read("out.eml");
        let (head, _) = mail.split_once("\r\n\r\n").unwrap();
        assert!(
            head.len() < 32 << 10,
            "{layout}: {} bytes of headers",
            head.len()
        );
        assert!(mail.len() < 2 << 20, "{layout}: {} bytes", mail.len());
        assert!(mail.contains("Text of Tea."));
        ran.says("the title has more than 2000 characters");
    }
}

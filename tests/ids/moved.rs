//! Posts of which several of path, title and date change at once.

use std::fs;

use super::two;
use crate::feed::{NOON, config, in_items};
use crate::scene::Scene;

const LONG: &str = "The kettle was on before the pager went, and the pager went before the tea was cold, and nobody \
                    wrote down why the lights in the hall were green.";

/// Each post's title and id, in the order of the feed.
fn titles_and_ids(scene: &Scene) -> Vec<(String, String)> {
    let rss = scene.read("public/rss.xml");
    let titles = in_items(&rss, "title").into_iter();
    titles.zip(in_items(&rss, "guid")).collect()
}

#[test]
fn a_post_of_which_two_of_path_title_and_date_change_keeps_its_id_and_is_mailed_once() {
    let titled =
        |title: &str, date: &str| format!("---\ntitle: {title}\ndate: {date}\n---\n{LONG}\n");
    let bare = |date: &str| format!("---\ndate: {date}\n---\n{LONG}\n");
    for (case, before, text, after, now) in [
        (
            "a note is renamed, its title with it",
            "Tea.md",
            bare("2024-05-01"),
            "Green tea.md",
            bare("2024-05-01"),
        ),
        (
            "a typo in title and name",
            "teh.md",
            titled("Teh", "2024-05-01"),
            "the.md",
            titled("The", "2024-05-01"),
        ),
        (
            "a file becomes a folder with a new title",
            "tea.md",
            titled("Tea", "2024-05-01"),
            "tea/index.md",
            titled("Green", "2024-05-01"),
        ),
        (
            "a zone is corrected while a folder moves",
            "a/tea.md",
            titled("Tea", "2024-05-01T08:00:00Z"),
            "b/tea.md",
            titled("Tea", "2024-05-01T10:00:00Z"),
        ),
        (
            "the day of a name is corrected",
            "2024-05-01-tea.md",
            format!("---\nlang: en\n---\n{LONG}\n"),
            "2024-05-03-tea.md",
            format!("---\nlang: en\n---\n{LONG}\n"),
        ),
        (
            "all three, and a word of the text",
            "tea.md",
            titled("Tea", "2024-05-01"),
            "x/green.md",
            titled("Green", "2024-05-02").replace("kettle", "teapot"),
        ),
    ] {
        let scene = two().file(&format!("post/{before}"), &text);
        fs::remove_file(scene.path("post/tea.md"))
            .or_else(|error| {
                if before == "tea.md" {
                    Err(error)
                } else {
                    Ok(())
                }
            })
            .unwrap();
        let scene = scene.file(&format!("post/{before}"), &text);
        scene.run_at(NOON, &["run"]);
        let mails = scene.names("outbox").len();
        let ids: Vec<String> = titles_and_ids(&scene)
            .into_iter()
            .map(|(_, id)| id)
            .collect();
        fs::remove_file(scene.path(&format!("post/{before}"))).unwrap();
        let scene = scene.file(&format!("post/{after}"), &now);
        let ran = scene.run(&["--at", "2024-07-02T12:00:00Z", "run"]);
        assert_eq!(ran.code, 0, "{case}: {}", ran.talk);
        assert!(
            ran.talk
                .contains(&format!("{after}: moved: was {before}, keeps its id")),
            "{case}: {}",
            ran.talk
        );
        assert!(
            ran.out.contains("0 new, 1 updated, 0 repeated"),
            "{case}: {}",
            ran.out
        );
        let now: Vec<String> = titles_and_ids(&scene)
            .into_iter()
            .map(|(_, id)| id)
            .collect();
        assert_eq!(now, ids, "{case}");
        assert_eq!(scene.names("outbox").len(), mails, "{case}: {}", ran.out);
        let again = scene.run(&["--at", "2024-07-02T13:00:00Z", "run"]);
        assert!(
            again.code == 0 && !again.talk.contains("keeps its id"),
            "{case}: {}",
            again.talk
        );
    }
}

#[test]
fn a_post_that_may_be_either_of_two_is_left_out_until_a_line_decides() {
    let post = |title: &str| format!("---\ntitle: {title}\ndate: 2024-05-01\n---\n{LONG}\n");
    let scene = two()
        .file("post/a.md", &post("A"))
        .file("post/b.md", &post("B"));
    scene.run_at(NOON, &["run"]);
    let mails = scene.names("outbox").len();
    let before = titles_and_ids(&scene);
    for gone in ["a.md", "b.md"] {
        fs::remove_file(scene.path(&format!("post/{gone}"))).unwrap();
    }
    let scene = scene.file("post/c.md", &post("C"));
    // It stays so however often it is built.
    for time in ["2024-07-02T12:00:00Z", "2024-07-09T12:00:00Z"] {
        let ran = scene.run(&["--at", time, "run"]);
        assert!(
            ran.code == 1 && ran.talk.contains("post/c.md: this may be `a.md` or `b.md`"),
            "{}",
            ran.talk
        );
        assert!(!scene.read("tidings.lock").contains("c.md"));
        assert_eq!(scene.names("outbox").len(), mails);
    }
    let ran = scene.run(&["--at", "2024-07-09T12:00:00Z", "build"]);
    let line = ran
        .talk
        .lines()
        .find(|line| line.trim_start().starts_with("c.md\t") && line.ends_with("b.md"));
    let lock = scene.read("tidings.lock") + line.unwrap().trim_start() + "\n";
    let scene = scene.file("tidings.lock", &lock);
    scene.run_at("2024-07-16T12:00:00Z", &["run"]);
    let id = |title: &str, list: &[(String, String)]| {
        list.iter()
            .find(|(known, _)| known == title)
            .map(|(_, id)| id.clone())
            .unwrap()
    };
    assert_eq!(id("C", &titles_and_ids(&scene)), id("B", &before));
    assert_eq!(scene.names("outbox").len(), mails);
}

#[test]
fn a_post_written_on_the_day_of_one_that_was_deleted_is_a_new_one() {
    let scene = two().file(
        "post/a.md",
        &format!("---\ntitle: A\ndate: 2024-05-03\n---\n{LONG}\n"),
    );
    scene.run_at(NOON, &["build"]);
    fs::remove_file(scene.path("post/a.md")).unwrap();
    let other = "It rained on the roof of the old station for nine days, and on the tenth the river stood in the yard.";
    let scene = scene.file(
        "post/b.md",
        &format!("---\ntitle: B\ndate: 2024-05-03\n---\n{other}\n"),
    );
    let ran = scene.run(&["--at", NOON, "build"]);
    assert!(
        ran.code == 0 && ran.out.contains("1 new, 0 updated, 0 repeated"),
        "{}{}",
        ran.out,
        ran.talk
    );
}

#[test]
fn a_newcomer_that_claims_an_address_or_an_id_is_left_out_and_the_old_post_stays() {
    let post = |title: &str, more: &str| {
        format!("---\ntitle: {title}\ndate: 2024-05-01\n{more}---\n{LONG}\n")
    };
    for (case, file, old, new, words) in [
        (
            "a copy with its id, its path earlier",
            "0.md",
            post("A", "id: tag:x,2020:a\n"),
            post("A", "id: tag:x,2020:a\nslug: other\n"),
            "`tag:x,2020:a` is also the id of `m.md`",
        ),
        (
            "a copy with its id, its path later",
            "z.md",
            post("A", "id: tag:x,2020:a\n"),
            post("A", "id: tag:x,2020:a\nslug: other\n"),
            "`tag:x,2020:a` is also the id of `m.md`",
        ),
        (
            "an equal slug, its path earlier",
            "0.md",
            post("A", "slug: same\n"),
            post("B", "slug: same\n"),
            "is also the address of `m.md`",
        ),
        (
            "an equal slug, its path later",
            "z.md",
            post("A", "slug: same\n"),
            post("B", "slug: same\n"),
            "is also the address of `m.md`",
        ),
        (
            "an id that the lock gave",
            "0.md",
            post("A", ""),
            post("B", "id: \"tag:hums.example,2024-04-30:m.md\"\n"),
            "is also the id of `m.md`",
        ),
    ] {
        let scene = two().file("post/m.md", &old);
        scene.run_at(NOON, &["build"]);
        let before = titles_and_ids(&scene);
        let scene = scene.file(&format!("post/{file}"), &new);
        let ran = scene.run(&["--at", NOON, "build"]);
        let named = format!("post/{file}: ");
        assert!(
            ran.code == 1 && ran.talk.contains(&named) && ran.talk.contains(words),
            "{case}: {}",
            ran.talk
        );
        assert!(
            ran.out.contains("0 new, 0 updated, 0 repeated"),
            "{case}: {}",
            ran.out
        );
        assert_eq!(titles_and_ids(&scene), before, "{case}");
        assert!(
            !scene.read("tidings.lock").contains(&format!("{file}\t")),
            "{case}"
        );
    }
}

#[test]
fn a_known_post_whose_address_becomes_that_of_another_is_the_one_that_is_left_out() {
    for (edited, stays) in [("rain.md", "tea.md"), ("tea.md", "rain.md")] {
        let scene = two();
        scene.run_at(NOON, &["build"]);
        let before = scene.read("tidings.lock");
        let text = scene.read(&format!("post/{edited}"));
        let slug = stays.trim_end_matches(".md");
        let clash = text.replacen("title:", &format!("slug: {slug}\ntitle:"), 1);
        let scene = scene.file(&format!("post/{edited}"), &clash);
        let ran = scene.run(&["--at", NOON, "build"]);
        let named = format!(
            "post/{edited}: `https://hums.example/{slug}/` is also the address of `{stays}`"
        );
        assert!(ran.code == 1 && ran.talk.contains(&named), "{}", ran.talk);
        // It comes back under its own id, even under another path and title.
        fs::remove_file(scene.path(&format!("post/{edited}"))).unwrap();
        let back = text.replacen("title: ", "title: Re ", 1);
        let scene = scene.file("post/back.md", &back);
        let ran = scene.run(&["--at", NOON, "build"]);
        assert!(
            ran.code == 0 && ran.talk.contains(&format!("was {edited}, keeps its id")),
            "{}",
            ran.talk
        );
        assert_ne!(scene.read("tidings.lock"), before);
    }
}

#[test]
fn a_folder_from_a_system_that_takes_accents_apart_is_the_same_site() {
    let post = "---\ntitle: Th\u{e9}\ndate: 2024-05-01\ntags: [\"caf\u{e9}\"]\n---\nHot.\n";
    let digest = "[[digest]]\nname = \"cafe\"\nschedule = \"0 8 * * MON\"\nto = [\"a@x.example\"]\nsince = \"2013-01-01\"\n\
                  sections = [\"Caf\u{e9}\"]\ntags = [\"Cafe\u{301}\"]\n";
    let config = config("", "by = [\"tag\", \"section\"]") + digest;
    let build = |form: fn(&str) -> String| {
        let scene = Scene::new().file("config.toml", &config);
        scene.file(
            &format!("post/{}", form("caf\u{e9}/th\u{e9}.md")),
            &form(post),
        )
    };
    let composed = build(str::to_owned);
    let apart = build(|text| text.replace('\u{e9}', "e\u{301}"));
    for scene in [&composed, &apart] {
        let ran = scene.run(&["--at", NOON, "run"]);
        assert!(
            ran.code == 0 && ran.out.contains("cafe: "),
            "{}{}",
            ran.out,
            ran.talk
        );
    }
    for file in [
        "public/atom.xml",
        "public/section/caf\u{e9}/atom.xml",
        "public/tag/caf\u{e9}/atom.xml",
        "tidings.lock",
    ] {
        assert_eq!(
            composed
                .read(file)
                .lines()
                .filter(|line| !line.starts_with("#digest"))
                .collect::<Vec<_>>(),
            apart
                .read(file)
                .lines()
                .filter(|line| !line.starts_with("#digest"))
                .collect::<Vec<_>>(),
            "{file}"
        );
    }
    // The same folder in the other form: nothing is new, also with another title.
    fs::rename(composed.path("post/caf\u{e9}"), composed.path("post/x")).unwrap();
    fs::create_dir(composed.path("post/cafe\u{301}")).unwrap();
    fs::rename(
        composed.path("post/x/th\u{e9}.md"),
        composed.path("post/cafe\u{301}/the\u{301}.md"),
    )
    .unwrap();
    let ran = composed.run(&["--at", NOON, "build"]);
    assert!(
        ran.code == 0 && ran.out.contains("0 new, 0 updated, 0 repeated"),
        "{}{}",
        ran.out,
        ran.talk
    );
    let scene = composed.file(
        "post/cafe\u{301}/the\u{301}.md",
        &post.replace("title: Th", "title: Le th"),
    );
    let ran = scene.run(&["--at", NOON, "build"]);
    assert!(
        ran.code == 0 && ran.out.contains("0 new, 1 updated, 0 repeated"),
        "{}{}",
        ran.out,
        ran.talk
    );
}

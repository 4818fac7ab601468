//! The feeds and their page as Chromium shows them; the pictures are left to be looked at.

use std::fs;

use serde_json::Value;

use crate::digest_rendering::in_scheme;
use crate::feed::config;
use crate::feed_readers::nasty;
use crate::program::chromium;
use crate::scene::Scene;

const NOW: &str = "2026-11-23T12:00:00Z";
/// The widths that are looked at: a phone, and a window.
const WIDTHS: [usize; 2] = [390, 900];

/// Tells what a frame shows through the title of the page around it.
const LOOK: &str = "
onload = () => document.title = JSON.stringify([...document.querySelectorAll('iframe')].map(frame => {
  const seen = frame.contentDocument, root = seen.documentElement, style = (one, part) => getComputedStyle(one, part);
  const shown = one => !one || one === seen || style(one).display !== 'none' && shown(one.parentNode);
  const texts = names => [...seen.querySelectorAll(names)].filter(shown).map(one => one.textContent.trim());
  const light = color => color.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255)
    .map(part => part <= 0.04 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const paper = light(style(root).backgroundColor !== 'rgba(0, 0, 0, 0)' ? style(root).backgroundColor
    : style(seen.body).backgroundColor);
  const contrast = one => { const ink = light(style(one).color);
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05) };
  const readable = [...seen.querySelectorAll('title, published, pubDate, subtitle, h1, h2, h3, a:not(.first), time, summary, description, article p')];
  return {
    width: root.scrollWidth, paper, contrast: Math.min(...readable.filter(shown).map(contrast)),
    days: [...seen.querySelectorAll('published, time')].map(one => (one.getAttribute('datetime') || one.textContent).slice(0, 10)),
    titles: texts('title, h1, h3'), summaries: texts('summary, item > description'),
    bodies: texts('content, encoded').length + texts('summary, item > description').filter(text => text.includes('<')).length,
    said: style(seen.querySelector('channel') || root, '::before').content, text: seen.body ? seen.body.innerText : '',
    links: seen.body ? [...seen.links].map(link => link.href) : [],
  };
}))";

/// Returns what these documents of a scene show in the light and in the dark at each width; `None` without Chromium.
fn look(name: &str, scene: &Scene, documents: &[&str]) -> Option<Vec<Value>> {
    let height = 900;
    let mut frames = String::new();
    for scheme in ["light", "dark"] {
        // A copy in which the scheme is chosen, whatever the machine prefers.
        let place = scene.path(scheme);
        fs::create_dir_all(&place).unwrap();
        for file in documents.iter().chain(&["feeds.css"]) {
            let text = scene.read(&format!("public/{file}"));
            fs::write(place.join(file), in_scheme(&text, scheme == "dark")).unwrap();
        }
        for (document, width) in documents
            .iter()
            .flat_map(|document| WIDTHS.map(|width| (document, width)))
        {
            let style = format!("width:{width}px;height:{height}px;border:0");
            let source = place.join(document);
            frames.push_str(&format!(
                "<iframe src=\"file://{}\" style=\"{style}\"></iframe>",
                source.display()
            ));
        }
    }
    let wide = documents.len() * (WIDTHS.iter().sum::<usize>() + 48);
    let page = format!(
        "<!DOCTYPE html><body style=\"margin:0;display:flex;flex-wrap:wrap;gap:24px;width:{wide}px\">{frames}<script>{LOOK}</script>"
    );
    let title = chromium(name, &page, wide, 2 * height + 24)?;
    let seen: Vec<Value> =
        serde_json::from_str(&title).unwrap_or_else(|error| panic!("{error}: {title}"));
    assert_eq!(seen.len(), 2 * 2 * documents.len());
    Some(seen)
}

fn texts<'a>(seen: &'a Value, key: &str) -> Vec<&'a str> {
    seen[key]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap())
        .collect()
}

/// Nothing stands out at the side, words stand out from the paper, and the dark is dark.
fn is_readable(seen: &[Value]) {
    let (light, dark) = seen.split_at(seen.len() / 2);
    for scheme in [light, dark] {
        for (frame, width) in scheme.iter().zip(WIDTHS.iter().cycle()) {
            assert_eq!(frame["width"], *width, "{frame}");
            assert!(frame["contrast"].as_f64().unwrap() >= 4.5, "{frame}");
        }
    }
    assert!(
        light
            .iter()
            .all(|frame| frame["paper"].as_f64().unwrap() > 0.8),
        "{light:?}"
    );
    assert!(
        dark.iter()
            .all(|frame| frame["paper"].as_f64().unwrap() < 0.05),
        "{dark:?}"
    );
}

#[test]
fn a_browser_shows_a_feed_and_its_page_as_pages() {
    let scene = Scene::sample();
    let config = scene.read("config.toml").replace(
        "by = [",
        "sign_up = \"https://hums.example/letter/\"\nby = [",
    );
    let scene = scene.file("config.toml", &config);
    scene.run_at(NOW, &["build"]);
    let Some(seen) = look("pages", &scene, &["atom.xml", "rss.xml", "feeds.html"]) else {
        return;
    };
    is_readable(&seen);
    let titles = ["夜番の茶", "The Pager in the Drawer", "Rows of the Night"];
    for frame in &seen {
        let shown = texts(frame, "titles");
        assert_eq!(shown[0], "The Daemon Still Hums");
        let days = texts(frame, "days");
        assert!(
            days.is_empty() || days[..2] == ["2024-06-14", "2024-03-18"],
            "the days of the site's zone: {days:?}"
        );
        assert!(
            titles.iter().all(|title| shown.contains(title)) && shown.len() == 6,
            "{shown:?}"
        );
        let is_feed = frame["text"] == "";
        if is_feed {
            // HTML would show as literal tags, and no address can be clicked: it is named.
            assert_eq!(frame["bodies"], 0, "{frame}");
            assert!(!texts(frame, "summaries").is_empty(), "{frame}");
            let said = frame["said"].as_str().unwrap();
            assert!(
                said.contains("This is a web feed")
                    && said.contains("https://hums.example/feeds.html"),
                "{frame}"
            );
        } else {
            let text = frame["text"].as_str().unwrap();
            assert!(
                text.contains("A feed brings new posts to you")
                    && text.contains("Sign up for the letter"),
                "{text}"
            );
            let links = texts(frame, "links");
            for link in [
                "letter/",
                "atom.xml",
                "rss.xml",
                "feed.json",
                "feeds.opml",
                "tag/tea/atom.xml",
            ] {
                assert!(
                    links.contains(&format!("https://hums.example/{link}").as_str()),
                    "{link}: {links:?}"
                );
            }
        }
    }
    assert_eq!(seen.iter().filter(|frame| frame["text"] == "").count(), 8);
    assert_eq!(
        seen.iter()
            .filter(|frame| texts(frame, "days").is_empty())
            .count(),
        4,
        "RSS alone has other dates"
    );
}

#[test]
fn a_long_word_and_odd_texts_do_not_break_the_pages() {
    let scene = nasty();
    scene.run(&["--at", NOW, "build"]);
    if let Some(seen) = look(
        "pages-nasty",
        &scene,
        &["atom.xml", "rss.xml", "feeds.html"],
    ) {
        is_readable(&seen);
        assert!(
            seen.iter().all(|frame| texts(frame, "titles").len() == 12),
            "{seen:?}"
        );
    }
    let empty = Scene::new().file("config.toml", &config("", ""));
    empty.run_at(NOW, &["build"]);
    if let Some(seen) = look("pages-empty", &empty, &["atom.xml", "feeds.html"]) {
        is_readable(&seen);
    }
}

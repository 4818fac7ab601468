//! Rules of the feed formats that generators miss: one test for each.

mod atom;
mod rss_and_json;

use roxmltree::Node;

use crate::feed::{config, site};
use crate::scene::Scene;

/// Three posts with everything that a feed can carry, two tags, two years.
fn rich() -> Scene {
    let front = "title: Tea & <b>\ndate: 2024-05-01T10:00:00+02:00\ntags: [tea, c++]\nauthors: [Ada Night, Bob]\n\
                 description: What tea is\nimage: cover.png\naudio: /talk.mp3\nlang: de";
    let feeds = "by = [\"tag\"]\narchive = \"year\"\nhub = \"https://hub.example/\"";
    let pictures = "icon = \"/icon.png\"\nlogo = \"/logo.png\"\nrights = \"CC BY 4.0 & more\"\ncategories = [\"night\"]\n\
                    description = \"Notes & more\"";
    site(&[
        ("tea.md", front, "Hot[^1].\n\n[^1]: Not too hot.\n"),
        (
            "rain.md",
            "title: Rain\ndate: 2024-04-01\ntags: [tea]",
            "Wet.",
        ),
        (
            "snow.md",
            "title: Snow\ndate: 2023-04-01\ntags: [c]",
            "Cold.",
        ),
    ])
    .file("config.toml", &config(pictures, feeds))
    .file("static/talk.mp3", "twelve bytes")
}

fn links<'a>(node: Node<'a, 'a>, rel: &str) -> Vec<Node<'a, 'a>> {
    let links = node
        .children()
        .filter(|child| child.tag_name().name() == "link");
    links
        .filter(|link| link.attribute("rel") == Some(rel))
        .collect()
}

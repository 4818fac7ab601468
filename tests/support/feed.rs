//! The three feeds of a scene, taken apart by parsers that did not write them.

use roxmltree::{Document, Node};
use serde_json::Value;

use crate::parsers::strict_xml;
use crate::scene::{CONFIG, Scene};

pub(crate) const NOON: &str = "2024-06-24T12:00:00Z";

/// The documents of one feed.
pub(crate) struct Feeds {
    pub(crate) atom: String,
    pub(crate) rss: String,
    pub(crate) json: Value,
}

/// The scene's config with more keys under [site] and [feeds].
pub(crate) fn config(site: &str, feeds: &str) -> String {
    CONFIG.replace(
        "[[digest]]",
        &format!("{site}\n[feeds]\n{feeds}\n[[digest]]"),
    )
}

/// A site whose posts are these: a file's name, its front matter, its text.
pub(crate) fn site(posts: &[(&str, &str, &str)]) -> Scene {
    posts
        .iter()
        .fold(Scene::new(), |scene, (name, front, text)| {
            scene.file(
                &format!("post/{name}"),
                &format!("---\n{front}\n---\n{text}\n"),
            )
        })
}

/// Builds, and reads what came out below `folder`.
pub(crate) fn built(scene: &Scene) -> Feeds {
    scene.run_at(NOON, &["build"]);
    read(scene, "")
}

pub(crate) fn read(scene: &Scene, folder: &str) -> Feeds {
    let (atom, rss) = (
        scene.read(&format!("public/{folder}atom.xml")),
        scene.read(&format!("public/{folder}rss.xml")),
    );
    strict_xml(&atom);
    strict_xml(&rss);
    let json = serde_json::from_str(&scene.read(&format!("public/{folder}feed.json"))).unwrap();
    Feeds { atom, rss, json }
}

pub(crate) fn parse(xml: &str) -> Document<'_> {
    Document::parse(xml).unwrap()
}

/// The elements of this name, in the order of the document.
pub(crate) fn all<'a>(document: &'a Document<'_>, name: &'a str) -> Vec<Node<'a, 'a>> {
    document
        .descendants()
        .filter(|node| node.tag_name().name() == name)
        .collect()
}

/// The first element of this name in another.
pub(crate) fn first<'a>(node: Node<'a, 'a>, name: &str) -> Option<Node<'a, 'a>> {
    node.children()
        .find(|child| child.tag_name().name() == name)
}

/// The text of the first element of this name in another; empty where there is none.
pub(crate) fn text<'a>(node: Node<'a, 'a>, name: &str) -> String {
    first(node, name)
        .map(|node| {
            node.children()
                .filter(Node::is_text)
                .filter_map(|node| node.text())
                .collect()
        })
        .unwrap_or_default()
}

/// Each entry's text of this name, in Atom.
pub(crate) fn in_entries(atom: &str, name: &str) -> Vec<String> {
    let document = parse(atom);
    all(&document, "entry")
        .into_iter()
        .map(|entry| text(entry, name))
        .collect()
}

/// Each item's text of this name, in RSS.
pub(crate) fn in_items(rss: &str, name: &str) -> Vec<String> {
    let document = parse(rss);
    all(&document, "item")
        .into_iter()
        .map(|item| text(item, name))
        .collect()
}

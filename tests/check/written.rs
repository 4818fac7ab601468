//! Feeds that another program, or a hand, has changed since they were built.

use std::fs;

use super::{NOON, scene};
use crate::scene::CONFIG;

const CHECK: [&str; 4] = ["--at", NOON, "check", "--offline"];

#[test]
fn written_feeds_are_read_back() {
    let with_archive = CONFIG.replace("[mail]", "[feeds]\narchive = \"year\"\n[mail]");
    let scene = scene()
        .post("old.md", "Old", "2022-05-01")
        .file("post/sound.md", "---\ntitle: Sound\ndate: 2024-05-03\nenclosure: { url: \"https://hums.example/a.mp3\", length: 7, type: audio/mpeg }\n---\n[a link](https://hums.example/a)\n")
        .file("config.toml", &with_archive);
    scene.run(&["--at", NOON, "build"]).succeeds();
    scene.run(&CHECK).succeeds();
    let mut missed = Vec::new();
    for (file, from, to, words) in [
        (
            "atom.xml",
            "<name>Ada Night</name>",
            "<name></name>",
            "an `<author>` has no name [feed-author]",
        ),
        (
            "rss.xml",
            "</channel>",
            "",
            "no reader can read this document: ill-formed",
        ),
        (
            "feed.json",
            "\"version\": \"https:",
            "\"version\": \"http:",
            "public/feed.json:1: the version `http://jsonfeed.org/version/1.1` is none",
        ),
        (
            "atom-2022.xml",
            "<fh:archive/>",
            "",
            "public/atom-2022.xml: the feed leads here as to its archive",
        ),
        ("atom.xml", "<title>Tea</title>", "", "[feed-element]"),
        (
            "atom.xml",
            "T00:00:00+02:00</published>",
            "T24:00:00+02:00</published>",
            "[feed-date]",
        ),
        (
            "atom.xml",
            "<published>2024",
            "<published>0001",
            "[feed-date]",
        ),
        (
            "atom.xml",
            "length=\"7\"",
            "length=\"0\"",
            "[feed-enclosure]",
        ),
        (
            "rss.xml",
            "length=\"7\"",
            "length=\"0\"",
            "[feed-enclosure]",
        ),
        (
            "feed.json",
            "\"size_in_bytes\": 7",
            "\"size_in_bytes\": 0",
            "[feed-enclosure]",
        ),
        (
            "atom.xml",
            "href=&quot;https://hums.example/a&quot;",
            "href=&quot;/a&quot;",
            "[feed-relative-address]",
        ),
        (
            "rss.xml",
            "<guid",
            "<gui",
            "no reader can read this document",
        ),
        ("atom.xml", "<id>", "<id>not an iri ", "[feed-id]"),
        ("atom.xml", "rel=\"self\"", "rel=\"none\"", "[feed-"),
        (
            "rss.xml",
            "<description>",
            "<description>\u{1}",
            "[feed-ill-formed]",
        ),
        (
            "feed.json",
            "\"title\": \"Tea\"",
            "\"title\": 7",
            "[feed-element]",
        ),
    ] {
        let path = format!("public/{file}");
        let sound = scene.read(&path);
        if !sound.contains(from) {
            missed.push(format!("{file}: no {from} in {sound}"));
            continue;
        }
        fs::write(scene.path(&path), sound.replacen(from, to, 1)).unwrap();
        let ran = scene.run(&CHECK);
        if ran.code == 0 || !ran.out.contains(words) || ran.out.matches("error: ").count() > 1 {
            missed.push(format!("{file} {from}: exit {}: {}", ran.code, ran.out));
        }
        fs::write(scene.path(&path), sound).unwrap();
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    fs::remove_file(scene.path("public/atom-2022.xml")).unwrap();
    let ran = scene.run(&CHECK);
    ran.fails_with(2);
    ran.prints("the archive at `https://hums.example/atom-2022.xml` is not there [feed-archive]");
}

#[test]
fn a_file_of_another_program_is_named_before_a_build_stops_at_it() {
    let scene = scene().file("public/rss.xml", "<rss version=\"2.0\"><channel/></rss>");
    for arguments in [&CHECK[..], &["--at", NOON, "build", "--dry-run"]] {
        let ran = scene.run(arguments);
        let said = format!("{}{}", ran.out, ran.talk);
        let words = "error: public/rss.xml: another program or a person wrote this file";
        assert!(ran.code > 0 && said.contains(words), "{said}");
        // What is wrong within it is no matter of ours.
        assert!(!said.contains("[feed-element]"), "{said}");
    }
    assert_eq!(scene.run(&["--at", NOON, "build"]).code, 2);
}

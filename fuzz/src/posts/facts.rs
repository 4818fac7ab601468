//! What a post says of itself: front matter, dates and addresses.

use arbitrary::{Result, Unstructured};
use tidings::inside::post::dialect::Habits;
use tidings::inside::post::facts::date::{
    Joint, Zoning, find_in_path, parse, split_leading, split_name,
};

use crate::grammar::text;
use crate::posts::{DIALECTS, post_of, site};

pub(crate) fn front(bytes: &[u8]) {
    const YAML: &[&str] = &[
        "title: ",
        "date: ",
        "tags: [",
        "]",
        "\n",
        "- ",
        "  ",
        "slug: ",
        "aliases:\n",
        "draft: true",
        "2024-01-02",
        "\"",
        "'",
        ": ",
        "&a ",
        "*a",
        "!!str ",
        "| \n",
        "> \n",
        "{",
        "}",
        "[",
        ", ",
        "#",
        "url: /a/",
        "image: ",
        "author: ",
        "categories: ",
        "---\n",
        "...\n",
        "a",
        "permalink: ",
        "enclosure: ",
        "null",
        "~",
        "0x10",
        "1e3",
    ];
    const TOML: &[&str] = &[
        "title = ",
        "date = ",
        "tags = [",
        "]",
        "\n",
        "\"",
        "'",
        "\"\"\"",
        "[extra]\n",
        "[[a]]\n",
        "2024-01-02",
        "2024-01-02T03:04:05Z",
        "true",
        " = ",
        "{",
        "}",
        ", ",
        "#",
        "slug = ",
        "a",
        ".",
        "1",
        "[taxonomies]\n",
        "+++\n",
    ];
    const JSON: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"title\"",
        "\"date\"",
        "\"2024-01-02\"",
        "\"",
        "\\u0000",
        "\\ud800",
        "null",
        "true",
        "1",
        "\n",
        "\"tags\"",
        "\"a\"",
        "-0",
        "1e999",
    ];
    const HEADER: &[&str] = &[
        "Title: ",
        "Date: ",
        "Tags: ",
        "Slug: ",
        "Lang: ",
        "Status: ",
        "2024-01-02 10:00",
        "\n",
        "a",
        ", ",
        ";",
        "Author: ",
        "  ",
        ":",
    ];
    let _ = (|| -> Result<()> {
        let u = &mut Unstructured::new(bytes);
        let dialect = *u.choose(&DIALECTS)?;
        let (open, words, close) = *u.choose(&[
            ("---\n", YAML, "\n---\n"),
            ("+++\n", TOML, "\n+++\n"),
            ("", JSON, "\n"),
            ("---json\n", JSON, "\n---\n"),
            ("", HEADER, "\n\n"),
            ("\u{feff}---\r\n", YAML, "\r\n...\r\n"),
        ])?;
        let name = [
            "a.md",
            "2024-01-02-a.md",
            "b/index.md",
            "ä/ö.MARKDOWN",
            "2024/01-02-a.mdx",
            "a.de.md",
        ];
        let path = (*u.choose(&name)?).to_owned();
        let source = format!("{open}{}{close}Text.", text(u, words)?);
        let habits = Habits::new(dialect, site().zone());
        if let Some(post) = post_of(&path, &source, &habits) {
            let url = post.url.to_url();
            assert_eq!(url.host_str(), Some("x.example"), "{url}");
            assert!(!post.title.contains(char::is_control), "{:?}", post.title);
        }
        Ok(())
    })();
}

pub(crate) fn date(bytes: &[u8]) {
    const WORDS: &[&str] = &[
        "2024",
        "-",
        "/",
        ".",
        ":",
        " ",
        "T",
        "Z",
        "+",
        "01",
        "31",
        "12",
        "10:00",
        "GMT",
        "UTC",
        "CEST",
        "EST",
        "(Coordinated Universal Time)",
        "(x)",
        "Mon",
        "January",
        "Feb",
        "th",
        "at",
        "am",
        "PM",
        ",",
        "time",
        "o'clock",
        "20240102",
        "1700000000",
        "+0100",
        "-05:00",
        "Europe/Berlin",
        "[",
        "]",
        "W05",
        "noon",
        "\u{a0}",
    ];
    let _ = (|| -> Result<()> {
        let u = &mut Unstructured::new(bytes);
        let zone = site().zone();
        let zoning = Zoning {
            zone,
            as_go: u.arbitrary()?,
            fold_late: u.arbitrary()?,
            roll_over: u.arbitrary()?,
        };
        let text = text(u, WORDS)?;
        let first = parse(&text, &zoning).ok();
        assert_eq!(
            first,
            parse(&text, &zoning).ok(),
            "{text:?} is read the same each time"
        );
        let _ = split_leading(&text, &zoning);
        let _ = split_name(&text, &zoning, *u.choose(&[Joint::Signs, Joint::Sign])?);
        let _ = find_in_path(&text, &zoning);
        Ok(())
    })();
}

pub(crate) fn permalink(bytes: &[u8]) {
    const WORDS: &[&str] = &[
        "/",
        ":",
        "{",
        "}",
        ":year",
        ":month",
        ":title",
        ":slug",
        "{slug}",
        "{path}",
        "{year}",
        "{month:02}",
        "..",
        "//",
        "%2e",
        "%",
        "?",
        "#",
        "http://127.0.0.1/",
        "https://x.example",
        "\\",
        "a",
        ".html",
        ":sections",
        "[",
        "]",
        "@",
    ];
    let _ = (|| -> Result<()> {
        let u = &mut Unstructured::new(bytes);
        let mut habits = Habits::new(*u.choose(&DIALECTS)?, site().zone());
        let pattern = text(u, WORDS)?;
        let key = *u.choose(&["permalink", "url", "path", "slug", "save_as"])?;
        if u.arbitrary()? {
            habits.permalink = Some(pattern.clone());
        }
        let quoted = pattern.replace(['\'', '\n', '\r'], "");
        let source = format!("---\ntitle: A B\ndate: 2024-01-02\n{key}: '{quoted}'\n---\nText.");
        if let Some(post) = post_of("sec/2024-01-02-a.md", &source, &habits) {
            let url = post.url.to_url();
            assert!(matches!(url.scheme(), "http" | "https"), "{url}");
            assert!(
                url.path_segments()
                    .into_iter()
                    .flatten()
                    .all(|part| part != ".."),
                "{url}"
            );
        }
        Ok(())
    })();
}

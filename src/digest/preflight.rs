//! What would go wrong in readers' mail programs, before message one.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;

use lol_html::{RewriteStrSettings, element, rewrite_str, text};
use url::Url;

use crate::config::Site;
use crate::digest::{Draft, LEAVE, MARKS};
use crate::finding::{Finding, Place};
use crate::html::{escape, unescape};
use crate::post::Post;

/// Gmail shows about 102 KB and hides the rest behind a link; what relays add needs room.
const LARGEST_HTML: usize = 90 << 10;
/// Of so many findings the place is looked for.
const LOCATED: usize = 50;
/// Gmail drops a style that is longer.
const LARGEST_STYLE: usize = 16 << 10;

/// CSS that is dropped, as it reads without spaces, by whom, and what else does it.
const DROPPED: &[(&str, &str, &str)] = &[
    ("display:flex", "Outlook drops it", "lay out with tables"),
    (
        "display:grid",
        "Outlook and Gmail drop it",
        "lay out with tables",
    ),
    (
        "position:absolute",
        "Gmail and Outlook drop it",
        "lay out with tables",
    ),
    (
        "position:fixed",
        "Gmail and Outlook drop it",
        "lay out with tables",
    ),
    (
        "var(--",
        "Gmail and Outlook drop it",
        "write the value itself",
    ),
    (
        "@import",
        "Gmail and Outlook drop it",
        "write the style into the template",
    ),
    (
        "@font-face",
        "Gmail and Outlook drop it",
        "name fonts that readers have",
    ),
    (
        "background-image:",
        "Outlook drops it",
        "use `background-color`, or an `<img>`",
    ),
    (
        "border-radius:",
        "Outlook drops it",
        "let it look right with square corners, or leave it out",
    ),
    ("float:", "Outlook drops it", "lay out with tables"),
];

/// Everything that stands in the HTML and can go wrong.
#[derive(Debug, Default)]
struct Seen {
    without_words: BTreeSet<String>,
    images: BTreeSet<String>,
    without_width: BTreeSet<String>,
    links: BTreeSet<String>,
    ids: BTreeSet<String>,
    styles: String,
    sheets: String,
}

/// What is wrong with an issue. `place` finds where a piece of the HTML stands: in a template or in a post.
pub fn preflight(
    draft: &Draft,
    site: &Site,
    place: &dyn Fn(&str) -> Option<Place>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (part, text) in [("HTML", &draft.html), ("text", &draft.text)] {
        if !text.contains(LEAVE) {
            let finding = Finding::error(format!("the {part} part has no link to unsubscribe"))
                .way_out("expected `{{ reader.unsubscribe }}` in the template");
            match part {
                "text" => findings.push(finding.in_file("digest.txt")),
                _ => findings.push(Finding {
                    place: place("{% block footer"),
                    ..finding
                }),
            }
        }
    }
    // To look for each of very many costs as much as all posts times their number.
    let mut located = 0;
    let mut add = |finding: Finding, needle: &str| {
        located += 1;
        findings.push(Finding {
            place: (located <= LOCATED).then(|| place(needle)).flatten(),
            ..finding
        });
    };
    if draft.html.len() > LARGEST_HTML {
        let kilobytes = draft.html.len() >> 10;
        let finding = Finding::warning(format!(
            "the HTML part has {kilobytes} KB, and Gmail hides what follows 102"
        ));
        add(
            finding.way_out("show less: `limit`, or `layout = \"summaries\"`"),
            "\u{0}",
        );
    }
    let seen = look(&draft.html);
    if seen.sheets.len() > LARGEST_STYLE {
        let kilobytes = seen.sheets.len() >> 10;
        add(
            Finding::warning(format!(
                "the style has {kilobytes} KB, and Gmail drops one of more than 16"
            )),
            "<style",
        );
    }
    for image in &seen.without_words {
        let finding = Finding::warning(format!("the image `{image}` has no words"));
        add(
            finding.way_out("say in `alt` what it shows: many readers see no images"),
            image,
        );
    }
    for image in &seen.images {
        let path = image
            .split(['?', '#'])
            .next()
            .unwrap_or_default()
            .to_lowercase();
        if image.starts_with("data:") {
            let start: String = image.chars().take(30).collect();
            let finding = Finding::warning(format!(
                "the image `{start}…` stands in the mail itself, and Gmail drops it"
            ));
            add(finding.way_out("put it on the site"), &start);
        } else if path
            .rsplit_once('.')
            .is_some_and(|(_, kind)| ["webp", "avif", "svg"].contains(&kind))
        {
            let finding = Finding::warning(format!(
                "the image `{image}` is of a kind that Outlook does not show"
            ));
            add(finding.way_out("use PNG or JPEG"), image);
        }
    }
    for image in &seen.without_width {
        let finding = Finding::warning(format!(
            "the image `{image}` says no width, and Outlook may break the page for it"
        ));
        add(
            finding.way_out("say its `width`, or put its file beside the post or into `static/`, where it is measured"),
            image,
        );
    }
    let is_inside = |address: &&String| {
        let id = address.strip_prefix('#');
        id.is_some_and(|id| seen.ids.contains(id))
    };
    let addresses = seen.links.iter().chain(&seen.images);
    for address in addresses.filter(|address| !is_inside(address)) {
        if let Some(finding) = judge(address, site) {
            add(finding, address);
        }
    }
    let css = compact(&format!("{};{}", seen.styles, seen.sheets));
    for (property, who, instead) in DROPPED {
        if css.contains(property) {
            add(
                Finding::warning(format!("`{property}`: {who}")).way_out(*instead),
                property,
            );
        }
    }
    findings
}

/// The announced posts of which a part of the mail has no link: a site's own template leaves them out, and no later issue
/// brings them.
pub fn find_left_out(draft: &Draft, posts: &[&Post]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (part, file, text) in [
        ("HTML", "digest.html", &draft.html),
        ("text", "digest.txt", &draft.text),
    ] {
        let is_left_out = |post: &&&Post| {
            let url = post.url.as_str();
            !text.contains(url) && !text.contains(&*escape(url))
        };
        let left_out: Vec<&&Post> = posts.iter().filter(is_left_out).collect();
        let Some(first) = left_out.first() else {
            continue;
        };
        let posts = match left_out.len() {
            1 => "1 post".to_owned(),
            count => format!("{count} posts"),
        };
        let finding = Finding::warning(format!(
            "the {part} part has no link to {posts} that the issue announces: {}",
            first.url.as_str()
        ));
        findings.push(
            finding
                .in_file(file)
                .way_out("expected all of `posts` and `headlines` in the template"),
        );
    }
    findings
}

/// What is wrong with an address.
fn judge(address: &str, site: &Site) -> Option<Finding> {
    let scheme = address
        .split_once(':')
        .map(|(scheme, _)| scheme.to_lowercase());
    match scheme.as_deref() {
        // A site that is served without TLS has no better links to itself.
        Some("http")
            if !(site.url.scheme() == "http" && address.starts_with(site.url.as_str())) =>
        {
            Some(
                Finding::warning(format!("the link `{address}` is not encrypted"))
                    .way_out("expected https://"),
            )
        }
        Some("http" | "https" | "mailto" | "tel" | "data" | "xmpp" | "sms" | "geo") => None,
        _ if address.starts_with(MARKS) => None,
        _ => Some(
            match Url::parse(address).map(|url| url.scheme().to_owned()) {
                Ok(scheme) => Finding::warning(format!(
                    "the link `{address}` is of a kind (`{scheme}:`) that few mail programs open"
                ))
                .way_out("lead to a page that has it"),
                Err(error) => {
                    let whole = site
                        .url
                        .join(address)
                        .map_or_else(|_| site.url.to_string(), String::from);
                    let why = match error {
                        url::ParseError::RelativeUrlWithoutBase => {
                            "leads nowhere in a mail".to_owned()
                        }
                        error => format!("is no address: {error}"),
                    };
                    Finding::error(format!("the link `{address}` {why}"))
                        .way_out(format!("expected a whole address, like {whole}"))
                }
            },
        ),
    }
}

/// A file in which a fault of an issue may stand.
#[derive(Debug)]
pub struct Source<'a> {
    /// A template or a post.
    pub file: PathBuf,
    /// Its text.
    pub text: String,
    /// What the text became, of a post.
    pub html: Option<&'a str>,
}

/// Where a piece of an issue stands in these files. An address that a post's HTML holds is looked for in that post alone,
/// since another may have a picture of the same name. The files are all searched for the piece as it is before any for
/// what of an address its writer may have written: its path, else its last part.
pub fn place_of(piece: &str, sources: &[Source<'_>]) -> Option<Place> {
    let written = escape(piece);
    let is_of_post = |source: &&Source<'_>| {
        piece.contains("://") && source.html.is_some_and(|html| html.contains(&*written))
    };
    let of_posts: Vec<&Source<'_>> = sources.iter().filter(is_of_post).collect();
    let Some(first) = of_posts.first() else {
        return place_in(piece, &sources.iter().collect::<Vec<_>>());
    };
    place_in(piece, &of_posts).or_else(|| {
        Some(Place {
            file: first.file.clone(),
            line: None,
            column: None,
        })
    })
}

/// The first line of these files in which a piece stands.
fn place_in(piece: &str, sources: &[&Source<'_>]) -> Option<Place> {
    let path = piece
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'))
        .map(|(_, path)| path);
    let path = path
        .map(|path| path.trim_end_matches('/'))
        .filter(|path| !path.is_empty());
    let name = path.and_then(|path| path.rsplit('/').next());
    let is_css = DROPPED.iter().any(|(property, ..)| *property == piece);
    let exact = |line: &str| match piece.contains("://") {
        true => holds(line, piece.trim_end_matches('/'), |_| true),
        false if is_css => compact(line).contains(piece),
        false => line.contains(piece),
    };
    let begins = |before: &str| {
        ["/", "(", "=\"", "='", "[["]
            .iter()
            .any(|begin| before.ends_with(begin))
    };
    let holds_end = |line: &str, end: Option<&str>| end.is_some_and(|end| holds(line, end, begins));
    let find = |matches: &dyn Fn(&str) -> bool| {
        sources.iter().find_map(|source| {
            let line = source.text.lines().position(matches)? + 1;
            Some(Place {
                file: source.file.clone(),
                line: Some(line),
                column: None,
            })
        })
    };
    find(&exact)
        .or_else(|| find(&|line| holds_end(line, path)))
        .or_else(|| find(&|line| holds_end(line, name)))
}

/// Whether an address or its end stands in a line, as a whole and after what it may follow.
fn holds(line: &str, address: &str, follows: impl Fn(&str) -> bool) -> bool {
    line.match_indices(address).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + address.len()..]);
        let after = after.strip_prefix('/').unwrap_or(after);
        follows(before) && !after.starts_with(|c: char| c.is_alphanumeric() || "-_%".contains(c))
    })
}

fn look(html: &str) -> Seen {
    let seen = RefCell::new(Seen::default());
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("*[style]", |element| {
            let mut seen = seen.borrow_mut();
            seen.styles
                .push_str(&element.get_attribute("style").unwrap_or_default());
            seen.styles.push(';');
            Ok(())
        }))
        .append_element_content_handler(element!("*[id]", |element| {
            let id = element.get_attribute("id").unwrap_or_default();
            seen.borrow_mut().ids.insert(unescape(&id));
            Ok(())
        }))
        .append_element_content_handler(element!("img", |image| {
            let mut seen = seen.borrow_mut();
            let address = unescape(&image.get_attribute("src").unwrap_or_default());
            let words = image.get_attribute("alt").unwrap_or_default();
            // What only adorns has none.
            let adorns = image
                .get_attribute("role")
                .is_some_and(|role| role == "presentation");
            if words.trim().is_empty() && !adorns {
                seen.without_words.insert(address.clone());
            }
            if !image.has_attribute("width") && !address.starts_with("data:") {
                seen.without_width.insert(address.clone());
            }
            seen.images.insert(address);
            Ok(())
        }))
        .append_element_content_handler(element!("a[href]", |link| {
            seen.borrow_mut()
                .links
                .insert(unescape(&link.get_attribute("href").unwrap_or_default()));
            Ok(())
        }))
        .append_element_content_handler(text!("style", |chunk| {
            seen.borrow_mut().sheets.push_str(chunk.as_str());
            Ok(())
        }));
    let _ = rewrite_str(html, settings);
    seen.into_inner()
}

/// CSS without spaces.
fn compact(css: &str) -> String {
    css.to_lowercase().split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::{Source, place_of, preflight};
    use crate::config::Site;
    use crate::digest::{Draft, LEAVE};
    use crate::finding::Finding;

    fn found(html: &str, source: &str) -> Vec<Finding> {
        let site: Site =
            toml::from_str("title = \"Hums\"\nurl = \"https://hums.example/\"").unwrap();
        let leave = format!("<a href=\"{LEAVE}\">leave</a>");
        let draft = Draft {
            subject: String::new(),
            html: format!("{html}{leave}"),
            text: LEAVE.to_string(),
        };
        let sources = [Source {
            file: "post/a.md".into(),
            text: source.to_owned(),
            html: None,
        }];
        let place = |piece: &str| place_of(piece, &sources);
        preflight(&draft, &site, &place)
    }

    fn findings(html: &str, source: &str) -> Vec<String> {
        found(html, source)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    fn errors(html: &str) -> usize {
        found(html, "")
            .iter()
            .filter(|finding| finding.is_error())
            .count()
    }

    #[test]
    fn of_very_many_faults_all_are_named_and_few_are_looked_for() {
        let site: Site =
            toml::from_str("title = \"Hums\"\nurl = \"https://hums.example/\"").unwrap();
        let images = (0..1000).map(|n| format!("<img src=\"https://x.example/{n}.webp\">"));
        let draft = Draft {
            subject: String::new(),
            html: images.collect(),
            text: String::new(),
        };
        let asked = std::cell::Cell::new(0);
        let place = |_: &str| {
            asked.set(asked.get() + 1);
            None
        };
        assert!(preflight(&draft, &site, &place).len() > 3000);
        assert!(asked.get() < 60, "{}", asked.get());
    }

    #[test]
    fn each_fault_is_named_with_its_place() {
        for (html, source, expected) in [
            (
                "<p style=\"color: red\">Fine, <a href=\"https://x.example/\">x</a></p>",
                "",
                "",
            ),
            (
                "<img src=\"https://x.example/a/b.png\" alt=\"\" width=\"9\">",
                "a\n\n![](/a/b.png)",
                "post/a.md:3: the image `https://x.example/a/b.png` has no words",
            ),
            (
                "<img src=\"https://x.example/b.webp\" alt=\"b\" width=\"9\">",
                "![b](b.webp)",
                "post/a.md:1: the image `https://x.example/b.webp` is of a kind",
            ),
            (
                "<img src=\"https://x.example/b.png\" alt=\"b\">",
                "![b](b.png)",
                "post/a.md:1: the image `https://x.example/b.png` says no width, and Outlook",
            ),
            (
                "<img src=\"data:image/png;base64,AAAA\" alt=\"b\">",
                "",
                "stands in the mail itself",
            ),
            (
                "<a href=\"http://x.example/tea\">x</a>",
                "\n[x](http://x.example/tea)",
                "post/a.md:2: the link `http://x.example/tea` is not encrypted",
            ),
            (
                "<a href=\"/tea\">x</a>",
                "",
                "the link `/tea` leads nowhere in a mail\n  expected a whole address, like https://hums.example/tea",
            ),
            ("<a href=\"tea\">x</a>", "", "leads nowhere"),
            ("<a href=\"#tea\">x</a>", "", "leads nowhere"),
            ("<a href=\"#p1-tea\">x</a><p id=\"p1-tea\">y</p>", "", ""),
            (
                "<img role=\"presentation\" src=\"https://x.example/b.png\" alt=\"\" width=\"9\">",
                "",
                "",
            ),
            (
                "<a href=\"a/b:c\">x</a>",
                "",
                "leads nowhere in a mail\n  expected a whole address, like https://hums.example/a/b:c",
            ),
            (
                "<a href=\"//x.example/tea\">x</a>",
                "",
                "expected a whole address, like https://x.example/tea",
            ),
            (
                "<a href=\"mailto:a@x.example\">x</a> <a href=\"https://x.example/%EE%80%90\">x</a>",
                "",
                "",
            ),
            (
                "<a href=\"magnet:?xt=urn:x\">x</a>",
                "",
                "the link `magnet:?xt=urn:x` is of a kind (`magnet:`) that few",
            ),
            ("<a href=\"ftp://x.example/tea\">x</a>", "", "(`ftp:`)"),
            ("<a href=\"irc://x.example/tea\">x</a>", "", "(`irc:`)"),
            (
                "<p style=\"display: flex\">x</p>",
                "p { display : flex }",
                "post/a.md:1: `display:flex`: Outlook drops it\n  lay out with tables",
            ),
            (
                "<style>p { color: var(--ink) }</style>",
                "",
                "`var(--`: Gmail",
            ),
            (
                &format!("<style>{}</style>", "p { color: red }".repeat(1100)),
                "",
                "the style has 17 KB",
            ),
            (&"<p>word</p>".repeat(9000), "", "the HTML part has 96 KB"),
        ] {
            let found = findings(html, source);
            let is_error = expected.contains("leads nowhere") || expected.contains("whole address");
            assert!(errors(html) == usize::from(is_error), "{html}");
            match expected {
                "" => assert!(found.is_empty(), "{found:?}"),
                _ => assert!(
                    found.len() == 1 && found[0].contains(expected),
                    "{expected}: {found:?}"
                ),
            }
        }
    }

    #[test]
    fn a_piece_is_found_as_it_is_in_any_file_before_a_part_of_it_in_the_first() {
        let sources = [
            (
                "templates/digest.html",
                "tea.png\n<img src=\"/img/pot.png\">\n<a href=\"https://x.example/b/cup\">",
            ),
            (
                "post/a.md",
                "some tea\n![](https://x.example/a/pot.png)\n![](cup.png) (teapot.png)",
            ),
            (
                "post/b.md",
                "[](https://x.example/tea-time)\n[](https://x.example/tea)\n\n![[cat.png]]",
            ),
        ]
        .map(|(file, text)| Source {
            file: file.into(),
            text: text.to_owned(),
            html: None,
        });
        for (piece, expected) in [
            ("https://x.example/a/pot.png", "post/a.md:2"),
            (
                "https://hums.example/img/pot.png",
                "templates/digest.html:2",
            ),
            ("https://x.example/tea", "post/b.md:2"),
            ("https://x.example/tea/", "post/b.md:2"),
            ("https://hums.example/b/cup.png", "post/a.md:3"),
            ("https://hums.example/b/cup", "templates/digest.html:3"),
            ("https://hums.example/x/tea.png", ""),
            ("https://hums.example/x/cat.png", "post/b.md:4"),
            ("https://x.example/", ""),
        ] {
            let place = place_of(piece, &sources);
            let said =
                place.map(|place| format!("{}:{}", place.file.display(), place.line.unwrap()));
            assert_eq!(said.unwrap_or_default(), expected, "{piece}");
        }
    }

    #[test]
    fn an_address_is_found_in_the_post_that_shows_it() {
        let post = |file: &str, text: &str, html: &'static str| Source {
            file: file.into(),
            text: text.to_owned(),
            html: Some(html),
        };
        let sources = [
            post(
                "post/a/index.md",
                "![](pot.png)",
                "<img src=\"https://x.example/a/pot.png\">",
            ),
            post(
                "post/b/index.md",
                "\n![](pot.png)",
                "<img src=\"https://x.example/b/pot.png\">",
            ),
            post(
                "post/c.md",
                "{{ pot }}",
                "<img src=\"https://x.example/c.png?a&amp;b\">",
            ),
        ];
        for (piece, file, line) in [
            ("https://x.example/a/pot.png", "post/a/index.md", Some(1)),
            ("https://x.example/b/pot.png", "post/b/index.md", Some(2)),
            ("https://x.example/c.png?a&b", "post/c.md", None),
        ] {
            let place = place_of(piece, &sources).unwrap();
            assert_eq!(
                (place.file.to_str(), place.line),
                (Some(file), line),
                "{piece}"
            );
        }
    }

    #[test]
    fn an_issue_that_nobody_can_leave_is_an_error_in_either_part() {
        let site: Site =
            toml::from_str("title = \"Hums\"\nurl = \"http://hums.example/\"").unwrap();
        let leave = LEAVE.to_string();
        for (html, text, expected) in [
            (&leave, &leave, &[][..]),
            (&"x".to_owned(), &leave, &["the HTML part has no link"][..]),
            (&leave, &"x".to_owned(), &["the text part has no link"]),
        ] {
            let draft = Draft {
                subject: String::new(),
                html: html.clone(),
                text: text.clone(),
            };
            let found = preflight(&draft, &site, &|_| None);
            assert_eq!(found.len(), expected.len(), "{found:?}");
            assert!(
                found
                    .iter()
                    .zip(expected)
                    .all(|(found, words)| found.is_error() && found.message.contains(words))
            );
        }
    }
}

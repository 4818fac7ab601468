//! Piece of an issue → the template or post, and the line, from which it came.

use std::path::PathBuf;

use crate::digest::Templates;
use crate::digest::preflight::css::{DROPPED, compact};
use crate::digest::preflight::seen::collect_seen;
use crate::finding::Place;
use crate::html::escape;
use crate::post::{Address, Body, Post};

/// A file that a finding about an issue may point to.
#[derive(Debug)]
pub(crate) struct SourceFile<'a> {
    /// A template or a post.
    pub file: PathBuf,
    pub text: String,
    /// The HTML rendered from it, for a post.
    pub html: Option<&'a str>,
    /// The address of the image that its front matter names.
    pub image: Option<&'a str>,
}

/// The fault of a piece of an issue, which may depend on the post around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The image has no alternative text.
    NoWords,
    /// The image has no width.
    NoWidth,
    /// The piece itself is wrong, in any post.
    Itself,
}

impl SourceFile<'_> {
    /// Whether the post shows this address.
    fn shows(&self, address: &str) -> bool {
        let written = escape(address);
        self.image == Some(address) || self.html.is_some_and(|html| html.contains(&*written))
    }

    /// Whether the text of the post shows this address with this fault.
    fn has(&self, fault: Fault, address: &str) -> bool {
        let seen = || self.html.map(collect_seen).unwrap_or_default();
        match fault {
            Fault::NoWords => seen().without_words.contains(address),
            Fault::NoWidth => seen().without_width.contains(address),
            Fault::Itself => true,
        }
    }
}

/// Whether posts that came by feeds show this address, and neither a post of our own nor a template does.
pub(crate) fn is_of_others(
    address: &str,
    posts: &[&Post],
    entries: &[(&Post, Body)],
    templates: &Templates,
) -> bool {
    let written = escape(address);
    let names = |post: &Post| {
        post.url.as_str() == address || post.image.as_ref().map(Address::as_str) == Some(address)
    };
    let holders = posts.iter().filter(|post| names(post)).copied();
    let shown = entries
        .iter()
        .filter(|(_, body)| body.html.contains(&*written));
    let mut sources = holders.chain(shown.map(|(post, _)| *post)).peekable();
    let templates = [&templates.html, &templates.text].into_iter().flatten();
    sources.peek().is_some()
        && sources.all(Post::is_syndicated)
        && !templates.into_iter().any(|text| text.contains(address))
}

/// Finds the line from which a piece of an issue came.
///
/// An address that a post shows is searched for in that post alone, since another may have an image of the same name, and
/// first in those that show it with the fault. All files are searched for the whole piece first, then for the path of an
/// address, then for its last segment.
pub(crate) fn locate(piece: &str, fault: Fault, sources: &[SourceFile<'_>]) -> Option<Place> {
    let is_address = piece.contains("://");
    let (mut with_fault, mut without) = (Vec::new(), Vec::new());
    for source in sources {
        if is_address && source.shows(piece) {
            match source.has(fault, piece) {
                true => with_fault.push(source),
                false => without.push(source),
            }
        }
    }
    let of_posts = match with_fault.is_empty() {
        true => without,
        false => with_fault,
    };
    let Some(first) = of_posts.first() else {
        return locate_in(piece, &sources.iter().collect::<Vec<_>>());
    };
    locate_in(piece, &of_posts).or_else(|| {
        Some(Place {
            file: first.file.clone(),
            line: None,
            column: None,
        })
    })
}

/// Finds the first line of these files that contains a piece.
fn locate_in(piece: &str, sources: &[&SourceFile<'_>]) -> Option<Place> {
    let address = piece.split_once("://");
    let path = address.and_then(|(_, rest)| rest.split_once('/'));
    let path = path.map_or("", |(_, path)| path.trim_end_matches('/'));
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_css = DROPPED.iter().any(|(property, ..)| *property == piece);
    let exact = |line: &str| match piece.contains("://") {
        true => contains_address(line, piece.trim_end_matches('/'), |_| true),
        false if is_css => compact(line).contains(piece),
        false => line.contains(piece),
    };
    let begins = |before: &str| {
        // In a link, an attribute, or the value of a key.
        ["/", "(", "=\"", "='", "[[", ": ", "= ", " \"", " '"]
            .iter()
            .any(|begin| before.ends_with(begin))
    };
    let has_path = |line: &str| !path.is_empty() && contains_address(line, path, begins);
    let has_name = |line: &str| !name.is_empty() && contains_address(line, name, begins);
    let likeliest_first: [&dyn Fn(&str) -> bool; 3] = [&exact, &has_path, &has_name];
    for matches in likeliest_first {
        for source in sources {
            if let Some(line) = source.text.lines().position(matches) {
                return Some(Place {
                    file: source.file.clone(),
                    line: Some(line + 1),
                    column: None,
                });
            }
        }
    }
    None
}

/// Whether a line contains a whole address, or the end of one, with `follows` true of the text before it.
fn contains_address(line: &str, address: &str, follows: impl Fn(&str) -> bool) -> bool {
    line.match_indices(address).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + address.len()..]);
        let after = after.strip_prefix('/').unwrap_or(after);
        follows(before) && !after.starts_with(|c: char| c.is_alphanumeric() || "-_%".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::{Fault, SourceFile, locate};

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
        .map(|(file, text)| SourceFile {
            file: file.into(),
            text: text.to_owned(),
            html: None,
            image: None,
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
            let place = locate(piece, Fault::Itself, &sources);
            let said =
                place.map(|place| format!("{}:{}", place.file.display(), place.line.unwrap()));
            assert_eq!(said.unwrap_or_default(), expected, "{piece}");
        }
    }

    #[test]
    fn an_address_is_found_in_the_post_that_shows_it() {
        let post = |file: &str, text: &str, html: &'static str| SourceFile {
            file: file.into(),
            text: text.to_owned(),
            html: Some(html),
            image: None,
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
            let place = locate(piece, Fault::Itself, &sources).unwrap();
            assert_eq!(
                (place.file.to_str(), place.line),
                (Some(file), line),
                "{piece}"
            );
        }
    }

    #[test]
    fn a_picture_of_two_posts_is_found_in_the_one_that_shows_it_wrongly() {
        let post = |file: &str, html: &'static str, image: Option<&'static str>| SourceFile {
            file: file.into(),
            text: "![](pot.png)".to_owned(),
            html: Some(html),
            image,
        };
        let sources = [
            post(
                "newer.md",
                "<img src=\"https://x.example/pot.png\" alt=\"A pot\" width=\"9\">",
                None,
            ),
            post(
                "words.md",
                "<img src=\"https://x.example/pot.png\" width=\"9\">",
                None,
            ),
            post(
                "width.md",
                "<img src=\"https://x.example/pot.png\" alt=\"A pot\">",
                None,
            ),
            post("front.md", "", Some("https://x.example/front/pot.png")),
            post("dear.md", "", Some("https://x.example/dear/pot.webp")),
        ];
        for (piece, fault, file) in [
            ("https://x.example/pot.png", Fault::NoWords, "words.md"),
            ("https://x.example/pot.png", Fault::NoWidth, "width.md"),
            ("https://x.example/pot.png", Fault::Itself, "newer.md"),
            (
                "https://x.example/front/pot.png",
                Fault::NoWidth,
                "front.md",
            ),
            ("https://x.example/dear/pot.webp", Fault::Itself, "dear.md"),
        ] {
            let place = locate(piece, fault, &sources).unwrap();
            assert_eq!(place.file.to_str(), Some(file), "{piece} {fault:?}");
        }
    }
}

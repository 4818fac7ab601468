//! Checks an issue for what readers' mail programs would break, before the first message is sent.

mod css;
mod locate;
mod seen;

use url::Url;

pub(crate) use locate::{Fault, SourceFile, is_of_others, locate};

use crate::config::Site;
use crate::digest::preflight::css::{DROPPED, compact};
use crate::digest::preflight::seen::{Seen, collect_seen};
use crate::digest::{Draft, LEAVE, MARKS};
use crate::finding::{Finding, Place, Rule};
use crate::html::escape;
use crate::post::Post;

/// Largest HTML part, in bytes. Gmail clips a message at about 102 KB; the rest is room for what relays add.
const LARGEST_HTML: usize = 90 << 10;
/// Largest style sheet, in bytes. Gmail drops a longer one.
const LARGEST_STYLE: usize = 16 << 10;
/// Number of findings whose place is searched for. Each search reads all posts.
const LOCATED: usize = 50;

/// Finds the line of a template or post from which a piece of the HTML with a fault came.
type Locator<'a> = dyn Fn(&str, Fault) -> Option<Place> + 'a;

/// Whether an address is shown by posts of others alone, so that nobody here can mend it.
type OfOthers<'a> = dyn Fn(&str) -> bool + 'a;

/// Checks an issue. `place` finds the line of a template or post from which a piece of the HTML came.
pub(crate) fn preflight(
    draft: &Draft,
    site: &Site,
    place: &Locator<'_>,
    is_of_others: &OfOthers<'_>,
) -> Vec<Finding> {
    let mut report = PreflightReport {
        findings: find_missing_unsubscribe(draft, place),
        located: 0,
        place,
        is_of_others,
    };
    let seen = collect_seen(&draft.html);
    report.check_size(&draft.html, &seen);
    report.check_images(&seen);
    report.check_addresses(&seen, site);
    report.check_css(&seen);
    report.findings
}

/// Finds the parts without a link to unsubscribe.
fn find_missing_unsubscribe(draft: &Draft, place: &Locator<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (part, text) in [("HTML", &draft.html), ("text", &draft.text)] {
        if text.contains(LEAVE) {
            continue;
        }
        let finding = Finding::error(
            Rule::NoUnsubscribe,
            format!("the {part} part has no link to unsubscribe"),
        )
        .hint("expected `{{ reader.unsubscribe }}` in the template");
        let file = match part {
            "HTML" => "digest.html",
            _ => "digest.txt",
        };
        // The place where the default has its link, where the template has one like it.
        let footer = place("block footer", Fault::Itself)
            .filter(|footer| part == "HTML" && footer.file.ends_with(file));
        findings.push(match footer {
            Some(footer) => Finding {
                place: Some(footer),
                ..finding
            },
            None => finding.in_file(file),
        });
    }
    findings
}

/// Findings, each with its place.
struct PreflightReport<'a> {
    findings: Vec<Finding>,
    /// Number of findings whose place was searched for.
    located: usize,
    place: &'a Locator<'a>,
    is_of_others: &'a OfOthers<'a>,
}

impl PreflightReport<'_> {
    /// Adds a finding about a piece that is wrong in any post.
    fn add(&mut self, finding: Finding, piece: &str) {
        self.add_fault(finding, piece, Fault::Itself);
    }

    /// Adds a finding at the place of `piece` with this fault, if it is among the first [`LOCATED`]; a warning of what
    /// others wrote is none for us.
    fn add_fault(&mut self, finding: Finding, piece: &str, fault: Fault) {
        if !finding.is_error() && (self.is_of_others)(piece) {
            return;
        }
        self.located += 1;
        let is_early = self.located <= LOCATED;
        let place = is_early.then(|| (self.place)(piece, fault)).flatten();
        self.findings.push(Finding { place, ..finding });
    }

    fn check_size(&mut self, html: &str, seen: &Seen) {
        if html.len() > LARGEST_HTML {
            let kilobytes = html.len() >> 10;
            let finding = Finding::warning(
                Rule::MailClipped,
                format!("the HTML part has {kilobytes} KB, and Gmail hides what follows 102"),
            );
            let hint = "show less: `limit`, or `layout = \"summaries\"`";
            self.add(finding.hint(hint), "\u{0}");
        }
        if seen.sheets.len() > LARGEST_STYLE {
            let kilobytes = seen.sheets.len() >> 10;
            let finding = Finding::warning(
                Rule::StyleDropped,
                format!("the style has {kilobytes} KB, and Gmail drops one of more than 16"),
            );
            self.add(finding, "<style");
        }
    }

    fn check_images(&mut self, seen: &Seen) {
        for image in &seen.without_words {
            let finding = Finding::warning(
                Rule::ImageWithoutAlt,
                format!("the image `{image}` has no words"),
            );
            let hint = "say in `alt` what it shows: many readers see no images";
            self.add_fault(finding.hint(hint), image, Fault::NoWords);
        }
        for image in &seen.images {
            self.check_kind(image);
        }
        for image in &seen.without_width {
            let finding = Finding::warning(
                Rule::ImageWithoutWidth,
                format!("the image `{image}` says no width, and Outlook may break the page for it"),
            );
            let hint = "say its `width`, or put its file beside the post or into `static/`, where it is measured";
            self.add_fault(finding.hint(hint), image, Fault::NoWidth);
        }
    }

    /// Warns of an image that is embedded or in a format that Outlook lacks.
    fn check_kind(&mut self, image: &str) {
        if image.starts_with("data:") {
            let start: String = image.chars().take(30).collect();
            let finding = Finding::warning(
                Rule::ImageEmbedded,
                format!("the image `{start}…` stands in the mail itself, and Gmail drops it"),
            );
            self.add(finding.hint("put it on the site"), &start);
            return;
        }
        let path = image.split(['?', '#']).next().unwrap_or_default();
        let path = path.to_lowercase();
        let kind = path.rsplit_once('.').map(|(_, kind)| kind);
        if let Some("webp" | "avif" | "svg") = kind {
            let finding = Finding::warning(
                Rule::ImageKind,
                format!("the image `{image}` is of a kind that Outlook does not show"),
            );
            self.add(finding.hint("use PNG or JPEG"), image);
        }
    }

    fn check_addresses(&mut self, seen: &Seen, site: &Site) {
        for address in seen.links.iter().chain(&seen.images) {
            let id = address.strip_prefix('#');
            if id.is_some_and(|id| seen.ids.contains(id)) {
                continue;
            }
            if let Some(finding) = judge_address(address, site) {
                self.add(finding, address);
            }
        }
    }

    fn check_css(&mut self, seen: &Seen) {
        let css = compact(&format!("{};{}", seen.styles, seen.sheets));
        for (property, programs, hint) in DROPPED {
            if css.contains(property) {
                let finding =
                    Finding::warning(Rule::CssUnsupported, format!("`{property}`: {programs}"));
                self.add(finding.hint(*hint), property);
            }
        }
    }
}

/// Finds announced posts to which a part of the mail has no link. A site's own template may leave them out, and no later
/// issue announces them again.
pub(crate) fn find_left_out(draft: &Draft, posts: &[&Post]) -> Vec<Finding> {
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
        let finding = Finding::warning(
            Rule::PostWithoutLink,
            format!(
                "the {part} part has no link to {posts} that the issue announces: {}",
                first.url.as_str()
            ),
        );
        findings.push(
            finding
                .in_file(file)
                .hint("expected all of `posts` and `headlines` in the template"),
        );
    }
    findings
}

/// Judges the address of a link or image.
fn judge_address(address: &str, site: &Site) -> Option<Finding> {
    let scheme = address.split_once(':').map(|(scheme, _)| scheme);
    match scheme.map(str::to_lowercase).as_deref() {
        Some("http") => {
            // A site without TLS has no https:// links to itself.
            let is_own = site.url.scheme() == "http" && address.starts_with(site.url.as_str());
            let finding = Finding::warning(
                Rule::LinkUnencrypted,
                format!("the link `{address}` is not encrypted"),
            );
            return (!is_own).then(|| finding.hint("expected https://"));
        }
        Some("https" | "mailto" | "tel" | "data" | "xmpp" | "sms" | "geo") => return None,
        _ if address.starts_with(MARKS) => return None,
        _ => {}
    }
    let error = match Url::parse(address) {
        Ok(url) => {
            let finding = Finding::warning(
                Rule::LinkKind,
                format!(
                    "the link `{address}` is of a kind (`{}:`) that few mail programs open",
                    url.scheme()
                ),
            );
            return Some(finding.hint("lead to a page that has it"));
        }
        Err(error) => error,
    };
    let whole = site.url.join(address);
    let whole = whole.unwrap_or_else(|_| site.url.clone());
    let why = match error {
        url::ParseError::RelativeUrlWithoutBase => "leads nowhere in a mail".to_owned(),
        error => format!("is no address: {error}"),
    };
    let finding = Finding::error(Rule::LinkBroken, format!("the link `{address}` {why}"));
    Some(finding.hint(format!("expected a whole address, like {whole}")))
}

#[cfg(test)]
mod tests {
    use super::{Fault, SourceFile, locate, preflight};
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
        let sources = [SourceFile {
            file: "post/a.md".into(),
            text: source.to_owned(),
            html: None,
            image: None,
        }];
        let place = |piece: &str, fault: Fault| locate(piece, fault, &sources);
        preflight(&draft, &site, &place, &|_| false)
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
        let place = |_: &str, _: Fault| {
            asked.set(asked.get() + 1);
            None
        };
        assert!(preflight(&draft, &site, &place, &|_| false).len() > 3000);
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
            let found = preflight(&draft, &site, &|_, _| None, &|_| false);
            assert_eq!(found.len(), expected.len(), "{found:?}");
            assert!(
                found
                    .iter()
                    .zip(expected)
                    .all(|(found, words)| found.is_error() && found.message.contains(words))
            );
            let is_placed = |found: &Finding| {
                let place = found.place.as_ref();
                place.is_some_and(|place| place.file.starts_with("digest.html") || html == &leave)
            };
            assert!(found.iter().all(is_placed), "{found:?}");
        }
    }
}

//! A file's text → what a post says of itself, and its body as HTML.

use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

use crate::config::{Author, Dialect, Site};
use crate::finding::Finding;
use crate::post::date::{self, Zoning};
use crate::post::front::{self, Front, Split};
use crate::post::{Body, Post, html, plain, slug};

/// A post that has no id yet.
#[derive(Debug)]
pub struct Draft {
    /// The post; its id is what the front matter says, or empty.
    pub post: Post,
    /// Whether it is a draft.
    pub is_draft: bool,
}

/// What a zone-less date means to a dialect.
fn zoning(dialect: Dialect, site: &Site, quoted: bool) -> Zoning {
    let here = site.timezone.0;
    let zone = match dialect {
        Dialect::Zola | Dialect::Eleventy => chrono_tz::UTC,
        _ => here,
    };
    match dialect {
        // An unquoted YAML timestamp is UTC to Jekyll; the caller asks only for those that have a time.
        Dialect::Jekyll if !quoted => Zoning { zone: chrono_tz::UTC, roll_over: true, ..Zoning::plain(here) },
        Dialect::Jekyll => Zoning { fold_late: true, roll_over: true, ..Zoning::plain(here) },
        Dialect::Hugo => Zoning { gap_after: true, ..Zoning::plain(here) },
        _ => Zoning::plain(zone),
    }
}

/// The post of a file's text. `path` is below the folder of posts, with `/` between its parts.
///
/// # Errors
/// A finding with its line: what cannot be read, or that there is no date.
pub fn read(path: &str, text: &str, site: &Site, dialect: Dialect, permalink: Option<&str>) -> Result<Draft, Finding> {
    let Split { front, body, fenced, .. } = front::split(text)?;
    let plain = if fenced { None } else { plain::split(text) };
    let stem = stem(path);
    let by_name = date::in_name(stem, &zoning(dialect, site, true));
    let raw_title = match &plain {
        Some(plain) => Some(plain.title.0.to_owned()),
        None => front.text(&["title"]),
    };
    let at = |keys: &[&'static str]| dated(&front, keys, site, dialect);
    let by_title = raw_title.as_deref().filter(|_| plain.is_some());
    let by_title = by_title.and_then(|title| date::leading(title, &zoning(dialect, site, true)));
    let keys: &[&'static str] = match dialect {
        Dialect::Hugo => &["publishdate", "pubdate", "published", "date"],
        _ => &["date", "publishdate", "pubdate"],
    };
    let (published, title) = match (at(keys)?, by_title, by_name) {
        (None, Some((at, rest)), _) => (at, Some(rest)),
        (Some(at), _, _) | (None, None, Some((at, _))) => (at, raw_title),
        (None, None, None) => {
            let line = plain.as_ref().map_or(1, |plain| plain.title.1);
            return Err(Finding::error("the post has no date")
                .at_line(line)
                .way_out("expected `date = 2024-12-01` in the front matter, or a file name like 2024-12-01-tea.md"));
        }
    };
    let updated = at(&["updated", "lastmod", "last_modified_at", "modified"])?.unwrap_or(published);
    let name = by_name.map_or(stem, |(_, rest)| if rest.is_empty() { stem } else { rest });
    let title =
        title.or_else(|| first_heading(body).map(|(title, _)| title)).unwrap_or_else(|| name.replace(['-', '_'], " "));
    let url = address(path, name, &front, published, site, permalink)?;
    let mut tags: Vec<String> = Vec::new();
    let separators: &[char] = if dialect == Dialect::Jekyll { &[' '] } else { &[',', ';'] };
    let mut listed = front.list(&["tags", "tag"], separators);
    listed.extend(front.list(&["categories", "category"], separators));
    if let Some(taxonomies) = front.table("taxonomies") {
        listed.extend(
            taxonomies.values().filter_map(Value::as_array).flatten().filter_map(Value::as_str).map(str::to_owned),
        );
    }
    for tag in listed {
        if !tags.contains(&tag) {
            tags.push(html::legal(&tag));
        }
    }
    let mut authors: Vec<Author> = front
        .list(&["authors", "author"], &[';'])
        .into_iter()
        .map(|name| Author { name: html::legal(&name), email: None, url: None })
        .collect();
    if authors.is_empty() {
        authors.extend(site.author.clone());
    }
    let post = Post {
        id: front.text(&["id"]).unwrap_or_default(),
        path: path.to_owned(),
        image: front.text(&["image", "cover"]).and_then(|image| url.join(&image).ok()),
        url,
        title: html::legal(&title).trim().to_owned(),
        published,
        updated: updated.max(published),
        authors,
        tags,
        section: path.split_once('/').map(|(folder, _)| folder.to_owned()),
        language: front.text(&["lang", "language"]),
        description: front.text(&["description", "summary", "excerpt"]).map(|text| html::legal(&text)),
        enclosure: None,
    };
    let is_draft = front.is("draft", true)
        || front.is("published", false)
        || front.is("publish", false)
        || matches!(front.text(&["status"]).as_deref(), Some("draft" | "hidden"))
        || path.split('/').any(|part| part == "_drafts");
    Ok(Draft { post, is_draft })
}

/// The file's name without its ending; a bundle's is its folder's.
fn stem(path: &str) -> &str {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    if stem == "index" && !folder.is_empty() { folder.rsplit('/').next().unwrap_or(folder) } else { stem }
}

fn dated(
    front: &Front,
    keys: &[&'static str],
    site: &Site,
    dialect: Dialect,
) -> Result<Option<DateTime<Utc>>, Finding> {
    let Some((key, text)) = keys.iter().find_map(|key| Some((*key, front.text(&[*key])?))) else { return Ok(None) };
    // A switch is no date: Jekyll's `published: false`.
    if matches!(text.as_str(), "true" | "false") {
        return Ok(None);
    }
    let is_timestamp = text.matches(':').count() == 2;
    let zoning = zoning(dialect, site, front.is_quoted(key) || !is_timestamp);
    date::parse(&text, &zoning).map(Some).map_err(|reason| {
        Finding::error(format!("`{key}: {text}` is no date: {reason}"))
            .at_line(front.line(key))
            .way_out("expected something like 2024-12-01 or 2024-12-01T08:00:00+01:00")
    })
}

fn address(
    path: &str,
    name: &str,
    front: &Front,
    published: DateTime<Utc>,
    site: &Site,
    permalink: Option<&str>,
) -> Result<Url, Finding> {
    let own = front.text(&["permalink", "url", "path"]).filter(|own| own != "false");
    let slugged = front.text(&["slug"]).unwrap_or_else(|| slug(name));
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let folder = if stem(path) == name && path.contains("/index.") {
        folder.rsplit_once('/').map_or("", |(f, _)| f)
    } else {
        folder
    };
    let whole: Vec<String> =
        folder.split('/').map(slug).chain([slugged.clone()]).filter(|part| !part.is_empty()).collect();
    let local = published.with_timezone(&site.timezone.0);
    let pattern = own.as_deref().or(permalink).unwrap_or("/{path}/");
    let filled = pattern
        .replace("{year}", &local.format("%Y").to_string())
        .replace("{month}", &local.format("%m").to_string())
        .replace("{day}", &local.format("%d").to_string())
        .replace("{slug}", &slugged)
        .replace("{filename}", stem(path))
        .replace("{section}", &folder.split('/').next().map(slug).unwrap_or_default())
        .replace("{path}", &whole.join("/"));
    site.url
        .join(filled.trim_start_matches('/'))
        .map_err(|error| Finding::error(format!("`{filled}` is no address: {error}")).at_line(front.line("permalink")))
}

/// The first top-level heading of a text, and the text without it.
fn first_heading(body: &str) -> Option<(String, String)> {
    let (number, line) = body.lines().enumerate().find(|(_, line)| !line.trim().is_empty())?;
    let title = line.strip_prefix("# ")?.trim().trim_end_matches('#').trim().to_owned();
    let rest = body.lines().skip(number + 1).collect::<Vec<_>>().join("\n");
    Some((title, rest))
}

/// The body of a post, from its file's text.
///
/// # Errors
/// A finding where the text cannot be read.
pub fn body(post: &Post, text: &str) -> Result<Body, Finding> {
    let split = front::split(text)?;
    if let (false, Some(plain)) = (split.fenced, plain::split(text)) {
        let html = html::sanitise(&plain.to_html(), &post.url);
        let summary = post.description.as_ref().map(|text| format!("<p>{}</p>", html::escape(text)));
        return Ok(Body { summary: summary.unwrap_or_else(|| first_paragraph(&html)), html });
    }
    let untitled = split.front.text(&["title"]).is_none();
    let text = match first_heading(split.body) {
        Some((_, rest)) if untitled => rest,
        _ => split.body.to_owned(),
    };
    let is_html = post.path.rsplit_once('.').is_some_and(|(_, ending)| ending == "html");
    let render = |text: &str| match is_html {
        true => Ok(html::sanitise(text, &post.url)),
        false => html::from_markdown(text, &post.url),
    };
    let html = render(&text)?;
    let summary = match (more(&text), &post.description) {
        (Some(end), _) => render(&text[..end])?,
        (None, Some(description)) => format!("<p>{}</p>", html::escape(description)),
        (None, None) => first_paragraph(&html),
    };
    Ok(Body { html, summary })
}

/// Where `<!-- more -->` stands, however it is spaced and cased.
fn more(text: &str) -> Option<usize> {
    text.match_indices("<!--")
        .map(|(at, _)| at)
        .find(|at| text[at + 4..].split_once("-->").is_some_and(|(word, _)| word.trim().eq_ignore_ascii_case("more")))
}

/// The first paragraph that stands in no quote.
fn first_paragraph(html: &str) -> String {
    let after_quote = html.strip_prefix("<blockquote").and_then(|rest| rest.split_once("</blockquote>"));
    let rest = after_quote.map_or(html, |(_, rest)| rest);
    let Some(start) = rest.find("<p>") else { return String::new() };
    rest[start..].find("</p>").map_or(String::new(), |end| rest[start..start + end + 4].to_owned())
}

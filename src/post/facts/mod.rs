//! A file's text → the facts of a post, by one way for every dialect.

mod address;
pub(crate) mod date;
mod dating;
mod left_out;
mod linked;
mod media;
mod name;
pub(crate) mod people;
pub(super) mod title;
mod why;

pub(crate) use address::find_unknown_token;
pub(crate) use dating::Commits;
pub(crate) use name::find_sections;
pub(crate) use why::{Provenance, Why};

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::config::{Author, Site, is_language};
use crate::finding::{Finding, Rule};
use crate::html::make_legal;
use crate::post::body::markdown;
use crate::post::dialect::{Habits, Rules};
use crate::post::facts::address::Parts;
use crate::post::facts::dating::{Dated, Dating};
pub(crate) use crate::post::facts::left_out::LEADS_ON;
use crate::post::facts::left_out::{File, is_note_template};
use crate::post::facts::name::Name;
use crate::post::front::{self, Front, Split};
use crate::post::{Address, Fingerprint, Markup, Post, compose, plain};

/// The result of reading a file.
#[derive(Debug)]
pub enum Read {
    /// It is a post; whether it is due yet is for the loader to say.
    Post(Box<ParsedPost>),
    /// A draft, and drafts are not taken in.
    Draft,
    /// No post, with the reason.
    NoPost(&'static str),
}

/// A post without an id yet.
#[derive(Debug)]
pub struct ParsedPost {
    /// The post; its id is that of the front matter, or empty.
    pub post: Post,
    /// The sources of its date and its address.
    pub why: Why,
    /// When the post ceases to be published, by its front matter.
    pub expires: Option<DateTime<Utc>>,
    /// The line that names its sound or film.
    pub enclosure_line: Option<usize>,
    /// Warnings that leave nothing out.
    pub warnings: Vec<Finding>,
    /// The files of the site that its text links to by their paths.
    pub linked: Vec<String>,
}

/// The warning for a key that is given twice.
fn warn_of_twice(front: &Front<'_>) -> Option<Finding> {
    let (key, line) = front.given_twice()?;
    let message = format!("`{key}` is given twice: the last one counts");
    let finding = Finding::warning(Rule::KeyTwice, message).at_line(line);
    Some(finding.hint("take one of them out"))
}

fn read_description(front: &Front) -> Option<Box<str>> {
    let text = front.text(&["description", "summary", "excerpt"])?;
    Some(make_legal(&text).into())
}

const LANGUAGE: &[&str] = &["lang", "language", "locale"];

/// Reads the post of a file's text. `path` is below the folder of posts, with `/` between its parts.
///
/// # Errors
/// A finding with its line: something cannot be read, or there is no date.
pub fn read(
    path: &str,
    text: &str,
    site: &Site,
    habits: &Habits,
    git: Option<Commits>,
) -> Result<Read, Finding> {
    let rules = habits.rules;
    // Its front matter is often a form to fill in, `created: {{date}}`, which no parser takes.
    if is_note_template(path, rules) {
        return Ok(Read::NoPost("it is a template of notes"));
    }
    let name = Name::new(path, habits);
    let Split {
        mut front,
        body,
        fenced,
        ..
    } = front::split(text, rules)?;
    front.add_defaults(&front::find_data(path, &habits.data));
    front.compute();
    let file = File {
        path,
        name: &name,
        front: &front,
        body,
        fenced,
        rules,
    };
    if let Some(why) = file.explain_no_post() {
        return Ok(Read::NoPost(why));
    }
    if file.is_draft() && !habits.drafts {
        return Ok(Read::Draft);
    }
    let is_plain = rules.plain && !fenced;
    let plain = is_plain.then(|| plain::split(text)).flatten();
    let plain_title = plain.as_ref().map(|plain| plain.title.0.to_owned());
    let raw_title = plain_title.or_else(|| front.text(&["title"]));
    let dating = Dating {
        path,
        name,
        front: &front,
        habits,
        git,
    };
    let leading = raw_title.as_deref().filter(|_| plain.is_some());
    let dated = dating.find_published(leading)?.ok_or_else(|| {
        // The index of a folder is a page everywhere.
        let is_page = habits.has_pages || name.stem == "index";
        explain_no_date(is_page).at_line(plain.as_ref().map_or(1, |plain| plain.title.1))
    })?;
    let Dated {
        instant: published,
        from,
        rest,
        warning,
    } = dated;
    let twice = warn_of_twice(&front);
    let mut warnings: Vec<Finding> = warning.into_iter().chain(twice).collect();
    let updated = dating
        .find_updated()?
        .map_or(published.at, |found| found.at);
    let bare = match date::split_name(name.stem, &habits.zoning(false), rules.joint) {
        Some(Ok((_, rest))) if !rest.is_empty() => rest,
        _ => name.stem,
    };
    let title = rest
        .or(raw_title)
        .or_else(|| front.text(&["linktitle"]))
        .or_else(|| find_heading(body, &name));
    let mut title = make_title(title, bare, rules);
    warnings.extend(shorten_title(&mut title).map(|finding| finding.at_line(front.line("title"))));
    let categories = people::read_categories(&front, &name, habits);
    let (url, address) = find_address(&dating, &title, bare, published, &categories, site)?;
    let id = read_id(&front, &mut warnings);
    let language = read_language(&front, &name, &mut warnings).filter(|tag| *tag != site.language);
    let authors = read_bounded_authors(&front, habits, &mut warnings);
    let (enclosure, enclosure_line) = media::find_enclosure(&front, &url).unzip();
    let tags = read_bounded_tags(&front, &categories, habits, &mut warnings);
    let post = Post {
        id: id.unwrap_or_default().into(),
        path: path.into(),
        image: media::find_image(&front, &url).map(Address::from),
        enclosure: enclosure.map(Box::new),
        url: url.into(),
        published: published.at,
        updated: updated.max(published.at),
        authors,
        tags: tags.iter().map(|tag| Box::from(&*compose(tag))).collect(),
        section: name.section().map(|section| Box::from(&*compose(section))),
        language: language.map(String::into_boxed_str),
        description: read_description(&front),
        title: title.into(),
        text_fingerprint: Fingerprint::from_text(text),
    };
    let why = Why {
        date: from,
        zone: name_zone(published, habits.zoning(dating.is_timestamp(from))),
        address,
    };
    Ok(Read::Post(Box::new(ParsedPost {
        post,
        why,
        expires: dating.find_expiry(&mut warnings)?,
        enclosure_line,
        warnings,
        linked: linked::list_linked(body, rules),
    })))
}

/// The address of the post's page, and its source.
fn find_address(
    dating: &Dating<'_>,
    title: &str,
    bare: &str,
    published: date::Instant,
    categories: &[String],
    site: &Site,
) -> Result<(url::Url, Provenance), Finding> {
    let Dating {
        name,
        front,
        habits,
        ..
    } = *dating;
    let (dated, by_name) = match dating.find_date()? {
        Some((dated, from)) => (dated, from == Provenance::Name),
        None => (published, false),
    };
    // An Eleventy address keeps the date; the slug in its templates does not.
    let keeps_date =
        habits.name_keeps_date && !by_name && front.get(habits.rules.address).is_none();
    let slug_from = match (habits.slug_of_title, keeps_date) {
        (true, _) => title,
        (false, true) => name.stem,
        (false, false) => bare,
    };
    let parts = Parts {
        name,
        slug_from,
        by_name,
        title,
        dated,
        categories,
        front,
    };
    parts.find_address(site, habits)
}

/// The zone of a time, in words.
fn name_zone(published: date::Instant, zoning: date::Zoning) -> &'static str {
    if published.offset.is_some() {
        "with its own offset"
    } else if zoning.zone == chrono_tz::UTC {
        "as UTC"
    } else {
        "in the site's zone"
    }
}

fn explain_no_date(is_page: bool) -> Finding {
    let finding = if is_page {
        Finding::warning
    } else {
        Finding::error
    };
    finding(Rule::NoDate, "the post has no date").hint(
        "expected `date: 2024-12-01` in the front matter (`date = 2024-12-01` in TOML), or a file name like \
         2024-12-01-tea.md, or `git_dates = true` under [posts]",
    )
}

fn find_heading(body: &str, name: &Name<'_>) -> Option<String> {
    let heading = title::find_first_heading(body, name.markup == Some(Markup::Html));
    heading.map(|(title, _)| title)
}

/// The authors of the post, up to the limit; without one those of the site.
fn read_bounded_authors(
    front: &Front<'_>,
    habits: &Habits,
    warnings: &mut Vec<Finding>,
) -> Arc<[Author]> {
    let mut authors = people::read_authors(front, habits);
    let cut = limit_names("authors", &mut authors, |author| &author.name);
    warnings.extend(cut.map(|finding| finding.at_line(front.line("authors"))));
    if authors.is_empty() {
        return Arc::clone(&habits.authors);
    }
    authors.into()
}

/// The tags of the post, as many as one may have.
fn read_bounded_tags(
    front: &Front<'_>,
    categories: &[String],
    habits: &Habits,
    warnings: &mut Vec<Finding>,
) -> Vec<String> {
    let mut tags = people::read_tags(front, categories, habits);
    let cut = limit_names("tags", &mut tags, |tag| tag);
    warnings.extend(cut.map(|finding| finding.at_line(front.line("tags"))));
    tags
}

/// The title as plain words on one line: the one that was found, else the file's name without its date.
fn make_title(found: Option<String>, bare: &str, rules: &Rules) -> String {
    let title = found.unwrap_or_else(|| {
        if rules.dashes && bare.contains(char::is_alphabetic) {
            bare.replace(['-', '_'], " ")
        } else {
            bare.to_owned()
        }
    });
    // These generators write titles into a page as HTML.
    let is_html = rules.title_is_html && title.contains('&');
    let title = if is_html {
        markdown::decode(&title)
    } else {
        title
    };
    let title = compose(&make_legal(title.trim())).into_owned();
    if !title.contains("  ") && !title.contains(char::is_control) {
        return title;
    }
    let words = title.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// The id of the front matter; an invalid one is reported and ignored.
fn read_id(front: &Front<'_>, warnings: &mut Vec<Finding>) -> Option<String> {
    let id = front.text(&["id"])?.trim().to_owned();
    let is_iri = url::Url::parse(&id).is_ok()
        && !id.contains(|c: char| c.is_whitespace() || c.is_control())
        && make_legal(&id) == id;
    if is_iri {
        return Some(id);
    }
    let id = id.escape_debug();
    let finding = Finding::warning(
        Rule::IdRefused,
        format!("`id: {id}` is no absolute IRI: the post gets an id of its own"),
    );
    warnings.push(
        finding
            .at_line(front.line("id"))
            .hint("expected something like tag:hums.example,2024:tea"),
    );
    None
}

/// The language of the front matter or the file's name, as a tag.
fn read_language(
    front: &Front<'_>,
    name: &Name<'_>,
    warnings: &mut Vec<Finding>,
) -> Option<String> {
    let said = front
        .text(LANGUAGE)
        .or_else(|| name.language.map(str::to_owned))?;
    // A locale names its encoding behind a dot.
    let tag = said
        .split('.')
        .next()
        .unwrap_or_default()
        .trim()
        .replace('_', "-");
    if tag.is_empty() || is_language(&tag) {
        return Some(tag).filter(|tag| !tag.is_empty());
    }
    let line = LANGUAGE
        .iter()
        .find(|key| front.get(&[key]).is_some())
        .map_or(1, |key| front.line(key));
    let finding = Finding::warning(
        Rule::LanguageTag,
        format!(
            "`{}` is no language tag: it is left out",
            tag.escape_debug()
        ),
    );
    warnings.push(
        finding
            .at_line(line)
            .hint("expected something like en, de or pt-BR"),
    );
    None
}

/// The most characters of a title.
const LONGEST_TITLE: usize = 2000;

/// Cuts a title that is too long. Returns a warning of it.
fn shorten_title(title: &mut String) -> Option<Finding> {
    let (end, _) = title.char_indices().nth(LONGEST_TITLE)?;
    title.truncate(end);
    title.push('…');
    let message = format!("the title has more than {LONGEST_TITLE} characters: it is cut");
    let hint = "write a shorter one: it is a header of each mail, and relays cut those";
    Some(Finding::warning(Rule::ValueCut, message).hint(hint))
}

/// The most names of a kind that a post may have.
const MOST: usize = 100;
/// The most characters of a name.
const LONGEST: usize = 200;

/// Removes names that are too long, and those beyond the limit. Returns a warning about them.
fn limit_names<T>(noun: &str, names: &mut Vec<T>, text: impl Fn(&T) -> &str) -> Option<Finding> {
    let all = names.len();
    names.retain(|name| text(name).chars().nth(LONGEST).is_none());
    names.truncate(MOST);
    let lost = all - names.len();
    (lost > 0).then(|| {
        let message = format!("{lost} of {all} {noun} are left out");
        let hint = format!("a post may have {MOST} {noun} of at most {LONGEST} characters");
        Finding::warning(Rule::ValueCut, message).hint(hint)
    })
}

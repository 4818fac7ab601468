//! The meanings of common shortcodes: plain HTML, or a link to a page that they would have embedded.

use crate::html::{escape, read_words};
use crate::post::body::markdown::render_inline;
use crate::post::body::shortcode::call::Call;
use crate::post::body::shortcode::embed::{link, link_embed};

/// The meaning of a call.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::post::body) enum Meaning {
    /// HTML replaces it.
    Html(String),
    /// Its content is code in this language.
    Code(String),
    /// Its content is Markdown between these.
    Around(String, String),
    /// Its content stays as it is.
    Raw,
    /// It is left out with its content, as the generator would.
    Nothing,
    /// The address of a post or a page by its file.
    Address(String),
}

pub(super) const NOTES: [&str; 17] = [
    "note",
    "notice",
    "tip",
    "info",
    "warning",
    "danger",
    "important",
    "caution",
    "admonition",
    "alert",
    "callout",
    "hint",
    "aside",
    "attention",
    "error",
    "success",
    "question",
];

/// The arguments with the heading of a call's content.
pub(in crate::post::body) const HEADINGS: [&str; 5] =
    ["title", "label", "summary", "heading", "caption"];

/// The language of a call whose content is code; empty if it names none.
pub(super) fn find_language(call: &Call) -> String {
    let language = call.get(&["lang", "language"], 0).unwrap_or_default();
    let language = language.trim_start_matches("lang:");
    let is_name = language
        .chars()
        .all(|c| c.is_alphanumeric() || "+-#_.".contains(c));
    if is_name {
        language.to_owned()
    } else {
        String::new()
    }
}

/// The meaning of a common call; `None` for an unknown one.
pub(in crate::post::body) fn find_meaning(call: &Call) -> Option<Meaning> {
    let html = |text: String| Some(Meaning::Html(text));
    if let Some(link) = link_embed(call) {
        return html(link);
    }
    match call.name.as_str() {
        "figure" | "fig" | "img" | "image" | "imgproc" | "picture" | "photo"
        | "responsive_image" | "resize_image" | "asset_img" => {
            render_figure(call).map(Meaning::Html)
        }
        "sub" | "sup" | "kbd" | "abbr" | "mark" | "small" => {
            let tag = &call.name;
            html(format!(
                "<{tag}>{}</{tag}>",
                escape(call.title(&["text", "content"])?)
            ))
        }
        "video" | "audio" => {
            let tag = &call.name;
            if let (Some(id), Some(provider)) = (call.get_any(&["id"]), call.get_any(&["provider"]))
            {
                return match provider {
                    "youtube" => html(link(&format!("https://www.youtube.com/watch?v={id}"), None)),
                    "vimeo" => html(link(&format!("https://vimeo.com/{id}"), None)),
                    _ => None,
                };
            }
            let source = call.get(&["src", "url", "mp4", "webm", "file", "path"], 0)?;
            html(format!(
                "<{tag} src=\"{}\" controls></{tag}>",
                escape(source)
            ))
        }
        "ref" | "relref" | "post_url" | "post_link" | "link" | "doc" | "abslink" => {
            Some(Meaning::Address(call.get(&["path", "to"], 0)?.to_owned()))
        }
        "highlight" | "codeblock" | "code" | "code_block" | "code-block" | "prism" => {
            Some(Meaning::Code(find_language(call)))
        }
        "mermaid" | "graphviz" | "plantuml" | "katex" | "math" | "latex" => {
            Some(Meaning::Code(call.name.clone()))
        }
        "raw" | "rawhtml" | "raw_html" | "raw-html" | "html" | "verbatim" | "unsafe"
        | "autoescape" | "spaceless" => Some(Meaning::Raw),
        "glossary_tooltip" => html(escape(
            &call.get(&["text", "term_id"], 0)?.replace('-', " "),
        )),
        "comment" | "capture" | "toc" | "table_of_contents" | "tableofcontents" | "css" | "js"
        | "javascript" | "stylesheet" | "style" | "schema" => Some(Meaning::Nothing),
        "details" | "spoiler" | "expand" | "collapse" => {
            let summary = call
                .get_any(&["summary"])
                .or_else(|| call.title(&HEADINGS))
                .unwrap_or("Details");
            let open = format!("<details><summary>{}</summary>", escape(summary));
            Some(Meaning::Around(open, "</details>".to_owned()))
        }
        "quote" | "blockquote" | "pullquote" | "epigraph" => Some(quote(call)),
        name if NOTES.contains(&name) => Some(note(call)),
        _ => None,
    }
}

/// A quotation, with its author and source below it.
fn quote(call: &Call) -> Meaning {
    let named = [
        call.get_any(&["author", "by"]),
        call.get_any(&["source", "cite", "title"]),
    ];
    let mut from: Vec<String> = named.into_iter().flatten().map(escape).collect();
    if from.is_empty() {
        from.extend(match call.words() {
            Some(words) => vec![escape(words)],
            None => [call.at(0), call.at(1)]
                .into_iter()
                .flatten()
                .map(escape)
                .collect(),
        });
    }
    let foot = if from.is_empty() {
        String::new()
    } else {
        format!("<p>— {}</p>", from.join(", "))
    };
    Meaning::Around("<blockquote>".to_owned(), format!("{foot}</blockquote>"))
}

/// A note, with its title or kind above it.
fn note(call: &Call) -> Meaning {
    let generic = matches!(
        call.name.as_str(),
        "notice" | "admonition" | "alert" | "callout" | "hint" | "aside"
    );
    let kind = if generic {
        call.get(&["type", "kind", "level", "context", "style"], 0)
    } else {
        Some(call.name.as_str())
    };
    // `alert "circle-info"` names a sign.
    let kind = kind.filter(|kind| kind.chars().all(char::is_alphabetic));
    let words = call
        .get_any(&HEADINGS)
        .or(if generic { None } else { call.at(0) })
        .or(kind);
    let title = words
        .map(|words| format!("<p><strong>{}</strong></p>", escape(&capitalise(words))))
        .unwrap_or_default();
    Meaning::Around(format!("<blockquote>{title}"), "</blockquote>".to_owned())
}

pub(super) fn capitalise(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

/// A picture with its caption. Octopress: `img [class] /src [width [height]] [title]`.
fn render_figure(call: &Call) -> Option<String> {
    let positional = (0..4)
        .filter_map(|place| call.at(place))
        .find(|word| word.contains(['/', '.']));
    let source = call
        .get_any(&["src", "path", "url", "image", "image_path", "name", "file"])
        .or(positional)?;
    // By its file below the site's own folder, as Zola looks it up.
    let below = source.trim_start_matches("../").trim_start_matches('/');
    let below = below
        .strip_prefix("static/")
        .or_else(|| below.strip_prefix("content/"));
    let source = below.map_or_else(|| source.to_owned(), |below| format!("@/{below}"));
    let caption = call.get_any(&["caption", "title"]).unwrap_or_default();
    // Eleventy's `image "cup.png", "A cup"`, Octopress's `img left /cup.png 300 200 A cup`.
    let described = positional
        .filter(|_| matches!(call.name.as_str(), "image" | "img"))
        .map(|file| call.after(file));
    let described = described.as_deref().filter(|words| !words.is_empty());
    let alt = call
        .get_any(&["alt"])
        .or(described)
        .map_or_else(|| read_words(&render_inline(caption)), str::to_owned);
    let mut image = format!("<img src=\"{}\" alt=\"{}\">", escape(&source), escape(&alt));
    if let Some(link) = call.get_any(&["link", "href"]) {
        image = format!("<a href=\"{}\">{image}</a>", escape(link));
    }
    let credit = match (call.get_any(&["attr"]), call.get_any(&["attrlink"])) {
        (Some(name), Some(link)) => format!(" <a href=\"{}\">{}</a>", escape(link), escape(name)),
        (Some(name), None) => format!(" {}", escape(name)),
        _ => String::new(),
    };
    if caption.is_empty() && credit.is_empty() {
        return Some(format!("<figure>{image}</figure>"));
    }
    Some(format!(
        "<figure>{image}<figcaption>{}{credit}</figcaption></figure>",
        render_inline(caption)
    ))
}

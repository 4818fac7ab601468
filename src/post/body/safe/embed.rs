//! What a post embeds, for readers that run no scripts and play nothing: pages, films, sounds, formulas.

use std::borrow::Cow;
use std::cell::{Cell, LazyCell, RefCell};
use std::rc::Rc;

use lol_html::errors::{AttributeNameError, RewritingError};
use lol_html::html_content::{ContentType, Element};
use lol_html::{RewriteStrSettings, element, end_tag};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::html::{escape, tags, unescape};
use crate::post::body::links::Links;
use crate::post::body::safe::left_out::LeftOut;
use crate::post::body::safe::player;

/// Elements that are not left to the sanitiser alone.
const MEANT: [&str; 6] = [
    "noscript",
    "annotation",
    "annotation-xml",
    "object",
    "embed",
    "script",
];

/// The same HTML with what stands in `<noscript>`, with links in the place of what plug-ins and scripts would show, and
/// without what nobody sees.
pub(super) fn without_scripts<'a>(
    html: &'a str,
    links: &Links<'_>,
    left_out: &mut LeftOut,
) -> Cow<'a, str> {
    // Whether the tag itself is styled would be asked of all that follows a tag without an end.
    let styled = LazyCell::new(|| html.to_ascii_lowercase().contains("style"));
    let is_meant = |(name, rest): (&str, &str)| {
        MEANT.iter().any(|meant| name.eq_ignore_ascii_case(meant))
            || name.eq_ignore_ascii_case("img") && *styled
            || name.eq_ignore_ascii_case("span") && rest.starts_with(" class=\"katex-html")
    };
    if !tags(html).any(is_meant) {
        return html.into();
    }
    let lost: RefCell<Vec<&'static str>> = RefCell::default();
    let rewrite = |html: &str| {
        let was_text = Cell::new(false);
        let bare = |element: &mut Element<'_, '_>| {
            was_text.set(true);
            element.remove_and_keep_content();
            Ok(())
        };
        // The formula once more, in another notation.
        let again = |element: &mut Element<'_, '_>| {
            element.remove();
            Ok(())
        };
        let plug_in = |element: &mut Element<'_, '_>| {
            let name = if element.tag_name() == "object" {
                "data"
            } else {
                "src"
            };
            match plugged(element, name, links) {
                Some(link) => element.replace(&link, ContentType::Html),
                None => lost
                    .borrow_mut()
                    .push(if name == "data" { "object" } else { "embed" }),
            }
            Ok(())
        };
        let script = |element: &mut Element<'_, '_>| {
            if let Some(link) = scripted(element, links) {
                element.replace(&link, ContentType::Html);
            }
            Ok(())
        };
        let unseen = |image: &mut Element<'_, '_>| {
            if is_unseen(image) {
                image.remove();
            }
            Ok(())
        };
        // Some legal HTML can be read in two ways: what is not meant here is made safe later in any case.
        let settings = RewriteStrSettings::new()
            .with_strict(false)
            .append_element_content_handler(element!("noscript", bare))
            .append_element_content_handler(element!("annotation, annotation-xml", again))
            .append_element_content_handler(element!("span.katex-html", again))
            .append_element_content_handler(element!("object, embed", plug_in))
            .append_element_content_handler(element!("script[src]", script))
            .append_element_content_handler(element!("img[style]", unseen));
        let rewritten = lol_html::rewrite_str(html, settings).unwrap_or_else(|_| html.to_owned());
        (rewritten, was_text.get())
    };
    let rewritten = match rewrite(html) {
        // What stood in `<noscript>` was text until now.
        (rewritten, true) => {
            lost.borrow_mut().clear();
            rewrite(&rewritten).0
        }
        (rewritten, false) => rewritten,
    };
    for name in lost.into_inner() {
        *left_out.entry(name).or_default() += 1;
    }
    rewritten.into()
}

/// The link to what a plug-in would show.
fn plugged(element: &Element<'_, '_>, name: &str, links: &Links<'_>) -> Option<String> {
    let value = unescape(&element.get_attribute(name)?);
    let url = links
        .absolute(&value)
        .filter(|_| !value.trim().is_empty())?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let (page, service) = player::page(&url);
    let title = element
        .get_attribute("title")
        .map(|title| escape(&unescape(&title)));
    let name = file_name(&page).map(|name| escape(&name));
    let words = title.as_deref().or(service).or(name.as_deref());
    Some(link(&page, words.or(page.host_str())))
}

/// The link to what a script is known to show in its place.
fn scripted(script: &Element<'_, '_>, links: &Links<'_>) -> Option<String> {
    let mut url = links.absolute(&unescape(&script.get_attribute("src")?))?;
    let (name, path) = match (url.host_str()?, url.path().strip_suffix(".js")?) {
        ("gist.github.com", path) => ("gist", path.to_owned()),
        ("asciinema.org", path) if path.starts_with("/a/") => ("asciinema", path.to_owned()),
        _ => return None,
    };
    url.set_path(&path);
    url.set_query(None);
    Some(format!("<p>{}</p>", link(&url, Some(name))))
}

/// Whether an image shows nothing: it is hidden, or a point that counts its readers.
pub(super) fn is_unseen(image: &Element<'_, '_>) -> bool {
    let style = image
        .get_attribute("style")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let styled = |wanted: &str| {
        let mut said = style.split(';').filter_map(|one| one.split_once(':'));
        said.find(|(name, _)| name.trim() == wanted)
            .map(|(_, value)| value.replace("!important", "").trim().to_owned())
    };
    let is_point = |name: &str| {
        let length = styled(name)
            .or_else(|| image.get_attribute(name))
            .unwrap_or_default();
        length
            .trim()
            .trim_end_matches("px")
            .parse::<f32>()
            .is_ok_and(|length| length <= 1.0)
    };
    styled("display").as_deref() == Some("none") || is_point("width") && is_point("height")
}

/// HTML that is safe already, with a link in the place of each page that it embeds and behind each film and sound; none
/// where it has neither.
///
/// # Errors
/// What the rewriter holds against it: then a page that it embeds would still be there.
pub(super) fn with_links(
    html: &str,
    links: &Links<'_>,
    left_out: &mut LeftOut,
) -> Result<Option<String>, RewritingError> {
    if !tags(html).any(|(name, _)| matches!(name, "iframe" | "audio" | "video")) {
        return Ok(None);
    }
    let title = |element: &Element<'_, '_>| {
        let title = element
            .get_attribute("title")
            .map(|title| escape(&unescape(&title)));
        title.filter(|title| !title.trim().is_empty())
    };
    let lost = Cell::new(0_usize);
    let to_link = |frame: &mut Element<'_, '_>| {
        let Some(url) = address(frame, links) else {
            lost.set(lost.get() + 1);
            frame.remove();
            return Ok(());
        };
        let (page, service) = player::page(&url);
        let title = title(frame).filter(|title| service.is_none() || player::is_telling(title));
        let words = title.as_deref().or(service).or(page.host_str());
        frame.replace(&link(&page, words), ContentType::Html);
        Ok(())
    };
    // The film or sound that is open, until its link is written behind it.
    let playing: Rc<RefCell<Option<Url>>> = Rc::default();
    let found = Rc::clone(&playing);
    let with_link = move |player: &mut Element<'_, '_>| {
        let playing = Rc::clone(&playing);
        *playing.borrow_mut() = played(player, links)?;
        let title = title(player);
        if let Some(handlers) = player.end_tag_handlers() {
            handlers.push(end_tag!(move |end| {
                let Some(url) = playing.borrow_mut().take() else {
                    return Ok(());
                };
                let name = file_name(&url).map(|name| escape(&name));
                let words = title.as_deref().or(name.as_deref()).or(url.host_str());
                end.after(&format!(" {}", link(&url, words)), ContentType::Html);
                Ok(())
            }));
        }
        Ok(())
    };
    let source = move |one: &mut Element<'_, '_>| {
        let source = played(one, links)?;
        let mut first = found.borrow_mut();
        *first = first.take().or(source);
        Ok(())
    };
    let settings = RewriteStrSettings::new()
        .with_strict(false)
        .append_element_content_handler(element!("iframe", to_link))
        .append_element_content_handler(element!("audio, video", with_link))
        .append_element_content_handler(element!("audio source, video source", source));
    let rewritten = lol_html::rewrite_str(html, settings)?;
    if lost.get() > 0 {
        *left_out.entry("iframe").or_default() += lost.get();
    }
    Ok(Some(rewritten))
}

/// What an element embeds, where it is of the web. What a script would load later stands in `data-src`.
fn address(element: &Element<'_, '_>, links: &Links<'_>) -> Option<Url> {
    ["src", "data-src"].iter().find_map(|name| {
        let value = unescape(&element.get_attribute(name)?);
        let url = links
            .absolute(&value)
            .filter(|_| !value.trim().is_empty())?;
        matches!(url.scheme(), "http" | "https").then_some(url)
    })
}

/// What an element plays, also where a script would have said it.
fn played(
    element: &mut Element<'_, '_>,
    links: &Links<'_>,
) -> Result<Option<Url>, AttributeNameError> {
    let url = address(element, links);
    if element.has_attribute("data-src") {
        element.remove_attribute("data-src");
        if let Some(url) = &url {
            element.set_attribute("src", &escape(url.as_str()))?;
        }
    }
    Ok(url)
}

fn link(url: &Url, words: Option<&str>) -> String {
    let address = escape(url.as_str());
    format!("<a href=\"{address}\">{}</a>", words.unwrap_or(&address))
}

/// The last part of an address's path, as people write it.
fn file_name(url: &Url) -> Option<String> {
    let name = url.path().rsplit('/').find(|part| !part.is_empty())?;
    Some(
        percent_decode_str(name)
            .decode_utf8()
            .map_or_else(|_| name.to_owned(), Cow::into_owned),
    )
}

//! Replaces embedded pages, films, sounds and formulas, for readers that run no scripts and play nothing.

use std::borrow::Cow;
use std::cell::{Cell, LazyCell, RefCell};
use std::rc::Rc;

use lol_html::errors::{AttributeNameError, RewritingError};
use lol_html::html_content::{ContentType, Element};
use lol_html::{HandlerResult, RewriteStrSettings, element, end_tag};
use url::Url;

use crate::html::{escape, list_tags, unescape};
use crate::post::body::links::Links;
use crate::post::body::safe::element::{before_end, is_balanced};
use crate::post::body::safe::left_out::LeftOut;
use crate::post::body::safe::player::{self, read_file_name};
use crate::post::body::safe::plugin::{self, Instead};

/// Elements that are not left to the sanitiser alone.
const MEANT: [&str; 9] = [
    "amp-anim",
    "amp-img",
    "noscript",
    "annotation",
    "annotation-xml",
    "object",
    "embed",
    "noembed",
    "script",
];

/// Shows the content of `<noscript>`, puts frames in the place of plug-ins and scripts, and drops invisible elements.
pub(super) fn replace_scripts<'a>(
    html: &'a str,
    links: &Links<'_>,
    left_out: &mut LeftOut,
) -> Cow<'a, str> {
    // Whether the tag itself is styled would be asked of all that follows a tag without an end.
    let styled = LazyCell::new(|| html.to_ascii_lowercase().contains("style"));
    let is_meant = |(name, rest): (&str, &str)| {
        MEANT.iter().any(|meant| name.eq_ignore_ascii_case(meant))
            || plugin::is_player(name)
            || name.eq_ignore_ascii_case("img") && *styled
            || name.eq_ignore_ascii_case("span") && rest.starts_with(" class=\"katex-html")
    };
    if !list_tags(html).any(is_meant) {
        return html.into();
    }
    let lost: RefCell<Vec<&'static str>> = RefCell::default();
    let rewrite = |html: &str| {
        let was_text = Cell::new(false);
        let objects_end = is_balanced(html, "object");
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
        let object = |object: &mut Element<'_, '_>| {
            let start = object.source_location().bytes().start;
            let inside = Some(&html[start..]).filter(|_| objects_end);
            let inside = inside.and_then(|object| before_end(object, "object"));
            let inside = inside.and_then(|object| object.split_once('>'));
            let inside = inside.map_or("", |(_, inside)| inside);
            match plugin::replace_object(object, inside, links) {
                Instead::Html(html) => object.replace(&html, ContentType::Html),
                Instead::Content => object.remove_and_keep_content(),
                Instead::Nothing => {
                    lost.borrow_mut().push("object");
                    object.remove_and_keep_content();
                }
            }
            Ok(())
        };
        let is_embedded = Cell::new(false);
        let embed = |embed: &mut Element<'_, '_>| {
            let frame = plugin::replace_embed(embed, links);
            is_embedded.set(frame.is_some());
            match frame {
                Some(frame) => embed.replace(&frame, ContentType::Html),
                None => lost.borrow_mut().push("embed"),
            }
            Ok(())
        };
        let no_embed = |element: &mut Element<'_, '_>| {
            if is_embedded.get() {
                element.remove();
                return Ok(());
            }
            bare(element)
        };
        let player = |player: &mut Element<'_, '_>| {
            if let Some(frame) = plugin::replace_player(player, links) {
                player.replace(&frame, ContentType::Html);
            }
            Ok(())
        };
        let script = |script: &mut Element<'_, '_>| {
            if let Some(frame) = plugin::replace_script(script, links) {
                script.replace(&frame, ContentType::Html);
            }
            Ok(())
        };
        let unseen = |image: &mut Element<'_, '_>| {
            if is_unseen(image) {
                image.remove();
            }
            Ok(())
        };
        // Some valid HTML is ambiguous: a wrong guess here is made safe later in any case.
        let settings = RewriteStrSettings::new()
            .with_strict(false)
            .append_element_content_handler(element!("noscript", bare))
            .append_element_content_handler(element!("annotation, annotation-xml", again))
            .append_element_content_handler(element!("span.katex-html", again))
            .append_element_content_handler(element!("object", object))
            .append_element_content_handler(element!("embed", embed))
            .append_element_content_handler(element!("noembed", no_embed))
            .append_element_content_handler(element!(plugin::selector(), player))
            .append_element_content_handler(element!("script[src]", script))
            .append_element_content_handler(element!("amp-img, amp-anim", make_picture))
            .append_element_content_handler(element!("img[style]", unseen));
        let rewritten = lol_html::rewrite_str(html, settings).unwrap_or_else(|_| html.to_owned());
        (rewritten, was_text.get())
    };
    let rewritten = match rewrite(html) {
        // The content of `<noscript>` was text until now.
        (rewritten, true) => {
            lost.borrow_mut().clear();
            rewrite(&rewritten).0
        }
        (rewritten, false) => rewritten,
    };
    for name in lost.into_inner() {
        *left_out.entry(name.into()).or_default() += 1;
    }
    rewritten.into()
}

/// Makes a picture of an element that only a script would show.
fn make_picture(picture: &mut Element<'_, '_>) -> HandlerResult {
    picture.set_tag_name("img")?;
    Ok(())
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

#[derive(Clone, Copy)]
enum FramePlace {
    /// Between blocks.
    Block,
    /// Among the words of a paragraph.
    Paragraph,
    /// In a place that permits no paragraph.
    Line,
}

/// Frames in places that permit no paragraph.
const LINES: &str =
    "a iframe, summary iframe, h1 iframe, h2 iframe, h3 iframe, h4 iframe, h5 iframe, h6 iframe";

/// Replaces each embedded page in sanitised HTML with a link in a paragraph of its own, and adds one behind each film
/// and sound; `None` if there are none.
///
/// # Errors
/// A failure of the rewriter: an embedded page may still be there.
pub(super) fn link_embeds(
    html: &str,
    links: &Links<'_>,
    left_out: &mut LeftOut,
) -> Result<Option<String>, RewritingError> {
    if !list_tags(html).any(|(name, _)| matches!(name, "iframe" | "audio" | "video")) {
        return Ok(None);
    }
    let title = |element: &Element<'_, '_>| {
        let title = element
            .get_attribute("title")
            .map(|title| escape(&unescape(&title)));
        title.filter(|title| !title.trim().is_empty())
    };
    let lost = Cell::new(0_usize);
    // The place of the next frame: two links must not run together, nor a link and the words beside it.
    let place = Cell::new(FramePlace::Block);
    let stands = |at: FramePlace| {
        let place = &place;
        move |_: &mut Element<'_, '_>| {
            place.set(at);
            Ok(())
        }
    };
    let to_link = |frame: &mut Element<'_, '_>| {
        let place = place.replace(FramePlace::Block);
        let Some(url) = read_address(frame, links) else {
            lost.set(lost.get() + 1);
            frame.remove();
            return Ok(());
        };
        let (page, service) = player::find_page(&url);
        let title = title(frame).filter(|title| service.is_none() || player::is_telling(title));
        let words = title.as_deref().or(service).or(page.host_str());
        let link = render_link(&page, words);
        let html = match place {
            FramePlace::Block => format!("<p>{link}</p>"),
            FramePlace::Paragraph => format!("</p><p>{link}</p><p>"),
            FramePlace::Line => format!(" {link} "),
        };
        frame.replace(&html, ContentType::Html);
        Ok(())
    };
    // The film or sound that is open, until its link is written behind it.
    let playing: Rc<RefCell<Option<Url>>> = Rc::default();
    let found = Rc::clone(&playing);
    let with_link = move |player: &mut Element<'_, '_>| {
        let playing = Rc::clone(&playing);
        *playing.borrow_mut() = find_played(player, links)?;
        let title = title(player);
        if let Some(handlers) = player.end_tag_handlers() {
            handlers.push(end_tag!(move |end| {
                let Some(url) = playing.borrow_mut().take() else {
                    return Ok(());
                };
                let name = read_file_name(&url).map(|name| escape(&name));
                let words = title.as_deref().or(name.as_deref()).or(url.host_str());
                end.after(&format!(" {}", render_link(&url, words)), ContentType::Html);
                Ok(())
            }));
        }
        Ok(())
    };
    let source = move |one: &mut Element<'_, '_>| {
        let source = find_played(one, links)?;
        let mut first = found.borrow_mut();
        *first = first.take().or(source);
        Ok(())
    };
    let settings = RewriteStrSettings::new()
        .with_strict(false)
        .append_element_content_handler(element!("p iframe", stands(FramePlace::Paragraph)))
        .append_element_content_handler(element!(LINES, stands(FramePlace::Line)))
        .append_element_content_handler(element!("iframe", to_link))
        .append_element_content_handler(element!("audio, video", with_link))
        .append_element_content_handler(element!("audio source, video source", source));
    let rewritten = lol_html::rewrite_str(html, settings)?;
    if lost.get() > 0 {
        *left_out.entry("iframe".into()).or_default() += lost.get();
    }
    Ok(Some(rewritten))
}

/// The web address that an element embeds. Scripts keep an address that they load later in `data-src`.
fn read_address(element: &Element<'_, '_>, links: &Links<'_>) -> Option<Url> {
    ["src", "data-src"].iter().find_map(|name| {
        let value = unescape(&element.get_attribute(name)?);
        let url = links.resolve(&value).filter(|_| !value.trim().is_empty())?;
        matches!(url.scheme(), "http" | "https").then_some(url)
    })
}

/// The address that an element plays, also one that a script would set.
fn find_played(
    element: &mut Element<'_, '_>,
    links: &Links<'_>,
) -> Result<Option<Url>, AttributeNameError> {
    let url = read_address(element, links);
    if element.has_attribute("data-src") {
        element.remove_attribute("data-src");
        if let Some(url) = &url {
            element.set_attribute("src", &escape(url.as_str()))?;
        }
    }
    Ok(url)
}

fn render_link(url: &Url, words: Option<&str>) -> String {
    let address = escape(url.as_str());
    format!("<a href=\"{address}\">{}</a>", words.unwrap_or(&address))
}

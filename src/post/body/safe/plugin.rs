//! Replaces plug-ins, scripts and custom elements of players with frames, which become links later.

use lol_html::html_content::Element;
use url::Url;

use crate::html::{escape, list_tags, read_words, unescape};
use crate::post::body::links::Links;
use crate::post::body::safe::player::{self, read_file_name};

/// The custom elements of players, the attributes that name their media, and the address of the page.
const PLAYERS: [(&str, &[&str], &str); 12] = [
    ("lite-youtube", &["videoid"], YOUTUBE),
    ("lite-youtube-embed", &["videoid", "id"], YOUTUBE),
    ("lyte-youtube", &["videoid"], YOUTUBE),
    (
        "youtube-embed",
        &["videoid", "video-id", "id", "src"],
        YOUTUBE,
    ),
    ("youtube-player", &["video-id", "videoid", "id"], YOUTUBE),
    ("youtube-video", &["video-id", "videoid", "src"], YOUTUBE),
    ("amp-youtube", &["data-videoid"], YOUTUBE),
    ("lite-vimeo", &["videoid"], VIMEO),
    ("lite-vimeo-embed", &["videoid", "id"], VIMEO),
    ("vimeo-video", &["video-id", "src"], VIMEO),
    ("amp-vimeo", &["data-videoid"], VIMEO),
    ("amp-iframe", &["src"], ""),
];
const YOUTUBE: &str = "https://www.youtube.com/watch?v=";
const VIMEO: &str = "https://vimeo.com/";

/// The selector of those elements.
pub(super) fn selector() -> String {
    PLAYERS.map(|(name, _, _)| name).join(", ")
}

/// Whether an element of this name is defined by a library of players.
pub(super) fn is_player(name: &str) -> bool {
    let mut players = PLAYERS.iter();
    players.any(|(player, _, _)| name.eq_ignore_ascii_case(player))
}

/// The replacement of an `object`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Instead {
    /// This HTML.
    Html(String),
    Content,
    Nothing,
}

/// The replacement of an `object` with this fallback content. The content is shown if it is more than words; words
/// alone become the name of the link, unless they are about the browser.
pub(super) fn replace_object(object: &Element<'_, '_>, inside: &str, links: &Links<'_>) -> Instead {
    const SHOWING: [&str; 9] = [
        "a", "img", "picture", "svg", "iframe", "embed", "object", "audio", "video",
    ];
    let shows = |name: &str| SHOWING.iter().any(|one| name.eq_ignore_ascii_case(one));
    if list_tags(inside).any(|(name, _)| shows(name)) {
        return Instead::Content;
    }
    let said = read_words(inside);
    let Some(url) = read_address(object, "data", links) else {
        return match said.is_empty() {
            true => Instead::Nothing,
            false => Instead::Content,
        };
    };
    let kind = object.get_attribute("type").unwrap_or_default();
    if kind.trim().to_ascii_lowercase().starts_with("image/") {
        let title = read_title(object).unwrap_or(said);
        let (address, title) = (escape(url.as_str()), escape(&title));
        return Instead::Html(format!("<img src=\"{address}\" alt=\"{title}\">"));
    }
    Instead::Html(render_frame(object, &url, accept_name(&said)))
}

/// The frame that replaces an `embed`; `None` if it shows nothing of the web.
pub(super) fn replace_embed(embed: &Element<'_, '_>, links: &Links<'_>) -> Option<String> {
    let url = read_address(embed, "src", links)?;
    Some(render_frame(embed, &url, None))
}

/// The frame that replaces a custom element; `None` if it names nothing.
pub(super) fn replace_player(player: &Element<'_, '_>, links: &Links<'_>) -> Option<String> {
    let tag = player.tag_name();
    let (_, names, page) = PLAYERS.iter().find(|(name, _, _)| tag == *name)?;
    let value = names.iter().find_map(|name| player.get_attribute(name));
    let value = value.map(|value| unescape(&value))?;
    let value = value.trim();
    let is_address = page.is_empty() || value.contains([':', '/']);
    let url = match is_address {
        true => links.resolve(value)?,
        false => Url::parse(&format!("{page}{value}")).ok()?,
    };
    let is_web = matches!(url.scheme(), "http" | "https");
    let service = match *page {
        YOUTUBE => Some("YouTube"),
        VIMEO => Some("Vimeo"),
        _ => None,
    };
    (is_web && !value.is_empty()).then(|| render_frame(player, &url, service))
}

/// The frame that replaces a known script.
pub(super) fn replace_script(script: &Element<'_, '_>, links: &Links<'_>) -> Option<String> {
    let mut url = links.resolve(&unescape(&script.get_attribute("src")?))?;
    let (name, path) = match (url.host_str()?, url.path().strip_suffix(".js")?) {
        ("gist.github.com", path) => ("gist", path.to_owned()),
        ("asciinema.org", path) if path.starts_with("/a/") => ("asciinema", path.to_owned()),
        _ => return None,
    };
    url.set_path(&path);
    url.set_query(None);
    Some(render_frame(script, &url, Some(name)))
}

fn read_address(element: &Element<'_, '_>, name: &str, links: &Links<'_>) -> Option<Url> {
    let value = unescape(&element.get_attribute(name)?);
    let url = links.resolve(&value)?;
    let is_web = matches!(url.scheme(), "http" | "https");
    (is_web && !value.trim().is_empty()).then_some(url)
}

fn read_title(element: &Element<'_, '_>) -> Option<String> {
    let mut names = ["title", "playlabel", "aria-label"].iter();
    names.find_map(|name| {
        let title = unescape(&element.get_attribute(name)?);
        Some(title).filter(|title| !title.trim().is_empty())
    })
}

/// Accepts a text that names the embedded media, and not one that explains why it is invisible.
fn accept_name(said: &str) -> Option<&str> {
    const LONGEST: usize = 120;
    let lower = said.to_lowercase();
    let excuses = ["browser", "support", "plug-in", "plugin", "javascript"];
    let is_excuse = excuses.iter().any(|excuse| lower.contains(excuse));
    (!said.is_empty() && said.len() <= LONGEST && !is_excuse).then_some(said)
}

/// A frame of this address with the best of its titles.
fn render_frame(element: &Element<'_, '_>, url: &Url, said: Option<&str>) -> String {
    let (page, service) = player::find_page(url);
    let own = read_title(element).filter(|title| service.is_none() || player::is_telling(title));
    let file = read_file_name(&page);
    let title = own.as_deref().or(service).or(said).or(file.as_deref());
    format!(
        "<iframe src=\"{}\" title=\"{}\"></iframe>",
        escape(page.as_str()),
        escape(title.unwrap_or_default())
    )
}

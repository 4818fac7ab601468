//! The path of a document below the folder, and its address on the site.

use url::Url;

use crate::config::{Feeds, Format, Site, address_below};
use crate::feed::format::look_up;
use crate::feed::text;

/// Makes the path of a feed, or of a period of its archive, below the folder that is published.
pub(super) fn make_path(
    config: &Feeds,
    format: Format,
    folder: &str,
    period: Option<&str>,
) -> String {
    let default = format.default_file();
    let name = config
        .files
        .get(&format)
        .filter(|_| folder.is_empty())
        .map_or(default, String::as_str);
    match (period, name.rsplit_once('.')) {
        (None, _) => format!("{folder}{name}"),
        (Some(period), Some((stem, ending))) => format!("{folder}{stem}-{period}.{ending}"),
        (Some(period), None) => format!("{folder}{name}-{period}"),
    }
}

/// Makes the address of a document from its path.
pub(crate) fn make_url(site: &Site, path: &str) -> Url {
    address_below(&site.url, path)
}

/// Finds the media type of the feed, or of the period of its archive, at this path below the folder; `None` if it is no
/// feed.
pub(crate) fn find_media_type(config: &Feeds, path: &str) -> Option<&'static str> {
    let format = config.format_at(path)?;
    Some(look_up(format).media_type())
}

/// Writes the address of a feed, or of a period of its archive, as documents have it.
pub(super) fn write_address(
    site: &Site,
    config: &Feeds,
    format: Format,
    folder: &str,
    period: Option<&str>,
) -> String {
    text::escape_address(make_url(site, &make_path(config, format, folder, period)))
}

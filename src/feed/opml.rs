//! The list of all feeds (OPML 2.0).

use crate::config::{Feeds, Site};
use crate::feed::address::write_address;
use crate::feed::mark::GENERATOR;
use crate::feed::text;
use crate::feed::topic::NamedTopic;
use crate::html;

pub(super) const FILE: &str = "feeds.opml";

/// Every feed as an outline (OPML 2.0), to be imported into a reader at once.
pub(super) fn write(site: &Site, config: &Feeds, topics: &[NamedTopic]) -> String {
    let title = escape_outline(&site.title);
    let Some(format) = config.formats.first() else {
        return String::new();
    };
    let mut outlines = String::new();
    for NamedTopic { name, folder } in topics {
        let name = match name {
            Some(topic) => format!("{title}: {}", escape_outline(topic)),
            None => title.clone(),
        };
        outlines.push_str(&format!(
            "    <outline type=\"rss\" text=\"{name}\" title=\"{name}\" xmlUrl=\"{}\" htmlUrl=\"{}\"/>\n",
            html::escape(&write_address(site, config, *format, folder, None)),
            html::escape(&text::escape_address(&site.url)),
        ));
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- {GENERATOR} -->\n<opml version=\"2.0\">\n  <head>\n    \
         <title>{title}</title>\n  </head>\n  <body>\n{outlines}  </body>\n</opml>\n"
    )
}

/// Escapes the text of an outline. OPML reads it as HTML but many importers do not, so it is escaped twice only where that
/// matters.
fn escape_outline(text: &str) -> String {
    let text = text::clean_line(text);
    let means_something = text.contains('<')
        || text
            .split('&')
            .skip(1)
            .any(|after| !after.starts_with([' ', '&']));
    html::escape(&if means_something {
        html::escape(&text)
    } else {
        text
    })
}

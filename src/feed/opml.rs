//! The list of all feeds (OPML 2.0).

use crate::config::{Feeds, Site};
use crate::feed::address::make_subscription;
use crate::feed::mark::GENERATOR;
use crate::feed::text;
use crate::feed::topic::Named;
use crate::html;

pub(super) const FILE: &str = "feeds.opml";

/// Every feed as an outline (OPML 2.0), to be imported into a reader at once.
pub(super) fn write(site: &Site, config: &Feeds, topics: &[Named]) -> String {
    let title = outline_text(&site.title);
    let Some(format) = config.formats.first() else {
        return String::new();
    };
    let mut outlines = String::new();
    for (topic, folder) in topics {
        let name = match topic {
            Some(topic) => format!("{title}: {}", outline_text(topic)),
            None => title.clone(),
        };
        outlines.push_str(&format!(
            "    <outline type=\"rss\" text=\"{name}\" title=\"{name}\" xmlUrl=\"{}\" htmlUrl=\"{}\"/>\n",
            html::escape(&make_subscription(site, config, *format, folder)),
            html::escape(&text::escape_address(&site.url)),
        ));
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- {GENERATOR} -->\n<opml version=\"2.0\">\n  <head>\n    \
         <title>{title}</title>\n  </head>\n  <body>\n{outlines}  </body>\n</opml>\n"
    )
}

/// The text of an outline. OPML reads it as HTML but many importers do not, so it is escaped only where that matters.
fn outline_text(text: &str) -> String {
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

//! Pages that a site shows within its own → links to them.

use crate::html::escape;
use crate::post::body::shortcode::call::Call;

/// The link that replaces a call; `None` if it embeds no page of another site.
pub(super) fn link_embed(call: &Call) -> Option<String> {
    match call.name.as_str() {
        "youtube" | "youtubevideo" | "youtube_embed" | "yt" | "youtube-lite" => {
            let id = call.get(&["id", "video_id", "videoid", "src", "url"], 0)?;
            // `watch?v=x&t=9`, `youtu.be/x?t=9` or `x`.
            let short = id
                .split_once("v=")
                .map_or(id, |(_, rest)| rest)
                .split(['&', '?', '#'])
                .next()?;
            let short = short.rsplit('/').next().unwrap_or(short);
            Some(link(
                &format!("https://www.youtube.com/watch?v={short}"),
                call.get_any(&["title"]),
            ))
        }
        "vimeo" => {
            let id = call.get(&["id", "video_id", "src", "url"], 0)?;
            let short = id.rsplit('/').next().unwrap_or(id);
            Some(link(
                &format!("https://vimeo.com/{short}"),
                call.get_any(&["title"]),
            ))
        }
        "streamable" => Some(link(
            &format!("https://streamable.com/{}", call.get(&["id"], 0)?),
            None,
        )),
        "asciinema" | "asciicast" => Some(link(
            &format!("https://asciinema.org/a/{}", call.get(&["id", "key"], 0)?),
            None,
        )),
        "codepen" => {
            let pen = call.get_any(&["hash", "slug", "id"])?;
            Some(link(
                &format!("https://codepen.io/{}/pen/{pen}", call.get_any(&["user"])?),
                call.get_any(&["title"]),
            ))
        }
        "spotify" => {
            let kind = call.get_any(&["type"]).unwrap_or("track");
            Some(link(
                &format!("https://open.spotify.com/{kind}/{}", call.get(&["id"], 0)?),
                None,
            ))
        }
        "bilibili" => Some(link(
            &format!("https://www.bilibili.com/video/{}", call.get(&["id"], 0)?),
            None,
        )),
        "github" => Some(link(
            &format!("https://github.com/{}", call.get(&["repo"], 0)?),
            call.get_any(&["repo"]),
        )),
        "mastodon" | "bluesky" | "soundcloud" | "embed" | "iframe" | "oembed" => {
            let url = call
                .get(&["url", "link", "href", "src"], 0)
                .filter(|url| url.starts_with("http"))?;
            Some(link(url, call.get_any(&["title"])))
        }
        "instagram" => Some(link(
            &format!("https://www.instagram.com/p/{}/", call.get(&["id"], 0)?),
            None,
        )),
        "tweet" | "twitter" | "x" | "twitter_simple" => {
            match (call.get_any(&["user"]), call.get(&["id"], 0)?) {
                (_, url) if url.starts_with("http") => Some(link(url, None)),
                (user, id) => Some(link(
                    &format!(
                        "https://twitter.com/{}/status/{id}",
                        user.unwrap_or("i/web")
                    ),
                    None,
                )),
            }
        }
        "gist" => {
            let url = match (call.at(0), call.at(1)) {
                _ if call.get_any(&["url"]).is_some() => call.get_any(&["url"])?.to_owned(),
                (Some(user), Some(id)) if !id.contains('.') => {
                    format!("https://gist.github.com/{user}/{id}")
                }
                (Some(id), _) => format!("https://gist.github.com/{id}"),
                _ => return None,
            };
            Some(link(&url, Some("gist")))
        }
        _ => None,
    }
}

/// A link in a paragraph of its own.
pub(super) fn link(url: &str, text: Option<&str>) -> String {
    format!(
        "<p><a href=\"{}\">{}</a></p>",
        escape(url),
        escape(text.unwrap_or(url))
    )
}

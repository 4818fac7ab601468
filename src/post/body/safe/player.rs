//! The page that a person would open, from the address of an embedded player.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::Url;

/// The page of a player, and the name of its service.
pub(super) fn page(player: &Url) -> (Url, Option<&'static str>) {
    let Some((page, service)) = recognise(player) else {
        return (player.clone(), None);
    };
    let page = page.and_then(|page| Url::parse(&page).ok());
    (page.unwrap_or_else(|| player.clone()), Some(service))
}

/// Titles that say no more than the service's name.
const EMPTY: [&str; 8] = [
    "youtube video player",
    "youtube video",
    "vimeo video player",
    "vimeo",
    "video player",
    "embedded content",
    "spotify embed",
    "iframe",
];

/// Whether a title describes what the player plays.
pub(super) fn is_telling(title: &str) -> bool {
    let title = title.trim().to_ascii_lowercase();
    !title.is_empty() && !EMPTY.contains(&title.as_str())
}

/// The page and the name of a known service. Some players do not reveal the page.
#[expect(clippy::too_many_lines, reason = "a table has a line for each service")]
fn recognise(player: &Url) -> Option<(Option<String>, &'static str)> {
    let host = player.host_str()?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    let parts: Vec<&str> = player
        .path()
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    let query = |name: &str| {
        let mut pairs = player.query_pairs();
        let (_, value) = pairs.find(|(key, _)| key == name)?;
        Some(value.into_owned()).filter(|value| !value.is_empty())
    };
    // An episode of a podcast, a song of an album.
    let item = || {
        query("i")
            .map(|item| format!("?i={item}"))
            .unwrap_or_default()
    };
    let found = match (host, parts.as_slice()) {
        ("youtube.com" | "youtube-nocookie.com" | "m.youtube.com", ["embed", "videoseries"]) => (
            query("list").map(|list| format!("https://www.youtube.com/playlist?list={list}")),
            "YouTube",
        ),
        ("youtube.com" | "youtube-nocookie.com" | "m.youtube.com", ["embed" | "v", id, ..]) => {
            let start = query("start").or_else(|| query("t"));
            let start = start.map(|start| format!("&t={start}")).unwrap_or_default();
            (
                Some(format!("https://www.youtube.com/watch?v={id}{start}")),
                "YouTube",
            )
        }
        ("player.vimeo.com", ["video", id, ..]) => {
            let key = query("h").map(|key| format!("/{key}")).unwrap_or_default();
            (Some(format!("https://vimeo.com/{id}{key}")), "Vimeo")
        }
        ("open.spotify.com", ["embed" | "embed-podcast", rest @ ..]) => (
            Some(format!("https://open.spotify.com/{}", rest.join("/"))),
            "Spotify",
        ),
        ("w.soundcloud.com", ["player", ..]) => {
            let page = query("url").filter(|page| !page.contains("api.soundcloud.com"));
            (page, "SoundCloud")
        }
        ("dailymotion.com", ["embed", "video", id, ..]) => (
            Some(format!("https://www.dailymotion.com/video/{id}")),
            "Dailymotion",
        ),
        ("geo.dailymotion.com", ["player.html" | "player", ..]) => (
            query("video").map(|id| format!("https://www.dailymotion.com/video/{id}")),
            "Dailymotion",
        ),
        ("player.twitch.tv", _) => {
            let video = query("video").map(|id| {
                format!(
                    "https://www.twitch.tv/videos/{}",
                    id.trim_start_matches('v')
                )
            });
            let channel = || query("channel").map(|name| format!("https://www.twitch.tv/{name}"));
            (video.or_else(channel), "Twitch")
        }
        ("clips.twitch.tv", ["embed"]) => (
            query("clip").map(|clip| format!("https://clips.twitch.tv/{clip}")),
            "Twitch",
        ),
        ("embed.ted.com", ["talks", talk, ..]) => {
            (Some(format!("https://www.ted.com/talks/{talk}")), "TED")
        }
        ("codepen.io", [user, "embed", rest @ ..]) => {
            let pen = rest.iter().find(|part| **part != "preview");
            (
                pen.map(|pen| format!("https://codepen.io/{user}/pen/{pen}")),
                "CodePen",
            )
        }
        ("codesandbox.io", ["embed", rest @ ..]) => (
            Some(format!("https://codesandbox.io/s/{}", rest.join("/"))),
            "CodeSandbox",
        ),
        ("player.bilibili.com", _) => {
            let video = query("bvid").or_else(|| query("aid").map(|id| format!("av{id}")));
            (
                video.map(|id| format!("https://www.bilibili.com/video/{id}")),
                "Bilibili",
            )
        }
        ("asciinema.org", ["a", id, ..]) => {
            (Some(format!("https://asciinema.org/a/{id}")), "asciinema")
        }
        ("streamable.com", ["e" | "o" | "s", id, ..]) => {
            (Some(format!("https://streamable.com/{id}")), "Streamable")
        }
        ("archive.org", ["embed", id, ..]) => (
            Some(format!("https://archive.org/details/{id}")),
            "Internet Archive",
        ),
        ("platform.twitter.com" | "platform.x.com", ["embed", ..]) => (
            query("id").map(|id| format!("https://twitter.com/i/web/status/{id}")),
            "Twitter",
        ),
        ("facebook.com", ["plugins", ..]) => (query("href"), "Facebook"),
        ("embed.bsky.app", ["embed", user, _, post, ..]) => (
            Some(format!("https://bsky.app/profile/{user}/post/{post}")),
            "Bluesky",
        ),
        ("instagram.com", [kind, id, "embed", ..]) => (
            Some(format!("https://www.instagram.com/{kind}/{id}/")),
            "Instagram",
        ),
        ("embed.podcasts.apple.com", _) => (
            Some(format!(
                "https://podcasts.apple.com{}{}",
                player.path(),
                item()
            )),
            "Apple Podcasts",
        ),
        ("embed.music.apple.com", _) => (
            Some(format!(
                "https://music.apple.com{}{}",
                player.path(),
                item()
            )),
            "Apple Music",
        ),
        ("loom.com", ["embed", id, ..]) => {
            (Some(format!("https://www.loom.com/share/{id}")), "Loom")
        }
        ("figma.com", ["embed", ..]) => (query("url"), "Figma"),
        ("bandcamp.com", ["EmbeddedPlayer", ..]) => (None, "Bandcamp"),
        ("google.com" | "maps.google.com", ["maps", "embed", ..]) => (None, "Google Maps"),
        (host, ["videos", "embed", id, ..]) => (Some(format!("https://{host}/w/{id}")), "PeerTube"),
        (host, [user, id, "embed"]) if user.starts_with('@') => {
            (Some(format!("https://{host}/{user}/{id}")), "Mastodon")
        }
        _ => return None,
    };
    let (page, service) = found;
    let is_page = |page: &String| page.starts_with("https://") || page.starts_with("http://");
    Some((page.filter(is_page), service))
}

/// The last part of an address's path, as people write it.
pub(super) fn file_name(url: &Url) -> Option<String> {
    let name = url.path().rsplit('/').find(|part| !part.is_empty())?;
    Some(
        percent_decode_str(name)
            .decode_utf8()
            .map_or_else(|_| name.to_owned(), Cow::into_owned),
    )
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn a_player_leads_to_the_page_that_a_person_would_open() {
        for (player, expected, service) in [
            (
                "https://www.youtube.com/embed/abc?rel=0",
                "https://www.youtube.com/watch?v=abc",
                "YouTube",
            ),
            (
                "https://www.youtube-nocookie.com/embed/abc?start=9",
                "https://www.youtube.com/watch?v=abc&t=9",
                "YouTube",
            ),
            (
                "https://youtube.com/embed/videoseries?list=PL1",
                "https://www.youtube.com/playlist?list=PL1",
                "YouTube",
            ),
            (
                "https://player.vimeo.com/video/12?title=0",
                "https://vimeo.com/12",
                "Vimeo",
            ),
            (
                "https://player.vimeo.com/video/12?h=ab",
                "https://vimeo.com/12/ab",
                "Vimeo",
            ),
            (
                "https://open.spotify.com/embed/episode/x?utm=1",
                "https://open.spotify.com/episode/x",
                "Spotify",
            ),
            (
                "https://w.soundcloud.com/player/?url=https%3A//soundcloud.com/a/b&color=0",
                "https://soundcloud.com/a/b",
                "SoundCloud",
            ),
            (
                "https://w.soundcloud.com/player/?url=https%3A//api.soundcloud.com/tracks/1",
                "https://w.soundcloud.com/player/?url=https%3A//api.soundcloud.com/tracks/1",
                "SoundCloud",
            ),
            (
                "https://w.soundcloud.com/player/?url=javascript:x",
                "https://w.soundcloud.com/player/?url=javascript:x",
                "SoundCloud",
            ),
            (
                "https://tube.example/videos/embed/u-1",
                "https://tube.example/w/u-1",
                "PeerTube",
            ),
            (
                "https://m.example/@a/1/embed",
                "https://m.example/@a/1",
                "Mastodon",
            ),
            (
                "https://www.dailymotion.com/embed/video/x1",
                "https://www.dailymotion.com/video/x1",
                "Dailymotion",
            ),
            (
                "https://player.twitch.tv/?video=v12&parent=x",
                "https://www.twitch.tv/videos/12",
                "Twitch",
            ),
            (
                "https://codepen.io/a/embed/preview/b?x",
                "https://codepen.io/a/pen/b",
                "CodePen",
            ),
            (
                "https://archive.org/embed/tea",
                "https://archive.org/details/tea",
                "Internet Archive",
            ),
            (
                "https://www.google.com/maps/embed?pb=1",
                "https://www.google.com/maps/embed?pb=1",
                "Google Maps",
            ),
            (
                "https://embed.podcasts.apple.com/us/podcast/tea/id1?i=1000&theme=dark",
                "https://podcasts.apple.com/us/podcast/tea/id1?i=1000",
                "Apple Podcasts",
            ),
            (
                "https://embed.podcasts.apple.com/us/podcast/tea/id1",
                "https://podcasts.apple.com/us/podcast/tea/id1",
                "Apple Podcasts",
            ),
            (
                "https://embed.music.apple.com/us/album/tea/1?i=2&app=music",
                "https://music.apple.com/us/album/tea/1?i=2",
                "Apple Music",
            ),
            ("https://x.example/game/", "https://x.example/game/", ""),
            (
                "https://www.youtube.com/watch?v=abc",
                "https://www.youtube.com/watch?v=abc",
                "",
            ),
        ] {
            let (found, name) = page(&player.parse().unwrap());
            assert_eq!(
                (found.as_str(), name.unwrap_or_default()),
                (expected, service),
                "{player}"
            );
        }
    }
}

//! The page that a person would open, from the address of an embedded player.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::Url;

/// Finds the page of a player, and the name of its service.
pub(super) fn find_page(player: &Url) -> (Url, Option<&'static str>) {
    let Some((service, page)) = recognise(player) else {
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

/// Recognises a known service by the address of its player. Returns its name and the page; some players do not reveal it.
#[expect(clippy::too_many_lines, reason = "a table has a line for each service")]
fn recognise(player: &Url) -> Option<(&'static str, Option<String>)> {
    let host = player.host_str()?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    let parts = player.path().split('/').filter(|part| !part.is_empty());
    let parts: Vec<&str> = parts.collect();
    let query = |name: &str| {
        let mut pairs = player.query_pairs();
        let (_, value) = pairs.find(|(key, _)| key == name)?;
        Some(value.into_owned()).filter(|value| !value.is_empty())
    };
    let add = |before: &str, name: &str| Some(format!("{before}{}", query(name)?));
    // An episode of a podcast, a song of an album.
    let add_item = |service: &str| {
        let item = add("?i=", "i").unwrap_or_default();
        format!("https://{service}.apple.com{}{item}", player.path())
    };
    let (service, page) = match (host, parts.as_slice()) {
        ("youtube.com" | "youtube-nocookie.com" | "m.youtube.com", ["embed", "videoseries"]) => (
            "YouTube",
            add("https://www.youtube.com/playlist?list=", "list"),
        ),
        ("youtube.com" | "youtube-nocookie.com" | "m.youtube.com", ["embed" | "v", id, ..]) => {
            let start = add("&t=", "start").or_else(|| add("&t=", "t"));
            let start = start.unwrap_or_default();
            (
                "YouTube",
                Some(format!("https://www.youtube.com/watch?v={id}{start}")),
            )
        }
        ("player.vimeo.com", ["video", id, ..]) => {
            let key = add("/", "h").unwrap_or_default();
            ("Vimeo", Some(format!("https://vimeo.com/{id}{key}")))
        }
        ("open.spotify.com", ["embed" | "embed-podcast", rest @ ..]) => (
            "Spotify",
            Some(format!("https://open.spotify.com/{}", rest.join("/"))),
        ),
        ("w.soundcloud.com", ["player", ..]) => {
            let page = query("url").filter(|page| !page.contains("api.soundcloud.com"));
            ("SoundCloud", page)
        }
        ("dailymotion.com", ["embed", "video", id, ..]) => (
            "Dailymotion",
            Some(format!("https://www.dailymotion.com/video/{id}")),
        ),
        ("geo.dailymotion.com", ["player.html" | "player", ..]) => (
            "Dailymotion",
            add("https://www.dailymotion.com/video/", "video"),
        ),
        ("player.twitch.tv", _) => {
            let page = match query("video") {
                Some(id) => {
                    let id = id.trim_start_matches('v');
                    Some(format!("https://www.twitch.tv/videos/{id}"))
                }
                None => add("https://www.twitch.tv/", "channel"),
            };
            ("Twitch", page)
        }
        ("clips.twitch.tv", ["embed"]) => ("Twitch", add("https://clips.twitch.tv/", "clip")),
        ("embed.ted.com", ["talks", talk, ..]) => {
            ("TED", Some(format!("https://www.ted.com/talks/{talk}")))
        }
        ("codepen.io", [user, "embed", rest @ ..]) => {
            let pen = rest.iter().find(|part| **part != "preview");
            (
                "CodePen",
                pen.map(|pen| format!("https://codepen.io/{user}/pen/{pen}")),
            )
        }
        ("codesandbox.io", ["embed", rest @ ..]) => (
            "CodeSandbox",
            Some(format!("https://codesandbox.io/s/{}", rest.join("/"))),
        ),
        ("player.bilibili.com", _) => {
            let page = add("https://www.bilibili.com/video/", "bvid");
            let page = page.or_else(|| add("https://www.bilibili.com/video/av", "aid"));
            ("Bilibili", page)
        }
        ("asciinema.org", ["a", id, ..]) => {
            ("asciinema", Some(format!("https://asciinema.org/a/{id}")))
        }
        ("streamable.com", ["e" | "o" | "s", id, ..]) => {
            ("Streamable", Some(format!("https://streamable.com/{id}")))
        }
        ("archive.org", ["embed", id, ..]) => (
            "Internet Archive",
            Some(format!("https://archive.org/details/{id}")),
        ),
        ("platform.twitter.com" | "platform.x.com", ["embed", ..]) => {
            ("Twitter", add("https://twitter.com/i/web/status/", "id"))
        }
        ("facebook.com", ["plugins", ..]) => ("Facebook", query("href")),
        ("embed.bsky.app", ["embed", user, _, post, ..]) => (
            "Bluesky",
            Some(format!("https://bsky.app/profile/{user}/post/{post}")),
        ),
        ("instagram.com", [kind, id, "embed", ..]) => (
            "Instagram",
            Some(format!("https://www.instagram.com/{kind}/{id}/")),
        ),
        ("embed.podcasts.apple.com", _) => ("Apple Podcasts", Some(add_item("podcasts"))),
        ("embed.music.apple.com", _) => ("Apple Music", Some(add_item("music"))),
        ("loom.com", ["embed", id, ..]) => {
            ("Loom", Some(format!("https://www.loom.com/share/{id}")))
        }
        ("figma.com", ["embed", ..]) => ("Figma", query("url")),
        ("bandcamp.com", ["EmbeddedPlayer", ..]) => ("Bandcamp", None),
        ("google.com" | "maps.google.com", ["maps", "embed", ..]) => ("Google Maps", None),
        (host, ["videos", "embed", id, ..]) => ("PeerTube", Some(format!("https://{host}/w/{id}"))),
        (host, [user, id, "embed"]) if user.starts_with('@') => {
            ("Mastodon", Some(format!("https://{host}/{user}/{id}")))
        }
        _ => return None,
    };
    let is_page = |page: &String| page.starts_with("https://") || page.starts_with("http://");
    Some((service, page.filter(is_page)))
}

/// Reads the last part of an address's path, as people write it.
pub(super) fn read_file_name(url: &Url) -> Option<String> {
    let name = url.path().rsplit('/').find(|part| !part.is_empty())?;
    Some(
        percent_decode_str(name)
            .decode_utf8()
            .map_or_else(|_| name.to_owned(), Cow::into_owned),
    )
}

#[cfg(test)]
mod tests {
    use super::find_page;

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
            let (found, name) = find_page(&player.parse().unwrap());
            assert_eq!(
                (found.as_str(), name.unwrap_or_default()),
                (expected, service),
                "{player}"
            );
        }
    }
}

//! The picture of a post, and the sound or film that belongs to it.

use serde_json::Value;
use url::Url;

use crate::post::Enclosure;
use crate::post::front::{Front, text_of};

/// Finds the picture that the front matter names; a relative one lies beside the post.
pub(super) fn find_image(front: &Front<'_>, post: &Url) -> Option<Url> {
    const KEYS: &[&str] = &[
        "image",
        "images",
        "cover",
        "featured_image",
        "featuredimage",
        "thumbnail",
        "banner",
        "og_image",
        "hero",
        "heroimage",
        "ogimage",
    ];
    let named = front.get(KEYS).and_then(|(_, value)| find_address(value));
    let address = named
        .or_else(|| front.table("header")?.get("teaser")?.as_str())
        .or_else(|| front.table("header")?.get("image")?.as_str())
        .or_else(|| front.table("extra")?.get("image")?.as_str());
    resolve(address?, post)
}

/// Finds the sound or film that the front matter names, and its line.
pub(super) fn find_enclosure(front: &Front<'_>, post: &Url) -> Option<(Enclosure, usize)> {
    let (key, value) = front.get(&["enclosure", "audio", "podcast", "video"])?;
    let value = match value {
        Value::Array(list) => list.first()?,
        other => other,
    };
    // WordPress keeps the address, the length and the type on three lines.
    let mut lines = find_address(value)?.lines().map(str::trim);
    let url = resolve(lines.next()?, post)?;
    let mut length = lines.next().and_then(|line| line.parse().ok());
    let mut media_type = lines.next().map(str::to_owned);
    if let Value::Object(map) = value {
        let text = |keys: &[&str]| keys.iter().find_map(|key| map.get(*key).and_then(text_of));
        length = text(&["length", "size", "bytes", "filesize"])
            .and_then(|text| text.replace([',', '_'], "").parse().ok());
        media_type = text(&["type", "mime", "mime_type", "media_type"]);
    }
    let media_type = match media_type.filter(|given| is_media_type(given)) {
        Some(given) => given,
        None => guess_media_type(&url, key)?.to_owned(),
    };
    // Zero would mean an unknown length, which podcast programs refuse.
    Some((
        Enclosure {
            url,
            media_type,
            length: length.filter(|length| *length > 0),
        },
        front.line(key),
    ))
}

/// Whether a text has the form of a media type without parameters (RFC 6838 4.2).
fn is_media_type(text: &str) -> bool {
    let is_sign = |c: char| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c);
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_sign)
    };
    match text.split_once('/') {
        Some((top, below)) => is_name(top) && is_name(below),
        None => false,
    }
}

/// Finds the address in a string, a list or a map.
fn find_address(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text.trim()).filter(|text| !text.is_empty()),
        Value::Array(list) => find_address(list.first()?),
        Value::Object(map) => [
            "url", "src", "path", "image", "file", "feature", "href", "audio",
        ]
        .iter()
        .find_map(|key| find_address(map.get(*key)?)),
        _ => None,
    }
}

fn resolve(address: &str, post: &Url) -> Option<Url> {
    // Obsidian names a picture by a link: `[[cover.png]]`.
    let address = address
        .trim_start_matches("![[")
        .trim_start_matches("[[")
        .trim_end_matches("]]");
    let url = post.join(address).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// Guesses a type from the name of a file, else from its key. A film is often only the page that shows it.
fn guess_media_type(url: &Url, key: &str) -> Option<&'static str> {
    let ending = url.path().rsplit_once('.').map(|(_, ending)| ending);
    let ending = ending.unwrap_or_default().to_ascii_lowercase();
    Some(match ending.as_str() {
        "mp3" => "audio/mpeg",
        "m4a" | "m4b" => "audio/mp4",
        "ogg" | "oga" | "opus" => "audio/ogg",
        "wav" => "audio/wav",
        "flac" => "audio/flac",
        "aac" => "audio/aac",
        "mp4" | "m4v" => "video/mp4",
        "webm" => "video/webm",
        "ogv" => "video/ogg",
        "mov" => "video/quicktime",
        "mpg" | "mpeg" => "video/mpeg",
        "mkv" => "video/x-matroska",
        "avi" => "video/x-msvideo",
        "pdf" => "application/pdf",
        "epub" => "application/epub+zip",
        _ => match key {
            "audio" | "podcast" => "audio/mpeg",
            "video" => return None,
            _ => "application/octet-stream",
        },
    })
}

#[cfg(test)]
mod tests {
    use crate::config::Dialect;
    use crate::post::dialect::Rules;
    use crate::post::front::split;

    type Media = (String, String, Option<u64>);

    fn both(front: &str) -> (Option<String>, Option<Media>) {
        let text = format!("---\n{front}\n---\n");
        let front = split(&text, Rules::for_dialect(Dialect::Hugo))
            .unwrap()
            .front;
        let post = "https://x.example/posts/tea/".parse().unwrap();
        let enclosure = super::find_enclosure(&front, &post);
        let enclosure = enclosure.map(|(one, line)| {
            assert_eq!(line, 2);
            (one.url.to_string(), one.media_type, one.length)
        });
        (
            super::find_image(&front, &post).map(|url| url.to_string()),
            enclosure,
        )
    }

    #[test]
    fn a_picture_is_a_string_a_list_or_a_map() {
        for (front, expected) in [
            ("image: cover.jpg", "https://x.example/posts/tea/cover.jpg"),
            ("images: [/a.png, b.png]", "https://x.example/a.png"),
            (
                "cover: {image: a.png, alt: x}",
                "https://x.example/posts/tea/a.png",
            ),
            (
                "image: {path: https://cdn.example/a.png}",
                "https://cdn.example/a.png",
            ),
            ("header: {teaser: /a.png}", "https://x.example/a.png"),
            ("cover: \"[[a.png]]\"", "https://x.example/posts/tea/a.png"),
        ] {
            assert_eq!(both(front).0.as_deref(), Some(expected), "{front}");
        }
        assert_eq!(both("image: javascript:alert(1)").0, None);
    }

    #[test]
    fn an_enclosure_has_an_address_a_type_and_perhaps_a_length() {
        for (front, url, media_type, length) in [
            (
                "audio: tea.mp3",
                "https://x.example/posts/tea/tea.mp3",
                "audio/mpeg",
                None,
            ),
            (
                "enclosure: {url: /t.ogg, length: 12, type: audio/opus}",
                "https://x.example/t.ogg",
                "audio/opus",
                Some(12),
            ),
            (
                "enclosure: |\n  https://c.example/t.mp4\n  99\n  video/mp4",
                "https://c.example/t.mp4",
                "video/mp4",
                Some(99),
            ),
            (
                "podcast: {file: t.m4a, bytes: '1,234'}",
                "https://x.example/posts/tea/t.m4a",
                "audio/mp4",
                Some(1234),
            ),
            (
                "audio: {url: t.mp3, type: \"audio/\\u0001\"}",
                "https://x.example/posts/tea/t.mp3",
                "audio/mpeg",
                None,
            ),
            (
                "audio: {url: t.ogg, type: ogg}",
                "https://x.example/posts/tea/t.ogg",
                "audio/ogg",
                None,
            ),
            (
                "video: [a.webm]",
                "https://x.example/posts/tea/a.webm",
                "video/webm",
                None,
            ),
        ] {
            assert_eq!(
                both(front).1,
                Some((url.to_owned(), media_type.to_owned(), length)),
                "{front}"
            );
        }
    }

    #[test]
    fn a_page_that_shows_a_film_is_no_enclosure() {
        for front in [
            "video: https://v.example/watch?v=x.mp4",
            "video: dQw4w9WgXcQ",
            "video: {url: /film/, length: 12, type: film}",
        ] {
            assert_eq!(both(front).1, None, "{front}");
        }
        let typed = both("video: {url: /film, type: video/mp4}").1.unwrap();
        assert_eq!(
            typed,
            (
                "https://x.example/film".to_owned(),
                "video/mp4".to_owned(),
                None
            )
        );
    }
}

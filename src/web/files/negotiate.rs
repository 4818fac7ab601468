//! Reads what a request asks of a file: encoding (RFC 9110 12.5.3), conditions (13) and range (14). Pure.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use axum::http::HeaderMap;
use axum::http::header::{
    ACCEPT_ENCODING, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE,
};

/// How a file is encoded on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Gzip,
    Brotli,
}

impl Encoding {
    /// Its name in headers.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
        }
    }

    /// The file that holds this encoding of a file: itself, or its twin.
    pub(super) fn path_of(self, plain: &Path) -> PathBuf {
        let mut name = plain.as_os_str().to_owned();
        name.push(self.ending());
        name.into()
    }

    /// The ending of the compressed twin's file.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Identity => "",
            Self::Gzip => ".gz",
            Self::Brotli => ".br",
        }
    }
}

/// The part of a file that is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Slice {
    Whole,
    /// These bytes.
    Bytes(Range<u64>),
    /// No bytes: the range begins behind the end.
    Beyond,
}

fn read_header(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// The compressed encodings that the client takes, the one it would rather have first; of equals the smaller one.
pub(super) fn parse_accepted(headers: &HeaderMap) -> Vec<Encoding> {
    let mut weights = [(Encoding::Brotli, None), (Encoding::Gzip, None)];
    let mut others = 0;
    let lines = headers.get_all(ACCEPT_ENCODING).iter();
    for item in lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
    {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts.find_map(read_weight).unwrap_or(1000);
        for (encoding, known) in &mut weights {
            let is_named = encoding
                .name()
                .is_some_and(|own| own.eq_ignore_ascii_case(name));
            if is_named || (*encoding == Encoding::Gzip && name.eq_ignore_ascii_case("x-gzip")) {
                *known = Some(weight);
            }
        }
        if name == "*" {
            others = weight;
        }
    }
    let mut taken = weights.map(|(encoding, weight)| (encoding, weight.unwrap_or(others)));
    // A stable sort: equal weights stay in order.
    taken.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
    taken
        .into_iter()
        .filter(|(_, weight)| *weight > 0)
        .map(|(encoding, _)| encoding)
        .collect()
}

/// The thousandths of `q=0.5`; `None` for another parameter. An invalid weight is zero.
fn read_weight(parameter: &str) -> Option<u32> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let value = value.trim();
    let (whole, rest) = value.split_once('.').unwrap_or((value, ""));
    let is_digits = rest.len() <= 3 && rest.bytes().all(|byte| byte.is_ascii_digit());
    Some(match (whole, is_digits) {
        ("1", true) => 1000,
        ("0", true) => format!("{rest:0<3}").parse().unwrap_or(0),
        _ => 0,
    })
}

/// Whether the client has the file as it is: by its tag, else by its time (RFC 9110 13.2.2).
pub(super) fn is_known(headers: &HeaderMap, tag: &str, modified: SystemTime) -> bool {
    let mut tags = headers.get_all(IF_NONE_MATCH).iter().peekable();
    if tags.peek().is_some() {
        let is_it = |known: &str| {
            let known = known.trim();
            known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
        };
        return tags
            .filter_map(|line| line.to_str().ok())
            .any(|line| line.split(',').any(is_it));
    }
    let since = read_header(headers, IF_MODIFIED_SINCE)
        .and_then(|time| httpdate::parse_http_date(time).ok());
    since.is_some_and(|since| count_seconds(modified) <= count_seconds(since))
}

/// A header's time has whole seconds.
fn count_seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}

/// The range that is asked for of a file of this length. A request for several ranges gets the whole, which is always
/// permitted.
pub(super) fn choose_part(headers: &HeaderMap, length: u64, tag: &str) -> Slice {
    let Some(range) = read_header(headers, RANGE).and_then(|range| range.strip_prefix("bytes="))
    else {
        return Slice::Whole;
    };
    // Only a strong tag proves that the bytes are the same; a time does not.
    if headers.contains_key(IF_RANGE) && read_header(headers, IF_RANGE) != Some(tag) {
        return Slice::Whole;
    }
    let Some((first, last)) = range.split_once('-') else {
        return Slice::Whole;
    };
    let (first, last) = (first.trim(), last.trim());
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // More digits than fit lie behind every end.
        is_number.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(length),
        (Some(first), None) if last.is_empty() => first..length,
        (None, Some(count)) if first.is_empty() && count > 0 => {
            length.saturating_sub(count)..length
        }
        (None, Some(0)) if first.is_empty() => return Slice::Beyond,
        _ => return Slice::Whole,
    };
    match range.start < range.end {
        true => Slice::Bytes(range),
        false => Slice::Beyond,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use axum::http::header::{
        ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
        IF_RANGE, RANGE,
    };

    use super::{Encoding, Slice, choose_part, is_known, parse_accepted};

    fn headers(lines: &[(HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn the_encoding_is_one_that_the_client_takes() {
        use Encoding::{Brotli, Gzip};
        for (line, expected) in [
            ("gzip, deflate, br", &[Brotli, Gzip][..]),
            ("gzip", &[Gzip]),
            ("x-gzip", &[Gzip]),
            ("GZIP", &[Gzip]),
            ("br;q=0.5, gzip;q=0.8", &[Gzip, Brotli]),
            ("br; q=0.5, gzip; q=0.501", &[Gzip, Brotli]),
            ("br;q=0, gzip", &[Gzip]),
            ("*", &[Brotli, Gzip]),
            ("*;q=0", &[]),
            ("br, *;q=0", &[Brotli]),
            ("identity", &[]),
            ("gzip;q=0.000", &[]),
            ("gzip;q=2", &[]),
            ("gzip;q=0.1234", &[]),
            ("gzip;q=tea", &[]),
            ("", &[]),
            (",,;;,=", &[]),
        ] {
            assert_eq!(
                parse_accepted(&headers(&[(ACCEPT_ENCODING, line)])),
                expected,
                "{line}"
            );
        }
        assert!(parse_accepted(&HeaderMap::new()).is_empty());
    }

    #[test]
    fn a_file_is_known_by_its_tag_before_its_time() {
        let modified = SystemTime::UNIX_EPOCH + Duration::from_millis(1_716_000_000_900);
        let same = "Sat, 18 May 2024 02:40:00 GMT";
        for (lines, expected) in [
            (&[][..], false),
            (&[(IF_NONE_MATCH, "\"a\"")], true),
            (&[(IF_NONE_MATCH, "W/\"a\"")], true),
            (&[(IF_NONE_MATCH, "\"b\", \"a\"")], true),
            (&[(IF_NONE_MATCH, "\"b\""), (IF_NONE_MATCH, "\"a\"")], true),
            (&[(IF_NONE_MATCH, "*")], true),
            (&[(IF_NONE_MATCH, "\"b\"")], false),
            (&[(IF_NONE_MATCH, "a")], false),
            (&[(IF_NONE_MATCH, "")], false),
            (&[(IF_MODIFIED_SINCE, same)], true),
            (
                &[(IF_MODIFIED_SINCE, "Sat, 18 May 2024 02:40:01 GMT")],
                true,
            ),
            (
                &[(IF_MODIFIED_SINCE, "Sat, 18 May 2024 02:39:59 GMT")],
                false,
            ),
            (&[(IF_MODIFIED_SINCE, "yesterday")], false),
            (
                &[(IF_NONE_MATCH, "\"b\""), (IF_MODIFIED_SINCE, same)],
                false,
            ),
        ] {
            assert_eq!(
                is_known(&headers(lines), "\"a\"", modified),
                expected,
                "{lines:?}"
            );
        }
    }

    #[test]
    fn a_part_lies_within_the_file() {
        use Slice::{Beyond, Bytes, Whole};
        for (range, expected) in [
            ("bytes=0-0", Bytes(0..1)),
            ("bytes=2-4", Bytes(2..5)),
            ("bytes=2-", Bytes(2..10)),
            ("bytes=-3", Bytes(7..10)),
            ("bytes=-30", Bytes(0..10)),
            ("bytes=5-99999999999999999999999", Bytes(5..10)),
            ("bytes=9-9", Bytes(9..10)),
            ("bytes=10-", Beyond),
            ("bytes=99999999999999999999999-", Beyond),
            ("bytes=-0", Beyond),
            ("bytes=4-2", Whole),
            ("bytes=0-1,3-4", Whole),
            ("bytes=", Whole),
            ("bytes=-", Whole),
            ("bytes=a-b", Whole),
            ("bytes=+1-2", Whole),
            ("lines=1-2", Whole),
        ] {
            assert_eq!(
                choose_part(&headers(&[(RANGE, range)]), 10, "\"a\""),
                expected,
                "{range}"
            );
        }
        assert_eq!(
            choose_part(&headers(&[(RANGE, "bytes=0-")]), 0, "\"a\""),
            Beyond
        );
        for (condition, expected) in [
            ("\"a\"", Bytes(0..1)),
            ("\"b\"", Whole),
            ("W/\"a\"", Whole),
            ("Sat, 18 May 2024 02:40:00 GMT", Whole),
        ] {
            let headers = headers(&[(RANGE, "bytes=0-0"), (IF_RANGE, condition)]);
            assert_eq!(choose_part(&headers, 10, "\"a\""), expected, "{condition}");
        }
    }
}

//! The files of the published folder: feeds, pages and whatever else stands there, and nothing outside of it.

mod negotiate;
mod path;

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, LAST_MODIFIED, LOCATION, RANGE, VARY,
};
use axum::http::response::Builder;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use futures_util::stream;
use tokio::task::spawn_blocking;

use crate::config::{Config, Feeds};
use crate::feed::media_type;
use crate::file::read;
use crate::web::guard::{PAGE_OF_POSTS, status};
use negotiate::{Encoding, Slice, is_known, parse_accepted, part};

/// The largest part of a file that is read at once; of a larger one so much after the other.
const CHUNK: u64 = 64 << 10;
/// How long a file may be used without a question: no longer than a feed reader would wait.
const FRESH: &str = "public, max-age=300";
/// What XML and pictures may load: their style.
const DATA_POLICY: &str =
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src * data:; frame-ancestors 'none'";
/// The site's own pages do as their author made them; nobody frames them.
const SITE_POLICY: &str = "frame-ancestors 'none'";

/// The published folder.
#[derive(Debug)]
pub(super) struct Files {
    feeds: Feeds,
}

/// A file that is there, opened.
struct Opened {
    file: File,
    length: u64,
    modified: SystemTime,
    tag: String,
    encoding: Encoding,
}

/// What a path leads to.
enum Found {
    File(Opened, PathBuf),
    /// A folder that was asked for without its slash.
    Folder,
    Nothing,
}

impl Files {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            feeds: config.feeds.clone(),
        }
    }

    /// The answer to a request, which reads at most one chunk. To be asked where waiting for a disk is permitted.
    pub(super) fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Response {
        match *method {
            Method::GET | Method::HEAD => {}
            _ => {
                let mut refused = match *method {
                    Method::OPTIONS => status(StatusCode::NO_CONTENT, ""),
                    _ => status(StatusCode::METHOD_NOT_ALLOWED, "this is only to be read\n"),
                };
                let allowed = axum::http::HeaderValue::from_static("GET, HEAD, OPTIONS");
                refused.headers_mut().insert(ALLOW, allowed);
                return refused;
            }
        }
        match self.find(path, headers) {
            Found::File(opened, below) => {
                let answer = send(opened, self.head_of(&below), method, headers);
                answer.unwrap_or_else(|_| status(StatusCode::NOT_FOUND, "there is no such page\n"))
            }
            Found::Folder => {
                let moved = Response::builder().status(StatusCode::PERMANENT_REDIRECT);
                let moved = moved
                    .header(LOCATION, format!("{path}/"))
                    .body(Body::empty());
                moved.unwrap_or_else(|_| status(StatusCode::NOT_FOUND, "there is no such page\n"))
            }
            Found::Nothing => status(StatusCode::NOT_FOUND, "there is no such page\n"),
        }
    }

    fn find(&self, path: &str, headers: &HeaderMap) -> Found {
        let Some(below) = path::below(path) else {
            return Found::Nothing;
        };
        // Anew each time: a deploy may put another folder in its place.
        let Ok(root) = self.feeds.dir.canonicalize() else {
            return Found::Nothing;
        };
        let candidates = match path {
            // A folder of feeds alone has no home page, but one that explains them.
            "/" => vec!["index.html".into(), "feeds.html".into()],
            _ if path.ends_with('/') => vec![below.join("index.html")],
            _ => vec![below.clone()],
        };
        for below in candidates {
            let Some(plain) = open(&root, &below, Encoding::Identity) else {
                continue;
            };
            // A part is one of the plain file: programs that go on with a download expect that.
            let encodings = match headers.contains_key(RANGE) {
                true => Vec::new(),
                false => parse_accepted(headers),
            };
            let mut twins = encodings.into_iter().filter_map(|encoding| {
                let twin = open(&root, &below, encoding)?;
                // One that is older than its file belongs to another version of it.
                (twin.modified >= plain.modified).then_some(twin)
            });
            return match twins.next() {
                Some(twin) => Found::File(twin, below),
                None => Found::File(plain, below),
            };
        }
        let is_folder = !path.ends_with('/')
            && open(&root, &below.join("index.html"), Encoding::Identity).is_some();
        match is_folder {
            true => Found::Folder,
            false => Found::Nothing,
        }
    }

    /// The headers that depend on what a file is.
    fn head_of(&self, below: &Path) -> Builder {
        let kind = match media_type(&self.feeds, &below.to_string_lossy()) {
            Some(feed) => feed.to_owned(),
            None => mime_guess::from_path(below)
                .first_or_octet_stream()
                .to_string(),
        };
        let is_text = kind.starts_with("text/") || kind.ends_with("xml");
        let is_ours = below == Path::new("feeds.html");
        let policy = match kind.as_str() {
            "text/html" if is_ours => PAGE_OF_POSTS,
            "text/html" => SITE_POLICY,
            _ => DATA_POLICY,
        };
        let kind = match is_text && !kind.contains("charset") {
            true => format!("{kind}; charset=utf-8"),
            false => kind,
        };
        Response::builder()
            .header(CONTENT_TYPE, kind)
            .header(CONTENT_SECURITY_POLICY, policy)
            .header(CACHE_CONTROL, FRESH)
            .header(VARY, "Accept-Encoding")
    }
}

/// Opens a file below the folder, or its twin. A link is followed as long as it leads to nothing outside or hidden.
fn open(root: &Path, below: &Path, encoding: Encoding) -> Option<Opened> {
    let mut name = root.join(below).into_os_string();
    name.push(encoding.ending());
    let real = PathBuf::from(name).canonicalize().ok()?;
    let mut parts = real.strip_prefix(root).ok()?.components();
    if parts.any(|part| part.as_os_str().as_encoded_bytes().starts_with(b".")) {
        return None;
    }
    let file = read::open(&real).ok()?;
    let metadata = file.metadata().ok()?;
    let modified = metadata.modified().ok()?;
    // A file that changes is another one of its folder, or has another time, whichever program wrote it.
    let tag = format!(
        "\"{:x}-{:x}.{:x}-{:x}{}\"",
        metadata.ino(),
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.len(),
        encoding.ending()
    );
    Some(Opened {
        length: metadata.len(),
        file,
        modified,
        tag,
        encoding,
    })
}

fn send(
    mut opened: Opened,
    head: Builder,
    method: &Method,
    headers: &HeaderMap,
) -> io::Result<Response> {
    let tag = opened.tag.as_str();
    let modified = httpdate::fmt_http_date(opened.modified);
    let mut head = head.header(ETAG, tag).header(LAST_MODIFIED, modified);
    if is_known(headers, tag, opened.modified) {
        return finish(head.status(StatusCode::NOT_MODIFIED), Body::empty());
    }
    if let Some(encoding) = opened.encoding.name() {
        head = head.header(CONTENT_ENCODING, encoding);
    }
    head = head.header(ACCEPT_RANGES, "bytes");
    let length = opened.length;
    let range = match part(headers, length, tag) {
        Slice::Whole => 0..length,
        Slice::Bytes(range) => {
            let place = format!("bytes {}-{}/{length}", range.start, range.end - 1);
            head = head
                .status(StatusCode::PARTIAL_CONTENT)
                .header(CONTENT_RANGE, place);
            range
        }
        Slice::Beyond => {
            let head = head.header(CONTENT_RANGE, format!("bytes */{length}"));
            return finish(
                head.status(StatusCode::RANGE_NOT_SATISFIABLE),
                Body::empty(),
            );
        }
    };
    let size = range.end - range.start;
    let body = if *method == Method::HEAD {
        Body::empty()
    } else {
        opened.file.seek(SeekFrom::Start(range.start))?;
        body_of(opened.file, range)?
    };
    finish(head.header(CONTENT_LENGTH, size), body)
}

fn finish(head: Builder, body: Body) -> io::Result<Response> {
    head.body(body).map_err(io::Error::other)
}

/// The bytes of a file from where it stands: one chunk at once, a longer part as the client takes it.
fn body_of(mut file: File, range: Range<u64>) -> io::Result<Body> {
    let size = range.end - range.start;
    if size <= CHUNK {
        return Ok(Body::from(next_chunk(&mut file, size)?));
    }
    let chunks = stream::try_unfold((file, size), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let read = move || next_chunk(&mut file, left).map(|chunk| (chunk, file));
        let (chunk, file) = spawn_blocking(read).await.map_err(io::Error::other)??;
        let left = left - chunk.len() as u64;
        Ok::<_, io::Error>(Some((chunk, (file, left))))
    });
    Ok(Body::from_stream(chunks))
}

/// The next bytes of a file of which so many are left. A file that has become shorter ends the connection, since its length
/// has been promised.
fn next_chunk(file: &mut File, left: u64) -> io::Result<Bytes> {
    let size = usize::try_from(left.min(CHUNK)).map_err(io::Error::other)?;
    let mut chunk = vec![0; size];
    file.read_exact(&mut chunk)?;
    Ok(chunk.into())
}

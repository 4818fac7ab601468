//! A file that is there, opened, and the bytes of its parts.

use std::fs::{File, Metadata};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use axum::body::{Body, Bytes};
use futures_util::stream;
use tokio::task::spawn_blocking;

use crate::file::read;
use crate::web::files::negotiate::Encoding;

/// The largest part of a file that is read at once; of a larger one so much after the other.
const CHUNK: u64 = 64 << 10;

/// A file that is there, opened.
#[derive(Debug, Clone)]
pub(super) struct Opened {
    content: FileBytes,
    /// Identifies the file.
    pub(super) stamp: FileStamp,
    pub(super) length: u64,
    pub(super) modified: SystemTime,
    /// Its strong ETag, with the quotes.
    pub(super) tag: String,
    pub(super) encoding: Encoding,
}

/// The place of a file's bytes.
#[derive(Debug, Clone)]
enum FileBytes {
    OnDisk(Arc<File>),
    InMemory(Bytes),
}

/// Identifies a file: another one, or one that was written, has another stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileStamp {
    device: u64,
    inode: u64,
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileStamp {
    pub(super) fn new(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

impl Opened {
    /// Opens a file below a folder, or its twin. A link is followed as long as it leads to nothing outside or hidden.
    pub(super) fn open(root: &Path, below: &Path, encoding: Encoding) -> Option<Self> {
        let real = encoding.path_of(&root.join(below)).canonicalize().ok()?;
        let mut parts = real.strip_prefix(root).ok()?.components();
        if parts.any(|part| part.as_os_str().as_encoded_bytes().starts_with(b".")) {
            return None;
        }
        let file = read::open(&real).ok()?;
        let metadata = file.metadata().ok()?;
        // A file that changes is another one of its folder, or has another time, whichever program wrote it.
        let tag = format!(
            "\"{:x}-{:x}.{:x}-{:x}{}\"",
            metadata.ino(),
            metadata.mtime(),
            metadata.mtime_nsec(),
            metadata.len(),
            encoding.ending()
        );
        Some(Self {
            content: FileBytes::OnDisk(Arc::new(file)),
            stamp: FileStamp::new(&metadata),
            length: metadata.len(),
            modified: metadata.modified().ok()?,
            tag,
            encoding,
        })
    }

    /// The same with its bytes in memory.
    pub(super) fn into_memory(self) -> io::Result<Self> {
        let content = match &self.content {
            FileBytes::OnDisk(file) => FileBytes::InMemory(read_part(file, 0..self.length)?),
            FileBytes::InMemory(_) => self.content,
        };
        Ok(Self { content, ..self })
    }

    /// At most so many bytes from the beginning.
    pub(super) fn read_beginning(&self, most: u64) -> io::Result<Bytes> {
        let length = self.length.min(most);
        match &self.content {
            FileBytes::OnDisk(file) => read_part(file, 0..length),
            FileBytes::InMemory(bytes) => {
                Ok(bytes.slice(..usize::try_from(length).map_err(io::Error::other)?))
            }
        }
    }

    /// The bytes of a part: one chunk at once, a longer part as the client takes it.
    pub(super) fn into_body(self, part: Range<u64>) -> io::Result<Body> {
        let file = match self.content {
            FileBytes::InMemory(bytes) => {
                let index = |at: u64| usize::try_from(at).map_err(io::Error::other);
                let part = index(part.start)?..index(part.end)?;
                return Ok(Body::from(bytes.slice(part)));
            }
            FileBytes::OnDisk(file) => file,
        };
        if part.end - part.start <= CHUNK {
            return Ok(Body::from(read_part(&file, part)?));
        }
        let chunks = stream::try_unfold(part, move |left| {
            let file = Arc::clone(&file);
            async move {
                if left.is_empty() {
                    return Ok(None);
                }
                let middle = left.end.min(left.start + CHUNK);
                let read = move || read_part(&file, left.start..middle);
                let chunk = spawn_blocking(read).await.map_err(io::Error::other)??;
                Ok::<_, io::Error>(Some((chunk, middle..left.end)))
            }
        });
        Ok(Body::from_stream(chunks))
    }
}

/// A part of a file. Where the file has become shorter this is an error, which ends the connection, since its length has
/// been promised.
fn read_part(file: &File, part: Range<u64>) -> io::Result<Bytes> {
    let size = usize::try_from(part.end - part.start).map_err(io::Error::other)?;
    let mut bytes = vec![0; size];
    file.read_exact_at(&mut bytes, part.start)?;
    Ok(bytes.into())
}

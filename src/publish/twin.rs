//! The compressed twin of a file, for servers that hand it out as it is.

use std::io::{self, Read as _, Write as _};

use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// The compression of a twin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Twin {
    Gzip,
    Brotli,
}

impl Twin {
    pub(super) const ALL: [Self; 2] = [Self::Gzip, Self::Brotli];

    pub(super) fn path(self, path: &str) -> String {
        match self {
            Self::Gzip => format!("{path}.gz"),
            Self::Brotli => format!("{path}.br"),
        }
    }

    /// The path of the document of a twin; any other path as it is.
    pub(super) fn document(path: &str) -> &str {
        let document = path
            .strip_suffix(".gz")
            .or_else(|| path.strip_suffix(".br"));
        document.unwrap_or(path)
    }

    /// Compresses deterministically: neither time nor name goes in.
    pub(super) fn compress(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
                encoder.write_all(bytes)?;
                encoder.finish()
            }
            Self::Brotli => {
                let mut small = Vec::new();
                // 11 takes ten times as long for a few bytes.
                let parameters = BrotliEncoderParams {
                    quality: 9,
                    ..BrotliEncoderParams::default()
                };
                brotli::BrotliCompress(&mut &bytes[..], &mut small, &parameters)?;
                Ok(small)
            }
        }
    }

    /// The beginning of a file, at most `most` bytes: decompressed if its name marks it as a twin.
    pub(super) fn original(path: &str, bytes: Vec<u8>, most: u64) -> Vec<u8> {
        let mut original = Vec::new();
        let read = match path.rsplit_once('.') {
            Some((_, "gz")) => GzDecoder::new(&bytes[..])
                .take(most)
                .read_to_end(&mut original),
            Some((_, "br")) => brotli::Decompressor::new(&bytes[..], 4096)
                .take(most)
                .read_to_end(&mut original),
            _ => return bytes,
        };
        match read {
            Err(_) if original.is_empty() => bytes,
            // Truncated input fails at its end, after enough output.
            _ => original,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Twin;

    #[test]
    fn a_twin_is_what_it_was_made_from() {
        let bytes = "a feed, ".repeat(2000).into_bytes();
        for twin in Twin::ALL {
            let small = twin.compress(&bytes).unwrap();
            assert!(small.len() * 20 < bytes.len());
            let path = twin.path("atom.xml");
            assert_eq!(Twin::original(&path, small.clone(), u64::MAX), bytes);
            assert_eq!(Twin::original(&path, small, 100), bytes[..100]);
            let plain = b"a person wrote this".to_vec();
            assert_eq!(Twin::original(&path, plain.clone(), 100), plain);
        }
    }

    #[test]
    fn of_a_twin_that_was_cut_off_the_beginning_is_known() {
        let bytes: Vec<u8> = (0..200_000_u32).flat_map(u32::to_be_bytes).collect();
        for twin in Twin::ALL {
            let mut small = twin.compress(&bytes).unwrap();
            small.truncate(small.len() / 2);
            let begun = Twin::original(&twin.path("atom.xml"), small, u64::MAX);
            assert!(begun.len() > 100, "{}", begun.len());
            assert!(bytes.starts_with(&begun));
        }
    }
}

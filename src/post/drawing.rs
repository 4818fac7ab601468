//! A drawing of a post, as a file beside the feeds.

use url::Url;

use crate::config::address_below;
use crate::post::fingerprint_of;

/// The folder of drawings below that of feeds.
pub(crate) const DRAWINGS: &str = "drawing";
/// The processing instruction that marks such a file as ours.
pub(crate) const PROGRAM: &str = "<?tidings ";

/// A drawing as a standalone SVG document. Its name is a hash of its bytes: the same drawing is one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// Its path below the folder of feeds.
    pub path: String,
    /// The absolute address at which feeds link it.
    pub address: String,
    /// The text of the file.
    pub svg: String,
}

impl Drawing {
    /// The file of this element `svg` on the site with this home page. A processing instruction marks it: unlike a
    /// comment, it may contain the `--` of a host's name.
    pub(super) fn new(home: &Url, svg: &str) -> Self {
        let folder = address_below(home, DRAWINGS);
        let svg = format!("{PROGRAM}{folder}/?>\n{svg}\n");
        let path = format!("{DRAWINGS}/{:016x}.svg", fingerprint_of(&svg));
        Self {
            address: address_below(home, &path).into(),
            path,
            svg,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Drawing;

    #[test]
    fn the_name_of_a_drawing_comes_from_its_bytes_and_its_site() {
        let home = "https://xn--bcher-kva.example/a/".parse().unwrap();
        let drawing = Drawing::new(&home, "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>");
        assert!(
            roxmltree::Document::parse(&drawing.svg).is_ok(),
            "{}",
            drawing.svg
        );
        assert_eq!(drawing.address, format!("{home}{}", drawing.path));
        assert_eq!(drawing.path.len(), "drawing/0123456789abcdef.svg".len());
        let elsewhere = "https://b.example/".parse().unwrap();
        let other = Drawing::new(
            &elsewhere,
            "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>",
        );
        assert_ne!(drawing.path, other.path);
    }
}

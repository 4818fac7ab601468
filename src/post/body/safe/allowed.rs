//! The elements and attributes that feeds may hold: a closed list.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

use crate::post::body::safe::pictures::{LATER, LATER_SETS};

/// The longest value of an attribute, in bytes.
const LONGEST_VALUE: usize = 16 << 10;

/// The elements of MathML Core that are visible: none links or runs, and none contains HTML.
pub(super) const FORMULA: [&str; 28] = [
    "math",
    "merror",
    "mfrac",
    "mi",
    "mmultiscripts",
    "mn",
    "mo",
    "mover",
    "mpadded",
    "mphantom",
    "mprescripts",
    "mroot",
    "mrow",
    "ms",
    "mspace",
    "msqrt",
    "mstyle",
    "msub",
    "msubsup",
    "msup",
    "mtable",
    "mtd",
    "mtext",
    "mtr",
    "munder",
    "munderover",
    "semantics",
    "none",
];
/// The attributes that each of them may have.
const EVERYWHERE: [&str; 7] = [
    "dir",
    "displaystyle",
    "mathbackground",
    "mathcolor",
    "mathsize",
    "mathvariant",
    "scriptlevel",
];
/// The attributes that one of them has alone.
const OWN: &[(&str, &[&str])] = &[
    ("math", &["display", "alttext"]),
    ("mfrac", &["linethickness"]),
    (
        "mo",
        &[
            "form",
            "fence",
            "separator",
            "lspace",
            "rspace",
            "stretchy",
            "symmetric",
            "maxsize",
            "minsize",
            "largeop",
            "movablelimits",
            "accent",
        ],
    ),
    ("mover", &["accent"]),
    ("munder", &["accentunder"]),
    ("munderover", &["accent", "accentunder"]),
    (
        "mpadded",
        &["width", "height", "depth", "lspace", "voffset"],
    ),
    ("mspace", &["width", "height", "depth"]),
    ("mtable", &["columnalign", "rowspacing", "columnspacing"]),
    ("mtd", &["columnspan", "rowspan", "columnalign"]),
];

/// The elements and attributes that feed readers support.
pub(super) static ALLOWED: LazyLock<Builder<'static>> = LazyLock::new(build_allowed);
pub(super) static ELEMENTS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| ALLOWED.clone_tags());

fn build_allowed() -> Builder<'static> {
    let mut builder = Builder::default();
    builder
        .add_tags(&[
            "figure",
            "figcaption",
            "picture",
            "source",
            "video",
            "audio",
            "track",
            "section",
            "input",
            "main",
        ])
        // They are replaced by links, or by the content that a script would have loaded.
        .add_tags(&["iframe"])
        .add_tag_attributes("iframe", &["src", "data-src"])
        .add_tag_attributes("video", &["data-src", "controls", "loop", "muted"])
        .add_tag_attributes("audio", &["data-src", "controls", "loop", "muted"])
        .add_tag_attributes("source", &LATER)
        .add_tag_attributes("source", &LATER_SETS)
        .add_tag_attributes("img", &LATER)
        .add_tag_attributes("img", &LATER_SETS)
        .add_tag_attributes("time", &["datetime"])
        .rm_tags(&["rtc"])
        .add_generic_attributes(&["id", "dir"])
        .add_tag_attributes("code", &["class"])
        .add_tag_attributes("pre", &["class"])
        .add_tag_attributes("blockquote", &["class"])
        .add_tag_attributes("th", &["style"])
        .add_tag_attributes("td", &["style"])
        .add_tag_attributes("img", &["srcset", "sizes"])
        .add_tag_attributes("video", &["src", "poster", "width", "height"])
        .add_tag_attributes("audio", &["src"])
        .add_tag_attributes("source", &["src", "srcset", "type", "media"])
        .add_tag_attributes("track", &["src", "kind", "srclang", "label"])
        .add_tag_attributes("details", &["open"])
        .add_tag_attributes("input", &["checked", "disabled"])
        .tag_attribute_values(HashMap::from([(
            "input",
            HashMap::from([("type", HashSet::from(["checkbox"]))]),
        )]))
        .filter_style_properties(HashSet::from(["text-align"]))
        .attribute_filter(|_, _, value| {
            // The parser's writer takes quadratic time for each value; a picture's own data holds nothing to escape.
            let is_short = value.len() <= LONGEST_VALUE || value.starts_with("data:image/");
            is_short.then_some(value.into())
        })
        // A `data:` address stays only for a picture.
        .add_url_schemes(&["data"])
        .link_rel(None)
        .url_relative(UrlRelative::PassThrough);
    builder
        .add_tags(&FORMULA)
        .add_tag_attributes("iframe", &["title"]);
    for element in &FORMULA {
        builder.add_tag_attributes(*element, &EVERYWHERE);
    }
    for (element, attributes) in OWN {
        builder.add_tag_attributes(*element, *attributes);
    }
    builder
}

//! A drawing as a file of its own: SVG 2 of a closed list that runs nothing and refers to nothing outside of itself.

use std::collections::HashSet;
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

use crate::html::{find_attribute, list_tags, make_legal};
use crate::post::body::safe::drawings::references::are_bounded;
use crate::post::body::safe::long::is_costly;

/// The largest drawing that becomes a file, in bytes.
const LARGEST: usize = 1 << 20;
/// The longest value of an attribute with characters to escape: the parser's writer takes quadratic time for each.
const LONGEST_VALUE: usize = 16 << 10;

/// The elements that a file may contain. `foreignObject` and `image` are excluded: they show other content.
const SHOWN: [&str; 48] = [
    "svg",
    "g",
    "defs",
    "symbol",
    "use",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "textPath",
    "linearGradient",
    "radialGradient",
    "stop",
    "pattern",
    "clipPath",
    "mask",
    "marker",
    "title",
    "desc",
    "style",
    "filter",
    "feBlend",
    "feColorMatrix",
    "feComponentTransfer",
    "feComposite",
    "feConvolveMatrix",
    "feDiffuseLighting",
    "feDisplacementMap",
    "feDistantLight",
    "feDropShadow",
    "feFlood",
    "feFuncA",
    "feFuncB",
    "feFuncG",
    "feFuncR",
    "feGaussianBlur",
    "feMerge",
    "feMergeNode",
    "feMorphology",
    "feOffset",
    "feSpecularLighting",
    "feTile",
    "feTurbulence",
];
/// Elements that are dropped without harm to the drawing: the content of links stays. An element of another program
/// (`sodipodi:namedview`) is named by its prefix here.
const DROPPED: [&str; 12] = [
    "a",
    "animate",
    "animateMotion",
    "animateTransform",
    "metadata",
    "script",
    "set",
    "sodipodi",
    "inkscape",
    "rdf",
    "cc",
    "dc",
];
/// Elements that show something.
const SHAPES: [&str; 9] = [
    "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "use",
];

/// The attributes for shape and position.
const GEOMETRY: &[&str] = &[
    "id",
    "class",
    "style",
    "href",
    "space",
    "x",
    "y",
    "x1",
    "y1",
    "x2",
    "y2",
    "cx",
    "cy",
    "r",
    "rx",
    "ry",
    "fx",
    "fy",
    "fr",
    "dx",
    "dy",
    "d",
    "points",
    "width",
    "height",
    "viewBox",
    "preserveAspectRatio",
    "transform",
    "pathLength",
    "rotate",
    "textLength",
    "lengthAdjust",
    "startOffset",
    "offset",
    "spreadMethod",
    "gradientUnits",
    "gradientTransform",
    "patternUnits",
    "patternContentUnits",
    "patternTransform",
    "clipPathUnits",
    "maskUnits",
    "maskContentUnits",
    "markerUnits",
    "markerWidth",
    "markerHeight",
    "refX",
    "refY",
    "orient",
];
/// The attributes for appearance.
const LOOK: &[&str] = &[
    "color",
    "fill",
    "fill-opacity",
    "fill-rule",
    "stroke",
    "stroke-width",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-opacity",
    "opacity",
    "display",
    "visibility",
    "overflow",
    "clip-path",
    "clip-rule",
    "mask",
    "filter",
    "marker-start",
    "marker-mid",
    "marker-end",
    "stop-color",
    "stop-opacity",
    "flood-color",
    "flood-opacity",
    "lighting-color",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "font-variant",
    "font-stretch",
    "letter-spacing",
    "word-spacing",
    "text-anchor",
    "text-decoration",
    "dominant-baseline",
    "alignment-baseline",
    "baseline-shift",
    "writing-mode",
    "direction",
    "unicode-bidi",
    "shape-rendering",
    "text-rendering",
    "vector-effect",
    "paint-order",
    "color-interpolation",
    "color-interpolation-filters",
    "mix-blend-mode",
];
/// The attributes of filters.
const EFFECTS: &[&str] = &[
    "filterUnits",
    "primitiveUnits",
    "in",
    "in2",
    "result",
    "stdDeviation",
    "type",
    "values",
    "mode",
    "operator",
    "order",
    "kernelMatrix",
    "divisor",
    "bias",
    "k1",
    "k2",
    "k3",
    "k4",
    "radius",
    "scale",
    "baseFrequency",
    "numOctaves",
    "seed",
    "stitchTiles",
    "xChannelSelector",
    "yChannelSelector",
    "tableValues",
    "slope",
    "intercept",
    "amplitude",
    "exponent",
    "azimuth",
    "elevation",
    "surfaceScale",
    "diffuseConstant",
    "specularConstant",
    "specularExponent",
];

/// The functions of CSS and of `transform` that a value may call: none loads anything but `url`, which must be local.
const FUNCTIONS: [&str; 22] = [
    "url",
    "rgb",
    "rgba",
    "hsl",
    "hsla",
    "var",
    "calc",
    "matrix",
    "translate",
    "scale",
    "rotate",
    "skewx",
    "skewy",
    "translatex",
    "translatey",
    "not",
    "nth-child",
    "blur",
    "cubic-bezier",
    "oklch",
    "and",
    "or",
];

/// Replaces a value that must not be in a file; then no file is made.
const REFUSED: &str = "\u{fdd1}";

static FILE: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    let attributes = [GEOMETRY, LOOK, EFFECTS].concat();
    builder
        .tags(HashSet::from(SHOWN))
        .clean_content_tags(HashSet::from(["script", "metadata"]))
        .generic_attributes(attributes.into_iter().collect())
        .link_rel(None)
        .url_relative(UrlRelative::PassThrough)
        .attribute_filter(|_, name, value| {
            let is_refused = match name {
                _ if value.contains(['<', '>']) => true,
                _ if value.len() > LONGEST_VALUE && value.contains(['&', '"', '\u{a0}']) => true,
                "href" => !value.starts_with('#'),
                "id" | "class" | "d" | "points" => false,
                _ => !is_local(value),
            };
            Some(if is_refused { REFUSED } else { value }.into())
        });
    builder
});

/// The text of a file that shows this drawing, without an XML declaration. `None` if it cannot stand alone: it contains
/// other content, refers to something outside, or shows nothing of its own.
pub(super) fn stand_alone(drawing: &str) -> Option<String> {
    let is_known = |(name, _): (&str, &str)| {
        let mut known = SHOWN.iter().chain(&DROPPED);
        known.any(|known| name.eq_ignore_ascii_case(known))
    };
    if drawing.len() > LARGEST
        || !list_tags(drawing).all(is_known)
        || drawing.split('<').any(is_costly)
        || drawing.contains(REFUSED)
    {
        return None;
    }
    let clean = FILE.clean(drawing).to_string();
    let clean = make_legal(&clean).replace("&nbsp;", "\u{a0}");
    let inside = clean.trim().strip_prefix("<svg")?;
    let is_safe = inside.ends_with("</svg>")
        && !inside.contains(REFUSED)
        && find_styles(inside).all(is_local_sheet)
        && are_bounded(&clean);
    let shows = list_tags(inside).any(|(name, _)| SHAPES.contains(&name));
    if !is_safe || !shows {
        return None;
    }
    let links = match inside.contains(" xlink:href=") {
        true => " xmlns:xlink=\"http://www.w3.org/1999/xlink\"",
        false => "",
    };
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\"{links}{inside}"
    ))
}

/// The style sheets of a cleaned drawing, as escaped there.
fn find_styles(clean: &str) -> impl Iterator<Item = &str> {
    let mut parts = clean.split('<');
    parts.next();
    parts.filter_map(|part| {
        let (_, sheet) = part.strip_prefix("style")?.split_once('>')?;
        Some(sheet)
    })
}

/// Whether a style sheet loads nothing.
fn is_local_sheet(sheet: &str) -> bool {
    let mut rules = sheet.split('@').skip(1);
    let is_query = |rule: &str| rule.starts_with("media") || rule.starts_with("keyframes");
    rules.all(is_query) && is_local(&sheet.replace("&gt;", ">"))
}

/// Whether a value of CSS loads nothing: it calls only known functions, and writes no name by escapes.
fn is_local(value: &str) -> bool {
    let mut parts = value.split('(');
    let last = parts.next_back().unwrap_or_default();
    !last.contains('\\')
        && parts.all(|before| {
            let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
            let start = before.trim_end_matches(is_name).len();
            let name = &before[start..];
            let mut functions = FUNCTIONS.iter();
            let is_known = functions.any(|known| name.eq_ignore_ascii_case(known));
            !before.contains('\\') && (name.is_empty() || is_known)
        })
}

/// The title of a drawing, as it is written in its first element of that name.
pub(super) fn read_title(drawing: &str) -> Option<&str> {
    let (_, rest) = drawing.split_once("<title")?;
    let (_, rest) = rest.split_once('>')?;
    let (title, _) = rest.split_once("</title>")?;
    Some(title)
}

/// The length of a side that a drawing gives itself, in pixels of CSS.
pub(super) fn read_side(drawing: &str, name: &str) -> Option<f32> {
    let length = find_attribute(drawing, name)?.trim();
    let (number, factor) = match length.strip_suffix("em") {
        Some(ems) => (ems.trim_end_matches('r'), 16.0),
        None => (length.trim_end_matches("px"), 1.0),
    };
    number.parse::<f32>().ok().map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use super::stand_alone;

    /// The file of a drawing as well-formed XML.
    fn file(drawing: &str) -> Option<String> {
        let file = stand_alone(drawing)?;
        let document = roxmltree::Document::parse(&file);
        let document = document.unwrap_or_else(|error| panic!("{error}: {file}"));
        let root = document.root_element().tag_name();
        assert_eq!(root.namespace(), Some("http://www.w3.org/2000/svg"));
        Some(file)
    }

    #[test]
    fn a_drawing_becomes_a_file_of_a_closed_list() {
        for (inside, expected) in [
            ("<path d=\"M0 0h9\"/>", "<path d=\"M0 0h9\"></path>"),
            (
                "<PATH D='M0' Fill=red ONCLICK=x()>",
                "<path d=\"M0\" fill=\"red\"></path>",
            ),
            (
                "<script>x()</script><rect width=9 height=9 onload=\"x()\"/>",
                "<rect width=\"9\" height=\"9\"></rect>",
            ),
            (
                "<metadata><rdf:RDF>image/svg+xml</rdf:RDF></metadata><line x1=\"1\"/>",
                "<line x1=\"1\"></line>",
            ),
            (
                "<a href=\"javascript:x()\"><text>a &amp; b&nbsp;&lt; c</text></a>",
                "<text>a &amp; b\u{a0}&lt; c</text>",
            ),
            (
                "<circle r=1><animate attributeName=href values=\"javascript:x()\"/></circle>",
                "<circle r=\"1\"></circle>",
            ),
            (
                "<defs><lineargradient id=g gradientunits=userSpaceOnUse><stop offset=1 /></lineargradient></defs><rect fill=\"url(#g)\"/>",
                "<defs><linearGradient id=\"g\" gradientUnits=\"userSpaceOnUse\"><stop offset=\"1\"></stop></linearGradient></defs><rect fill=\"url(#g)\"></rect>",
            ),
            (
                "<g id=\"a\"><path d=\"M0\"/></g><use xlink:href=\"#a\" x=\"3\"/><use href='#a'/>",
                "<g id=\"a\"><path d=\"M0\"></path></g><use xlink:href=\"#a\" x=\"3\"></use><use href=\"#a\"></use>",
            ),
            (
                "<style>g > .a { fill: rgb(1 2 3) } @media (width > 9px) { path { fill: red } }</style><path class=\"a\" style=\"stroke: red\" transform=\"rotate(3) translate(1)\"/>",
                "<style>g &gt; .a { fill: rgb(1 2 3) } @media (width &gt; 9px) { path { fill: red } }</style><path class=\"a\" style=\"stroke: red\" transform=\"rotate(3) translate(1)\"></path>",
            ),
            (
                "<text xml:space=\"preserve\">a\u{1}<![CDATA[b&c]]></text>",
                "<text xml:space=\"preserve\">ab&amp;c</text>",
            ),
            (
                "<!DOCTYPE svg [<!ENTITY x \"y\">]><!-- a --><path d=\"M0\"/>",
                "]&gt;<path d=\"M0\"></path>",
            ),
        ] {
            let found = file(&format!("<svg viewBox=\"0 0 9 9\">{inside}</svg>"));
            let found = found.unwrap_or_else(|| panic!("{inside}"));
            let inside = found
                .split_once(" viewBox=\"0 0 9 9\">")
                .and_then(|(_, rest)| rest.strip_suffix("</svg>"));
            assert_eq!(inside, Some(expected), "{found}");
        }
    }

    #[test]
    fn what_a_file_alone_would_not_show_or_would_load_cannot_stand_alone() {
        let long = "&".repeat(20 << 10);
        let large = "<path d=\"M0\"/>".repeat(90_000);
        for inside in [
            "",
            "<g></g>",
            "<title>Tea</title>",
            "<path d=\"M0\"/><foreignObject><div>Tea</div></foreignObject>",
            "<path d=\"M0\"/><image href=\"a.png\"/>",
            "<path d=\"M0\"/><p>Tea</p>",
            "<path d=\"M0\"/><video src=x></video>",
            "<use href=\"/sprite.svg#tea\"/>",
            "<use href=\"#elsewhere\"/>",
            "<use/>",
            "<path fill=\"url(#elsewhere)\"/>",
            "<path fill=\"url(//x.example/a)\"/>",
            "<path fill=\"&#117;rl(//x.example/a)\"/>",
            "<path style=\"fill: URL( 'https://x.example/a#b' )\"/>",
            "<path style=\"fill: \\75rl(a)\"/>",
            "<path style=\"mask: image-set('a' 1x)\"/>",
            "<style>@import 'a';</style><path d=\"M0\"/>",
            "<style>@font-face { src: url(a) }</style><path d=\"M0\"/>",
            "<style>path { fill: url(a) }</style><path d=\"M0\"/>",
            "<style>path { fill: u\\rl(a) }</style><path d=\"M0\"/>",
            "<path d=\"a<b\"/>",
            "<path d=\"\u{fdd1}\"/>",
            &format!("<text>{long}</text>"),
            &format!("<path d=\"{long}\"/>"),
            &large,
        ] {
            let drawing = format!("<svg>{inside}</svg>");
            let start: String = drawing.chars().take(100).collect();
            assert_eq!(file(&drawing), None, "{start}");
        }
    }
}

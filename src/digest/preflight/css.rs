//! CSS that mail programs drop.

/// CSS that mail programs drop: without spaces, the programs, and the hint.
pub(super) const DROPPED: &[(&str, &str, &str)] = &[
    ("display:flex", "Outlook drops it", "lay out with tables"),
    (
        "display:grid",
        "Outlook and Gmail drop it",
        "lay out with tables",
    ),
    (
        "position:absolute",
        "Gmail and Outlook drop it",
        "lay out with tables",
    ),
    (
        "position:fixed",
        "Gmail and Outlook drop it",
        "lay out with tables",
    ),
    (
        "var(--",
        "Gmail and Outlook drop it",
        "write the value itself",
    ),
    (
        "@import",
        "Gmail and Outlook drop it",
        "write the style into the template",
    ),
    (
        "@font-face",
        "Gmail and Outlook drop it",
        "name fonts that readers have",
    ),
    (
        "background-image:",
        "Outlook drops it",
        "use `background-color`, or an `<img>`",
    ),
    (
        "border-radius:",
        "Outlook drops it",
        "let it look right with square corners, or leave it out",
    ),
    ("float:", "Outlook drops it", "lay out with tables"),
];

/// Removes spaces from CSS and lower-cases it, as [`DROPPED`] is written.
pub(super) fn compact(css: &str) -> String {
    css.to_lowercase().split_whitespace().collect()
}

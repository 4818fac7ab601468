//! TeX → MathML, within bounds; a formula that the library cannot read stays TeX.

use std::convert::Infallible;

use pulldown_latex::config::{DisplayMode, RenderConfig};
use pulldown_latex::{Parser, Storage, push_mathml};

use crate::fault::guard;
use crate::html::escape;
use crate::post::body::safe::is_formula;

/// The longest formula that is read, in bytes.
const LONGEST: usize = 4 << 10;
/// How many times as long as its TeX a formula may be, beside its own tag.
const GROWTH: usize = 100;
/// Commands that redefine others, and can grow without bounds.
const DEFINITIONS: [&str; 6] = [
    "\\def",
    "\\gdef",
    "\\edef",
    "\\let",
    "\\newcommand",
    "\\renewcommand",
];

/// The reason why a formula stays TeX.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TexError {
    #[error("it is longer than {LONGEST} bytes")]
    TooLong,
    #[error("it defines words of its own")]
    Defines,
    #[error("the library fails at it")]
    Panicked,
    #[error("it would become something else than a formula")]
    NoFormula,
    /// The library's reason.
    #[error("{0}")]
    Unread(String),
}

/// The MathML of a formula, with its TeX as `alttext`.
///
/// # Errors
/// Why it cannot be shown so.
pub(super) fn to_mathml(tex: &str, is_block: bool) -> Result<String, TexError> {
    if tex.len() > LONGEST {
        return Err(TexError::TooLong);
    }
    if DEFINITIONS.iter().any(|word| tex.contains(word)) {
        return Err(TexError::Defines);
    }
    let rendered = guard(|| Ok(render(tex, is_block)));
    let rendered = rendered.map_err(|_| TexError::Panicked)??;
    // Text mode keeps text as written, even if it looks like a tag.
    let rendered = rendered
        .replace("><</", ">&lt;</")
        .replace(">></", ">&gt;</");
    let is_sound = rendered.len() <= GROWTH * (tex.len() + 1) && is_formula(&rendered);
    match rendered.strip_prefix("<math") {
        Some(formula) if is_sound => Ok(format!("<math alttext=\"{}\"{formula}", escape(tex))),
        _ => Err(TexError::NoFormula),
    }
}

fn render(tex: &str, is_block: bool) -> Result<String, TexError> {
    let storage = Storage::new();
    let events: Result<Vec<_>, _> = Parser::new(tex, &storage).collect();
    let events = events.map_err(|error| {
        let said = error.to_string();
        let first = said.lines().next().unwrap_or_default();
        TexError::Unread(first.trim_start_matches("parsing error: ").to_owned())
    })?;
    let config = RenderConfig {
        display_mode: match is_block {
            true => DisplayMode::Block,
            false => DisplayMode::Inline,
        },
        ..RenderConfig::default()
    };
    let mut formula = String::with_capacity(tex.len() * 16);
    let events = events.into_iter().map(Ok::<_, Infallible>);
    push_mathml(&mut formula, events, config)
        .map_err(|error| TexError::Unread(error.to_string()))?;
    Ok(formula)
}

//! The delimiters of TeX, and the switches that turn it on.

use serde_json::Value;

use crate::post::dialect::rules::Rules;

/// The keys in front matter and configs that switch math on.
const KEYS: [&str; 8] = [
    "math",
    "katex",
    "mathjax",
    "usemath",
    "use_math",
    "usekatex",
    "usemathjax",
    "katex_enable",
];

/// The place of a formula in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FormulaPlace {
    Line,
    /// On lines of its own.
    Block,
    /// On lines of its own if they are between empty lines, else in a line.
    ByLines,
}

/// A pair of delimiters around TeX.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Delimiters {
    /// The opening delimiter.
    pub open: String,
    /// The closing delimiter.
    pub close: String,
    /// The place of the formula in its text.
    pub place: FormulaPlace,
}

impl Delimiters {
    pub fn new(open: &str, close: &str, place: FormulaPlace) -> Self {
        Self {
            open: open.to_owned(),
            close: close.to_owned(),
            place,
        }
    }
}

/// The use of TeX on a site.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Math {
    /// Delimiters that the generator itself reads in every text of Markdown.
    pub always: Vec<Delimiters>,
    /// Whether those are all, whatever a post says.
    pub is_whole: bool,
    /// Whether posts without a switch have math.
    pub is_on: bool,
    /// Whether one backslash before a bracket is enough where math is on.
    pub with_one_backslash: bool,
}

impl Math {
    /// The math of a dialect without a config.
    pub(super) fn for_rules(rules: &Rules) -> Self {
        let mut always = Vec::new();
        if rules.dollars_are_tex {
            always.push(Delimiters::new("$$", "$$", FormulaPlace::ByLines));
        }
        Self {
            always,
            with_one_backslash: rules.backslash_is_tex,
            ..Self::default()
        }
    }

    /// The delimiters of a text, the longest first; none if nothing switches math on. `said` is the switch in its front
    /// matter.
    pub fn delimiters(&self, said: Option<bool>, is_html: bool) -> Vec<Delimiters> {
        let mut all = match is_html {
            true => Vec::new(),
            false => self.always.clone(),
        };
        if said.unwrap_or(self.is_on) && (is_html || !self.is_whole) {
            let mut known = vec![
                ("$$", "$$", FormulaPlace::Block),
                ("$", "$", FormulaPlace::Line),
            ];
            // Markdown takes one of two backslashes for itself before a script of the page looks for formulas.
            if !is_html {
                known.push(("\\\\(", "\\\\)", FormulaPlace::Line));
                known.push(("\\\\[", "\\\\]", FormulaPlace::Block));
            }
            if is_html || self.with_one_backslash {
                known.push(("\\(", "\\)", FormulaPlace::Line));
                known.push(("\\[", "\\]", FormulaPlace::Block));
            }
            for (open, close, place) in known {
                if all.iter().all(|one| one.open != open) {
                    all.push(Delimiters::new(open, close, place));
                }
            }
        }
        all.sort_by_key(|one| std::cmp::Reverse(one.open.len()));
        all
    }
}

/// Whether keys switch math on: `math: true`, `katex = { enable = true }`, `math: mathjax`.
pub(crate) fn switch<'a>(keys: impl IntoIterator<Item = (&'a String, &'a Value)>) -> Option<bool> {
    let mut said = None;
    for (key, value) in keys {
        if KEYS.iter().any(|known| key.eq_ignore_ascii_case(known)) {
            said = said.max(is_on(value));
        }
    }
    said
}

fn is_on(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(is_on) => Some(*is_on),
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => {
            let no = ["false", "no", "off", "none"];
            Some(!no.iter().any(|no| text.trim().eq_ignore_ascii_case(no)))
        }
        Value::Object(keys) => {
            let named = |name: &str| keys.get(name).and_then(is_on);
            named("enable").or_else(|| named("enabled"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::switch;

    #[test]
    fn a_switch_is_read_however_it_is_written() {
        for (keys, said) in [
            (json!({"math": true}), Some(true)),
            (json!({"KaTeX": "yes"}), Some(true)),
            (json!({"math": "mathjax"}), Some(true)),
            (json!({"usemath": "off"}), Some(false)),
            (json!({"math": {"enable": true, "x": 1}}), Some(true)),
            (json!({"katex": {"enabled": false}}), Some(false)),
            (json!({"math": false, "mathjax": true}), Some(true)),
            (json!({"math": {"inline": []}}), None),
            (json!({"math": "", "aftermath": true}), None),
        ] {
            assert_eq!(switch(keys.as_object().unwrap()), said, "{keys}");
        }
    }
}

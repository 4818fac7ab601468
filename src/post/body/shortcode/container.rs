//! A container of markdown-it's and Docusaurus's: `:::tip Title`, up to `:::`.

use crate::html::escape;
use crate::post::body::shortcode::Expander;
use crate::post::body::shortcode::known::{NOTES, capitalise};

impl Expander<'_> {
    /// Reads a line that begins or ends a container. Returns whether it was one. The content stays Markdown.
    pub(super) fn take_container(&mut self, line: &str) -> bool {
        let trimmed = line.trim();
        if !self.syntax.containers || !trimmed.starts_with(":::") {
            return false;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        let words = trimmed.trim_matches(':').trim();
        if words.is_empty() {
            let Some(close) = self.containers.pop() else {
                return false;
            };
            self.done.text.push_str(indent);
            self.put_block(close);
            return true;
        }
        // Pandoc writes the name as a class: `::: {.note}`.
        let words = words.trim_start_matches(['{', '.', ' ']);
        let end = words
            .find(|c: char| !(c.is_alphanumeric() || "_-".contains(c)))
            .unwrap_or(words.len());
        let (name, rest) = words.split_at(end);
        if name.is_empty() {
            return false;
        }
        let title = rest.trim_matches(|c: char| c.is_whitespace() || "[]{}".contains(c));
        let title = if title.contains('=') { "" } else { title };
        let name = name.to_lowercase();
        let (open, close) = if matches!(name.as_str(), "details" | "spoiler") {
            let summary = if title.is_empty() { "Details" } else { title };
            (
                format!("<details><summary>{}</summary>", escape(summary)),
                "</details>",
            )
        } else if NOTES.contains(&name.as_str()) {
            let title = if title.is_empty() {
                capitalise(&name)
            } else {
                title.to_owned()
            };
            (
                format!("<blockquote><p><strong>{}</strong></p>", escape(&title)),
                "</blockquote>",
            )
        } else {
            (String::new(), "")
        };
        self.containers.push(close);
        self.done.text.push_str(indent);
        self.put_block(&open);
        true
    }
}

//! HTML → the images, links and styles that preflight checks.

use std::cell::RefCell;
use std::collections::BTreeSet;

use lol_html::html_content::Element;
use lol_html::{RewriteStrSettings, element, rewrite_str, text};

use crate::html::unescape;

/// The parts of an issue's HTML that can go wrong. Addresses are unescaped.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Images without alternative text that are not marked as decoration.
    pub(super) without_words: BTreeSet<String>,
    /// Addresses of all images.
    pub(super) images: BTreeSet<String>,
    /// Images without a `width`.
    pub(super) without_width: BTreeSet<String>,
    /// Targets of all links.
    pub(super) links: BTreeSet<String>,
    /// Ids of all elements.
    pub(super) ids: BTreeSet<String>,
    /// All `style` attributes, each followed by a semicolon.
    pub(super) styles: String,
    /// The text of all `<style>` elements.
    pub(super) sheets: String,
}

impl Seen {
    fn add_image(&mut self, image: &Element<'_, '_>) {
        let address = unescape(&image.get_attribute("src").unwrap_or_default());
        let words = image.get_attribute("alt").unwrap_or_default();
        // A decorative image needs no alternative text.
        let role = image.get_attribute("role").unwrap_or_default();
        if words.trim().is_empty() && role != "presentation" {
            self.without_words.insert(address.clone());
        }
        if !image.has_attribute("width") && !address.starts_with("data:") {
            self.without_width.insert(address.clone());
        }
        self.images.insert(address);
    }
}

/// Collects the parts of an HTML document that can go wrong.
pub(super) fn collect_seen(html: &str) -> Seen {
    let seen = RefCell::new(Seen::default());
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("*[style]", |element| {
            let mut seen = seen.borrow_mut();
            seen.styles
                .push_str(&element.get_attribute("style").unwrap_or_default());
            seen.styles.push(';');
            Ok(())
        }))
        .append_element_content_handler(element!("*[id]", |element| {
            let id = element.get_attribute("id").unwrap_or_default();
            seen.borrow_mut().ids.insert(unescape(&id));
            Ok(())
        }))
        .append_element_content_handler(element!("img", |image| {
            seen.borrow_mut().add_image(image);
            Ok(())
        }))
        .append_element_content_handler(element!("a[href]", |link| {
            seen.borrow_mut()
                .links
                .insert(unescape(&link.get_attribute("href").unwrap_or_default()));
            Ok(())
        }))
        .append_element_content_handler(text!("style", |chunk| {
            seen.borrow_mut().sheets.push_str(chunk.as_str());
            Ok(())
        }));
    let _ = rewrite_str(html, settings);
    seen.into_inner()
}

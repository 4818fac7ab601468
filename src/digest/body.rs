//! A post's HTML as mail programs can show it, and as plain text with its links numbered.

use std::cell::RefCell;

use lol_html::html_content::{ContentType, Element};
use lol_html::{RewriteStrSettings, element, rewrite_str};

use crate::post::html::{escape, words};

/// The width of the column in which posts stand, in pixels: that of the default template.
const COLUMN: u32 = 536;
/// The width of the text part, in characters.
pub(super) const TEXT_WIDTH: usize = 72;
/// What a person reads in a minute: words, or characters of a script that is written without spaces.
const WORDS: usize = 220;
const CHARACTERS: usize = 500;

/// The HTML without what mail programs drop: one source an image, boxes as signs, films and sounds as links, headings
/// below the post's own title, no names that two posts may share.
pub(super) fn for_mail(html: &str) -> String {
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("*", |element| {
            element.remove_attribute("id");
            Ok(())
        }))
        .append_element_content_handler(element!("h1, h2, h3, h4, h5, h6", |heading| {
            // The digest has the h1, a post the h2.
            let tag = if matches!(heading.tag_name().as_str(), "h1" | "h2") { "h3" } else { "h4" };
            Ok(heading.set_tag_name(tag)?)
        }))
        .append_element_content_handler(element!("img", |image| {
            for attribute in ["srcset", "sizes"] {
                image.remove_attribute(attribute);
            }
            fit(image);
            Ok(())
        }))
        .append_element_content_handler(element!("picture", |picture| {
            picture.remove_and_keep_content();
            Ok(())
        }))
        .append_element_content_handler(element!("picture source", |source| {
            source.remove();
            Ok(())
        }))
        .append_element_content_handler(element!("input", |box_| {
            let sign = if box_.has_attribute("checked") { "☑" } else { "☐" };
            box_.replace(sign, ContentType::Text);
            Ok(())
        }))
        .append_element_content_handler(element!("table", |table| {
            table.before("<div class=\"wide\">", ContentType::Html);
            table.set_attribute("cellpadding", "6")?;
            table.set_attribute("cellspacing", "0")?;
            table.after("</div>", ContentType::Html);
            Ok(())
        }))
        .append_element_content_handler(element!("video, audio", |medium| {
            medium.set_inner_content("", ContentType::Html);
            if let Some(address) = medium.get_attribute("src") {
                let name = address.rsplit('/').next().unwrap_or(&address);
                let link = format!("<a href=\"{address}\">▶ {name}</a>");
                medium.replace(&link, ContentType::Html);
            } else {
                medium.remove();
            }
            Ok(())
        }));
    rewrite_str(html, settings).unwrap_or_else(|_| escape(&words(html)))
}

/// Keeps an image within the column, in proportion; Outlook looks at nothing but its attributes.
fn fit(image: &mut Element<'_, '_>) {
    let number = |value: Option<String>| value.and_then(|value| value.trim_end_matches("px").parse::<u32>().ok());
    let (width, height) = (number(image.get_attribute("width")), number(image.get_attribute("height")));
    let Some(width) = width.filter(|width| *width > COLUMN) else { return };
    let _ = image.set_attribute("width", &COLUMN.to_string());
    if let Some(height) = height {
        let height = (u64::from(height) * u64::from(COLUMN) + u64::from(width) / 2) / u64::from(width);
        let _ = image.set_attribute("height", &height.to_string());
    }
}

/// A link of the text part.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Link {
    /// Its number in the issue, from 1.
    pub(super) number: usize,
    /// Where it leads.
    pub(super) url: String,
}

/// The HTML as plain text of [`TEXT_WIDTH`] columns; its links get the numbers after `used`, one a different address.
pub(super) fn as_text(html: &str, used: usize) -> (String, Vec<Link>) {
    let links: RefCell<Vec<Link>> = RefCell::default();
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("a[href]", |link| {
            let url = unescape(&link.get_attribute("href").unwrap_or_default());
            let mut links = links.borrow_mut();
            let number = match links.iter().find(|known| known.url == url) {
                Some(known) => known.number,
                None => used + links.len() + 1,
            };
            if number == used + links.len() + 1 {
                links.push(Link { number, url });
            }
            link.after(&format!("&nbsp;[{number}]"), ContentType::Html);
            link.remove_and_keep_content();
            Ok(())
        }))
        .append_element_content_handler(element!("hr", |rule| {
            rule.replace("<p>* * *</p>", ContentType::Html);
            Ok(())
        }));
    let html = rewrite_str(html, settings).unwrap_or_else(|_| html.to_owned());
    let text = html2text::config::plain()
        .no_table_borders()
        .string_from_read(html.as_bytes(), TEXT_WIDTH)
        .unwrap_or_else(|_| words(&html));
    let trimmed: Vec<&str> = text.lines().map(str::trim_end).collect();
    (trimmed.join("\n").trim_matches('\n').replace('\u{a0}', " "), links.into_inner())
}

/// The minutes that it takes to read, at least one.
pub(super) fn minutes(html: &str) -> usize {
    let text = words(html);
    let dense = |c: &char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}');
    let characters = text.chars().filter(dense).count();
    let words = text.split_whitespace().filter(|word| !word.chars().all(|c| dense(&c))).count();
    (words * CHARACTERS + characters * WORDS).div_ceil(WORDS * CHARACTERS).max(1)
}

/// The beginning of a text, whole words, no longer than so many characters.
pub(super) fn beginning(text: &str, longest: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(longest) else { return text.to_owned() };
    let end = text[..end].rfind(' ').unwrap_or(end);
    format!("{}…", text[..end].trim_end_matches([',', '.', ';', ':', ' ', '-', '–']))
}

fn unescape(attribute: &str) -> String {
    attribute.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::{as_text, beginning, for_mail, minutes};

    #[test]
    fn a_body_keeps_only_what_mail_programs_show() {
        for (html, expected) in [
            ("<h1 id=\"a\">A</h1><h4>B</h4>", "<h3>A</h3><h4>B</h4>"),
            (
                "<img src=\"a.png\" width=\"1072\" height=\"600\" srcset=\"b 2x\">",
                "<img src=\"a.png\" width=\"536\" height=\"300\">",
            ),
            ("<img src=\"a.png\" width=\"100\" alt=\"A\">", "<img src=\"a.png\" width=\"100\" alt=\"A\">"),
            ("<picture><source srcset=\"a.webp\"><img src=\"a.png\"></picture>", "<img src=\"a.png\">"),
            ("<li><input type=\"checkbox\" checked> x</li>", "<li>☑ x</li>"),
            (
                "<video src=\"https://x.example/a.mp4\" controls>no</video>",
                "<a href=\"https://x.example/a.mp4\">▶ a.mp4</a>",
            ),
            (
                "<table><tr><td>1</td></tr></table>",
                "<div class=\"wide\"><table cellpadding=\"6\" cellspacing=\"0\"><tr><td>1</td></tr></table></div>",
            ),
        ] {
            assert_eq!(for_mail(html), expected);
        }
    }

    #[test]
    fn links_are_numbered_through_the_issue_and_listed_once_each() {
        let html = "<p>See <a href=\"https://x.example/?a=1&amp;b=2\">one</a>, <a href=\"https://y.example/\">two</a> \
                    and <a href=\"https://y.example/\">two</a> again.</p>";
        let (text, links) = as_text(html, 4);
        assert_eq!(text, "See one [5], two [6] and two [6] again.");
        let links: Vec<(usize, &str)> = links.iter().map(|link| (link.number, link.url.as_str())).collect();
        assert_eq!(links, [(5, "https://x.example/?a=1&b=2"), (6, "https://y.example/")]);
    }

    #[test]
    fn a_text_is_as_wide_as_a_letter() {
        let html = format!(
            "<blockquote><p>{}</p></blockquote><pre><code>let x = 1;\nlet y = 2;</code></pre>",
            "word ".repeat(40)
        );
        let (text, _) = as_text(&html, 0);
        assert!(text.lines().all(|line| line.chars().count() <= 72), "{text}");
        assert!(text.contains("\n> word") && text.contains("let x = 1;\nlet y = 2;"), "{text}");
    }

    #[test]
    fn reading_takes_a_minute_for_220_words_or_500_characters_without_spaces() {
        for (text, expected) in
            [("", 1), ("word ", 1), (&"word ".repeat(220)[..], 1), (&"word ".repeat(500), 3), (&"茶".repeat(1600), 4)]
        {
            assert_eq!(minutes(text), expected, "{}", text.len());
        }
    }

    #[test]
    fn a_beginning_ends_at_a_word() {
        assert_eq!(beginning("a kettle, a timer", 40), "a kettle, a timer");
        assert_eq!(beginning("a kettle, a timer", 11), "a kettle…");
    }
}

//! A post's HTML adapted to mail programs, its reading time, and its beginning.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};

use lol_html::html_content::{ContentType, Element};
use lol_html::{HandlerResult, RewriteStrSettings, element, rewrite_str, text};

use crate::html::{escape, read_words, render_figure, replace_formulas, strip_names, unescape};
use crate::post::Drawing;

/// Width of the column of posts in the default template, in pixels.
const COLUMN: u32 = 536;
/// The width and height of images in pixels, by their address.
pub type Sizes = HashMap<String, (usize, usize)>;

/// Words that a person reads in a minute.
const WORDS: usize = 220;
/// Characters that a person reads in a minute, of a script without spaces.
const CHARACTERS: usize = 500;

/// The position of a post in an issue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot<'a> {
    pub(super) page: &'a str,
    /// The post's number, from 1: no two posts of an issue share an id.
    pub(super) number: usize,
    pub(super) drawings: &'a [Drawing],
}

impl Spot<'_> {
    /// Returns the id in the mail for an id of the page.
    fn id(self, id: &str) -> String {
        format!("p{}-{id}", self.number)
    }

    /// Returns the fragment of an address that points into this page.
    fn target(self, address: &str) -> Option<&str> {
        let (page, id) = address.split_once('#')?;
        (!id.is_empty() && (page.is_empty() || page == self.page)).then_some(id)
    }

    /// Whether an image shows a drawing of the post.
    fn is_drawing(self, image: &Element<'_, '_>) -> bool {
        let address = image.get_attribute("src").unwrap_or_default();
        let address = unescape(&address);
        self.drawings
            .iter()
            .any(|drawing| drawing.address == address)
    }
}

/// Adapts HTML to mail programs: one source per image, checkboxes as symbols, video and audio as links, headings below the
/// post's title. A link to a part of the post, such as a footnote, points into the mail; all other ids are removed. A
/// drawing is a link to the post: Gmail and Outlook show no SVG, and its file may be gone before the mail. `sizes` has the images whose size the post does not give.
pub(super) fn adapt_to_mail(html: &str, spot: Spot<'_>, sizes: &Sizes) -> String {
    // A player becomes a link, so a second link with its name would repeat it.
    let html = strip_names(html);
    let formula = |text: &str| format!("<code>{}</code>", escape(text));
    let html = replace_formulas(&html, formula);
    let inner = find_inner_targets(&html, spot);
    let linked = Cell::new(false);
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("*[id]", |element| {
            let id = element.get_attribute("id").unwrap_or_default();
            match inner.contains(&unescape(&id)) {
                true => element.set_attribute("id", &spot.id(&id))?,
                false => element.remove_attribute("id"),
            }
            Ok(())
        }))
        .append_element_content_handler(element!("a[href]", |link| {
            let address = unescape(&link.get_attribute("href").unwrap_or_default());
            if let Some(id) = spot.target(&address).filter(|id| inner.contains(*id)) {
                link.set_attribute("href", &format!("#{}", escape(&spot.id(id))))?;
            }
            Ok(())
        }))
        .append_element_content_handler(element!("h1, h2, h3, h4, h5, h6", lower_heading))
        .append_element_content_handler(element!("a img", |image| {
            if spot.is_drawing(image) {
                let words = image.get_attribute("alt").unwrap_or_default();
                image.replace(&words, ContentType::Html);
            }
            Ok(())
        }))
        .append_element_content_handler(element!("img", |image| {
            if !image.removed() && spot.is_drawing(image) {
                let title = image.get_attribute("alt").map(|alt| unescape(&alt));
                let title = title.filter(|title| !title.is_empty());
                image.replace(
                    &render_figure(spot.page, title.as_deref()),
                    ContentType::Html,
                );
                return Ok(());
            }
            for attribute in ["srcset", "sizes"] {
                image.remove_attribute(attribute);
            }
            let address = unescape(&image.get_attribute("src").unwrap_or_default());
            if let Some((width, height)) = sizes.get(&address).filter(|_| !has_size(image)) {
                image.set_attribute("width", &width.to_string())?;
                image.set_attribute("height", &height.to_string())?;
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
        .append_element_content_handler(element!("input", |checkbox| {
            let symbol = match checkbox.has_attribute("checked") {
                true => "☑",
                false => "☐",
            };
            checkbox.replace(symbol, ContentType::Text);
            Ok(())
        }))
        .append_element_content_handler(element!("table", widen_table))
        .append_element_content_handler(element!(
            "details, summary, figure, figcaption",
            become_division
        ))
        .append_element_content_handler(element!("video, audio", |medium| {
            let address = medium.get_attribute("src");
            linked.set(address.is_some());
            if let Some(address) = address {
                medium.before(&render_link(&address), ContentType::Html);
            }
            medium.remove_and_keep_content();
            Ok(())
        }))
        .append_element_content_handler(element!("video *, audio *", |inner| {
            // Link the first source only. Other content is a fallback for old browsers.
            match inner
                .get_attribute("src")
                .filter(|_| inner.tag_name() == "source" && !linked.replace(true))
            {
                Some(address) => inner.replace(&render_link(&address), ContentType::Html),
                None => inner.remove(),
            }
            Ok(())
        }))
        .append_element_content_handler(text!("video, audio", |chunk| {
            chunk.remove();
            Ok(())
        }));
    rewrite_str(&html, settings).unwrap_or_else(|_| escape(&read_words(&html)))
}

/// Makes room for the headings above: the digest has the `h1`, a post the `h2`.
fn lower_heading(heading: &mut Element<'_, '_>) -> HandlerResult {
    let tag = match heading.tag_name().as_str() {
        "h1" | "h2" => "h3",
        _ => "h4",
    };
    Ok(heading.set_tag_name(tag)?)
}

/// Lets a wide table scroll, and gives its cells room where a mail program knows no CSS.
fn widen_table(table: &mut Element<'_, '_>) -> HandlerResult {
    table.before("<div class=\"wide\">", ContentType::Html);
    table.set_attribute("cellpadding", "6")?;
    table.set_attribute("cellspacing", "0")?;
    table.after("</div>", ContentType::Html);
    Ok(())
}

/// Makes a `div` of an element that mail programs do not know and would show as one line.
fn become_division(part: &mut Element<'_, '_>) -> HandlerResult {
    let name = part.tag_name();
    part.set_tag_name("div")?;
    part.remove_attribute("open");
    if name == "summary" {
        part.prepend("<strong>", ContentType::Html);
        part.append("</strong>", ContentType::Html);
    }
    if name == "figcaption" {
        part.set_attribute("class", "quiet")?;
    }
    Ok(())
}

/// Finds the ids in a post's HTML to which one of its links points.
fn find_inner_targets(html: &str, spot: Spot<'_>) -> BTreeSet<String> {
    let (ids, targets) = (RefCell::new(BTreeSet::new()), RefCell::new(BTreeSet::new()));
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("*[id]", |element| {
            let id = element.get_attribute("id").unwrap_or_default();
            ids.borrow_mut().insert(unescape(&id));
            Ok(())
        }))
        .append_element_content_handler(element!("a[href]", |link| {
            let address = unescape(&link.get_attribute("href").unwrap_or_default());
            targets
                .borrow_mut()
                .extend(spot.target(&address).map(str::to_owned));
            Ok(())
        }));
    if rewrite_str(html, settings).is_err() {
        return BTreeSet::new();
    }
    let (ids, targets) = (ids.into_inner(), targets.into_inner());
    ids.intersection(&targets).cloned().collect()
}

/// Renders a post's own image above its text. It is decoration, so it has no alternative text. An image of unknown size
/// gets the width of the column.
pub(super) fn render_picture(address: &str, sizes: &Sizes) -> String {
    let (width, height) = match sizes.get(address) {
        Some((width, height)) => (*width, format!(" height=\"{height}\"")),
        None => (COLUMN as usize, String::new()),
    };
    let image = format!(
        "<img role=\"presentation\" alt=\"\" src=\"{}\" width=\"{width}\"{height}>",
        escape(address)
    );
    let fitted =
        RewriteStrSettings::new().append_element_content_handler(element!("img", |image| {
            fit(image);
            Ok(())
        }));
    rewrite_str(&image, fitted).unwrap_or(image)
}

/// Renders the link to a video or audio file, on a line of its own. The address is escaped already, as an attribute's.
fn render_link(address: &str) -> String {
    let name = address.rsplit('/').next().unwrap_or(address);
    format!("<a href=\"{address}\">▶ {name}</a><br>")
}

/// Finds the addresses of images whose size the HTML does not give.
pub(crate) fn find_unsized_images(html: &str) -> Vec<String> {
    let found = RefCell::new(Vec::new());
    let settings =
        RewriteStrSettings::new().append_element_content_handler(element!("img[src]", |image| {
            if !has_size(image) {
                found
                    .borrow_mut()
                    .push(unescape(&image.get_attribute("src").unwrap_or_default()));
            }
            Ok(())
        }));
    let _ = rewrite_str(html, settings);
    found.into_inner()
}

fn has_size(image: &Element<'_, '_>) -> bool {
    image.has_attribute("width") || image.has_attribute("height")
}

/// Scales an image down to the column. Outlook only reads its attributes.
fn fit(image: &mut Element<'_, '_>) {
    let number = |value: Option<String>| {
        value.and_then(|value| value.trim_end_matches("px").parse::<u32>().ok())
    };
    let (width, height) = (
        number(image.get_attribute("width")),
        number(image.get_attribute("height")),
    );
    let Some(width) = width.filter(|width| *width > COLUMN) else {
        return;
    };
    let _ = image.set_attribute("width", &COLUMN.to_string());
    if let Some(height) = height {
        let height =
            (u64::from(height) * u64::from(COLUMN) + u64::from(width) / 2) / u64::from(width);
        let _ = image.set_attribute("height", &height.to_string());
    }
}

/// Returns the reading time in minutes, at least one.
pub(super) fn count_minutes(html: &str) -> usize {
    let text = read_words(html);
    let characters = text.chars().filter(|c| is_without_spaces(*c)).count();
    let words = text
        .split_whitespace()
        .filter(|word| !word.chars().all(is_without_spaces))
        .count();
    (words * CHARACTERS + characters * WORDS)
        .div_ceil(WORDS * CHARACTERS)
        .max(1)
}

/// Whether a character belongs to a script that is written without spaces.
fn is_without_spaces(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Returns the beginning of a text, at most `longest` characters, cut between words.
pub(super) fn cut(text: &str, longest: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(longest) else {
        return text.to_owned();
    };
    let is_between =
        text[..end].ends_with(is_without_spaces) && text[end..].starts_with(is_without_spaces);
    let end = if is_between {
        end
    } else {
        text[..end].rfind(' ').unwrap_or(end)
    };
    format!(
        "{}…",
        text[..end].trim_end_matches([',', '.', ';', ':', ' ', '-', '–'])
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{
        Drawing, Spot, adapt_to_mail, count_minutes, cut, find_unsized_images, render_picture,
    };

    #[test]
    fn an_image_that_does_not_say_its_size_is_found() {
        let html = "<img src=\"https://x.example/a?b=1&amp;c\"><img src=\"https://x.example/d\" height=\"2\">";
        assert_eq!(find_unsized_images(html), ["https://x.example/a?b=1&c"]);
    }

    #[test]
    fn a_body_keeps_only_what_mail_programs_show() {
        let sizes = HashMap::from([("https://x.example/b.png".to_owned(), (1072, 300))]);
        let drawings = [Drawing {
            path: "drawing/1.svg".to_owned(),
            address: "https://x.example/drawing/1.svg".to_owned(),
            svg: String::new(),
        }];
        for (html, expected) in [
            ("<h1 id=\"a\">A</h1><h4>B</h4>", "<h3>A</h3><h4>B</h4>"),
            (
                "<img src=\"a.png\" width=\"1072\" height=\"600\" srcset=\"b 2x\">",
                "<img src=\"a.png\" width=\"536\" height=\"300\">",
            ),
            (
                "<img src=\"a.png\" width=\"100\" alt=\"A\">",
                "<img src=\"a.png\" width=\"100\" alt=\"A\">",
            ),
            (
                "<img src=\"https://x.example/b.png\" alt=\"B\">",
                "<img src=\"https://x.example/b.png\" alt=\"B\" width=\"536\" height=\"150\">",
            ),
            (
                "<img src=\"https://x.example/b.png\" width=\"20\">",
                "<img src=\"https://x.example/b.png\" width=\"20\">",
            ),
            (
                "<picture><source srcset=\"a.webp\"><img src=\"a.png\"></picture>",
                "<img src=\"a.png\">",
            ),
            (
                "<li><input type=\"checkbox\" checked> x</li>",
                "<li>☑ x</li>",
            ),
            (
                "<video src=\"https://x.example/a.mp4\" controls>no</video>",
                "<a href=\"https://x.example/a.mp4\">▶ a.mp4</a><br>",
            ),
            (
                "<video src=\"https://x.example/a.mp4\"></video> <a href=\"https://x.example/a.mp4\">a.mp4</a> x",
                "<a href=\"https://x.example/a.mp4\">▶ a.mp4</a><br> x",
            ),
            (
                "<audio controls>\n<source type=\"x\"><source src=\"https://x.example/a.ogg\"><source src=\"a.mp3\">\n<p>Your \
                 browser <a href=\"a.mp3\">cannot</a>.</p></audio> and <video poster=\"a.png\"></video>.",
                "<a href=\"https://x.example/a.ogg\">▶ a.ogg</a><br> and .",
            ),
            (
                "<details open><summary>More</summary>x</details><figure><img src=\"a.png\"><figcaption>A</figcaption></figure>",
                "<div><div><strong>More</strong></div>x</div><div><img src=\"a.png\"><div class=\"quiet\">A</div></div>",
            ),
            (
                "<p>x<a href=\"https://x.example/p/#n:1\" id=\"r\">1</a> <a href=\"https://x.example/p/#gone\">y</a> \
                 <a href=\"https://x.example/q/#n:1\">z</a></p><p id=\"n:1\">N <a href=\"#r\">↩</a></p><p id=\"b\">",
                "<p>x<a href=\"#p2-n:1\" id=\"p2-r\">1</a> <a href=\"https://x.example/p/#gone\">y</a> \
                 <a href=\"https://x.example/q/#n:1\">z</a></p><p id=\"p2-n:1\">N <a href=\"#p2-r\">↩</a></p><p>",
            ),
            (
                "<p><img src=\"https://x.example/drawing/1.svg\" alt=\"A &amp; B\"><img src=\"https://x.example/drawing/1.svg\" alt=\"\"></p>",
                "<p><a href=\"https://x.example/p/\">Figure: A &amp; B</a><a href=\"https://x.example/p/\">Figure: see the post</a></p>",
            ),
            (
                "<a href=\"y\"><img src=\"https://x.example/drawing/1.svg\" alt=\"A &amp; B\"></a><img src=\"https://x.example/drawing/2.svg\">",
                "<a href=\"y\">A &amp; B</a><img src=\"https://x.example/drawing/2.svg\">",
            ),
            (
                "<table><tr><td>1</td></tr></table>",
                "<div class=\"wide\"><table cellpadding=\"6\" cellspacing=\"0\"><tr><td>1</td></tr></table></div>",
            ),
        ] {
            let spot = Spot {
                page: "https://x.example/p/",
                number: 2,
                drawings: &drawings,
            };
            assert_eq!(adapt_to_mail(html, spot, &sizes), expected);
        }
    }

    #[test]
    fn a_picture_fits_into_the_column() {
        let sizes = HashMap::from([("https://x.example/b.png?a&b".to_owned(), (1072, 300))]);
        for (address, expected) in [
            (
                "https://x.example/b.png?a&b",
                "src=\"https://x.example/b.png?a&amp;b\" width=\"536\" height=\"150\">",
            ),
            (
                "https://x.example/c.png",
                "src=\"https://x.example/c.png\" width=\"536\">",
            ),
        ] {
            let image = render_picture(address, &sizes);
            assert_eq!(
                image,
                format!("<img role=\"presentation\" alt=\"\" {expected}")
            );
        }
    }

    #[test]
    fn reading_takes_a_minute_for_220_words_or_500_characters_without_spaces() {
        for (text, expected) in [
            ("", 1),
            ("word ", 1),
            (&"word ".repeat(220)[..], 1),
            (&"word ".repeat(500), 3),
            (&"茶".repeat(1600), 4),
        ] {
            assert_eq!(count_minutes(text), expected, "{}", text.len());
        }
    }

    #[test]
    fn a_beginning_ends_at_a_word() {
        assert_eq!(cut("a kettle, a timer", 40), "a kettle, a timer");
        assert_eq!(cut("a kettle, a timer", 11), "a kettle…");
        assert_eq!(
            cut(&format!("Tee {}", "茶".repeat(300)), 140),
            format!("Tee {}…", "茶".repeat(136))
        );
    }
}

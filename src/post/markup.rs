//! The markup of a file, as its ending says in whatever case.

/// What a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// Markdown, by every ending that a generator knows.
    Markdown,
    /// Markdown with components.
    Mdx,
    /// HTML.
    Html,
    /// A markup that some generator reads and this program does not.
    Other,
    /// A template that makes a page, and a post where it says a date.
    Template,
}

const ENDINGS: [(&str, Markup); 27] = [
    ("md", Markup::Markdown),
    ("markdown", Markup::Markdown),
    ("mdown", Markup::Markdown),
    ("mkd", Markup::Markdown),
    ("mkdn", Markup::Markdown),
    ("mkdown", Markup::Markdown),
    ("mdwn", Markup::Markdown),
    ("mdx", Markup::Mdx),
    ("html", Markup::Html),
    ("htm", Markup::Html),
    ("rst", Markup::Other),
    ("org", Markup::Other),
    ("adoc", Markup::Other),
    ("asciidoc", Markup::Other),
    ("ad", Markup::Other),
    ("asc", Markup::Other),
    ("pandoc", Markup::Other),
    ("pdc", Markup::Other),
    ("textile", Markup::Other),
    ("njk", Markup::Template),
    ("liquid", Markup::Template),
    ("webc", Markup::Template),
    ("hbs", Markup::Template),
    ("mustache", Markup::Template),
    ("ejs", Markup::Template),
    ("haml", Markup::Template),
    ("pug", Markup::Template),
];

impl Markup {
    /// That of a file; none where it holds no text of a post.
    pub fn of(path: &str) -> Option<Self> {
        let (_, ending) = path.rsplit('/').next()?.rsplit_once('.')?;
        ENDINGS
            .iter()
            .find(|(known, _)| ending.eq_ignore_ascii_case(known))
            .map(|(_, markup)| *markup)
    }

    /// Whether a text in it can be read here.
    pub fn is_read(self) -> bool {
        matches!(self, Self::Markdown | Self::Mdx | Self::Html)
    }
}

#[cfg(test)]
mod tests {
    use super::Markup;

    #[test]
    fn an_ending_says_the_markup_in_whatever_case() {
        for (path, markup) in [
            ("a/tea.md", Some(Markup::Markdown)),
            ("tea.MD", Some(Markup::Markdown)),
            ("tea.Markdown", Some(Markup::Markdown)),
            ("tea.mkdown", Some(Markup::Markdown)),
            ("tea.de.mdown", Some(Markup::Markdown)),
            ("tea.MDX", Some(Markup::Mdx)),
            ("tea.HTML", Some(Markup::Html)),
            ("tea.Htm", Some(Markup::Html)),
            ("tea.RST", Some(Markup::Other)),
            ("tea.pdc", Some(Markup::Other)),
            ("tea.njk", Some(Markup::Template)),
            ("tea.png", None),
            ("a.md/tea", None),
            ("md", None),
        ] {
            assert_eq!(Markup::of(path), markup, "{path}");
        }
    }
}

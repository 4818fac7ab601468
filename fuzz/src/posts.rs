//! Posts: front matter, dates, addresses, and what a body becomes.

use arbitrary::{Result, Unstructured};
use tidings::config::{Dialect, Site};
use tidings::inside::post::dialect::Habits;
use tidings::inside::post::facts::date::{Joint, Zoning, in_name, in_path, parse, split_leading};
use tidings::inside::post::{Index, Post, Read, body, read};

use crate::grammar::{raw, text};

const DIALECTS: [Dialect; 12] = [
    Dialect::Hugo,
    Dialect::Zola,
    Dialect::Jekyll,
    Dialect::Eleventy,
    Dialect::Pelican,
    Dialect::Astro,
    Dialect::Docusaurus,
    Dialect::Nikola,
    Dialect::VitePress,
    Dialect::MdBook,
    Dialect::Obsidian,
    Dialect::Plain,
];

/// How many times its source a body may become, beside what a few words of ours add.
const MOST_GROWN: usize = 64;
const FEW_WORDS: usize = 1 << 20;

fn site() -> Site {
    toml::from_str(
        "title = \"T\"\nurl = \"https://x.example/\"\ntimezone = \"Europe/Berlin\"\nauthor = { name = \"N\" }",
    )
    .expect("the site is TOML")
}

/// The post of a file, where it is one.
fn post_of(path: &str, source: &str, habits: &Habits) -> Option<Post> {
    match read(path, source, &site(), habits, None) {
        Ok(Read::Post(draft)) => Some(draft.post),
        _ => None,
    }
}

/// Renders a body, and looks at what came out.
fn render(source: &str, dialect: Dialect, ending: &str) {
    let site = site();
    let habits = Habits::new(dialect, site.zone());
    let file = format!(
        "---\ntitle: A\ndate: 2024-01-02\nmath: true\na: {}\n---\n{source}",
        "b".repeat(40)
    );
    let Some(post) = post_of(&format!("2024-01-02-a.{ending}"), &file, &habits) else {
        return;
    };
    let Ok(body) = body(&post, &file, &site, &habits, &[], &Index::default()) else {
        return;
    };
    for drawing in &body.drawings {
        look_at(&drawing.svg);
    }
    for html in [&body.html, &body.summary] {
        assert!(
            html.len() <= source.len() * MOST_GROWN + FEW_WORDS,
            "{} became {}",
            source.len(),
            html.len()
        );
        let lower = html.to_ascii_lowercase();
        for never in [
            "<script",
            "<iframe",
            "<object",
            "<form",
            "javascript:",
            "<style",
        ] {
            let at = lower.find(never).filter(|at| is_markup(&lower, *at, never));
            assert!(at.is_none(), "{never} in {html:?}");
        }
    }
}

/// Looks at the file of a drawing: any parser of XML reads it, and nothing in it runs or leads elsewhere.
fn look_at(svg: &str) {
    let document = roxmltree::Document::parse(svg);
    let document = document.unwrap_or_else(|error| panic!("{error}: {svg:?}"));
    for node in document.descendants() {
        let name = node.tag_name().name().to_ascii_lowercase();
        let never = ["script", "foreignobject", "image", "a", "animate", "set"];
        assert!(!never.contains(&&*name), "{name} in {svg:?}");
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            let leads_away = name == "href" && !value.starts_with('#');
            assert!(!name.starts_with("on") && !leads_away, "{name} in {svg:?}");
        }
    }
}

/// Whether this stands where a reader would act on it: a tag, or the beginning of an attribute's value.
fn is_markup(html: &str, at: usize, never: &str) -> bool {
    never.starts_with('<')
        || html[..at].ends_with("=\"") && html[..at].rfind('<') > html[..at].rfind('>')
}

pub(crate) fn front(bytes: &[u8]) {
    const YAML: &[&str] = &[
        "title: ",
        "date: ",
        "tags: [",
        "]",
        "\n",
        "- ",
        "  ",
        "slug: ",
        "aliases:\n",
        "draft: true",
        "2024-01-02",
        "\"",
        "'",
        ": ",
        "&a ",
        "*a",
        "!!str ",
        "| \n",
        "> \n",
        "{",
        "}",
        "[",
        ", ",
        "#",
        "url: /a/",
        "image: ",
        "author: ",
        "categories: ",
        "---\n",
        "...\n",
        "a",
        "permalink: ",
        "enclosure: ",
        "null",
        "~",
        "0x10",
        "1e3",
    ];
    const TOML: &[&str] = &[
        "title = ",
        "date = ",
        "tags = [",
        "]",
        "\n",
        "\"",
        "'",
        "\"\"\"",
        "[extra]\n",
        "[[a]]\n",
        "2024-01-02",
        "2024-01-02T03:04:05Z",
        "true",
        " = ",
        "{",
        "}",
        ", ",
        "#",
        "slug = ",
        "a",
        ".",
        "1",
        "[taxonomies]\n",
        "+++\n",
    ];
    const JSON: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"title\"",
        "\"date\"",
        "\"2024-01-02\"",
        "\"",
        "\\u0000",
        "\\ud800",
        "null",
        "true",
        "1",
        "\n",
        "\"tags\"",
        "\"a\"",
        "-0",
        "1e999",
    ];
    const HEADER: &[&str] = &[
        "Title: ",
        "Date: ",
        "Tags: ",
        "Slug: ",
        "Lang: ",
        "Status: ",
        "2024-01-02 10:00",
        "\n",
        "a",
        ", ",
        ";",
        "Author: ",
        "  ",
        ":",
    ];
    let _ = (|| -> Result<()> {
        let u = &mut Unstructured::new(bytes);
        let dialect = *u.choose(&DIALECTS)?;
        let (open, words, close) = *u.choose(&[
            ("---\n", YAML, "\n---\n"),
            ("+++\n", TOML, "\n+++\n"),
            ("", JSON, "\n"),
            ("---json\n", JSON, "\n---\n"),
            ("", HEADER, "\n\n"),
            ("\u{feff}---\r\n", YAML, "\r\n...\r\n"),
        ])?;
        let name = [
            "a.md",
            "2024-01-02-a.md",
            "b/index.md",
            "ä/ö.MARKDOWN",
            "2024/01-02-a.mdx",
            "a.de.md",
        ];
        let path = (*u.choose(&name)?).to_owned();
        let source = format!("{open}{}{close}Text.", text(u, words)?);
        let habits = Habits::new(dialect, site().zone());
        if let Some(post) = post_of(&path, &source, &habits) {
            let url = post.url.to_url();
            assert_eq!(url.host_str(), Some("x.example"), "{url}");
            assert!(!post.title.contains(char::is_control), "{:?}", post.title);
        }
        Ok(())
    })();
}

pub(crate) fn date(bytes: &[u8]) {
    const WORDS: &[&str] = &[
        "2024",
        "-",
        "/",
        ".",
        ":",
        " ",
        "T",
        "Z",
        "+",
        "01",
        "31",
        "12",
        "10:00",
        "GMT",
        "UTC",
        "CEST",
        "EST",
        "(Coordinated Universal Time)",
        "(x)",
        "Mon",
        "January",
        "Feb",
        "th",
        "at",
        "am",
        "PM",
        ",",
        "time",
        "o'clock",
        "20240102",
        "1700000000",
        "+0100",
        "-05:00",
        "Europe/Berlin",
        "[",
        "]",
        "W05",
        "noon",
        "\u{a0}",
    ];
    let _ = (|| -> Result<()> {
        let u = &mut Unstructured::new(bytes);
        let zone = site().zone();
        let zoning = Zoning {
            zone,
            as_go: u.arbitrary()?,
            fold_late: u.arbitrary()?,
            roll_over: u.arbitrary()?,
        };
        let text = text(u, WORDS)?;
        let first = parse(&text, &zoning).ok();
        assert_eq!(
            first,
            parse(&text, &zoning).ok(),
            "{text:?} is read the same each time"
        );
        let _ = split_leading(&text, &zoning);
        let _ = in_name(&text, &zoning, *u.choose(&[Joint::Signs, Joint::Sign])?);
        let _ = in_path(&text, &zoning);
        Ok(())
    })();
}

pub(crate) fn permalink(bytes: &[u8]) {
    const WORDS: &[&str] = &[
        "/",
        ":",
        "{",
        "}",
        ":year",
        ":month",
        ":title",
        ":slug",
        "{slug}",
        "{path}",
        "{year}",
        "{month:02}",
        "..",
        "//",
        "%2e",
        "%",
        "?",
        "#",
        "http://127.0.0.1/",
        "https://x.example",
        "\\",
        "a",
        ".html",
        ":sections",
        "[",
        "]",
        "@",
    ];
    let _ = (|| -> Result<()> {
        let u = &mut Unstructured::new(bytes);
        let mut habits = Habits::new(*u.choose(&DIALECTS)?, site().zone());
        let pattern = text(u, WORDS)?;
        let key = *u.choose(&["permalink", "url", "path", "slug", "save_as"])?;
        if u.arbitrary()? {
            habits.permalink = Some(pattern.clone());
        }
        let quoted = pattern.replace(['\'', '\n', '\r'], "");
        let source = format!("---\ntitle: A B\ndate: 2024-01-02\n{key}: '{quoted}'\n---\nText.");
        if let Some(post) = post_of("sec/2024-01-02-a.md", &source, &habits) {
            let url = post.url.to_url();
            assert!(matches!(url.scheme(), "http" | "https"), "{url}");
            assert!(
                url.path_segments()
                    .into_iter()
                    .flatten()
                    .all(|part| part != ".."),
                "{url}"
            );
        }
        Ok(())
    })();
}

pub(crate) fn liquid(bytes: &[u8]) {
    const WORDS: &[&str] = &[
        "{% ",
        " %}",
        "{{ ",
        " }}",
        "assign a = ",
        "a",
        " | append: a",
        "capture b",
        "endcapture",
        "for x in page.tags",
        "endfor",
        "if a",
        "endif",
        "else",
        "highlight rust",
        "endhighlight",
        "raw",
        "endraw",
        "include a.html",
        "post_url ",
        "link ",
        "\n",
        "`",
        "```\n",
        "page.title",
        "site.baseurl",
        "\"",
        "'",
        " | ",
        "date: \"%Y\"",
        "{:.note}",
        "{: #id}",
        "comment",
        "endcomment",
        "# ",
        "- ",
        "[^1]",
        "[^1]: ",
    ];
    let _ = (|| -> Result<()> {
        let source = text(&mut Unstructured::new(bytes), WORDS)?;
        render(&source, Dialect::Jekyll, "md");
        Ok(())
    })();
}

pub(crate) fn shortcode(bytes: &[u8]) {
    const WORDS: &[&str] = &[
        "{{< ",
        " >}}",
        "{{% ",
        " %}}",
        "figure src=\"a.png\"",
        "youtube ",
        "note",
        "/note",
        "param \"a\"",
        "ref \"a\"",
        "{{ youtube(id=\"a\") }}",
        "{% quote() %}",
        "{% end %}",
        "\"",
        "`",
        "```\n",
        "\n",
        "title=\"a\"",
        "highlight go",
        "/highlight",
        "/* ",
        " */",
        "![[a]]",
        "[[a|b]]",
        "> [!note] a\n",
        ":::tip\n",
        ":::\n",
        "$$",
        "\\(",
        "\\)",
        "$",
        "\\frac{a}{b}",
        "^{",
        "}",
        "_",
        "&",
        "\\\\",
        "\\begin{matrix}",
        "\\end{matrix}",
        ":tada:",
        "==a==",
        "# ",
        "[^a]",
        "[^a]: b\n",
        "| a | b |\n|---|---|\n",
        "- [ ] ",
    ];
    let _ = (|| -> Result<()> {
        let u = &mut Unstructured::new(bytes);
        let dialect = *u.choose(&DIALECTS)?;
        render(&text(u, WORDS)?, dialect, "md");
        Ok(())
    })();
}

pub(crate) fn mdx(bytes: &[u8]) {
    const WORDS: &[&str] = &[
        "import a from './a.png'\n",
        "export const meta = {",
        "}",
        "{",
        "<",
        ">",
        "/>",
        "</",
        "<Figure src=\"/x.png\" ",
        "caption=\"c\"",
        "<YouTube id=\"x\"/>",
        "<Image src={a} alt=\"A\"/>",
        "{meta.a}",
        "`",
        "\n",
        "{/* ",
        " */}",
        "=>",
        "className=\"a\"",
        "<div>",
        "</div>",
        "<p>",
        "</p>",
        "{`",
        "`}",
        "\"",
        "'",
        "a",
        " ",
        "```\n",
        "<br>",
        "<A.B>",
    ];
    let _ = (|| -> Result<()> {
        let u = &mut Unstructured::new(bytes);
        let dialect = *u.choose(&[Dialect::Plain, Dialect::Eleventy])?;
        render(&text(u, WORDS)?, dialect, "mdx");
        Ok(())
    })();
}

pub(crate) fn html(bytes: &[u8]) {
    const WORDS: &[&str] = &[
        "<p>",
        "</p>",
        "<div ",
        "<script>",
        "</script>",
        "<svg ",
        "</svg>",
        "<path d=\"M0\"/>",
        "<g id=\"a\">",
        "</g>",
        "<use href=\"#a\"/>",
        "xlink:href=\"#",
        "fill=\"url(#a)\"",
        "<text>",
        "<math>",
        "</math>",
        "<mi>",
        "<annotation-xml encoding=\"text/html\">",
        "<style>",
        "</style>",
        "<a href=\"",
        "javascript:",
        "data:text/html,",
        "\"",
        "'",
        ">",
        "<",
        "/>",
        " onclick=\"",
        "<img src=x ",
        "srcset=\"",
        "<noscript>",
        "</noscript>",
        "<iframe src=\"https://www.youtube.com/embed/a\">",
        "</iframe>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "&lt;",
        "&#x",
        ";",
        "&amp;",
        "<table>",
        "<td>",
        "<tr>",
        "<rt>",
        "<rp>",
        "<optgroup>",
        "<select>",
        "<form ",
        "<input ",
        "style=\"text-align:",
        "expression(",
        ")",
        "<video src=\"a.mp4\">",
        "</video>",
        "<template>",
        "<plaintext>",
        "<title>",
        "<h1>",
        "</h1>",
        "<pre>",
        "</pre>",
        "<details>",
        "<summary>",
        "id=\"a\"",
        "<base href=\"//x/\">",
        "<a ",
        "a",
        " ",
        "\n",
        "<li>",
    ];
    let _ = (|| -> Result<()> {
        let u = &mut Unstructured::new(bytes);
        let dialect = *u.choose(&DIALECTS)?;
        let ending = *u.choose(&["md", "html"])?;
        let source = format!("{}{}", text(u, WORDS)?, raw(u)?);
        render(&source, dialect, ending);
        Ok(())
    })();
}

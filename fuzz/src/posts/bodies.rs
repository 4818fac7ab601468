//! What a body becomes: no markup that acts, and never much more than its source.

use arbitrary::{Result, Unstructured};
use tidings::config::Dialect;
use tidings::inside::post::dialect::Habits;
use tidings::inside::post::{Index, render_body};

use crate::grammar::{raw, text};
use crate::posts::{DIALECTS, post_of, site};

/// How many times its source a body may become, beside what a few words of ours add.
const MOST_GROWN: usize = 64;
const FEW_WORDS: usize = 1 << 20;

/// Renders a body, and checks the HTML and the drawings.
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
    let Ok(body) = render_body(&post, &file, &site, &habits, &[], &Index::default()) else {
        return;
    };
    for drawing in &body.drawings {
        check_drawing(&drawing.svg);
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

/// Checks the file of a drawing: any parser of XML reads it, and nothing in it runs or leads elsewhere.
fn check_drawing(svg: &str) {
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

//! TeX between the delimiters that a site declares.

use proptest::prelude::*;

use crate::config::Dialect;
use crate::post::dialect::Habits;
use crate::post::dialect::math::{Delimiters, FormulaPlace};
use crate::post::{Body, Index};

use super::{post, site};

const X: &str = "<math alttext=\"x\" display=\"inline\"><mi>x</mi></math>";
const BLOCK: &str = "<math alttext=\"x\" display=\"block\"><mi>x</mi></math>";

/// The body of a text in a post whose front matter has these lines, on a site that passes these through, if any.
fn render_body(dialect: Dialect, keys: &str, passed: Option<&[Delimiters]>, text: &str) -> Body {
    let whole = match dialect {
        Dialect::Hugo | Dialect::Zola => {
            format!("+++\ntitle = \"T\"\ndate = 2024-05-01\n{keys}\n+++\n{text}")
        }
        Dialect::Pelican => format!("Title: T\nDate: 2024-05-01\n{keys}\n\n{text}"),
        _ => format!("---\ntitle: T\ndate: 2024-05-01\n{keys}\n---\n{text}"),
    };
    let path = match dialect {
        Dialect::Jekyll => "_posts/2024-05-01-cake.md",
        _ => "posts/cake.md",
    };
    let mut habits = Habits::new(dialect, chrono_tz::UTC);
    if let Some(passed) = passed {
        habits.math.always = passed.to_vec();
        habits.math.is_whole = true;
    }
    let posts = [post(path, &whole, dialect)];
    let index = Index::default();
    super::super::render_body(&posts[0], &whole, &site(), &habits, &posts, &index).unwrap()
}

fn shown(keys: &str, text: &str) -> String {
    render_body(Dialect::Hugo, keys, None, text).html
}

#[test]
fn a_switch_of_any_dialect_makes_formulas() {
    for (dialect, keys) in [
        (Dialect::Hugo, "math = true"),
        (Dialect::Hugo, "[params]\nkatex = true"),
        (Dialect::Hugo, "[math]\nenable = true"),
        (Dialect::Zola, "[extra]\nmath = true"),
        (Dialect::Zola, "[extra]\nkatex = true"),
        (Dialect::Jekyll, "usemath: true"),
        (Dialect::Jekyll, "mathjax: true"),
        (Dialect::Eleventy, "katex: true"),
        (Dialect::Pelican, "Math: true"),
        (Dialect::Obsidian, "math: true"),
        (Dialect::Plain, "mathjax: true"),
    ] {
        let text = "a $x$ b \\\\(x\\\\)\n\n$$x$$\n\n\\\\[\nx\n\\\\]\n";
        let html = render_body(dialect, keys, None, text).html;
        let expected = format!("<p>a {X} b {X}</p>\n<p>{BLOCK}</p>\n<p>{BLOCK}</p>");
        assert_eq!(html, expected, "{dialect:?}: {keys}");
    }
}

#[test]
fn where_nothing_says_math_a_dollar_is_money() {
    let text = "a $x$ b \\\\(x\\\\) costs $5\n";
    for (dialect, keys) in [
        (Dialect::Hugo, ""),
        (Dialect::Hugo, "math = false"),
        (Dialect::Zola, "[extra]\nother = true"),
        (Dialect::Jekyll, ""),
        (Dialect::Eleventy, "mathjax: no"),
        (Dialect::Pelican, "Tags: math"),
        (Dialect::Obsidian, ""),
        (Dialect::Plain, ""),
    ] {
        let html = render_body(dialect, keys, None, text).html;
        assert_eq!(
            html, "<p>a $x$ b \\(x\\) costs $5</p>",
            "{dialect:?}: {keys}"
        );
    }
    for dialect in [Dialect::Hugo, Dialect::Zola, Dialect::Plain] {
        let html = render_body(dialect, "", None, "a $$x$$ b").html;
        assert_eq!(html, "<p>a $$x$$ b</p>", "{dialect:?}");
    }
}

#[test]
fn kramdown_reads_two_dollars_by_their_place() {
    for (text, expected) in [
        ("a $$x$$ b", format!("<p>a {X} b</p>")),
        ("$$x$$ b", format!("<p>{X} b</p>")),
        ("a\n$$x$$\nb", format!("<p>a\n{X}\nb</p>")),
        (
            "a\n\n$$x$$\n\nb",
            format!("<p>a</p>\n<p>{BLOCK}</p>\n<p>b</p>"),
        ),
        ("$$\nx\n$$", format!("<p>{BLOCK}</p>")),
        (
            "> $$\n> x\n> $$\n",
            format!("<blockquote>\n<p>{BLOCK}</p>\n</blockquote>"),
        ),
        ("\\$$x$$ b", "<p>$$x$$ b</p>".to_owned()),
        (
            "`$$x$$` <code>$$x$$</code>",
            "<p><code>$$x$$</code> <code>$$x$$</code></p>".to_owned(),
        ),
    ] {
        assert_eq!(
            render_body(Dialect::Jekyll, "", None, text).html,
            expected,
            "{text}"
        );
    }
}

#[test]
fn what_hugo_passes_through_is_math_and_nothing_else() {
    let passed = [
        Delimiters::new("\\[", "\\]", FormulaPlace::Block),
        Delimiters::new("\\(", "\\)", FormulaPlace::Line),
        Delimiters::new("@@", "@@", FormulaPlace::Line),
    ];
    for (text, expected) in [
        ("a \\(x\\) b @@x@@", format!("<p>a {X} b {X}</p>")),
        ("\\[x\\]", format!("<p>{BLOCK}</p>")),
        (
            "$x$ $$x$$ \\\\(x\\\\)",
            "<p>$x$ $$x$$ \\(x\\)</p>".to_owned(),
        ),
        ("me@@x", "<p>me@@x</p>".to_owned()),
    ] {
        for keys in ["", "math = true", "math = false"] {
            let html = render_body(Dialect::Hugo, keys, Some(&passed), text).html;
            assert_eq!(html, expected, "{keys}: {text}");
        }
    }
}

#[test]
fn one_backslash_opens_a_formula_where_no_generator_takes_it() {
    let text = "a \\(x\\) b \\\\(x\\\\)\n\n\\[\nx\n\\]\n";
    for (dialect, keys, expected) in [
        (
            Dialect::Plain,
            "math: true",
            format!("<p>a {X} b {X}</p>\n<p>{BLOCK}</p>"),
        ),
        (
            Dialect::Plain,
            "",
            "<p>a (x) b \\(x\\)</p>\n<p>[\nx\n]</p>".to_owned(),
        ),
        (
            Dialect::Eleventy,
            "math: true",
            format!("<p>a (x) b {X}</p>\n<p>[\nx\n]</p>"),
        ),
    ] {
        let html = render_body(dialect, keys, None, text).html;
        assert_eq!(html, expected, "{dialect:?}: {keys}");
    }
}

#[test]
fn money_code_and_tags_are_no_formulas() {
    for (text, expected) in [
        ("$5 and $10", "<p>$5 and $10</p>"),
        ("$5, or $x", "<p>$5, or $x</p>"),
        ("$5, US$6 and a$b$", "<p>$5, US$6 and a$b$</p>"),
        ("a $ x $ b $$ c", "<p>a $ x $ b $$ c</p>"),
        ("\\$x$ and $x\\$", "<p>$x$ and $x$</p>"),
        ("$x\n\ny$", "<p>$x</p>\n<p>y$</p>"),
        ("`$x$`", "<p><code>$x$</code></p>"),
        ("```\n$x$\n```", "<pre><code>$x$\n</code></pre>"),
        ("a\n\n    $x$\n", "<p>a</p>\n<pre><code>$x$\n</code></pre>"),
        ("<pre>$x$</pre>", "<pre>$x$</pre>"),
        ("<b title=\"$x$\">a</b>", "<p><b title=\"$x$\">a</b></p>"),
        (
            "[a](/b/$x$)",
            "<p><a href=\"https://hums.example/b/$x$\">a</a></p>",
        ),
        ("{{< x a=\"$x$\" >}}b", "<p>b</p>"),
    ] {
        let html = shown("math = true", text);
        assert_eq!(html.replace("<b>", "<b title=\"$x$\">"), expected, "{text}");
    }
}

#[test]
fn markdown_touches_nothing_in_a_formula() {
    for (text, tex, part) in [
        (
            "$a_1 * b_2 * c$",
            "a_1 * b_2 * c",
            "<msub><mi>b</mi><mn>2</mn></msub>",
        ),
        ("$a<b$", "a&lt;b", "<mo>&lt;</mo>"),
        ("$a &lt; b$", "a &lt; b", "<mo>&lt;</mo>"),
        ("$\\{x\\}$", "\\{x\\}", "<mi>x</mi>"),
        ("$x^{\\text{a \\$5}}$", "x^{\\text{a \\$5}}", "<msup>"),
        (
            "$$\n\\begin{aligned}\na &= b \\\\\nc &= d\n\\end{aligned}\n$$",
            "\\begin{aligned}\na &amp;= b \\\\\nc &amp;= d\n\\end{aligned}",
            "<mtable>",
        ),
        ("|a|\n|-|\n|$|x|$|", "|x|", "<mi>x</mi>"),
        ("$\\frac{a}{b}$", "\\frac{a}{b}", "<mfrac>"),
        ("$\"$", "&quot;", "<mi>\"</mi>"),
    ] {
        let html = shown("math = true", text);
        assert!(
            html.contains(&format!("alttext=\"{tex}\"")),
            "{text}: {html}"
        );
        assert!(html.contains(part), "{text}: {html}");
    }
}

#[test]
fn a_formula_that_cannot_be_read_stays_tex_and_is_named_once() {
    let deep = format!("${}x{}$", "{".repeat(200), "}".repeat(200));
    let long = format!("${}$", "x+".repeat(4000));
    for (tex, why) in [
        ("$\\foo$", "unknown primitive command found"),
        ("$\\frac{a$", ""),
        ("$\\char é$", "the library fails at it"),
        ("$\\newcommand\\x{y} \\x$", "it defines words of its own"),
        ("$\\operatorname{<b>}$", "something else"),
        (&deep, "something else"),
        (&long, "it is longer than 4096 bytes"),
    ] {
        let text = format!("a\n\n{tex} and\n{tex}\n");
        let body = render_body(Dialect::Hugo, "math = true", None, &text);
        let code = format!(
            "<code>{}</code>",
            crate::html::escape(tex.trim_matches('$'))
        );
        assert_eq!(
            body.html,
            format!("<p>a</p>\n<p>{code} and\n{code}</p>"),
            "{tex}"
        );
        let [warning] = body.warnings.as_slice() else {
            panic!("{tex}: {:?}", body.warnings);
        };
        assert!(warning.message.contains(why), "{warning}");
        assert!(
            warning.message.ends_with("and so does another one below"),
            "{warning}"
        );
        assert_eq!(warning.place.as_ref().unwrap().line, Some(8), "{tex}");
    }
}

#[test]
fn what_a_formula_shows_stays() {
    for tex in [
        "e^{i\\pi} + 1 = 0",
        "\\sum_{i=0}^n i^2 = \\frac{n(n+1)(2n+1)}{6}",
        "\\left( \\frac{1}{2} \\right)",
        "\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}",
        "\\begin{cases} 1 & x > 0 \\\\ 0 & x \\le 0 \\end{cases}",
        "\\sqrt[3]{x} \\ne \\sqrt{y}",
        "\\mathbb{R}^n \\to \\mathcal{L}",
        "\\lim_{x \\to 0} \\sin x",
        "\\overline{AB} \\quad \\hat{x} \\vec{v}",
        "\\underbrace{a+b}_{n}",
        "\\binom{n}{k} \\, \\text{if } x",
        "{}_a^b X \\xrightarrow{f} Y",
    ] {
        let made = super::super::tex::to_mathml(tex, true).unwrap();
        let html = shown("math = true", &format!("$${tex}$$"));
        let tags = |html: &str| -> Vec<String> {
            let names = crate::html::list_tags(html).map(|(name, _)| name.to_owned());
            names.filter(|name| name != "p").collect()
        };
        let closed = made.replace(" />", "></mspace>");
        assert_eq!(tags(&html), tags(&closed), "{tex}: {html}");
    }
}

/// Pieces of TeX and of Markdown.
const PIECES: [&str; 60] = [
    "$",
    "$$",
    "\\(",
    "\\)",
    "\\\\[",
    "\\\\]",
    "\\$",
    "\\",
    "{",
    "}",
    "a",
    "1",
    "+",
    "=",
    "<",
    ">",
    "&",
    "\\\\",
    "_",
    "^",
    "'",
    "\\frac",
    "\\sqrt",
    "[",
    "]",
    "\\left",
    "\\right",
    "(",
    ")",
    "|",
    "\\begin{matrix}",
    "\\end{matrix}",
    "\\begin{align}",
    "\\end{align}",
    "\\begin{array}",
    "{c|c}",
    "\\text{",
    "\\operatorname{",
    "\\sum",
    "\\lim",
    "\\limits",
    "\\over",
    "\\hat",
    "\\color{red}",
    "\\char",
    "\\middle",
    "\\displaystyle",
    "\\substack",
    "\\def",
    "#1",
    "%",
    "\n",
    "\n\n",
    " ",
    "é",
    "𝔸",
    "`",
    "> ",
    "</math>",
    "<script>",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_tex_panics_or_leaves_its_formula(
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..30)
    ) {
        let text = pieces.concat();
        let html = shown("math = true", &text);
        prop_assert!(!html.contains("<script"), "{}", html);
        prop_assert_eq!(html.matches("<math").count(), html.matches("</math>").count());
    }
}

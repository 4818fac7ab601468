//! What texts of each dialect come out as.

use crate::config::{Dialect, Site};
use crate::finding::Finding;
use crate::post::dialect::Habits;
use crate::post::{Body, Index, Post, Read, read};

mod formulas;
mod growth;
mod notes;
mod shown;

fn site() -> Site {
    toml::from_str("title = \"Hums\"\nurl = \"https://hums.example/blog/\"").unwrap()
}

fn post(path: &str, text: &str, dialect: Dialect) -> Post {
    match read(
        path,
        text,
        &site(),
        &Habits::of(dialect, chrono_tz::UTC),
        None,
    )
    .unwrap()
    {
        Read::Post(draft) => draft.post,
        other => panic!("{path}: {other:?}"),
    }
}

/// The body of a text in a bundle, beside a post `tea`.
fn body(dialect: Dialect, text: &str) -> Body {
    try_body(dialect, text).unwrap()
}

fn try_body(dialect: Dialect, text: &str) -> Result<Body, Finding> {
    let front = match dialect {
        Dialect::Zola | Dialect::Hugo => "+++\ntitle = \"T\"\ndate = 2024-05-01\n+++\n",
        Dialect::Pelican => "Title: T\nDate: 2024-05-01\n\n",
        _ => "---\ntitle: T\ndate: 2024-05-01\n---\n",
    };
    let whole = format!("{front}{text}");
    let (one, two) = match dialect {
        Dialect::Jekyll => ("_posts/2024-05-01-cake.md", "_posts/2023-01-02-tea.md"),
        _ => ("posts/cake/index.md", "posts/tea.md"),
    };
    let posts = [post(one, &whole, dialect), post(two, front, dialect)];
    super::body(
        &posts[0],
        &whole,
        &site(),
        &Habits::of(dialect, chrono_tz::UTC),
        &posts,
        &Index::default(),
    )
}

const SHORTCODES: &[(Dialect, &str, &str)] = &[
    (
        Dialect::Hugo,
        "{{< figure src=\"a.png\" caption=\"A *b*\" alt=\"x\" >}}",
        "<figure><img src=\"https://hums.example/blog/posts/cake/a.png\" alt=\"x\"><figcaption>A <em>b</em></figcaption></figure>",
    ),
    (
        Dialect::Hugo,
        "{{< youtube w7Ft2ymGmfc >}}",
        "<p><a href=\"https://www.youtube.com/watch?v=w7Ft2ymGmfc\">https://www.youtube.com/watch?v=w7Ft2ymGmfc</a></p>",
    ),
    (
        Dialect::Hugo,
        "{{< vimeo id=\"146022717\" title=\"Film\" >}}",
        "<p><a href=\"https://vimeo.com/146022717\">Film</a></p>",
    ),
    (
        Dialect::Hugo,
        "{{< highlight go \"linenos=true\" >}}\na := `{{ x }}`\n\n    b < c\n{{< /highlight >}}",
        "<pre><code class=\"language-go\">a := `{{ x }}`\n\n    b &lt; c\n</code></pre>",
    ),
    (
        Dialect::Hugo,
        "[tea]({{< ref \"posts/tea.md#cup\" >}}) and [again]({{% relref \"../tea\" %}})",
        "<p><a href=\"https://hums.example/blog/posts/tea/#cup\">tea</a> and <a href=\"https://hums.example/blog/posts/tea/\">again</a></p>",
    ),
    (
        Dialect::Hugo,
        "{{% note %}}\nMind the *cup*.\n{{% /note %}}",
        "<blockquote><p><strong>Note</strong></p>\n<p>Mind the <em>cup</em>.</p>\n</blockquote>",
    ),
    (
        Dialect::Hugo,
        "{{< notice warning >}}Hot{{< /notice >}}",
        "<blockquote><p><strong>Warning</strong></p>\n<p>Hot</p>\n</blockquote>",
    ),
    (
        Dialect::Hugo,
        "`{{</* figure */>}}` shows {{</* figure */>}}",
        "<p><code>{{&lt; figure &gt;}}</code> shows {{&lt; figure &gt;}}</p>",
    ),
    (
        Dialect::Hugo,
        "{{ .Title }} stays",
        "<p>{{ .Title }} stays</p>",
    ),
    (
        Dialect::Zola,
        "{{ youtube(id=\"abc\") }}",
        "<p><a href=\"https://www.youtube.com/watch?v=abc\">https://www.youtube.com/watch?v=abc</a></p>",
    ),
    (
        Dialect::Zola,
        "{% quote(author=\"Ada\") %}\nTea.\n{% end %}",
        "<blockquote>\n<p>Tea.</p>\n<p>— Ada</p></blockquote>",
    ),
    (
        Dialect::Zola,
        "[t](@/posts/tea.md#cup)",
        "<p><a href=\"https://hums.example/blog/posts/tea/#cup\">t</a></p>",
    ),
    (
        Dialect::Zola,
        "Use {{ x }} and `{{ y() }}`.",
        "<p>Use {{ x }} and <code>{{ y() }}</code>.</p>",
    ),
    (
        Dialect::Jekyll,
        "{% highlight rust linenos %}\nlet a = 1;\n{% endhighlight %}",
        "<pre><code class=\"language-rust\">let a = 1;\n</code></pre>",
    ),
    (
        Dialect::Jekyll,
        "[a]({{ site.baseurl }}/a/) [b]({% post_url 2023-01-02-tea %}) [c]({% link _posts/2023-01-02-tea.md %})",
        "<p><a href=\"https://hums.example/blog/a/\">a</a> <a href=\"https://hums.example/blog/2024/05/01/tea.html\">b</a> <a href=\"https://hums.example/blog/2024/05/01/tea.html\">c</a></p>",
    ),
    (
        Dialect::Jekyll,
        "![x]({{ '/i/a.png' | relative_url }}){:.wide}",
        "<p><img src=\"https://hums.example/blog/i/a.png\" alt=\"x\"></p>",
    ),
    (
        Dialect::Jekyll,
        "[a]({{ site.baseurl }}{% post_url 2023-01-02-tea %}) [b]({{ site.url }}{% link _posts/2023-01-02-tea.md %}) [c]({{ site.url }}{{ site.baseurl }}{% post_url 2023-01-02-tea %})",
        "<p><a href=\"https://hums.example/blog/2024/05/01/tea.html\">a</a> <a href=\"https://hums.example/blog/2024/05/01/tea.html\">b</a> <a href=\"https://hums.example/blog/2024/05/01/tea.html\">c</a></p>",
    ),
    (
        Dialect::Jekyll,
        "[a]({{ site.baseurl }}{{ page.url }}) [b]({{ page.url | absolute_url }}) [c]({{ page.url | relative_url }})",
        "<p><a href=\"https://hums.example/blog/2024/05/01/cake.html\">a</a> <a href=\"https://hums.example/blog/2024/05/01/cake.html\">b</a> <a href=\"https://hums.example/blog/2024/05/01/cake.html\">c</a></p>",
    ),
    (
        Dialect::Jekyll,
        "{% raw %}`{{ page.title }}`{% endraw %} and {{ \"{% x %}\" }}",
        "<p><code>{{ page.title }}</code> and {% x %}</p>",
    ),
    (
        Dialect::Jekyll,
        "```liquid\n{% raw %}\n{{ page.title }}\n{% endraw %}\n```",
        "<pre><code class=\"language-liquid\">\n{{ page.title }}\n\n</code></pre>",
    ),
    (
        Dialect::Jekyll,
        "Text.\n{: .note}\n\n* TOC\n{:toc}\n\n~~~ ruby\nputs 1\n~~~\n",
        "<p>Text.</p>\n<pre><code class=\"language-ruby\">puts 1\n</code></pre>",
    ),
    (
        Dialect::Jekyll,
        "{% assign cup = \"blue\" %}A {{ cup }} cup.{% comment %}no{% endcomment %}",
        "<p>A blue cup.</p>",
    ),
    (
        Dialect::Jekyll,
        "A {% if x %}b{% else %}c{% endif %} d.",
        "<p>A b d.</p>",
    ),
    (
        Dialect::Jekyll,
        "A {% unless x %}b{% else %}c{% endunless %} d {% if x %}e{% elsif y %}f{% else %}g{% endif %}.",
        "<p>A b d e.</p>",
    ),
    (
        Dialect::Jekyll,
        "{{ page.nothing | default: \"a\" }} {{ page.title | default: \"b\" }} {{ page.x | default: page.title | upcase }}",
        "<p>a T T</p>",
    ),
    (
        Dialect::Eleventy,
        "[a]({{ '/a/' | url }}){# never #}",
        "<p><a href=\"https://hums.example/blog/a/\">a</a></p>",
    ),
    (
        Dialect::Pelican,
        "[t]({filename}../tea.md) ![i]({static}/img/a.png)",
        "<p><a href=\"https://hums.example/blog/t.html\">t</a> <img src=\"https://hums.example/blog/img/a.png\" alt=\"i\"></p>",
    ),
    (
        Dialect::Obsidian,
        "[[tea]] and [[tea#Cup|the cup]], [[nowhere]]. %%secret%%",
        "<p><a href=\"https://hums.example/blog/posts/tea/\">tea</a> and <a href=\"https://hums.example/blog/posts/tea/#Cup\">the cup</a>, nowhere.</p>",
    ),
    (
        Dialect::Hugo,
        "{{< figure src=\"/a.png\" caption=\"By [Ada](https://a.example/) & *b*\" >}}",
        "<figure><img src=\"https://hums.example/a.png\" alt=\"By Ada &amp; b\"><figcaption>By <a href=\"https://a.example/\">Ada</a> &amp; <em>b</em></figcaption></figure>",
    ),
    (
        Dialect::Hugo,
        "```rust,no_run\na\n```\n\n```js {1,3}\nb\n```\n",
        "<pre><code class=\"language-rust\">a\n</code></pre>\n<pre><code class=\"language-js\">b\n</code></pre>",
    ),
    (
        Dialect::Zola,
        "{{ note(text=\"a *b*\") }}",
        "<blockquote><p><strong>Note</strong></p>\n<p>a <em>b</em></p>\n</blockquote>",
    ),
    (
        Dialect::Jekyll,
        "Words\n:tada: and\n:not a term\n\nTerm\n: Meaning\n\nA | B\n:--|--\n1 | 2\n",
        "<p>Words\n:tada: and\n:not a term</p>\n<dl>\n<dt>Term</dt>\n<dd>Meaning</dd>\n</dl>\n<table><thead><tr><th style=\"text-align:left\">A</th><th>B</th></tr></thead><tbody>\n<tr><td style=\"text-align:left\">1</td><td>2</td></tr>\n</tbody></table>",
    ),
    (
        Dialect::Eleventy,
        "{% css %}p { color: red }{% endcss %}A",
        "<p>A</p>",
    ),
    (
        Dialect::Obsidian,
        "![[cup.PNG]] ![[b/cup.png|300]] ![[cup.png|A cup]] ![A pot|300x200](pot.png)",
        "<p><img src=\"https://hums.example/blog/posts/cake/cup.PNG\" alt=\"cup.PNG\"> <img src=\"https://hums.example/blog/posts/cake/b/cup.png\" alt=\"cup.png\"> <img src=\"https://hums.example/blog/posts/cake/cup.png\" alt=\"A cup\"> <img src=\"https://hums.example/blog/posts/cake/pot.png\" alt=\"A pot\"></p>",
    ),
    (
        Dialect::Obsidian,
        "![[tea]] ![[nowhere]] ![[a b.pdf]] ==so *it* is== a ==mark==, `==code==` a == b ^name-1\n",
        "<p><a href=\"https://hums.example/blog/posts/tea/\">tea</a> nowhere <a href=\"https://hums.example/blog/posts/cake/a%20b.pdf\">a b.pdf</a> ==so <em>it</em> is== a <mark>mark</mark>, <code>==code==</code> a == b</p>",
    ),
    (
        Dialect::Plain,
        ":::tip The pot\n\nWarm *it*.\n\n::: details\nMore\n:::\n:::\n\n::: {.wide}\nText\n:::\n\n::::note[Cup & pot]\nA\n",
        "<blockquote><p><strong>The pot</strong></p>\n<p>Warm <em>it</em>.</p>\n<details><summary>Details</summary>\n<p>More</p>\n</details>\n</blockquote>\n\n<p>Text</p>\n\n<blockquote><p><strong>Cup &amp; pot</strong></p>\n<p>A</p>\n</blockquote>",
    ),
    (
        Dialect::Plain,
        "A\n\n:::\n\n```\n:::tip\n```\n",
        "<p>A</p>\n<p>:::</p>\n<pre><code>:::tip\n</code></pre>",
    ),
    (
        Dialect::Jekyll,
        "The HTML.\n\n*[HTML]: A language\n\n<div class=\"x\">\n  <p markdown=\"1\">Use *this*</p>\n</div>\n",
        "<p>The HTML.</p>\n<div>\n\n<p>Use <em>this</em></p>\n\n</div>",
    ),
    (Dialect::Hugo, "A\n{.wide #top}\n\nB", "<p>A</p>\n<p>B</p>"),
    (
        Dialect::Jekyll,
        "{% blockquote Ada Night, The Cup %}\nTea.\n{% endblockquote %}",
        "<blockquote>\n<p>Tea.</p>\n<p>— Ada Night, The Cup</p></blockquote>",
    ),
    (
        Dialect::Jekyll,
        "{% details Click here %}\nTea.\n{% enddetails %}\n{% include toc.html %}",
        "<details><summary>Click here</summary>\n<p>Tea.</p>\n</details>",
    ),
    (
        Dialect::Jekyll,
        "{% include video id=\"x\" provider=\"youtube\" %}",
        "<p><a href=\"https://www.youtube.com/watch?v=x\">https://www.youtube.com/watch?v=x</a></p>",
    ),
    (
        Dialect::Eleventy,
        "{% image \"cup.png\", \"A cup, blue\", [null] %}",
        "<figure><img src=\"https://hums.example/blog/posts/cake/cup.png\" alt=\"A cup, blue\"></figure>",
    ),
    (
        Dialect::Jekyll,
        "{{ page.title }} of {{ page.date | date: \"%B %-d, %Y\" }}, {{ page.date | date_to_string }}, {{ page.date }}",
        "<p>T of May 1, 2024, 01 May 2024, 2024-05-01 00:00:00 +0000</p>",
    ),
    (
        Dialect::Jekyll,
        "{% capture tip %}\n#### Tip\n\nWarm *it* {% if x %}now{% endif %}:\n\n```\n{{ a }}\n```\n{% endcapture %}\n<div class=\"notice\">\n    {{ tip | markdownify }}\n</div>\n\nB",
        "<div>\n<h4 id=\"tip\">Tip</h4>\n<p>Warm <em>it</em> now:</p>\n<pre><code>{{ a }}\n</code></pre>\n\n</div>\n<p>B</p>",
    ),
    (
        Dialect::Jekyll,
        "{% capture path %}/a.png{% endcapture %}![x]({{ path }})",
        "<p><img src=\"https://hums.example/a.png\" alt=\"x\"></p>",
    ),
    (
        Dialect::Hugo,
        "The {{< param \"Title\" >}} is {{% param title %}}.",
        "<p>The T is T.</p>",
    ),
    (
        Dialect::Eleventy,
        "{{ title }} {{ page.date }}",
        "<p>T 2024-05-01 00:00:00 +0000</p>",
    ),
    (
        Dialect::Jekyll,
        "A $$a_1 * b_2 * c < d$$ b, $$ 5\n\n$$\nx * y * z\n$$\n\n* a\n^\n* b",
        "<p>A <math alttext=\"a_1 * b_2 * c &lt; d\" display=\"inline\"><msub><mi>a</mi><mn>1</mn></msub><mo>∗</mo><msub><mi>b</mi><mn>2</mn></msub><mo>∗</mo><mi>c</mi><mo>&lt;</mo><mi>d</mi></math> b, $$ 5</p>\n<p><math alttext=\"x * y * z\" display=\"block\"><mi>x</mi><mo>∗</mo><mi>y</mi><mo>∗</mo><mi>z</mi></math></p>\n<ul>\n<li>a</li>\n</ul>\n\n<ul>\n<li>b</li>\n</ul>",
    ),
    (
        Dialect::Pelican,
        "!!! note \"The pot\"\n    Warm *it*.\n\nB",
        "<blockquote>\n<p><strong>The pot</strong><br>\nWarm <em>it</em>.</p>\n</blockquote>\n<p>B</p>",
    ),
    (
        Dialect::Plain,
        "{% asset_img a.png %} [a]({% post_link tea %})",
        "<figure><img src=\"https://hums.example/blog/posts/cake/a.png\" alt=\"\"></figure> <a href=\"https://hums.example/blog/posts/tea/\">a</a>",
    ),
    (
        Dialect::Hugo,
        "A {{< glossary_tooltip term_id=\"tea-pot\" >}}.",
        "<p>A tea pot.</p>",
    ),
    (
        Dialect::Zola,
        "{{ resize_image(path=\"/static/a/cup.png\", width=9, op=\"fit\") }}\n\n{{ resize_image(path=\"cup.png\" alt=\"x\") }}",
        "<figure><img src=\"https://hums.example/blog/a/cup.png\" alt=\"\"></figure>\n<figure><img src=\"https://hums.example/blog/posts/cake/cup.png\" alt=\"x\"></figure>",
    ),
    (
        Dialect::Jekyll,
        "<div>{%- include extensions/codepen.html user='ada' hash='x1' -%}</div>\n\n{%- include image.html\n    src = \"a.png\"\n    caption = \"A *b*\"\n    -%}",
        "<div><p><a href=\"https://codepen.io/ada/pen/x1\">https://codepen.io/ada/pen/x1</a></p></div>\n<figure><img src=\"https://hums.example/blog/2024/05/01/a.png\" alt=\"A b\"><figcaption>A <em>b</em></figcaption></figure>",
    ),
    (
        Dialect::Pelican,
        "A\n\n    :::python\n    x\n\nB\n\n    #!/bin/sh\n    y\n",
        "<p>A</p>\n<pre><code class=\"language-python\">x\n</code></pre>\n<p>B</p>\n<pre><code>#!/bin/sh\ny\n</code></pre>",
    ),
    (
        Dialect::Jekyll,
        "{% img left /a.png 300 200 A blue cup %} {% img /b.png 9 \"T\" \"A cup\" %}",
        "<figure><img src=\"https://hums.example/a.png\" alt=\"A blue cup\"></figure> <figure><img src=\"https://hums.example/b.png\" alt=\"A cup\"></figure>",
    ),
    (
        Dialect::Hugo,
        "H{{< sub 2 >}}O, {{< kbd \"Ctrl C\" >}}, [up]({{< relref \"#cup\" >}})",
        "<p>H<sub>2</sub>O, <kbd>Ctrl C</kbd>, <a href=\"https://hums.example/blog/posts/cake/#cup\">up</a></p>",
    ),
    (
        Dialect::Hugo,
        "{{< mastodon url=\"https://m.example/@a/1\" >}}\n\n{{< spotify type=\"album\" id=\"x\" >}}\n\n{{< alert \"circle-info\" >}}A{{< /alert >}}",
        "<p><a href=\"https://m.example/@a/1\">https://m.example/@a/1</a></p>\n<p><a href=\"https://open.spotify.com/album/x\">https://open.spotify.com/album/x</a></p>\n<blockquote>\n<p>A</p>\n</blockquote>",
    ),
    (
        Dialect::Jekyll,
        "{% youtube https://youtu.be/x-1?t=9 %}\n\n{% youtube \"https://www.youtube.com/watch?v=x-1&t=9\" %}",
        "<p><a href=\"https://www.youtube.com/watch?v=x-1\">https://www.youtube.com/watch?v=x-1</a></p>\n<p><a href=\"https://www.youtube.com/watch?v=x-1\">https://www.youtube.com/watch?v=x-1</a></p>",
    ),
    (
        Dialect::Obsidian,
        "> [!tip]- Warm the pot\n> First.",
        "<blockquote>\n<p><strong>Warm the pot</strong></p>\n<p>First.</p>\n</blockquote>",
    ),
    (
        Dialect::Plain,
        "`${{ github.ref }}`\n\n    {{ indented }}\n\n{{ words }} {% words %}",
        "<p><code>${{ github.ref }}</code></p>\n<pre><code>{{ indented }}\n</code></pre>\n<p>{{ words }} {% words %}</p>",
    ),
];

#[test]
fn the_common_shortcodes_become_plain_html() {
    for (dialect, text, expected) in SHORTCODES {
        let body = body(*dialect, text);
        assert_eq!(body.html, *expected, "{dialect:?}: {text}");
        assert_eq!(body.warnings, [], "{text}");
    }
}

#[test]
fn what_means_nothing_elsewhere_is_left_out_and_named_with_its_line() {
    for (dialect, text, html, dropped) in [
        (
            Dialect::Hugo,
            "One\n\n{{< gallery dir=\"x\" >}}\ninner\n{{< /gallery >}}\n",
            "<p>One</p>\n<p>inner</p>",
            "`gallery`",
        ),
        (
            Dialect::Hugo,
            "One\n\n{{< t.inline >}}{{ now }}{{< /t.inline >}}\n",
            "<p>One</p>",
            "`t.inline`",
        ),
        (
            Dialect::Zola,
            "One\n\n{{ chart(a=1) }}\n",
            "<p>One</p>",
            "`chart`",
        ),
        (
            Dialect::Jekyll,
            "One\n\n{% include share.html %}\n",
            "<p>One</p>",
            "`share`",
        ),
        (
            Dialect::Jekyll,
            "One\n\n{{ site.data.x[0] }}\n",
            "<p>One</p>",
            "`{{ site.data.x[0] }}`",
        ),
        (
            Dialect::Jekyll,
            "One\n\n{% for p in site.posts %}{{ p }}{% endfor %}\n",
            "<p>One</p>",
            "`for`",
        ),
        (
            Dialect::Plain,
            "One\n\n{% include share.html x=1 %}\n",
            "<p>One</p>",
            "`share`",
        ),
        (
            Dialect::Plain,
            "One\n\n{{< gallery >}}\n",
            "<p>One</p>",
            "`gallery`",
        ),
    ] {
        let body = body(dialect, text);
        assert_eq!(body.html.replace("\n\n", "\n"), html, "{text}");
        let warning = body.warnings[0].clone().in_file("a.md").to_string();
        assert!(
            warning.starts_with(&format!("a.md:7: {dropped} is left out")),
            "{warning}"
        );
    }
}

#[test]
fn every_address_is_absolute_and_nothing_runs() {
    let text = "<a href=\"/x?a=1&amp;b=2\">a</a> <img src=\"a.png\" srcset=\"a.png 1x, b.png 2x\" onerror=\"x()\">\n\
                <video poster=\"p.jpg\" src=\"v.mp4\"></video> <blockquote cite=\"/c\">q</blockquote>\n\
                <iframe src=\"https://x.example\"></iframe><script>x()</script><a href=\"javascript:x()\">j</a>\n\n\
                ## Cup\n\n[up](#cup) note[^1]\n\n[^1]: Yes.\n";
    let html = body(Dialect::Hugo, text).html;
    for part in [
        "href=\"https://hums.example/x?a=1&amp;b=2\"",
        "src=\"https://hums.example/blog/posts/cake/a.png\"",
        "srcset=\"https://hums.example/blog/posts/cake/a.png 1x, https://hums.example/blog/posts/cake/b.png 2x\"",
        "poster=\"https://hums.example/blog/posts/cake/p.jpg\"",
        "src=\"https://hums.example/blog/posts/cake/v.mp4\"",
        "cite=\"https://hums.example/c\"",
        "href=\"https://hums.example/blog/posts/cake/#cup\"",
        "<h2 id=\"cup\">",
        "href=\"https://hums.example/blog/posts/cake/#fn:1\"",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    for part in ["script", "iframe", "onerror", "javascript"] {
        assert!(!html.contains(part), "{part}: {html}");
    }
}

#[test]
fn the_summary_ends_at_the_mark_or_is_the_first_paragraph() {
    for (text, expected) in [
        (
            "A [b][1].\n\nC.\n\n<!-- More -->\n\nD.\n\n[1]: /x\n",
            "<p>A <a href=\"https://hums.example/x\">b</a>.</p>\n<p>C.</p>",
        ),
        ("A <!--more--> b.\n", "<p>A </p>"),
        (
            "A `<!-- more -->`.\n\n<!-- more -->\n\nB.\n",
            "<p>A <code>&lt;!-- more --&gt;</code>.</p>",
        ),
        ("```\n<!-- more -->\n```\n\nB.\n", "<p>B.</p>"),
        ("A.\n\nB.\n", "<p>A.</p>"),
        ("> Q\n\nB.\n", "<p>B.</p>"),
    ] {
        let body = body(Dialect::Hugo, text);
        assert_eq!(body.summary, expected, "{text}");
        assert!(
            !body.html.contains('\u{e001}') && !body.html.contains("<!--"),
            "{}",
            body.html
        );
    }
}

#[test]
fn no_character_of_a_post_is_taken_for_a_mark() {
    for (dialect, text, expected) in [
        (
            Dialect::Hugo,
            "a &#xE020;0&#57376; b\n\n&#xe021; c",
            "<p>a \u{e020}0\u{e020} b</p>\n<p>\u{e021} c</p>",
        ),
        (
            Dialect::Hugo,
            "`&#xe000;` \u{e000} <b>&#xe001;x</b>",
            "<p><code>&amp;#xe000;</code> \u{e000} <b>\u{e001}x</b></p>",
        ),
        (
            Dialect::Jekyll,
            "{% raw %}{{ a }}{% endraw %} &#xE000; b",
            "<p>{{ a }} \u{e000} b</p>",
        ),
    ] {
        let body = body(dialect, text);
        assert_eq!(body.html, expected, "{text}");
        assert!(
            body.html.starts_with(&body.summary),
            "{text}: {}",
            body.summary
        );
    }
}

#[test]
fn hugo_reads_its_shortcodes_in_code_as_well() {
    for (text, html, dropped) in [
        (
            "```\nA {{< chart 1 >}} b\n```\n",
            "<pre><code>A  b\n</code></pre>",
            1,
        ),
        ("a `x {{% chart %}}` b\n", "<p>a <code>x </code> b</p>", 1),
        (
            "a\n\n    {{< figure src=\"/a.png\" >}}\n\nb",
            "<p>a</p>\n<figure><img src=\"https://hums.example/a.png\"></figure>\n<p>b</p>",
            0,
        ),
        (
            "```\n{{</* chart */>}} {{%/* chart */%}}\n```\n",
            "<pre><code>{{&lt; chart &gt;}} {{% chart %}}\n</code></pre>",
            0,
        ),
    ] {
        let body = body(Dialect::Hugo, text);
        assert_eq!(body.html.replace(" alt=\"\"", ""), html, "{text}");
        assert_eq!(body.warnings.len(), dropped, "{text}");
    }
    assert!(
        body(Dialect::Plain, "`{{< chart >}}`\n")
            .html
            .contains("chart")
    );
}

#[test]
fn an_embedded_page_becomes_a_link_and_an_embedded_picture_stays() {
    for (text, expected) in [
        (
            "<iframe src=\"//v.example/e?a=1&amp;b\"></iframe>",
            "<a href=\"https://v.example/e?a=1&amp;b\">v.example</a>",
        ),
        (
            "<div><noscript>\n<img src='/a.png'>\n</noscript></div>",
            "<div>\n<img src=\"https://hums.example/a.png\">\n</div>",
        ),
        ("a <noscript>*b* &lt;c</noscript>", "a <em>b</em> &lt;c"),
        ("<noscript><script>x()</script>", ""),
        (
            "<math><mi>a</mi>\n<mo>=</mo> <mn>1</mn><annotation encoding='application/x-tex'>a = 1</annotation></math> b",
            "<math alttext=\"a = 1\"><mi>a</mi>\n<mo>=</mo> <mn>1</mn></math> b",
        ),
        (
            "<IFRAME title='Film' src='/f'>x</IFRAME>",
            "<a href=\"https://hums.example/f\">Film</a>",
        ),
        (
            "<img src=\"data:image/png;base64,AA==\">",
            "<img src=\"data:image/png;base64,AA==\">",
        ),
        ("<a href=\"data:image/png;base64,AA==\">x</a>", "<a>x</a>"),
        (
            "a<img src=\"data:text/html,x\"><img alt=b><img src=''>",
            "a",
        ),
        (
            "<img srcset=\"a.png 1x, b.png <plaintext>, c.png -1x, d.png 0w, e.png 10w 20h, f.png infx\">",
            "<img srcset=\"https://hums.example/blog/posts/cake/a.png 1x, https://hums.example/blog/posts/cake/e.png 10w 20h\">",
        ),
        (
            "<img srcset=\"a.png 1x,\n/b.png 2x,c,d.png\">",
            "<img srcset=\"https://hums.example/blog/posts/cake/a.png 1x, https://hums.example/b.png 2x, https://hums.example/blog/posts/cake/c,d.png\">",
        ),
    ] {
        let html = body(Dialect::Hugo, text).html;
        let html = html
            .strip_prefix("<p>")
            .and_then(|html| html.strip_suffix("</p>"))
            .unwrap_or(&html);
        assert_eq!(html, expected, "{text}");
    }
}

#[test]
fn the_first_paragraph_is_the_summary_also_where_it_says_its_language() {
    for (text, expected) in [
        ("<p lang=de>Eins</p>\n\nTwo", "<p lang=\"de\">Eins</p>"),
        ("<pre>x</pre>\n\nTwo\n\nThree", "<p>Two</p>"),
        ("> One\n\nTwo", "<p>Two</p>"),
        ("- One", ""),
    ] {
        assert_eq!(body(Dialect::Hugo, text).summary, expected, "{text}");
    }
}

#[test]
fn a_comment_of_kramdown_is_left_out() {
    for text in [
        "A {::comment}x{:/comment}b",
        "A b\n\n{::comment}\nx\n\ny\n{:/comment}\n",
        "A b\n\n{::comment}\nx\n{:/}\n",
    ] {
        assert_eq!(body(Dialect::Jekyll, text).html, "<p>A b</p>", "{text}");
    }
}

#[test]
fn an_element_may_say_that_it_holds_markdown() {
    for (dialect, text, expected) in [
        (
            Dialect::Jekyll,
            "<div markdown=\"1\">\nA *b*\n</div>\n\nc",
            "<div>\n<p>A <em>b</em></p>\n</div>\n<p>c</p>",
        ),
        (
            Dialect::Pelican,
            "<section id='x' markdown=1>\n- a\n</section>",
            "<section id=\"x\">\n<ul>\n<li>a</li>\n</ul>\n</section>",
        ),
        (
            Dialect::Jekyll,
            "<div markdown=\"block\">\nA\n<div markdown=\"1\">*b*</div>\n</div>",
            "<div>\n<p>A</p>\n<div>\n<p><em>b</em></p>\n</div>\n</div>",
        ),
        (
            Dialect::Jekyll,
            "<div markdown=\"0\">*a*</div>",
            "<div>*a*</div>",
        ),
        (
            Dialect::Jekyll,
            "<div markdown=\"1\">\n*a*\n",
            "<div>\n*a*\n</div>",
        ),
        (
            Dialect::Jekyll,
            "`<div markdown=\"1\">` *a*",
            "<p><code>&lt;div markdown=\"1\"&gt;</code> <em>a</em></p>",
        ),
        (
            Dialect::Hugo,
            "<div markdown=\"1\">*a*</div>",
            "<div>*a*</div>",
        ),
    ] {
        assert_eq!(body(dialect, text).html, expected, "{dialect:?}: {text}");
    }
}

#[test]
fn the_text_of_an_unknown_call_stays() {
    let body = body(
        Dialect::Hugo,
        "A {{< button href=\"/x\" text=\"blue & *b*\" >}} c\n",
    );
    assert_eq!(body.html, "<p>A blue &amp; *b* c</p>");
    assert_eq!(body.warnings.len(), 1);
    let zola = self::body(
        Dialect::Zola,
        "A {{ media_caption(url=\"x.example\" text=\"blue & *b*\") }} c\n",
    );
    assert_eq!(
        (zola.html.as_str(), zola.warnings.len()),
        ("<p>A blue &amp; *b* c</p>", 1)
    );
}

#[test]
fn a_shortcode_of_any_length_is_none_that_a_reader_sees() {
    let long = "word ".repeat(5_000);
    for (dialect, text, html, dropped) in [
        (
            Dialect::Hugo,
            format!("A {{{{< chart data=\"{long}\" >}}}} b"),
            "<p>A  b</p>".to_owned(),
            1,
        ),
        (
            Dialect::Hugo,
            format!("A {{{{% chart `{long}>}}}}` %}}}} b"),
            "<p>A  b</p>".to_owned(),
            1,
        ),
        (
            Dialect::Zola,
            format!("A {{{{ chart(data=\"{long}\") }}}} b"),
            "<p>A  b</p>".to_owned(),
            1,
        ),
        (
            Dialect::Jekyll,
            format!("A {{% include chart.html data=\"{long}\" %}} b"),
            "<p>A  b</p>".to_owned(),
            1,
        ),
        (
            Dialect::Jekyll,
            format!("A {{# {long} #}}b"),
            "<p>A b</p>".to_owned(),
            0,
        ),
        (
            Dialect::Jekyll,
            format!("A {{{{ \"{long}\" }}}}b"),
            format!("<p>A {long}b</p>"),
            0,
        ),
    ] {
        let body = body(dialect, &text);
        assert_eq!(body.html, html, "{dialect:?}");
        assert_eq!(body.warnings.len(), dropped, "{dialect:?}");
    }
}

#[test]
fn braces_without_an_end_are_text_however_many_there_are() {
    // Each would take hours if every beginning were searched for its end.
    for unit in [
        "{{",
        "{{ ",
        "{{ x(",
        "{{< ",
        "{% ",
        "{: ",
        "{{ \"a ",
        "{# ",
        "{{\"}}\"",
        "{% x(\"%}\" ",
        ":::a\n",
        "$$ ",
        "!!! x\n",
        "{% capture a %}",
        "{{ a }}",
        "<p markdown=1>",
        "==a ",
    ] {
        for dialect in [
            Dialect::Hugo,
            Dialect::Zola,
            Dialect::Jekyll,
            Dialect::Obsidian,
            Dialect::Plain,
        ] {
            let text = unit.repeat((1 << 17) / unit.len());
            let shown = body(dialect, &format!("A {text}")).html;
            assert!(shown.starts_with("<p>A"), "{dialect:?}: {unit}");
        }
    }
}

#[test]
fn what_was_captured_is_shown_within_bounds() {
    let shown = body(
        Dialect::Jekyll,
        "{% capture a %}\nx {{ a }}\n{% endcapture %}{{ a }} {{ a }} b",
    )
    .html;
    assert_eq!(shown.matches('x').count(), 2, "{shown}");
    let mut text = "{% capture c0 %}\nword\n{% endcapture %}".to_owned();
    for (from, to) in (0..40).zip(1..) {
        text.push_str(&format!(
            "{{% capture c{to} %}}\n{{{{ c{from} }}}}{{{{ c{from} }}}}\n{{% endcapture %}}"
        ));
    }
    let shown = body(Dialect::Jekyll, &format!("A {text}{{{{ c40 }}}}")).html;
    assert!(
        shown.starts_with("<p>A") && shown.len() < 1 << 20,
        "{}",
        shown.len()
    );
}

#[test]
fn what_nests_too_deep_is_an_error_and_no_overflow() {
    let front = "---\ntitle: T\ndate: 2024-05-01\n---\n";
    for text in [
        ">".repeat(100_000),
        "<div>".repeat(100_000),
        "- ".repeat(10_000),
        "<b>".repeat(100_000),
    ] {
        let whole = format!("{front}{text}x\n");
        let post = post("a.md", &whole, Dialect::Plain);
        let habits = Habits::of(Dialect::Plain, chrono_tz::UTC);
        let error =
            super::body(&post, &whole, &site(), &habits, &[], &Index::default()).unwrap_err();
        assert!(error.message.contains("nests more than"), "{error}");
    }
}

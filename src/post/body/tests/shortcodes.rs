//! Tests the HTML of the shortcodes of each dialect.

use crate::config::Dialect;

use super::render_body;

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
        "A {{< highlight go >}}b < *c*{{< /highlight >}}\n\n> {{< highlight go >}}d{{< /highlight >}} e\n\n> {{< highlight go >}}f{{< /highlight >}}",
        "<p>A <code class=\"language-go\">b &lt; *c*</code></p>\n<blockquote>\n<p><code class=\"language-go\">d</code> e</p>\n</blockquote>\n<blockquote>\n<pre><code class=\"language-go\">f\n</code></pre>\n</blockquote>",
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
        "![x](/i/a.png){:width=\"100%\" srcset=\"{{ site.baseurl }}/i/b.png 2x\"} {: a {b",
        "<p><img src=\"https://hums.example/i/a.png\" alt=\"x\"> {: a {b</p>",
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
        let body = render_body(*dialect, text);
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
        let body = render_body(dialect, text);
        assert_eq!(body.html.replace("\n\n", "\n"), html, "{text}");
        let warning = body.warnings[0].clone().in_file("a.md").to_string();
        assert!(
            warning.starts_with(&format!("a.md:7: {dropped} is left out")),
            "{warning}"
        );
    }
}

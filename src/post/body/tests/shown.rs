//! Pictures, players, formulas and drawings: what feeds show of them.

use crate::config::Dialect;

use super::render_body;

/// The HTML of a text without its paragraph.
fn shown(text: &str) -> String {
    let html = render_body(Dialect::Hugo, text).html;
    let inside = html
        .strip_prefix("<p>")
        .and_then(|html| html.strip_suffix("</p>"));
    inside.unwrap_or(&html).to_owned()
}

#[test]
fn a_lazy_picture_has_its_real_address() {
    let real = "<img src=\"https://hums.example/real.png\" alt=\"A\">";
    for name in [
        "data-flickity-lazyload",
        "data-flickity-lazyload-src",
        "data-lazy-original",
        "data-lazyload-src",
        "data-src-lazy",
        "data-lazy-image",
    ] {
        let text = format!("<img src=\"/spacer.gif\" {name}=\"/real.png\" alt=\"A\">");
        let html = shown(&text);
        assert!(
            html.contains("src=\"https://hums.example/real.png\""),
            "{html}"
        );
        assert!(
            !html.contains("spacer") && !html.contains("data-"),
            "{html}"
        );
    }
    for (text, expected) in [
        (
            "<img src=\"data:image/gif;base64,R0\" data-src=\"/real.png\" alt=\"A\">",
            real,
        ),
        ("<img data-src='/real.png' alt=A>", real),
        ("<img src=\"\" data-original=\"/real.png\" alt=\"A\">", real),
        (
            "<img src=\"/blank.gif\" data-lazy-src=\"/real.png\" alt=\"A\">",
            real,
        ),
        (
            "<img src=\"/loading.svg\" data-lazyload=\"/real.png\" alt=\"A\">",
            real,
        ),
        (
            "<img src=\"/s.png\" data-lazy=\"/real.png\" alt=\"A\">",
            real,
        ),
        (
            "<img src=\"data:image/gif;base64,R0\" data-src=\"/real.png\" alt=\"A\"><noscript><img src=\"/real.png\" alt=\"A\"></noscript>",
            real,
        ),
        (
            "<noscript><img src=\"/real.png\" alt=\"A\"></noscript><img data-src=\"/real.png\" alt=\"A\">",
            real,
        ),
        (
            "<img class=\"lazy\" src=\"data:image/gif;base64,R0\"><noscript><img src=\"/real.png\" alt=\"A\"></noscript>",
            real,
        ),
        (
            "<img src=\"data:x\" data-srcset=\"/a.png 1x, /b.png 2x\" alt=\"A\">",
            "<img src=\"https://hums.example/a.png\" alt=\"A\" srcset=\"https://hums.example/a.png 1x, https://hums.example/b.png 2x\">",
        ),
        (
            "<img srcset=\"/a.png 2x\" alt=\"A\">",
            "<img src=\"https://hums.example/a.png\" alt=\"A\" srcset=\"https://hums.example/a.png 2x\">",
        ),
        (
            "<img src=\"data:image/gif;base64,R0\" srcset=\"/a.png, /b.png 2x\" alt=\"A\">",
            "<img src=\"https://hums.example/a.png\" alt=\"A\" srcset=\"https://hums.example/a.png, https://hums.example/b.png 2x\">",
        ),
        (
            "<img src=\"/real.png\" srcset=\"/b.png 2x\" alt=\"A\">",
            "<img src=\"https://hums.example/real.png\" alt=\"A\" srcset=\"https://hums.example/b.png 2x\">",
        ),
        (
            "<picture><source data-srcset=\"/a.webp\" type=\"image/webp\"><img data-src=\"/real.png\" alt=\"A\"></picture>",
            "<picture><source type=\"image/webp\" srcset=\"https://hums.example/a.webp\"><img src=\"https://hums.example/real.png\" alt=\"A\"></picture>",
        ),
        (
            "<img src=\"/real.png\" data-src=\"javascript:x\" alt=\"A\">",
            real,
        ),
        ("<img src=\"/real.png\" data-src=\"\" alt=\"A\">", real),
        ("<img src=\"/real.png\" data-lazy=\"true\" alt=\"A\">", real),
    ] {
        let html = shown(text);
        let parts = |html: &str| {
            let mut parts: Vec<String> = html.split(['<', '>', ' ']).map(str::to_owned).collect();
            parts.sort();
            parts
        };
        assert_eq!(parts(&html), parts(expected), "{text}: {html}");
    }
}

#[test]
fn a_player_becomes_a_link_to_its_page() {
    for (text, expected) in [
        (
            "<iframe src=\"https://www.youtube.com/embed/abc\" title=\"YouTube video player\"></iframe>",
            "<a href=\"https://www.youtube.com/watch?v=abc\">YouTube</a>",
        ),
        (
            "<iframe title=\"Tea & cake\" data-src=\"//player.vimeo.com/video/12\"></iframe>",
            "<a href=\"https://vimeo.com/12\">Tea &amp; cake</a>",
        ),
        (
            "<iframe src=\"https://open.spotify.com/embed/track/x\"></iframe>",
            "<a href=\"https://open.spotify.com/track/x\">Spotify</a>",
        ),
        (
            "<object data=\"https://www.youtube.com/v/abc\">old</object>",
            "<a href=\"https://www.youtube.com/watch?v=abc\">YouTube</a>",
        ),
        (
            "<embed src=\"/a/tea.pdf\">",
            "<a href=\"https://hums.example/a/tea.pdf\">tea.pdf</a>",
        ),
        (
            "<object data=\"/tea.pdf\" type=\"application/pdf\">How to <b>brew</b></object>",
            "<a href=\"https://hums.example/tea.pdf\">How to brew</a>",
        ),
        (
            "<object data=\"/tea.pdf\">Your browser shows no PDF.</object>",
            "<a href=\"https://hums.example/tea.pdf\">tea.pdf</a>",
        ),
        (
            "<object data=\"/tea.pdf\">No PDF? <a href=\"/tea.pdf\">Load it</a>.</object>",
            "No PDF? <a href=\"https://hums.example/tea.pdf\">Load it</a>.",
        ),
        (
            "<object type=\"image/svg+xml\" data=\"/pot.svg\">A pot</object>",
            "<img src=\"https://hums.example/pot.svg\" alt=\"A pot\">",
        ),
        (
            "<object type=\"image/svg+xml\" data=\"/pot.svg\"><img src=\"/pot.png\" alt=\"A pot\"></object>",
            "<img src=\"https://hums.example/pot.png\" alt=\"A pot\">",
        ),
        (
            "<object><param name=\"movie\"><embed src=\"https://www.youtube.com/v/abc\"></object>",
            "<a href=\"https://www.youtube.com/watch?v=abc\">YouTube</a>",
        ),
        ("<object data=\"javascript:x()\">A pot</object>", "A pot"),
        (
            "<embed src=\"/tea.pdf\"><noembed><a href=\"/tea.html\">Tea</a></noembed>",
            "<a href=\"https://hums.example/tea.pdf\">tea.pdf</a>",
        ),
        (
            "<embed><noembed><a href=\"/tea.html\">Tea</a></noembed>",
            "<a href=\"https://hums.example/tea.html\">Tea</a>",
        ),
        (
            "<lite-youtube videoid=\"abc\" playlabel=\"Play: Tea\"><a href=\"/x\">Play</a></lite-youtube>",
            "<a href=\"https://www.youtube.com/watch?v=abc\">Play: Tea</a>",
        ),
        (
            "<Lite-Vimeo VideoID=12></Lite-Vimeo>",
            "<a href=\"https://vimeo.com/12\">Vimeo</a>",
        ),
        (
            "<youtube-video src=\"https://www.youtube.com/embed/abc\" title=\"YouTube video\"></youtube-video>",
            "<a href=\"https://www.youtube.com/watch?v=abc\">YouTube</a>",
        ),
        (
            "<amp-youtube data-videoid=\"abc\" title=\"Tea\"></amp-youtube>",
            "<a href=\"https://www.youtube.com/watch?v=abc\">Tea</a>",
        ),
        ("<lite-youtube>Tea</lite-youtube>", "Tea"),
        (
            "<script src=\"https://gist.github.com/a/1.js\"></script>",
            "<a href=\"https://gist.github.com/a/1\">gist</a>",
        ),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn a_player_is_a_paragraph_of_its_own() {
    let one = "<iframe src=\"https://a.example/1\" title=\"One\"></iframe>";
    let two = "<embed src=\"https://a.example/2\" title=\"Two\">";
    let none = "<iframe></iframe>";
    let (a, b) = (
        "<a href=\"https://a.example/1\">One</a>",
        "<a href=\"https://a.example/2\">Two</a>",
    );
    for (text, expected) in [
        (format!("{one}{two}"), format!("<p>{a}</p><p>{b}</p>")),
        (format!("{one}\n{two}"), format!("<p>{a}</p>\n<p>{b}</p>")),
        (
            format!("x {one} y"),
            format!("<p>x </p><p>{a}</p><p> y</p>"),
        ),
        (
            format!("x *{two} y*"),
            format!("<p>x <em></em></p><p><em>{b}</em></p><p><em> y</em></p>"),
        ),
        (
            format!("<div>{one}{two}</div>"),
            format!("<div><p>{a}</p><p>{b}</p></div>"),
        ),
        (
            format!("<div>x {one} y</div>"),
            format!("<div>x <p>{a}</p> y</div>"),
        ),
        (
            format!("- {one}"),
            format!("<ul>\n<li><p>{a}</p></li>\n</ul>"),
        ),
        (format!("# x{one}y"), format!("<h1 id=\"xy\">x {a} y</h1>")),
        (format!("{one}{none}{two}"), format!("<p>{a}</p><p>{b}</p>")),
        (format!("x {none} y"), "<p>x  y</p>".to_owned()),
        (
            format!("x\n\n{none}\n\ny"),
            "<p>x</p>\n\n<p>y</p>".to_owned(),
        ),
        (format!("<p>{none}\n</p>"), String::new()),
    ] {
        assert_eq!(render_body(Dialect::Plain, &text).html, expected, "{text}");
    }
}

#[test]
fn a_formula_stays_a_formula() {
    for (text, expected) in [
        (
            "<math display=\"block\"><msup><mi>e</mi><mi>x</mi></msup></math>",
            "<math display=\"block\"><msup><mi>e</mi><mi>x</mi></msup></math>",
        ),
        (
            "<math><semantics><mi>a</mi><annotation encoding=\"application/x-tex\">a &lt; b</annotation></semantics></math>",
            "<math alttext=\"a &lt; b\"><semantics><mi>a</mi></semantics></math>",
        ),
        (
            "<math onclick=\"x()\" href=\"/y\"><mi href=\"javascript:x\" mathvariant=\"normal\">a</mi></math>",
            "<math><mi mathvariant=\"normal\">a</mi></math>",
        ),
        (
            "<math><maction actiontype=\"statusline\" xlink:href=\"javascript:x\"><mi>a</mi></maction></math>",
            "<math><mi>a</mi></math>",
        ),
        (
            "<span class=\"katex\"><math><mi>a</mi></math><span class=\"katex-html\" aria-hidden=\"true\">a</span></span>",
            "<span><math><mi>a</mi></math></span>",
        ),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
    for text in [
        "<math><annotation-xml encoding=\"text/html\"><script>x()</script><img src=x onerror=x()></annotation-xml></math>",
        "<math><mtext><table><mglyph><style><img src=x onerror=x()>",
        "<math><mi//xlink:href=\"data:x,<script>x()</script>\">",
        "<math><mtext><img src=x onerror=x()></mtext></math>",
    ] {
        let html = shown(text);
        assert!(
            !html.contains("onerror") && !html.contains("script"),
            "{text}: {html}"
        );
    }
}

#[test]
fn a_drawing_is_an_image_of_its_file() {
    for (dialect, before, after) in [
        (Dialect::Hugo, "a ", " b"),
        (Dialect::Plain, "**a** ", " b"),
        (
            Dialect::Jekyll,
            "<!-- <svg><path d=\"M1\"/></svg> -->\n\n",
            "\n",
        ),
    ] {
        let drawing = "<svg viewBox=\"0 0 9 9\"><title>Tea</title><path d=\"M0\"/></svg>";
        let body = render_body(dialect, &format!("{before}{drawing}{after}"));
        let [file] = body.drawings.as_slice() else {
            panic!("{body:?}");
        };
        let image = format!("<img src=\"{}\" alt=\"Tea\">", file.address);
        assert!(body.html.contains(&image), "{}", body.html);
        assert!(body.summary.contains(&image), "{}", body.summary);
        let folder = "https://hums.example/blog/drawing/";
        assert!(file.address.starts_with(folder), "{}", file.address);
        assert_eq!(
            file.svg,
            format!(
                "<?tidings {folder}?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"><title>Tea</title><path d=\"M0\"></path></svg>\n"
            )
        );
        assert_eq!(body.warnings, []);
    }
    // Blank lines within it end the HTML for Markdown; a fence shows its source.
    for text in [
        "<svg>\n\n<path d=\"M0\"/>\n\nx\n\n</svg>",
        "```\n<svg><path d=\"M0\"/></svg>\n```",
    ] {
        assert_eq!(render_body(Dialect::Hugo, text).drawings, [], "{text}");
    }
}

#[test]
fn players_keep_their_controls_and_times_their_instant() {
    for (text, expected) in [
        (
            "<time datetime=\"2024-05-01\">May</time>",
            "<time datetime=\"2024-05-01\">May</time>",
        ),
        (
            "<table><tr><td style=\"text-align: expression(x)\">a",
            "<table><tbody><tr><td>a</td></tr></tbody></table>",
        ),
        (
            "<table><tr><td style=\"text-align:center;color:red\">a",
            "<table><tbody><tr><td style=\"text-align:center\">a</td></tr></tbody></table>",
        ),
        (
            "<table><tr><td style=\"text-align:url(x)\">a",
            "<table><tbody><tr><td>a</td></tr></tbody></table>",
        ),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
    for text in [
        "<audio src=\"/a.mp3\" controls></audio>",
        "<video controls src=\"/a.mp4\"></video>",
    ] {
        assert!(shown(text).contains("controls"), "{text}");
    }
}

#[test]
fn elements_that_no_feed_shows_are_counted_in_one_warning() {
    let text = "a\n\n<canvas></canvas>\n<form><select><option>x</option></select></form>\n<canvas></canvas>\n<iframe></iframe>";
    let warnings = render_body(Dialect::Hugo, text).warnings;
    let [warning] = warnings.as_slice() else {
        panic!("{warnings:?}");
    };
    assert!(
        warning
            .message
            .starts_with("2 `<canvas>`, 1 `<form>`, 1 `<iframe>` left out"),
        "{}",
        warning.message
    );
    for text in [
        "<svg aria-hidden=true></svg>",
        "`<canvas>`",
        "<script>x()</script>",
        "<canvasser>",
    ] {
        assert_eq!(render_body(Dialect::Hugo, text).warnings, [], "{text}");
    }
}

#[test]
fn nothing_of_a_form_is_shown() {
    let form = "<form action=\"/join\">\n<label>Your mail</label>\n<input type=\"email\">\n<button>Sign up</button>\n</form>";
    let body = render_body(Dialect::Hugo, &format!("a\n\n{form}\n\nb\n\n- [x] c\n"));
    let list = "<ul>\n<li><input disabled=\"\" type=\"checkbox\" checked=\"\">\nc</li>\n</ul>";
    assert_eq!(
        body.html.replace("\n\n", "\n"),
        format!("<p>a</p>\n<p>b</p>\n{list}")
    );
    let said: Vec<&str> = body
        .warnings
        .iter()
        .map(|one| one.message.as_str())
        .collect();
    assert!(
        matches!(said[..], [one] if one.starts_with("1 `<form>` left out")),
        "{said:?}"
    );
}

#[test]
fn a_long_text_stays_whole() {
    for (part, shown) in [
        ("&amp; ", "&amp; "),
        ("\u{a0}", "&nbsp;"),
        ("é&lt;", "é&lt;"),
        ("a&nbsp;b", "a&nbsp;b"),
        ("&&", "&amp;&amp;"),
    ] {
        let count = (1 << 16) / part.len();
        let text = format!("<div>{}x</div>", part.repeat(count));
        let html = render_body(Dialect::Hugo, &text).html;
        let expected = format!("<div>{}x</div>", shown.repeat(count));
        assert!(
            html == expected,
            "{part}: {} of {}",
            html.len(),
            expected.len()
        );
    }
}

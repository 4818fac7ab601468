//! A text that grows beyond its budget is an error with its line, and costs little.

use crate::config::Dialect;

use super::{post, site, try_render};
use crate::post::Index;
use crate::post::body::render_body;
use crate::post::dialect::Habits;

#[test]
fn a_text_that_grows_without_end_is_an_error_with_its_line() {
    let doubling = "{% assign a = a | append: a %}\n".repeat(40);
    let chained = format!("{{{{ a {} }}}}", "| append: a ".repeat(2_000));
    let long = "x".repeat(50 << 10);
    let mut captures = String::new();
    for (at, next) in (0..30).zip(1..) {
        captures.push_str(&format!(
            "{{% capture c{next} %}}{{{{ c{at} }}}}{{{{ c{at} }}}}{{% endcapture %}}\n"
        ));
    }
    for (dialect, text, line) in [
        (
            Dialect::Jekyll,
            format!(
                "{{% assign a = \"{}\" %}}\n{doubling}{{{{ a }}}}",
                "tea".repeat(40)
            ),
            Some(4..60),
        ),
        (
            Dialect::Jekyll,
            format!(
                "{{% assign a = \"{long}\" %}}\n\n{}",
                "{{ a }}\n".repeat(10_000)
            ),
            Some(7..700),
        ),
        (
            Dialect::Jekyll,
            format!("{{% assign a = \"{long}\" %}}\n{chained}"),
            Some(6..7),
        ),
        (
            Dialect::Eleventy,
            format!(
                "{{% set a = \"{long}\" %}}\n{}",
                "{% set b = a | upcase %}\n".repeat(10_000)
            ),
            Some(5..700),
        ),
        (
            Dialect::Jekyll,
            format!("{{% capture c0 %}}\n{long}\n{{% endcapture %}}{captures}{{{{ c30 }}}}"),
            None,
        ),
        (
            Dialect::Hugo,
            format!("[a](b{long})\n\n[c]: /{long}\n\n{}", "[c] ".repeat(1 << 16)),
            None,
        ),
        (
            Dialect::Plain,
            format!("{{{{ note(text=\"{long}\") }}}}\n").repeat(20),
            None,
        ),
    ] {
        let start = &text[..60];
        match (try_render(dialect, &text), line) {
            (Ok(body), None) => assert!(body.html.len() < 16 * text.len() + (1 << 20), "{start}"),
            (Ok(_), Some(_)) => panic!("no bound: {start}"),
            (Err(error), line) => {
                let shown = error.clone().in_file("a.md").to_string();
                assert!(error.message.contains("the text grows to more"), "{shown}");
                let number = shown.split(':').nth(1).unwrap();
                let number: usize = number.parse().unwrap_or_default();
                assert!(
                    line.is_none_or(|line| line.contains(&number)),
                    "{shown}: {start}"
                );
            }
        }
    }
}

#[test]
fn a_key_of_the_front_matter_is_not_repeated_without_end() {
    let whole = format!(
        "+++\ntitle = \"T\"\ndate = 2024-05-01\n[params]\na = \"{}\"\n+++\n{}",
        "tea ".repeat(12_000),
        "{{< param \"a\" >}}\n\n".repeat(10_000)
    );
    let post = post("posts/cake.md", &whole, Dialect::Hugo);
    let habits = Habits::new(Dialect::Hugo, chrono_tz::UTC);
    let error = render_body(&post, &whole, &site(), &habits, &[], &Index::default()).unwrap_err();
    let shown = error.in_file("cake.md").to_string();
    assert!(shown.starts_with("cake.md:"), "{shown}");
    assert!(shown.contains("the text grows to more than"), "{shown}");
}

#[test]
fn a_name_in_a_component_stands_for_no_more_than_the_budget() {
    let long = "x".repeat(50_000);
    let import = format!("import a from \"./{long}.png\"\n\n");
    let front = format!("+++\ntitle = \"T\"\ndate = 2024-05-01\na = \"{long}\"\n+++\n");
    let plain = "---\ntitle: T\ndate: 2024-05-01\n---\n";
    for (start, part) in [
        (format!("{plain}{import}"), "<Image src={a}/>\n"),
        (format!("{plain}{import}"), "<Unknown src={a}/>\n"),
        (format!("{plain}{import}"), "<img src={a}/>\n"),
        (format!("{plain}{import}"), "<A b={a} c={a}>d</A>\n"),
        (front.clone(), "{frontmatter.a}\n"),
        (front, "<Image src={meta.a}/>\n"),
    ] {
        let whole = format!("{start}{}", part.repeat(10_000));
        let post = post("posts/cake.mdx", &whole, Dialect::Astro);
        let habits = Habits::new(Dialect::Astro, chrono_tz::UTC);
        let error =
            render_body(&post, &whole, &site(), &habits, &[], &Index::default()).unwrap_err();
        let shown = error.in_file("cake.mdx").to_string();
        assert!(shown.contains("the text grows to more than"), "{shown}");
        // The reading ends where the budget does, at one of the first uses.
        let line: usize = shown.split(':').nth(1).unwrap().parse().unwrap();
        assert!((6..200).contains(&line), "{part}: {shown}");
    }
}

#[test]
fn a_text_that_repeats_a_little_stays() {
    for (dialect, text) in [
        (
            Dialect::Jekyll,
            format!(
                "{{% assign a = \"{}\" %}}{}",
                "tea ".repeat(500),
                "{{ a }}\n".repeat(50)
            ),
        ),
        (
            Dialect::Hugo,
            "{{< youtube w7Ft2ymGmfc >}}\n\n".repeat(5_000),
        ),
        (Dialect::Hugo, "[a](b) \"x\" & <br>\n\n".repeat(5_000)),
        (Dialect::Zola, "[t](@/posts/tea.md#cup)\n".repeat(5_000)),
    ] {
        assert!(try_render(dialect, &text).is_ok(), "{dialect:?}");
    }
}

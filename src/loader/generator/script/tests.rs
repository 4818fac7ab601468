//! Values that are read out of scripts.

use super::ConfigScript;

#[test]
fn an_object_and_a_switch_of_a_script_are_read() {
    let text = "x = { noblog: { a: 'x' }, blog: { path: 'news', o: { b: 'y' }, showTime: true }, cleanUrls: false }";
    let script = ConfigScript::parse(text);
    let blog = script.whole().list_objects("blog")[0];
    assert_eq!(blog.find_text("path"), Some("news"));
    assert_eq!(blog.find_text("a"), None);
    assert_eq!(script.whole().find_switch("cleanUrls"), Some(false));
    assert_eq!(script.whole().find_switch("showTime"), Some(true));
    for text in ["blog: false", "blog", "'/blog': { a: 1 }", "// blog: {}"] {
        let script = ConfigScript::parse(text);
        assert!(script.whole().list_objects("blog").is_empty(), "{text}");
        assert_eq!(
            script.whole().find_switch("blog"),
            Some(false).filter(|_| text == "blog: false")
        );
    }
}

#[test]
fn a_text_that_a_script_assigns_is_read() {
    for (text, name, expected) in [
        (
            "export const SITE_TITLE = 'Hums';",
            "SITE_TITLE",
            Some("Hums"),
        ),
        (
            "{ site: \"https://x.example\", }",
            "site",
            Some("https://x.example"),
        ),
        ("{ \"title\": `Hums` }", "title", Some("Hums")),
        ("{ subtitle: 'a', title: 'b' }", "title", Some("b")),
        ("{ page: { title: 'a' }, title: 'b' }", "title", Some("b")),
        ("{ // title: 'a'\n title: 'b' }", "title", Some("b")),
        ("{ text: \"title: 'a'\", title: 'b' }", "title", Some("b")),
        ("{ title: name, x: 'b' }", "title", None),
        ("{ title: `a ${b}` }", "title", None),
        ("{ title: 'it\\'s' }", "title", None),
        ("{ title: 'a' + b }", "title", None),
        ("{ title: '' }", "title", None),
        ("page.title = 'a'", "title", None),
        ("title", "title", None),
    ] {
        let script = ConfigScript::parse(text);
        assert_eq!(script.whole().find_text(name), expected, "{text}");
    }
}

#[test]
fn only_a_key_of_the_exported_object_itself_is_read() {
    for (text, expected) in [
        ("export default { base: '/a' }", Some("/a")),
        (
            "export default defineConfig({ x: { base: '/b' }, base: '/a' })",
            Some("/a"),
        ),
        ("export default defineConfig({ x: { base: '/b' } })", None),
        (
            "export default defineConfig({ x: [[f, { base: '/b' }]] }); const y = { base: '/b' }",
            None,
        ),
        (
            "export default withX(defineConfig<T>({ 'base': '/a' }))",
            Some("/a"),
        ),
        (
            "export default defineConfig(({ mode }) => ({ base: '/a' }))",
            Some("/a"),
        ),
        (
            "export default defineConfig(async (): Config => { const y = { base: '/b' }; if (z) { return {} }\n return { base: '/a' } })",
            Some("/a"),
        ),
        (
            "export default async function (c) { f(c)\n return { base: '/a' } }",
            Some("/a"),
        ),
        (
            "module.exports = c => { return { base: '/a' } }",
            Some("/a"),
        ),
        (
            "const x: T = { base: '/a' } as const\nexport default x",
            Some("/a"),
        ),
        (
            "const x: { y: T } = { base: '/a' } satisfies T\nexport default x satisfies T",
            Some("/a"),
        ),
        (
            "const base = '/a'\nconst y = '/b'\nexport default { base }",
            Some("/a"),
        ),
        (
            "const BASE = '/a', y = 1; export default { base: BASE }",
            Some("/a"),
        ),
        (
            "const SITE = { base: '/a' }; export default { base: SITE.base }",
            Some("/a"),
        ),
        (
            "const root = '/a'; export default { base: `${root}/b` }",
            Some("/a/b"),
        ),
        (
            "const x = { base: '/a' }; export default { y: 1, ...x }",
            Some("/a"),
        ),
        (
            "const base = process.env.BASE; export default { base }",
            None,
        ),
        ("const base = base; export default { base }", None),
        ("const x = { ...x }; export default x", None),
        ("export default { base: a ? '/b' : '/c' }", None),
        ("export default { base: '/b'.trim() }", None),
        ("{ \"base\": \"/a\" }", Some("/a")),
        ("export default", None),
        ("export default {", None),
        ("export default f(", None),
        ("export default function", None),
        ("", None),
    ] {
        let script = ConfigScript::parse(text);
        let found = script
            .find_exported()
            .and_then(|config| config.text_of("base"));
        assert_eq!(found.as_deref(), expected, "{text}");
    }
}

#[test]
fn a_script_that_names_ever_more_objects_ends() {
    let mut text = String::new();
    for at in 0..9 {
        let spread = format!("...o{}, ", at + 1).repeat(60);
        text.push_str(&format!("const o{at} = {{ {spread} }};\n"));
    }
    text.push_str("export default o0;\n");
    let script = ConfigScript::parse(&text);
    let exported = script.find_exported().unwrap();
    assert!(exported.get("site").is_none());
    assert_eq!(script.steps.get(), 0);
}

#[test]
fn what_is_exported_is_followed_by_name_type_and_call() {
    for text in [
        "const config: UserConfig<A, B> = { site: 'x' }; export default config",
        "const config: Partial<Record<string, () => void>> = { site: 'x' }; export default config",
        "const config = define({ site: 'x' }); export { config as default }",
        "export default <UserConfig>{ site: 'x' }",
        "function make() { return { site: 'x' } } export default define(make)",
        "const make = () => ({ site: 'x' }); export default make()",
        "async function make() { return { site: 'x' } } module.exports = make;",
        "export default Object.assign({}, { site: 'x' })",
        "const shared = { ...(prod ? { site: 'x' } : {}) }; export default { a: 1, ...shared }",
        "function f() { const config = { a: 1 } } const config = { site: 'x' }; export default config",
        "if (prod) { module.other = { site: 'x' } }",
    ] {
        let script = ConfigScript::parse(text);
        assert_eq!(script.text_of("site").as_deref(), Some("x"), "{text}");
    }
}

#[test]
fn a_text_stands_in_for_a_value_that_only_a_run_knows() {
    for (text, expected) in [
        (
            "x = { url: process.env.URL || 'y', social: { url: 'z' } }",
            Some("y"),
        ),
        ("x = { url: process.env.URL ?? 'y' }", Some("y")),
        ("x = { url: f(a || 'y') }", None),
    ] {
        let script = ConfigScript::parse(text);
        assert_eq!(script.whole().find_text("url"), expected, "{text}");
    }
}

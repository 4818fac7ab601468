//! Tests the HTML of MDX texts.

use crate::post::body::budget::Budget;
use crate::post::body::marks::Marks;
use crate::post::body::mdx::StrippedMdx;

fn read(text: &str) -> StrippedMdx {
    let said = [
        ("a", "A *b* <c>"),
        ("hero.src", "/h.png"),
        ("coverimage", "/c.png"),
    ];
    let said = said.map(|(key, value)| (key.to_owned(), value.to_owned()));
    super::to_markdown(
        text,
        said.into_iter(),
        Marks::for_texts([text]),
        &Budget::for_source(text),
    )
    .unwrap()
}

fn to_markdown(text: &str) -> String {
    read(text).text
}

#[test]
fn a_component_of_any_length_is_left_out() {
    let rows = "{ a: 1 > 0 },\n".repeat(2_000);
    let lines = "\n".repeat(2_000);
    for (text, expected) in [
        (
            format!("A <Chart data={{[{rows}]}} /> b\n"),
            format!("A {lines} b\n"),
        ),
        (
            format!("export const data = [{rows}]\nText\n"),
            format!("{lines}\nText\n"),
        ),
    ] {
        assert_eq!(to_markdown(&text), expected);
    }
    let open = "<A {".repeat(1 << 16);
    assert_eq!(to_markdown(&open), open);
}

#[test]
fn what_is_no_text_is_left_out_line_for_line() {
    for (text, expected) in [
        ("import X from './x'\n\nText\n", "\n\nText\n"),
        ("import {\n  A,\n} from \"a\"\nText\n", "\n\n\nText\n"),
        (
            "export const meta = {\n  a: [1,\n  2],\n}\nText\n",
            "\n\n\n\nText\n",
        ),
        ("import taxes rose\n", "import taxes rose\n"),
        ("A {/* b\nc */}d\n", "A \nd\n"),
        ("A{' '}b {page.title} {`c`} {`${d}`} e\n", "A b  c  e\n"),
        ("A {list.map((x) => (\n  <b>{x}</b>\n))} b\n", "A \n\n b\n"),
        ("## Cup {#cup}\n", "## Cup {#cup}\n"),
        (
            "A $\\frac{a}{b}$ and\n$$\nx^{2}\n$$\n",
            "A $\\frac{a}{b}$ and\n$$\nx^{2}\n$$\n",
        ),
        ("$5 {a} and \\{b} $6\n", "$5  and \\{b} $6\n"),
        ("`{x}` {never closed\n", "`{x}` {never closed\n"),
        (
            "A <X prop={{a: 1 > 0}} /> b <Layout>c</Layout>\n",
            "A  b c\n",
        ),
        (
            "<X a=\"1 > 0\" b='>'>c</X> <m.div x=\"y\">d</m.div> <>e</>",
            "c d e",
        ),
        ("<a.b@x.example>", "<a.b@x.example>"),
        ("`<X a={{b}} />` <B>\n", "`<X a={{b}} />` \n"),
        (
            "```js\nexport const a = {\n```\n<DIV>x</DIV>\n",
            "```js\nexport const a = {\n```\n<DIV>x</DIV>\n",
        ),
        ("{/* never closed\n", "{/* never closed\n"),
        (
            "<iframe src=\"/a>b\" />\n\nText",
            "<iframe src=\"/a>b\"></iframe>\n\nText",
        ),
        (
            "<audio\n  controls\n  src='t.mp3'\n/>\nText",
            "<audio\n  controls\n  src='t.mp3'\n></audio>\nText",
        ),
        (
            "A <span/> <my-tag /> b",
            "A <span></span> <my-tag></my-tag> b",
        ),
        (
            "<video src={'/a.mp4'} style={{\n  width: '1px',\n}} />\n",
            "<video src=\"/a.mp4\"></video>\n\n\n",
        ),
        (
            "<img src={useUrl('/a.png')} style={{ width: '3em' }} />",
            "<img src=\"/a.png\"  />",
        ),
        (
            "<img src={require('./a.png').default} alt={'a' + b} onClick={() => x('y')} />",
            "<img src=\"./a.png\"   />",
        ),
        (
            "<p className={`a ${b}`}>c</p> <i {...rest}>d</i>",
            "<p >c</p> <i >d</i>",
        ),
        (
            "<img src=\"a.png\" /> <br/> <https://x.example/> a <b",
            "<img src=\"a.png\" /> <br/> <https://x.example/> a <b",
        ),
        (
            "`<iframe />`\n\n```\n<iframe />\n```\n",
            "`<iframe />`\n\n```\n<iframe />\n```\n",
        ),
    ] {
        assert_eq!(to_markdown(text), expected, "{text}");
    }
}

#[test]
fn common_components_become_html_and_others_are_named_with_their_line() {
    for (text, slots, dropped) in [
        (
            "<YouTube id=\"a\" />",
            &[
                "<p><a href=\"https://www.youtube.com/watch?v=a\">https://www.youtube.com/watch?v=a</a></p>",
            ][..],
            &[][..],
        ),
        (
            "<Figure src=\"/x.png\" caption=\"Cap\"/>",
            &["<figure><img src=\"/x.png\" alt=\"Cap\"><figcaption>Cap</figcaption></figure>"],
            &[],
        ),
        (
            "import pic from './pic.png'\n\n<Image src={pic} alt=\"A\" width={300} />",
            &["<figure><img src=\"./pic.png\" alt=\"A\"></figure>"],
            &[],
        ),
        (
            "import pic from \"@site/static/img/pic.png\";\n<Image\n  src={pic.src}\n  alt=\"A\"\n/>",
            &["<figure><img src=\"/img/pic.png\" alt=\"A\"></figure>"],
            &[],
        ),
        (
            "<Note>\nMind *this*.\n</Note>",
            &["<blockquote><p><strong>Note</strong></p>", "</blockquote>"],
            &[],
        ),
        (
            "<Link to=\"/a\">b</Link>",
            &["<a href=\"/a\">", "</a>"],
            &[],
        ),
        (
            "a\n\n{meta.b} <Chart data={[1]} />",
            &[],
            &[(2, "{meta.b}"), (2, "Chart")],
        ),
        (
            "{list.map((x) => x)}\n<Layout>b</Layout> {' '}{/* c */}",
            &[],
            &[(0, "{list.map((x) => x)}")],
        ),
        ("<Image src={unknown} />", &[], &[(0, "Image")]),
        (
            "{frontmatter.a} {props.meta.a}\n<Image src={frontMatter.coverImage} alt={meta.a} />",
            &[
                "A *b* &lt;c&gt;",
                "A *b* &lt;c&gt;",
                "<figure><img src=\"/c.png\" alt=\"A *b* &lt;c&gt;\"></figure>",
            ],
            &[],
        ),
        (
            "{meta.hero.src} {matter?.a}\n{meta.none} {page.a}",
            &["/h.png", "A *b* &lt;c&gt;"],
            &[(1, "{meta.none}"), (1, "{page.a}")],
        ),
        (
            "export const meta = { a: 1 }\n{meta.a}",
            &[],
            &[(1, "{meta.a}")],
        ),
        ("`<Chart />` {'a'}", &[], &[]),
        (
            "<Card title=\"A &amp; b\">body</Card>",
            &["<div><p><strong>A &amp; b</strong></p>", "</div>"],
            &[],
        ),
        (
            "<Tabs.Tab label={'\"c\"'}>\n\nd\n\n</Tabs.Tab>",
            &["<div><p><strong>&quot;c&quot;</strong></p>", "</div>"],
            &[],
        ),
        (
            "a\n<Weird label=\"L\">inner</Weird>",
            &["<div><p><strong>L</strong></p>", "</div>"],
            &[(1, "Weird")],
        ),
        (
            "In <Tooltip title=\"T\">a sentence</Tooltip> <Red>b</Red>",
            &[],
            &[(0, "Tooltip")],
        ),
        (
            "<Foo.Bar/> <a.b c=\"d\" />",
            &[],
            &[(0, "Foo.Bar"), (0, "a.b")],
        ),
        (
            "<Note label=\"L\">a</Note>",
            &["<blockquote><p><strong>L</strong></p>", "</blockquote>"],
            &[],
        ),
    ] {
        let plain = read(text);
        let named: Vec<(usize, &str)> = plain
            .dropped
            .iter()
            .map(|(line, words)| (*line, words.as_str()))
            .collect();
        assert_eq!(plain.slots, slots, "{text}");
        assert_eq!(named, dropped, "{text}");
        let breaks = |text: &str| text.matches('\n').count();
        assert_eq!(breaks(&plain.text), breaks(text), "{text}");
    }
}

#[test]
fn a_label_that_is_no_text_is_named_with_its_line() {
    for (text, named) in [
        (
            "A\n\n<TabItem label={<Icon/>}>b</TabItem>\n",
            "TabItem label={<Icon/>}",
        ),
        ("A\n\n<Tab title={t.fast}>b</Tab>\n", "Tab title={t.fast}"),
        (
            "A\n\n<Card Title={<b>{x}</b>} n={1}>b</Card>\n",
            "Card Title={<b>{x}</b>}",
        ),
        (
            "A\n\n<Tabs items={[\"npm\", \"yarn\"]}>b</Tabs>\n",
            "Tabs items={[\"npm\", \"yarn\"]}",
        ),
        (
            "A\n\n<Tabs items={list.map((x) => x.a)}>b</Tabs>\n",
            "Tabs items={list.map((x) => x.a)}",
        ),
        ("A\n\n<Quote cite={t.c}>b</Quote>\n", "Quote cite={t.c}"),
        (
            "A\n\n<Image src=\"/x.png\" alt={t.alt} />\n",
            "Image alt={t.alt}",
        ),
        (
            "A\n\n<img src=\"/x.png\" alt={t.alt} />\n",
            "img alt={t.alt}",
        ),
        (
            "A\n\n<img alt={t.alt}\n  src=\"/x.png\" />\n",
            "img alt={t.alt}",
        ),
        ("A\n\n<a href={url}>b</a>\n", "a href={url}"),
        (
            "A\n\n<blockquote cite={c}>b</blockquote>\n",
            "blockquote cite={c}",
        ),
        (
            "A\n\n<Box hint={\"two words\" + x}>b</Box>\n",
            "Box hint={\"two words\" + x}",
        ),
        (
            "A\n\n<Box hint={<p>one {x}</p>}>b</Box>\n",
            "Box hint={<p>one {x}</p>}",
        ),
    ] {
        assert_eq!(read(text).dropped, [(2, named.to_owned())], "{text}");
    }
    for text in [
        "<TabItem label={<b>Fast</b>}>b</TabItem>",
        "<TabItem label={'Fast'} icon={<Icon/>}>b</TabItem>",
        "<Tabs groupId={os} columns={3} wide={true} items={[]}>b</Tabs>",
        "<Card onClick={() => open(\"the whole page\")} style={{fontFamily: \"Comic Sans\"}}>b</Card>",
        "<Card className={clsx(\"wide card\", x)} {...props}>b</Card>",
        "<img src=\"/x.png\" alt=\"A\" width={300} onLoad={function () { say(\"it is here\") }} />",
        "<img src={'/x.png'} alt={`A`} />",
    ] {
        assert_eq!(read(text).dropped, [], "{text}");
    }
}

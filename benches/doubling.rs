//! Doubles each of many shapes of input and fails where the time more than triples: no text within the largest file may
//! cost quadratic time. Takes the time of this thread on the processor, so that other programs do not count.

use std::fs;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tidings::config::{Dialect, Site};
use tidings::inside::post::dialect::Habits;
use tidings::inside::post::{Index, Read, read, render_body};

/// The most that twice the input may cost.
const LIMIT: f64 = 3.0;
/// A shape is doubled from here until it takes long enough to be measured, and more memory than the caches hold; at most
/// until its double is the largest post.
const FIRST: usize = 16 << 10;
const LARGEST: usize = 4 << 20;
const ENOUGH: Duration = Duration::from_millis(60);
/// How often a ratio above the limit is measured again before it counts.
const TRIES: usize = 4;

/// A part that is repeated. `#` in it is the number of the repetition.
#[derive(Clone, Copy)]
struct Shape {
    dialect: Dialect,
    file: &'static str,
    front: &'static str,
    /// The text before and after a long value at the text's beginning, which takes half of the text.
    value: Option<(&'static str, &'static str)>,
    part: &'static str,
    end: &'static str,
}

const fn text(dialect: Dialect, part: &'static str) -> Shape {
    Shape {
        dialect,
        file: "tea.md",
        front: "",
        value: None,
        part,
        end: "",
    }
}

const fn html(part: &'static str) -> Shape {
    text(Dialect::Hugo, part)
}

const fn mdx(part: &'static str) -> Shape {
    Shape {
        file: "tea.mdx",
        ..text(Dialect::Plain, part)
    }
}

const fn front(front: &'static str, part: &'static str, end: &'static str) -> Shape {
    Shape {
        dialect: Dialect::Plain,
        file: "tea.md",
        front,
        value: None,
        part,
        end,
    }
}

/// A long value that gets a name, which the parts repeat.
const fn named(before: &'static str, after: &'static str, shape: Shape) -> Shape {
    Shape {
        value: Some((before, after)),
        ..shape
    }
}

const SHAPES: &[Shape] = &[
    html("## Tea\n\n"),
    html("## Tea #\n\n"),
    html("## -\n\n"),
    html("<rt>"),
    html("<rp>"),
    html("<optgroup>"),
    html("<option>"),
    html("<ruby>a<rt>b"),
    html("<!-->"),
    html("<p>"),
    html("<li><b>x</b>"),
    html("</p>"),
    html("<a href=x>"),
    html("<img src=a data-src=b>"),
    html("<div><img "),
    html("<noscript><img src=a></noscript>"),
    html("<img data-src=a><noscript><img src=a></noscript>"),
    html("<svg><title>a</title></svg> "),
    html("<svg>"),
    html("<svg><path d='M0'/><text>a&amp;b</text></svg> "),
    html("<svg id=a#><path d='M#'/></svg> "),
    html("<object data=/a>b</object>"),
    html("<object>"),
    html("<embed src=/a><noembed>b</noembed>"),
    html("<lite-youtube videoid=a></lite-youtube>"),
    html("<p> </p>"),
    html("<math><mi>a</mi></math> "),
    html("<math><annotation>"),
    html("<iframe src=https://www.youtube.com/embed/a></iframe> "),
    html("<video>"),
    html("<video src=a></video>"),
    html("<details><summary>"),
    html("<table><tr><td>x</table>"),
    html("&"),
    html("&amp;"),
    html("\u{a0}"),
    html("&nbsp;"),
    html("<"),
    html("["),
    html("[]("),
    html("![a](b) "),
    html("[a]: /b\n\n[a] "),
    html("*a **b "),
    html("`"),
    html("a `b ``c "),
    html("a[^#] \n\n[^#]: b\n\n"),
    html("a[^1] "),
    html("|a|b|\n|-|-|\n|c|d|\n\n"),
    html("a|"),
    html("> a\n\n"),
    html("- a\n"),
    html("{{< "),
    html("{{< note >}}"),
    html("{{< note >}}a{{< /note >}}\n"),
    html("{{< youtube a >}}"),
    html("{{< chart >}}\n"),
    text(Dialect::Zola, "{% quote() %}"),
    text(Dialect::Zola, "{{ chart(a=\"b\") }}\n"),
    text(
        Dialect::Jekyll,
        "{% capture a %}\n{{ b }}\n{% endcapture %}{{ a }}",
    ),
    text(Dialect::Jekyll, "{% if a %}"),
    text(Dialect::Jekyll, "{% assign a# = \"b\" %}{{ a# }}"),
    text(Dialect::Jekyll, "$$"),
    text(Dialect::Jekyll, "$$a"),
    text(Dialect::Jekyll, "{: #a}\n"),
    text(Dialect::Jekyll, "{: .a #b}\n"),
    text(Dialect::Jekyll, "{% raw %}"),
    text(Dialect::Jekyll, "<div markdown=1>"),
    text(Dialect::Jekyll, "{::comment}"),
    text(Dialect::Obsidian, "%%"),
    text(Dialect::Obsidian, "%% a"),
    text(Dialect::Obsidian, "==a"),
    text(Dialect::Obsidian, "[[a"),
    text(Dialect::Obsidian, "![[a]]"),
    text(Dialect::Obsidian, "^[ *a* "),
    text(Dialect::Pelican, "!!! note\n"),
    text(Dialect::Plain, ":::a\n"),
    mdx("<"),
    mdx("{"),
    mdx("<A "),
    mdx("<A>"),
    mdx("<a {"),
    mdx("$a"),
    mdx("{a}"),
    mdx("import a from 'a'\n"),
    mdx("import {\n"),
    mdx("<YouTube id=\"a\"/>\n"),
    mdx("</A "),
    named(
        "import a from \"./",
        ".png\"\n\n",
        mdx("<Image src={a}/>\n"),
    ),
    named("import a from \"./", ".png\"\n\n", mdx("<img src={a}/>\n")),
    named(
        "{% assign a = \"",
        "\" %}\n",
        text(Dialect::Jekyll, "{{ a }}\n"),
    ),
    front("tags: [", "a#, ", "]\n"),
    front("permalink: /a", "/", "\n"),
    front("permalink: /{slug}", "/", "\n"),
    front("permalink: /", "{slug}", "\n"),
    front("slug: a", "/", "\n"),
    front("permalink: /", "a/", "\n"),
    front("title: ", "a ", "\n"),
    front("title: '", "&", "'\n"),
    front("description: '", "& ", "'\n"),
    front("authors: [", "a#, ", "]\n"),
    front("", "k#: v\n", ""),
];

impl Shape {
    /// The text of a post with about so many bytes of this shape.
    fn of_size(&self, size: usize) -> String {
        let is_front = !self.front.is_empty() || self.part.starts_with('k');
        let title = match self.front.starts_with("title") {
            true => "",
            false => "title: T\n",
        };
        let mut text = format!("---\n{title}date: 2024-05-01\n");
        text.push_str(self.front);
        if !is_front {
            text.push_str("---\n");
        }
        let mut size = size;
        if let Some((before, after)) = self.value {
            size /= 2;
            text.push_str(&format!("{before}{}{after}", "x".repeat(size)));
        }
        let count = size / self.part.len();
        if self.part.contains('#') && !self.part.starts_with("## Tea\n") {
            for number in 0..count {
                text.push_str(&self.part.replace('#', &number.to_string()));
            }
        } else {
            text.push_str(&self.part.repeat(count));
        }
        text.push_str(self.end);
        if is_front {
            text.push_str("---\nTea.\n");
        }
        text
    }

    /// The time that a post of this size takes, the shortest of several.
    fn time(&self, length: usize, rounds: usize) -> Duration {
        let text = self.of_size(length);
        let site: Site =
            toml::from_str("title = \"T\"\nurl = \"https://hums.example/\"").expect("a site");
        let habits = Habits::new(self.dialect, chrono_tz::UTC);
        let path = format!("_posts/2024-05-01-{}", self.file);
        let times = (0..rounds).map(|_| {
            let start = on_processor();
            if let Ok(Read::Post(draft)) = read(&path, &text, &site, &habits, None) {
                let posts = [draft.post];
                let shown =
                    render_body(&posts[0], &text, &site, &habits, &posts, &Index::default());
                std::hint::black_box(shown.is_ok());
            }
            on_processor().saturating_sub(start)
        });
        times.min().unwrap_or_default()
    }

    /// How many times as long twice the input takes, and the size that was doubled.
    fn ratio(&self) -> (f64, usize, Duration) {
        let mut size = FIRST;
        while size < LARGEST && self.time(size, 1) < ENOUGH {
            size *= 2;
        }
        let mut best = (f64::INFINITY, size, Duration::ZERO);
        for _ in 0..TRIES {
            let (one, two) = (self.time(size, 2), self.time(2 * size, 2));
            let ratio = two.as_secs_f64() / one.as_secs_f64().max(1e-6);
            if ratio < best.0 {
                best = (ratio, size, one);
            }
            if best.0 <= LIMIT {
                break;
            }
        }
        best
    }
}

/// The time that this thread has spent on the processor; the time that has passed where the system does not say.
fn on_processor() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    // The kernel brings the figure up to date when a thread yields, else only at its next tick, milliseconds later.
    std::thread::yield_now();
    let said = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = said.and_then(|said| said.split(' ').next()?.parse().ok());
    match nanoseconds {
        Some(nanoseconds) => Duration::from_nanos(nanoseconds),
        None => START.get_or_init(Instant::now).elapsed(),
    }
}

fn main() -> ExitCode {
    let wanted = std::env::args()
        .nth(1)
        .filter(|word| !word.starts_with("--"));
    let mut too_slow = 0;
    for shape in SHAPES {
        let before = shape.value.map_or(shape.front, |(before, _)| before);
        let name = format!("{before}{}", shape.part).replace('\n', "\\n");
        if wanted
            .as_ref()
            .is_some_and(|word| !name.contains(word.as_str()))
        {
            continue;
        }
        let (ratio, size, time) = shape.ratio();
        let is_slow = ratio > LIMIT;
        too_slow += usize::from(is_slow);
        let mark = if is_slow { "TOO SLOW" } else { "" };
        println!(
            "{ratio:>5.2}  {time:>9.1?} for {:>4} KiB  {name} {mark}",
            size >> 10
        );
    }
    println!(
        "{too_slow} of {} shapes are too slow (at most {LIMIT} times)",
        SHAPES.len()
    );
    ExitCode::from(u8::from(too_slow > 0))
}

//! Fuzzes what people hand over: the config, templates, lists of subscribers, old feeds.

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use arbitrary::{Result, Unstructured};
use tempfile::TempDir;
use tidings::config::Config;
use tidings::inside::digest::{Content, Sizes, Templates, render_draft};
use tidings::inside::feed::OldFeed;
use tidings::inside::language::FixedWords;
use tidings::inside::subscriber::List;
use tidings::inside::verdict::{Phase, Reply, Verdict, judge};

use crate::grammar::text;

const CONFIG: &str = "[site]\ntitle = \"T\"\nurl = \"https://x.example/\"\nauthor = { name = \"N\" }\n\
    [[digest]]\nname = \"weekly\"\nschedule = \"0 8 * * MON\"\n[mail]\nfrom = \"N <n@x.example>\"\n";

thread_local! {
    static FOLDER: RefCell<TempDir> = RefCell::new(tempfile::tempdir().expect("a folder"));
}

/// The config of this text.
fn config_of(text: &str) -> Option<Config> {
    FOLDER.with_borrow(|folder| {
        let file = folder.path().join("config.toml");
        fs::write(&file, text).expect("the folder can be written");
        match Config::load(&file, []) {
            Ok(config) => Some(config),
            Err(finding) => {
                let said = finding.to_string();
                assert!(
                    !said.trim().is_empty() && !said.contains('\u{1b}'),
                    "{said:?}"
                );
                None
            }
        }
    })
}

pub(crate) fn config(bytes: &[u8]) {
    const WORDS: &[&str] = &[
        "[site]\n",
        "[posts]\n",
        "[feeds]\n",
        "[[digest]]\n",
        "[mail]\n",
        "[store]\n",
        "title = ",
        "url = ",
        "timezone = ",
        "\"Europe/Berlin\"",
        "\"https://x.example/\"",
        "\"",
        "'",
        "name = ",
        "schedule = ",
        "\"0 8 * * MON\"",
        "\"61 8 * * MON\"",
        "\"each\"",
        "to = [",
        "]",
        "\"a@x.example\"",
        "from = ",
        "smtp = ",
        "\"smtp://a:1?tls=none\"",
        "permalink = ",
        "\"/{slug}/\"",
        "limit = ",
        "1",
        "-1",
        "true",
        "\n",
        " = ",
        "{",
        "}",
        ", ",
        "patience = ",
        "\"5m\"",
        "by = [\"tag\"]",
        "formats = ",
        "\u{1b}[31m",
        "language = ",
        "since = ",
        "\"2024-01-02\"",
        "per_second = ",
        "0.5",
        "dkim = ",
        "archive = ",
        "\"year\"",
        "subject = ",
    ];
    let _ = (|| -> Result<()> {
        let u = &mut Unstructured::new(bytes);
        let head = if u.arbitrary()? { CONFIG } else { "" };
        let text = format!("{head}{}", text(u, WORDS)?);
        let _ = config_of(&text);
        Ok(())
    })();
}

pub(crate) fn template(bytes: &[u8]) {
    const WORDS: &[&str] = &[
        "{{ ",
        " }}",
        "{% ",
        " %}",
        "{{ reader.name }}",
        "{{ reader.unsubscribe }}",
        "for post in posts",
        "endfor",
        "if posts",
        "endif",
        "else",
        "block footer",
        "endblock",
        "extends \"default/digest.html\"",
        "post.title",
        "site.title",
        " | safe",
        " | upper",
        " | truncate(length=3)",
        "reader",
        ".",
        "\"",
        "set a = ",
        "range(end=3)",
        "raw",
        "endraw",
        "{# ",
        " #}",
        "<p>",
        "</p>",
        "<style>p{color:red}</style>",
        "<a href=\"",
        "\n",
        "a",
        "1",
        " + ",
        " == ",
        "(",
        ")",
        "[0]",
        "<table>",
        "<td>",
        "include \"default/digest.txt\"",
        "~",
        "-",
        "macro a()",
        "loop.index",
        "issue.count / 0",
    ];
    thread_local! {
        static CONFIGURED: Config = config_of(CONFIG).expect("the config is one");
        static SPOKEN: FixedWords =
            FixedWords::load(Path::new(""), "en").expect("the program has English");
    }
    let fill = |config: &Config, words: &FixedWords| -> Result<()> {
        let u = &mut Unstructured::new(bytes);
        let (html, text_part) = (text(u, WORDS)?, text(u, WORDS)?);
        let content = Content {
            site: &config.site,
            digest: &config.digests[0],
            footer: None,
            entries: &[],
            sizes: &Sizes::new(),
            sign_up: None,
            headlines: &[],
            words,
            made_at: chrono::DateTime::UNIX_EPOCH,
            place: None,
            preferences: true,
        };
        let templates = Templates {
            html: Some(html),
            text: Some(text_part),
        };
        if let Err(finding) = render_draft(&content, &templates) {
            assert!(!finding.message.is_empty());
        }
        Ok(())
    };
    CONFIGURED.with(|config| {
        SPOKEN.with(|words| {
            let _ = fill(config, words);
        });
    });
}

pub(crate) fn list(bytes: &[u8]) {
    const WORDS: &[&str] = &[
        "email",
        "Email Address",
        "name",
        "state",
        "digests",
        ",",
        ";",
        "\t",
        "\n",
        "\r\n",
        "\"",
        "a@x.example",
        "b@x.example",
        "@",
        "active",
        "left",
        "bounced",
        "weekly",
        " ",
        "\u{feff}",
        "=1+1",
        "+",
        "\"\"",
        "status",
        "a",
    ];
    let _ = (|| -> Result<()> {
        let u = &mut Unstructured::new(bytes);
        let head = *u.choose(&["email,name,state,digests\n", "Name;Email\r\n", ""])?;
        let text = format!("{head}{}", text(u, WORDS)?);
        let Ok(list) = List::open(text.as_bytes(), "") else {
            return Ok(());
        };
        let lines = text.split(['\n', '\r']).count();
        for row in list {
            match row {
                Ok(one) => assert!(
                    (1..=lines + 1).contains(&one.line),
                    "{}: {text:?}",
                    one.line
                ),
                Err(finding) => {
                    let said = finding.to_string();
                    assert!(!said.contains('\u{1b}'), "{said:?}");
                }
            }
        }
        Ok(())
    })();
}

pub(crate) fn old_feed(bytes: &[u8]) {
    const WORDS: &[&str] = &[
        "<?xml version=\"1.0\"?>",
        "<feed xmlns=\"http://www.w3.org/2005/Atom\">",
        "</feed>",
        "<entry>",
        "</entry>",
        "<id>",
        "</id>",
        "<title>",
        "</title>",
        "<link href=\"https://x.example/a/\"/>",
        "<updated>2024-01-02T03:04:05Z</updated>",
        "<rss version=\"2.0\">",
        "</rss>",
        "<channel>",
        "</channel>",
        "<item>",
        "</item>",
        "<guid>",
        "</guid>",
        "<link>https://x.example/b/</link>",
        "<pubDate>",
        "</pubDate>",
        "Mon, 01 Jan 2024 00:00:00 GMT",
        "{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[",
        "]}",
        "{\"id\":\"a\"}",
        ",",
        "<![CDATA[",
        "]]>",
        "&lt;",
        "&a;",
        "<!DOCTYPE a [<!ENTITY a \"b\">]>",
        "<a>",
        "</a>",
        "a",
        "\n",
    ];
    let _ = (|| -> Result<()> {
        let text = text(&mut Unstructured::new(bytes), WORDS)?;
        if let Ok(old) = OldFeed::parse(&text) {
            assert!(old.adopt(&[]).is_err(), "no post has an old id");
        }
        Ok(())
    })();
}

pub(crate) fn reply(bytes: &[u8]) {
    const WORDS: &[&str] = &[
        "5.1.1 ",
        "4.7.1 ",
        "5.7.26 ",
        "2.0.0 ",
        "5.0.0",
        ".",
        "mailbox ",
        "unknown ",
        "sender address rejected ",
        "full ",
        "too many ",
        "blocked ",
        "\r\n",
        "\n",
        "\u{1b}]0;",
        "\u{7}",
        "\t",
        "a",
        "550-",
        "queued as ",
        "authentication required ",
        "try again ",
        "<a@x.example> ",
        "\u{9b}",
        "\u{202e}",
    ];
    let _ = (|| -> Result<()> {
        let u = &mut Unstructured::new(bytes);
        let code = u.int_in_range(200..=599)?;
        let phase = *u.choose(&[Phase::Mail, Phase::Rcpt, Phase::Data, Phase::Dot])?;
        let reply = Reply::new(code, &text(u, WORDS)?);
        let said = reply.text();
        assert!(
            said.chars().count() <= 200 && !said.contains(char::is_control),
            "{said:?}"
        );
        let verdict = judge(phase, &reply);
        assert_eq!(verdict, judge(phase, &reply));
        assert!(
            !(reply.is_positive() && verdict == Verdict::Bounced),
            "{code} {phase:?}"
        );
        Ok(())
    })();
}

//! Writes a new config.

use std::path::Path;

use crate::config::{Author, Format, name_sender};
use crate::init::Answers;
use crate::loader::Survey;

/// The placeholder for an unknown address.
const PLACEHOLDER: &str = "https://example.org/";

/// The config of a site, with comments on the values that a person may want to change.
pub(crate) fn write_config(survey: &Survey, answers: &Answers) -> String {
    let mut text = String::from("# Feeds and e-mail digests of this site, by tidings.\n\n[site]\n");
    let mut set = |key: &str, value: &str| text.push_str(&format!("{key} = {value}\n"));
    set("title", &quote(&answers.title));
    match &answers.url {
        Some(url) => set("url", &quote(url.as_str())),
        None => set(
            "url",
            &format!(
                "{}   # the address of the home page: set it before the first build, since ids begin with its host for ever",
                quote(PLACEHOLDER)
            ),
        ),
    }
    if let Some(description) = &survey.description {
        set("description", &quote(&join_lines(description)));
    }
    set(
        "language",
        &quote(survey.language.as_deref().unwrap_or("en")),
    );
    match survey.zone {
        Some(zone) => set("timezone", &quote(zone.name())),
        None => set("# timezone", "\"Europe/Berlin\"   # UTC without it"),
    }
    match &answers.author {
        Some(author) => set("author", &write_author(author)),
        None => set("# author", "{ name = \"…\", email = \"…\" }"),
    }
    text.push_str(&format!("\n[posts]\ndir = {}\n", quote_path(&survey.posts)));
    if survey.git_dates {
        text.push_str("git_dates = true   # a page without a date has that of its first commit\n");
    }
    if let Some(dialect) = survey.dialect {
        let file = survey.config.display();
        text.push_str(&format!(
            "dialect = {}   # dates, addresses and what is left out follow {file}\n",
            quote(dialect.word())
        ));
    }
    text.push_str(&format!(
        "\n[feeds]\ndir = {}   # the folder that is published\n",
        quote_path(&survey.output)
    ));
    text.push_str(&write_feeds(survey));
    text.push_str(&write_digest(answers));
    text
}

fn write_feeds(survey: &Survey) -> String {
    let mut text = String::new();
    let mut formats = Format::ALL;
    if let Some((followed, _)) = survey.feed {
        // The format that readers follow already comes first, since browsers are told of the first one.
        formats.sort_by_key(|format| *format != followed);
    }
    let words = formats.map(|format| quote(format.word()));
    text.push_str(&format!("formats = [{}]\n", words.join(", ")));
    if let Some((format, file)) = &survey.feed
        && file != format.default_file()
    {
        let word = format.word();
        text.push_str(&format!(
            "files = {{ {word} = {} }}   # the address that readers follow already\n",
            quote(file)
        ));
    }
    text.push_str("# by = [\"tag\"]   # a feed for each tag, section, author or language\n# archive = \"year\"   # the whole history behind the newest 20 posts\n");
    text
}

fn write_digest(answers: &Answers) -> String {
    let url = answers.url.as_ref();
    let sender = url.map_or_else(|| "news@example.org".to_owned(), name_sender);
    let editor = answers
        .author
        .as_ref()
        .and_then(|author| author.email.as_ref());
    let editor = editor.map_or_else(|| "you@example.org".to_owned(), ToString::to_string);
    let from = format!("{} <{sender}>", write_phrase(&answers.title));
    format!(
        "\n[[digest]]\nname = \"weekly\"\ntitle = {title}\nschedule = \"0 8 * * MON\"   # Mondays at eight; \"each\" mails every post\n\
         to = [{editor}]   # readers without a subscription: enough for a try\n\
         \n[mail]\nfrom = {from}\noutbox = \"outbox\"   # files instead of mail; `smtp = \"smtp://relay.example:587\"` makes it real\n\
         \n[store]\nurl = \"sqlite:tidings.db\"\n",
        title = quote(&format!("{}, weekly", answers.title)),
        editor = quote(&editor),
        from = quote(&from),
    )
}

fn write_author(author: &Author) -> String {
    let mut text = format!("{{ name = {}", quote(&author.name));
    if let Some(email) = &author.email {
        text.push_str(&format!(", email = {}", quote(&email.to_string())));
    }
    if let Some(url) = &author.url {
        text.push_str(&format!(", url = {}", quote(url.as_str())));
    }
    text.push_str(" }");
    text
}

/// A display name as it may precede an address (RFC 5322 3.2.5).
fn write_phrase(name: &str) -> String {
    let is_plain = name
        .chars()
        .all(|c| c.is_alphanumeric() || c == ' ' || c == '\'' || c == '-');
    match is_plain {
        true => name.to_owned(),
        false => format!("\"{}\"", name.replace(['"', '\\'], "'")),
    }
}

fn quote(text: &str) -> String {
    // A string of JSON is one of TOML, but for this one character.
    let quoted = serde_json::Value::from(text).to_string();
    quoted.replace('\u{7f}', "\\u007f")
}

fn quote_path(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    let text = text.trim_end_matches('/');
    quote(if text.is_empty() { "." } else { text })
}

/// A text in one line, as a title must be.
pub(crate) fn join_lines(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{join_lines, write_config};
    use crate::config::{Author, Config, Format};
    use crate::init::Answers;
    use crate::loader::Survey;

    #[test]
    fn each_text_is_a_config_that_says_what_is_known() {
        let long = "\"Tea\" \\ and,\ncake: 夜番 <3 # not a comment";
        for title in [
            "Hums",
            "Hums & Co. <x>",
            "It's \"quoted\" \\",
            &join_lines(long),
            "夜番の茶",
        ] {
            for url in [None, Some("https://www.x.example/blog/")] {
                let survey = Survey {
                    title: Some(title.to_owned()),
                    description: Some(long.to_owned()),
                    language: Some("de-AT".to_owned()),
                    zone: Some(chrono_tz::Europe::Vienna),
                    posts: "content/posts".into(),
                    output: "./_site/".into(),
                    feed: Some((Format::Rss, "index.xml".to_owned())),
                    ..Survey::default()
                };
                let author = Author {
                    name: title.to_owned(),
                    email: Some("ada@x.example".parse().unwrap()),
                    url: None,
                };
                let answers = Answers {
                    title: title.to_owned(),
                    url: url.map(|url| url.parse().unwrap()),
                    author: Some(author),
                };
                let text = write_config(&survey, &answers);
                let folder = tempfile::tempdir().unwrap();
                let file = folder.path().join("config.toml");
                std::fs::write(&file, &text).unwrap();
                let config =
                    Config::load(&file, []).unwrap_or_else(|finding| panic!("{finding}\n{text}"));
                assert_eq!(config.site.title, title);
                assert_eq!(
                    config.site.url.as_str(),
                    url.unwrap_or("https://example.org/")
                );
                assert_eq!(config.site.language, "de-AT");
                assert_eq!(config.site.zone(), chrono_tz::Europe::Vienna);
                assert_eq!(config.feeds.files[&Format::Rss], "index.xml");
                assert_eq!(
                    config.digests[0].title.as_deref(),
                    Some(&*format!("{title}, weekly"))
                );
                let from = config.mail.from.unwrap();
                let domain = url.map_or("news@example.org", |_| "news@x.example");
                assert_eq!(from.email.to_string(), domain);
            }
        }
    }
}

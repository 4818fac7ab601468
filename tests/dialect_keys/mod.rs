//! Every key of a dialect: the front matter of one post, and its meaning.

mod eleventy;
mod hugo;
mod jekyll;
mod obsidian;
mod pelican;
mod plain;
mod zola;

use std::fs;

use chrono::{DateTime, SecondsFormat, Utc};
use tidings::config::{Author, Config};
use tidings::inside::loader::load_posts;
use tidings::inside::post::Post;

/// A post of the dialect and its text as HTML, or why it is none.
fn load(dialect: &str, path: &str, text: &str) -> Result<(Post, String), String> {
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "[site]\ntitle = \"T\"\nurl = \"https://x.example/\"\ntimezone = \"Europe/Paris\"\nlanguage = \"en\"\n\
         [posts]\ndialect = \"{dialect}\"\n"
    );
    fs::write(folder.path().join("tidings.toml"), config).unwrap();
    let file = folder.path().join("post").join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, text).unwrap();
    let config = Config::load(
        &folder.path().join("tidings.toml"),
        std::iter::empty::<(String, String)>(),
    )
    .unwrap();
    let now: DateTime<Utc> = "2024-12-31T00:00:00Z".parse().unwrap();
    let loaded = load_posts(&config.site, &config.posts, now).unwrap();
    if let Some(post) = loaded.posts.first() {
        return Ok((post.clone(), loaded.render_body(post).unwrap().summary));
    }
    let found = loaded
        .findings
        .iter()
        .map(|finding| finding.message.clone());
    let left_out = loaded
        .reasons()
        .filter_map(|line| Some(line.split_once(": left out: ")?.1.to_owned()));
    Err(found
        .chain(left_out)
        .next()
        .unwrap_or_else(|| "no post".to_owned()))
}

/// One thing that a post says of itself.
fn said(post: &Post, summary: &str, name: &str) -> String {
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let whole = |author: &Author| match (&author.email, &author.url) {
        (None, None) => author.name.clone(),
        (email, url) => format!(
            "{} <{}> {}",
            author.name,
            email.as_ref().map(ToString::to_string).unwrap_or_default(),
            url.as_ref().map(ToString::to_string).unwrap_or_default()
        ),
    };
    match name {
        "title" => post.title.to_string(),
        "published" => time(post.published),
        "updated" => time(post.updated),
        "path" => post.url.path().to_owned(),
        "tags" => post.tags.join("|"),
        "authors" => post.authors.iter().map(whole).collect::<Vec<_>>().join("|"),
        "description" => post.description.clone().unwrap_or_default().into(),
        "image" => post
            .image
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        "language" => post.language.clone().unwrap_or_default().into(),
        "summary" => summary.to_owned(),
        other => panic!("`{other}` is nothing that a post says"),
    }
}

/// Path, text, and what comes of it: `name = value` on each line, or `none: why`.
type Row<'a> = (&'a str, &'a str, &'a str);

fn assert_rows(dialect: &str, rows: &[Row<'_>]) {
    for (path, text, expected) in rows {
        let found = load(dialect, path, text);
        for line in expected.lines() {
            match (line.split_once(" = "), &found) {
                (Some((name, value)), Ok((post, summary))) => {
                    assert_eq!(
                        said(post, summary, name),
                        value,
                        "{dialect}: {name} of {text}"
                    );
                }
                (None, Err(why)) => assert_eq!(line, format!("none: {why}"), "{dialect}: {text}"),
                _ => panic!("{dialect}: {text}: {line}, but {found:?}"),
            }
        }
    }
}

const NO_DATE: &str = "none: the post has no date";

const DRAFT: &str = "none: it is a draft";

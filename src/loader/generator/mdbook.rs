//! Reads mdBook's config.

use std::path::Path;

use serde_json::Value;

use crate::config::Dialect;
use crate::loader::generator::interface::GeneratorReader;
use crate::loader::generator::keys::{Generator, read_author};
use crate::loader::generator::survey::{Survey, find_nested, is_in_repository};
use crate::post::dialect::Habits;

/// The names of its config files.
pub(super) const FILES: &[&str] = &["book.toml"];
/// The path of keys to the authors of the book.
const AUTHORS: &[&str] = &["book", "authors"];

/// Reads a book of mdBook.
pub(super) struct MdBook;

impl GeneratorReader for MdBook {
    fn dialect(&self) -> Dialect {
        Dialect::MdBook
    }

    fn list_content(&self, generator: &Generator) -> Vec<String> {
        vec![choose_content(generator)]
    }

    fn read_into(&self, generator: &Generator, _dir: &Path, habits: &mut Habits) {
        let authors = generator.list(AUTHORS).iter();
        habits.authors = authors.filter_map(read_author).collect();
    }

    fn survey(&self, generator: &Generator, survey: &mut Survey) {
        let named = |key: &str| find_nested(generator, "book", key).map(str::to_owned);
        survey.title = named("title");
        survey.description = named("description");
        survey.author = generator.list(AUTHORS).iter().find_map(read_author);
        survey.take_language(&named("language").unwrap_or_else(|| "en".to_owned()));
        let said = |key: &str| {
            let found = generator.find(&["output", "html", key]);
            found.and_then(Value::as_str).unwrap_or_default()
        };
        survey.take_root(said("site-url"));
        if survey.url.is_none() {
            let domain = format!("https://{}", said("cname"));
            let base = std::mem::take(&mut survey.base);
            survey.take_place(Some(&domain), &base);
        }
        survey.posts = generator.root.join(choose_content(generator));
        let output = find_nested(generator, "build", "build-dir");
        survey.output = output.unwrap_or("book").into();
        survey.git_dates = is_in_repository(&generator.root);
    }
}

/// The folder of the chapters.
fn choose_content(generator: &Generator) -> String {
    let folder = find_nested(generator, "book", "src").unwrap_or("src");
    folder.trim_matches('/').to_owned()
}

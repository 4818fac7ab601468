//! The letter that tells an address of another one in its place, and nothing more: not even which.

use anyhow::Context;

use crate::app::App;
use crate::digest::Draft;
use crate::html::escape;
use crate::language::fill;
use crate::ledger::{Issue, Slot};
use crate::schedule::letter::{compile_letter, load_words, write_page};
use crate::store::Store;

/// The letter of today about these digests.
pub(super) async fn write_moved_letter(
    app: &App,
    store: &Store,
    digests: &[String],
) -> anyhow::Result<(Issue, String)> {
    let mut all = app.config.digests.iter();
    let digest = all.find(|digest| digests.contains(&digest.name));
    let digest = digest.context("no digest is named")?;
    let words = load_words(app, digest)?.moved;
    let say = |text: &str| fill(text, &[("title", digest.choose_title(&app.config.site))]);
    let (text, otherwise) = (say(&words.text), say(&words.otherwise));
    let draft = Draft {
        subject: say(&words.subject),
        text: format!("{text}\n\n{otherwise}\n"),
        html: write_page(
            digest.choose_language(&app.config.site),
            &format!("<p>{}</p>\n<p>{}</p>", escape(&text), escape(&otherwise)),
        ),
    };
    compile_letter(app, store, digest, Slot::moved, &draft).await
}

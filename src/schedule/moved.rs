//! The letter that tells an address of another one in its place, and nothing more: not even which.

use anyhow::Context;

use crate::app::App;
use crate::digest::Draft;
use crate::html::escape;
use crate::language::fill;
use crate::ledger::{Issue, Slot};
use crate::message::compile;
use crate::schedule::letter::{
    choose_language, choose_title, load_words, make_letter_issue, make_origin, write_page,
};
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
    let say = |text: &str| fill(text, &[("title", choose_title(app, digest))]);
    let (text, otherwise) = (say(&words.text), say(&words.otherwise));
    let draft = Draft {
        subject: say(&words.subject),
        text: format!("{text}\n\n{otherwise}\n"),
        html: write_page(
            choose_language(app, digest),
            &format!("<p>{}</p>\n<p>{}</p>", escape(&text), escape(&otherwise)),
        ),
    };
    let key = store.load_current_key().await?;
    let slot = Slot::moved(app.clock.now().date_naive());
    let issue = make_letter_issue(app, digest, slot, &draft.subject, &key);
    let authority = app.authority()?;
    let compiled = compile(&draft, &make_origin(app, digest, &authority), issue.id)?;
    Ok((issue, compiled.to_text()))
}

//! The letter that welcomes whoever has confirmed, where the digest has one.

use crate::app::App;
use crate::config::{Digest, Welcome};
use crate::digest::{Draft, LEAVE, PREFERENCES};
use crate::feed::{ISSUES, make_url};
use crate::html::escape;
use crate::language::fill;
use crate::ledger::Slot;
use crate::schedule::letter::{compile_letter, load_words, write_page};
use crate::store::{Greeting, Store};

/// The welcomes of today to these digests.
pub(super) async fn write_welcomes(
    app: &App,
    store: &Store,
    digests: &[String],
) -> anyhow::Result<Vec<Greeting>> {
    let mut greetings = Vec::new();
    for digest in &app.config.digests {
        if digest.welcome != Welcome::None && digests.contains(&digest.name) {
            greetings.push(write_welcome(app, store, digest).await?);
        }
    }
    Ok(greetings)
}

async fn write_welcome(app: &App, store: &Store, digest: &Digest) -> anyhow::Result<Greeting> {
    let words = load_words(app, digest)?;
    let say = |text: &str| fill(text, &[("title", digest.choose_title(&app.config.site))]);
    let text = say(&words.welcome.text);
    let site = &app.config.site;
    let footer = digest.footer.as_ref().or(app.config.mail.footer.as_ref());
    let archive = make_url(site, ISSUES);
    let mut links = vec![(site.title.as_str(), site.url.as_str())];
    if digest.archive {
        links.push((&words.digest.all_issues, archive.as_str()));
    }
    let (leave, preferences) = (LEAVE.to_string(), PREFERENCES.to_string());
    links.push((&words.digest.unsubscribe, &leave));
    if app.config.web.url.is_some() {
        links.push((&words.digest.preferences, &preferences));
    }
    let mut plain = Vec::new();
    let mut paragraphs = vec![format!("<p>{}</p>", escape(&text))];
    for (label, address) in links {
        plain.push(format!("{label}: {address}"));
        paragraphs.push(format!(
            "<p><a href=\"{}\">{}</a></p>",
            escape(address),
            escape(label)
        ));
    }
    if let Some(footer) = footer {
        plain.push(footer.clone());
        let footer: Vec<String> = footer.lines().map(escape).collect();
        paragraphs.push(format!("<p>{}</p>", footer.join("<br>\n")));
    }
    let draft = Draft {
        subject: say(&words.welcome.subject),
        text: format!("{text}\n\n-- \n{}\n", plain.join("\n")),
        html: write_page(
            digest.choose_language(&app.config.site),
            &paragraphs.join("\n"),
        ),
    };
    let (issue, compiled) = compile_letter(app, store, digest, Slot::welcoming, &draft).await?;
    Ok(Greeting {
        compiled,
        issue,
        last_issue: digest.welcome == Welcome::Issue,
    })
}

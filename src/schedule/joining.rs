//! Joining, by a form or by mail: a letter of the day asks the address, and the answer subscribes it.
//!
//! The letter says why it comes, how to confirm and from whom it is, and nothing else: courts have judged a logo or a
//! welcome to be advertising.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;

use anyhow::bail;
use url::Url;

use crate::app::App;
use crate::config::{Digest, InboxToken};
use crate::digest::{CONFIRM, Draft, TOKEN};
use crate::finding::{Finding, Rule};
use crate::html::escape;
use crate::language::fill;
use crate::ledger::{Issue, Slot};
use crate::message::{ConfirmBy, compile_asking};
use crate::reader::{Email, ReaderId};
use crate::schedule::letter::{load_words, make_letter_issue, make_origin, write_page};
use crate::schedule::moved::write_moved_letter;
use crate::schedule::welcome::write_welcomes;
use crate::store::{Agreement, Confirmation, JoinAnswer, JoinRequest, Store};
use crate::token::{Claim, Key, Purpose};

/// Somebody asks that an address get digests. Nothing proves that it is theirs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signup<'a> {
    /// The address that asks.
    pub(crate) email: &'a Email,
    /// The digests that it asks for: at least one.
    pub(crate) digests: &'a [&'a Digest],
    /// The network address of the request, if known. Only a mark of its network is kept, for an hour.
    pub(crate) network: Option<IpAddr>,
    /// How they ask, kept as a proof: by mail, or by which version of the form.
    pub(crate) how: &'a str,
    /// The mark of a request by mail.
    pub(crate) mark: Option<&'a str>,
    /// The address of the page that confirms, without the token. Where it is `None`, and in answer to a mail, an answer to the
    /// letter confirms.
    pub(crate) page: Option<&'a Url>,
    /// The reader whose subscriptions move to the address.
    pub(crate) moving: Option<ReaderId>,
}

/// Queues the letters that ask addresses whether they want digests, at most one a day for each. Whoever asked must not learn
/// what became of it, neither by words nor by the time that it takes.
///
/// # Errors
/// If the store fails, or a letter cannot be written: then nobody is asked.
pub(crate) async fn ask_to_join(
    app: &App,
    store: &Store,
    signups: &[Signup<'_>],
) -> anyhow::Result<Vec<JoinAnswer>> {
    let key = store.load_current_key().await?;
    let mut letters = HashMap::new();
    for signup in signups {
        if let Entry::Vacant(place) = letters.entry(list_names(signup.digests)) {
            place.insert(write_letter(app, signup, &key)?);
        }
    }
    let all_names: Vec<_> = signups.iter().map(|one| list_names(one.digests)).collect();
    let mut requests = Vec::with_capacity(signups.len());
    for (signup, digests) in signups.iter().zip(&all_names) {
        let (issue, compiled) = &letters[digests];
        requests.push(JoinRequest {
            email: signup.email,
            digests,
            issue,
            compiled,
            network: signup.network,
            mark: signup.mark,
            how: signup.how,
            limits: &app.config.join,
            moving: signup.moving,
        });
    }
    Ok(store.ask_to_join(&requests, app.clock.now()).await?)
}

/// The page below which `TOKEN` is the one that confirms, where `serve` has one.
pub(crate) fn confirm_page(app: &App) -> Option<Url> {
    let web = app.config.web.url.as_ref();
    web.and_then(|url| url.join("confirm").ok())
}

fn list_names(digests: &[&Digest]) -> Vec<String> {
    digests.iter().map(|digest| digest.name.clone()).collect()
}

/// Subscribes the bearer of the first valid token to the digests of its letter: once, and within three days. `from` is the
/// network address of the answer, kept if the config says so.
///
/// # Errors
/// If the store fails.
pub(crate) async fn confirm(
    app: &App,
    store: &Store,
    keys: &[Key],
    tokens: &[String],
    from: Option<IpAddr>,
) -> anyhow::Result<Confirmation> {
    let verify = |token: &String| Claim::verify(token, Purpose::Confirm, keys);
    let Some(claim) = tokens.iter().find_map(verify) else {
        return Ok(Confirmation::Unknown);
    };
    let Some(issue) = store.load_issue(claim.issue).await? else {
        return Ok(Confirmation::Unknown);
    };
    let digests = list_asked(app, &issue);
    if digests.is_empty() {
        return Ok(Confirmation::Unknown);
    }
    let whose = (claim.reader, claim.issue);
    let moved_letter = match store.find_moving_from(whose).await? {
        Some(_) => Some(write_moved_letter(app, store, &digests).await?),
        None => None,
    };
    let welcome = write_welcomes(app, store, &digests).await?;
    let agreement = Agreement {
        whose,
        digests,
        from: from.filter(|_| app.config.web.keep_ip),
        moved_letter: moved_letter.as_ref().map(|(issue, text)| (issue, &**text)),
        welcome: &welcome,
        relay: app.config.mail.has_relay(),
    };
    Ok(store.confirm(&agreement, app.clock.now()).await?)
}

/// The digests about which a letter asks, as far as the config still has them.
pub(crate) fn list_asked(app: &App, issue: &Issue) -> Vec<String> {
    let mut found = Vec::new();
    for name in issue.slot.asked_about() {
        let is_named =
            |digest: &&Digest| digest.name == name || digest.was.as_deref() == Some(name);
        let digest = app.config.digests.iter().find(is_named);
        found.extend(digest.map(|digest| digest.name.clone()));
    }
    found
}

/// The letter of the day that asks about these digests.
fn write_letter(app: &App, signup: &Signup<'_>, key: &Key) -> anyhow::Result<(Issue, String)> {
    let Some(first) = signup.digests.first() else {
        bail!("no digest is named")
    };
    let authority = app.authority()?;
    let origin = make_origin(app, first, &authority);
    let Some(sender) = origin.sender() else {
        bail!(
            Finding::error(Rule::MissingKey, "there is no sender").hint("set `from` under [mail]")
        )
    };
    let tagged = app.config.mail.inbox_token == InboxToken::Address;
    let by = match (signup.page, signup.mark) {
        (None, _) => ConfirmBy::answer(&sender.email, tagged),
        (Some(write_page), None) => ConfirmBy::page(write_page),
        // A person who writes a mail can answer one, and may not like to open pages.
        (Some(write_page), Some(_)) => ConfirmBy::page(write_page).or_answer(&sender.email, tagged),
    };
    let draft = make_draft(app, first, &join_titles(app, signup.digests), &by)?;
    let names: Vec<&str> = signup
        .digests
        .iter()
        .map(|digest| digest.name.as_str())
        .collect();
    let slot = Slot::confirming(app.clock.now().date_naive(), by.is_answered(), &names);
    let subject = draft.subject.split(TOKEN).next().unwrap_or_default();
    let subject = subject.trim_end_matches(CONFIRM_WORD);
    let issue = make_letter_issue(app, first, slot, subject, key);
    let compiled = compile_asking(&draft, &origin, issue.id, Some(by))?;
    Ok((issue, compiled.to_text()))
}

/// The word before the token in a subject, which identifies an answer in any language.
const CONFIRM_WORD: &str = " – confirm ";

/// The titles of digests, each once.
fn join_titles(app: &App, digests: &[&Digest]) -> String {
    let mut titles: Vec<&str> = Vec::new();
    for digest in digests {
        let title = digest.choose_title(&app.config.site);
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    titles.join(", ")
}

fn make_draft(app: &App, digest: &Digest, title: &str, by: &ConfirmBy) -> Result<Draft, Finding> {
    let words = load_words(app, digest)?.confirm;
    let say = |text: &str| fill(text, &[("title", title)]);
    let subject = say(&words.subject);
    let subject = match by.is_answered() {
        true => format!("{subject}{CONFIRM_WORD}{TOKEN}"),
        false => subject,
    };
    let todo = match by {
        ConfirmBy::Answer { .. } => say(&words.answer),
        ConfirmBy::Page(_) | ConfirmBy::Either { .. } => say(&words.page),
    };
    let or = match by {
        ConfirmBy::Either { .. } => Some(say(&words.or_answer)),
        ConfirmBy::Page(_) | ConfirmBy::Answer { .. } => None,
    };
    let (asked, link, otherwise) = (say(&words.asked), say(&words.link), say(&words.otherwise));
    let site = &app.config.site;
    let footer = digest.footer.as_ref().or(app.config.mail.footer.as_ref());
    let mut from = vec![site.title.as_str(), site.url.as_str()];
    from.extend(footer.into_iter().flat_map(|footer| footer.lines()));
    let from_html: Vec<String> = from.iter().map(|line| escape(line)).collect();
    let or_html = or.iter().map(|or| format!("<p>{}</p>\n", escape(or)));
    let or_html: String = or_html.collect();
    let or = or.map(|or| format!("\n{or}\n")).unwrap_or_default();
    let body = format!(
        "<p>{}</p>\n<p>{}</p>\n<p><a href=\"{CONFIRM}\">{}</a></p>\n{or_html}<p>{}</p>\n<p>{}</p>",
        escape(&asked),
        escape(&todo),
        escape(&link),
        escape(&otherwise),
        from_html.join("<br>\n")
    );
    Ok(Draft {
        subject,
        text: format!(
            "{asked}\n\n{todo}\n{CONFIRM}\n{or}\n{otherwise}\n\n-- \n{}\n",
            from.join("\n")
        ),
        html: write_page(digest.choose_language(&app.config.site), &body),
    })
}

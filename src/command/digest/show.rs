//! An issue shown before it is sent: printed, written into files, or one copy as a test. Nothing here is counted.

use std::collections::HashSet;
use std::path::Path;

use anyhow::Context;
use chrono::{DateTime, Utc};

use crate::app::App;
use crate::cli::{Choice, Show};
use crate::command::digest::compose::{Composed, as_test, compose};
use crate::command::digest::plan::{When, name_in_store, plan, words_of_renaming};
use crate::command::digest::{slot_ahead, slot_of};
use crate::config::{Digest, Posts};
use crate::delivery::{Mailer, deliver_one};
use crate::digest::{Next, find, news, shown, split};
use crate::ending::Ending;
use crate::file::{Care, write_changed};
use crate::finding::{Finding, count, visible_line};
use crate::ledger::IssueId;
use crate::loader::{Loaded, load_posts};
use crate::post::Post;
use crate::reader::{Mailbox, Reader};
use crate::store::{Access, Store};
use crate::talk::Talk;

/// The first message of the digest, and nothing else.
pub(super) async fn print(
    app: &App,
    talk: &mut Talk<'_>,
    digest: &Digest,
    loaded: &Loaded,
    when: When<'_>,
    now: DateTime<Utc>,
) -> anyhow::Result<Ending> {
    let store = app.store(Access::Read).await?;
    let name = name_in_store(app, &store, digest, loaded, when).await?;
    if name != digest.name {
        talk.say(&words_of_renaming(&store, digest, name).await?);
    }
    let plan = match plan(app, talk, &store, digest, loaded, when, now).await? {
        Next::Wait => return Ok(Ending::Done),
        Next::Ahead(slot) => {
            talk.report(&[slot_ahead(digest, slot)]);
            return Ok(Ending::Partial);
        }
        Next::Go(plan) => plan,
    };
    if let Some(words) = plan.say_known(digest) {
        talk.say(&words);
    }
    let issues = plan.issues(digest);
    let Some(posts) = issues.first() else {
        talk.say(&plan.why_nothing(digest));
        return Ok(Ending::Done);
    };
    let key = store.current_key().await?;
    // The same ids as in what will be sent, beside a link that permits nothing.
    let issue = key.issue(&digest.name, &slot_of(app, digest, posts, &plan, now)?);
    let composed = compose(app, talk, digest, posts, loaded, issue, now)?;
    let Composed { compiled, .. } = composed.checked(talk)?;
    let reader = store
        .first_reader(name, &digest.to)
        .await?
        .with_context(|| no_readers(digest))?;
    if matches!(when, When::Due) {
        writeln!(
            talk.out(),
            "==> {}: {} <==",
            digest.name,
            visible_line(&compiled.subject())
        )?;
    }
    let message = compiled.fill(&reader, now, &key.for_show());
    talk.out().write_all(&message)?;
    talk.say(&format!(
        "{}: {} in {}",
        digest.name,
        count(plan.news.len(), "post"),
        count(issues.len(), "issue")
    ));
    Ok(Ending::Done)
}

/// Writes the next issue where it is asked for; where nothing is new, the newest posts stand for it.
pub(super) async fn show(
    app: &App,
    talk: &mut Talk<'_>,
    digest: &Digest,
    loaded: &Loaded,
    choice: &Choice,
    show: &Show,
) -> anyhow::Result<Ending> {
    let now = app.clock.now();
    let store = app.store(Access::Read).await?;
    let (posts, note) = next_or_newest(app, talk, &store, digest, loaded, choice).await?;
    if let Some(note) = note {
        talk.say(&note);
    }
    let reader = store
        .first_reader(&digest.name, &digest.to)
        .await?
        .unwrap_or_else(somebody);
    let composed = compose(app, talk, digest, &posts, loaded, IssueId::SHOWN, now)?;
    let Composed {
        draft, compiled, ..
    } = composed.checked(talk)?;
    let key = store.current_key().await?.for_show();
    if let Some(file) = &show.html {
        write(
            talk,
            file,
            compiled.read_by(&draft, &reader, &key).html.as_bytes(),
        )?;
    }
    if let Some(file) = &show.eml {
        write(talk, file, &compiled.fill(&reader, now, &key))?;
    }
    if let Some(mailbox) = &show.test {
        app.refuse_another_time()?;
        let test = as_test(app, digest, &draft, loaded.lock.authority())?;
        let mail = &app.config.mail;
        let mailer = Mailer::configured(mail);
        let reply = deliver_one(&mailer, mail, &test, &to(mailbox), now, &key)
            .await
            .map_err(anyhow::Error::msg)?;
        talk.conclude(&format!(
            "{}: a test to {} ({mailer}): {reply}",
            digest.name, mailbox.email
        ))?;
    }
    Ok(Ending::Done)
}

/// The posts of the next issue; where there is none the newest, and why.
pub(super) async fn next_or_newest<'a>(
    app: &App,
    talk: &mut Talk<'_>,
    store: &Store,
    digest: &Digest,
    loaded: &'a Loaded,
    choice: &Choice,
) -> anyhow::Result<(Vec<&'a Post>, Option<String>)> {
    // What is asked for by name is shown, whatever has become of it.
    if !choice.posts.is_empty() {
        let named = find(digest, &loaded.posts, &choice.posts)?;
        return Ok((
            split(digest, &named).into_iter().next().unwrap_or_default(),
            None,
        ));
    }
    let why = match plan(
        app,
        talk,
        store,
        digest,
        loaded,
        When::Now(choice),
        app.clock.now(),
    )
    .await
    {
        Ok(Next::Go(plan)) => match plan.issues(digest).into_iter().next() {
            Some(posts) => return Ok((posts, None)),
            None => plan.why_nothing(digest),
        },
        Ok(Next::Wait | Next::Ahead(_)) => String::new(),
        Err(error) => format!("{error:#}"),
    };
    let all = news(digest, &app.config.site, &loaded.posts, &HashSet::new());
    let newest = split(digest, &all)
        .pop()
        .with_context(|| format!("{}: there is no post for it", digest.name))?;
    Ok((
        shown(digest, &newest).0.to_vec(),
        Some(format!("{why}\nThese are the newest posts.")),
    ))
}

/// The posts to look at: also drafts and those of the future where some are asked for by name.
pub(super) fn load(app: &App, choice: &Choice) -> Result<Loaded, Finding> {
    let by_name = !choice.posts.is_empty();
    let config = &app.config.posts;
    let posts = Posts {
        drafts: config.drafts || by_name,
        future: config.future || by_name,
        ..config.clone()
    };
    load_posts(&app.config.site, &posts, app.clock.now())
}

fn write(talk: &mut Talk<'_>, file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    write_changed(file, bytes, Care::Private)?;
    talk.conclude(&format!("{}: {} bytes", file.display(), bytes.len()))?;
    Ok(())
}

/// What there is to say where nobody would get it.
pub(super) fn no_readers(digest: &Digest) -> String {
    format!(
        "the digest `{}` has no readers\n  set `to`, or add a subscriber",
        digest.name
    )
}

/// A reader where there is none yet.
pub(super) fn somebody() -> Reader {
    let email = "reader@example.org".parse().expect("it is an address");
    Reader {
        id: 0,
        email,
        name: None,
        language: None,
    }
}

/// Someone who stands in no store.
fn to(mailbox: &Mailbox) -> Reader {
    Reader {
        id: 0,
        email: mailbox.email.clone(),
        name: mailbox.name.clone(),
        language: None,
    }
}

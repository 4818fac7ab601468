//! An issue shown before it is sent: written into files, or one copy as a test. Nothing here is counted.

use std::collections::HashSet;
use std::path::Path;

use anyhow::Context;

use crate::app::App;
use crate::cli::{Choice, Show};
use crate::config::Posts;
use crate::delivery::{Mailer, deliver_one};
use crate::digest::{Next, choose_news, find, split, split_at_limit};
use crate::ending::Ending;
use crate::file::{Care, write_changed};
use crate::finding::Finding;
use crate::ledger::IssueId;
use crate::loader::Loaded;
use crate::post::Post;
use crate::reader::{Mailbox, Reader, ReaderId};
use crate::schedule::{Composed, Turn};
use crate::source::GatheredPosts;
use crate::store::{Access, Store};
use crate::talk::Talk;

/// Writes the next issue where it is asked for; where nothing is new, the newest posts stand for it.
pub(super) async fn show(
    turn: &Turn<'_>,
    talk: &mut Talk<'_>,
    show: &Show,
) -> anyhow::Result<Ending> {
    let Turn {
        app, digest, now, ..
    } = *turn;
    let store = app.open_store(Access::Read).await?;
    let (posts, note) = choose_next_or_newest(turn, talk, &store).await?;
    if let Some(note) = note {
        talk.say(&note);
    }
    let reader = store
        .find_first_reader(&digest.name, &digest.to, now)
        .await?;
    let reader = reader.unwrap_or_else(make_reader);
    let composed = turn.compose(talk, &posts, IssueId::SHOWN, digest.archive)?;
    let Composed {
        draft, compiled, ..
    } = composed.check(talk)?;
    let key = store.load_current_key().await?.for_show();
    if let Some(file) = &show.html {
        let read = compiled.read_by(&draft, &reader, &key);
        write(talk, file, read.html.as_bytes())?;
    }
    if let Some(file) = &show.eml {
        write(talk, file, &compiled.fill(&reader, now, &key))?;
    }
    if let Some(mailbox) = &show.test {
        app.refuse_another_time()?;
        let test = turn.compile_test(&draft)?;
        let mail = &app.config.mail;
        let mailer = Mailer::from_config(mail);
        let reply = deliver_one(&mailer, mail, &test, &to(mailbox), now, &key).await?;
        talk.conclude(&format!(
            "{}: a test to {} ({mailer}): {reply}",
            digest.name, mailbox.email
        ))?;
    }
    Ok(Ending::Done)
}

/// The posts of the next issue; where there is none the newest, and why.
pub(super) async fn choose_next_or_newest<'a>(
    turn: &Turn<'a>,
    talk: &mut Talk<'_>,
    store: &Store,
) -> anyhow::Result<(Vec<&'a Post>, Option<String>)> {
    let Turn {
        app,
        digest,
        loaded,
        ..
    } = *turn;
    // Posts that are asked for by name are shown, whatever their state.
    if let Some(wish) = turn.wish.filter(|wish| !wish.posts.is_empty()) {
        let named = find(digest, &loaded.posts, wish.posts)?;
        let first = split(digest, &named).into_iter().next();
        return Ok((first.unwrap_or_default(), None));
    }
    let why = match turn.plan(talk, store).await {
        Ok(Next::Go(plan)) => match plan.issues(digest).into_iter().next() {
            Some(posts) => return Ok((posts, None)),
            None => plan.explain_nothing(digest),
        },
        Ok(Next::Wait | Next::Ahead(_)) => String::new(),
        Err(error) => format!("{error:#}"),
    };
    let all = choose_news(digest, &app.config.site, &loaded.posts, &HashSet::new());
    let newest = split(digest, &all)
        .pop()
        .with_context(|| format!("{}: there is no post for it", digest.name))?;
    let note = format!("{why}\nThese are the newest posts.");
    Ok((split_at_limit(digest, &newest).0.to_vec(), Some(note)))
}

/// The posts to look at: also drafts and those of the future where some are asked for by name.
pub(super) fn load(app: &App, choice: &Choice, gathered: GatheredPosts) -> Result<Loaded, Finding> {
    let by_name = !choice.posts.is_empty();
    let config = &app.config.posts;
    let posts = Posts {
        drafts: config.drafts || by_name,
        future: config.future || by_name,
        ..config.clone()
    };
    app.load(&posts, gathered)
}

fn write(talk: &mut Talk<'_>, file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    write_changed(file, bytes, Care::Private)?;
    talk.conclude(&format!("{}: {} bytes", file.display(), bytes.len()))?;
    Ok(())
}

/// A reader where there is none yet.
pub(super) fn make_reader() -> Reader {
    let email = "reader@example.org".parse().expect("it is an address");
    Reader {
        id: ReaderId::SHOWN,
        email,
        name: None,
        language: None,
    }
}

/// A reader who is in no store.
fn to(mailbox: &Mailbox) -> Reader {
    Reader {
        id: ReaderId::SHOWN,
        email: mailbox.email.clone(),
        name: mailbox.name.clone(),
        language: None,
    }
}

//! A dry run: the first message that would be sent, and nothing else.

use anyhow::Context;

use crate::digest::Next;
use crate::ending::Ending;
use crate::finding::{count, visible_line};
use crate::schedule::announce::describe_no_readers;
use crate::schedule::compose::Composed;
use crate::schedule::plan::{describe_renaming, slot_ahead};
use crate::schedule::turn::Turn;
use crate::store::Access;
use crate::talk::Talk;

/// Prints the first message of the digest, and changes nothing.
///
/// # Errors
/// If it could not be sent as it is.
pub(crate) async fn print(turn: &Turn<'_>, talk: &mut Talk<'_>) -> anyhow::Result<Ending> {
    let digest = turn.digest;
    let store = turn.app.open_store(Access::Read).await?;
    let name = turn.name_in_store(&store).await?;
    if name != digest.name {
        talk.say(&describe_renaming(&store, &digest.name, name).await?);
    }
    let plan = match turn.plan(talk, &store).await? {
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
        talk.say(&plan.explain_nothing(digest));
        return Ok(Ending::Done);
    };
    let key = store.load_current_key().await?;
    // The same ids as in the mail that will be sent, except for the link, which permits nothing.
    let (_, issue) = turn.name_issue(posts, &plan, &key)?;
    let composed = turn.compose(talk, posts, issue, digest.archive)?;
    let Composed { compiled, .. } = composed.check(talk)?;
    let reader = store.find_first_reader(name, &digest.to, turn.now).await?;
    let reader = reader.with_context(|| describe_no_readers(digest))?;
    if turn.wish.is_none() {
        let subject = compiled.subject();
        writeln!(
            talk.out(),
            "==> {}: {} <==",
            digest.name,
            visible_line(&subject)
        )?;
    }
    let message = compiled.fill(&reader, turn.now, &key.for_show());
    talk.out().write_all(&message)?;
    talk.say(&format!(
        "{}: {} in {}",
        digest.name,
        count(plan.news.len(), "post"),
        count(issues.len(), "issue")
    ));
    Ok(Ending::Done)
}

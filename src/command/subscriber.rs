//! `tidings subscriber`: who gets the digests.

mod import;

use std::collections::BTreeSet;

use anyhow::bail;

use crate::app::App;
use crate::cli;
use crate::consent::{ReaderState, Said, Source, Wish};
use crate::ending::Ending;
use crate::finding::{Finding, one_line, visible_line};
use crate::reader::{Email, Mailbox, ReaderId};
use crate::store::{Access, Answer, ConsentRequest, Store};
use crate::subscriber::Sheet;
use crate::talk::Talk;

use import::import;

/// The most mails to a person that are shown.
const NEWEST: usize = 10;

/// Does what is asked for.
pub(super) async fn run(
    app: &App,
    talk: &mut Talk<'_>,
    what: &cli::SubscriberCommand,
) -> anyhow::Result<Ending> {
    let now = app.clock.now();
    match what {
        cli::SubscriberCommand::Add {
            email,
            name,
            digest,
            consent,
        } => {
            let request = ConsentRequest {
                wish: Wish::Subscribe,
                by: Source::Owner,
                digests: &choose_digests(app, digest)?,
                consent: consent.as_deref(),
            };
            let people = [Mailbox {
                name: name.clone(),
                email: email.clone(),
            }];
            let store = app.open_store_to_change(Access::Write).await?;
            let answer = store.request(&people, &request, now).await?.remove(0);
            if answer.change.said == Said::StaysSuppressed {
                bail!("{}", say_answer(email, &answer));
            }
            talk.conclude(&say_answer(email, &answer))?;
        }
        cli::SubscriberCommand::Remove { email, digest } => {
            let named = if digest.is_empty() {
                Vec::new()
            } else {
                choose_digests(app, digest)?
            };
            let store = app.open_store_to_change(Access::Write).await?;
            let answer = store.remove_reader(email, &named, now).await?;
            if answer.change.said == Said::Unknown {
                return Err(explain_unknown(email));
            }
            talk.conclude(&match answer.change.said {
                Said::LeftDigests => format!("{email} removed from {}", named.join(", ")),
                _ => say_answer(email, &answer),
            })?;
        }
        cli::SubscriberCommand::Forget { email } => {
            let store = app.open_store_to_change(Access::Write).await?;
            if store.forget_reader(email, now).await?.said == Said::Unknown {
                return Err(explain_unknown(email));
            }
            talk.conclude(&format!(
                "{email} is forgotten, and gets no mail whoever adds the address again"
            ))?;
        }
        cli::SubscriberCommand::Show { email } => show(app, talk, email).await?,
        cli::SubscriberCommand::List => {
            let store = app.open_store_to_show(talk).await?;
            app.name_missing(talk, &store);
            let out = talk.out();
            store
                .visit_subscribers(None, |one| -> anyhow::Result<()> {
                    let (state, digests) = (one.state.word(), one.digests.join(","));
                    Ok(writeln!(out, "{}  {state}  {digests}", one.reader.email)?)
                })
                .await?;
        }
        cli::SubscriberCommand::Export => {
            let store = app.open_store_to_show(talk).await?;
            app.name_missing(talk, &store);
            let mut sheet = Sheet::for_subscribers(talk.out())?;
            store
                .visit_subscribers(None, |one| -> anyhow::Result<()> {
                    Ok(sheet.write_subscriber(&one)?)
                })
                .await?;
            sheet.finish()?;
        }
        cli::SubscriberCommand::Import(list) => {
            return import(app, talk, list, &choose_digests(app, &list.digest)?).await;
        }
    }
    Ok(Ending::Done)
}

/// Describes the outcome for one person.
fn say_answer(email: &Email, answer: &Answer) -> String {
    let was = answer.was.map_or("unknown", ReaderState::word);
    let gained = answer.gained.join(", ");
    match answer.change.said {
        Said::New => format!("{email} added"),
        Said::Confirmed => format!("{email} was pending, and is active now"),
        Said::Returned => format!("{email} was {was}, and is active again"),
        Said::Known if gained.is_empty() => format!("{email} was there"),
        Said::Known => format!("{email} was there, and gets {gained} from now on"),
        Said::NotWidened => format!("{email} was there, and gets no more than before"),
        Said::StaysSuppressed => format!("{email} is {was} and stays so"),
        Said::Suppressed if answer.was == Some(ReaderState::Bounced) => {
            format!("{email} removed; the address had bounced")
        }
        Said::Suppressed | Said::LeftDigests => format!("{email} removed"),
        Said::Unknown | Said::NoSay => format!("{email} is unknown"),
    }
}

fn explain_unknown(email: &Email) -> anyhow::Error {
    anyhow::anyhow!("nobody is known by {email}\n  `tidings subscriber list` shows everyone")
}

/// The digests that are named, checked; all where none is.
fn choose_digests(app: &App, named: &[String]) -> Result<Vec<String>, Finding> {
    if named.is_empty() {
        return Ok(app
            .config
            .digests
            .iter()
            .map(|digest| digest.name.clone())
            .collect());
    }
    let digests = named
        .iter()
        .map(|name| app.config.digest(name).map(|digest| digest.name.clone()));
    let digests: BTreeSet<String> = digests.collect::<Result<_, _>>()?;
    Ok(digests.into_iter().collect())
}

/// Shows a person with their subscriptions and events.
async fn show(app: &App, talk: &mut Talk<'_>, email: &Email) -> anyhow::Result<()> {
    let store = app.open_store_to_show(talk).await?;
    let (id, state) = store
        .find_reader(email)
        .await?
        .ok_or_else(|| explain_unknown(email))?;
    writeln!(talk.out(), "{email}  {}", state.word())?;
    let out = talk.out();
    store
        .visit_subscribers(Some(id), |one| -> anyhow::Result<()> {
            if let Some(name) = &one.reader.name {
                writeln!(out, "name: {}", visible_line(name))?;
            }
            Ok(writeln!(out, "digests: {}", one.digests.join(", "))?)
        })
        .await?;
    if let Some(until) = store.load_paused_until(id, app.clock.now()).await? {
        let until = until.format("%Y-%m-%dT%H:%M:%SZ");
        writeln!(talk.out(), "paused until {until}")?;
    }
    for (at, kind, detail) in store.load_events(id).await? {
        let detail = detail
            .map(|detail| format!("  {}", one_line(&detail, usize::MAX)))
            .unwrap_or_default();
        writeln!(
            talk.out(),
            "{}  {kind}{detail}",
            at.format("%Y-%m-%dT%H:%M:%SZ")
        )?;
    }
    if state == ReaderState::Forgotten {
        return Ok(());
    }
    show_mails(talk, &store, id).await
}

/// Shows what became of the newest mails to a person.
async fn show_mails(talk: &mut Talk<'_>, store: &Store, id: ReaderId) -> anyhow::Result<()> {
    let deliveries = store.load_past_deliveries(id, NEWEST).await?;
    if !deliveries.is_empty() {
        writeln!(talk.out(), "newest mails:")?;
    }
    for delivery in deliveries {
        let reply = delivery
            .reply
            .map(|reply| format!(": {}", one_line(&reply, usize::MAX)))
            .unwrap_or_default();
        writeln!(
            talk.out(),
            "{}  {}  {}  “{}”  {}{reply}",
            delivery.issue,
            delivery.digest,
            delivery.made_at.format("%Y-%m-%dT%H:%M:%SZ"),
            visible_line(&delivery.subject),
            delivery.state.word()
        )?;
    }
    Ok(())
}

//! `tidings subscriber`: who gets the digests.

use std::path::Path;

use anyhow::{Context, bail};

use crate::cli::Subscriber;
use crate::command::{Ending, Session};
use crate::finding::Finding;
use crate::reader::Email;
use crate::store::{Access, Added, ReaderState};

/// Does what is asked for.
pub(super) async fn subscriber(session: &mut Session<'_>, what: &Subscriber) -> anyhow::Result<Ending> {
    let now = session.clock.now();
    match what {
        Subscriber::Add { email, name, digest } => {
            let digests = digests(session, digest)?;
            let people = [(email.parse::<Email>()?, name.clone())];
            let store = session.store(Access::Write).await?;
            match store.add_readers(&people, &digests, ReaderState::Active, true, now).await?.first() {
                Some(Added::Suppressed(state)) => bail!("{} is {} and stays so", people[0].0, state.word()),
                Some(Added::Known) => session.result(&format!("{} was there", people[0].0))?,
                _ => session.result(&format!("{} added", people[0].0))?,
            }
        }
        Subscriber::Remove { email, digest } => {
            let named = if digest.is_empty() { Vec::new() } else { digests(session, digest)? };
            let email: Email = email.parse()?;
            let store = session.store(Access::Write).await?;
            if !store.remove_reader(&email, &named, now).await? {
                bail!("nobody is known by {email}");
            }
            session.result(&format!("{email} removed"))?;
        }
        Subscriber::List => {
            let store = session.store(Access::Read).await?;
            for one in store.subscribers().await? {
                writeln!(session.out, "{}  {}  {}", one.reader.email, one.state.word(), one.digests.join(","))?;
            }
        }
        Subscriber::Export => {
            let store = session.store(Access::Read).await?;
            let mut csv = csv::Writer::from_writer(&mut *session.out);
            csv.write_record(["email", "name", "state", "digests"])?;
            for one in store.subscribers().await? {
                let name = one.reader.name.unwrap_or_default();
                csv.write_record([one.reader.email.as_str(), &name, one.state.word(), &one.digests.join(",")])?;
            }
            csv.flush()?;
        }
        Subscriber::Import { file, confirmed, digest } => return import(session, file, *confirmed, digest).await,
    }
    Ok(Ending::Done)
}

/// The digests that are named, checked; all where none is.
fn digests(session: &Session<'_>, named: &[String]) -> Result<Vec<String>, Finding> {
    if named.is_empty() {
        return Ok(session.config.digests.iter().map(|digest| digest.name.clone()).collect());
    }
    named.iter().map(|name| session.config.digest(name).map(|digest| digest.name.clone())).collect()
}

async fn import(session: &mut Session<'_>, file: &Path, confirmed: bool, named: &[String]) -> anyhow::Result<Ending> {
    let digests = digests(session, named)?;
    let mut csv = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .from_path(file)
        .with_context(|| format!("{}", file.display()))?;
    let headers = csv.headers()?.clone();
    let column =
        |wanted: &str| headers.iter().position(|name| name.trim_start_matches('\u{feff}').eq_ignore_ascii_case(wanted));
    let Some(email_at) = column("email") else {
        return Err(Finding::error("there is no column `email`")
            .in_file(file)
            .at_line(1)
            .way_out("expected a first line `email,name`")
            .into());
    };
    let (mut people, mut findings) = (Vec::new(), Vec::new());
    for record in csv.records() {
        let record = record.with_context(|| format!("{}", file.display()))?;
        let line = record.position().map_or(1, csv::Position::line);
        match record.get(email_at).unwrap_or_default().parse::<Email>() {
            Ok(email) => {
                let name = column("name").and_then(|at| record.get(at)).filter(|name| !name.is_empty());
                people.push((email, name.map(str::to_owned)));
            }
            Err(error) => findings
                .push(Finding::error(error.to_string()).in_file(file).at_line(usize::try_from(line).unwrap_or(1))),
        }
    }
    let state = if confirmed { ReaderState::Active } else { ReaderState::Pending };
    let store = session.store(Access::Write).await?;
    let added = store.add_readers(&people, &digests, state, false, session.clock.now()).await?;
    let count = |wanted: fn(&Added) -> bool| added.iter().filter(|one| wanted(one)).count();
    session.report(&findings);
    session.result(&format!(
        "{} new, {} known, {} suppressed, {} refused",
        count(|one| *one == Added::New),
        count(|one| *one == Added::Known),
        count(|one| matches!(one, Added::Suppressed(_))),
        findings.len()
    ))?;
    if !confirmed {
        session.say("they are pending and get nothing; with `--confirmed` they have agreed");
    }
    Ok(Ending::of(&findings))
}

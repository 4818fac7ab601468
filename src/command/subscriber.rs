//! `tidings subscriber`: who gets the digests.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::bail;

use crate::cli;
use crate::command::{Ending, Session};
use crate::file::read::{LISTED, read};
use crate::finding::Finding;
use crate::reader::Email;
use crate::store::{Access, Added, Joining, ReaderState};
use crate::subscriber;

/// Does what is asked for.
pub(super) async fn subscriber(
    session: &mut Session<'_>,
    what: &cli::Subscriber,
) -> anyhow::Result<Ending> {
    let now = session.clock.now();
    match what {
        cli::Subscriber::Add {
            email,
            name,
            digest,
            consent,
        } => {
            let digests = digests(session, digest)?;
            let people = [(email.clone(), name.clone())];
            let consent = consent.as_deref();
            let joining = Joining {
                digests: &digests,
                state: ReaderState::Active,
                returning: true,
                consent,
            };
            let store = session.store(Access::Write).await?;
            match store.add_readers(&people, &joining, now).await?.first() {
                Some(Added::Suppressed(state)) => bail!("{email} is {} and stays so", state.word()),
                Some(Added::Known) => session.result(&format!("{email} was there"))?,
                _ => session.result(&format!("{email} added"))?,
            }
        }
        cli::Subscriber::Remove { email, digest } => {
            let named = if digest.is_empty() {
                Vec::new()
            } else {
                digests(session, digest)?
            };
            let store = session.store(Access::Write).await?;
            if !store.remove_reader(email, &named, now).await? {
                return Err(unknown(email));
            }
            session.result(&format!("{email} removed"))?;
        }
        cli::Subscriber::Forget { email } => {
            let store = session.store(Access::Write).await?;
            if !store.forget_reader(email, now).await? {
                return Err(unknown(email));
            }
            session.result(&format!(
                "{email} is forgotten, and gets no mail whoever adds the address again"
            ))?;
        }
        cli::Subscriber::Show { email } => show(session, email).await?,
        cli::Subscriber::List => {
            let store = session.store(Access::Read).await?;
            for one in store.subscribers().await? {
                writeln!(
                    session.out,
                    "{}  {}  {}",
                    one.reader.email,
                    one.state.word(),
                    one.digests.join(",")
                )?;
            }
        }
        cli::Subscriber::Export => {
            let store = session.store(Access::Read).await?;
            subscriber::write(&store.subscribers().await?, &mut *session.out)?;
        }
        cli::Subscriber::Import {
            file,
            confirmed,
            consent,
            digest,
        } => {
            return import(session, file, *confirmed, consent.as_deref(), digest).await;
        }
    }
    Ok(Ending::Done)
}

fn unknown(email: &Email) -> anyhow::Error {
    anyhow::anyhow!("nobody is known by {email}\n  `tidings subscriber list` shows everyone")
}

/// The digests that are named, checked; all where none is.
fn digests(session: &Session<'_>, named: &[String]) -> Result<Vec<String>, Finding> {
    if named.is_empty() {
        return Ok(session
            .config
            .digests
            .iter()
            .map(|digest| digest.name.clone())
            .collect());
    }
    named
        .iter()
        .map(|name| {
            session
                .config
                .digest(name)
                .map(|digest| digest.name.clone())
        })
        .collect()
}

/// Who someone is, what they get and what happened to them.
async fn show(session: &mut Session<'_>, email: &Email) -> anyhow::Result<()> {
    let store = session.store(Access::Read).await?;
    let (id, state) = store
        .find_reader(email)
        .await?
        .ok_or_else(|| unknown(email))?;
    writeln!(session.out, "{email}  {}", state.word())?;
    if let Some(one) = store
        .subscribers()
        .await?
        .into_iter()
        .find(|one| one.reader.id == id)
    {
        if let Some(name) = &one.reader.name {
            writeln!(session.out, "name: {name}")?;
        }
        writeln!(session.out, "digests: {}", one.digests.join(", "))?;
    }
    for (at, kind, detail) in store.events(id).await? {
        let detail = detail
            .map(|detail| format!("  {detail}"))
            .unwrap_or_default();
        writeln!(
            session.out,
            "{}  {kind}{detail}",
            at.format("%Y-%m-%dT%H:%M:%SZ")
        )?;
    }
    Ok(())
}

async fn import(
    session: &mut Session<'_>,
    file: &Path,
    confirmed: bool,
    consent: Option<&str>,
    named: &[String],
) -> anyhow::Result<Ending> {
    let default = digests(session, named)?;
    let bytes = read(file, LISTED).map_err(|error| error.in_file(file))?;
    let (listed, mut findings) =
        subscriber::read(&bytes).map_err(|finding| finding.in_file(file))?;
    // People of one kind go in together: what they are, and to what they subscribe.
    let mut kinds: BTreeMap<(ReaderState, Vec<String>), Vec<_>> = BTreeMap::new();
    for one in listed {
        let state = match one.state {
            Some(state) if state != ReaderState::Active => state,
            _ if confirmed => ReaderState::Active,
            _ => ReaderState::Pending,
        };
        let wanted = match one.digests {
            Some(own) if named.is_empty() => own
                .iter()
                .try_for_each(|name| session.config.digest(name).map(drop))
                .map(|()| own),
            _ => Ok(default.clone()),
        };
        match wanted {
            Ok(digests) => kinds
                .entry((state, digests))
                .or_default()
                .push((one.email, one.name)),
            Err(finding) => findings.push(finding.at_line(one.line)),
        }
    }
    let store = session.store(Access::Write).await?;
    let (mut new, mut known, mut suppressed, mut pending) = (0, 0, 0, 0);
    for ((state, digests), people) in &kinds {
        let joining = Joining {
            digests,
            state: *state,
            returning: false,
            consent,
        };
        for added in store
            .add_readers(people, &joining, session.clock.now())
            .await?
        {
            match added {
                Added::New if state.is_suppressed() => suppressed += 1,
                Added::Suppressed(_) => suppressed += 1,
                Added::Known => known += 1,
                Added::New => {
                    new += 1;
                    pending += usize::from(*state == ReaderState::Pending);
                }
            }
        }
    }
    findings = findings
        .into_iter()
        .map(|finding| finding.in_file(file))
        .collect();
    findings.sort();
    session.report(&findings);
    session.result(&format!(
        "{new} new, {known} known, {suppressed} suppressed, {} refused",
        findings.len()
    ))?;
    if pending > 0 {
        session.say(&format!(
            "{pending} are pending and get nothing; with `--confirmed` they have agreed"
        ));
    }
    Ok(Ending::of(&findings))
}

//! One file a verb; this one opens what they share and hands over.

mod build;
mod digest;
mod issue;
mod keep;
mod live;
mod ping;
mod run;
mod send;
mod status;
mod subscriber;
mod template;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::future::pending;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, bail};

use crate::cli::{Cli, Command};
use crate::clock::Clock;
use crate::config::Config;
use crate::delivery::Stop;
use crate::finding::{Finding, condense};
use crate::store::{Access, Sender, Store};

/// How a command ended, when it could do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All of it.
    Done,
    /// Some posts or deliveries failed and are listed.
    Partial,
}

impl Ending {
    /// Partial where something was left out.
    fn of(findings: &[Finding]) -> Self {
        if findings.iter().any(Finding::is_error) {
            Self::Partial
        } else {
            Self::Done
        }
    }

    /// Partial where either is.
    fn and(self, other: Self) -> Self {
        if self == Self::Done { other } else { self }
    }
}

/// What every verb is given.
struct Session<'a> {
    config: Config,
    clock: &'a Clock,
    out: &'a mut dyn Write,
    quiet: bool,
    verbose: bool,
    /// Whether the lock is read only.
    locked: bool,
    /// When to stop early; signals are listened to from the first mail on.
    stop: OnceCell<Stop>,
    /// The sender that this command has become.
    sender: RefCell<Option<Sender>>,
    /// What has been named, so that two steps of one run do not say the same.
    named: RefCell<BTreeSet<Finding>>,
    /// What is open, by what it was opened for.
    stores: RefCell<Vec<(Access, Store)>>,
}

impl<'a> Session<'a> {
    /// One that says nothing.
    fn new(config: Config, clock: &'a Clock, out: &'a mut dyn Write) -> Self {
        Self {
            config,
            clock,
            out,
            quiet: true,
            verbose: false,
            locked: false,
            stop: OnceCell::new(),
            sender: RefCell::default(),
            named: RefCell::default(),
            stores: RefCell::default(),
        }
    }
}

impl Session<'_> {
    /// Tells a person on stderr; nothing with `-q`.
    fn say(&self, words: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{words}");
        }
    }

    /// Says why, on stderr; only with `-v`.
    fn explain(&self, words: &str) {
        if self.verbose {
            let _ = writeln!(io::stderr(), "{words}");
        }
    }

    /// A line of the result; with `-q` there is none, since nobody is needed.
    fn result(&mut self, words: &str) -> io::Result<()> {
        if self.quiet {
            return Ok(());
        }
        match writeln!(self.out, "{words}") {
            // Whoever listened has had enough; the work goes on.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            said => said,
        }
    }

    /// Names what is wrong, each once; with `-q` only what left something out.
    fn report(&self, findings: &[Finding]) {
        let is_told = |finding: &&Finding| !self.quiet || finding.is_error();
        self.name_each(findings.iter().filter(is_told));
    }

    /// Names these, each once, also with `-q`.
    fn name_each<'f>(&self, findings: impl Iterator<Item = &'f Finding>) {
        let mut named = self.named.borrow_mut();
        let new: Vec<Finding> = findings
            .filter(|finding| named.insert((*finding).clone()))
            .cloned()
            .collect();
        let told = if self.verbose { new } else { condense(new) };
        told.iter().for_each(name);
    }

    /// Real mail at a time that is not would lie to its readers.
    fn refuse_another_time(&self) -> anyhow::Result<()> {
        match &self.config.mail.smtp {
            Some(relay) if self.clock.is_set() && !relay.is_loopback() => {
                bail!(
                    "`--at` with the relay {relay} would mail people at a time that is not\n  add `--dry-run`"
                )
            }
            _ => Ok(()),
        }
    }

    /// Whether a person asked to stop: nothing new begins then.
    fn is_stopped(&self) -> bool {
        self.stop.get().is_some_and(Stop::is_asked)
    }

    /// Waits until a person asks to stop; for ever where signals are not listened to.
    async fn stopped(&self) {
        match self.stop.get() {
            Some(stop) => stop.asked().await,
            None => pending().await,
        }
    }

    /// Becomes a sender, once; none where the store takes one at a time and has another.
    async fn sender(&self) -> anyhow::Result<Option<Sender>> {
        if self.sender.borrow().is_none() {
            self.refuse_another_time()?;
            let store = self.store(Access::Write).await?;
            let begun = store
                .begin_sending(self.config.mail.uncertain, self.clock.now())
                .await?;
            self.sender.replace(begun.ok());
        }
        Ok(self.sender.borrow().clone())
    }

    /// The store, opened once; it is closed when the command ends.
    async fn store(&self, access: Access) -> anyhow::Result<Store> {
        if let Some((_, store)) = self
            .stores
            .borrow()
            .iter()
            .find(|(known, _)| *known == access)
        {
            return Ok(store.clone());
        }
        let url = &self.config.store.url;
        let store = Store::open(url, access, self.clock.now())
            .await
            .with_context(|| format!("{url:?}"))?;
        self.stores.borrow_mut().push((access, store.clone()));
        Ok(store)
    }

    /// Closes what it opened; the sender first, since a server's store waits for the connection that holds its lock.
    async fn close(self) {
        drop(self.sender);
        for (_, store) in self.stores.into_inner() {
            store.close().await;
        }
    }
}

/// Names what is wrong to a person, on stderr.
fn name(finding: &Finding) {
    let _ = writeln!(anstream::stderr(), "{} {finding}", finding.severity.word());
}

/// The config of this file under the environment.
fn load_config(file: &Path) -> Result<Config, Finding> {
    // A variable that is no Unicode is none of ours.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| name.into_string().ok().zip(value.into_string().ok()));
    Config::load(file, environment)
}

/// Does what the command line asks for. Results go to `out`.
///
/// # Errors
/// Where nothing could be done.
pub fn run(cli: &Cli, clock: &Clock, out: &mut dyn Write) -> anyhow::Result<Ending> {
    let mut session = Session::new(load_config(&cli.config)?, clock, out);
    (session.quiet, session.verbose, session.locked) = (cli.quiet, cli.verbose, cli.locked);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no threads")?;
    let ended = match &cli.command {
        Command::Run(dry) => run::run(&mut session, *dry, &runtime),
        Command::Build(args) => build::build(&mut session, args).map(|built| built.ending),
        Command::Ping(dry) => runtime.block_on(ping::ping(&mut session, *dry)),
        Command::Digest(args) => digest::digest(&mut session, args, &runtime),
        Command::Subscriber(what) => runtime.block_on(subscriber::subscriber(&mut session, what)),
        Command::Issue(what) => runtime.block_on(issue::issue(&mut session, what)),
        Command::Status(args) => runtime.block_on(status::status(&mut session, args)),
    };
    runtime.block_on(session.close());
    // A look-up of a name cannot be broken off, and nothing needs its answer any more.
    runtime.shutdown_background();
    ended
}

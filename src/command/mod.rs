//! One file a verb; this one opens what they share and hands over.

mod build;
mod digest;
mod dkim;
mod issue;
mod keep;
mod live;
mod ping;
mod run;
mod send;
mod status;
mod subscriber;
mod template;
mod words;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::future::pending;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};

use crate::cli::{Cli, Command};
use crate::clock::Clock;
use crate::config::Config;
use crate::delivery::Stop;
use crate::digest::refuse_site;
use crate::finding::{Finding, condense};
use crate::store::{Access, Sender, Store, StoreError, Tell};

use words::Words;

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
    /// How commands in hints are written.
    words: Words,
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
            words: Words::default(),
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
            let _ = writeln!(io::stderr(), "{}", self.words.show(words));
        }
    }

    /// Says why, on stderr; only with `-v`.
    fn explain(&self, words: &str) {
        if self.verbose {
            let _ = writeln!(io::stderr(), "{}", self.words.show(words));
        }
    }

    /// A line of the result; with `-q` there is none, since nobody is needed.
    fn result(&mut self, words: &str) -> io::Result<()> {
        if self.quiet {
            return Ok(());
        }
        match writeln!(self.out, "{}", self.words.show(words)) {
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
        for finding in &told {
            self.name(finding);
        }
    }

    /// Names what is wrong to a person, on stderr.
    fn name(&self, finding: &Finding) {
        let words = finding.to_string();
        let _ = writeln!(
            anstream::stderr(),
            "{} {}",
            finding.severity.word(),
            self.words.show(&words)
        );
    }

    /// An error as a finding: one of the store names its place and the way out, wherever it came up.
    fn explain_error(&self, error: &anyhow::Error) -> Finding {
        let finding = Finding::error(format!("{error:#}"));
        let store = error
            .chain()
            .find_map(|cause| cause.downcast_ref::<StoreError>());
        let Some(store) = store else { return finding };
        let finding = match store.file() {
            Some(file) => finding.in_file(file),
            None => finding.in_file(self.config.store.url.to_string()),
        };
        match store.way_out() {
            Some(way_out) => finding.way_out(way_out),
            None => finding,
        }
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
            let ours = self.authority()?;
            let theirs = store.claim_site(&ours, self.clock.now()).await?;
            refuse_site(&theirs, &ours)?;
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
        let words = self.words.clone();
        let tell: Option<Tell> = match self.quiet {
            true => None,
            false => Some(Arc::new(move |what: &str| {
                let _ = writeln!(io::stderr(), "{}", words.show(what));
            })),
        };
        let store =
            Store::open_telling(&self.config.store.url, access, self.clock.now(), tell).await?;
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

/// Whether an error is that of a pipe that whoever read it has closed.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
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
    session.words = Words::new(&cli.config);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no threads")?;
    let ended = match &cli.command {
        Command::Run(dry) => run::run(&mut session, *dry, &runtime),
        Command::Build(args) => {
            build::build(&mut session, args, &runtime).map(|built| built.ending)
        }
        Command::Ping(dry) => runtime.block_on(ping::ping(&mut session, *dry)),
        Command::Digest(args) => digest::digest(&mut session, args, &runtime),
        Command::Subscriber(what) => runtime.block_on(subscriber::subscriber(&mut session, what)),
        Command::Issue(what) => runtime.block_on(issue::issue(&mut session, what)),
        Command::Dkim(what) => dkim::dkim(&mut session, what),
        Command::Status(args) => runtime.block_on(status::status(&mut session, args)),
    };
    let ended = ended.map_err(|error| {
        if is_broken_pipe(&error) {
            return error;
        }
        let finding = session.explain_error(&error).to_string();
        anyhow::Error::msg(session.words.show(&finding).into_owned())
    });
    runtime.block_on(session.close());
    // A look-up of a name cannot be broken off, and nothing needs its answer any more.
    runtime.shutdown_background();
    ended
}

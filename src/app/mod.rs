//! The state that every command and every task of a resident shares: config, clock and store.

mod copy;
mod keep;
mod load;
mod site;

pub(crate) use copy::COPIED;

use std::future::pending;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::sync::{Mutex, Notify, OnceCell};
use tokio::time::sleep;

use crate::clock::Clock;
use crate::config::Config;
use crate::delivery::Stop;
use crate::digest::{Misplaced, explain_another_store};
use crate::finding::{Finding, Rule};
use crate::ledger::{Issue, IssueId};
use crate::lock::Lock;
use crate::store::{Access, Sender, Store, StoreError, Tell};
use crate::talk::Talk;

/// How long mail that a person asked for waits for another sender.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How long it waits before it says so.
const QUIET_WAIT: Duration = Duration::from_secs(2);
/// How often it looks whether the other sender has ended.
const POLL: Duration = Duration::from_millis(50);

/// Config, clock and store. Stores are opened and a sender is begun at the first need of them.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    /// Whether the lock is read only.
    pub(crate) locked: bool,
    /// Whether the store need not be the one that the lock names.
    any_store: bool,
    /// Called with the reason of a long wait for the store.
    tell: Option<Tell>,
    /// When to stop early; signals are listened to from the first mail on.
    stop: OnceLock<Stop>,
    /// The sender that this program has become.
    sender: Mutex<Option<Sender>>,
    read: OnceCell<Store>,
    write: OnceCell<Store>,
    /// Notified when a letter waits that somebody has asked for just now.
    letters: Notify,
    /// Whether `after_build` has succeeded since the archive was written last.
    deployed: AtomicBool,
}

impl App {
    /// One that has opened nothing.
    pub(crate) fn new(config: Config, clock: Clock, locked: bool, tell: Option<Tell>) -> Self {
        Self {
            config,
            clock,
            locked,
            any_store: false,
            tell,
            stop: OnceLock::new(),
            sender: Mutex::default(),
            read: OnceCell::new(),
            write: OnceCell::new(),
            letters: Notify::new(),
            deployed: AtomicBool::new(false),
        }
    }

    /// The same, where the store need not be the one that the lock names: a new one takes its place by a person's word,
    /// or an issue is only shown.
    pub(crate) fn with_any_store(self, any_store: bool) -> Self {
        Self { any_store, ..self }
    }

    /// The same app with another config and without open resources; a resident goes on with it.
    pub(crate) fn with_config(&self, config: Config) -> Self {
        let stop = self.stop.get().cloned();
        Self {
            stop: stop.map_or_else(OnceLock::new, OnceLock::from),
            ..Self::new(config, self.clock, self.locked, self.tell.clone())
        }
    }

    /// Whether `after_build` has succeeded since the archive was written last; an earlier program's success is not known.
    pub(crate) fn is_deployed(&self) -> bool {
        self.deployed.load(Ordering::Relaxed)
    }

    /// Notes that `after_build` has succeeded, or that something has changed since.
    pub(crate) fn set_deployed(&self, is_deployed: bool) {
        self.deployed.store(is_deployed, Ordering::Relaxed);
    }

    /// Says that a letter waits, so that a resident does not let it wait for its next round.
    pub(crate) fn announce_letter(&self) {
        self.letters.notify_one();
    }

    /// Waits until a letter waits.
    pub(crate) async fn wait_for_letter(&self) {
        self.letters.notified().await;
    }

    /// An error as a finding: one of the store names its place and the hint, wherever it came up.
    pub(crate) fn explain(&self, error: &anyhow::Error) -> Finding {
        let finding = Finding::from(error);
        let store = error
            .chain()
            .find_map(|cause| cause.downcast_ref::<StoreError>());
        let Some(store) = store else { return finding };
        let finding = Finding {
            rule: Rule::StoreUnusable,
            ..finding
        };
        let finding = match store.file() {
            Some(file) => finding.in_file(file),
            None => finding.in_file(self.config.store.url.to_string()),
        };
        match store.hint() {
            Some(hint) => finding.hint(hint),
            None => finding,
        }
    }

    /// Tells whoever started the program, on stderr; nobody with `-q`.
    pub(crate) fn tell(&self, words: &str) {
        if let Some(tell) = &self.tell {
            tell(words);
        }
    }

    /// Refuses to send real mail at a time that `--at` has set: it would lie to its readers.
    pub(crate) fn refuse_another_time(&self) -> anyhow::Result<()> {
        match &self.config.mail.smtp {
            Some(relay) if self.clock.is_set() && !relay.is_loopback() => {
                bail!(
                    "`--at` with the relay {relay} would mail people at a time that is not\n  add `--dry-run`"
                )
            }
            _ => Ok(()),
        }
    }

    /// The request to stop early; from now on Ctrl-C and SIGTERM make it.
    pub(crate) fn stop(&self) -> &Stop {
        self.stop.get_or_init(Stop::on_signals)
    }

    /// Whether a person asked to stop: nothing new begins then.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.get().is_some_and(Stop::is_asked)
    }

    /// Waits until a person asks to stop; for ever where signals are not listened to.
    pub(crate) async fn wait_until_stopped(&self) {
        match self.stop.get() {
            Some(stop) => stop.wait_until_asked().await,
            None => pending().await,
        }
    }

    /// Becomes a sender, once; `None` if the store takes one at a time and has another.
    pub(crate) async fn become_sender(&self) -> anyhow::Result<Option<Sender>> {
        let mut sender = self.sender.lock().await;
        if sender.is_none() {
            self.refuse_another_time()?;
            let store = self.open_store(Access::Write).await?;
            self.claim_site(&store).await?;
            let begun = store.begin_sending(self.config.mail.uncertain, self.clock.now());
            let caps = self.config.mail.caps();
            *sender = begun.await?.ok().map(|begun| begun.with_caps(caps));
        }
        Ok(sender.clone())
    }

    /// Becomes a sender for a person who asked for this mail: waits some seconds for another one, since a resident sends
    /// for moments only.
    ///
    /// # Errors
    /// Another one that goes on sending.
    pub(crate) async fn wait_to_become_sender(&self) -> anyhow::Result<Sender> {
        let begun = Instant::now();
        let mut has_told = false;
        loop {
            if let Some(sender) = self.become_sender().await? {
                return Ok(sender);
            }
            let waited = begun.elapsed();
            if waited >= LONGEST_WAIT || self.is_stopped() {
                bail!("another run is sending\n  try again when it is done");
            }
            if waited >= QUIET_WAIT && !has_told {
                self.tell("waiting for another run that is sending");
                has_told = true;
            }
            sleep(POLL).await;
        }
    }

    /// Gives the right to send back, so that others can send meanwhile.
    pub(crate) async fn stop_being_sender(&self) {
        self.sender.lock().await.take();
    }

    /// Opens the store, once for each access; it is closed when the program ends. Refuses a store of another site, one that the
    /// lock does not name, and a place without a store if the lock names one: the place may be misspelt.
    pub(crate) async fn open_store(&self, access: Access) -> anyhow::Result<Store> {
        let store = match access {
            Access::Read => &self.read,
            Access::Write | Access::WriteKept => &self.write,
        };
        let opened = store.get_or_try_init(|| self.open_anew(access));
        Ok(opened.await?.clone())
    }

    async fn open_anew(&self, access: Access) -> anyhow::Result<Store> {
        let (url, now, tell) = (&self.config.store.url, self.clock.now(), self.tell.clone());
        // A broken lock is passed over here; the commands that send report it.
        let lock = self.load_kept_lock();
        let kept = lock.as_ref().ok().map(Option::as_ref);
        let named = kept.flatten().and_then(Lock::first_begun);
        let named = named.filter(|_| !self.any_store);
        let access = match (access, named) {
            (Access::Write, Some(_)) => Access::WriteKept,
            (access, _) => access,
        };
        let missing = |(digest, began): (&str, &str)| {
            explain_another_store(digest, began, Misplaced::Nowhere).in_file(url.to_string())
        };
        let store = match (Store::open_telling(url, access, now, tell).await, named) {
            (Err(StoreError::Missing), Some(named)) => return Err(missing(named).into()),
            (Ok(store), Some(named)) if !store.is_kept() => return Err(missing(named).into()),
            (opened, _) => opened?,
        };
        let store = store.with_keys(&self.config.token_keys);
        let Some(lock) = kept else { return Ok(store) };
        let looked = self.look_at(&store, access, lock, named).await;
        if let Err(error) = looked {
            // SQLite would leave files beside a store that is not closed.
            store.close().await;
            return Err(error);
        }
        Ok(store)
    }

    /// Refuses a store of another site, and another than the lock names; one that is to be written is noted as the
    /// site's.
    async fn look_at(
        &self,
        store: &Store,
        access: Access,
        lock: Option<&Lock>,
        named: Option<(&str, &str)>,
    ) -> anyhow::Result<()> {
        self.refuse_another_site(store).await?;
        if let Some((digest, began)) = named
            && !lock.is_some_and(|lock| lock.names_store(store.name()))
        {
            return Err(explain_another_store(digest, began, Misplaced::Another).into());
        }
        match access {
            Access::Read => Ok(()),
            Access::Write | Access::WriteKept => self.claim_site(store).await,
        }
    }

    /// Says that there is no store at its place yet.
    pub(crate) fn name_missing(&self, talk: &mut Talk<'_>, store: &Store) {
        if !store.is_kept() {
            let url = &self.config.store.url;
            talk.say(&format!("{url}: not there yet; the first run makes it"));
        }
    }

    /// The store to write, also where it was filled from another one and that has not come to its end.
    pub(crate) async fn open_unfinished_store(&self) -> anyhow::Result<Store> {
        let (url, now) = (&self.config.store.url, self.clock.now());
        let opened = self.write.get_or_try_init(|| Store::open_to_fill(url, now));
        Ok(opened.await?.clone())
    }

    /// Closes what it opened; the sender first, since a server's store waits for the connection that holds its lock.
    pub(crate) async fn close(&self) {
        self.stop_being_sender().await;
        for store in [&self.read, &self.write]
            .into_iter()
            .filter_map(OnceCell::get)
        {
            store.clone().close().await;
        }
    }
}

/// The issue of this number.
///
/// # Errors
/// If there is none, with a hint.
pub(crate) async fn find_issue(store: &Store, id: IssueId) -> anyhow::Result<Issue> {
    let unknown = || format!("there is no issue `{id}`\n  `tidings status` shows their numbers");
    store.load_issue(id).await?.with_context(unknown)
}

#[cfg(test)]
mod tests {
    use super::App;

    fn is_shared<T: Send + Sync>() {}

    #[test]
    fn tasks_of_a_resident_can_share_it() {
        is_shared::<App>();
    }
}

//! The command line, as types and nothing else: the verbs, and a file for each verb with many arguments.

mod build;
mod check;
mod digest;
mod issue;
mod subscriber;
mod visible;

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::clock::parse_time;
use crate::config::{ImapAccount, StoreUrl, parse_listener};
use crate::ledger::IssueId;

pub use build::{BuildArgs, Dry};
pub use check::CheckArgs;
pub use digest::{Choice, DigestArgs, Show};
pub use issue::IssueCommand;
pub use subscriber::{ImportArgs, SubscriberCommand};

/// Turn a folder of posts into feeds and e-mail digests.
#[derive(Debug, Parser)]
#[command(
    name = "tidings",
    version,
    after_help = "Examples:\n  tidings init              begin: in an empty folder, or beside a blog\n  tidings run --dry-run     what would be published and sent\n  tidings run -q            the line for cron\n  tidings status            who got which issue, and who did not",
    next_help_heading = "Options of every command"
)]
pub struct Cli {
    /// The config file, instead of the nearest `tidings.toml`, or `config.toml` of tidings', in this folder or above
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Do everything as if in this folder
    #[arg(short = 'C', long, global = true, value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// Act as if it were TIME (RFC 3339, like 2026-11-30T08:00:00+01:00)
    #[arg(long, global = true, value_name = "TIME", value_parser = parse_time)]
    pub at: Option<DateTime<Utc>>,
    /// Say nothing unless a person is needed
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say why: which dialect, which dates and addresses
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Write no lock: for a server that only pulls. New ids are the same everywhere; a renamed post is named, exit code 1
    #[arg(long, global = true)]
    pub locked: bool,
    /// Colours on stderr: auto, always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub color: ColorChoice,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The commands that work with a site.
    #[command(flatten)]
    Site(SiteCommand),
    /// The commands that work on files alone.
    #[command(flatten)]
    Files(FileCommand),
}

/// A command that works with a site: its config is read, its store is opened at need.
#[derive(Debug, Subcommand)]
pub enum SiteCommand {
    /// Write the feeds, then send every digest that is due: the line for cron
    #[command(
        after_help = "Example, a line for cron: */10 * * * *  cd /srv/site && tidings run -q"
    )]
    Run(Dry),
    /// Write the feeds
    #[command(
        after_help = "Examples:\n  tidings build --dry-run --only atom.xml | less\n  tidings build --adopt https://hums.example/old-feed.xml"
    )]
    Build(BuildArgs),
    /// List everything that would go wrong, and change nothing; exit code 1 for warnings, 2 for errors
    Check(CheckArgs),
    /// Tell the WebSub hub which feeds have changed: after a deploy by hand, since `run` does it itself
    Ping(Dry),
    /// Send one digest now
    #[command(
        after_help = "Examples:\n  tidings digest weekly --preview\n  tidings digest weekly --test me@hums.example\n  tidings digest weekly --posts night-tea,2024-03-18-the-pager.md"
    )]
    Digest(DigestArgs),
    /// Manage the readers of the digests
    #[command(subcommand)]
    Subscriber(SubscriberCommand),
    /// Stop an issue, go on with it, or decide what is uncertain
    #[command(subcommand)]
    Issue(IssueCommand),
    /// Show the issues and what became of each delivery
    Status(Status),
    /// Read what came back by mail: bounces, complaints, wishes to leave. Without an option the box of `[mail] inbox`, else
    /// one message from standard input
    Inbox(InboxArgs),
    /// Show the published folder over HTTP, for a proxy with TLS before it
    Serve(ServeArgs),
    /// Back up the store of readers and issues, bring it back, check it or move it
    #[command(subcommand)]
    Store(StoreCommand),
}

/// A command that runs before any config is read; each reads it itself, if it needs one.
#[derive(Debug, Subcommand)]
pub enum FileCommand {
    /// Begin a site: in an empty folder one that works at once, beside a blog a config for it
    Init(InitArgs),
    /// Print the completions for a shell
    #[command(
        after_help = "Example: tidings completions bash > ~/.local/share/bash-completion/completions/tidings"
    )]
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for each command into a folder
    #[command(after_help = "Example: tidings man ~/.local/share/man/man1")]
    Man(ManArgs),
    /// Make a key to sign mail with, or show what DNS must say
    #[command(subcommand)]
    Dkim(DkimCommand),
}

/// The arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: Shell,
}

/// The arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The folder, which is made if it is not there
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

/// The arguments of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Ask nothing: what is not known is left to be set
    #[arg(long)]
    pub yes: bool,
    /// The feed that readers follow now, a file or an address, where it is not the generator's usual one: its ids are
    /// taken over
    #[arg(long, value_name = "FEED")]
    pub feed: Option<String>,
}

/// The place where returned mail is read.
#[derive(Debug, Args)]
pub struct InboxArgs {
    /// A folder with `new`, `cur` and `tmp`; what is done moves to `.tidings-done` in it
    #[arg(long, value_name = "DIR", conflicts_with_all = ["mbox", "imap", "stdin"])]
    pub maildir: Option<PathBuf>,
    /// A file of messages; it stays as it is
    #[arg(long, value_name = "FILE", conflicts_with_all = ["imap", "stdin"])]
    pub mbox: Option<PathBuf>,
    /// A mailbox on a server, `imaps://user@host/INBOX`; what is done moves to `[mail] inbox_done`
    #[arg(long, value_name = "URL", conflicts_with = "stdin")]
    pub imap: Option<ImapAccount>,
    /// Read all of a mailbox on a server, also what was left in it before
    #[arg(long, conflicts_with_all = ["maildir", "mbox", "stdin"])]
    pub all: bool,
    /// One message from standard input: for a pipe of the mail server's
    #[arg(long)]
    pub stdin: bool,
}

/// The arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The address to listen on, without TLS; else `listen` under `[web]`
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = parse_listener)]
    pub listen: Option<SocketAddr>,
    /// How events are written to stderr: words for a person, or a line of JSON for each, requests included
    #[arg(long, value_name = "FORM", value_enum, default_value_t = LogForm::Text, hide_default_value = true)]
    pub log: LogForm,
}

/// How a resident writes what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogForm {
    /// Words for a person.
    Text,
    /// A line of JSON for each event.
    Json,
}

/// A task for the store.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Write all of it into a new file, also while mail is being sent
    Backup {
        /// The file, which must not be there yet; keep it as private as the store
        file: PathBuf,
    },
    /// Bring a backup back into an empty store, of either database; what was being sent waits for `issue resume`
    Restore {
        /// The file that `backup` wrote
        file: PathBuf,
    },
    /// Say how much is kept and what is wrong with it; exit code 1 for warnings, 2 for errors
    Check,
    /// Make a new key for the links in mails; those of old mails stay valid
    RotateKey,
    /// Copy all of it into an empty store, compare every row, and close this one for good
    Move {
        /// The new place: sqlite:FILE or postgres://…
        url: StoreUrl,
    },
}

/// A task for keys.
#[derive(Debug, Subcommand)]
pub enum DkimCommand {
    /// Write a private key and print the line for DNS
    New {
        /// An Ed25519 key instead of RSA: the second one, beside the first
        #[arg(long)]
        ed25519: bool,
        /// The name under which DNS has the public key
        #[arg(long, value_name = "NAME")]
        selector: Option<String>,
        /// The file for the private key
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Print the lines for DNS of the keys in the config
    Show,
}

impl Cli {
    /// Whether the one message that is read comes from standard input, by a program that goes by the exit code.
    pub fn reads_message(&self) -> bool {
        matches!(&self.command, Command::Site(SiteCommand::Inbox(args)) if args.stdin)
    }
}

/// The arguments of `status`.
#[derive(Debug, Args)]
pub struct Status {
    /// Only this issue, and everyone who was missed
    pub issue: Option<IssueId>,
    /// Every issue, not only those that go on and the newest 20 others
    #[arg(long)]
    pub all: bool,
    /// Print JSON, of every issue
    #[arg(long, conflicts_with = "failed")]
    pub json: bool,
    /// Print those who will not get it as CSV, which `subscriber import` reads
    #[arg(long)]
    pub failed: bool,
    /// Write a page for yourself into this file: readers, issues, domains, what comes next
    #[arg(long, value_name = "FILE", conflicts_with_all = ["issue", "json", "failed"])]
    pub html: Option<PathBuf>,
}

//! `tidings` turns a folder of posts into feeds and into e-mail digests.
//!
//! A post becomes an entry on the way `loader` → `post` → `lock` → `feed` → `publish`, which `build` walks. A post becomes
//! a mail on the way `digest` → `message` → `store` → `delivery` → `smtp`, which `schedule` walks.
//!
//! The rooms, from the roof to the ground. A file imports only from lower floors, except on the ground:
//!
//! | floor | room | what it does |
//! |---|---|---|
//! | verbs | `command` | one file for each verb of [`cli`]: parses what it was given, calls, prints |
//! | rounds | `round` | one round of build, publish, hub, inbox and mail; `run` makes one, a resident many |
//! | | `web` | HTTP: the published folder, the pages for subscribers, the preview |
//! | | [`cli`] | the command line as types |
//! | steps | `build` | posts → feeds on disk |
//! | | `schedule` | what is due: plan → hold back → compose → freeze → deliver |
//! | | `init` | what a site begins with |
//! | shared | `app` | config, clock and store, shared by all tasks |
//! | engines | `loader` | folder → posts: opens files, reads the generator's config |
//! | | `source` | feeds of others → posts, with the last good copy of each |
//! | | `delivery` | sends an issue by the ledger: workers, throttling, settlement |
//! | | `inbox` | a returned mail → bounce, complaint or request |
//! | | `subscriber` | lists of people in and out |
//! | stores | `store` | SQL: readers, issues, deliveries |
//! | | `publish` | bytes → files, and the manifest of the last build |
//! | | `smtp` | the SMTP client |
//! | | `imap` | the IMAP client: a box on a server |
//! | formats | `feed` | posts → documents; one writer for each format |
//! | | `message` | a draft → MIME, signed |
//! | | `domain` | what DNS says of whoever mails: SPF, DKIM, DMARC, MX |
//! | choices | `digest` | chooses the news and renders an issue |
//! | | `lock` | which id a post has, for ever |
//! | posts | `post` | text → post: front matter, dialects, dates, addresses, Markdown → HTML |
//! | ground | `consent` | who may be mailed |
//! | | `dns` | a stub that asks name servers |
//! | | `ledger`, `reader`, `verdict`, `token` | issues and deliveries, people, the meaning of a reply, signed links |
//! | | [`config`], [`clock`], `language`, `template` | the site's settings, the time, words and templates |
//! | | `html`, `http`, `file`, `child` | HTML text, an HTTP client, files, other programs |
//! | | `tls`, `login` | TLS with servers of mail, and passwords that no reply may repeat |
//! | | `finding`, `fault`, `ending`, `talk`, `log` | what is wrong, panics, how a command ended, where results, findings and events go |
//!
//! The front door is [`run`] with what it takes: [`cli`], [`clock`] and [`config`].

#![cfg_attr(
    test,
    expect(clippy::too_many_lines, reason = "a table has a line for each case")
)]

mod app;
mod build;
mod child;
pub mod cli;
pub mod clock;
mod command;
pub mod config;
mod consent;
mod delivery;
mod digest;
mod dns;
mod domain;
mod ending;
mod fault;
mod feed;
mod file;
mod finding;
mod html;
mod http;
mod imap;
mod inbox;
mod init;
#[doc(hidden)]
pub mod inside;
mod language;
mod ledger;
mod loader;
mod lock;
mod log;
mod login;
mod message;
mod post;
mod publish;
mod reader;
mod round;
mod schedule;
mod smtp;
mod source;
mod store;
mod subscriber;
mod talk;
mod template;
mod tls;
mod token;
mod verdict;
mod web;

pub use command::{is_broken_pipe, run};
pub use ending::{Ending, TryAgain};
pub use fault::{guard, report_error, report_panics};
pub use finding::{Finding, Rule, Severity};

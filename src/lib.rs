//! `tidings` turns a folder of posts into feeds and into e-mail digests.
//!
//! The way through is one street with a fork. `loader` opens the posts and `post` reads them; `lock` gives each the
//! id that never changes. From there `feed` makes documents, which `publish` writes; and `digest` makes a draft,
//! `message` its MIME, `web` shows it to its writer and the published folder to everybody, `delivery` sends it by the
//! ledger in `store` over `smtp`.
//! `http` asks whether a page is there and tells the hub, `subscriber` reads and writes lists of people, `inbox` what comes
//! back. `command`
//! has a file for each verb of [`cli`] and carries values from one room to the next, so that rooms on one floor do not
//! know each other. What verbs share stands below them: `round` is one way along the street, `build` writes the feeds,
//! `schedule` sends what is due, and `app` holds config, clock and store; `init` is what a site begins with. The ground
//! that all stand on:
//! `ledger`, `reader`, `token`, `finding`, `fault`, `template`, `language`, [`clock`], [`config`], `file`,
//! `verdict`, `child`, `ending`, and `talk`, where results and findings go.
//! Who may be mailed, `consent` decides.
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
mod ending;
mod fault;
mod feed;
mod file;
mod finding;
mod html;
mod http;
mod inbox;
mod init;
#[doc(hidden)]
pub mod inside;
mod language;
mod ledger;
mod loader;
mod lock;
mod message;
mod post;
mod publish;
mod reader;
mod round;
mod schedule;
mod smtp;
mod store;
mod subscriber;
mod talk;
mod template;
mod token;
mod verdict;
mod web;

pub use command::{is_broken_pipe, run};
pub use ending::{Ending, TryAgain};
pub use fault::{guard, report_panics};
pub use finding::{Finding, Rule, Severity};

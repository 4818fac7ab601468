//! `tidings digest NAME --preview`: the issue in a browser, made anew whenever something changes.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::runtime::{Handle, Runtime};

use crate::app::App;
use crate::child::program;
use crate::cli::Choice;
use crate::clock::Clock;
use crate::command::digest::show::{choose_next_or_newest, load, make_reader};
use crate::config::{Config, Digest};
use crate::ending::Ending;
use crate::finding::{Finding, Rule};
use crate::ledger::IssueId;
use crate::loader::{stamp, stamp_sources};
use crate::schedule::Turn;
use crate::source::Reach;
use crate::store::Access;
use crate::talk::{Talk, Volume, Words};
use crate::web::{Door, Preview, PreviewSource, serve_preview};

/// Serves the preview on loopback until it is interrupted.
pub(super) fn preview(
    app: &App,
    talk: &mut Talk<'_>,
    digest: &Digest,
    choice: &Choice,
    open: bool,
    runtime: &Runtime,
) -> anyhow::Result<Ending> {
    let maker = Maker {
        file: app.config.file.clone(),
        words: talk.words().clone(),
        clock: app.clock,
        digest: digest.name.clone(),
        choice: choice.clone(),
        handle: runtime.handle().clone(),
    };
    let listener = runtime
        .block_on(TcpListener::bind("127.0.0.1:0"))
        .context("the preview cannot listen")?;
    let door = Door::new();
    let host = format!("http://{}", listener.local_addr()?);
    let address = host.clone() + &door.path();
    // Also with `-q`: it is what was asked for.
    writeln!(talk.out(), "{address}")?;
    talk.out().flush()?;
    talk.say("the preview follows every change; Ctrl-C ends it");
    if open {
        let browse = if cfg!(target_os = "macos") {
            "open"
        } else {
            "xdg-open"
        };
        let started = program(browse)
            // Everyone on this machine can read what a program was started with, so it opens once.
            .arg(host + &door.path_for_once())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        if let Err(error) = started {
            talk.say(&format!("no browser was opened ({browse}: {error})"));
        }
    }
    runtime.block_on(async {
        tokio::select! {
            ended = serve_preview(listener, door, Arc::new(maker)) => ended.context("the preview ended"),
            interrupted = tokio::signal::ctrl_c() => interrupted.context("no signals"),
        }
    })?;
    Ok(Ending::Done)
}

/// Makes the issue from the present files.
#[derive(Debug)]
struct Maker {
    file: PathBuf,
    words: Words,
    clock: Clock,
    digest: String,
    choice: Choice,
    handle: Handle,
}

impl PreviewSource for Maker {
    fn stamp(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        stamp(&self.file, &mut hasher);
        if let Ok(config) = Config::load_here(&self.file) {
            stamp_sources(&config).hash(&mut hasher);
        }
        hasher.finish()
    }

    fn preview(&self) -> Result<Preview, Finding> {
        self.handle
            .block_on(self.make())
            .map_err(|error| Finding::error(Rule::Failed, self.words.show(&format!("{error:#}"))))
    }
}

impl Maker {
    async fn make(&self) -> anyhow::Result<Preview> {
        let config = Config::load_here(&self.file)?;
        let digest = config.digest(&self.digest)?.clone();
        let mut nowhere = io::sink();
        let mut talk = Talk::new(&mut nowhere, Volume::Quiet, Words::default());
        let app = App::new(config, self.clock, false, None);
        let app = app.with_any_store(true);
        let made = self.look(&app, &mut talk, &digest).await;
        app.close().await;
        made
    }

    async fn look(
        &self,
        app: &App,
        talk: &mut Talk<'_>,
        digest: &Digest,
    ) -> anyhow::Result<Preview> {
        let now = app.clock.now();
        // A look at what is kept: the page asks again and again.
        let gathered = app.gather(Reach::Offline).await;
        let loaded = load(app, &self.choice, gathered)?;
        let turn = Turn::by_hand(app, digest, &loaded, (&self.choice).into());
        let store = app.open_store(Access::Read).await?;
        let (posts, note) = choose_next_or_newest(&turn, talk, &store).await?;
        let composed = turn.compose(talk, &posts, IssueId::SHOWN, digest.archive)?;
        let reader = store
            .find_first_reader(&digest.name, &digest.to, now)
            .await?;
        let reader = reader.unwrap_or_else(make_reader);
        let key = store.load_current_key().await?.for_show();
        let message = composed.compiled.fill(&reader, now, &key);
        let read = composed.compiled.read_by(&composed.draft, &reader, &key);
        let headers = String::from_utf8_lossy(&message);
        let headers = headers
            .split("\r\n\r\n")
            .next()
            .unwrap_or_default()
            .replace("\r\n", "\n");
        let words = &self.words;
        let findings = loaded.findings.iter().chain(&composed.findings);
        Ok(Preview {
            subject: read.subject,
            headers,
            html_bytes: read.html.len(),
            html: read.html,
            text: read.text,
            bytes: message.len(),
            findings: findings
                .map(|finding| {
                    let word = if finding.is_error() {
                        "error"
                    } else {
                        "warning"
                    };
                    words.show(&format!("{word}: {finding}")).into_owned()
                })
                .collect(),
            note,
        })
    }
}

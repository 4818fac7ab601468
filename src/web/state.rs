//! The state that the handlers share, and the words of their answers.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use tokio::time::Instant;

use crate::app::App;
use crate::finding::Finding;
use crate::language::{FixedWords, fill};
use crate::store::{Access, Store};
use crate::token::{Claim, Key, Purpose};
use crate::web::files::Files;
use crate::web::guard::Hosts;
use crate::web::page::{Page, PageTemplate, PageTemplates};
use crate::web::requests::RequestQueue;

/// How long to wait before a request that failed here is made again, in seconds.
const RETRY: HeaderValue = HeaderValue::from_static("300");

/// How many times as long as a resident rests between two rounds it may take until the next one begins.
const LATE: u32 = 3;

/// Whether a resident goes its rounds.
#[derive(Debug, Default)]
pub(crate) struct Heartbeat {
    /// When the next round is late; `None` during a round, which may take hours.
    late_at: Mutex<Option<Instant>>,
}

impl Heartbeat {
    /// Marks that a round begins.
    pub(crate) fn begin(&self) {
        *self.late_at.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// A round has ended, and the next one begins after so long at the latest.
    pub(crate) fn end(&self, rest: Duration) {
        let late_at = Instant::now().checked_add(rest.saturating_mul(LATE));
        *self.late_at.lock().unwrap_or_else(PoisonError::into_inner) = late_at;
    }

    pub(super) fn is_late(&self) -> bool {
        let late_at = *self.late_at.lock().unwrap_or_else(PoisonError::into_inner);
        late_at.is_some_and(|late_at| late_at < Instant::now())
    }
}

/// The state that the handlers share.
pub(crate) struct AppState {
    pub(super) app: Arc<App>,
    pub(super) store: Store,
    /// Every key that has signed links.
    keys: RwLock<Arc<[Key]>>,
    pub(super) files: Files,
    pub(super) pages: PageTemplates,
    pub(super) hosts: Arc<Hosts>,
    pub(super) heartbeat: Arc<Heartbeat>,
    pub(super) requests: RequestQueue,
}

/// The words of a language, and the title that they are about.
pub(super) struct Speech {
    pub(super) words: FixedWords,
    language: String,
    title: String,
}

impl AppState {
    /// Opens the store, and reads these templates and the words.
    ///
    /// # Errors
    /// If one of them is unusable.
    pub(super) async fn open(
        app: Arc<App>,
        heartbeat: Arc<Heartbeat>,
        templates: &[PageTemplate],
        warnings: &mut Vec<Finding>,
    ) -> anyhow::Result<Self> {
        let config = &app.config;
        let store = app.open_store(Access::Write).await?;
        let keys = store.load_link_keys().await?;
        let pages = PageTemplates::read(config, templates, warnings)?;
        let languages = config
            .digests
            .iter()
            .filter_map(|digest| digest.language.as_deref());
        for language in languages.chain([config.site.language.as_str()]) {
            FixedWords::load(&config.root, language)?;
        }
        Ok(Self {
            files: Files::new(config),
            hosts: Arc::new(Hosts::new(config.web.url.as_ref())),
            requests: RequestQueue::start(Arc::clone(&app), store.clone()),
            app,
            store,
            keys: RwLock::new(keys.into()),
            pages,
            heartbeat,
        })
    }

    /// The keys that are known by now.
    pub(super) fn keys(&self) -> Arc<[Key]> {
        let keys = self.keys.read();
        Arc::clone(&keys.unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns what the bearer of a token may do; `None` if no key has signed it for this. A key that was made since is
    /// looked for.
    ///
    /// # Errors
    /// The answer to the request, where the store fails.
    pub(super) async fn verify(
        &self,
        token: &str,
        purpose: Purpose,
    ) -> Result<Option<Claim>, Box<Response>> {
        let keys = self.keys();
        if let Some(claim) = Claim::verify(token, purpose, &keys) {
            return Ok(Some(claim));
        }
        let now = self.store.load_link_keys().await;
        let now = now.map_err(|error| Box::new(self.say_failed(&error)))?;
        if now.len() == keys.len() {
            return Ok(None);
        }
        let claim = Claim::verify(token, purpose, &now);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = now.into();
        Ok(claim)
    }

    /// Waits until everything is written that somebody was told is done.
    pub(crate) async fn finish(&self) {
        self.requests.flush().await;
    }

    /// The words of this language, else of the site's, about something with this title.
    pub(super) fn speech_about(&self, language: Option<&str>, title: &str) -> Speech {
        let config = &self.app.config;
        let language = language.unwrap_or(&config.site.language);
        Speech {
            // The languages of the config were tried; a reader's may have a broken file.
            words: FixedWords::load(&config.root, language)
                .unwrap_or_else(|_| FixedWords::english()),
            language: language.to_owned(),
            title: title.to_owned(),
        }
    }

    /// The words for a reader of this language about a digest, if both are known; else in the language of the digest,
    /// or of the site.
    pub(super) fn speech(&self, language: Option<&str>, digest: Option<&str>) -> Speech {
        let config = &self.app.config;
        let named = |name: &str| {
            config
                .digests
                .iter()
                .find(|one| one.name == name || one.was.as_deref() == Some(name))
        };
        let digest = digest.and_then(named);
        let language = language.or_else(|| digest.and_then(|digest| digest.language.as_deref()));
        let title = digest.map_or(&*config.site.title, |digest| {
            digest.choose_title(&config.site)
        });
        self.speech_about(language, title)
    }

    /// The same answer for every invalid token: forged, cut off, for another purpose, of a forgotten reader.
    pub(super) fn say_unknown(&self, status: StatusCode) -> Response {
        let speech = self.speech(None, None);
        let words = &speech.words.page;
        let page = speech.page(&words.unknown_title, &words.unknown_text);
        self.pages.answer(status, &page)
    }

    /// The answer if too many ask at once.
    pub(super) fn say_busy(&self) -> Response {
        let speech = self.speech(None, None);
        let words = &speech.words.page;
        let page = speech.page(&words.failed_title, &words.failed_text);
        let mut answer = self.pages.answer(StatusCode::SERVICE_UNAVAILABLE, &page);
        answer.headers_mut().insert(RETRY_AFTER, RETRY);
        answer
    }

    /// Says that something failed here: a mail program asks again.
    pub(super) fn say_failed(&self, error: &dyn std::error::Error) -> Response {
        self.app.tell(&format!("a request failed: {error}"));
        self.say_busy()
    }
}

impl Speech {
    /// A text of theirs with the title filled in.
    pub(super) fn say(&self, text: &str) -> String {
        fill(text, &[("title", &self.title)])
    }

    /// A page with this heading and this paragraph.
    pub(super) fn page(&self, title: &str, line: &str) -> Page {
        Page {
            language: self.language.clone(),
            title: self.say(title),
            lines: vec![self.say(line)],
            forms: Vec::new(),
        }
    }
}

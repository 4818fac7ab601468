//! `/preferences/TOKEN`: what a reader gets, pauses, moves to another address, takes along and has deleted.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::json;
use url::form_urlencoded;

use crate::clock::find_first_moment;
use crate::config::Site;
use crate::language::FixedWords;
use crate::reader::Email;
use crate::store::{Preferences, ReaderChoice};
use crate::token::{Claim, Purpose};
use crate::web::guard::{find_client, is_own_form, say};
use crate::web::join::{list_choices, list_digests};
use crate::web::listen::Peer;
use crate::web::page::PageTemplate;
use crate::web::requests::FormRequest;
use crate::web::state::{AppState, Speech};

/// The template of the page with the forms.
pub(super) const TEMPLATE: PageTemplate = PageTemplate {
    name: "serve-preferences.html",
    text: include_str!("../../templates/serve-preferences.html"),
    trial: || {
        json!({
            "action": "", "saved": "", "wrong": "", "wrong_field": "", "may_choose": true, "may_move": true,
            "digests": [{ "name": "", "title": "", "chosen": true }],
            "first": "", "last": "", "until": "", "new_address": "", "words": FixedWords::english().page,
        })
    },
};
/// The most days for which somebody can pause.
const LONGEST: Days = Days::new(730);
/// The most characters of a field that are read and shown again: an address has fewer.
const LONGEST_FIELD: usize = 320;

pub(super) fn routes() -> Router<Arc<AppState>> {
    Router::new()
        .route("/preferences/{token}", get(show).post(save))
        .route("/preferences/{token}/address", get(show).post(move_away))
        .route("/preferences/{token}/data", get(show).post(download))
        .route("/preferences/{token}/forget", get(show).post(forget))
}

/// A reader who bears a link to their preferences, and how to speak to them.
struct Bearer {
    token: String,
    claim: Claim,
    preferences: Preferences,
    speech: Speech,
}

/// The words above the forms, and what somebody has typed where that is wrong.
#[derive(Default)]
struct Note<'a> {
    saved: Option<&'a str>,
    /// A field, and what is wrong with it.
    wrong: Option<(&'static str, &'a str)>,
    /// The digests and the day of a pause, in place of what is kept.
    typed: Option<(&'a [String], &'a str)>,
    /// The new address.
    email: &'a str,
}

impl Bearer {
    /// Finds who bears this token; the error is the answer to whoever does not.
    async fn find(state: &AppState, token: String) -> Result<Self, Box<Response>> {
        let unknown = || Box::new(state.say_unknown(StatusCode::NOT_FOUND));
        let claim = state.verify(&token, Purpose::Preferences).await?;
        let claim = claim.ok_or_else(unknown)?;
        let whose = (claim.reader, claim.issue);
        let found = state
            .store
            .load_preferences(whose, state.app.clock.now())
            .await;
        let found = found.map_err(|error| Box::new(state.say_failed(&error)))?;
        let preferences = found.ok_or_else(unknown)?;
        let speech = state.speech(
            preferences.language.as_deref(),
            preferences.digest.as_deref(),
        );
        Ok(Self {
            token,
            claim,
            preferences,
            speech,
        })
    }

    /// The same for a form, which has to be ours.
    async fn find_for_form(
        state: &AppState,
        token: String,
        headers: &HeaderMap,
    ) -> Result<Self, Box<Response>> {
        if !is_own_form(headers) {
            let refused = say(StatusCode::FORBIDDEN, "this form is not ours\n");
            return Err(Box::new(refused));
        }
        Self::find(state, token).await
    }

    /// The page with the forms.
    fn show_page(&self, state: &AppState, status: StatusCode, note: &Note<'_>) -> Response {
        let Preferences {
            state: is,
            digests,
            paused_until,
            ..
        } = &self.preferences;
        let site = &state.app.config.site;
        let day_of = |at: DateTime<Utc>| at.with_timezone(&site.zone()).date_naive();
        let today = day_of(state.app.clock.now());
        let wanted = note.typed.map_or(&**digests, |(chosen, _)| chosen);
        let until = match (note.typed, paused_until) {
            (Some((_, until)), _) => until.to_owned(),
            (None, Some(until)) => day_of(*until).to_string(),
            (None, None) => String::new(),
        };
        let words = &self.speech.words.page;
        let values = json!({
            "action": format!("/preferences/{}", self.token),
            "saved": note.saved,
            "wrong": note.wrong.map(|(_, words)| words),
            "wrong_field": note.wrong.map(|(field, _)| field),
            // A reader who has left comes back by the form to join: this link may have been handed on with an old mail.
            "may_choose": is.takes_mail(),
            "may_move": is.takes_mail() && !digests.is_empty(),
            "digests": list_choices(state, |name| wanted.contains(name)),
            "first": today.succ_opt().map(|day| day.to_string()),
            "last": today.checked_add_days(LONGEST).map(|day| day.to_string()),
            "until": until,
            "new_address": note.email,
            "words": words,
        });
        let page = self.speech.page(&words.prefs_title, &words.prefs_text);
        state.pages.answer_with(status, TEMPLATE, &page, &values)
    }
}

/// Shows what is kept. It changes nothing, since scanners follow links.
async fn show(State(state): State<Arc<AppState>>, Path(token): Path<String>) -> Response {
    match Bearer::find(&state, token).await {
        Ok(bearer) => bearer.show_page(&state, StatusCode::OK, &Note::default()),
        Err(refused) => *refused,
    }
}

/// Keeps which digests the bearer wants, and from when.
async fn save(
    State(state): State<Arc<AppState>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let bearer = match Bearer::find_for_form(&state, token, &headers).await {
        Ok(bearer) => bearer,
        Err(refused) => return *refused,
    };
    let now = state.app.clock.now();
    let offered: Vec<String> = list_digests(&state)
        .map(|digest| digest.name.clone())
        .collect();
    let fields = form_urlencoded::parse(&body);
    let chosen: Vec<String> = fields
        .filter(|(name, _)| name == "digest")
        .map(|(_, value)| value.into_owned())
        .filter(|name| offered.contains(name))
        .collect();
    let until = read_field(&body, "until");
    let Ok(paused_until) = read_pause(&until, &state.app.config.site, now) else {
        let note = Note {
            wrong: Some(("until", &bearer.speech.words.page.pause_wrong)),
            typed: Some((&chosen, &until)),
            ..Note::default()
        };
        return bearer.show_page(&state, StatusCode::UNPROCESSABLE_ENTITY, &note);
    };
    let choice = ReaderChoice {
        offered: &offered,
        chosen: &chosen,
        paused_until,
    };
    match state.store.choose(bearer.claim.reader, &choice, now).await {
        Ok(true) => {
            let (digests, address) = (chosen.join(", "), &*bearer.preferences.address);
            tracing::info!(event = "preferences changed", digests, address);
        }
        Ok(false) => return bearer.show_page(&state, StatusCode::CONFLICT, &Note::default()),
        Err(error) => return state.say_failed(&error),
    }
    match Bearer::find(&state, bearer.token).await {
        Ok(bearer) => {
            let note = Note {
                saved: Some(&bearer.speech.words.page.saved),
                ..Note::default()
            };
            bearer.show_page(&state, StatusCode::OK, &note)
        }
        Err(refused) => *refused,
    }
}

/// Asks another address whether the bearer's subscriptions may move to it. They learn nothing of whether it is known.
async fn move_away(
    State(state): State<Arc<AppState>>,
    Path(token): Path<String>,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let bearer = match Bearer::find_for_form(&state, token, &headers).await {
        Ok(bearer) => bearer,
        Err(refused) => return *refused,
    };
    let words = &bearer.speech.words.page;
    let typed = read_field(&body, "email");
    let Ok(email) = typed.parse::<Email>() else {
        let note = Note {
            wrong: Some(("email", &words.address_wrong)),
            email: &typed,
            ..Note::default()
        };
        return bearer.show_page(&state, StatusCode::UNPROCESSABLE_ENTITY, &note);
    };
    let digests = bearer.preferences.digests.clone();
    if bearer.preferences.state.takes_mail() && !digests.is_empty() {
        let request = FormRequest {
            email,
            digests,
            network: find_client(peer.ip(), &headers, &state.app.config.web.proxies),
            moving: Some(bearer.claim.reader),
            how: "by the preferences of another address".to_owned(),
        };
        if !state.requests.take(request).await {
            return state.say_busy();
        }
    }
    let page = bearer.speech.page(&words.asked_title, &words.asked_text);
    state.pages.answer(StatusCode::OK, &page)
}

/// Hands over everything that is kept of the bearer. By a button, so that no scanner of mail takes it.
async fn download(
    State(state): State<Arc<AppState>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let bearer = match Bearer::find_for_form(&state, token, &headers).await {
        Ok(bearer) => bearer,
        Err(refused) => return *refused,
    };
    let all = match state.store.collect_about(bearer.claim.reader).await {
        Ok(Some(all)) => all,
        Ok(None) => return state.say_unknown(StatusCode::NOT_FOUND),
        Err(error) => return state.say_failed(&error),
    };
    let mut answer = Response::new(format!("{all:#}\n").into());
    for (name, value) in [
        (CONTENT_TYPE, "application/json"),
        (CONTENT_DISPOSITION, "attachment; filename=\"data.json\""),
        (CACHE_CONTROL, "no-store"),
    ] {
        answer
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// Erases the bearer, where they have checked the box beside the button.
async fn forget(
    State(state): State<Arc<AppState>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let bearer = match Bearer::find_for_form(&state, token, &headers).await {
        Ok(bearer) => bearer,
        Err(refused) => return *refused,
    };
    if read_field(&body, "sure") != "yes" {
        return bearer.show_page(&state, StatusCode::UNPROCESSABLE_ENTITY, &Note::default());
    }
    let (reader, now) = (bearer.claim.reader, state.app.clock.now());
    match state.store.forget_linked(reader, now).await {
        Ok(true) => {
            // Without the address: it is kept nowhere from now on.
            tracing::info!(event = "forgotten");
            let words = &bearer.speech.words.page;
            let page = bearer
                .speech
                .page(&words.forgotten_title, &words.forgotten_text);
            state.pages.answer(StatusCode::OK, &page)
        }
        Ok(false) => state.say_unknown(StatusCode::NOT_FOUND),
        Err(error) => state.say_failed(&error),
    }
}

/// The first field of this name, as far as it can be right; empty where there is none.
fn read_field(body: &[u8], name: &str) -> String {
    let mut fields = form_urlencoded::parse(body);
    let found = fields.find(|(key, _)| key == name);
    found
        .map(|(_, value)| value.chars().take(LONGEST_FIELD).collect())
        .unwrap_or_default()
}

/// Reads the beginning of a day on the site, from tomorrow on; `None` if the field is empty.
fn read_pause(text: &str, site: &Site, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, ()> {
    if text.is_empty() {
        return Ok(None);
    }
    let day = text.parse::<NaiveDate>().map_err(|_| ())?;
    let zone = site.zone();
    let today = now.with_timezone(&zone).date_naive();
    let last = today.checked_add_days(LONGEST).unwrap_or(today);
    if day <= today || day > last {
        return Err(());
    }
    find_first_moment(zone, day).map(Some).ok_or(())
}

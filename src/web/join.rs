//! `/subscribe` and `/confirm/TOKEN`: the form, and the button behind the link of the letter.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::config::Digest;
use crate::ledger::{Issue, IssueId};
use crate::reader::{Email, ReaderId};
use crate::schedule::joining::{confirm as confirm_joining, list_asked};
use crate::store::Confirmation;
use crate::token::{Claim, Purpose};
use crate::web::guard::{find_client, is_own_form, let_frame, say, widen_policy};
use crate::web::listen::Peer;
use crate::web::page::{Page, PageButton, PageTemplate};
use crate::web::requests::FormRequest;
use crate::web::state::{AppState, Speech};

pub(super) const TEMPLATE: PageTemplate = PageTemplate {
    name: "serve-join.html",
    text: include_str!("../../templates/serve-join.html"),
    trial: || {
        json!({
            "address": "", "email": "", "choose": "", "wrong": "", "wrong_field": "", "time": 0, "button": "",
            "digests": [{ "name": "", "title": "", "chosen": true }],
        })
    },
};
/// The least time in seconds between page and form; a person needs longer.
const LEAST_TIME: i64 = 2;
/// The most characters of the input that the page shows again.
const LONGEST: usize = 320;

pub(super) fn routes() -> Router<Arc<AppState>> {
    Router::new()
        .route("/subscribe", get(show_empty_form).post(join))
        .route("/confirm/{token}", get(ask_to_confirm).post(confirm))
}

#[derive(Debug, Default)]
struct FilledForm {
    email: String,
    digests: Vec<String>,
    /// The hidden field that only programs fill in.
    website: String,
    /// When the page was shown, if it was ours.
    time: Option<i64>,
}

impl FilledForm {
    fn read(body: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            match &*name {
                "email" => form.email = value.into_owned(),
                "digest" => form.digests.push(value.into_owned()),
                "website" => form.website = value.into_owned(),
                "time" => form.time = value.parse().ok(),
                _ => {}
            }
        }
        form
    }

    /// Whether a program has filled it in.
    fn is_automatic(&self, now: i64) -> bool {
        !self.website.is_empty() || self.time.is_some_and(|shown| now - shown < LEAST_TIME)
    }
}

async fn show_empty_form(State(state): State<Arc<AppState>>) -> Response {
    show_form(&state, &FilledForm::default(), None)
}

/// Requests that an address get digests. The requester must not learn whether it is known, neither from the answer nor
/// from its timing: the request is carried out after the answer.
async fn join(
    State(state): State<Arc<AppState>>,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = FilledForm::read(&body);
    let speech = state.speech(None, None);
    let Ok(email) = form.email.parse::<Email>() else {
        let wrong = &speech.words.page.address_wrong;
        return show_form(&state, &form, Some(("email", wrong)));
    };
    let chosen = choose_digests(&state, &form);
    if chosen.is_empty() {
        let wrong = &speech.words.page.choose_wrong;
        return show_form(&state, &form, Some(("digest", wrong)));
    }
    if !form.is_automatic(state.app.clock.now().timestamp()) {
        let network = find_client(peer.ip(), &headers, &state.app.config.web.proxies);
        let (address, digests) = (email.to_string(), chosen.join(", "));
        let request = FormRequest {
            email,
            digests: chosen,
            network,
            moving: None,
            how: name_form(&state, &form, &speech),
        };
        if !state.requests.take(request).await {
            return state.say_busy();
        }
        tracing::info!(event = "asked to join", digests, address);
    }
    if let Some(back) = &state.app.config.web.join_back {
        let mut answer = say(StatusCode::SEE_OTHER, "");
        if let Ok(back) = HeaderValue::from_str(back.as_str()) {
            answer.headers_mut().insert(LOCATION, back);
        }
        return answer;
    }
    let words = &speech.words.page;
    let page = speech.page(&words.asked_title, &words.asked_text);
    let answer = state.pages.answer(StatusCode::OK, &page);
    let_frame(answer, &state.app.config.web.embed_from)
}

/// Names the form that somebody has sent, as the proof of their consent has it: ours has a version that changes with its
/// words.
fn name_form(state: &AppState, form: &FilledForm, speech: &Speech) -> String {
    if form.time.is_none() {
        return "by a form of another page".to_owned();
    }
    let (page, digest) = (&speech.words.page, &speech.words.digest);
    let words = [
        &page.join_title,
        &page.join_text,
        &page.address,
        &page.choose,
        &digest.subscribe,
    ];
    let version = state.pages.hash_version(&words.map(String::as_str));
    format!("by form {version}")
}

/// Lists the digests that people can join.
pub(super) fn list_digests(state: &AppState) -> impl Iterator<Item = &Digest> {
    let digests = state.app.config.digests.iter();
    digests.filter(|digest| digest.enabled)
}

/// Lists the digests that people can join as the values of a form, in which some are chosen.
pub(super) fn list_choices(state: &AppState, is_chosen: impl Fn(&String) -> bool) -> Vec<Value> {
    let mut choices = Vec::new();
    for digest in list_digests(state) {
        let title = digest.choose_title(&state.app.config.site);
        let chosen = is_chosen(&digest.name);
        choices.push(json!({ "name": digest.name, "title": title, "chosen": chosen }));
    }
    choices
}

/// Chooses the digests that a form asks for: the only one, else those that it names.
fn choose_digests(state: &AppState, form: &FilledForm) -> Vec<String> {
    let all: Vec<&str> = list_digests(state).map(|digest| &*digest.name).collect();
    let is_chosen = |name: &&str| form.digests.iter().any(|chosen| chosen == name);
    match all[..] {
        [only] if form.digests.is_empty() => vec![only.to_owned()],
        _ => all
            .into_iter()
            .filter(is_chosen)
            .map(str::to_owned)
            .collect(),
    }
}

/// Shows the page with the form; `wrong` is a field of it and what is wrong with that.
fn show_form(state: &AppState, form: &FilledForm, wrong: Option<(&str, &String)>) -> Response {
    let mut titles = list_digests(state).map(|digest| digest.choose_title(&state.app.config.site));
    let (first, second) = (titles.next(), titles.next());
    let Some(first) = first else {
        return say(StatusCode::NOT_FOUND, "there is nothing to join\n");
    };
    let speech = match second {
        None => state.speech_about(None, first),
        Some(_) => state.speech(None, None),
    };
    let is_chosen = |name: &String| wrong.is_none() || form.digests.contains(name);
    // A single digest is no choice.
    let choices = match second {
        Some(_) => list_choices(state, is_chosen),
        None => Vec::new(),
    };
    let words = &speech.words;
    let values = json!({
        "address": words.page.address,
        "email": form.email.chars().take(LONGEST).collect::<String>(),
        "choose": words.page.choose,
        "digests": choices,
        "wrong": wrong.map(|(_, words)| words),
        "wrong_field": wrong.map(|(field, _)| field),
        "time": state.app.clock.now().timestamp(),
        "button": words.digest.subscribe,
    });
    let page = speech.page(&words.page.join_title, &words.page.join_text);
    let status = match wrong {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let mut answer = state.pages.answer_with(status, TEMPLATE, &page, &values);
    // Browsers apply the policy also to redirects of a form's answer.
    if let Some(back) = &state.app.config.web.join_back {
        let origin = back.origin().ascii_serialization();
        widen_policy(
            &mut answer,
            "form-action 'self'",
            &format!("form-action 'self' {origin}"),
        );
    }
    let_frame(answer, &state.app.config.web.embed_from)
}

/// Asks the bearer to confirm. It changes nothing, since scanners follow links.
async fn ask_to_confirm(State(state): State<Arc<AppState>>, Path(token): Path<String>) -> Response {
    let found = match find_asked(&state, &token).await {
        Ok(found) => found,
        Err(refused) => return *refused,
    };
    // A button that only leads to a refusal would be a detour. An invalid token costs the same question, so that the time
    // does not tell which tokens were valid once.
    let nobody = (ReaderId::SHOWN, IssueId::SHOWN);
    let whose = found
        .as_ref()
        .map_or(nobody, |(claim, _)| (claim.reader, claim.issue));
    let may_confirm = match state.store.may_confirm(whose, state.app.clock.now()).await {
        Ok(may_confirm) => may_confirm,
        Err(error) => return state.say_failed(&error),
    };
    let Some((_, issue)) = found.filter(|_| may_confirm) else {
        return state.say_unknown(StatusCode::NOT_FOUND);
    };
    let speech = state.speech_about(find_language(&state, &issue), &join_titles(&state, &issue));
    let words = &speech.words.page;
    let button = PageButton {
        action: format!("/confirm/{token}"),
        button: speech.words.confirm.link.clone(),
        second: false,
    };
    let page = Page {
        forms: vec![button],
        ..speech.page(&words.confirm_title, &words.confirm_text)
    };
    state.pages.answer(StatusCode::OK, &page)
}

/// Confirms for the bearer.
async fn confirm(
    State(state): State<Arc<AppState>>,
    Path(token): Path<String>,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
) -> Response {
    if !is_own_form(&headers) {
        return say(StatusCode::FORBIDDEN, "this form is not ours\n");
    }
    let from = find_client(peer.ip(), &headers, &state.app.config.web.proxies);
    let (claim, issue) = match find_asked(&state, &token).await {
        Ok(Some(found)) => found,
        Ok(None) => return state.say_unknown(StatusCode::NOT_FOUND),
        Err(refused) => return *refused,
    };
    let whose = (claim.reader, claim.issue);
    let confirmed = confirm_joining(&state.app, &state.store, &state.keys(), &[token], from).await;
    let is_subscribed = match confirmed {
        Ok(Confirmation::Done { address, digests }) => {
            // A welcome, or a word to the address that is used no more.
            state.app.announce_letter();
            tracing::info!(event = "joined", digests = digests.join(", "), address);
            true
        }
        // A second press is no fault, unless they have left since.
        Ok(Confirmation::Before) => match state.store.find_linked(whose).await {
            Ok(linked) => linked.is_some_and(|linked| linked.left_at.is_none()),
            Err(error) => return state.say_failed(&error),
        },
        Ok(Confirmation::Expired | Confirmation::Unknown) => false,
        Err(error) => return state.say_failed(error.as_ref()),
    };
    if !is_subscribed {
        return state.say_unknown(StatusCode::NOT_FOUND);
    }
    let speech = state.speech_about(find_language(&state, &issue), &join_titles(&state, &issue));
    let words = &speech.words.page;
    let page = speech.page(&words.confirmed_title, &words.confirmed_text);
    state.pages.answer(StatusCode::OK, &page)
}

/// Finds the reader and the letter of this token; `None` if the token is invalid or its letter not known.
async fn find_asked(
    state: &AppState,
    token: &str,
) -> Result<Option<(Claim, Issue)>, Box<Response>> {
    let Some(claim) = state.verify(token, Purpose::Confirm).await? else {
        return Ok(None);
    };
    match state.store.load_issue(claim.issue).await {
        Ok(Some(issue)) if !list_asked(&state.app, &issue).is_empty() => Ok(Some((claim, issue))),
        Ok(_) => Ok(None),
        Err(error) => Err(Box::new(state.say_failed(&error))),
    }
}

/// Joins the titles of the digests about which a letter asks, each once.
fn join_titles(state: &AppState, issue: &Issue) -> String {
    let names = list_asked(&state.app, issue);
    let mut titles: Vec<&str> = Vec::new();
    for digest in &state.app.config.digests {
        let title = digest.choose_title(&state.app.config.site);
        if names.contains(&digest.name) && !titles.contains(&title) {
            titles.push(title);
        }
    }
    titles.join(", ")
}

fn find_language<'a>(state: &'a AppState, issue: &Issue) -> Option<&'a str> {
    let digests = &state.app.config.digests;
    let digest = digests.iter().find(|digest| digest.name == issue.digest);
    digest.and_then(|digest| digest.language.as_deref())
}

#[cfg(test)]
mod tests {
    use super::FilledForm;

    #[test]
    fn a_form_that_a_program_filled_in_is_known() {
        for (body, expected) in [
            ("email=a@x.example&website=&time=97", false),
            ("email=a@x.example", false),
            ("email=a@x.example&time=tea", false),
            (
                "email=a@x.example&website=http://spam.example&time=90",
                true,
            ),
            ("email=a@x.example&time=99", true),
            ("email=a@x.example&time=200", true),
        ] {
            assert_eq!(
                FilledForm::read(body.as_bytes()).is_automatic(100),
                expected,
                "{body}"
            );
        }
        let form = FilledForm::read(b"email=a%2Bb%40x.example&digest=one&digest=two&=&&%ff=%ff");
        assert_eq!(form.email, "a+b@x.example");
        assert_eq!(form.digests, ["one", "two"]);
    }
}

//! `/unsubscribe/TOKEN`: a page with a button, one click without a page (RFC 8058), and a way back.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use chrono::TimeDelta;

use crate::reader::Email;
use crate::store::Linked;
use crate::token::Purpose;
use crate::web::guard::{is_own_form, say};
use crate::web::page::{Page, PageButton};
use crate::web::state::{AppState, Speech};

/// How long the same link can undo an unsubscription; later, anybody with the old mail could.
const UNDO: TimeDelta = TimeDelta::hours(1);

pub(super) fn routes() -> Router<Arc<AppState>> {
    Router::new()
        .route("/unsubscribe/{token}", get(ask).post(leave))
        // Whoever reloads the page that an undo led to is asked again.
        .route("/unsubscribe/{token}/undo", get(ask).post(undo))
}

/// Asks whether the bearer wants to leave. It changes nothing, since scanners follow links.
async fn ask(State(state): State<Arc<AppState>>, Path(token): Path<String>) -> Response {
    let claim = match state.verify(&token, Purpose::Leave).await {
        Ok(Some(claim)) => claim,
        Ok(None) => return state.say_unknown(StatusCode::NOT_FOUND),
        Err(failed) => return *failed,
    };
    match state.store.find_linked((claim.reader, claim.issue)).await {
        Ok(Some(linked)) if linked.left_at.is_some() => say_left(&state, &linked, &token),
        Ok(Some(linked)) => {
            let speech = choose_speech(&state, &linked);
            let button = PageButton {
                action: format!("/unsubscribe/{token}"),
                button: speech.words.digest.unsubscribe.clone(),
                second: false,
            };
            let page = Page {
                forms: vec![button],
                ..speech.page(
                    &speech.words.page.leave_title,
                    &speech.words.page.leave_text,
                )
            };
            state.pages.answer(StatusCode::OK, &page)
        }
        Ok(None) => state.say_unknown(StatusCode::NOT_FOUND),
        Err(error) => state.say_failed(&error),
    }
}

/// Unsubscribes the bearer, whatever the body says. A used or unknown link is answered with success too: a mail program
/// would otherwise retry and report a failure.
async fn leave(State(state): State<Arc<AppState>>, Path(token): Path<String>) -> Response {
    let claim = match state.verify(&token, Purpose::Leave).await {
        Ok(Some(claim)) => claim,
        Ok(None) => return state.say_unknown(StatusCode::OK),
        Err(failed) => return *failed,
    };
    let whose = (claim.reader, claim.issue);
    match state.store.leave_linked(whose, state.app.clock.now()).await {
        Ok(Some(linked)) => {
            log_change("left", &linked);
            say_left(&state, &linked, &token)
        }
        Ok(None) => state.say_unknown(StatusCode::OK),
        Err(error) => state.say_failed(&error),
    }
}

fn log_change(event: &str, linked: &Linked) {
    let digest = linked.digest.as_deref();
    let address = linked.email.as_ref().map(Email::as_str);
    tracing::info!(event, digest, address);
}

fn choose_speech<'a>(state: &'a AppState, linked: &'a Linked) -> Speech {
    state.speech(linked.language.as_deref(), linked.digest.as_deref())
}

fn say_left(state: &AppState, linked: &Linked, token: &str) -> Response {
    let speech = choose_speech(state, linked);
    let words = &speech.words.page;
    let mut page = speech.page(&words.left_title, &words.left_text);
    if linked.can_return(UNDO, state.app.clock.now()) {
        page.forms.push(PageButton {
            action: format!("/unsubscribe/{token}/undo"),
            button: words.undo.clone(),
            second: true,
        });
    }
    state.pages.answer(StatusCode::OK, &page)
}

/// The bearer takes it back, soon after.
async fn undo(
    State(state): State<Arc<AppState>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !is_own_form(&headers) {
        return say(StatusCode::FORBIDDEN, "this form is not ours\n");
    }
    let claim = match state.verify(&token, Purpose::Leave).await {
        Ok(Some(claim)) => claim,
        Ok(None) => return state.say_unknown(StatusCode::NOT_FOUND),
        Err(failed) => return *failed,
    };
    let whose = (claim.reader, claim.issue);
    let now = state.app.clock.now();
    match state.store.return_linked(whose, UNDO, now).await {
        Ok(Some(linked)) => {
            log_change("came back", &linked);
            let speech = choose_speech(&state, &linked);
            let page = speech.page(&speech.words.page.back_title, &speech.words.page.back_text);
            state.pages.answer(StatusCode::OK, &page)
        }
        Ok(None) => state.say_unknown(StatusCode::NOT_FOUND),
        Err(error) => state.say_failed(&error),
    }
}

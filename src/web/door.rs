//! The door of a preview: only the address that the terminal shows opens it.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use crate::token::random_id;

/// The way in: a secret in the address, since every user of a machine reaches its loopback addresses.
#[derive(Debug)]
pub(crate) struct Door {
    secret: String,
    /// A secret that redirects to the other one a single time; `None` once it was used.
    once: Mutex<Option<String>>,
}

impl Door {
    /// A door with new secrets.
    pub(crate) fn new() -> Self {
        Self {
            secret: make_secret(),
            once: Mutex::new(Some(make_secret())),
        }
    }

    pub(crate) fn path(&self) -> String {
        format!("/{}/", self.secret)
    }

    /// A path that redirects to the preview, once.
    pub(crate) fn path_for_once(&self) -> String {
        let once = self.once.lock().unwrap_or_else(PoisonError::into_inner);
        format!("/once/{}", once.as_deref().unwrap_or_default())
    }

    /// Uses up the path that redirects; whether this is it.
    fn use_up(&self, given: &str) -> bool {
        let mut once = self.once.lock().unwrap_or_else(PoisonError::into_inner);
        let opens = once.as_deref().is_some_and(|once| is_same(once, given));
        if opens {
            *once = None;
        }
        opens
    }
}

impl Default for Door {
    fn default() -> Self {
        Self::new()
    }
}

/// 126 random bits.
fn make_secret() -> String {
    format!("{:016x}{:016x}", random_id(), random_id())
}

/// Compares two texts in constant time.
fn is_same(one: &str, other: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

/// Without the secret a client sees nothing, not even whether a preview exists.
pub(super) async fn guard_door(
    State(door): State<Arc<Door>>,
    request: Request,
    next: Next,
) -> Response {
    let mut parts = request.uri().path().split('/').skip(1);
    let first = parts.next().unwrap_or_default();
    if is_same(&door.secret, first) {
        return next.run(request).await;
    }
    if first == "once" && door.use_up(parts.next().unwrap_or_default()) {
        return Redirect::to(&door.path()).into_response();
    }
    (
        StatusCode::NOT_FOUND,
        "open the address that the preview has printed\n",
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::Door;

    #[test]
    fn a_door_opens_once_without_its_secret() {
        let door = Door::new();
        let once = door.path_for_once();
        let once = once.strip_prefix("/once/").unwrap();
        assert!(!door.use_up("") && !door.use_up(&door.secret));
        assert!(door.use_up(once));
        assert!(!door.use_up(once) && !door.use_up(""));
        assert_ne!(door.path(), Door::new().path());
    }
}

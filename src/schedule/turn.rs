//! One digest at one moment, which every step of an issue is made from.

use chrono::{DateTime, Utc};

use crate::app::App;
use crate::config::Digest;
use crate::digest::ManualOptions;
use crate::loader::Loaded;

/// A digest whose turn it is.
#[derive(Clone, Copy)]
pub(crate) struct Turn<'a> {
    /// Config, clock and store.
    pub(crate) app: &'a App,
    /// The digest.
    pub(crate) digest: &'a Digest,
    /// The site's posts.
    pub(crate) loaded: &'a Loaded,
    /// What a person who sends it by hand asks for; without it the schedule decides.
    pub(crate) wish: Option<ManualOptions<'a>>,
    /// The moment.
    pub(crate) now: DateTime<Utc>,
}

impl<'a> Turn<'a> {
    /// The turn of a digest by its schedule.
    pub(crate) fn due(app: &'a App, digest: &'a Digest, loaded: &'a Loaded) -> Self {
        Self {
            app,
            digest,
            loaded,
            wish: None,
            now: app.clock.now(),
        }
    }

    /// The turn of a digest that a person sends by hand.
    pub(crate) fn by_hand(
        app: &'a App,
        digest: &'a Digest,
        loaded: &'a Loaded,
        wish: ManualOptions<'a>,
    ) -> Self {
        Self {
            wish: Some(wish),
            ..Self::due(app, digest, loaded)
        }
    }
}

//! One digest at one moment: the input of every step of an issue.

use chrono::{DateTime, Utc};

use crate::app::App;
use crate::config::Digest;
use crate::digest::ManualOptions;
use crate::loader::Loaded;

#[derive(Clone, Copy)]
pub(crate) struct Turn<'a> {
    pub(crate) app: &'a App,
    pub(crate) digest: &'a Digest,
    pub(crate) loaded: &'a Loaded,
    /// The options of an issue by hand; without them the schedule decides.
    pub(crate) wish: Option<ManualOptions<'a>>,
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

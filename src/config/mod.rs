//! The config as types, one for each section; a file becomes one of them in `load`.

mod apart;
mod auth;
mod caps;
mod digest;
mod discover;
mod dkim;
mod environment;
mod explain;
mod feeds;
mod imap;
mod inbox;
mod join;
mod load;
mod mail;
mod permalink;
mod posts;
mod secret;
mod site;
mod source;
mod store;
mod value;
mod web;

use std::path::PathBuf;

use serde::Deserialize;

use crate::token::Key;

pub use auth::Auth;
pub use caps::{Caps, Window};
pub use digest::{Day, Digest, Layout, Order, Schedule, Welcome};
pub(crate) use discover::{OWN, SHARED, discover, is_our_config};
pub use dkim::{Dkim, SecondKey};
pub use feeds::{Archive, By, EntryContent, Feeds, Format};
pub use imap::ImapAccount;
pub use inbox::Inbox;
pub use join::Join;
pub use mail::{InboxToken, Mail, Outbox, Relay, Timeouts, Tls, UncertainPolicy};
pub(crate) use permalink::EXPECTED;
#[cfg(test)]
pub(crate) use permalink::TOKENS;
pub(crate) use posts::MissingFolder;
pub use posts::{Dialect, Posts};
pub use secret::Secret;
pub use site::{Author, Site, address_below};
pub(crate) use site::{is_sample_host, name_sender, parse_own_url};
pub use source::{FeedPlace, SourceFeed};
pub(crate) use store::with_tls;
pub use store::{StoreSettings, StoreUrl};
pub use value::{Span, ValueError, Zone, is_blank, is_language};
pub use web::{WebSettings, parse_listener};

/// Everything that can be set. One that exists needs no second check, and its paths are absolute or relative to the
/// working directory, no longer to the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The site that all feeds and mails speak for.
    pub site: Site,
    /// The folder of the posts, and how they are read.
    #[serde(default)]
    pub posts: Posts,
    /// Feeds whose entries are posts beside those of the folder, or instead of them.
    #[serde(default, rename = "source")]
    pub sources: Vec<SourceFeed>,
    /// Which feeds are written, and where.
    #[serde(default)]
    pub feeds: Feeds,
    /// Which mails announce posts, when and to whom.
    #[serde(default, rename = "digest")]
    pub digests: Vec<Digest>,
    /// How mail leaves; needed by a digest only.
    #[serde(default)]
    pub mail: Mail,
    /// How many strangers may ask for digests.
    #[serde(default)]
    pub join: Join,
    /// The database of the ledger.
    #[serde(default)]
    pub store: StoreSettings,
    /// The pages of `serve`.
    #[serde(default)]
    pub web: WebSettings,
    /// The owner's own keys for links: the first signs, the others are only for links of old mails.
    #[serde(skip)]
    pub token_keys: Vec<Key>,
    /// The folder of the file: every relative path in it starts here.
    #[serde(skip)]
    pub root: PathBuf,
    /// The file itself.
    #[serde(skip)]
    pub file: PathBuf,
}

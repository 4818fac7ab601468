//! From whom mail comes.

use url::Url;

use crate::config;
use crate::reader::Mailbox;

/// The sender of an issue.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The site named in headers and footer.
    pub site: &'a config::Site,
    /// The digest named in `List-Id`, and whose `from` beats the one of `[mail]`.
    pub digest: &'a config::Digest,
    /// The mail settings.
    pub mail: &'a config::Mail,
    /// The address at which `serve` answers; without it readers leave by mail alone.
    pub web: Option<&'a Url>,
    /// The site's first host, which does not change when the site or the sender moves.
    pub authority: &'a str,
    /// How to speak to a reader without a name.
    pub anonymous: &'a str,
}

impl Origin<'_> {
    /// The sender that readers see.
    pub fn sender(&self) -> Option<&Mailbox> {
        self.digest.from.as_ref().or(self.mail.from.as_ref())
    }
}

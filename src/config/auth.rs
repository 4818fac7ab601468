//! How to sign in at a server of mail.

use serde::Deserialize;

/// How to sign in: at the relay (RFC 4954), at the server of a box (RFC 3501 6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// PLAIN, then LOGIN, then XOAUTH2: the first that the server offers.
    Auto,
    /// User and password in one (RFC 4616).
    Plain,
    /// User, then password.
    Login,
    /// The password is an access token.
    Xoauth2,
}

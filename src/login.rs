//! A user and a password as servers of mail ask for them, and replies that repeat the password, which are hidden.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::config::{Auth, Secret};

/// Number of consecutive characters of an encoded password that reveal it.
const TELLING: usize = 12;

/// A user's credentials and the mechanism to use.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) auth: Auth,
    pub(crate) user: String,
    /// The password, or the access token.
    pub(crate) password: Secret,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({})", self.user)
    }
}

impl Login {
    /// The one message of PLAIN (RFC 4616), in base64.
    pub(crate) fn encode_plain(&self) -> String {
        STANDARD.encode(format!("\0{}\0{}", self.user, self.password.reveal()))
    }

    /// The one message of XOAUTH2, in base64.
    pub(crate) fn encode_token(&self) -> String {
        let (user, password) = (&self.user, self.password.reveal());
        STANDARD.encode(format!("user={user}\x01auth=Bearer {password}\x01\x01"))
    }

    /// Returns the forms of the password that a server could repeat.
    pub(crate) fn secrets(&self) -> Secrets {
        let password = self.password.reveal();
        Secrets {
            clear: vec![password.to_owned()],
            encoded: vec![
                STANDARD.encode(password),
                self.encode_plain(),
                self.encode_token(),
            ],
        }
    }
}

/// The secrets that a shown reply must not contain.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    clear: Vec<String>,
    encoded: Vec<String>,
}

impl Secrets {
    /// Whether the text contains one of them, in clear or as a revealing part of its encoded form.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        // Many words contain a password of three letters, so it only counts as a whole word.
        let tells = |secret: &String| match secret.len() {
            0 => false,
            1..=3 => text.split_whitespace().any(|word| word == secret),
            _ => text.contains(secret.as_str()),
        };
        self.clear.iter().any(tells) || self.are_encoded_in(text)
    }

    fn are_encoded_in(&self, text: &str) -> bool {
        let is_other = |c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c);
        text.split(is_other).any(|run| {
            self.encoded.iter().any(|encoded| {
                let telling = TELLING.min(encoded.len());
                let mut parts = run.as_bytes().windows(telling);
                parts.any(|part| encoded.as_bytes().windows(telling).any(|own| own == part))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Login;
    use crate::config::{Auth, Secret};

    #[test]
    fn a_reply_that_repeats_the_password_is_seen() {
        let login = |password: &str| {
            let password: Secret = serde_json::from_value(password.into()).unwrap();
            Login {
                auth: Auth::Auto,
                user: "news".to_owned(),
                password,
            }
        };
        let secrets = login("hunter2, hunted").secrets();
        for (text, is_told) in [
            ("5.7.8 bad credentials", false),
            ("5.7.8 bad: hunter2, hunted!", true),
            ("unknown: AUTH PLAIN AG5ld3MAaHVudGVyMiwgaHVudGVk", true),
            // A part of it is enough.
            ("unknown: AG5ld3MAaHVudGVyMiwg...", true),
            ("334 aHVudGVyMiwgaHVudGVk", true),
            ("2.0.0 queued as 4bXy3z9Qk1zMnQ7", false),
        ] {
            assert_eq!(secrets.are_in(text), is_told, "{text}");
        }
        let short = login("ok").secrets();
        assert!(short.are_in("is it ok ?"));
        assert!(!short.are_in("token"));
    }
}

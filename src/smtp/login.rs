//! AUTH (RFC 4954): uses only a mechanism that the relay offers, and hides replies that repeat the password.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::config::{Auth, Secret};

/// Number of consecutive characters of an encoded password that reveal it.
const TELLING: usize = 12;

/// A user's credentials and the mechanism to use.
#[derive(Clone)]
pub(super) struct Login {
    auth: Auth,
    user: String,
    password: Secret,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({})", self.user)
    }
}

impl Login {
    pub(super) fn new(auth: Auth, user: String, password: Secret) -> Self {
        Self {
            auth,
            user,
            password,
        }
    }

    /// Returns the AUTH command, then the answer to each 334. After a bad token the 334 holds the reason, and an empty line
    /// answers it.
    ///
    /// # Errors
    /// If the relay does not offer the mechanism.
    pub(super) fn steps(&self, offered: &[String]) -> Result<[String; 3], NoWay> {
        let none = String::new;
        Ok(match choose_way(self.auth, offered)? {
            Auth::Login => [
                "AUTH LOGIN".to_owned(),
                STANDARD.encode(&self.user),
                STANDARD.encode(self.password.reveal()),
            ],
            Auth::Xoauth2 => [
                format!("AUTH XOAUTH2 {}", self.encode_token()),
                none(),
                none(),
            ],
            Auth::Auto | Auth::Plain => [
                format!("AUTH PLAIN {}", self.encode_plain()),
                none(),
                none(),
            ],
        })
    }

    fn encode_plain(&self) -> String {
        STANDARD.encode(format!("\0{}\0{}", self.user, self.password.reveal()))
    }

    fn encode_token(&self) -> String {
        let (user, password) = (&self.user, self.password.reveal());
        STANDARD.encode(format!("user={user}\x01auth=Bearer {password}\x01\x01"))
    }

    /// Returns the forms of the password that a relay could repeat.
    pub(super) fn secrets(&self) -> Secrets {
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

/// Why the password is not sent to the relay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoWay {
    #[error(
        "the relay offers no AUTH, so the password was not sent; take `user` out, or use the port for submission (587 \
         or 465)"
    )]
    Nothing,
    #[error("the relay does not offer AUTH {name}, which `auth` names; it offers {offered}")]
    NotThis { name: &'static str, offered: String },
    #[error("the relay offers no way to log in that is known here, only {offered}")]
    Unknown { offered: String },
}

/// Chooses the mechanism: the configured one, else the first supported one that the relay offers.
fn choose_way(auth: Auth, offered: &[String]) -> Result<Auth, NoWay> {
    let known = [
        (Auth::Plain, "PLAIN"),
        (Auth::Login, "LOGIN"),
        (Auth::Xoauth2, "XOAUTH2"),
    ];
    for (way, name) in known {
        if (auth == Auth::Auto || auth == way) && offered.iter().any(|offer| offer == name) {
            return Ok(way);
        }
    }
    let name = known.iter().find(|(way, _)| *way == auth);
    let offered = offered.join(", ");
    Err(match name {
        _ if offered.is_empty() => NoWay::Nothing,
        Some((_, name)) => NoWay::NotThis { name, offered },
        None => NoWay::Unknown { offered },
    })
}

/// The secrets that a shown reply must not contain.
#[derive(Clone, Default)]
pub(super) struct Secrets {
    clear: Vec<String>,
    encoded: Vec<String>,
}

impl Secrets {
    /// Whether the text contains one of them, in clear or as a revealing part of its encoded form.
    pub(super) fn occur_in(&self, text: &str) -> bool {
        // Many words contain a password of three letters, so it only counts as a whole word.
        let tells = |secret: &String| match secret.len() {
            0 => false,
            1..=3 => text.split_whitespace().any(|word| word == secret),
            _ => text.contains(secret.as_str()),
        };
        self.clear.iter().any(tells) || self.contains_encoded(text)
    }

    fn contains_encoded(&self, text: &str) -> bool {
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
    use super::{Login, choose_way};
    use crate::config::{Auth, Secret};

    #[test]
    fn only_what_is_offered_is_used() {
        let offers =
            |words: &str| -> Vec<String> { words.split_whitespace().map(str::to_owned).collect() };
        for (auth, offered, way) in [
            (Auth::Auto, "LOGIN PLAIN", Some(Auth::Plain)),
            (Auth::Auto, "XOAUTH2 LOGIN", Some(Auth::Login)),
            (Auth::Auto, "XOAUTH2", Some(Auth::Xoauth2)),
            (Auth::Auto, "", None),
            (Auth::Auto, "CRAM-MD5 GSSAPI", None),
            (Auth::Plain, "", None),
            (Auth::Plain, "LOGIN", None),
            (Auth::Login, "PLAIN LOGIN", Some(Auth::Login)),
            (Auth::Xoauth2, "PLAIN LOGIN", None),
        ] {
            let chosen = choose_way(auth, &offers(offered));
            assert_eq!(chosen.clone().ok(), way, "{auth:?} {offered}: {chosen:?}");
        }
    }

    #[test]
    fn a_reply_that_repeats_the_password_is_seen() {
        let login = |password: &str| {
            let password: Secret = serde_json::from_value(password.into()).unwrap();
            Login::new(Auth::Auto, "news".to_owned(), password)
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
            assert_eq!(secrets.occur_in(text), is_told, "{text}");
        }
        let short = login("ok").secrets();
        assert!(short.occur_in("is it ok ?"));
        assert!(!short.occur_in("token"));
    }
}

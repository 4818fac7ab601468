//! How to log in (RFC 4954): only in a way that the relay offers, and without repeating what it answers.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::config::{Auth, Secret};

/// So many characters of an encoded password in a row give it away.
const TELLING: usize = 12;

/// Who logs in, in which way.
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

    /// What is said at first, then the answer to each 334. After a bad token the 334 holds the reason, to be answered by
    /// an empty line.
    ///
    /// # Errors
    /// Where the relay does not offer the way.
    pub(super) fn steps(&self, offered: &[String]) -> Result<[String; 3], NoWay> {
        let none = String::new;
        Ok(match choose_way(self.auth, offered)? {
            Auth::Login => [
                "AUTH LOGIN".to_owned(),
                STANDARD.encode(&self.user),
                STANDARD.encode(self.password.reveal()),
            ],
            Auth::Xoauth2 => [format!("AUTH XOAUTH2 {}", self.token()), none(), none()],
            Auth::Auto | Auth::Plain => [format!("AUTH PLAIN {}", self.plain()), none(), none()],
        })
    }

    fn plain(&self) -> String {
        STANDARD.encode(format!("\0{}\0{}", self.user, self.password.reveal()))
    }

    fn token(&self) -> String {
        let (user, password) = (&self.user, self.password.reveal());
        STANDARD.encode(format!("user={user}\x01auth=Bearer {password}\x01\x01"))
    }

    /// The forms of the password in which a relay could repeat it.
    pub(super) fn secrets(&self) -> Secrets {
        let password = self.password.reveal();
        Secrets {
            clear: vec![password.to_owned()],
            encoded: vec![STANDARD.encode(password), self.plain(), self.token()],
        }
    }
}

/// Why the relay does not get the password.
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

/// The way to log in: the one that the config names, else the first known one that is offered.
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

/// What must not be shown in a reply.
#[derive(Clone, Default)]
pub(super) struct Secrets {
    clear: Vec<String>,
    encoded: Vec<String>,
}

impl Secrets {
    /// Whether the text repeats one of them, in clear or a telling part of its encoded form.
    pub(super) fn are_told_by(&self, text: &str) -> bool {
        // Of a password of three letters many words are made; it is hidden where it stands alone.
        let tells = |secret: &String| match secret.len() {
            0 => false,
            1..=3 => text.split_whitespace().any(|word| word == secret),
            _ => text.contains(secret.as_str()),
        };
        self.clear.iter().any(tells) || self.tells_encoded(text)
    }

    fn tells_encoded(&self, text: &str) -> bool {
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
            assert_eq!(secrets.are_told_by(text), is_told, "{text}");
        }
        let short = login("ok").secrets();
        assert!(short.are_told_by("is it ok ?"));
        assert!(!short.are_told_by("token"));
    }
}

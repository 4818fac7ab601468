//! AUTH (RFC 4954): uses only a mechanism that the relay offers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::config::Auth;
use crate::login::Login;
use crate::verdict::{LONGEST_TEXT, one_line};

/// Returns the AUTH command, then the answer to each 334. After a bad token the 334 holds the reason, and an empty line
/// answers it.
///
/// # Errors
/// If the relay does not offer the mechanism.
pub(super) fn plan_steps(login: &Login, offered: &[String]) -> Result<[String; 3], NoWay> {
    let none = String::new;
    Ok(match choose_way(login.auth, offered)? {
        Auth::Login => [
            "AUTH LOGIN".to_owned(),
            STANDARD.encode(&login.user),
            STANDARD.encode(login.password.reveal()),
        ],
        Auth::Xoauth2 => [
            format!("AUTH XOAUTH2 {}", login.encode_token()),
            none(),
            none(),
        ],
        Auth::Auto | Auth::Plain => [
            format!("AUTH PLAIN {}", login.encode_plain()),
            none(),
            none(),
        ],
    })
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
    let offered = one_line(&offered.join(", "), LONGEST_TEXT);
    Err(match name {
        _ if offered.is_empty() => NoWay::Nothing,
        Some((_, name)) => NoWay::NotThis { name, offered },
        None => NoWay::Unknown { offered },
    })
}

#[cfg(test)]
mod tests {
    use super::choose_way;
    use crate::config::Auth;

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
}

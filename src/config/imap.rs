//! The address of a box on another machine, by IMAP (RFC 5092).

use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::Url;

use crate::config::Auth;
use crate::config::value::{ValueError, is_loopback};

/// The octets that stand for themselves in a shown user or mailbox.
const SHOWN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');
/// The longest name of a user or a mailbox, in bytes.
const LONGEST: usize = 500;
/// The hint for an invalid address.
const EXPECTED: &str = "expected something like imaps://news@imap.example/INBOX";

/// A mailbox on an IMAP server, and who reads it. The password is no part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImapAccount {
    /// The server, a name or an address.
    pub host: String,
    /// The TCP port, 993 or 143 where none is named (RFC 8314 3.2, RFC 9051 2.1).
    pub port: u16,
    /// Whether the connection is encrypted, from the first byte (RFC 8314 3.2). Without it the server is this machine.
    pub is_encrypted: bool,
    /// The user to sign in as.
    pub user: String,
    /// The way to sign in.
    pub auth: Auth,
    /// The mailbox to read, `INBOX` where none is named.
    pub mailbox: String,
}

impl FromStr for ImapAccount {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        // The text is not shown: it may hold a password.
        let fail = |why: &str| ValueError(format!("the address of the box {why}\n{EXPECTED}"));
        let url =
            Url::parse(text).map_err(|error| fail(&format!("cannot be understood: {error}")))?;
        let (is_encrypted, port) = match url.scheme() {
            "imaps" => (true, 993),
            "imap" => (false, 143),
            _ => return Err(fail("begins neither with imaps:// nor with imap://")),
        };
        if url.password().is_some() {
            let words = "the address of the box holds a password\nset TIDINGS_MAIL__INBOX_PASSWORD in the environment";
            return Err(ValueError(words.to_owned()));
        }
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| fail("has no host"))?.to_owned();
        if !is_encrypted && !is_loopback(&host) {
            return Err(fail(
                "leaves this machine without TLS: begin it with imaps://",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(fail("ends in `?` or `#`: write them as %3F and %23"));
        }
        let name = |encoded: &str, what: &str| {
            let decoded = percent_decode_str(encoded).decode_utf8();
            let decoded = decoded.map_err(|_| fail(&format!("has a {what} that is no UTF-8")))?;
            match is_name(&decoded) {
                true => Ok(decoded.into_owned()),
                false => Err(fail(&format!("has no proper {what}"))),
            }
        };
        let (user, auth) = split_auth(name(url.username(), "user")?).ok_or_else(|| {
            fail("names a way to sign in that is not known: PLAIN, LOGIN or XOAUTH2")
        })?;
        let mailbox = match url.path().trim_start_matches('/') {
            "" => "INBOX".to_owned(),
            path => name(path, "mailbox")?,
        };
        Ok(Self {
            host,
            port: url.port().unwrap_or(port),
            is_encrypted,
            user,
            auth,
            mailbox,
        })
    }
}

/// `ada;AUTH=XOAUTH2` (RFC 5092 3.2) is a user and a way to sign in.
fn split_auth(user: String) -> Option<(String, Auth)> {
    let Some((name, rest)) = user.rsplit_once(';') else {
        return Some((user, Auth::Auto));
    };
    let auth = match rest.to_ascii_uppercase().as_str() {
        "AUTH=*" => Auth::Auto,
        "AUTH=PLAIN" => Auth::Plain,
        "AUTH=LOGIN" => Auth::Login,
        "AUTH=XOAUTH2" => Auth::Xoauth2,
        _ => return None,
    };
    Some((name.to_owned(), auth))
}

/// Whether a text may name a user or a mailbox: nothing in it ends a command.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST && !text.contains(char::is_control)
}

impl fmt::Display for ImapAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = match self.is_encrypted {
            true => ("imaps", 993),
            false => ("imap", 143),
        };
        let user = utf8_percent_encode(&self.user, SHOWN);
        write!(f, "{scheme}://{user}@{}", self.host)?;
        if self.port != usual {
            write!(f, ":{}", self.port)?;
        }
        write!(f, "/{}", utf8_percent_encode(&self.mailbox, SHOWN))
    }
}

#[cfg(test)]
mod tests {
    use super::ImapAccount;
    use crate::config::Auth;

    #[test]
    fn an_address_says_who_reads_which_mailbox_where() {
        for (text, shown, user, mailbox, port) in [
            (
                "imaps://ada@imap.example/INBOX",
                "imaps://ada@imap.example/INBOX",
                "ada",
                "INBOX",
                993,
            ),
            (
                "imaps://ada@imap.example",
                "imaps://ada@imap.example/INBOX",
                "ada",
                "INBOX",
                993,
            ),
            (
                "imaps://ada%40hums.example@imap.example:1993/",
                "imaps://ada%40hums.example@imap.example:1993/INBOX",
                "ada@hums.example",
                "INBOX",
                1993,
            ),
            (
                "imaps://ada@hums.example@imap.example/Bounces/New%20ones",
                "imaps://ada%40hums.example@imap.example/Bounces/New%20ones",
                "ada@hums.example",
                "Bounces/New ones",
                993,
            ),
            (
                "imaps://ada@imap.example/Zur%C3%BCck%3F",
                "imaps://ada@imap.example/Zur%C3%BCck%3F",
                "ada",
                "Zurück?",
                993,
            ),
            (
                "imap://ada@127.0.0.1/",
                "imap://ada@127.0.0.1/INBOX",
                "ada",
                "INBOX",
                143,
            ),
            (
                "imap://ada@[::1]:1143/",
                "imap://ada@[::1]:1143/INBOX",
                "ada",
                "INBOX",
                1143,
            ),
            (
                "imap://ada@localhost/",
                "imap://ada@localhost/INBOX",
                "ada",
                "INBOX",
                143,
            ),
        ] {
            let account: ImapAccount = text.parse().unwrap();
            assert_eq!(account.to_string(), shown);
            assert_eq!(account.to_string().parse(), Ok(account.clone()));
            assert_eq!(
                (
                    account.user.as_str(),
                    account.mailbox.as_str(),
                    account.port,
                    account.auth
                ),
                (user, mailbox, port, Auth::Auto)
            );
        }
        for (text, auth) in [
            ("imaps://ada;AUTH=XOAUTH2@imap.example/", Auth::Xoauth2),
            ("imaps://ada;auth=plain@imap.example/", Auth::Plain),
            ("imaps://ada;AUTH=*@imap.example/", Auth::Auto),
        ] {
            let account: ImapAccount = text.parse().unwrap();
            assert_eq!((account.user.as_str(), account.auth), ("ada", auth));
        }
    }

    #[test]
    fn an_address_that_is_none_is_refused_and_no_password_shown() {
        for (text, why) in [
            (
                "imaps://ada:hunter2@imap.example/",
                "TIDINGS_MAIL__INBOX_PASSWORD",
            ),
            ("imaps://ada:hunter2@imap example/", "cannot be understood"),
            ("imaps://imap.example/INBOX", "no proper user"),
            ("imaps://ada@/INBOX", "cannot be understood"),
            ("imap://ada@imap.example/", "begin it with imaps://"),
            ("imap://ada@localhost.example/", "begin it with imaps://"),
            ("imaps://a%0D%0Ab@imap.example/", "no proper user"),
            ("imaps://ada@imap.example/IN%0D%0ABOX", "no proper mailbox"),
            ("imaps://ada@imap.example/%FF", "no UTF-8"),
            ("imaps://ada@imap.example/INBOX?x", "`?` or `#`"),
            ("imaps://ada@imap.example/INBOX#x", "`?` or `#`"),
            ("imaps://ada;AUTH=GSSAPI@imap.example/", "PLAIN, LOGIN"),
        ] {
            let error = text.parse::<ImapAccount>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}

//! `[store]`.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;
use url::Url;

use crate::config::value::{ValueError, read_parsed};

/// The place of the ledger.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSettings {
    /// `sqlite:FILE`, or `postgres://…` when several machines send.
    #[serde(deserialize_with = "read_parsed")]
    pub url: StoreUrl,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            url: StoreUrl::Sqlite("tidings.db".into()),
        }
    }
}

impl StoreSettings {
    pub(super) fn resolve_paths(&mut self, root: &Path) {
        if let StoreUrl::Sqlite(file) = &mut self.url {
            *file = root.join(&*file);
        }
    }
}

/// The address of the database.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL server; the text may hold a password.
    Postgres(String),
}

impl FromStr for StoreUrl {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        match text
            .strip_prefix("sqlite:")
            .map(|rest| rest.strip_prefix("//").unwrap_or(rest))
        {
            Some(file) if file.contains('?') => {
                let words = "a SQLite store takes no options\nexpected sqlite:tidings.db";
                Err(ValueError(words.to_owned()))
            }
            Some(file) if !file.is_empty() => Ok(Self::Sqlite(file.into())),
            _ => {
                let words =
                    "this is no store\nexpected sqlite:tidings.db or postgres://user@host/database";
                Err(ValueError(words.to_owned()))
            }
        }
    }
}

impl StoreUrl {
    /// The value of `url` that names it, without a password.
    pub fn to_config(&self) -> String {
        match self {
            Self::Sqlite(file) => {
                let file = file.canonicalize();
                format!(
                    "sqlite:{}",
                    file.unwrap_or_else(|_| self.to_string().into()).display()
                )
            }
            Self::Postgres(_) => self.to_string(),
        }
    }
}

/// Shows the address to a person: without user, password and options.
impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "{}", file.display()),
            Self::Postgres(address) => match Url::parse(address) {
                Ok(url) => {
                    let host = url.host_str().unwrap_or_default();
                    let port = url.port().map(|port| format!(":{port}"));
                    let port = port.unwrap_or_default();
                    write!(f, "{}://{host}{port}{}", url.scheme(), url.path())
                }
                Err(_) => write!(f, "{self:?}"),
            },
        }
    }
}

/// The address of a PostgreSQL server, with TLS required where the way to it leaves this machine and neither the address
/// nor the environment says how it is to be secured.
pub(crate) fn with_tls(address: &str) -> String {
    let environment = |name: &str| std::env::var(name).ok();
    require_tls(address, &environment)
}

fn require_tls(address: &str, environment: &dyn Fn(&str) -> Option<String>) -> String {
    let Ok(mut url) = Url::parse(address) else {
        return address.to_owned();
    };
    let option = |names: &[&str]| {
        let mut options = url.query_pairs();
        let (_, value) = options.find(|(name, _)| names.contains(&&**name))?;
        Some(value.into_owned())
    };
    let is_said = option(&["sslmode", "ssl-mode"]).is_some() || environment("PGSSLMODE").is_some();
    let own = url.host_str().filter(|host| !host.is_empty());
    let host = option(&["hostaddr", "host"])
        .or_else(|| own.map(str::to_owned))
        .or_else(|| environment("PGHOSTADDR"))
        .or_else(|| environment("PGHOST"));
    // Without a host it is a socket, or this machine.
    if is_said || host.is_none_or(|host| is_here(&host)) {
        return address.to_owned();
    }
    url.query_pairs_mut().append_pair("sslmode", "require");
    url.into()
}

/// Whether this host of a database is this machine: a socket's folder, or loopback.
fn is_here(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_socket = bare.starts_with('/') || bare.to_ascii_lowercase().starts_with("%2f");
    let is_loopback = bare
        .parse()
        .is_ok_and(|address: IpAddr| address.is_loopback());
    is_socket || is_loopback || bare.eq_ignore_ascii_case("localhost")
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "sqlite:{}", file.display()),
            Self::Postgres(_) => f.write_str("postgres://…"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{StoreUrl, require_tls};

    #[test]
    fn a_server_beyond_this_machine_is_spoken_to_over_tls() {
        for (address, environment, requires) in [
            ("postgres://news@db.example/tidings", "", true),
            (
                "postgres://news:a%40b@192.0.2.7:5433/tidings?application_name=x",
                "",
                true,
            ),
            ("postgresql://[2001:db8::1]/tidings", "", true),
            ("postgres://localhost.example/tidings", "", true),
            ("postgres:///tidings?host=db.example", "", true),
            ("postgres:///tidings", "PGHOST=db.example", true),
            ("postgres://localhost/tidings?hostaddr=192.0.2.7", "", true),
            ("postgres://news@localhost/tidings", "", false),
            ("postgres://127.0.0.1:54329/tidings", "", false),
            ("postgres://[::1]/tidings", "", false),
            ("postgres:///tidings", "", false),
            ("postgres:///tidings?host=/var/run/postgresql", "", false),
            ("postgres://%2Fvar%2Frun%2Fpostgresql/tidings", "", false),
            (
                "postgres://db.example/tidings?sslmode=verify-full",
                "",
                false,
            ),
            ("postgres://db.example/tidings?sslmode=disable", "", false),
            ("postgres://db.example/tidings?ssl-mode=prefer", "", false),
            ("postgres://db.example/tidings", "PGSSLMODE=disable", false),
        ] {
            let variable = |name: &str| {
                let (known, value) = environment.split_once('=')?;
                (known == name).then(|| value.to_owned())
            };
            let found = require_tls(address, &variable);
            match requires {
                true => {
                    let mark = if address.contains('?') { '&' } else { '?' };
                    assert_eq!(found, format!("{address}{mark}sslmode=require"));
                }
                false => assert_eq!(found, address),
            }
        }
    }

    #[test]
    fn a_password_never_shows() {
        for (address, shown) in [
            (
                "postgres://news:secret@db.example:5433/tidings?password=secret",
                "postgres://db.example:5433/tidings",
            ),
            ("postgres:///tidings", "postgres:///tidings"),
            ("sqlite:a/tidings.db", "a/tidings.db"),
        ] {
            let url: StoreUrl = address.parse().unwrap();
            assert_eq!(url.to_string(), shown);
            assert!(!format!("{url:?}").contains("secret"));
        }
    }
}

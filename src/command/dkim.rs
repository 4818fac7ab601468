//! `tidings dkim`: keys to sign mail with, and what DNS must say of them.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cli;
use crate::config::{Config, Dkim, Mail};
use crate::delivery::{load_keys, signing_domain};
use crate::ending::Ending;
use crate::file::unwritable;
use crate::finding::{Finding, Rule};
use crate::message::dkim::{Algorithm, SigningKey};
use crate::talk::Talk;

/// The longest text between two quotation marks in a TXT record, in octets (RFC 1035 3.3).
const LONGEST_STRING: usize = 255;

/// Does what is asked for.
pub(super) fn run(
    config: &Path,
    talk: &mut Talk<'_>,
    what: &cli::DkimCommand,
) -> anyhow::Result<Ending> {
    let config = Config::load_here(config)?;
    let mail = &config.mail;
    let domain = signing_domain(mail)?;
    match what {
        cli::DkimCommand::New {
            ed25519,
            selector,
            file,
        } => {
            let algorithm = if *ed25519 {
                Algorithm::Ed25519
            } else {
                Algorithm::Rsa
            };
            let (known_selector, known_file) = find_configured(mail, algorithm);
            let selector = selector.clone().unwrap_or(known_selector);
            let file = file.clone().unwrap_or_else(|| config.root.join(known_file));
            let pem = algorithm.generate_pem();
            write_key(&file, &pem)?;
            let key = SigningKey::from_pem(&selector, &pem).context("the new key")?;
            talk.say(&format!(
                "{} written: keep it as you keep a password",
                file.display()
            ));
            writeln!(talk.out(), "{}", write_record(&key, &domain))?;
            talk.say(&write_hint(algorithm, &domain, &selector, &file));
        }
        cli::DkimCommand::Show => {
            let keys = load_keys(mail)?;
            if keys.is_empty() {
                let finding = Finding::error(
                    Rule::DkimUnset,
                    "mail is not signed here: there is no `dkim` under [mail]",
                );
                return Err(finding.hint("make a key with `tidings dkim new`").into());
            }
            for key in &keys {
                writeln!(talk.out(), "{}", write_record(key, &domain))?;
            }
        }
    }
    Ok(Ending::Done)
}

/// Under which selector and in which file the config has a key of this kind.
fn find_configured(mail: &Mail, algorithm: Algorithm) -> (String, PathBuf) {
    let Dkim {
        selector,
        key,
        ed25519,
        ..
    } = mail.dkim.clone().unwrap_or_default();
    match (algorithm, ed25519) {
        (Algorithm::Rsa, _) => (selector, key),
        (Algorithm::Ed25519, Some(second)) => (second.selector, second.key),
        (Algorithm::Ed25519, None) => (format!("{selector}-ed25519"), "dkim-ed25519.pem".into()),
    }
}

/// Writes a private key that nobody else may read; one that is there stays.
fn write_key(file: &Path, pem: &str) -> Result<(), Finding> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let written = options.open(file).and_then(|mut open| {
        open.write_all(pem.as_bytes())?;
        open.sync_all()
    });
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Finding::error(
            Rule::KeyExists,
            "there is a file already, and a key is never overwritten",
        )
        .in_file(file)
        .hint("`tidings dkim show` prints its line for DNS; name another file for a new key"),
        _ => unwritable(file, &error),
    })
}

/// The record of a key as a form of a provider asks for it, and as a zone file has it.
fn write_record(key: &SigningKey, domain: &str) -> String {
    let (name, value) = (key.dns_name(domain), key.dns_value());
    let strings: Vec<String> = value
        .as_bytes()
        .chunks(LONGEST_STRING)
        .map(|part| format!("\"{}\"", String::from_utf8_lossy(part)))
        .collect();
    format!(
        "name   {name}\ntype   TXT\nvalue  {value}\nzone   {name}. IN TXT ( {} )",
        strings.join(" ")
    )
}

/// The lines of the config that use the key.
fn write_hint(algorithm: Algorithm, domain: &str, selector: &str, file: &Path) -> String {
    let key = file.file_name().unwrap_or_default().to_string_lossy();
    match algorithm {
        Algorithm::Rsa => format!(
            "under [mail]: dkim = {{ domain = \"{domain}\", selector = \"{selector}\", key = \"{key}\" }}\n\
             when DNS has it, mail is signed"
        ),
        Algorithm::Ed25519 => format!(
            "in `dkim` under [mail]: ed25519 = {{ selector = \"{selector}\", key = \"{key}\" }}\n\
             when DNS has it, mail is signed by it too"
        ),
    }
}

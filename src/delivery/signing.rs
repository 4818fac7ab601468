//! The keys that sign mail, read before an issue is frozen.

use std::path::Path;

use crate::config::Mail;
use crate::file::is_private;
use crate::file::read::{WRITTEN, read_text};
use crate::finding::{Finding, Rule};
use crate::message::dkim::{KeyError, SIGNED, Signer, SigningKey};

/// Loads the signer of the config; `None` if mail is not signed here.
///
/// # Errors
/// A finding that names the key's file, or the header in `skip` that is never signed.
pub(crate) fn load_signer(mail: &Mail) -> Result<Option<Signer>, Finding> {
    let Some(dkim) = &mail.dkim else {
        return Ok(None);
    };
    let domain = signing_domain(mail)?;
    let is_signed = |name: &&String| {
        !SIGNED
            .iter()
            .any(|signed| signed.eq_ignore_ascii_case(name))
    };
    if let Some(unknown) = dkim.skip.iter().find(is_signed) {
        let finding = Finding::error(
            Rule::ConfigValue,
            format!("`skip` under [mail.dkim]: `{unknown}` is no header that is signed"),
        );
        return Err(finding.hint(format!("expected some of {}", SIGNED[1..].join(", "))));
    }
    let keys = load_keys(mail)?;
    Ok(Some(Signer::new(&domain, keys, &dkim.skip)))
}

/// The domain that signs.
///
/// # Errors
/// If neither it nor the sender is known.
pub(crate) fn signing_domain(mail: &Mail) -> Result<String, Finding> {
    let own = mail.dkim.as_ref().and_then(|dkim| dkim.domain.clone());
    let sender = || {
        mail.from
            .as_ref()
            .map(|from| from.email.domain().to_owned())
    };
    own.or_else(sender).ok_or_else(|| {
        Finding::error(Rule::MissingKey, "there is no domain to sign for")
            .hint("set `from` or `dkim = { domain = … }` under [mail]")
    })
}

/// The keys of the config, the first one first.
///
/// # Errors
/// A finding that names the key's file.
pub(crate) fn load_keys(mail: &Mail) -> Result<Vec<SigningKey>, Finding> {
    let Some(dkim) = &mail.dkim else {
        return Ok(Vec::new());
    };
    let first = match &dkim.pem {
        Some(pem) => SigningKey::from_pem(&dkim.selector, pem.reveal()).map_err(|error| {
            Finding::error(Rule::DkimKey, format!("TIDINGS_MAIL__DKIM__PEM: {error}"))
        })?,
        None => load_key(&dkim.selector, &dkim.key)?,
    };
    let mut keys = vec![first];
    if let Some(second) = &dkim.ed25519 {
        keys.push(load_key(&second.selector, &second.key)?);
    }
    Ok(keys)
}

fn load_key(selector: &str, file: &Path) -> Result<SigningKey, Finding> {
    let pem = read_text(file, WRITTEN).map_err(|error| {
        error
            .in_file(file)
            .hint("make one with `tidings dkim new`, or name its file: `key` under [mail.dkim]")
    })?;
    if !is_private(file) {
        return Err(
            Finding::error(Rule::KeyReadable, "other users may read this private key")
                .in_file(file)
                .hint(format!("chmod 600 {}", file.display())),
        );
    }
    SigningKey::from_pem(selector, &pem).map_err(|error| {
        let hint = match error {
            KeyError::Encrypted => format!(
                "`openssl pkey -in {} -out FILE` writes it without one; keep that file at mode 0600",
                file.display()
            ),
            KeyError::NoKey | KeyError::Unusable => {
                "make one with `tidings dkim new`".to_owned()
            }
        };
        Finding::error(Rule::DkimKey, error.to_string())
            .in_file(file)
            .hint(hint)
    })
}

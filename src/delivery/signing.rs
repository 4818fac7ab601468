//! The keys by which mail is signed, read before an issue is frozen.

use std::fs;
use std::path::Path;

use crate::config::Mail;
use crate::finding::Finding;
use crate::message::dkim::{SIGNED, Signer, SigningKey};

/// The signer of the config; none where mail is not signed here.
///
/// # Errors
/// A finding that names the key's file, or the header in `skip` that is not signed in any case.
pub fn load_signer(mail: &Mail) -> Result<Option<Signer>, Finding> {
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
        let finding = Finding::error(format!(
            "`skip` under [mail.dkim]: `{unknown}` is no header that is signed"
        ));
        return Err(finding.way_out(format!("expected some of {}", SIGNED[1..].join(", "))));
    }
    let keys = load_keys(mail)?;
    Ok(Some(Signer::new(&domain, keys, &dkim.skip)))
}

/// The domain that signs.
///
/// # Errors
/// Where neither it nor the sender is known.
pub fn signing_domain(mail: &Mail) -> Result<String, Finding> {
    let own = mail.dkim.as_ref().and_then(|dkim| dkim.domain.clone());
    let sender = || {
        mail.from
            .as_ref()
            .map(|from| from.email.domain().to_owned())
    };
    own.or_else(sender).ok_or_else(|| {
        Finding::error("there is no domain to sign for")
            .way_out("set `from` or `dkim = { domain = … }` under [mail]")
    })
}

/// The keys of the config, the first one first.
///
/// # Errors
/// A finding that names the key's file.
pub fn load_keys(mail: &Mail) -> Result<Vec<SigningKey>, Finding> {
    let Some(dkim) = &mail.dkim else {
        return Ok(Vec::new());
    };
    let first = match &dkim.pem {
        Some(pem) => SigningKey::from_pem(&dkim.selector, pem.reveal())
            .map_err(|error| Finding::error(format!("TIDINGS_MAIL__DKIM__PEM: {error}")))?,
        None => load_key(&dkim.selector, &dkim.key)?,
    };
    let mut keys = vec![first];
    if let Some(second) = &dkim.ed25519 {
        keys.push(load_key(&second.selector, &second.key)?);
    }
    Ok(keys)
}

fn load_key(selector: &str, file: &Path) -> Result<SigningKey, Finding> {
    let unreadable = |error| {
        Finding::unreadable(file, &error)
            .way_out("make one with `tidings dkim new`, or name its file: `key` under [mail.dkim]")
    };
    refuse_open_file(file, &fs::metadata(file).map_err(unreadable)?)?;
    let pem = fs::read_to_string(file).map_err(unreadable)?;
    SigningKey::from_pem(selector, &pem).map_err(|error| {
        Finding::error(error.to_string())
            .in_file(file)
            .way_out("make one with `tidings dkim new`")
    })
}

/// A private key that others may read is none.
#[cfg(unix)]
fn refuse_open_file(file: &Path, metadata: &fs::Metadata) -> Result<(), Finding> {
    use std::os::unix::fs::PermissionsExt;
    if metadata.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(Finding::error("other users may read this private key")
        .in_file(file)
        .way_out(format!("chmod 600 {}", file.display())))
}

#[cfg(not(unix))]
fn refuse_open_file(_: &Path, _: &fs::Metadata) -> Result<(), Finding> {
    Ok(())
}

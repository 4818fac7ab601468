//! Asks others about the mail: the relay, DNS, and the own server that readers reach to unsubscribe.

use std::net::SocketAddr;

use crate::app::App;
use crate::cli::CheckArgs;
use crate::config::{Config, Mail, WebSettings, is_sample_host};
use crate::delivery::{Mailer, load_keys, load_signer, signing_domain};
use crate::dns::Resolver;
use crate::domain::{self, SenderIdentity, check_domain};
use crate::finding::{Finding, Rule};
use crate::http::Client;
use crate::reader::Email;
use crate::smtp::Dialer;
use crate::talk::Talk;
use crate::verdict::Trouble;

/// The end of an address to leave by whose token nobody has: asking it changes nothing.
const NO_TOKEN: &str = "unsubscribe/check";

/// Reads the keys, speaks to the relay up to AUTH, and asks DNS and the own server what readers will ask them.
pub(super) async fn check_mail(app: &App, gathered: &mut Talk<'_>, args: &CheckArgs) {
    let mail = &app.config.mail;
    if app.config.digests.is_empty() {
        return;
    }
    let mailer = Mailer::from_config(mail);
    if let Err(finding) = mailer.check(mail) {
        gathered.report(&[finding]);
        return;
    }
    if let Err(finding) = load_signer(mail) {
        gathered.report(&[finding]);
    }
    if args.offline {
        return;
    }
    check_relay(mail, gathered).await;
    if mail.smtp.is_some() {
        gathered.report(&check_senders(&app.config, args.dns).await);
        gathered.report(check_leaving(&app.config.web).await.as_slice());
    }
}

/// Speaks to the relay up to AUTH.
async fn check_relay(mail: &Mail, gathered: &mut Talk<'_>) {
    let (Some(relay), Some(from)) = (&mail.smtp, &mail.from) else {
        return;
    };
    let opened = match Dialer::for_sender(relay, mail, &from.email.to_string()) {
        Ok(dialer) => dialer.open().await,
        Err(trouble) => Err(trouble),
    };
    match opened {
        Ok(connection) => connection.quit().await,
        Err(Trouble::Us(words)) => {
            gathered.report(&[Finding::error(
                Rule::MailUnsendable,
                format!("mail cannot be sent: {words}"),
            )]);
        }
        Err(Trouble::Relay(words)) => {
            let finding = Finding::warning(
                Rule::RelayUnreachable,
                format!("the relay could not be asked: {words}"),
            );
            gathered
                .report(&[finding.hint("mail waits until it answers; `--offline` does not ask")]);
        }
    }
}

/// Asks DNS about each domain that mail comes from.
async fn check_senders(config: &Config, server: Option<SocketAddr>) -> Vec<Finding> {
    let resolver = Resolver::new(server);
    let mut findings = Vec::new();
    for sender in list_senders(config) {
        // Domains for examples are named as such, and are in no DNS but that of a test.
        if server.is_some() || !is_reserved(&sender.from) {
            findings.extend(check_domain(&resolver, &sender).await);
        }
    }
    let relay = config
        .mail
        .smtp
        .as_ref()
        .filter(|relay| !relay.is_loopback());
    if let Some(relay) = relay.filter(|relay| server.is_some() || !is_reserved(&relay.host)) {
        findings.extend(domain::check_relay(&resolver, &relay.host).await);
    }
    findings
}

/// Each domain that mail comes from, once, with what else belongs to it.
fn list_senders(config: &Config) -> Vec<SenderIdentity> {
    let mail = &config.mail;
    let own = config
        .digests
        .iter()
        .filter_map(|digest| digest.from.as_ref());
    let mut senders: Vec<SenderIdentity> = Vec::new();
    for from in mail.from.iter().chain(own) {
        let from = from.email.domain().to_owned();
        if senders.iter().any(|known| known.from == from) {
            continue;
        }
        let return_path = mail.return_path.as_ref().map(Email::domain);
        senders.push(SenderIdentity {
            return_path: return_path.unwrap_or(&from).to_owned(),
            signature: find_signature(mail),
            from,
        });
    }
    senders
}

/// The signing domain, and the DNS record that each of its keys needs; an unreadable key is reported elsewhere.
fn find_signature(mail: &Mail) -> Option<(String, Vec<(String, String)>)> {
    let domain = signing_domain(mail).ok()?;
    let keys = load_keys(mail).ok().filter(|keys| !keys.is_empty())?;
    let records = keys
        .iter()
        .map(|key| (key.dns_name(&domain), key.dns_value()))
        .collect();
    Some((domain, records))
}

/// Leaves as a mail program does (RFC 8058), with a token that nobody has: it must be answered, and not elsewhere.
async fn check_leaving(web: &WebSettings) -> Option<Finding> {
    let url = web.url.as_ref()?;
    let address = url.join(NO_TOKEN).ok()?;
    if url.host_str().is_some_and(is_reserved) {
        return None;
    }
    let fields = [("List-Unsubscribe", "One-Click")];
    let (message, hint) = match Client::for_site(url).post(&address, &fields).await {
        Ok(200..=299) => return None,
        Ok(status @ 300..=399) => (
            format!(
                "`{address}` redirects ({status}): mail programs do not follow, and nobody can leave (RFC 8058)"
            ),
            "let the proxy pass the address on as it is",
        ),
        Ok(status) => (
            format!("`{address}` answers {status}: nobody can leave by one click"),
            "see whether `tidings serve` runs, and whether the proxy passes POST on to it",
        ),
        Err(reason) => {
            let message = format!("`{address}` could not be asked: {reason}");
            let note = Finding::note(Rule::LeaveAddress, message);
            return Some(note.hint("`tidings serve` answers there; readers leave by it"));
        }
    };
    Some(Finding::error(Rule::LeaveAddress, message).hint(hint))
}

/// Domains that lead nowhere, since they are for examples (RFC 2606).
pub(super) fn is_reserved(domain: &str) -> bool {
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    let last = domain.rsplit('.').next().unwrap_or_default();
    matches!(last, "test" | "example" | "invalid") || is_sample_host(&domain)
}

//! A real message to an address of one's own, read back: what its signature covers, and what the receiver says of it.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use mail_parser::MessageParser;
use tokio::time::{Instant, sleep};

use crate::app::App;
use crate::config::Inbox;
use crate::delivery::{Mailer, deliver_one};
use crate::digest::{choose_news, split, split_at_limit};
use crate::finding::{Finding, Rule, one_line};
use crate::inbox::Maildir;
use crate::ledger::IssueId;
use crate::loader::Loaded;
use crate::reader::{Mailbox, Reader, ReaderId};
use crate::schedule::Turn;
use crate::store::Access;
use crate::talk::Talk;

/// How long the message may be under way.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often the box is looked at.
const PAUSE: Duration = Duration::from_millis(500);
/// The headers that a receiver wants signed before it shows a button to leave (RFC 8058, 4).
const SIGNED: [&str; 2] = ["list-unsubscribe", "list-unsubscribe-post"];

/// Sends a test of the first digest to this address, and reads it back from the Maildir of `[mail] inbox`.
pub(super) async fn probe(
    app: &App,
    gathered: &mut Talk<'_>,
    loaded: &Loaded,
    to: &Mailbox,
) -> anyhow::Result<()> {
    app.refuse_another_time()?;
    let mail = &app.config.mail;
    let mut digests = app.config.digests.iter();
    let digest = digests.find(|digest| digest.enabled);
    let digest = digest.context("there is no digest to send")?;
    let all = choose_news(digest, &app.config.site, &loaded.posts, &HashSet::new());
    let newest = split(digest, &all).pop();
    let newest = newest.with_context(|| format!("{}: there is no post for it", digest.name))?;
    let turn = Turn::due(app, digest, loaded);
    let posts = split_at_limit(digest, &newest).0;
    let composed = turn.compose(gathered, posts, IssueId::SHOWN, digest.archive)?;
    let test = turn.compile_test(&composed.draft)?;
    let key = app
        .open_store(Access::Read)
        .await?
        .load_current_key()
        .await?;
    let key = key.for_show();
    let reader = Reader {
        id: ReaderId::SHOWN,
        email: to.email.clone(),
        name: to.name.clone(),
        language: None,
    };
    let now = app.clock.now();
    let sent = test.fill(&reader, now, &key);
    let id = MessageParser::default().parse_headers(&sent[..]);
    let id = id.and_then(|head| head.message_id().map(str::to_owned));
    let inbox = match &mail.inbox {
        Some(Inbox::Maildir(folder)) => Some(Maildir::open(folder)?),
        _ => None,
    };
    let before = list_waiting(inbox.as_ref())?;
    let mailer = Mailer::from_config(mail);
    let reply = deliver_one(&mailer, mail, &test, &reader, now, &key).await?;
    let reply = one_line(&reply, 200);
    let (Some(inbox), Some(id)) = (inbox, id) else {
        let message = format!("a test went to {}: {reply}", to.email);
        let note = Finding::note(Rule::MailRead, message);
        let hint = "with `inbox = \"maildir:…\"` under [mail] it is read back here; else see its headers there";
        gathered.report(&[note.hint(hint)]);
        return Ok(());
    };
    if let Some(bytes) = find_arrived(&inbox, &before, &id).await? {
        gathered.report(&judge(&bytes));
        return Ok(());
    }
    let seconds = PATIENCE.as_secs();
    let message = format!(
        "the test to {} is not in the Maildir after {seconds} seconds: {reply}",
        to.email
    );
    let finding = Finding::warning(Rule::MailMissing, message);
    let hint = "see whether that address is delivered there, and the folder of spam";
    gathered.report(&[finding.hint(hint)]);
    Ok(())
}

fn list_waiting(inbox: Option<&Maildir>) -> Result<HashSet<PathBuf>, Finding> {
    let waiting = inbox.map(Maildir::waiting).transpose()?;
    Ok(waiting.into_iter().flatten().collect())
}

/// The message with this id, once it is there; `None` if it does not come.
async fn find_arrived(
    inbox: &Maildir,
    before: &HashSet<PathBuf>,
    id: &str,
) -> Result<Option<Vec<u8>>, Finding> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        for file in inbox.waiting()? {
            if before.contains(&file) {
                continue;
            }
            let Some(bytes) = Maildir::read(&file)? else {
                continue;
            };
            let head = MessageParser::default().parse_headers(&bytes[..]);
            if head.is_some_and(|head| head.message_id() == Some(id)) {
                return Ok(Some(bytes));
            }
        }
        sleep(PAUSE).await;
    }
    Ok(None)
}

/// Reads from the message what happened to it on the way.
fn judge(bytes: &[u8]) -> Vec<Finding> {
    let Some(message) = MessageParser::default().parse_headers(bytes) else {
        return Vec::new();
    };
    let all = |wanted: &str| -> Vec<String> {
        let headers = message.headers_raw();
        let found = headers.filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| one_line(value, 400)).collect()
    };
    let mut findings = judge_signatures(&all("DKIM-Signature"));
    if all("List-Unsubscribe-Post").is_empty() {
        let message =
            "the test arrived without `List-Unsubscribe-Post`: no button to leave is shown";
        let finding = Finding::warning(Rule::MailAuthentication, message);
        let hint = "set `url` under [web]; if it is set, the relay takes the header out";
        findings.push(finding.hint(hint));
    }
    let results = all("Authentication-Results");
    match results.first() {
        None => {
            let message =
                "the receiver says nothing of SPF, DKIM and DMARC (no `Authentication-Results`)";
            findings.push(Finding::note(Rule::MailRead, message));
        }
        Some(result) => findings.extend(judge_result(result)),
    }
    findings
}

/// Whether a signature covers what it must, so that receivers show a button to leave.
fn judge_signatures(signatures: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut is_covered = false;
    for signature in signatures {
        let tag = |key: &str| {
            let mut tags = signature.split(';').filter_map(|tag| tag.split_once('='));
            let found = tags.find(|(name, _)| name.trim() == key);
            found.map_or_else(String::new, |(_, value)| {
                value.split_whitespace().collect::<String>()
            })
        };
        let covered = tag("h").to_ascii_lowercase();
        let names: HashSet<&str> = covered.split(':').collect();
        is_covered |= SIGNED.iter().all(|name| names.contains(name));
        let message = format!("the signature of {} covers {covered}", tag("d"));
        findings.push(Finding::note(Rule::MailRead, message));
    }
    if signatures.is_empty() {
        let message = "the test arrived without a signature of DKIM";
        let finding = Finding::warning(Rule::MailAuthentication, message);
        findings.push(finding.hint("`tidings dkim new` makes a key; or let the relay sign"));
    } else if !is_covered {
        let message = "no signature covers `List-Unsubscribe` and `List-Unsubscribe-Post`: no button to leave is shown (RFC 8058, 4)";
        let finding = Finding::error(Rule::MailAuthentication, message);
        findings.push(
            finding.hint("let tidings sign (`dkim` under [mail]), or have the relay sign them too"),
        );
    }
    findings
}

/// Judges the topmost result, which the first receiver wrote (RFC 8601); anybody may have written those below it.
fn judge_result(result: &str) -> Vec<Finding> {
    let mut findings = vec![Finding::note(
        Rule::MailRead,
        format!("the receiver says: {result}"),
    )];
    for part in result.split(';').skip(1) {
        let verdict = part.split_whitespace().next().unwrap_or_default();
        let (method, verdict) = verdict.split_once('=').unwrap_or_default();
        let is_known = ["spf", "dkim", "dmarc"].contains(&method);
        if is_known
            && !matches!(
                verdict,
                "pass" | "none" | "neutral" | "temperror" | "bestguesspass"
            )
        {
            let message = format!("the receiver's verdict is {method}={verdict}");
            let finding = Finding::error(Rule::MailAuthentication, message);
            findings.push(
                finding.hint("the findings about DNS say why, as far as it can be known here"),
            );
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn a_message_that_came_is_judged_by_its_headers() {
        let signed = "DKIM-Signature: v=1; d=x.example;\r\n h=From:To:List-Unsubscribe:\r\n List-Unsubscribe-Post; b=AA\r\n";
        let half = "DKIM-Signature: v=1; d=x.example; h=From:To:List-Unsubscribe; b=AA\r\n";
        let post = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
        let result = |words: &str| format!("Authentication-Results: mx.example; {words}\r\n");
        for (head, words) in [
            (
                [
                    signed,
                    post,
                    &result("spf=pass smtp.mailfrom=x; dkim=pass; dmarc=pass"),
                ]
                .concat(),
                &[
                    "covers from:to:list-unsubscribe:list-unsubscribe-post",
                    "the receiver says: mx.example; spf=pass",
                ][..],
            ),
            (
                [half, post].concat(),
                &["covers from", "no signature covers", "says nothing of SPF"],
            ),
            (
                [signed, ""].concat(),
                &[
                    "covers from",
                    "without `List-Unsubscribe-Post`",
                    "says nothing",
                ],
            ),
            (post.to_owned(), &["without a signature", "says nothing"]),
            (
                [
                    signed,
                    post,
                    &result("spf=softfail; dkim=fail reason=x; arc=fail"),
                ]
                .concat(),
                &[
                    "covers from",
                    "the receiver says",
                    "is spf=softfail",
                    "is dkim=fail",
                ],
            ),
            (
                [signed, post, &result("spf=pass"), &result("dmarc=fail")].concat(),
                &["covers from", "spf=pass"],
            ),
        ] {
            let findings = judge(format!("{head}From: a@x.example\r\n\r\nx\r\n").as_bytes());
            let said: Vec<&str> = findings.iter().map(|one| one.message.as_str()).collect();
            assert_eq!(said.len(), words.len(), "{head}: {said:?}");
            for (said, words) in said.iter().zip(words) {
                assert!(said.contains(words), "{words}: {said}");
            }
        }
    }
}

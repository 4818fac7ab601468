//! Whether a post's page is there: nobody gets a link that leads nowhere.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use chrono::TimeDelta;
use tokio::task::JoinSet;
use url::Url;

use crate::command::Session;
use crate::finding::Finding;
use crate::http::Client;

/// How many pages are asked for at once.
const AT_ONCE: usize = 8;
/// How long the hub and a whole issue wait for a page that is not there yet; then they go without it.
pub(super) const PATIENCE: TimeDelta = TimeDelta::days(1);

/// The pages that were asked for in this run, each once.
#[derive(Debug, Default)]
pub(super) struct Live {
    /// Why a page is not there; none where it is.
    known: BTreeMap<Url, Option<String>>,
    /// Made for the first page, since it reads every certificate that the system trusts.
    client: OnceCell<Client>,
}

impl Live {
    /// Those of these pages that do not answer with success, each named in a warning. None where nobody outside this
    /// machine is told: with an outbox, on a loopback site, or with `require_live = false`.
    pub(super) async fn missing(&mut self, session: &Session<'_>, pages: &[Url]) -> Vec<Url> {
        let site = &session.config.site;
        if !site.require_live || site.is_loopback() || session.config.mail.smtp.is_none() {
            return Vec::new();
        }
        let mut unasked: Vec<&Url> = pages
            .iter()
            .filter(|page| !self.known.contains_key(page))
            .collect();
        unasked.sort();
        unasked.dedup();
        for some in unasked.chunks(AT_ONCE) {
            let mut asked = JoinSet::new();
            for page in some {
                let (client, page) = (
                    self.client.get_or_init(|| Client::new(true)).clone(),
                    (*page).clone(),
                );
                asked.spawn(async move { (client.get(&page).await, page) });
            }
            while let Some(answer) = asked.join_next().await {
                let Ok((answer, page)) = answer else { continue };
                let trouble = match answer {
                    Ok(200..=299) => None,
                    Ok(status) => Some(format!("it answers {status}")),
                    Err(trouble) => Some(trouble.to_string()),
                };
                if let Some(trouble) = &trouble {
                    let finding = Finding::warning(format!("`{page}` is not there yet: {trouble}"));
                    session.report(&[finding
                        .way_out("its post waits for the next run; `require_live` under [site]")]);
                }
                self.known.insert(page, trouble);
            }
        }
        pages
            .iter()
            .filter(|page| self.known.get(page).is_none_or(Option::is_some))
            .cloned()
            .collect()
    }
}

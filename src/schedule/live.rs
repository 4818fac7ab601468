//! Probes the pages of posts, so that no reader gets a dead link.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::app::App;
use crate::finding::{Finding, Rule};
use crate::http::{Client, NoResponse, is_on_site};
use crate::talk::Talk;

/// How many pages are asked for at once.
const AT_ONCE: usize = 8;
/// How long one run waits for all pages together.
const ALL: Duration = Duration::from_mins(1);

/// The pages that were asked for in this run, each once.
#[derive(Debug)]
pub(crate) struct Live {
    /// The reason why a page does not answer; `None` if it does.
    known: BTreeMap<Url, Option<String>>,
    /// Made for the first page, since it reads every certificate that the system trusts.
    client: OnceCell<Client>,
    /// How long this run still waits for pages.
    left: Duration,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            known: BTreeMap::new(),
            client: OnceCell::new(),
            left: ALL,
        }
    }
}

impl Live {
    /// Returns the pages that do not answer with success, each reported in a warning. None of them is asked if nobody
    /// outside this machine is told: with an outbox, on a loopback site, or with `require_live = false`.
    pub(crate) async fn find_missing(
        &mut self,
        app: &App,
        talk: &mut Talk<'_>,
        pages: &[Url],
    ) -> Vec<Url> {
        if !is_asked(app) {
            return Vec::new();
        }
        let site = &app.config.site;
        let mut unasked: Vec<&Url> = pages
            .iter()
            .filter(|page| !self.known.contains_key(page))
            .collect();
        unasked.sort();
        unasked.dedup();
        let (own, foreign): (Vec<Url>, Vec<Url>) = unasked
            .into_iter()
            .cloned()
            .partition(|page| is_on_site(&site.url, page));
        let mut findings = Vec::new();
        for page in foreign {
            findings.push(Finding::warning(
                Rule::PageMissing,
                format!(
                    "`{page}` is not on the site's own host, so nobody asks whether it is there"
                ),
            ));
            self.known.insert(page, None);
        }
        if own.is_empty() {
            talk.report(&findings);
            return self.list_missing(pages);
        }
        let client = self.client.get_or_init(|| Client::for_site(&site.url));
        let ask = |page: Url| {
            let client = client.clone();
            async move { client.get(&page).await }
        };
        let begun = Instant::now();
        let answers = ask_all(own, ask, self.left).await;
        self.left = self.left.saturating_sub(begun.elapsed());
        for (page, trouble) in answers {
            if let Some(trouble) = &trouble {
                let finding = Finding::warning(
                    Rule::PageMissing,
                    format!("`{page}` is not there yet: {trouble}"),
                );
                findings.push(
                    finding.hint("its post waits for the next run; `require_live` under [site]"),
                );
            }
            self.known.insert(page, trouble);
        }
        talk.report(&findings);
        self.list_missing(pages)
    }

    /// Why this page of the site is not there; `None` if it is, or where nobody outside this machine is told.
    pub(crate) async fn find_trouble(&self, app: &App, page: &Url) -> Option<String> {
        if !is_asked(app) {
            return None;
        }
        let client = self
            .client
            .get_or_init(|| Client::for_site(&app.config.site.url));
        let ask = |page: Url| {
            let client = client.clone();
            async move { client.get(&page).await }
        };
        let answers = ask_all(vec![page.clone()], ask, self.left).await;
        answers.into_iter().find_map(|(_, trouble)| trouble)
    }

    fn list_missing(&self, pages: &[Url]) -> Vec<Url> {
        pages
            .iter()
            .filter(|page| self.known.get(page).is_none_or(Option::is_some))
            .cloned()
            .collect()
    }
}

/// Whether pages are asked for: not with an outbox, on a loopback site, or with `require_live = false`.
fn is_asked(app: &App) -> bool {
    let site = &app.config.site;
    site.require_live && !site.is_loopback() && app.config.mail.has_relay()
}

/// Requests pages, several at once, until the time is over. Returns why each does not answer; `None` if it does.
async fn ask_all<F>(
    pages: Vec<Url>,
    ask: impl Fn(Url) -> F,
    left: Duration,
) -> Vec<(Url, Option<String>)>
where
    F: Future<Output = Result<u16, NoResponse>> + Send + 'static,
{
    let until = Instant::now() + left;
    let mut waiting = pages.into_iter();
    let mut asked = JoinSet::new();
    let mut open = Vec::new();
    let mut answers = Vec::new();
    loop {
        while asked.len() < AT_ONCE
            && let Some(page) = waiting.next()
        {
            open.push(page.clone());
            let answer = ask(page.clone());
            asked.spawn(async move { (answer.await, page) });
        }
        let next = timeout_at(until, asked.join_next()).await;
        let Ok(Some(answer)) = next else { break };
        let Ok((answer, page)) = answer else { continue };
        open.retain(|other| *other != page);
        let trouble = match answer {
            Ok(200..=299) => None,
            Ok(status) => Some(format!("it answers {status}")),
            Err(trouble) => Some(trouble.to_string()),
        };
        answers.push((page, trouble));
    }
    // The rest: pages that are still silent, or were never requested.
    let late = format!(
        "a run waits {} seconds for all pages together",
        ALL.as_secs()
    );
    for page in open.into_iter().chain(waiting) {
        answers.push((page, Some(late.clone())));
    }
    answers
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, sleep};
    use url::Url;

    use super::{ALL, AT_ONCE, ask_all};

    #[tokio::test(start_paused = true)]
    async fn silent_pages_hold_up_neither_the_others_nor_the_run() {
        let pages: Vec<Url> = (0..100)
            .map(|number| Url::parse(&format!("https://x.example/{number}/")).unwrap())
            .collect();
        // The first seven never answer; with a page free the others go past them.
        let ask = |page: Url| async move {
            let number: usize = page.path().trim_matches('/').parse().unwrap();
            let silence = if number < AT_ONCE - 1 { 1000 } else { 0 };
            sleep(Duration::from_secs(silence)).await;
            Ok(if number == 50 { 404 } else { 200 })
        };
        let begun = Instant::now();
        let answers = ask_all(pages, ask, ALL).await;
        assert_eq!(begun.elapsed(), ALL);
        assert_eq!(answers.len(), 100);
        let missing: Vec<_> = answers
            .iter()
            .filter_map(|(page, trouble)| Some((page.path(), trouble.as_deref()?)))
            .collect();
        assert_eq!(missing.len(), AT_ONCE, "{missing:?}");
        assert_eq!(missing[0], ("/50/", "it answers 404"));
        assert!(
            missing[1..]
                .iter()
                .all(|(_, why)| why.contains("60 seconds"))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn without_time_left_nobody_is_asked_for_long() {
        let pages = vec![Url::parse("https://x.example/").unwrap(); 20];
        let ask = |_| async {
            sleep(Duration::from_secs(1)).await;
            Ok(200)
        };
        let begun = Instant::now();
        let answers = ask_all(pages, ask, Duration::ZERO).await;
        assert_eq!((begun.elapsed(), answers.len()), (Duration::ZERO, 20));
        assert!(answers.iter().all(|(_, trouble)| trouble.is_some()));
    }
}

//! `tidings status --html FILE`: the owner's page, in one file without a script, and without anybody's address.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tera::{Context, Tera};

use crate::app::App;
use crate::command::status::chart::{
    HEIGHT, WIDTH, draw_line, plot_readers, split_bar, sum_months,
};
use crate::command::status::next::NextMail;
use crate::config::Digest;
use crate::consent::ReaderState;
use crate::file::{Care, write_changed};
use crate::finding::one_line;
use crate::inbox::{RATED, find_high_rates};
use crate::ledger::{Counts, DeliveryState, Issue, SlotKind};
use crate::store::{Domain, Store};
use crate::talk::Talk;
use crate::template::explain;

const PAGE: &str = include_str!("../../../templates/status.html");
/// The name by which errors call it; its ending has values escaped.
const NAME: &str = "status.html";
const MOST_ISSUES: usize = 20;
/// The most domains that are shown.
const MOST_DOMAINS: usize = 15;
const MOST_MONTHS: u32 = 12;
/// The most characters of a subject or a reason.
const LONGEST: usize = 150;
/// How a time is shown, in the site's zone.
const MINUTE: &str = "%Y-%m-%d %H:%M %Z";

/// Writes the page into this file, whole or not at all.
pub(super) async fn write_page(
    app: &App,
    talk: &mut Talk<'_>,
    store: &Store,
    file: &Path,
) -> anyhow::Result<()> {
    let values = gather(app, store).await?;
    let page = render(&values)?;
    write_changed(file, page.as_bytes(), Care::Derived)?;
    talk.conclude(&format!("{}: {} bytes", file.display(), page.len()))?;
    Ok(())
}

fn render(values: &Value) -> anyhow::Result<String> {
    let mut tera = Tera::default();
    let explained = |error: tera::Error| explain(&error);
    tera.add_raw_templates([(NAME, PAGE)]).map_err(explained)?;
    let mut context = Context::new();
    if let Value::Object(values) = values {
        for (name, value) in values {
            context.insert(name.clone(), value);
        }
    }
    Ok(tera.render(NAME, &context).map_err(explained)?)
}

/// All that the page shows.
async fn gather(app: &App, store: &Store) -> anyhow::Result<Value> {
    let now = app.clock.now();
    let zone = app.config.site.zone();
    let contents = store.count_contents().await?;
    let count_of = |state: ReaderState| {
        let mut counted = contents.readers.iter();
        counted
            .find(|(word, _)| word == state.word())
            .map_or(0, |(_, count)| u64::try_from(*count).unwrap_or(u64::MAX))
    };
    let readers: Vec<Value> = ReaderState::ALL
        .into_iter()
        .filter(|state| *state == ReaderState::Active || count_of(*state) > 0)
        .map(|state| json!({ "state": state.word(), "count": group_digits(count_of(state)) }))
        .collect();
    let mut domains = store.count_by_domain(now - RATED).await?;
    let warnings: Vec<String> = find_high_rates(&domains)
        .into_iter()
        .take(MOST_DOMAINS)
        .map(|finding| finding.message)
        .collect();
    domains.sort_by(|one, other| (other.sent, &one.name).cmp(&(one.sent, &other.name)));
    let mut next = Vec::new();
    for digest in app.config.digests.iter().filter(|digest| digest.enabled) {
        next.push(show_next(app, store, digest).await?);
    }
    let (issues, left_out) = show_issues(app, store).await?;
    Ok(json!({
        "site": app.config.site.title,
        "time": now.with_timezone(&zone).format(MINUTE).to_string(),
        "readers": readers,
        "growth": show_growth(store, now).await?,
        "next": next,
        "states": DeliveryState::ALL.map(|state| json!({ "state": state.word(), "class": name_class(state) })),
        "issues": issues,
        "left_out": left_out,
        "domains": domains.iter().take(MOST_DOMAINS).map(show_domain).collect::<Vec<_>>(),
        "warnings": warnings,
    }))
}

/// How the readers became more or fewer; null where nobody has ever been one.
async fn show_growth(store: &Store, now: DateTime<Utc>) -> anyhow::Result<Value> {
    let days = store.load_growth().await?;
    let today = now.date_naive();
    let points = plot_readers(&days, today);
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Ok(Value::Null);
    };
    let months = sum_months(&days, today, MOST_MONTHS);
    let months: Vec<Value> = months
        .iter()
        .map(|month| {
            json!({
                "month": month.first.format("%Y-%m").to_string(),
                "came": group_digits(month.moves.came),
                "went": group_digits(month.moves.went),
                "readers": group_digits(month.readers),
            })
        })
        .collect();
    let most = points.iter().map(|point| point.readers).max();
    Ok(json!({
        "width": WIDTH.to_string(),
        "height": HEIGHT.to_string(),
        "line": draw_line(&points),
        "from": first.day.to_string(),
        "to": last.day.to_string(),
        "now": group_digits(last.readers),
        "most": group_digits(most.unwrap_or_default()),
        "months": months,
    }))
}

async fn show_next(app: &App, store: &Store, digest: &Digest) -> anyhow::Result<Value> {
    let when = match NextMail::find(app, store, digest).await? {
        NextMail::WithPost => "with each post".to_owned(),
        NextMail::Due => "due, with the next run".to_owned(),
        NextMail::At(at) => at.format(MINUTE).to_string(),
        NextMail::Never => "never".to_owned(),
    };
    let title = digest.choose_title(&app.config.site);
    Ok(json!({ "title": one_line(title, LONGEST), "when": when }))
}

/// The newest issues, and how many older ones there are.
async fn show_issues(app: &App, store: &Store) -> anyhow::Result<(Vec<Value>, usize)> {
    let mut issues = store.load_issues().await?;
    issues.retain(|issue| {
        let kind = issue.slot.kind;
        !matches!(
            kind,
            SlotKind::Known | SlotKind::Letter | SlotKind::Confirmation
        )
    });
    let left_out = issues.len().saturating_sub(MOST_ISSUES);
    let mut shown = Vec::new();
    for issue in issues.iter().take(MOST_ISSUES) {
        shown.push(show_issue(
            app,
            issue,
            store.count_deliveries(issue.id).await?,
        ));
    }
    Ok((shown, left_out))
}

fn show_issue(app: &App, issue: &Issue, counts: Counts) -> Value {
    let zone = app.config.site.zone();
    let numbers: Vec<u64> = counts.each().map(|(_, count)| count).collect();
    let parts = DeliveryState::ALL.map(name_class);
    let bar = show_bar(&parts, &numbers);
    let why = issue.reason.as_deref().map(|why| format!(": {why}"));
    json!({
        "subject": one_line(&issue.subject, LONGEST),
        "digest": issue.digest,
        "time": issue.made_at.with_timezone(&zone).format(MINUTE).to_string(),
        "state": one_line(&format!("{}{}", issue.state.word(), why.unwrap_or_default()), LONGEST),
        "counts": counts.to_string(),
        "bar": bar,
    })
}

fn show_domain(domain: &Domain) -> Value {
    let bad = domain.bounced.saturating_add(domain.complained);
    let parts = ["sent", "bounced", "uncertain"];
    let numbers = [
        domain.sent.saturating_sub(bad),
        domain.bounced,
        domain.complained,
    ];
    json!({
        "name": one_line(&domain.name, LONGEST),
        "sent": group_digits(domain.sent),
        "bounced": group_digits(domain.bounced),
        "complained": group_digits(domain.complained),
        "bar": show_bar(&parts, &numbers),
    })
}

/// The parts of a bar that are there.
fn show_bar<C: AsRef<str>>(classes: &[C], numbers: &[u64]) -> Vec<Value> {
    let parts = classes.iter().zip(numbers).zip(split_bar(numbers));
    parts
        .filter(|((_, number), _)| **number > 0)
        .map(|((class, _), (begin, width))| {
            json!({ "class": class.as_ref(), "begin": begin, "width": width })
        })
        .collect()
}

/// The class of a state's colour.
fn name_class(state: DeliveryState) -> String {
    state.word().replace(' ', "-")
}

/// `1,234,567`
fn group_digits(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{group_digits, render};

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(group_digits(number), text);
        }
    }

    #[test]
    fn nothing_on_the_page_is_taken_for_markup() {
        let evil = "\"><script>alert(1)</script><b x='";
        let values = json!({
            "site": evil,
            "time": evil,
            "readers": [{ "state": evil, "count": evil }],
            "growth": {
                "width": 600, "height": 160, "line": evil, "from": evil, "to": evil, "now": evil, "most": evil,
                "months": [{ "month": evil, "came": evil, "went": evil, "readers": evil }],
            },
            "next": [{ "title": evil, "when": evil }],
            "states": [{ "state": evil, "class": evil }],
            "issues": [{
                "subject": evil, "digest": evil, "time": evil, "state": evil, "counts": evil,
                "bar": [{ "class": evil, "begin": evil, "width": evil }],
            }],
            "left_out": 3,
            "domains": [{
                "name": evil, "sent": evil, "bounced": evil, "complained": evil,
                "bar": [{ "class": evil, "begin": evil, "width": evil }],
            }],
            "warnings": [evil],
        });
        let page = render(&values).unwrap();
        assert!(
            !page.contains("<script") && !page.contains("<b x") && !page.contains("\"><b"),
            "{page}"
        );
        assert!(page.matches("&lt;script").count() > 25);
    }
}

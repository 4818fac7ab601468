//! `[[digest]]`.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, de::Error};

use crate::config::site::{Site, yes};
use crate::config::value::{self, ValueError, Zone, read_at_least_one, read_parsed};
use crate::reader::Mailbox;

/// One digest: what goes into it, when, and to whom.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// The name by which commands and readers' subscriptions know it.
    #[serde(deserialize_with = "read_name")]
    pub name: String,
    /// The name that it had before: its readers and what it has announced come along.
    #[serde(default, deserialize_with = "read_earlier_name")]
    pub was: Option<String>,
    /// The title that readers see; without it the site's.
    pub title: Option<String>,
    /// The times at which it is due: five fields as in a crontab, in the digest's zone, or `"each"` for a mail per post.
    #[serde(deserialize_with = "read_parsed")]
    pub schedule: Schedule,
    /// The zone of the schedule; without it the site's.
    pub timezone: Option<Zone>,
    /// Readers without a subscription.
    #[serde(default)]
    pub to: Vec<Mailbox>,
    /// Only posts with one of these tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Only posts of one of these sections.
    #[serde(default)]
    pub sections: Vec<String>,
    /// Only posts by one of these authors.
    #[serde(default)]
    pub authors: Vec<String>,
    /// Only posts in this language, as a BCP 47 tag.
    #[serde(default, deserialize_with = "read_language")]
    pub language: Option<String>,
    /// On the first run, how far back: posts from this day on are news, older ones are known.
    pub since: Option<Day>,
    /// The subject, a template.
    #[serde(default = "subject")]
    pub subject: String,
    /// How to speak to a reader without a name; without it as the digest's language does.
    pub anonymous: Option<String>,
    /// How much of each post the mail shows.
    #[serde(default)]
    pub layout: Layout,
    /// The order of the posts.
    #[serde(default)]
    pub order: Order,
    /// The most posts in one issue; the rest is a line that counts them.
    #[serde(default = "twenty", deserialize_with = "read_at_least_one")]
    pub limit: usize,
    /// Fewer new posts than this wait for the next slot.
    #[serde(default = "one", deserialize_with = "read_at_least_one")]
    pub min_posts: usize,
    /// The sender, where it is not that of `[mail]`.
    pub from: Option<Mailbox>,
    /// The address for replies; without it that of `[mail]`.
    pub reply_to: Option<Mailbox>,
    /// The last lines of the mail, where they are not those of `[mail]`.
    pub footer: Option<String>,
    /// Whether whoever confirms gets a letter at once: `true`, or `"issue"` for the last issue behind it.
    #[serde(default, deserialize_with = "read_welcome")]
    pub welcome: Welcome,
    /// Whether each issue is also a page below `issues/`, to which its mail has a link.
    #[serde(default = "yes")]
    pub archive: bool,
    /// Whether `run` sends it when it is due.
    #[serde(default = "yes")]
    pub enabled: bool,
}

impl Digest {
    /// Chooses the title that readers see: its own, else the site's.
    pub(crate) fn choose_title<'a>(&'a self, site: &'a Site) -> &'a str {
        self.title.as_deref().unwrap_or(&site.title)
    }

    /// Chooses its language, as a BCP 47 tag: its own, else the site's.
    pub(crate) fn choose_language<'a>(&'a self, site: &'a Site) -> &'a str {
        self.language.as_deref().unwrap_or(&site.language)
    }

    /// The zone of its schedule and of the days that it shows.
    pub fn zone(&self, site: &Site) -> Tz {
        self.timezone.map_or(site.zone(), |zone| zone.0)
    }
}

/// The times at which a digest is due.
#[derive(Debug, Clone)]
pub enum Schedule {
    /// One mail per new post, on the next run.
    Each,
    /// The slots of a cron pattern.
    Cron(Box<croner::Cron>),
}

impl FromStr for Schedule {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if text.trim() == "each" {
            return Ok(Self::Each);
        }
        let parser = croner::parser::CronParser::builder()
            .seconds(croner::parser::Seconds::Disallowed)
            .build();
        let fail = |reason: &str| {
            ValueError(format!(
                "`{text}` is no schedule: {reason}\nexpected five fields (minute hour day month weekday) like `0 8 * * MON`, or `each`"
            ))
        };
        check_fields(text).map_err(|ValueError(reason)| fail(&reason))?;
        let cron = parser.parse(text).map_err(|_| fail(&what_is_wrong(text)))?;
        // The thirty-first of February.
        cron.find_next_occurrence(&DateTime::UNIX_EPOCH, true)
            .map_err(|_| fail("that time never comes"))?;
        Ok(Self::Cron(Box::new(cron)))
    }
}

/// A field of a schedule: the numbers that it can hold, and the names.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

impl Field {
    const fn new(
        name: &'static str,
        least: u32,
        most: u32,
        names: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            least,
            most,
            names,
        }
    }
}

const FIELDS: [Field; 5] = [
    Field::new("minute", 0, 59, &[]),
    Field::new("hour", 0, 23, &[]),
    Field::new("day", 1, 31, &[]),
    Field::new(
        "month",
        1,
        12,
        &[
            "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
        ],
    ),
    Field::new(
        "weekday",
        0,
        7,
        &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    ),
];

/// Checks that there are five fields, and in each only numbers and names that it can hold; the rest is the parser's matter.
/// The parser itself takes the names of months and weekdays for numbers in every field: `MON` as a month for January.
fn check_fields(text: &str) -> Result<(), ValueError> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    if text.trim().starts_with('@') {
        return Ok(());
    }
    if fields.len() != FIELDS.len() {
        let noun = if fields.len() == 1 { "field" } else { "fields" };
        return Err(ValueError(format!("it has {} {noun}", fields.len())));
    }
    for (text, field) in fields.iter().zip(&FIELDS) {
        for part in text.split(',') {
            // A step follows the slash.
            let range = part.split('/').next().unwrap_or_default();
            if let Some(word) = range.split(['-', '#']).find(|word| !field.can_hold(word)) {
                return Err(ValueError(field.refuse(word)));
            }
        }
    }
    Ok(())
}

impl Field {
    /// Whether a number or a name may stand here; what is neither is the parser's matter.
    fn can_hold(&self, word: &str) -> bool {
        if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) {
            let number = word.parse::<u32>().unwrap_or(u32::MAX);
            return (self.least..=self.most).contains(&number);
        }
        let word = word.to_ascii_uppercase();
        let has_digits = word.bytes().any(|byte| byte.is_ascii_digit());
        let is_name = |letters: &str| !has_digits && self.names.contains(&letters);
        let mut parts = word.split(|c: char| !c.is_ascii_alphabetic());
        // The last one of a kind, and the nearest working day.
        parts.all(|letters| {
            matches!(letters, "" | "L" | "W" | "LW")
                || is_name(letters)
                || letters.strip_suffix('L').is_some_and(is_name)
        })
    }

    fn refuse(&self, word: &str) -> String {
        let Self {
            name, least, most, ..
        } = self;
        let or_names = match self.names {
            [first, .., last] if !word.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!(" or {first} to {last}")
            }
            _ => String::new(),
        };
        format!("its {name} is `{word}`, not one of {least} to {most}{or_names}")
    }
}

/// Names the field that makes a schedule of five fields invalid.
fn what_is_wrong(text: &str) -> String {
    for (text, Field { name, .. }) in text.split_whitespace().zip(&FIELDS) {
        for part in text.split(',') {
            let (_, step) = part.split_once('/').unwrap_or((part, "1"));
            if step.parse::<u32>().unwrap_or(0) == 0 {
                return format!("the step of its {name} is `{step}`, not a number from 1");
            }
        }
    }
    "its fields have another form".to_owned()
}

/// A day of the calendar: a string or a TOML date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(pub NaiveDate);

impl FromStr for Day {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let day = text.parse().map(Self);
        day.map_err(|_| {
            ValueError(format!(
                "`{text}` is no day\nexpected something like 2024-12-01"
            ))
        })
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Date(toml::value::Datetime),
        }
        let expected = || D::Error::custom("this is no day\nexpected something like 2024-12-01");
        let text = match Written::deserialize(deserializer).map_err(|_| expected())? {
            Written::Text(text) => text,
            Written::Date(date) => date.to_string(),
        };
        text.parse().map_err(D::Error::custom)
    }
}

/// The mail that a reader gets at once after confirming.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Welcome {
    /// Nothing: the next issue is the first.
    #[default]
    None,
    /// A letter.
    Letter,
    /// A letter, and the last issue.
    Issue,
}

fn read_welcome<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Welcome, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Switch(bool),
        Word(String),
    }
    let expected = || D::Error::custom("this is no welcome\nexpected true, false or \"issue\"");
    match Written::deserialize(deserializer).map_err(|_| expected())? {
        Written::Switch(false) => Ok(Welcome::None),
        Written::Switch(true) => Ok(Welcome::Letter),
        Written::Word(word) if word == "issue" => Ok(Welcome::Issue),
        Written::Word(_) => Err(expected()),
    }
}

/// How much of each post a digest shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Titles and dates.
    Headlines,
    /// Titles and summaries.
    #[default]
    Summaries,
    /// The whole posts.
    Full,
}

/// The order of a digest's posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
}

/// A name that is safe in commands, headers, file names and variables.
fn read_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    let safe = (1..=40).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-');
    match safe {
        true => Ok(name),
        false => Err(D::Error::custom(format!(
            "`{}` is no name for a digest\nexpected 1 to 40 of a-z, 0-9 and `-`, like weekly",
            name.escape_debug()
        ))),
    }
}

fn read_earlier_name<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    read_name(deserializer).map(Some)
}

fn read_language<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    value::read_language(deserializer).map(Some)
}

fn subject() -> String {
    "{{ digest.title }}: {{ posts[0].title }}".to_owned()
}

fn twenty() -> usize {
    20
}

fn one() -> usize {
    1
}

#[cfg(test)]
mod tests {
    use super::Schedule;

    #[test]
    fn the_field_that_cannot_be_is_named_with_its_range() {
        for (text, expected) in [
            ("61 8 * * MON", "its minute is `61`, not one of 0 to 59"),
            ("0 25 * * *", "its hour is `25`, not one of 0 to 23"),
            ("0 8 0 * *", "its day is `0`, not one of 1 to 31"),
            ("0 8 1,32 * *", "its day is `32`"),
            ("0 8 * 13 *", "its month is `13`"),
            ("0 8 * * 8", "its weekday is `8`"),
            ("0-70 8 * * 1", "its minute is `70`"),
            ("0 8-24/2 * * 1", "its hour is `24`"),
            ("0 99999999999 * * 1", "its hour is `99999999999`"),
            ("0 8 * *", "it has 4 fields"),
            ("0 0 8 * * MON", "it has 6 fields"),
            ("weekly", "it has 1 field"),
            ("", "it has 0 fields"),
            (
                "0 8 * * TEA",
                "its weekday is `TEA`, not one of 0 to 7 or SUN to SAT",
            ),
            (
                "0 8 * TEA *",
                "its month is `TEA`, not one of 1 to 12 or JAN to DEC",
            ),
            ("0 8 * * MON-FOO", "its weekday is `FOO`"),
            (
                "0 8 * MON *",
                "its month is `MON`, not one of 1 to 12 or JAN to DEC",
            ),
            (
                "0 8 * * JAN",
                "its weekday is `JAN`, not one of 0 to 7 or SUN to SAT",
            ),
            ("0 8 * JAN-MON *", "its month is `MON`"),
            ("0 8 * JAN,MON *", "its month is `MON`"),
            ("MON 8 * * *", "its minute is `MON`, not one of 0 to 59\n"),
            ("0 jan * * *", "its hour is `jan`, not one of 0 to 23\n"),
            ("0 8 TUE * *", "its day is `TUE`, not one of 1 to 31\n"),
            ("0 8 1MON * *", "its day is `1MON`"),
            ("0 8 * * MON1", "its weekday is `MON1`"),
            ("0 8 * * MONDAY", "its weekday is `MONDAY`"),
            ("0 8 * * SUNMON", "its weekday is `SUNMON`"),
            ("X 8 * * *", "its minute is `X`, not one of 0 to 59\n"),
            (
                "*/0 * * * *",
                "the step of its minute is `0`, not a number from 1",
            ),
            ("0 */x * * *", "the step of its hour is `x`"),
            ("0 8 % * *", "its fields have another form"),
            ("@tea", "its fields have another form"),
            ("0 8 31 2 *", "that time never comes"),
        ] {
            let error = text.parse::<Schedule>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(error.ends_with("or `each`"), "{text}: {error}");
        }
        for text in [
            "0 8 * * MON",
            "0,30 8-20/2 1-7 JAN-MAR MON#1",
            "*/10 * * * *",
            "0 8 L * *",
            "0 8 15W * *",
            "0 8 * * FRI#L",
            "0 8 * * mon-fri",
            "0 8 * sep-dec,jan *",
            "0 0 * * 7",
            "59 23 31 12 *",
            "@daily",
            "each",
        ] {
            assert!(text.parse::<Schedule>().is_ok(), "{text}");
        }
    }
}

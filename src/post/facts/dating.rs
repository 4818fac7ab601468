//! The days of a post: from its keys, its file's name, its path, or git.

use chrono::{DateTime, Offset, Utc};

use crate::finding::{Finding, Rule, Severity};
use crate::post::dialect::{DateIn, Habits};
use crate::post::facts::date::{self, Instant};
use crate::post::facts::name::Name;
use crate::post::facts::why::Provenance;
use crate::post::front::Front;

/// The first and the last commit of a file.
pub(crate) type Commits = (DateTime<Utc>, DateTime<Utc>);

/// A day of publication that was found.
pub(super) struct Dated {
    pub(super) instant: Instant,
    /// The source of the date.
    pub(super) from: Provenance,
    /// The title without the date, if it was there.
    pub(super) rest: Option<String>,
    /// The reason why a source that comes first was ignored.
    pub(super) warning: Option<Finding>,
}

impl Dated {
    fn new(instant: Instant, from: Provenance) -> Self {
        Self {
            instant,
            from,
            rest: None,
            warning: None,
        }
    }
}

/// The input of the search for dates.
pub(super) struct Dating<'a> {
    pub(super) path: &'a str,
    pub(super) name: Name<'a>,
    pub(super) front: &'a Front<'a>,
    pub(super) habits: &'a Habits,
    pub(super) git: Option<Commits>,
}

impl Dating<'_> {
    /// The day of publication, and its source; `title` is that of a post in the plain form.
    pub(super) fn find_published(&self, title: Option<&str>) -> Result<Option<Dated>, Finding> {
        let rules = self.habits.rules;
        match self.read_key(rules.published).transpose() {
            Ok(Some((key, found))) => return Ok(Some(Dated::new(found, Provenance::Key(key)))),
            Ok(None) => {}
            Err(unreadable) if rules.name_stands_in => {
                let Some((found, from)) = self.find_in_name() else {
                    return Err(unreadable);
                };
                let warning = Finding {
                    severity: Severity::Warning,
                    message: format!("{}: the date of the file's name counts", unreadable.message),
                    ..unreadable
                };
                return Ok(Some(Dated {
                    warning: Some(warning),
                    ..Dated::new(found, from)
                }));
            }
            Err(unreadable) => return Err(unreadable),
        }
        if let Some((found, from)) = self.find_date()? {
            return Ok(Some(Dated::new(found, from)));
        }
        for place in rules.date_in {
            if let Some(found) = self.find_in(*place, title)? {
                return Ok(Some(found));
            }
        }
        Ok(self.git.map(|(first, _)| {
            let instant = Instant {
                at: first,
                offset: Some(Utc.fix()),
            };
            Dated::new(instant, Provenance::Git)
        }))
    }

    /// The day in one of the sources beside the keys.
    fn find_in(&self, place: DateIn, title: Option<&str>) -> Result<Option<Dated>, Finding> {
        let zoning = self.habits.zoning(false);
        let in_path =
            |found: Option<Instant>| found.map(|found| Dated::new(found, Provenance::Path));
        Ok(match place {
            DateIn::Title => {
                let leading = title.and_then(|title| date::split_leading(title, &zoning));
                leading.map(|(at, rest)| Dated {
                    rest: Some(rest),
                    ..Dated::new(Instant { at, offset: None }, Provenance::Title)
                })
            }
            DateIn::Name => {
                let found = date::split_name(self.name.stem, &zoning, self.habits.rules.joint);
                let found = found.transpose().map_err(|reason| {
                    Finding::error(
                        Rule::DateUnreadable,
                        format!("the date of the file's name is none: {reason}"),
                    )
                    .at_line(1)
                    .hint("expected a name like 2024-12-01-tea.md")
                })?;
                found.map(|(found, _)| Dated::new(found, Provenance::Name))
            }
            DateIn::Path => in_path(date::find_in_path(self.path, &zoning)),
            DateIn::Parts => in_path(date::find_in_part(self.path, &zoning)),
            DateIn::Address => {
                let address = self.front.get(self.habits.rules.address);
                address.and_then(|(key, value)| {
                    let found = date::find_in_path(value.as_str()?, &zoning)?;
                    Some(Dated::new(found, Provenance::Key(key)))
                })
            }
        })
    }

    /// The day that leads the file's name.
    fn find_in_name(&self) -> Option<(Instant, Provenance)> {
        let zoning = self.habits.zoning(false);
        let found = date::split_name(self.name.stem, &zoning, self.habits.rules.joint)?;
        found.ok().map(|(found, _)| (found, Provenance::Name))
    }

    /// The expiry date. An invalid one is an error if the generator reads the key itself.
    pub(super) fn find_expiry(
        &self,
        warnings: &mut Vec<Finding>,
    ) -> Result<Option<DateTime<Utc>>, Finding> {
        let rules = self.habits.rules;
        match self.read_key(rules.expires).transpose() {
            Ok(found) => Ok(found.map(|(_, found)| found.at)),
            Err(unreadable) if rules.expires_binds => Err(unreadable),
            Err(unreadable) => {
                warnings.push(Finding {
                    severity: Severity::Warning,
                    ..unreadable
                });
                Ok(None)
            }
        }
    }

    /// The day in the address if it has one of its own, and its source.
    pub(super) fn find_date(&self) -> Result<Option<(Instant, Provenance)>, Finding> {
        let rules = self.habits.rules;
        if rules.dated.is_empty() {
            return Ok(None);
        }
        let by_name = || self.find_in_name().filter(|_| self.habits.date_in_name);
        if let Some(found) = by_name().filter(|_| self.habits.name_first) {
            return Ok(Some(found));
        }
        Ok(self
            .read_key(rules.dated)
            .transpose()?
            .map(|(key, found)| (found, Provenance::Key(key)))
            .or_else(by_name))
    }

    /// The last change.
    pub(super) fn find_updated(&self) -> Result<Option<Instant>, Finding> {
        let rules = self.habits.rules;
        let git = self.git.map(|(_, last)| Instant {
            at: last,
            offset: Some(Utc.fix()),
        });
        if rules.git_first && git.is_some() {
            return Ok(git);
        }
        Ok(self
            .read_key(rules.updated)
            .transpose()?
            .map(|(_, found)| found)
            .or(git))
    }

    /// The instant under the first of these keys that is there.
    fn read_key(&self, keys: &[&'static str]) -> Option<Result<(&'static str, Instant), Finding>> {
        keys.iter().find_map(|key| {
            let text = self.front.text(&[key])?;
            // A boolean is no date (Jekyll's `published: false`), and neither is a keyword of Eleventy's.
            let word = text.to_ascii_lowercase();
            if matches!(
                word.as_str(),
                "true"
                    | "false"
                    | "last modified"
                    | "created"
                    | "git last modified"
                    | "git created"
                    | "never"
            ) {
                return None;
            }
            let zoning = self.habits.zoning(self.is_timestamp(Provenance::Key(key)));
            let found = date::parse(&text, &zoning)
                .map(|found| (*key, found))
                .map_err(|reason| {
                    Finding::error(
                        Rule::DateUnreadable,
                        format!("`{}` is no date: {reason}", self.front.show_key(key, &text)),
                    )
                    .at_line(self.front.line(key))
                    .hint("expected something like 2024-12-01 or 2024-12-01T08:00:00+01:00")
                });
            Some(found)
        })
    }

    /// Whether YAML sees a timestamp in the value: unquoted, a day with dashes and a time with seconds.
    pub(super) fn is_timestamp(&self, from: Provenance) -> bool {
        let Provenance::Key(key) = from else {
            return false;
        };
        let text = self.front.text(&[key]).unwrap_or_default();
        !self.front.is_quoted(key) && date::is_timestamp(&text)
    }
}

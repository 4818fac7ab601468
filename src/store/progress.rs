//! How far a box of mail on a server was read, so that what stays in it is not fetched again at every round.

use chrono::{DateTime, Utc};
use sqlx::Row;

use crate::store::secret::BOX;
use crate::store::{Result, Store};

/// How far a box was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxProgress {
    /// The box.
    pub place: String,
    /// The UIDVALIDITY of its UIDs (RFC 3501 2.3.1.1).
    pub validity: u32,
    /// The UID from which on messages are to be read.
    pub next: u32,
}

impl Store {
    /// How far the box was read that was read last.
    pub async fn load_box_progress(&self) -> Result<Option<BoxProgress>> {
        let query = sqlx::query("SELECT key FROM secret WHERE number = $1").bind(BOX);
        let Some(row) = query.fetch_optional(&self.pool).await? else {
            return Ok(None);
        };
        Ok(from_text(row.try_get("key")?))
    }

    /// Notes how far a box was read.
    pub async fn note_box(&self, progress: &BoxProgress, now: DateTime<Utc>) -> Result<()> {
        change!(self, |tx| {
            sqlx::query(
                "INSERT INTO secret (number, purpose, key, made_at) VALUES ($1, 'box', $2, $3) \
                 ON CONFLICT (number) DO UPDATE SET key = excluded.key, made_at = excluded.made_at",
            )
            .bind(BOX)
            .bind(to_text(progress))
            .bind(now.timestamp())
            .execute(&mut *tx)
            .await?;
            Ok(())
        })
    }
}

fn to_text(progress: &BoxProgress) -> String {
    let BoxProgress {
        place,
        validity,
        next,
    } = progress;
    format!("{validity} {next} {place}")
}

fn from_text(text: &str) -> Option<BoxProgress> {
    let mut words = text.splitn(3, ' ');
    let mut number = || words.next()?.parse().ok();
    let (validity, next) = (number()?, number()?);
    Some(BoxProgress {
        place: words.next()?.to_owned(),
        validity,
        next,
    })
}

#[cfg(test)]
mod tests {
    use super::{BoxProgress, from_text, to_text};

    #[test]
    fn how_far_a_box_was_read_is_read_back() {
        let progress = BoxProgress {
            place: "imaps://ada@imap.example/New ones".to_owned(),
            validity: 7,
            next: u32::MAX,
        };
        assert_eq!(from_text(&to_text(&progress)), Some(progress));
        for text in ["", "7", "7 8", "a b c", "7 99999999999 x"] {
            assert_eq!(from_text(text), None, "{text}");
        }
    }
}

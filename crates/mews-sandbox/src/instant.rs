//! Timestamps in the format of the API.

use std::fmt;

use chrono::{DateTime, Datelike, Timelike, Utc};
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A timestamp in whole seconds: "the standard format for datetime used throughout the API is `YYYY-MM-DDThh:mm:ssZ`"
/// (guidelines/serialization.md), which does not have fractions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(i64);

impl Instant {
    pub(crate) const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    pub(crate) const fn seconds(self) -> i64 {
        self.0
    }

    /// Parses a date and time with an offset. Fractions of a second are cut off.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(Self(read(text)?.timestamp()))
    }

    /// Returns the first whole second that is not before `text`.
    ///
    /// Records have whole seconds, so an interval of these seconds has the same records.
    pub(crate) fn parse_rounded_up(text: &str) -> Option<Self> {
        let instant = read(text)?;
        Some(Self(
            instant.timestamp() + i64::from(instant.timestamp_subsec_nanos() > 0),
        ))
    }
}

/// Returns the timestamp, or `None` if its year in UTC does not have four digits, because such a timestamp cannot be
/// written.
fn read(text: &str) -> Option<DateTime<Utc>> {
    let instant = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    (0..=9999).contains(&instant.year()).then_some(instant)
}

impl From<DateTime<Utc>> for Instant {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant.timestamp())
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = DateTime::<Utc>::from_timestamp(self.0, 0).unwrap_or_default();
        // Formatting each number takes longer than the rest of a page of a thousand codes.
        let mut text = *b"0000-00-00T00:00:00Z";
        let year = instant.year().unsigned_abs();
        for (place, number) in [
            (0, year / 100),
            (2, year % 100),
            (5, instant.month()),
            (8, instant.day()),
            (11, instant.hour()),
            (14, instant.minute()),
            (17, instant.second()),
        ] {
            for (place, digit) in [(place, number / 10), (place + 1, number % 10)] {
                text[place] += u8::try_from(digit).unwrap_or(0);
            }
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            de::Error::custom(format!(
                "invalid timestamp `{text}`; write timestamps as 2026-01-31T09:00:00Z"
            ))
        })
    }
}

impl ToSql for Instant {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.into())
    }
}

impl FromSql for Instant {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self)
    }
}

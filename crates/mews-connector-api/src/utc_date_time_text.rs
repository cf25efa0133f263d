//! Instants whose form no document promises.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// An instant in UTC, kept as the text that the server sent.
///
/// The vendor's OpenAPI document gives the times of a voucher code no format, though every example reads
/// `2026-01-05T09:00:00Z`. So the text is kept as it came, decoding never fails over it, and [`Self::to_utc`] reads
/// what it can.
///
/// ```
/// use mews_connector_api::UtcDateTimeText;
///
/// let created = UtcDateTimeText::from("2026-01-05T09:00:00Z");
/// assert_eq!(created.to_utc().unwrap().timestamp(), 1_767_603_600);
/// assert_eq!(UtcDateTimeText::from("soon").to_utc(), None);
/// assert_eq!(UtcDateTimeText::from("soon").as_str(), "soon");
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UtcDateTimeText(String);

impl UtcDateTimeText {
    /// The text as it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The instant, if the text is ISO 8601: with `Z` or another offset, or without any, which then means UTC as
    /// the property's name says; with or without a fraction of a second; a date alone is its first instant.
    pub fn to_utc(&self) -> Option<DateTime<Utc>> {
        let text = self.0.trim();
        if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
            return Some(instant.to_utc());
        }
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
            .or_else(|| {
                NaiveDate::parse_from_str(text, "%Y-%m-%d")
                    .ok()?
                    .and_hms_opt(0, 0, 0)
            })
            .map(|instant| instant.and_utc())
    }
}

impl fmt::Display for UtcDateTimeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for UtcDateTimeText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for UtcDateTimeText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<DateTime<Utc>> for UtcDateTimeText {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_instant_is_read_as_utc() {
        let instant = "2026-01-05T09:00:00Z".parse::<DateTime<Utc>>().ok();
        for text in [
            "2026-01-05T09:00:00Z",
            "2026-01-05T09:00:00.000Z",
            "2026-01-05T10:00:00+01:00",
            "2026-01-05T09:00:00",
            "2026-01-05T09:00:00.0000000",
            "2026-01-05 09:00:00",
        ] {
            assert_eq!(UtcDateTimeText::from(text).to_utc(), instant, "{text}");
        }
        let midnight = "2026-01-05T00:00:00Z".parse::<DateTime<Utc>>().ok();
        assert_eq!(UtcDateTimeText::from("2026-01-05").to_utc(), midnight);
    }

    #[test]
    fn a_text_that_is_no_instant_is_kept() {
        for text in ["", "soon", "2026-13-45T00:00:00Z"] {
            let value = UtcDateTimeText::from(text);
            assert_eq!(value.to_utc(), None, "{text}");
            assert_eq!(value.to_string(), text);
        }
    }
}

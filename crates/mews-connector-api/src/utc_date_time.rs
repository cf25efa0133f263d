//! Timestamps of responses.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A timestamp in a response.
///
/// The API documents `YYYY-MM-DDThh:mm:ssZ` as the form of all timestamps. Decoding accepts every ISO 8601 form. A
/// string that is not a timestamp is kept, so that it does not make a page of records unreadable.
///
/// ```
/// use mews_connector_api::UtcDateTime;
///
/// let created = UtcDateTime::from("2026-01-05T09:00:00Z");
/// assert_eq!(created.to_utc().unwrap().timestamp(), 1_767_603_600);
///
/// let unreadable = UtcDateTime::from("soon");
/// assert_eq!(unreadable.to_utc(), None);
/// assert_eq!(unreadable.to_string(), "soon");
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct UtcDateTime(Content);

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Content {
    Timestamp(DateTime<Utc>),
    Unreadable(Box<str>),
}

impl UtcDateTime {
    /// Returns the timestamp, or `None` if the server sent a string that is not ISO 8601.
    ///
    /// A timestamp without an offset is UTC. A date without a time is the start of the day.
    pub fn to_utc(&self) -> Option<DateTime<Utc>> {
        match &self.0 {
            Content::Timestamp(timestamp) => Some(*timestamp),
            Content::Unreadable(_) => None,
        }
    }
}

fn parse(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(timestamp) = DateTime::parse_from_rfc3339(text) {
        return Some(timestamp.to_utc());
    }
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .or_else(|| {
            NaiveDate::parse_from_str(text, "%Y-%m-%d")
                .ok()?
                .and_hms_opt(0, 0, 0)
        })
        .map(|timestamp| timestamp.and_utc())
}

impl fmt::Display for UtcDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Content::Timestamp(timestamp) => {
                f.write_str(&timestamp.to_rfc3339_opts(SecondsFormat::AutoSi, true))
            }
            Content::Unreadable(text) => f.write_str(text),
        }
    }
}

impl From<&str> for UtcDateTime {
    fn from(text: &str) -> Self {
        Self(parse(text).map_or_else(|| Content::Unreadable(text.into()), Content::Timestamp))
    }
}

impl From<String> for UtcDateTime {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<DateTime<Utc>> for UtcDateTime {
    fn from(timestamp: DateTime<Utc>) -> Self {
        Self(Content::Timestamp(timestamp))
    }
}

impl Serialize for UtcDateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UtcDateTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text)
    }
}

/// Reads a timestamp from the text of the response, without a copy.
struct Text;

impl Visitor<'_> for Text {
    type Value = UtcDateTime;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<UtcDateTime, E> {
        Ok(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_of_a_timestamp_as_utc() {
        let timestamp = "2026-01-05T09:00:00Z".parse::<DateTime<Utc>>().ok();
        for text in [
            "2026-01-05T09:00:00Z",
            "2026-01-05T09:00:00.000Z",
            "2026-01-05T10:00:00+01:00",
            "2026-01-05T09:00:00",
            "2026-01-05T09:00:00.0000000",
            "2026-01-05 09:00:00",
        ] {
            let value = UtcDateTime::from(text);
            assert_eq!(value.to_utc(), timestamp, "{text}");
            assert_eq!(value.to_string(), "2026-01-05T09:00:00Z", "{text}");
        }
        let midnight = "2026-01-05T00:00:00Z".parse::<DateTime<Utc>>().ok();
        assert_eq!(UtcDateTime::from("2026-01-05").to_utc(), midnight);
    }

    #[test]
    fn keeps_a_string_that_is_not_a_timestamp() {
        for text in ["", "soon", "2026-13-45T00:00:00Z"] {
            let json = serde_json::to_string(text).expect("JSON");
            let value: UtcDateTime = serde_json::from_str(&json).expect("a string");
            assert_eq!(value.to_utc(), None, "{text}");
            assert_eq!(value.to_string(), text);
            assert_eq!(serde_json::to_string(&value).expect("JSON"), json);
        }
    }

    #[test]
    fn keeps_fractions_of_a_second() {
        let value = UtcDateTime::from("2026-01-05T09:00:00.1234567Z");
        assert_eq!(UtcDateTime::from(value.to_string()), value);
    }
}

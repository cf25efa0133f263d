//! The rounds of an export.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The maximum duration of the last round. A longer round is followed by another one.
const MAX_AGE: TimeDelta = TimeDelta::minutes(10);

/// One round through the vouchers and their codes. All times are the server's.
///
/// The first round reads the requested records. Each later round reads the changes since the start of the round before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Round {
    /// The start of the changes that this round reads; `None` in the first round.
    pub(super) since: Option<DateTime<Utc>>,
    /// The earliest `Date` of the responses, which is that of the first one if the servers' clocks agree.
    pub(super) started: Option<DateTime<Utc>>,
    /// The latest `Date` of the responses.
    pub(super) last: Option<DateTime<Utc>>,
    /// The number of vouchers that earlier rounds found.
    pub(super) known: usize,
}

impl Round {
    /// Adds the time of a response.
    pub(super) fn note(&mut self, date: DateTime<Utc>) {
        self.started = Some(self.started.map_or(date, |started| started.min(date)));
        self.last = Some(self.last.map_or(date, |last| last.max(date)));
    }

    /// Returns `true` if at most ten minutes lie between the first and the last response, so that the first records are
    /// not out of date.
    pub(super) fn is_short(&self) -> bool {
        match (self.started, self.last) {
            (Some(started), Some(last)) => last - started <= MAX_AGE,
            _ => false,
        }
    }

    /// Returns the round that follows.
    pub(super) fn next(&self, known: usize) -> Self {
        Self {
            since: self.started,
            known,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_of_ten_minutes_is_short_and_a_longer_one_is_not() {
        assert!(!Round::default().is_short(), "no response");
        let start = DateTime::UNIX_EPOCH;
        for (seconds, is_short) in [(0, true), (600, true), (601, false)] {
            let mut round = Round::default();
            round.note(start + TimeDelta::seconds(seconds));
            round.note(start);
            assert_eq!(round.is_short(), is_short, "{seconds} s");
        }
    }
}

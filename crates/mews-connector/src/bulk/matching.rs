//! The comparison of inputs with records: the records of a response to an add, and the records of a read-back.
//!
//! The operations compare inputs with records as a [`Likeness`], and the pure functions of this module decide.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use chrono::{DateTime, TimeDelta, Utc};
use mews_connector_api::UtcDateTime;

use super::machine::Evidence;

/// The comparison of a record with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// Every requested property is equal, and every omitted one is null.
    Same,
    /// The record may have been created from the input: it differs in properties that the server may have changed, or
    /// lacks the properties to decide.
    Alike,
    /// The record is a different one.
    Other,
}

impl Likeness {
    /// Compares a property that distinguishes records: equal, equal except for case and white space, missing, or
    /// different.
    pub(super) fn of_text(input: &str, record: Option<&str>) -> Self {
        match record {
            Some(text) if text == input => Self::Same,
            Some(text) if fold(text) != fold(input) => Self::Other,
            _ => Self::Alike,
        }
    }

    /// Compares the ID of a parent.
    pub(super) fn of_id<T: PartialEq>(input: &T, record: Option<&T>) -> Self {
        match record {
            Some(id) if id == input => Self::Same,
            Some(_) => Self::Other,
            None => Self::Alike,
        }
    }

    /// Compares the properties that do not distinguish records.
    pub(super) fn of_rest(equal: bool) -> Self {
        if equal { Self::Same } else { Self::Alike }
    }

    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Other, _) | (_, Self::Other) => Self::Other,
            (Self::Same, Self::Same) => Self::Same,
            _ => Self::Alike,
        }
    }
}

/// Returns the text without white space, in lower case.
pub(super) fn fold(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Returns `true` if both are the same second, or both are missing. The documented form has whole seconds, so a server
/// may drop or round a fraction. A record with a string that is not a timestamp is different.
pub(super) fn same_second(input: Option<DateTime<Utc>>, record: Option<&UtcDateTime>) -> bool {
    match (input, record) {
        (None, None) => true,
        (Some(input), Some(record)) => record
            .to_utc()
            .is_some_and(|record| (input - record).abs() < TimeDelta::seconds(1)),
        _ => false,
    }
}

/// The inputs and records to compare.
pub(super) struct Comparison<'a, I, R, K> {
    pub(super) inputs: &'a [I],
    pub(super) records: &'a [R],
    /// The folded strings by which the records of an input are found.
    pub(super) input_keys: &'a dyn Fn(&I) -> Vec<K>,
    /// The folded strings by which a record is found. A record without any may belong to any input.
    pub(super) record_keys: &'a dyn Fn(&R) -> Vec<K>,
    pub(super) likeness: &'a dyn Fn(&I, &R) -> Likeness,
}

impl<I, R, K: Hash + Eq> Comparison<'_, I, R, K> {
    /// Returns the records that may belong to each input.
    fn candidates(&self) -> Vec<Vec<(usize, Likeness)>> {
        let mut by_key: HashMap<K, Vec<usize>> = HashMap::new();
        let mut without: Vec<usize> = Vec::new();
        for (index, record) in self.records.iter().enumerate() {
            let keys = (self.record_keys)(record);
            if keys.is_empty() {
                without.push(index);
            }
            for key in keys {
                by_key.entry(key).or_default().push(index);
            }
        }
        let candidates = |input: &I| {
            let keys = (self.input_keys)(input);
            let keyed = keys.iter().filter_map(|key| by_key.get(key)).flatten();
            let mut records: Vec<_> = keyed.chain(&without).copied().collect();
            records.sort_unstable();
            records.dedup();
            records
                .into_iter()
                .map(|record| (record, (self.likeness)(input, &self.records[record])))
                .filter(|(_, likeness)| *likeness != Likeness::Other)
                .collect()
        };
        self.inputs.iter().map(candidates).collect()
    }

    /// Assigns the records of a response to the inputs of its request, in any order. An input that has no certain
    /// record has none.
    pub(super) fn assign(&self) -> Vec<Option<usize>>
    where
        I: PartialEq,
    {
        let candidates = self.candidates();
        let mut assigned: Vec<Option<usize>> = vec![None; self.inputs.len()];
        let mut taken = HashSet::new();
        // Equal inputs may be assigned in any way, but a record that fits two different inputs is certain for neither.
        let mut wanted_by: HashMap<usize, Vec<usize>> = HashMap::new();
        for (input, records) in candidates.iter().enumerate() {
            for (record, likeness) in records {
                if *likeness == Likeness::Same {
                    wanted_by.entry(*record).or_default().push(input);
                }
            }
        }
        for (input, records) in candidates.iter().enumerate() {
            let certain = records.iter().find(|(record, likeness)| {
                *likeness == Likeness::Same
                    && !taken.contains(record)
                    && wanted_by[record]
                        .iter()
                        .all(|other| self.inputs[*other] == self.inputs[input])
            });
            if let Some((record, _)) = certain {
                taken.insert(*record);
                assigned[input] = Some(*record);
            }
        }
        // A record that the server has changed belongs to an input if neither has another candidate.
        let open = |record: &usize| !wanted_by.contains_key(record);
        let mut suitors: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut choices: Vec<Vec<usize>> = Vec::with_capacity(candidates.len());
        for (input, records) in candidates.iter().enumerate() {
            let mut choice = Vec::new();
            if assigned[input].is_none() {
                choice.extend(records.iter().map(|(record, _)| *record).filter(open));
            }
            for record in &choice {
                suitors.entry(*record).or_default().push(input);
            }
            choices.push(choice);
        }
        for (input, choice) in choices.iter().enumerate() {
            if let [record] = choice[..]
                && suitors[&record].len() == 1
            {
                assigned[input] = Some(record);
            }
        }
        assigned
    }

    /// Returns the records of a response in the order of the inputs, see [`Self::assign`].
    pub(super) fn outputs(&self) -> Vec<Option<R>>
    where
        I: PartialEq,
        R: Clone,
    {
        let assigned = self.assign().into_iter();
        assigned
            .map(|record| Some(self.records[record?].clone()))
            .collect()
    }

    /// Judges each input by the records of a read-back. `is_unique` returns `true` if no other input of the job can
    /// have the same record. `traits` returns the known facts about a record. `since` returns the server's time at
    /// which a request with the input was first sent. `complete` is `true` if everything was read that was created
    /// since then.
    pub(super) fn judge(
        &self,
        is_unique: &dyn Fn(&I) -> bool,
        traits: &dyn Fn(&R) -> Traits,
        since: &dyn Fn(usize) -> Option<DateTime<Utc>>,
        complete: bool,
    ) -> Vec<(Evidence, Option<usize>)> {
        let candidates = self.candidates();
        let traits: Vec<Traits> = self.records.iter().map(traits).collect();
        let is_recent = |record: usize, since: Option<DateTime<Utc>>| {
            let Traits { created, .. } = traits[record];
            match (created, since) {
                (Some(created), Some(since)) => Some(created >= since),
                _ => None,
            }
        };
        let is_candidate = |record: usize, since| {
            let Traits { live, known, .. } = traits[record];
            !known && live != Some(false) && is_recent(record, since) != Some(false)
        };
        let is_match = |input: usize, record: usize, likeness| {
            likeness == Likeness::Same
                && is_unique(&self.inputs[input])
                && traits[record].live == Some(true)
                && is_recent(record, since(input)) == Some(true)
        };
        // A record that is equal to another input does not make this input uncertain.
        let mut claimed: HashMap<usize, usize> = HashMap::new();
        for (input, records) in candidates.iter().enumerate() {
            for (record, likeness) in records {
                if is_match(input, *record, *likeness) {
                    claimed.insert(*record, input);
                }
            }
        }
        let judge = |(input, records): (usize, &Vec<(usize, Likeness)>)| {
            let mut matches = Vec::new();
            let mut is_doubtful = false;
            for (record, likeness) in records {
                if !is_candidate(*record, since(input)) {
                    continue;
                }
                if is_match(input, *record, *likeness) {
                    matches.push(*record);
                } else if claimed.get(record).is_none_or(|other| *other == input) {
                    is_doubtful = true;
                }
            }
            match (&matches[..], is_doubtful) {
                ([record], _) => (Evidence::Applied, Some(*record)),
                ([], false) if complete => (Evidence::Missing, None),
                _ => (Evidence::Undecided, None),
            }
        };
        candidates.iter().enumerate().map(judge).collect()
    }
}

/// The known facts about a record of a read-back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Traits {
    /// Whether the record is in use, if the response contains it.
    pub(super) live: Option<bool>,
    /// The time at which the record was created, if it can be read.
    pub(super) created: Option<DateTime<Utc>>,
    /// Whether the record is known to belong to another input of the job.
    pub(super) known: bool,
}

#[cfg(test)]
mod tests;

//! The detection of records that a server repeats.

use std::collections::HashMap;
use std::mem;

use mews_connector_api::UtcDateTime;
use uuid::Uuid;

type Versions = HashMap<Uuid, Option<UtcDateTime>>;

/// The records of this page and the page before, by ID.
///
/// Within a listing, a page starts after the last item of the page before, so only neighbors can overlap. Older pages
/// are dropped, which limits the memory of an export.
#[derive(Default)]
pub(super) struct Recent {
    page: Versions,
    before: Versions,
}

impl Recent {
    /// Starts a page and removes its records that were in the page before or twice in this one, with the same time of
    /// the last update. Returns the number of records removed.
    pub(super) fn drop_repeated<T>(
        &mut self,
        records: &mut Vec<T>,
        version: impl Fn(&T) -> (Uuid, Option<&UtcDateTime>),
    ) -> u64 {
        self.before = mem::take(&mut self.page);
        let all = records.len();
        records.retain(|record| {
            let (id, updated) = version(record);
            let is_repeated = [&self.page, &self.before]
                .iter()
                .any(|page| page.get(&id).is_some_and(|seen| seen.as_ref() == updated));
            self.page.insert(id, updated.cloned());
            !is_repeated
        });
        (all - records.len()) as u64
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    /// Reads a page of records with these IDs, and returns what is left and the number of records removed.
    fn read(recent: &mut Recent, ids: impl IntoIterator<Item = u128>) -> (Vec<u128>, u64) {
        let mut records: Vec<u128> = ids.into_iter().collect();
        let removed = recent.drop_repeated(&mut records, |id| (Uuid::from_u128(*id), None));
        (records, removed)
    }

    #[test]
    fn remembers_two_pages_and_forgets_the_rest() {
        let mut recent = Recent::default();
        assert_eq!(read(&mut recent, [1, 2, 2, 1, 3]), (vec![1, 2, 3], 2));
        assert_eq!(read(&mut recent, [3, 4]), (vec![4], 1));
        assert_eq!(read(&mut recent, [1, 3, 5]), (vec![1, 5], 1));
        for page in 1..50 {
            let ids = page * 10..page * 10 + 10;
            assert_eq!(read(&mut recent, ids.clone()), (ids.collect(), 0));
            assert!(recent.page.len() + recent.before.len() <= 20);
        }
    }

    #[test]
    fn record_with_another_time_of_its_last_update_is_not_repeated() {
        let updated = |second| DateTime::from_timestamp(second, 0).map(UtcDateTime::from);
        let mut recent = Recent::default();
        let mut records = vec![updated(1), updated(2), updated(2), None];
        let removed = recent.drop_repeated(&mut records, |time| (Uuid::nil(), time.as_ref()));
        assert_eq!((records, removed), (vec![updated(1), updated(2), None], 1));
    }
}

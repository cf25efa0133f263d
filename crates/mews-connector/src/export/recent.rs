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
        self.start_page();
        let all = records.len();
        records.retain(|record| {
            let (id, updated) = version(record);
            !self.repeats(id, updated)
        });
        (all - records.len()) as u64
    }

    fn start_page(&mut self) {
        self.before = mem::take(&mut self.page);
    }

    fn repeats(&mut self, id: Uuid, updated: Option<&UtcDateTime>) -> bool {
        let is_repeated = [&self.page, &self.before]
            .iter()
            .any(|page| page.get(&id).is_some_and(|seen| seen.as_ref() == updated));
        self.page.insert(id, updated.cloned());
        is_repeated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_two_pages_and_forgets_the_rest() {
        let mut recent = Recent::default();
        for page in 0..50_u128 {
            recent.start_page();
            for item in 0..10 {
                assert!(!recent.repeats(Uuid::from_u128(page * 10 + item), None));
            }
            assert!(
                recent.repeats(Uuid::from_u128(page * 10), None),
                "the same page"
            );
            if page > 0 {
                assert!(
                    recent.repeats(Uuid::from_u128(page * 10 - 1), None),
                    "the page before"
                );
            }
            assert!(recent.page.len() + recent.before.len() <= 22);
        }
    }
}

//! The samples of the documents, compared with the tables of the same document and with each other.

use std::collections::BTreeMap;

use super::Page;
use crate::reconcile::rulings::Observation;
use crate::reconcile::wording::shown;

impl Page<'_> {
    pub(super) fn own_samples(&mut self) {
        self.heading(2, "Samples compared with their own document");
        self.paragraph(
            "The samples that contradict the tables of the document that contains them. \"Required\" is taken \
             literally here. If the spec rejects a sample too, a ruling explains it. The others show how reliable \
             the tables are.",
        );
        for (index, variant) in self.reconciliation.variants.iter().enumerate() {
            let mut by_place: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
            let own = &self.reconciliation.comparison.own;
            for own in own.iter().filter(|own| own.variant == index) {
                let subjects = by_place.entry((&own.example, &own.what.what)).or_default();
                subjects.push(format!("`{}`", own.what.subject));
            }
            if by_place.is_empty() {
                continue;
            }
            self.heading(3, &variant.source.id);
            for ((example, what), subjects) in by_place {
                self.item(format_args!("{example}, {what}: {}", subjects.join(", ")));
            }
        }
    }

    pub(super) fn observations(&mut self) {
        self.heading(2, "Samples compared with each other");
        self.paragraph(
            "Contradictions that a person found and no table shows. The values that each rests on are checked.",
        );
        let mut by_subject: BTreeMap<&str, Vec<&Observation>> = BTreeMap::new();
        for observation in &self.reconciliation.rulings.observations {
            let observations = by_subject.entry(&observation.subject).or_default();
            observations.push(observation);
        }
        for (subject, observations) in by_subject {
            self.heading(3, &format!("{subject} · samples"));
            for observation in observations {
                self.observation(observation);
            }
        }
    }

    fn observation(&mut self, observation: &Observation) {
        let mut by_variant: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for seen in &observation.seen {
            let places = by_variant.entry(&seen.variant).or_default();
            places.push(format!("`{}` at `{}`", shown(&seen.value), seen.at));
        }
        let mut by_places: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (variant, places) in by_variant {
            let variants = by_places.entry(places.join(", ")).or_default();
            variants.push(format!("`{variant}`"));
        }
        self.paragraph(&observation.because);
        for (places, variants) in by_places {
            self.item(format_args!("{}: {places}", variants.join(", ")));
        }
        self.blank();
    }
}

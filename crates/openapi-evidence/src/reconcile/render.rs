//! `openapi/RECONCILIATION.md`: what everybody says, for a reviewer.

mod wording;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::compare::{Comparison, FITS, Statement};
use super::judge::{Judgement, shown};
use super::rulings::{Observation, Ruling, Rulings};
use super::spec::{PRESENT, Spec};
use super::subject::{Dimension, RESPONSE, Subject};
use crate::facts::Variant;
use wording::{long, short, words};

/// Columns of a terminal.
const WIDTH: usize = 80;

/// Everything that the page is made of.
#[derive(Clone, Copy)]
pub struct Parts<'r> {
    /// The spec.
    pub spec: &'r Spec,
    /// The documents, in order of age.
    pub variants: &'r [&'r Variant],
    /// What they say.
    pub comparison: &'r Comparison,
    /// What holds.
    pub rulings: &'r Rulings,
    /// What it came to.
    pub judgement: &'r Judgement,
}

/// Renders the page.
pub fn render(parts: Parts<'_>) -> String {
    let stated = parts.comparison.about.keys().cloned();
    let known = parts.spec.says.keys().map(|(subject, _)| subject.clone());
    let mut page = Page {
        parts,
        subjects: stated.chain(known).collect(),
        text: String::new(),
    };
    page.head();
    page.documents();
    page.operations();
    page.schemas();
    page.names();
    page.own_examples();
    page.observations();
    page.unsettled();
    page.text
}

struct Page<'r> {
    parts: Parts<'r>,
    /// Everything that the spec or a document speaks of.
    subjects: BTreeSet<Subject>,
    text: String,
}

impl Page<'_> {
    fn paragraph(&mut self, text: &str) {
        self.wrap(text, "", "");
        self.text.push('\n');
    }

    fn item(&mut self, text: &str) {
        self.wrap(text, "- ", "  ");
    }

    fn heading(&mut self, level: usize, text: &str) {
        let _ = writeln!(self.text, "{} {text}\n", "#".repeat(level));
    }

    fn blank(&mut self) {
        if !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Breaks between words, so that each line fits a terminal. A code span is not broken.
    fn wrap(&mut self, text: &str, first: &str, rest: &str) {
        let mut line = first.to_owned();
        let mut empty = true;
        for word in words(text) {
            let length = line.chars().count() + usize::from(!empty) + word.chars().count();
            if !empty && length > WIDTH {
                self.text.push_str(line.trim_end());
                self.text.push('\n');
                rest.clone_into(&mut line);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(&word);
            empty = false;
        }
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn head(&mut self) {
        let statements = &self.parts.comparison.statements;
        let agreeing = statements
            .iter()
            .filter(|statement| statement.agrees)
            .count();
        let overruled = self.parts.judgement.answered.len();
        self.text
            .push_str("<!-- Rendered by `cargo xtask reconcile`. Do not edit. -->\n");
        self.heading(1, "What the documents say, and what holds");
        self.paragraph(
            "The spec, `connector.yaml`, was reconciled from documents that disagree. This page holds each of them \
             against it: where all agree, in a line for each property; where they do not, under a heading of its own, \
             with what holds and why. README.md says how to read and change it.",
        );
        for (name, count) in [
            ("facts compared", statements.len()),
            ("agreeing", agreeing),
            ("overruled", overruled),
            ("unexplained", statements.len() - agreeing - overruled),
            (
                "silent, that is not stated by a document that covers the subject",
                self.parts.comparison.silent,
            ),
        ] {
            let _ = writeln!(self.text, "- {count} {name}");
        }
        self.blank();
    }

    fn documents(&mut self) {
        self.heading(2, "Documents, in order of age");
        for variant in self.parts.variants {
            let source = &variant.source;
            self.item(&format!(
                "`{}`: {}, {}; {}",
                source.id,
                source.dated,
                source.form.describe(),
                source.reading.describe()
            ));
        }
        self.blank();
    }

    fn operations(&mut self) {
        let operations = &self.parts.spec.facts.operations;
        let everywhere: Vec<_> = self
            .parts
            .rulings
            .rulings
            .iter()
            .flat_map(patterns)
            .collect();
        if !everywhere.is_empty() {
            self.heading(2, "Every operation");
            let done: BTreeSet<_> = everywhere.into_iter().collect();
            for pattern in done {
                self.block(&pattern);
            }
        }
        let mut paths: BTreeSet<String> = operations
            .iter()
            .map(|operation| operation.path.clone())
            .collect();
        paths.extend(
            self.subjects
                .iter()
                .filter(|subject| subject.owner.contains('/'))
                .map(|subject| subject.owner.trim_end_matches(RESPONSE).to_owned()),
        );
        for path in paths {
            self.heading(2, &path);
            self.owners(&[&path, &format!("{path}{RESPONSE}")]);
        }
    }

    fn schemas(&mut self) {
        let names: BTreeSet<String> = self
            .subjects
            .iter()
            .filter(|subject| subject.is_of_schema())
            .map(|subject| subject.owner.clone())
            .collect();
        for name in names {
            self.heading(2, &name);
            self.owners(&[&name]);
        }
    }

    /// The lines and blocks of an operation with its answer, or of a schema.
    fn owners(&mut self, owners: &[&str]) {
        let (settled, agreed): (Vec<_>, Vec<_>) = self
            .subjects
            .iter()
            .filter(|subject| owners.contains(&subject.owner.as_str()))
            .cloned()
            .partition(|subject| self.is_disputed(subject));
        for subject in &agreed {
            self.agreed(subject);
        }
        if !agreed.is_empty() {
            self.blank();
        }
        for subject in settled {
            if self.has_own_block(&subject) {
                self.block(&subject);
            }
        }
    }

    fn is_disputed(&self, subject: &Subject) -> bool {
        self.parts
            .comparison
            .about(subject)
            .any(|(_, statement)| !statement.agrees)
            || self
                .parts
                .rulings
                .rulings
                .iter()
                .any(|ruling| ruling.is_about(subject, self.parts.spec))
    }

    /// Whether something about a subject is not told under "every operation" already.
    fn has_own_block(&self, subject: &Subject) -> bool {
        let own = self
            .parts
            .rulings
            .rulings
            .iter()
            .any(|ruling| ruling.subjects.contains(subject));
        let everywhere = self.parts.rulings.rulings.iter().any(|ruling| {
            !ruling.subjects.contains(subject) && ruling.is_about(subject, self.parts.spec)
        });
        own || !everywhere
    }

    fn agreed(&mut self, subject: &Subject) {
        let spec = self.parts.spec;
        let statements: Vec<&Statement> = self
            .parts
            .comparison
            .about(subject)
            .map(|(_, statement)| statement)
            .collect();
        let documents: BTreeSet<_> = statements
            .iter()
            .map(|statement| statement.variant)
            .collect();
        let mut says: Vec<String> = spec
            .says
            .range((subject.clone(), Dimension::Presence)..)
            .take_while(|((other, _), _)| other == subject)
            .filter_map(|((_, dimension), value)| short(*dimension, value))
            .collect();
        if subject.property.is_none() && statements.iter().any(|statement| statement.value == FITS)
        {
            says.push("examples fit".to_owned());
        }
        let name = match &subject.property {
            Some(property) if subject.owner.ends_with(RESPONSE) => format!("answer, `{property}`"),
            Some(property) => format!("`{property}`"),
            None if subject.owner.ends_with(RESPONSE) => "answer".to_owned(),
            None if subject.owner.contains('/') => "the operation".to_owned(),
            None => "the schema".to_owned(),
        };
        let count = documents.len();
        let says = if says.is_empty() {
            "there".to_owned()
        } else {
            says.join(", ")
        };
        self.item(&format!(
            "{name}: {says}; {count} document{} agree{}",
            plural(count),
            if count == 1 { "s" } else { "" }
        ));
    }

    /// A disagreement: who says what, in order of age; what holds; why.
    fn block(&mut self, heading: &Subject) {
        let rulings: Vec<&Ruling> = self
            .parts
            .rulings
            .rulings
            .iter()
            .filter(|ruling| ruling.subjects.contains(heading))
            .collect();
        let shown_heading = heading.to_string().replacen('*', "every operation", 1);
        self.heading(3, &shown_heading);
        let subjects: BTreeSet<Subject> = if heading.is_pattern() {
            rulings
                .iter()
                .flat_map(|ruling| ruling.expanded(self.parts.spec))
                .filter(|subject| {
                    subject.property == heading.property
                        && subject.owner.ends_with(RESPONSE) == heading.owner.ends_with(RESPONSE)
                })
                .collect()
        } else {
            BTreeSet::from([heading.clone()])
        };
        let dimensions: BTreeSet<Dimension> = rulings
            .iter()
            .flat_map(|ruling| ruling.holds.keys().copied())
            .collect();
        self.says(&subjects, &dimensions);
        for ruling in rulings {
            let holds: Vec<_> = ruling
                .holds
                .iter()
                .map(|(dimension, value)| long(*dimension, value))
                .collect();
            self.paragraph(&format!("**Holds:** {}.", holds.join("; ")));
            self.paragraph(&format!("**Why:** {}", sentence(&ruling.because)));
        }
    }

    fn says(&mut self, subjects: &BTreeSet<Subject>, ruled: &BTreeSet<Dimension>) {
        let mut lines = Vec::new();
        for (index, variant) in self.parts.variants.iter().enumerate() {
            let mut stated: BTreeMap<(Dimension, String, &str), usize> = BTreeMap::new();
            let about = subjects
                .iter()
                .flat_map(|subject| self.parts.comparison.about(subject));
            for (place, statement) in about {
                let concerns = statement.variant == index
                    && (!statement.agrees
                        || ruled.contains(&statement.dimension)
                        || statement.dimension == Dimension::Presence);
                if !concerns {
                    continue;
                }
                let fate = if statement.agrees {
                    ""
                } else if self.parts.judgement.answered.contains_key(&place) {
                    " (overruled)"
                } else {
                    " (UNEXPLAINED)"
                };
                *stated
                    .entry((
                        statement.dimension,
                        long(statement.dimension, &statement.value),
                        fate,
                    ))
                    .or_default() += 1;
            }
            // That a property is there goes without saying where more is said about it.
            let says_more = stated.len() > 1;
            let parts: Vec<String> = stated
                .iter()
                .filter(|((dimension, text, _), _)| {
                    !(says_more && *dimension == Dimension::Presence && text == PRESENT)
                })
                .map(|((_, text, fate), count)| {
                    if subjects.len() > 1 {
                        format!("{text} in {count} operation{}{fate}", plural(*count))
                    } else {
                        format!("{text}{fate}")
                    }
                })
                .collect();
            if !parts.is_empty() {
                lines.push(format!("`{}`: {}", variant.source.id, parts.join("; ")));
            }
        }
        for line in &lines {
            self.item(line);
        }
        if lines.is_empty() {
            self.item("no document speaks of it");
        }
        self.blank();
    }

    fn names(&mut self) {
        if self.parts.rulings.names.is_empty() {
            return;
        }
        self.heading(2, "Schemas under another name");
        let names = self.parts.rulings.names.clone();
        for name in &names {
            self.heading(
                3,
                &format!("{} · {} in {}", name.is, name.schema, name.variant),
            );
            self.paragraph(&format!("**Why:** {}", sentence(&name.because)));
        }
    }

    fn own_examples(&mut self) {
        self.heading(2, "Documents against their own examples");
        self.paragraph(
            "What a document's examples do that its own tables rule out. \"Required\" is taken at its word here. What \
             the spec would reject as well is ruled above; the rest says how far tables can be trusted.",
        );
        for (index, variant) in self.parts.variants.iter().enumerate() {
            let mut by_place: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
            for own in self
                .parts
                .comparison
                .own
                .iter()
                .filter(|own| own.variant == index)
            {
                let key = (own.example.clone(), own.what.what.clone());
                by_place
                    .entry(key)
                    .or_default()
                    .push(format!("`{}`", own.what.subject));
            }
            if by_place.is_empty() {
                continue;
            }
            self.heading(3, &variant.source.id);
            for ((example, what), subjects) in by_place {
                self.item(&format!("{example}, {what}: {}", subjects.join(", ")));
            }
            self.blank();
        }
    }

    fn observations(&mut self) {
        if self.parts.rulings.observations.is_empty() {
            return;
        }
        self.heading(2, "Examples against themselves");
        self.paragraph(
            "What no table shows, and a person saw. Each stands on values that are checked.",
        );
        let mut by_subject: BTreeMap<&str, Vec<&Observation>> = BTreeMap::new();
        for observation in &self.parts.rulings.observations {
            by_subject
                .entry(&observation.subject)
                .or_default()
                .push(observation);
        }
        for (subject, observations) in by_subject {
            self.heading(3, &format!("{subject} · examples"));
            for observation in observations {
                self.observation(observation);
            }
        }
    }

    fn observation(&mut self, observation: &Observation) {
        let mut by_variant: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for seen in &observation.seen {
            by_variant.entry(&seen.variant).or_default().push(format!(
                "`{}` at `{}`",
                shown(&seen.value),
                seen.at
            ));
        }
        let mut by_places: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (variant, places) in by_variant {
            by_places
                .entry(places.join(", "))
                .or_default()
                .push(format!("`{variant}`"));
        }
        self.paragraph(&sentence(&observation.because));
        for (places, variants) in by_places {
            self.item(&format!("{}: {places}", variants.join(", ")));
        }
        self.blank();
    }

    fn unsettled(&mut self) {
        if self.parts.judgement.findings.is_empty() {
            let end = self.text.trim_end().len();
            self.text.truncate(end);
            self.text.push('\n');
            return;
        }
        self.heading(2, "Not settled");
        let findings: Vec<String> = self
            .parts
            .judgement
            .findings
            .iter()
            .map(ToString::to_string)
            .collect();
        for finding in findings {
            self.item(&finding);
        }
    }
}

fn patterns(ruling: &Ruling) -> impl Iterator<Item = Subject> + '_ {
    ruling
        .subjects
        .iter()
        .filter(|subject| subject.is_pattern())
        .cloned()
}

/// A text of several lines in one.
fn sentence(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

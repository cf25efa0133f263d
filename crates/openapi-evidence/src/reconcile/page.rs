//! `RECONCILIATION.md`: the decision, the statements and the rulings for each property, for reviewers.
//!
//! One table row per property and one sentence per line keep the differences between two versions short.

mod appendix;
mod rulings;
mod tables;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use unicode_segmentation::UnicodeSegmentation as _;

use super::Reconciliation;
use super::explain::one_line;
use super::rulings::Ruling;
use super::subject::{RESPONSE, Subject};

/// Renders the page.
pub(super) fn render(reconciliation: &Reconciliation<'_>) -> String {
    let mut page = Page {
        reconciliation,
        subjects: reconciliation.subjects(),
        text: String::new(),
    };
    let operations = page.operations();
    let schemas = page.schemas();
    page.head(&operations, &schemas);
    page.unsettled();
    page.documents();
    for path in &operations {
        page.operation(path);
    }
    for name in &schemas {
        page.schema(name);
    }
    page.rulings();
    page.names();
    page.own_samples();
    page.observations();
    let end = page.text.trim_end().len();
    page.text.truncate(end);
    page.text.push('\n');
    page.text
}

struct Page<'r> {
    reconciliation: &'r Reconciliation<'r>,
    /// The subjects of the spec, the documents and the rulings.
    subjects: BTreeSet<Subject>,
    text: String,
}

impl Page<'_> {
    fn heading(&mut self, level: usize, text: &str) {
        self.blank();
        let _ = writeln!(self.text, "{} {text}\n", "#".repeat(level));
    }

    /// Adds a line of Markdown.
    fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    /// Adds a paragraph, one sentence per line.
    fn paragraph(&mut self, text: &str) {
        for sentence in one_line(text).split_sentence_bounds() {
            self.line(sentence);
        }
        self.blank();
    }

    fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn head(&mut self, operations: &BTreeSet<String>, schemas: &BTreeSet<String>) {
        self.line("<!-- Rendered by `cargo xtask reconcile`. Do not edit. -->");
        self.heading(1, "Reconciliation");
        self.paragraph(
            "The spec is compared here with the documents that describe the same API. \
             To find out why a property is as it is, search for its name, read its table row, and follow the link to \
             the ruling. `cargo xtask explain 'OWNER · PROPERTY'` prints the same in a terminal. \
             README.md describes how to change a ruling.",
        );
        let counts = self.reconciliation.counts();
        let statements = self.reconciliation.comparison.statements.len();
        for (count, name) in [
            (statements, "facts compared"),
            (counts.agreeing, "agreeing with the spec"),
            (counts.overruled, "overruled"),
            (counts.unexplained, "unexplained"),
            (
                self.reconciliation.comparison.silent,
                "not stated by a document that covers the subject",
            ),
        ] {
            self.line(&format!("- {count} {name}"));
        }
        self.heading(2, "Index");
        if !self.reconciliation.findings().is_empty() {
            self.line("- [Not settled](#not-settled)");
        }
        self.line("- [Documents](#documents)");
        for path in operations {
            self.line(&format!("- {}", link(path, path)));
        }
        let schemas: Vec<_> = schemas.iter().map(|name| link(name, name)).collect();
        self.line(&format!("- Schemas: {}", schemas.join(", ")));
        self.line("- [Rulings](#rulings)");
        self.line("- [Schema names](#schema-names)");
        self.line("- Appendix: [samples compared with their own document](#samples-compared-with-their-own-document), [samples compared with each other](#samples-compared-with-each-other)");
    }

    fn unsettled(&mut self) {
        let findings = self.reconciliation.findings();
        if findings.is_empty() {
            return;
        }
        self.heading(2, "Not settled");
        for finding in findings {
            self.line(&format!("- {finding}"));
        }
    }

    fn documents(&mut self) {
        self.heading(2, "Documents");
        self.paragraph(
            "In order of age. Tables name a document by its letter. `3: CEH` means that three documents state the \
             value. `≠ 1: A` means that one document states or implies another value. A document that leaves \
             something out is not counted as stating it. A value without letters is stated by no document.",
        );
        self.line("| Letter | Document | Date | Form | Meaning of \"required\" |");
        self.line("| :-- | :-- | :-- | :-- | :-- |");
        for (index, variant) in self.reconciliation.variants.iter().enumerate() {
            let source = &variant.source;
            self.line(&format!(
                "| {} | `{}` | {} | {} | {} |",
                letter(index),
                source.id,
                source.dated,
                source.form.describe(),
                source.reading.describe()
            ));
        }
    }

    fn operations(&self) -> BTreeSet<String> {
        let operations = &self.reconciliation.spec.facts.operations;
        let known = operations.iter().map(|operation| operation.path.clone());
        let stated = self
            .subjects
            .iter()
            .filter(|subject| !subject.is_of_schema())
            .map(|subject| subject.owner.trim_end_matches(RESPONSE).to_owned());
        known.chain(stated).collect()
    }

    fn schemas(&self) -> BTreeSet<String> {
        self.subjects
            .iter()
            .filter(|subject| subject.is_of_schema())
            .map(|subject| subject.owner.clone())
            .collect()
    }
}

/// Returns a link to a heading, in the form that code hosts use.
fn link(text: &str, heading: &str) -> String {
    let anchor: String = heading
        .to_lowercase()
        .chars()
        .filter_map(|letter| match letter {
            ' ' => Some('-'),
            letter if letter.is_alphanumeric() || matches!(letter, '-' | '_') => Some(letter),
            _ => None,
        })
        .collect();
    format!("[{text}](#{anchor})")
}

/// Returns the link to a ruling, such as `R7`.
fn ruling_link(number: usize) -> String {
    link(&format!("R{number}"), &format!("R{number}"))
}

fn ruling_links<'a>(rulings: impl IntoIterator<Item = &'a Ruling>) -> String {
    let links: Vec<_> = rulings
        .into_iter()
        .map(|ruling| ruling_link(ruling.number))
        .collect();
    links.join(", ")
}

/// Returns the letter of a document: A to Z, then AA, AB and so on.
fn letter(index: usize) -> String {
    let last = char::from(b'A' + u8::try_from(index % 26).unwrap_or_default());
    if index < 26 {
        last.to_string()
    } else {
        format!("{}{last}", letter(index / 26 - 1))
    }
}

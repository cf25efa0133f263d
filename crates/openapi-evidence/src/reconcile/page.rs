//! `RECONCILIATION.md`: the decision, the statements and the rulings for each property, for reviewers.
//!
//! One table row per property and one sentence per line keep the differences between two versions short.

mod appendix;
mod rulings;
mod tables;

use std::collections::BTreeSet;
use std::fmt::{Display, Write as _};

use unicode_segmentation::UnicodeSegmentation as _;

use super::Reconciliation;
use super::subject::Subject;
use super::wording::one_line;

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
    format!("{}\n", page.text.trim_end())
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

    /// Adds an item of a list.
    fn item(&mut self, text: impl Display) {
        self.line(&format!("- {text}"));
    }

    /// Adds the first two lines of a table.
    fn table_head(&mut self, titles: &[&str]) {
        self.row(titles);
        self.line(&format!("|{}", " :-- |".repeat(titles.len())));
    }

    /// Adds a row of a table.
    fn row(&mut self, cells: &[&str]) {
        self.line(&format!("| {} |", cells.join(" | ")));
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
            self.item(format_args!("{count} {name}"));
        }
        self.heading(2, "Index");
        if !self.reconciliation.findings().is_empty() {
            self.item("[Not settled](#not-settled)");
        }
        self.item("[Documents](#documents)");
        for path in operations {
            self.item(link(path, path));
        }
        let schemas: Vec<_> = schemas.iter().map(|name| link(name, name)).collect();
        self.item(format_args!("Schemas: {}", schemas.join(", ")));
        self.item("[Rulings](#rulings)");
        self.item("[Schema names](#schema-names)");
        self.item(
            "Appendix: [samples compared with their own document](#samples-compared-with-their-own-document), \
             [samples compared with each other](#samples-compared-with-each-other)",
        );
    }

    fn unsettled(&mut self) {
        let findings = self.reconciliation.findings();
        if findings.is_empty() {
            return;
        }
        self.heading(2, "Not settled");
        for finding in findings {
            self.item(finding);
        }
    }

    fn documents(&mut self) {
        self.heading(2, "Documents");
        self.paragraph(
            "In order of age. Tables name a document by its letter. `3: CEH` means that three documents state the \
             value. `≠ 1: A` means that one document states or implies another value. A document that leaves \
             something out is not counted as stating it. A value without letters is stated by no document.",
        );
        self.table_head(&[
            "Letter",
            "Document",
            "Date",
            "Form",
            "Meaning of \"required\"",
        ]);
        for (index, variant) in self.reconciliation.variants.iter().enumerate() {
            let source = &variant.source;
            let id = format!("`{}`", source.id);
            let reading = source.reading.describe();
            self.row(&[
                &letter(index),
                &id,
                &source.dated,
                source.form.name,
                reading,
            ]);
        }
    }

    fn operations(&self) -> BTreeSet<String> {
        let operations = &self.reconciliation.spec.facts.operations;
        let known = operations.iter().map(|operation| operation.path.clone());
        let stated = self
            .subjects
            .iter()
            .filter(|subject| !subject.is_of_schema());
        known
            .chain(stated.map(|subject| subject.root().to_owned()))
            .collect()
    }

    fn schemas(&self) -> BTreeSet<String> {
        let schemas = self
            .subjects
            .iter()
            .filter(|subject| subject.is_of_schema());
        schemas.map(|subject| subject.owner.clone()).collect()
    }
}

/// Returns a link to a heading, in the form that code hosts use.
fn link(text: &str, heading: &str) -> String {
    let anchor = heading.to_lowercase().replace(' ', "-");
    let is_kept = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    format!(
        "[{text}](#{})",
        anchor.replace(|letter| !is_kept(letter), "")
    )
}

/// Returns the links to rulings by their numbers, such as `R7`.
fn ruling_links(numbers: impl IntoIterator<Item = usize>) -> String {
    let names = numbers.into_iter().map(|number| format!("R{number}"));
    let links: Vec<_> = names.map(|name| link(&name, &name)).collect();
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

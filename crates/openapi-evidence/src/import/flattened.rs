//! The text of a hand-written page. Each cell is a paragraph, the cells of a header are one word, and cells that contained
//! only a link are missing.

use std::path::Path;

use super::Imported;
use super::cells::{is_property_name, parse_contract, parse_type};
use super::dialect::{Dialect, Silence};
use super::draft::{Draft, Section};
use crate::conventions::Conventions;

use crate::facts::{Operation, Property, Reading, Schema, Type};
use openapi_tree::error::{Error, Result};

/// The header of a table, whose cells are one word.
const HEADER: &str = "PropertyTypeContractDescription";

/// The text of a hand-written page.
pub(super) static DIALECT: Dialect = Dialect {
    id: "flattened-page",
    name: "hand-written page, flattened",
    reading: Reading::RequiredMeansRequired,
    recognizes: |text, _| text.lines().any(|line| line.trim().ends_with(HEADER)),
    read,
    silence: Silence::OF_PAGES,
};

/// Reads a page.
///
/// # Errors
/// Returns an error with a line if a table is outside of any operation.
fn read(
    file: &Path,
    text: &str,
    conventions: &Conventions,
    imported: Imported,
) -> Result<Imported> {
    let mut page = Page {
        paragraphs: paragraphs(text),
        at: 0,
        draft: Draft::new(conventions, imported),
    };
    while let Some(paragraph) = page.paragraphs.get(page.at) {
        let line = paragraph.line;
        page.paragraph().map_err(|what| {
            Error::new(file, what, "pass the whole page, starting at its title").at_line(line)
        })?;
    }
    Ok(page.draft.finish())
}

struct Paragraph {
    line: usize,
    text: String,
}

/// Returns the lines as paragraphs. An example is one paragraph.
fn paragraphs(text: &str) -> Vec<Paragraph> {
    let mut paragraphs: Vec<Paragraph> = Vec::new();
    let mut in_example = false;
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if in_example && let Some(example) = paragraphs.last_mut() {
            example.text.push('\n');
            example.text.push_str(line);
            in_example = !line.starts_with('}');
        } else if !trimmed.is_empty() {
            in_example = line.starts_with('{') && trimmed != "{}";
            let text = if in_example { line } else { trimmed };
            paragraphs.push(Paragraph {
                line: index + 1,
                text: text.to_owned(),
            });
        }
    }
    paragraphs
}

struct Page<'c> {
    paragraphs: Vec<Paragraph>,
    at: usize,
    /// The heading is the previous paragraph, if a table or a list of values follows.
    draft: Draft<'c>,
}

impl Page<'_> {
    fn text(&self, ahead: usize) -> Option<&str> {
        let paragraph = self.paragraphs.get(self.at + ahead)?;
        Some(paragraph.text.as_str())
    }

    fn paragraph(&mut self) -> Result<(), String> {
        let Paragraph { line, text } = &self.paragraphs[self.at];
        let (line, text) = (*line, text.clone());
        let path = self
            .text(1)
            .and_then(|url| url.strip_prefix(&self.draft.url_prefix));
        if text == HEADER {
            self.at += 1;
            return self.table();
        }
        if let Some(path) = path.filter(|_| text == "Request") {
            let operation = self.operation(path.to_owned());
            self.draft.open(Section::Request, operation, line);
            self.at += 2;
        } else if text.starts_with('•') {
            self.values();
        } else {
            self.at += 1;
            if text == "Response" && self.draft.operation.is_some() {
                self.draft.enter(Section::Response);
            } else if text.starts_with('{') {
                // The text after an example belongs to the body again.
                self.draft.heading = None;
                if !self.draft.sample(&text, line) {
                    self.draft
                        .imported
                        .report(line, "an example outside of any operation");
                }
            } else {
                self.draft.heading = Some(text);
            }
        }
        Ok(())
    }

    /// Returns the operation of a path. The title is the last paragraph before "Request" that is not a sentence. The prose
    /// after the title states flags.
    fn operation(&self, path: String) -> Operation {
        let before = &self.paragraphs[..self.at];
        let is_title = |paragraph: &Paragraph| !paragraph.text.ends_with('.');
        let title = before.iter().rposition(is_title);
        let prose = &before[title.map_or(self.at, |title| title + 1)..];
        let prose: String = prose
            .iter()
            .map(|paragraph| paragraph.text.as_str())
            .collect();
        Operation {
            path,
            title: title.map(|title| before[title].text.clone()),
            flags: self.draft.conventions.flags_in_prose(&prose),
            ..Operation::default()
        }
    }

    fn values(&mut self) {
        let mut values = Vec::new();
        while let Some(item) = self.text(0).and_then(|text| text.strip_prefix('•')) {
            let mut words = item.trim().split(|letter: char| !letter.is_alphanumeric());
            match words.next() {
                Some(value) if !value.is_empty() => values.push(value.to_owned()),
                _ => {
                    let line = self.paragraphs[self.at].line;
                    self.draft.imported.report(line, "an item without a value");
                }
            }
            self.at += 1;
        }
        if let Some(name) = self.draft.heading.take() {
            self.draft.add(Schema {
                name,
                values: Some(values),
                ..Schema::default()
            });
        } else {
            let line = self.paragraphs[self.at - 1].line;
            self.draft
                .imported
                .report(line, "a list of values without a heading");
        }
    }

    fn table(&mut self) -> Result<(), String> {
        let heading = self.draft.heading.take();
        let mut properties: Vec<Property> = Vec::new();
        while let Some(name) = self.text(0).filter(|text| is_property_name(text)) {
            let name = name.to_owned();
            let line = self.paragraphs[self.at].line;
            let kind = self.text(1).and_then(parse_kind);
            let cells = 1 + usize::from(kind.is_some());
            let Some(Ok((required, limits))) = self.text(cells).map(parse_contract) else {
                break;
            };
            self.draft.imported.rows_seen += 1;
            self.at += cells + 1;
            let deprecated = self.skip_description();
            if properties.iter().any(|other| other.name == name) {
                let what = format!("a second row for `{name}`");
                self.draft.imported.report_row(line, what);
                continue;
            }
            let (required, nullable) = DIALECT.reading.of_contract(required);
            properties.push(Property {
                name,
                kind,
                required,
                nullable,
                limits,
                deprecated,
                ..Property::default()
            });
        }
        if properties.is_empty() {
            let what = "invalid table: expected rows with name, type, contract and description";
            return Err(what.to_owned());
        }
        if let Some(name) = heading {
            self.draft.add(Schema {
                name,
                properties: Some(properties),
                ..Schema::default()
            });
            return Ok(());
        }
        match self.draft.body() {
            Some(body) if body.properties.is_none() => {
                body.properties = Some(properties);
                Ok(())
            }
            _ => Err("invalid table: it does not belong to an operation".to_owned()),
        }
    }

    /// Skips the description of a row, if there is one. Returns `true` if the description marks a deprecation.
    fn skip_description(&mut self) -> bool {
        let Some(text) = self.text(0) else {
            return false;
        };
        // A description is a sentence; headings are not.
        let is_description = text.ends_with('.') && !text.starts_with('{');
        let deprecated = is_description && text.contains("Deprecated!");
        self.at += usize::from(is_description);
        deprecated
    }
}

/// Parses a type cell without links, in which a schema is only a name.
fn parse_kind(text: &str) -> Option<Type> {
    if let Ok(cell) = parse_type(text) {
        return cell.limits.is_empty().then_some(cell.kind);
    }
    let name = text.strip_prefix("array of ")?;
    (!name.ends_with('.')).then(|| Type::array_of(Type::named(name)))
}

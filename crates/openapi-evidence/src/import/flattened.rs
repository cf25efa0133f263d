//! The text of a hand-written page. Each cell is a paragraph, the cells of a header are one word, and cells that contained
//! only a link are missing.

use std::path::Path;

use super::cells::{is_property_name, parse_contract, parse_type};
use super::dialect::{Dialect, Operations, Silence};
use super::{Imported, samples};
use crate::conventions::Conventions;

use crate::facts::{Body, Operation, Property, Reading, Reported, Schema};
use openapi_tree::error::{Error, Location, Result};

/// The header of a table, whose cells are one word.
const HEADER: &str = "PropertyTypeContractDescription";

/// The text of a hand-written page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flattened;

impl Dialect for Flattened {
    fn id(&self) -> &'static str {
        "flattened-page"
    }

    fn name(&self) -> &'static str {
        "hand-written page, flattened"
    }

    fn recognizes(&self, text: &str, _: &Conventions) -> bool {
        text.lines().any(|line| line.trim().ends_with(HEADER))
    }

    fn read(&self, file: &Path, text: &str, conventions: &Conventions) -> Result<Imported> {
        import(file, text, conventions)
    }

    fn silence(&self) -> Silence {
        Silence {
            denies_formats: false,
            denies_limits: &super::cells::LIMITS,
            denies_deprecation: true,
            denies_statuses: true,
            denies_operations: Operations::OfItsResources,
            matches_by_name: true,
        }
    }
}

/// Reads a page.
///
/// # Errors
/// Returns an error with a line if a table is outside of any operation.
fn import(file: &Path, text: &str, conventions: &Conventions) -> Result<Imported> {
    let mut page = Page {
        conventions,
        url_prefix: conventions.url_prefix(),
        paragraphs: paragraphs(text),
        at: 0,
        imported: Imported::new(&Flattened, Reading::RequiredMeansRequired),
        operation: None,
        in_response: false,
        heading: None,
    };
    while let Some(paragraph) = page.paragraphs.get(page.at) {
        let line = paragraph.line;
        page.paragraph().map_err(|what| {
            Error::new(file, what, "pass the whole page, starting at its title")
                .at(Location::LineColumn { line, column: 1 })
        })?;
    }
    page.close_operation();
    Ok(page.imported)
}

struct Paragraph {
    line: usize,
    text: String,
}

/// Returns the lines as paragraphs. An example is one paragraph.
fn paragraphs(text: &str) -> Vec<Paragraph> {
    let mut paragraphs: Vec<Paragraph> = Vec::new();
    let mut example: Option<Paragraph> = None;
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if let Some(open) = &mut example {
            open.text.push('\n');
            open.text.push_str(line);
            if line.starts_with('}') {
                paragraphs.extend(example.take());
            }
        } else if trimmed == "{}" || !trimmed.is_empty() && !line.starts_with('{') {
            paragraphs.push(Paragraph {
                line: index + 1,
                text: trimmed.to_owned(),
            });
        } else if line.starts_with('{') {
            example = Some(Paragraph {
                line: index + 1,
                text: line.to_owned(),
            });
        }
    }
    paragraphs.extend(example);
    paragraphs
}

struct Page<'c> {
    conventions: &'c Conventions,
    url_prefix: String,
    paragraphs: Vec<Paragraph>,
    at: usize,
    imported: Imported,
    operation: Option<Operation>,
    in_response: bool,
    /// The previous paragraph, which is the heading if a table or a list of values follows.
    heading: Option<String>,
}

impl Page<'_> {
    fn text(&self, ahead: usize) -> Option<&str> {
        self.paragraphs
            .get(self.at + ahead)
            .map(|paragraph| paragraph.text.as_str())
    }

    fn paragraph(&mut self) -> Result<(), String> {
        let Paragraph { line, text } = &self.paragraphs[self.at];
        let (line, text) = (*line, text.clone());
        if text == HEADER {
            self.at += 1;
            return self.table();
        }
        if text == "Request"
            && self
                .text(1)
                .is_some_and(|next| next.starts_with(&self.url_prefix))
        {
            self.open_operation();
            self.at += 2;
        } else if text == "Response" && self.operation.is_some() {
            self.in_response = true;
            self.heading = None;
            self.at += 1;
        } else if text.starts_with('{') {
            self.sample(&text, line);
            self.at += 1;
        } else if text.starts_with('•') {
            self.values();
        } else {
            self.heading = Some(text);
            self.at += 1;
        }
        Ok(())
    }

    /// Starts an operation. The title is the last paragraph before "Request" that is not a sentence. The prose after the
    /// title states flags.
    fn open_operation(&mut self) {
        self.close_operation();
        let path = self
            .text(1)
            .and_then(|url| url.strip_prefix(&self.url_prefix))
            .unwrap_or_default()
            .to_owned();
        let before = &self.paragraphs[..self.at];
        let title = before
            .iter()
            .rposition(|paragraph| !paragraph.text.ends_with('.'));
        let prose: String = before[title.map_or(self.at, |title| title + 1)..]
            .iter()
            .map(|paragraph| paragraph.text.as_str())
            .collect();
        self.operation = Some(Operation {
            path,
            title: title.map(|title| before[title].text.clone()),
            flags: self.conventions.flags_in_prose(&prose),
            ..Operation::default()
        });
        self.in_response = false;
        self.heading = None;
    }

    fn close_operation(&mut self) {
        if let Some(mut operation) = self.operation.take() {
            operation.settle_empty_response();
            self.imported.variant.operations.push(operation);
        }
    }

    fn body(&mut self) -> Option<&mut Body> {
        let operation = self.operation.as_mut()?;
        Some(if self.in_response {
            operation.response.get_or_insert_default()
        } else {
            operation.request.get_or_insert_default()
        })
    }

    fn sample(&mut self, text: &str, line: usize) {
        let sample = samples::parse(text);
        // The text after an example belongs to the body again.
        self.heading = None;
        let outcome = match (self.body(), sample) {
            (None, _) => Err("an example outside of any operation".to_owned()),
            (Some(body), _) if body.example.is_some() => Err("a second example".to_owned()),
            (Some(_), Err(error)) => Err(format!("an example that is not JSON: {error}")),
            (Some(body), Ok(sample)) => {
                body.example = Some(sample.value);
                body.invalid = sample.invalid;
                Ok(())
            }
        };
        if let Err(what) = outcome {
            self.report(line, what);
        }
    }

    fn values(&mut self) {
        let mut values = Vec::new();
        while let Some(item) = self.text(0).and_then(|text| text.strip_prefix('•')) {
            let item = item.trim();
            let end = item
                .find(|letter: char| !letter.is_alphanumeric())
                .unwrap_or(item.len());
            let value = item[..end].to_owned();
            if value.is_empty() {
                let line = self.paragraphs[self.at].line;
                self.report(line, "an item without a value".to_owned());
            } else {
                values.push(value);
            }
            self.at += 1;
        }
        if let Some(name) = self.heading.take() {
            let schema = Schema {
                values: Some(values),
                ..self.new_schema(name)
            };
            self.imported.variant.schemas.push(schema);
        } else {
            let line = self.paragraphs[self.at - 1].line;
            self.report(line, "a list of values without a heading".to_owned());
        }
    }

    fn new_schema(&self, name: String) -> Schema {
        Schema {
            name,
            under: self
                .operation
                .as_ref()
                .map(|operation| operation.path.clone()),
            ..Schema::default()
        }
    }

    fn table(&mut self) -> Result<(), String> {
        let heading = self.heading.take();
        let mut properties: Vec<Property> = Vec::new();
        while let Some(name) = self
            .text(0)
            .filter(|text| is_property_name(text))
            .map(str::to_owned)
        {
            let line = self.paragraphs[self.at].line;
            let kind = self.text(1).and_then(parse_kind);
            let contract = self
                .text(1 + usize::from(kind.is_some()))
                .map(parse_contract);
            let Some(Ok((required, limits))) = contract else {
                break;
            };
            self.imported.rows_seen += 1;
            self.at += 2 + usize::from(kind.is_some());
            let deprecated = self.skip_description();
            if properties.iter().any(|other| other.name == name) {
                self.imported.rows_reported += 1;
                self.report(line, format!("a second row for `{name}`"));
                continue;
            }
            let (required, nullable) = Reading::RequiredMeansRequired.of_contract(required);
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
            return Err(
                "invalid table: expected rows with name, type, contract and description".to_owned(),
            );
        }
        if let Some(name) = heading {
            let schema = Schema {
                properties: Some(properties),
                ..self.new_schema(name)
            };
            self.imported.variant.schemas.push(schema);
            return Ok(());
        }
        match self.body() {
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

    fn report(&mut self, line: usize, what: String) {
        self.imported.variant.reported.push(Reported { line, what });
    }
}

/// Parses a type cell without links, in which a schema is only a name.
fn parse_kind(text: &str) -> Option<crate::facts::Type> {
    use crate::facts::Type;
    if let Ok(cell) = parse_type(text) {
        return cell.limits.is_empty().then_some(cell.kind);
    }
    let name = text.strip_prefix("array of ")?;
    (!name.ends_with('.')).then(|| Type::array_of(Type::named(name)))
}

//! Markdown pages with tables of properties, generated or written by hand.

mod tables;
mod text;

use std::collections::BTreeMap;
use std::path::Path;

use comrak::nodes::NodeValue;
use comrak::{Arena, Options};

use super::dialect::{Dialect, Operations, Silence};
use super::{Imported, samples};
use crate::conventions::Conventions;

use crate::facts::{Body, Operation, Reading, Reported, Schema, Type, Variant, plain};
use openapi_tree::error::{Error, Location, Result};
use openapi_tree::nesting;
use text::{Node, enum_value, has_struck, line_of, text_of};

/// The header of every table of properties.
pub(super) const HEADER: [&str; 4] = ["Property", "Type", "Contract", "Description"];

/// A generated page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Generated;

impl Dialect for Generated {
    fn id(&self) -> &'static str {
        "generated-page"
    }

    fn name(&self) -> &'static str {
        "generated page"
    }

    fn recognizes(&self, text: &str, conventions: &Conventions) -> bool {
        is_page(text, conventions) && conventions.is_generated(text)
    }

    fn read(&self, file: &Path, text: &str, conventions: &Conventions) -> Result<Imported> {
        import(
            file,
            text,
            conventions,
            &Generated,
            Reading::RequiredMeansNotNullable,
        )
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

/// A page written by hand with the same tables.
#[derive(Clone, Copy, Debug)]
pub(super) struct HandWritten;

impl Dialect for HandWritten {
    fn id(&self) -> &'static str {
        "hand-written-page"
    }

    fn name(&self) -> &'static str {
        "hand-written page"
    }

    fn recognizes(&self, text: &str, conventions: &Conventions) -> bool {
        is_page(text, conventions)
    }

    fn read(&self, file: &Path, text: &str, conventions: &Conventions) -> Result<Imported> {
        import(
            file,
            text,
            conventions,
            &HandWritten,
            Reading::RequiredMeansRequired,
        )
    }

    fn silence(&self) -> Silence {
        Generated.silence()
    }
}

/// Returns `true` if a line is the URL of an operation or the header of a table of properties.
fn is_page(text: &str, conventions: &Conventions) -> bool {
    text.lines().any(|line| {
        let line = line.trim();
        let has_url =
            !conventions.host.is_empty() && line.trim_matches('`').starts_with(&conventions.host);
        has_url
            || line
                .strip_prefix('|')
                .is_some_and(|row| row.trim_start().starts_with(HEADER[0]))
    })
}

/// Reads a page.
///
/// # Errors
/// Returns an error with a line if a table of properties lacks a column, or is not a table in Markdown.
fn import(
    file: &Path,
    text: &str,
    conventions: &Conventions,
    dialect: &'static dyn Dialect,
    reading: Reading,
) -> Result<Imported> {
    nesting::check_lines(file, text)?;
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, text, &options);
    let mut page = Page {
        file,
        conventions,
        url_prefix: conventions.url_prefix(),
        lines: text.lines().collect(),
        reading,
        imported: Imported::new(dialect, reading),
        section: Section::Outside,
        schema: None,
        operation: None,
    };
    for node in root.children() {
        page.block(node)?;
    }
    page.close_operation();
    if reading == Reading::RequiredMeansRequired {
        follow_links(&mut page.imported.variant);
    }
    Ok(page.imported)
}

/// Replaces the titles of links by the headings that they lead to. A person writes `Lamps` for a link to `Lamp`.
fn follow_links(page: &mut Variant) {
    let headings: BTreeMap<String, String> = page
        .schemas
        .iter()
        .map(|schema| (plain(&schema.name), schema.name.clone()))
        .collect();
    let bodies = page
        .operations
        .iter_mut()
        .flat_map(|operation| [&mut operation.request, &mut operation.response])
        .flatten()
        .map(|body| &mut body.properties);
    let tables = page.schemas.iter_mut().map(|schema| &mut schema.properties);
    let rows = bodies.chain(tables).flatten().flatten();
    for name in rows
        .filter_map(|row| row.kind.as_mut())
        .flat_map(Type::names_mut)
    {
        let heading = name
            .linked
            .as_deref()
            .and_then(|linked| headings.get(&plain(linked)));
        if let Some(heading) = heading {
            name.name.clone_from(heading);
            name.linked = None;
        }
    }
}

/// The part of an operation that is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Outside,
    Introduction,
    Request,
    Response,
}

struct Page<'t> {
    file: &'t Path,
    conventions: &'t Conventions,
    url_prefix: String,
    lines: Vec<&'t str>,
    reading: Reading,
    imported: Imported,
    section: Section,
    /// The heading of a schema, and its line.
    schema: Option<(String, usize)>,
    /// The operation that is being read, and the line of its heading.
    operation: Option<(Operation, usize)>,
}

impl Page<'_> {
    fn block(&mut self, node: Node<'_>) -> Result<()> {
        let line = line_of(node);
        // Copied out so that the borrow ends before the children are read.
        let value = node.data.borrow().value.clone();
        match value {
            NodeValue::Heading(heading) => self.heading(node, heading.level, line),
            NodeValue::Paragraph => return self.paragraph(node, line),
            NodeValue::CodeBlock(code) => self.sample(&code.literal, line),
            NodeValue::Table(_) => return self.table(node, line),
            NodeValue::List(_) => self.list(node),
            NodeValue::BlockQuote => self.block_quote(node)?,
            _ => self.report_tables_within(node),
        }
        Ok(())
    }

    fn heading(&mut self, node: Node<'_>, level: u8, line: usize) {
        let text = text_of(node);
        match (level, text.as_str()) {
            (1, _) => {}
            (2, _) => {
                self.close_operation();
                self.schema = None;
                self.section = Section::Introduction;
                let operation = Operation {
                    deprecated: has_struck(node),
                    title: Some(text),
                    ..Operation::default()
                };
                self.operation = Some((operation, line));
            }
            (3, "Request") if self.operation.is_some() => {
                self.section = Section::Request;
                self.schema = None;
            }
            (3, "Response") if self.operation.is_some() => {
                self.section = Section::Response;
                self.schema = None;
            }
            _ => self.schema = Some((text, line)),
        }
    }

    fn close_operation(&mut self) {
        let Some((mut operation, line)) = self.operation.take() else {
            return;
        };
        if operation.path.is_empty() {
            // A chapter of prose is not an operation; a chapter with a body is one, and lacks its URL.
            if operation.request.is_some() || operation.response.is_some() {
                let rows = [&operation.request, &operation.response]
                    .into_iter()
                    .flatten()
                    .filter_map(|body| body.properties.as_ref())
                    .map(Vec::len);
                self.imported.rows_reported += rows.sum::<usize>();
                let title = operation.title.unwrap_or_default();
                self.report(line, format!("the operation `{title}` has no address"));
            }
            return;
        }
        operation.settle_empty_response();
        if self.reading == Reading::RequiredMeansNotNullable {
            for flag in self.conventions.flags.keys() {
                operation.flags.entry(flag.clone()).or_insert(false);
            }
        }
        self.imported.variant.operations.push(operation);
    }

    fn paragraph(&mut self, node: Node<'_>, line: usize) -> Result<()> {
        if self
            .lines
            .get(line - 1)
            .is_some_and(|text| text.trim_start().starts_with('|'))
        {
            return Err(self.broken_table(
                line,
                "its separator has another number of columns than its header",
            ));
        }
        let section = self.section;
        let Some((operation, _)) = &mut self.operation else {
            return Ok(());
        };
        match section {
            Section::Introduction => {
                for part in node.descendants() {
                    if let NodeValue::Link(to) = &part.data.borrow().value {
                        let flags = self.conventions.flags_in_links(&to.url);
                        operation
                            .flags
                            .extend(flags.into_iter().filter(|(_, is_set)| *is_set));
                    }
                }
            }
            Section::Request => {
                let text = text_of(node);
                if let Some(path) = text.strip_prefix(&self.url_prefix) {
                    if operation.path.is_empty() {
                        path.trim().clone_into(&mut operation.path);
                    } else {
                        self.report(line, format!("a second address, `{}`", path.trim()));
                    }
                }
            }
            Section::Response | Section::Outside => {}
        }
        Ok(())
    }

    fn block_quote(&mut self, node: Node<'_>) -> Result<()> {
        for child in node.children() {
            let is_heading = matches!(child.data.borrow().value, NodeValue::Heading(_));
            if is_heading
                && self.section == Section::Introduction
                && let Some((operation, _)) = &mut self.operation
            {
                match text_of(child).as_str() {
                    "Deprecated!" => operation.deprecated = true,
                    "Restricted!" => operation.restricted = true,
                    _ => {}
                }
            }
            let line = line_of(child);
            if self.lines.get(line - 1).is_some_and(|text| {
                text.trim_start_matches(['>', ' ']).starts_with('|')
                    && matches!(child.data.borrow().value, NodeValue::Paragraph)
            }) {
                return Err(self.broken_table(
                    line,
                    "its separator has another number of columns than its header",
                ));
            }
        }
        self.report_tables_within(node);
        Ok(())
    }

    fn sample(&mut self, text: &str, line: usize) {
        if self.schema.is_some() {
            return;
        }
        let Some(body) = self.body() else {
            return;
        };
        if body.example.is_some() || body.invalid.is_some() {
            self.report(line, "a second example".to_owned());
            return;
        }
        match samples::parse(text) {
            Ok(sample) => {
                body.example = Some(sample.value);
                body.invalid = sample.invalid;
            }
            Err(error) => self.report(line, format!("an example that is not JSON: {error}")),
        }
    }

    /// Returns the body that the current section describes.
    fn body(&mut self) -> Option<&mut Body> {
        let (operation, _) = self.operation.as_mut()?;
        match self.section {
            Section::Request => Some(operation.request.get_or_insert_default()),
            Section::Response => Some(operation.response.get_or_insert_default()),
            Section::Introduction | Section::Outside => None,
        }
    }

    fn list(&mut self, node: Node<'_>) {
        self.report_tables_within(node);
        let Some((heading, _)) = self.schema.clone() else {
            return;
        };
        let items: Vec<_> = node.children().collect();
        let values: Vec<_> = items.iter().map(|item| enum_value(item)).collect();
        if values.iter().all(Option::is_none) {
            return;
        }
        let mut schema = self.new_schema(heading);
        let mut found = Vec::new();
        for (item, value) in items.iter().zip(values) {
            match value {
                Some(value) => found.push(value),
                None if matches!(text_of(item).as_str(), "…" | "...") => schema.extensible = true,
                None => {
                    let what = format!("an item without a value, in the enum `{}`", schema.name);
                    self.report(line_of(item), what);
                }
            }
        }
        schema.values = Some(found);
        self.imported.variant.schemas.push(schema);
    }

    fn new_schema(&self, name: String) -> Schema {
        Schema {
            name,
            under: self
                .operation
                .as_ref()
                .map(|(operation, _)| operation.path.clone())
                .filter(|path| !path.is_empty()),
            ..Schema::default()
        }
    }

    fn broken_table(&self, line: usize, what: &str) -> Error {
        Error::new(
            self.file,
            format!("invalid table of properties: {what}"),
            format!("use the columns {}", HEADER.join(", ")),
        )
        .at(Location::LineColumn { line, column: 1 })
    }

    fn report(&mut self, line: usize, what: String) {
        self.imported.variant.reported.push(Reported { line, what });
    }

    fn report_row(&mut self, line: usize, what: String) {
        self.imported.rows_reported += 1;
        self.report(line, what);
    }
}

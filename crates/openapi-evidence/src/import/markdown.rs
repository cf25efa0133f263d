//! Markdown pages with tables of properties, generated or written by hand.

mod tables;
mod text;

use std::collections::BTreeMap;
use std::path::Path;

use comrak::nodes::NodeValue;
use comrak::{Arena, Options};

use super::Imported;
use super::dialect::{Dialect, Silence};
use super::draft::{Draft, Section};
use crate::conventions::Conventions;

use crate::facts::{Operation, Reading, Schema, Type, Variant, plain};
use openapi_tree::error::{Error, Result};
use openapi_tree::nesting;
use text::{Node, enum_value, has_struck, line_of, text_of};

/// The header of every table of properties.
pub(super) const HEADER: [&str; 4] = ["Property", "Type", "Contract", "Description"];

/// A generated page.
pub(super) static GENERATED: Dialect = Dialect {
    id: "generated-page",
    name: "generated page",
    reading: Reading::RequiredMeansNotNullable,
    recognizes: |text, conventions| is_page(text, conventions) && conventions.is_generated(text),
    read,
    silence: Silence::OF_PAGES,
};

/// A page written by hand with the same tables.
pub(super) static HAND_WRITTEN: Dialect = Dialect {
    id: "hand-written-page",
    name: "hand-written page",
    reading: Reading::RequiredMeansRequired,
    recognizes: is_page,
    read,
    silence: Silence::OF_PAGES,
};

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
fn read(
    file: &Path,
    text: &str,
    conventions: &Conventions,
    imported: Imported,
) -> Result<Imported> {
    nesting::check_lines(file, text)?;
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, text, &options);
    let mut page = Page {
        file,
        lines: text.lines().collect(),
        draft: Draft::new(conventions, imported),
    };
    for node in root.children() {
        page.block(node)?;
    }
    let mut imported = page.draft.finish();
    if imported.variant.source.reading == Reading::RequiredMeansRequired {
        follow_links(&mut imported.variant);
    }
    Ok(imported)
}

/// Replaces the titles of links by the headings that they lead to. A person writes `Lamps` for a link to `Lamp`.
fn follow_links(page: &mut Variant) {
    let names = page.schemas.iter().map(|schema| &schema.name);
    let headings: BTreeMap<String, String> =
        names.map(|name| (plain(name), name.clone())).collect();
    let bodies = page
        .operations
        .iter_mut()
        .flat_map(|operation| [&mut operation.request, &mut operation.response])
        .flatten()
        .map(|body| &mut body.properties);
    let tables = page.schemas.iter_mut().map(|schema| &mut schema.properties);
    let rows = bodies.chain(tables).flatten().flatten();
    let kinds = rows.filter_map(|row| row.kind.as_mut());
    for name in kinds.flat_map(Type::names_mut) {
        if let Some(linked) = &name.linked
            && let Some(heading) = headings.get(&plain(linked))
        {
            name.name.clone_from(heading);
            name.linked = None;
        }
    }
}

struct Page<'t> {
    file: &'t Path,
    lines: Vec<&'t str>,
    draft: Draft<'t>,
}

impl Page<'_> {
    fn block(&mut self, node: Node<'_>) -> Result<()> {
        let line = line_of(node);
        // Copied out so that the borrow ends before the children are read.
        let value = node.data().value.clone();
        match value {
            NodeValue::Heading(heading) => self.heading(node, heading.level, line),
            NodeValue::Paragraph => self.paragraph(node, line)?,
            // The code in a section about a schema is not an example of the body.
            NodeValue::CodeBlock(code) if self.draft.heading.is_none() => {
                self.draft.sample(&code.literal, line);
            }
            NodeValue::CodeBlock(_) => {}
            NodeValue::Table(_) => self.table(node, line)?,
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
                let operation = Operation {
                    deprecated: has_struck(node),
                    title: Some(text),
                    ..Operation::default()
                };
                self.draft.open(Section::Introduction, operation, line);
            }
            (3, "Request") if self.draft.operation.is_some() => self.draft.enter(Section::Request),
            (3, "Response") if self.draft.operation.is_some() => {
                self.draft.enter(Section::Response);
            }
            _ => self.draft.heading = Some(text),
        }
    }

    fn paragraph(&mut self, node: Node<'_>, line: usize) -> Result<()> {
        self.reject_table_in_paragraph(line)?;
        let section = self.draft.section;
        let Some((operation, _)) = &mut self.draft.operation else {
            return Ok(());
        };
        match section {
            Section::Introduction => {
                for part in node.descendants() {
                    if let NodeValue::Link(to) = &part.data().value {
                        let flags = self.draft.conventions.flags_in_links(&to.url).into_iter();
                        operation.flags.extend(flags.filter(|(_, is_set)| *is_set));
                    }
                }
            }
            Section::Request => {
                let text = text_of(node);
                let path = text.strip_prefix(&self.draft.url_prefix).map(str::trim);
                if let Some(path) = path {
                    if operation.path.is_empty() {
                        path.clone_into(&mut operation.path);
                    } else {
                        self.draft
                            .imported
                            .report(line, format!("a second address, `{path}`"));
                    }
                }
            }
            Section::Response | Section::Outside => {}
        }
        Ok(())
    }

    fn block_quote(&mut self, node: Node<'_>) -> Result<()> {
        for child in node.children() {
            let node = child.data();
            if matches!(node.value, NodeValue::Heading(_))
                && self.draft.section == Section::Introduction
                && let Some((operation, _)) = &mut self.draft.operation
            {
                match text_of(child).as_str() {
                    "Deprecated!" => operation.deprecated = true,
                    "Restricted!" => operation.restricted = true,
                    _ => {}
                }
            }
            if matches!(node.value, NodeValue::Paragraph) {
                self.reject_table_in_paragraph(line_of(child))?;
            }
        }
        self.report_tables_within(node);
        Ok(())
    }

    fn list(&mut self, node: Node<'_>) {
        self.report_tables_within(node);
        let Some(name) = self.draft.heading.clone() else {
            return;
        };
        let values = node.children().map(|item| (item, enum_value(item)));
        let values: Vec<_> = values.collect();
        if values.iter().all(|(_, value)| value.is_none()) {
            return;
        }
        let mut extensible = false;
        let mut found = Vec::new();
        for (item, value) in values {
            match value {
                Some(value) => found.push(value),
                None if matches!(text_of(item).as_str(), "…" | "...") => extensible = true,
                None => {
                    let what = format!("an item without a value, in the enum `{name}`");
                    self.draft.imported.report(line_of(item), what);
                }
            }
        }
        self.draft.add(Schema {
            name,
            extensible,
            values: Some(found),
            ..Schema::default()
        });
    }

    /// Rejects a paragraph that starts like a table. The parser reads a table only if its separator has as many columns as
    /// its header.
    fn reject_table_in_paragraph(&self, line: usize) -> Result<()> {
        let text = self.lines.get(line - 1).copied().unwrap_or_default();
        if !text.trim_start_matches(['>', ' ', '\t']).starts_with('|') {
            return Ok(());
        }
        let what = "its separator has another number of columns than its header";
        Err(self.broken_table(line, what))
    }

    fn broken_table(&self, line: usize, what: &str) -> Error {
        Error::new(
            self.file,
            format!("invalid table of properties: {what}"),
            format!("use the columns {}", HEADER.join(", ")),
        )
        .at_line(line)
    }
}

//! The tables of a page.

use comrak::nodes::NodeValue;
use openapi_tree::error::Result;

use super::text::{Node, cells_in, has_struck, line_of, message_of, text_of, text_with_links};
use super::{HEADER, Page};
use crate::facts::{Body, Property, Schema, Type};
use crate::import::cells::{
    TypeCell, is_property_name, parse_contract, parse_type, replacement_in,
};

/// A row of a table.
enum Row {
    Property(Box<Property>),
    Entries(Type),
}

impl Page<'_> {
    pub(super) fn table(&mut self, node: Node<'_>, line: usize) -> Result<()> {
        let mut rows = node.children();
        let header = rows.next().map(|row| row.children().map(text_of));
        let header: Vec<_> = header.into_iter().flatten().collect();
        if header != HEADER {
            if header.first().is_some_and(|cell| cell == HEADER[0]) {
                let what = format!("its columns are {}", header.join(", "));
                return Err(self.broken_table(line, &what));
            }
            self.report_rows(node, "a row of a table that is not one of properties");
            return Ok(());
        }
        let heading = self.draft.heading.clone();
        let is_free = |body: &mut Body| body.properties.is_none();
        if heading.is_none() && !self.draft.body().is_some_and(is_free) {
            self.report_rows(node, "a row of a table without a heading");
            return Ok(());
        }
        let mut properties: Vec<Property> = Vec::new();
        let mut entries = None;
        for row in rows {
            self.draft.imported.rows_seen += 1;
            let at = line_of(row);
            let what = match self.row(row, at) {
                Ok(Row::Property(property)) => {
                    if properties.iter().all(|other| other.name != property.name) {
                        properties.push(*property);
                        continue;
                    }
                    format!("a second row for `{}`", property.name)
                }
                Ok(Row::Entries(kind)) if entries.is_none() => {
                    entries = Some(kind);
                    continue;
                }
                Ok(Row::Entries(_)) => "a second row for the names of a dictionary".to_owned(),
                Err(what) => what,
            };
            self.draft.imported.report_row(at, what);
        }
        if let Some(name) = heading {
            self.draft.add(Schema {
                name,
                properties: (entries.is_none() || !properties.is_empty()).then_some(properties),
                entries,
                ..Schema::default()
            });
            return Ok(());
        }
        if entries.is_some() {
            let what = "a row for the names of a dictionary, in a body";
            self.draft.imported.report_row(line, what);
        }
        if let Some(body) = self.draft.body() {
            body.properties = Some(properties);
        }
        Ok(())
    }

    fn row(&self, row: Node<'_>, line: usize) -> Result<Row, String> {
        // The parser of tables adds missing cells and drops additional ones, so the cells are counted in the text.
        let in_text = self.lines.get(line - 1).map_or(0, |text| cells_in(text));
        if in_text != HEADER.len() {
            return Err(wrong_number(in_text));
        }
        let cells: Vec<_> = row.children().collect();
        let [name, kind, contract, description] = cells[..] else {
            return Err(wrong_number(cells.len()));
        };
        let TypeCell {
            kind,
            format,
            mut limits,
        } = parse_type(&text_with_links(kind))
            .map_err(|text| format!("a row of the unknown type `{text}`"))?;
        let (required, more) = parse_contract(&text_of(contract))
            .map_err(|text| format!("a row of the unknown contract `{text}`"))?;
        limits.extend(more);
        let reading = self.draft.imported.variant.source.reading;
        let (required, nullable) = reading.of_contract(required);
        let text = text_of(name);
        if text.len() > 2 && text.starts_with('?') && text.ends_with('?') {
            return Ok(Row::Entries(kind));
        }
        if !is_property_name(&text) {
            return Err(format!("a row of the unreadable name `{text}`"));
        }
        let message = message_of(description);
        Ok(Row::Property(Box::new(Property {
            name: text,
            kind: Some(kind),
            format,
            required,
            nullable,
            limits,
            deprecated: has_struck(name) || message.is_some(),
            replacement: message.as_deref().and_then(replacement_in),
            ..Property::default()
        })))
    }

    fn report_rows(&mut self, table: Node<'_>, what: &str) {
        for row in table.children().skip(1) {
            self.draft.imported.rows_seen += 1;
            self.draft.imported.report_row(line_of(row), what);
        }
    }

    pub(super) fn report_tables_within(&mut self, node: Node<'_>) {
        for part in node.descendants() {
            if matches!(part.data().value, NodeValue::Table(_)) {
                self.report_rows(part, "a row of a table inside of something else");
            }
        }
    }
}

fn wrong_number(cells: usize) -> String {
    format!("a row with {cells} cells instead of {}", HEADER.len())
}

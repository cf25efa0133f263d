//! The text of a rendered OpenAPI operation, without indentation and without statuses.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::cells::is_property_name;
use super::dialect::{Dialect, Operations, Silence};
use super::{Imported, samples};
use crate::conventions::Conventions;

use crate::facts::{Body, Limit, Operation, Property, Reading, Response, Schema, Type};
use openapi_tree::error::{Error, Result};

/// The text of a rendered OpenAPI operation.
pub(super) static DIALECT: Dialect = Dialect {
    id: "rendered-openapi",
    name: "rendered OpenAPI, flattened",
    reading: Reading::BothStated,
    recognizes: |text, conventions| {
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        url(&lines, &conventions.path_prefix).is_some()
    },
    read,
    silence: Silence {
        excludes_formats: true,
        // A rendering contains the keywords of OpenAPI, but not the extensions of the vendor.
        excludes_limit: |limit| limit != Limit::MaxMonths,
        excludes_deprecation: true,
        excludes_statuses: true,
        excludes_operations: Operations::Stated,
        matches_by_name: true,
    },
};

/// Returns the line of the URL, which follows the method.
fn url(lines: &[&str], prefix: &str) -> Option<usize> {
    lines
        .windows(2)
        .position(|pair| pair[0] == "POST" && !prefix.is_empty() && pair[1].starts_with(prefix))
        .map(|method| method + 1)
}

/// Reads a page.
///
/// # Errors
/// Returns an error with a line if the structure of a part is not clear.
fn read(
    file: &Path,
    text: &str,
    conventions: &Conventions,
    imported: Imported,
) -> Result<Imported> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut page = Page {
        conventions,
        at: url(&lines, &conventions.path_prefix).unwrap_or_default(),
        lines,
        imported,
    };
    page.operation().map_err(|(at, what)| {
        let help = "pass one rendered operation, starting at its title";
        Error::new(file, what, help).at_line(at + 1)
    })?;
    Ok(page.imported)
}

type Parsed<T> = std::result::Result<T, (usize, String)>;

/// The name of a schema and its rows.
type Table = (String, Vec<Property>);

struct Page<'t> {
    conventions: &'t Conventions,
    lines: Vec<&'t str>,
    at: usize,
    imported: Imported,
}

impl<'t> Page<'t> {
    fn line(&self, ahead: usize) -> Option<&'t str> {
        self.lines.get(self.at + ahead).copied()
    }

    fn is_at_blank(&self) -> bool {
        self.line(0).is_some_and(str::is_empty)
    }

    /// Returns `true` at the name of a schema, which is the line before `object`.
    fn is_at_schema(&self) -> bool {
        self.line(1) == Some("object")
    }

    /// Skips a line if it is a certain word.
    fn skip(&mut self, word: &str) -> bool {
        let skips = self.line(0) == Some(word);
        self.at += usize::from(skips);
        skips
    }

    fn operation(&mut self) -> Parsed<()> {
        let path = self.lines[self.at][self.conventions.path_prefix.len()..].to_owned();
        let mut before = self.lines[..self.at - 1].iter();
        let title = before.rfind(|line| !line.is_empty());
        let title = title.map(|line| (*line).to_owned());
        self.at += 1;
        let description = self.prose_until_schema()?;
        let request = Some(self.body(&path)?);
        let mut operation = Operation {
            title,
            flags: self.conventions.flags_in_prose(&description),
            path,
            request,
            ..Operation::default()
        };
        while self.skip_blank() {
            self.prose_until_schema()?;
            let body = self.body(&operation.path)?;
            operation.responses.push(Response {
                body: body.schema.clone(),
                ..Response::default()
            });
            if operation.response.is_none() {
                operation.response = Some(body);
            } else {
                let name = body.schema.unwrap_or_default();
                self.add_schema(name, body.properties.unwrap_or_default(), &operation.path);
            }
        }
        self.imported.variant.operations.push(operation);
        Ok(())
    }

    /// Reads a schema with its nested schemas, and its example.
    fn body(&mut self, path: &str) -> Parsed<Body> {
        let ((name, rows), nested) = self.tables()?;
        let mut body = Body {
            schema: Some(name),
            properties: Some(rows),
            ..Body::default()
        };
        let line = self.at + 2;
        if self.skip("Example") {
            let lines = self.lines[self.at..].iter().copied();
            let lines: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
            self.at += lines.len();
            if let Err(what) = samples::add(&mut body, &lines.join("\n")) {
                self.imported.report(line, what);
            }
        }
        for (name, mut rows) in nested {
            for row in &mut rows {
                // An example with the name in an inner object only shows where the row belongs.
                row.perhaps_outside = !body.example.as_ref().is_some_and(|example| {
                    example.get(&row.name).is_none() && occurs_within(example, &row.name)
                });
            }
            self.add_schema(name, rows, path);
        }
        Ok(body)
    }

    /// Adds a schema. It is printed at each use; the rows of the same schema count once.
    fn add_schema(&mut self, name: String, rows: Vec<Property>, path: &str) {
        let count = rows.len();
        let schema = Schema {
            name,
            under: Some(path.to_owned()),
            properties: Some(rows),
            ..Schema::default()
        };
        if self.imported.variant.schemas.contains(&schema) {
            self.imported.rows_seen -= count;
        } else {
            self.imported.variant.schemas.push(schema);
        }
    }

    fn skip_blank(&mut self) -> bool {
        while self.skip("") {}
        self.at < self.lines.len()
    }

    /// Skips prose up to the name of a schema.
    fn prose_until_schema(&mut self) -> Parsed<String> {
        let start = self.at;
        let mut prose = String::new();
        while let Some(line) = self.line(0) {
            if self.is_at_schema() {
                return Ok(prose);
            }
            prose.push_str(line);
            prose.push(' ');
            self.at += 1;
        }
        let what = "missing schema: expected a name, and `object` in the next line";
        Err((start, what.to_owned()))
    }

    /// Reads the table of a schema and those nested in it: name, `object`, properties. The end of an inner table is
    /// unknown; see [`Property::perhaps_outside`].
    fn tables(&mut self) -> Parsed<(Table, Vec<Table>)> {
        let mut tables: Vec<Table> = Vec::new();
        let mut rows: Vec<Property> = Vec::new();
        let mut name = self.lines[self.at];
        self.at += 2;
        while let Some(line) = self.line(0).filter(|line| *line != "Example") {
            if line.is_empty() {
                if self.ends_here() {
                    break;
                }
                self.at += 1;
            } else if self.is_at_schema() {
                let what = format!("expected a property, found the schema `{line}`");
                let owner = rows.last_mut().ok_or((self.at, what))?;
                let kind = Type::named(line);
                owner.kind = Some(match owner.kind {
                    Some(Type::Array(_)) => Type::array_of(kind),
                    _ => kind,
                });
                tables.push((name.to_owned(), std::mem::take(&mut rows)));
                name = line;
                self.at += 2;
            } else {
                rows.push(self.property()?);
                self.imported.rows_seen += 1;
            }
        }
        tables.push((name.to_owned(), rows));
        let outer = tables.remove(0);
        Ok((outer, tables))
    }

    /// Returns `true` if the schema ends at this blank line, because prose and a schema follow, or nothing.
    fn ends_here(&self) -> bool {
        let filled = |at: &usize| !self.lines[*at].is_empty();
        let mut ahead = (self.at..self.lines.len()).filter(filled);
        let is_schema = |at: usize| self.lines.get(at + 1) == Some(&"object");
        let Some(next) = ahead.next() else {
            return true;
        };
        let line = self.lines[next];
        if line == "Example" || is_schema(next) {
            return false;
        }
        // The name of a property is one word, and a type follows; prose is followed by a schema.
        !is_property_name(line) || ahead.next().is_some_and(is_schema)
    }

    /// Reads a property: name, `required`, prose, type, constraints, `nullable`. Only the name is always present.
    fn property(&mut self) -> Parsed<Property> {
        let name = self.lines[self.at];
        if !is_property_name(name) {
            let what = format!("expected the name of a property, found `{name}`");
            return Err((self.at, what));
        }
        self.at += 1;
        let mut property = Property {
            name: name.to_owned(),
            kind: Some(Type::Any),
            required: Some(self.skip("required")),
            ..Property::default()
        };
        if self.is_at_blank() {
            if !self.ends_with_type() {
                // Only the name of the property is left.
                property.nullable = Some(true);
                return Ok(property);
            }
            // The description, between two blank lines.
            self.at += 1;
            while let Some(line) = self.line(0).filter(|line| !line.is_empty()) {
                property.deprecated |= line.to_ascii_lowercase().starts_with("deprecated");
                self.at += 1;
            }
            self.at += 1;
        }
        let (mut typed, mut nullable) = (false, false);
        while let Some(line) = self.line(0) {
            if let Some((kind, format)) = kind_of(line) {
                property.kind = Some(kind);
                property.format = format;
                typed = true;
            } else if line.starts_with(">=") || line.starts_with("<=") {
                let what = || format!("unknown constraint `{line}`");
                property.limits = limits_of(line).ok_or_else(|| (self.at, what()))?;
            } else if line == "nullable" {
                nullable = true;
            } else if line == "deprecated" {
                property.deprecated = true;
            } else {
                break;
            }
            self.at += 1;
        }
        // A property without a type accepts anything, also null.
        property.nullable = Some(nullable || !typed);
        Ok(property)
    }

    /// Returns `true` if a description follows, and a type after it.
    fn ends_with_type(&self) -> bool {
        let description = |line: &&&str| !line.is_empty();
        let mut after = self.lines[self.at + 1..].iter().skip_while(description);
        after
            .nth(1)
            .is_some_and(|line| kind_of(line).is_some() || *line == "nullable")
    }
}

fn occurs_within(value: &Value, name: &str) -> bool {
    let is_in = |value: &Value| value.get(name).is_some() || occurs_within(value, name);
    match value {
        Value::Object(object) => object.values().any(is_in),
        Value::Array(items) => items.iter().any(is_in),
        _ => false,
    }
}

/// Parses a type such as `string format: uuid`, `Array<object>` or `boolean`.
fn kind_of(line: &str) -> Option<(Type, Option<String>)> {
    let (kind, format) = match line.split_once(" format: ") {
        Some((kind, format)) => (kind, Some(format.to_owned())),
        None => (line, None),
    };
    if let Some(kind) = Type::plain(kind) {
        return Some((kind, format));
    }
    let (items, _) = kind_of(kind.strip_prefix("Array<")?.strip_suffix('>')?)?;
    Some((Type::array_of(items), format))
}

/// Parses constraints such as `>= 1 characters <= 128 characters` or `<= 1000 items`.
fn limits_of(line: &str) -> Option<BTreeMap<Limit, Value>> {
    let mut limits = BTreeMap::new();
    let mut words = line.split_whitespace().peekable();
    while let Some(bound) = words.next() {
        let number: u64 = words.next()?.parse().ok()?;
        let unit = words.next_if(|word| !matches!(*word, ">=" | "<="));
        let limit = match (bound, unit) {
            (">=", Some("characters")) => Limit::MinLength,
            ("<=", Some("characters")) => Limit::MaxLength,
            (">=", Some("items")) => Limit::MinItems,
            ("<=", Some("items")) => Limit::MaxItems,
            (">=", None) => Limit::Minimum,
            ("<=", None) => Limit::Maximum,
            _ => return None,
        };
        limits.insert(limit, Value::from(number));
    }
    Some(limits)
}

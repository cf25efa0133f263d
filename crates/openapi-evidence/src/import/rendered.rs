//! The text of a rendered OpenAPI operation, without indentation and without statuses.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::cells::is_property_name;
use super::dialect::{Dialect, Operations, Silence};
use super::{Imported, samples};
use crate::conventions::Conventions;

use crate::facts::{Body, Limit, Operation, Property, Reading, Reported, Response, Schema, Type};
use openapi_tree::error::{Error, Location, Result};

/// The text of a rendered OpenAPI operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rendered;

impl Dialect for Rendered {
    fn id(&self) -> &'static str {
        "rendered-openapi"
    }

    fn name(&self) -> &'static str {
        "rendered OpenAPI, flattened"
    }

    fn recognizes(&self, text: &str, conventions: &Conventions) -> bool {
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        url(&lines, &conventions.path_prefix).is_some()
    }

    fn read(&self, file: &Path, text: &str, conventions: &Conventions) -> Result<Imported> {
        import(file, text, conventions)
    }

    fn silence(&self) -> Silence {
        Silence {
            denies_formats: true,
            // A rendering contains the keywords of OpenAPI, but not the extensions of the vendor.
            denies_limits: &[
                Limit::MinLength,
                Limit::MaxLength,
                Limit::MinItems,
                Limit::MaxItems,
                Limit::UniqueItems,
                Limit::Minimum,
                Limit::Maximum,
            ],
            denies_deprecation: true,
            denies_statuses: true,
            denies_operations: Operations::Stated,
            matches_by_name: true,
        }
    }
}

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
fn import(file: &Path, text: &str, conventions: &Conventions) -> Result<Imported> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut page = Page {
        conventions,
        at: url(&lines, &conventions.path_prefix).unwrap_or_default(),
        lines,
        imported: Imported::new(&Rendered, Reading::BothStated),
    };
    page.operation().map_err(|(at, what)| {
        Error::new(
            file,
            what,
            "pass one rendered operation, starting at its title",
        )
        .at(Location::LineColumn {
            line: at + 1,
            column: 1,
        })
    })?;
    Ok(page.imported)
}

type Parsed<T> = std::result::Result<T, (usize, String)>;

struct Page<'t> {
    conventions: &'t Conventions,
    lines: Vec<&'t str>,
    at: usize,
    imported: Imported,
}

/// A printed schema with its nested schemas.
struct Printed {
    name: String,
    properties: Vec<Property>,
    nested: Vec<Schema>,
}

impl<'t> Page<'t> {
    fn operation(&mut self) -> Parsed<()> {
        let path = self.lines[self.at][self.conventions.path_prefix.len()..].to_owned();
        let title = self.lines[..self.at - 1]
            .iter()
            .rev()
            .find(|line| !line.is_empty())
            .map(|line| (*line).to_owned());
        self.at += 1;
        let description = self.prose_until_schema()?;
        let request = self.printed()?;
        let request_example = self.example();
        let mut operation = Operation {
            title,
            flags: self.conventions.flags_in_prose(&description),
            path,
            ..Operation::default()
        };
        operation.request = Some(self.body(request, request_example, &operation.path));
        let mut first = true;
        while self.skip_blank() {
            self.prose_until_schema()?;
            let response = self.printed()?;
            let example = self.example();
            operation.responses.push(Response {
                status: None,
                body: Some(response.name.clone()),
                headers: Vec::new(),
                from: None,
                dated: None,
            });
            if first {
                operation.response = Some(self.body(response, example, &operation.path));
                first = false;
            } else {
                self.schema(response, &operation.path);
            }
        }
        self.imported.variant.operations.push(operation);
        Ok(())
    }

    fn body(&mut self, printed: Printed, example: Option<samples::Sample>, path: &str) -> Body {
        self.add_schemas(printed.nested, path);
        let (example, invalid) =
            example.map_or((None, None), |sample| (Some(sample.value), sample.invalid));
        Body {
            schema: Some(printed.name),
            properties: Some(printed.properties),
            partial: false,
            required: None,
            example,
            invalid,
        }
    }

    fn schema(&mut self, printed: Printed, path: &str) {
        let mut schemas = printed.nested;
        schemas.push(Schema {
            name: printed.name,
            properties: Some(printed.properties),
            ..Schema::default()
        });
        self.add_schemas(schemas, path);
    }

    /// Adds schemas. A schema is printed at each use; the rows of the same schema count once.
    fn add_schemas(&mut self, schemas: Vec<Schema>, path: &str) {
        for mut schema in schemas {
            schema.under = Some(path.to_owned());
            if self.imported.variant.schemas.contains(&schema) {
                self.imported.rows_seen -= schema.properties.as_ref().map_or(0, Vec::len);
            } else {
                self.imported.variant.schemas.push(schema);
            }
        }
    }

    fn skip_blank(&mut self) -> bool {
        while self.lines.get(self.at).is_some_and(|line| line.is_empty()) {
            self.at += 1;
        }
        self.at < self.lines.len()
    }

    /// Skips prose up to the name of a schema, which is the line before `object`.
    fn prose_until_schema(&mut self) -> Parsed<String> {
        let start = self.at;
        let mut prose = String::new();
        while self.at < self.lines.len() {
            if self.lines.get(self.at + 1) == Some(&"object") {
                return Ok(prose);
            }
            prose.push_str(self.lines[self.at]);
            prose.push(' ');
            self.at += 1;
        }
        Err((
            start,
            "missing schema: expected a name, and `object` in the next line".to_owned(),
        ))
    }

    /// Reads a schema: name, `object`, properties. The end of an inner table is unknown; see
    /// [`Property::perhaps_outside`].
    fn printed(&mut self) -> Parsed<Printed> {
        let mut printed = Printed {
            name: self.lines[self.at].to_owned(),
            properties: Vec::new(),
            nested: Vec::new(),
        };
        self.at += 2;
        let mut inner: Option<Schema> = None;
        while self.at < self.lines.len() && self.lines[self.at] != "Example" {
            if self.lines[self.at].is_empty() {
                if self.ends_here() {
                    break;
                }
                self.at += 1;
                continue;
            }
            if self.lines.get(self.at + 1) == Some(&"object") {
                let name = self.lines[self.at].to_owned();
                let owner = match &inner {
                    Some(schema) => schema.properties.as_ref().and_then(|rows| rows.last()),
                    None => printed.properties.last(),
                };
                if owner.is_none() {
                    return Err((
                        self.at,
                        format!("expected a property, found the schema `{name}`"),
                    ));
                }
                let rows = match &mut inner {
                    Some(schema) => schema.properties.get_or_insert_default(),
                    None => &mut printed.properties,
                };
                if let Some(row) = rows.last_mut() {
                    row.kind = Some(match row.kind.take() {
                        Some(Type::Array(_)) => Type::array_of(Type::named(&name)),
                        _ => Type::named(&name),
                    });
                }
                printed.nested.extend(inner.replace(Schema {
                    name,
                    properties: Some(Vec::new()),
                    ..Schema::default()
                }));
                self.at += 2;
                continue;
            }
            let mut property = self.property()?;
            self.imported.rows_seen += 1;
            match &mut inner {
                Some(schema) => {
                    property.perhaps_outside = true;
                    schema.properties.get_or_insert_default().push(property);
                }
                None => printed.properties.push(property),
            }
        }
        printed.nested.extend(inner);
        let example = self.peek_example();
        for schema in &mut printed.nested {
            for row in schema.properties.iter_mut().flatten() {
                // An example with the name in an inner object only shows where the row belongs.
                row.perhaps_outside = !example.as_ref().is_some_and(|example| {
                    example.get(&row.name).is_none() && occurs_within(example, &row.name)
                });
            }
        }
        Ok(printed)
    }

    /// Returns `true` if the schema ends at this blank line, because prose and a schema follow, or nothing.
    fn ends_here(&self) -> bool {
        let mut ahead = self.lines[self.at..]
            .iter()
            .enumerate()
            .filter(|(_, line)| !line.is_empty());
        let Some((offset, next)) = ahead.next() else {
            return true;
        };
        if *next == "Example" || self.lines.get(self.at + offset + 1) == Some(&"object") {
            return false;
        }
        // The name of a property is one word, and a type follows; prose is followed by a schema.
        if next.contains(' ') {
            return true;
        }
        let after = ahead.next().map(|(offset, _)| self.at + offset);
        !is_property_name(next)
            || after.is_some_and(|after| self.lines.get(after + 1) == Some(&"object"))
    }

    /// Reads a property: name, `required`, prose, type, constraints, `nullable`. Only the name is always present.
    fn property(&mut self) -> Parsed<Property> {
        let start = self.at;
        let name = self.lines[self.at];
        if !is_property_name(name) {
            return Err((
                start,
                format!("expected the name of a property, found `{name}`"),
            ));
        }
        let mut property = Property {
            name: name.to_owned(),
            kind: Some(Type::Any),
            required: Some(false),
            nullable: Some(false),
            ..Property::default()
        };
        self.at += 1;
        if self.lines.get(self.at) == Some(&"required") {
            property.required = Some(true);
            self.at += 1;
        }
        if self.lines.get(self.at).is_some_and(|line| line.is_empty()) && !self.ends_with_type() {
            // Only the name of the property is left.
            property.nullable = Some(true);
            return Ok(property);
        }
        // The description, between two blank lines.
        if self.lines.get(self.at).is_some_and(|line| line.is_empty()) {
            self.at += 1;
            while self.lines.get(self.at).is_some_and(|line| !line.is_empty()) {
                property.deprecated |= self.lines[self.at]
                    .to_ascii_lowercase()
                    .starts_with("deprecated");
                self.at += 1;
            }
            self.at += 1;
        }
        let mut typed = false;
        while let Some(line) = self.lines.get(self.at).copied() {
            if let Some((kind, format)) = kind_of(line) {
                property.kind = Some(kind);
                property.format = format;
                typed = true;
            } else if line.starts_with(">=") || line.starts_with("<=") {
                property.limits = limits_of(line)
                    .ok_or_else(|| (self.at, format!("unknown constraint `{line}`")))?;
            } else if line == "nullable" {
                property.nullable = Some(true);
            } else if line == "deprecated" {
                property.deprecated = true;
            } else {
                break;
            }
            self.at += 1;
        }
        // A property without a type accepts anything, also null.
        property.nullable = property.nullable.map(|nullable| nullable || !typed);
        Ok(property)
    }

    /// Returns `true` if a description follows, and a type after it.
    fn ends_with_type(&self) -> bool {
        self.lines[self.at + 1..]
            .iter()
            .skip_while(|line| !line.is_empty())
            .nth(1)
            .is_some_and(|line| kind_of(line).is_some() || *line == "nullable")
    }

    fn example(&mut self) -> Option<samples::Sample> {
        if self.lines.get(self.at) != Some(&"Example") {
            return None;
        }
        let line = self.at + 2;
        self.at += 1;
        let text = self.example_text(self.at);
        self.at += text.lines().count();
        match samples::parse(&text) {
            Ok(sample) => Some(sample),
            Err(error) => {
                let what = format!("an example that is not JSON: {error}");
                self.imported.variant.reported.push(Reported { line, what });
                None
            }
        }
    }

    fn peek_example(&self) -> Option<Value> {
        if self.lines.get(self.at) != Some(&"Example") {
            return None;
        }
        samples::parse(&self.example_text(self.at + 1))
            .ok()
            .map(|sample| sample.value)
    }

    fn example_text(&self, from: usize) -> String {
        let lines: Vec<&'t str> = self.lines[from..]
            .iter()
            .copied()
            .take_while(|line| !line.is_empty())
            .collect();
        lines.join("\n")
    }
}

fn occurs_within(value: &Value, name: &str) -> bool {
    match value {
        Value::Object(object) => object
            .values()
            .any(|value| value.get(name).is_some() || occurs_within(value, name)),
        Value::Array(items) => items
            .iter()
            .any(|value| value.get(name).is_some() || occurs_within(value, name)),
        _ => false,
    }
}

/// Parses a type such as `string format: uuid`, `Array<object>` or `boolean`.
fn kind_of(line: &str) -> Option<(Type, Option<String>)> {
    let (kind, format) = match line.split_once(" format: ") {
        Some((kind, format)) => (kind, Some(format.to_owned())),
        None => (line, None),
    };
    let kind = match kind {
        "string" => Type::String,
        "boolean" => Type::Boolean,
        "integer" => Type::Integer,
        "number" => Type::Number,
        "object" => Type::Object,
        "any" => Type::Any,
        _ => {
            let (items, _) = kind_of(kind.strip_prefix("Array<")?.strip_suffix('>')?)?;
            Type::array_of(items)
        }
    };
    Some((kind, format))
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

//! OpenAPI 3.0 documents, in YAML or JSON.

mod shapes;

use std::path::Path;

use serde_json::Value;

use super::cells::replacement_in;
use super::dialect::{Dialect, Operations, Silence};
use super::{Imported, samples};
use crate::conventions::Conventions;

use crate::facts::{Body, NO_BODY, Operation, Property, Reading, Response, Schema, Type};
use openapi_tree::document::{Document, escape, is_true, items, members, text_at};
use openapi_tree::error::{Error, Result};
use openapi_tree::schemas::{
    self, component_pointer, components, operations, pointer_of, properties, required,
};

/// An OpenAPI document.
pub(super) static DIALECT: Dialect = Dialect {
    id: "openapi",
    name: "OpenAPI",
    reading: Reading::BothStated,
    recognizes: |text, _| {
        let keys = ["openapi:", "swagger:", "\"openapi\":", "'openapi':"];
        let has_key = |line: &str| keys.iter().any(|key| line.starts_with(key));
        text.trim_start().starts_with('{') || text.lines().any(has_key)
    },
    read,
    silence: Silence {
        excludes_formats: true,
        excludes_limit: |_| true,
        excludes_deprecation: true,
        excludes_statuses: true,
        excludes_operations: Operations::All,
        matches_by_name: false,
    },
};

/// Reads a document.
///
/// # Errors
/// Returns an error with a JSON Pointer if the document is not OpenAPI 3.0, or if a part does not have the shape that
/// OpenAPI requires.
fn read(
    file: &Path,
    text: &str,
    conventions: &Conventions,
    imported: Imported,
) -> Result<Imported> {
    let document = &Document::parse(file, text)?;
    let version = text_at(&document.tree, "openapi").unwrap_or_default();
    if !version.starts_with("3.0") {
        let what = if version.is_empty() {
            "missing version of OpenAPI".to_owned()
        } else {
            format!("unsupported version of OpenAPI `{version}`")
        };
        let error = Error::new(file, what, "pass an OpenAPI 3.0 document");
        return Err(error.at_pointer("/openapi"));
    }
    let mut reader = Reader {
        document,
        conventions,
        imported,
        inline: Vec::new(),
        read: 0,
    };
    reader.schemas()?;
    reader.operations()?;
    let mut imported = reader.imported;
    let variant = &mut imported.variant;
    variant.schemas.append(&mut reader.inline);
    variant
        .schemas
        .sort_by(|left, right| left.name.cmp(&right.name));
    variant
        .operations
        .sort_by(|left, right| left.path.cmp(&right.path));
    imported.rows_seen = variant.rows();
    Ok(imported)
}

struct Reader<'d> {
    document: &'d Document,
    conventions: &'d Conventions,
    imported: Imported,
    /// The objects without a name, which are named after their location.
    inline: Vec<Schema>,
    /// The number of schema objects that were read. A schema counts once for each reference.
    read: usize,
}

/// The maximum length of a chain of references.
const MAX_CHAIN: usize = 32;

/// The maximum number of schema objects that are read. The OpenAPI document of a large API has about ten thousand.
const MAX_SCHEMAS: usize = 200_000;

impl<'d> Reader<'d> {
    fn schemas(&mut self) -> Result<()> {
        for (name, node) in components(&self.document.tree) {
            let pointer = component_pointer(name);
            self.object(node, &pointer)?;
            if is_scalar(node) {
                continue;
            }
            let mut schema = self.schema(name, node, &pointer)?;
            schema.title = text_at(node, "title")
                .filter(|title| title != name)
                .map(str::to_owned);
            self.imported.variant.schemas.push(schema);
        }
        Ok(())
    }

    fn object(&self, node: &'d Value, pointer: &str) -> Result<&'d Value> {
        if node.is_object() {
            return Ok(node);
        }
        let help = "fix the document at this location";
        Err(self.error(pointer, "expected an object", help))
    }

    fn error(&self, pointer: impl Into<String>, what: impl Into<String>, help: &str) -> Error {
        Error::new(&self.document.file, what, help).at_pointer(pointer)
    }

    /// Reads a schema with a name: an object, an enum, or a dictionary.
    fn schema(&mut self, name: &str, node: &'d Value, pointer: &str) -> Result<Schema> {
        let mut schema = Schema {
            name: name.to_owned(),
            values: enum_of(node),
            ..Schema::default()
        };
        if schema.values.is_some() {
            return Ok(schema);
        }
        let mut properties = Vec::new();
        self.properties(name, node, pointer, &mut properties, 0)?;
        properties.sort_by(|left: &Property, right| left.name.cmp(&right.name));
        match node.get("additionalProperties") {
            Some(values @ Value::Object(_)) if properties.is_empty() => {
                let shape =
                    self.shape(name, values, &format!("{pointer}/additionalProperties"), 0)?;
                schema.entries = shape.kind;
            }
            additional => {
                schema.properties = Some(properties);
                schema.additional = Some(additional != Some(&Value::Bool(false)));
            }
        }
        Ok(schema)
    }

    /// Reads the properties of an object, with those of the objects that it is composed of.
    fn properties(
        &mut self,
        owner: &str,
        node: &'d Value,
        pointer: &str,
        into: &mut Vec<Property>,
        depth: usize,
    ) -> Result<()> {
        self.enter(pointer, depth)?;
        for (index, part) in items(node, "allOf").enumerate() {
            let pointer = format!("{pointer}/allOf/{index}");
            let part = self.resolved(part, &pointer)?;
            self.properties(owner, part, &pointer, into, depth + 1)?;
        }
        let required = required(node);
        for (name, node) in properties(node) {
            let pointer = format!("{pointer}/properties/{}", escape(name));
            let shape = self.shape(&format!("{owner}.{name}"), node, &pointer, 0)?;
            into.retain(|other: &Property| other.name != *name);
            into.push(Property {
                name: name.clone(),
                required: Some(required.contains(&name.as_str())),
                deprecated: is_true(node, "deprecated"),
                replacement: text_at(node, &self.conventions.deprecated_message)
                    .and_then(replacement_in),
                ..shape
            });
        }
        Ok(())
    }

    /// Returns the component that a reference leads to, with its name.
    fn reference(&self, node: &'d Value, pointer: &str) -> Result<Option<(&'d str, &'d Value)>> {
        let Some(target) = text_at(node, "$ref") else {
            return Ok(None);
        };
        let found = pointer_of(target).and_then(|path| self.document.tree.pointer(&path));
        let found = found.filter(|found| found.is_object()).ok_or_else(|| {
            let what = format!("unknown reference target `{target}`");
            let help = "pass the document with its components, in one file";
            self.error(format!("{pointer}/$ref"), what, help)
        })?;
        Ok(Some((target.rsplit('/').next().unwrap_or_default(), found)))
    }

    /// Returns an object, or the one that it refers to.
    fn resolved(&self, node: &'d Value, pointer: &str) -> Result<&'d Value> {
        match self.reference(node, pointer)? {
            Some((_, target)) => Ok(target),
            None => self.object(node, pointer),
        }
    }

    /// Counts a schema that is read.
    ///
    /// # Errors
    /// Returns an error if the references are circular, or if there are too many schemas.
    fn enter(&mut self, pointer: &str, depth: usize) -> Result<()> {
        self.read += 1;
        if depth <= MAX_CHAIN && self.read <= MAX_SCHEMAS {
            return Ok(());
        }
        let pointer = pointer.split("/allOf").next().unwrap_or(pointer);
        let what = "unsupported references: circular, or to too many schemas";
        Err(self.error(
            pointer,
            what,
            "remove the circle, or pass a smaller document",
        ))
    }

    fn operations(&mut self) -> Result<()> {
        if let Some(paths) = self.document.tree.get("paths") {
            self.object(paths, "/paths")?;
        }
        for operation in operations(&self.document.tree) {
            if operation.method == "post" {
                let operation = self.operation(&operation)?;
                self.imported.variant.operations.push(operation);
            } else {
                self.report(&operation.pointer, "an operation that is not a POST");
            }
        }
        Ok(())
    }

    fn operation(&mut self, at: &schemas::Operation<'d>) -> Result<Operation> {
        let (node, pointer) = (at.node, &at.pointer);
        let prose = text_at(node, "description").unwrap_or_default();
        let path = at.path.strip_prefix(&self.conventions.path_prefix);
        let mut operation = Operation {
            path: path.unwrap_or(at.path).to_owned(),
            title: text_at(node, "summary").map(str::to_owned),
            flags: self.conventions.flags_in_links(prose),
            deprecated: is_true(node, "deprecated"),
            ..Operation::default()
        };
        if let Some(request) = node.get("requestBody") {
            let pointer = format!("{pointer}/requestBody");
            let holder = self.resolved(request, &pointer)?;
            let body = self.body(&format!("{}.request", operation.path), holder, &pointer)?;
            operation.request = body.map(|body| Body {
                required: Some(is_true(holder, "required")),
                ..body
            });
        }
        for (status, response) in members(node, "responses") {
            let pointer = format!("{pointer}/responses/{status}");
            let holder = self.resolved(response, &pointer)?;
            let body = self.body(&format!("{}.{status}", operation.path), holder, &pointer)?;
            let name = match &body {
                Some(body) => body.schema.as_deref().unwrap_or("object"),
                None => NO_BODY,
            };
            operation.responses.push(Response {
                status: Some(status.clone()),
                body: Some(name.to_owned()),
                headers: members(holder, "headers")
                    .map(|(name, _)| name.clone())
                    .collect(),
                ..Response::default()
            });
            if status == "200" {
                operation.response = body;
            }
        }
        let responses = &mut operation.responses;
        responses.sort_by(|left, right| left.status.cmp(&right.status));
        Ok(operation)
    }

    fn body(&mut self, owner: &str, holder: &'d Value, pointer: &str) -> Result<Option<Body>> {
        const MEDIA: &str = "/content/application~1json";
        let Some(media) = holder.pointer(MEDIA) else {
            return Ok(None);
        };
        let first = members(media, "examples").next();
        let first = first.and_then(|(_, example)| example.get("value"));
        let mut body = Body {
            example: media.get("example").or(first).map(samples::sorted),
            ..Body::default()
        };
        if let Some(schema) = media.get("schema") {
            let shape = self.shape(owner, schema, &format!("{pointer}{MEDIA}/schema"), 0)?;
            body.schema = shape.kind.as_ref().and_then(Type::name).map(str::to_owned);
        }
        Ok(Some(body))
    }

    fn report(&mut self, pointer: &str, what: &str) {
        self.imported.report(0, format!("{what}, at {pointer}"));
    }
}

/// Returns `true` if a component is a string, a number or a list, so that its facts belong to the property that uses it.
fn is_scalar(node: &Value) -> bool {
    const SCALARS: [&str; 5] = ["string", "integer", "number", "boolean", "array"];
    node.get("enum").is_none() && text_at(node, "type").is_some_and(|kind| SCALARS.contains(&kind))
}

/// Returns the values of an enum as strings, without null.
fn enum_of(node: &Value) -> Option<Vec<String>> {
    let values = node.get("enum")?.as_array()?.iter();
    let values = values.filter(|value| !value.is_null());
    let string = |value: &Value| match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    Some(values.map(string).collect())
}

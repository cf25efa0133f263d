//! OpenAPI 3.0 documents, in YAML or JSON.

mod shapes;

use std::path::Path;

use serde_json::{Map, Value};
use strum::VariantArray as _;

use super::cells::replacement_in;
use super::dialect::{Dialect, Operations, Silence};
use super::{Imported, samples};
use crate::conventions::Conventions;

use crate::facts::{
    Body, Limit, NO_BODY, Operation, Property, Reading, Reported, Response, Schema,
};
use openapi_tree::document::{Document, escape};
use openapi_tree::error::{Error, Result};
use openapi_tree::schemas::{
    self, component_pointer, components, operations, pointer_of, properties, required,
};

/// An OpenAPI document.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenApi;

impl Dialect for OpenApi {
    fn id(&self) -> &'static str {
        "openapi"
    }

    fn name(&self) -> &'static str {
        "OpenAPI"
    }

    fn recognizes(&self, text: &str, _: &Conventions) -> bool {
        text.trim_start().starts_with('{')
            || text.lines().any(|line| {
                ["openapi:", "swagger:", "\"openapi\":", "'openapi':"]
                    .iter()
                    .any(|key| line.starts_with(key))
            })
    }

    fn read(&self, file: &Path, text: &str, conventions: &Conventions) -> Result<Imported> {
        import(&Document::parse(file, text)?, conventions)
    }

    fn silence(&self) -> Silence {
        Silence {
            denies_formats: true,
            denies_limits: Limit::VARIANTS,
            denies_deprecation: true,
            denies_statuses: true,
            denies_operations: Operations::All,
            matches_by_name: false,
        }
    }
}

/// Reads a document.
///
/// # Errors
/// Returns an error with a JSON Pointer if the document is not OpenAPI 3.0, or if a part does not have the shape that
/// OpenAPI requires.
fn import(document: &Document, conventions: &Conventions) -> Result<Imported> {
    let version = document
        .tree
        .get("openapi")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !version.starts_with("3.0") {
        let what = if version.is_empty() {
            "missing version of OpenAPI".to_owned()
        } else {
            format!("unsupported version of OpenAPI `{version}`")
        };
        return Err(
            Error::new(&document.file, what, "pass an OpenAPI 3.0 document").at_pointer("/openapi"),
        );
    }
    let mut reader = Reader {
        document,
        conventions,
        imported: Imported::new(&OpenApi, Reading::BothStated),
        inline: Vec::new(),
        read: 0,
    };
    reader.schemas()?;
    reader.operations()?;
    reader.imported.variant.schemas.append(&mut reader.inline);
    reader
        .imported
        .variant
        .schemas
        .sort_by(|left, right| left.name.cmp(&right.name));
    reader
        .imported
        .variant
        .operations
        .sort_by(|left, right| left.path.cmp(&right.path));
    let rows = reader.imported.variant.rows();
    reader.imported.rows_seen = rows;
    Ok(reader.imported)
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

    fn object(&self, node: &'d Value, pointer: &str) -> Result<&'d Map<String, Value>> {
        node.as_object().ok_or_else(|| {
            Error::new(
                &self.document.file,
                "expected an object",
                "fix the document at this location",
            )
            .at_pointer(pointer)
        })
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
                schema.entries = Some(shape.kind);
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
        let parts = node.get("allOf").and_then(Value::as_array);
        for (index, part) in parts.into_iter().flatten().enumerate() {
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
                kind: Some(shape.kind),
                format: shape.format,
                required: Some(required.contains(&name.as_str())),
                nullable: Some(shape.nullable),
                limits: shape.limits,
                values: shape.values,
                deprecated: is_true(node, "deprecated"),
                replacement: text_at(node, &self.conventions.deprecated_message)
                    .and_then(replacement_in),
                ..Property::default()
            });
        }
        Ok(())
    }

    /// Returns the component that a reference leads to, with its name.
    fn reference(&self, node: &'d Value, pointer: &str) -> Result<Option<(&'d str, &'d Value)>> {
        let Some(target) = node.get("$ref").and_then(Value::as_str) else {
            return Ok(None);
        };
        let found = pointer_of(target).and_then(|path| self.document.tree.pointer(&path));
        let found = found.filter(|found| found.is_object()).ok_or_else(|| {
            Error::new(
                &self.document.file,
                format!("unknown reference target `{target}`"),
                "pass the document with its components, in one file",
            )
            .at_pointer(format!("{pointer}/$ref"))
        })?;
        Ok(Some((target.rsplit('/').next().unwrap_or_default(), found)))
    }

    /// Returns an object, or the one that it refers to.
    fn resolved(&self, node: &'d Value, pointer: &str) -> Result<&'d Value> {
        match self.reference(node, pointer)? {
            Some((_, target)) => Ok(target),
            None => self.object(node, pointer).map(|_| node),
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
        Err(Error::new(
            &self.document.file,
            "unsupported references: circular, or to too many schemas",
            "remove the circle, or pass a smaller document",
        )
        .at_pointer(pointer))
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
            operation.request =
                self.body(&format!("{}.request", operation.path), holder, &pointer)?;
            if let Some(body) = &mut operation.request {
                body.required = Some(is_true(holder, "required"));
            }
        }
        let responses = node.get("responses").and_then(Value::as_object);
        for (status, response) in responses.into_iter().flatten() {
            let pointer = format!("{pointer}/responses/{status}");
            let holder = self.resolved(response, &pointer)?;
            let body = self.body(&format!("{}.{status}", operation.path), holder, &pointer)?;
            let headers = holder.get("headers").and_then(Value::as_object);
            operation.responses.push(Response {
                status: Some(status.clone()),
                body: Some(match &body {
                    Some(body) => body.schema.clone().unwrap_or_else(|| "object".to_owned()),
                    None => NO_BODY.to_owned(),
                }),
                headers: headers
                    .into_iter()
                    .flatten()
                    .map(|(name, _)| name.clone())
                    .collect(),
                from: None,
                dated: None,
            });
            if status == "200" {
                operation.response = body;
            }
        }
        operation
            .responses
            .sort_by(|left, right| left.status.cmp(&right.status));
        Ok(operation)
    }

    fn body(&mut self, owner: &str, holder: &'d Value, pointer: &str) -> Result<Option<Body>> {
        const MEDIA: &str = "/content/application~1json";
        let Some(media) = holder.pointer(MEDIA) else {
            return Ok(None);
        };
        let named = media.get("examples").and_then(Value::as_object);
        let first = named.and_then(|named| named.values().next()?.get("value"));
        let mut body = Body {
            example: media.get("example").or(first).map(samples::tidy),
            ..Body::default()
        };
        if let Some(schema) = media.get("schema") {
            let shape = self.shape(owner, schema, &format!("{pointer}{MEDIA}/schema"), 0)?;
            body.schema = shape.kind.name().map(str::to_owned);
        }
        Ok(Some(body))
    }

    fn report(&mut self, pointer: &str, what: &str) {
        self.imported.variant.reported.push(Reported {
            line: 0,
            what: format!("{what}, at {pointer}"),
        });
    }
}

/// Returns `true` if a component is a string, a number or a list, so that its facts belong to the property that uses it.
fn is_scalar(node: &Value) -> bool {
    const SCALARS: [&str; 5] = ["string", "integer", "number", "boolean", "array"];
    node.get("enum").is_none() && text_at(node, "type").is_some_and(|kind| SCALARS.contains(&kind))
}

fn is_true(node: &Value, keyword: &str) -> bool {
    node.get(keyword) == Some(&Value::Bool(true))
}

fn text_at<'a>(node: &'a Value, keyword: &str) -> Option<&'a str> {
    node.get(keyword)?.as_str()
}

/// Returns the values of an enum as strings, without null.
fn enum_of(node: &Value) -> Option<Vec<String>> {
    let values = node
        .get("enum")?
        .as_array()?
        .iter()
        .filter(|value| !value.is_null());
    let string = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    Some(values.map(string).collect())
}

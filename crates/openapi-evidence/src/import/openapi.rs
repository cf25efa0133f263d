//! OpenAPI 3.0 documents, in YAML or JSON.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use super::cells::replacement_in;
use super::dialect::{Dialect, Operations, Silence};
use super::{Imported, samples};
use crate::conventions::Conventions;

use crate::facts::{
    Body, Limit, NO_BODY, Name, Operation, Property, Reading, Reported, Response, Schema, Type,
};
use openapi_tree::document::{Document, escape};
use openapi_tree::error::{Error, Result};
use openapi_tree::schemas::{METHODS, pointer_of};

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
            denies_limits: &Limit::ALL,
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
/// Returns an error if it is not OpenAPI 3.0, or a part does not have the shape that OpenAPI asks for; with its
/// JSON pointer.
fn import(document: &Document, conventions: &Conventions) -> Result<Imported> {
    let version = document
        .tree
        .get("openapi")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !version.starts_with("3.0") {
        let what = if version.is_empty() {
            "is JSON or YAML, but no OpenAPI document".to_owned()
        } else {
            format!("is OpenAPI {version}")
        };
        return Err(
            Error::new(&document.file, what, "give an OpenAPI 3.0 document").at_pointer("/openapi"),
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
    /// Objects that have no name of their own; they are called after where they stand.
    inline: Vec<Schema>,
    /// The schema objects that were read so far; one that is referred to counts each time.
    read: usize,
}

/// What a schema object says, references to scalars followed.
struct Shape {
    kind: Type,
    format: Option<String>,
    nullable: bool,
    limits: BTreeMap<Limit, Value>,
    values: Option<Vec<String>>,
}

/// References that lead to references, at most.
const LONGEST_CHAIN: usize = 32;

/// Schema objects that are read, at most. The vendor's whole document has some ten thousand.
const MOST_SCHEMAS: usize = 200_000;

impl<'d> Reader<'d> {
    fn components(&self, kind: &str) -> Option<&'d Map<String, Value>> {
        self.document.tree.get("components")?.get(kind)?.as_object()
    }

    fn schemas(&mut self) -> Result<()> {
        let Some(components) = self.components("schemas") else {
            return Ok(());
        };
        for (name, node) in components {
            let pointer = format!("/components/schemas/{}", escape(name));
            let object = self.object(node, &pointer)?;
            if is_scalar(object) {
                continue;
            }
            let mut schema = self.schema(name, object, &pointer)?;
            schema.title = object
                .get("title")
                .and_then(Value::as_str)
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
                "has something else than an object here",
                "mend the document",
            )
            .at_pointer(pointer)
        })
    }

    /// A schema with a name: an object, an enum, or a dictionary.
    fn schema(
        &mut self,
        name: &str,
        object: &'d Map<String, Value>,
        pointer: &str,
    ) -> Result<Schema> {
        let mut schema = Schema {
            name: name.to_owned(),
            ..Schema::default()
        };
        if let Some(values) = object.get("enum").and_then(Value::as_array) {
            schema.values = Some(texts(values));
            return Ok(schema);
        }
        let mut properties = Vec::new();
        self.properties(name, object, pointer, &mut properties, 0)?;
        properties.sort_by(|left: &Property, right| left.name.cmp(&right.name));
        match object.get("additionalProperties") {
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

    /// The properties of an object, with those of the objects that it is composed of.
    fn properties(
        &mut self,
        owner: &str,
        object: &'d Map<String, Value>,
        pointer: &str,
        into: &mut Vec<Property>,
        depth: usize,
    ) -> Result<()> {
        self.read += 1;
        if depth > LONGEST_CHAIN || self.read > MOST_SCHEMAS {
            return Err(self.circle(pointer));
        }
        if let Some(parts) = object.get("allOf").and_then(Value::as_array) {
            for (index, part) in parts.iter().enumerate() {
                let pointer = format!("{pointer}/allOf/{index}");
                let part = match self.reference(part, &pointer)? {
                    Some((_, target)) => target,
                    None => self.object(part, &pointer)?,
                };
                self.properties(owner, part, &pointer, into, depth + 1)?;
            }
        }
        let Some(own) = object.get("properties") else {
            return Ok(());
        };
        let required: Vec<&str> = object
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let pointer = format!("{pointer}/properties");
        for (name, node) in self.object(own, &pointer)? {
            let pointer = format!("{pointer}/{}", escape(name));
            let shape = self.shape(&format!("{owner}.{name}"), node, &pointer, 0)?;
            let object = self.object(node, &pointer)?;
            into.retain(|other: &Property| other.name != *name);
            into.push(Property {
                name: name.clone(),
                kind: Some(shape.kind),
                format: shape.format,
                required: Some(required.contains(&name.as_str())),
                nullable: Some(shape.nullable),
                limits: shape.limits,
                values: shape.values,
                deprecated: object
                    .get("deprecated")
                    .and_then(Value::as_bool)
                    .unwrap_or_default(),
                replacement: object
                    .get(&self.conventions.deprecated_message)
                    .and_then(Value::as_str)
                    .and_then(replacement_in),
                ..Property::default()
            });
        }
        Ok(())
    }

    /// The component that a reference leads to.
    fn reference(
        &self,
        node: &'d Value,
        pointer: &str,
    ) -> Result<Option<(&'d str, &'d Map<String, Value>)>> {
        let Some(target) = node.get("$ref").and_then(Value::as_str) else {
            return Ok(None);
        };
        let lost = || {
            Error::new(
                &self.document.file,
                format!("has the reference `{target}`, which leads nowhere"),
                "give the document with its components, in one file",
            )
            .at_pointer(format!("{pointer}/$ref"))
        };
        let name = target.rsplit('/').next().unwrap_or_default();
        let found = pointer_of(target)
            .and_then(|path| self.document.tree.pointer(&path))
            .and_then(Value::as_object)
            .ok_or_else(lost)?;
        Ok(Some((name, found)))
    }

    fn circle(&self, pointer: &str) -> Error {
        let pointer = pointer.split("/allOf").next().unwrap_or(pointer);
        Error::new(
            &self.document.file,
            "has references that lead in a circle, or through too many schemas",
            "take the circle out, or give the document without what repeats itself",
        )
        .at_pointer(pointer)
    }

    fn shape(
        &mut self,
        owner: &str,
        node: &'d Value,
        pointer: &str,
        depth: usize,
    ) -> Result<Shape> {
        self.read += 1;
        if depth > LONGEST_CHAIN || self.read > MOST_SCHEMAS {
            return Err(self.circle(pointer));
        }
        let object = self.object(node, pointer)?;
        let mut shape = if let Some((name, target)) = self.reference(node, pointer)? {
            if is_scalar(target) {
                let path = format!("/components/schemas/{}", escape(name));
                let Some(target) = self.document.tree.pointer(&path) else {
                    return Err(self.circle(pointer));
                };
                self.shape(name, target, &path, depth + 1)?
            } else {
                Shape {
                    kind: Type::named(name),
                    format: None,
                    nullable: target.get("nullable") == Some(&Value::Bool(true)),
                    limits: BTreeMap::new(),
                    values: None,
                }
            }
        } else if let Some((keyword, part)) = single_part(object) {
            self.shape(owner, part, &format!("{pointer}/{keyword}/0"), depth + 1)?
        } else {
            self.plain_shape(owner, object, pointer, depth)?
        };
        shape.nullable |= object.get("nullable") == Some(&Value::Bool(true));
        if let Some(format) = object.get("format").and_then(Value::as_str) {
            shape.format = Some(format.to_owned());
        }
        for limit in Limit::ALL {
            // `false` is what `uniqueItems` is anyway.
            if let Some(value) = object
                .get(self.conventions.keyword(limit))
                .filter(|value| **value != Value::Bool(false))
            {
                shape.limits.insert(limit, value.clone());
            }
        }
        Ok(shape)
    }

    /// The shape of a schema object that refers to no other.
    fn plain_shape(
        &mut self,
        owner: &str,
        object: &'d Map<String, Value>,
        pointer: &str,
        depth: usize,
    ) -> Result<Shape> {
        let mut shape = Shape {
            kind: Type::Any,
            format: None,
            nullable: false,
            limits: BTreeMap::new(),
            values: None,
        };
        if let Some(values) = object.get("enum").and_then(Value::as_array) {
            shape.kind = Type::Enum;
            shape.values = Some(texts(values));
            return Ok(shape);
        }
        let has_properties = object.contains_key("properties") || object.contains_key("allOf");
        let kind = object.get("type").and_then(Value::as_str);
        shape.kind = match kind {
            Some("string") => Type::String,
            Some("boolean") => Type::Boolean,
            Some("integer") => Type::Integer,
            Some("number") => Type::Number,
            Some("array") => match object.get("items") {
                Some(items) => {
                    let items = self.shape(owner, items, &format!("{pointer}/items"), depth + 1)?;
                    shape.format = items.format;
                    shape.values = items.values;
                    Type::array_of(items.kind)
                }
                None => Type::array_of(Type::Any),
            },
            Some("object") | None if has_properties => {
                let inline = self.schema(owner, object, pointer)?;
                self.inline.push(inline);
                Type::named(owner)
            }
            Some("object") => match object.get("additionalProperties") {
                Some(values @ Value::Object(_)) => {
                    let values = self.shape(
                        owner,
                        values,
                        &format!("{pointer}/additionalProperties"),
                        depth + 1,
                    )?;
                    Type::Map(Box::new(values.kind))
                }
                _ => Type::Object,
            },
            None => {
                if let Some(names) = self.alternatives(object, pointer)? {
                    Type::OneOf(names)
                } else {
                    if object.contains_key("oneOf") || object.contains_key("anyOf") {
                        self.report(
                            pointer,
                            "alternatives that are not all references to schemas",
                        );
                    }
                    shape.nullable = true;
                    Type::Any
                }
            }
            Some(other) => {
                self.report(pointer, &format!("the unknown type `{other}`"));
                Type::Any
            }
        };
        Ok(shape)
    }

    /// The schemas of which one applies, if the alternatives are references only.
    fn alternatives(
        &self,
        object: &'d Map<String, Value>,
        pointer: &str,
    ) -> Result<Option<Vec<Name>>> {
        let Some((keyword, Value::Array(parts))) = ["oneOf", "anyOf"]
            .into_iter()
            .find_map(|keyword| Some((keyword, object.get(keyword)?)))
        else {
            return Ok(None);
        };
        let mut names = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            match self.reference(part, &format!("{pointer}/{keyword}/{index}"))? {
                Some((name, _)) => names.push(Name {
                    name: name.to_owned(),
                    linked: None,
                }),
                None => return Ok(None),
            }
        }
        Ok((names.len() > 1).then_some(names))
    }

    fn operations(&mut self) -> Result<()> {
        let Some(paths) = self.document.tree.get("paths") else {
            return Ok(());
        };
        for (path, item) in self.object(paths, "/paths")? {
            let pointer = format!("/paths/{}", escape(path));
            for (method, node) in self.object(item, &pointer)? {
                let pointer = format!("{pointer}/{method}");
                if method == "post" {
                    let operation = self.operation(path, node, &pointer)?;
                    self.imported.variant.operations.push(operation);
                } else if METHODS.contains(&method.as_str()) {
                    self.report(&pointer, "an operation that is no POST");
                }
            }
        }
        Ok(())
    }

    fn operation(&mut self, path: &str, node: &'d Value, pointer: &str) -> Result<Operation> {
        let object = self.object(node, pointer)?;
        let prose = object
            .get("description")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let mut operation = Operation {
            path: path
                .strip_prefix(&self.conventions.path_prefix)
                .unwrap_or(path)
                .to_owned(),
            title: object
                .get("summary")
                .and_then(Value::as_str)
                .map(str::to_owned),
            paginated: Some(self.conventions.paginated.in_link(prose)),
            portfolio: Some(self.conventions.portfolio.in_link(prose)),
            deprecated: object
                .get("deprecated")
                .and_then(Value::as_bool)
                .unwrap_or_default(),
            ..Operation::default()
        };
        if let Some(request) = object.get("requestBody") {
            let pointer = format!("{pointer}/requestBody");
            let content = match self.reference(request, &pointer)? {
                Some((_, target)) => target,
                None => self.object(request, &pointer)?,
            };
            operation.request =
                self.body(&format!("{}.request", operation.path), content, &pointer)?;
            if let Some(body) = &mut operation.request {
                let required = content.get("required").and_then(Value::as_bool);
                body.required = Some(required.unwrap_or_default());
            }
        }
        let Some(responses) = object.get("responses") else {
            return Ok(operation);
        };
        let pointer = format!("{pointer}/responses");
        for (status, response) in self.object(responses, &pointer)? {
            let pointer = format!("{pointer}/{status}");
            let content = match self.reference(response, &pointer)? {
                Some((_, target)) => target,
                None => self.object(response, &pointer)?,
            };
            let body = self.body(&format!("{}.{status}", operation.path), content, &pointer)?;
            operation.responses.push(Response {
                status: Some(status.clone()),
                body: Some(match &body {
                    Some(body) => body.schema.clone().unwrap_or_else(|| "object".to_owned()),
                    None => NO_BODY.to_owned(),
                }),
                headers: content
                    .get("headers")
                    .and_then(Value::as_object)
                    .map(|headers| headers.keys().cloned().collect())
                    .unwrap_or_default(),
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

    fn body(
        &mut self,
        owner: &str,
        content: &'d Map<String, Value>,
        pointer: &str,
    ) -> Result<Option<Body>> {
        let Some(media) = content
            .get("content")
            .and_then(|content| content.get("application/json"))
        else {
            return Ok(None);
        };
        let pointer = format!("{pointer}/content/application~1json");
        let mut body = Body {
            example: media
                .get("example")
                .or_else(|| {
                    media
                        .get("examples")?
                        .as_object()?
                        .values()
                        .next()?
                        .get("value")
                })
                .map(samples::tidy),
            ..Body::default()
        };
        if let Some(schema) = media.get("schema") {
            let shape = self.shape(owner, schema, &format!("{pointer}/schema"), 0)?;
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

/// The part of a composition that has just one, so that it is a reference with something beside it.
fn single_part(object: &Map<String, Value>) -> Option<(&'static str, &Value)> {
    if object.contains_key("properties") {
        return None;
    }
    ["allOf", "anyOf", "oneOf"].into_iter().find_map(|keyword| {
        match object.get(keyword)?.as_array()?.as_slice() {
            [part] => Some((keyword, part)),
            _ => None,
        }
    })
}

/// Whether a component is a text, a number or a list under a name, which a property takes over.
fn is_scalar(object: &Map<String, Value>) -> bool {
    !object.contains_key("enum")
        && matches!(
            object.get("type").and_then(Value::as_str),
            Some("string" | "integer" | "number" | "boolean" | "array")
        )
}

fn texts(values: &[Value]) -> Vec<String> {
    values
        .iter()
        .filter(|value| !value.is_null())
        .map(|value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        })
        .collect()
}

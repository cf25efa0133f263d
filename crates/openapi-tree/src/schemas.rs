//! The locations of schemas in an OpenAPI 3.0 document, and the schemas that a request or a response can reach.

use std::borrow::Cow;
use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::document::{below, escape, items, members, text_at};

/// The methods of a path item.
pub const METHODS: [&str; 8] = [
    "delete", "get", "head", "options", "patch", "post", "put", "trace",
];

/// The JSON Pointer of the component schemas.
pub const COMPONENTS: &str = "/components/schemas";

/// The prefix of a reference to a component schema.
pub const COMPONENT_REFERENCE: &str = "#/components/schemas/";

/// Returns the JSON pointer of a component schema.
pub fn component_pointer(name: &str) -> String {
    format!("{COMPONENTS}/{}", escape(name))
}

/// Returns the component schema with a name.
pub fn component<'a>(tree: &'a Value, name: &str) -> Option<&'a Value> {
    tree.get("components")?.get("schemas")?.get(name)
}

/// Returns the component that a schema is a use of, or the schema itself.
pub fn component_or_self<'a>(tree: &'a Value, schema: &'a Value) -> &'a Value {
    named_component(schema)
        .and_then(|name| component(tree, name))
        .unwrap_or(schema)
}

/// Returns the name of the component schema that `schema` refers to, if it is only a reference.
pub fn referenced_component(schema: &Value) -> Option<&str> {
    text_at(schema, "$ref")?.strip_prefix(COMPONENT_REFERENCE)
}

/// Returns the name of the component schema that a schema refers to, also if a description, `nullable` and the like are
/// next to the reference.
pub fn named_component(schema: &Value) -> Option<&str> {
    if let Some(name) = referenced_component(schema) {
        return Some(name);
    }
    let object = schema.as_object()?;
    let mut members = ["allOf", "anyOf", "oneOf"]
        .iter()
        .filter_map(|keyword| object.get(*keyword)?.as_array());
    match (members.next().map(Vec::as_slice), members.next()) {
        (Some([member]), None) if !object.contains_key("properties") => {
            referenced_component(member)
        }
        _ => None,
    }
}

/// Returns the component schemas by name, in alphabetical order.
pub fn components(tree: &Value) -> impl Iterator<Item = (&String, &Value)> {
    components_in(tree, "schemas")
}

/// Returns the components of a section, such as `responses`, by name.
fn components_in<'a>(
    tree: &'a Value,
    section: &'static str,
) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
    tree.get("components")
        .into_iter()
        .flat_map(move |components| members(components, section))
}

/// An operation and its location.
#[derive(Clone, Debug)]
pub struct Operation<'a> {
    /// The path, such as `/v1/items/getAll`.
    pub path: &'a str,
    /// The method in lower case.
    pub method: &'a str,
    /// The JSON Pointer of the operation.
    pub pointer: String,
    /// The operation object.
    pub node: &'a Value,
}

impl<'a> Operation<'a> {
    /// Returns the `operationId`.
    pub fn id(&self) -> Option<&'a str> {
        text_at(self.node, "operationId")
    }

    /// Returns the status, the JSON Pointer and the node of each response, in the order of the document.
    pub fn responses(&self) -> impl Iterator<Item = (&'a str, String, &'a Value)> {
        members(self.node, "responses").map(|(status, response)| {
            let pointer = format!("{}/responses/{}", self.pointer, escape(status));
            (status.as_str(), pointer, response)
        })
    }
}

/// Returns `true` if an entry of `paths` is not an extension.
fn is_path((path, _): &(&String, &Value)) -> bool {
    !path.starts_with("x-")
}

/// Returns the operations of a document, by path and method.
pub fn operations(tree: &Value) -> Vec<Operation<'_>> {
    let mut operations = Vec::new();
    for (path, item) in members(tree, "paths").filter(is_path) {
        for method in METHODS {
            if let Some(node) = item.get(method) {
                operations.push(Operation {
                    path,
                    method,
                    pointer: format!("/paths/{}/{method}", escape(path)),
                    node,
                });
            }
        }
    }
    operations
}

/// Calls `visit` with the JSON Pointer and the node of every schema, outer schemas first.
pub fn each_schema<'a>(tree: &'a Value, visit: &mut impl FnMut(&str, &'a Value)) {
    each_root(tree, &mut |pointer, root| {
        inside(root, &mut pointer.to_owned(), visit);
    });
}

/// Calls `visit` with the JSON Pointer and the node of every schema, inner schemas first, so that a schema that `visit`
/// replaces is not visited again.
pub fn each_schema_mut(tree: &mut Value, visit: &mut impl FnMut(&str, &mut Value)) {
    for mut root in roots(tree) {
        if let Some(node) = tree.pointer_mut(&root.clone()) {
            inside_mut(node, &mut root, visit);
        }
    }
}

/// Returns the JSON Pointers of the schemas that are not inside of another one: components, bodies, parameters, headers.
pub fn roots(tree: &Value) -> Vec<String> {
    let mut roots = Vec::new();
    each_root(tree, &mut |pointer, _| roots.push(pointer.to_owned()));
    roots
}

/// The keywords with one schema.
const ONE: [&str; 3] = ["items", "additionalProperties", "not"];
/// The keywords with a list of schemas.
const LIST: [&str; 3] = ["allOf", "anyOf", "oneOf"];
/// The keyword with schemas by name.
const NAMED: &str = "properties";

/// Returns `false` if a schema cannot have schemas inside, as most of them.
fn has_parts(schema: &Value) -> bool {
    let is_part = |value: &Value| value.is_object() || value.is_array();
    schema
        .as_object()
        .is_some_and(|schema| schema.values().any(is_part))
}

/// Calls `visit` for a schema and all schemas inside of it, outer schemas first.
pub fn inside<'a>(
    schema: &'a Value,
    pointer: &mut String,
    visit: &mut impl FnMut(&str, &'a Value),
) {
    visit(pointer, schema);
    if !has_parts(schema) {
        return;
    }
    for (name, child) in members(schema, NAMED) {
        below(pointer, &[NAMED, name], |pointer| {
            inside(child, pointer, visit);
        });
    }
    for keyword in ONE {
        if let Some(child @ Value::Object(_)) = schema.get(keyword) {
            below(pointer, &[keyword], |pointer| inside(child, pointer, visit));
        }
    }
    for keyword in LIST {
        for (index, child) in items(schema, keyword).enumerate() {
            let index = index.to_string();
            below(pointer, &[keyword, &index], |pointer| {
                inside(child, pointer, visit);
            });
        }
    }
}

/// Calls `visit` for a schema and all schemas inside of it, inner schemas first.
pub fn inside_mut(
    schema: &mut Value,
    pointer: &mut String,
    visit: &mut impl FnMut(&str, &mut Value),
) {
    if has_parts(schema)
        && let Some(object) = schema.as_object_mut()
    {
        if let Some(Value::Object(properties)) = object.get_mut(NAMED) {
            for (name, child) in properties {
                below(pointer, &[NAMED, name], |pointer| {
                    inside_mut(child, pointer, visit);
                });
            }
        }
        for keyword in ONE {
            if let Some(child @ Value::Object(_)) = object.get_mut(keyword) {
                below(pointer, &[keyword], |pointer| {
                    inside_mut(child, pointer, visit);
                });
            }
        }
        for keyword in LIST {
            if let Some(Value::Array(members)) = object.get_mut(keyword) {
                for (index, child) in members.iter_mut().enumerate() {
                    let steps = [keyword, &index.to_string()];
                    below(pointer, &steps, |pointer| inside_mut(child, pointer, visit));
                }
            }
        }
    }
    visit(pointer, schema);
}

/// Calls `visit` for each schema that is not inside of another one: components, bodies, parameters, headers.
fn each_root<'a>(tree: &'a Value, visit: &mut impl FnMut(&str, &'a Value)) {
    for (name, schema) in components(tree) {
        visit(&component_pointer(name), schema);
    }
    for section in ["parameters", "headers", "requestBodies", "responses"] {
        for (name, holder) in components_in(tree, section) {
            let pointer = format!("/components/{section}/{}", escape(name));
            each_root_of_holder(holder, &pointer, visit);
        }
    }
    for (path, item) in members(tree, "paths").filter(is_path) {
        each_root_of_parameters(item, &format!("/paths/{}", escape(path)), visit);
    }
    for operation in operations(tree) {
        each_root_of_parameters(operation.node, &operation.pointer, visit);
        if let Some(body) = operation.node.get("requestBody") {
            each_root_of_holder(body, &format!("{}/requestBody", operation.pointer), visit);
        }
        for (_, pointer, response) in operation.responses() {
            each_root_of_holder(response, &pointer, visit);
        }
    }
}

fn each_root_of_parameters<'a>(
    owner: &'a Value,
    pointer: &str,
    visit: &mut impl FnMut(&str, &'a Value),
) {
    for (index, parameter) in items(owner, "parameters").enumerate() {
        each_root_of_holder(parameter, &format!("{pointer}/parameters/{index}"), visit);
    }
}

/// Calls `visit` for the schemas of an object with a `schema`, a `content`, or `headers`.
fn each_root_of_holder<'a>(
    holder: &'a Value,
    pointer: &str,
    visit: &mut impl FnMut(&str, &'a Value),
) {
    if let Some(schema) = holder.get("schema") {
        visit(&format!("{pointer}/schema"), schema);
    }
    for section in ["content", "headers"] {
        for (name, entry) in members(holder, section) {
            if let Some(schema) = entry.get("schema") {
                let pointer = format!("{pointer}/{section}/{}/schema", escape(name));
                visit(&pointer, schema);
            }
        }
    }
}

/// Returns the JSON Pointer in a reference to the same document. A URI fragment may contain percent-encoded characters.
pub fn pointer_of(reference: &str) -> Option<String> {
    let fragment = percent_decode_str(reference.strip_prefix('#')?);
    fragment.decode_utf8().ok().map(Cow::into_owned)
}

/// The maximum length of a chain of references. A longer chain is a circle.
const MAX_CHAIN: usize = 64;

/// Follows a `$ref` to anything in the document, and the references that it leads to.
pub fn resolve<'a>(tree: &'a Value, node: &'a Value) -> &'a Value {
    let mut node = node;
    for _ in 0..MAX_CHAIN {
        let target =
            text_at(node, "$ref").and_then(|reference| tree.pointer(&pointer_of(reference)?));
        match target {
            Some(target) => node = target,
            None => break,
        }
    }
    node
}

/// Returns the schemas of the contents of a request body or a response.
pub fn content_schemas<'a>(tree: &'a Value, holder: &'a Value) -> Vec<&'a Value> {
    members(resolve(tree, holder), "content")
        .filter_map(|(_, media)| media.get("schema"))
        .collect()
}

/// Returns the properties of a schema by name, in the order of the document.
pub fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    members(schema, NAMED)
}

/// Returns the names of the properties that a schema requires, in the order of the document.
pub fn required(schema: &Value) -> Vec<&str> {
    items(schema, "required")
        .filter_map(Value::as_str)
        .collect()
}

/// Returns the names of the component schemas that a request body can reach.
pub fn request_components(tree: &Value) -> BTreeSet<String> {
    reachable(
        tree,
        operations(tree)
            .iter()
            .filter_map(|operation| operation.node.get("requestBody"))
            .flat_map(|body| content_schemas(tree, body)),
    )
}

/// Returns the names of the component schemas that a response can reach.
pub fn response_components(tree: &Value) -> BTreeSet<String> {
    let operations = operations(tree);
    reachable(
        tree,
        operations
            .iter()
            .flat_map(|operation| members(operation.node, "responses"))
            .flat_map(|(_, response)| content_schemas(tree, response)),
    )
}

/// Returns the names of the component schemas that `roots` refer to, directly or through others.
pub fn reachable<'a>(tree: &'a Value, roots: impl Iterator<Item = &'a Value>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<&Value> = roots.collect();
    while let Some(schema) = waiting.pop() {
        inside(schema, &mut String::new(), &mut |_, schema| {
            if let Some(name) = referenced_component(schema)
                && found.insert(name.to_owned())
                && let Some(component) = component(tree, name)
            {
                waiting.push(component);
            }
        });
    }
    found
}

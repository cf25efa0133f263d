//! Where schemas stand in an OpenAPI 3.0 document, and which of them a request or a response can reach.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::document::escape;

/// The methods of a path item.
pub const METHODS: [&str; 8] = [
    "delete", "get", "head", "options", "patch", "post", "put", "trace",
];

/// Where the component schemas stand.
pub const COMPONENTS: &str = "/components/schemas";

/// The prefix of a reference to a component schema.
pub const COMPONENT_REFERENCE: &str = "#/components/schemas/";

/// The name of the component schema that `schema` refers to, when it is nothing but a reference.
pub fn referenced_component(schema: &Value) -> Option<&str> {
    schema
        .get("$ref")?
        .as_str()?
        .strip_prefix(COMPONENT_REFERENCE)
}

/// The name of the component schema behind a schema that is a reference, or a reference with a description,
/// `nullable` and the like beside it.
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

/// The component schemas by name, in alphabetical order.
pub fn components(tree: &Value) -> impl Iterator<Item = (&String, &Value)> {
    tree.pointer(COMPONENTS)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

/// An operation and where it stands.
#[derive(Clone, Debug)]
pub struct Operation<'a> {
    /// The path, as `/api/connector/v1/vouchers/getAll`.
    pub path: &'a str,
    /// The method in lower case.
    pub method: &'a str,
    /// The JSON pointer of the operation.
    pub pointer: String,
    /// The operation itself.
    pub node: &'a Value,
}

impl Operation<'_> {
    /// Its `operationId`.
    pub fn id(&self) -> Option<&str> {
        self.node.get("operationId")?.as_str()
    }
}

/// The operations of a document, by path and method.
pub fn operations(tree: &Value) -> Vec<Operation<'_>> {
    let mut operations = Vec::new();
    let paths = tree.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
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

/// Calls `visit` with the JSON pointer and the node of every schema, outer ones before those inside.
pub fn each_schema<'a>(tree: &'a Value, visit: &mut impl FnMut(&str, &'a Value)) {
    each_root(tree, &mut |pointer, root| {
        inside(root, &mut pointer.to_owned(), visit);
    });
}

/// Calls `visit` with the JSON pointer and the node of every schema, inner ones before those around, so that
/// what `visit` puts in a schema's place is not visited again.
pub fn each_schema_mut(tree: &mut Value, visit: &mut impl FnMut(&str, &mut Value)) {
    let mut roots = Vec::new();
    each_root(tree, &mut |pointer, _| roots.push(pointer.to_owned()));
    for root in roots {
        if let Some(node) = tree.pointer_mut(&root) {
            inside_mut(node, &mut root.clone(), visit);
        }
    }
}

/// The schemas inside a schema, one level down, each with the steps that lead to it.
fn children(schema: &Value) -> Vec<Vec<String>> {
    let mut steps = Vec::new();
    let Some(object) = schema.as_object() else {
        return steps;
    };
    if let Some(properties) = object.get("properties").and_then(Value::as_object) {
        for name in properties.keys() {
            steps.push(vec!["properties".to_owned(), name.clone()]);
        }
    }
    for keyword in ["items", "additionalProperties", "not"] {
        if object.get(keyword).is_some_and(Value::is_object) {
            steps.push(vec![keyword.to_owned()]);
        }
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        if let Some(members) = object.get(keyword).and_then(Value::as_array) {
            for index in 0..members.len() {
                steps.push(vec![keyword.to_owned(), index.to_string()]);
            }
        }
    }
    steps
}

fn push_steps(pointer: &mut String, steps: &[String]) {
    for step in steps {
        pointer.push('/');
        pointer.push_str(&escape(step));
    }
}

fn pointer_of(steps: &[String]) -> String {
    let mut pointer = String::new();
    push_steps(&mut pointer, steps);
    pointer
}

/// Calls `visit` for a schema and all schemas inside it, outer ones first.
pub fn inside<'a>(
    schema: &'a Value,
    pointer: &mut String,
    visit: &mut impl FnMut(&str, &'a Value),
) {
    visit(pointer, schema);
    for steps in children(schema) {
        if let Some(child) = schema.pointer(&pointer_of(&steps)) {
            let length = pointer.len();
            push_steps(pointer, &steps);
            inside(child, pointer, visit);
            pointer.truncate(length);
        }
    }
}

fn inside_mut(schema: &mut Value, pointer: &mut String, visit: &mut impl FnMut(&str, &mut Value)) {
    for steps in children(schema) {
        if let Some(child) = schema.pointer_mut(&pointer_of(&steps)) {
            let length = pointer.len();
            push_steps(pointer, &steps);
            inside_mut(child, pointer, visit);
            pointer.truncate(length);
        }
    }
    visit(pointer, schema);
}

/// Calls `visit` for each schema that stands in no other one: components, bodies, parameters, headers.
fn each_root<'a>(tree: &'a Value, visit: &mut impl FnMut(&str, &'a Value)) {
    for (name, schema) in components(tree) {
        visit(&format!("{COMPONENTS}/{}", escape(name)), schema);
    }
    for section in ["parameters", "headers", "requestBodies", "responses"] {
        let holders = tree
            .pointer(&format!("/components/{section}"))
            .and_then(Value::as_object);
        for (name, holder) in holders.into_iter().flatten() {
            each_root_of_holder(
                holder,
                &format!("/components/{section}/{}", escape(name)),
                visit,
            );
        }
    }
    for (path, item) in tree
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        each_root_of_parameters(item, &format!("/paths/{}", escape(path)), visit);
    }
    for operation in operations(tree) {
        each_root_of_parameters(operation.node, &operation.pointer, visit);
        if let Some(body) = operation.node.get("requestBody") {
            each_root_of_holder(body, &format!("{}/requestBody", operation.pointer), visit);
        }
        let responses = operation.node.get("responses").and_then(Value::as_object);
        for (status, response) in responses.into_iter().flatten() {
            let pointer = format!("{}/responses/{}", operation.pointer, escape(status));
            each_root_of_holder(response, &pointer, visit);
        }
    }
}

fn each_root_of_parameters<'a>(
    owner: &'a Value,
    pointer: &str,
    visit: &mut impl FnMut(&str, &'a Value),
) {
    let parameters = owner.get("parameters").and_then(Value::as_array);
    for (index, parameter) in parameters.into_iter().flatten().enumerate() {
        each_root_of_holder(parameter, &format!("{pointer}/parameters/{index}"), visit);
    }
}

/// A holder is anything that has a `schema`, a `content`, or `headers`.
fn each_root_of_holder<'a>(
    holder: &'a Value,
    pointer: &str,
    visit: &mut impl FnMut(&str, &'a Value),
) {
    if let Some(schema) = holder.get("schema") {
        visit(&format!("{pointer}/schema"), schema);
    }
    for section in ["content", "headers"] {
        let entries = holder.get(section).and_then(Value::as_object);
        for (name, entry) in entries.into_iter().flatten() {
            if let Some(schema) = entry.get("schema") {
                visit(
                    &format!("{pointer}/{section}/{}/schema", escape(name)),
                    schema,
                );
            }
        }
    }
}

/// Follows a `$ref` to anything in the document, once.
pub fn resolve<'a>(tree: &'a Value, node: &'a Value) -> &'a Value {
    node.get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| tree.pointer(reference.strip_prefix('#')?))
        .unwrap_or(node)
}

/// The schemas of the contents of a request body or a response.
pub fn content_schemas<'a>(tree: &'a Value, holder: &'a Value) -> Vec<&'a Value> {
    resolve(tree, holder)
        .get("content")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(_, media)| media.get("schema"))
        .collect()
}

/// The component schemas that a request body can reach.
pub fn request_components(tree: &Value) -> BTreeSet<String> {
    reachable(
        tree,
        operations(tree)
            .iter()
            .filter_map(|operation| operation.node.get("requestBody"))
            .flat_map(|body| content_schemas(tree, body)),
    )
}

/// The component schemas that a response can reach.
pub fn response_components(tree: &Value) -> BTreeSet<String> {
    let operations = operations(tree);
    reachable(
        tree,
        operations
            .iter()
            .filter_map(|operation| operation.node.get("responses")?.as_object())
            .flat_map(Map::values)
            .flat_map(|response| content_schemas(tree, response)),
    )
}

fn reachable<'a>(tree: &'a Value, roots: impl Iterator<Item = &'a Value>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<&Value> = roots.collect();
    while let Some(schema) = waiting.pop() {
        inside(schema, &mut String::new(), &mut |_, schema| {
            if let Some(name) = referenced_component(schema)
                && found.insert(name.to_owned())
                && let Some(component) = tree.pointer(&format!("{COMPONENTS}/{}", escape(name)))
            {
                waiting.push(component);
            }
        });
    }
    found
}

//! The properties that requests share become a separate type.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Changes, hoist, is_annotation};
use openapi_tree::document::escape;
use openapi_tree::lint::Finding;
use openapi_tree::schemas::{
    self, component_pointer, components, each_schema, named_component, operations, reachable,
    request_components, required,
};

/// The name of the pass in the list of changes.
pub(super) const NAME: &str = "envelope";

/// The extension that marks the component of the envelope, with its properties, and the operations, with the properties
/// that they accept.
const MARK: &str = "x-envelope";

/// The name of the component.
const COMPONENT: &str = "Envelope";

/// Moves the properties with these names out of every request body into one component. Marks the component, and each
/// operation that had some of the properties.
pub(super) fn apply(
    tree: &mut Value,
    names: &[String],
    changes: &mut Changes,
) -> Result<(), Finding> {
    let bodies = bodies(tree, names);
    let mut moved: BTreeMap<&str, Declared> = BTreeMap::new();
    for (component, body) in &bodies {
        if let Some(place) = other_use(tree, component) {
            return Err(problem(
                changes.published(&place),
                format!(
                    "`{component}` is used here and as the body of {}",
                    body.operations[0]
                ),
                "describe them with two components: only the body contains the properties of the envelope",
            ));
        }
        let pointer = component_pointer(component);
        let Some(schema) = tree.pointer(&pointer) else {
            continue;
        };
        for name in &body.properties {
            let is_required = required(schema).contains(&name.as_str());
            let place = format!("{pointer}/properties/{}", escape(name));
            let declared = Declared {
                schema: schema["properties"][name.as_str()].clone(),
                is_required,
                place,
            };
            let first = moved
                .entry(name.as_str())
                .or_insert_with(|| declared.clone());
            if first.shape() != declared.shape() {
                return Err(problem(
                    changes.published(&declared.place),
                    format!(
                        "the property `{name}` of the envelope differs from the one at {}",
                        changes.published(&first.place)
                    ),
                    "declare it in the same way in all requests, or remove it from `envelope` in the settings",
                ));
            }
        }
    }
    if let Some(name) = names.iter().find(|name| !moved.contains_key(name.as_str())) {
        return Err(problem(
            String::new(),
            format!("no request has the property `{name}` of the envelope"),
            "correct its name, or remove it from `envelope` in the settings",
        ));
    }
    add(tree, names, moved, changes);
    for (component, body) in bodies {
        take_out(tree, &component, &body, changes);
    }
    Ok(())
}

fn problem(pointer: String, what: String, help: &str) -> Finding {
    Finding {
        pointer,
        rule: NAME,
        what,
        help: help.to_owned(),
    }
}

/// Returns the component schemas that a request can reach, including those of the envelope.
pub fn requests(contract: &Value) -> BTreeSet<String> {
    let mut requests = request_components(contract);
    if let Some((name, schema)) = component(contract) {
        requests.extend(reachable(contract, std::iter::once(schema)));
        requests.insert(name.to_owned());
    }
    requests
}

/// Returns the component of the envelope.
pub fn component(contract: &Value) -> Option<(&str, &Value)> {
    components(contract)
        .find(|(_, schema)| schema.get(MARK).is_some())
        .map(|(name, schema)| (name.as_str(), schema))
}

/// Returns the properties of the envelope that the component has or an operation accepts, in the order of the settings.
pub fn properties(node: &Value) -> Vec<&str> {
    node.get(MARK)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// A component that is a request body.
struct Body {
    /// The pointers of the operations with this body.
    operations: Vec<String>,
    /// The properties of the envelope that it has, in the order of the settings.
    properties: Vec<String>,
}

/// A property of the envelope as a request declares it.
#[derive(Clone)]
struct Declared {
    schema: Value,
    is_required: bool,
    place: String,
}

impl Declared {
    /// Returns everything that must be the same in all requests. Descriptions can differ.
    fn shape(&self) -> (bool, Map<String, Value>) {
        let members = self.schema.as_object().into_iter().flatten();
        let shape = members
            .filter(|(keyword, _)| {
                !is_annotation(keyword) || ["nullable", "deprecated"].contains(&keyword.as_str())
            })
            .map(|(keyword, value)| (keyword.clone(), value.clone()))
            .collect();
        (self.is_required, shape)
    }
}

/// Returns the request bodies that have some of the properties.
fn bodies(tree: &Value, names: &[String]) -> BTreeMap<String, Body> {
    let mut bodies: BTreeMap<String, Body> = BTreeMap::new();
    for operation in operations(tree) {
        let schema = json_body(operation.node);
        let Some(component) = schema.and_then(named_component) else {
            continue;
        };
        let Some(schema) = schemas::component(tree, component) else {
            continue;
        };
        let properties: Vec<String> = names
            .iter()
            .filter(|name| {
                schema
                    .get("properties")
                    .is_some_and(|all| all.get(name.as_str()).is_some())
            })
            .cloned()
            .collect();
        if !properties.is_empty() {
            bodies
                .entry(component.to_owned())
                .or_insert_with(|| Body {
                    operations: Vec::new(),
                    properties,
                })
                .operations
                .push(operation.pointer);
        }
    }
    bodies
}

/// Returns the schema of the JSON body of an operation.
pub(crate) fn json_body(operation: &Value) -> Option<&Value> {
    let content = operation.pointer("/requestBody/content")?.as_object()?;
    content
        .iter()
        .find(|(media_type, _)| media_type.starts_with("application/json"))?
        .1
        .get("schema")
}

/// Returns a location that refers to a component and is not a request body.
fn other_use(tree: &Value, component: &str) -> Option<String> {
    let mut found = None;
    each_schema(tree, &mut |pointer, schema| {
        if found.is_none() && named_component(schema) == Some(component) && !is_body(pointer) {
            found = Some(pointer.to_owned());
        }
    });
    found
}

/// Returns `true` if a location is the schema of a request body, or the reference inside that schema.
fn is_body(pointer: &str) -> bool {
    let steps: Vec<&str> = pointer.split('/').collect();
    matches!(
        steps[..],
        ["", "paths", _, _, "requestBody", "content", _, "schema"]
            | [
                "",
                "paths",
                _,
                _,
                "requestBody",
                "content",
                _,
                "schema",
                _,
                "0"
            ]
    )
}

/// Adds the component.
fn add(
    tree: &mut Value,
    names: &[String],
    mut moved: BTreeMap<&str, Declared>,
    changes: &mut Changes,
) {
    let component = hoist::Names::of(tree).take(COMPONENT);
    let target = component_pointer(&component);
    let mut properties = Map::new();
    let mut required = Vec::new();
    for name in names {
        let Some(declared) = moved.remove(name.as_str()) else {
            continue;
        };
        if declared.is_required {
            required.push(name.clone());
        }
        changes.moved(
            &declared.place,
            &format!("{target}/properties/{}", escape(name)),
        );
        properties.insert(name.clone(), declared.schema);
    }
    let schema = json!({
        "type": "object",
        "description": "The properties that requests have in common. The client adds them to each request.",
        "properties": properties,
        "required": required,
        MARK: names,
    });
    hoist::add_component(tree, &component, schema);
}

/// Removes the properties from a body, and marks its operations with their names.
fn take_out(tree: &mut Value, component: &str, body: &Body, changes: &mut Changes) {
    let pointer = component_pointer(component);
    let Some(schema) = tree.pointer_mut(&pointer).and_then(Value::as_object_mut) else {
        return;
    };
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|name| !body.properties.iter().any(|moved| name == moved));
        if required.is_empty() {
            schema.remove("required");
        }
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for name in &body.properties {
            properties.remove(name);
            changes.note(
                format!("{pointer}/properties/{}", escape(name)),
                "moved into the envelope of all requests",
            );
        }
        if properties.is_empty() {
            // Without this, the generator would create a map instead of a struct.
            schema
                .entry("additionalProperties")
                .or_insert(Value::Bool(false));
        }
    }
    for operation in &body.operations {
        if let Some(operation) = tree.pointer_mut(operation) {
            operation[MARK] = json!(body.properties);
        }
    }
}

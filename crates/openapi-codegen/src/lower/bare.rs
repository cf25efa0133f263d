//! What the generator has no use for.

use serde_json::{Map, Value};

use super::{Changes, Pass};

/// Examples, extensions, links, callbacks, tags and servers say nothing of the code, or ask for code that needs
/// other crates.
pub(super) const PASS: Pass = Pass {
    name: "bare-document",
    answers: "progenitor reads extensions of its own (`x-dropshot-…`, `x-rust-type`) that pull in other crates, and \
              copies every example several times",
    find,
    apply,
};

/// Members of an object that go, unless the object is a map of names.
const UNUSED: [&str; 10] = [
    "callbacks",
    "discriminator",
    "example",
    "examples",
    "externalDocs",
    "links",
    "security",
    "servers",
    "tags",
    "xml",
];

/// Members that hold something for each name: what stands there is called as the document likes.
const MAPS: [&str; 7] = [
    "content",
    "headers",
    "parameters",
    "paths",
    "properties",
    "responses",
    "schemas",
];

fn is_unused(keyword: &str) -> bool {
    UNUSED.contains(&keyword) || keyword.starts_with("x-")
}

fn find(tree: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(tree, &mut String::new(), false, &mut found);
    found
}

fn walk(value: &Value, pointer: &mut String, is_map: bool, found: &mut Vec<String>) {
    let length = pointer.len();
    match value {
        Value::Object(object) => {
            for (keyword, value) in object {
                pointer.push('/');
                pointer.push_str(&openapi_tree::document::escape(keyword));
                if !is_map && is_unused(keyword) {
                    found.push(pointer.clone());
                } else {
                    let inner = !is_map && MAPS.contains(&keyword.as_str());
                    walk(value, pointer, inner, found);
                }
                pointer.truncate(length);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointer.push('/');
                pointer.push_str(&index.to_string());
                walk(value, pointer, false, found);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

fn apply(tree: &mut Value, _changes: &mut Changes) {
    if let Some(components) = tree.get_mut("components").and_then(Value::as_object_mut) {
        // Operations are whole, so schemas are all that is referred to.
        components.retain(|section, _| section == "schemas");
    }
    if let Some(paths) = tree.get_mut("paths").and_then(Value::as_object_mut) {
        paths.retain(|path, _| !path.starts_with("x-"));
    }
    strip(tree, false);
}

fn strip(value: &mut Value, is_map: bool) {
    match value {
        Value::Object(object) => {
            if !is_map {
                object.retain(|keyword, _| !is_unused(keyword));
            }
            for (keyword, value) in object.iter_mut() {
                strip(value, !is_map && MAPS.contains(&keyword.as_str()));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| strip(item, false)),
        _ => {}
    }
    if let Some(object) = value.as_object_mut() {
        strip_response_headers(object);
    }
}

/// The headers of a response have no part in the code.
fn strip_response_headers(object: &mut Map<String, Value>) {
    if object.contains_key("description")
        && object.contains_key("headers")
        && !object.contains_key("type")
    {
        object.remove("headers");
    }
}

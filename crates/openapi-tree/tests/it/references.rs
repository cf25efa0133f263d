//! Following references.

use openapi_tree::schemas::{named_component, pointer_of, referenced_component, resolve};
use serde_json::json;

#[test]
fn references_are_decoded_before_they_are_followed() {
    let tree = json!({ "components": { "schemas": { "A/b ~": { "type": "string" }, "C": { "$ref": "#/components/schemas/A~1b%20~0" } } } });
    let target = resolve(&tree, &tree["components"]["schemas"]["C"]);
    assert_eq!(target, &json!({ "type": "string" }));
    assert_eq!(pointer_of("#/a%2").as_deref(), Some("/a%2"));
    assert_eq!(pointer_of("other.yaml#/a"), None);
    assert_eq!(pointer_of("#%FF"), None);
}

#[test]
fn circular_references_end() {
    let tree = json!({ "a": { "$ref": "#/b" }, "b": { "$ref": "#/a" } });
    assert!(resolve(&tree, &tree["a"]).get("$ref").is_some());
}

#[test]
fn a_reference_with_annotations_names_its_component() {
    let plain = json!({ "$ref": "#/components/schemas/A" });
    let wrapped = json!({ "allOf": [plain], "nullable": true });
    assert_eq!(referenced_component(&plain), Some("A"));
    assert_eq!(referenced_component(&wrapped), None);
    assert_eq!(named_component(&wrapped), Some("A"));
    let merged = json!({ "allOf": [plain], "properties": {} });
    assert_eq!(named_component(&merged), None);
    let two = json!({ "allOf": [plain, plain] });
    assert_eq!(named_component(&two), None);
}

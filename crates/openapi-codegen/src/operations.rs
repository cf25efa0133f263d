//! The operations of a document as callers need them: effect, request and pages.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::conventions::{Effect, ListingRules, OperationRules};
use crate::lower::envelope;
use crate::rust_names::{pascal, unique};
use openapi_tree::document::escape;
use openapi_tree::lint::Finding;
use openapi_tree::schemas::{COMPONENTS, content_schemas, named_component, operations, required};

/// The description of an operation in the generated traits and tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// The JSON pointer of the operation.
    pub pointer: String,
    /// The path of the operation in the document.
    pub path: String,
    /// The method in upper case.
    pub method: String,
    /// The path without the prefix that all paths share.
    pub name: String,
    /// The effect of the operation.
    pub effect: Effect,
    /// The properties that a request declares, without those of the envelope.
    pub properties: Vec<String>,
    /// The properties of the envelope that the operation accepts.
    pub envelope: Vec<String>,
    /// The request type, or the reason why there is none.
    pub request: Result<Request, String>,
    /// The pages of the operation, if it is a listing.
    pub listing: Option<Listing>,
}

/// The request type of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The component that is the body, if it is one.
    pub component: Option<String>,
    /// The name of the newtype for this operation, if the body is inline or shared.
    pub newtype: Option<String>,
}

/// The pages of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The component of the limitation.
    pub limitation: String,
    /// The component of the response.
    pub response: String,
    /// The property of the response that is the primary list.
    pub list: String,
    /// The maximum number of items of a page.
    pub max_count: Option<i64>,
}

/// The name of the rule, and of the step in the list of changes.
pub const NAME: &str = "operations";

/// The names of the generated items in the module of the newtypes.
const RESERVED: [&str; 6] = [
    "Count",
    "Cursor",
    "Effect",
    "Listing",
    "Metadata",
    "Operation",
];

/// Describes the operations of a contract according to the rules of its conventions.
pub fn describe(contract: &Value, rules: &OperationRules) -> (Vec<Described>, Vec<Finding>) {
    let mut describing = Describing {
        contract,
        rules,
        problems: Vec::new(),
        cursor: None,
    };
    let mut described: Vec<Described> = operations(contract)
        .iter()
        .filter_map(|operation| describing.operation(operation))
        .collect();
    name_newtypes(contract, &mut described);
    describing.unknown_names(&described);
    (described, describing.problems)
}

/// Names a newtype for each operation whose body is not a component or is shared with other operations.
fn name_newtypes(contract: &Value, described: &mut [Described]) {
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for request in described.iter().filter_map(|one| one.request.as_ref().ok()) {
        if let Some(component) = &request.component {
            *uses.entry(component.clone()).or_default() += 1;
        }
    }
    let mut taken: BTreeSet<String> = RESERVED.iter().map(|name| (*name).to_owned()).collect();
    for one in described {
        let Ok(request) = &mut one.request else {
            continue;
        };
        let is_shared = request
            .component
            .as_ref()
            .is_none_or(|component| uses.get(component) != Some(&1));
        if is_shared {
            let id = contract
                .pointer(&one.pointer)
                .and_then(|node| node.get("operationId")?.as_str())
                .unwrap_or(&one.name);
            request.newtype = Some(unique(&pascal(id), &mut taken));
        }
    }
}

struct Describing<'a> {
    contract: &'a Value,
    rules: &'a OperationRules,
    problems: Vec<Finding>,
    /// The location and the type of the first cursor. All cursors must have the same type.
    cursor: Option<(String, Value)>,
}

impl<'a> Describing<'a> {
    fn problem(&mut self, pointer: &str, what: String, help: String) {
        self.problems.push(Finding {
            pointer: pointer.to_owned(),
            rule: NAME,
            what,
            todo: help,
        });
    }

    fn component(&self, name: &str) -> Option<&'a Value> {
        self.contract
            .pointer(&format!("{COMPONENTS}/{}", escape(name)))
    }

    fn operation(&mut self, operation: &openapi_tree::schemas::Operation<'a>) -> Option<Described> {
        let pointer = &operation.pointer;
        let Some(name) = operation.path.strip_prefix(&self.rules.prefix) else {
            self.problem(
                pointer,
                format!(
                    "the path `{}` does not start with `{}`",
                    operation.path, self.rules.prefix
                ),
                "correct the path, or `operations.prefix` in the settings".to_owned(),
            );
            return None;
        };
        let Some(effect) = self.rules.effect(name) else {
            let action = name.rsplit('/').next().unwrap_or(name);
            self.problem(
                pointer,
                format!("no rule gives the effect of `{name}`"),
                format!(
                    "add `{action}: Read` to `operations.effects` in the settings, or one of Create, Update, Delete"
                ),
            );
            return None;
        };
        let body = envelope::json_body(operation.node);
        let component = body.and_then(named_component);
        let schema = component.and_then(|name| self.component(name));
        let properties: Vec<String> = schema
            .and_then(|schema| schema.get("properties")?.as_object())
            .into_iter()
            .flat_map(|properties| properties.keys().cloned())
            .collect();
        let request = match obstacle(operation, body) {
            Some(obstacle) => Err(obstacle),
            None => Ok(Request {
                component: component.map(str::to_owned),
                newtype: None,
            }),
        };
        let listing = match (&self.rules.listing, &request, schema) {
            (Some(rules), Ok(_), Some(schema)) if properties.contains(&rules.limitation) => {
                Some(self.listing(operation, name, schema, rules)?)
            }
            _ => None,
        };
        Some(Described {
            pointer: pointer.clone(),
            path: operation.path.to_owned(),
            method: operation.method.to_ascii_uppercase(),
            name: name.to_owned(),
            effect,
            properties,
            envelope: envelope::properties(operation.node)
                .into_iter()
                .map(str::to_owned)
                .collect(),
            request,
            listing,
        })
    }

    fn listing(
        &mut self,
        operation: &openapi_tree::schemas::Operation<'a>,
        name: &str,
        request: &'a Value,
        rules: &ListingRules,
    ) -> Option<Listing> {
        let pointer = &operation.pointer;
        let limitation_use = &request["properties"][&rules.limitation];
        let limitation = named_component(limitation_use);
        let limitation_schema = limitation.and_then(|name| self.component(name));
        let in_limitation = |property: &str| limitation_schema?.get("properties")?.get(property);
        let is_integer =
            |schema: &&Value| schema.get("type").and_then(Value::as_str) == Some("integer");
        let (Some(limitation), Some(count), Some(cursor)) = (
            limitation,
            in_limitation(&rules.count).filter(is_integer),
            in_limitation(&rules.cursor),
        ) else {
            self.problem(
                pointer,
                format!(
                    "`{}` of `{name}` is not an object with an integer `{}` and with `{}`",
                    rules.limitation, rules.count, rules.cursor
                ),
                "describe it in this way, or correct `operations.listing` in the settings"
                    .to_owned(),
            );
            return None;
        };
        let is_optional = !required(request).contains(&rules.limitation.as_str());
        let others = limitation_schema
            .map(required)
            .into_iter()
            .flatten()
            .find(|property| ![&rules.count, &rules.cursor].contains(&&(*property).to_owned()));
        if let (true, Some(other)) = (is_optional, others) {
            self.problem(
                pointer,
                format!(
                    "`{}` of `{name}` is optional, but requires `{other}`, which pages cannot set",
                    rules.limitation
                ),
                format!(
                    "make `{}` required, or `{other}` optional",
                    rules.limitation
                ),
            );
            return None;
        }
        let response_name = response(self.contract, operation.node).and_then(named_component);
        let response = response_name.and_then(|name| self.component(name));
        let in_response = |property: &str| response?.get("properties")?.get(property);
        let (Some(response_name), Some(next)) = (response_name, in_response(&rules.cursor)) else {
            self.problem(
                pointer,
                format!(
                    "the response of `{name}` is not an object with `{}`",
                    rules.cursor
                ),
                format!(
                    "describe the response in this way, or remove `{}` from the request",
                    rules.limitation
                ),
            );
            return None;
        };
        let is_array = |property: &str| {
            in_response(property)
                .is_some_and(|schema| schema.get("type").and_then(Value::as_str) == Some("array"))
        };
        let list = match self.rules.lists.get(name) {
            Some(list) => list.clone(),
            None => named_like_resource(name),
        };
        if !is_array(&list) {
            self.problem(
                pointer,
                format!("the response of `{name}` has no array `{list}`, the primary list"),
                format!(
                    "name the array in `operations.lists` in the settings, such as `{name}: {list}`"
                ),
            );
            return None;
        }
        let max_count = count.get("maximum").and_then(Value::as_i64);
        let (limitation, response) = (limitation.to_owned(), response_name.to_owned());
        for (holder, schema) in [(&limitation, cursor), (&response, next)] {
            let place = format!(
                "{COMPONENTS}/{}/properties/{}",
                escape(holder),
                escape(&rules.cursor)
            );
            self.same_cursor(place, schema);
        }
        Some(Listing {
            limitation,
            response,
            list,
            max_count,
        })
    }

    /// Checks that all cursors have the same type, so that the same code can read the pages of every listing.
    fn same_cursor(&mut self, place: String, schema: &Value) {
        let shape = match named_component(schema) {
            Some(name) => Value::from(name),
            None => serde_json::json!([schema.get("type"), schema.get("format")]),
        };
        match &self.cursor {
            None => self.cursor = Some((place, shape)),
            Some((_, first)) if *first == shape => {}
            Some((first, _)) => {
                let what = format!("the cursor differs from the one at {first}");
                self.problem(&place, what, "give both the same type".to_owned());
            }
        }
    }

    /// Reports unknown names in the settings, which would be ignored otherwise.
    fn unknown_names(&mut self, described: &[Described]) {
        let rules = self.rules;
        let names = rules.effects.keys().filter(|name| name.contains('/'));
        for name in names.chain(rules.lists.keys()) {
            let is_known = described.iter().any(|one| one.name == *name);
            // An operation with another finding is not described.
            if !is_known
                && self
                    .contract
                    .pointer(&format!(
                        "/paths/{}",
                        escape(&format!("{}{name}", rules.prefix))
                    ))
                    .is_none()
            {
                self.problem(
                    "",
                    format!("the settings name the operation `{name}`, which does not exist"),
                    "correct the name, or remove it from `operations` in the settings".to_owned(),
                );
            }
        }
    }
}

/// Returns the reason why an operation has no request type: it is not a POST of one JSON body with a JSON response.
fn obstacle(
    operation: &openapi_tree::schemas::Operation<'_>,
    body: Option<&Value>,
) -> Option<String> {
    let has_parameters = operation
        .node
        .get("parameters")
        .and_then(Value::as_array)
        .is_some_and(|parameters| !parameters.is_empty());
    if operation.method != "post" {
        return Some(format!(
            "its method is {}, not POST",
            operation.method.to_ascii_uppercase()
        ));
    }
    if has_parameters {
        return Some("it has parameters in addition to its body".to_owned());
    }
    if body.is_none() {
        return Some("it has no JSON body".to_owned());
    }
    if !answers_json(operation.node) {
        return Some("its response is not JSON".to_owned());
    }
    None
}

/// Returns the successful responses of an operation. `default` is one if there is no other.
fn successes(operation: &Value) -> impl Iterator<Item = &Value> {
    let responses = operation.get("responses").and_then(Value::as_object);
    let of = move |is_success: fn(&str) -> bool| {
        responses
            .into_iter()
            .flatten()
            .filter(move |(status, _)| is_success(status))
            .map(|(_, response)| response)
    };
    let has_success = of(|status| status.starts_with('2')).next().is_some();
    of(if has_success {
        |status| status.starts_with('2')
    } else {
        |status| status == "default"
    })
}

fn answers_json(operation: &Value) -> bool {
    let mut contents =
        successes(operation).filter_map(|response| response.get("content")?.as_object());
    contents.any(|content| content.contains_key("application/json"))
}

/// Returns the schema of the successful response.
fn response<'a>(contract: &'a Value, operation: &'a Value) -> Option<&'a Value> {
    successes(operation)
        .flat_map(|response| content_schemas(contract, response))
        .next()
}

/// Returns the name of the array with the records of a resource, such as `Things` for `things/getAll`.
fn named_like_resource(name: &str) -> String {
    let resource = name.rsplit('/').nth(1).unwrap_or(name);
    let mut letters = resource.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

//! Objects of which one property decides the schema of another.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Changes, is_annotation, make_nullable, reference_to};
use crate::constraints::is_constraint;
use crate::conventions::Polymorphic;
use openapi_tree::document::escape;
use openapi_tree::lint::Finding;
use openapi_tree::schemas::{
    self, COMPONENTS, component, component_pointer, each_schema, named_component, properties,
    referenced_component, resolve,
};

/// The name of the pass in the list of changes, and of the rule.
pub const NAME: &str = "polymorphic";

/// The mark of a component that becomes an enum.
const MARK: &str = "x-polymorphic";

/// The kinds of a component that becomes an enum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kinds<'a>(&'a Value);

impl<'a> Kinds<'a> {
    /// Returns the kinds of a component, if it becomes an enum.
    pub(crate) fn of(schema: &'a Value) -> Option<Self> {
        schema.get(MARK).map(Self)
    }

    /// Returns the name of the property that decides.
    pub(crate) fn discriminator(self) -> &'a str {
        self.0["discriminator"].as_str().unwrap_or_default()
    }

    /// Returns the name of the property whose schema is decided.
    pub(crate) fn value(self) -> &'a str {
        self.0["value"].as_str().unwrap_or_default()
    }

    /// Returns the values of the discriminator in the order of the document, each with the lowered property that has the
    /// schema of its value.
    pub(crate) fn each(self) -> impl Iterator<Item = (&'a str, String)> {
        let kinds = self.0["kinds"].as_array().into_iter().flatten();
        kinds
            .enumerate()
            .filter_map(move |(index, kind)| Some((kind.as_str()?, property(self.value(), index))))
    }

    /// Returns the lowered property that has the schema of the value of an object.
    pub(crate) fn property_of(self, object: &Value) -> Option<String> {
        let kind = object.get(self.discriminator())?.as_str()?;
        let (_, property) = self.each().find(|(name, _)| *name == kind)?;
        Some(property)
    }
}

/// Returns the name of the lowered property of a kind. The name contains a number, because kinds can have the same name
/// in Rust.
fn property(value: &str, index: usize) -> String {
    format!("{value} {index}")
}

/// Replaces the property with the value by an optional property for each kind, in each schema of the settings. All
/// passes follow the references of these properties, and the generator creates a struct with a field for each kind. A
/// finishing pass turns the struct into an enum.
pub(super) fn apply(tree: &mut Value, pair: &Polymorphic, changes: &mut Changes) {
    for (name, kinds) in &pair.schemas {
        let pointer = component_pointer(name);
        let Some(schema) = tree.pointer(&pointer) else {
            continue;
        };
        let decided = format!("{pointer}/properties/{}", escape(&pair.value));
        for (place, schema) in [
            (&pointer, schema),
            (&decided, &schema["properties"][&pair.value]),
        ] {
            for (keyword, value) in schema.as_object().into_iter().flatten() {
                if is_constraint(keyword) {
                    changes.loss(
                        place,
                        format!("not checked of several kinds: {keyword} {value}"),
                    );
                }
            }
        }
        let mut discriminator = schema["properties"][&pair.discriminator].clone();
        let names = listed(tree, &discriminator).unwrap_or_default();
        let mark = json!({
            "discriminator": pair.discriminator,
            "value": pair.value,
            "kinds": names,
        });
        let mut all = Map::new();
        for (index, kind) in names.iter().enumerate() {
            let property = property(&pair.value, index);
            changes.moved(
                &decided,
                &format!("{pointer}/properties/{}", escape(&property)),
            );
            let mut reference = reference_to(&kinds[*kind]);
            make_nullable(&mut reference);
            all.insert(property, reference);
        }
        make_nullable(&mut discriminator);
        all.insert(pair.discriminator.clone(), discriminator);
        let mut lowered: Map<String, Value> = schema
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(keyword, _)| {
                is_annotation(keyword)
                    || ["type", "additionalProperties"].contains(&keyword.as_str())
            })
            .map(|(keyword, value)| (keyword.clone(), value.clone()))
            .collect();
        lowered.insert("properties".to_owned(), Value::Object(all));
        lowered.insert(MARK.to_owned(), mark);
        changes.note(
            &pointer,
            format!(
                "becomes an enum: `{}` decides the schema of `{}`",
                pair.discriminator, pair.value
            ),
        );
        if let Some(schema) = tree.pointer_mut(&pointer) {
            *schema = Value::Object(lowered);
        }
    }
}

/// Returns everything that keeps the settings from fitting a document.
pub(crate) fn findings(tree: &Value, pair: &Polymorphic) -> Vec<Finding> {
    let mut check = Check {
        tree,
        pair,
        findings: Vec::new(),
    };
    for name in pair.schemas.keys() {
        check.listed_schema(name);
    }
    check.other_schemas();
    check.findings
}

/// Returns the part of the settings that fits a document, if there is one.
pub(crate) fn known_to(tree: &Value, pair: &Polymorphic) -> Option<Polymorphic> {
    let mut known = pair.clone();
    known.schemas.retain(|name, _| {
        let mut check = Check {
            tree,
            pair,
            findings: Vec::new(),
        };
        check.listed_schema(name);
        check.findings.is_empty()
    });
    findings(tree, &known).is_empty().then_some(known)
}

/// Returns the strings that a schema lists, if it is an enum of strings.
fn listed<'a>(tree: &'a Value, schema: &'a Value) -> Option<Vec<&'a str>> {
    let values = target(tree, schema)?.get("enum")?.as_array()?;
    let values = values.iter().filter(|value| !value.is_null());
    values.map(Value::as_str).collect()
}

/// Returns the schema that another one refers to, or the schema itself.
fn target<'a>(tree: &'a Value, schema: &'a Value) -> Option<&'a Value> {
    let target = match named_component(schema) {
        Some(name) => component(tree, name)?,
        None => schema,
    };
    Some(resolve(tree, target))
}

struct Check<'a> {
    tree: &'a Value,
    pair: &'a Polymorphic,
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn add(&mut self, pointer: impl Into<String>, what: String, help: String) {
        self.findings.push(Finding {
            pointer: pointer.into(),
            rule: NAME,
            what,
            help,
        });
    }

    /// Checks a schema that the settings list.
    fn listed_schema(&mut self, name: &str) {
        let (tree, pair) = (self.tree, self.pair);
        let pointer = component_pointer(name);
        let settings = format!("`polymorphic.schemas.{name}` in the settings");
        let Some(schema) = tree.pointer(&pointer) else {
            self.add(
                COMPONENTS,
                format!("missing schema `{name}`, which the settings list as polymorphic"),
                format!("add the schema, or remove {settings}"),
            );
            return;
        };
        let (discriminator, value) = (&pair.discriminator, &pair.value);
        let known = [discriminator, value];
        for missing in known {
            if properties(schema).all(|(property, _)| property != missing) {
                self.add(
                    &pointer,
                    format!("missing property `{missing}`, although the settings list `{name}` as polymorphic"),
                    format!("add the property, or remove {settings}"),
                );
                return;
            }
        }
        let others = properties(schema).map(|(property, _)| property);
        let others = others.filter(|property| !known.contains(property));
        let combined = ["allOf", "anyOf", "oneOf", "not"].map(str::to_owned);
        let combined = combined
            .iter()
            .filter(|keyword| schema.get(keyword.as_str()).is_some());
        if let Some(other) = others.chain(combined).next() {
            self.add(
                &pointer,
                format!("unsupported `{other}` next to `{discriminator}` and `{value}`"),
                format!("move the pair into a schema that has only these two properties, and list that one in {settings}"),
            );
        }
        self.kinds(name, schema, &settings);
        self.choice(name, &schema["properties"][value], &settings);
    }

    /// Compares the kinds of the settings with the values of the discriminator.
    fn kinds(&mut self, name: &str, schema: &Value, settings: &str) {
        let (tree, pair) = (self.tree, self.pair);
        let discriminator = &schema["properties"][&pair.discriminator];
        let pointer = format!(
            "{}/properties/{}",
            component_pointer(name),
            escape(&pair.discriminator)
        );
        let kinds = &pair.schemas[name];
        let Some(listed) = listed(tree, discriminator) else {
            self.add(
                pointer,
                "expected an enum of strings, because the value decides the schema of another property"
                    .to_owned(),
                format!("list the values, or remove {settings}"),
            );
            return;
        };
        for kind in &listed {
            if !kinds.contains_key(*kind) {
                self.add(
                    &pointer,
                    format!("no schema is known for the value `{kind}`"),
                    format!("add `{kind}: …` with the name of a schema to {settings}"),
                );
            }
        }
        for (kind, component) in kinds {
            if !listed.contains(&kind.as_str()) {
                self.add(
                    &pointer,
                    format!("the value `{kind}` is not listed, although the settings have a schema for it"),
                    format!("add the value to the enum, or remove `{kind}` from {settings}"),
                );
            }
            if schemas::component(tree, component).is_none() {
                self.add(
                    COMPONENTS,
                    format!("missing schema `{component}`, which the settings name for `{kind}`"),
                    format!("add the schema, or correct the name in {settings}"),
                );
            }
        }
    }

    /// Compares the kinds of the settings with the choice that the document has for the value, if it has one.
    fn choice(&mut self, name: &str, value: &Value, settings: &str) {
        let pointer = format!(
            "{}/properties/{}",
            component_pointer(name),
            escape(&self.pair.value)
        );
        let members: Vec<&Value> = ["anyOf", "oneOf"]
            .iter()
            .filter_map(|keyword| value.get(keyword)?.as_array())
            .flatten()
            .collect();
        let keywords = [
            "$ref",
            "allOf",
            "anyOf",
            "oneOf",
            "not",
            "properties",
            "items",
            "enum",
        ];
        let is_free = keywords.iter().all(|keyword| value.get(keyword).is_none())
            && !value
                .get("additionalProperties")
                .is_some_and(Value::is_object)
            && matches!(
                value.get("type").and_then(Value::as_str),
                None | Some("object")
            );
        if is_free {
            return;
        }
        let known: Option<BTreeSet<&str>> = match named_component(value) {
            Some(component) => Some([component].into()),
            None => members
                .iter()
                .map(|member| referenced_component(member))
                .collect(),
        };
        let Some(known) = known.filter(|known| !known.is_empty()) else {
            self.add(
                pointer,
                "expected references to components, because another property decides the schema"
                    .to_owned(),
                format!("write `anyOf` with a reference for each schema of {settings}"),
            );
            return;
        };
        let named: BTreeSet<&str> = self.pair.schemas[name]
            .values()
            .map(String::as_str)
            .collect();
        for component in known.difference(&named) {
            self.add(
                &pointer,
                format!("no kind has the schema `{component}`"),
                format!("remove the reference, or name the schema in {settings}"),
            );
        }
        for component in named.difference(&known) {
            self.add(
                &pointer,
                format!("missing reference to `{component}`, which the settings name"),
                format!("add the reference, or correct {settings}"),
            );
        }
    }

    /// Checks the schemas that the settings do not list: those that consist of the pair, and those that extend a schema
    /// that does.
    fn other_schemas(&mut self) {
        let (tree, pair) = (self.tree, self.pair);
        let mut found = Vec::new();
        each_schema(tree, &mut |pointer, schema| {
            let component = pointer
                .strip_prefix(COMPONENTS)
                .map(|rest| &rest[1..])
                .filter(|name| !name.contains('/'));
            let is_listed = pair
                .schemas
                .keys()
                .any(|name| component_pointer(name) == pointer);
            if !is_listed && is_pair(tree, schema, pair) {
                let help = match component {
                    Some(name) => format!("add `{name}` to `polymorphic.schemas` in the settings"),
                    None => {
                        "make it a component, and add it to `polymorphic.schemas` in the settings"
                            .to_owned()
                    }
                };
                let what = format!(
                    "`{}` decides the schema of `{}`, but the settings do not list the schemas",
                    pair.discriminator, pair.value
                );
                found.push((pointer.to_owned(), what, help));
            }
            let members = schema.get("allOf").and_then(Value::as_array);
            let extended = members
                .into_iter()
                .flatten()
                .filter_map(referenced_component)
                .find(|name| pair.schemas.contains_key(*name));
            if let Some(name) = extended.filter(|_| named_component(schema).is_none()) {
                found.push((
                    pointer.to_owned(),
                    format!("unsupported extension of the polymorphic schema `{name}`"),
                    format!("refer to `{name}` in a property instead"),
                ));
            }
        });
        for (pointer, what, help) in found {
            self.add(pointer, what, help);
        }
    }
}

/// Returns `true` if an object has the discriminator, which lists its values, and a value of more than one form.
fn is_pair(tree: &Value, schema: &Value, pair: &Polymorphic) -> bool {
    let property = |name: &String| schema.get("properties")?.get(name);
    let (Some(discriminator), Some(value)) = (property(&pair.discriminator), property(&pair.value))
    else {
        return false;
    };
    let is_scalar = target(tree, value)
        .and_then(|value| value.get("type")?.as_str())
        .is_some_and(|kind| !["object", "array"].contains(&kind));
    listed(tree, discriminator).is_some() && !is_scalar
}

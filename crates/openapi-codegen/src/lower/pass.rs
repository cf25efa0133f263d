//! Lowering passes and their edits.

use std::path::Path;

use serde_json::{Value, json};

use super::{Changes, Effect};
use crate::conventions::Conventions;
use openapi_tree::document::unescape;
use openapi_tree::error::{Error, Result};
use openapi_tree::schemas::each_schema;

/// One step of lowering.
pub struct Pass {
    /// The name in messages and snapshots.
    pub name: &'static str,
    /// The generator limitation that is the reason for the pass.
    pub reason: &'static str,
    /// The work of the pass.
    pub work: Work,
}

/// The work of a pass.
pub enum Work {
    /// Returns the edits of one schema, which is passed with its JSON pointer. An edit changes a keyword, so that it
    /// does not overwrite edits of the schemas inside.
    Schemas(fn(&str, &Value) -> Vec<Edit>),
    /// Returns the edits of the document.
    Document(fn(&Value) -> Vec<Edit>),
    /// Returns the edits of the document according to the conventions.
    Conventions(fn(&Value, &Conventions) -> Vec<Edit>),
    /// A change of several locations at once.
    Whole {
        /// Returns the JSON pointers of the locations that need the change. `apply` leaves none.
        find: fn(&Value) -> Vec<String>,
        /// Makes the change, and adds it to the list of changes.
        apply: fn(&mut Value, &mut Changes),
    },
}

/// A change of one location.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The JSON pointer of the location.
    pointer: String,
    /// The change of the location.
    action: Action,
    /// The entry in the list of changes: the location, a description and the effect.
    note: Option<(String, String, Effect)>,
    /// The JSON pointer of the example that is the reason.
    example: Option<String>,
}

#[derive(Clone, Debug)]
enum Action {
    Keep,
    Set(Value),
    Remove,
}

impl Edit {
    fn new(pointer: impl Into<String>, action: Action) -> Self {
        Self {
            pointer: pointer.into(),
            action,
            note: None,
            example: None,
        }
    }

    /// Creates an edit that sets a value.
    pub(super) fn set(pointer: impl Into<String>, value: Value) -> Self {
        Self::new(pointer, Action::Set(value))
    }

    /// Creates an edit that removes a location.
    pub(super) fn remove(pointer: impl Into<String>) -> Self {
        Self::new(pointer, Action::Remove)
    }

    /// Creates an edit that only reports what another edit changes.
    pub(super) fn report(pointer: impl Into<String>) -> Self {
        Self::new(pointer, Action::Keep)
    }

    /// Creates an edit that makes a schema nullable.
    pub(super) fn nullable(pointer: &str, schema: &Value) -> Self {
        if schema.get("$ref").is_some() {
            Self::set(pointer, json!({ "allOf": [schema], "nullable": true }))
        } else {
            Self::set(format!("{pointer}/nullable"), json!(true))
        }
    }

    /// Reports the edit as a change of form.
    pub(super) fn note(mut self, pointer: impl Into<String>, what: impl Into<String>) -> Self {
        self.note = Some((pointer.into(), what.into(), Effect::Form));
        self
    }

    /// Reports the edit as a loss.
    pub(super) fn loss(mut self, pointer: impl Into<String>, what: impl Into<String>) -> Self {
        self.note = Some((pointer.into(), what.into(), Effect::Loss));
        self
    }

    /// Adds the example that is the reason to the report.
    pub(super) fn shown_by(mut self, example: &str) -> Self {
        self.example = Some(example.to_owned());
        self
    }

    /// Returns the JSON pointer of the location.
    pub(super) fn pointer(&self) -> &str {
        &self.pointer
    }

    fn apply(self, tree: &mut Value) {
        let Some((around, step)) = self.pointer.rsplit_once('/') else {
            return;
        };
        match (tree.pointer_mut(around), self.action) {
            (_, Action::Keep) => {}
            (Some(Value::Object(object)), Action::Set(value)) => {
                object.insert(unescape(step), value);
            }
            (Some(Value::Object(object)), Action::Remove) => {
                object.remove(&unescape(step));
            }
            (Some(Value::Array(items)), action) => {
                let Some(index) = step.parse().ok().filter(|index| *index < items.len()) else {
                    return;
                };
                match action {
                    Action::Set(value) => items[index] = value,
                    _ => drop(items.remove(index)),
                }
            }
            _ => {}
        }
    }
}

/// The maximum number of rounds. An edit can require another one inside it, so the nesting of schemas limits the rounds.
const ROUNDS: usize = 64;

impl Pass {
    /// Runs the pass. `file` is the name of the document in messages.
    ///
    /// # Errors
    /// Returns an error if a location still needs the pass.
    pub(super) fn run(
        &self,
        file: &Path,
        tree: &mut Value,
        conventions: &Conventions,
        changes: &mut Changes,
    ) -> Result<()> {
        changes.begin(self.name);
        let left = match self.work {
            Work::Schemas(edits) => until_none_is_left(tree, changes, |tree| {
                let mut all = Vec::new();
                each_schema(tree, &mut |pointer, schema| {
                    all.extend(edits(pointer, schema));
                });
                all
            }),
            Work::Document(edits) => until_none_is_left(tree, changes, edits),
            Work::Conventions(edits) => {
                until_none_is_left(tree, changes, |tree| edits(tree, conventions))
            }
            Work::Whole { find, apply } => {
                apply(tree, changes);
                find(tree).into_iter().next()
            }
        };
        let Some(pointer) = left else { return Ok(()) };
        Err(Error::new(
            file,
            format!(
                "lowering pass `{}` did not handle this: {}",
                self.name, self.reason
            ),
            "write it in a simpler form, or extend the pass in crates/openapi-codegen/src/lower",
        )
        .at_pointer(changes.published(&pointer)))
    }
}

/// Applies edits until the document needs none. Returns the location of an edit that it still needs.
fn until_none_is_left(
    tree: &mut Value,
    changes: &mut Changes,
    edits: impl Fn(&Value) -> Vec<Edit>,
) -> Option<String> {
    for _ in 0..ROUNDS {
        let edits = edits(tree);
        if edits.is_empty() {
            return None;
        }
        for mut edit in edits {
            if let Some((pointer, mut what, effect)) = edit.note.take() {
                if let Some(example) = &edit.example {
                    let example = changes.published(example);
                    what = format!("{what}, as the example {example} shows");
                }
                changes.add(&pointer, what, effect);
            }
            edit.apply(tree);
        }
    }
    edits(tree).into_iter().next().map(|edit| edit.pointer)
}

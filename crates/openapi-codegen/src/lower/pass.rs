//! Passes, and the edits that most of them consist of.

use std::path::Path;

use serde_json::{Value, json};

use super::{Changes, Effect};
use crate::conventions::Conventions;
use openapi_tree::error::{Error, Result};
use openapi_tree::schemas::each_schema;

/// One step of lowering.
pub struct Pass {
    /// Its name, as messages and snapshots call it.
    pub name: &'static str,
    /// The limit of the generator that it answers.
    pub answers: &'static str,
    /// What it does.
    pub work: Work,
}

/// What a pass does.
pub enum Work {
    /// The edits that one schema needs, given with its JSON pointer. They are of its keywords, so that those of
    /// schemas inside it are not lost.
    Schemas(fn(&str, &Value) -> Vec<Edit>),
    /// The edits that the document needs.
    Document(fn(&Value) -> Vec<Edit>),
    /// The edits that the document needs by the conventions of its API.
    Conventions(fn(&Value, &Conventions) -> Vec<Edit>),
    /// A change of several places at once.
    Whole {
        /// Returns the places that need it, as JSON pointers. None are left after `apply`.
        find: fn(&Value) -> Vec<String>,
        /// Makes the change, and notes it.
        apply: fn(&mut Value, &mut Changes),
    },
}

/// A change of one place.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The JSON pointer of the place.
    pointer: String,
    /// The new value; `None` removes the place.
    value: Option<Value>,
    /// A note about the change: its place, a sentence, and its effect.
    note: Option<(String, String, Effect)>,
    /// The JSON pointer of the example that shows why.
    example: Option<String>,
}

impl Edit {
    /// Puts a value at a place.
    pub(super) fn set(pointer: impl Into<String>, value: Value) -> Self {
        Self {
            pointer: pointer.into(),
            value: Some(value),
            note: None,
            example: None,
        }
    }

    /// Removes a place.
    pub(super) fn remove(pointer: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            value: None,
            note: None,
            example: None,
        }
    }

    /// Makes the schema at a place take null too.
    pub(super) fn nullable(pointer: &str, schema: &Value) -> Self {
        if schema.get("$ref").is_some() {
            Self::set(pointer, json!({ "allOf": [schema], "nullable": true }))
        } else {
            Self::set(format!("{pointer}/nullable"), json!(true))
        }
    }

    /// Notes that the meaning stays the same.
    pub(super) fn note(mut self, pointer: impl Into<String>, what: impl Into<String>) -> Self {
        self.note = Some((pointer.into(), what.into(), Effect::Form));
        self
    }

    /// Notes that the types promise less than the document.
    pub(super) fn loss(mut self, pointer: impl Into<String>, what: impl Into<String>) -> Self {
        self.note = Some((pointer.into(), what.into(), Effect::Loss));
        self
    }

    /// Adds to the note that an example shows why.
    pub(super) fn shown_by(mut self, example: &str) -> Self {
        self.example = Some(example.to_owned());
        self
    }

    /// Returns the JSON pointer of the place.
    pub(super) fn pointer(&self) -> &str {
        &self.pointer
    }

    fn apply(self, tree: &mut Value) {
        let Some((around, step)) = self.pointer.rsplit_once('/') else {
            return;
        };
        match (tree.pointer_mut(around), self.value) {
            (Some(Value::Object(object)), value) => {
                let step = step.replace("~1", "/").replace("~0", "~");
                match value {
                    Some(value) => object.insert(step, value),
                    None => object.remove(&step),
                };
            }
            (Some(Value::Array(items)), value) => {
                let Some(index) = step.parse().ok().filter(|index| *index < items.len()) else {
                    return;
                };
                match value {
                    Some(value) => items[index] = value,
                    None => drop(items.remove(index)),
                }
            }
            _ => {}
        }
    }
}

/// Rounds of edits: what is edited may need another one. More rounds than a schema is deep are not needed.
const ROUNDS: usize = 64;

impl Pass {
    /// Runs the pass; `file` is what messages call the document.
    ///
    /// # Errors
    /// Returns an error if a place is left that needs the pass.
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
                "lowering pass `{}` can't mend this: {}",
                self.name, self.answers
            ),
            "write it in a simpler form, or extend the pass in crates/openapi-codegen/src/lower",
        )
        .at_pointer(changes.published(&pointer)))
    }
}

/// Makes edits until the document needs none; returns the place of one that it still needs.
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

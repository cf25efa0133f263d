//! The changes of the passes, with locations in the published document.

use std::collections::BTreeMap;

/// The changes that the passes made.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pass: &'static str,
    list: Vec<Change>,
    moved: BTreeMap<String, String>,
}

/// The effect of a change on the generated types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The meaning is the same in another form.
    Form,
    /// The types guarantee less than the document, or a part of the document is missing.
    Loss,
}

/// One change of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The pass that made it.
    pub pass: &'static str,
    /// The JSON pointer of the location in the published document.
    pub pointer: String,
    /// A description of the change.
    pub what: String,
    /// The effect on the generated types.
    pub effect: Effect,
}

impl Changes {
    /// Starts a pass: the following changes belong to it.
    pub(super) fn begin(&mut self, pass: &'static str) {
        self.pass = pass;
    }

    /// Adds a change of form.
    pub fn note(&mut self, pointer: impl AsRef<str>, what: impl Into<String>) {
        self.add(pointer.as_ref(), what.into(), Effect::Form);
    }

    /// Adds a change after which the types guarantee less than the document.
    pub fn loss(&mut self, pointer: impl AsRef<str>, what: impl Into<String>) {
        self.add(pointer.as_ref(), what.into(), Effect::Loss);
    }

    pub(super) fn add(&mut self, pointer: &str, what: String, effect: Effect) {
        self.list.push(Change {
            pass: self.pass,
            pointer: self.published(pointer),
            what,
            effect,
        });
    }

    /// Records that the node at `from` is now at `to`.
    pub(super) fn moved(&mut self, from: &str, to: &str) {
        let published = self.published(from);
        if published != to {
            self.moved.insert(to.to_owned(), published);
        }
    }

    /// Returns the location in the published document of a location in the lowered document.
    pub fn published(&self, pointer: &str) -> String {
        let mut end = pointer.len();
        loop {
            if let Some(origin) = self.moved.get(&pointer[..end]) {
                return format!("{origin}{}", &pointer[end..]);
            }
            match pointer[..end].rfind('/') {
                Some(slash) => end = slash,
                None => return pointer.to_owned(),
            }
        }
    }

    /// Returns the changes in the order of the passes.
    pub fn list(&self) -> &[Change] {
        &self.list
    }
}

//! What the passes did, told in terms of the published document.

use std::collections::BTreeMap;

/// What the passes did.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pass: &'static str,
    list: Vec<Change>,
    moved: BTreeMap<String, String>,
}

/// What a change means for those who use the generated types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The same meaning in another form.
    Form,
    /// The types promise less than the document does, or leave something of it out.
    Loss,
}

/// One change of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The pass that made it.
    pub pass: &'static str,
    /// Where, in the published document.
    pub pointer: String,
    /// What was done.
    pub what: String,
    /// What it means.
    pub effect: Effect,
}

impl Changes {
    /// From here on, changes are those of this pass.
    pub(super) fn begin(&mut self, pass: &'static str) {
        self.pass = pass;
    }

    /// Notes a change of form.
    pub fn note(&mut self, pointer: impl AsRef<str>, what: impl Into<String>) {
        self.add(pointer.as_ref(), what.into(), Effect::Form);
    }

    /// Notes a change by which the types promise less than the document.
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

    /// From here on, what stood at `from` stands at `to`.
    pub(super) fn moved(&mut self, from: &str, to: &str) {
        let published = self.published(from);
        if published != to {
            self.moved.insert(to.to_owned(), published);
        }
    }

    /// Where a place of the lowered document stands in the published one.
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

    /// The changes, in the order of the passes.
    pub fn list(&self) -> &[Change] {
        &self.list
    }
}

//! The facts of a page with chapters, in the order in which a reader finds them.

use super::{Imported, samples};
use crate::conventions::Conventions;
use crate::facts::{Body, Operation, Reading, Schema};

/// The part of an operation that is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Outside,
    Introduction,
    Request,
    Response,
}

/// The facts that were found, and the place of the next one.
pub(super) struct Draft<'c> {
    pub(super) conventions: &'c Conventions,
    /// The start of the URL of every operation.
    pub(super) url_prefix: String,
    pub(super) imported: Imported,
    pub(super) section: Section,
    /// The heading of a schema.
    pub(super) heading: Option<String>,
    /// The operation that is being read, and the line of its heading.
    pub(super) operation: Option<(Operation, usize)>,
}

impl<'c> Draft<'c> {
    pub(super) fn new(conventions: &'c Conventions, imported: Imported) -> Self {
        Self {
            conventions,
            url_prefix: conventions.url_prefix(),
            imported,
            section: Section::Outside,
            heading: None,
            operation: None,
        }
    }

    /// Starts a section of the operation.
    pub(super) fn enter(&mut self, section: Section) {
        self.section = section;
        self.heading = None;
    }

    /// Starts an operation after the one before it.
    pub(super) fn open(&mut self, section: Section, operation: Operation, line: usize) {
        self.close();
        self.enter(section);
        self.operation = Some((operation, line));
    }

    /// Adds the operation that is being read to the facts.
    fn close(&mut self) {
        let Some((mut operation, line)) = self.operation.take() else {
            return;
        };
        if operation.path.is_empty() {
            // A chapter of prose is not an operation; a chapter with a body is one, and lacks its URL.
            if operation.bodies().next().is_some() {
                let rows = operation.bodies().map(|body| body.rows().len());
                self.imported.rows_reported += rows.sum::<usize>();
                let title = operation.title.unwrap_or_default();
                let what = format!("the operation `{title}` has no address");
                self.imported.report(line, what);
            }
            return;
        }
        operation.settle_empty_response();
        if self.imported.variant.source.reading == Reading::RequiredMeansNotNullable {
            for flag in self.conventions.flags.keys() {
                operation.flags.entry(flag.clone()).or_insert(false);
            }
        }
        self.imported.variant.operations.push(operation);
    }

    /// Returns all facts.
    pub(super) fn finish(mut self) -> Imported {
        self.close();
        self.imported
    }

    /// Returns the body that the current section describes.
    pub(super) fn body(&mut self) -> Option<&mut Body> {
        let (operation, _) = self.operation.as_mut()?;
        match self.section {
            Section::Request => Some(operation.request.get_or_insert_default()),
            Section::Response => Some(operation.response.get_or_insert_default()),
            Section::Introduction | Section::Outside => None,
        }
    }

    /// Adds an example to the current body, or reports it. Returns `false` if there is no body.
    pub(super) fn sample(&mut self, text: &str, line: usize) -> bool {
        let added = self.body().map(|body| samples::add(body, text));
        if let Some(Err(what)) = &added {
            self.imported.report(line, what);
        }
        added.is_some()
    }

    /// Adds a schema of the operation that is being read.
    pub(super) fn add(&mut self, schema: Schema) {
        let path = self
            .operation
            .as_ref()
            .map(|(operation, _)| operation.path.clone());
        self.imported.variant.schemas.push(Schema {
            under: path.filter(|path| !path.is_empty()),
            ..schema
        });
    }
}

//! The alignment of operations, with their bodies and responses.

use super::{Inner, Walk};
use crate::facts::{Operation, Origin, Response};
use crate::import::dialect::Operations;
use crate::reconcile::spec::{
    PRESENT, additional_of, bodies_of, body_type, enum_value, is_range, resource, resources,
    rows_of,
};
use crate::reconcile::subject::{Dimension, Subject};

impl<'a> Walk<'a> {
    pub(super) fn operations(&mut self) {
        let (ours, theirs) = (resources(&self.spec.facts), resources(self.variant));
        let stated = &self.variant.operations;
        for operation in stated {
            let subject = Subject::whole(&operation.path);
            if let Some(in_spec) = self.spec.operation(&operation.path) {
                self.operation(operation, in_spec);
            } else if ours.contains(resource(&operation.path)) {
                self.speaker.has(&subject);
            } else {
                self.speaker.comparison.other_operations += 1;
            }
        }
        let source = &self.variant.source;
        for Operation { path, .. } in &self.spec.facts.operations {
            let covered = match source.form.silence.excludes_operations {
                Operations::All if !source.partial => true,
                Operations::All | Operations::OfItsResources => theirs.contains(resource(path)),
                Operations::Stated => false,
            };
            if covered && stated.iter().all(|other| other.path != *path) {
                self.speaker.lacks(&Subject::whole(path));
            }
        }
    }

    fn operation(&mut self, operation: &'a Operation, in_spec: &'a Operation) {
        let origin = &Origin::default().within(operation.from.as_ref(), operation.dated.as_ref());
        let subject = Subject::whole(&operation.path);
        let mut states = |dimension: Dimension, value: bool| {
            self.speaker.states(origin, &subject, dimension, value);
        };
        if let Some(required) = operation.request.as_ref().and_then(|body| body.required) {
            states(Dimension::Required, required);
        }
        for (name, is_set) in &operation.flags {
            states(Dimension::Flag(name.clone()), *is_set);
        }
        if operation.deprecated {
            states(Dimension::Deprecated, true);
        }
        if operation.restricted {
            states(Dimension::Restricted, true);
        }
        self.speaker
            .states(origin, &subject, Dimension::Presence, PRESENT);
        let flags = self.spec.conventions.flags.keys();
        let silent = flags.filter(|name| !operation.flags.contains_key(*name));
        self.speaker.comparison.silent += silent.count();
        for (owner, body, known) in bodies_of(operation, in_spec) {
            let Some(rows) = self.variant.properties_of(body) else {
                continue;
            };
            // The schema of a body is compared under the name of the operation.
            let roots = body
                .schema
                .iter()
                .flat_map(|name| self.variant.indices_called(name));
            self.matched.extend(roots);
            let additional = additional_of(self.variant, Some(body));
            self.additional(&Subject::whole(&owner), additional, origin);
            let known = rows_of(&self.spec.facts, known);
            self.table(&owner, known, rows, body.partial, origin);
        }
        self.responses(operation, in_spec, origin);
    }

    fn responses(&mut self, operation: &Operation, in_spec: &Operation, origin: &Origin) {
        let path = &operation.path;
        let root = in_spec
            .response
            .as_ref()
            .and_then(|body| body.schema.as_ref());
        for response in &operation.responses {
            // A body is the same for every status, so a response without a status still shows the body.
            let of_body = || {
                let mut known = in_spec.responses.iter();
                known.find(|known| self.same_body(known, response))
            };
            let known = match &response.status {
                Some(status) => in_spec.responses.iter().find(|known| covers(known, status)),
                None => of_body(),
            };
            let body = known
                .or_else(of_body)
                .filter(|known| known.body.as_ref() != root && self.same_body(known, response));
            match (known, &response.status) {
                (Some(known), Some(_)) => {
                    let origin = origin.within(response.from.as_ref(), response.dated.as_ref());
                    let subject = Subject::status(path, known);
                    self.response(&subject, known, response, &origin);
                }
                (None, Some(_)) => self.speaker.has(&Subject::status(path, response)),
                (_, None) => {}
            }
            if let Some(known) = body
                && let (Some(known), Some(body)) = (&known.body, &response.body)
            {
                self.schemas(known, body, &Inner::default());
            }
        }
        let stated = operation
            .responses
            .iter()
            .filter_map(|response| response.status.as_deref());
        let stated: Vec<&str> = stated.collect();
        if stated.is_empty() || !self.variant.source.form.silence.excludes_statuses {
            return;
        }
        for known in &in_spec.responses {
            if !stated.iter().any(|status| covers(known, status)) {
                self.speaker.lacks(&Subject::status(path, known));
            }
        }
    }

    /// Makes the statements about a status. A response without headers does not state that there are none.
    fn response(
        &mut self,
        subject: &Subject,
        known: &Response,
        response: &Response,
        origin: &Origin,
    ) {
        self.speaker
            .states(origin, subject, Dimension::Presence, PRESENT);
        if let Some(body) = &response.body {
            let agrees = known.body == response.body || self.same_body(known, response);
            let statement = self
                .speaker
                .states(origin, subject, Dimension::Type, body_type(body));
            statement.agrees = agrees;
        }
        if !response.headers.is_empty() {
            let headers = enum_value(&response.headers);
            self.speaker
                .states(origin, subject, Dimension::Headers, headers);
        }
        if known.status.as_deref().is_some_and(is_range) {
            let status = response.status.clone();
            self.speaker
                .states(origin, subject, Dimension::Status, status);
        }
    }

    fn same_body(&self, known: &Response, response: &Response) -> bool {
        let bodies = known.body.as_ref().zip(response.body.as_ref());
        bodies.is_some_and(|(known, body)| self.names.means(known, body))
    }
}

/// Returns `true` if a response of the spec is for a status: the status itself, or a range such as `5XX`.
fn covers(known: &Response, status: &str) -> bool {
    known.status.as_deref().is_some_and(|known| {
        let class = known.strip_suffix("XX");
        known == status || class.is_some_and(|class| status.len() == 3 && status.starts_with(class))
    })
}

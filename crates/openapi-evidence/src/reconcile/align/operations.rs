//! The alignment of operations, with their bodies and responses.

use std::collections::BTreeSet;

use super::{AlignedResponse, Inner, Walk};
use crate::facts::{Operation, Origin, Response};
use crate::import::dialect::Operations;
use crate::reconcile::spec::{additional_of, resource, rows_of};
use crate::reconcile::subject::{RESPONSE, Subject};

impl Walk<'_> {
    pub(super) fn operations(&mut self) {
        let ours = self.spec.resources();
        let silence = self.variant.source.form.silence();
        let theirs: BTreeSet<&str> = self
            .variant
            .operations
            .iter()
            .map(|operation| resource(&operation.path))
            .collect();
        for operation in &self.variant.operations {
            let Some(in_spec) = self.spec.operation(&operation.path) else {
                if ours.contains(resource(&operation.path)) {
                    self.aligned.unknown.push(Subject::whole(&operation.path));
                } else {
                    self.aligned.other_operations += 1;
                }
                continue;
            };
            self.aligned.operations.push(operation.clone());
            let origin =
                Origin::default().within(operation.from.as_ref(), operation.dated.as_ref());
            for (suffix, body, known) in [
                ("", &operation.request, &in_spec.request),
                (RESPONSE, &operation.response, &in_spec.response),
            ] {
                let Some(body) = body else {
                    continue;
                };
                let Some(rows) = self.variant.properties_of(body) else {
                    continue;
                };
                self.match_root(body.schema.as_deref());
                let owner = format!("{}{suffix}", operation.path);
                if let Some(additional) = additional_of(self.variant, Some(body)) {
                    self.aligned.additional.push((
                        Subject::whole(&owner),
                        additional,
                        origin.clone(),
                    ));
                }
                self.table(
                    &owner,
                    rows_of(&self.spec.facts, known.as_ref()),
                    rows,
                    body.partial,
                    &origin,
                );
            }
            self.responses(operation, in_spec, &origin);
        }
        for operation in &self.spec.facts.operations {
            let covered = match silence.denies_operations {
                Operations::All if !self.variant.source.partial => true,
                Operations::All | Operations::OfItsResources => {
                    theirs.contains(resource(&operation.path))
                }
                Operations::Stated => false,
            };
            if covered
                && !self
                    .variant
                    .operations
                    .iter()
                    .any(|other| other.path == operation.path)
            {
                self.aligned.absent.push(Subject::whole(&operation.path));
            }
        }
    }

    /// Marks the schema of a body as compared, because it is compared under the name of the operation.
    fn match_root(&mut self, name: Option<&str>) {
        if let Some(name) = name {
            let indices: Vec<_> = self.indices(name).collect();
            self.matched.extend(indices);
        }
    }

    fn responses(&mut self, operation: &Operation, in_spec: &Operation, origin: &Origin) {
        let stated: Vec<&Response> = operation
            .responses
            .iter()
            .filter(|response| response.status.is_some())
            .collect();
        for response in &operation.responses {
            // A body is the same for every status, so a response without a status still shows the body.
            let of_body = in_spec
                .responses
                .iter()
                .find(|known| self.same_body(known, response));
            let known = match &response.status {
                Some(status) => in_spec.responses.iter().find(|known| covers(known, status)),
                None => of_body,
            };
            match (known, &response.status) {
                (Some(known), Some(_)) => {
                    let status = known.status.as_deref().unwrap_or_default();
                    self.aligned.responses.push(AlignedResponse {
                        subject: Subject::property(&operation.path, format!("status {status}")),
                        body_agrees: known.body == response.body || self.same_body(known, response),
                        response: response.clone(),
                        origin: origin.within(response.from.as_ref(), response.dated.as_ref()),
                    });
                }
                (None, Some(status)) => self.aligned.unknown.push(Subject::property(
                    &operation.path,
                    format!("status {status}"),
                )),
                (_, None) => {}
            }
            let body = known.or(of_body).filter(|known| {
                let root = in_spec
                    .response
                    .as_ref()
                    .and_then(|body| body.schema.as_ref());
                known.body.as_ref() != root && self.same_body(known, response)
            });
            if let Some((known, body)) =
                body.and_then(|known| known.body.as_ref().zip(response.body.as_ref()))
            {
                self.schemas(known, body, &Inner::default());
            }
        }
        if stated.is_empty() || !self.variant.source.form.silence().denies_statuses {
            return;
        }
        for known in &in_spec.responses {
            let status = known.status.as_deref().unwrap_or_default();
            if !stated
                .iter()
                .any(|response| covers(known, response.status.as_deref().unwrap_or_default()))
            {
                self.aligned.absent.push(Subject::property(
                    &operation.path,
                    format!("status {status}"),
                ));
            }
        }
    }

    fn same_body(&self, known: &Response, response: &Response) -> bool {
        known
            .body
            .as_ref()
            .zip(response.body.as_ref())
            .is_some_and(|(known, body)| self.names.means(known, body))
    }
}

/// Returns `true` if a response of the spec is for a status: the status itself, or a range such as `5XX`.
fn covers(known: &Response, status: &str) -> bool {
    known.status.as_deref().is_some_and(|known| {
        known == status
            || known
                .strip_suffix("XX")
                .is_some_and(|class| status.len() == 3 && status.starts_with(class))
    })
}

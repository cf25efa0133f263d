//! The assignment of rows whose table is unknown to the objects that have them in the spec.

use super::spec::{Spec, rows_of};
use crate::facts::{Property, Type, Variant};

/// Moves the rows whose table is unknown to the objects that have them in the spec.
pub(super) fn settle_outside(spec: &Spec, variant: &Variant) -> Variant {
    let mut variant = variant.clone();
    let Variant {
        operations,
        schemas,
        ..
    } = &mut variant;
    let has = |rows: &[Property], name: &str| rows.iter().any(|row| row.name == name);
    for schema in schemas {
        let (Some(rows), Some(path)) = (&mut schema.properties, &schema.under) else {
            continue;
        };
        let mut named = spec.facts.schemas_called(&schema.name);
        let known = named.find_map(|schema| schema.properties.as_ref());
        let operation = operations
            .iter_mut()
            .find(|operation| operation.path == *path);
        let (Some(known), Some(operation), Some(in_spec)) =
            (known, operation, spec.operation(path))
        else {
            continue;
        };
        for (body, outer) in [
            (&mut operation.request, &in_spec.request),
            (&mut operation.response, &in_spec.response),
        ] {
            let Some(body_rows) = body.as_mut().and_then(|body| body.properties.as_mut()) else {
                continue;
            };
            // The surrounding table is the one that refers to this schema.
            let name = Some(schema.name.as_str());
            let refers = |row: &Property| row.kind.as_ref().and_then(Type::name) == name;
            if !body_rows.iter().any(refers) {
                continue;
            }
            let outer = rows_of(&spec.facts, outer.as_ref());
            let (outside, inside): (Vec<_>, Vec<_>) = rows.drain(..).partition(|row| {
                row.perhaps_outside && !has(known, &row.name) && has(outer, &row.name)
            });
            *rows = inside;
            body_rows.extend(outside);
        }
    }
    variant
}

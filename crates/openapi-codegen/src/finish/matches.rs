//! Match arms of statuses.

use syn::visit_mut::VisitMut;
use syn::{Arm, ExprMatch, File, Pat, PatOr};

use super::{Contract, Pass, code};
use openapi_tree::error::Result;

pub(super) const PASS: Pass = Pass {
    name: "one-arm",
    reason: "progenitor writes the same arm for every documented error status, three lines each",
    apply,
};

fn apply(file: &mut File, contract: &Contract<'_>) -> Result<()> {
    for (function, _) in code::methods(file, contract)? {
        MergeArms.visit_block_mut(&mut function.block);
    }
    Ok(())
}

struct MergeArms;

impl VisitMut for MergeArms {
    fn visit_expr_match_mut(&mut self, expression: &mut ExprMatch) {
        let mut merged: Vec<Arm> = Vec::new();
        for arm in std::mem::take(&mut expression.arms) {
            match merged.last_mut() {
                Some(last) if is_alike(last, &arm) => join(&mut last.pat, arm.pat),
                _ => merged.push(arm),
            }
        }
        expression.arms = merged;
    }
}

fn is_alike(one: &Arm, other: &Arm) -> bool {
    !matches!(other.pat, Pat::Wild(_)) && one.body == other.body
}

fn join(pattern: &mut Pat, other: Pat) {
    if let Pat::Or(or) = pattern {
        or.cases.push(other);
        return;
    }
    let cases = [pattern.clone(), other].into_iter().collect();
    *pattern = Pat::Or(PatOr {
        attrs: Vec::new(),
        leading_vert: None,
        cases,
    });
}

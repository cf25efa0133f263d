//! Facts that a person recorded from prose and keeps in a variant file.

use std::path::Path;

use openapi_tree::error::{Error, Result};

use super::Imported;
use super::dialect::{Dialect, Operations, Silence};
use crate::conventions::Conventions;

/// Facts that a person recorded from prose.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByHand;

impl Dialect for ByHand {
    fn id(&self) -> &'static str {
        "read-by-hand"
    }

    fn name(&self) -> &'static str {
        "read by hand"
    }

    fn recognizes(&self, _: &str, _: &Conventions) -> bool {
        false
    }

    fn read(&self, file: &Path, _: &str, _: &Conventions) -> Result<Imported> {
        Err(Error::new(
            file,
            "unsupported format: prose",
            "record its facts in a variant file",
        ))
    }

    fn silence(&self) -> Silence {
        Silence {
            denies_formats: false,
            denies_limits: &[],
            denies_deprecation: false,
            denies_statuses: false,
            denies_operations: Operations::Stated,
            matches_by_name: true,
        }
    }
}

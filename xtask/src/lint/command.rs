//! `cargo xtask lint`: checks the house rules.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::command::Outcome;
use crate::diff::command::own_conventions;
use crate::files::{self, DOCUMENT};
use crate::regenerate::conventions as conventions_for;
use openapi_codegen::conventions::Conventions;
use openapi_tree::error::Result;
use openapi_tree::lint::Finding;

/// Check a document against the house rules
///
/// For the spec, also checks that openapi/settings.yaml covers each operation. Each finding has a JSON Pointer and a fix.
/// `regenerate` rejects a spec with findings.
///
/// Exit statuses: 0 success, 1 error, 2 usage, 4 findings.
#[derive(Clone, Debug, Args)]
pub struct Lint {
    /// The document [default: openapi/connector.yaml]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
}

impl Lint {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error if the document cannot be read.
    pub fn run(&self, out: &mut dyn Write) -> Result<Outcome> {
        let root = files::workspace_root();
        let spec = root.join(DOCUMENT);
        let path = self.file.as_ref().unwrap_or(&spec);
        let document = files::read_document(path)?;
        let is_spec = path.canonicalize().ok() == spec.canonicalize().ok();
        let conventions = if is_spec {
            own_conventions(&root)?
        } else {
            Conventions::default()
        };
        let findings = super::check_house_rules(&document, &conventions);
        if findings.is_empty() && is_spec {
            conventions_for(&root, &document)?;
        }
        let file = document.file.display();
        for Finding {
            pointer,
            rule,
            what,
            help,
        } in &findings
        {
            let _ = writeln!(out, "{file}#{pointer}: {what} [{rule}]\n  {help}\n");
        }
        let _ = match findings.len() {
            0 => writeln!(
                out,
                "{file}: no findings for {} rules",
                super::rules().len()
            ),
            1 => writeln!(out, "{file}: 1 finding"),
            count => writeln!(out, "{file}: {count} findings"),
        };
        Ok(Outcome::action_required_if(!findings.is_empty()))
    }
}

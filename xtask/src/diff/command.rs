//! `cargo xtask diff`: compares two versions of a document.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use super::{Change, Class, Version, compare, summary};
use crate::command::Outcome;
use crate::files::{self, DOCUMENT, SETTINGS};
use openapi_codegen::conventions::Conventions;
use openapi_tree::document::Document;
use openapi_tree::error::{Error, Result};

/// Compare two OpenAPI documents and classify each change
///
/// A change is additive or breaking: for requests of existing clients, for responses to existing clients, and for Rust code
/// that uses the generated client.
///
/// Exit statuses: 0 success, 1 error, 2 usage, 4 breaking changes.
#[derive(Clone, Debug, Args)]
pub struct Diff {
    /// The old version: a document, or a git revision that has openapi/connector.yaml
    #[arg(long, value_name = "REV|FILE")]
    pub against: String,
    /// The new version [default: openapi/connector.yaml]
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,
}

impl Diff {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error if a document cannot be read, or if its code cannot be generated.
    pub fn run(&self, out: &mut dyn Write) -> Result<Outcome> {
        let root = files::workspace_root();
        let (path, conventions) = match &self.spec {
            Some(path) => (path.clone(), Conventions::default()),
            None => (root.join(DOCUMENT), own_conventions(&root)?),
        };
        let new = files::read_document(&path)?;
        let old = if Path::new(&self.against).is_file() {
            files::read_document(Path::new(&self.against))?
        } else {
            at_revision(&root, &self.against)?
        };
        let old = Version::new(old, &conventions)?;
        let changes = compare(&old, &Version::new(new, &conventions)?);
        for Change {
            side,
            class,
            place,
            what,
        } in &changes
        {
            let _ = writeln!(out, "{class:<8}  {side:<8}  {place}: {what}");
        }
        let _ = writeln!(out, "{}", summary(&changes));
        let is_breaking = changes.iter().any(|change| change.class == Class::Breaking);
        Ok(Outcome::action_required_if(is_breaking))
    }
}

/// Reads the conventions of the project, with all schemas that they name. Another document may lack some of them.
///
/// # Errors
/// Returns an error if the settings cannot be read.
pub fn own_conventions(root: &Path) -> Result<Conventions> {
    Conventions::from_settings(&files::read_document(&root.join(SETTINGS))?)
}

/// Reads the spec at a revision.
///
/// # Errors
/// Returns an error if git does not have the revision, or if the revision does not have the spec.
pub fn at_revision(root: &Path, revision: &str) -> Result<Document> {
    let name = format!("{revision}:{DOCUMENT}");
    let file = Path::new(&name);
    let cannot = |what: String| {
        let help = "name an existing document, or a revision such as `HEAD`, `main` or `HEAD~3`";
        Error::new(file, what, help)
    };
    if revision.starts_with('-') {
        return Err(cannot("unknown file or revision".to_owned()));
    }
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["cat-file", "blob", &name])
        .output()
        .map_err(|source| cannot(format!("failed to run git: {source}")).because(source))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        let message = message.lines().next().unwrap_or_default().trim();
        return Err(cannot(format!("unknown file or revision: {message}")));
    }
    let text = String::from_utf8(output.stdout)
        .map_err(|source| cannot("invalid UTF-8".to_owned()).because(source))?;
    Document::parse(file, &text)
}

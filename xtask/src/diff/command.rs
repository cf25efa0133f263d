//! `cargo xtask diff`.

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

/// Say what changed in the document, and what of it breaks whom
///
/// Each change is additive or breaking: for requests that are sent as before, for responses that are read as before,
/// and for Rust code that was written against the generated client. Exit status 4 when one is breaking.
#[derive(Clone, Debug, Args)]
pub struct Diff {
    /// What to compare with: a document, or a revision of git that has openapi/connector.yaml
    #[arg(long, value_name = "REV|FILE")]
    pub against: String,
    /// Another document than openapi/connector.yaml, to be compared with a file
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,
}

impl Diff {
    /// Runs the command.
    ///
    /// # Errors
    /// When one of the documents can't be read, or no code can be made of it.
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
        let changes = compare(
            &Version::new(old, &conventions)?,
            &Version::new(new, &conventions)?,
        );
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
        Ok(if is_breaking {
            Outcome::Attention
        } else {
            Outcome::Done
        })
    }
}

/// Reads the conventions of the project, with all schemas that they name: another document may lack some.
///
/// # Errors
/// Returns an error if the settings cannot be read.
pub fn own_conventions(root: &Path) -> Result<Conventions> {
    Conventions::from_settings(&files::read_document(&root.join(SETTINGS))?)
}

/// The project's own document as it was at a revision.
///
/// # Errors
/// When git does not know the revision, or the document was not there.
pub fn at_revision(root: &Path, revision: &str) -> Result<Document> {
    let name = format!("{revision}:{DOCUMENT}");
    let file = Path::new(&name);
    let cannot = |what: String| {
        Error::new(
            file,
            what,
            "give a document that is there, or a revision such as `HEAD`, `main` or `HEAD~3`",
        )
    };
    if revision.starts_with('-') {
        return Err(cannot("is neither a file nor a revision".to_owned()));
    }
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["cat-file", "blob", &name])
        .output()
        .map_err(|source| cannot(format!("cannot be asked of git: {source}")).because(source))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(cannot(format!(
            "is neither a file nor known to git: {}",
            message.lines().next().unwrap_or_default().trim()
        )));
    }
    let text = String::from_utf8(output.stdout)
        .map_err(|source| cannot("is not UTF-8 text".to_owned()).because(source))?;
    Document::parse(file, &text)
}

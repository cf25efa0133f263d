//! `cargo xtask regenerate`: from a document to the code of its client.

mod report;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use openapi_codegen::lint::sound;
use openapi_codegen::pipeline::{Generated, generate};
use openapi_codegen::settings::Settings;
use openapi_tree::document::Document;
use openapi_tree::error::{Error, Result};
use openapi_tree::lint::Finding;
use serde_json::Value;
use similar::TextDiff;

use crate::command::Outcome;
use crate::diff;
use crate::files::{self, CODE, DOCUMENT, SANDBOX_DOCUMENT, SETTINGS, Writes};
use crate::lint;

/// Write the generated client crate anew from openapi/connector.yaml
///
/// Makes crates/mews-connector-api/src/generated.rs and the sandbox's copy of the document, both or neither.
/// Afterwards look at what changed: `git diff`, and the snapshots that `cargo test` shows.
///
/// With --spec and --out, does the same for any OpenAPI 3.0 document, without openapi/settings.yaml and without the
/// house rules; the module that comes out depends on progenitor-client, reqwest, serde, `serde_json`, bytes, chrono,
/// uuid and futures-core. Tells where that document asks for what Rust or the generator can't give, and what was
/// done there; where the examples of its responses contradict it, the types follow what both allow.
#[derive(Clone, Debug, Args)]
pub struct Regenerate {
    /// Write nothing; show a diff and exit with 4 if the checked-in files are stale
    #[arg(long, conflicts_with = "dry_run")]
    pub check: bool,
    /// Write nothing; say what would be written
    #[arg(long)]
    pub dry_run: bool,
    /// Another OpenAPI 3.0 document, YAML or JSON
    #[arg(long, value_name = "FILE", requires = "out")]
    pub spec: Option<PathBuf>,
    /// Where the code of that document goes
    #[arg(long, value_name = "FILE", requires = "spec")]
    pub out: Option<PathBuf>,
    /// Tell each change that was made of that document on the way, not those alone that lose something
    #[arg(short, long, requires = "spec")]
    pub verbose: bool,
}

/// A file and the text that it should have.
#[derive(Clone, Debug)]
pub struct Target {
    /// The file.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// Everything that is made from the project's own document, in the folder `root`.
///
/// # Errors
/// When the document breaks a house rule, or a step can't take a part of it.
pub fn targets(root: &Path) -> Result<(Vec<Target>, Generated)> {
    let document = files::read_document(&root.join(DOCUMENT))?;
    refuse_findings(&document, lint::house(&document))?;
    let settings = Settings::read(&files::read_document(&root.join(SETTINGS))?, &document.tree)?;
    let generated = generate(&document, &settings)?;
    let targets = vec![
        Target {
            path: root.join(CODE),
            text: generated.code.clone(),
        },
        Target {
            path: root.join(SANDBOX_DOCUMENT),
            text: as_json(&document.file, &document.tree)?,
        },
    ];
    Ok((targets, generated))
}

impl Regenerate {
    /// Runs the command.
    ///
    /// # Errors
    /// When the document can't be turned into code, or a file can't be written.
    pub fn run(&self, out: &mut dyn Write) -> Result<Outcome> {
        let targets = if let (Some(spec), Some(path)) = (&self.spec, &self.out) {
            if let (Ok(spec), Ok(path)) = (spec.canonicalize(), path.canonicalize())
                && spec == path
            {
                return Err(Error::new(
                    &self.out.clone().unwrap_or_default(),
                    "is the document itself",
                    "name another file for its code",
                ));
            }
            let document = files::read_document(spec)?;
            refuse_findings(&document, sound(&document))?;
            let generated = generate(&document, &Settings::default())?;
            report::tell(&document, &generated.changes, self.verbose, out);
            vec![Target {
                path: path.clone(),
                text: generated.code,
            }]
        } else {
            let root = files::workspace_root();
            let targets = targets(&root)?.0;
            tell_difference(&root, out);
            targets
        };
        if self.check {
            return Ok(check(&targets, out));
        }
        let mut writes = Writes::default();
        let mut lines = Vec::new();
        for target in &targets {
            let shown = files::shown(&target.path);
            let line = match openapi_tree::files::read_text(&target.path) {
                Ok(text) if text == target.text => format!("up to date  {}", shown.display()),
                Ok(text) => format!(
                    "{:<11} {} ({})",
                    if self.dry_run { "would write" } else { "wrote" },
                    shown.display(),
                    size_of_change(&text, &target.text)
                ),
                Err(_) => format!(
                    "{:<11} {} ({} lines, new)",
                    if self.dry_run { "would write" } else { "wrote" },
                    shown.display(),
                    target.text.lines().count()
                ),
            };
            if !line.starts_with("up to date") && !self.dry_run {
                writes.stage(&target.path, &target.text)?;
            }
            lines.push(line);
        }
        writes.commit()?;
        for line in lines {
            let _ = writeln!(out, "{line}");
        }
        Ok(Outcome::Done)
    }
}

/// Says how the document differs from the committed one. Without git, or before the first commit, there is none.
fn tell_difference(root: &Path, out: &mut dyn Write) {
    const COMMITTED: &str = "HEAD";
    let Ok(old) = diff::command::at_revision(root, COMMITTED) else {
        return;
    };
    let changes = files::read_document(&root.join(DOCUMENT)).and_then(|new| {
        if new.sha256 == old.sha256 {
            return Ok(None);
        }
        let settings = Settings::read(&files::read_document(&root.join(SETTINGS))?, &new.tree)?;
        diff::compare(&old, &new, &settings).map(Some)
    });
    if let Ok(Some(changes)) = changes {
        let _ = writeln!(
            out,
            "{DOCUMENT} since the last commit: {} (`cargo xtask diff --against HEAD` shows each)",
            diff::summary(&changes)
        );
    }
}

fn check(targets: &[Target], out: &mut dyn Write) -> Outcome {
    let mut outcome = Outcome::Done;
    for target in targets {
        let shown = files::shown(&target.path);
        let text = openapi_tree::files::read_text(&target.path).unwrap_or_default();
        if text == target.text {
            let _ = writeln!(out, "up to date  {}", shown.display());
            continue;
        }
        outcome = Outcome::Attention;
        let name = shown.display().to_string();
        let diff = TextDiff::from_lines(text.as_str(), target.text.as_str());
        let _ = writeln!(
            out,
            "stale       {name} ({})\n{}",
            size_of_change(&text, &target.text),
            diff.unified_diff().context_radius(3).header(
                &format!("{name} (checked in)"),
                &format!("{name} (regenerated)")
            )
        );
    }
    if outcome == Outcome::Attention {
        let _ = writeln!(
            out,
            "run `cargo xtask regenerate` and commit what it writes"
        );
    }
    outcome
}

fn size_of_change(before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let (mut added, mut removed) = (0, 0);
    for change in diff.iter_all_changes() {
        match change.tag() {
            similar::ChangeTag::Insert => added += 1,
            similar::ChangeTag::Delete => removed += 1,
            similar::ChangeTag::Equal => {}
        }
    }
    format!("+{added} -{removed} lines")
}

/// Refuses a document for the first of its findings.
///
/// # Errors
/// When there is one.
pub(crate) fn refuse_findings(document: &Document, findings: Vec<Finding>) -> Result<()> {
    let more = findings.len().saturating_sub(1);
    let Some(first) = findings.into_iter().next() else {
        return Ok(());
    };
    let todo = if more == 0 {
        first.todo
    } else {
        format!("{}; `cargo xtask lint` shows {more} more", first.todo)
    };
    Err(Error::new(&document.file, first.what, todo).at_pointer(first.pointer))
}

/// A document as JSON, its keys sorted: the copy that the sandbox carries.
///
/// # Errors
/// Never for a document that was read from a file.
pub fn as_json(file: &Path, tree: &Value) -> Result<String> {
    let mut sorted = tree.clone();
    sorted.sort_all_objects();
    serde_json::to_string_pretty(&sorted)
        .map(|text| text + "\n")
        .map_err(|source| {
            Error::new(
                file,
                format!("cannot be written as JSON: {source}"),
                "use plain JSON values",
            )
            .because(source)
        })
}

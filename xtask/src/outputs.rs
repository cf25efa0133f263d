//! The files that a command generates: written together, compared with those on disk, or only listed.

use std::io::Write;
use std::path::PathBuf;

use openapi_tree::error::Result;
use openapi_tree::files::read_text;
use similar::{ChangeTag, TextDiff};

use crate::command::Outcome;
use crate::files::{Writes, print, shown};

/// A file and the text that it should have.
#[derive(Clone, Debug)]
pub struct Output {
    /// The file.
    pub path: PathBuf,
    /// The text of the file.
    pub text: String,
}

/// The treatment of files that are not as they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// All of them are written, or none.
    Write,
    /// Nothing is written. Each is shown as a diff, followed by the command that writes it.
    Check(&'static str),
    /// Nothing is written. Each is named.
    DryRun,
}

/// Writes, checks or lists files, and prints a line for each.
///
/// # Errors
/// Returns an error if a file cannot be written. Every file is then as it was.
pub fn put(outputs: &[Output], mode: Mode, out: &mut dyn Write) -> Result<Outcome> {
    let mut writes = Writes::default();
    let mut lines = Vec::new();
    let mut is_stale = false;
    for Output { path, text } in outputs {
        let name = shown(path).display().to_string();
        // A file that cannot be read is replaced like one that is missing.
        let before = read_text(path).ok();
        if before.as_ref() == Some(text) {
            lines.push(format!("up to date  {name}"));
            continue;
        }
        is_stale = true;
        // A large new file is not compared with nothing.
        let diff = || TextDiff::from_lines(before.as_deref().unwrap_or_default(), text);
        let size = match &before {
            Some(_) => {
                let diff = diff();
                let count = |tag| {
                    diff.iter_all_changes()
                        .filter(|change| change.tag() == tag)
                        .count()
                };
                let (added, removed) = (count(ChangeTag::Insert), count(ChangeTag::Delete));
                format!("+{added} -{removed} lines")
            }
            None => format!("{} lines, new", text.lines().count()),
        };
        match mode {
            Mode::Write => {
                writes.stage(path, text)?;
                lines.push(format!("wrote       {name} ({size})"));
            }
            Mode::DryRun => lines.push(format!("would write {name} ({size})")),
            Mode::Check(_) => {
                let (old, new) = (
                    format!("{name} (on disk)"),
                    format!("{name} (as it should be)"),
                );
                let diff = diff();
                let mut diff = diff.unified_diff();
                let diff = diff.context_radius(3).header(&old, &new);
                lines.push(format!("stale       {name} ({size})\n{diff}"));
            }
        }
    }
    writes.commit()?;
    let outcome = match mode {
        Mode::Check(command) if is_stale => {
            lines.push(format!("run `{command}` and commit what it writes"));
            Outcome::ActionRequired
        }
        _ => Outcome::Done,
    };
    print(out, &lines)?;
    Ok(outcome)
}

//! `cargo xtask import --verify DIR`: documents are compared with the variant files.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::command::Outcome;
use crate::files;
use crate::reconcile::{read_conventions, read_variants};
use openapi_evidence::import::parse;
use openapi_tree::document::sha256_hex;
use openapi_tree::error::Result;

/// The maximum depth of folders.
const MAX_DEPTH: usize = 16;

/// Runs the command.
///
/// # Errors
/// Returns an error if a document or a variant file cannot be read.
pub(super) fn run(folder: &Path, strict: bool, out: &mut dyn Write) -> Result<Outcome> {
    let variants = read_variants()?;
    let conventions = read_conventions()?;
    let mut lines = Vec::new();
    let mut seen = BTreeSet::new();
    let mut differs = 0;
    let mut unused = 0;
    for path in documents(folder, 0)? {
        let shown = path.strip_prefix(folder).unwrap_or(&path).display();
        let text = openapi_tree::files::read_text(&path)?;
        let sha256 = sha256_hex(text.as_bytes());
        let imported_as = variants
            .iter()
            .find(|file| file.variant.source.sha256.as_deref() == Some(&sha256));
        let read_for = variants.iter().find(|file| {
            let mut documents = file.variant.source.documents.iter();
            documents.any(|document| document.sha256 == sha256)
        });
        if let Some(known) = imported_as {
            let source = &known.variant.source;
            let mut again = parse(&path, &text, &source.id, &source.dated, &conventions)?.variant;
            again.source.partial = source.partial;
            let file = known.file.display();
            if again == known.variant {
                lines.push(format!("{shown}: agrees with {file}"));
            } else {
                differs += 1;
                lines.push(format!("{shown}: DIFFERS from {file}; import it again"));
            }
            seen.insert(sha256);
        } else if let Some(known) = read_for {
            let file = known.file.display();
            lines.push(format!("{shown}: unchanged since it was read for {file}"));
            seen.insert(sha256);
        } else {
            unused += 1;
            lines.push(format!("{shown}: not used by any variant file"));
        }
    }
    for file in &variants {
        let source = &file.variant.source;
        let by_hand = source.documents.iter();
        let by_hand = by_hand.map(|document| (&document.sha256, document.file.as_str()));
        let imported = source.sha256.iter().map(|sha256| (sha256, "its document"));
        for (sha256, name) in imported.chain(by_hand) {
            if !seen.contains(sha256) {
                differs += 1;
                let file = file.file.display();
                lines.push(format!(
                    "{file}: DIFFERS: {name} is not in the folder, or was changed"
                ));
            }
        }
    }
    lines.push(format!(
        "{} documents, {} variant files, {differs} differences; {unused} documents not used",
        seen.len(),
        variants.len()
    ));
    files::print(out, &lines)?;
    Ok(Outcome::action_required_if(
        differs > 0 || strict && unused > 0,
    ))
}

/// Returns the files of a folder and its subfolders, sorted by name.
fn documents(folder: &Path, depth: usize) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if depth > MAX_DEPTH {
        return Ok(found);
    }
    for path in openapi_tree::files::entries(folder)? {
        if path.is_dir() {
            found.extend(documents(&path, depth + 1)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

//! The folder of variant files.

use std::path::{Path, PathBuf};

use crate::facts::Variant;
use crate::import::dialect::BY_HAND;
use openapi_tree::document::{Document, each_object};
use openapi_tree::error::{Error, Result};
use openapi_tree::files;

/// A variant file and its facts.
#[derive(Clone, Debug)]
pub struct VariantFile {
    /// The name of the file in messages.
    pub file: PathBuf,
    /// The facts.
    pub variant: Variant,
}

/// Reads every variant file of a folder, in order of age; those of the same day in order of their names. `called` is the name of the folder in messages.
///
/// # Errors
/// Returns an error if a file cannot be read, or if its ID differs from its name.
pub fn read_all(folder: &Path, called: &Path) -> Result<Vec<VariantFile>> {
    let mut variants = Vec::new();
    for path in files::entries(folder)? {
        if path.extension().is_some_and(|name| name == "yaml") {
            let file = called.join(path.file_name().unwrap_or_default());
            variants.push(read(&path, &file)?);
        }
    }
    variants.sort_by_cached_key(|file: &VariantFile| {
        let source = &file.variant.source;
        (source.dated.clone(), source.id.clone())
    });
    Ok(variants)
}

fn read(path: &Path, file: &Path) -> Result<VariantFile> {
    let document = Document::parse(file, &files::read_text(path)?)?;
    check_dates(&document)?;
    let variant: Variant = serde_json::from_value(document.tree).map_err(|source| {
        Error::new(
            file,
            format!("invalid variant file: {source}"),
            "import the document again with `cargo xtask import`; openapi/README.md describes the files kept by hand",
        )
        .because(source)
    })?;
    let source = &variant.source;
    if path.file_stem() != Some(source.id.as_ref()) {
        return Err(Error::new(
            file,
            format!("expected the name of the file, found `{}`", source.id),
            format!("rename the file to {}.yaml, or change the ID", source.id),
        )
        .at_pointer("/source/id"));
    }
    if (*source.form == BY_HAND) != source.sha256.is_none() {
        return Err(Error::new(
            file,
            "invalid source",
            "write `documents` for facts that a person recorded, and `sha256` for imported facts",
        )
        .at_pointer("/source"));
    }
    Ok(VariantFile {
        file: file.to_owned(),
        variant,
    })
}

/// Checks the dates of the document and of its statements. Examples may have any property.
fn check_dates(document: &Document) -> Result<()> {
    let mut checked = Ok(());
    each_object(&document.tree, &mut |pointer, object| {
        if let Some(dated) = object.get("dated")
            && !pointer.contains("/example")
            && checked.is_ok()
            && let Err(what) = crate::import::date(dated.as_str().unwrap_or_default())
        {
            let error = Error::new(&document.file, what, "fix the date");
            checked = Err(error.at_pointer(format!("{pointer}/dated")));
        }
    });
    checked
}

/// Checks that a name is a valid ID of a variant file.
///
/// # Errors
/// Returns an error if the name has other characters than letters, digits, hyphens, underscores and dots.
pub fn check_id(id: &str) -> Result<()> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if !id.is_empty() && !id.starts_with('.') && id.chars().all(fits) {
        return Ok(());
    }
    Err(Error::new(
        Path::new(id),
        "invalid ID of a variant file",
        "use letters, digits and hyphens, such as 2026-02-lamps",
    ))
}

/// Returns the text of a variant file.
///
/// # Errors
/// Returns an error if the facts cannot be written as YAML.
pub fn to_yaml(variant: &Variant) -> Result<String> {
    let yaml = serde_yaml::to_string(variant).map_err(|source| {
        Error::new(
            Path::new(&variant.source.id),
            format!("failed to write the facts as YAML: {source}"),
            "report this defect with the document",
        )
        .because(source)
    })?;
    let origin = if *variant.source.form == BY_HAND {
        "# Facts that a person took from prose; kept by hand. See ../README.md."
    } else {
        "# Facts of one document, made by `cargo xtask import`. Do not edit. See ../README.md."
    };
    Ok(format!("{origin}\n{yaml}"))
}

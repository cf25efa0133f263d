//! The folder of variant files.

use std::path::{Path, PathBuf};

use crate::facts::{Form, Variant};
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

/// Reads every variant file of a folder, in order of age. `called` is the name of the folder in messages.
///
/// # Errors
/// Returns an error if a file cannot be read, or if its ID differs from its name.
pub fn read_all(folder: &Path, called: &Path) -> Result<Vec<VariantFile>> {
    let mut variants = Vec::new();
    for path in files::entries(folder)? {
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            let file = called.join(path.file_name().unwrap_or_default());
            variants.push(read(&path, &file)?);
        }
    }
    sort_by_age(&mut variants);
    Ok(variants)
}

/// Sorts variant files by age, and those of the same day by name.
pub fn sort_by_age(variants: &mut [VariantFile]) {
    variants.sort_by(|left, right| {
        let key = |file: &VariantFile| {
            (
                file.variant.source.dated.clone(),
                file.variant.source.id.clone(),
            )
        };
        key(left).cmp(&key(right))
    });
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
    if path
        .file_stem()
        .is_none_or(|stem| stem != source.id.as_str())
    {
        return Err(Error::new(
            file,
            format!("expected the name of the file, found `{}`", source.id),
            format!("rename the file to {}.yaml, or change the ID", source.id),
        )
        .at_pointer("/source/id"));
    }
    if (source.form == Form::by_hand()) != source.sha256.is_none() {
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
    let mut wrong = None;
    each_object(&document.tree, &mut |pointer, object| {
        let Some(dated) = object.get("dated") else {
            return;
        };
        let checked = crate::import::date(dated.as_str().unwrap_or_default());
        if let Err(what) = checked
            && wrong.is_none()
            && !pointer.contains("/example")
        {
            wrong = Some((format!("{pointer}/dated"), what));
        }
    });
    match wrong {
        None => Ok(()),
        Some((pointer, what)) => {
            Err(Error::new(&document.file, what, "fix the date").at_pointer(pointer))
        }
    }
}

/// Checks that a name is a valid ID of a variant file.
///
/// # Errors
/// Returns an error if the name has other characters than letters, digits, hyphens, underscores and dots.
pub fn check_id(id: &str) -> Result<()> {
    let fits = !id.is_empty()
        && id
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'))
        && !id.starts_with('.');
    if fits {
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
    let origin = if variant.source.form == Form::by_hand() {
        "# Facts that a person took from prose; kept by hand. See ../README.md."
    } else {
        "# Facts of one document, made by `cargo xtask import`. Do not edit. See ../README.md."
    };
    Ok(format!("{origin}\n{yaml}"))
}

//! The folder of variant files.

use std::path::{Path, PathBuf};

use crate::facts::{Form, Variant};
use openapi_tree::document::{Document, each_object};
use openapi_tree::error::{Error, Result};
use openapi_tree::files;

/// A variant file and what it holds.
#[derive(Clone, Debug)]
pub struct VariantFile {
    /// The file, as messages name it.
    pub file: PathBuf,
    /// The facts.
    pub variant: Variant,
}

/// Reads every variant file of a folder, in order of age; `called` is what messages call the folder.
///
/// # Errors
/// When one can't be read, or is called otherwise than it calls itself.
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

/// Puts variants in order of age; those of one day by name.
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
            format!("is no variant file: {source}"),
            "import the document again with `cargo xtask import`; openapi/README.md shows the form of those kept by hand",
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
            format!("calls itself `{}`", source.id),
            format!("name the file {}.yaml, or change the id", source.id),
        )
        .at_pointer("/source/id"));
    }
    if (source.form == Form::by_hand()) != source.sha256.is_none() {
        return Err(Error::new(
            file,
            "names its source in the wrong way",
            "give `documents` where facts were read by hand, and `sha256` where they were imported",
        )
        .at_pointer("/source"));
    }
    Ok(VariantFile {
        file: file.to_owned(),
        variant,
    })
}

/// Checks the dates of the document and of its statements. Samples may have any property.
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

/// Checks that a name can be that of a variant file.
///
/// # Errors
/// When it can't.
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
        "can't be the name of a variant file",
        "use letters, digits and hyphens, such as 2026-02-lamps",
    ))
}

/// The text of a variant file.
///
/// # Errors
/// When the facts can't be written as YAML.
pub fn to_yaml(variant: &Variant) -> Result<String> {
    let yaml = serde_yaml::to_string(variant).map_err(|source| {
        Error::new(
            Path::new(&variant.source.id),
            format!("can't be written as YAML: {source}"),
            "report this document",
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

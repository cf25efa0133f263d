//! Limits for the nesting of a document. Parsers need quadratic time for deeply nested input.

use std::path::Path;

use crate::error::{Error, Place, Result};

/// The maximum number of columns of indentation, quotation marks and bullets before the text of a line.
const DEEPEST_LINE: usize = 256;

/// The maximum number of open brackets.
const DEEPEST_BRACKET: usize = 1000;

/// Checks the nesting of lines, which lists and quotations cause in Markdown and YAML.
///
/// # Errors
/// Returns an error if a line is nested too deeply.
pub fn check_lines(file: &Path, text: &str) -> Result<()> {
    for (index, line) in text.lines().enumerate() {
        let mut marks = line.bytes().take(DEEPEST_LINE + 1);
        let deep =
            marks.all(|byte| matches!(byte, b' ' | b'\t' | b'>' | b'-' | b'*' | b'+' | b'?'));
        if deep
            && line.len() > DEEPEST_LINE
            && line.bytes().any(|byte| byte != b'-' && byte != b'*')
        {
            return Err(too_deep(file, index + 1, DEEPEST_LINE + 1));
        }
    }
    Ok(())
}

/// Checks the nesting of brackets, which flow collections cause in YAML.
///
/// # Errors
/// Returns an error if too many brackets are open.
pub fn check_brackets(file: &Path, text: &str) -> Result<()> {
    let mut open = 0_usize;
    for (index, line) in text.lines().enumerate() {
        for (column, byte) in line.bytes().enumerate() {
            match byte {
                b'[' | b'{' => open += 1,
                b']' | b'}' => open = open.saturating_sub(1),
                _ => {}
            }
            if open > DEEPEST_BRACKET {
                return Err(too_deep(file, index + 1, column + 1));
            }
        }
    }
    Ok(())
}

fn too_deep(file: &Path, line: usize, column: usize) -> Error {
    Error::new(
        file,
        "is nested too deeply",
        "give the document itself, without anything packed into it",
    )
    .at(Place::LineColumn { line, column })
}

//! How deep a document may be nested. Parsers take quadratic time on what nobody writes by hand.

use std::path::Path;

use crate::error::{Error, Place, Result};

/// Columns of indentation, quotation and bullets before the text of a line.
const DEEPEST_LINE: usize = 256;

/// Brackets that are open at once.
const DEEPEST_BRACKET: usize = 1000;

/// Checks the depth of lines: that of lists and quotations, in Markdown and in YAML.
///
/// # Errors
/// When a line is nested too deeply.
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

/// Checks the depth of brackets: that of flow collections in YAML.
///
/// # Errors
/// When too many are open at once.
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

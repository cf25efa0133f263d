//! Limits to the nesting of documents. Parsers take quadratic time on deeply nested input.

use std::path::Path;

use crate::error::{Error, Result};

/// The maximum number of columns of indentation, quotation and bullets before the text of a line.
const MAX_LINE_INDENT: usize = 256;

/// The maximum number of brackets that are open at once.
const MAX_OPEN_BRACKETS: usize = 1000;

/// Checks the depth of lists and quotations in Markdown and in YAML.
///
/// # Errors
/// Returns an error if a line is nested too deeply.
pub fn check_lines(file: &Path, text: &str) -> Result<()> {
    for (index, line) in text.lines().enumerate() {
        let mut marks = line.bytes().take(MAX_LINE_INDENT + 1);
        let deep =
            marks.all(|byte| matches!(byte, b' ' | b'\t' | b'>' | b'-' | b'*' | b'+' | b'?'));
        if deep
            && line.len() > MAX_LINE_INDENT
            && line.bytes().any(|byte| byte != b'-' && byte != b'*')
        {
            return Err(too_deep(file, index + 1, MAX_LINE_INDENT + 1));
        }
    }
    Ok(())
}

/// Checks the depth of brackets, which is the depth of flow collections in YAML.
///
/// # Errors
/// Returns an error if too many brackets are open at once.
pub fn check_brackets(file: &Path, text: &str) -> Result<()> {
    let mut open = 0_usize;
    for (index, line) in text.lines().enumerate() {
        for (column, byte) in line.bytes().enumerate() {
            match byte {
                b'[' | b'{' => open += 1,
                b']' | b'}' => open = open.saturating_sub(1),
                _ => {}
            }
            if open > MAX_OPEN_BRACKETS {
                return Err(too_deep(file, index + 1, column + 1));
            }
        }
    }
    Ok(())
}

fn too_deep(file: &Path, line: usize, column: usize) -> Error {
    let help = "pass the document without embedded content";
    Error::new(file, "unsupported depth of nesting", help).at_position(line, column)
}

//! Tables in Markdown.

/// Prints the head of a table.
pub(super) fn head(cells: &[&str]) {
    line("");
    row(cells);
    row(&vec!["---"; cells.len()]);
}

/// Prints a row of a table.
pub(super) fn row(cells: &[impl AsRef<str>]) {
    let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
    line(&format!("| {} |", cells.join(" | ")));
}

// A benchmark writes to a terminal.
#[allow(clippy::print_stdout)]
pub(super) fn line(text: &str) {
    println!("{text}");
}

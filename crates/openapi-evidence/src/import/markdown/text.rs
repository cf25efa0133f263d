//! The text of the parts of a page.

use comrak::nodes::{AstNode, NodeValue};

use crate::import::cells::link;

/// A part of a page.
pub(super) type Node<'a> = &'a AstNode<'a>;

pub(super) fn line_of(node: Node<'_>) -> usize {
    node.data().sourcepos.start.line.max(1)
}

/// Returns the number of cells in the text of a row, which are separated by bars that are not escaped.
pub(super) fn cells_in(text: &str) -> usize {
    let text = text.trim();
    let text = text.strip_prefix('|').unwrap_or(text);
    let mut cells = 1;
    let mut escaped = false;
    let mut ends_with_bar = false;
    for letter in text.chars() {
        ends_with_bar = letter == '|' && !escaped;
        cells += usize::from(ends_with_bar);
        escaped = letter == '\\' && !escaped;
    }
    cells - usize::from(ends_with_bar)
}

pub(super) fn text_of(node: Node<'_>) -> String {
    node.collect_text().trim().to_owned()
}

/// Returns the text of a type cell with marked links.
pub(super) fn text_with_links(node: Node<'_>) -> String {
    let mut text = String::new();
    for child in node.children() {
        text.push_str(&match &child.data().value {
            NodeValue::Link(to) => link(&text_of(child), &to.url),
            _ if child.first_child().is_some() => text_with_links(child),
            _ => child.collect_text(),
        });
    }
    text.trim().to_owned()
}

pub(super) fn has_struck(node: Node<'_>) -> bool {
    node.children()
        .any(|part| matches!(part.data().value, NodeValue::Strikethrough))
}

/// Returns the text after the mark of a deprecation, with code in backticks.
pub(super) fn message_of(description: Node<'_>) -> Option<String> {
    let parts: Vec<_> = description.children().collect();
    let mark = parts.iter().position(|part| {
        matches!(part.data().value, NodeValue::Strong) && text_of(part) == "Deprecated!"
    })?;
    let mut message = String::new();
    for part in &parts[mark + 1..] {
        match &part.data().value {
            NodeValue::Code(code) => {
                message.push('`');
                message.push_str(&code.literal);
                message.push('`');
            }
            NodeValue::Text(text) => message.push_str(text),
            _ => message.push_str(&text_of(part)),
        }
    }
    Some(message)
}

/// Returns the value of an item of a list, which is code at its start.
pub(super) fn enum_value(item: Node<'_>) -> Option<String> {
    let first = item.children().next()?;
    let code = first.children().next()?;
    match &code.data().value {
        NodeValue::Code(code) => Some(code.literal.clone()),
        NodeValue::Strikethrough => {
            let text = text_of(code);
            Some(
                text.split_whitespace()
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
            )
        }
        _ => None,
    }
}

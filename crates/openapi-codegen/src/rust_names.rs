//! The naming rules of progenitor and typify, to detect a collision before it happens.

use std::collections::BTreeSet;

use heck::{ToPascalCase, ToSnakeCase};

/// Returns the name of a type or a variant.
pub fn pascal(text: &str) -> String {
    identifier(text, &plain(text).to_pascal_case(), "X")
}

/// Returns the name of the type of a component. typify applies its rule again to the result: `a-b-c` becomes `ABC`, which
/// becomes `Abc`.
pub fn type_name(text: &str) -> String {
    let mut name = pascal(text);
    loop {
        let next = pascal(&name);
        if next == name {
            return name;
        }
        // The loop ends, because only a prefix or a suffix, which stay, can make the name longer.
        name = next;
    }
}

/// Returns the name of a field.
pub fn snake(text: &str) -> String {
    identifier(text, &plain(text).to_snake_case(), "x")
}

/// Returns the name of a method or of an argument. progenitor has its own prefix for names that do not start with a letter.
pub fn argument(text: &str) -> String {
    let cased = plain(text).to_snake_case();
    let begins = cased
        .chars()
        .next()
        .is_some_and(unicode_ident::is_xid_start);
    identifier(
        text,
        &cased,
        if cased.is_empty() || begins { "x" } else { "_" },
    )
}

fn plain(text: &str) -> String {
    text.replace('\'', "")
        .replace(|letter| !unicode_ident::is_xid_continue(letter), "-")
}

fn identifier(text: &str, cased: &str, prefix: &str) -> String {
    // typify writes `+1` and `-1` as words, in lower case for types too.
    let name = match (text, prefix) {
        ("+1", "X") => "Plus1".to_owned(),
        ("-1", "X") => "Minus1".to_owned(),
        ("+1", _) => "plus1".to_owned(),
        ("-1", _) => "minus1".to_owned(),
        _ => cased.to_owned(),
    };
    let name = match name.chars().next() {
        None => prefix.to_owned(),
        Some(first) if unicode_ident::is_xid_start(first) => name,
        Some(_) => format!("{prefix}{name}"),
    };
    if is_keyword(&name) {
        format!("{name}_")
    } else {
        name
    }
}

/// Returns `true` if a name is a keyword of Rust in typify's list.
fn is_keyword(name: &str) -> bool {
    const KEYWORDS: [&str; 53] = [
        "_", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
        "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
        "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv",
        "pub", "ref", "return", "Self", "self", "static", "struct", "super", "trait", "true",
        "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
    ];
    KEYWORDS.contains(&name)
}

/// Adds a name to `taken` and returns it. If `taken` has the name already, the name gets the first free number from 2.
pub fn unique(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut free = name.to_owned();
    let mut number = 2_usize;
    while !taken.insert(free.clone()) {
        free = format!("{name}{number}");
        number += 1;
    }
    free
}

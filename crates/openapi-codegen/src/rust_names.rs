//! What progenitor and typify call things: the same rules as theirs, so that a clash is seen before it happens.

use std::collections::BTreeSet;

use heck::{ToPascalCase, ToSnakeCase};

/// The name of a type or a variant.
pub fn pascal(text: &str) -> String {
    identifier(text, &plain(text).to_pascal_case(), "X")
}

/// The name of the type that a component has, whose own name goes through typify once more: `a-b-c` is `ABC`, and
/// that is `Abc`.
pub fn type_name(text: &str) -> String {
    let mut name = pascal(text);
    loop {
        let next = pascal(&name);
        if next == name {
            return name;
        }
        // It gets no longer but for the prefix and the suffix, which stay.
        name = next;
    }
}

/// The name of a field.
pub fn snake(text: &str) -> String {
    identifier(text, &plain(text).to_snake_case(), "x")
}

/// The name of a method or of one of its arguments, which progenitor begins in its own way where a letter is missing.
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
    // typify spells `+1` and `-1` out, in small letters also where it makes a type of them.
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
    if is_no_keyword(&name) {
        name
    } else {
        format!("{name}_")
    }
}

/// The keywords of Rust, as typify lists them.
fn is_no_keyword(name: &str) -> bool {
    const KEYWORDS: [&str; 53] = [
        "_", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
        "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
        "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv",
        "pub", "ref", "return", "Self", "self", "static", "struct", "super", "trait", "true",
        "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
    ];
    !KEYWORDS.contains(&name)
}

/// A name that `taken` does not have yet: the name itself, or with the first free number from 2 on. It is taken then.
pub fn unique(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut free = name.to_owned();
    let mut number = 2_usize;
    while !taken.insert(free.clone()) {
        free = format!("{name}{number}");
        number += 1;
    }
    free
}

//! Any table of facts, rendered as a page or a variant file, is read as the same facts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use openapi_evidence::facts::{Limit, Property, Type};
use openapi_evidence::import;
use proptest::prelude::*;
use serde_json::json;

use crate::support::conventions;

fn kind() -> impl Strategy<Value = Type> {
    let name = "[A-Z][a-z]{0,7}( [a-z]{1,7}){0,2}";
    let plain = prop_oneof![
        Just(Type::String),
        Just(Type::Boolean),
        Just(Type::Integer),
        Just(Type::Number),
        Just(Type::Object),
        Just(Type::Any),
        name.prop_map(Type::named),
    ];
    plain.prop_recursive(2, 3, 1, |inner| inner.prop_map(Type::array_of))
}

fn limits() -> impl Strategy<Value = BTreeMap<Limit, serde_json::Value>> {
    prop_oneof![
        3 => Just(BTreeMap::new()),
        1 => (
            prop_oneof![Just(Limit::MaxItems), Just(Limit::MaxLength), Just(Limit::MaxMonths)],
            1_u64..100_000,
        )
            .prop_map(|(limit, bound)| BTreeMap::from([(limit, json!(bound))])),
    ]
}

fn row() -> impl Strategy<Value = Property> {
    let deprecation = prop_oneof![3 => Just(None), 1 => Just(Some(None)), 1 => "[A-Z][A-Za-z]{0,9}".prop_map(|name| Some(Some(name)))];
    (
        "[A-Z][A-Za-z0-9]{0,15}",
        kind(),
        any::<bool>(),
        limits(),
        deprecation,
    )
        .prop_map(|(name, kind, nullable, limits, deprecation)| Property {
            name,
            kind: Some(kind),
            nullable: Some(nullable),
            limits,
            deprecated: deprecation.is_some(),
            replacement: deprecation.flatten(),
            ..Property::default()
        })
}

fn table() -> impl Strategy<Value = Vec<Property>> {
    prop::collection::vec(row(), 0..12).prop_map(|rows| {
        let mut unique: Vec<Property> = Vec::new();
        for row in rows {
            if unique.iter().all(|other| other.name != row.name) {
                unique.push(row);
            }
        }
        unique
    })
}

/// Returns a type as pages print it, with links to the headings of schemas.
fn printed(kind: &Type) -> String {
    match kind {
        Type::Array(items) => format!("array of {}", printed(items)),
        Type::Named(name) => {
            let anchor = name.name.to_lowercase().replace(' ', "-");
            format!("[{}](lamps.md#{anchor})", name.name)
        }
        other => other.to_string(),
    }
}

fn contract(row: &Property) -> String {
    let mut text = if row.nullable == Some(true) {
        "optional"
    } else {
        "required"
    }
    .to_owned();
    for (limit, bound) in &row.limits {
        let _ = match limit {
            Limit::MaxItems => write!(text, ", max {bound} items"),
            Limit::MaxLength => write!(text, ", max length {bound} characters"),
            _ => write!(text, ", max length {bound} months"),
        };
    }
    text
}

fn rendered(rows: &[Property]) -> String {
    let mut text =
        "| Property | Type | Contract | Description |\n| :-- | :-- | :-- | :-- |\n".to_owned();
    for row in rows {
        let (kind, contract) = (printed(row.kind.as_ref().expect("a type")), contract(row));
        let _ = if row.deprecated {
            let message = row
                .replacement
                .as_ref()
                .map_or_else(String::new, |name| format!(" Use `{name}` instead."));
            writeln!(
                text,
                "| ~~`{}`~~ | ~~{kind}~~ | ~~{contract}~~ | ~~Old.~~ **Deprecated!**{message}|",
                row.name
            )
        } else {
            writeln!(
                text,
                "| `{}` | {kind} | {contract} | New \\(and shiny\\). |",
                row.name
            )
        };
    }
    text
}

proptest! {
    #[test]
    fn a_rendered_table_is_read_as_the_same_facts(request in table(), response in table(), nested in table()) {
        let page = format!(
            "<!-- AUTOMATICALLY GENERATED, DO NOT MODIFY -->\n# Lamps\n\n## Do\n\nDoes.\n\n### Request\n\n\
             `[PlatformAddress]/api/v1/lamps/do`\n\n{}\n### Response\n\n{}\n#### Lamp part\n\n{}",
            rendered(&request),
            rendered(&response),
            rendered(&nested),
        );
        let imported = import::parse(Path::new("page.md"), &page, "page", "2026-01", &conventions()).expect("the page is read");
        let operation = &imported.variant.operations[0];
        let rows_of = |body: &Option<openapi_evidence::facts::Body>| body.clone().and_then(|body| body.properties);
        prop_assert_eq!(rows_of(&operation.request), Some(request.clone()));
        prop_assert_eq!(rows_of(&operation.response), Some(response.clone()));
        prop_assert_eq!(imported.variant.schemas[0].properties.as_ref(), Some(&nested));
        prop_assert_eq!(imported.rows_seen, request.len() + response.len() + nested.len());
        prop_assert_eq!(imported.rows_reported, 0);
        prop_assert!(imported.variant.reported.is_empty());
    }

    #[test]
    fn a_variant_file_is_read_as_the_same_facts(rows in table()) {
        let page = format!(
            "<!-- AUTOMATICALLY GENERATED, DO NOT MODIFY -->\n# Lamps\n\n## Do\n\n### Request\n\n\
             `[PlatformAddress]/api/v1/lamps/do`\n\n{}",
            rendered(&rows),
        );
        let variant = import::parse(Path::new("page.md"), &page, "page", "2026-01", &conventions()).expect("the page is read").variant;
        let folder = tempfile::tempdir().expect("a folder");
        let yaml = openapi_evidence::variants::to_yaml(&variant).expect("facts are YAML");
        std::fs::write(folder.path().join("page.yaml"), yaml).expect("a file");
        let files = openapi_evidence::variants::read_all(folder.path(), folder.path()).expect("the file is read");
        prop_assert_eq!(&files[0].variant, &variant);
    }

    #[test]
    fn no_input_panics(text in "(?s).{0,400}", form in 0..4_usize) {
        let text = [
            format!("{text}\n| Property | Type | Contract | Description |\n| :-- | :-- | :-- | :-- |\n{text}"),
            format!("{text}\nPropertyTypeContractDescription\n{text}"),
            format!("{text}\nPOST\n/api/v1/a/b\n{text}"),
            format!("openapi: 3.0.3\n{text}"),
        ][form].clone();
        let _ = import::parse(Path::new("any"), &text, "any", "2026-01", &conventions());
    }
}

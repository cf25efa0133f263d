//! Two changes of the spec, from the edit to a program that uses them: a property of vouchers, and a listing.
//!
//! A copy of the workspace gets the edits, in files under `openapi/` only, and a program that uses the result. One copy
//! contains both changes. The copy stays in the target directory, so that a second run builds only the differences.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use xtask::files::{CODE, DOCUMENT, SANDBOX_DOCUMENT};
use xtask::regenerate::{outputs, own_version};

use crate::document::root;

/// The path of the program: an example of the wrapper, whose examples can use the sandbox.
const PROGRAM: &str = "crates/mews-connector/examples/change_scenarios.rs";

#[test]
fn a_property_and_a_listing_are_edits_of_the_spec_only() {
    let target = target_directory();
    let copy = target.join("change-scenarios");
    let document = xtask::files::read_document(&root().join(DOCUMENT)).expect("the spec is read");
    let mut spec = document.tree;
    add_notes(&mut spec);
    add_products(&mut spec);
    // JSON is YAML.
    let spec = serde_json::to_vec_pretty(&spec).expect("the spec is JSON");
    let program = include_bytes!("change_scenarios/program.rs").to_vec();
    let changed = BTreeMap::from([
        (copy.join(DOCUMENT), Some(spec)),
        (copy.join(PROGRAM), Some(program)),
        (copy.join("Cargo.toml"), Some(manifest())),
        (copy.join("Cargo.lock"), Some(lock_file())),
        (copy.join(CODE), None),
        (copy.join(SANDBOX_DOCUMENT), None),
    ]);
    copy_workspace(&root(), &copy, &changed);
    for (path, content) in &changed {
        if let Some(content) = content {
            write(path, content);
        }
    }
    let version = own_version(&copy).unwrap_or_else(|error| panic!("{error}: {error:?}"));
    for output in outputs(&copy, &version).expect("the spec becomes files") {
        write(&output.path, output.text.as_bytes());
    }

    let run = Command::new(env!("CARGO"))
        .args(["run", "--offline", "--locked", "--quiet"])
        .args([
            "--package",
            "mews-connector",
            "--example",
            "change_scenarios",
        ])
        .current_dir(&copy)
        .env("CARGO_TARGET_DIR", &target)
        .output()
        .expect("cargo runs");
    let (out, errors) = (
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr),
    );
    assert!(run.status.success(), "{out}\n{errors}");
    assert!(out.ends_with("both changes work\n"), "{out}\n{errors}");
}

/// The version of the packages of the copy. Cargo names its output by package, version and path within the workspace. With
/// the same version, the copy would replace the libraries of the workspace in the shared target directory.
const COPY_VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "+change-scenarios");

/// Returns the manifest of the copy.
fn manifest() -> Vec<u8> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest is read");
    let own = concat!("\nversion = \"", env!("CARGO_PKG_VERSION"), "\"\n");
    assert_eq!(
        manifest.matches(own).count(),
        1,
        "one version for the workspace"
    );
    manifest
        .replace(own, &format!("\nversion = \"{COPY_VERSION}\"\n"))
        .into_bytes()
}

/// Returns the lock file of the copy. Packages of the workspace have no source.
fn lock_file() -> Vec<u8> {
    const SEPARATOR: &str = "[[package]]";
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("the lock file is read");
    let own = concat!("version = \"", env!("CARGO_PKG_VERSION"), "\"");
    let packages = lock.split(SEPARATOR).map(|package| {
        if package.contains("\nsource = ") {
            package.to_owned()
        } else {
            package.replace(own, &format!("version = \"{COPY_VERSION}\""))
        }
    });
    packages.collect::<Vec<_>>().join(SEPARATOR).into_bytes()
}

/// Returns the target directory of this test.
fn target_directory() -> PathBuf {
    let program = std::env::current_exe().expect("a program has a path");
    let profile = program
        .ancestors()
        .find(|folder| folder.join("deps").is_dir());
    let target = profile.and_then(Path::parent);
    target
        .expect("a test is built in a target directory")
        .to_owned()
}

/// The files that are not copied, with their content if it is not generated.
type Changed = BTreeMap<PathBuf, Option<Vec<u8>>>;

/// Copies everything that Cargo needs. Equal files are not written, so that nothing is built twice. Files that no longer
/// exist are removed.
fn copy_workspace(from: &Path, to: &Path, changed: &Changed) {
    fs::create_dir_all(to).expect("a folder can be made");
    let mut kept = BTreeSet::new();
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (source, name) = (entry.path(), entry.file_name());
        let is_hidden = name.to_string_lossy().starts_with('.');
        if is_hidden || source.join("CACHEDIR.TAG").exists() || name == "target" {
            continue;
        }
        let copy = to.join(&name);
        if source.is_dir() {
            copy_workspace(&source, &copy, changed);
        } else if !changed.contains_key(&copy) {
            write(&copy, &fs::read(source).expect("a file"));
        }
        kept.insert(copy);
    }
    for entry in fs::read_dir(to).expect("a folder") {
        let copy = entry.expect("an entry").path();
        if kept.contains(&copy) || changed.contains_key(&copy) {
            continue;
        }
        let removed = if copy.is_dir() {
            fs::remove_dir_all(copy)
        } else {
            fs::remove_file(copy)
        };
        removed.expect("what is gone can be removed");
    }
}

fn write(path: &Path, content: &[u8]) {
    if fs::read(path).is_ok_and(|old| old == content) {
        return;
    }
    fs::write(path, content).expect("a file can be written");
}

/// Adds a value to an object or array of the spec.
fn set(spec: &mut Value, parent: &str, name: &str, value: Value) {
    let parent = spec
        .pointer_mut(parent)
        .unwrap_or_else(|| panic!("the spec has no {parent}"));
    parent[name] = value;
}

fn schema(name: &str) -> String {
    format!("/components/schemas/{name}")
}

fn operation(name: &str) -> String {
    format!(
        "/paths/~1api~1connector~1v1~1{}/post",
        name.replace('/', "~1")
    )
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#{}", schema(name)) })
}

/// Adds a nullable string `Notes` to vouchers: to the record, to new vouchers and to updates.
fn add_notes(spec: &mut Value) {
    let notes = json!({ "type": "string", "maxLength": 1000, "nullable": true, "description": "The notes of the staff." });
    for name in ["Voucher", "VoucherAddParameters"] {
        set(
            spec,
            &format!("{}/properties", schema(name)),
            "Notes",
            notes.clone(),
        );
    }
    let update = json!({
        "nullable": true,
        "allOf": [reference("NotesUpdateValue")],
        "description": "The new notes of the staff.",
    });
    set(
        spec,
        &format!("{}/properties", schema("VoucherUpdateParameters")),
        "Notes",
        update,
    );
    let value = json!({
        "type": "object",
        "additionalProperties": false,
        "description": "The notes to set. Null clears the notes.",
        "required": ["Value"],
        "properties": { "Value": notes },
    });
    set(spec, "/components/schemas", "NotesUpdateValue", value);

    let full = "content/application~1json/examples/Full/value";
    let example = json!("Only on weekends.");
    for (name, list, value) in [
        ("vouchers/add", "VoucherParameters", example.clone()),
        (
            "vouchers/update",
            "VoucherUpdates",
            json!({ "Value": example }),
        ),
    ] {
        let place = format!("{}/requestBody/{full}/{list}/0", operation(name));
        set(spec, &place, "Notes", value);
    }
    for name in ["vouchers/getAll", "vouchers/add", "vouchers/update"] {
        let place = format!("{}/responses/200/{full}/Vouchers/0", operation(name));
        set(spec, &place, "Notes", example.clone());
    }
}

/// Adds `products/getAll`, a copy of `voucherCodes/getAll` with another record and without its filters.
fn add_products(spec: &mut Value) {
    let strings =
        |value: Value| json!({ "type": "string", "nullable": true, "description": value });
    let id = json!({ "type": "string", "format": "uuid", "description": "The ID of a product." });
    set(spec, "/components/schemas", "ProductId", id);
    let product = json!({
        "title": "Product",
        "type": "object",
        "description": "A product of an enterprise, such as a breakfast.",
        "required": ["Id"],
        "properties": {
            "Id": { "allOf": [reference("ProductId")], "description": "The ID of the product." },
            "Name": strings(json!("The name of the product.")),
            "CreatedUtc": {
                "nullable": true,
                "allOf": [reference("UtcDateTime")],
                "description": "The time at which the product was created.",
            },
        },
    });
    set(spec, "/components/schemas", "Product", product);

    let copied = |spec: &Value, name: &str| spec.pointer(&schema(name)).cloned().expect("a schema");
    let mut result = copied(spec, "VoucherCodeResult");
    result["title"] = json!("ProductResult");
    result["description"] = json!("A page of products.");
    result["required"] = json!(["Products"]);
    let properties = result["properties"].as_object_mut().expect("properties");
    properties.remove("VoucherCodes");
    properties.insert(
        "Products".to_owned(),
        json!({ "type": "array", "items": reference("Product"), "description": "The products, newest first." }),
    );
    set(spec, "/components/schemas", "ProductResult", result);

    let mut filter = copied(spec, "VoucherCodeFilterParameters");
    filter["title"] = json!("ProductFilterParameters");
    filter["description"] = json!("The filters of a listing of products.");
    let properties = filter["properties"].as_object_mut().expect("properties");
    properties.retain(|name, _| !name.starts_with("Voucher") && name != "UpdatedUtc");
    let required = filter["required"]
        .as_array_mut()
        .expect("required properties");
    required.retain(|name| name != "VoucherIds");
    set(
        spec,
        "/components/schemas",
        "ProductFilterParameters",
        filter,
    );

    let mut post = spec
        .pointer(&operation("voucherCodes/getAll"))
        .cloned()
        .expect("an operation");
    post["operationId"] = json!("products_getAll");
    post["summary"] = json!("Get all products");
    post["description"] = json!("Reads one page of products, newest first.");
    post["responses"]["200"]["description"] = json!("A page of products.");
    let page = json!({
        "Products": [{
            "Id": "5e000000-0000-4000-8000-000000000001",
            "Name": "Breakfast",
            "CreatedUtc": "2026-01-05T09:10:00Z",
        }],
        "Cursor": "5e000000-0000-4000-8000-000000000001",
    });
    for (holder, name) in [
        ("/requestBody", "ProductFilterParameters"),
        ("/responses/200", "ProductResult"),
    ] {
        let content = post
            .pointer_mut(&format!("{holder}/content/application~1json"))
            .expect("JSON");
        content["schema"] = reference(name);
        for example in ["Minimal", "Full"] {
            let value = &mut content["examples"][example]["value"];
            if name == "ProductResult" {
                *value = page.clone();
            } else {
                let properties = value.as_object_mut().expect("an object");
                properties.retain(|name, _| !name.starts_with("Voucher") && name != "UpdatedUtc");
            }
        }
    }
    set(
        spec,
        "/paths",
        "/api/connector/v1/products/getAll",
        json!({ "post": post }),
    );
}

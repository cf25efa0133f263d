//! The style guide: patterns that are always wrong in the text of the project.
//!
//! `docs/style.md` has the rules.

mod rules;

use std::fs;
use std::path::Path;
use std::process::Command;

use rules::{Kind, Line, rules};
use xtask::files::workspace_root;

/// Files that a program writes, and documents that imitate those of a vendor.
const SKIPPED: &[&str] = &[
    "Cargo.lock",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "crates/mews-connector-api/src/generated.rs",
    "crates/mews-sandbox/src/connector.json",
    "crates/openapi-evidence/tests/documents/",
    "docs/style.md",
    "openapi/RECONCILIATION.md",
    "openapi/variants/",
    "tests/it/snapshots/",
    "xtask/tests/style",
];

/// Quotations and names that a rule would reject: the file, a part of the line, and the reason.
const ALLOWED: &[(&str, &str, &str)] = &[];

/// Returns the paths of the tracked files, and of new files that git does not ignore.
fn files() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(workspace_root())
        .output()
        .expect("git runs");
    assert!(output.status.success(), "{output:?}");
    let listed = String::from_utf8(output.stdout).expect("paths are UTF-8");
    listed.lines().map(str::to_owned).collect()
}

fn is_skipped(path: &str) -> bool {
    SKIPPED
        .iter()
        .any(|skipped| Path::new(path).starts_with(skipped))
}

#[test]
fn text_follows_the_style_guide() {
    let rules = rules();
    let mut used = vec![false; ALLOWED.len()];
    let mut findings = Vec::new();
    let mut checked = 0;
    for path in files() {
        let Some(kind) = Kind::of(&path).filter(|_| !is_skipped(&path)) else {
            continue;
        };
        // A file that was deleted is still listed until the deletion is committed.
        let Ok(text) = fs::read_to_string(workspace_root().join(&path)) else {
            continue;
        };
        checked += 1;
        let lines: Vec<&str> = text.lines().collect();
        for index in 0..lines.len() {
            let line = Line::new(kind, &lines, index);
            for rule in rules.iter().filter(|rule| rule.is_broken_by(&line)) {
                let allowed = ALLOWED
                    .iter()
                    .position(|(file, part, _)| *file == path && line.text.contains(part));
                match allowed {
                    Some(place) => used[place] = true,
                    None => findings.push(format!(
                        "{path}:{}: {}; {}\n    {}",
                        index + 1,
                        rule.name,
                        rule.help,
                        line.text.trim()
                    )),
                }
            }
        }
    }
    assert!(
        findings.is_empty(),
        "{} findings, see docs/style.md:\n{}",
        findings.len(),
        findings.join("\n")
    );
    assert!(checked > 0, "no file was checked");
    let unused = ALLOWED.iter().zip(used).find(|(_, used)| !used);
    assert!(
        unused.is_none(),
        "remove the entry of ALLOWED that no file needs any longer: {unused:?}"
    );
}

#[test]
fn each_rule_finds_what_it_is_about() {
    for rule in rules() {
        for (kind, text) in rule.wrong {
            let lines: Vec<&str> = text.lines().collect();
            let is_found =
                (0..lines.len()).any(|index| rule.is_broken_by(&Line::new(*kind, &lines, index)));
            assert!(is_found, "{}: {text}", rule.name);
        }
        for (kind, text) in rule.right {
            let lines: Vec<&str> = text.lines().collect();
            let is_found =
                (0..lines.len()).any(|index| rule.is_broken_by(&Line::new(*kind, &lines, index)));
            assert!(!is_found, "{}: {text}", rule.name);
        }
    }
}

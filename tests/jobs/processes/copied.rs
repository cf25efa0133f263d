//! The sections *Copy it* of the guide, compared with the examples: the files to copy, and the crates that they use.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).unwrap()
}

/// Returns the crates of a list of dependencies, with their versions.
fn dependencies(toml: &str) -> BTreeMap<String, String> {
    let crates = toml.lines().filter_map(|line| line.split_once(" = "));
    crates
        .map(|(name, requirement)| {
            let version = requirement
                .split_once("version = ")
                .map_or(requirement, |(_, rest)| rest);
            let version = version.trim_start_matches('"').split('"').next();
            (name.to_owned(), version.unwrap().to_owned())
        })
        .collect()
}

/// Returns the text between two others.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap();
    rest.split_once(end).unwrap().0
}

#[test]
fn pages_list_all_files_and_crates_of_their_examples() {
    let manifest = read("tests/jobs/Cargo.toml");
    let known: BTreeSet<&str> = between(&manifest, "[dependencies]", "[dev-dependencies]")
        .lines()
        .filter_map(|line| line.split([' ', '.']).next())
        .filter(|name| !name.is_empty())
        .collect();
    let workspace = read("Cargo.toml");
    let versions = dependencies(between(
        &workspace,
        "[workspace.dependencies]",
        "[workspace.lints",
    ));
    for example in ["sync", "campaign", "redeemable"] {
        let page = read(&format!("crates/mews-connector/doc/{example}.md"));
        let section = between(&page, "# Copy it", "\n# ");
        let of_examples = |file: &str| read(&format!("crates/mews-connector/examples/{file}"));

        let main = format!("{example}.rs");
        let mut code = of_examples(&main);
        let modules = code
            .lines()
            .filter_map(|line| line.strip_prefix("#[path = \""));
        let modules = modules.map(|rest| rest.split('"').next().unwrap().to_owned());
        let mut files: BTreeSet<_> = modules
            .map(|file| (file.clone(), format!("src/{file}")))
            .collect();
        for (file, _) in &files {
            let text = of_examples(file);
            assert!(!text.contains("#[path"), "{file}");
            code += &text;
        }
        files.insert((main, "src/main.rs".into()));
        let rows = section.lines().filter(|line| line.starts_with("| `"));
        let listed = rows.map(|row| {
            let cells: Vec<&str> = row.split('`').collect();
            (cells[1].to_owned(), cells[3].to_owned())
        });
        assert_eq!(listed.collect::<BTreeSet<_>>(), files, "{example}");

        let listed = dependencies(between(section, "[dependencies]\n", "```"));
        let lines = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let code: Vec<&str> = lines.collect();
        let code = code.join("\n");
        let is_path = |name: &&&str| {
            let path = format!("{}::", name.replace('-', "_"));
            let mut at = code.match_indices(&path);
            at.any(|(at, _)| {
                !code[..at].ends_with(|c: char| c.is_alphanumeric() || "_:".contains(c))
            })
        };
        let used: BTreeSet<&str> = known.iter().filter(is_path).copied().collect();
        let names: BTreeSet<&str> = listed.keys().map(String::as_str).collect();
        assert_eq!(names, used, "{example}");
        for (name, version) in &listed {
            let tested = format!("{}.", versions[name]);
            assert!(
                tested.starts_with(&format!("{version}.")),
                "{name}: {version} and {tested}"
            );
        }
    }
}

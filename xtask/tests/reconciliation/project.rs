//! The spec, the variant files and the rulings of the project.

use std::path::PathBuf;

use openapi_evidence::import::samples::without_tokens;
use openapi_evidence::reconcile::Reconciliation;
use openapi_evidence::reconcile::judge::Finding;
use openapi_evidence::reconcile::rulings::Rulings;
use openapi_evidence::reconcile::spec::Spec;
use openapi_evidence::variants::{self, VariantFile};
use openapi_tree::document::Document;
use openapi_tree::files::read_text;
use xtask::files::{self, RECONCILIATION, RULINGS};
use xtask::reconcile::{read_spec, read_variants};

use crate::support::read;

pub(crate) struct Own {
    pub(crate) spec: Spec,
    pub(crate) rulings: Document,
    pub(crate) variants: Vec<VariantFile>,
}

impl Own {
    pub(crate) fn read() -> Self {
        Self {
            spec: read_spec().expect("the spec"),
            rulings: files::read_document(&files::workspace_root().join(RULINGS))
                .expect("the rulings"),
            variants: read_variants().expect("the variants"),
        }
    }

    /// Returns the findings with another spec or other rulings.
    pub(crate) fn with(&self, spec: &Spec, rulings: &Document) -> Vec<Finding> {
        self.reconcile(spec, rulings, |reconciliation| {
            reconciliation.findings().to_vec()
        })
    }

    fn reconcile<T>(
        &self,
        spec: &Spec,
        rulings: &Document,
        use_it: impl FnOnce(&Reconciliation<'_>) -> T,
    ) -> T {
        let rulings = Rulings::from_document(rulings, &spec.conventions).expect("rulings");
        let variants: Vec<_> = self.variants.iter().map(|file| &file.variant).collect();
        use_it(&Reconciliation::new(spec, &variants, &rulings))
    }
}

fn page_path() -> PathBuf {
    files::workspace_root().join(RECONCILIATION)
}

#[test]
fn every_difference_is_explained_and_the_page_is_fresh() {
    let own = Own::read();
    own.reconcile(&own.spec, &own.rulings, |reconciliation| {
        assert_eq!(reconciliation.findings(), []);
        assert!(
            reconciliation.page() == read_text(&page_path()).expect("the page"),
            "the page is stale; run `cargo xtask reconcile`"
        );
    });
}

/// Returns the part of a page under a heading, up to the next heading of the same or a higher level.
fn section<'p>(page: &'p str, heading: &str) -> &'p str {
    let level = heading.chars().take_while(|letter| *letter == '#').count();
    let start = page
        .find(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("no heading `{heading}`"))
        + 1
        + heading.len();
    let ends =
        (1..=level).filter_map(|level| page[start..].find(&format!("\n{} ", "#".repeat(level))));
    &page[start..ends.min().map_or(page.len(), |end| start + end)]
}

#[test]
fn a_row_leads_to_the_ruling_that_gives_the_reason() {
    let page = read(&page_path());
    for (owner, property) in [
        ("voucherCodes/getAll", "VoucherIds"),
        ("VoucherAddParameters", "AssignedRateIds"),
        ("VoucherCode", "IsActive"),
    ] {
        let row = section(&page, &format!("## {owner}"))
            .lines()
            .find(|line| line.starts_with(&format!("| `{property}` |")))
            .unwrap_or_else(|| panic!("no row for {owner} · {property}"));
        let number = row
            .rsplit("[R")
            .next()
            .and_then(|link| link.split(']').next())
            .unwrap_or_else(|| panic!("no ruling in {row}"));
        assert!(row.contains(&format!("[R{number}](#r{number})")), "{row}");
        assert!(row.contains(" ≠ "), "{row}");
        let ruling = section(&page, &format!("### R{number}"));
        let subject = format!("`{owner} · {property}`");
        for text in [&subject, "**Decision:** ", "**Reason:** ", " — overruled"] {
            assert!(ruling.contains(text), "no `{text}` in {ruling}");
        }
    }
}

#[test]
fn every_link_of_the_page_leads_to_a_heading() {
    let page = read(&page_path());
    let headings: Vec<String> = page
        .lines()
        .filter_map(|line| {
            line.trim_start_matches('#')
                .strip_prefix(' ')
                .filter(|_| line.starts_with('#'))
        })
        .map(|heading| {
            heading.to_lowercase().replace(' ', "-").replace(
                |letter: char| !letter.is_alphanumeric() && letter != '-' && letter != '_',
                "",
            )
        })
        .collect();
    let mut links = 0;
    for link in page.split("](#").skip(1) {
        let anchor = link.split(')').next().unwrap_or_default();
        assert!(
            headings.iter().any(|heading| heading == anchor),
            "no heading for #{anchor}"
        );
        links += 1;
    }
    assert!(links > 100, "{links} links");
}

#[test]
fn variant_files_contain_no_token() {
    for file in Own::read().variants {
        let yaml = variants::to_yaml(&file.variant).expect("facts are YAML");
        let facts = yaml.lines().filter(|line| {
            !line
                .trim_start()
                .trim_start_matches("- ")
                .starts_with("sha256: ")
        });
        for line in facts {
            assert_eq!(without_tokens(line), line, "{}", file.file.display());
        }
    }
}

#[test]
fn a_variant_file_is_written_as_it_was_read() {
    for file in Own::read().variants {
        if file.variant.source.sha256.is_some() {
            let path = files::workspace_root().join(&file.file);
            let yaml = variants::to_yaml(&file.variant).expect("facts are YAML");
            assert_eq!(
                yaml,
                read_text(&path).expect("the file"),
                "{}",
                file.file.display()
            );
        }
    }
}

//! The project's own spec, variants and rulings.

use std::path::PathBuf;

use openapi_evidence::import::samples::without_tokens;
use openapi_evidence::reconcile::rulings::Rulings;
use openapi_evidence::reconcile::spec::Spec;
use openapi_evidence::reconcile::{Reconciled, reconcile};
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

    pub(crate) fn reconciled(&self) -> Reconciled {
        self.with(&self.spec, &self.rulings)
    }

    /// The same documents with another spec or other rulings.
    pub(crate) fn with(&self, spec: &Spec, rulings: &Document) -> Reconciled {
        let rulings = Rulings::from_document(rulings).expect("rulings");
        let variants: Vec<_> = self.variants.iter().map(|file| &file.variant).collect();
        reconcile(spec, &variants, &rulings)
    }
}

fn page_path() -> PathBuf {
    files::workspace_root().join(RECONCILIATION)
}

#[test]
fn everything_is_explained_and_the_page_is_fresh() {
    let reconciled = Own::read().reconciled();
    assert_eq!(reconciled.findings, []);
    assert_eq!(
        reconciled.page,
        read_text(&page_path()).expect("the page"),
        "the page is stale; run `cargo xtask reconcile`"
    );
}

#[test]
fn the_whys_stand_under_headings_of_their_own() {
    let page = read(&page_path());
    for (heading, holds) in [
        ("voucherCodes/getAll · VoucherIds", "required; not nullable"),
        ("VoucherAddParameters · AssignedRateIds", "maxItems 10"),
        (
            "VoucherCode · IsActive",
            "present; required; example: has all three",
        ),
    ] {
        let block = page
            .split(&format!("### {heading}\n"))
            .nth(1)
            .unwrap_or_else(|| panic!("no heading `{heading}`"));
        let block = block.split("\n#").next().unwrap_or_default();
        assert!(block.contains(&format!("**Holds:** {holds}.")), "{block}");
        assert!(block.contains("**Why:** "), "{block}");
        assert!(block.contains("(overruled)"), "{block}");
    }
    assert!(page.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn no_token_stands_in_what_was_imported() {
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

//! Files that are made from the table of providers, and are true as long as this test is.
//!
//! `UPDATE=1 cargo test -p waypost-it generated` writes them.

mod beside;
mod exchange;
mod page;
mod schemes;

use std::{env, fs, path::Path};

fn is_fresh(path: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path);
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, expected).expect("written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "{} is stale: UPDATE=1 cargo test -p waypost-it generated",
        path.display()
    );
}

#[test]
fn the_page_of_providers_is_fresh() {
    is_fresh("docs/providers.md", &page::page());
}

#[test]
fn the_readme_counts_the_providers() {
    let count = waypost_core::providers::all().count();
    let readme = include_str!("../../README.md");
    assert!(readme.contains(&format!("lists the {count} providers")));
}

#[test]
fn the_page_of_handshakes_is_fresh() {
    is_fresh("docs/handshakes.md", &beside::page());
}

#[test]
fn the_schemes_of_the_end_to_end_tests_are_fresh() {
    is_fresh("tests/e2e/lib/schemes.json", &schemes::file());
}

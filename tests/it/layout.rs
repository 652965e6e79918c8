//! Rules of the layout, as tests: what the core may not know, and how long a file may be.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("text");
            found.push((path, text));
        }
    }
    found
}

#[test]
fn the_core_has_no_clock_no_io_and_no_worker() {
    let forbidden = [
        "worker::",
        "worker_sys",
        "web_sys",
        "js_sys",
        "wasm_bindgen",
        "SystemTime",
        "Instant",
        "now_utc",
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::thread",
        "println!",
        "unsafe ",
        "#[allow(clippy",
        "thread_local",
    ];
    for (path, text) in sources(&root().join("crates/core/src")) {
        for word in forbidden {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
    }
}

/// The packages of Cargo.lock, each with what it depends on.
fn lock() -> BTreeMap<String, Vec<String>> {
    let text = fs::read_to_string(root().join("Cargo.lock")).expect("a lock file");
    let package = |block: &str| {
        let quoted = |line: &str| line.split('"').nth(1).unwrap_or_default().to_owned();
        let name = block
            .lines()
            .find(|line| line.starts_with("name = "))
            .map(quoted)?;
        let needs = block
            .lines()
            .filter(|line| line.starts_with(" \""))
            .map(quoted);
        // A name alone, or a name with its version where there are several.
        let needs = needs.map(|need| need.split(' ').next().unwrap_or_default().to_owned());
        Some((name, needs.collect()))
    };
    text.split("[[package]]").filter_map(package).collect()
}

#[test]
fn nothing_that_the_core_depends_on_knows_a_host() {
    let lock = lock();
    let mut seen = BTreeSet::new();
    let mut left = vec!["waypost-core"];
    while let Some(name) = left.pop() {
        if seen.insert(name) {
            left.extend(lock.get(name).into_iter().flatten().map(String::as_str));
        }
    }
    assert!(
        seen.contains("hmac") && seen.contains("serde_json"),
        "the lock file was read: {seen:?}"
    );
    for host in [
        "worker",
        "worker-sys",
        "web-sys",
        "js-sys",
        "wasm-bindgen",
        "tokio",
        "getrandom",
        "rand",
        "regex",
        "url",
        "chrono",
    ] {
        assert!(!seen.contains(host), "waypost-core depends on {host}");
    }
}

#[test]
fn files_stay_short() {
    for folder in ["crates/core/src", "crates/client", "crates/cli", "tests/it"] {
        let files = sources(&root().join(folder));
        let mut sizes: Vec<usize> = files.iter().map(|(_, text)| text.len()).collect();
        sizes.sort_unstable();
        let longest = files
            .iter()
            .max_by_key(|(_, text)| text.len())
            .expect("a file");
        assert!(
            longest.1.len() <= 20 * 1024,
            "{} is over 20 KB",
            longest.0.display()
        );
        if folder.starts_with("crates") {
            let median = sizes[sizes.len() / 2];
            assert!(
                median <= 6 * 1024,
                "half of {folder} is over {median} bytes"
            );
        }
    }
}

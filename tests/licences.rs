//! Every crate that cmx is built from may be passed on under terms that ask for no more than a
//! notice. `cargo deny` looks at more (deny.toml), but is not everywhere.
#![cfg(feature = "cli")]

use std::process::Command;

use serde_json::Value;

/// The licences of deny.toml.
fn allowed() -> Vec<String> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/deny.toml")).unwrap();
    let list = text.split_once("allow = [").and_then(|(_, rest)| rest.split_once(']')).unwrap().0;
    list.split(',')
        .map(|item| item.trim().trim_matches('"').to_owned())
        .filter(|item| !item.is_empty())
        .collect()
}

/// Whether an expression of licences is met by some of the `allowed` ones: all parts of AND, one of
/// OR.
fn met(expression: &str, allowed: &[String]) -> bool {
    let inner = |part: &str| part.trim().trim_matches(['(', ')']).trim().to_owned();
    let one = |part: &str| {
        part.split(" OR ")
            .flat_map(|part| part.split('/'))
            .any(|name| allowed.contains(&inner(name)))
    };
    expression.split(" AND ").all(one)
}

#[test]
fn all_licences_are_permissive() {
    let allowed = allowed();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--all-features"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 50);
    let bad: Vec<String> = packages
        .iter()
        .filter(|package| !met(package["license"].as_str().unwrap_or("none"), &allowed))
        .map(|package| {
            format!("{} {}: {}", package["name"], package["version"], package["license"])
        })
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

#[test]
fn expressions_are_understood() {
    let allowed = ["MIT".to_owned(), "Unicode-3.0".to_owned()];
    assert!(
        met("MIT OR Apache-2.0", &allowed)
            && met("(MIT OR Apache-2.0) AND Unicode-3.0", &allowed)
            && met("Apache-2.0/MIT", &allowed)
    );
    assert!(
        !met("LGPL-3.0-or-later", &allowed)
            && !met("MIT AND LGPL-3.0-or-later", &allowed)
            && !met("GPL-2.0 OR LGPL-2.1", &allowed)
    );
}

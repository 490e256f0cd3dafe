//! Tells the crate the commit that it is built from, for `cmx --version`: from git in a clone, from
//! the note that cargo leaves in a package, else none. Nothing else enters the build, so that equal
//! sources give equal programs.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let commit = from_git().or_else(from_package).unwrap_or_default();
    println!("cargo::rustc-env=CMX_COMMIT={commit}");
    println!(
        "cargo::rustc-env=CMX_FEATURES={}",
        std::env::var("CARGO_CFG_FEATURE").unwrap_or_default()
    );
}

/// The output of a git command in the folder of the package.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .args(arguments)
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_string())
}

/// The commit of the clone that this is; not of another project that the sources lie in.
fn from_git() -> Option<String> {
    let top = std::fs::canonicalize(git(&["rev-parse", "--show-toplevel"])?).ok()?;
    if top != std::fs::canonicalize(".").ok()? {
        return None;
    }
    for changed in ["HEAD", "logs/HEAD"] {
        let path = git(&["rev-parse", "--git-path", changed])?;
        if Path::new(&path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}

/// The commit that `cargo package` noted.
fn from_package() -> Option<String> {
    println!("cargo::rerun-if-changed=Cargo.toml");
    let note = std::fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let commit = note.split("\"sha1\":").nth(1)?.split('"').nth(1)?;
    commit.get(..12).map(str::to_string)
}

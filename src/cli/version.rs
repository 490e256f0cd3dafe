//! What `cmx --version` prints: what an archive depends on, and what a report of a fault needs.

use std::sync::LazyLock;

use cmx::container::format::{CONTRACT, VERSION};

/// The version, then a line each on the formats, the commit, the features and the instruction set.
static TEXT: LazyLock<String> = LazyLock::new(|| {
    let commit = Some(env!("CMX_COMMIT")).filter(|commit| !commit.is_empty()).unwrap_or("unknown");
    format!(
        "{}\ncontainer version {VERSION}, numeric contract {CONTRACT}\ncommit {commit}\nfeatures {}\ninstruction set {}",
        env!("CARGO_PKG_VERSION"),
        features().join(" "),
        cmx::simd::active().name()
    )
});

/// The text, behind the name of the program.
pub fn text() -> &'static str {
    &TEXT
}

/// The features of the crate that this is built with.
fn features() -> Vec<&'static str> {
    env!("CMX_FEATURES").split(',').filter(|name| !name.is_empty() && *name != "default").collect()
}

//! The text of `cmx --version`: the versions that an archive depends on, and the facts that a
//! report of a fault needs.

use std::sync::LazyLock;

use cmx::internals::container::format::{CONTRACT, VERSION};

/// The version, then one line each for the formats, the commit, the features and the instruction
/// set.
static TEXT: LazyLock<String> = LazyLock::new(|| {
    let commit = Some(env!("CMX_COMMIT")).filter(|commit| !commit.is_empty()).unwrap_or("unknown");
    format!(
        "{}\ncontainer version {VERSION}, numeric contract {CONTRACT}\ncommit {commit}\nfeatures \
         {}\ninstruction set {}",
        env!("CARGO_PKG_VERSION"),
        features().join(" "),
        cmx::internals::simd::active().name()
    )
});

/// The text that follows the name of the program.
pub fn text() -> &'static str {
    &TEXT
}

/// The features with which this crate was built.
fn features() -> Vec<&'static str> {
    env!("CMX_FEATURES").split(',').filter(|name| !name.is_empty() && *name != "default").collect()
}

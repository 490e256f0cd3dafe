//! Errors for archives of another version of cmx: is the archive older or newer, and which version
//! reads it?

use super::format::{CONTRACT, VERSION, incompatible};
use crate::error::{Error, Result};

/// Refuses a container version that is not [`VERSION`].
///
/// # Errors
/// `found` is another version.
pub(super) fn check_version(found: u8) -> Result<()> {
    if found == VERSION {
        Ok(())
    } else {
        Err(refused("container version", found.into(), VERSION.into()))
    }
}

/// Refuses feature bits that this version does not know, and a numeric contract that is not
/// [`CONTRACT`].
///
/// # Errors
/// [`Error::Unsupported`] for an unknown feature bit or another contract.
pub(super) fn check_features(found: u64, contract: u64) -> Result<()> {
    let unknown = found & !incompatible::KNOWN;
    if unknown != 0 {
        return Err(Error::Unsupported(format!(
            "this archive has feature bits {unknown:#x}, newer than cmx {}: use a newer cmx",
            env!("CARGO_PKG_VERSION")
        )));
    }
    if contract == CONTRACT { Ok(()) } else { Err(refused("numeric contract", contract, CONTRACT)) }
}

fn refused(what: &str, found: u64, known: u64) -> Error {
    let here = env!("CARGO_PKG_VERSION");
    Error::Unsupported(if found > known {
        format!(
            "this archive has {what} {found}, newer than {known}, which cmx {here} reads: use a \
             newer cmx"
        )
    } else {
        format!(
            "this archive has {what} {found}, older than {known}, which cmx {here} reads: use the \
             cmx that wrote it, and not a newer one"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_and_newer_are_told_apart() {
        let text = |result: Result<()>| result.unwrap_err().to_string();
        check_version(VERSION).unwrap();
        check_features(incompatible::KNOWN, CONTRACT).unwrap();
        let older = [text(check_version(VERSION - 1)), text(check_features(0, CONTRACT - 1))];
        let newer = [
            text(check_version(VERSION + 1)),
            text(check_features(0, CONTRACT + 1)),
            text(check_features(1 << 40, CONTRACT)),
        ];
        for text in older {
            assert!(
                text.contains("older than") && text.contains("use the cmx that wrote it"),
                "{text}"
            );
        }
        for text in newer {
            assert!(text.contains("newer than") && text.ends_with("use a newer cmx"), "{text}");
        }
    }
}

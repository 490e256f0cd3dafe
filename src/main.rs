//! The `cmx` command.
fn main() {}

//! What a library must leave to the program that it is part of.

use std::sync::Mutex;

/// Whether each panic that this program's hook saw was one that the library was about to catch.
static SEEN: Mutex<Vec<bool>> = Mutex::new(Vec::new());

/// One test, since the hook is that of the whole process.
#[test]
fn the_panic_hook_is_the_programs() {
    std::panic::set_hook(Box::new(|_| SEEN.lock().unwrap().push(cmx::transform::is_guarded())));
    let caught = cmx::transform::guarded("test", || -> cmx::Result<()> { panic!("odd bytes") });
    let own = std::panic::catch_unwind(|| panic!("the program's own"));
    let _ = std::panic::take_hook();
    assert!(matches!(caught, Err(cmx::Error::Corrupt(_))) && own.is_err());
    assert_eq!(*SEEN.lock().unwrap(), [true, false], "the hook of the program sees every panic, and can tell them apart");
}
